"""Home's answers in words: where the own brand stands, whether it moved, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from analysis.changes import Moving, WeekChange
from analysis.frames import Scope
from analysis.opportunities import Opportunity
from analysis.visibility import Compared, Row
from dashboard import charts, data, lines, widgets
from dashboard.strings import Common, Glance, Measure, Opportunities, Overview
from dashboard.widgets import Here, Safe
from tracker import numbers

LINES = 3
words = Overview


def own_of(rows: Sequence[Row]) -> Row:
    return next((row for row in rows if row.own), rows[0])


def change_of(moved: Sequence[WeekChange], brand: str, measure: Compared) -> WeekChange | None:
    return next((c for c in moved if c.brand == brand and c.measure == measure), None)


def sentence(rows: Sequence[Row], moved: Sequence[WeekChange]) -> Safe:
    """How often the brand is named, and what became of that."""
    own = own_of(rows)
    rate = own.rates["mention_rate"]
    said = words.SAYS.format(
        brand=own.brand,
        rate=numbers.percent(rate.estimate),
        span=numbers.percent_range(rate.low, rate.high),
    )
    return widgets.join(said, " ", moved_in_words(change_of(moved, own.brand, "mention_rate")))


def moved_in_words(change: WeekChange | None) -> str:
    if change is None:
        return words.MOVED_NOT_YET
    before = "week" if change.weeks == 1 else numbers.counted(change.weeks, "week")
    if change.verdict == "not comparable":
        return words.MOVED["not comparable"].format(before=before)
    d = change.difference
    if d.estimate is None or change.verdict == "not enough data":
        return words.MOVED_THIN.format(before=before)
    size = {
        "points": numbers.points_apart(d.estimate),
        "signed": numbers.points(d.estimate),
        "interval": numbers.points_range(d.low, d.high),
        "before": before,
    }
    among = change.verdict == "within noise" and change.apart
    said = words.MOVED_AMONG if among else words.MOVED[change.verdict]
    return said.format(**size)


def tiles(rows: Sequence[Row], moved: Sequence[WeekChange], weekly: Sequence[Row]) -> Safe:
    """Four tiles of one window, each a door to what it counts."""
    own = own_of(rows)
    parts = [
        _tile(name, own, change_of(moved, own.brand, name), lines.of(weekly, own.brand, name))
        for name in Measure.NAMES
    ]
    if len(rows) > 1 and own.own:
        parts.append(_rank(own, rows))
    return Safe(f'<div class="cl-tiles">{"".join(parts)}</div>')


def care(reasons: Sequence[str]) -> Safe:
    """Why the newest weeks are no fair comparison."""
    why = widgets.text("; ".join(reasons))
    return Safe(f'<p class="cl-care"><b>{words.NOT_COMPARABLE}.</b> {why}</p>')


def _tile(name: Compared, own: Row, change: WeekChange | None, line: list[float]) -> Safe:
    rate = own.rates[name]
    top = max(rate.high or 0, rate.estimate or 0, *(line or [0])) * 1.15 or 1
    drawn = widgets.picture(
        charts.whisker(rate.low, rate.estimate, rate.high, top=top, width=180), Common.INTERVAL
    )
    span = numbers.percent_range(rate.low, rate.high) if rate.enough else Common.NOT_ENOUGH
    basis = widgets.basis(rate.n, rate.clusters, Measure.UNITS[name])
    spark = widgets.picture(charts.sparkline(line, width=180, height=30, top=top), Measure.NAMES[name])
    inner = (
        f'<span class="label">{Measure.NAMES[name]}{widgets.info(f"{Measure.SHORT[name]}. {basis}.")}</span>'
        f'<span class="value">{numbers.percent(rate.estimate)}</span>{drawn}<small>{span}</small>'
        f'<span class="note">{_delta(change)}</span>{spark}'
    )
    return _opens("answers", inner, few=own.directional, measure=name, brand=own.brand)


def _opens(page: str, inner: str, *, few: bool = False, **parameters: object) -> Safe:
    href = widgets.text(widgets.address(page, **parameters))
    return Safe(f'<a class="cl-door cl-tile{" cl-few" if few else ""}" href="{href}">{inner}</a>')


def _delta(change: WeekChange | None) -> Safe:
    if change is None:
        return widgets.badge(Measure.ONE_WEEK)
    mark = widgets.badge(
        Measure.CHANGE[change.verdict], Measure.TONE[change.verdict], "; ".join(change.reasons)
    )
    if change.difference.estimate is None:
        return mark
    before = "week" if change.weeks == 1 else numbers.counted(change.weeks, "week")
    size = numbers.points(change.difference.estimate)
    return widgets.join(mark, " ", size, " ", Measure.SINCE.format(before=before))


def _rank(own: Row, rows: Sequence[Row]) -> Safe:
    rates = {row.brand: row.rates["mention_rate"].estimate or 0 for row in rows}
    place = 1 + sum(rate > rates[own.brand] for rate in rates.values())
    best = max((row for row in rows if not row.own), key=lambda row: rates[row.brand])
    away = rates[best.brand] - rates[own.brand]
    said = words.LEADS if away > 0 else words.FOLLOWS
    drawn = widgets.picture(charts.standings(rates, own.brand, width=180), words.RANKED)
    beside = [
        text.format(brand=brand, points=numbers.points_apart(abs(rates[brand] - rates[own.brand])))
        for text, brand in _neighbours(rates, own.brand)
        if brand != best.brand
    ]
    inner = (
        f'<span class="label">{words.RANKED}{widgets.info(words.RANKED_HELP)}</span>'
        f'<span class="value">{widgets.text(words.PLACE.format(place=place, all=len(rows)))}</span>{drawn}'
        f"<small>{widgets.text(said.format(brand=best.brand, points=numbers.points_apart(away)))}</small>"
        + "".join(f'<span class="note">{widgets.text(each)}</span>' for each in beside)
    )
    return _opens("rival", inner, few=own.directional, name=best.brand)


def _neighbours(rates: Mapping[str, float], own: str) -> list[tuple[str, str]]:
    """The next brands above and below the own one, with the words for it."""
    ordered = sorted(rates, key=lambda brand: (-rates[brand], brand != own))
    at = ordered.index(own)
    above = [(words.ABOVE, ordered[at - 1])] if at else []
    return above + [(words.BELOW, brand) for brand in ordered[at + 1 : at + 2]]


def steps(offers: Sequence[Opportunity]) -> Safe:
    """The best opportunities nobody has closed."""
    shown = [offer for offer in offers if offer.state in ("open", "working")][:LINES]
    if not shown:
        return _list([Glance.NOTHING])
    return Safe(f'<ol class="cl-moves">{"".join(map(_step, shown))}</ol>')


def _step(offer: Opportunity) -> Safe:
    if offer.gain is not None:
        span = numbers.points_range(offer.gain_low, offer.gain_high)
        size = Glance.GAIN.format(points=numbers.points(offer.gain), interval=span)
    else:
        size = Glance.CITED.format(
            rate=numbers.percent(offer.rate),
            interval=numbers.percent_range(offer.low, offer.high),
            n=numbers.counted(offer.cited_answers, Common.ANSWERS_ONE),
        )
    kinds = dict.fromkeys(Opportunities.REASONS.get(reason.kind, reason.kind) for reason in offer.reasons)
    under = widgets.text("; ".join(kinds))
    name = widgets.door("source", offer.source, d=offer.source)
    return Safe(f"<li><b>{name}</b> {widgets.text(size)}<small>{under}</small></li>")


def _list(items: Sequence[object]) -> Safe:
    return Safe("<ul>" + "".join(f"<li>{widgets.text(item)}</li>" for item in items) + "</ul>")


def lately(here: Here, scope: Scope, moved: Sequence[WeekChange]) -> Safe:
    """What moved beyond noise, what those saw who looked every week, and the own brand's links, as far as
    they are computed."""
    movers = widgets.computed(data.movers, here.workspace, scope) or []
    links = widgets.computed(data.link_days, here.workspace) if data.has_links(here.workspace) else None
    items: list[object] = [_moving(m) for m in movers[:LINES]]
    items += [_move(change) for change in moved if change.verdict in ("up", "down")][:LINES]
    if moved and not items:
        items.append(Glance.QUIET)
    items += _links(here, links)
    return _list(items or [Glance.NOT_YET])


def _moving(m: Moving) -> Safe:
    said = Glance.WATCHED.format(
        measure=Measure.NAMES[m.measure].casefold(),
        day=numbers.day(m.since),
        before=numbers.percent(m.before),
        after=numbers.percent(m.after),
        e=f"{m.e:,.0f}",
    )
    return widgets.join(widgets.strong(m.brand), " ", said)


def _move(change: WeekChange) -> Safe:
    d = change.difference
    said = Glance.MOVED.format(
        measure=Measure.NAMES.get(change.measure, change.measure).casefold(),
        verdict=Measure.CHANGE[change.verdict],
        points=numbers.points(d.estimate),
        interval=numbers.points_range(d.low, d.high),
        prompts=numbers.counted(d.clusters, Common.PROMPTS_ONE),
    )
    return widgets.join(widgets.strong(change.brand), " ", said)


def _links(here: Here, links: data.LinkDays | None) -> list[object]:
    """The own brand's links and the newest event of the last four weeks with answers."""
    weeks = data.weeks(here.workspace)
    since = weeks[-1] - timedelta(weeks=3)
    until = weeks[-1] + timedelta(days=6)
    lines: list[object] = []
    if here.world.own and links is not None:
        gained, lost = links.between(since, until)
        said = Glance.LINKS if gained or lost else Glance.LINKS_NONE
        counted = numbers.counted(gained, Glance.LINK)
        lines.append(said.format(gained=counted, lost=lost, day=numbers.day(since)))
    log = data.happened(here.workspace, None)
    recent = log[(log["at"] >= since) & (log["at"] <= until)]
    noted = widgets.records(recent[recent["brand"].isna()].head(1))
    return lines + [Glance.EVENT.format(day=numbers.day(m.at), title=m.title) for m in noted]
