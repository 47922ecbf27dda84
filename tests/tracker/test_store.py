from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import SQLModel, col, select

from tests.facts import import_row
from tests.shared import ROOT
from tracker import store
from tracker.errors import StoreError
from tracker.models import Ask, Backlink, Domain, Judgement, Ledger, LinkImport, Workspace
from tracker.models import Engine as EngineRow
from tracker.run import claims

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


def test_the_migrations_give_exactly_the_tables_of_the_models(database: Engine) -> None:
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, SQLModel.metadata)
    assert differences == []


def test_what_was_claimed_under_the_former_schema_may_have_been_sent(database_url: str) -> None:
    database = store.open_database(database_url, migrate=False)
    command.upgrade(store.alembic_config(database), "0003")
    now = "2026-06-01 09:00:00"
    claimed = "'claimed', 0, 'elsewhere:1:1', '2026-06-01 09:01:30', 700, 50"
    rows = (
        "workspace (id, name) values (1, 'w')",
        "prompt (id, workspace_id, key, text, topic, weight, version, active, imported)"
        " values (1, 1, 'k', 'Which?', 'crm', 1, 1, true, false)",
        "engine (id, workspace_id, name, model, surface, repeats, options, active, imported)"
        " values (1, 1, 'chat', 'sandbox/chat', 'api', 2, '{}', true, false)",
        f"run (id, workspace_id, key, trigger, planned_at, asked_for, state, catalog_hash)"
        f" values (1, 1, 'k', 'manual', '{now}', '{now}', 'running', '')",
        "ledger (run_id, engine_id, spent_micros, reserved_micros) values (1, 1, 50, 700)",
        "ask (id, workspace_id, run_id, prompt_id, engine_id, repeat, model, state, attempts, claimed_by,"
        f" lease_until, estimated_micros, spent_micros) values (1, 1, 1, 1, 1, 0, 'sandbox/chat', {claimed})",
        "ask (id, workspace_id, run_id, prompt_id, engine_id, repeat, model, state, attempts,"
        " estimated_micros, spent_micros) values (2, 1, 1, 1, 1, 1, 'sandbox/chat', 'planned', 0, 700, 0)",
        "judgement (id, workspace_id, task, subject, model, prompt_version, state, attempts, claimed_by,"
        " lease_until, estimated_micros, spent_micros, month)"
        f" values (1, 1, 'stance', 's', 'm', 'v', {claimed}, '2026-06-01')",
    )
    with database.begin() as connection:
        for row in rows:
            connection.execute(text(f"insert into {row}"))
    store.upgrade(database)
    recovered = claims.recover(database, 1, "b:2:")
    assert (recovered.given_up, recovered.planned) == (1, 0)
    with store.reading(database) as session:
        asks = session.exec(select(Ask).order_by(col(Ask.id))).all()
        assert [(a.state, a.spent_micros, a.reserved_micros, a.sent_at) for a in asks] == [
            ("failed", 750, 0, None),
            ("planned", 0, 0, None),
        ]
        ledger = session.exec(select(Ledger)).one()
        assert (ledger.spent_micros, ledger.reserved_micros) == (750, 0)
        judgement = session.exec(select(Judgement)).one()
        assert (judgement.reserved_micros, judgement.sent_at) == (700, judgement.lease_until)
        assert session.exec(select(EngineRow)).one().after_crash == "give_up"
    database.dispose()


def test_what_the_own_site_saw_is_kept_when_files_are_told_apart(database_url: str) -> None:
    database = store.open_database(database_url)
    config = store.alembic_config(database)
    command.downgrade(config, "0017")
    row = "insert into owncount (workspace_id, day, step, agent, url, proof, hits) values (1, '2026-05-18', "
    with database.begin() as connection:
        connection.execute(text("insert into workspace (id, name, timezone) values (1, 'w', 'UTC')"))
        connection.execute(text(f"{row} 'visited', 'ChatGPT', 'a.com/', '', 3)"))
    command.upgrade(config, "0018")
    with database.begin() as connection:
        made = "'own site', 'server log', 'counts', '2026-05-18', '2026-05-18', 'f', 'h', 0, 0, 0, '{}'"
        named = (
            "vendor, layout, scope, as_of, imported_at, file_name, file_hash, read, stored, rejected, notes"
        )
        connection.execute(text(f"insert into linkimport (id, workspace_id, {named}) values (1, 1, {made})"))
        new = row.replace("hits)", "hits, import_id)")
        connection.execute(text(f"{new} 'visited', 'ChatGPT', 'a.com/', '', 4, 1)"))
        hits = connection.execute(text("select hits from owncount order by hits")).scalars().all()
    assert hits == [3, 4]
    command.downgrade(config, "0017")
    with database.connect() as connection:
        assert connection.execute(text("select hits from owncount")).scalars().all() == [7]
    database.dispose()


