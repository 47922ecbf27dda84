"""Everything worth an alert, each with the odds that it is nothing: what moved, links, engines, money, the
clock.

What is estimated is gated so that a year of looks in which nothing happens has any false word of a kind with
a probability of 5 % at most: moves by e-values (`analysis.alerts`), engines that stop searching by Fisher's
exact test at 0.05 ÷ 52 ÷ engines, risky spikes by the p-value of `analysis.review`. What is
counted (money, failed asks, a missed run, a link that is gone at two looks) is a fact and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy import stats
from sqlalchemy import Engine
from sqlmodel import col, select

from analysis import frames, review, templates
from analysis.alerts import alerts
from analysis.frames import Links, Scope, World
from analysis.moments import moments
from tracker import domains, numbers, schedule, store
from tracker.answers import served
from tracker.archive.laid import reading_beside
from tracker.catalog import look
from tracker.links import snapshots
from tracker.links.pages.alerts import Alert
from tracker.links.pages.alerts import alerts as page_alerts
from tracker.links.pages.history import CONFIRM_DAYS
from tracker.links.snapshots import PageNews
from tracker.models import Alarm, Firing, Schedule
from tracker.notify import outbox, people, telling
from tracker.notify.message import Message
from tracker.notify.people import AlarmKind
from tracker.notify.telling import Found
from tracker.run import money
from tracker.run.work import Limits
from tracker.settings import Settings

TEMPLATES = Path(__file__).parent / "report" / "templates"
YEAR = 52
ALPHA = 0.05
FAILING = 0.1
"""Of a week's asks of one engine that fail or come empty."""
FEWEST = 5
NEARLY = 0.8
LATE = timedelta(hours=1)
"""After a due moment at which nothing began."""
RECENT = timedelta(days=14)
AGAIN = timedelta(days=30)
"""After which the same link may be told of once more."""
INSTANT = timedelta(microseconds=1)
COUNTED = "This was counted, not estimated."
_BAD = ("not run", "failed", "no report", "given up", "stopped at the budget", "partial")


def alarms(
    database: Engine,
    world: World,
    now: datetime,
    *,
    month_budget: int | None = None,
    untracked_names: bool = True,
) -> list[Found]:
    """What there is to tell; each thing has the same key however often it is found.

    `month_budget` is the workspace's, in micro-dollars.
    """
    known = frames.weeks(database, world)
    found = list(_clock(database, world, now))
    found += _deliveries(database, world, now)
    found += _money(database, world, now, month_budget)
    if known:
        found += _moves(database, world, known[-1], untracked_names)
        found += _engines(database, world, known)
    found += _links(database, world, now)
    if world.own is not None and frames.has_links(database, world):
        found += _spikes(database, world, now)
    return found


def tell(database: Engine, world: World, catalog: Path, settings: Settings, now: datetime) -> str:
    """What there is to alert of, archived weeks included, stored once and told to each person once; says what
    came of it."""
    told, pages = people.load(catalog), look.load(catalog).pages
    with reading_beside(database, settings.archive) as reader:
        found = alarms(reader, world, now, month_budget=Limits.of(settings).month_budget_micros)
    with store.writing(database) as session:
        fresh = telling.note(session, world.id, found, now)
        telling.post_due(session, world.id, told, now, lambda each: message(world, each, pages))
    sent = outbox.send_due(database, world.id, told, now)
    return f"{numbers.counted(len(fresh), 'new alert')}; {sent}"


def _moves(database: Engine, world: World, last: date, untracked_names: bool) -> Iterator[Found]:
    for each in alerts(database, world, last=last, untracked_names=untracked_names):
        if each.told < last - RECENT:
            continue  # known long before anybody was to be told
        says, _, odds = each.words.rpartition(" Of alerts as sure as this one,")
        kind: AlarmKind = "rival" if each.kind == "new rival" else "move"
        page = "rivals" if not each.own else "home"
        yield Found(
            f"move:{each.id}", kind, _midnight(each.told), says, f"Of alerts as sure as this one,{odds}", page
        )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _engines(database: Engine, world: World, known: Sequence[date]) -> Iterator[Found]:
    """Engines that changed their model, stopped searching, or fail, in the newest week."""
    week = known[-1]
    for moment in moments(database, world):
        if moment.kind == served.KIND and frames.monday(moment.at) == week:
            yield Found(
                f"model:{moment.engine}:{moment.at.isoformat()}",
                "model",
                _midnight(moment.at),
                f"{moment.title}. Compare with care across that day.",
                "The answers themselves say so.",
                "timeline",
            )
    now, before = (
        {int(row["engine"]): row for row in frames.excluded(database, world, scope).to_dict("records")}
        for scope in (
            Scope(first=week, last=week, branded="include"),
            Scope(last=week - timedelta(days=1), branded="include"),
        )
    )
    for engine, row in now.items():
        name = world.engines[engine]
        stored, bad = int(row["stored"]), int(row["problem"])
        if stored >= FEWEST and bad / stored > FAILING:
            yield Found(
                f"failing:{engine}:{week.isoformat()}",
                "failing",
                _midnight(week),
                f"{name}: {bad} of {numbers.counted(stored, 'answer')} of the newest week failed or are "
                "empty.",
                COUNTED,
                "settings",
            )
        if engine in before and (p := stopped(row, before[engine])) < silent_level(len(now)):
            silent = int(row["not_searched"])
            share = numbers.percent(before[engine]["not_searched"] / before[engine]["stored"])
            yield Found(
                f"search:{engine}:{week:%Y-%m}",
                "search",
                _midnight(week),
                f"{name} answered {silent} of {numbers.counted(stored, 'time')} without a search in the "
                f"newest week; before, {share} of its answers.",
                f"So many by chance: at most {_one_in(p)}.",
                "settings",
            )


