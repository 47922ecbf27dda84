"""The three questions under the headline: against whom, what changed, what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from analysis.changes import Moving, WeekChange
from analysis.frames import Scope
from analysis.opportunities import Opportunity
from analysis.visibility import Row
from dashboard import data, widgets
from dashboard.strings import Common, Empty, Glance, Measure, Opportunities
from dashboard.widgets import Here, Safe
from tracker import numbers

LINES = 3
MANY = 100_000
"""Weighing sources over more answers than these takes longer than a first look should."""


def panels(here: Here, scope: Scope, rows: list[Row], moved: list[WeekChange], steps: Safe | None) -> str:
    """`steps` is None while they are being computed."""
    own = next((row for row in rows if row.own), None)
    waiting = bullets([Safe(f'<span class="cl-quiet">{Glance.COMPUTING}</span>')])
    parts = (
        (
            Glance.AGAINST,
            "rivals",
            Glance.MORE_RIVALS,
            against(here, scope, rows) if own else bullets([Glance.NO_OWN]),
        ),
        (
            Glance.CHANGED,
            "timeline",
            Glance.MORE_EVENTS,
            bullets([*watched(here, scope), *changed(moved), *lately(here)]),
        ),
        (
            Glance.NEXT,
            "work",
            Glance.MORE_NEXT,
            (waiting if steps is None else steps) if own else bullets([Glance.NO_OWN]),
        ),
    )
    inner = "".join(
        f"<div><h3>{widgets.text(head)} {widgets.door(page, more)}</h3>{body}</div>"
        for head, page, more, body in parts
    )
    return f'<div class="cl"><div class="cl-glance">{inner}</div></div>'


def bullets(items: Iterable[object]) -> Safe:
    return Safe("<ul>" + "".join(f"<li>{widgets.text(item)}</li>" for item in items) + "</ul>")


def line(name: object, words: object, under: object = "") -> Safe:
    small = f"<small>{widgets.text(under)}</small>" if under else ""
    return Safe(f"<b><bdi>{widgets.text(name)}</bdi></b> {widgets.text(words)}{small}")


def against(here: Here, scope: Scope, rows: Sequence[Row]) -> Safe:
    """The leader, the next one above and the next one below the own brand."""
    ordered = sorted(rows, key=lambda row: -(row.rates["mention_rate"].estimate or 0))
    spot = next(i for i, row in enumerate(ordered) if row.own)
    others = [i for i in dict.fromkeys((0, spot - 1, spot + 1)) if 0 <= i < len(ordered) and i != spot]
    if not others:
        return bullets([Glance.NO_RIVALS])
    by_rival = dict(data.differences(here.workspace, scope, "mention_rate"))
    rivals = [line(name := ordered[i].brand, _difference(by_rival[name].difference)) for i in others]
    mine = ordered[spot]
    basis = widgets.basis(mine.answers, mine.prompts)
    return bullets(
        [*rivals, Safe(f"<small>{widgets.text(Glance.AGAINST_BASIS.format(basis=basis))}</small>")]
    )


def _difference(difference: object) -> str:
    from analysis.intervals import Interval

    assert isinstance(difference, Interval)
    if difference.low is None or difference.high is None or difference.estimate is None:
        return Glance.THIN
    span = numbers.points_range(difference.low, difference.high)
    if difference.low <= 0 <= difference.high:
        return Glance.TIE.format(points=numbers.points(difference.estimate), interval=span)
    words = Glance.BEHIND if difference.estimate > 0 else Glance.AHEAD
    apart = numbers.points_apart_range(difference.low, difference.high)
    return words.format(points=numbers.points_apart(difference.estimate), interval=apart)


def watched(here: Here, scope: Scope) -> list[object]:
    """What moved for those who look every week, the own brand's first."""
    return [_moving(m) for m in data.movers(here.workspace, scope)[:LINES]]


def _moving(m: Moving) -> Safe:
    words = Glance.WATCHED.format(
        measure=Measure.NAMES[m.measure].casefold(),
        day=numbers.day(m.since),
        before=numbers.percent(m.before),
        after=numbers.percent(m.after),
        e=f"{m.e:,.0f}",
    )
    return line(m.brand, words)


