"""The linear model behind lift: exact within-transforms over (answer, brand) pairs, errors clustered by
prompt.

Every answer has the same brands, so answer effects live in brand space and brand × group effects in answer
space, and projections of the two kinds commute. That gives closed forms where others iterate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import linalg, sparse, special

from analysis.lift.panel import Floats, Ints, Panel
from tracker.errors import ConvergenceError, UsageError

Within = Literal["auto", "prompt-week", "topic-week", "week"]
AnswerEffect = Literal["level", "level and slope"]
Correction = Literal["CR1", "CR2", "CR3"]

PER_PERIOD = 12
CHUNK = 6_000_000


@dataclass(frozen=True)
class Effects:
    """Group codes of the answers, sorted so that each prompt, and each inner group, is one stretch.

    Attributes
    ----------
    order : ndarray, shape (A,)
        Answers sorted by prompt, engine, week.
    cluster, cell, inner : ndarray of int, shape (A,), in that order
        Prompt; prompt × engine; prompt × engine × period, the nested effect of every brand.
    engine : ndarray of int, shape (A,), in that order
        No effect spans two engines, so sums over one engine's answers can be added and taken away.
    outer : ndarray of int, shape (A,), or None
        The effect of every brand that crosses prompts: week × engine, or × topic.
    block : ndarray of int, shape (A,)
        Parts of `outer` that share no prompt; each is solved alone.
    basis : ndarray, shape (cells, B, k)
        Orthonormal answer effects in brand space, per cell: the level, and the slope.
    rate : ndarray, shape (cells, B)
        Mention rate of each brand, drawn a little to its engine's.
    within : str
        "prompt-week", "topic-week" or "week".
    periods : int
        Stretches of weeks per prompt × engine in `inner`.
    """

    order: Ints
    cluster: Ints
    cell: Ints
    inner: Ints
    outer: Ints | None
    block: Ints
    basis: Floats
    rate: Floats
    within: Within
    periods: int
    engine: Ints

    @cached_property
    def crossing(self) -> tuple[tuple[Ints, Floats], ...]:
        """For each block: its groups of `outer`, and the inverse by which sums become their coefficients."""
        if self.outer is None:
            return ()
        out = []
        for block in range(int(self.block.max()) + 1):
            rows = np.flatnonzero(self.block == block)
            groups, local = np.unique(self.outer[rows], return_inverse=True)
            matrix = _schur(self.inner[rows], np.asarray(local, np.int64), self.cell[rows], self.basis)
            out.append((groups, _pinv(matrix)))
        return tuple(out)


def codes(*columns: Ints) -> Ints:
    """One code per distinct combination, in lexicographic order."""
    _, out = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    return np.asarray(out, np.int64).ravel()


def starts(sorted_codes: Ints) -> Ints:
    """Positions at which a new code begins."""
    return np.flatnonzero(np.r_[True, sorted_codes[1:] != sorted_codes[:-1]])


def choose(panel: Panel) -> tuple[Within, int]:
    """The finest comparison the answers can pay for.

    Each brand gets its own level per prompt × engine × period, with as many periods as leave a dozen answers
    in each: a brand that rises on one prompt is then compared with itself a few weeks apart at most. Inside
    the periods it may move by topic × engine × week if such cells hold eight answers and topics four prompts,
    otherwise by engine × week.

    Returns
    -------
    within, periods
    """
    cells = len(np.unique(codes(panel.prompt, panel.engine)))
    weeks = len(np.unique(panel.week))
    periods = int(np.clip(panel.answers / max(cells, 1) // PER_PERIOD, 1, max(weeks, 1)))
    if periods == weeks:
        return "prompt-week", weeks
    topics, prompts = len(np.unique(panel.topic)), len(np.unique(panel.prompt))
    thick = panel.answers >= 8 * len(np.unique(codes(panel.topic, panel.week, panel.engine)))
    return ("topic-week" if thick and prompts >= 4 * topics else "week"), periods


def effects(
    panel: Panel,
    within: Within = "auto",
    answer: AnswerEffect = "level and slope",
    periods: int | None = None,
) -> Effects:
    """Codes and bases of the fixed effects.

    Parameters
    ----------
    within : {"auto", "prompt-week", "topic-week", "week"}
        "auto" takes `choose`'s answer for both settings.
    periods : int, optional
        Stretches of weeks with their own brand × prompt × engine level; 1 is one level for all weeks.
    """
    if within not in ("auto", "prompt-week", "topic-week", "week"):
        raise UsageError(f"{within!r} is not a comparison.", "Use auto, prompt-week, topic-week or week.")
    chosen, count = choose(panel)
    chosen, count = (chosen, count) if within == "auto" else (within, 1)
    count = count if periods is None else periods
    order = np.lexsort((panel.week, panel.engine, panel.prompt))
    p, e, w, t = (c[order] for c in (panel.prompt, panel.engine, panel.week, panel.topic))
    week = codes(w)
    period = week if chosen == "prompt-week" else week * count // (int(week.max()) + 1)
    cell = codes(p, e)
    outer, block = None, np.zeros(len(p), np.int64)
    if chosen == "topic-week":
        outer, block = codes(e, t, w), codes(e, t)
    elif chosen == "week":
        outer, block = codes(e, w), codes(e)
    rate = _rates(panel.named[order].astype(np.float64), cell, codes(e))
    basis = _basis(rate, answer)
    inner = codes(p, e, period)
    return Effects(order, codes(p), cell, inner, outer, block, basis, rate, chosen, count, codes(e))


def _rates(named: Floats, cell: Ints, engine: Ints) -> Floats:
    cells, b = int(cell.max()) + 1, named.shape[1]
    per = np.bincount(cell, minlength=cells)[:, None]
    sums = np.stack([np.bincount(cell, named[:, k], cells) for k in range(b)], axis=1)
    pool = (
        np.stack([np.bincount(engine, named[:, k]) for k in range(b)], axis=1) / np.bincount(engine)[:, None]
    )
    of_cell = np.zeros(cells, np.int64)
    of_cell[cell] = engine
    return np.asarray((sums + 4 * pool[of_cell]) / (per + 4))


def _basis(rate: Floats, answer: AnswerEffect) -> Floats:
    r"""Directions in which an answer as a whole may move its brands.

    The level moves all by as many points; the slope moves each by :math:`p(1-p)`, as a common change of
    log-odds does. Wordy answers, lists of limited length and sources that raise everybody move brands
    along the slope, and popular brands have the links.
    """
    cells, b = rate.shape
    level = np.full((cells, b, 1), 1 / np.sqrt(b))
    if answer == "level" or b < 3:
        return level
    slope = rate * (1 - rate)
    slope -= slope.mean(axis=1, keepdims=True)
    norm = np.sqrt((slope**2).sum(axis=1, keepdims=True))
    slope = np.divide(slope, norm, out=np.zeros_like(slope), where=norm > 1e-6)
    return np.concatenate([level, slope[:, :, None]], axis=2)


def project(block: Floats, cell: Ints, inner: Ints, basis: Floats) -> Floats:
    """Remove answer effects and the nested effect from `block` (n, B, K), in place; the two commute."""
    begin = starts(cell)
    for start, stop in zip(begin, np.r_[begin[1:], len(cell)], strict=True):
        v = basis[cell[start]]
        part = block[start:stop]
        part -= np.matmul(v, np.matmul(v.T, part))
    begin = starts(inner)
    for start, stop in zip(begin, np.r_[begin[1:], len(inner)], strict=True):
        block[start:stop] -= block[start:stop].mean(axis=0)
    return block


@dataclass(frozen=True)
class Design:
    """Columns over (answer, brand) pairs in the order of `effects`; the last column is the outcome.

    Attributes
    ----------
    columns : csr_array, shape (A * B, K + 1)
    brands : int
    effects : Effects
    trend : ndarray, shape (outer groups, B, K + 1), or None
        Coefficients of the crossing effect for each column.
    """

    columns: sparse.csr_array
    brands: int
    effects: Effects
    trend: Floats | None

    @property
    def answer_effects(self) -> int:
        """Directions removed from each answer."""
        return int(self.effects.basis.shape[2])

    def blocks(self) -> Iterator[tuple[int, int, Floats]]:
        """Answers start … stop of one prompt and their columns with all effects removed, (pairs, K + 1); a
        large prompt comes in pieces."""
        fx = self.effects
        for start, stop in _cuts(fx, self.brands * self.columns.shape[1]):
            part = dense(self.columns, start, stop, self.brands)
            if self.trend is not None and fx.outer is not None:
                part -= self.trend[fx.outer[start:stop]]
            project(part, fx.cell[start:stop], fx.inner[start:stop], fx.basis)
            yield start, stop, part.reshape(-1, part.shape[2])


def _cuts(fx: Effects, width: int) -> Iterator[tuple[int, int]]:
    """Stretches that end with an inner group, hold one prompt, and are no larger than they must be."""
    begin = starts(fx.inner)
    ends = np.r_[begin[1:], len(fx.inner)]
    first = 0
    for i, end in enumerate(ends):
        last = i + 1 == len(ends)
        if last or fx.cluster[end] != fx.cluster[first] or (ends[i + 1] - first) * width > CHUNK:
            yield first, int(end)
            first = int(end)


def dense(columns: sparse.csr_array, start: int, stop: int, brands: int) -> Floats:
    """Rows of answers start … stop as an array (answers, B, K)."""
    part = columns[start * brands : stop * brands].toarray()
    return np.asarray(part, np.float64).reshape(stop - start, brands, -1)


def design(panel: Panel, columns: sparse.csr_array, fx: Effects) -> Design:
    """Sort the columns, append the outcome, and solve the crossing effect.

    Parameters
    ----------
    columns : csr_array, shape (A * B, K)
        Rows a * B + b in the panel's order.
    """
    b = len(panel.brands)
    pairs = (fx.order[:, None] * b + np.arange(b)).ravel()
    outcome = sparse.csr_array(panel.named[fx.order].reshape(-1, 1).astype(np.float64))
    stacked = sparse.csr_array(sparse.hstack([columns[pairs].astype(np.float64), outcome], format="csr"))
    bare = Design(stacked, b, fx, None)
    return bare if fx.outer is None else replace(bare, trend=_trend(bare))


def _trend(bare: Design) -> Floats:
    r"""Coefficients of the crossing effect, by direct solution of its Schur complement.

    With :math:`Q_h` the annihilator of the answer effects in brand space and :math:`n_{hw}` the answers of
    nested group h in crossing group w, the complement is
    :math:`\sum_h (\mathrm{diag}(n_h) - n_h n_h' / n_{h\cdot}) \otimes Q_h`, one small dense block for each
    set of crossing groups that share a prompt. No iteration, so nothing to converge.
    """
    fx, b = bare.effects, bare.brands
    assert fx.outer is not None
    k = bare.columns.shape[1]
    sums = np.zeros((int(fx.outer.max()) + 1, b, k))
    for start, stop in _cuts(fx, b * k):
        part = dense(bare.columns, start, stop, b)
        project(part, fx.cell[start:stop], fx.inner[start:stop], fx.basis)
        groups, local = np.unique(fx.outer[start:stop], return_inverse=True)
        into = sparse.csr_array((np.ones(stop - start), (local, np.arange(stop - start))))
        sums[groups] += np.asarray(into @ part.reshape(stop - start, -1)).reshape(-1, b, k)
    out = np.zeros_like(sums)
    for groups, inverse in fx.crossing:
        out[groups] = (inverse @ sums[groups].reshape(-1, k)).reshape(-1, b, k)
    return out


def _schur(inner: Ints, outer: Ints, cell: Ints, basis: Floats) -> Floats:
    w, b = int(outer.max()) + 1, basis.shape[1]
    total = np.zeros((w, b, w, b))
    _, first, local = np.unique(inner, return_index=True, return_inverse=True)
    counts = np.zeros((len(first), w))
    np.add.at(counts, (np.asarray(local).ravel(), outer), 1.0)
    for row, start in zip(counts, first, strict=True):
        v = basis[cell[start]]
        at = np.flatnonzero(row)
        remove = np.diag(row[at]) - np.outer(row[at], row[at]) / row.sum()
        every = np.arange(b)
        total[np.ix_(at, every, at, every)] += (
            remove[:, None, :, None] * (np.eye(b) - v @ v.T)[None, :, None, :]
        )
    return total.reshape(w * b, w * b)


def _pinv(matrix: Floats) -> Floats:
    values, vectors = linalg.eigh(matrix)
    keep = values > 1e-9 * max(float(values[-1]), 1e-300)
    return np.asarray((vectors[:, keep] / values[keep]) @ vectors[:, keep].T)


@dataclass(frozen=True)
class Sums:
    """Cross-products of projected columns, the outcome last; those of some columns, or without some answers,
    are parts of them.

    Attributes
    ----------
    by_engine : ndarray, shape (engines, K + 1, K + 1)
    free : ndarray, shape (engines,)
        Observations left to each engine by the effects.
    """

    by_engine: Floats
    free: Ints

    def of(self, columns: Ints) -> Sums:
        """Sums of these columns, and of the outcome."""
        kept = np.r_[columns, self.by_engine.shape[1] - 1]
        return replace(self, by_engine=self.by_engine[:, kept[:, None], kept])

    def without(self, engine: int) -> Sums:
        """Sums of the other engines' answers."""
        return Sums(np.delete(self.by_engine, engine, axis=0), np.delete(self.free, engine))


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


