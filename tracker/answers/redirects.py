"""Where redirecting links led when they were looked up: what is known of them, for whoever reads a reply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from tracker import domains, store
from tracker.answers.rows import redirecting
from tracker.citations import Reading
from tracker.models import Redirect

CHUNK = 500


def known(session: Session, urls: Iterable[str]) -> list[Redirect]:
    """The rows of those links that were looked up before."""
    keys = sorted(domains.page_id(url) for url in urls)
    rows: list[Redirect] = []
    for start in range(0, len(keys), CHUNK):
        rows += session.exec(select(Redirect).where(col(Redirect.id).in_(keys[start : start + CHUNK])))
    return rows


def targets(session: Session, readings: Iterable[Reading]) -> dict[str, str]:
    """Link → target of what these replies cite, as far as it is known."""
    urls = set().union(*map(redirecting, readings))
    return {row.url: row.target for row in known(session, urls) if row.target}


def save(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep look-ups: `url`, `target`, `status` and `checked_at` of each."""
    keyed = [
        {"id": domains.page_id(row["url"]), **row} for row in sorted(rows, key=lambda row: str(row["url"]))
    ]
    store.upsert(session, Redirect, keyed, key=["id"])