def changed(moved: Sequence[WeekChange]) -> list[object]:
    """Changes beyond noise, the own brand's first; else why there is none."""
    if not moved:
        return [Glance.ONE_WEEK]
    if moved[0].verdict == "not comparable":
        return [Glance.NOT_COMPARABLE.format(reason="; ".join(moved[0].reasons))]
    return [*_moves(moved), *(_small(f"{note}.") for note in moved[0].notes)]


def _moves(moved: Sequence[WeekChange]) -> list[object]:
    beyond_noise = [change for change in moved if change.verdict in ("up", "down")]
    span = numbers.counted(moved[0].weeks, "week")
    if beyond_noise:
        return [
            *(_move(change) for change in beyond_noise[:LINES]),
            _small(Glance.ONE_LOOK.format(span=span)),
        ]
    if all(change.verdict == "not enough data" for change in moved):
        return [Glance.THIN_WEEKS]
    days = {"after": numbers.day(moved[0].last), "before": numbers.day(moved[0].first)}
    return [Glance.NOISE.format(comparisons=numbers.counted(len(moved), "comparison"), span=span, **days)]


def _small(words: str) -> Safe:
    return Safe(f"<small>{widgets.text(words)}</small>")


def _move(change: WeekChange) -> Safe:
    d = change.difference
    words = Glance.MOVED.format(
        measure=Measure.NAMES.get(change.measure, change.measure).casefold(),
        verdict=Measure.CHANGE[change.verdict],
        points=numbers.points(d.estimate),
        interval=numbers.points_range(d.low, d.high),
        prompts=numbers.counted(d.clusters, Common.PROMPTS_ONE),
    )
    return line(change.brand, words)


def lately(here: Here) -> list[object]:
    """The own brand's links and the newest event of the last four weeks with answers."""
    weeks = data.weeks(here.workspace)
    if not weeks:
        return []
    since = weeks[-1] - timedelta(weeks=3)
    log = data.happened(here.workspace)
    recent = log[(log["at"] >= since) & (log["at"] <= weeks[-1] + timedelta(days=6))]
    lines: list[object] = []
    if here.world.own and data.has_links(here.workspace):
        mine = recent[recent["brand"] == here.world.own.name]["kind"].value_counts()
        gained, lost = (int(mine.get(kind, 0)) for kind in ("gained link", "lost link"))
        words = Glance.LINKS if gained or lost else Glance.LINKS_NONE
        lines.append(
            words.format(gained=numbers.counted(gained, "linking site"), lost=lost, day=numbers.day(since))
        )
    noted = widgets.records(recent[recent["brand"].isna()].head(1))
    return lines + [Glance.EVENT.format(day=numbers.day(m.at), title=m.title) for m in noted]


def next_steps(here: Here, scope: Scope, answers: int) -> Safe:
    """The best opportunities nobody has closed, as the page of them has them: over all weeks."""
    if here.world.own is None:
        return bullets([Glance.NO_OWN])
    if not data.has_links(here.workspace):
        return bullets([widgets.join(Glance.NO_LINKS, " ", widgets.code(Empty.LINKS_COMMANDS[0]))])
    if answers > MANY:
        return bullets([Glance.MANY.format(answers=numbers.counted(answers, Common.ANSWERS_ONE))])
    first, last = data.window(here.workspace, None)
    whole = Scope(first=first, last=last, engine=scope.engine, topic=scope.topic, branded="include")
    offers = [o for o in data.opportunities(here.workspace, whole) if o.state in ("open", "working")][:LINES]
    if not offers:
        return bullets([Glance.NOTHING])
    return bullets(_step(o) for o in offers)


def _step(offer: Opportunity) -> Safe:
    name = widgets.link(f"https://{offer.source}", offer.source)
    if offer.gain is not None:
        span = numbers.points_range(offer.gain_low, offer.gain_high)
        words = Glance.GAIN.format(points=numbers.points(offer.gain), interval=span)
    else:
        span = numbers.percent_range(offer.low, offer.high)
        words = Glance.CITED.format(
            rate=numbers.percent(offer.rate),
            interval=span,
            n=numbers.counted(offer.cited_answers, Common.ANSWERS_ONE),
        )
    kinds = dict.fromkeys(Opportunities.REASONS.get(reason.kind, reason.kind) for reason in offer.reasons)
    return line(name, words, "; ".join(kinds))
