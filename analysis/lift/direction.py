r"""Which way a lift runs, told by the days on which links begin.

Lift says that brands with a link are named more where the source is cited, and not why. Two explanations
leave different traces in the weeks around a link's first day:

* *the source works* (by its link, or by its page that lists the brand): answers that cite it name the brand
  more, so the brand's rate rises where the source is usually cited; how often it is cited stays;
* *selection* (the engine cites the source because it names the brand): the source is cited more where the
  brand is usually named; how often the brand is named stays.

Both are predicted, to size, from the lift. With :math:`\theta_s` the source's lift in log-odds, L whether the
link is live, v = p(1 − p) of the brand, pn and pc the rates at which brand and source appear in a prompt ×
engine without the link:

.. math::

    n_{bpet} &= \rho_n \sum_s \theta_s\, v_{bpe}\, pc_{spe}\, L_{sbt} + \text{brand × prompt × engine}
                + \text{brand × week × engine}

    c_{spet} &= \rho_c\, \theta_s\, pc_{spe}(1 - pc_{spe}) \sum_b pn_{bpe}\, L_{sbt}
                + \text{source × prompt × engine} + \text{source × week × engine}

A working source gives :math:`(\rho_n, \rho_c) = (1, 0)`, selection (0, 1), neither (0, 0). The level of the
*other* margin comes from the pair's own weeks without the link, the own level from the other engines: a
level from the same answers as the outcome would regress to its mean. :math:`\alpha` is the mean of
:math:`\rho_n` and :math:`1 - \rho_c` by inverse variance. Whatever moves a brand and a source in the same
answers moves :math:`\rho_n` up and :math:`1 - \rho_c` down, so taking the two as independent can only widen
its interval.

References
----------
Cameron, Gelbach and Miller (2011), "Robust inference with multiway clustering".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse, stats

from analysis.intervals import Interval
from analysis.lift.fitting import jackknife
from analysis.lift.panel import Floats, Ints, Panel
from analysis.lift.sums import design
from analysis.lift.within import Effects, codes
from tracker import numbers

DirectionVerdict = Literal["supports the source", "supports selection", "not settled", "not testable"]

NOTHING_MOVED = "neither the brands nor the sources moved when links began"
TOO_FEW = "too few dated links to tell"
DRAWN_IN = "sources were cited more once they linked, as if drawn in by the brand"
SOME_DRAWN_IN = "several sources were surely drawn in by the brand, and others were not"
NO_RISE = "brands did not surely rise where the sources that began to link to them are cited"
BEFORE_TOO = "brands were named more beside the sources already before the link"

NO_GAIN = "No gain is given: engines may cite these sources because they name the brand."

DRAWS = 0.1
"""A sure rise in how often the sources are cited, as a share of what selection predicts, that speaks against
them."""
TOPICAL = 0.75
"""How sure the rise must be inside topics, whatever moves there by p(1 − p), where few prompts are left to
compare: enough to tell a rise from a brand's growth in the topic that earned it the links."""
SIDE = 2
"""Weeks with answers that a link needs before its first day and after it."""
MIN_LINKS = 3
MIN_SOURCES = 2
DRAWN = 4.0
"""Answers' worth by which a pair's own weeks are drawn to the rate of its prompt × engine."""
THICK = 4
"""Prompts a topic needs on average before its weeks get a level of their own."""


@dataclass(frozen=True)
class Direction:
    """What timing says of one group of sources: the workspace, a family, or a source.

    Attributes
    ----------
    verdict : str
        "not testable" where too few links of claimed sources have a day inside the weeks.
    alpha : Interval or None
        1 where the sources work, 0 where they are selected.
    named, citing : Interval or None
        Realised ÷ predicted rise of the brands' rates (:math:`\\rho_n`) and of the sources'
        (:math:`\\rho_c`).
    before, after : Interval or None
        Lift of the same dated links before their first day, and from it, in probability.
    links, sources : int
        Dated links of claimed sources, and their sources.
    reason : str
        What keeps the verdict from being one of the first two; empty where it is.
    """

    verdict: DirectionVerdict
    alpha: Interval | None
    named: Interval | None
    citing: Interval | None
    before: Interval | None
    after: Interval | None
    links: int
    sources: int
    reason: str = ""


