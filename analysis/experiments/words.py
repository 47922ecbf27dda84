"""What an experiment is and says, in words: the protocol's sentences, and the result as one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from analysis.experiments.outcomes import Estimate, Outcomes, Verdict
from tracker import numbers

OUTCOMES = {
    "unnamed": "Cited without being named: of all answers, those that cite the source and do not "
    "name {brand}.",
    "named": "Named in its prompts: of the answers to the prompts for which the source was usually "
    "cited, those that "
    "name {brand}, cited or not.",
}
OUTCOME_NAMES = {
    "where_cited": "(i) named where cited",
    "named": "(ii) named in its prompts",
    "unnamed": "(iii) cited without being named",
}
EFFECTS = {
    "unnamed": "answers that cite the sources without naming {brand}",
    "named": "answers to the sources' prompts that name {brand}",
}
"""What a result measures, in its sentence."""
ANALYSIS = {
    "unnamed": "Each source's change of the log rate from before to the window; the drawn source of "
    "each pair minus the "
    "other; weighted as written beside the pair; two-sided p-value by flipping signs within pairs, "
    "interval by test "
    "inversion. 'Raised' is said if p < 0.05, the rate fell, and answers that cite the source and "
    "name {brand} did "
    "not fall with it.",
    "named": "Each source's change of the rate from before to the window, its prompts weighted by "
    "how often the source "
    "was cited for them before; the drawn source of each pair minus the other; two-sided p-value by "
    "flipping signs "
    "within pairs, interval by test inversion. 'Raised' is said if p < 0.05 and the rate rose.",
}
BESIDE = (
    "The other outcomes are shown beside it and decide nothing. How often {brand} is named in "
    "answers that cite the "
    "source is for description only: an engine that cites pages because they name {brand} moves it "
    "without any effect. "
    "All drawn sources count, also those that refuse."
)
STOP = (
    "The window ends on {end}. The result is read once, after it. Looks in between are recorded and "
    "change nothing; who "
    "gives up before has no result."
)
DRAW = (
    "The first of a pair is drawn where the first bit of SHA-256 over the text SEED:PAIR:BLOCK is 1, "
    "else the second; "
    "pairs and blocks count from 1."
)
DESIGNS = {
    "pairs": "Of each pair, the drawn source is worked on from the start; the other one not before "
    "the window ends.",
    "switch": "In each block of two weeks, the drawn page of each pair has the link and the other "
    "one has not.",
}
UNBOUNDED = (
    "Too few links were won for any bound on the effect of a link itself: what is given is the "
    "effect of the work, "
    "whatever came of it."
)


def outcome(name: str, brand: str) -> str:
    return OUTCOMES[name].format(brand=brand)


def result(verdict: Verdict, reading: Outcomes, protocol: Mapping[str, Any]) -> str:
    """The finished experiment in one sentence."""
    brand, name = str(protocol["brand"]), str(protocol["outcome"]["name"])
    tested = reading.named if name == "named" else reading.unnamed
    size, p = estimate(name, tested), numbers.p_value(tested.p)
    lots = numbers.counted(reading.lots, "lot")
    work = "The link" if protocol["design"] == "switch" else "Work on a link"
    effect = f"{EFFECTS[name].format(brand=brand)} {size}, {p}, {lots}"
    return {
        "raised": f"{work} raised how often {brand} is named: {effect}.",
        "lowered": f"{work} lowered how often {brand} is named: {effect}.",
        "only cited less": f"{work} did not raise how often {brand} is named: the sources are cited "
        "less, with the name "
        f"and without it: {effect}.",
        "no clear difference": f"No clear difference between drawn and not drawn sources: {effect}.",
    }[verdict]


def running(protocol: Mapping[str, Any], won: int, drawn: int, done: int, weeks: int) -> str:
    """Where an experiment stands that is not over."""
    end = numbers.day(date.fromisoformat(protocol["window"][1]))
    return (
        f"running until {end}, {done} of {numbers.counted(weeks, 'week')} measured; links from {won} of "
        f"{numbers.counted(drawn, 'drawn source')} so far. Nothing is said before its end."
    )


def estimate(name: str, value: Estimate) -> str:
    """Size with its 95 % interval, as people read it."""
    ratio = name == "unnamed"
    if not math.isfinite(value.estimate):
        return numbers.UNKNOWN
    size = _percent(value.estimate) if ratio else numbers.points(value.estimate)
    return f"{size} ({region(name, value)})" if value.region is not None else size


def region(name: str, value: Estimate) -> str:
    """The interval, or what stands in its place."""
    found = value.region
    if found is None or not found.pieces:
        return "no interval"
    if len(found.pieces) > 1:
        (_, below), (above, _) = found.pieces[0], found.pieces[-1]
        return f"up to {_bound(name, below)} or from {_bound(name, above)} on"
    low, high = found.pieces[0]
    if not math.isfinite(low) and not math.isfinite(high):
        return "no bounds"
    if not math.isfinite(low):
        return f"at most {_bound(name, high)}"
    if not math.isfinite(high):
        return f"at least {_bound(name, low)}"
    return numbers.between(_bound(name, low), _bound(name, high))


def _bound(name: str, value: float) -> str:
    return numbers.signed(100 * (math.expm1(min(value, 50)) if name == "unnamed" else value), 1)


def _percent(log_ratio: float) -> str:
    return f"{numbers.signed(100 * math.expm1(min(log_ratio, 50)), 1)}{numbers.NBSP}%"


def of_link(reading: Outcomes) -> str:
    """The effect of a link that is live all the time, and what may be said of it."""
    value = reading.of_link
    assert value.region is not None
    if not value.region.bounded:
        return UNBOUNDED
    return f"A link that is live all the time: {estimate('named', value)} of naming in its prompts."
