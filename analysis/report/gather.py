"""Everything a report says, computed from the database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from markdown_it import MarkdownIt
from sqlalchemy import Engine

from analysis import frames
from analysis import visibility as v
from analysis.alerts import alerts
from analysis.changes import WeekChange, compare_brands, compare_periods
from analysis.classes.classify import labels
from analysis.classes.families import families
from analysis.frames import Scope, World
from analysis.grades import grades
from analysis.intervals import wilson
from analysis.left_out import why_nothing
from analysis.lift.estimate import LiftTable, lift
from analysis.lift.ladder import Rung, rungs
from analysis.lift.listing import listing
from analysis.moments import Moment, moments, within
from analysis.opportunities import Opportunity, opportunities
from analysis.reconciled import against_events
from analysis.report import words
from analysis.report.week import CLAIMS, BrandPlace, Done, LinkNews, Period, Quote, Source, Week
from analysis.stability import source_stability
from analysis.trials import summaries
from tracker import store, weeks
from tracker.errors import UsageError
from tracker.links.prospects import prospects

WEEKS = 16
"""Of the trend."""
SPAN = 4
"""Weeks whose numbers a weekly report shows, as the pages do."""
OFFERED = 6
TREND: tuple[frames.Measure, ...] = ("mention_rate",)
QUOTED = 360
"""Letters of the quoted answer."""


def gather(
    database: Engine,
    world: World,
    week: date | None = None,
    classes: Path | None = None,
    scope: Scope | None = None,
    *,
    period: Period = "week",
    brand: str | None = None,
) -> Week:
    """Compute everything the report says about the weeks up to one, of the scope's part of the prompts.

    `period` chooses the weeks: four up to `week`, or those that begin in its month or quarter. Where the
    workspace is too young to have as many before them, fewer are compared. With `brand`, that brand is "you".
    """
    if brand is not None:
        world = seen_from(world, brand)
    own = world.own
    if own is None:
        raise UsageError("the workspace has no own brand", "mark one brand of brands.yaml with `own: true`")
    known = frames.weeks(database, world)
    if not known:
        raise UsageError("there are no answers to report on", "ask or import some first")
    first, monday = _window(known, week, period)
    span = (monday - first).days // 7 + 1
    part = replace(scope or Scope(), first=None, last=None)
    scope = replace(part, first=first, last=monday)
    rows = v.table(database, world, scope)
    if not rows:
        raise UsageError(why_nothing(database, world, scope), "choose another week or part of the prompts")
    changes = compare_periods(database, world, part, weeks=span, last=monday)
    start = max(known[0], monday - timedelta(weeks=WEEKS - 1))
    history = v.table(database, world, replace(scope, first=start), ("week",), measures=TREND)
    rivals = [row for row in rows if not row.own]
    leader = max(rivals, key=lambda r: (r.rates["mention_rate"].estimate or 0, r.brand), default=None)
    against = compare_brands(database, world, leader.brand, own.name, scope) if leader else None
    whole = replace(scope, branded="include")
    table = _lift(database, world, replace(whole, first=None), classes)
    asked = frames.asked(database, world, scope)
    excluded = frames.excluded(database, world, whole)
    happened = moments(database, world)
    end = monday + timedelta(days=6)
    since = monday if period == "week" else first
    before = changes[0].first if changes else None
    newest = v.table(database, world, replace(scope, first=monday), measures=TREND)
    told = alerts(database, world, part, last=monday)
    return Week(
        workspace=world.name,
        own=own.name,
        part=part,
        weeks=world.weeks_in_words,
        period=period,
        first=first,
        week=monday,
        span=span,
        before=before,
        answers=rows[0].answers,
        prompts=rows[0].prompts,
        engines=tuple(sorted({world.engines[int(e)] for e in asked["engine"]})),
        rows=tuple(rows),
        newest=next((row for row in newest if row.own), None),
        place=_place(rows, changes),
        history=tuple(history),
        changes=tuple(changes),
        leader=leader.brand if leader else None,
        against_leader=against,
        lift=table,
        lift_from=known[0],
        rungs=_rungs(database, world, whole, table),
        sources=tuple(_sources(database, world, whole, classes)),
        stability=tuple(source_stability(database, world, replace(whole, first=start))),
        events=within(happened, first, end),
        past_events=within(happened, start, end),
        opportunities=tuple(_next(database, world, replace(whole, first=start), table, classes)),
        limits=(
            *(grade.words for grade in grades(database, world, whole)[:1]),
            *words.limits(world, rows, changes, table, excluded),
        ),
        moved=tuple(alert for alert in told if alert.told >= first),
        experiments=tuple(summaries(database, world, end)),
        links=tuple(_links(database, world, first, end)),
        quote=_quote(database, world, scope, monday),
        done=tuple(_done(database, world, since, end, happened)),
    )


def seen_from(world: World, name: str) -> World:
    """The same workspace with another brand as the own one."""
    chosen = world.brand(name)
    brands = [replace(each, own=each.id == chosen.id) for each in world.brands]
    return replace(world, brands=tuple(sorted(brands, key=lambda each: not each.own)))


def _window(known: Sequence[date], week: date | None, period: Period) -> tuple[date, date]:
    """Mondays of the first and last week of the numbers, inside the weeks that have answers."""
    monday = frames.monday(week) if week else known[-1]
    if period == "week":
        if monday not in known:
            raise UsageError(
                f"there are no answers in the week of {monday}",
                f"weeks with answers: {known[0]} to {known[-1]}",
            )
        wanted = SPAN
    else:
        months = 1 if period == "month" else 3
        number = monday.month if period == "month" else (monday.month - 1) // 3
        inside = [
            day
            for day in known
            if day.year == monday.year and (day.month if months == 1 else (day.month - 1) // 3) == number
        ]
        if not inside:
            raise UsageError(
                f"no week that begins in that {period} has answers",
                f"weeks with answers: {known[0]} to {known[-1]}",
            )
        monday = inside[-1]
        wanted = (monday - inside[0]).days // 7 + 1
    available = (monday - known[0]).days // 7 + 1
    span = min(wanted, max(available // 2, 1)) if period == "week" else wanted
    return max(monday - timedelta(weeks=span - 1), known[0]), monday


def _place(rows: Sequence[v.Row], changes: Sequence[WeekChange]) -> BrandPlace:
    def rank(rates: dict[str, float]) -> int | None:
        mine = rates.get(own)
        return None if mine is None else 1 + sum(rate > mine for rate in rates.values())

    own = next(row.brand for row in rows if row.own)
    now = {row.brand: row.rates["mention_rate"].estimate or 0.0 for row in rows}
    moved = [change for change in changes if change.measure == "mention_rate"]
    comparable = [c for c in moved if c.verdict not in ("not comparable", "not enough data")]
    before = {c.brand: c.before for c in comparable if c.before is not None}
    return BrandPlace(rank(now) or 1, len(now), rank(before) if set(before) == set(now) else None)


def _lift(database: Engine, world: World, scope: Scope, classes: Path | None) -> LiftTable | None:
    named = families(database, world, folder=classes)
    panel = frames.lift_panel(database, world, scope, families=named)
    if not panel.answers or not panel.sources or not panel.exposed.nnz:
        return None
    table = lift(panel)
    return against_events(database, world, scope, panel, table, named)[0] if table.gains else table


def _next(
    database: Engine, world: World, scope: Scope, table: LiftTable | None, classes: Path | None
) -> list[Opportunity]:
    """The best opportunities that nobody has closed."""
    told = listing(*frames.listing_data(database, world, scope)) if table is not None else None
    offers = opportunities(database, world, scope, lift=table, listing=told, classes=classes)
    return [row for row in offers if row.state in ("open", "working")][:OFFERED]


def _rungs(database: Engine, world: World, scope: Scope, table: LiftTable | None) -> tuple[Rung, ...]:
    """The ladder of what the comparison claims, with what of the scope's answers cites each source."""
    if table is None:
        return ()
    sources = frames.sources(database, world, scope)
    cited = dict(zip(sources["domain"], sources["answers"], strict=True))
    of = sum(frames.citable_answers(database, world, scope).values())
    names = [row.source for row in table.rows]
    found = rungs(table, cited, of, frames.linked_at_end(database, world, scope, names))
    return tuple(rung for rung in found if rung.row.verdict in CLAIMS)