def sentence(told: Direction | None) -> str:
    """The verdict as people read it, with n, interval and what it means for gains."""
    if told is None:
        return "Direction is told for all brands together, with the checks."
    if told.verdict == "not testable":
        return f"Direction not testable: {told.reason}. {NO_GAIN}"
    links = f"{numbers.counted(told.links, 'link')} that began inside these weeks"
    share = ""
    if told.alpha is not None:
        span = numbers.ratio_range(told.alpha.low, told.alpha.high)
        share = f" (1 is the source at work, 0 selection: {numbers.ratio(told.alpha.estimate)}, {span})"
    if told.verdict == "supports the source":
        return (
            f"Direction supports the source: with {links}, brands rose where the sources are cited, and the "
            f"sources were not cited more{share}. Link and listing on the page are not told apart by this."
        )
    if told.verdict == "supports selection":
        return (
            f"Direction supports selection: with {links}, the sources were cited more where the brand is "
            f"named anyway, and the brand was not named more{share}. {NO_GAIN}"
        )
    return f"Direction not settled: of {links}, {told.reason}{share}. {NO_GAIN}"


def by_family(told: Mapping[str, Direction]) -> str:
    """The verdicts of families as people read them; "" where none can be tested alone."""
    each = [f"{name}: {one.verdict} ({numbers.counted(one.links, 'link')})" for name, one in told.items()]
    return f"By family of sources: {'; '.join(each)}." if each else ""


@dataclass(frozen=True)
class _Cells:
    """Answers counted by prompt × engine × week; E, P, T and the order of `rates` are (E, P, T, …)."""

    weight: Floats
    named: Floats
    cited: Floats


@dataclass(frozen=True)
class _Slopes:
    """Slopes of K groups, and what each prompt × source adds to their error, (P, S, K)."""

    beta: Floats
    pull: Floats
    known: NDArray[np.bool_]


@dataclass(frozen=True)
class _Margin:
    """Cross-products of each source's prediction with the others' and with the outcome, by prompt: (P, S, S)
    and (P, S). The slopes of any grouping follow from them."""

    gram: Floats
    score: Floats

    def slopes(self, of: Ints, count: int) -> _Slopes:
        """Slopes of the groups' summed predictions."""
        into = np.zeros((len(of), count))
        into[np.arange(len(of)), of] = 1.0
        gram = into.T @ self.gram.sum(axis=0) @ into
        known = np.diag(gram) > 1e-12
        bread = np.zeros((count, count))
        bread[np.ix_(known, known)] = linalg.pinvh(gram[np.ix_(known, known)])
        beta = bread @ into.T @ self.score.sum(axis=0)
        left = self.score - self.gram @ beta[of]
        return _Slopes(beta, left[:, :, None] * bread[of][None], known)


