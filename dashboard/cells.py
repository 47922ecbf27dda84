"""Results → cells of tables and lines of downloads. Pure: nothing is read here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pandas as pd

from analysis.changes import Pair, WeekChange
from analysis.events.study import EARLY, EventRow, PathPoint
from analysis.experiments import words as experiment_words
from analysis.frames import Scope, World
from analysis.intervals import Interval
from analysis.lift.estimate import LiftRow, LiftTable
from analysis.lift.listing import ListingTable
from analysis.prospects import Ground, LinkedPage, ProspectRow
from analysis.quality import AnchorShare
from analysis.review import LinkWeek, Review
from analysis.trials import ExperimentResult, SourceWork
from analysis.visibility import Row
from dashboard import charts, widgets
from dashboard.data import BrandLinks
from dashboard.strings import (
    Common,
    Drawer,
    Events,
    ExperimentsPage,
    Lift,
    LinksPage,
    LooksPage,
    Measure,
    Overview,
    ProspectsPage,
    ReviewPage,
    Rivals,
    Sources,
)
from tracker import numbers
from tracker.experiments import BookLine
from tracker.links.pages.alerts import Alert, StoredListing
from tracker.links.pages.verify import StoredVerdict


def window(scope: Scope, world: World, excluded: pd.DataFrame) -> str:
    """Which days and prompts a headline is about, and which answers are in no number."""
    branded = ""
    if scope.branded == "exclude" and world.branded:
        branded = Common.LEFT_OUT.format(n=numbers.counted(len(world.branded), Common.PROMPTS_ONE))
    last = scope.last + timedelta(days=6) if scope.last else None
    words = Common.WINDOW.format(window=numbers.period(scope.first, last), branded=branded)
    for name, sentence in Overview.EXCLUDED.items():
        if number := int(excluded[name].sum()):
            words += " " + sentence.format(n=numbers.counted(number, Common.ANSWERS_ONE))
    return words


def brand_line(
    row: Row, rows: list[Row], moved: WeekChange | None, hues: Mapping[str, str]
) -> tuple[object, ...]:
    """A brand among `rows`; a rival's name opens it against the own brand."""
    named = [each.rates["mention_rate"] for each in rows]
    top = max((rate.high or rate.estimate or 0) for rate in named) or 1
    own = widgets.join(row.brand, f" ({Common.OWN})")
    name = own if row.own else widgets.door("rival", row.brand, name=row.brand)
    return name, *rates(row, top, hues[row.brand]), change(moved), numbers.count(row.answers)


def rates(row: Row, top: float, colour: str) -> tuple[object, ...]:
    named, cited, share = (row.rates[name] for name in Measure.NAMES)
    drawn = widgets.picture(
        charts.whisker(named.low, named.estimate, named.high, top=top, colour=colour), Common.INTERVAL
    )
    return widgets.rate(named), drawn, widgets.rate(cited), widgets.rate(share)


def change(moved: WeekChange | None) -> widgets.Safe:
    if moved is None:
        return widgets.badge(Measure.ONE_WEEK)
    mark = widgets.badge(Measure.CHANGE[moved.verdict], Measure.TONE[moved.verdict])
    d = moved.difference
    if d.low is None:
        return widgets.small(numbers.points(d.estimate), mark)
    return widgets.small(
        numbers.points(d.estimate), widgets.join(numbers.points_range(d.low, d.high), " ", mark)
    )


def lift_note(row: LiftRow) -> str:
    prompts = numbers.counted(row.prompts, Common.PROMPTS_ONE)
    span = numbers.points_range(row.low, row.high)
    return Lift.NOTE.format(
        lift=numbers.points(row.lift), interval=span, exposed=numbers.count(row.exposed), prompts=prompts
    )


