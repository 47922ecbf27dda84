"""A week in files is the week in the tables: every reader sees the same, and nothing is lost or doubled."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text

from analysis import frames
from tests.analysis.frames import every
from tests.dashboard import worlds
from tests.dashboard.api.worlds import THEIRS
from tests.facts import week
from tests.tracker.forget.test_forgetting import NOW, everything, filled, said_in
from tests.tracker.test_backup import _client_programs
from tracker import archived, exports, store
from tracker.answers import rollups, stored
from tracker.archive import copying, files, laid, moving
from tracker.archive.tables import ARCHIVED, ARCHIVED_NAMES
from tracker.errors import DataError, StoreError, UsageError
from tracker.forget import forgetting
from tracker.models import Answer, AnswerRollup, Citation, SourceRollup, VisibilityRollup

__all__ = ["_client_programs", "filled"]
WEEKS = [week(number).date() for number in range(6)]
SCOPES = [frames.Scope(), frames.Scope(first=WEEKS[1], last=WEEKS[2])]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def reader(filled: Engine, database_url: str, folder: Path) -> Iterator[Engine]:
    opened = laid.open_to_read(database_url, folder)
    yield opened
    opened.dispose()


def rows(database: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """All that stands in the tables that an archive takes from."""
    with database.connect() as connection:
        return {
            t.name: [tuple(row) for row in connection.execute(t.select().order_by(*t.primary_key))]
            for t in ARCHIVED
        }


def rolled_up(database: Engine) -> list[Any]:
    with database.connect() as connection:
        tables = (each.__table__ for each in (VisibilityRollup, SourceRollup, AnswerRollup))
        return [sorted(map(tuple, connection.execute(table.select()))) for table in tables]


def move_all(database: Engine, folder: Path) -> int:
    """How many weeks."""
    wanted = [(key, each) for key in (1, 2) for each in moving.closed_weeks(database, key, 1, NOW)]
    for key, monday in wanted:
        moving.move(database, folder, key, monday, NOW)
    return len(wanted)


def test_every_statement_of_the_frames_sees_archived_weeks_as_if_they_were_there(
    filled: Engine, reader: Engine, folder: Path
) -> None:
    before, counts = every.digests(filled, 1, SCOPES), rolled_up(filled)
    asked = {name.partition(" ")[0] for name in before}
    known = {name for name in frames.__all__ if callable(getattr(frames, name)) and name[0].islower()}
    needs_a_judge = {"agreements", "domain_verdicts", "served_models", "stance_counts", "stances_of"}
    assert known - asked - every.ABOUT_CHANGES - every.NO_STATEMENT - needs_a_judge == {"world"}
    there = rows(filled)
    for monday in WEEKS[:4]:
        moving.move(filled, folder, 1, monday, NOW)
    assert len(rows(filled)["answer"]) < len(there["answer"]) / 2
    after = every.digests(reader, 1, SCOPES)
    assert {name for name in after if after[name] != before.get(name)} == set()
    assert len(after) == len(before) > 150
    with store.writing(filled) as session:
        rollups.rebuild(session, 1)
    assert rolled_up(filled) == counts


def test_there_and_back_every_row_is_the_one_it_was(filled: Engine, folder: Path) -> None:
    there, counts = rows(filled), rolled_up(filled)
    assert move_all(filled, folder) == 9
    assert {name: len(kept) for name, kept in rows(filled).items()} == dict.fromkeys(ARCHIVED_NAMES, 0)
    for key in (1, 2):
        with filled.connect() as connection:
            mondays = sorted(archived.weeks(connection, key))
        for monday in mondays:
            moving.restore(filled, folder, key, monday)
    assert rows(filled) == there
    assert rolled_up(filled) == counts
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_what_hangs_on_an_answer_goes_with_it() -> None:
    """A table of tomorrow that names answers is to be thought of here."""
    answer = Answer.__table__  # type: ignore[attr-defined]
    naming = {
        t.name
        for t in answer.metadata.tables.values()
        for key in t.foreign_keys
        if key.column.table is answer
    }
    assert naming == ARCHIVED_NAMES - {"answer", "reply"}


CUT_SHORT = """
import os, sys
from datetime import date, datetime, UTC
from pathlib import Path
from tracker import store
from tracker.archive import files, moving
url, folder, step, act, monday = sys.argv[1:]
def dies(*given, **named):
    os.kill(os.getpid(), 9)
if step == "written":
    files.compare = dies
elif step == "compared":
    files.settle = dies
elif step == "settled":
    moving.ArchivedWeek = dies
elif step == "committed":
    files.discard = dies
database = store.open_database(url)
if act == "move":
    moving.move(database, Path(folder), 1, date.fromisoformat(monday), datetime(2026, 7, 1, tzinfo=UTC))
else:
    moving.restore(database, Path(folder), 1, date.fromisoformat(monday))
