"""Lift of a link source: the comparison of brands inside one answer.

When an engine cites source *s*, are the brands that *s* links to named more often than the brands it does not
link to, in the same answer? Rows are (answer a, brand b), the outcome is whether a names b, and x_s is 1
where a cites s while a link s → b is live. All sources enter one linear probability model with these effects
removed:

* the answer: its level (everything that moves all brands by as many points, "s was cited" included) and its
  slope (everything that moves all brands by as much in log-odds: wordiness, lists of limited length);
* brand × prompt × engine × period, so that a popular or rising brand is compared with itself;
* brand × topic × week × engine (or brand × week × engine), so that trends and model changes drop out.

Errors treat the prompt as the unit. What remains is association within the same question, and is called so.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Literal, get_args

import numpy as np
from scipy import sparse, stats
from threadpoolctl import threadpool_limits

from analysis.intervals import Interval, benjamini_hochberg
from analysis.lift import checks as check
from analysis.lift.already import MOST, HasAlready, held
from analysis.lift.cautions import cautions, exports_know
from analysis.lift.direction import SOME_DRAWN_IN, Direction, directions, traces
from analysis.lift.fitting import Fit, fit, moderate
from analysis.lift.gains import WORKS, Gain, classes, gains, torn
from analysis.lift.odds import LiftScale, scale, sensitivity
from analysis.lift.panel import Floats, Ints, Panel
from analysis.lift.shrinking import shrink, sizes
from analysis.lift.sums import design
from analysis.lift.table import DISCOVERY, GATE, LiftRow, LiftTable, Verdict
from analysis.lift.within import AnswerEffect, Effects, Within, effects
from tracker import numbers
from tracker.errors import UsageError

__all__ = ["LiftRow", "LiftTable", "Panel", "Verdict", "lift", "shrink"]

Checks = Literal["all", "claims", "none"]

MIN_EXPOSED = 50
MIN_PROMPTS = 5
MIN_COMPARISONS = 10.0
MIN_DOF = 2.5
# Weights of "more" and "fewer" when discoveries are bounded; their mean is 1, so the bound holds.
MORE, FEWER = 1.8, 0.2


def lift(
    panel: Panel,
    *,
    brand: str | None = None,
    engine: int | None = None,
    topic: int | None = None,
    within: Within = "auto",
    answer: AnswerEffect = "level and slope",
    periods: int | None = None,
    level: float = 0.95,
    discovery: float = DISCOVERY,
    min_exposed: int = MIN_EXPOSED,
    min_prompts: int = MIN_PROMPTS,
    checks: Checks = "all",
    seed: int = 0,
) -> LiftTable:
    """Estimate every source's lift at once.

    Parameters
    ----------
    brand : str, optional
        Only this brand's links count as lifts (the others' stay in the model); all brands pooled if None.
    engine, topic : int, optional
        Only answers of this engine or topic (codes of the panel).
    within, periods
        What a brand's rate may move with freely beside the answer itself (see
        `analysis.lift.within.effects`).
    answer : {"level and slope", "level"}
        Answer effects removed; "level" is the textbook model.
    discovery : float
        Bound on the expected share of false discoveries among the verdicts that claim a difference; none are
        made unless one source's q is at most 0.02.
    min_exposed, min_prompts : int
        A source below either keeps its row with no numbers and "not enough data".
    checks : {"all", "claims", "none"}
        Make the checks for every source with a number, only for those with a claim, or not at all.
    seed : int
        Of the placebo that moves links to other brands.

    Returns
    -------
    LiftTable

    Notes
    -----
    Standard errors are the jackknife over prompts (CR3), moderated over sources
    (`analysis.lift.fitting.moderate`), with t quantiles. The estimand is the source's mean lift over its
    exposed pairs; where lifts differ between pairs, least squares weights pairs by how much their exposure
    varies, which is close to but not the same as that mean.
    """
    if checks not in get_args(Checks):
        raise UsageError(f"{checks!r} is no choice of checks.", f"Use one of: {', '.join(get_args(Checks))}.")
    part = _part(panel, engine, topic)
    at = None if brand is None else _position(part, brand)
    if not part.answers or not part.sources:
        return LiftTable((), part.answers, 0, brand, within, 1, level, discovery, warnings=cautions(part))
    # Thousands of small products: BLAS threads gain nothing here and wait for each other on a busy machine.
    with threadpool_limits(limits=1, user_api="blas"):
        model = _estimate(part, at, within, answer, periods, min_exposed, min_prompts)
        scores = _score(model, part.families, level, discovery)
        rows = [_row(part, model, scores, s, discovery) for s in range(len(part.sources))]
        unlinked = None
        if checks != "none":
            rows, unlinked = _checked(
                part, model, rows, claims_only=checks == "claims", level=level, seed=seed
            )
        rows = _explained(part, rows)
        timed = _Timed(None, {}, {}, {})
        if checks != "none" and brand is None:
            timed = _timed(part, rows, model.effects, level, families=checks == "all")
    rows.sort(key=lambda r: (r.rank_key is None, -(r.rank_key or 0.0), r.source))
    count = len(np.unique(part.prompt))
    fx = model.effects
    return LiftTable(
        rows=tuple(rows),
        answers=part.answers,
        prompts=count,
        brand=brand,
        within=fx.within,
        periods=fx.periods,
        level=level,
        discovery=discovery,
        unlinked=unlinked,
        direction=timed.direction,
        by_family=timed.by_family,
        works=timed.works,
        gains=timed.gains,
        alike=timed.alike,
        held=timed.held,
        already=timed.already,
        known=exports_know(part),
        warnings=cautions(part),
    )


def _explained(panel: Panel, rows: list[LiftRow]) -> list[LiftRow]:
    """Claims with what would explain them away."""
    claims = {r.source: r for r in rows if r.goes_with_more}
    at = np.array([s for s, source in enumerate(panel.sources) if source in claims], np.int64)
    if not len(at):
        return rows
    sizes = np.array([[claims[panel.sources[s]].lift, claims[panel.sources[s]].low] for s in at], np.float64)
    found = dict(zip((panel.sources[s] for s in at), sensitivity(panel, at, *sizes.T), strict=True))
    return [replace(r, **asdict(found[r.source])) if r.source in found else r for r in rows]


@dataclass(frozen=True)
class _Timed:
    direction: Direction | None
    by_family: dict[str, Direction]
    works: dict[str, float]
    gains: dict[str, Gain]
    alike: LiftScale | None = None
    held: HasAlready | None = None
    already: frozenset[str] = frozenset()


def _timed(panel: Panel, rows: list[LiftRow], fx: Effects, level: float, *, families: bool) -> _Timed:
    """What the days of links say of the claimed sources, and what follows from it for the own brand."""
    claimed = sizes(rows)
    lifts = {source: size for source, (size, _) in claimed.items()}
    seen = traces(panel, lifts)
    (runs,) = directions(panel, lifts, fx, seen=seen, level=level)
    if runs.verdict == "not testable":
        return _Timed(runs, {}, {}, {})
    by_family: dict[str, Direction] = {}
    names, of = np.unique(panel.families, return_inverse=True)
    if families and len({f for s, f in zip(panel.sources, panel.families, strict=True) if s in claimed}) > 1:
        each = directions(panel, lifts, fx, np.asarray(of, np.int64), seen=seen, level=level)
        told = zip(names.tolist(), each, strict=True)
        by_family = {name: one for name, one in told if one.verdict != "not testable"}
    chances = classes(panel, list(claimed), seen)
    likely = {source: each[WORKS] for source, each in chances.items()}
    if runs.verdict == "supports the source" and torn(chances):
        runs = replace(runs, verdict="not settled", reason=SOME_DRAWN_IN)
    if runs.verdict != "supports the source":
        return _Timed(runs, by_family, likely, {})
    alike = scale(panel, lifts, fx)
    has = held(panel, claimed, fx)
    if panel.own is None:
        return _Timed(runs, by_family, likely, {}, alike, has)
    own = gains(panel, claimed, likely, panel.own, alike, has, level=level)
    already = frozenset(source for source, chance in has.of(panel.own).items() if chance > MOST)
    return _Timed(runs, by_family, likely, own, alike, has, already)


@dataclass(frozen=True)
class _Model:
    """The fit, and its numbers by source; NaN where there is not enough data."""

    effects: Effects
    columns: sparse.csr_array
    live: Ints
    fit: Fit
    own: sparse.csr_array
    beta: Floats
    se: Floats
    dof: Floats
    pairs: Ints
    prompts: Ints


def _estimate(
    panel: Panel,
    brand: int | None,
    within: Within,
    answer: AnswerEffect,
    periods: int | None,
    min_exposed: int,
    min_prompts: int,
) -> _Model:
    columns = _exposures(panel, brand)
    s = len(panel.sources)
    pairs, prompts = _exposure_counts(panel, columns)
    live = np.flatnonzero(pairs > 0)
    fx = effects(panel, within, answer, periods)
    used = sparse.csr_array(columns[:, live])
    seen = (pairs >= min_exposed) & (prompts >= min_prompts)
    fitted = fit(design(panel, used, fx), dof_of=(seen & (np.arange(len(seen)) < s))[live])
    mine = live[live < s]
    k = len(mine)
    usable = seen[mine] & (fitted.dof[:k] >= MIN_DOF)
    usable &= (fitted.information[:k] >= MIN_COMPARISONS) & (fitted.se[:k] > 0)
    se, dof = moderate(np.where(usable, fitted.se[:k], np.nan), fitted.dof[:k], fitted.plain[:k])

    def by_source(values: Floats) -> Floats:
        out = np.full(s, np.nan)
        out[mine[usable]] = values[usable]
        return out

    return _Model(
        effects=fx,
        columns=used,
        live=live,
        fit=fitted,
        own=sparse.csr_array(columns[:, :s]),
        beta=by_source(fitted.beta[:k]),
        se=by_source(se),
        dof=by_source(dof),
        pairs=pairs[:s],
        prompts=prompts[:s],
    )


def _exposures(panel: Panel, brand: int | None) -> sparse.csr_array:
    """Exposure columns; with a brand, its own first and everybody else's as controls behind them."""
    exposed = sparse.csr_array(panel.exposed.astype(bool).astype(np.float64))
    if brand is None:
        return exposed
    b = len(panel.brands)
    mine = np.zeros(exposed.shape[0])
    mine[brand::b] = 1.0
    halves = [sparse.diags_array(mask) @ exposed for mask in (mine, 1 - mine)]
    return sparse.csr_array(sparse.hstack(halves, format="csr"))


