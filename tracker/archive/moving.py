"""A week between tables and files. Whatever ends it half-way, the week is whole in one of the two: files are
written and compared first, and one transaction deletes the rows and names the files, or the other way round.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine as Database
from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from tracker import archived, exports, store, weeks
from tracker.answers import rollups, stored
from tracker.archive import files
from tracker.archive.tables import ANSWER, ARCHIVED, RAW, REPLY, of_week
from tracker.errors import UsageError
from tracker.models import ArchivedWeek, Ask, AskState, Judgement, Setting, Workspace

ASK: Any = Ask.__table__  # type: ignore[attr-defined]
JUDGEMENT: Any = Judgement.__table__  # type: ignore[attr-defined]
OPEN = (AskState.PLANNED, AskState.CLAIMED)


@dataclass(frozen=True)
class Moved:
    week: date
    rows: dict[str, int]
    bytes: int
    """Of the files."""


def closed_weeks(database: Database, workspace_id: int, keep: int, now: datetime) -> list[date]:
    """Mondays of weeks with answers that ended `keep` whole weeks ago or earlier, and that nothing is still
    being asked or judged of."""
    with store.reading(database, live=True) as session:
        before = first_kept(session.get_one(Workspace, workspace_id).timezone, keep, now)
        answers = select(ANSWER.c.week).distinct()
        known = answers.where(ANSWER.c.workspace_id == workspace_id, ANSWER.c.week < before)
        every = set(session.connection().scalars(known))
        return sorted(every - _busy(session, workspace_id))


def first_kept(timezone: str, keep: int, now: datetime) -> date:
    """The Monday, by the workspace's clock, before which whole weeks ended `keep` weeks ago or earlier."""
    return weeks.week_of(now, timezone) - timedelta(weeks=keep)


def _busy(session: Session, workspace_id: int) -> set[date]:
    mine = ANSWER.c.workspace_id == workspace_id
    asking = exists().where(ASK.c.run_id == ANSWER.c.run_id, ASK.c.state.in_(OPEN))
    judging = exists().where(JUDGEMENT.c.answer_id == ANSWER.c.id, JUDGEMENT.c.state == AskState.CLAIMED)
    return set(
        session.connection().scalars(select(ANSWER.c.week).distinct().where(mine, or_(asking, judging)))
    )


def move(database: Database, folder: Path | None, workspace_id: int, week: date, now: datetime) -> Moved:
    """One week out of the tables into files."""
    place = files.place_of(files.required(folder), workspace_id, week)
    part = place.with_name(place.name + files.UNFINISHED)
    with exports.one_moment(database) as connection:
        told = files.write(connection.execution_options(**{store.LIVE: True}), part, workspace_id, week)
    try:
        with store.writing(database, one_moment=True) as session:
            _take_out(session, part, place, workspace_id, week, told, now)
    except DBAPIError as error:
        if not store.passes(error) and getattr(error.orig, "sqlstate", None) != "23503":
            raise
        raise UsageError(
            f"something wrote to the week of {week}", "archive it again: nothing moved"
        ) from error
    finally:
        files.discard(part)
    counts = {name: each["rows"] for name, each in told.items()}
    return Moved(week, counts, sum(file.stat().st_size for file in place.iterdir()))


def _take_out(
    session: Session,
    part: Path,
    place: Path,
    workspace_id: int,
    week: date,
    told: dict[str, Any],
    now: datetime,
) -> None:
    store.alone(session, archived.lock_name(workspace_id))
    connection = session.connection()
    if week in archived.weeks(connection, workspace_id):
        raise UsageError(f"the week of {week} is archived already", "`citelift archive list` shows them")
    if week in _busy(session, workspace_id):
        raise UsageError(f"the week of {week} is still being asked or judged", "archive it when that ended")
    rollups.update(session, workspace_id)
    ids = select(func.min(ANSWER.c.id), func.max(ANSWER.c.id)).where(of_week(ANSWER, workspace_id, week))
    first, last = connection.execute(ids).one()
    if first is None:
        raise UsageError(
            f"there are no answers of the week of {week}", "name the Monday of a week that has some"
        )
    files.compare(connection, part, workspace_id, week)
    files.settle(part, place)
    for table in ARCHIVED:
        connection.execute(delete(table).where(of_week(table, workspace_id, week)))
    searched = session.get(Setting, stored.brands_name(workspace_id))
    whole = {"first_answer": first, "last_answer": last, "files": told}
    whole["brands"] = "" if searched is None else searched.value
    session.add(ArchivedWeek(workspace_id=workspace_id, week=week, archived_at=now, **whole))