def total(model: Design) -> Sums:
    """Cross-products of the projected columns by engine, in one pass."""
    fx, k = model.effects, model.columns.shape[1]
    engines = int(fx.engine.max()) + 1
    out = np.zeros((engines, k, k))
    for start, stop, part in model.blocks():
        begin = starts(fx.engine[start:stop])
        for first, last in zip(begin, np.r_[begin[1:], stop - start], strict=True):
            x = part[first * model.brands : last * model.brands]
            out[fx.engine[start + first]] += x.T @ x
    spent = _groups(fx.inner, fx.engine) + (0 if fx.outer is None else _groups(fx.outer, fx.engine))
    free = (np.bincount(fx.engine) - spent) * (model.brands - model.answer_effects)
    return Sums(out, np.asarray(free, np.int64))


def _groups(of: Ints, engine: Ints) -> Ints:
    """Distinct groups in each engine, (engines,); none spans two."""
    _, first = np.unique(of, return_index=True)
    return np.bincount(engine[first], minlength=int(engine.max()) + 1)


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
    meat, plain = np.zeros(len(keep)), np.zeros(len(keep))
    share, dropped = np.zeros((groups, len(keep))), np.zeros((groups, len(keep)))
    for g, gram, score, answers in _by_prompt(model, solved):
        values, vectors = linalg.eigh(root.T @ gram @ root)
        left, spare = root @ vectors, 1 - np.clip(values, 0, 1)
        solvable = spare > 1e-6
        adjust = np.power(spare, power, out=np.zeros_like(spare), where=solvable)
        turned = left.T @ score
        meat += (left @ (adjust * turned)) ** 2
        share[g] = left**2 @ (adjust**2 * np.clip(values, 0, None))
        dropped[g] = -left @ np.divide(turned, spare, out=np.zeros_like(spare), where=solvable)
        plain += answers
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


def _by_prompt(model: Design, solved: Solution) -> Iterator[tuple[int, Floats, Floats, Floats]]:
    """Prompt, its cross-products, its score, and its answers' squared pulls on the estimates."""
    keep, size = solved.keep, len(solved.keep)
    beta = solved.beta[keep]
    at, gram, score, pulls = -1, np.zeros((size, size)), np.zeros(size), np.zeros(size)
    for start, _, part in model.blocks():
        g = int(model.effects.cluster[start])
        if g != at and at >= 0:
            yield at, gram, score, pulls
        if g != at:
            gram, score, pulls = np.zeros((size, size)), np.zeros(size), np.zeros(size)
        at = g
        x = part[:, :-1] if size == part.shape[1] - 1 else part[:, keep]
        residual = part[:, -1] - x @ beta
        gram += x.T @ x
        score += x.T @ residual
        scaled = (x * residual[:, None]).reshape(-1, model.brands, size).sum(axis=1)
        pulls += ((scaled @ solved.bread) ** 2).sum(axis=0)
    if at >= 0:
        yield at, gram, score, pulls


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
