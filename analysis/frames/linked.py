"""Links to the tracked brands, and what our own look at pages found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, and_, func, or_, select

from analysis.frames.tables import (
    BACKLINK,
    CHECK,
    DISAVOW,
    DOMAIN,
    EDGE,
    IMPORT,
    LINK,
    STATE,
    domain_names,
    rows,
    seconds,
)
from analysis.frames.tracked import World
from tracker.answers import rollups
from tracker.answers.rollups import CITATION, SOURCE
from tracker.links.files.formats import NO_LINKS


@dataclass(frozen=True)
class Links:
    """Links to the tracked brands, one row per stored link and import.

    Attributes
    ----------
    table : DataFrame
        `source` (domain name), `source_id`, `page` (id of the linking page or NaN), `url` (as exported), `brand` (position in the
        world's brands), `target`, `vendor`, `scope`, `as_of` (ordinal day), `first`, `lost` (seconds of the epoch;
        NaN where unknown or still live), `nofollow` (1, 0 or NaN).
    """

    table: pd.DataFrame


def is_link() -> Any:
    """Of stored rows those that are links: exports also list mentions, and the files that a page loads."""
    kind = BACKLINK.c.link_type
    return or_(kind.is_(None), kind.not_in(sorted(NO_LINKS)))


def _brand_targets(workspace: World) -> tuple[dict[int, int], dict[str, int], set[int]]:
    """Whole target domains → brand position; hosts → brand position; domains that hold such hosts."""
    from tracker.domains import domain_id

    whole: dict[int, int] = {}
    hosts: dict[str, int] = {}
    partly: set[int] = set()
    for position, brand in enumerate(workspace.brands):
        mine, parts = rollups.split(brand.domains)
        whole |= {domain_id(name): position for name in mine}
        hosts |= {host: position for host, _ in parts}
        partly |= {domain_id(domain) for _, domain in parts}
    return whole, hosts, partly


def links(database: Engine, workspace: World, *, only_cited: bool = True) -> Links:
    """Links to the brands' domains; with `only_cited`, from domains that some answer cites.

    Where no export says anything about a pair of domains, an edge of the open web graph stands in: undated, and
    known by domain only. A brand's own domains and hosts are no sources for itself, and mentions are no links.
    """
    whole, hosts, partly = _brand_targets(workspace)
    wanted = sorted(set(whole) | partly)
    b = BACKLINK.c
    columns = [
        *(
            b.source_domain_id.label("source_id"),
            b.source_page_id.label("page"),
            b.target_domain_id.label("target"),
        ),
        *(
            b.target_url,
            b.source_url.label("url"),
            IMPORT.c.vendor,
            IMPORT.c.scope,
            IMPORT.c.as_of,
            b.first_seen,
            b.lost_at,
            b.nofollow,
        ),
    ]
    found = (
        select(*columns)
        .join_from(BACKLINK, IMPORT, IMPORT.c.id == b.import_id)
        .where(b.workspace_id == workspace.id, b.target_domain_id.in_(wanted), is_link())
        .order_by(b.id)
    )
    edges = select(EDGE.c.source_domain_id.label("source_id"), EDGE.c.target_domain_id.label("target")).where(
        EDGE.c.target_domain_id.in_(sorted(whole))
    )
    with database.connect() as connection:
        if only_cited:
            cited = _cited_domains(connection, workspace)
            found, edges = (
                found.where(b.source_domain_id.in_(cited)),
                edges.where(EDGE.c.source_domain_id.in_(cited)),
            )
        table = _links_table(rows(connection, found), whole, hosts)
        spare = rows(connection, edges.distinct())
        table = _with_edges(table, spare, whole)
        names = domain_names(connection, table["source_id"].unique())
    table["source"] = table["source_id"].map(names)
    keep = _from_others(table, whole, hosts) & table["source"].notna().to_numpy()
    return Links(table[keep].reset_index(drop=True))


def _from_others(
    table: pd.DataFrame, whole: Mapping[int, int], hosts: Mapping[str, int]
) -> NDArray[np.bool_]:
    """Rows whose linking page is not the brand's own: exports of crawls and of whole sites hold internal links too."""
    own = set(whole.items())
    pairs = zip(table["source_id"], table["brand"], strict=True)
    keep = np.array([pair not in own for pair in pairs], bool)
    if hosts:
        urls = zip(table["url"], table["brand"], strict=True)
        keep &= np.array([_host_brand(url, hosts) != brand for url, brand in urls], bool)
    return keep


