"""The report's words: formats, sentences, and what cannot be said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from unicodedata import bidirectional

import pandas as pd

from analysis.frames import World
from analysis.intervals import Interval
from analysis.lift.estimate import LiftRow, LiftTable
from analysis.moments import SERVED, Mark, Moment
from analysis.opportunities import Opportunity
from analysis.report.charts import Trend, trend
from analysis.report.week import Source, Week
from analysis.visibility import Change, Pair, Row

MEASURE_NAMES = {
    "mention_rate": "Mention rate",
    "citation_rate": "Citation rate",
    "share_of_voice": "Share of voice",
    "citation_share": "Citation share",
    "ghost_rate": "Ghost citations",
    "silent_rate": "Silent mentions",
    "retrieved_not_cited_rate": "Retrieved, not cited",
    "average_position": "Average position",
    "prompt_coverage": "Prompt coverage",
}
MEASURE_SHORT = {
    "mention_rate": "of answers name you",
    "citation_rate": "of answers cite your site",
    "share_of_voice": "of all brand mentions are yours",
    "prompt_coverage": "of prompts usually name you",
}
NO_CAUSE = (
    "A lift says that answers citing a source name the brands it links to more often than the brands it does not "
    "link to, in the same answer. It does not say that the link is the reason."
)


_LONG, _PIECE = re.compile(r"[^\s\u200b]{19,}"), re.compile(r"[^.-]{1,5}[.-]?|[.-]")


def percent(value: float | None, places: int = 1) -> str:
    return "–" if value is None else f"{100 * value:.{places}f} %"


def points(value: float | None) -> str:
    return "–" if value is None else _signed(value)


def _signed(value: float, sign: str = "+") -> str:
    """Points with a typographic minus; what rounds to nothing has no sign."""
    rounded = round(100 * value, 1) + 0.0
    return f"{rounded:{sign if rounded else ''}.1f}".replace("-", "−")


def band(low: float | None, high: float | None, signed: bool = False) -> str:
    if low is None or high is None:
        return "no interval"
    sign = "+" if signed else ""
    return f"{_signed(low, sign)} to {_signed(high, sign)}"


def count(value: int) -> str:
    return f"{value:,}".replace(",", "\u202f")


def day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"


def short_day(value: date) -> str:
    return f"{value.day} {value:%b}"


def plural(number: int, one: str, many: str = "") -> str:
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def named(text: str) -> str:
    """A name inside a sentence: one written from right to left must not turn its neighbours around."""
    if any(bidirectional(letter) in ("R", "AL") for letter in text):
        return f"\u2068{text}\u2069"
    return text


def soft(text: str) -> str:
    """A name inside a cell of the PDF: a long word may break, after its dots and hyphens or anywhere."""
    return named(_LONG.sub(lambda word: _PIECE.sub("\\g<0>\u200b", word[0]), text))


def headline(w: Week) -> str:
    """The week in one sentence."""
    rate = w.own_row.rates["mention_rate"]
    bounds = f" ({band(rate.low, rate.high)})" if rate.enough else ""
    told = f"{named(w.own)} was named in {percent(rate.estimate)}{bounds} of {plural(w.answers, 'answer')}"
    return f"{told}{_since(w.change(w.own, 'mention_rate'))}."


def _since(change: Change | None) -> str:
    if change is None:
        return ", the first week there is"
    d = change.difference
    if change.verdict in ("up", "down"):
        return f", {change.verdict} {abs(100 * (d.estimate or 0)):.1f} points ({band(d.low, d.high, True)}) on the week before"
    told = {
        "within noise": "no different from the week before beyond noise",
        "not comparable": "not comparable with the week before",
    }
    return ", " + told.get(change.verdict, "too little data to compare with the week before")


def leader(w: Week) -> str:
    """Own brand against the most named rival, on the same answers."""
    pair: Pair | None = w.against_leader
    if len(w.rows) == 1:
        return "No rival is tracked, so there is nobody to compare with: name some in brands.yaml."
    if pair is None or w.leader is None or pair.difference.estimate is None:
        return ""
    d, own, rival = pair.difference, named(w.own), named(w.leader)
    if not d.enough:
        return f"Too few prompts to set {own} against {rival}, the most named rival."
    assert d.low is not None
    assert d.high is not None
    assert d.estimate is not None
    if d.low <= 0 <= d.high:
        return (
            f"On the same answers {own} and {rival}, the most named rival, cannot be told apart "
            f"({points(d.estimate)} points, {band(d.low, d.high, True)})."
        )
    word = "ahead of" if d.estimate > 0 else "behind"
    return (
        f"On the same answers {own} is {abs(100 * d.estimate):.1f} points ({_size(d.low, d.high)}) {word} "
        f"{rival}, the most named rival."
    )


def _size(low: float, high: float) -> str:
    near, far = sorted((abs(low), abs(high)))
    return band(near, far)


def claims(w: Week) -> str:
    """What the link comparison found, in one sentence."""
    table = w.lift
    if table is None:
        return "No cited source is known to link to a tracked brand, so links and mentions cannot be compared yet."
    found = [row for row in w.claims if row.verdict == "associated within the same question"]
    looked = sum(row.lift is not None for row in table.rows)
    short = len(table.rows) - looked
    tail = f" {plural(short, 'more source')} had too little data." if short else ""
    if not looked:
        return f"None of {plural(short, 'source')} that answers cite and that link to a tracked brand has enough data yet."
    if not found:
        return f"None of {plural(looked, 'source')} with enough data stands out beyond chance.{tail}"
    return (
        f"{len(found)} of {plural(looked, 'source')} with enough data {'goes' if len(found) == 1 else 'go'} with more "
        f"mentions of the brands they link to, within the same question.{tail}"
    )


def limits(
    world: World,
    rows: Sequence[Row],
    changes: Sequence[Change],
    lift: LiftTable | None,
    excluded: pd.DataFrame,
    before: date | None,
) -> Iterator[str]:
    """Everything the week's facts do not allow one to say."""
    if before is None:
        yield "There is no earlier week: nothing can be said about change."
    if changes and changes[0].verdict == "not comparable":
        yield f"The week cannot be compared with the week of {day(before) if before else ''}: {'; '.join(changes[0].reasons)}."
    for note in changes[0].notes if changes else ():
        yield f"In the comparison of weeks, {note}."
    yield from _excluded(world, excluded)
    few = [row for row in rows if row.directional]
    if few:
        yield f"With {few[0].answers} answers this week every number is directional only."
    if rows and rows[0].prompts < 5:
        yield f"With {plural(rows[0].prompts, 'prompt')} the intervals are wide, and differences have none."
    if len(rows) == 1:
        yield "With one tracked brand all mentions of tracked brands are its own: its share of voice says nothing."
    if world.branded:
        yield f"Left out of every rate: {plural(len(world.branded), 'prompt')} with your own brand in the question."
    if lift is None:
        yield "Without links from cited sources to tracked brands no lift can be computed: import link data."
    yield NO_CAUSE


