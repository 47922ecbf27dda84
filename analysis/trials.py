"""Experiments on a workspace: drafting, what one would see, starting, looking, and the result.

The only place where "raised" may be said, and only once the window that the protocol names is over.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import numpy as np
from sqlalchemy import Engine

from analysis import frames
from analysis.classes.classify import labels
from analysis.experiments import words
from analysis.experiments.counts import Floats, TrialCounts
from analysis.experiments.design import (
    BLOCK,
    Design,
    Outcome,
    PairCandidate,
    blocks_of,
    lots,
    paired,
    require_lots,
    weight,
)
from analysis.experiments.outcomes import Outcomes, Units, Verdict, read, units, verdict
from analysis.experiments.power import Power, power
from analysis.frames import Scope, World
from analysis.watch import watch
from tracker import experiments, store
from tracker.answers import served
from tracker.domains.ownership import Owners
from tracker.errors import UsageError
from tracker.experiments import Stored

FORMAT = 1
PAIRS = 12
FEWEST = 10
"""Answers before the start that cite a candidate without naming the brand: fewer show no fall."""
WEEKS_BEFORE = 4
"""With answers, at least."""


@dataclass(frozen=True)
class ExperimentDraft:
    """What is asked for."""

    name: str
    sources: tuple[str, ...] = ()
    """Candidates; without them, the most cited sites that do not link to the brand."""
    pairs: int | None = None
    design: Design = "pairs"
    outcome: Outcome = "unnamed"
    before: int = 8
    settle: int = 4
    """Weeks from the start to the first that is measured."""
    weeks: int = 8


def propose(
    database: Engine, world: World, draft: ExperimentDraft, *, today: date, classes: Path | None = None
) -> dict[str, Any]:
    """The design as it is stored: candidates paired, and what was left out."""
    _check(draft)
    scope = _before(draft.before, today)
    names = [frames.source_key(text).name for text in draft.sources]
    if len(set(names)) < len(names):
        raise UsageError("a source is named twice", "name each one once")
    if names:
        require_lots(draft.design, len(names) // 2, draft.weeks)
    found = _candidates(database, world, scope, names, draft, classes)
    pairs, left_out = paired(found, draft.pairs or (None if names else PAIRS))
    require_lots(draft.design, len(pairs), draft.weeks)
    return {
        "name": draft.name,
        "brand": _own(world),
        "design": draft.design,
        "outcome": draft.outcome,
        "before": draft.before,
        "settle": draft.settle,
        "weeks": draft.weeks,
        "pairs": [_pair_json(pair.first, pair.second) for pair in pairs],
        "left_out": list(left_out),
    }


def _check(draft: ExperimentDraft) -> None:
    if draft.design not in get_args(Design):
        raise UsageError(f"there is no design {draft.design!r}", f"one of {', '.join(get_args(Design))}")
    if draft.outcome not in get_args(Outcome):
        raise UsageError(f"there is no outcome {draft.outcome!r}", f"one of {', '.join(get_args(Outcome))}")
    if draft.design == "switch" and (draft.weeks % BLOCK or not draft.sources):
        raise UsageError(
            "a switching design needs pages that you control and an even number of weeks",
            "name each page with --source; blocks last two weeks",
        )
    if draft.before < WEEKS_BEFORE or draft.settle < 1 or draft.weeks < 2:
        raise UsageError(
            "the weeks are too few",
            f"take --before {WEEKS_BEFORE} or more, --settle 1 or more, --weeks 2 or more",
        )


def _pair_json(first: PairCandidate, second: PairCandidate) -> dict[str, Any]:
    both = (first, second)
    return {
        "first": first.source,
        "second": second.source,
        "cited": [each.cited for each in both],
        "unnamed": [each.unnamed for each in both],
        "family": [each.family for each in both],
        "state": [each.state for each in both],
    }


def _own(world: World) -> str:
    if world.own is None:
        raise UsageError("the workspace has no own brand", "mark one brand of brands.yaml with `own: true`")
    return world.own.name


def _before(weeks: int, today: date) -> Scope:
    """The whole weeks before the one of today."""
    monday = frames.monday(today)
    return Scope(first=monday - timedelta(weeks=weeks), last=monday - timedelta(weeks=1))


def _candidates(
    database: Engine,
    world: World,
    scope: Scope,
    names: Sequence[str],
    draft: ExperimentDraft,
    classes: Path | None,
) -> list[PairCandidate]:
    chosen = list(names) or _most_cited(database, world, scope, 2 * (draft.pairs or PAIRS))
    counts = frames.experiment_counts(database, world, scope, chosen)
    _require_weeks(counts, scope)
    known = _known(database, world, chosen, scope.last or date.max, classes)
    found: list[PairCandidate] = []
    for i, name in enumerate(counts.sources):
        family, state = known[name]
        cited, unnamed = int(counts.cited[i].sum()), int(counts.unnamed[i].sum())
        fault = _fault(name, unnamed, state, draft.design)
        if fault and names:
            raise fault
        if not fault:
            found.append(PairCandidate(name, cited, unnamed, family, state))
    return found


def _fault(name: str, unnamed: int, state: str, design: Design) -> UsageError | None:
    if design == "pairs" and state == "links":
        return UsageError(f"{name} links to you already", "leave it out: no link can be won from it")
    if unnamed < FEWEST:
        return UsageError(
            f"{name} is cited without your name in {unnamed} answers before the start: too few",
            f"leave it out, take a longer --before, or wait for more answers: {FEWEST} are needed",
        )
    return None


def _require_weeks(counts: TrialCounts, scope: Scope) -> None:
    if len(counts.weeks) < WEEKS_BEFORE:
        there = f"only {len(counts.weeks)} of the weeks from {scope.first} to {scope.last} have answers"
        raise UsageError(there, f"ask for at least {WEEKS_BEFORE} weeks before an experiment starts")


def _most_cited(database: Engine, world: World, scope: Scope, wanted: int) -> list[str]:
    """Sites of nobody we track, the most cited ones, four times as many as are wanted."""
    owners = Owners({i: brand.estate for i, brand in enumerate(world.brands)})
    cited = frames.sources(database, world, scope)
    cited = cited[cited["answers"] >= FEWEST]
    free = [str(name) for name in cited["domain"] if name not in owners.domains and name not in owners.partly]
    return free[: 4 * wanted]


def _known(
    database: Engine, world: World, sources: Sequence[str], last: date, classes: Path | None
) -> dict[str, tuple[str, str]]:
    """Family and present state of each source."""
    keys = [frames.source_key(text) for text in sources]
    kinds = labels(database, world, [key.domain for key in keys], folder=classes)
    day = last + timedelta(days=6)
    linked, _ = frames.live_shares(
        frames.links(database, world, only_cited=False), world, sources, [(day, day)]
    )
    naming = frames.naming_sources(database, world, sources)
    return {
        key.name: (
            kinds[key.domain].kind,
            "links" if linked[i, 0] else "names" if key.name in naming else "nothing known",
        )
        for i, key in enumerate(keys)
    }


# --- what it would see --------------------------------------------------------------------------------------


def foreseen(
    database: Engine,
    world: World,
    design: Mapping[str, Any],
    *,
    today: date,
    lifts: Sequence[float] = (0.1, 0.2, 0.3),
    compliances: Sequence[float] = (0.4, 0.7, 1.0),
) -> list[Power]:
    """Power of a design for each lift and each share of links that are won, from all past weeks."""
    sources = sources_of(design)
    past = frames.experiment_counts(database, world, Scope(last=_before(1, today).last), sources)
    _require_weeks(past, Scope())
    return [
        power(
            past,
            _positions(sources),
            [weight(pair["unnamed"]) for pair in design["pairs"]],
            design=design["design"],
            before=design["before"],
            weeks=design["weeks"],
            lift=lift,
            compliance=compliance,
        )
        for lift in lifts
        for compliance in compliances
    ]


def sources_of(design: Mapping[str, Any]) -> list[str]:
    """First and second of each pair, in the order of the pairs."""
    return [source for pair in design["pairs"] for source in (pair["first"], pair["second"])]


def _positions(sources: Sequence[str]) -> list[tuple[int, int]]:
    return [(i, i + 1) for i in range(0, len(sources), 2)]


# --- the start ----------------------------------------------------------------------------------------------


def protocol(
    database: Engine,
    world: World,
    design: Mapping[str, Any],
    seed: str,
    *,
    today: date,
    classes: Path | None = None,
) -> dict[str, Any]:
    """All that is fixed at the start, the lots among it. TrialCounts and states are as of today."""
    sources, scope = sources_of(design), _before(design["before"], today)
    counts = frames.experiment_counts(database, world, scope, sources)
    _require_weeks(counts, scope)
    known = _known(database, world, sources, scope.last or today, classes)
    for i, name in enumerate(counts.sources):
        if fault := _fault(name, int(counts.unnamed[i].sum()), known[name][1], design["design"]):
            raise fault
    first = frames.monday(today) + timedelta(weeks=design["settle"])
    last = first + timedelta(weeks=design["weeks"] - 1)
    blocks = blocks_of(design["design"], design["weeks"])
    require_lots(design["design"], len(design["pairs"]), design["weeks"])
    drawn = lots(seed, len(design["pairs"]), blocks)
    brand, name = _own(world), str(design["outcome"])
    return {
        "format": FORMAT,
        "name": design["name"],
        "brand": brand,
        "design": design["design"],
        "rule": words.DESIGNS[design["design"]],
        "started": today.isoformat(),
        "seed": seed,
        "draw": words.DRAW,
        "pairs": [_drawn_pair(counts, known, i, drawn[i]) for i in range(len(drawn))],
        "before": [day.isoformat() for day in (scope.first, scope.last) if day],
        "window": [first.isoformat(), (last + timedelta(days=6)).isoformat()],
        "blocks": blocks,
        "engines": sorted({world.engines[engine] for _, engine in counts.cells}),
        "prompts": {str(p): world.prompts[p].text for p in sorted({p for p, _ in counts.cells})},
        "outcome": {"name": name, "words": words.outcome(name, brand)},
        "analysis": words.ANALYSIS[name].format(brand=brand),
        "beside": words.BESIDE.format(brand=brand),
        "stop": words.STOP.format(end=(last + timedelta(days=6)).isoformat()),
    }


def _drawn_pair(
    counts: TrialCounts, known: Mapping[str, tuple[str, str]], pair: int, lot: tuple[int, ...]
) -> dict[str, Any]:
    both = (2 * pair, 2 * pair + 1)
    names = [counts.sources[i] for i in both]
    unnamed = [int(counts.unnamed[i].sum()) for i in both]
    return {
        "first": names[0],
        "second": names[1],
        "drawn": ["first" if each else "second" for each in lot],
        "cited": [int(counts.cited[i].sum()) for i in both],
        "unnamed": unnamed,
        "family": [known[name][0] for name in names],
        "state": [known[name][1] for name in names],
        # six places as text: the protocol is one text whatever writes numbers
        "weight": f"{weight(unnamed):.6f}",
    }


# --- reading ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SourceWork:
    """One source of a started experiment, and what came of it.

    Attributes
    ----------
    drawn : tuple of bool
        Per block.
    live : tuple of float
        Share of each block's days so far on which a link was live.
    told : bool
        Whether that is only what was recorded here, because exports and looks know nothing of such a link.
    """

    source: str
    pair: int
    drawn: tuple[bool, ...]
    live: tuple[float, ...]
    told: bool
    who: str
    last: str
    """The last kind that was recorded of it, or ""."""
    day: date | None


@dataclass(frozen=True)
class ExperimentProgress:
    """Where a started experiment stands.

    Attributes
    ----------
    won, drawn : int
        Drawn sources from which a link was live at some time of the window, and all of them.
    crossed : int
        Not drawn sources from which one was.
    e : float or None
        e-value of "the drawn sources move as the others do", after the last week with answers.
    """

    work: tuple[SourceWork, ...]
    weeks_done: int
    weeks: int
    over: bool
    won: int
    drawn: int
    crossed: int
    attempts: int
    refusals: int
    e: float | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ExperimentResult:
    """A finished experiment."""

    sentence: str
    verdict: Verdict
    reading: Outcomes
    progress: ExperimentProgress
    units: Units
    pairs: tuple[str, ...]
    """Of each unit: drawn source against the other."""


def progress(database: Engine, world: World, experiment: Stored, *, today: date) -> ExperimentProgress:
    """What was recorded and seen so far, without any test that a result could rest on."""
    p = experiment.started
    counts, live, told = _read(database, world, experiment, today)
    blocks = _blocks(p)
    work = _work(experiment, live, told)
    inside = [week for week in counts.weeks if date.fromisoformat(p["window"][0]) <= week]
    ever = [any(share > 0 for share in each.live) for each in work]
    meant = [any(each.drawn) for each in work]
    switching = p["design"] == "switch"
    kinds = [line.kind for line in experiment.book]
    return ExperimentProgress(
        work=work,
        weeks_done=len({week for week in inside if week <= blocks[-1][1]}),
        weeks=(blocks[-1][1] - blocks[0][0]).days // 7 + 1,
        over=today > date.fromisoformat(p["window"][1]),
        won=sum(e and m for e, m in zip(ever, meant, strict=True)),
        drawn=sum(meant),
        crossed=0 if switching else sum(e and not m for e, m in zip(ever, meant, strict=True)),
        attempts=kinds.count("attempt"),
        refusals=kinds.count("refused"),
        e=_e_value(p, counts),
        notes=_notes(database, world, p, counts),
    )


def result(database: Engine, world: World, experiment: Stored, *, today: date) -> ExperimentResult:
    """What the finished experiment says. Refused before its window is over."""
    p = experiment.started
    end = date.fromisoformat(p["window"][1])
    if today <= end:
        raise UsageError(
            f"the experiment {experiment.name!r} runs until {end}: its result is read once, after that",
            f"`citelift experiment look {experiment.name}` shows where it stands",
        )
    counts, live, _ = _read(database, world, experiment, today)
    before = counts.between(*(date.fromisoformat(day) for day in p["before"]))
    after = [counts.between(first, last) for first, last in _blocks(p)]
    if any(not block.answers.sum() for block in after) or not before.answers.sum():
        raise UsageError(
            "there are weeks of the window without any answer", "import what was asked then, if anything was"
        )
    sources = sources_of(p)
    drawn = tuple(tuple(int(each == "first") for each in pair["drawn"]) for pair in p["pairs"])
    u = units(before, after, _positions(sources), drawn, [float(pair["weight"]) for pair in p["pairs"]], live)
    reading = read(u)
    said = verdict(reading, p["outcome"]["name"])
    names = tuple(
        f"{pair['first' if lot else 'second']} | {pair['second' if lot else 'first']}"
        for block in range(p["blocks"])
        for pair, lots_of in zip(p["pairs"], drawn, strict=True)
        for lot in [lots_of[block]]
    )
    return ExperimentResult(
        words.result(said, reading, p),
        said,
        reading,
        progress(database, world, experiment, today=today),
        u,
        names,
    )


def summaries(database: Engine, world: World, today: date) -> list[str]:
    """A sentence on each experiment that has started by then, the newest first."""
    with store.reading(database) as session:
        found = experiments.listed(session, world.id)
    known = [each for each in found if each.started_at is not None and each.started_at.date() <= today]
    return [f"{each.name}: {_summary(database, world, each, today)}" for each in known]


def _summary(database: Engine, world: World, experiment: Stored, today: date) -> str:
    if experiment.changed or experiment.protocol is None:
        return f"PROTOCOL CHANGED: it {experiment.changed}. Nothing it says can be relied on."
    p = experiment.protocol
    if today > date.fromisoformat(p["window"][1]):
        try:
            return result(database, world, experiment, today=today).sentence
        except UsageError as error:
            return f"it is over, and cannot be read: {error.problem}."
    seen = progress(database, world, experiment, today=today)
    return words.running(p, seen.won, seen.drawn, seen.weeks_done, seen.weeks)


def _blocks(p: Mapping[str, Any]) -> list[tuple[date, date]]:
    """First and last Monday of each block of the window."""
    first, end = (date.fromisoformat(day) for day in p["window"])
    weeks = ((end - first).days + 1) // 7 // p["blocks"]
    starts = [first + timedelta(weeks=weeks * i) for i in range(p["blocks"])]
    return [(start, start + timedelta(weeks=weeks - 1)) for start in starts]


def _read(
    database: Engine, world: World, experiment: Stored, today: date
) -> tuple[TrialCounts, Floats, list[bool]]:
    p = experiment.started
    scope = Scope(first=date.fromisoformat(p["before"][0]), branded="include")
    counts = frames.experiment_counts(
        database,
        world,
        scope,
        sources_of(p),
        prompts={int(key) for key in p["prompts"]},
        engines=p["engines"],
    )
    days = [(first, min(last + timedelta(days=6), max(first, today))) for first, last in _blocks(p)]
    links = frames.links(database, world, only_cited=False)
    live, known = frames.live_shares(links, world, sources_of(p), days)
    told = []
    for i, source in enumerate(sources_of(p)):
        recorded = _recorded(experiment, source, days)
        told.append(not known[i] and recorded is not None)
        if told[-1] and recorded is not None:
            live[i] = recorded
    return counts, live, told


def _recorded(experiment: Stored, source: str, days: Sequence[tuple[date, date]]) -> Floats | None:
    """Share of each block with a link by what the book says, or None where it says nothing."""
    turns = sorted(
        (line.day, line.kind in ("link", "on"))
        for line in experiment.book
        if line.source == source and line.kind in ("link", "on", "lost", "off")
    )
    if not turns:
        return None
    shares = []
    for first, last in days:
        every = [first + timedelta(days=i) for i in range((last - first).days + 1)]
        on = [next((state for at, state in reversed(turns) if at <= day), False) for day in every]
        shares.append(sum(on) / len(on))
    return np.array(shares)


def _work(experiment: Stored, live: Floats, told: Sequence[bool]) -> tuple[SourceWork, ...]:
    p = experiment.started
    out = []
    for i, source in enumerate(sources_of(p)):
        lines = [line for line in experiment.book if line.source == source and line.kind != "note"]
        who = next((line.who for line in reversed(lines) if line.who), "")
        side = "first" if i % 2 == 0 else "second"
        out.append(
            SourceWork(
                source=source,
                pair=i // 2 + 1,
                drawn=tuple(each == side for each in p["pairs"][i // 2]["drawn"]),
                live=tuple(float(x) for x in live[i]),
                told=told[i],
                who=who,
                last=lines[-1].kind if lines else "",
                day=lines[-1].day if lines else None,
            )
        )
    return tuple(out)


def _e_value(p: Mapping[str, Any], counts: TrialCounts) -> float | None:
    """Weekly differences of the pairs, drawn minus other, watched; None before the window begins."""
    first, end = (date.fromisoformat(day) for day in p["window"])
    keep = [i for i, week in enumerate(counts.weeks) if week < frames.monday(first) or week <= end]
    inside = [i for i in keep if counts.weeks[i] >= first]
    if not inside or p["blocks"] > 1:
        return None
    asked = np.maximum(counts.answers.sum(axis=1), 1)[:, None]
    rate = (counts.unnamed.sum(axis=2).T / asked)[keep]
    sign = np.array([1 if pair["drawn"][0] == "first" else -1 for pair in p["pairs"]])
    weekly = (rate[:, 0::2] - rate[:, 1::2]) * sign
    value = float(watch(weekly, np.arange(weekly.shape[1])).e[-1])
    return value if math.isfinite(value) else None


def _notes(database: Engine, world: World, p: Mapping[str, Any], counts: TrialCounts) -> tuple[str, ...]:
    scope = Scope(
        first=date.fromisoformat(p["before"][0]),
        last=date.fromisoformat(p["window"][1]),
        branded="include",
    )
    asked = frames.asked(database, world, scope)
    changed = [
        change.title(world.engines[engine])
        for engine, spells in frames.served_weeks(asked).items()
        for change in served.once(served.changes(spells))
        if world.engines[engine] in p["engines"]
    ]
    missing = set(p["engines"]) - {world.engines[engine] for _, engine in counts.cells}
    notes = [f"{title}: drawn and not drawn sources met it alike" for title in changed]
    notes += [f"{engine} has no answers" for engine in sorted(missing)]
    return tuple(notes)