def _cited_domains(connection: Connection, workspace: World) -> Any:
    if rollups.fresh(connection, workspace.id):
        return select(SOURCE.c.domain_id).where(SOURCE.c.workspace_id == workspace.id, SOURCE.c.answers > 0)
    return select(CITATION.c.domain_id).where(
        CITATION.c.workspace_id == workspace.id, CITATION.c.kind == "cited", CITATION.c.domain_id.is_not(None)
    )


def _links_table(
    frame: pd.DataFrame, whole: Mapping[int, int], hosts: Mapping[str, int], *, keep: bool = False
) -> pd.DataFrame:
    targets = zip(frame["target"], frame["target_url"], strict=True)
    frame["brand"] = np.array(
        [whole[i] if i in whole else _host_brand(url, hosts) for i, url in targets], np.float64
    )
    frame["first"] = seconds(frame["first_seen"])
    frame["lost"] = seconds(frame["lost_at"])
    frame["as_of"] = [day.toordinal() for day in frame["as_of"]]
    frame["nofollow"] = frame["nofollow"].astype("float64")
    frame["page"] = frame["page"].astype("Int64")
    frame = frame.drop(columns=["first_seen", "lost_at", *([] if keep else ["target_url"])])
    frame = frame[frame["brand"].notna()]
    return frame.assign(brand=frame["brand"].astype("int64"))


def _host_brand(url: str | None, hosts: Mapping[str, int]) -> float:
    from tracker.domains import try_parse

    found = try_parse(url) if url else None
    if found is None:
        return float("nan")
    labels = found.host.split(".")
    endings = (".".join(labels[i:]) for i in range(len(labels)))
    return float(next((hosts[ending] for ending in endings if ending in hosts), "nan"))


def _with_edges(table: pd.DataFrame, edges: pd.DataFrame, whole: Mapping[int, int]) -> pd.DataFrame:
    if edges.empty:
        return table
    known = set(zip(table["source_id"], table["brand"], strict=True))
    edges = edges.assign(brand=edges["target"].map(whole).astype("int64"))
    new = [pair not in known for pair in zip(edges["source_id"], edges["brand"], strict=True)]
    spare = edges[new].assign(vendor="web graph", scope="domains", as_of=0)
    for name in ("first", "lost", "nofollow"):
        spare[name] = np.nan
    spare["url"] = pd.Series([None] * len(spare), dtype=object, index=spare.index)
    spare["page"] = pd.array([pd.NA] * len(spare), dtype="Int64")
    return pd.concat([table, spare[table.columns]], ignore_index=True) if len(spare) else table


def backlinks(database: Engine, workspace: World) -> pd.DataFrame:
    """Every stored link to a brand from elsewhere, newest import of each kept: what it says and what our own look found.

    A link that a later full export of its vendor no longer lists is lost on that export's day.

    `source`, `url`, `target_url`, `brand` (position), `anchor`, `nofollow`, `ugc`, `sponsored`, `link_type`, `first`,
    `lost` (seconds), `title`, `language`, `context`, then from page checks `placement`, `outlinks`, `checked_language`.
    """
    whole, hosts, partly = _brand_targets(workspace)
    b = BACKLINK.c
    columns = [
        *(
            b.source_domain_id.label("source_id"),
            b.source_page_id.label("page"),
            b.target_domain_id.label("target"),
        ),
        *(b.source_url.label("url"), b.target_url, b.anchor, b.nofollow, b.ugc, b.sponsored, b.link_type),
        *(b.first_seen, b.lost_at, b.title, b.language, b.context_left, b.context_right),
        *(IMPORT.c.as_of, IMPORT.c.vendor, IMPORT.c.scope),
    ]
    found = (
        select(*columns)
        .join_from(BACKLINK, IMPORT, IMPORT.c.id == b.import_id)
        .where(b.workspace_id == workspace.id, b.target_domain_id.in_(sorted(set(whole) | partly)), is_link())
        .order_by(IMPORT.c.as_of, b.id)
    )
    with database.connect() as connection:
        frame = _links_table(rows(connection, found), whole, hosts, keep=True)
        frame = _with_losses(frame[_from_others(frame, whole, hosts)])
        frame["source"] = frame["source_id"].map(domain_names(connection, frame["source_id"].unique()))
        seen = _placements(connection, workspace)
    key = ["source_id", "page", "brand", "target_url"]
    frame = frame.drop_duplicates(key, keep="last").reset_index(drop=True)
    parts = [frame.pop("context_left"), frame["anchor"], frame.pop("context_right")]
    frame["context"] = [" ".join(str(t) for t in texts if t) for texts in zip(*parts, strict=True)]
    brands = [workspace.brands[int(i)].id for i in frame["brand"]]
    known = [
        seen.get((None if p is pd.NA else int(p), b)) for p, b in zip(frame["page"], brands, strict=True)
    ]
    for place, name in enumerate(("placement", "outlinks", "checked_language")):
        frame[name] = pd.Series([None if k is None else k[place] for k in known], dtype=object)
    return frame