def _excluded(world: World, excluded: pd.DataFrame) -> Iterator[str]:
    for row in excluded.to_dict("records"):
        engine = world.engines[int(row["engine"])]
        if row["problem"]:
            yield f"{engine}: {plural(int(row['problem']), 'answer')} failed or came empty and {_are(row['problem'])} no part of any rate."
        if row["not_searched"]:
            yield f"{engine}: {plural(int(row['not_searched']), 'answer')} came without a search and {_are(row['not_searched'])} left out of citation rates."
        if row["unknown"]:
            yield f"{engine}: of {plural(int(row['unknown']), 'answer')} it is not known what they cite; they are left out of citation rates."


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


KINDS = {"pr": "press"}


def happened(moment: Moment) -> str:
    """What is marked on a chart; of a change of model the title says all."""
    kind = "" if moment.kind == SERVED else f" ({KINDS.get(moment.kind, moment.kind)})"
    return f"{day(moment.at)}: {named(moment.title)}{kind}"


def marked(mark: Mark) -> str:
    """All that one letter stands for."""
    return "; ".join(map(happened, mark.moments))


TOLD = 8


def newest(found: Trend) -> list[Mark]:
    """The marks whose words stand under the chart."""
    return [mark for _, mark in found.marks][-TOLD:]


def untold(found: Trend) -> str:
    more = len(found.marks) - TOLD
    return f"and {plural(more, 'earlier mark')}: citelift event list" if more > 0 else ""