@dataclass(frozen=True)
class Traces:
    """What began with the dated links of S' claimed sources, from both sides.

    Attributes
    ----------
    at : ndarray of int, shape (S',)
        Positions of the sources in the panel.
    dated : ndarray of bool, shape (S, B)
    strength : ndarray, shape (S,)
        Lifts in log-odds; 0 where nothing is claimed.
    named, citing : _Margin
        Of the brands' rates and of the sources' rates, less the weeks of each engine.
    """

    at: Ints
    dated: NDArray[np.bool_]
    strength: Floats
    named: _Margin
    citing: _Margin
    cells: _Cells
    rises: list[_Predicted]
    topics: Ints

    @cached_property
    def slanted(self) -> _Margin:
        """`named`, less what moves by p(1 − p) in each week too."""
        return self._named(self._moving(np.zeros_like(self.topics)))

    @cached_property
    def topical(self) -> _Margin:
        """The same, less the weeks of each topic and engine."""
        return self._named(self._moving(self.topics)) if self.topics.any() else self.slanted

    def _moving(self, part: Ints) -> _Moving:
        return _Moving(self.cells.weight, part, _spread(self.cells.named, self.cells.weight))

    def _named(self, moving: _Moving) -> _Margin:
        return _regress(self.cells.named, self.rises, moving, len(self.at))

    def each(self) -> tuple[Floats, Floats]:
        """(ρn, ρc) of each source, (S', 2), with all sources together, and their covariance by prompt,
        (S', 2, 2); NaN where a source predicts nothing."""
        every = np.arange(len(self.at))
        pair = [margin.slopes(every, len(every)) for margin in (self.named, self.citing)]
        pulls = np.stack([each.pull.sum(axis=1) for each in pair], axis=2)
        prompts = len(pulls)
        rho = np.stack([np.where(each.known, each.beta, np.nan) for each in pair], axis=1)
        return rho, np.einsum("psi,psj->sij", pulls, pulls) * prompts / max(prompts - 1, 1)


def traces(panel: Panel, lifts: Mapping[str, float]) -> Traces | None:
    """What began with dated links; None where no claimed source has any."""
    strength = strengths(panel, lifts)
    dated = _dated(panel) & (strength > 0)[:, None]
    if not dated.any():
        return None
    at = np.flatnonzero(dated.any(axis=1))
    cells = _cells(panel, at)
    live = _live(panel, at) & dated[at][:, :, None]
    rises, draws = _rises(cells, strength[at], live), _draws(cells, strength[at], live)
    weeks = _Moving(cells.weight, np.zeros(cells.weight.shape[1], np.int64), None)
    named = _regress(cells.named, rises, weeks, len(at))
    citing = _regress(cells.cited, draws, weeks, len(at))
    return Traces(at, dated, strength, named, citing, cells, rises, _topics(panel))


def directions(
    panel: Panel,
    lifts: Mapping[str, float],
    fx: Effects,
    groups: Ints | None = None,
    *,
    seen: Traces | None = None,
    level: float = 0.95,
) -> tuple[Direction, ...]:
    """What timing says of each group of sources, all groups in one regression.

    Parameters
    ----------
    panel : Panel
        With `begins` and `ends`.
    lifts : mapping of str to float
        Shrunk lift of each claimed source, all brands pooled, in probability.
    fx : Effects
        What the lifts were compared within.
    groups : ndarray of int, shape (S,), or None
        The group of each source, 0 … K − 1; one group of all if None.
    seen : Traces, optional
        From `traces`, where they are known already.
    level : float
        Of the intervals.

    Returns
    -------
    tuple of Direction, length K
    """
    of = np.zeros(len(panel.sources), np.int64) if groups is None else groups
    count = int(of.max(initial=0)) + 1
    seen = seen or traces(panel, lifts)
    if seen is None:
        strength = strengths(panel, lifts)
        return tuple(_untestable(strength[of == k], 0, 0) for k in range(count))
    links = np.bincount(of, seen.dated.sum(axis=1), count).astype(np.int64)
    sources = np.bincount(of, seen.dated.any(axis=1), count).astype(np.int64)
    named, citing = (margin.slopes(of[seen.at], count) for margin in (seen.named, seen.citing))
    eras = _eras(panel, fx, seen.dated, of, count, level)
    out = []
    for k, (n, m) in enumerate(zip(links.tolist(), sources.tolist(), strict=True)):
        era = eras[k]
        if n < MIN_LINKS or m < MIN_SOURCES or era is None or not (named.known[k] and citing.known[k]):
            out.append(_untestable(seen.strength[of == k], n, m))
            continue
        told = _evidence(k, named, citing, era, n, level)
        verdict, reason = _judge(told, level)
        if verdict == "supports the source" and not _surely(seen, of[seen.at], count, k, level):
            verdict, reason = "not settled", NO_RISE
        shown = (told.alpha, told.named, told.citing, told.before, told.after)
        out.append(Direction(verdict, *shown, links=n, sources=m, reason=reason))
    return tuple(out)


