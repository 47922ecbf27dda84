"""What to do next: sources ranked by what they could bring the own brand, each with its reasons.

A source is on the list because of facts about it (see `REASONS`): it is cited on the brand's prompts and
links to rivals only, it names the brand without a link, it has lost a link, or it is cited and nothing is
known to link from it.

**Expected gain** is given only where the days on which links begin support the sources
(`analysis.lift.direction`) and this source among them, for one that does not link to the brand yet: what a
link could bring the brand in the last four weeks' answers, in points of mention rate (`analysis.lift.gains`).
It is no promise.

**Order**: sources with a supported gain by its lower bound, then those that stand out without one (linked
brands are named more where they are cited, and why is not settled), then the others; both by share of answers
citing them × share of weeks in which they are cited × (1 + share of rivals they link to).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from sqlalchemy import Engine

from analysis import frames
from analysis.classes.classify import labels
from analysis.frames import Scope, World
from analysis.intervals import wilson
from analysis.lift import asking
from analysis.lift.asking import AskFor
from analysis.lift.estimate import LiftTable
from analysis.lift.listing import ListingTable
from tracker import domains, store
from tracker.answers.unlisted import Unlisted, unlisted
from tracker.errors import UsageError
from tracker.links.prospects import Prospect, ProspectChange, State, prospects
from tracker.links.won import written

Kind = Literal[
    "link gap",
    "mention without link",
    "lost link",
    "rival lost link",
    "cited, no link known",
    "own page",
]
Withheld = Literal["", "direction", "source", "events", "already"]
"""Why a source that stands out has no gain: timing does not support the sources, or not surely this one, or
brands rose less after such links than lift predicts, or the own brand is named beside it as if linked."""
CLOSED: tuple[State, ...] = ("done", "dismissed")
CANDIDATES = 400
PAGES = 5

MAYBE_LISTED = (
    "A gain is of the link or of being named on the page: timing cannot tell the two apart. None is given "
    "where you are named beside the source as if it linked to you already."
)
REASONS: dict[Kind, str] = {
    "link gap": "links to rivals and not to you",
    "mention without link": "names you without linking",
    "lost link": "has lost its link to you",
    "rival lost link": "has lost its link to a rival",
    "cited, no link known": "is cited and not known to link to any tracked brand",
    "own page": "your own page is fetched or cited without bringing a mention",
}


@dataclass(frozen=True)
class Reason:
    """One fact that makes a source an opportunity, the pages to look at, and the step to take."""

    kind: Kind
    text: str
    pages: tuple[str, ...]
    next_step: str


@dataclass(frozen=True)
class Opportunity:
    """One source.

    Attributes
    ----------
    cited_answers, answers : int
        Answers on the brand's prompts that cite it, out of those whose citations are known.
    rate, low, high : float
        Their share, Wilson interval.
    engines, weeks, prompts : int
        Engines, weeks, prompts with such answers; `of_weeks` weeks there are.
    links_to_rivals : tuple of str
    links_to_own : bool
    named_own, named_rivals : float
        Among answers citing the source: share naming the own brand, and the most named rival.
    gain, gain_low, gain_high : float or None
        Points of mention rate (0.01 = one point); None where timing does not support one.
    stands_out : bool
        Whether lift claims the source and it does not link to the brand yet, gain or not.
    withheld : str
        Why a source that stands out has no gain.
    works : float or None
        Probability that the source works, where timing can be tested.
    ask : AskFor
        A mention or a link.
    """

    source: str
    kind: str
    cited_answers: int
    answers: int
    rate: float
    low: float
    high: float
    engines: int
    weeks: int
    of_weeks: int
    prompts: int
    links_to_rivals: tuple[str, ...]
    links_to_own: bool
    named_own: float
    named_rivals: float
    rival: str | None
    reasons: tuple[Reason, ...]
    gain: float | None = None
    gain_low: float | None = None
    gain_high: float | None = None
    stands_out: bool = False
    withheld: Withheld = ""
    works: float | None = None
    ask: AskFor = asking.UNKNOWN
    state: State = "open"
    note: str = ""
    stage: str = "open"
    owner: str = ""
    campaign: str = ""
    contact: str = ""
    cost_micros: int | None = None
    due: date | None = None
    value_micros: int | None = None
    won_at: datetime | None = None
    weight: float = field(default=0.0, repr=False)
    """What orders the rows without a supported gain; see the module."""


@dataclass(frozen=True)
class _Facts:
    """Everything about the candidates, read once."""

    world: World
    own: int
    answers: int
    of_weeks: int
    kinds: Mapping[str, str]
    pages: Mapping[str, pd.DataFrame]
    named: Mapping[str, Mapping[int, int]]
    links: Mapping[str, pd.DataFrame]
    live: Mapping[str, set[int]]
    checks: Mapping[int, tuple[frozenset[str], frozenset[int]]]
    fetched: pd.DataFrame


def opportunities(
    database: Engine,
    world: World,
    scope: Scope | None = None,
    *,
    lift: LiftTable | None = None,
    listing: ListingTable | None = None,
    top: int = CANDIDATES,
    classes: Path | None = None,
) -> list[Opportunity]:
    """Sources that could bring the own brand something, best first, with people's decisions on them.

    Parameters
    ----------
    lift : LiftTable, optional
        What gains are computed from; without it no row has one.
    listing : ListingTable, optional
        What tells whether to ask for a mention or for a link; without it that is not known.
    top : int
        Most cited domains that are looked at.
    classes : Path, optional
        The user's own lists and rules of classes (see `analysis.classes.classify`).
    """
    if world.own is None:
        raise UsageError("the workspace has no own brand", "mark one brand of brands.yaml with `own: true`")
    scope = scope or Scope(branded="include")
    cited = frames.sources(database, world, scope)
    maybe_owned = {site.domain for site in called_like_a_brand(database, world)}
    cited = cited[~cited["domain"].isin(maybe_owned)].head(top)
    cited = cited[cited["answers"] > 0]
    if cited.empty:
        return []
    names = [str(name) for name in cited["domain"]]
    facts = _gather(database, world, scope, names, classes)
    ids = {domains.domain_id(str(name)): str(name) for name in cited["domain"]}
    reach = frames.reach(database, world, scope, list(ids))
    with store.reading(database) as session:
        decided = prospects(session, world.id)
    lifts = {row.source for row in lift.rows if row.goes_with_more} if lift else set()
    offers = []
    for row in reach.to_dict("records"):
        name = ids[int(row["source_id"])]
        offer = _opportunity(name, row, facts, lift if name in lifts else None, asking.ask_for(listing, name))
        if offer is not None:
            offers.append(offer)
    return with_decisions(offers, decided)


def with_decisions(offers: Sequence[Opportunity], records: Mapping[str, Prospect]) -> list[Opportunity]:
    """The same with what people decided by now, in order."""
    return sorted((_decided(offer, records.get(offer.source)) for offer in offers), key=_order)


def _decided(offer: Opportunity, record: Prospect | None) -> Opportunity:
    record = record or Prospect(offer.source)
    return replace(
        offer,
        state=record.state,
        note=record.note,
        stage=record.stage,
        owner=record.owner,
        campaign=record.campaign,
        contact=record.contact,
        cost_micros=record.cost_micros,
        due=record.due,
        value_micros=record.value_micros,
        won_at=record.won_at,
    )


def called_like_a_brand(database: Engine, world: World) -> list[Unlisted]:
    """Cited sites under a brand's own name that the catalog does not list: perhaps its own, never
    opportunities."""
    with database.connect() as connection:
        return unlisted(connection, world.id)


def _order(row: Opportunity) -> tuple[bool, bool, bool, float, str]:
    """What nobody has closed first; then supported gains, by their lower bound; then what stands out and then
    the others, by their weight."""
    supported = row.gain_low is not None and row.gain_low > 0
    size = row.gain_low if supported else row.weight
    return row.state in CLOSED, not supported, not row.stands_out, -(size or 0.0), row.source


def _gather(
    database: Engine, world: World, scope: Scope, names: Sequence[str], classes: Path | None
) -> _Facts:
    ids = {domains.domain_id(name): name for name in names}
    pages = frames.pages_of(database, world, scope, list(ids))
    beside = frames.named_beside(database, world, scope, list(ids))
    linked = frames.links(database, world)
    at = frames.end_of(database, world, scope)
    links = linked.table.assign(live=linked.live_on(at))
    links = links[linked.begun_by(at)]
    known = frames.weeks(database, world)
    inside = [
        d
        for d in known
        if (scope.first is None or d >= scope.first) and (scope.last is None or d <= scope.last)
    ]
    live: dict[str, set[int]] = {}
    for source, brand in zip(links["source"][links["live"]], links["brand"][links["live"]], strict=True):
        live.setdefault(str(source), set()).add(int(brand))
    named: dict[str, dict[int, int]] = {}
    for r in beside.to_dict("records"):
        named.setdefault(ids[int(r["source_id"])], {})[int(r["brand_id"])] = int(r["answers"])
    checks = {
        int(r["page"]): (frozenset(r["named"] or ()), frozenset(r["linked"]))
        for r in frames.page_checks(database, world).to_dict("records")
    }
    own = world.own
    assert own is not None
    own_ids = [domains.domain_id(name) for name in sorted(own.estate.domains)]
    return _Facts(
        world=world,
        own=own.id,
        answers=sum(frames.citable_answers(database, world, scope).values()),
        of_weeks=len(inside),
        kinds={n: label.kind for n, label in labels(database, world, names, folder=classes).items()},
        pages={ids[int(str(i))]: part for i, part in pages.groupby("source_id")},
        named=named,
        links={str(s): part for s, part in links.groupby("source")},
        live=live,
        checks=checks,
        fetched=frames.pages_of(database, world, scope, own_ids, "retrieved"),
    )


def _opportunity(
    name: str,
    reach: Mapping[Any, Any],
    facts: _Facts,
    lift: LiftTable | None,
    ask: AskFor,
) -> Opportunity | None:
    """`lift` is the table that claims the source; None where none does."""
    kind = facts.kinds[name]
    if kind == "rival":
        return None
    brands = facts.world.brands
    linked = facts.live.get(name, set())
    rivals = tuple(brands[i].name for i in sorted(linked) if brands[i].competes)
    to_own = any(brands[i].own for i in linked)
    cited = int(reach["answers"])
    rate = wilson(min(cited, facts.answers), facts.answers)
    named = facts.named.get(name, {})
    best = max((b for b in brands if b.competes), key=lambda b: named.get(b.id, 0), default=None)
    reasons = _reasons(name, kind, facts, rivals, to_own, ask)
    if not reasons or rate.estimate is None or rate.low is None or rate.high is None:
        return None
    stands_out = lift is not None and not to_own and kind != "you"
    gain = lift.gains.get(name) if lift is not None and stands_out else None
    steady = int(reach["weeks"]) / max(facts.of_weeks, 1)
    others = max(sum(b.competes for b in brands), 1)
    return Opportunity(
        source=name,
        kind=kind,
        cited_answers=cited,
        answers=facts.answers,
        rate=rate.estimate,
        low=rate.low,
        high=rate.high,
        engines=int(reach["engines"]),
        weeks=int(reach["weeks"]),
        of_weeks=facts.of_weeks,
        prompts=int(reach["prompts"]),
        links_to_rivals=rivals,
        links_to_own=to_own,
        named_own=named.get(facts.own, 0) / cited,
        named_rivals=named.get(best.id, 0) / cited if best else 0.0,
        rival=best.name if best and named.get(best.id, 0) else None,
        reasons=tuple(reasons),
        gain=gain.gain if gain else None,
        gain_low=gain.low if gain else None,
        gain_high=gain.high if gain else None,
        stands_out=stands_out,
        withheld=_withheld(lift, name) if lift is not None and stands_out and gain is None else "",
        works=lift.works.get(name) if lift is not None else None,
        ask=ask,
        weight=rate.estimate * steady * (1 + len(rivals) / others),
    )


def _withheld(lift: LiftTable, source: str) -> Withheld:
    if source in lift.withdrawn:
        return "events"
    if source in lift.already:
        return "already"
    supported = lift.direction is not None and lift.direction.verdict == "supports the source"
    return "source" if supported else "direction"


_STEP: dict[str, str] = {
    "community": "Take part where the question is discussed; such sites remove link requests.",
    "reference": "Check what its entry says about you and offer sources for what is missing.",
    "institutional": "Offer facts it can use; it does not place links for brands.",
    "video": "Ask the maker to name and link you in the description.",
    "social": "Answer there yourself; the link itself is rarely followed.",
}

_NAMED_ALREADY = "Leave it as it is: being named goes with more mentions here, and a link is not seen to add."


def _reasons(
    name: str, kind: str, facts: _Facts, rivals: tuple[str, ...], to_own: bool, ask: AskFor
) -> list[Reason]:
    if kind == "you":
        return _own_pages(facts, name)
    reasons = []
    links = facts.links.get(name)
    pages = _cited_pages(facts, name)
    unlinked = _named_without_link(facts, name)
    lost = _lost(links, facts, own=True) if not to_own else []
    if rivals and not to_own:
        text = f"links to {_some(rivals)} and not to you"
        step = (
            _STEP.get(kind)
            or f"Ask its authors to consider you: the pages that link to {_some(rivals)} come first."
        )
        reasons.append(Reason("link gap", text, tuple(_linking(links, facts) or pages), step))
    if unlinked:
        text = f"names you on {len(unlinked)} checked page{'s' if len(unlinked) > 1 else ''} without linking"
        step = _NAMED_ALREADY if ask.what == "a mention" else "Ask for the mention to become a link."
        reasons.append(Reason("mention without link", text, tuple(unlinked[:PAGES]), step))
    if lost:
        text = "linked to you and no longer does, on a site that answers cite"
        reasons.append(
            Reason("lost link", text, tuple(lost[:PAGES]), "Find out why the link went, and ask for it back.")
        )
    gone = _lost(links, facts, own=False)
    if gone and not to_own:
        text = "has lost a link to a rival: its page may need another"
        reasons.append(
            Reason(
                "rival lost link", text, tuple(gone[:PAGES]), "Offer your page in the place of the lost one."
            )
        )
    if not reasons and not to_own and not rivals:
        known = (
            "no link to a tracked brand is known"
            if facts.links
            else "there are no links of any cited site yet"
        )
        text = f"is cited on your prompts, and {known}"
        step = _STEP.get(kind) or "Read the cited pages: would a reader miss you there?"
        reasons.append(Reason("cited, no link known", text, tuple(pages), step))
    return reasons


def _some(names: Sequence[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _cited_pages(facts: _Facts, name: str) -> list[str]:
    part = facts.pages.get(name)
    return [] if part is None else [str(url) for url in part["url"].head(PAGES)]


def _linking(links: pd.DataFrame | None, facts: _Facts) -> list[str]:
    """Pages with a live link to a rival, as their exports wrote them."""
    if links is None or "url" not in links:
        return []
    rival = [facts.world.brands[int(b)].competes for b in links["brand"]]
    urls = links[pd.Series(rival, index=links.index) & links["live"]]["url"].dropna()
    return list(dict.fromkeys(urls))[:PAGES]


def _lost(links: pd.DataFrame | None, facts: _Facts, *, own: bool) -> list[str]:
    if links is None:
        return []
    mine = [facts.world.brands[int(b)].own == own for b in links["brand"]]
    gone = links[pd.Series(mine, index=links.index) & ~links["live"]]
    return list(dict.fromkeys(gone["url"].dropna())) or ([str(gone["source"].iloc[0])] if len(gone) else [])


def _named_without_link(facts: _Facts, name: str) -> list[str]:
    part, own = facts.pages.get(name), facts.world.own
    if part is None or own is None:
        return []
    out = []
    for page, url in zip(part["page"], part["url"], strict=True):
        named, linked = facts.checks.get(int(page), (frozenset(), frozenset()))
        if own.name in named and own.id not in linked:
            out.append(str(url))
    return out


def _own_pages(facts: _Facts, name: str) -> list[Reason]:
    """Own pages that engines fetch and do not cite."""
    cited = set(facts.pages[name]["page"]) if name in facts.pages else set()
    fetched = facts.fetched[facts.fetched["source_id"] == domains.domain_id(name)]
    spare = [str(url) for page, url in zip(fetched["page"], fetched["url"], strict=True) if page not in cited]
    if not spare:
        return []
    text = f"{len(spare)} of your pages are fetched by engines and never cited"
    step = "Say on the page, early and plainly, what the question asks."
    return [Reason("own page", text, tuple(spare[:PAGES]), step)]


def decide(
    database: Engine,
    world: World,
    source: str,
    stage: str,
    *,
    note: str = "",
    now: datetime,
    who: str = "",
) -> None:
    """Write down what people decided about a source; it stays through every recomputation."""
    with store.writing(database) as session:
        written(session, world.id, source, ProspectChange(stage=stage, note=note or None), now=now, who=who)