def _trend(w: Week) -> dict[str, object] | None:
    found = trend(w.history, w.past_events)
    if found is None:
        return None
    return {
        "y": found.y,
        "x": [(place, short_day(week)) for place, week in found.x],
        "band": found.band,
        "marks": [(place, mark.letter) for place, mark in found.marks],
        "told": [(mark.letter, marked(mark)) for mark in newest(found)],
        "untold": untold(found),
        "lines": [
            {
                "brand": soft(line.brand),
                "own": line.own,
                "colour": line.colour,
                "last": percent(line.last),
                "points": line.points,
            }
            for line in found.lines
        ],
    }


def checks(row: LiftRow) -> str:
    """Which checks a source's number passed."""
    if not row.checks:
        return "no checks made"
    failed = [name.replace("_", " ") for name, passed in row.checks.items() if not passed]
    passed = f"{len(row.checks) - len(failed)} of {len(row.checks)} checks passed"
    return f"{passed}; not: {', '.join(failed)}" if failed else passed


def _interval(name: str, interval: Interval) -> dict[str, object]:
    return {
        name: interval.estimate,
        f"{name}_low": interval.low,
        f"{name}_high": interval.high,
        f"{name}_n": interval.n,
    }


def row_cells(row: Row) -> dict[str, object]:
    """One brand's week for the CSV."""
    cells: dict[str, object] = {
        "brand": row.brand,
        "own": int(row.own),
        "answers": row.answers,
        "prompts": row.prompts,
    }
    for name, interval in row.rates.items():
        cells |= _interval(name, interval)
    return cells | _interval("prompt_coverage", row.coverage)


def change_cells(change: Change) -> dict[str, object]:
    """One comparison for the CSV."""
    return {
        **{
            "brand": change.brand,
            "measure": change.measure,
            "week_before": change.first,
            "week": change.last,
        },
        **{"before": change.before, "after": change.after},
        **_interval("difference", change.difference),
        **{"q": change.q, "verdict": change.verdict, "reasons": "; ".join(change.reasons)},
    }


def lift_cells(row: LiftRow) -> dict[str, object]:
    """One source for the CSV."""
    return {
        **{"source": row.source, "family": row.family, "lift": row.lift, "low": row.low, "high": row.high},
        **{"p": row.p, "q": row.q, "exposed": row.exposed, "prompts": row.prompts, "verdict": row.verdict},
        "checks": checks(row),
    }


def opportunity_cells(row: Opportunity) -> dict[str, object]:
    """One opportunity for the CSV."""
    return {
        **{
            "source": row.source,
            "class": row.kind,
            "cited_answers": row.cited_answers,
            "answers": row.answers,
        },
        **{"rate": row.rate, "low": row.low, "high": row.high, "engines": row.engines, "weeks": row.weeks},
        **{"links_to_rivals": "; ".join(row.links_to_rivals), "links_to_own": int(row.links_to_own)},
        "reasons": "; ".join(reason.text for reason in row.reasons),
        "next_step": "; ".join(reason.next_step for reason in row.reasons),
        "pages": " ".join(page for reason in row.reasons for page in reason.pages),
        **{"gain": row.gain, "gain_low": row.gain_low, "gain_high": row.gain_high, "state": row.state},
    }


def gain(row: Opportunity) -> str:
    """What would go with a link, if the association held for this brand."""
    if row.gain is None:
        return "no gain can be given"
    return f"{points(row.gain)} points ({band(row.gain_low, row.gain_high, True)}) would go with a link"


GAIN_NOTE = (
    "A gain is the source's lift times the share of answers that cite it: what would go with a link if the association "
    "held for your brand. It is no promise."
)


def plain(w: Week, definitions: Mapping[str, str]) -> dict[str, Any]:
    """The report as words and numbers for the PDF's template."""
    return {
        "own": named(w.own),
        "workspace": named(w.workspace),
        "week": day(w.week),
        "headline": headline(w),
        "leader": leader(w),
        "scope": scope(w),
        "cards": [_card(w, name) for name in MEASURE_SHORT],
        "brands": [_brand(w, row) for row in sorted(w.rows, key=_by_rate)],
        "lift_sentence": claims(w),
        "lift": [_lift(row) for row in (w.lift.rows if w.lift else ()) if row.lift is not None][:14],
        "lift_note": NO_CAUSE,
        "sources": [
            {
                **{
                    "domain": soft(s.domain),
                    "kind": s.kind,
                    "rate": percent(s.rate),
                    "band": band(s.low, s.high),
                },
                **{"answers": count(s.answers), "engines": s.engines, "links": links_to(s)},
            }
            for s in w.sources
        ],
        "stability": stability(w),
        "next": [
            {
                **{"source": soft(o.source), "why": "; ".join(r.text for r in o.reasons), "gain": gain(o)},
                **{
                    "step": o.reasons[0].next_step,
                    "cited": f"{count(o.cited_answers)} of {count(o.answers)} answers",
                },
            }
            for o in w.opportunities
        ],
        "gain_note": GAIN_NOTE,
        "events": [happened(m) for m in w.events],
        "trend": _trend(w),
        "limits": list(w.limits),
        "definitions": [[MEASURE_NAMES[name], text] for name, text in definitions.items()],
    }