def _with_losses(frame: pd.DataFrame) -> pd.DataFrame:
    from analysis.frames.exposure import dropped

    if frame.empty:
        return frame
    ended = dropped(frame.assign(end=frame["lost"].fillna(np.inf)))
    return frame.assign(lost=ended["end"].replace(np.inf, np.nan)).drop(columns=["vendor", "scope"])


def _placements(
    connection: Connection, workspace: World
) -> dict[tuple[int | None, int], tuple[str, int | None, str | None]]:
    """(page, brand) → placement, outlinks and language by the newest check that found the link."""
    found = (
        select(CHECK.c.page_id, LINK.c.brand_id, LINK.c.placement, CHECK.c.outlinks, CHECK.c.language)
        .join_from(LINK, CHECK, CHECK.c.id == LINK.c.check_id)
        .where(CHECK.c.workspace_id == workspace.id)
        .order_by(CHECK.c.checked_at)
    )
    return {(int(p), int(b)): (str(place), out, lang) for p, b, place, out, lang in connection.execute(found)}


def page_checks(database: Engine, workspace: World) -> pd.DataFrame:
    """What our own newest look at each page found: `page`, `named` (brands named, not linked), `linked` (brand ids)."""
    newest = (
        select(CHECK.c.page_id, func.max(CHECK.c.checked_at).label("at"))
        .where(CHECK.c.workspace_id == workspace.id, CHECK.c.state == "fetched")
        .group_by(CHECK.c.page_id)
        .subquery("newest")
    )
    found = (
        select(CHECK.c.id, CHECK.c.page_id.label("page"), CHECK.c.named)
        .join(newest, and_(newest.c.page_id == CHECK.c.page_id, newest.c.at == CHECK.c.checked_at))
        .where(CHECK.c.workspace_id == workspace.id)
    )
    linked = select(LINK.c.check_id, LINK.c.brand_id).join_from(LINK, CHECK, CHECK.c.id == LINK.c.check_id)
    with database.connect() as connection:
        frame = rows(connection, found)
        of_check: dict[int, set[int]] = {}
        for check, brand in connection.execute(linked.where(CHECK.c.workspace_id == workspace.id)):
            of_check.setdefault(int(check), set()).add(int(brand))
    frame["linked"] = pd.Series([of_check.get(int(i), set()) for i in frame["id"]], dtype=object)
    return frame.drop(columns="id")


def opportunity_states(database: Engine, workspace: World, kind: str) -> dict[str, tuple[str, str]]:
    """What people decided: domain → (state, note)."""
    statement = (
        select(DOMAIN.c.name, STATE.c.state, STATE.c.note)
        .join_from(STATE, DOMAIN, DOMAIN.c.id == STATE.c.domain_id)
        .where(STATE.c.workspace_id == workspace.id, STATE.c.kind == kind)
    )
    with database.connect() as connection:
        return {str(name): (str(state), str(note)) for name, state, note in connection.execute(statement)}


def disavowed(database: Engine, workspace: World) -> dict[str, tuple[str, str]]:
    """Decisions about referring pages and domains: entry → (decision, note)."""
    statement = select(DISAVOW.c.entry, DISAVOW.c.decision, DISAVOW.c.note).where(
        DISAVOW.c.workspace_id == workspace.id
    )
    with database.connect() as connection:
        return {str(e): (str(d), str(n)) for e, d, n in connection.execute(statement)}
