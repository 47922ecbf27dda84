"""Links to the tracked brands, and what our own look at pages found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, Select, and_, func, select

from analysis.frames.tables import (
    BACKLINK,
    CHECK,
    DISAVOW,
    EDGE,
    IMPORT,
    LINK,
    domain_names,
    rows,
)
from analysis.frames.tracked import Scope, World, weeks
from tracker import domains
from tracker.answers import rollups
from tracker.answers.rollups import CITATION, SOURCE
from tracker.domains.ownership import Owners
from tracker.links import ledger
from tracker.links.files.formats import BY_LINK
from tracker.links.infrastructure import is_infrastructure
from tracker.links.lives import Spans

WEB_GRAPH = "web graph"


@dataclass(frozen=True)
class Links:
    """Links to the tracked brands, and when each was live (`tracker.links.ledger` has the definition).

    Attributes
    ----------
    table : DataFrame
        One row per link: `source` (domain name), `source_id`, `page` (id of the linking page or NaN), `url`
        (as exported), `brand` (position in the world's brands), `target`, `target_url`, `vendors` (who says
        so, comma-separated), `nofollow` (1, 0 or NaN), `first`, `lost` (seconds of the epoch; NaN where
        unknown or still live).
    spans : DataFrame
        One row per time that a link was live: `row` (of the table), `source_id`, `page`, `brand`, `start`,
        `end` in seconds, infinite where open.
    by_page : frozenset of int
        Brands whose links are listed page by page: by an export that claims to be complete, or by a list of
        the user's own.
    """

    table: pd.DataFrame
    spans: pd.DataFrame
    by_page: frozenset[int] = frozenset()

    def live_on(self, at: float) -> NDArray[np.bool_]:
        """Whether each row of the table is live at this moment; at infinity, whether nothing has ended it."""
        spans = self.spans
        live = (spans["start"] <= at) & ((at < spans["end"]) | (spans["end"] == np.inf))
        mask = np.zeros(len(self.table), bool)
        mask[spans["row"].to_numpy(np.int64)[live.to_numpy(bool)]] = True
        return mask

    def begun_by(self, at: float) -> NDArray[np.bool_]:
        """Whether each row of the table was live at this moment or before it."""
        mask = np.zeros(len(self.table), bool)
        mask[self.spans["row"].to_numpy(np.int64)[(self.spans["start"] <= at).to_numpy(bool)]] = True
        return mask


def linked_at_end(
    database: Engine, workspace: World, scope: Scope, sources: Collection[str] | None = None
) -> dict[str, frozenset[str]]:
    """Names of the brands that each source links to at the end of the scope; of these sources, or of all."""
    known = links(database, workspace)
    live = known.table[known.live_on(end_of(database, workspace, scope))]
    if sources is not None:
        live = live[live["source"].isin(sources)]
    found: defaultdict[str, set[str]] = defaultdict(set)
    for source, brand in zip(live["source"], live["brand"], strict=True):
        found[str(source)].add(workspace.brands[int(brand)].name)
    return {source: frozenset(names) for source, names in found.items()}


def end_of(database: Engine, workspace: World, scope: Scope) -> float:
    """The moment for which a reader of this scope asks what is live, in seconds of the epoch.

    The last second of the scope's last week; infinity, which is all that is known, where no later week has
    answers.
    """
    if scope.last is None or not any(week > scope.last for week in weeks(database, workspace)):
        return float("inf")
    return ((scope.last - date(1970, 1, 1)).days + 7) * 86_400.0 - 1


class Targets:
    """Which of the world's brands a link leads to, by its domain, or by its page
    where the domain is shared.
    """

    def __init__(self, workspace: World) -> None:
        self.owners = Owners({index: brand.estate for index, brand in enumerate(workspace.brands)})
        self.whole = {domains.domain_id(name): index for name, index in self.owners.domains.items()}
        self.shared = {domains.domain_id(name) for name in self.owners.partly}

    @property
    def domains(self) -> list[int]:
        return sorted(self.whole.keys() | self.shared)

    def brand(self, domain: int, url: str | None) -> float:
        if domain in self.shared and url:
            address = domains.try_parse(url)
            owner = None if address is None else self.owners.of(address)
        else:
            owner = self.whole.get(domain)
        return float("nan") if owner is None else float(owner)


def links(
    database: Engine,
    workspace: World,
    *,
    only_cited: bool = True,
    sources: Sequence[int] | None = None,
    texts: Sequence[str] = (),
) -> Links:
    """Links to the brands' domains; with `only_cited`, from domains that some answer cites; or from `sources`
    alone.

    `texts` names further columns of the stored links to have in the table, each with its newest known value.
    Where the ledger says nothing about a pair of domains, an edge of the open web graph stands in: undated,
    and known by domain only. A brand's own domains and hosts are no sources for itself, infrastructure
    (fonts, scripts, tags) is one for nobody, and mentions are no links.
    """
    targets = Targets(workspace)
    with database.connect() as connection:
        cited: ledger.Sources | None = sources
        if sources is None and only_cited:
            cited = _cited_domains(connection, workspace)
        evidence = ledger.read(
            connection,
            workspace.id,
            targets=targets.domains,
            sources=cited,
            texts=("source_url", "nofollow", *texts),
        )
        if sources is None:
            by_page = _by_page(evidence, targets)
        else:
            by_page = _by_page_of_all(connection, workspace, targets)
        table = _links_table(evidence, targets)
        table = _with_edges(table, rows(connection, _edges(targets.whole, cited)), targets.whole)
        table["source"] = table["source_id"].map(domain_names(connection, table["source_id"].unique()))
    plumbing = [name for name in table["source"].dropna().unique() if is_infrastructure(name)]
    keep = (
        _from_others(table, targets) & (table["source"].notna() & ~table["source"].isin(plumbing)).to_numpy()
    )
    table = table[keep].reset_index(drop=True)
    spans = _spans(evidence.spans, table)
    ends = spans.groupby("row").agg(start=("start", "min"), end=("end", "max"))
    ends = ends.reindex(range(len(table))).replace([np.inf, -np.inf], np.nan)
    table = table.assign(first=ends["start"], lost=ends["end"]).drop(columns="link")
    return Links(table, spans, by_page)


def _by_page(evidence: ledger.LinkLedger, targets: Targets) -> frozenset[int]:
    columns = evidence.columns
    listed = {
        (domain, url)
        for domain, url, page, scope in zip(
            *(columns[name] for name in ("target", "target_url", "page", "scope")), strict=True
        )
        if scope in BY_LINK and page is not None
    }
    brands = {targets.brand(domain, url) for domain, url in listed}
    return frozenset(int(brand) for brand in brands if brand == brand)


def _by_page_of_all(connection: Connection, workspace: World, targets: Targets) -> frozenset[int]:
    """The same from all cited sources' rows, where only some sources' evidence was read."""
    b = BACKLINK.c
    listed = select(b.target_domain_id, b.target_url).join_from(BACKLINK, IMPORT, IMPORT.c.id == b.import_id)
    listed = listed.where(
        b.workspace_id == workspace.id,
        b.target_domain_id.in_(targets.domains),
        b.source_domain_id.in_(_cited_domains(connection, workspace)),
        b.source_page_id.is_not(None),
        IMPORT.c.scope.in_(BY_LINK),
        ledger.is_link(),
    )
    brands = {targets.brand(domain, url) for domain, url in connection.execute(listed.distinct())}
    return frozenset(int(brand) for brand in brands if brand == brand)


def known_to_exports(table: pd.DataFrame) -> tuple[int, int]:
    """Pairs of page and brand that our own looks found linked, and those of them that an export has, of the
    page or of its whole domain. `table` is that of `Links`."""
    vendors = [frozenset(str(names).split(", ")) for names in table["vendors"]]
    looked = np.array([ledger.OWN_LOOK in names for names in vendors], bool)
    exported = np.array([bool(names - {ledger.OWN_LOOK, WEB_GRAPH}) for names in vendors], bool)
    of_page = table["page"].notna().to_numpy()
    found = table.loc[looked & of_page, ["page", "source_id", "brand"]].drop_duplicates()
    pages = set(zip(table["page"][exported], table["brand"][exported], strict=True))
    whole = table[exported & ~of_page]
    of_domain = set(zip(whole["source_id"], whole["brand"], strict=True))
    known = sum(
        (page, brand) in pages or (source, brand) in of_domain
        for page, source, brand in zip(found["page"], found["source_id"], found["brand"], strict=True)
    )
    return len(found), known


def _spans(lives: Spans, table: pd.DataFrame) -> pd.DataFrame:
    known_spans = pd.DataFrame({"link": lives.link, "start": lives.start, "end": lives.end})
    mine = table[["link", "source_id", "page", "brand"]].assign(row=np.arange(len(table)))
    known = mine[mine["link"] >= 0].merge(known_spans, on="link")
    edges = mine[mine["link"] < 0].assign(start=-np.inf, end=np.inf)
    return pd.concat([known, edges], ignore_index=True)[["row", "source_id", "page", "brand", "start", "end"]]


def _edges(whole: Mapping[int, int], cited: ledger.Sources | None) -> Select[Any]:
    wanted = [EDGE.c.target_domain_id.in_(sorted(whole))]
    wanted += [EDGE.c.source_domain_id.in_(cited)] if cited is not None else []
    columns = (EDGE.c.source_domain_id.label("source_id"), EDGE.c.target_domain_id.label("target"))
    return select(*columns).where(*wanted).distinct()


def _from_others(table: pd.DataFrame, targets: Targets) -> NDArray[np.bool_]:
    """Rows whose linking page is not the brand's own: exports of crawls and whole sites hold internal links
    too.
    """
    sources = zip(table["source_id"], table["url"], table["brand"], strict=True)
    return np.array([targets.brand(source, url) != brand for source, url, brand in sources], bool)


def _cited_domains(connection: Connection, workspace: World) -> Select[Any]:
    if rollups.fresh(connection, workspace.id):
        return select(SOURCE.c.domain_id).where(SOURCE.c.workspace_id == workspace.id, SOURCE.c.answers > 0)
    return select(CITATION.c.domain_id).where(
        CITATION.c.workspace_id == workspace.id, CITATION.c.kind == "cited", CITATION.c.domain_id.is_not(None)
    )


_ONLY_EVIDENCE = ["first_seen", "last_seen", "lost_at", "scope", "as_of", "vendor"]


def _links_table(evidence: ledger.LinkLedger, targets: Targets) -> pd.DataFrame:
    """One row per link to a brand, each column with its newest known value."""
    frame = pd.DataFrame(
        {name: pd.Series(values, dtype=object) for name, values in evidence.columns.items()}
    ).assign(link=evidence.link)
    frame = frame.sort_values("as_of", kind="stable")
    vendors = _together(frame[["link", "vendor"]])
    newest = frame.drop(columns=_ONLY_EVIDENCE).groupby("link", sort=True).last().reset_index()
    newest["vendors"] = vendors.loc[newest["link"]].to_numpy(object)
    ends = zip(newest["target"], newest["target_url"], strict=True)
    newest["brand"] = np.array([targets.brand(domain, url) for domain, url in ends], np.float64)
    for name in ("source_id", "target"):
        newest[name] = newest[name].astype("int64")
    newest["nofollow"] = newest["nofollow"].astype("float64")
    newest["page"] = newest["page"].astype("Int64")
    newest = newest.rename(columns={"source_url": "url"})
    newest = newest[newest["brand"].notna()]
    return newest.assign(brand=newest["brand"].astype("int64"))


def _together(told: pd.DataFrame) -> pd.Series[Any]:
    """Who says so of each link, comma-separated; nearly always it is one."""
    told = told.drop_duplicates().sort_values(["link", "vendor"])
    several = told["link"].duplicated(keep=False)
    joined = told[several].groupby("link")["vendor"].agg(", ".join)
    alone = told[~several].set_index("link")["vendor"]
    out: pd.Series[Any] = pd.concat([alone, joined.astype(object)])
    return out


def _with_edges(table: pd.DataFrame, edges: pd.DataFrame, whole: Mapping[int, int]) -> pd.DataFrame:
    if edges.empty:
        return table
    known = set(zip(table["source_id"], table["brand"], strict=True))
    edges = edges.assign(brand=edges["target"].map(whole).astype("int64"))
    new = [pair not in known for pair in zip(edges["source_id"], edges["brand"], strict=True)]
    spare = edges[new].assign(vendors=WEB_GRAPH, nofollow=np.nan, link=-1)
    spare["page"] = pd.array([pd.NA] * len(spare), dtype="Int64")
    spare = spare.reindex(columns=table.columns)
    return pd.concat([table, spare], ignore_index=True) if len(spare) else table


TEXTS = ("anchor", "ugc", "sponsored", "title", "language", "context_left", "context_right")


def backlinks(database: Engine, workspace: World) -> pd.DataFrame:
    """Every link to a brand from elsewhere: when it was live, what exports say of it and what our own look
    read.

    `source`, `url`, `target_url`, `brand` (position), `anchor`, `nofollow`, `ugc`, `sponsored`, `link_type`,
    `first`, `lost` (seconds), `title`, `language`, `context`, then from page checks `placement`, `outlinks`,
    `checked_language`.
    """
    known = links(database, workspace, only_cited=False, texts=TEXTS).table
    frame = known[known["vendors"] != WEB_GRAPH].reset_index(drop=True)
    with database.connect() as connection:
        looked = _placements(connection, workspace)
    parts = [frame.pop("context_left"), frame["anchor"], frame.pop("context_right")]
    frame["context"] = [" ".join(str(t) for t in texts if t) for texts in zip(*parts, strict=True)]
    brands = [workspace.brands[int(i)].id for i in frame["brand"]]
    of_page = [
        looked.get((None if p is pd.NA else int(p), b)) for p, b in zip(frame["page"], brands, strict=True)
    ]
    for i, name in enumerate(("placement", "outlinks", "checked_language")):
        frame[name] = pd.Series([None if each is None else each[i] for each in of_page], dtype=object)
    return frame


def _placements(
    connection: Connection, workspace: World
) -> dict[tuple[int | None, int], tuple[str, int | None, str | None]]:
    """(page, brand) → placement, outlinks and language by the newest check that found the link."""
    statement = (
        select(CHECK.c.page_id, LINK.c.brand_id, LINK.c.placement, CHECK.c.outlinks, CHECK.c.language)
        .join_from(LINK, CHECK, CHECK.c.id == LINK.c.check_id)
        .where(CHECK.c.workspace_id == workspace.id)
        .order_by(CHECK.c.checked_at)
    )
    return {
        (int(p), int(b)): (str(placement), out, lang)
        for p, b, placement, out, lang in connection.execute(statement)
    }


def page_checks(database: Engine, workspace: World) -> pd.DataFrame:
    """What our own newest look at each page found: `page`, `named` (brands named, not linked), `linked`
    (brand ids).
    """
    newest = (
        select(CHECK.c.page_id, func.max(CHECK.c.checked_at).label("at"))
        .where(CHECK.c.workspace_id == workspace.id, CHECK.c.state == "fetched")
        .group_by(CHECK.c.page_id)
        .subquery("newest")
    )
    statement = (
        select(CHECK.c.id, CHECK.c.page_id.label("page"), CHECK.c.named)
        .join(newest, and_(newest.c.page_id == CHECK.c.page_id, newest.c.at == CHECK.c.checked_at))
        .where(CHECK.c.workspace_id == workspace.id)
    )
    linked = select(LINK.c.check_id, LINK.c.brand_id).join_from(LINK, CHECK, CHECK.c.id == LINK.c.check_id)
    with database.connect() as connection:
        frame = rows(connection, statement)
        of_check: dict[int, set[int]] = {}
        for check, brand in connection.execute(linked.where(CHECK.c.workspace_id == workspace.id)):
            of_check.setdefault(int(check), set()).add(int(brand))
    frame["linked"] = pd.Series([of_check.get(int(i), set()) for i in frame["id"]], dtype=object)
    return frame.drop(columns="id")


def disavowed(database: Engine, workspace: World) -> dict[str, tuple[str, str]]:
    """Decisions about referring pages and domains: entry → (decision, note)."""
    statement = select(DISAVOW.c.entry, DISAVOW.c.decision, DISAVOW.c.note).where(
        DISAVOW.c.workspace_id == workspace.id
    )
    with database.connect() as connection:
        return {str(e): (str(d), str(n)) for e, d, n in connection.execute(statement)}
