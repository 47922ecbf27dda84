"""Conditional logit: which candidates of a group are chosen, whatever the group's own level is.

The likelihood is the exact one for any number of chosen candidates in a group (not Breslow's or Efron's
approximation of ties): group g with n candidates, of which k are chosen, contributes

.. math:: \\log \\frac{\\exp \\sum_{j: y_j = 1} x_j'\\beta}{e_k(\\exp x_1'\\beta, …, \\exp x_n'\\beta)}

where ``e_k`` is the elementary symmetric polynomial: the sum over all ways to choose k of n. For k = 1 that
is the multinomial logit with a log-sum-exp below the fraction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from tracker.errors import ConvergenceError, DataError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MAX_ITER = 50
SEPARATED = 1e-8
PAD_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class LogitFit:
    """A conditional logit.

    Attributes
    ----------
    coef, low, high : ndarray, shape (p,)
        Log odds ratios per unit of each column, with 95 % bounds (see `covariance`).
    covariance : ndarray, shape (p, p)
        Clustered if clusters were given, else the inverse information.
    information : ndarray, shape (p, p)
    loglik : float
    groups, rows : int
        Informative ones: groups in which some but not all candidates are chosen.
    clusters : tuple of int
        Number of clusters of each way.
    """

    coef: Floats
    low: Floats
    high: Floats
    covariance: Floats
    information: Floats
    loglik: float
    groups: int
    rows: int
    clusters: tuple[int, ...]
    iterations: int

    @property
    def se(self) -> Floats:
        errors: Floats = np.sqrt(np.diag(self.covariance))
        return errors


@dataclass(frozen=True, eq=False)
class Choices:
    """Informative groups, padded: groups with equally many chosen lie together, the longest first.

    Attributes
    ----------
    rows : ndarray of int, shape (N,)
        Rows of the input in use, by group.
    chosen : ndarray of bool, shape (N,)
    starts, sizes, picks : ndarray of int, shape (G,)
        First row (in `rows`), number of candidates and number of chosen of each group.
    """

    rows: Ints
    chosen: Bools
    starts: Ints
    sizes: Ints
    picks: Ints

    @property
    def codes(self) -> Ints:
        """The group of each row."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def buckets(self) -> Iterator[tuple[int, Ints, Bools]]:
        """Yield k, row numbers padded to shape (groups, longest), and which cells are real."""
        for picks in np.unique(self.picks):
            groups = np.flatnonzero(self.picks == picks)
            groups = groups[np.argsort(-self.sizes[groups], kind="stable")]
            while len(groups):
                longest = int(self.sizes[groups[0]])
                part = groups[: max(1, PAD_CELLS // (longest * (int(picks) + 1)))]
                steps = np.arange(longest)
                real = steps < self.sizes[part, None]
                yield int(picks), np.where(real, self.starts[part, None] + steps, 0), real
                groups = groups[len(part) :]


def choices(chosen: ArrayLike, group: ArrayLike) -> Choices:
    """Keep the groups that say something: at least one candidate chosen and one not."""
    y = np.asarray(chosen, dtype=np.bool_)
    codes = np.unique(np.asarray(group), return_inverse=True)[1]
    if y.shape != codes.shape or y.ndim != 1:
        raise DataError(f"{y.shape} choices but {codes.shape} group labels", "give one of each per candidate")
    sizes, picks = np.bincount(codes), np.bincount(codes, y).astype(np.int64)
    informative = (picks > 0) & (picks < sizes)
    order = np.argsort(codes, kind="stable")
    rows = order[informative[codes[order]]]
    sizes, picks = sizes[informative], picks[informative]
    return Choices(rows, y[rows], np.cumsum(sizes) - sizes, sizes, picks)


def fit(
    chosen: ArrayLike,
    x: ArrayLike,
    group: ArrayLike,
    *,
    clusters: Sequence[ArrayLike] = (),
    tol: float = 1e-9,
) -> LogitFit:
    """LogitFit by Newton's method with step halving.

    Parameters
    ----------
    chosen : array_like of bool, shape (N,)
    x : array_like, shape (N,) or (N, p)
        Finite; columns that do not vary within any group cannot be estimated and are refused.
    group : array_like, shape (N,)
    clusters : sequence of array_like, each of shape (N,)
        None, one or two ways of clustering. See `covariance`.

    Raises
    ------
    DataError
        No informative group, or a column without variation within groups.
    ConvergenceError
        The likelihood has no maximum: a column separates chosen from not chosen.

    References
    ----------
    McFadden (1974). Chamberlain (1980). Gail, Lubin, Rubinstein (1981) for the recursion.
    """
    data = choices(chosen, group)
    if not len(data.sizes):
        raise DataError("no group has both a chosen and an unchosen candidate", "more answers are needed")
    columns = np.asarray(x, dtype=np.float64)
    columns = (columns[:, None] if columns.ndim == 1 else columns)[data.rows]
    columns = columns - group_means(columns, data)
    spread = np.sqrt((columns**2).mean(axis=0))
    if not np.isfinite(spread).all() or (spread < 1e-12).any():
        raise DataError(
            "no two candidates of the same answer differ in it, or a value is not finite",
            "use another measure of authority",
        )
    scaled = columns / spread
    beta, loglik, information, iterations = _newton(data, scaled, tol)
    ways = [np.unique(np.asarray(way)[data.rows], return_inverse=True)[1] for way in clusters]
    sandwich, outer = covariance(data, scaled, beta, information, ways), np.outer(spread, spread)
    cov = sandwich.covariance / outer
    coef, sizes = beta / spread, tuple(int(way.max()) + 1 for way in ways)
    half = float(stats.t.ppf(0.975, sandwich.freedom)) * np.sqrt(np.diag(cov))
    return LogitFit(
        coef,
        coef - half,
        coef + half,
        cov,
        information * outer,
        loglik,
        len(data.sizes),
        len(data.rows),
        sizes,
        iterations,
    )


def group_means(columns: Floats, data: Choices) -> Floats:
    sums = np.add.reduceat(columns, data.starts, axis=0)
    means: Floats = (sums / data.sizes[:, None])[data.codes]
    return means


def _newton(data: Choices, x: Floats, tol: float) -> tuple[Floats, float, Floats, int]:
    beta = np.zeros(x.shape[1])
    value, gradient, information = likelihood(data, x, beta)
    floor = SEPARATED * float(np.linalg.eigvalsh(information)[0])
    for iteration in range(1, MAX_ITER + 1):
        step = np.linalg.lstsq(information, gradient, rcond=None)[0]
        if float(gradient @ step) < tol and float(np.linalg.eigvalsh(information)[0]) > floor:
            value, _, information = likelihood(data, x, beta + step)
            return beta + step, value, information, iteration
        size = min(1.0, 5.0 / float(np.abs(step).max()))
        while True:
            after = likelihood(data, x, beta + size * step)
            if after[0] > value - 1e-12 * abs(value) or size < 1e-6:
                break
            size /= 2
        beta, (value, gradient, information) = beta + size * step, after
        if np.abs(beta).max() > 30:
            break
    raise ConvergenceError(
        "the conditional logit has no finite maximum: a column separates what is chosen from what is not",
        "more answers, or a column with overlap, are needed",
    )


def likelihood(data: Choices, x: Floats, beta: Floats) -> tuple[float, Floats, Floats]:
    """Log-likelihood, gradient (p,) and information (p, p), `x` in the order of `data.rows`.

    One pass of ``F[m] += w * F[m - 1]`` over candidates for all groups at once, carrying first and second
    derivatives along.
    """
    eta = x @ beta
    value = float(eta[data.chosen].sum())
    gradient = x[data.chosen].sum(axis=0)
    information = np.zeros((x.shape[1], x.shape[1]))
    for picks, cells, real in data.buckets():
        offset = _offset(eta[cells], real, picks)
        total, first, second = _recursion(
            np.exp(np.where(real, eta[cells] - offset, -np.inf)), x, cells, picks
        )
        value -= float((np.log(total) + picks * offset[:, 0]).sum())
        mean = first / total[:, None]
        gradient = gradient - mean.sum(axis=0)
        information += (second / total[:, None, None]).sum(axis=0) - mean.T @ mean
    return value, gradient, information


def _offset(eta: Floats, real: Bools, picks: int) -> Floats:
    """Mean of the k largest, so that ``e_k`` is at least 1 and cannot underflow."""
    masked = np.where(real, eta, -np.inf)
    top = np.partition(masked, -picks, axis=1)[:, -picks:]
    return np.asarray(top.mean(axis=1, keepdims=True), dtype=np.float64)


def _recursion(weight: Floats, x: Floats, cells: Ints, picks: int) -> tuple[Floats, Floats, Floats]:
    """``e_k`` of each group with its first and second derivatives by beta."""
    groups, p = len(weight), x.shape[1]
    value = np.zeros((groups, picks + 1))
    value[:, 0] = 1
    first, second = np.zeros((groups, picks + 1, p)), np.zeros((groups, picks + 1, p, p))
    for step in range(weight.shape[1]):
        w, at = weight[:, step, None], x[cells[:, step]][:, None, :]
        low = min(step + 1, picks)
        v, f, s = value[:, :low], first[:, :low], second[:, :low]
        cross = f[..., :, None] * at[..., None, :]
        moved = (
            s + cross + cross.swapaxes(-1, -2) + v[..., None, None] * (at[..., :, None] * at[..., None, :])
        )
        # the new terms are complete before any is added: each reads what stood one place lower
        grown = w * v, w[..., None] * (f + v[..., None] * at), w[..., None, None] * moved
        for table, more in zip((value, first, second), grown, strict=True):
            table[:, 1 : low + 1] += more
    return value[:, -1], first[:, -1], second[:, -1]


def inclusion(data: Choices, eta: Floats) -> Floats:
    """Probability that each row is chosen, given how many of its group are; shape (N,)."""
    share = np.zeros(len(eta))
    for picks, cells, real in data.buckets():
        w = np.exp(np.where(real, eta[cells] - _offset(eta[cells], real, picks), -np.inf))
        groups, steps = w.shape
        before = np.zeros((steps + 1, groups, picks + 1))
        before[0, :, 0] = 1
        for step in range(steps):
            before[step + 1] = before[step]
            before[step + 1, :, 1:] += w[:, step, None] * before[step, :, :-1]
        weight = np.zeros((groups, picks + 1))
        weight[:, -1] = 1 / before[-1, :, -1]
        for step in range(steps - 1, -1, -1):
            w_step = w[:, step, None]
            chance = w_step[:, 0] * (weight[:, 1:] * before[step, :, :-1]).sum(axis=1)
            share[cells[real[:, step], step]] = chance[real[:, step]]
            weight[:, :-1] += w_step * weight[:, 1:]
    return share


def covariance(data: Choices, x: Floats, beta: Floats, information: Floats, ways: Sequence[Ints]) -> Sandwich:
    r"""Sandwich covariance, clustered one or two ways.

    A row's score is ``(x - mean) (y - pi)``, ``pi`` its inclusion probability and the mean that of its group
    weighted by ``pi`` (the score of the equivalent Poisson model with group effects). Corrections, each of
    which a simulation showed to be needed where few domains are in most answers:

    * A cluster that cuts across groups (a domain) is itself part of every group mean it is compared with; its
      row scores are divided by ``1 - pi / k``.
    * Cluster scores are those of the linearised jackknife, ``(I - H_c / H)^-1 s_c`` with ``H_c`` the
    cluster's
      part of the information, and the factor is ``(G - 1) / G``.
    * Two ways add up and the overlap is subtracted. If less than one way alone is left, that one is used.
    * Bounds use t. A way has ``1 / sum h_c^2 - 1`` degrees of freedom, ``h_c`` the cluster's share of the
      information (its number of clusters less one, if they were equal); two ways combine by Satterthwaite's
      rule.

    References
    ----------
    Cameron, Gelbach, Miller (2011), Robust inference with multiway clustering. MacKinnon, Nielsen, Webb
    (2023), Cluster-robust jackknife inference. Carter, Schnepel, Steigerwald (2017), effective clusters.
    """
    bread = np.asarray(np.linalg.pinv(information), dtype=np.float64)
    if not ways:
        return Sandwich(bread, np.inf)
    scores = row_scores(data, x, beta)
    parts = [_meat(scores, way, data) for way in ways]
    sides = [bread @ part.meat @ bread for part in parts]
    size = np.array([float(np.trace(side @ information)) for side in sides])
    freedom = size.sum() ** 2 / sum(size**2 / [max(1.0, part.effective - 1) for part in parts])
    if len(sides) == 1:
        return Sandwich(sides[0], float(freedom))
    both = np.unique(ways[0] * (int(ways[1].max()) + 1) + ways[1], return_inverse=True)[1]
    pooled = sides[0] + sides[1] - bread @ _meat(scores, both, data).meat @ bread
    single = max(sides, key=lambda side: float(np.trace(side)))
    return Sandwich(pooled if (np.diag(pooled) >= np.diag(single)).all() else single, float(freedom))


@dataclass(frozen=True, eq=False)
class Sandwich:
    covariance: Floats
    freedom: float


@dataclass(frozen=True, eq=False)
class RowScores:
    """Per row: centred columns (N, p), residual and inclusion probability (N,), and its share of the group's
    picks."""

    centred: Floats
    residual: Floats
    weight: Floats
    own: Floats


def row_scores(data: Choices, x: Floats, beta: Floats) -> RowScores:
    share = inclusion(data, x @ beta)
    centre = np.add.reduceat(share[:, None] * x, data.starts, axis=0) / data.picks[:, None]
    own = np.minimum(share / data.picks[data.codes], 0.9)
    return RowScores(x - centre[data.codes], data.chosen - share, share * (1 - share), own)


@dataclass(frozen=True, eq=False)
class _Clusters:
    meat: Floats
    effective: float


def _meat(rows: RowScores, way: Ints, data: Choices) -> _Clusters:
    count = int(way.max()) + 1
    first, last = way[data.starts], np.maximum.reduceat(way, data.starts)
    whole = bool((first == last).all() and (np.minimum.reduceat(way, data.starts) == first).all())
    residual = rows.residual if whole else rows.residual / (1 - rows.own)
    sums = _by_cluster(rows.centred * residual[:, None], way, count)
    outer = rows.centred[:, :, None] * rows.centred[:, None, :] * rows.weight[:, None, None]
    p = outer.shape[1]
    parts = _by_cluster(outer.reshape(len(outer), -1), way, count).reshape(count, p, p)
    shares = parts @ np.linalg.pinv(parts.sum(axis=0))
    kept = np.eye(p) - np.minimum(shares, 0.9)
    adjusted = np.linalg.solve(kept, sums[:, :, None])[:, :, 0]
    effective = 1 / float(((np.trace(shares, axis1=1, axis2=2) / p) ** 2).sum())
    return _Clusters(np.asarray(adjusted.T @ adjusted * ((count - 1) / count), dtype=np.float64), effective)


def _by_cluster(columns: Floats, way: Ints, count: int) -> Floats:
    return np.stack([np.bincount(way, column, count) for column in columns.T], axis=1)