def lift_forest(rows: list[LiftRow]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "name": [row.source for row in rows],
            "estimate": [row.lift for row in rows],
            "low": [row.low for row in rows],
            "high": [row.high for row in rows],
            "tone": [Lift.TONES.get(row.verdict, "quiet") for row in rows],
            "note": [lift_note(row) for row in rows],
            "href": [widgets.address("source", d=row.source) for row in rows],
        }
    )
    return frame.replace({"tone": {"warn": "quiet"}})


def lift_ordered(rows: list[LiftRow], by: str) -> list[LiftRow]:
    keys = {
        "rank": lambda r: (r.rank_key is None, -(r.rank_key or 0)),
        "lift": lambda r: (r.lift is None, -(r.lift or 0)),
        "exposed": lambda r: -r.exposed,
        "source": lambda r: r.source,
    }
    return sorted(rows, key=keys[by])


def lift_line(row: LiftRow) -> tuple[object, ...]:
    passed = (
        Lift.PASSED.format(passed=sum(row.checks.values()), all=len(row.checks))
        if row.checks
        else Lift.NO_CHECKS
    )
    figures = (
        numbers.points(row.lift),
        numbers.points_range(row.low, row.high),
        numbers.count(row.exposed),
        row.prompts,
    )
    return (widgets.site(row.source), *figures, lift_verdict(row), passed)


def lift_verdict(row: LiftRow) -> widgets.Safe:
    verdict = widgets.badge(Lift.VERDICTS[row.verdict], Lift.TONES.get(row.verdict, "quiet"), row.verdict)
    return widgets.small(verdict, Lift.GATED) if row.gated else verdict


def lift_limits(lifts: LiftTable) -> widgets.Safe:
    """What a lift can say, and what it cannot."""
    halves = ((Lift.CAN_HEAD, Lift.CAN_SAY), (Lift.CANNOT_HEAD, Lift.CANNOT_SAY))
    body = "".join(
        f"<div><b>{widgets.text(head)}</b>{widgets.bullets(sentences)}</div>" for head, sentences in halves
    )
    pooled = ""
    if lifts.unlinked and lifts.unlinked.estimate is not None:
        span = numbers.points_range(lifts.unlinked.low, lifts.unlinked.high)
        value = numbers.points(lifts.unlinked.estimate)
        pooled = f"<p>{widgets.text(Lift.POOLED.format(value=value, interval=span))}</p>"
    return widgets.Safe(f'<div class="cl-cols">{body}</div>{pooled}')


def lift_checks(row: LiftRow) -> list[tuple[object, ...]]:
    tones = {True: "good", False: "warn"}
    return [
        (
            Lift.CHECK_NAMES.get(check, check),
            widgets.badge(Lift.OUTCOME[passed], tones[passed]),
            numbers.minus(row.details.get(check, "")),
        )
        for check, passed in row.checks.items()
    ]


LIFT_HEADS: tuple[str, ...] = (
    "source",
    "type",
    "lift",
    "low",
    "high",
    "p",
    "q",
    "linked_pairs",
    "prompts",
    "verdict",
    "checks_passed",
)
LIFT_HEADS += ("checks", "gated", "pull", "pull_low", "missing", "missing_low")


def listing_lines(told: ListingTable) -> list[tuple[str, ...]]:
    """Listed, linked and followed over all sources, then the sources that have enough for a number."""
    known = [each for each in told.sources if each.listed.value is not None]
    shown = [(Lift.LISTED, told.listed), (Lift.LINKED, told.linked), (Lift.FOLLOWED, told.followed)]
    for each in known:
        shown += [
            (Lift.LISTED_ON.format(source=each.source), each.listed),
            (Lift.LINKED_ON.format(source=each.source), each.link),
        ]
    return [
        (
            what,
            numbers.points(added.value),
            numbers.points_range(added.low, added.high),
            numbers.count(added.pairs),
            numbers.count(added.without),
        )
        for what, added in shown
    ]


def lift_raw(row: LiftRow) -> tuple[object, ...]:
    head = (
        row.source,
        row.family,
        row.lift,
        row.low,
        row.high,
        row.p,
        row.q,
        row.exposed,
        row.prompts,
        row.verdict,
    )
    explained = (row.pull, row.pull_low, row.missing, row.missing_low)
    return (*head, sum(row.checks.values()), len(row.checks), str(row.gated), *explained)