def strengths(panel: Panel, lifts: Mapping[str, float]) -> Floats:
    """Lift of each claimed source in log-odds, its lift ÷ mean p(1 − p) at its exposures, (S,); 0
    elsewhere."""
    code = codes(panel.prompt, panel.engine)
    size = np.bincount(code)[:, None]
    rate = np.stack([np.bincount(code, named) for named in panel.named.T], axis=1) / size
    spread = (rate * (1 - rate))[code].ravel()
    exposed = sparse.csc_array(panel.exposed)
    total = np.asarray(exposed.T @ spread).ravel()
    pairs = np.asarray(exposed.sum(axis=0)).ravel()
    mean = np.divide(total, pairs, out=np.full(len(pairs), 0.25), where=pairs > 0)
    lift = np.array([lifts.get(source, 0.0) for source in panel.sources])
    return np.asarray(np.clip(lift, 0, None) / np.maximum(mean, 0.02))


def _dated(panel: Panel) -> NDArray[np.bool_]:
    """First links that begin inside the weeks, with enough weeks on both sides, (S, B)."""
    weeks = int(panel.week.max(initial=-1)) + 1
    if panel.begins is None or panel.ends is None:
        return np.zeros((len(panel.sources), len(panel.brands)), bool)
    until = np.minimum(panel.ends, weeks)
    return np.asarray((panel.begins >= SIDE) & (until - panel.begins >= SIDE))


def _live(panel: Panel, at: Ints) -> NDArray[np.bool_]:
    """(S', B, T)."""
    assert panel.begins is not None
    assert panel.ends is not None
    week = np.arange(int(panel.week.max()) + 1)
    return np.asarray((panel.begins[at][:, :, None] <= week) & (week < panel.ends[at][:, :, None]))


def _topics(panel: Panel) -> Ints:
    """The topic of each prompt; one for all where topics have fewer than four prompts on average."""
    prompts, first = np.unique(panel.prompt, return_index=True)
    topics = np.asarray(panel.topic[first], np.int64)
    return topics if len(prompts) >= THICK * len(np.unique(topics)) else np.zeros(len(prompts), np.int64)


def _cells(panel: Panel, sources: Ints) -> _Cells:
    engine, prompt = codes(panel.engine), codes(panel.prompt)
    shape = (int(engine.max()) + 1, int(prompt.max()) + 1, int(panel.week.max()) + 1)
    code = np.ravel_multi_index((engine, prompt, panel.week), shape)
    size = int(np.prod(shape))
    weight = np.bincount(code, minlength=size).astype(np.float64)
    into = sparse.csr_array((np.ones(len(code)), (code, np.arange(len(code)))), shape=(size, len(code)))
    named = into @ panel.named.astype(np.float64)
    cited = (into @ sparse.csr_array(panel.cited)[:, sources]).toarray()
    per = np.maximum(weight, 1)[:, None]
    return _Cells(weight.reshape(shape), (named / per).reshape(*shape, -1), (cited / per).reshape(*shape, -1))


def _elsewhere(rate: Floats, weight: Floats) -> Floats:
    """Mean over weeks of each (engine, prompt) from the other engines, (E, P, K); with one engine, from its
    other prompts."""
    sums, size = (rate * weight[..., None]).sum(axis=2), weight.sum(axis=2)[..., None]
    axis = 0 if len(rate) > 1 else 1
    prior = (sums.sum(axis=(0, 1)) + 0.5) / (size.sum(axis=(0, 1)) + 1)
    rest, of = sums.sum(axis=axis, keepdims=True) - sums, size.sum(axis=axis, keepdims=True) - size
    return np.asarray((rest + DRAWN * prior) / (of + DRAWN))


