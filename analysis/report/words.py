"""The report's words: its sentences, and what cannot be said. For a client: no term of statistics.

A share stands with its range and with what it is out of; what a range is, the last page says once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from unicodedata import bidirectional
from urllib.parse import urlencode

import pandas as pd

from analysis.changes import Pair, WeekChange
from analysis.frames import Measure, NumberMeasure, World
from analysis.intervals import Interval
from analysis.lift.estimate import LiftRow, LiftTable
from analysis.lift.ladder import Rung
from analysis.moments import Mark, Moment
from analysis.opportunities import MAYBE_LISTED, Opportunity, Withheld
from analysis.report.charts import Trend
from analysis.report.week import LinkNews, Source, Week
from analysis.visibility import Row
from tracker import numbers
from tracker.answers import served
from tracker.catalog.look import ReportLook

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
HEADLINES: tuple[Measure, ...] = ("mention_rate", "share_of_voice", "citation_rate")
"""The tiles beside the place, and what a table of brands has columns for."""
MEANS = {
    "mention_rate": "The share of answers that name the brand. One that only says it found nothing does not.",
    "share_of_voice": "Of all times that tracked brands are named, the share that is this brand’s.",
    "citation_rate": "The share of answers that cite a page of the brand’s own site.",
    "place": "The tracked brands in order of their mention rate.",
}
RANGES = (
    "Answers differ from one time to the next. The range beside a share is where the true share lies in 95 "
    "of 100 such samples. A change is called one only where it is larger than such differences, all that is "
    "compared here allowed for."
)
NO_CAUSE = (
    "Answers that cite a source name the brands it links to more often than the others. That does not say "
    "that the link is the reason."
)
VERDICTS = {
    "up": "up",
    "down": "down",
    "within noise": "no clear change",
    "not enough data": "too little data",
    "not comparable": "not comparable",
}
LIFTS = {
    "associated within the same question": "stands out",
    "goes with fewer mentions": "goes with fewer mentions",
    "lifts every brand alike": "goes with more mentions of every brand",
    "no clear difference": "no clear difference",
    "not enough data": "too little data",
}
WORKED = {
    "working": "Work on {source} began.",
    "contacted": "{source} was contacted.",
    "replied": "{source} replied.",
    "agreed": "{source} agreed.",
    "done": "{source}: done.",
}
PAGES = {
    "home": "",
    "rivals": "rivals",
    "answers": "answers",
    "lift": "sources",
    "events": "timeline",
    "next": "work",
    "sources": "cited",
    "links": "links",
    "experiments": "experiments",
    "methods": "methods",
}
"""The dashboard's pages by what the report says of them."""

_LONG, _PIECE = re.compile(r"[^\s\u200b]{19,}"), re.compile(r"[^.-]{1,5}[.-]?|[.-]")


def page(look: ReportLook, name: str, **filters: object) -> str:
    """The address of a page, where the look knows where the dashboard is."""
    if not look.pages:
        return ""
    wanted = {key: value for key, value in filters.items() if value is not None}
    return f"{look.pages}/{PAGES[name]}" + (f"?{urlencode(wanted)}" if wanted else "")


def answers(look: ReportLook, w: Week, measure: NumberMeasure, **more: object) -> str:
    """The address of the very answers that a number of the report counts."""
    narrowed = {"topic": w.part.topic, "country": w.part.country, "language": w.part.language}
    days = {"from": w.first.isoformat(), "to": w.week.isoformat()}
    return page(look, "answers", measure=measure, counted="yes", **more, **days, **narrowed)


def reach(rung: Rung) -> str:
    """How many answers cite a source."""
    return f"cited in {numbers.percent(rung.reach)} ({numbers.count(rung.cited)} of {numbers.count(rung.of)})"


def linking(w: Week, rung: Rung) -> str:
    """Whom a source links to, and whether you are missing there."""
    others = sorted(rung.linked - {w.own})
    to = ", ".join(map(named, others))
    if w.own in rung.linked:
        return f"links to you and {to}" if others else "links to you"
    return f"no link to you; links to {to}" if others else "no link to you"


def promised(rung: Rung) -> str:
    """What a link there could bring, where the comparison supports one."""
    return f"{numbers.points(rung.gain)} could come with a link" if rung.gain else ""


def band(interval: Interval) -> str:
    """The bounds beside an estimate."""
    return numbers.percent_range(interval.low, interval.high) if interval.enough else "no range"