def linked_brand(name: object, mine: pd.DataFrame) -> tuple[object, ...]:
    """One brand that a source links to: pages, since when, and whether it still does."""
    first, lost = mine["first"].min(), mine["lost"]
    state = (
        widgets.badge(Drawer.LOST.format(day=numbers.day(lost.max())), "bad")
        if lost.notna().all()
        else widgets.badge(Drawer.LIVE, "good")
    )
    seen = numbers.day(first) if pd.notna(first) else numbers.UNKNOWN
    return name, numbers.count(len(mine)), seen, state


def head_to_head(name: str, pair: Pair) -> tuple[object, ...]:
    """Own brand and rival by one measure."""
    d = pair.difference
    span = numbers.points_range(d.low, d.high)
    rates = (numbers.percent(pair.after), numbers.percent(pair.before))
    return name, *rates, numbers.points(d.estimate), span, widgets.badge(*reading(d))


def reading(difference: Interval) -> tuple[str, str]:
    if difference.low is None or difference.high is None:
        return Rivals.UNKNOWN, "quiet"
    if difference.low > 0:
        return Rivals.AHEAD, "good"
    return (Rivals.BEHIND, "bad") if difference.high < 0 else (Rivals.TIE, "quiet")


def link_counts(brand: BrandLinks) -> tuple[object, ...]:
    share = numbers.percent(brand.followed / brand.known, 0) if brand.known else numbers.UNKNOWN
    counts = (brand.sites, brand.links, brand.live, brand.lost)
    of = LinksPage.FOLLOWED_OF.format(n=numbers.count(brand.followed), of=numbers.count(brand.known))
    return (brand.brand, *map(numbers.count, counts), widgets.small(share, of) if brand.known else share)


LINK_HEADS = (
    "source",
    "kind",
    "url",
    "target_url",
    "anchor",
    "brand",
    "nofollow",
    "first",
    "lost",
    "vendors",
)


def referring(row: Any) -> tuple[object, ...]:
    """A site of `BrandLinks.referring`."""
    page = widgets.link(row.url if isinstance(row.url, str) else f"https://{row.source}", row.source)
    seen = numbers.day(row.first) if pd.notna(row.first) else numbers.UNKNOWN
    anchor = row.anchor if isinstance(row.anchor, str) else LinksPage.NO_ANCHOR
    counts = (numbers.count(row.links), numbers.count(row.rivals))
    return (page, Sources.KINDS.get(row.kind, row.kind), *counts, seen, anchor[:80])


def link_raw(links: pd.DataFrame, brand: str) -> list[tuple[object, ...]]:
    known = links.loc[links["brand"] == brand, list(LINK_HEADS)].astype(object)
    return list(known.where(known.notna(), None).itertuples(index=False, name=None))


def by_month(months: pd.DataFrame) -> pd.DataFrame:
    """Links gained and lost per month of the newest two years: `month`, `what`, `links` (lost ones
    negative); of `BrandLinks.months`."""
    sign = months["kind"].map({"gained": 1, "lost": -1})
    told = {"what": months["kind"].map(LinksPage.WHAT), "links": months["links"] * sign}
    frame = months[["month"]].assign(**told)
    if frame["month"].nunique() < 2:
        return frame.iloc[:0]
    newest = frame["month"].max()
    first = max(frame["month"].min(), newest - pd.DateOffset(months=23))
    every = pd.date_range(first, newest, freq="MS")
    quiet = pd.DataFrame({"month": every, "what": LinksPage.WHAT["gained"], "links": 0})
    moves: pd.DataFrame = pd.concat([frame[frame["month"] >= first], quiet], ignore_index=True)
    return moves