def _unlinked(rate: Floats, weight: Floats, live: NDArray[np.bool_]) -> Floats:
    """Rate in the weeks in which the pair's link is not live, drawn to all weeks' rate; (E, P), and `live`
    (T,)."""
    everything = (rate * weight).sum(axis=2) / np.maximum(weight.sum(axis=2), 1)
    off = weight * ~live
    return np.asarray(((rate * off).sum(axis=2) + DRAWN * everything) / (off.sum(axis=2) + DRAWN))


def _spread(rate: Floats, weight: Floats) -> Floats:
    """p(1 − p) of the own level, (E, P, K)."""
    level = _elsewhere(rate, weight)
    return np.asarray(level * (1 - level))


@dataclass(frozen=True)
class _Predicted:
    """What one source's links should move, where: one brand's rate, or the source's own."""

    source: int
    column: int
    values: Floats
    """(E, P, T)."""


def _rises(cells: _Cells, strength: Floats, live: NDArray[np.bool_]) -> list[_Predicted]:
    """Of the brands' rates, one for each dated link."""
    spread = _spread(cells.named, cells.weight)
    out = []
    for s, b in np.argwhere(live.any(axis=2)).tolist():
        reach = _unlinked(cells.cited[..., s], cells.weight, live[s, b])
        out.append(_Predicted(s, b, strength[s] * (spread[..., b] * reach)[:, :, None] * live[s, b]))
    return out


def _draws(cells: _Cells, strength: Floats, live: NDArray[np.bool_]) -> list[_Predicted]:
    """Of the sources' rates, one for each source."""
    spread = _spread(cells.cited, cells.weight)
    out = []
    for s in range(len(strength)):
        drawing = np.zeros(cells.weight.shape)
        for b in np.flatnonzero(live[s].any(axis=1)):
            reach = _unlinked(cells.named[..., b], cells.weight, live[s, b])
            drawing += reach[:, :, None] * live[s, b]
        out.append(_Predicted(s, s, strength[s] * spread[..., s][:, :, None] * drawing))
    return out


class _Moving:
    """Removes each brand's (or source's) prompt × engine level and its weeks' level by engine: exact, by
    weighted least squares on the weeks of one engine at a time."""

    def __init__(self, weight: Floats, part: Ints, slope: Floats | None) -> None:
        self.weight, self.slope = weight, slope
        self.blocks = [(e, part == t) for e in range(len(weight)) for t in np.unique(part)]
        self.inverse = [
            [self._weeks(weight[e][of], None if slope is None else slope[e, of, k]) for e, of in self.blocks]
            for k in range(1 if slope is None else slope.shape[2])
        ]

    @staticmethod
    def _columns(weight: Floats, slope: Floats | None) -> Floats:
        """Coefficients of each prompt's week effects, (P, k): 1, and p(1 − p)."""
        one = np.ones((len(weight), 1))
        return one if slope is None else np.column_stack([one, slope])

    def _weeks(self, weight: Floats, slope: Floats | None) -> Floats:
        at, total = self._columns(weight, slope), np.maximum(weight.sum(axis=1), 1e-300)
        weeks, k = weight.shape[1], at.shape[1]
        gram = np.zeros((weeks, k, weeks, k))
        outer = at[:, :, None] * at[:, None, :]
        gram[np.arange(weeks), :, np.arange(weeks), :] = np.einsum("pt,pij->tij", weight, outer)
        gram -= np.einsum("pt,pu,p,pij->tiuj", weight, weight, 1 / total, outer)
        return np.asarray(linalg.pinvh(gram.reshape(weeks * k, weeks * k), rtol=1e-9), np.float64)

    def of_column(self, values: Floats, k: int) -> Floats:
        """What is left of `values` (E, P, T), which are column k's."""
        out = np.empty_like(values)
        for i, (e, of) in enumerate(self.blocks):
            weight = self.weight[e][of]
            part = _centred(values[e][of], weight)
            at = self._columns(weight, None if self.slope is None else self.slope[e, of, k])
            sums = np.einsum("pt,pi->ti", weight * part, at).ravel()
            trend = (self.inverse[0 if self.slope is None else k][i] @ sums).reshape(weight.shape[1], -1)
            out[e, of] = _centred(part - at @ trend.T, weight)
        return out * (self.weight > 0)


