"""Does authority go with being cited? Rank correlation over domains, and conditional logit within answers.

Not evidence by itself
----------------------
The rank correlation of authority and citations over cited domains is .36-.54 for every answer engine, but .57
for plain Google results and .43 for invented URLs: well-known sites are simply met more often. So a
coefficient is shown with its authority source, candidate pool, n, interval and control, and never as an
effect of links.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from analysis.association import conditional_logit
from analysis.association.conditional_logit import Choices
from tracker import numbers
from tracker.errors import ConvergenceError, DataError, UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Pool = Literal["retrieved", "serp", "cited-only"]
PoolChoice = Literal["auto", "retrieved", "serp", "cited-only"]

WHY_NOT_EVIDENCE = (
    "A correlation between authority and citations is not evidence that links work: "
    "the same coefficient appears for plain Google results and even for invented URLs."
)
POOLS: dict[Pool, str] = {
    "retrieved": "candidates are what the engine retrieved for the same answer",
    "serp": "candidates are the search results of the same prompt",
    "cited-only": (
        "cited-only pool: candidates are all domains that any engine or repeat cited for the same prompt"
    ),
}
NOTHING_UNCITED = "no candidate was left uncited; ask repeats or more engines, or import search results"
CHUNK_CELLS = 2_000_000
MIN_ANSWERS = 10
MIN_DOMAINS = 10
MIN_PROMPTS = 5
TOP = 20
BAND_SHUFFLES = 200
MAX_ANSWERS = 50_000


@dataclass(frozen=True)
class Spearman:
    """A rank correlation over domains with its bootstrap interval.

    `rho`, `low` and `high` are None where they are not defined: fewer than three domains, or one of the two
    columns constant. `unknown` counts the domains left out because one value is unknown (NaN).
    """

    rho: float | None
    low: float | None
    high: float | None
    domains: int
    unknown: int
    resamples: int
    level: float


def spearman(
    x: ArrayLike, y: ArrayLike, *, seed: int = 0, resamples: int = 2000, level: float = 0.95
) -> Spearman:
    r"""Spearman's rank correlation, with a percentile bootstrap over domains.

    Estimand: the correlation of mid-ranks of `x` and `y` over the population of domains of which these are
    a sample. Each resample draws whole domains with replacement and ranks them afresh.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        One value a domain, for example authority and answers citing it. NaN is unknown: the domain leaves
        both columns. A bootstrap over prompts instead is biased for sparse counts: it makes new zeros.
    seed : int
        The same seed gives the same interval.

    References
    ----------
    Spearman (1904). Efron and Tibshirani (1993), ch. 13.
    """
    left, right = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if left.shape != right.shape or left.ndim != 1:
        raise DataError(f"two columns of one value a domain are needed, not {left.shape} and {right.shape}")
    if not 0 < level < 1:
        raise UsageError(f"level={level} is no coverage", "use a number between 0 and 1 such as 0.95")
    known = ~(np.isnan(left) | np.isnan(right))
    left, right = left[known], right[known]
    order = np.lexsort((right, left))  # the interval must not depend on the order of rows
    left, right = left[order], right[order]
    n, unknown = len(left), int((~known).sum())
    codes = [np.unique(side, return_inverse=True)[1] for side in (left, right)]
    rho = float(_rank_correlation(codes, np.ones((1, n)))[0]) if n >= 3 else np.nan
    if np.isnan(rho):
        return Spearman(None, None, None, n, unknown, 0, level)
    draws = _resampled(codes, n, np.random.default_rng(seed), resamples)
    draws = draws[~np.isnan(draws)]
    if not draws.size:
        return Spearman(rho, None, None, n, unknown, 0, level)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Spearman(rho, float(low), float(high), n, unknown, len(draws), level)


def _resampled(codes: list[Ints], n: int, rng: np.random.Generator, resamples: int) -> Floats:
    chunk = max(1, CHUNK_CELLS // n)
    parts = []
    for start in range(0, resamples, chunk):
        rows = min(chunk, resamples - start)
        drawn = rng.integers(0, n, size=(rows, n)) + (np.arange(rows) * n)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)
        parts.append(_rank_correlation(codes, weights))
    return np.concatenate(parts) if parts else np.zeros(0)


def _rank_correlation(codes: list[Ints], weights: Floats) -> Floats:
    """Correlation of mid-ranks when row r holds `weights[r, i]` copies of domain i; NaN where undefined."""
    ranks = [_mid_ranks(side, weights) for side in codes]
    total = weights.sum(axis=1, keepdims=True)
    a, b = (rank - (weights * rank).sum(axis=1, keepdims=True) / total for rank in ranks)
    cross: Floats = (weights * a * b).sum(axis=1)
    scale = np.sqrt((weights * a * a).sum(axis=1) * (weights * b * b).sum(axis=1))
    undefined = np.full(len(cross), np.nan)
    np.divide(cross, scale, out=undefined, where=scale > 1e-9)
    return undefined


def _mid_ranks(codes: Ints, weights: Floats) -> Floats:
    """Ranks in the resample, ties at their middle, of every domain (also of those drawn 0 times)."""
    rows, values = len(weights), int(codes.max()) + 1
    flat = (codes + (np.arange(rows) * values)[:, None]).ravel()
    mass = np.bincount(flat, weights.ravel(), rows * values).reshape(rows, values)
    middle: Any = np.cumsum(mass, axis=1) - (mass - 1) / 2
    ranks: Floats = middle[:, codes]
    return ranks


@dataclass(frozen=True, eq=False)
class Citations:
    """Who was cited or retrieved where, as codes.

    Attributes
    ----------
    answer, domain : ndarray of int, shape (n,)
        One row per citation; the same domain twice in one answer is one citation.
    cited : ndarray of bool, shape (n,)
        False where the page was only retrieved.
    prompt, engine : ndarray of int, shape (answers,)
    engines : sequence of str
    serp : frozenset of str
        Engines that are plain search results: a pool for the others, and their control.
    """

    answer: Ints
    domain: Ints
    cited: Bools
    prompt: Ints
    engine: Ints
    engines: Sequence[str]
    serp: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not len(self.answer) == len(self.domain) == len(self.cited):
            raise DataError("answer, domain and cited need one value per citation each")
        if len(self.prompt) != len(self.engine):
            raise DataError("prompt and engine need one value per answer each")


@dataclass(frozen=True, eq=False)
class Candidates:
    """Rows (answer, domain) that one engine could have cited, each once, with whether it did; shape (n,).

    `sampled_from` is the number of answers with citations, of which at most `MAX_ANSWERS` are used: the
    domains set the precision, further answers of the same prompts only cost time.
    """

    answer: Ints
    domain: Ints
    prompt: Ints
    chosen: Bools
    pool: Pool
    sampled_from: int


@dataclass(frozen=True)
class Odds:
    """Odds ratio of being cited per doubling of authority, 95 % interval; None with a reason where
    unknown."""

    ratio: float | None
    low: float | None
    high: float | None
    answers: int
    domains: int
    reason: str = ""


@dataclass(frozen=True)
class Placebo:
    """The same score with authority shuffled among domains of one type.

    `p` is the share of shuffles at least as far from their mean; `low` and `high` hold 95 % of the shuffled
    odds ratios (one Newton step from 1), so they show what domain types alone would give.
    """

    p: float
    low: float
    high: float
    shuffles: int


@dataclass(frozen=True)
class Association:
    """One engine and one authority metric.

    `answers` are those in the conditional logit; `domains` those in the rank correlation. `unknown` counts
    candidate domains without a known value: they are left out, never entered as 0.
    """

    engine: str
    authority: str
    basis: str
    domains: int
    unknown: int
    spearman: float | None
    low: float | None
    high: float | None
    odds_ratio_per_doubling: float | None
    or_low: float | None
    or_high: float | None
    without_top: Odds
    answers: int
    pool: Pool
    placebo: Placebo | None
    control: str
    reason: str = ""


def candidates(data: Citations, engine: str, *, pool: PoolChoice = "auto") -> Candidates:
    """The candidates of one engine's answers.

    'auto' takes what the engine retrieved if at least half of its answers with citations retrieved something
    they did not cite; else the search results of the prompt if they exist for at least half of those answers;
    else everything cited for the prompt by any engine or repeat. Answers without a pool are left out.
    """
    if pool not in get_args(PoolChoice):
        raise UsageError(f"pool={pool!r} is not known", f"use one of {', '.join(get_args(PoolChoice))}")
    if engine not in data.engines:
        raise UsageError(f"there are no answers of {engine!r}", f"engines: {', '.join(data.engines)}")
    mine = data.engine == list(data.engines).index(engine)
    cited = _pairs(data, data.cited & mine[data.answer])
    answers = np.unique(cited[0])
    total = len(answers)
    if total > MAX_ANSWERS:
        answers = np.sort(np.random.default_rng(total).choice(answers, size=MAX_ANSWERS, replace=False))
    for kind in ("retrieved", "serp", "cited-only") if pool == "auto" else (pool,):
        pairs = _pool(data, kind, mine, answers, engine)
        usable = len(np.intersect1d(pairs[0], answers))
        if pool != "auto" or kind == "cited-only" or 2 * usable >= max(len(answers), 1):
            break
    answer, domain = pairs
    chosen = np.isin(_key(answer, domain), _key(*cited))
    return Candidates(answer, domain, data.prompt[answer], chosen, kind, total)


def _pool(data: Citations, kind: Pool, mine: Bools, answers: Ints, engine: str) -> tuple[Ints, Ints]:
    own = mine[data.answer] & np.isin(data.answer, answers)
    if kind == "retrieved":
        retrieved = np.unique(data.answer[own & ~data.cited])
        return _pairs(data, own & np.isin(data.answer, retrieved))
    listed = data.cited.copy()
    if kind == "serp":
        plain = np.isin(
            data.engine, [k for k, name in enumerate(data.engines) if name in data.serp - {engine}]
        )
        listed &= plain[data.answer]
    return _per_prompt(data, listed, answers)


def _per_prompt(data: Citations, rows: Bools, answers: Ints) -> tuple[Ints, Ints]:
    """Every answer with every domain of `rows` that belongs to its prompt."""
    width = int(data.domain.max(initial=0)) + 1
    pairs = np.unique(data.prompt[data.answer[rows]].astype(np.int64) * width + data.domain[rows])
    prompt, domain = pairs // width, pairs % width
    first = np.searchsorted(prompt, data.prompt[answers], side="left")
    count = np.searchsorted(prompt, data.prompt[answers], side="right") - first
    answer = np.repeat(answers, count)
    within = np.arange(len(answer)) - np.repeat(np.cumsum(count) - count, count)
    return answer, domain[np.repeat(first, count) + within]


def _pairs(data: Citations, rows: Bools) -> tuple[Ints, Ints]:
    keys = np.unique(_key(data.answer[rows], data.domain[rows]))
    return keys >> 32, keys & 0xFFFFFFFF


def _key(answer: Ints, domain: Ints) -> Ints:
    return (answer.astype(np.int64) << 32) | domain


def doublings(values: ArrayLike) -> Floats:
    """``log2``: one unit is one doubling. Zero is entered as half the smallest positive value; NaN stays."""
    raw = np.asarray(values, dtype=np.float64)
    if np.nanmin(raw, initial=0.0) < 0 or np.isinf(raw).any():
        raise DataError(
            "authority must be finite and at least 0", "turn a position (1 = best) into 1 / position first"
        )
    positive = raw[raw > 0]
    floor = float(positive.min()) / 2 if positive.size else 1.0
    return np.log2(np.where(raw == 0, floor, raw))


def odds_per_doubling(rows: Candidates, doubled: Floats, *, leave_out: ArrayLike = ()) -> Odds:
    """Conditional logit of cited on ``log2(authority)``, group = answer, errors clustered by domain and
    prompt.

    Parameters
    ----------
    doubled : ndarray, shape (domains,)
        `doublings` of the authority of each domain code; NaN is unknown.
    leave_out : array_like of int
        Domain codes to take out of every pool.
    """
    kept = ~np.isnan(doubled[rows.domain]) & ~np.isin(rows.domain, np.asarray(leave_out, dtype=np.int64))
    answer, domain, prompt, chosen = (
        side[kept] for side in (rows.answer, rows.domain, rows.prompt, rows.chosen)
    )
    data = conditional_logit.choices(chosen, answer) if kept.any() else None
    groups, known = (0, 0) if data is None else (len(data.sizes), len(np.unique(domain[data.rows])))
    prompts = 0 if data is None else len(np.unique(prompt[data.rows]))
    if groups == 0 and chosen.all():
        return Odds(None, None, None, 0, known, f"not enough data: {NOTHING_UNCITED}")
    if groups < MIN_ANSWERS or known < MIN_DOMAINS or prompts < MIN_PROMPTS:
        needed = (
            f"{MIN_ANSWERS} answers with a choice, {MIN_DOMAINS} domains and {MIN_PROMPTS} prompts are needed"
        )
        return Odds(None, None, None, groups, known, f"not enough data: {needed}")
    try:
        fit = conditional_logit.fit(chosen, doubled[domain], answer, clusters=[domain, prompt])
    except (ConvergenceError, DataError) as error:
        return Odds(None, None, None, groups, known, error.problem)
    ratio, low, high = (float(np.exp(side[0])) for side in (fit.coef, fit.low, fit.high))
    return Odds(ratio, low, high, groups, known)


def placebo(
    rows: Candidates, doubled: Floats, kinds: ArrayLike | None = None, *, seed: int = 0, shuffles: int = 999
) -> Placebo | None:
    r"""Shuffle authority among domains of one type and compare the score of the conditional logit at no
    effect.

    With ``k`` of ``n`` candidates chosen, a row's residual is ``y - k / n``. The score is linear in
    authority, ``U = sum over domains of a_d r_d`` with ``r_d`` the domain's summed residuals, so a shuffle
    costs one dot product and the test is exact where authority is exchangeable within types.

    Parameters
    ----------
    kinds : array_like, shape (domains,), optional
        Domain type of each domain code (editorial, community, …); one type if absent.

    References
    ----------
    Fisher (1935). Phipson and Smyth (2010) for the +1 in p.
    """
    kept = ~np.isnan(doubled[rows.domain])
    if not kept.any():
        return None
    data = conditional_logit.choices(rows.chosen[kept], rows.answer[kept])
    codes, at = np.unique(rows.domain[kept][data.rows], return_inverse=True)
    if len(codes) < 3:
        return None
    value = doubled[codes] - doubled[codes].mean()
    kind = np.zeros(len(codes), dtype=np.int64) if kinds is None else np.asarray(kinds)[codes]
    residual = np.bincount(at, data.chosen - (data.picks / data.sizes)[data.codes], len(codes))
    centre = float(_type_means(value, kind) @ residual)
    rng = np.random.default_rng(seed)
    scores: list[Floats] = []
    steps: list[Floats] = []
    for size in _batches(shuffles, len(codes)):
        shuffled = _shuffled(value, kind, rng, size)
        scores.append(shuffled @ residual)
        if len(steps) * len(shuffled) < BAND_SHUFFLES:
            steps.append(scores[-1] / _information(data, at, shuffled))
    return _compared(np.concatenate(scores), np.concatenate(steps), float(value @ residual), centre)


def _batches(shuffles: int, domains: int) -> list[int]:
    size = max(1, min(BAND_SHUFFLES, CHUNK_CELLS // domains))
    return [min(size, shuffles - done) for done in range(0, shuffles, size)]


def _compared(scores: Floats, steps: Floats, seen: float, centre: float) -> Placebo:
    as_far = np.abs(scores - centre) >= abs(seen - centre) * (1 - 1e-12)
    low, high = np.exp(np.quantile(steps, [0.025, 0.975]))
    return Placebo((1 + int(as_far.sum())) / (len(scores) + 1), float(low), float(high), len(scores))


def _shuffled(value: Floats, kind: NDArray[Any], rng: np.random.Generator, shuffles: int) -> Floats:
    table = np.tile(value, (shuffles, 1))
    for one in np.unique(kind):
        where = np.flatnonzero(kind == one)
        table[:, where] = rng.permuted(table[:, where], axis=1)
    return table


def _type_means(value: Floats, kind: NDArray[Any]) -> Floats:
    codes = np.unique(kind, return_inverse=True)[1]
    means: Floats = (np.bincount(codes, value) / np.bincount(codes))[codes]
    return means


def _information(data: Choices, at: Ints, values: Floats) -> Floats:
    """Information at no effect of each row of `values`: ``k (n - k) / (n - 1)`` times the group's
    variance."""
    n, k = data.sizes.astype(np.float64), data.picks
    weight = k * (n - k) / (n - 1)
    ones = np.ones(len(at))
    member = sparse.csr_array((ones, (data.codes, at)), shape=(len(n), values.shape[1]))
    squares = values**2 @ (member.T @ (weight / n))
    means = np.asarray(member @ values.T) / n[:, None]
    information: Floats = squares - weight @ means**2
    return np.maximum(information, 1e-12)


def associate(
    data: Citations,
    authority: ArrayLike,
    *,
    metric: str,
    basis: str = "",
    kinds: ArrayLike | None = None,
    pool: PoolChoice = "auto",
    seed: int = 0,
    resamples: int = 2000,
) -> tuple[Association, ...]:
    """One `Association` for every engine with citations, plain search results among them as the control.

    Parameters
    ----------
    authority : array_like, shape (domains,)
        Value of each domain code, NaN where the list does not have it.
    kinds : array_like, shape (domains,), optional
        Domain types, for the placebo.
    """
    values = np.asarray(authority, dtype=np.float64)
    seen = [
        engine
        for code, engine in enumerate(data.engines)
        if (data.engine[data.answer[data.cited]] == code).any()
    ]
    rows = {engine: candidates(data, engine, pool=pool) for engine in seen}
    rank = {engine: _rank(data, engine, rows[engine], values, seed, resamples) for engine in seen}
    plain = "; ".join(f"{name} {numbers.correlation(rank[name].rho)}" for name in seen if name in data.serp)
    return tuple(
        _associated(engine, rows[engine], rank[engine], values, metric, basis, kinds, seed, plain)
        for engine in seen
    )


def _rank(
    data: Citations, engine: str, rows: Candidates, values: Floats, seed: int, resamples: int
) -> Spearman:
    """Answers citing the domain against authority: over the candidate pool with its zeros, if there is
    one."""
    mine = data.engine == list(data.engines).index(engine)
    times = np.bincount(_pairs(data, data.cited & mine[data.answer])[1], minlength=len(values))
    counted = times > 0
    if rows.pool != "cited-only":
        counted[rows.domain] = True
    return spearman(times[counted], values[counted], seed=seed, resamples=resamples)


def _associated(
    engine: str,
    rows: Candidates,
    rank: Spearman,
    values: Floats,
    metric: str,
    basis: str,
    kinds: ArrayLike | None,
    seed: int,
    plain: str,
) -> Association:
    doubled = doublings(values)
    odds = odds_per_doubling(rows, doubled)
    often = np.bincount(rows.domain[rows.chosen], minlength=len(values))
    top = np.argsort(-often, kind="stable")[:TOP]
    without = odds_per_doubling(rows, doubled, leave_out=top[often[top] > 0])
    checked = placebo(rows, doubled, kinds, seed=seed) if odds.ratio is not None else None
    return Association(
        engine,
        metric,
        basis,
        rank.domains,
        rank.unknown,
        rank.rho,
        rank.low,
        rank.high,
        odds.ratio,
        odds.low,
        odds.high,
        without,
        odds.answers,
        rows.pool,
        checked,
        _control(rows, checked, kinds is not None, plain),
        odds.reason,
    )


def _control(rows: Candidates, checked: Placebo | None, typed: bool, plain: str) -> str:
    parts = [POOLS[rows.pool]]
    if rows.sampled_from > MAX_ANSWERS:
        parts.append(f"a sample of {MAX_ANSWERS:,} of {rows.sampled_from:,} answers")
    if checked:
        among = "domains of one type" if typed else "domains"
        parts.append(
            f"shuffled among {among}, the odds ratio is {numbers.ratio_range(checked.low, checked.high)} "
            f"(placebo {numbers.p_value(checked.p)})"
        )
    parts.append(
        f"rank correlation of plain search results: {plain}"
        if plain
        else "no plain search results to compare"
    )
    return "; ".join(parts)