def anchor_share(share: AnchorShare) -> tuple[object, ...]:
    tones = {"more than rivals": "warn", "less than rivals": "warn"}
    return (
        share.anchor_class,
        widgets.rate(share.own),
        widgets.rate(share.rivals),
        widgets.badge(share.verdict, tones.get(share.verdict, "quiet")),
    )


def event_order(row: EventRow) -> tuple[object, ...]:
    """What moved first, then what has a number, then what is nearest to one."""
    moved = row.verdict == "moved after"
    return (not moved, row.att is None, 1.0 if row.p is None else row.p, -row.events, -row.dated, row.name)


def event_name(name: str) -> str:
    """A family's name in the words of the page of sources; a domain stays what it is."""
    kind, comma, band = name.partition(",")
    return Sources.KINDS.get(kind, kind) + comma + band


def event_line(row: EventRow) -> tuple[object, ...]:
    figures = (numbers.points(row.att), numbers.points_range(row.low, row.high))
    usable = Events.USABLE_OF.format(usable=row.events, dated=row.dated)
    return (event_name(row.name), *figures, usable, row.treated, row.controls, event_verdict(row), row.reason)


def event_verdict(row: EventRow) -> widgets.Safe:
    tone = Events.TONES.get(row.verdict, "quiet")
    return widgets.badge(row.verdict, "bad" if tone == "good" and (row.att or 0) < 0 else tone)


EVENT_POINT = ("week", "estimate", "low", "high", "note")


def event_point(point: PathPoint) -> tuple[object, ...]:
    span = Events.NO_INTERVAL if point.low is None else numbers.points_range(point.low, point.high)
    note = Events.POINT.format(
        week=Events.POINT_WEEK.format(week=numbers.minus(f"{point.week:+d}") if point.week else 0),
        points=numbers.points(point.estimate),
        interval=span,
        links=numbers.counted(point.events, "link"),
    )
    return point.week, point.estimate, point.low, point.high, note


def event_facts(row: EventRow) -> str:
    def early(p: float | None, quiet: str, moved: str) -> str:
        return numbers.UNKNOWN if p is None else (moved if p <= EARLY else quiet).format(p=numbers.p_value(p))

    span = numbers.points_range(row.low, row.high)
    facts: dict[str, object] = {
        "verdict": event_verdict(row),
        "change": widgets.small(numbers.points(row.att), span),
        "adjusted": numbers.points(row.adjusted),
        "links": Events.COMPARED.format(
            links=numbers.counted(row.events, "link"),
            treated=numbers.counted(row.treated, "brand"),
            controls=row.controls,
        ),
        "pre_trend": early(row.pre_trend, Events.QUIET_BEFORE, Events.MOVED_BEFORE),
        "fake_date": early(row.fake_date, Events.QUIET_FAKE, Events.MOVED_FAKE),
        "p": widgets.small(
            Events.P_AND_Q.format(p=numbers.p_value(row.p), q=numbers.p_value(row.q, "q")),
            Events.INFERENCE.get(row.inference, numbers.UNKNOWN),
        ),
    }
    pairs = (
        f"<div><dt>{Events.FACTS[name]}</dt><dd>{widgets.text(value)}</dd></div>"
        for name, value in facts.items()
    )
    reason = f'<p class="cl-quiet">{widgets.text(row.reason)}</p>' if row.reason else ""
    return f'<dl class="cl-facts">{"".join(pairs)}</dl>{reason}'


def said_of_link(verdict: str) -> widgets.Safe:
    return widgets.badge(LooksPage.VERDICTS[verdict], LooksPage.TONES.get(verdict, "quiet"))


def link_verdict(row: StoredVerdict) -> tuple[object, ...]:
    return (
        widgets.small(widgets.link(row.url), row.target_url or row.brand),
        said_of_link(row.verdict),
        widgets.small(_why(row.reason), row.barred_by or ""),
        row.placement or "",
        numbers.day(row.checked_at.date()),
    )