"""


def test_a_move_that_is_killed_anywhere_loses_and_doubles_nothing(
    filled: Engine, reader: Engine, database_url: str, folder: Path
) -> None:
    there = rows(filled)

    def killed(step: str, act: str) -> None:
        command = [sys.executable, "-c", CUT_SHORT, database_url, str(folder), step, act, str(WEEKS[0])]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL

    for step in ("written", "compared", "settled"):
        killed(step, "move")
        assert rows(filled) == rows(reader) == there, step
    killed("committed", "move")
    assert len(rows(filled)["answer"]) < len(there["answer"])
    assert rows(reader) == there
    killed("committed", "restore")
    assert rows(filled) == rows(reader) == there
    assert list(folder.rglob("*.parquet")) != []
    moving.move(filled, folder, 1, WEEKS[0], NOW)
    assert rows(reader) == there
    assert moving.sweep(filled, folder, 1, unfinished=True) == []


def test_a_week_that_changes_while_it_is_written_stays(
    filled: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = files.write

    def changes(*given: Any) -> dict[str, Any]:
        told = real(*given)
        with store.writing(filled) as session:
            session.connection().execute(text("update citation set title = 'new' where position = 1"))
        return told

    monkeypatch.setattr(files, "write", changes)
    with pytest.raises(UsageError, match="changed while it was written"):
        moving.move(filled, folder, 1, WEEKS[0], NOW)
    with filled.connect() as connection:
        assert archived.weeks(connection, 1) == set()
    assert list(folder.rglob("*.parquet")) == []


def test_an_archived_week_takes_no_answers_and_new_ones_take_no_id_of_it(
    filled: Engine, reader: Engine, folder: Path
) -> None:
    ids = {name: max((row[0] for row in kept), default=0) for name, kept in rows(filled).items()}
    move_all(filled, folder)
    head = {"workspace_id": 1, "prompt_id": 10_000, "engine_id": 100, "text": "Norvane", "fingerprint": "new"}
    citation = {"workspace_id": 1, "kind": "cited", "position": 1, "url": "https://a.com/"}

    def save(at: datetime) -> None:
        with store.writing(filled) as session:
            answer = stored.AnswerRows({**head, "asked_at": at}, [citation], [], {}, {})
            assert stored.save(session, [answer]) == 1

    with pytest.raises(UsageError, match="restore 2026-03-02"):
        save(week(0))
    if filled.dialect.name == "postgresql":  # the world came with its numbers, which counters do not know
        with store.writing(filled) as session:
            for name in ("answer", "citation"):
                counter = f"select setval(pg_get_serial_sequence('{name}', 'id'), {ids[name]})"
                session.connection().execute(text(counter))
    save(week(30))
    with filled.connect() as connection:
        assert connection.execute(select(Answer.id)).scalar_one() > ids["answer"]
        assert connection.execute(select(Citation.id)).scalar_one() > ids["citation"]
    assert len(rows(reader)["answer"]) == len({row[0] for row in rows(reader)["answer"]})


def test_who_writes_works_on_what_the_database_has(filled: Engine, folder: Path) -> None:
    moving.move(filled, folder, 1, WEEKS[0], NOW)
    with filled.connect() as connection:
        left = connection.execute(select(func.count()).select_from(Answer).where(Answer.workspace_id == 1))
        count = left.scalar_one()
    assert stored.reread(filled, 1).answers == count


def test_an_export_and_a_backup_have_archived_weeks(
    filled: Engine, database_url: str, reader: Engine, folder: Path, tmp_path: Path
) -> None:
    there = exports.export(filled, tmp_path / "before", workspace_id=1)
    whole = rows(filled)
    move_all(filled, folder)
    again = exports.export(reader, tmp_path / "after", workspace_id=1)
    same = {each.table: each.sha256 for each in there if each.table != "setting"}
    assert {each.table: each.sha256 for each in again if each.table != "setting"} == same
    assert copying.save(database_url, folder, tmp_path / "backup") == 9
    filled.dispose()
    reader.dispose()
    shutil.rmtree(folder)
    assert copying.load(database_url, folder, tmp_path / "backup", replace=True) == 9
    assert rows(reader) == whole


def test_what_is_forgotten_is_in_no_archive(
    filled: Engine, reader: Engine, folder: Path, tmp_path: Path
) -> None:
    kept = {name: [row for row in each if row[1] == 1] for name, each in rows(filled).items()}
    move_all(filled, folder)
    assert said_in(unpacked(folder), THEIRS) != set()
    done = forgetting.forget(filled, "workspace", "ws2", workspace_id=2, archives=folder, who="ana", now=NOW)
    assert said_in(everything(filled, tmp_path) | unpacked(folder), THEIRS) == set()
    assert any("workspace=2" in path for path in done.files)
    assert not (folder / "workspace=2").exists()
    assert {name: [row for row in each if row[1] == 1] for name, each in rows(reader).items()} == kept


def unpacked(folder: Path) -> dict[str, str]:
    """What the archive's files say, read without the code under test."""
    import pyarrow.parquet as pq

    return {str(path): str(pq.read_table(path).to_pylist()) for path in folder.rglob("*.parquet")}