def scope(w: Week) -> str:
    """What the numbers are out of."""
    return (
        f"{plural(w.answers, 'answer')} to {plural(w.prompts, 'prompt')} from {', '.join(w.engines)}. "
        "Ranges are 95 % intervals; whole prompts are resampled."
    )


def links_to(source: Source) -> str:
    return ", ".join(map(named, source.links_to)) or "no link to a tracked brand known"


def stability(w: Week) -> list[str]:
    """One sentence per engine about how its sources change."""
    out = []
    for s in w.stability:
        if s.jaccard is None or s.overlap is None:
            continue
        out.append(
            f"{s.engine}: from week to week {percent(s.jaccard, 0)} of the cited domains are shared (rank-biased overlap "
            f"{s.overlap:.2f}, {plural(s.pairs, 'pair')} of weeks). {plural(len(s.core), 'core domain')}, cited in at least four "
            f"of five weeks, {'has' if len(s.core) == 1 else 'have'} {percent(s.core_share, 0)} of the citations; "
            f"{count(s.rotating)} come and go."
        )
    return out


def card(w: Week, name: str) -> tuple[Interval, Change | None]:
    """A headline number and its change."""
    row = w.own_row
    interval = row.coverage if name == "prompt_coverage" else row.rates[name]  # type: ignore[index]
    return interval, w.change(w.own, name)


def change_word(change: Change | None) -> str:
    """The verdict, or that there is nothing to compare with."""
    return change.verdict if change else "first week"


def change_size(change: Change | None) -> str:
    """How large a change is, with its interval; nothing where none may be shown."""
    if change is None or change.verdict not in ("up", "down", "within noise"):
        return ""
    d = change.difference
    return f"{points(d.estimate)} points ({band(d.low, d.high, True)})"


def change_line(change: Change | None) -> str:
    """A change in a few words."""
    if change is None:
        return "no comparison with the week before"
    size = change_size(change)
    return f"{change.verdict}: {size}" if size else change.verdict


def _card(w: Week, name: str) -> dict[str, object]:
    interval, change = card(w, name)
    return {
        "name": MEASURE_NAMES[name],
        "short": MEASURE_SHORT[name],
        "value": percent(interval.estimate),
        "band": band(interval.low, interval.high),
        "n": count(interval.n),
        "change": change_word(change) if name != "prompt_coverage" else "",
        "size": change_size(change),
        "verdict": change.verdict if change and name != "prompt_coverage" else "",
    }


def _by_rate(row: Row) -> tuple[float, str]:
    return -(row.rates["mention_rate"].estimate or 0), row.brand


def _brand(w: Week, row: Row) -> dict[str, object]:
    change = w.change(row.brand, "mention_rate")
    cells: dict[str, object] = {"brand": soft(row.brand), "own": row.own}
    for name in ("mention_rate", "citation_rate", "share_of_voice"):
        interval = row.rates[name]  # type: ignore[index]
        cells[name] = percent(interval.estimate)
        cells[f"{name}_band"] = band(interval.low, interval.high)
        cells[f"{name}_raw"] = [interval.estimate or 0, interval.low or 0, interval.high or 0]
    told = {"change": change_word(change), "size": change_size(change)}
    return cells | told | {"verdict": change.verdict if change else ""}


def _lift(row: LiftRow) -> dict[str, object]:
    return {
        **{"source": soft(row.source), "lift": points(row.lift), "band": band(row.low, row.high, True)},
        **{"raw": [row.lift, row.low, row.high], "exposed": count(row.exposed)},
        "prompts": plural(row.prompts, "prompt"),
        "verdict": row.verdict,
        "checks": "" if row.verdict == "no clear difference" else f"; {checks(row)}",
    }