def link_alert(alert: Alert) -> tuple[object, ...]:
    doubt = LooksPage.SEEN_ONCE if alert.kind == "lost" and not alert.confirmed else ""
    return (
        widgets.small(LooksPage.KINDS[alert.kind], doubt),
        numbers.day(alert.at.date()),
        widgets.small(widgets.link(alert.url), alert.brand),
        LooksPage.STATES.get(alert.before, alert.before),
        widgets.small(LooksPage.STATES.get(alert.after, alert.after), _why(alert.reason)),
    )


def named_unlinked(row: StoredListing) -> tuple[object, ...]:
    return (
        widgets.link(row.url),
        row.brand,
        numbers.count(row.rank or 0),
        LooksPage.YES if row.heading else "",
        LooksPage.YES if row.first_screen else "",
        "" if row.list_rank is None else numbers.count(row.list_rank),
    )


def _why(reason: str | None) -> str:
    return LooksPage.REASONS.get(reason or "", reason or "")


def stage(name: str) -> widgets.Safe:
    return widgets.badge(ProspectsPage.STAGES[name], ProspectsPage.TONES.get(name, "quiet"))


def prospect(row: ProspectRow) -> tuple[object, ...]:
    record = row.record
    reasons = widgets.Safe("".join(map(_ground, row.grounds)) or widgets.text(ProspectsPage.ADDED))
    who = widgets.small(record.owner, record.campaign) if record.campaign else record.owner
    contact = widgets.link(record.contact) if record.contact else ""
    below = widgets.join(contact, " " if contact and record.note else "", record.note)
    site = widgets.link(f"https://{row.source}", row.source)
    return (
        widgets.small(site, below) if below else site,
        reasons,
        ", ".join(row.rivals[:3]) + (f" +{len(row.rivals) - 3}" if len(row.rivals) > 3 else ""),
        numbers.count(row.cited_answers) if row.cited_answers else "",
        stage(record.stage),
        who,
        "" if record.cost_micros is None else numbers.money(record.cost_micros),
    )


def _ground(ground: Ground) -> str:
    """A reason; where pages show it, they fold out below."""
    name = widgets.text(ProspectsPage.REASONS[ground.kind])
    if not ground.pages:
        return f"<div>{name}</div>"
    links = [f"<li>{widgets.link(url)}</li>" for url in ground.pages]
    if ground.of > len(links):
        links.append(f"<li>{widgets.text(ProspectsPage.MORE.format(n=ground.of - len(links)))}</li>")
    count = widgets.text(ProspectsPage.PAGES.format(n=ground.of))
    about = f"<li>{widgets.text(ground.detail)}</li>" if ground.detail else ""
    head = f'<summary>{name} <span class="cl-quiet">{count}</span></summary>'
    return f"<details>{head}<ul>{about}{''.join(links)}</ul></details>"


def linked_page(page: LinkedPage) -> tuple[object, ...]:
    return (
        widgets.link(page.url),
        numbers.count(page.domains),
        numbers.count(page.links),
        "" if page.dead is None else widgets.small(widgets.badge(ProspectsPage.GONE, "bad"), _gone(page)),
    )


def _gone(page: LinkedPage) -> str:
    if page.dead is None:
        return ""
    day = numbers.day(page.dead.on)
    return ProspectsPage.GONE_BY.format(because=page.dead.because, said_by=page.dead.said_by, day=day)


def linked_page_raw(page: LinkedPage) -> tuple[object, ...]:
    return page.url, page.domains, page.links, _gone(page)


def link_week(week: LinkWeek) -> tuple[object, ...]:
    return (
        numbers.day(week.week),
        numbers.count(week.new),
        numbers.number(week.expected, 1),
        week.because or LinksPage.SPIKE_PLAIN,
    )


REVIEW_HEADS = ("domain", "links", "followed", "votes", "reasons", "pages", "advice", "decision", "note")


