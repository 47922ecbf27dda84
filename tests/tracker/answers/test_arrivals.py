"""The same answer is stored once: in any layout, from any number of processes, however an import ended."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Engine as Database
from sqlalchemy import func, text
from sqlmodel import col, select

from tests.tracker.files.test_unpack import workbook
from tracker import catalog, store
from tracker.answers import recorded
from tracker.answers.arrivals import ImportCounts
from tracker.catalog import BrandEntry, Catalog
from tracker.models import Answer, Citation, Engine, Prompt, Workspace

NOW = datetime(2026, 11, 27, tzinfo=UTC)
Q = "What is best?"
ROW = {"asked_at": "2026-06-01T09:00:00Z", "engine": "perplexity", "prompt": Q, "text": "Norvane is."}


def workspace(database: Database) -> int:
    with store.writing(database) as session:
        return catalog.sync(session, Catalog("w", (BrandEntry("Norvane", own=True),)))


def imported(database: Database, path: Path, **options: Any) -> ImportCounts:
    return recorded.import_answers(database, workspace(database), path, now=NOW, **options)


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def table(path: Path, *rows: dict[str, Any]) -> Path:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue(), "utf-8")
    return path


def count(database: Database) -> int:
    with store.reading(database) as session:
        return session.exec(select(func.count()).select_from(Answer)).one()


def test_the_same_file_in_many_disguises_is_stored_once(database: Database, tmp_path: Path) -> None:
    cited = [{"url": "https://a.com/x"}]
    rows = [ROW | {"repeat": n, "citations": cited} for n in range(3)]
    sheet: list[list[object]] = [
        ["asked_at", "engine", "prompt", "text", "repeat", "citations"],
        *(["2026-06-01 09:00:00", "perplexity", Q, "Norvane is.", n, "https://a.com/x"] for n in range(3)),
    ]
    book = tmp_path / "book.xlsx"
    book.write_bytes(workbook({"Answers": sheet}))
    disguises = [
        lines(tmp_path / "a.jsonl", *rows),
        lines(tmp_path / "plus.jsonl", *(row | {"asked_at": "2026-06-01T09:00:00+00:00"} for row in rows)),
        lines(tmp_path / "berlin.jsonl", *(row | {"asked_at": "2026-06-01T11:00:00+02:00"} for row in rows)),
        lines(
            tmp_path / "title.jsonl",
            *(row | {"citations": [{**cited[0], "title": "A", "position": 1}], "note": "x"} for row in rows),
        ),
        table(
            tmp_path / "a.csv", *(row | {"citations": "https://a.com/x", "persona": "buyer"} for row in rows)
        ),
        book,
        lines(tmp_path / "capital.jsonl", *(row | {"engine": "Perplexity"} for row in rows)),
        lines(tmp_path / "milli.jsonl", *(row | {"asked_at": "2026-06-01T08:59:59.9996Z"} for row in rows)),
        lines(tmp_path / "space.jsonl", *(row | {"text": " Norvane  is.\r\n"} for row in rows)),
    ]
    counts = [imported(database, path, timezone="UTC") for path in disguises]
    assert [(each.stored, each.already_there, each.rejected) for each in counts] == [
        (3, 0, 0),
        *[(0, 3, 0)] * (len(disguises) - 1),
    ]
    assert count(database) == 3


@pytest.mark.parametrize(
    ("what", "first", "second", "stored"),
    [
        ("another text", ROW, ROW | {"text": "No."}, 2),
        ("another moment", ROW, ROW | {"asked_at": "2026-06-01T09:00:02Z"}, 2),
        ("another surface", ROW, ROW | {"surface": "consumer"}, 2),
        ("another country", ROW, ROW | {"country": "DE"}, 2),
        ("a country by its name", ROW | {"country": "DE"}, ROW | {"country": "Germany"}, 1),
        (
            "an id that names it, and an edited text",
            ROW | {"id": "ab12cd34ef56"},
            ROW | {"id": "ab12cd34ef56", "text": "X"},
            1,
        ),
        ("two ids, the same words", ROW | {"id": "ab12cd34ef56"}, ROW | {"id": "ab12cd34ef57"}, 2),
        ("an id that came later", ROW, ROW | {"id": "ab12cd34ef56"}, 1),
        ("an id that is left out", ROW | {"id": "ab12cd34ef56"}, ROW, 1),
        ("numbers of rows in two exports", ROW | {"id": 1}, ROW | {"id": 1, "asked_at": "2026-07-01"}, 2),
        (
            "midnight in a spreadsheet",
            ROW | {"asked_at": "2026-06-01T00:00:00Z"},
            ROW | {"asked_at": "2026-06-01"},
            1,
        ),
    ],
)
def test_what_is_the_same_answer(
    sqlite_database: Database, tmp_path: Path, what: str, first: Any, second: Any, stored: int
) -> None:
    imported(sqlite_database, lines(tmp_path / "a.jsonl", first))
    imported(sqlite_database, lines(tmp_path / "b.jsonl", second))
    assert count(sqlite_database) == stored, what
    again = [imported(sqlite_database, tmp_path / name) for name in ("a.jsonl", "b.jsonl")]
    assert [each.stored for each in again] == [0, 0], what


FAILED = {
    "captcha": [
        "Just a moment...",
        "Please verify you are a human",
        "Our systems have detected unusual traffic",
    ],
    "error_page": [
        "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
        "429 Too Many Requests",
        "Something went wrong. If this issue persists please contact us.",
    ],
    "error_body": ['{"error": {"message": "Rate limit reached", "type": "tokens"}}'],
    "null": ["null", "None", "undefined"],
}


def test_what_came_instead_of_an_answer_is_a_failure_with_its_reason(
    sqlite_database: Database, tmp_path: Path
) -> None:
    texts = [text for texts in FAILED.values() for text in texts]
    rows = [ROW | {"text": text, "repeat": n} for n, text in enumerate([*texts, "Norvane. No error here."])]
    counts = imported(sqlite_database, lines(tmp_path / "a.jsonl", *rows))
    assert (counts.read, counts.stored, counts.failed, counts.rejected) == (11, 1, 10, 0)
    assert counts.failures == {reason: len(texts) for reason, texts in FAILED.items()}
    with store.reading(sqlite_database) as session:
        assert session.exec(select(func.count()).where(col(Answer.problem).is_(None))).one() == 1
    again = imported(sqlite_database, tmp_path / "a.jsonl")
    assert (again.stored, again.failed, again.already_there) == (0, 0, 11)


def test_a_topic_that_differs_is_said_and_changes_nothing(sqlite_database: Database, tmp_path: Path) -> None:
    imported(sqlite_database, lines(tmp_path / "a.jsonl", ROW | {"topic": "crm"}))
    counts = imported(sqlite_database, lines(tmp_path / "b.jsonl", ROW | {"topic": "sales", "repeat": 1}))
    assert any("under crm, the file says sales" in note for note in counts.notes)
    with store.reading(sqlite_database) as session:
        assert session.exec(select(Prompt.topic)).all() == ["crm"]
    silent = imported(sqlite_database, lines(tmp_path / "c.jsonl", ROW | {"repeat": 2}))
    assert silent.notes == []


def test_a_mapping_is_remembered_for_its_header(sqlite_database: Database, tmp_path: Path) -> None:
    head = {"Wann": "2026-06-01", "Womit": "gpt", "Frage": Q, "Gesagt": "Norvane."}
    mapping = {"asked_at": "Wann", "engine": "Womit", "prompt": "Frage", "text": "Gesagt"}
    imported(sqlite_database, table(tmp_path / "a.csv", head), mapping=mapping)
    counts = imported(sqlite_database, table(tmp_path / "b.csv", head | {"Wann": "2026-06-02"}))
    assert (counts.stored, counts.mapping) == (1, mapping)


def test_every_sheet_and_file_of_answers_goes_in_and_the_rest_is_named(
    sqlite_database: Database, tmp_path: Path
) -> None:
    names: list[object] = list(ROW)
    sheets = {
        "June": [names, list(ROW.values())],
        "July": [names, ["2026-07-01", "gpt", Q, "No."]],
        "About": [["Made by", "us"], ["on", "Monday"]],
    }
    path = tmp_path / "book.xlsx"
    path.write_bytes(workbook(sheets))
    counts = imported(sqlite_database, path)
    assert (counts.stored, counts.rejected) == (2, 0)
    assert [note for note in counts.notes if "About is skipped" in note]


def test_two_imports_at_once_store_once(database: Database, tmp_path: Path) -> None:
    key = workspace(database)
    rows = [ROW | {"repeat": n} for n in range(1_200)]
    paths = [
        lines(tmp_path / "a.jsonl", *rows),
        lines(
            tmp_path / "b.jsonl", *(row | {"id": f"ab12cd34ef{row['repeat']:04}"} for row in reversed(rows))
        ),
    ]
    done: list[ImportCounts] = []

    def run(path: Path) -> None:
        done.append(recorded.import_answers(database, key, path, now=NOW))

    threads = [threading.Thread(target=run, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(each.stored for each in done) == count(database) == 1_200


IMPORT = """
import sys
from datetime import UTC, datetime
from tracker import store
from tracker.answers import recorded
database = store.open_database(sys.argv[1])
recorded.import_answers(database, int(sys.argv[2]), sys.argv[3], now=datetime(2026, 11, 27, tzinfo=UTC))
"""


def test_an_import_that_was_killed_is_made_whole_by_repeating_it(
    sqlite_database: Database, tmp_path: Path
) -> None:
    key = workspace(sqlite_database)
    path = lines(
        tmp_path / "a.jsonl", *(ROW | {"repeat": n, "citations": ["https://a.com"]} for n in range(6_000))
    )
    address = sqlite_database.url.render_as_string(hide_password=False)
    process = subprocess.Popen([sys.executable, "-c", IMPORT, address, str(key), str(path)])
    deadline = time.monotonic() + 120
    while count(sqlite_database) == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = count(sqlite_database)
    assert 0 < before < 6_000
    counts = recorded.import_answers(sqlite_database, key, path, now=NOW)
    assert (counts.stored, counts.already_there) == (6_000 - before, before)
    with store.reading(sqlite_database) as session:
        assert session.exec(select(func.count()).select_from(Citation)).one() == 6_000


def test_answers_of_the_former_schema_are_known_again(database: Database, tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", ROW, ROW | {"repeat": 1, "asked_at": "2026-06-01T00:00:00Z"})
    imported(database, path)
    with store.writing(database) as session:
        session.connection().execute(text("update answer set fingerprint = 'old' || repeat"))
    command.downgrade(store.alembic_config(database), "0004")
    store.upgrade(database)
    again = imported(database, path)
    assert (again.stored, again.already_there) == (0, 2)


def test_an_engine_keeps_the_name_that_came_first(sqlite_database: Database, tmp_path: Path) -> None:
    imported(sqlite_database, lines(tmp_path / "a.jsonl", ROW | {"engine": "ChatGPT"}))
    imported(sqlite_database, lines(tmp_path / "b.jsonl", ROW | {"engine": "chatgpt", "repeat": 1}))
    with store.reading(sqlite_database) as session:
        assert session.exec(select(Engine.name)).all() == ["ChatGPT"]


def test_links_of_the_text_are_kept_as_written_and_leave_the_rates(
    sqlite_database: Database, tmp_path: Path
) -> None:
    row = ROW | {"text": "See [Norvane](https://norvane.com)."}
    imported(sqlite_database, lines(tmp_path / "a.jsonl", row), citations_from_text=True)
    with store.reading(sqlite_database) as session:
        assert list(session.exec(select(Citation.url, Citation.kind))) == [("https://norvane.com", "written")]
        assert session.exec(select(Answer.citations_known)).all() == [False]


def test_surfaces_are_never_pooled_under_one_engine(sqlite_database: Database, tmp_path: Path) -> None:
    rows = [ROW | {"surface": surface} for surface in ("api", "consumer", "serp", "consumer")]
    imported(sqlite_database, lines(tmp_path / "a.jsonl", *rows))
    imported(sqlite_database, lines(tmp_path / "b.jsonl", *(row | {"repeat": 1} for row in rows)))
    with store.reading(sqlite_database) as session:
        named = session.exec(
            select(Engine.name, Answer.surface, func.count())
            .join(Answer, col(Answer.engine_id) == col(Engine.id))
            .group_by(Engine.name, Answer.surface)
            .order_by(Engine.name)
        ).all()
    assert list(named) == [
        ("perplexity", "api", 2),
        ("perplexity (consumer)", "consumer", 2),
        ("perplexity (serp)", "serp", 2),
    ]


def test_a_day_is_a_day_of_the_workspace(sqlite_database: Database, tmp_path: Path) -> None:
    key = workspace(sqlite_database)
    with store.writing(sqlite_database) as session:
        session.get_one(Workspace, key).timezone = "Pacific/Auckland"
    path = lines(tmp_path / "a.jsonl", ROW | {"asked_at": "2026-06-07"})
    recorded.import_answers(sqlite_database, key, path, now=NOW)
    with store.reading(sqlite_database) as session:
        answer = session.exec(select(Answer)).one()
    assert (answer.asked_at.isoformat()[:16], answer.week.isoformat()) == ("2026-06-07T00:00", "2026-06-01")


def test_an_answer_is_known_by_the_id_that_came_later(sqlite_database: Database, tmp_path: Path) -> None:
    name = {"id": "ab12cd34ef56"}
    for number, row in enumerate((ROW, ROW | name, ROW | name | {"text": "Edited."})):
        imported(sqlite_database, lines(tmp_path / f"{number}.jsonl", row))
    assert count(sqlite_database) == 1
