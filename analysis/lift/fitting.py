"""Least squares on columns with all effects removed, errors clustered by prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import linalg, special

from analysis.lift.panel import Floats, Ints
from analysis.lift.sums import Design, Sums, by_answer, by_prompt, residuals, total
from tracker.errors import ConvergenceError

Correction = Literal["CR1", "CR2", "CR3"]


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
    """Ordinary least squares on the projected columns, in one pass."""
    return solution(total(model))


def solution(sums: Sums) -> Solution:
    """Ordinary least squares of the outcome on all other columns."""
    gram = sums.by_engine.sum(axis=0)
    k = len(gram) - 1
    keep = _independent(gram[:k, :k])
    bread = linalg.inv(gram[np.ix_(keep, keep)]) if len(keep) else np.zeros((0, 0))
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
    r, pivots = linalg.qr(total[np.ix_(alive, alive)] / np.outer(scale, scale), pivoting=True, mode="r")
    return np.sort(alive[pivots[np.abs(np.diag(r)) > 1e-9]])


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


def fit(model: Design, correction: Correction = "CR3") -> Fit:
    r"""Least squares with errors clustered by prompt, in two passes over the pairs.

    CR2 multiplies each prompt's residuals by :math:`(I - H_{gg})^{-1/2}`, CR3 by :math:`(I - H_{gg})^{-1}`
    (the jackknife over prompts). Both need only the prompt's K × K cross-products: with
    :math:`X'X = (LL')^{-1}` and :math:`L'X_g'X_gL = V\Lambda V'`, the corrected score is
    :math:`LV(1-\Lambda)^{-1/2}V'L'X_g'e_g`. Effects nested in prompts need no correction; the crossing
    effect is paid for by n/(n - k).

    Degrees of freedom are Satterthwaite's under independent errors,
    :math:`(\mathrm{tr}\,\Omega)^2/\mathrm{tr}\,\Omega^2`, with :math:`\Omega = \mathrm{diag}(d) - dd'/\sum d`
    and :math:`d_g` the variance that prompt g contributes: cross terms are taken along the coefficient
    itself.

    References
    ----------
    Bell & McCaffrey (2002); Pustejovsky & Tipton (2018), "Small-sample methods for cluster-robust variance
    estimation and hypothesis testing in fixed effects models"; MacKinnon, Nielsen & Webb (2023).
    """
    solved = solve(model)
    keep, bread, k = solved.keep, solved.bread, len(solved.beta)
    power = {"CR1": 0.0, "CR2": -0.5, "CR3": -1.0}[correction]
    groups = int(model.effects.cluster.max()) + 1
    if not len(keep):
        unknown = np.full(k, np.nan)
        return Fit(
            unknown, solved.information, unknown, unknown, unknown, np.full((groups, k), np.nan), solved
        )
    root = linalg.cholesky(bread, lower=True)
    meat = np.zeros(len(keep))
    share, dropped = np.zeros((groups, len(keep))), np.zeros((groups, len(keep)))
    kept = model.of(keep)
    residual = residuals(kept, solved.beta[keep])
    for g, (gram, score) in enumerate(by_prompt(kept, residual)):
        within = root.T @ gram @ root
        without = without_prompt(within) if correction == "CR3" else None
        if without is not None:
            left = root @ without
            dropped[g] = -left @ (root.T @ score)
            meat += dropped[g] ** 2
            share[g] = (left**2).sum(axis=1) - (left * root).sum(axis=1)
            continue
        values, vectors = linalg.eigh(within)
        left, spare = root @ vectors, 1 - np.clip(values, 0, 1)
        solvable = spare > 1e-6
        adjust = np.power(spare, power, out=np.zeros_like(spare), where=solvable)
        turned = left.T @ score
        meat += (left @ (adjust * turned)) ** 2
        share[g] = left**2 @ (adjust**2 * np.clip(values, 0, None))
        dropped[g] = -left @ np.divide(turned, spare, out=np.zeros_like(spare), where=solvable)
    plain = ((bread @ by_answer(kept, residual)) * bread).sum(axis=1)
    factor = _crossing_factor(model) * (groups / max(groups - 1, 1) if correction == "CR1" else 1.0)
    n, spent = len(model.effects.order), int(model.effects.inner.max()) + 1
    full = np.full((groups, k), np.nan)
    full[:, keep] = dropped
    return Fit(
        beta=solved.beta,
        information=solved.information,
        se=widen(np.sqrt(meat * factor), keep, k),
        dof=widen(_dof(share), keep, k),
        plain=widen(np.sqrt(plain * n / max(n - spent, 1)), keep, k),
        dropped=full,
        solution=solved,
    )


def without_prompt(within: Floats) -> Floats | None:
    """(I − H)⁻¹ of one prompt, or None where the prompt holds all that there is of some direction."""
    try:
        factor = linalg.cholesky(np.eye(len(within)) - within, lower=True)
    except linalg.LinAlgError:
        return None
    inverse, failed = linalg.lapack.dpotri(factor, lower=1)
    # The trace is the sum of the inverse eigenvalues, so that none of them is larger.
    if failed or not np.trace(inverse) < 1e6:
        return None
    return np.asarray(np.tril(inverse) + np.tril(inverse, -1).T)


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