def test_retention_deletes_replies_and_answers_and_keeps_their_counts(
    filled: Engine, reader: Engine, folder: Path
) -> None:
    counts = rolled_up(filled)
    for monday in WEEKS[:3]:
        moving.move(filled, folder, 1, monday, NOW)
    assert moving.delete_answers(filled, folder, 1, WEEKS[4], NOW) == 4 * 18
    assert len([row for row in rows(reader)["answer"] if row[1] == 1]) == 2 * 18
    with store.writing(filled) as session:
        rollups.rebuild(session, 1)
    assert rolled_up(filled) == counts
    assert list((folder / "workspace=1").rglob("*.parquet")) == []
    with pytest.raises(UsageError, match="deleted"):
        moving.restore(filled, folder, 1, WEEKS[0])
    moving.move(filled, folder, 2, WEEKS[0], NOW)
    before = len(rows(reader)["reply"])
    assert moving.delete_replies(filled, folder, 2, WEEKS[0] + timedelta(days=7)) == before == 1
    assert rows(reader)["reply"] == []
    assert moving.restore(filled, folder, 2, WEEKS[0])["answer"] > 0


def test_a_file_that_is_lost_or_changed_is_said(filled: Engine, reader: Engine, folder: Path) -> None:
    moving.move(filled, folder, 1, WEEKS[0], NOW)
    file = files.place_of(folder, 1, WEEKS[0]) / "citation.parquet"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + b"x")
    with pytest.raises(DataError, match="not what was archived"):
        rows(reader)
    with pytest.raises(DataError, match="not what was archived"):
        moving.restore(filled, folder, 1, WEEKS[0])
    file.unlink()
    with pytest.raises(DataError, match="not there"):
        moving.restore(filled, folder, 1, WEEKS[0])
    file.write_bytes(whole)
    assert len(rows(reader)["answer"]) > len(rows(filled)["answer"])


ASKING = """
insert into ask (workspace_id, run_id, prompt_id, engine_id, repeat, model, state, attempts, estimated_micros,
reserved_micros, spent_micros) values (1, 1, 10000, 100, 0, 'm', 'planned', 0, 0, 0, 0)
"""


def test_a_week_that_cannot_be_moved_is_refused(sqlite_database: Engine, folder: Path) -> None:
    worlds.small(sqlite_database)
    moving.move(sqlite_database, folder, 1, WEEKS[0], NOW)
    cases: tuple[tuple[Path | None, date, str], ...] = (
        (folder, WEEKS[0], "archived already"),
        (folder, date(2020, 1, 6), "no answers"),
        (None, WEEKS[1], "CITELIFT_ARCHIVE"),
    )
    for place, monday, says in cases:
        with pytest.raises(UsageError, match=says):
            moving.move(sqlite_database, place, 1, monday, NOW)
    with store.writing(sqlite_database) as session:
        session.connection().execute(text("update answer set run_id = 1"))
        session.connection().execute(text(ASKING))
    assert moving.closed_weeks(sqlite_database, 1, 1, NOW) == []
    with pytest.raises(UsageError, match="still being asked"):
        moving.move(sqlite_database, folder, 1, WEEKS[1], NOW)


def test_what_is_about_weeks_in_the_database_opens_no_file(sqlite_database: Engine, folder: Path) -> None:
    worlds.small(sqlite_database)
    with store.writing(sqlite_database) as session:
        rollups.rebuild(session, 1)
    for monday in WEEKS[:4]:
        moving.move(sqlite_database, folder, 1, monday, NOW)
    shutil.rmtree(folder)
    reader = laid.lay_over(sqlite_database, folder)
    world = frames.world(reader, 1)
    scope = frames.Scope(first=WEEKS[4])
    assert frames.weeks(reader, world) == WEEKS
    assert len(frames.visibility_sums(reader, world, frames.Scope())) > 0
    assert len(frames.answers(reader, world, scope)) == 2 * 16
    assert len(frames.lift_panel(reader, world, scope).prompt) > 0
    for measure in ("citation_rate", "share_of_voice", "silent_rate", "source_rate", "exposed"):
        number = frames.Number(measure, "Norvane", "techdaily.com")  # type: ignore[arg-type]
        assert frames.behind(reader, world, scope, number).answers >= 0
    frames.mark(reader, 1, None)
    with pytest.raises(StoreError, match="missing"):
        frames.answers(reader, world, frames.Scope())


def test_who_writes_takes_numbers_from_all_weeks(filled: Engine, folder: Path) -> None:
    there = rows(filled)
    moving.move(filled, folder, 1, WEEKS[0], NOW)
    with store.writing(filled) as session:
        session.flush()
    with laid.reading_beside(filled, folder) as reader:
        assert rows(reader) == there
