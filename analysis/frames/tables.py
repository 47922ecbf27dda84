"""The tables as SQLAlchemy sees them, and how their rows become columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, select

from tracker.models import (
    Agreement,
    AuthorityList,
    AuthorityValue,
    Backlink,
    DisavowEntry,
    Domain,
    DomainClass,
    Event,
    Judgement,
    LinkImport,
    Page,
    PageBrand,
    PageCheck,
    PageLink,
    WebEdge,
    Workspace,
)
from tracker.models import Engine as EngineTable
from tracker.models import Prompt as PromptTable
from tracker.weeks import UTC, on_the_wall

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
AT_ONCE = 50_000
"""Rows held as Python values at a time."""


def _table(model: Any) -> Any:
    return model.__table__


WORKSPACE = _table(Workspace)
ENGINE = _table(EngineTable)
PROMPT = _table(PromptTable)
DOMAIN = _table(Domain)
BACKLINK = _table(Backlink)
IMPORT = _table(LinkImport)
LIST = _table(AuthorityList)
VALUE = _table(AuthorityValue)
EDGE = _table(WebEdge)
EVENT = _table(Event)
CLASS = _table(DomainClass)
PAGE = _table(Page)
CHECK = _table(PageCheck)
LINK = _table(PageLink)
SEEN = _table(PageBrand)
DISAVOW = _table(DisavowEntry)
JUDGEMENT = _table(Judgement)
AGREEMENT = _table(Agreement)


def rows(connection: Connection, statement: Select[Any]) -> pd.DataFrame:
    """A select as a frame with its column names, also when it is empty.

    A column with nulls keeps its Python values: pandas would turn 63-bit ids into floats and merge what is
    not one.
    """
    result = connection.execute(statement)
    names = list(result.keys())
    parts = [[_packed(values) for values in zip(*part, strict=True)] for part in result.partitions(AT_ONCE)]
    return pd.DataFrame(
        {name: _joined([part[i] for part in parts]) for i, name in enumerate(names)},
    )


def _packed(values: tuple[Any, ...]) -> Sequence[Any] | NDArray[np.int64]:
    """Whole numbers as an array, which takes a fifth of the room; everything else as it is."""
    return np.array(values, np.int64) if set(map(type, values)) == {int} else values


def _joined(parts: list[Any]) -> pd.Series[Any]:
    if parts and all(isinstance(part, np.ndarray) for part in parts):
        return pd.Series(np.concatenate(parts))
    values = [v for part in parts for v in (part.tolist() if isinstance(part, np.ndarray) else part)]
    return pd.Series(values, dtype=object if not values or None in values else None)


def seconds(moments: Iterable[Any], timezone: str = UTC) -> Floats:
    """What clocks on the wall there show, in seconds that compare with links' days at midnight UTC."""
    if timezone != UTC:
        moments = (m if m is None or m is pd.NaT else on_the_wall(m, timezone) for m in moments)
    return np.array([np.nan if m is None or m is pd.NaT else m.timestamp() for m in moments], np.float64)


def domain_names(connection: Connection, ids: Iterable[Any]) -> dict[int, str]:
    wanted = [int(i) for i in ids]
    names: dict[int, str] = {}
    for start in range(0, len(wanted), 10_000):
        part = wanted[start : start + 10_000]
        names |= dict(
            connection.execute(select(DOMAIN.c.id, DOMAIN.c.name).where(DOMAIN.c.id.in_(part))).all()
        )
    return names


def chunks(items: Sequence[int], size: int) -> Iterable[Sequence[int]]:
    return (items[start : start + size] for start in range(0, len(items), size))