def named(text: str) -> str:
    """A name inside a sentence: one written from right to left must not turn its neighbours around."""
    if any(bidirectional(letter) in ("R", "AL") for letter in text):
        return f"\u2068{text}\u2069"
    return text


def soft(text: str) -> str:
    """A name inside a cell of the PDF: a long word may break, after its dots and hyphens or anywhere."""
    return named(_LONG.sub(lambda word: _PIECE.sub("\\g<0>\u200b", word[0]), text))


_SPELLED = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def span(weeks: int) -> str:
    """`four weeks`."""
    spelled = _SPELLED[weeks] if weeks < len(_SPELLED) else numbers.count(weeks)
    return f"{spelled} week{'' if weeks == 1 else 's'}"


def before(w: Week) -> str:
    """`the four weeks before`."""
    return "the week before" if w.span == 1 else f"the {span(w.span)} before"


def title(w: Week) -> str:
    """What the report is of."""
    if w.period == "week":
        return f"Week of {numbers.day(w.week)}"
    if w.period == "month":
        return numbers.month(w.week)
    return f"Quarter {(w.week.month - 1) // 3 + 1} of {w.week.year}"


def window(w: Week) -> str:
    """The days that the numbers are of."""
    return numbers.period(w.first, w.week + timedelta(days=6))


def headline(w: Week) -> str:
    """The verdict in one sentence."""
    rate = w.own_row.rates["mention_rate"]
    since = _since(w, w.change(w.own, "mention_rate"))
    return f"{named(w.own)} is named in {numbers.percent(rate.estimate)} of answers{since}."


def _since(w: Week, change: WeekChange | None) -> str:
    if change is None:
        return ""
    if change.verdict in ("up", "down"):
        size = numbers.points_apart(change.difference.estimate or 0)
        return f", {change.verdict} {size} on {before(w)}"
    allowed = ", all comparisons allowed for" if change.apart else ""
    verdicts = {
        "within noise": f", with no clear change from {before(w)}{allowed}",
        "not comparable": f", not comparable with {before(w)}",
    }
    return verdicts.get(change.verdict, f", with too little data to compare with {before(w)}")


def lede(w: Week) -> str:
    """Against whom, and what to read with care."""
    remarks = [remark for c in w.changes[:1] for remark in (*c.notes, *c.reasons)]
    switched = [each.partition(" was served by ")[0] for each in remarks if " was served by " in each]
    told = [leader(w)] if leader(w) else []
    if switched:
        engines = " and ".join(map(named, switched))
        left_out = w.changes[0].verdict != "not comparable"
        care = f"The model behind {engines} changed in these weeks"
        told.append(f"{care}; the change is that of the others." if left_out else f"{care}.")
    return " ".join(told)


def leader(w: Week) -> str:
    """Own brand against the most named rival, on the same answers."""
    pair: Pair | None = w.against_leader
    if len(w.rows) == 1:
        return "No rival is tracked, so there is nobody to compare with: name some in brands.yaml."
    if pair is None or w.leader is None or pair.difference.estimate is None:
        return ""
    d, rival = pair.difference, named(w.leader)
    if not d.enough:
        return f"There are too few questions to set {named(w.own)} against {rival}, the most named rival."
    assert d.low is not None
    assert d.high is not None
    assert d.estimate is not None
    place = f"{named(w.own)} is {numbers.ordinal(w.place.place)} of {w.place.of} brands"
    if d.low <= 0 <= d.high:
        side = "ahead" if d.estimate > 0 else "behind"
        return (
            f"{place}; {rival}, the most named rival, is level with it ({numbers.points_apart(d.estimate)} "
            f"{'behind' if side == 'ahead' else 'ahead'}, too close to call)."
        )
    if d.estimate > 0:
        return f"{place}, {numbers.points_apart(d.estimate)} ahead of {rival}, the most named rival."
    return f"{place}; {rival} leads by {numbers.points_apart(d.estimate)}."


@dataclass(frozen=True)
class Tile:
    """One number that page 1 decides by."""

    name: str
    value: str
    under: str
    change: str
    size: str
    """Of the change, with its range."""
    verdict: str
    measure: str = ""
    """Whose answers can be opened."""


