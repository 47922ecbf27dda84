"""Least squares on columns with all effects removed, errors clustered by prompt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, special

from analysis.lift.panel import Floats, Ints
from analysis.lift.sums import ByPrompt, Design, Sums, by_answer, by_prompt, residuals
from tracker.errors import ConvergenceError

Correction = Literal["CR1", "CR2", "CR3"]

SPARE = 1e-6
"""Part of a direction outside a prompt below which it counts as the prompt's alone."""
EXACT, STEPS = 1e-12, 200
"""What conjugate gradients leave of a score; the steps after which a prompt is solved by its own inverse."""


@dataclass(frozen=True)
class Solution:
    """Normal equations solved; K columns, NaN for those with nothing left after the effects.

    Attributes
    ----------
    beta, iid : ndarray, shape (K,)
        Coefficients, and standard errors that take pairs as independent and alike.
    information : ndarray, shape (K,)
        Residual sum of squares of each column given the effects and the other columns; 0 where dropped.
    keep : ndarray of int
        Columns that are neither empty nor reproduced by others.
    bread : ndarray, shape (kept, kept)
        Inverse of X'MX.
    sums : Sums
        What was solved.
    """

    beta: Floats
    iid: Floats
    information: Floats
    keep: Ints
    bread: Floats
    sums: Sums


def solve(model: Design) -> Solution:
    """Ordinary least squares on the projected columns."""
    return solution(model.sums)


def solution(sums: Sums) -> Solution:
    """Ordinary least squares of the outcome on all other columns."""
    gram = sums.by_engine.sum(axis=0)
    k = len(gram) - 1
    keep = _independent(gram[:k, :k])
    whole = gram[np.ix_(keep, keep)]
    bread = inverse(whole.copy()) if len(keep) else whole
    bread = linalg.inv(whole) if bread is None else bread
    beta = bread @ gram[keep, k]
    if not np.isfinite(beta).all():
        raise ConvergenceError(
            "The normal equations could not be solved.", "Merge sources that never differ."
        )
    free = max(int(sums.free.sum()) - len(keep), 1)
    sigma2 = max(float(gram[k, k] - beta @ gram[keep, k]), 0.0) / free
    own = np.diag(bread)
    information = np.zeros(k)
    information[keep] = 1 / own
    iid = widen(np.sqrt(sigma2 * own), keep, k)
    return Solution(widen(beta, keep, k), iid, information, keep, bread, sums)


def widen(values: Floats, keep: Ints, size: int) -> Floats:
    """`values` at the kept positions, NaN elsewhere."""
    out = np.full(size, np.nan)
    out[keep] = values
    return out


def _independent(total: Floats) -> Ints:
    """Columns left after a pivoted QR drops those that others reproduce."""
    own = np.diag(total)
    alive = np.flatnonzero(own > 1e-8)
    if not len(alive):
        return alive
    scale = np.sqrt(own[alive])
    scaled = total[np.ix_(alive, alive)] / np.outer(scale, scale)
    if _sound(scaled):
        return alive
    r, pivots = linalg.qr(scaled, pivoting=True, mode="r")
    return np.sort(alive[pivots[np.abs(np.diag(r)) > 1e-9]])


def _sound(scaled: Floats) -> bool:
    """Whether a matrix is so far from singular that nothing needs to be dropped, which is cheap to know."""
    factor, failed = linalg.lapack.dpotrf(scaled, lower=1)
    if failed:
        return False
    share, failed = linalg.lapack.dpocon(factor, np.linalg.norm(scaled, 1), uplo="L")
    return not failed and share > 1e-7


@dataclass(frozen=True)
class Fit:
    """Coefficients of K columns with standard errors; NaN where a column was dropped.

    Attributes
    ----------
    beta, information : ndarray, shape (K,)
        As in `Solution`.
    se, dof : ndarray, shape (K,)
        Clustered by prompt, with Bell–McCaffrey degrees of freedom.
    plain : ndarray, shape (K,)
        Standard errors that take answers as independent.
    dropped : ndarray, shape (G, K)
        The estimates without each prompt, minus the estimates.
    solution : Solution
    """

    beta: Floats
    information: Floats
    se: Floats
    dof: Floats
    plain: Floats
    dropped: Floats
    solution: Solution