def _exposure_counts(panel: Panel, columns: sparse.csr_array) -> tuple[Ints, Ints]:
    """Exposed pairs and distinct prompts of each column."""
    flat = columns.tocoo()
    live = flat.data != 0
    rows, cols = flat.row[live], flat.col[live]
    width = columns.shape[1]
    _, prompt = np.unique(panel.prompt[rows // len(panel.brands)], return_inverse=True)
    seen = np.unique(prompt * np.int64(width) + cols)
    return np.bincount(cols, minlength=width), np.bincount(seen % width, minlength=width)


@dataclass(frozen=True)
class _Scores:
    low: Floats
    high: Floats
    p: Floats
    q: Floats
    mean: Floats
    rank: Floats
    verdicts: tuple[Verdict, ...]
    gated: bool


def _score(model: _Model, families: tuple[str, ...], level: float, discovery: float) -> _Scores:
    beta, se, dof = model.beta, model.se, model.dof
    half = np.asarray(stats.t.ppf(0.5 + level / 2, dof), np.float64) * se
    p = np.asarray(2 * stats.t.sf(np.abs(beta) / se, dof), np.float64)
    q = _directed(beta / se, dof, p)
    mean, sd = shrink(beta, se, families)
    rank = mean - float(stats.norm.ppf(0.5 + level / 2)) * sd
    bar = _claimed_up_to(q, discovery)
    verdicts = tuple(_verdict(b, v, bar) for b, v in zip(beta, q, strict=True))
    return _Scores(beta - half, beta + half, p, q, mean, rank, verdicts, gated=bar < discovery)


def _claimed_up_to(q: Floats, discovery: float) -> float:
    """The largest q-value that makes a claim: none does unless the surest source passes the gate."""
    surest = np.nan_to_num(q, nan=1.0).min(initial=1.0)
    return discovery if surest <= GATE else 0.0


def _directed(t: Floats, dof: Floats, p: Floats) -> Floats:
    """BH over both one-sided hypotheses of every source, weighted before the data are seen.

    Links are expected to go with more mentions: "more" gets most of the error allowed, "fewer" the rest.

    References
    ----------
    Genovese, Roeder & Wasserman (2006), "False discovery control with p-value weighting".
    """
    sides = np.stack([stats.t.sf(t, dof) / MORE, stats.t.cdf(t, dof) / FEWER])
    adjusted = benjamini_hochberg(np.minimum(sides, 1.0).ravel()).reshape(sides.shape)
    return np.asarray(np.maximum(adjusted.min(axis=0), p))


def _row(panel: Panel, model: _Model, scores: _Scores, s: int, discovery: float) -> LiftRow:
    return LiftRow(
        source=panel.sources[s],
        family=panel.families[s],
        lift=_known(model.beta[s]),
        low=_known(scores.low[s]),
        high=_known(scores.high[s]),
        p=_known(scores.p[s]),
        q=_known(scores.q[s]),
        exposed=int(model.pairs[s]),
        prompts=int(model.prompts[s]),
        verdict=scores.verdicts[s],
        se=_known(model.se[s]),
        shrunk=_known(scores.mean[s]),
        rank_key=_known(scores.rank[s]),
        gated=scores.gated and bool(scores.q[s] <= discovery),
    )


def _verdict(beta: float, q: float, discovery: float) -> Verdict:
    if not np.isfinite(q):
        return "not enough data"
    if q > discovery:
        return "no clear difference"
    return "associated within the same question" if beta > 0 else "goes with fewer mentions"


def _checked(
    panel: Panel, model: _Model, rows: list[LiftRow], *, claims_only: bool, level: float, seed: int
) -> tuple[list[LiftRow], Interval | None]:
    """Rows with their checks; verdicts that a check forbids are replaced."""
    claimed = {"associated within the same question", "goes with fewer mentions"}
    wanted = np.array([r.verdict in claimed if claims_only else r.lift is not None for r in rows], bool)
    fx, beta = model.effects, model.beta
    common = check.common_effect(panel, fx, model.columns, model.fit.beta)
    common_effect = check.raises_every_brand(common, beta)
    outside = check.unlinked_pairs(panel)
    pooled, placebos = _placebos(panel, model, outside, wanted, level=level, seed=seed)
    influence, engines = _influence(model), _without_engines(model) if wanted.any() else {}
    out = []
    for s, row in enumerate(rows):
        passed: dict[str, bool] = {}
        detail: dict[str, str] = {}
        if wanted[s]:
            _note_ranges(s, beta, influence, engines, passed, detail)
            for name, placebo in placebos.items():
                _note_placebo(s, name, placebo, passed, detail)
        if row.lift is not None:
            passed["not every brand alike"] = not common_effect[s]
            detail["not every brand alike"] = (
                f"citing it goes with {numbers.points(common.beta[s])} for every brand"
            )
        verdict = _revised(row, bool(common_effect[s]), pooled)
        shown = _known(common.beta[s]) if row.lift is not None else None
        out.append(replace(row, verdict=verdict, common=shown, checks=passed, details=detail))
    return out, pooled


def _revised(row: LiftRow, common_effect: bool, pooled: Interval | None) -> Verdict:
    if row.verdict == "not enough data":
        return row.verdict
    if common_effect:
        return "lifts every brand alike"
    strays = pooled is not None and pooled.low is not None and pooled.low > 0.02
    if row.goes_with_more and strays and pooled is not None and (row.low or 0.0) <= 2 * (pooled.high or 0.0):
        return "named without the link too"
    return row.verdict


def _inflation(model: _Model) -> Floats:
    """Final ÷ independent-pairs standard error by source: what placebos are widened by."""
    mine = model.live[model.live < len(model.beta)]
    iid = np.full(len(model.beta), np.nan)
    iid[mine] = model.fit.solution.iid[: len(mine)]
    return np.asarray(np.maximum(model.se / iid, 1.0))


def _placebos(
    panel: Panel, model: _Model, outside: sparse.csr_array, wanted: np.ndarray, *, level: float, seed: int
) -> tuple[Interval | None, dict[str, check.Estimates]]:
    """What being cited without a live link goes with, over all sources; and for each wanted source, its
    links moved to other brands and its citations without a live link."""
    at = np.flatnonzero(wanted)
    moved = sparse.csr_array(check.moved_links(panel, seed=seed)[:, at])
    summed = sparse.csr_array(np.asarray(outside.sum(axis=1)).reshape(-1, 1))
    one, both = check.beside(panel, model.effects, model.columns, [[summed], [moved, outside[:, at]]])
    wide = _inflation(model)
    out = {}
    for i, name in enumerate(("links moved to other brands", "cited without the link")):
        beta, se = np.full(len(wanted), np.nan), np.full(len(wanted), np.nan)
        piece = slice(i * len(at), (i + 1) * len(at))
        beta[at], se[at] = both.beta[piece], both.se[piece] * wide[at]
        out[name] = check.Estimates(beta, se)
    prompts = len(np.unique(panel.prompt))
    return _pooled(one, int(outside.nnz), prompts, wide, level), out


def _pooled(one: check.Estimates, pairs: int, prompts: int, wide: Floats, level: float) -> Interval | None:
    widest = float(np.nanmedian(wide)) if np.isfinite(wide).any() else 1.5
    beta, se = float(one.beta[0]), float(one.se[0]) * widest
    if pairs < MIN_EXPOSED or not np.isfinite(se):
        return None
    half = float(stats.norm.ppf(0.5 + level / 2)) * se
    return Interval(beta, beta - half, beta + half, pairs, prompts, "within answers")


def _influence(model: _Model) -> Floats:
    """Estimates without each prompt, (G, S)."""
    mine = model.live[model.live < len(model.beta)]
    moved = np.full((len(model.fit.dropped), len(model.beta)), np.nan)
    moved[:, mine] = model.fit.dropped[:, : len(mine)]
    return np.asarray(model.beta + moved)


def _without_engines(model: _Model) -> dict[int, Floats]:
    mine = model.live[model.live < len(model.beta)]
    out = {}
    for engine, beta in check.without_each_engine(model.fit.solution.sums).items():
        full = np.full(len(model.beta), np.nan)
        full[mine] = beta[: len(mine)]
        out[engine] = full
    return out


def _note_ranges(
    s: int,
    beta: Floats,
    influence: Floats,
    engines: dict[int, Floats],
    passed: dict[str, bool],
    detail: dict[str, str],
) -> None:
    groups = {"without any one prompt": influence[:, s]}
    if engines:
        groups["without any one engine"] = np.array([values[s] for values in engines.values()])
    for name, values in groups.items():
        known = values[np.isfinite(values)]
        if len(known):
            passed[name] = bool(check.keeps_sign(beta[s : s + 1], known[:, None])[0])
            detail[name] = numbers.points_range(known.min(), known.max())


def _note_placebo(
    s: int, name: str, placebo: check.Estimates, passed: dict[str, bool], detail: dict[str, str]
) -> None:
    if np.isfinite(placebo.se[s]) and placebo.se[s] > 0:
        passed[name] = bool(placebo.p[s] >= 0.01)
        detail[name] = f"{numbers.points(placebo.beta[s])} ± {numbers.points_apart(1.96 * placebo.se[s])}"


def _part(panel: Panel, engine: int | None, topic: int | None) -> Panel:
    mask = np.ones(panel.answers, bool)
    if engine is not None:
        mask &= panel.engine == engine
    if topic is not None:
        mask &= panel.topic == topic
    return panel if mask.all() else panel.take(mask)


def _position(panel: Panel, brand: str) -> int:
    if brand not in panel.brands:
        raise UsageError(f"No brand {brand!r} in the panel.", f"Use one of: {', '.join(panel.brands)}.")
    return panel.brands.index(brand)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
