"""Small exports of links, and a workspace to import them into."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func
from sqlmodel import Session, select

from tracker import store
from tracker.files.records import Reject
from tracker.links.files.recognise import inspect
from tracker.links.files.rows import LinkRow, rows
from tracker.links.imports import ImportResult, import_links
from tracker.models import (
    Brand,
    Workspace,
)

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
HEADER = "source_url,target_url,anchor,rel,first_seen,last_seen,lost_at"
TOOLS = f"{HEADER},Domain Trust"
"""The same as a tool's own export, whose layout says that it lists all links."""
SOUND = "https://a.com/1,https://acme.com/,Acme,nofollow,2026-03-02,2026-11-10,"


def write(path: Path, text: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def read(path: Path, **options: Any) -> tuple[list[LinkRow], list[Reject]]:
    found = list(rows(path, inspect(path, **options)))
    return [row for row in found if isinstance(row, LinkRow)], [
        row for row in found if isinstance(row, Reject)
    ]


def fill(database: Engine) -> None:
    with store.writing(database) as session:
        session.add(Workspace(id=1, name="acme"))
        session.flush()
        session.add(
            Brand(workspace_id=1, key="acme", name="Acme", own=True, domains=["acme-widgets.example"])
        )
    return 1


def imported(database: Engine, path: Path, **options: object) -> ImportResult:
    return import_links(database, 1, path, now=NOW, **options)  # type: ignore[arg-type]


def count(session: Session, table: type) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


def snapshot(
    database: Engine, tmp_path: Path, when: str, links: list[str], **options: object
) -> ImportResult:
    rows = [TOOLS, *(f"{each},40" for each in links), ""]
    path = write(tmp_path / f"{when}-{len(links)}-{options.get('scope')}.csv", "\n".join(rows))
    return imported(database, path, as_of=date.fromisoformat(when), **options)


def link(page: str, first: str = "", lost: str = "", target: str = "acme.com") -> str:
    return f"https://{page},https://{target}/,x,,{first},,{lost}"