def tiles(w: Week) -> list[Tile]:
    """Mention rate, share of voice, citation rate and place, each against the weeks before."""
    out = []
    for name in HEADLINES:
        interval, change = w.own_row.rates[name], w.change(w.own, name)
        under = f"{band(interval)} · of {numbers.count(interval.n)}"
        value = numbers.percent(interval.estimate)
        verdict = change.verdict if change else ""
        moved = verdict in ("up", "down")
        word = numbers.points(change.difference.estimate) if change and moved else change_word(change)
        size = change_range(change) if moved else change_size(change)
        out.append(Tile(MEASURE_NAMES[name], value, under, word, size, verdict, name))
    return [*out, _place(w)]


def _place(w: Week) -> Tile:
    p = w.place
    if p.before is None:
        change, verdict = "", ""
    elif p.before == p.place:
        change, verdict = f"{numbers.ordinal(p.place)} before, too", "within noise"
    else:
        change = f"{numbers.ordinal(p.before)} before"
        verdict = "up" if p.before > p.place else "down"
    top = max((row for row in w.rows), key=lambda row: row.rates["mention_rate"].estimate or 0)
    rate = numbers.percent(top.rates["mention_rate"].estimate)
    under = "you lead" if top.own else f"{named(top.brand)} leads with {rate}"
    # Places may change hands by chance: no colour says that one is better.
    return Tile("Place", f"{p.place} of {p.of}", under, change, "", "within noise" if verdict else "")


def change_word(change: WeekChange | None) -> str:
    """The verdict, or that there is nothing to compare with."""
    return VERDICTS[change.verdict] if change else "nothing to compare with yet"


def change_size(change: WeekChange | None) -> str:
    """How large a change is, with its range; nothing where none may be shown."""
    if change is None or change.verdict not in ("up", "down", "within noise"):
        return ""
    d = change.difference
    return f"{numbers.points(d.estimate)} ({numbers.points_range(d.low, d.high)})"


def change_range(change: WeekChange | None) -> str:
    d = change.difference if change else None
    return numbers.points_range(d.low, d.high) if d else ""


def change_line(change: WeekChange | None) -> str:
    """A change in a few words."""
    size = change_size(change)
    if change is not None and change.verdict in ("up", "down") and size:
        return size
    return f"{change_word(change)}: {size}" if size else change_word(change)


def newest(w: Week) -> str:
    """The last week alone, which a reader of last week's report looks for."""
    if w.span == 1 or w.newest is None:
        return ""
    rate = w.newest.rates["mention_rate"]
    answers = numbers.counted(rate.n, "answer")
    return (
        f"In the week of {numbers.day(w.week)} alone it was {numbers.percent(rate.estimate)} "
        f"({band(rate)}; {answers})."
    )


def move(row: Opportunity) -> str:
    """Why a source is the next thing to do."""
    return "; ".join(reason.text for reason in row.reasons)


def quoted(w: Week) -> str:
    """What stands above the quoted answer."""
    assert w.quote is not None
    q = w.quote
    return f"{q.engine} on {numbers.day(q.day)}, asked “{q.prompt}”"


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
        return f"None of {numbers.counted(looked, 'source')} with enough data stands out.{tail}"
    own = sum(
        w.own in source.links_to for source in w.sources if source.domain in {r.source for r in positive}
    )
    yours = f" Of those among the most cited, {own} {'links' if own == 1 else 'link'} to you." if own else ""
    return (
        f"{len(positive)} of {numbers.counted(looked, 'source')} with enough data "
        f"{'goes' if len(positive) == 1 else 'go'} with more "
        f"mentions of the brands they link to, within the same question.{yours}{tail} {direction(table)}"
    )


DIRECTIONS = {
    "supports the source": "The days on which links began support the sources: brands rose after them.",
    "supports selection": (
        "The days on which links began speak for the opposite: the sources were cited where the brand was "
        "named anyway, so no gain is given."
    ),
    "not settled": "The days on which links began do not settle which came first, so no gain is given.",
    "not testable": "Too few links began in these weeks to see which came first, so no gain is given.",
}


def direction(table: LiftTable) -> str:
    return DIRECTIONS.get(table.direction.verdict, "") if table.direction else ""