def fit(model: Design, correction: Correction = "CR3", dof_of: NDArray[np.bool_] | None = None) -> Fit:
    r"""Least squares with errors clustered by prompt, prompt by prompt.

    CR2 multiplies each prompt's residuals by :math:`(I - H_{gg})^{-1/2}`, CR3 by :math:`(I - H_{gg})^{-1}`
    (the jackknife over prompts). Both need only the prompt's K × K cross-products: with
    :math:`X'X = (LL')^{-1}` and :math:`L'X_g'X_gL = V\Lambda V'`, the corrected score is
    :math:`LV(1-\Lambda)^{-1/2}V'L'X_g'e_g`. Effects nested in prompts need no correction; the crossing
    effect is paid for by n/(n - k).

    Degrees of freedom are Satterthwaite's under independent errors,
    :math:`(\mathrm{tr}\,\Omega)^2/\mathrm{tr}\,\Omega^2`, with :math:`\Omega = \mathrm{diag}(d) - dd'/\sum d`
    and :math:`d_g` the variance that prompt g contributes: cross terms are taken along the coefficient
    itself.

    Parameters
    ----------
    dof_of : ndarray of bool, shape (K,), optional
        Columns whose degrees of freedom are asked for, the others' are NaN; all if None.

    References
    ----------
    Bell & McCaffrey (2002); Pustejovsky & Tipton (2018), "Small-sample methods for cluster-robust variance
    estimation and hypothesis testing in fixed effects models"; MacKinnon, Nielsen & Webb (2023).
    """
    solved = solve(model)
    keep, bread, k = solved.keep, solved.bread, len(solved.beta)
    groups = int(model.effects.cluster.max()) + 1
    if not len(keep):
        unknown = np.full(k, np.nan)
        return Fit(
            unknown, solved.information, unknown, unknown, unknown, np.full((groups, k), np.nan), solved
        )
    kept = model.of(keep)
    residual = residuals(kept, solved.beta[keep])
    scores = ByPrompt(kept).back(residual)[:, :-1]
    wanted = np.arange(len(keep)) if dof_of is None else np.flatnonzero(dof_of[keep])
    out = _LeftOut(solved, wanted, correction)
    parts = [out.prompt(gram, score) for gram, score in zip(by_prompt(kept), scores, strict=True)]
    dropped, pulled, share = (np.stack(each) for each in zip(*parts, strict=True))
    plain = ((bread @ by_answer(kept, residual)) * bread).sum(axis=1)
    factor = _crossing_factor(model) * (groups / max(groups - 1, 1) if correction == "CR1" else 1.0)
    n, spent = len(model.effects.order), int(model.effects.inner.max()) + 1
    full = np.full((groups, k), np.nan)
    full[:, keep] = dropped
    return Fit(
        beta=solved.beta,
        information=solved.information,
        se=widen(np.sqrt((pulled**2).sum(axis=0) * factor), keep, k),
        dof=widen(_dof(share), keep[wanted], k),
        plain=widen(np.sqrt(plain * n / max(n - spent, 1)), keep, k),
        dropped=full,
        solution=solved,
    )


class _LeftOut:
    """What each prompt does to the estimates: how they move without it, its corrected score, and its share of
    the variance, of the columns wanted."""

    def __init__(self, solved: Solution, wanted: Ints, correction: Correction) -> None:
        self.bread, self.wanted, self.correction = solved.bread, wanted, correction
        self.total = solved.sums.by_engine.sum(axis=0)[np.ix_(solved.keep, solved.keep)]
        self.factor = np.asfortranarray(linalg.cholesky(self.total, lower=True))

    def prompt(self, gram: Floats, score: Floats) -> tuple[Floats, Floats, Floats]:
        """From the prompt's cross-products and score."""
        without = without_prompt(self.total, gram) if self.correction == "CR3" else None
        if without is None:
            return self._by_eigenvectors(gram, score)
        dropped = -without @ score
        # With N the inverse, NGN = NAN − N.
        rows = linalg.blas.dtrmm(1.0, self.factor, without[self.wanted], side=1, lower=1)
        share = np.einsum("ij,ij->i", rows, rows) - without[self.wanted, self.wanted]
        return dropped, dropped, share

    @cached_property
    def root(self) -> Floats:
        """A root of the bread."""
        return np.asarray(linalg.cholesky(self.bread, lower=True))

    def _by_eigenvectors(self, gram: Floats, score: Floats) -> tuple[Floats, Floats, Floats]:
        power = {"CR1": 0.0, "CR2": -0.5, "CR3": -1.0}[self.correction]
        values, vectors = linalg.eigh(self.root.T @ gram @ self.root)
        left, spare = self.root @ vectors, 1 - np.clip(values, 0, 1)
        solvable = spare > SPARE
        adjust = np.power(spare, power, out=np.zeros_like(spare), where=solvable)
        turned = left.T @ score
        share = left[self.wanted] ** 2 @ (adjust**2 * np.clip(values, 0, None))
        dropped = -left @ np.divide(turned, spare, out=np.zeros_like(spare), where=solvable)
        return dropped, left @ (adjust * turned), share


def without_prompt(total: Floats, gram: Floats) -> Floats | None:
    """(X'X − X_g'X_g)⁻¹ of one prompt, or None where the prompt holds all that there is of some direction."""
    without = inverse(total - gram)
    if without is None:
        return None
    # The trace against the whole is the sum of 1 / (1 − λ), so that none of them is larger.
    return without if np.einsum("ij,ij->", without, total) < 1 / SPARE else None


def inverse(matrix: Floats) -> Floats | None:
    """The inverse of a symmetric matrix, which is overwritten; None where it is not positive definite."""
    # Of a symmetric matrix the transpose is itself, and in LAPACK's order.
    factor, failed = linalg.lapack.dpotrf(matrix.T, lower=1, overwrite_a=1)
    if failed:
        return None
    out, failed = linalg.lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed:
        return None
    out += np.tril(out, -1).T
    return np.asarray(out)