def silent_level(engines: int) -> float:
    """The p-value below which one of so many engines is told to have stopped, looked at every week of a
    year."""
    return ALPHA / YEAR / engines


def stopped(now: Mapping[Any, Any], before: Mapping[Any, Any]) -> float:
    """p-value of no more answers without a search than before (Fisher's exact test, one-sided)."""
    rows = [[int(r["not_searched"]), int(r["stored"]) - int(r["not_searched"])] for r in (now, before)]
    if min(map(sum, rows)) < FEWEST:
        return 1.0
    return float(stats.fisher_exact(np.array(rows), alternative="greater").pvalue)


def _one_in(p: float) -> str:
    return f"1 in {max(int(1 / p), 1):,}" if p > 1e-9 else "1 in 1,000,000,000"


def _links(database: Engine, world: World, now: datetime) -> Iterator[Found]:
    """Links on pages that answers cite which are gone or nofollowed: by our own looks, or by an export.

    What both say is told once: within `AGAIN` days one alert of a link and kind is enough.
    """
    with store.reading(database) as session:
        looked = page_alerts(session, world.id, since=now - RECENT)
        exported = snapshots.worse_since(session, world.id, now - RECENT)
        stored = select(Alarm.key, Alarm.found_at).where(Alarm.workspace_id == world.id, Alarm.kind == "link")
        told = [key for key, at in session.exec(stored) if at >= now - AGAIN]
    looked = [each for each in looked if each.kind in ("lost", "nofollow") and each.confirmed]
    urls = [*(each.url for each in looked), *(each.url for each in exported)]
    if not urls:
        return
    ids = sorted({domains.domain_id(address.domain) for url in urls if (address := domains.try_parse(url))})
    cited = set(frames.pages_of(database, world, Scope(branded="include"), ids)["url"])
    own = world.own.name if world.own else None
    found = [*_looked(looked), *_exported(frames.links(database, world, sources=ids), world, exported, now)]
    done: set[str] = set()
    for news in found:
        prefix = f"link:{news.kind}:{news.url}:{news.brand}:"
        key = f"{prefix}{news.at.isoformat()}"
        told_before = any(each.startswith(prefix) and each != key for each in told)
        if news.url not in cited or told_before or prefix in done:
            continue
        done.add(prefix)
        whose = "you" if news.brand == own else news.brand
        verb = "no longer links to" if news.kind == "lost" else "links with nofollow now to"
        says = f"{news.url}, which answers cite, {verb} {whose}."
        yield Found(key, "link", news.at, says, f"{news.sure} {COUNTED}", news.page)


@dataclass(frozen=True)
class _LinkNews:
    kind: Literal["lost", "nofollow"]
    url: str
    brand: str
    at: datetime
    sure: str
    page: str


def _looked(looked: Sequence[Alert]) -> Iterator[_LinkNews]:
    for each in looked:
        seen = f"Seen twice, {CONFIRM_DAYS} days apart or more."
        kind: Literal["lost", "nofollow"] = "lost" if each.kind == "lost" else "nofollow"
        yield _LinkNews(
            kind, each.url, each.brand, each.at, seen if kind == "lost" else "Read off the page.", "looks"
        )


def _exported(links: Links, world: World, exported: Sequence[PageNews], now: datetime) -> Iterator[_LinkNews]:
    """What exports say, where all evidence together does not say otherwise."""
    table, live = links.table, links.live_on(now.timestamp())
    ends, nofollowed = (table[name].to_numpy(np.float64) for name in ("lost", "nofollow"))
    brands = table["brand"].to_numpy(np.int64)
    rows: dict[str, list[int]] = {}
    for row, url in enumerate(table["url"]):
        rows.setdefault(url, []).append(row)
    for each in exported:
        for row in rows.get(each.url, ()):
            gone = not live[row] and ends[row] <= now.timestamp()
            if not (gone if each.kind == "lost" else live[row] and nofollowed[row] == 1):
                continue
            at = (
                datetime.fromtimestamp(float(ends[row]), UTC)
                if each.kind == "lost"
                else _midnight(each.as_of)
            )
            says = "says so" if each.stated else "no longer lists it"
            export = f"The export of {numbers.day(each.as_of)} ({each.vendor})"
            sure = f"{export} {says}; nobody has looked at the page."
            brand = world.brands[brands[row]].name
            yield _LinkNews(each.kind, each.url, brand, at, sure, "links")