def _centred(x: Floats, weight: Floats) -> Floats:
    """`x` (P, T) less each prompt's mean over its weeks."""
    total = np.maximum(weight.sum(axis=1), 1e-300)
    return np.asarray(x - ((weight * x).sum(axis=1) / total)[:, None])


def _regress(outcome: Floats, predicted: Sequence[_Predicted], moving: _Moving, sources: int) -> _Margin:
    """Cross-products of the predictions and the outcome (E, P, T, K), levels removed from both."""
    weight = moving.weight
    gram, score = np.zeros((weight.shape[1], sources, sources)), np.zeros((weight.shape[1], sources))
    for k in range(outcome.shape[3]):
        mine = [each for each in predicted if each.column == k]
        if not mine:
            continue
        at = np.array([each.source for each in mine])
        root = np.sqrt(weight)
        rest = root * moving.of_column(outcome[..., k], k)
        left = np.stack([root * moving.of_column(each.values, k) for each in mine])
        by_prompt = left.transpose(2, 0, 1, 3).reshape(weight.shape[1], len(mine), -1)
        gram[:, at[:, None], at] += by_prompt @ by_prompt.transpose(0, 2, 1)
        score[:, at] += np.einsum("psx,px->ps", by_prompt, rest.transpose(1, 0, 2).reshape(len(rest[0]), -1))
    return _Margin(gram, score)


def _variance(pull: Floats) -> float:
    """Of a slope from its pulls (P, S), by prompt and by source (Cameron–Gelbach–Miller); never less than by
    prompts alone: the crossed sum can fall below, even under zero."""
    prompts = len(pull)
    by_prompt, by_source = pull.sum(axis=1), pull.sum(axis=0)
    active = int((np.abs(pull).sum(axis=0) > 0).sum())
    crossed = float(by_prompt @ by_prompt) * prompts / max(prompts - 1, 1)
    crossed += float(by_source @ by_source) * active / max(active - 1, 1)
    crossed -= float((pull**2).sum())
    return max(crossed, float(by_prompt @ by_prompt))


@dataclass(frozen=True)
class _Evidence:
    """All that the verdict on one group rests on."""

    alpha: Interval
    named: Interval
    citing: Interval
    before: Interval
    after: Interval


def _evidence(
    k: int, named: _Slopes, citing: _Slopes, eras: tuple[Interval, Interval], n: int, level: float
) -> _Evidence:
    rise, draw = float(named.beta[k]), float(citing.beta[k])
    var_n, var_c = _variance(named.pull[..., k]), _variance(citing.pull[..., k])
    share = var_c / max(var_n + var_c, 1e-300)
    z = float(stats.norm.ppf(0.5 + level / 2))
    clusters = int((np.abs(named.pull[..., k]).sum(axis=0) > 0).sum())

    def interval(value: float, variance: float) -> Interval:
        half = z * float(np.sqrt(variance))
        return Interval(value, value - half, value + half, n, clusters, "prompts and sources")

    alpha = interval(share * rise + (1 - share) * (1 - draw), share**2 * var_n + (1 - share) ** 2 * var_c)
    return _Evidence(alpha, interval(rise, var_n), interval(draw, var_c), *eras)


def _surely(seen: Traces, of: Ints, count: int, k: int, level: float) -> bool:
    """Whether the brands rose, whatever moves by p(1 − p) in a week and, less surely, inside topics too."""
    for margin, sure in ((seen.slanted, level), (seen.topical, TOPICAL)):
        slopes = margin.slopes(of, count)
        se = float(np.sqrt(_variance(slopes.pull[..., k])))
        if float(slopes.beta[k]) <= float(stats.norm.ppf(sure)) * se:
            return False
    return True


