"""The report's words: its sentences, and what cannot be said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from unicodedata import bidirectional

import pandas as pd

from analysis.changes import Moving, Pair, WeekChange
from analysis.frames import World
from analysis.intervals import Interval
from analysis.lift.direction import sentence
from analysis.lift.estimate import LiftRow, LiftTable
from analysis.moments import Mark, Moment
from analysis.opportunities import Opportunity, Withheld
from analysis.report.charts import Trend
from analysis.report.week import Source, Week
from analysis.visibility import Measure, Row
from tracker import numbers
from tracker.answers import served

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
HEADLINES: tuple[Measure, ...] = ("mention_rate", "citation_rate", "share_of_voice")
"""What a table of brands has columns for."""
NO_CAUSE = (
    "A lift says that answers citing a source name the brands it links to more often than the brands "
    "it does not "
    "link to, in the same answer. It does not say that the link is the reason."
)


_LONG, _PIECE = re.compile(r"[^\s\u200b]{19,}"), re.compile(r"[^.-]{1,5}[.-]?|[.-]")


def band(interval: Interval) -> str:
    """The bounds beside an estimate."""
    return numbers.percent_range(interval.low, interval.high) if interval.enough else "no interval"


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
    bounds = f" ({band(rate)})" if rate.enough else ""
    answers = numbers.counted(w.answers, "answer")
    since = _since(w.change(w.own, "mention_rate"))
    return f"{named(w.own)} was named in {numbers.percent(rate.estimate)}{bounds} of {answers}{since}."


def _since(change: WeekChange | None) -> str:
    if change is None:
        return ", the first week there is"
    d = change.difference
    if change.verdict in ("up", "down"):
        size = numbers.points_apart(d.estimate or 0)
        return f", {change.verdict} {size} ({numbers.points_range(d.low, d.high)}) on the week before"
    verdicts = {
        "within noise": "no different from the week before beyond noise",
        "not comparable": "not comparable with the week before",
    }
    return ", " + verdicts.get(change.verdict, "too little data to compare with the week before")


def over_periods(w: Week) -> list[str]:
    """The four weeks against the four before, and what moves week after week: a sentence each."""
    if not w.periods:
        return []
    one = w.periods[0]
    span = numbers.counted(one.weeks, "week")
    if one.verdict == "not comparable":
        return [f"The last {span} cannot be compared with the {span} before: {'; '.join(one.reasons)}."]
    beyond = [change for change in w.periods if change.verdict in ("up", "down")]
    said = [f"{named(c.brand)} {c.verdict} {_apart(c)}" for c in beyond]
    words = "; ".join(said) or "no brand's mention rate moved beyond noise"
    out = [f"The last {span} against the {span} before, as one look: {words}."]
    return out + [_moved(m) for m in w.moved]


def _apart(change: WeekChange) -> str:
    d = change.difference
    return f"{numbers.points_apart(d.estimate or 0)} ({numbers.points_range(d.low, d.high)})"


def _moved(m: Moving) -> str:
    measure = MEASURE_NAMES[m.measure].lower()
    sizes = f"{numbers.percent(m.before)} before, {numbers.percent(m.after)} since"
    return f"Watched every week, {named(m.brand)}'s {measure} moved about {numbers.day(m.since)} ({sizes})."


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
            f"({numbers.points(d.estimate)}, {numbers.points_range(d.low, d.high)})."
        )
    word = "ahead of" if d.estimate > 0 else "behind"
    size = f"{numbers.points_apart(d.estimate)} ({numbers.points_apart_range(d.low, d.high)})"
    return f"On the same answers {own} is {size} {word} {rival}, the most named rival."


def claims(w: Week) -> str:
    """What the link comparison found, in one sentence."""
    table = w.lift
    if table is None:
        return (
            "No cited source is known to link to a tracked brand, so links and mentions cannot be compared "
            "yet."
        )
    positive = [row for row in w.claims if row.goes_with_more]
    looked = sum(row.lift is not None for row in table.rows)
    short = len(table.rows) - looked
    tail = f" {numbers.counted(short, 'more source')} had too little data." if short else ""
    if not looked:
        return (
            f"None of {numbers.counted(short, 'source')} that answers cite and that link to a tracked "
            "brand has enough data yet."
        )
    if not positive:
        return f"None of {numbers.counted(looked, 'source')} with enough data stands out beyond chance.{tail}"
    return (
        f"{len(positive)} of {numbers.counted(looked, 'source')} with enough data "
        f"{'goes' if len(positive) == 1 else 'go'} with more "
        f"mentions of the brands they link to, within the same question.{tail} {sentence(table.direction)}"
    )


def limits(
    world: World,
    rows: Sequence[Row],
    changes: Sequence[WeekChange],
    lift: LiftTable | None,
    excluded: pd.DataFrame,
    before: date | None,
) -> Iterator[str]:
    """Everything the week's facts do not allow one to say."""
    if before is None:
        yield "There is no earlier week: nothing can be said about change."
    if changes and changes[0].verdict == "not comparable":
        yield (
            f"The week cannot be compared with the week of {numbers.day(before) if before else ''}: "
            f"{'; '.join(changes[0].reasons)}."
        )
    for note in changes[0].notes if changes else ():
        yield f"In the comparison of weeks, {note}."
    yield from _excluded(world, excluded)
    few = [row for row in rows if row.directional]
    if few:
        yield f"With {few[0].answers} answers this week every number is directional only."
    if rows and rows[0].prompts < 5:
        yield (
            f"With {numbers.counted(rows[0].prompts, 'prompt')} the intervals are wide, and differences "
            "have none."
        )
    if len(rows) == 1:
        yield (
            "With one tracked brand all mentions of tracked brands are its own: its share of voice says "
            "nothing."
        )
    if world.branded:
        yield (
            f"Left out of every rate: {numbers.counted(len(world.branded), 'prompt')} with your own brand "
            "in the question."
        )
    if lift is None:
        yield "Without links from cited sources to tracked brands no lift can be computed: import link data."
    yield NO_CAUSE


