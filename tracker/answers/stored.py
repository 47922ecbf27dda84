"""Answers with their citations and mentions, stored and rebuilt: whatever a reader learns later, `reread`
applies to everything already paid for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, update
from sqlalchemy import Engine as Database
from sqlalchemy import select as sql_select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from tracker import archived, store, weeks
from tracker.answers import redirects
from tracker.answers.counted import ANSWER
from tracker.answers.rows import READER, AnswerRows, answer_rows, mention_rows, read_body, unpack
from tracker.citations import Reading
from tracker.errors import DataError
from tracker.mentions import BrandNames, Finder
from tracker.mentions.names import of_row
from tracker.models import (
    Answer,
    Brand,
    Citation,
    Domain,
    Mention,
    Page,
    RecordedReply,
    Reply,
    Setting,
    Workspace,
)

BATCH = 500


def brand_names(session: Session, workspace_id: int) -> list[BrandNames]:
    statement = select(Brand).where(Brand.workspace_id == workspace_id, col(Brand.active))
    return [_names(brand) for brand in session.exec(statement.order_by(col(Brand.id)))]


def finder(session: Session, workspace_id: int) -> Finder:
    return Finder(brand_names(session, workspace_id))


def _names(brand: Brand) -> BrandNames:
    assert brand.id is not None
    return of_row(brand.id, brand.name, brand.aliases, brand.not_phrases, brand.domains)


def save(session: Session, batch: Sequence[AnswerRows]) -> int:
    """Store answers with what belongs to them; those already there stay as they are. Returns how many were
    new."""
    if not batch:
        return 0
    save_pages(session, batch)
    ids = _insert_answers(session, _in_their_weeks(session, batch))
    fresh = [(ids[rows.answer["fingerprint"]], rows) for rows in batch if rows.answer["fingerprint"] in ids]
    _insert_parts(session, fresh)
    return len(fresh)


def _in_their_weeks(session: Session, batch: Sequence[AnswerRows]) -> list[dict[str, Any]]:
    zones: dict[int, str] = dict(session.exec(select(Workspace.id, Workspace.timezone)).all())  # type: ignore[arg-type]
    dated = [
        {**rows.answer, "week": weeks.week_of(rows.answer["asked_at"], zones[rows.answer["workspace_id"]])}
        for rows in batch
    ]
    for workspace_id in sorted({row["workspace_id"] for row in dated}):
        archived.refuse(
            session, workspace_id, {r["week"] for r in dated if r["workspace_id"] == workspace_id}
        )
    return dated


def save_pages(session: Session, batch: Sequence[AnswerRows]) -> None:
    domains = {key: name for rows in batch for key, name in rows.domains.items()}
    pages = {key: page for rows in batch for key, page in rows.pages.items()}
    # Sorted, so that two processes insert in the same order and cannot wait for each other.
    named = [{"id": key, "name": domains[key]} for key in sorted(domains)]
    store.bulk_insert(session, Domain, named, ignore=True)
    store.bulk_insert(session, Page, [pages[key] for key in sorted(pages)], ignore=True)


@cache
def _new_answers(kind: str) -> Any:
    dialect = sqlite if kind == "sqlite" else postgresql
    insertion = dialect.insert(Answer).on_conflict_do_nothing()
    return insertion.returning(col(Answer.fingerprint), col(Answer.id))


def _insert_answers(session: Session, rows: list[dict[str, Any]]) -> dict[str, int]:
    connection = session.connection()
    rows = list(archived.numbered(connection, ANSWER, rows))
    inserted = connection.execute(_new_answers(connection.dialect.name), rows)
    return {str(fingerprint): int(key) for fingerprint, key in inserted}


def _insert_parts(session: Session, answers: Sequence[tuple[int, AnswerRows]]) -> None:
    cited = [{"answer_id": key, **row} for key, rows in answers for row in rows.citations]
    named = [{"answer_id": key, **row} for key, rows in answers for row in rows.mentions]
    connection = session.connection()
    _insert(connection, Citation, cited)
    _insert(connection, Mention, named)


def _insert(connection: Connection, model: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(model), archived.numbered(connection, model.__table__, rows))


@dataclass(frozen=True)
class Reread:
    answers: int
    changed_problem: int
    unreadable: int


def reread(database: Database, workspace_id: int) -> Reread:
    """Rebuild citations and mentions of every answer from its stored reply; recorded answers, which have
    none, get their mentions rebuilt from their text."""
    answers = changed = unreadable = 0
    with store.reading(database) as session:
        names = finder(session, workspace_id)
    for batch in _stored(database, workspace_id):
        with store.writing(database) as session:
            read = [_try_read(packed) for *_, packed in batch]
            targets = redirects.targets(session, [reading for reading in read if reading is not None])
            for (answer_id, ask_id, text, head, packed), reading in zip(batch, read, strict=True):
                answers += 1
                if packed is None:
                    _replace_mentions(session, answer_id, mention_rows(text, workspace_id, names))
                elif reading is None:
                    unreadable += 1
                else:
                    rows = answer_rows(reading, head, names, targets=targets)
                    changed += _replace(session, answer_id, ask_id, rows)
    remember_brands(database, workspace_id)
    return Reread(answers, changed, unreadable)


def _try_read(packed: bytes | None) -> Reading | None:
    try:
        return None if packed is None else read_body(unpack(packed))
    except DataError:
        return None


def _stored(
    database: Database, workspace_id: int
) -> Iterator[list[tuple[int, int | None, str, dict[str, Any], bytes | None]]]:
    last = 0
    body = func.coalesce(Reply.body, RecordedReply.body)
    columns = (Answer.id, Answer.ask_id, Answer.text, Answer.asked_at, Answer.surface, body)
    while True:
        statement = (
            select(*columns)  # type: ignore[call-overload]
            .outerjoin(Reply, col(Reply.ask_id) == col(Answer.ask_id))
            .outerjoin(RecordedReply, col(RecordedReply.answer_id) == col(Answer.id))
            .where(Answer.workspace_id == workspace_id, col(Answer.id) > last)
            .order_by(col(Answer.id))
            .limit(BATCH)
        )
        with store.reading(database) as session:
            rows = session.exec(statement).all()
        if not rows:
            return
        last = rows[-1][0]
        yield [(r[0], r[1], r[2], {"workspace_id": workspace_id, "asked_at": r[3]}, r[5]) for r in rows]


def _replace(session: Session, answer_id: int, ask_id: int | None, rows: AnswerRows) -> int:
    old = session.exec(select(Answer.problem).where(Answer.id == answer_id)).one()
    columns = {name: value for name, value in rows.answer.items() if name not in {"workspace_id", "asked_at"}}
    connection = session.connection()
    connection.execute(update(Answer).where(col(Answer.id) == answer_id).values(**columns))
    connection.execute(delete(Citation).where(col(Citation.answer_id) == answer_id))
    connection.execute(delete(Mention).where(col(Mention.answer_id) == answer_id))
    save_pages(session, [rows])
    _insert_parts(session, [(answer_id, rows)])
    return int(old != rows.answer["problem"])


def _replace_mentions(session: Session, answer_id: int, rows: list[dict[str, Any]]) -> None:
    connection = session.connection()
    connection.execute(delete(Mention).where(col(Mention.answer_id) == answer_id))
    _insert(connection, Mention, [{"answer_id": answer_id, **row} for row in rows])


def brands_changed(session: Session, workspace_id: int) -> bool:
    """Whether names were added, changed or removed since the stored answers were last searched for them."""
    known = session.get(Setting, brands_name(workspace_id))
    answered = session.exec(
        select(func.count()).select_from(Answer).where(Answer.workspace_id == workspace_id)
    ).one()
    return answered > 0 and (known is None or known.value != _brand_hash(session, workspace_id))


def remember_brands(database: Database, workspace_id: int) -> None:
    with store.writing(database) as session:
        value = _brand_hash(session, workspace_id)
        store.upsert(session, Setting, [{"name": brands_name(workspace_id), "value": value}], key=["name"])


def brands_name(workspace_id: int) -> str:
    """The setting that tells which names the stored answers were searched for."""
    return f"brands:{workspace_id}"


def _brand_hash(session: Session, workspace_id: int) -> str:
    text = repr(brand_names(session, workspace_id)) + READER
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def refresh_mentions(database: Database, workspace_id: int) -> int:
    """Search every stored answer for the brands as they are now; returns how many answers were searched."""
    with store.reading(database) as session:
        names = finder(session, workspace_id)
    searched = last = 0
    while True:
        with store.writing(database) as session:
            statement = (
                select(Answer.id, Answer.text)
                .where(Answer.workspace_id == workspace_id, col(Answer.id) > last)
                .order_by(col(Answer.id))
                .limit(BATCH)
            )
            rows = session.exec(statement).all()
            if not rows:
                break
            keys = [key for key, _ in rows]
            last, searched = keys[-1] or 0, searched + len(rows)
            session.connection().execute(delete(Mention).where(col(Mention.answer_id).in_(keys)))
            mentions = [
                {"answer_id": key, **row}
                for key, text in rows
                for row in mention_rows(text, workspace_id, names)
            ]
            _insert(session.connection(), Mention, mentions)
    remember_brands(database, workspace_id)
    return searched


def move_weeks(database: Database, workspace_id: int) -> bool:
    """Count the stored answers' weeks in the workspace's time zone, where that has changed.

    Returns whether it has. What arrives meanwhile is counted there as well, and a move cut short goes on.
    """
    marked = weeks.moving(workspace_id)
    with store.reading(database) as session:
        timezone = session.get_one(Workspace, workspace_id).timezone
        if session.get(Setting, marked) is None:
            return False
    last = 0
    answer = ANSWER.c
    statement = sql_select(answer.id, answer.asked_at, answer.week).where(answer.workspace_id == workspace_id)
    changed = update(ANSWER).where(ANSWER.c.id == bindparam("key")).values(week=bindparam("monday"))
    while True:
        with store.writing(database) as session:
            page = statement.where(answer.id > last).order_by(answer.id).limit(20 * BATCH)
            rows = session.connection().execute(page).all()
            if not rows:
                session.connection().execute(delete(Setting).where(col(Setting.name) == marked))
                return True
            last = rows[-1][0]
            mondays = [(key, week, weeks.week_of(at, timezone)) for key, at, week in rows]
            moved = [{"key": key, "monday": monday} for key, week, monday in mondays if week != monday]
            if moved:
                session.connection().execute(changed, moved)