def _judge(seen: _Evidence, level: float) -> tuple[DirectionVerdict, str]:
    """The verdict, and what stands in the way of one."""
    low, high = seen.alpha.low or 0.0, seen.alpha.high or 0.0
    rises = _one_sided(seen.named, level) > 0
    draws = _one_sided(seen.citing, level) > 0
    if high < 0.5:
        return ("supports selection", "") if draws else ("not settled", NOTHING_MOVED)
    if low <= 0.5:
        return "not settled", TOO_FEW
    if (seen.citing.low or 0.0) > 0 and (seen.citing.estimate or 0.0) > DRAWS:
        return "not settled", DRAWN_IN
    if not rises:
        return "not settled", NO_RISE
    if (seen.before.high or 0.0) >= (seen.after.estimate or 0.0) / 2:
        return "not settled", BEFORE_TOO
    return "supports the source", ""


def _one_sided(interval: Interval, level: float) -> float:
    """Lower bound of a one-sided interval of the same level."""
    estimate, high = interval.estimate or 0.0, interval.high or 0.0
    se = (high - estimate) / float(stats.norm.ppf(0.5 + level / 2))
    return estimate - float(stats.norm.ppf(level)) * se


def _untestable(strength: Floats, links: int, sources: int) -> Direction:
    if not (strength > 0).any():
        reason = "no source is claimed"
    elif not links:
        reason = f"no link of a claimed source begins inside the weeks, with {SIDE} weeks on each side"
    else:
        whose = "one claimed source" if sources == 1 else f"{sources} claimed sources"
        reason = f"only {links} dated links of {whose}"
    return Direction("not testable", None, None, None, None, None, links, sources, reason)


def _eras(
    panel: Panel, fx: Effects, dated: NDArray[np.bool_], of: Ints, count: int, level: float
) -> list[tuple[Interval, Interval] | None]:
    """Lift of the dated links before their day and from it, pooled by group, beside all other exposures."""
    assert panel.begins is not None
    b = len(panel.brands)
    cited = sparse.coo_array(panel.cited)
    at, brand = np.nonzero(dated[cited.col])
    answer, source = cited.row[at], cited.col[at]
    early = panel.week[answer] < panel.begins[source, brand]
    pooled = sparse.csr_array(
        (np.ones(int(early.sum())), (answer[early] * b + brand[early], of[source[early]])),
        shape=(panel.answers * b, count),
    )
    exposed = sparse.coo_array(panel.exposed)
    whose, to = exposed.row % b, exposed.col
    mine = dated[to, whose]
    shape = (panel.answers * b, len(panel.sources))
    rest = sparse.csr_array(
        (np.ones(int((~mine).sum())), (exposed.row[~mine], exposed.col[~mine])), shape=shape
    )
    after = sparse.csr_array(
        (np.ones(int(mine.sum())), (exposed.row[mine], of[to[mine]])), shape=(panel.answers * b, count)
    )
    columns = sparse.csr_array(sparse.hstack([pooled, after, rest], format="csr"))
    betas, errors = jackknife(design(panel, columns, fx))
    z = float(stats.norm.ppf(0.5 + level / 2))
    prompts = len(np.unique(panel.prompt))
    out: list[tuple[Interval, Interval] | None] = []
    for k in range(count):
        pair = []
        for column, table_of in ((k, pooled), (count + k, after)):
            beta, se = float(betas[column]), float(errors[column])
            pairs = int(table_of[:, [k]].sum())
            pair.append(Interval(beta, beta - z * se, beta + z * se, pairs, prompts, "within answers"))
        out.append((pair[0], pair[1]) if all(np.isfinite(each.estimate or np.nan) for each in pair) else None)
    return out
