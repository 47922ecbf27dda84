"""Rows that go, and words that go from rows that stay; in any table, found by its keys and not by a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import JSON, Column, LargeBinary, String, Table, delete, func, or_, select, text, update
from sqlmodel import Session, SQLModel

from tracker import exports
from tracker.forget.words import Words

CHUNK = 500
SEALED = ("experiment", "experimententry")
"""Triggers keep these as they are; only forgetting is stronger."""


@dataclass
class Swept:
    """Rows by table."""

    deleted: Counter[str] = field(default_factory=Counter)
    masked: Counter[str] = field(default_factory=Counter)

    @property
    def tables(self) -> list[str]:
        return sorted({*self.deleted, *self.masked})


def every_table() -> list[Table]:
    """Also those that lets somebody in; parents before children."""
    return list(SQLModel.metadata.sorted_tables)


def named(name: str) -> Table:
    return SQLModel.metadata.tables[name]


def delete_where(session: Session, table: Table, condition: Any, done: Swept) -> None:
    """With all that hangs on these rows."""
    for child in every_table():
        for key in child.foreign_keys:
            if key.column.table is not table:
                continue
            hanging = key.parent.in_(select(key.column).where(condition))
            if child is table:
                session.connection().execute(update(table).where(hanging).values({key.parent.name: None}))
            else:
                delete_where(session, child, hanging, done)
    _delete(session, table, condition, done)


def _delete(session: Session, table: Table, condition: Any, done: Swept) -> None:
    gone = session.connection().execute(delete(table).where(condition)).rowcount
    if gone:
        done.deleted[table.name] += gone


def delete_owned(session: Session, workspace_id: int, done: Swept) -> None:
    """All that is one workspace's, by its column or by the row that it hangs on."""
    prompt = named("prompt")
    mine = prompt.c.workspace_id == workspace_id
    session.connection().execute(update(prompt).where(mine).values(replaces_id=None))
    for table in reversed(every_table()):
        owned = exports.owned(table, workspace_id)
        if owned is not None:
            _delete(session, table, owned, done)


def web_ids(session: Session, workspace_id: int) -> tuple[set[int], set[int]]:
    """(domains, pages) that the workspace names."""
    found = session.connection()
    domains, pages = (set(found.scalars(exports.named_by(key, workspace_id))) for key in ENDINGS)
    return domains, pages


ENDINGS = ("domain_id", "page_id")


def delete_web(session: Session, domains: Collection[int], pages: Collection[int], done: Swept) -> int:
    """Names of domains and pages, and lists' rows on them, where no workspace that is there names them.
    Returns how many stay, because one does."""
    others = session.connection().scalars(select(named("workspace").c.id)).all()
    theirs: tuple[set[int], set[int]] = (set(), set())
    for other in others:
        for held, more in zip(theirs, web_ids(session, other), strict=True):
            held |= more
    for key, candidates, held in zip(ENDINGS, (domains, pages), theirs, strict=True):
        free = sorted(set(candidates) - held)
        for start in range(0, len(free), CHUNK):
            part = free[start : start + CHUNK]
            for table in every_table():
                columns = [c for c in table.c if c.name.endswith(key)]
                if columns and "workspace_id" not in table.c:
                    _delete(session, table, or_(*(c.in_(part) for c in columns)), done)
            _delete(
                session, named(key.removesuffix("_id")), named(key.removesuffix("_id")).c.id.in_(part), done
            )
    return len(set(domains) & theirs[0]) + len(set(pages) & theirs[1])


def delete_naming(
    session: Session, workspace_id: int, domains: Sequence[int], pages: Sequence[int], done: Swept
) -> None:
    """The workspace's rows about these domains and pages."""
    for key, ids in zip(ENDINGS, (domains, pages), strict=True):
        for start in range(0, len(ids), CHUNK):
            part = ids[start : start + CHUNK]
            for table in every_table():
                mine = exports.owned(table, workspace_id)
                columns = [c for c in table.c if c.name.endswith(key)]
                if mine is not None and columns:
                    about = or_(*(c.in_(part) for c in columns))
                    delete_where(session, table, mine & about, done)


def mask(
    session: Session, words: Words, workspace_id: int | None, done: Swept, *, only: Collection[str] = ()
) -> None:
    """In every text, JSON and packed body of a workspace's rows, of rows that are nobody's, and of those of
    shared names that no other workspace uses. Without a workspace: everywhere. Told notices go as a whole."""
    for table, keys, values in _found(session, words, workspace_id, only):
        these = [column == key for column, key in zip(table.primary_key.columns, keys, strict=True)]
        if table.name == "notice":
            delete_where(session, table, these[0], done)
        else:
            session.connection().execute(update(table).where(*these).values(values))
            done.masked[table.name] += 1


def traces(
    session: Session, words: Words, workspace_id: int | None, only: Collection[str] = ()
) -> Counter[str]:
    """Rows by table where a word still stands."""
    return Counter(table.name for table, _, _ in _found(session, words, workspace_id, only))


def _found(
    session: Session, words: Words, workspace_id: int | None, only: Collection[str]
) -> Iterator[tuple[Table, tuple[Any, ...], dict[str, Any]]]:
    for table in every_table():
        columns = [c for c in table.c if isinstance(c.type, String | JSON | LargeBinary) or _is_text(c)]
        if not columns or (only and table.name not in only):
            continue
        primary = list(table.primary_key.columns)
        rows = select(*primary, *(c for c in columns if c not in primary)).order_by(*primary)
        rows = rows.where(*_within(session, table, workspace_id))
        pending = session.connection().execute(rows).partitions(CHUNK)
        for part in pending:
            for row in part:
                seen = row._mapping
                values = {c.name: words.masked(seen[c.name]) for c in columns}
                changed = {name: value for name, value in values.items() if value != seen[name]}
                if changed:
                    yield table, tuple(seen[c.name] for c in primary), changed


def _is_text(column: Column[Any]) -> bool:
    return isinstance(getattr(column.type, "impl", None), String)


def _within(session: Session, table: Table, workspace_id: int | None) -> list[Any]:
    if workspace_id is None:
        return []
    if table.name == "auditentry":
        return [or_(table.c.workspace_id == workspace_id, table.c.workspace_id.is_(None))]
    owned = exports.owned(table, workspace_id)
    if owned is not None:
        return [owned]
    if table.name not in {*exports.SHARED_NAMES, "redirect"}:
        return []
    others = session.connection().scalars(
        select(named("workspace").c.id).where(named("workspace").c.id != workspace_id)
    )
    theirs = [exports.rows_of(table, other).with_only_columns(table.c.id).order_by(None) for other in others]
    return [table.c.id.not_in(each) for each in theirs]


@contextmanager
def unsealed(session: Session) -> Iterator[None]:
    """Without the triggers that keep experiments as they are, until the end of the block."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        for name in SEALED:
            connection.execute(text(f"alter table {name} disable trigger user"))
        yield
        for name in SEALED:
            connection.execute(text(f"alter table {name} enable trigger user"))
        return
    kept = "select name, sql, tbl_name from sqlite_master where type = 'trigger'"
    triggers = [(name, sql) for name, sql, table in connection.execute(text(kept)) if table in SEALED]
    for name, _ in triggers:
        connection.execute(text(f"drop trigger {name}"))
    yield
    for _, sql in triggers:
        connection.exec_driver_sql(sql)


def count(session: Session) -> int:
    """Rows that a search looks at."""
    return sum(session.connection().scalar(select(func.count()).select_from(t)) or 0 for t in every_table())