def test_a_migration_begins_with_its_version_and_follows_the_one_before(database: Engine) -> None:
    scripts = ScriptDirectory.from_config(store.alembic_config(database)).walk_revisions()
    chain = [(script.down_revision, script.revision) for script in scripts][::-1]
    assert chain == list(zip((None, *store.VERSIONS), store.VERSIONS, strict=False))


def test_opening_twice_migrates_once(database: Engine, database_url: str) -> None:
    store.upgrade(database)
    again = store.open_database(database_url)
    current, head = store.schema_versions(again)
    assert current == head
    again.dispose()


def test_four_processes_may_create_the_database_at_once(database_url: str) -> None:
    code = f"from tracker.store import open_database; open_database({database_url!r})"
    started = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(4)]
    assert [(p.communicate()[1], p.returncode) for p in started] == [(b"", 0)] * 4


def test_foreign_keys_are_on(database: Engine) -> None:
    orphan = Ask(workspace_id=99, run_id=99, prompt_id=99, engine_id=99)
    with pytest.raises(IntegrityError), store.writing(database) as session:
        session.add(orphan)


def test_a_failed_transaction_stores_nothing(database: Engine) -> None:
    with pytest.raises(RuntimeError), store.writing(database) as session:
        session.add(Workspace(name="a"))
        session.flush()
        raise RuntimeError
    with store.reading(database) as session:
        assert session.exec(select(Workspace)).all() == []


def test_bulk_insert_leaves_rows_that_are_there(database: Engine) -> None:
    with store.writing(database) as session:
        store.bulk_insert(session, Domain, [{"id": 1, "name": "a.com"}])
        store.bulk_insert(
            session, Domain, [{"id": 1, "name": "a.com"}, {"id": 2, "name": "b.com"}], ignore=True
        )
    with store.reading(database) as session:
        assert sorted(session.exec(select(Domain.name)).all()) == ["a.com", "b.com"]


def test_bulk_insert_fills_the_columns_that_a_row_leaves_out(database: Engine) -> None:
    row = {"vendor": "v", "layout": "l", "scope": "all", "as_of": date(2026, 6, 1), "imported_at": NOW}
    with store.writing(database) as session:
        session.add(Workspace(id=1, name="a"))
        session.flush()
        store.bulk_insert(
            session, LinkImport, [{"workspace_id": 1, "file_name": "f", "file_hash": "h", **row}]
        )
    with store.reading(database) as session:
        assert session.exec(select(LinkImport)).one().notes == {}


def test_a_read_only_database_refuses_writes(database: Engine, database_url: str) -> None:
    reader = store.open_database(database_url, read_only=True)
    with pytest.raises(DBAPIError), reader.begin() as connection:
        connection.execute(text("insert into workspace (name) values ('x')"))
    reader.dispose()


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("mysql://x/y", "mysql"),
        ("nonsense", "address"),
        ("sqlite:////nowhere/at/all/x.db", "folder"),
        ("postgresql://127.0.0.1:1/none", "cannot open"),
    ],
)
def test_an_unusable_database_is_refused_with_a_hint(url: str, word: str) -> None:
    with pytest.raises(StoreError) as caught:
        store.open_database(url)
    assert word in caught.value.problem
    assert caught.value.hint