def link_news(w: Week) -> str:
    """The sentence above the links gained and lost."""
    mine = [news for news in w.links if news.own]
    gained = sum(news.kind == "gained" for news in mine)
    lost = len(mine) - gained
    theirs = [news for news in w.links if not news.own]
    won = sum(news.kind == "gained" for news in theirs)
    others = f"rivals gained {won} and lost {len(theirs) - won}"
    if not w.links:
        return f"No page is known to have begun or ceased to link to a tracked brand in {window(w)}."
    return f"{named(w.own)} gained {numbers.counted(gained, 'link')} and lost {lost}; {others}."


def one_link(news: LinkNews) -> str:
    where = news.url.partition("://")[2] or news.source
    sign = "now links" if news.kind == "gained" else "no longer links"
    return f"{numbers.day(news.day)}: {where} {sign} to {named(news.brand)}"


def limits(
    world: World,
    rows: Sequence[Row],
    changes: Sequence[WeekChange],
    lift: LiftTable | None,
    excluded: pd.DataFrame,
) -> Iterator[str]:
    """Everything the facts do not allow one to say."""
    if not changes:
        yield "There are no earlier weeks: nothing can be said about change."
    elif changes[0].verdict == "not comparable":
        yield f"The weeks before cannot be compared with: {'; '.join(changes[0].reasons)}."
    for note in changes[0].notes if changes else ():
        yield f"In the comparison of weeks, {note}."
    yield from _excluded(world, excluded)
    few = [row for row in rows if row.directional]
    if few:
        yield f"With {numbers.counted(few[0].answers, 'answer')} every number shows a direction only."
    if rows and rows[0].prompts < 5:
        yield (
            f"With {numbers.counted(rows[0].prompts, 'question')} the ranges are wide, and differences "
            "have none."
        )
    if len(rows) == 1:
        yield (
            "With one tracked brand all mentions of tracked brands are its own: its share of voice says "
            "nothing."
        )
    if world.branded:
        yield (
            f"Left out of every rate: {numbers.counted(len(world.branded), 'question')} with your own brand "
            "in it."
        )
    if lift is None:
        yield "Without links from cited sources to tracked brands they cannot be compared: import link data."
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


def newest_marks(shown: Trend) -> list[Mark]:
    """The marks whose words stand under the chart."""
    return [mark for _, mark in shown.marks][-EXPLAINED:]


def more_marks(shown: Trend) -> str:
    more = len(shown.marks) - EXPLAINED
    return f"and {numbers.counted(more, 'earlier mark')}: citelift event list" if more > 0 else ""


def checks(row: LiftRow) -> str:
    """Which checks a source's number passed, as the page of link sources counts them."""
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


def step(row: Opportunity) -> str:
    """What to do about it, and whether a mention or a link is what to ask for."""
    favour = f" {row.ask.short.capitalize()}." if row.ask.of else ""
    return f"{row.reasons[0].next_step}{favour}"


WITHHELD: dict[Withheld, str] = {
    "": "no gain can be given",
    "direction": "stands out; which came first is not settled",
    "source": "stands out; when its own links began, too little moved",
    "events": "stands out; after such links brands rose less than it predicts",
    "already": "stands out; you are named beside it as if it linked to you already",
}
GAIN_NOTE = (
    "A gain is what a link could bring in answers like those of the last four weeks, if the source works for "
    "you as for the brands it links to. It is given only where the days on which links begin support the "
    f"sources, and this one. It is no promise. {MAYBE_LISTED}"
)


def parts(w: Week) -> list[str]:
    """The topic, country and language that the report is narrowed to."""
    return [part for part in (*w.part.topics, w.part.country, w.part.language) if part]


def scope(w: Week) -> str:
    """What the numbers are out of."""
    only = f" Only questions of: {', '.join(map(named, parts(w)))}." if parts(w) else ""
    return (
        f"{numbers.counted(w.answers, 'answer')} to {numbers.counted(w.prompts, 'question')} from "
        f"{', '.join(w.engines)}, {window(w)}.{only}"
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
            f"{s.engine}: {numbers.percent(s.jaccard, 0)} of the sites cited in one of two weeks are cited "
            f"in both. {numbers.counted(len(s.core), 'site')}, cited nearly every week, "
            f"{'has' if len(s.core) == 1 else 'have'} {numbers.percent(s.core_share, 0)} of the citations; "
            f"{numbers.count(s.rotating)} come and go."
        )
    return out


def definitions() -> Mapping[str, str]:
    """What the words on the pages before mean."""
    return {MEASURE_NAMES.get(name, "Place"): text for name, text in MEANS.items()} | {"Ranges": RANGES}
