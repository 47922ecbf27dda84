"""Pages that are no more, by our own looks and by exports that say what a linked page answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Engine, and_, func, select

from analysis.frames.tables import BACKLINK, CHECK, IMPORT, PAGE
from analysis.frames.tracked import World
from tracker import domains
from tracker.links.pages.history import GONE

_SAYS_SO = ("not_found", "parked", "suspended")
"""What a page says of itself that answers and is not there (`tracker.links.pages.barriers`)."""
_BROKEN = ("ahrefs-broken",)
"""Layouts whose rows say what the linked page answers."""
_CODES = ("Target page HTTP code", "Target URL HTTP code")


@dataclass(frozen=True)
class DeadPage:
    """Who says that a page is no more, and on which day."""

    url: str
    said_by: str
    on: date
    because: str


def dead_pages(database: Engine, workspace: World) -> dict[int, DeadPage]:
    """By the id of the page. A look of ours outweighs an export, whatever it says."""
    with database.connect() as connection:
        seen, looked = _by_looks(connection, workspace)
        told = _by_exports(connection, workspace)
    return {page: each for page, each in told.items() if page not in looked} | seen


def _by_looks(connection: Connection, workspace: World) -> tuple[dict[int, DeadPage], set[int]]:
    """The pages that are gone by the newest look that got an answer, and all that gave one."""
    mine = CHECK.c.workspace_id == workspace.id
    got = and_(mine, CHECK.c.state == "fetched", CHECK.c.status < 500)
    newest = (
        select(CHECK.c.page_id, func.max(CHECK.c.checked_at).label("at"))
        .where(got)
        .group_by(CHECK.c.page_id)
        .subquery("newest")
    )
    statement = (
        select(PAGE.c.id, PAGE.c.url, CHECK.c.status, CHECK.c.reason, CHECK.c.checked_at)
        .join_from(CHECK, PAGE, PAGE.c.id == CHECK.c.page_id)
        .join(newest, and_(newest.c.page_id == CHECK.c.page_id, newest.c.at == CHECK.c.checked_at))
        .where(got)
    )
    dead: dict[int, DeadPage] = {}
    looked: set[int] = set()
    for page, url, status, reason, at in connection.execute(statement):
        looked.add(page)
        if status in GONE or reason in _SAYS_SO:
            because = str(status) if status in GONE else str(reason).replace("_", " ")
            dead[page] = DeadPage(url, "own look", at.date(), because)
    return dead, looked


def _by_exports(connection: Connection, workspace: World) -> dict[int, DeadPage]:
    statement = (
        select(BACKLINK.c.target_url, BACKLINK.c.metrics, IMPORT.c.vendor, IMPORT.c.as_of)
        .join_from(BACKLINK, IMPORT, IMPORT.c.id == BACKLINK.c.import_id)
        .where(IMPORT.c.workspace_id == workspace.id, IMPORT.c.layout.in_(_BROKEN))
        .where(BACKLINK.c.target_url.is_not(None))
        .order_by(IMPORT.c.as_of)
    )
    dead: dict[int, DeadPage] = {}
    for url, metrics, vendor, day in connection.execute(statement):
        code = next((metrics[name] for name in _CODES if metrics and name in metrics), None)
        address = domains.try_parse(url)
        if address is not None and isinstance(code, int | float) and code in GONE:
            page = domains.page_id(address.canonical)
            dead[page] = DeadPage(address.canonical, vendor, day, str(int(code)))
    return dead
