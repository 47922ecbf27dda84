"""Replies that are stored and paid for, and that nobody could read when they came: read after all, before
anything is asked again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Engine as Database
from sqlmodel import Session, col, select

from tracker import store
from tracker.answers.rows import packed_once, read_body, unpack
from tracker.errors import DataError
from tracker.models import Ask, AskState, Reply
from tracker.run import money
from tracker.run.claims import account_of

CHUNK = 200
_PAST = datetime(2000, 1, 1, tzinfo=UTC)


def pack_once(database: Database, workspace_id: int) -> int:
    """Replies that a process packed a second time when it took them over are packed once; returns how
    many."""
    mended = 0
    for chunk in _chunks(database, Reply.workspace_id == workspace_id):
        with store.writing(database) as session:
            for reply in session.exec(select(Reply).where(col(Reply.ask_id).in_(chunk))):
                body = _once(reply.body)
                if body is not None:
                    reply.body = body
                    session.add(reply)
                    mended += 1
    return mended


def _once(body: bytes) -> bytes | None:
    try:
        return packed_once(body)
    except DataError:
        return None


def offer_readable(session: Session, run_id: int) -> int:
    """Asks that failed, and whose stored replies have an answer in them for today's readers, are claimed by
    nobody: whoever works on the run next takes them over, reads them and settles them. Returns how many."""
    failed = (
        select(Ask, Reply)
        .join(Reply, col(Reply.ask_id) == col(Ask.id))
        .where(Ask.run_id == run_id, Ask.state == AskState.FAILED, Ask.reason == "unreadable reply")
    )
    offered = 0
    for ask, reply in session.exec(failed.execution_options(yield_per=CHUNK)).all():
        body = _once(reply.body)
        if body is not None:
            reply.body = body
            session.add(reply)
        if _has_an_answer(reply.body):
            _offer(session, ask)
            offered += 1
    session.flush()
    return offered


def _has_an_answer(body: bytes) -> bool:
    try:
        return read_body(unpack(body)).problem is None
    except DataError:
        return False


def _offer(session: Session, ask: Ask) -> None:
    """What was booked for a reply that could not be read is only set aside until its cost is read."""
    micros = min(ask.estimated_micros, ask.spent_micros)
    money.book(session, account_of(session, ask.run_id, ask.engine_id), spent=-micros, released=-micros)
    ask.spent_micros -= micros
    ask.reserved_micros = micros
    ask.state, ask.claimed_by, ask.lease_until = AskState.CLAIMED, None, _PAST
    ask.reason = ask.detail = ask.ended_at = None
    session.add(ask)


def _chunks(database: Database, *where: object) -> Iterator[list[int]]:
    last = -1
    while True:
        following = select(Reply.ask_id).where(*where, col(Reply.ask_id) > last)  # type: ignore[arg-type]
        with store.reading(database) as session:
            keys = list(session.exec(following.order_by(col(Reply.ask_id)).limit(CHUNK)))
        if not keys:
            return
        last = keys[-1]
        yield keys