READER = """
import os, sys
from pathlib import Path
from sqlmodel import select
from tracker import backup, health, settings, store
from tracker.errors import StoreError
from tracker.models import Domain
url = sys.argv[1]
store.open_database(url, read_only=True).dispose()
health.check(settings.load(database_url=url))
if os.getuid() == 0:
    os.setuid(65534)  # to whom nothing is forbidden, everything can be written
with store.reading(store.open_database(url, read_only=True)) as session:
    print(session.exec(select(Domain.name)).one())
backup.save(url, Path(sys.argv[2]) / "backup")
with store.reading(store.open_database(f"sqlite:///{sys.argv[2]}/backup", read_only=True)) as session:
    print(session.exec(select(Domain.name)).one())
report = health.check(settings.load(database_url=url))
print(*[problem.problem for problem in report.problems if problem.id == "database"])
print(*[line for line in report.fine if line.startswith("database: ")])
try:
    store.open_database(url)
except StoreError as error:
    print(error.problem)
"""


def test_a_file_that_nobody_can_write_can_be_read_checked_and_backed_up() -> None:
    """Its folder too: SQLite could not make its helper files beside it."""
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as elsewhere:
        Path(elsewhere).chmod(0o777)
        folder = Path(name)
        folder.chmod(0o755)
        database = store.open_database(f"sqlite:///{folder / 'x.db'}")
        with store.writing(database) as session:
            session.add(Domain(id=1, name="a.com"))
        database.dispose()
        (folder / "x.db").chmod(0o444)
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READER, f"sqlite:///{folder / 'x.db'}", elsewhere],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        folder.chmod(0o755)
    lines = done.stdout.splitlines()
    cannot = f"the database sqlite:///{folder / 'x.db'} cannot be written here"
    assert done.returncode == 0, done.stderr
    assert lines[:3] == ["a.com", "a.com", cannot]
    assert lines[3].startswith("database: SQLite")
    assert lines[4:] == [cannot]


def test_reading_a_database_that_is_not_there_creates_none(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        store.open_database(f"sqlite:///{tmp_path / 'none.db'}", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_a_newer_program_is_refused(database: Engine, database_url: str) -> None:
    with database.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(StoreError, match="newer"):
        store.open_database(database_url)


def test_times_come_back_aware_and_in_utc(database: Engine) -> None:
    with store.writing(database) as session:
        session.add(Workspace(id=1, name="a"))
        session.flush()
        session.add(LinkImport(**import_row(1) | {"imported_at": NOW}))
    with store.reading(database) as session:
        assert session.exec(select(LinkImport)).one().imported_at == NOW


def test_the_schema_has_the_indexes_that_large_reads_need(database: Engine) -> None:
    names = {index["name"] for index in inspect(database).get_indexes("citation")}
    assert "ix_citation_answer_domain" in names


HOSTILE = ["tab\there", "back\\slash", "\\N", "", None, "line\nbreak\r", "quote \" ' ;--", "é 日本 😀", "\\."]


@pytest.mark.parametrize("count", [1, 9, 500])
def test_columns_are_stored_as_rows_are(database: Engine, count: int) -> None:
    texts = (HOSTILE * 60)[:count]
    moments = [None if n % 3 else NOW for n in range(count)]
    columns = {
        "source_domain_id": list(range(count)),
        "target_domain_id": [2**62] * count,
        "anchor": texts,
        "nofollow": [(True, False, None)[n % 3] for n in range(count)],
        "first_seen": moments,
        "metrics": [None if n % 2 else {"DR": 1.5, "what": text} for n, text in enumerate(texts)],
    }
    with store.writing(database) as session:
        session.add(Workspace(id=1, name="w"))
        session.flush()
        session.add(LinkImport(**import_row(7)))
        session.flush()
        owner = {"workspace_id": 1, "import_id": 7}
        store.insert_columns(session, Backlink, columns, **owner)
        store.bulk_insert(
            session,
            Backlink,
            [
                {**owner, **dict(zip(columns, row, strict=True))}
                for row in zip(*columns.values(), strict=True)
            ],
        )
    with store.reading(database) as session:
        stored = [
            link.model_dump(exclude={"id"})
            for link in session.exec(select(Backlink).order_by(col(Backlink.id)))
        ]
    assert stored[:count] == stored[count:]
    assert [row["anchor"] for row in stored[:count]] == texts


def test_what_the_database_refuses_of_columns_is_its_own_error(database: Engine) -> None:
    columns = {"source_domain_id": [1, None], "target_domain_id": [1, 1]}
    with pytest.raises(DBAPIError), store.writing(database) as session:
        store.insert_columns(session, Backlink, columns, workspace_id=1, import_id=1)