def _spikes(database: Engine, world: World, now: datetime) -> Iterator[Found]:
    for week in review.profile(database, world).weeks:
        if not (week.spike and week.risky) or _midnight(week.week) < now - RECENT:
            continue
        usual = f", where {numbers.number(week.expected)} are usual" if week.expected is not None else ""
        odds = f"So many by chance: at most {_one_in(week.p)}." if week.p else COUNTED
        yield Found(
            f"spike:{week.week.isoformat()}",
            "spike",
            _midnight(week.week),
            f"{numbers.counted(week.new, 'new site')} linked to you in the week of {numbers.day(week.week)}"
            f"{usual}; {week.because}.",
            odds,
            "links",
        )


def _money(database: Engine, world: World, now: datetime, budget: int | None) -> Iterator[Found]:
    if not budget:
        return
    with store.reading(database) as session:
        spent = money.month_spent(session, world.id, now)
    for share in (NEARLY, 1.0):
        if spent >= share * budget:
            yield Found(
                f"budget:{now:%Y-%m}:{share}",
                "budget",
                now,
                f"{numbers.money(spent)} of this month's {numbers.money(budget)} are spent or set aside.",
                COUNTED,
                "settings",
            )


def _clock(database: Engine, world: World, now: datetime) -> Iterator[Found]:
    """Firings that came to nothing, and due moments at which nothing began."""
    with store.reading(database) as session:
        active = session.exec(
            select(Schedule).where(Schedule.workspace_id == world.id, col(Schedule.active))
        ).all()
        for each in active:
            newest = session.exec(
                select(Firing).where(Firing.schedule_id == each.id).order_by(col(Firing.due_at).desc())
            ).first()
            missed = schedule.next_due(each, each.last_due_at + INSTANT) if each.last_due_at else None
            if missed is not None and now - missed > LATE:
                says = f"{each.name}: the {each.kind} due {numbers.moment(missed)} has not begun."
                yield Found(
                    f"missed:{each.id}:{missed.isoformat()}", "missed", missed, says, COUNTED, "settings"
                )
            if newest is not None and (newest.outcome or "").startswith(_BAD):
                says = f"{each.name}: the {each.kind} of {numbers.moment(newest.due_at)}: {newest.outcome}."
                yield Found(
                    f"missed:{each.id}:{newest.due_at.isoformat()}",
                    "missed",
                    newest.due_at,
                    says,
                    COUNTED,
                    "settings",
                )


def _deliveries(database: Engine, world: World, now: datetime) -> Iterator[Found]:
    with store.reading(database) as session:
        troubles = outbox.troubles(session, world.id, now - RECENT)
    for each, subject in troubles:
        state = "did not arrive" if each.state == "failed" else "may or may not have arrived"
        yield Found(
            f"delivery:{each.id}",
            "delivery",
            each.ended_at or now,
            f"“{subject}” to {each.recipient} {state}: {each.detail}.",
            COUNTED,
            "settings",
        )


# Told


def message(world: World, found: Sequence[Alarm], pages: str = "") -> Message:
    """The alerts as every channel can tell them; `pages` is the dashboard's address."""
    who = world.own.name if world.own else world.name
    many = numbers.counted(len(found), "alert")
    lines = [f"{each.says} {each.odds}" for each in found]
    subject = f"{who}: {found[0].says}" if len(found) == 1 else f"{who}: {many}"
    links = [f"{pages}/{each.page}" if pages else "" for each in found]
    text = "\n\n".join("\n".join(filter(None, (line, link))) for line, link in zip(lines, links, strict=True))
    return Message(
        kind="alerts.found",
        subject=subject[:180],
        text=text,
        lead=lines[0] if len(lines) == 1 else f"{many}: {found[0].says}",
        points=tuple(lines) if len(lines) > 1 else (),
        html=_html(who, lines, links),
        link=links[0] if len(set(links)) == 1 else pages,
        data={
            "workspace": world.name,
            "alerts": [
                {
                    "id": each.key,
                    "kind": each.kind,
                    "at": each.at.isoformat(),
                    "says": each.says,
                    "odds": each.odds,
                    "page": link or None,
                }
                for each, link in zip(found, links, strict=True)
            ],
        },
    )


def _html(who: str, lines: Sequence[str], links: Sequence[str]) -> str:
    page = templates.environment(TEMPLATES).get_template("alerts.html")
    return page.render(who=who, alerts=list(zip(lines, links, strict=True)))
