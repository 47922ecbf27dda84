r"""Prospects: sites worth asking for a link, by what is known of them, with people's decisions on them.

A site is on the list for facts, each with the pages that show it (`REASONS`): it links to rivals, answers
cite it, a page of it links to a dead page, it has lost its link or names the brand without one. *Own* sites
and rivals' are none.

**Order**: what nobody has closed first; then by :math:`(1 + r)(1 + c)`, with r the rivals that the site links
to where it does not link to the brand (the link gap), and c the answers that cite it where it does not (the
citation gap); then by the number of reasons, and by name. The product puts sites of both gaps first; it is an
order and no estimate of anything.

No cost, chance or gain is computed here: opportunities give a gain where the lift table supports one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from analysis import frames
from analysis.frames import DeadPage, Scope, World
from tracker import domains, store
from tracker.errors import UsageError
from tracker.links import prospects as records
from tracker.links.infrastructure import is_infrastructure
from tracker.links.pages import alerts
from tracker.links.prospects import Prospect

Kind = Literal[
    "link gap",
    "citation gap",
    "new rival link",
    "broken link",
    "cited page gone",
    "own dead page",
    "lost link",
    "mention without link",
]
KINDS: tuple[str, ...] = get_args(Kind)
REASONS: Mapping[str, str] = {
    "link gap": "links to rivals and not to you",
    "citation gap": "answers cite it, and it does not link to you",
    "new rival link": "began to link to a rival and does not link to you",
    "broken link": "links to a page of a rival that is gone: yours could take its place",
    "cited page gone": "answers cite a page of it that is gone: what it said is missing",
    "own dead page": "links to a page of yours that is gone",
    "lost link": "linked to you and no longer does",
    "mention without link": "names you on a page that does not link to you",
}
PAGES = 5
CLOSED = ("done", "dismissed")


@dataclass(frozen=True)
class Ground:
    """One reason, with up to five pages that show it and how many there are."""

    kind: Kind
    pages: tuple[str, ...]
    of: int
    detail: str = ""
    """Which rivals, which dead page."""


@dataclass(frozen=True)
class ProspectRow:
    """A site with its reasons and its place in the pipeline.

    Attributes
    ----------
    rivals : tuple of str
        Rivals it links to now.
    links_to_own : bool
    cited_answers : int
        Answers of the scope that cite it.
    record : Prospect
        What people decided; `open` where nobody has.
    """

    source: str
    rivals: tuple[str, ...]
    links_to_own: bool
    cited_answers: int
    grounds: tuple[Ground, ...]
    record: Prospect

    @property
    def weight(self) -> int:
        if self.links_to_own:
            return 1
        return (1 + len(self.rivals)) * (1 + self.cited_answers)

    def as_json(self) -> dict[str, object]:
        return self.record.as_json() | {
            "source": self.source,
            "links_to_rivals": self.rivals,
            "links_to_own": self.links_to_own,
            "cited_answers": self.cited_answers,
            "reasons": [
                {"kind": g.kind, "text": REASONS[g.kind], "detail": g.detail, "pages": g.pages, "of": g.of}
                for g in self.grounds
            ],
        }


def prospects(
    database: Engine, world: World, scope: Scope | None = None, *, since: float | None = None
) -> list[ProspectRow]:
    """All prospects, in order.

    Parameters
    ----------
    since : float, optional
        Seconds of the epoch from which on a rival's link is new; without it none is.
    """
    if world.own is None:
        raise UsageError("the workspace has no own brand", "mark one brand of brands.yaml with `own: true`")
    facts = _gather(database, world, scope or Scope(branded="include"), since)
    decided = facts.decided
    names = {*facts.grounds, *decided}
    rows = [
        ProspectRow(
            source=name,
            rivals=facts.rivals.get(name, ()),
            links_to_own=name in facts.to_own,
            cited_answers=facts.cited.get(name, 0),
            grounds=tuple(facts.grounds.get(name, ())),
            record=decided.get(name, Prospect(name)),
        )
        for name in names
        if name not in facts.brands
    ]
    return sorted(rows, key=_order)


def with_decisions(rows: Iterable[ProspectRow], records: Mapping[str, Prospect]) -> list[ProspectRow]:
    """The same rows with what people decided by now, in order."""
    now = (replace(row, record=records.get(row.source, Prospect(row.source))) for row in rows)
    return sorted(now, key=_order)


def _order(row: ProspectRow) -> tuple[bool, int, int, str]:
    return row.record.state in CLOSED, -row.weight, -len(row.grounds), row.source


CSV_HEADS = (*records.HEADS, "links_to_rivals", "cited_answers", "reasons", "pages")
"""An import reads the columns of the record, and leaves those that are computed."""


def csv_cells(row: ProspectRow) -> tuple[object, ...]:
    reasons = "; ".join(f"{g.kind}: {g.detail}" if g.detail else g.kind for g in row.grounds)
    pages = " ".join(dict.fromkeys(url for g in row.grounds for url in g.pages))
    return (*row.record.cells(), "; ".join(row.rivals), row.cited_answers, reasons, pages)


@dataclass
class _ProspectFacts:
    brands: frozenset[str]
    to_own: frozenset[str]
    rivals: dict[str, tuple[str, ...]]
    cited: dict[str, int]
    decided: dict[str, Prospect]
    grounds: dict[str, list[Ground]]


def _gather(database: Engine, world: World, scope: Scope, since: float | None) -> _ProspectFacts:
    known = frames.links(database, world, only_cited=False)
    own = [brand.own for brand in world.brands]
    competes = [brand.competes for brand in world.brands]
    brand = known.table["brand"].to_numpy(np.int64)
    table = known.table.assign(
        live=known.live_on(np.inf), own=np.array(own)[brand], rival=np.array(competes)[brand]
    )
    dead = frames.dead_pages(database, world)
    to_own = frozenset(table["source"][table["live"] & table["own"]])
    theirs = table[table["live"] & table["rival"]]
    cited = frames.sources(database, world, scope)
    with store.reading(database) as session:
        decided = records.prospects(session, world.id)
        listed = alerts.listings(session, world.id)
    facts = _ProspectFacts(
        brands=frozenset(name for each in world.brands for name in each.estate.domains),
        to_own=to_own,
        rivals={
            str(source): tuple(world.brands[int(i)].name for i in sorted(set(part)))
            for source, part in theirs.groupby("source")["brand"]
        },
        cited={str(d): int(n) for d, n in zip(cited["domain"], cited["answers"], strict=True) if n},
        decided=decided,
        grounds={},
    )
    missing = theirs[~theirs["source"].isin(to_own)]
    _add(facts, "link gap", missing, world)
    _cited_only(facts)
    if since is not None:
        _add(facts, "new rival link", missing[missing["first"] >= since], world)
    _add_dead(facts, "broken link", theirs, dead)
    _add_cited_dead(facts, database, world, scope, dead)
    _add_dead(facts, "own dead page", table[table["live"] & table["own"]], dead)
    lost = table[~table["live"] & table["own"] & ~table["source"].isin(to_own)]
    _add(facts, "lost link", lost, world)
    _add_unlinked(facts, listed, world)
    return facts


def _add(facts: _ProspectFacts, kind: Kind, links: pd.DataFrame, world: World) -> None:
    for source, part in links.groupby("source"):
        urls = list(dict.fromkeys(part["url"].dropna()))
        names = [
            world.brands[int(i)].name for i in sorted(set(part["brand"])) if not world.brands[int(i)].own
        ]
        _ground(facts, str(source), kind, urls, ", ".join(names))


def _ground(facts: _ProspectFacts, source: str, kind: Kind, urls: Sequence[str], detail: str = "") -> None:
    facts.grounds.setdefault(source, []).append(Ground(kind, tuple(urls[:PAGES]), len(urls), detail))


def _cited_only(facts: _ProspectFacts) -> None:
    for source in facts.cited:
        if source not in facts.to_own and not is_infrastructure(source):
            _ground(facts, source, "citation gap", ())


def _add_dead(facts: _ProspectFacts, kind: Kind, links: pd.DataFrame, dead: Mapping[int, DeadPage]) -> None:
    """Live links to pages that are gone."""
    if not dead:
        return
    at = _target_pages(links)
    links = links[at.isin(list(dead))]
    for source, part in links.groupby("source"):
        urls = list(dict.fromkeys(part["url"].dropna()))
        gone = dict.fromkeys(dead[int(page)].url for page in at[part.index])
        _ground(facts, str(source), kind, urls, ", ".join(list(gone)[:PAGES]))


def _target_pages(links: pd.DataFrame) -> pd.Series[Any]:
    """The id of each linked page; -1 where none is named."""
    ids: dict[str, int] = {}
    for url in links["target_url"].dropna().unique():
        address = domains.try_parse(url)
        ids[url] = -1 if address is None else domains.page_id(address.canonical)
    return links["target_url"].map(lambda url: ids.get(url, -1)).astype("int64")


def _add_cited_dead(
    facts: _ProspectFacts, database: Engine, world: World, scope: Scope, dead: Mapping[int, DeadPage]
) -> None:
    sites: dict[int, str] = {}
    for each in dead.values():
        address = domains.try_parse(each.url)
        if address is not None and facts.cited.get(address.domain):
            sites[domains.domain_id(address.domain)] = address.domain
    if not sites:
        return
    cited = frames.pages_of(database, world, scope, list(sites))
    for source, part in cited[cited["page"].isin(list(dead))].groupby("source_id"):
        _ground(facts, sites[int(str(source))], "cited page gone", [str(url) for url in part["url"]])


def _add_unlinked(facts: _ProspectFacts, listed: Iterable[alerts.StoredListing], world: World) -> None:
    assert world.own is not None
    pages: dict[str, list[str]] = {}
    for each in listed:
        if each.brand == world.own.name and each.rank is not None and not each.linked:
            pages.setdefault(each.source, []).append(each.url)
    for source, urls in pages.items():
        _ground(facts, source, "mention without link", urls)


# --- own pages ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LinkedPage:
    """One page of the own brand with live links to it.

    Attributes
    ----------
    domains, links : int
        Referring domains, and links, that are live.
    dead : DeadPage or None
        Who says that it is gone; None where nobody does, which is no proof that it stands.
    """

    url: str
    domains: int
    links: int
    dead: DeadPage | None

    def as_json(self) -> dict[str, object]:
        gone = self.dead
        return {
            "url": self.url,
            "domains": self.domains,
            "links": self.links,
            "dead": None
            if gone is None
            else {"said_by": gone.said_by, "on": gone.on.isoformat(), "because": gone.because},
        }


def linked_pages(database: Engine, world: World) -> list[LinkedPage]:
    """Own pages by their live referring domains: those that are gone first, then the most linked."""
    if world.own is None:
        raise UsageError("the workspace has no own brand", "mark one brand of brands.yaml with `own: true`")
    known = frames.links(database, world, only_cited=False)
    own = np.array([brand.own for brand in world.brands])[known.table["brand"].to_numpy(np.int64)]
    mine = known.table[known.live_on(np.inf) & own & known.table["target_url"].notna().to_numpy()]
    dead = frames.dead_pages(database, world)
    pages = _target_pages(mine)
    count, sites = Counter[int](), dict[int, set[str]]()
    urls: dict[int, str] = {}
    for page, source, url in zip(pages, mine["source"], mine["target_url"], strict=True):
        count[page] += 1
        sites.setdefault(page, set()).add(str(source))
        urls[page] = min(urls.get(page, str(url)), str(url), key=lambda each: (len(each), each))
    rows = [LinkedPage(urls[page], len(sites[page]), n, dead.get(page)) for page, n in count.items()]
    return sorted(rows, key=lambda row: (row.dead is None, -row.domains, -row.links, row.url))
