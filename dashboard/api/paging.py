"""Rows in pages. A cursor holds the data's mark, so that no page is of other data than the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, create_model

from dashboard.api.offered import OfferedVerb
from dashboard.api.problems import Refusal

MOST = 5_000
LISTS = ("rows", "pages")
"""What is given in pages, by the name that it has in an answer."""


@dataclass(frozen=True)
class RowsPage:
    body: Mapping[str, Any]
    total: int | None
    """All rows; None for an answer that has none."""
    following: str | None
    """The next page's cursor."""


def paged(reading: OfferedVerb, size: int) -> type[BaseModel]:
    """The verb's parameters and those of its pages."""
    fields: dict[str, Any] = {
        "page_size": (int, Field(size, ge=1, le=MOST, description="Rows of a page.")),
        "cursor": (
            str | None,
            Field(None, pattern=r"^[0-9a-f]{24}\.[0-9]{1,9}$", description="Given with the page before."),
        ),
    }
    return create_model(f"{reading.name}_query", __base__=reading.takes, **fields)


def page_of(value: Mapping[str, Any], given: Any, mark: str) -> RowsPage:
    name = next((name for name in LISTS if name in value), None)
    if name is None:
        return RowsPage(value, None, None)
    rows = value[name]
    begin = _begin(given.cursor, mark)
    end = begin + given.page_size
    following = f"{mark}.{end}" if end < len(rows) else None
    return RowsPage({**value, name: rows[begin:end]}, len(rows), following)


def _begin(cursor: str | None, mark: str) -> int:
    if cursor is None:
        return 0
    seen, _, begin = cursor.partition(".")
    if seen != mark:
        raise Refusal(409, "the data changed since that page", "begin again, without a cursor")
    return int(begin)
