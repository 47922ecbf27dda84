"""A protocol that started is not changed: not by what writes here, not by SQL, not in the file."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from tracker import experiments, store
from tracker.errors import DataError, UsageError
from tracker.models import Experiment, ExperimentEntry, Workspace

NOW = datetime(2026, 4, 29, 10, tzinfo=UTC)
NAME = "Spring"
PROTOCOL = {
    "name": NAME,
    "pairs": [{"first": "a.com", "second": "b.com", "drawn": ["first"]}],
    "window": ["2026-05-25", "2026-07-19"],
    "seed": "übermut",
}
LINE = experiments.BookLine(NOW, NOW.date(), "attempt", "a.com", "Ana", "wrote to the editor")


@pytest.fixture
def started(database: Engine) -> Engine:
    with store.writing(database) as session:
        session.add(Workspace(id=1, name="w"))
        session.flush()
        experiments.draft(session, 1, NAME, {"pairs": []}, now=NOW)
        experiments.start(session, 1, NAME, PROTOCOL, now=NOW)
        experiments.record(session, 1, NAME, LINE)
    return database


def read(database: Engine) -> experiments.Stored:
    with store.reading(database) as session:
        return experiments.read(session, 1, NAME)


def test_a_draft_can_be_drafted_anew_and_starts_once(database: Engine) -> None:
    with store.writing(database) as session:
        session.add(Workspace(id=1, name="w"))
        session.flush()
        experiments.draft(session, 1, NAME, {"weeks": 4}, now=NOW)
        experiments.draft(session, 1, f" {NAME} ", {"weeks": 8}, now=NOW)
    assert (read(database).design, read(database).protocol) == ({"weeks": 8}, None)
    with pytest.raises(UsageError, match="has not started"), store.writing(database) as session:
        experiments.record(session, 1, NAME, LINE)
    with store.writing(database) as session:
        found = experiments.start(session, 1, NAME, PROTOCOL, now=NOW)
    assert found == experiments.hash_of(experiments.canonical(PROTOCOL))
    assert read(database).started == PROTOCOL
    with pytest.raises(UsageError, match="started on 2026-04-29"), store.writing(database) as session:
        experiments.start(session, 1, NAME, PROTOCOL | {"seed": "luckier"}, now=NOW)
    with pytest.raises(UsageError, match="is not changed any more"), store.writing(database) as session:
        experiments.draft(session, 1, NAME, {"weeks": 2}, now=NOW)


CHANGES = (
    "update experiment set protocol = replace(protocol, 'a.com', 'c.com')",
    "update experiment set protocol_hash = null, protocol = null, started_at = null",
    "update experiment set started_at = null",
    "update experiment set name = 'Other'",
    "delete from experiment",
    "update experimententry set note = 'x'",
    "update experimententry set kind = 'refused' where source = 'a.com'",
    "delete from experimententry",
)
REPLACED = "insert or replace into experiment (id, workspace_id, name, design, drafted_at) values "
ONLY_SQLITE = (
    f"{REPLACED} (1, 1, 'Spring', '{{}}', '2026-04-29')",
    f"{REPLACED} (99, 1, 'Spring', '{{}}', '2026-04-29')",
    "replace into experimententry (id, experiment_id, protocol_hash, recorded_at, day, kind, who, note,"
    " figures) values (1, 1, 'x', '2026-04-29', '2026-04-29', 'note', '', '', '{}')",
    "insert into experiment (id, workspace_id, name, design, drafted_at)"
    " values (1, 1, 'Spring', '{}', '2026-04-29') on conflict (id) do update set protocol = null",
)
ONLY_POSTGRESQL = (
    "truncate experiment cascade",
    "truncate experimententry",
    "insert into experiment (workspace_id, name, design, drafted_at) values (1, 'Spring', '{}', '2026-04-29')"
    " on conflict (workspace_id, name) do update set protocol = null",
)


def test_sql_cannot_change_a_started_experiment(started: Engine) -> None:
    own = ONLY_SQLITE if started.dialect.name == "sqlite" else ONLY_POSTGRESQL
    for words in (*CHANGES, *own):
        with pytest.raises(DBAPIError, match="is not changed"), started.begin() as connection:
            connection.execute(text(words))
    assert read(started).started == PROTOCOL
    assert [line.note for line in read(started).book] == ["wrote to the editor"]


def test_the_tables_classes_cannot_change_it_either(started: Engine) -> None:
    with pytest.raises(DBAPIError, match="is not changed"), store.writing(started) as session:
        session.exec(select(Experiment)).one().protocol = "{}"
    with pytest.raises(DBAPIError, match="is not changed"), store.writing(started) as session:
        session.delete(session.exec(select(ExperimentEntry)).one())
    with pytest.raises(DBAPIError, match="is not changed"), store.writing(started) as session:
        row = {"workspace_id": 1, "name": NAME, "design": "{}", "drafted_at": NOW}
        store.upsert(session, Experiment, [row], key=["workspace_id", "name"])


def test_a_draft_goes_where_its_experiment_has_not_started(database: Engine) -> None:
    with store.writing(database) as session:
        session.add(Workspace(id=1, name="w"))
        session.flush()
        experiments.draft(session, 1, NAME, {}, now=NOW)
    with database.begin() as connection:
        connection.execute(text("delete from experiment"))
    with store.reading(database) as session, pytest.raises(UsageError, match="no experiment"):
        experiments.read(session, 1, NAME)


TAMPERED = {
    "another drawing": (
        "update experiment set protocol = replace(protocol, 'first\"]', 'second\"]')",
        "hash was stored",
    ),
    "an end moved": (
        "update experiment set protocol = replace(protocol, '07-19', '06-21')",
        "hash was stored",
    ),
    "no protocol any more": ("update experiment set protocol = null", "hash was stored"),
    "back to a draft": (
        "update experiment set protocol = null, protocol_hash = null, started_at = null",
        "entries and no protocol",
    ),
}


def untied(database: Engine, words: str, **values: str) -> None:
    """Somebody with every right takes the triggers away, changes the rows, and puts nothing back."""
    with database.begin() as connection:
        if database.dialect.name == "postgresql":
            connection.execute(text("set session_replication_role = replica"))
        else:
            for name in connection.scalars(
                text("select name from sqlite_master where type = 'trigger'")
            ).all():
                connection.execute(text(f"drop trigger {name}"))
        connection.execute(text(words), values)
        if database.dialect.name == "postgresql":
            connection.execute(text("set session_replication_role = default"))


@pytest.mark.parametrize("case", TAMPERED)
def test_a_change_behind_the_triggers_is_said_loudly(started: Engine, case: str) -> None:
    words, why = TAMPERED[case]
    untied(started, words)
    assert why in read(started).changed
    with pytest.raises(DataError, match="PROTOCOL CHANGED"):
        _ = read(started).started
    with pytest.raises(DataError, match="PROTOCOL CHANGED"), store.writing(started) as session:
        experiments.record(session, 1, NAME, LINE)


def test_a_protocol_with_a_new_hash_does_not_fit_its_book(started: Engine) -> None:
    other = experiments.canonical(PROTOCOL | {"seed": "luckier"})
    untied(
        started,
        "update experiment set protocol = :other, protocol_hash = :hash",
        other=other,
        hash=experiments.hash_of(other),
    )
    assert "under which its book was written" in read(started).changed


def test_a_file_edited_with_an_editor_is_found_out(sqlite_database: Engine) -> None:
    path = Path(str(sqlite_database.url.database))
    with store.writing(sqlite_database) as session:
        session.add(Workspace(id=1, name="w"))
        session.flush()
        experiments.draft(session, 1, NAME, {"pairs": []}, now=NOW)
        experiments.start(session, 1, NAME, PROTOCOL, now=NOW)
    with sqlite_database.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    sqlite_database.dispose()
    content = path.read_bytes()
    assert content.count(b'"seed":"\\u00fcbermut"') == 1
    path.write_bytes(content.replace(b'"seed":"\\u00fcbermut"', b'"seed":"\\u00fcbermxt"'))
    with sqlite3.connect(path) as plain:
        assert plain.execute("pragma integrity_check").fetchone() == ("ok",)
    assert "hash was stored" in read(sqlite_database).changed


@pytest.mark.parametrize(
    ("edit", "fits"),
    [
        ({}, True),
        ({"protocol": PROTOCOL | {"seed": "x"}}, False),
        ({"hash": "0" * 64}, False),
        ({"protocol": "none"}, False),
    ],
)
def test_a_protocols_file_is_compared_with_what_was_started(
    sqlite_database: Engine, tmp_path: Path, edit: dict[str, object], fits: bool
) -> None:
    with store.writing(sqlite_database) as session:
        session.add(Workspace(id=1, name="w"))
        session.flush()
        experiments.draft(session, 1, NAME, {}, now=NOW)
        found = experiments.start(session, 1, NAME, PROTOCOL, now=NOW)
    path = tmp_path / "protocol.json"
    path.write_text(json.dumps({"hash": found, "protocol": PROTOCOL} | edit, indent=3), "utf-8")
    if fits:
        assert experiments.compare_file(read(sqlite_database), path) == found
    else:
        with pytest.raises(DataError, match=r"PROTOCOL CHANGED|no protocol"):
            experiments.compare_file(read(sqlite_database), path)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ({"source": "c.com"}, "no source of the experiment"),
        ({"kind": "bribed"}, "unknown kind"),
        ({"day": date(2026, 5, 1)}, "has not come yet"),
    ],
)
def test_the_book_takes_what_can_have_happened(started: Engine, line: dict[str, object], why: str) -> None:
    with pytest.raises(UsageError, match=why), store.writing(started) as session:
        experiments.record(session, 1, NAME, replace(LINE, **line))  # type: ignore[arg-type]
