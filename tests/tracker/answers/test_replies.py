"""Recorded replies of every shape go in with their reply, and can be read again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine as Database
from sqlmodel import col, select, update

from tests.shared import shared
from tests.tracker.citations.bodies.products import BRIGHTDATA, CHATGPT_SCRAPED, job, scraped
from tracker import catalog, citations, store
from tracker.answers import replies, stored
from tracker.answers.arrivals import ImportCounts
from tracker.answers.rows import unpack
from tracker.catalog import BrandEntry, Catalog
from tracker.errors import DataError
from tracker.models import Answer, Citation, Engine, Prompt, RecordedReply

NOW = datetime(2026, 11, 27, tzinfo=UTC)
Q = "best crm for two people"
SERPAPI = {
    "search_metadata": {
        "id": "65f0aa",
        "status": "Success",
        "created_at": "2026-03-12 18:41:07 UTC",
        "processed_at": "2026-03-12 18:41:07 UTC",
    },
    "search_parameters": {"engine": "google", "q": Q, "gl": "us", "hl": "en"},
    "ai_overview": {
        "text_blocks": [{"type": "paragraph", "snippet": "Norvane is a start.", "reference_indexes": [0]}],
        "references": [{"title": "A", "link": "https://a.com/x", "index": 0}],
    },
}
OPENAI = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1770000000,
    "model": "gpt-6",
    "output": [
        {
            "type": "message",
            "role": "assistant",
            "content": [
                {
                    "type": "output_text",
                    "text": "Norvane leads.",
                    "annotations": [
                        {
                            "type": "url_citation",
                            "url": "https://a.com/x",
                            "title": "A",
                            "start_index": 0,
                            "end_index": 7,
                        }
                    ],
                }
            ],
        }
    ],
}


def batch_line(custom_id: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    response = {"status_code": status, "request_id": "r", "body": body}
    return {"id": "batch_req_1", "custom_id": custom_id, "response": response, "error": None}


def workspace(database: Database) -> int:
    with store.writing(database) as session:
        return catalog.sync(session, Catalog("w", (BrandEntry("Norvane", own=True),)))


def imported(database: Database, *files: Path, **options: Any) -> ImportCounts:
    return replies.import_replies(database, workspace(database), files, now=NOW, **options)


def write(path: Path, *values: Any, indent: int | None = None) -> Path:
    path.write_text("\n".join(json.dumps(value, indent=indent) for value in values), "utf-8")
    return path


def rows(database: Database) -> list[tuple[Any, ...]]:
    with store.reading(database) as session:
        statement = (
            select(
                Engine.name,
                Answer.surface,
                Answer.shape,
                Prompt.text,
                Prompt.country,
                Answer.asked_at,
                Answer.text,
            )
            .select_from(Answer)
            .join(Engine, col(Engine.id) == col(Answer.engine_id))
            .join(Prompt, col(Prompt.id) == col(Answer.prompt_id))
            .order_by(col(Answer.id))
        )
        return [(*row[:5], row[5].isoformat()[:19], row[6]) for row in session.exec(statement)]


def test_an_archived_search_is_stored_byte_by_byte_and_read(
    sqlite_database: Database, tmp_path: Path
) -> None:
    path = write(tmp_path / "65f0aa.json", SERPAPI, indent=2)
    counts = imported(sqlite_database, path)
    assert (counts.read, counts.stored, counts.rejected, counts.layouts) == (1, 1, 0, ["serpapi_overview"])
    assert rows(sqlite_database) == [
        (
            "google-ai-overview",
            "serp",
            "serpapi_overview",
            Q,
            "US",
            "2026-03-12T18:41:07",
            "Norvane is a start.",
        )
    ]
    with store.reading(sqlite_database) as session:
        assert unpack(session.exec(select(RecordedReply.body)).one()) == path.read_bytes()
        cited = select(Citation.url).where(Citation.kind == "cited")
        assert session.exec(cited).all() == ["https://a.com/x"]


CASES: list[tuple[str, list[Any], dict[str, Any], list[tuple[Any, ...]]]] = [
    # what it is, lines of the file, what the user adds, (engine, surface, shape, prompt, country, moment)
    (
        "DataForSEO: two tasks of one body are two answers",
        [
            {
                "status_code": 20000,
                "tasks": [
                    {
                        **scraped(CHATGPT_SCRAPED)["tasks"][0],
                        "id": "t1",
                        "path": ["v3", "ai_optimization", "chat_gpt", "llm_scraper"],
                    },
                    {
                        **scraped(CHATGPT_SCRAPED | {"keyword": "crm"})["tasks"][0],
                        "id": "t2",
                        "path": ["v3", "ai_optimization", "chat_gpt", "llm_scraper"],
                    },
                ],
            }
        ],
        {},
        [
            ("chat_gpt", "consumer", "dataforseo_scraper", "bestes crm", "DE", "2026-11-26T10:00:00"),
            ("chat_gpt", "consumer", "dataforseo_scraper", "crm", "DE", "2026-11-26T10:00:00"),
        ],
    ),
    (
        "Bright Data: a record of a data set says all of it",
        [BRIGHTDATA],
        {},
        [("chatgpt.com", "consumer", "brightdata", "bestes crm", "DE", "2026-11-26T10:00:00")],
    ),
    (
        "a reply in a wrapping of one's own",
        [
            {
                "prompt": Q,
                "engine": "gpt",
                "asked_at": "2026-02-03T04:05:06Z",
                "country": "Germany",
                "reply": OPENAI,
            }
        ],
        {},
        [("gpt", "api", "openai_responses", Q, "DE", "2026-02-03T04:05:06")],
    ),
    (
        "a reply kept as text in a wrapping",
        [{"prompt": Q, "raw_response": json.dumps(OPENAI)}],
        {},
        [("openai", "api", "openai_responses", Q, None, "2026-02-02T02:40:00")],
    ),
    (
        "bare replies, and what no body says",
        [OPENAI, {**OPENAI, "id": "resp_2"}],
        {"constants": {"prompt": Q, "engine": "gpt-6", "country": "US"}},
        [("gpt-6", "api", "openai_responses", Q, "US", "2026-02-02T02:40:00")] * 2,
    ),
]


@pytest.mark.parametrize(("what", "lines", "options", "expected"), CASES)
def test_what_a_body_or_its_wrapping_says_is_taken(
    sqlite_database: Database,
    tmp_path: Path,
    what: str,
    lines: list[Any],
    options: dict[str, Any],
    expected: list[tuple[Any, ...]],
) -> None:
    counts = imported(sqlite_database, write(tmp_path / "replies.jsonl", *lines), **options)
    assert counts.rejects == [], what
    assert [row[:6] for row in rows(sqlite_database)] == expected, what


def test_a_batch_finds_its_questions_in_the_requests(sqlite_database: Database, tmp_path: Path) -> None:
    asked = [
        {"custom_id": "a", "method": "POST", "url": "/v1/responses", "body": {"model": "gpt-6", "input": Q}},
        {
            "custom_id": "b",
            "body": {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "Two?"}]},
        },
    ]
    out = write(
        tmp_path / "out.jsonl",
        batch_line("a", OPENAI),
        batch_line("b", {**OPENAI, "id": "resp_2"}),
        batch_line("c", {**OPENAI, "id": "resp_3"}),
    )
    counts = imported(sqlite_database, out, prompts=write(tmp_path / "in.jsonl", *asked))
    assert (counts.stored, counts.rejected) == (2, 1)
    assert [row[3] for row in rows(sqlite_database)] == [Q, "Two?"]
    assert counts.rejects[0].line == 3
    assert any("--prompts" in note for note in counts.notes)


def test_a_reply_is_stored_once_and_a_failed_one_with_its_reason(
    sqlite_database: Database, tmp_path: Path
) -> None:
    failed = {"error": {"message": "Rate limit reached", "type": "rate_limit"}}
    lines = [
        {"prompt": Q, "asked_at": "2026-05-05", "engine": "gpt", "reply": body} for body in (OPENAI, failed)
    ]
    path = write(tmp_path / "r.jsonl", *lines)
    first = imported(sqlite_database, path)
    second = replies.import_replies(sqlite_database, 1, [path, tmp_path], now=NOW)
    assert (first.stored, first.failed) == (1, 1)
    assert (second.stored, second.failed, second.already_there) == (0, 0, 4)
    with store.reading(sqlite_database) as session:
        assert session.exec(select(Answer.problem).order_by(col(Answer.id))).all() == [None, "error"]


def test_a_recorded_reply_is_read_again(sqlite_database: Database, tmp_path: Path) -> None:
    imported(sqlite_database, write(tmp_path / "a.json", SERPAPI))
    with store.writing(sqlite_database) as session:
        session.connection().execute(update(Answer).values(text="damaged", reader_version="0"))
        session.connection().exec_driver_sql("delete from citation")
    done = stored.reread(sqlite_database, 1)
    assert (done.answers, done.unreadable) == (1, 0)
    assert rows(sqlite_database)[0][6] == "Norvane is a start."
    with store.reading(sqlite_database) as session:
        assert set(session.exec(select(Citation.url)).all()) == {"https://a.com/x"}


def test_every_recorded_body_of_the_wire_goes_in(sqlite_database: Database, tmp_path: Path) -> None:
    folder = shared("wire/README.md").parent
    files = [path for path in sorted(folder.glob("*/*.json")) if not path.name.endswith(".request.json")]
    assert len(files) > 30
    constants = {"prompt": "What?", "asked_at": "2026-06-01", "engine": "wire"}
    with store.writing(sqlite_database) as session:
        key = catalog.sync(session, Catalog("w", (BrandEntry("Norvane", own=True),)))
    counts = replies.import_replies(sqlite_database, key, files, now=NOW, constants=constants)
    assert (counts.read, counts.rejected) == (len(files), 0)
    with store.reading(sqlite_database) as session:
        for body, text in session.exec(
            select(RecordedReply.body, Answer.text).join(
                Answer, col(Answer.id) == col(RecordedReply.answer_id)
            )
        ):
            assert citations.read(unpack(body)).text == text


def test_what_is_no_reply_is_refused_in_a_sentence(sqlite_database: Database, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="no recorded replies"):
        imported(sqlite_database, tmp_path / "a.csv")
    with pytest.raises(DataError, match="no file"):
        imported(sqlite_database, tmp_path / "none.json")
    unknown = imported(sqlite_database, write(tmp_path / "b.json", {"hello": "world"}))
    assert unknown.rejected == 1
    assert "no known shape" in unknown.rejects[0].reason


def test_a_service_that_names_the_prompt_inside_is_understood(
    sqlite_database: Database, tmp_path: Path
) -> None:
    body = job({"prompt": "crm", "markdown_text": "Norvane leads.", "response_text": "Norvane leads."})
    counts = imported(sqlite_database, write(tmp_path / "o.json", body))
    assert counts.rejects == []
    assert [row[:4] for row in rows(sqlite_database)] == [("chatgpt", "consumer", "oxylabs", "crm")]