def review(row: Review) -> tuple[object, ...]:
    reasons = widgets.Safe("<br>".join(map(widgets.text, row.reasons)))
    decision = row.decision or LinksPage.NO_DECISION
    return (
        widgets.link(row.pages[0] if row.pages else f"https://{row.domain}", row.domain),
        numbers.count(row.links),
        reasons,
        widgets.small(decision, row.note) if row.note else decision,
    )


def reviewed(row: Review) -> tuple[object, ...]:
    reasons = widgets.Safe("<br>".join(map(widgets.text, row.reasons)))
    state = row.decision or "open"
    badge = widgets.badge(ReviewPage.STATES[state], ReviewPage.TONES[state])
    site = widgets.join(row.domain, widgets.out(f"https://{row.domain}"))
    return site, numbers.count(row.links), reasons, badge, row.note


def review_raw(row: Review) -> tuple[object, ...]:
    texts = ("; ".join(row.votes), "; ".join(row.reasons), " ".join(row.pages))
    return row.domain, row.links, row.followed, *texts, row.advice, row.decision or "", row.note


FOREST = ("name", "estimate", "low", "high", "tone", "note")


def drafted_pair(number: int, pair: Mapping[str, Any]) -> tuple[object, ...]:
    cited = f"{numbers.count(pair['cited'][0])} · {numbers.count(pair['cited'][1])}"
    kinds, states = (" · ".join(dict.fromkeys(pair[key])) for key in ("family", "state"))
    return number, pair["first"], pair["second"], cited, kinds, states


def experiment_rows(outcome: str, found: ExperimentResult) -> list[tuple[object, ...]]:
    """Pairs without an interval of their own, then all of them with theirs; ratios as shares of change."""
    u = found.units
    values = (u.unnamed if outcome == "unnamed" else u.named) * u.lot
    whole = found.reading.unnamed if outcome == "unnamed" else found.reading.named
    assert whole.region is not None

    def shown(value: float) -> float:
        return math.expm1(min(max(value, -3), 1.1)) if outcome == "unnamed" else value

    rows: list[tuple[object, ...]] = []
    for number, (name, value) in enumerate(zip(found.pairs, values, strict=True), start=1):
        drawn, other = name.split(" | ")
        note = ExperimentsPage.CHART
        label = f"{number}. {drawn}"
        rows.append((label, shown(value), shown(value), shown(value), "quiet", f"{note}: {drawn}, {other}"))
    tone = {"raised": "good", "lowered": "bad"}.get(found.verdict, "quiet")
    low, high = shown(whole.region.low), shown(whole.region.high)
    rows.append((ExperimentsPage.ALL, shown(whole.estimate), low, high, tone, found.sentence))
    return rows


def outcome_line(decides: str, name: str, found: ExperimentResult) -> tuple[object, ...]:
    value = getattr(found.reading, name)
    role = "description" if value.p is None else "decides" if name == decides else "beside"
    size = experiment_words.estimate(name, value)
    return (
        experiment_words.OUTCOME_NAMES[name],
        size,
        numbers.probability(value.p),
        ExperimentsPage.ROLES[role],
    )


def drawn_source(work: SourceWork) -> tuple[object, ...]:
    words = ExperimentsPage
    on, blocks = sum(work.drawn), len(work.drawn)
    drawn = words.BLOCKS.format(on=on, all=blocks) if blocks > 1 else words.YES if on else words.NO
    recorded = f"{work.last}, {numbers.day(work.day)}" if work.last else numbers.UNKNOWN
    live = numbers.percent(sum(work.live) / len(work.live), 0)
    shown = widgets.small(live, words.TOLD) if work.told else live
    badge = widgets.badge(drawn, "good" if on else "quiet")
    return work.source, work.pair, badge, recorded, work.who or numbers.UNKNOWN, shown


def book_line(line: BookLine) -> tuple[object, ...]:
    figures = line.figures.get("sentence") or "; ".join(
        f"{key}: {numbers.number(value, 2) if isinstance(value, float) else value}"
        for key, value in line.figures.items()
    )
    return numbers.day(line.day), line.kind, line.source or "", line.who, line.note or figures