def _sources(
    database: Engine, world: World, scope: Scope, classes: Path | None, top: int = 15
) -> list[Source]:
    cited = frames.sources(database, world, scope, ("engine",))
    cited = cited[cited["answers"] > 0]
    answers = sum(frames.citable_answers(database, world, scope).values())
    total = cited.groupby("domain").agg(answers=("answers", "sum"), engines=("engine", "nunique"))
    total = total.sort_values(["answers"], ascending=False, kind="stable").head(top).reset_index()
    kinds = labels(database, world, [str(name) for name in total["domain"]], folder=classes)
    linked = frames.linked_at_end(database, world, scope, [str(name) for name in total["domain"]])
    out = []
    for row in total.to_dict("records"):
        rate = wilson(row["answers"], answers)
        assert rate.estimate is not None
        assert rate.low is not None
        assert rate.high is not None
        to = linked.get(str(row["domain"]), frozenset())
        out.append(
            Source(
                row["domain"],
                kinds[row["domain"]].kind,
                row["answers"],
                answers,
                rate.estimate,
                rate.low,
                rate.high,
                row["engines"],
                tuple(brand.name for brand in world.brands if brand.name in to),
            )
        )
    return out


def _links(database: Engine, world: World, first: date, end: date) -> Iterator[LinkNews]:
    """Pages that began or ceased to link to a brand in these days, the own brand's first, newest first."""
    table = frames.links(database, world, only_cited=False).table
    seconds = [(day - date(1970, 1, 1)).days * 86_400.0 for day in (first, end + timedelta(days=1))]
    news: dict[tuple[str, str, str, int], date] = {}
    for kind, column in (("gained", "first"), ("lost", "lost")):
        part = table[(table[column] >= seconds[0]) & (table[column] < seconds[1])]
        for row in part.to_dict("records"):
            day = date(1970, 1, 1) + timedelta(days=int(row[column] // 86_400))
            news.setdefault((kind, str(row["source"]), str(row["url"] or ""), int(row["brand"])), day)
    ordered = sorted(news.items(), key=lambda each: (not world.brands[each[0][3]].own, -each[1].toordinal()))
    for (kind, source, url, brand), day in ordered:
        fact = world.brands[brand]
        yield LinkNews(day, kind, source, url, fact.name, fact.own)  # type: ignore[arg-type]


def _done(
    database: Engine, world: World, since: date, end: date, happened: Sequence[Moment]
) -> Iterator[Done]:
    """Work that people noted, and sources whose state they set, oldest first."""
    out = [
        Done(moment.at, moment.title)
        for moment in within(happened, since, end)
        if moment.kind in ("pr", "content", "site", "product")
    ]
    with store.reading(database) as session:
        decided = prospects(session, world.id)
    for source, each in decided.items():
        day = None if each.changed_at is None else weeks.day_of(each.changed_at, world.timezone)
        if day is not None and since <= day <= end and each.stage in words.WORKED:
            out.append(Done(day, words.WORKED[each.stage].format(source=source)))
    yield from sorted(out, key=lambda each: each.day)


def _quote(database: Engine, world: World, scope: Scope, week: date) -> Quote | None:
    """The answer of the newest week in which the own brand is named first; else one that names others."""
    assert world.own is not None
    inside = replace(scope, first=week, last=week).prompts(world)
    for brand in (world.own.id, None):
        found = frames.quotable(database, world, week, inside, brand)
        if found is None:
            continue
        text = plain_text(found.text)
        name = world.own.names if brand is not None else None
        return Quote(
            prompt=world.prompts[found.prompt_id].text,
            engine=world.engines[found.engine_id],
            day=weeks.day_of(found.asked_at, world.timezone),
            text=excerpt(text, [name.name, *name.aliases] if name else []),
            names_own=brand is not None,
            answer=found.id or 0,
        )
    return None


def plain_text(text: str) -> str:
    """An answer without its Markdown, one line a block."""
    blocks = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type != "inline":
            continue
        pieces = (
            " " if child.type in ("softbreak", "hardbreak") else child.content
            for child in token.children or ()
            if child.type != "image"
        )
        blocks.append(" ".join("".join(pieces).split()))
    return "\n".join(block for block in blocks if block)


def excerpt(text: str, names: Sequence[str], most: int = QUOTED) -> str:
    """The sentences around the first of the names, or the beginning; what is left out shows."""
    at = min((m.start() for n in names if (m := re.search(re.escape(n), text, re.IGNORECASE))), default=0)
    starts = [0, *(m.end() for m in re.finditer(r"[.!?:]\s+|\n", text))]
    start = max((s for s in starts if s <= at), default=0)
    piece = text[start:].replace("\n", " · ")
    if len(piece) > most:
        piece = piece[:most].rsplit(" ", 1)[0].rstrip(" ·,;:") + " …"
    return ("… " if start else "") + piece