def jackknife(model: Design) -> tuple[Floats, Floats]:
    """Coefficients, and their standard errors as `fit` has them under CR3, where nothing else is asked for.

    The estimates without each prompt are solved by conjugate gradients, all prompts at once, with the inverse
    of the whole for a guide: a prompt is a small part of it, so that a dozen steps do.

    Returns
    -------
    beta, se : ndarray, shape (K,)
    """
    solved = solve(model)
    keep, k = solved.keep, len(solved.beta)
    if not len(keep):
        return solved.beta, np.full(k, np.nan)
    kept = model.of(keep)
    total = solved.sums.by_engine.sum(axis=0)[np.ix_(keep, keep)]
    prompts = ByPrompt(kept)
    scores = prompts.back(residuals(kept, solved.beta[keep]))[:, :-1]
    left, moved = scores, np.zeros_like(scores)
    turned = left @ solved.bread
    along, now = turned, (left * turned).sum(axis=1)
    least = EXACT**2 * now
    open_ = now > least
    for _ in range(STEPS):
        if not open_.any():
            break
        image = along @ total - prompts.times(np.pad(along, ((0, 0), (0, 1))))[:, :-1]
        step = np.divide(now, (along * image).sum(axis=1), out=np.zeros_like(now), where=open_)[:, None]
        moved += step * along
        left = left - step * image
        turned = left @ solved.bread
        before, now = now, (left * turned).sum(axis=1)
        along = turned + np.divide(now, before, out=np.zeros_like(now), where=open_)[:, None] * along
        open_ &= now > least
    out = _LeftOut(solved, np.zeros(0, np.int64), "CR3")
    hard = np.flatnonzero(open_)
    for p, gram in zip(hard.tolist(), by_prompt(kept, hard), strict=True):
        moved[p], *_ = out.prompt(gram, scores[p])
    return solved.beta, widen(np.sqrt((moved**2).sum(axis=0) * _crossing_factor(model)), keep, k)


def _crossing_factor(model: Design) -> float:
    if model.effects.outer is None:
        return 1.0
    n = len(model.effects.order)
    k = int(model.effects.outer.max()) + 1 - (int(model.effects.block.max()) + 1)
    return n / max(n - k, 1)


def _dof(share: Floats) -> Floats:
    total = share.sum(axis=0)
    second, third = (share**2).sum(axis=0), (share**3).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        trace = total - second / total
        square = second - 2 * third / total + (second / total) ** 2
        return np.asarray(np.nan_to_num(trace**2 / square), np.float64)


def moderate(se: Floats, dof: Floats, plain: Floats) -> tuple[Floats, Floats]:
    r"""Prompt-clustered variances, moderated by what all sources say about the role of prompts.

    The ratio r of prompt-clustered to answer-clustered variance is noisy for a source seen in few prompts.
    With :math:`r_s \mid \rho_s \sim \rho_s \chi^2_{d_s}/d_s` and a scaled inverse chi-square prior on
    :math:`\rho_s`, fitted to all sources by log-moments, the posterior is
    :math:`(d_0 r_0 + d_s r_s)/(d_0 + d_s)` on :math:`d_0 + d_s` degrees of freedom, never more than the
    sources hold together.

    Returns
    -------
    se, dof : ndarray, shape (K,)
        Unchanged where fewer than three sources can be pooled.

    References
    ----------
    Smyth (2004), "Linear models and empirical Bayes methods for assessing differential expression".
    """
    known = np.isfinite(se) & (se > 0) & (plain > 0) & (dof >= 1)
    if known.sum() < 3:
        return se, dof
    d, ratio = dof[known], (se[known] / plain[known]) ** 2
    centred = np.log(ratio) - special.digamma(d / 2) + np.log(d / 2)
    weight = 1 / special.polygamma(1, d / 2)
    mean = float((weight * centred).sum() / weight.sum())
    excess = float((weight * (centred - mean) ** 2).sum()) - (len(d) - 1)
    spread = excess / float(weight.sum() - (weight**2).sum() / weight.sum())
    cap = float(d.sum())
    prior = min(2 * _trigamma_inverse(spread), cap) if spread > 1e-6 else cap
    centre = np.exp(mean + (special.digamma(prior / 2) - np.log(prior / 2)))
    out_se, out_dof = se.copy(), dof.copy()
    out_se[known] = plain[known] * np.sqrt((prior * centre + d * ratio) / (prior + d))
    out_dof[known] = np.minimum(d + prior, cap)
    return out_se, out_dof


def _trigamma_inverse(value: float) -> float:
    x = 0.5 + 1 / value
    for _ in range(60):
        now = float(special.polygamma(1, x))
        step = now * (1 - now / value) / float(special.polygamma(2, x))
        x += step
        if abs(step) < 1e-10 * x:
            return x
    raise ConvergenceError("The spread of the variances has no prior.", "Report the panel that shows this.")
