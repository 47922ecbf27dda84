"""What our own looks at cited pages saw of the brands, joined to the answers that cite those pages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from sqlalchemy import Connection, Engine, select

from analysis.frames.answered import citations
from analysis.frames.exposure import PairIndex, assembled, exposed
from analysis.frames.inside import InsideAnswers, inside_answers
from analysis.frames.linked import Targets
from analysis.frames.tables import CHECK, PAGE, SEEN, domain_names, rows, seconds
from analysis.frames.tracked import Scope, World
from analysis.lift.listing import Evidence
from analysis.lift.panel import Panel


@dataclass(frozen=True)
class _PageLooks:
    """`pages`: `check`, `page`, `source_id`, `at` (seconds); `brands`: `check`, `brand` (position), `rank`
    (NaN where only linked), `heading`, `first_screen`, `linked`, `followed`."""

    pages: pd.DataFrame
    brands: pd.DataFrame


def listing_data(
    database: Engine,
    workspace: World | int,
    scope: Scope | None = None,
    *,
    read: InsideAnswers | None = None,
) -> tuple[Panel, Evidence]:
    """Answers × brands × sources whose cited pages name or link to a brand, and what looks saw of them.

    An answer takes a page as the newest look before it saw it, or as the first one after it where none came
    before. Links on pages that nobody looked at are kept apart. `read` is what was read of this scope
    already.
    """
    read = read or inside_answers(database, workspace, scope)
    frame, linked, world = read.answers, read.links, read.world
    with database.connect() as connection:
        looks = _looks(connection, world)
    listing = looks.pages[looks.pages["check"].isin(looks.brands["check"])]
    ids = sorted({int(i) for i in listing["source_id"]} | {int(i) for i in linked.table["source_id"]})
    cited = citations(database, world, read.scope, domains=ids)
    cited = cited[cited["source_id"].isin(ids)]
    with database.connect() as connection:
        names = domain_names(connection, cited["source_id"].unique())
    events = _seen_by(frame, cited, looks)
    blind = events["check"].isna()
    not_looked = events.loc[blind, ["answer", "source_id", "page"]]
    exposures = exposed(frame, not_looked, linked.spans, "auto", linked.by_page)
    seen = events[~blind].merge(looks.brands, on="check")
    pairs = PairIndex(frame, names, len(world.brands))
    panel = assembled(pairs, cited, exposures, linked.spans, read.named, world, read.topics)
    paged = events[events["page"].notna()]
    evidence = Evidence(
        listed=pairs.ones(seen),
        linked=pairs.ones(seen[seen["linked"]]),
        followed=pairs.ones(seen[seen["followed"]]),
        unseen=pairs.ones(exposures),
        prominence=_prominence(pairs, seen) if seen["rank"].notna().any() else None,
        looked=int(paged["check"].notna().sum()),
        citations=len(paged),
        pages=int(paged.loc[paged["check"].notna(), "page"].nunique()),
    )
    return panel, evidence


def _looks(connection: Connection, workspace: World) -> _PageLooks:
    """Looks that read a page, and each brand that one named or linked to."""
    read = (CHECK.c.workspace_id == workspace.id, CHECK.c.state == "fetched")
    of_page = (CHECK.c.id.label("check"), CHECK.c.page_id.label("page"))
    pages = rows(
        connection,
        select(*of_page, PAGE.c.domain_id.label("source_id"), PAGE.c.url, CHECK.c.checked_at)
        .join_from(CHECK, PAGE, PAGE.c.id == CHECK.c.page_id)
        .where(*read),
    )
    pages["at"] = seconds(pages.pop("checked_at"), workspace.timezone)
    columns = ("brand_id", "rank", "heading", "first_screen", "linked", "followed")
    brands = rows(
        connection,
        select(SEEN.c.check_id.label("check"), *(SEEN.c[name] for name in columns))
        .join_from(SEEN, CHECK, CHECK.c.id == SEEN.c.check_id)
        .where(*read),
    )
    position = {brand.id: i for i, brand in enumerate(workspace.brands)}
    brands = brands[brands["brand_id"].isin(position)]
    flags = {name: brands[name].astype(bool) for name in ("heading", "first_screen", "linked", "followed")}
    brands = brands.assign(brand=brands["brand_id"].map(position).astype("int64"), **flags)
    brands = brands.assign(rank=brands["rank"].astype("float64")).drop(columns="brand_id")
    return _PageLooks(pages, _from_others(brands, pages, Targets(workspace)))


def _from_others(brands: pd.DataFrame, pages: pd.DataFrame, targets: Targets) -> pd.DataFrame:
    """Without what a brand's own pages say of the brand."""
    of_check = pages.set_index("check")[["source_id", "url"]]
    of_page = brands[["check", "brand"]].join(of_check, on="check")
    where = zip(of_page["source_id"], of_page["url"], of_page["brand"], strict=True)
    return brands[np.array([targets.brand(source, url) != brand for source, url, brand in where], bool)]


def _seen_by(answers: pd.DataFrame, cited: pd.DataFrame, looks: _PageLooks) -> pd.DataFrame:
    """Each citation with the look (`check`) that tells what stands on its page; none where nobody looked."""
    events = cited.merge(answers[["answer", "seconds"]], on="answer")
    events["seconds"] = events["seconds"].astype("float64")
    events = events.sort_values("seconds", kind="stable").reset_index(drop=True)
    pages = looks.pages[["check", "page", "at"]].astype({"page": "Int64", "at": "float64"}).sort_values("at")
    told = {
        way: pd.merge_asof(events, pages, left_on="seconds", right_on="at", by="page", direction=way)["check"]
        for way in ("backward", "forward")
    }
    return events.assign(check=told["backward"].fillna(told["forward"]))


def _prominence(pairs: PairIndex, seen: pd.DataFrame) -> sparse.csr_array:
    """Sources that name each brand so on cited pages: the columns of `analysis.lift.listing.PROMINENCE`."""
    kinds = (*(seen["rank"] == place for place in (1, 2, 3)), seen["heading"], seen["first_screen"])
    return sparse.csr_array(np.stack([pairs.ones(seen[kind]).sum(axis=1) for kind in kinds], axis=1))
