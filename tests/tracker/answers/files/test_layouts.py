"""Exports of other trackers, written after their public documentation, and what a careful reader would write
down of them before running anything: rows, kinds, moments."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tracker.answers.files.layouts import layouts
from tracker.answers.files.recognise import FileOptions, recognise, records
from tracker.answers.files.records import Record
from tracker.files.records import Reject

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
Q = "What is the best CRM for two people?"
A = "Norvane is a good start; [HubSpot](https://hubspot.com/crm) too."


def read(
    path: Path,
    text: str | bytes,
    mapping: dict[str, str] | None = None,
    constants: dict[str, str] | None = None,
    zone: str | None = None,
    **more: Any,
) -> tuple[str, list[Record], list[Reject]]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    options = FileOptions(NOW, mapping or {}, constants or {}, ZoneInfo(zone) if zone else None, **more)
    file = recognise(path, options)
    found = list(records(file))
    good = [each for each in found if isinstance(each, Record)]
    return file.layout, good, [each for each in found if isinstance(each, Reject)]


@dataclass(frozen=True)
class Row:
    """What a careful reader writes down of one answer."""

    engine: str
    surface: str
    asked_at: str
    cited: tuple[str, ...] | None
    country: str | None = None
    topic: str = "general"
    model: str = ""
    retrieved: tuple[str, ...] = ()
    searches: tuple[str, ...] | None = None
    failure: str | None = None
    prompt: str = Q
    text: str = A


def row_of(record: Record) -> Row:
    kinds = None if record.citations is None else record.citations
    return Row(
        record.engine,
        record.surface,
        record.asked_at.isoformat().replace("+00:00", "Z"),
        None if kinds is None else tuple(c.url for c in kinds if c.kind == "cited"),
        record.prompt.country,
        record.prompt.topic,
        record.model,
        tuple(c.url for c in kinds or () if c.kind == "retrieved"),
        record.searches,
        record.failure,
        record.prompt.text,
        record.text,
    )


PROFOUND_V1 = {
    "info": {"total_rows": 2},
    "data": [
        {
            "run_id": "3c90c3cc-0d44-4b50-8888-8dd25736052a",
            "created_at": "2026-06-19T05:31:56Z",
            "prompt": Q,
            "prompt_id": "11111111-0d44-4b50-8888-8dd25736052a",
            "mentions": ["Norvane"],
            "prompt_type": "visibility",
            "response": A,
            "citations": ["https://a.com/x", "https://b.com/y"],
            "themes": ["price"],
            "topic": "crm",
            "region": "United States",
            "model": "ChatGPT",
            "asset": "Norvane",
            "tags": [],
            "search_queries": ["best crm"],
        }
    ],
}
PROFOUND_V2 = {
    "info": {"total_results": 1, "count": 1, "models": ["ChatGPT"], "include": ["run_id", "date"]},
    "data": [
        {
            "run_id": "3c90c3cc-0d44-4b50-8888-8dd25736052b",
            "date": "2026-06-19",
            "model": {"id": "9", "name": "Google Gemini"},
            "topic": "crm",
            "topic_id": "8",
            "region": "Germany",
            "persona": None,
            "tags": [],
            "prompt": Q,
            "prompt_id": "7",
            "response": A,
            "mentions": ["Norvane"],
            "citations": [],
            "search_queries": [],
            "analysis_types": ["visibility"],
        }
    ],
}
PEEC = {
    "id": "ch_61184892-36ad-4e1a-8178-3a83608f7711",
    "date": "2026-03-17",
    "prompt": {"id": "pr_93f790de"},
    "model": {"id": "chatgpt-scraper"},
    "model_channel": {"id": "openai-0"},
    "sources": [
        {
            "url": "https://a.com/x#h",
            "urlNormalized": "a.com/x",
            "domain": "a.com",
            "citationCount": 2,
            "citationPosition": 1,
        },
        {"url": "https://b.com/y", "domain": "b.com", "citationCount": 0, "citationPosition": None},
    ],
    "brands_mentioned": [{"id": "kw_1", "name": "Norvane", "position": 1}],
    "messages": [{"role": "user", "content": Q}, {"role": "assistant", "content": A}],
    "queries": ["best crm 2026"],
    "products": [],
}
AHREFS = {
    "ai_responses": [
        {
            "country": "us",
            "data_source": "google_ai_overviews",
            "last_updated": "2026-05-30",
            "links": [{"url": "https://a.com/x", "title": "X"}, {"url": "https://b.com/y", "title": None}],
            "question": Q,
            "response": A,
            "search_queries": [],
            "tags": ["crm"],
            "volume": 1200,
        },
        {
            "country": "us",
            "data_source": "perplexity",
            "last_updated": "2026-05-30",
            "links": [],
            "question": Q,
            "response": A,
            "search_queries": ["crm small"],
        },
    ]
}
OTTERLY = {
    "items": [
        {
            "runId": "01HXRUN5XY8Z2N3KQ7VAW4PAEX",
            "runDate": "2026-01-15T08:00:00.000Z",
            "engine": "chatgpt",
            "state": "completed",
            "content": A,
            "overviewAvailable": True,
            "brandMentions": [{"brand": "Norvane", "isMainBrand": True, "mentions": 4}],
            "citations": [{"title": "Best", "link": "https://a.com/x", "rank": 1}],
        },
        {
            "runId": "01HXRUN5XY8Z2N3KQ7VAW4PAEY",
            "runDate": "2026-01-15T08:00:00.000Z",
            "engine": "google",
            "state": "completed",
            "content": "",
            "overviewAvailable": False,
            "citations": [],
        },
        {
            "runId": "01HXRUN5XY8Z2N3KQ7VAW4PAEZ",
            "runDate": "2026-01-15T08:00:00.000Z",
            "engine": "perplexity",
            "state": "failed",
            "content": None,
            "citations": [],
        },
    ],
    "paging": {"nextCursor": None, "hasMore": False},
}
SCRUNCH = {
    "total": 1,
    "offset": 0,
    "limit": 100,
    "items": [
        {
            "id": 90211,
            "created_at": "2026-07-15T02:14:00Z",
            "prompt_id": 5,
            "prompt": Q,
            "persona_id": None,
            "persona_name": None,
            "country": "US",
            "stage": "Evaluation",
            "branded": False,
            "tags": ["q3"],
            "key_topics": ["crm", "small business"],
            "platform": "google_ai_overviews",
            "brand_present": True,
            "brand_sentiment": "positive",
            "brand_position": "top",
            "competitors_present": ["HubSpot"],
            "response_text": A,
            "citations": [
                {
                    "url": "https://a.com/x",
                    "domain": "a.com",
                    "source_type": "other",
                    "title": "X",
                    "snippet": None,
                }
            ],
            "competitors": [],
            "query_fanout": {"queries": ["best crm", "crm two people"], "engine_metadata": None},
        }
    ],
}
ATHENA = {
    "responses": [
        {
            "id": "123e4567-e89b-12d3-a456-426614174000",
            "website_id": "w",
            "prompt_id": "p",
            "base_prompt": "What is the best CRM?",
            "prompt": Q,
            "model": "chatgpt",
            "response": A,
            "mentioned": True,
            "cited": True,
            "created_at": "2026-06-15T10:30:00.000Z",
            "sources": [
                {"url": "a.com/x", "root_domain": "a.com", "normalized_url": "a.com/x", "suffix": ".com"}
            ],
            "competitors": [{"id": "1", "name": "C", "url": "c.com", "position": 1}],
            "position": 2,
        }
    ]
}
PINE = {
    "data": [
        {
            "id": 11,
            "prompt_text": Q,
            "platform": "perplexity",
            "model": "sonar",
            "country": "DE",
            "language": "de",
            "content": A,
            "html": "<p>…</p>",
            "excerpt": "Norvane",
            "search_queries": ["crm"],
            "created_at": "2026-02-01T00:30:00+01:00",
            "updated_at": "2026-02-01T00:31:00+01:00",
        }
    ],
    "links": {"next": None},
    "meta": {"current_page": 1},
}
CANONRY = {
    "id": "run_1",
    "projectId": "p",
    "status": "completed",
    "createdAt": "2026-04-18T15:00:00.000Z",
    "snapshots": [
        {
            "id": "snap_1",
            "runId": "run_1",
            "keywordId": "kw_1",
            "keyword": Q,
            "provider": "gemini",
            "citationState": "cited",
            "answerText": A,
            "citedDomains": ["a.com"],
            "competitorOverlap": [],
            "groundingSources": [{"uri": "https://a.com/x", "title": "a.com"}],
            "searchQueries": ["crm"],
            "model": "gemini-3-flash",
            "createdAt": "2026-04-18T15:00:05.000Z",
        }
    ],
}
LETTERTRACE = {
    "run": {"id": "r1", "project_id": "p", "status": "completed", "created_at": "2026-05-05T05:05:05+00:00"},
    "responses": [
        {
            "id": "resp-1",
            "prompt_id": "p1",
            "prompt_text": Q,
            "provider": "anthropic",
            "model": "claude-sonnet-5",
            "response_text": A,
            "sources": [
                {"url": "https://a.com/x", "domain": "a.com", "title": "X", "snippet": "", "is_owned": False}
            ],
            "mentions": [
                {
                    "entity_type": "brand",
                    "entity_name": "Norvane",
                    "mention_count": 1,
                    "first_position": 0,
                    "sentiment": None,
                    "recommended": True,
                }
            ],
        }
    ],
}
SURFACED = (
    "Date,Platform,Prompt,Response,Cited URLs,Country\n"
    f'2026-02-19,ChatGPT,{Q},"{A}","https://a.com/x; https://b.com/y",United Kingdom\n'
)

CASES: list[tuple[str, str, dict[str, str], list[Row]]] = [
    # layout, file, what the user adds, what a careful reader writes down
    (
        "profound-answers",
        json.dumps(PROFOUND_V1, indent=2),
        {},
        [
            Row(
                "ChatGPT",
                "consumer",
                "2026-06-19T05:31:56Z",
                ("https://a.com/x", "https://b.com/y"),
                "US",
                "crm",
                searches=("best crm",),
            )
        ],
    ),
    (
        "profound-answers",
        json.dumps(PROFOUND_V2),
        {},
        [Row("Google Gemini", "consumer", "2026-06-19T12:00:00Z", (), "DE", "crm", searches=())],
    ),
    (
        "peec-chats",
        json.dumps(PEEC, indent=2),
        {},
        [
            Row(
                "chatgpt-scraper",
                "consumer",
                "2026-03-17T12:00:00Z",
                ("https://a.com/x#h",),
                model="chatgpt-scraper",
                retrieved=("https://b.com/y",),
                searches=("best crm 2026",),
            )
        ],
    ),
    (
        "ahrefs-brand-radar",
        json.dumps(AHREFS),
        {},
        [
            Row(
                "google_ai_overviews",
                "serp",
                "2026-05-30T12:00:00Z",
                ("https://a.com/x", "https://b.com/y"),
                "US",
                searches=(),
            ),
            Row("perplexity", "consumer", "2026-05-30T12:00:00Z", (), "US", searches=("crm small",)),
        ],
    ),
    (
        "otterly-ai-responses",
        json.dumps(OTTERLY),
        {"prompt": Q, "country": "us"},
        [
            Row("chatgpt", "consumer", "2026-01-15T08:00:00Z", ("https://a.com/x",), "US"),
            Row("google", "serp", "2026-01-15T08:00:00Z", (), "US", failure="not_shown", text=""),
            Row("perplexity", "consumer", "2026-01-15T08:00:00Z", (), "US", failure="failed", text=""),
        ],
    ),
    (
        "scrunch-responses",
        json.dumps(SCRUNCH),
        {},
        [
            Row(
                "google_ai_overviews",
                "serp",
                "2026-07-15T02:14:00Z",
                ("https://a.com/x",),
                "US",
                "crm",
                searches=("best crm", "crm two people"),
            )
        ],
    ),
    (
        "athena-responses",
        json.dumps(ATHENA, indent=1),
        {},
        [Row("chatgpt", "consumer", "2026-06-15T10:30:00Z", ("a.com/x",))],
    ),
    (
        "pineprompt-responses",
        json.dumps(PINE),
        {},
        [
            Row(
                "perplexity",
                "consumer",
                "2026-01-31T23:30:00Z",
                None,
                "DE",
                model="sonar",
                searches=("crm",),
            )
        ],
    ),
    (
        "canonry-snapshots",
        json.dumps(CANONRY, indent=2),
        {},
        [
            Row(
                "gemini",
                "api",
                "2026-04-18T15:00:05Z",
                ("https://a.com/x",),
                model="gemini-3-flash",
                searches=("crm",),
            )
        ],
    ),
    (
        "lettertrace-responses",
        json.dumps(LETTERTRACE, indent=2),
        {},
        [Row("anthropic", "api", "2026-05-05T05:05:05Z", ("https://a.com/x",), model="claude-sonnet-5")],
    ),
    (
        "any",
        SURFACED,
        {},
        [Row("ChatGPT", "api", "2026-02-19T12:00:00Z", ("https://a.com/x", "https://b.com/y"), "GB")],
    ),
]


@pytest.mark.parametrize(("layout", "text", "constants", "rows"), CASES)
def test_an_export_is_read_as_a_careful_reader_would(
    tmp_path: Path, layout: str, text: str, constants: dict[str, str], rows: list[Row]
) -> None:
    name, found, rejects = read(tmp_path / "export", text, constants=constants)
    assert rejects == []
    assert name == layout
    assert [row_of(each) for each in found] == rows


def test_every_layout_names_its_documentation_and_ten_of_them_are_read_here() -> None:
    assert all(layout.source for layout in layouts())
    assert {case[0] for case in CASES} - {"any"} <= {layout.name for layout in layouts()}
    assert len({case[0] for case in CASES} - {"any"}) >= 9