def restore(database: Database, folder: Path | None, workspace_id: int, week: date) -> dict[str, int]:
    """An archived week back in the tables, under the ids it had; rows by table. Where brands have other names
    by now, whoever takes up the catalog next searches the answers anew."""
    place = files.place_of(files.required(folder), workspace_id, week)
    counts = {}
    with store.writing(database) as session:
        store.alone(session, archived.lock_name(workspace_id))
        named = _named(session, workspace_id, week)
        for table in reversed(ARCHIVED):
            if table.name in named.files:
                file = files.checked(place, table, named.files[table.name])
                for rows in exports.rows_in(table, file):
                    session.connection().execute(table.insert(), rows)
                counts[table.name] = int(named.files[table.name]["rows"])
        searched = session.get(Setting, stored.brands_name(workspace_id))
        if searched is not None and searched.value != named.brands:
            session.delete(searched)
        session.delete(named)
    files.discard(place)
    return counts


def _named(session: Session, workspace_id: int, week: date) -> ArchivedWeek:
    named = session.get(ArchivedWeek, (workspace_id, week))
    if named is None:
        known = sorted(map(str, archived.weeks(session.connection(), workspace_id)))
        raise UsageError(f"the week of {week} is not archived", f"archived are: {', '.join(known) or 'none'}")
    if not named.files:
        raise UsageError(
            f"the answers of the week of {week} were deleted, as brands.yaml says under `keep:`",
            "its counts are all there is",
        )
    return named


def delete_replies(database: Database, folder: Path | None, workspace_id: int, before: date) -> int:
    """Raw replies of answers of earlier weeks, in tables and files, for good; returns how many."""
    gone = 0
    with store.writing(database) as session:
        store.alone(session, archived.lock_name(workspace_id))
        connection = session.connection()
        old = (ANSWER.c.workspace_id == workspace_id, ANSWER.c.week < before)
        asks = select(ANSWER.c.ask_id).where(*old, ANSWER.c.ask_id.is_not(None))
        gone += connection.execute(delete(REPLY).where(REPLY.c.ask_id.in_(asks))).rowcount
        recorded = next(table for table in ARCHIVED if table.name == "recordedreply")
        answers = select(ANSWER.c.id).where(*old)
        gone += connection.execute(delete(recorded).where(recorded.c.answer_id.in_(answers))).rowcount
        for named in _earlier(session, workspace_id, before):
            gone += sum(named.files[name]["rows"] for name in RAW if name in named.files)
            named.files = {name: each for name, each in named.files.items() if name not in RAW}
            session.add(named)
    sweep(database, folder, workspace_id)
    return gone


def delete_answers(
    database: Database, folder: Path | None, workspace_id: int, before: date, now: datetime
) -> int:
    """Answers of earlier weeks with all that hangs on them, for good; their counts stay. Returns how many."""
    gone = 0
    with store.reading(database, live=True) as session:
        mine = (ANSWER.c.workspace_id == workspace_id, ANSWER.c.week < before)
        live = set(session.connection().scalars(select(ANSWER.c.week).distinct().where(*mine)))
        live -= _busy(session, workspace_id)
    for week in sorted(live):
        with store.writing(database) as session:
            store.alone(session, archived.lock_name(workspace_id))
            rollups.update(session, workspace_id)
            for table in ARCHIVED:
                done = session.connection().execute(delete(table).where(of_week(table, workspace_id, week)))
            gone += done.rowcount
            key = {"workspace_id": workspace_id, "week": week}
            session.add(ArchivedWeek(**key, archived_at=now, first_answer=0, last_answer=0))
    with store.writing(database) as session:
        store.alone(session, archived.lock_name(workspace_id))
        for named in _earlier(session, workspace_id, before):
            gone += int(named.files.get("answer", {"rows": 0})["rows"])
            named.files = {}
            session.add(named)
    sweep(database, folder, workspace_id)
    return gone


def _earlier(session: Session, workspace_id: int, before: date) -> list[ArchivedWeek]:
    named = select(ArchivedWeek).where(archived.WEEKS.c.workspace_id == workspace_id)
    return list(session.scalars(named.where(archived.WEEKS.c.week < before)))


def sweep(
    database: Database, folder: Path | None, workspace_id: int, *, unfinished: bool = False
) -> list[Path]:
    """Deletes files that nothing names any more, as an interrupted move or a policy leaves them, with
    `unfinished` also what another process may be writing; returns them."""
    root = None if folder is None else folder / f"workspace={workspace_id}"
    if root is None or not root.is_dir():
        return []
    gone = []
    with store.writing(database) as session:
        # nobody moves a week meanwhile
        store.alone(session, archived.lock_name(workspace_id))
        named = select(archived.WEEKS.c.week, archived.WEEKS.c.files)
        mine = named.where(archived.WEEKS.c.workspace_id == workspace_id)
        known = {f"week={week}": told for week, told in session.connection().execute(mine)}
        for place in sorted(root.iterdir()):
            if place.name.endswith(files.UNFINISHED) and not unfinished:
                continue
            wanted = {f"{name}.parquet" for name in known.get(place.name, {})}
            gone += [file for file in sorted(place.iterdir()) if file.name not in wanted]
            for file in gone:
                file.unlink(missing_ok=True)
            if not wanted:
                shutil.rmtree(place)
        if not any(root.iterdir()):
            root.rmdir()
    return gone