def _excluded(world: World, excluded: pd.DataFrame) -> Iterator[str]:
    for row in excluded.to_dict("records"):
        engine = world.engines[int(row["engine"])]
        if row["problem"]:
            yield (
                f"{engine}: {numbers.counted(int(row['problem']), 'answer')} failed or came empty and "
                f"{_are(row['problem'])} no part of any rate."
            )
        if row["cut_off"]:
            yield (
                f"{engine}: {numbers.counted(int(row['cut_off']), 'answer')} ended at a limit of length and "
                f"{_are(row['cut_off'])} no part of any rate."
            )
        if row["not_shown"]:
            pages = numbers.counted(int(row["not_shown"]), "page")
            share = numbers.percent(row["shown"] / row["pages"]) if row["pages"] else numbers.UNKNOWN
            yield (
                f"{engine}: {pages} of results showed no AI overview and {_are(row['not_shown'])} no part "
                f"of any rate; {share} of {numbers.count(int(row['pages']))} pages showed one."
            )
        if row["not_searched"]:
            yield (
                f"{engine}: {numbers.counted(int(row['not_searched']), 'answer')} came without a search "
                f"and {_are(row['not_searched'])} left out of citation rates."
            )
        if row["unknown"]:
            yield (
                f"{engine}: of {numbers.counted(int(row['unknown']), 'answer')} it is not known what they "
                "cite; they are left out of citation rates."
            )


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


KINDS = {"pr": "press"}


def happened(moment: Moment) -> str:
    """What is marked on a chart; of a change of model the title says all."""
    kind = "" if moment.kind == served.KIND else f" ({KINDS.get(moment.kind, moment.kind)})"
    return f"{numbers.day(moment.at)}: {named(moment.title)}{kind}"


def marked(mark: Mark) -> str:
    """All that one letter stands for."""
    return "; ".join(map(happened, mark.moments))


EXPLAINED = 8


def newest(shown: Trend) -> list[Mark]:
    """The marks whose words stand under the chart."""
    return [mark for _, mark in shown.marks][-EXPLAINED:]


def more_marks(shown: Trend) -> str:
    more = len(shown.marks) - EXPLAINED
    return f"and {numbers.counted(more, 'earlier mark')}: citelift event list" if more > 0 else ""


def checks(row: LiftRow) -> str:
    """Which checks a source's number passed."""
    if not row.checks:
        return "no checks made"
    failed = [name.replace("_", " ") for name, passed in row.checks.items() if not passed]
    passed = f"{len(row.checks) - len(failed)} of {len(row.checks)} checks passed"
    return f"{passed}; not: {', '.join(failed)}" if failed else passed


def gain(row: Opportunity) -> str:
    """What would go with a link, if the association held for this brand."""
    if row.gain is None:
        return WITHHELD[row.withheld]
    span = numbers.points_range(row.gain_low, row.gain_high)
    return f"{numbers.points(row.gain)} ({span}) would go with a link"


WITHHELD: dict[Withheld, str] = {
    "": "no gain can be given",
    "direction": "stands out; direction not settled",
    "source": "stands out; when its own links began, too little moved",
}
GAIN_NOTE = (
    "A gain is what a link could bring in answers like those of the last four weeks, if the source works for "
    "you as for the brands it links to. It is given only where the days on which links begin support the "
    "sources, and this one. It is no promise."
)


def parts(w: Week) -> list[str]:
    """The topic, country and language that the report is narrowed to."""
    return [part for part in (w.part.topic, w.part.country, w.part.language) if part]


def scope(w: Week) -> str:
    """What the numbers are out of."""
    only = f" Only prompts of: {', '.join(map(named, parts(w)))}." if parts(w) else ""
    return (
        f"{numbers.counted(w.answers, 'answer')} to {numbers.counted(w.prompts, 'prompt')} from "
        f"{', '.join(w.engines)}. "
        f"Ranges are {numbers.LEVEL} intervals; whole prompts are resampled. {w.weeks}{only}"
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
            f"{s.engine}: from week to week {numbers.percent(s.jaccard, 0)} of the cited domains are "
            "shared (rank-biased overlap "
            f"{numbers.number(s.overlap, 2)}, {numbers.counted(s.pairs, 'pair')} of weeks). "
            f"{numbers.counted(len(s.core), 'core domain')}, cited in at least four "
            f"of five weeks, {'has' if len(s.core) == 1 else 'have'} "
            f"{numbers.percent(s.core_share, 0)} of the citations; "
            f"{numbers.count(s.rotating)} come and go."
        )
    return out


def card(w: Week, name: str) -> tuple[Interval, WeekChange | None]:
    """A headline number and its change."""
    row = w.own_row
    interval = row.coverage if name == "prompt_coverage" else row.rates[name]  # type: ignore[index]
    return interval, w.change(w.own, name)


def change_word(change: WeekChange | None) -> str:
    """The verdict, or that there is nothing to compare with."""
    return change.verdict if change else "first week"


def change_size(change: WeekChange | None) -> str:
    """How large a change is, with its interval; nothing where none may be shown."""
    if change is None or change.verdict not in ("up", "down", "within noise"):
        return ""
    d = change.difference
    return f"{numbers.points(d.estimate)} ({numbers.points_range(d.low, d.high)})"


def change_line(change: WeekChange | None) -> str:
    """A change in a few words."""
    if change is None:
        return "no comparison with the week before"
    size = change_size(change)
    return f"{change.verdict}: {size}" if size else change.verdict
