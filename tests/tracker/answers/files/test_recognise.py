"""Any layout of recorded answers: tables, JSON in every wrapping, what the user adds, what is refused."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.answers.files.test_layouts import NOW, Q, read
from tracker.answers.files.recognise import FileOptions, recognise
from tracker.errors import DataError, UsageError

ROW = {
    "asked_at": "2026-06-01T09:00:00Z",
    "engine": "gpt",
    "prompt": Q,
    "text": "Norvane is.",
    "topic": "crm",
}
OTHER = ROW | {"asked_at": "2026-06-02T09:00:00Z"}


def table(*rows: dict[str, Any], delimiter: str = ",", bom: str = "") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return bom + out.getvalue()


SAME: list[tuple[str, str | bytes]] = [
    ("JSON lines", f"{json.dumps(ROW)}\n{json.dumps(OTHER)}\n"),
    ("JSON lines without the last end", f"{json.dumps(ROW)}\n\n{json.dumps(OTHER)}"),
    ("a JSON array", json.dumps([ROW, OTHER])),
    ("a pretty JSON array", json.dumps([ROW, OTHER], indent=4)),
    ("wrapped JSON", json.dumps({"meta": {"page": 1}, "data": [ROW, OTHER]})),
    ("JSON wrapped twice", json.dumps({"result": {"meta": [{"a": 1}], "answers": [ROW, OTHER]}}, indent=2)),
    ("pages of wrapped JSON, one a line", "\n".join(json.dumps({"data": [row]}) for row in (ROW, OTHER))),
    ("a list of pages", json.dumps([{"items": [ROW]}, {"items": [OTHER]}])),
    ("pretty objects, one after another", json.dumps(ROW, indent=2) + "\n" + json.dumps(OTHER, indent=2)),
    ("CSV", table(ROW, OTHER)),
    ("CSV with semicolons", table(ROW, OTHER, delimiter=";")),
    ("TSV", table(ROW, OTHER, delimiter="\t")),
    ("CSV with a mark of its encoding", table(ROW, OTHER, bom="\ufeff")),
    ("CSV in UTF-16", table(ROW, OTHER).encode("utf-16")),
    ("CSV under a title", "Export of 3 June\n\n" + table(ROW, OTHER)),
    ("JSON in UTF-16", json.dumps([ROW, OTHER]).encode("utf-16")),
]


@pytest.mark.parametrize(("what", "content"), SAME)
def test_the_same_two_answers_are_read_in_every_wrapping(
    tmp_path: Path, what: str, content: str | bytes
) -> None:
    layout, found, rejects = read(tmp_path / "answers", content)
    assert (layout, rejects) == ("recorded", []), what
    assert [
        (each.asked_at.day, each.engine, each.prompt.text, each.text, each.prompt.topic) for each in found
    ] == [
        (1, "gpt", Q, "Norvane is.", "crm"),
        (2, "gpt", Q, "Norvane is.", "crm"),
    ], what
    assert len({each.content_key for each in found}) == 2


def test_answers_over_many_lines_stay_whole(tmp_path: Path) -> None:
    text = "\n".join(f'{n}. a, b, c, d, e; "quoted" | x' for n in range(400))
    _, found, rejects = read(tmp_path / "a.csv", table(ROW | {"text": text}, OTHER))
    assert rejects == []
    assert [each.text for each in found] == [text, "Norvane is."]


MOMENTS: list[tuple[str, str | None, str | None]] = [
    # as written, --timezone, the moment in UTC (None: refused)
    ("2026-06-01T09:00:00Z", None, "2026-06-01T09:00:00"),
    ("2026-06-01T11:00:00+02:00", None, "2026-06-01T09:00:00"),
    ("2026-06-01 09:00:00 UTC", None, "2026-06-01T09:00:00"),
    ("2026-06-01T09:00:00", "Europe/Berlin", "2026-06-01T07:00:00"),
    ("2026-01-01 09:00", "Europe/Berlin", "2026-01-01T08:00:00"),
    ("2026-06-01T09:00:00Z", "Europe/Berlin", "2026-06-01T09:00:00"),
    ("2026-06-01", None, "2026-06-01T12:00:00"),
    ("2026-06-01", "Asia/Tokyo", "2026-06-01T03:00:00"),
    ("2026-06-01", "America/New_York", "2026-06-01T16:00:00"),
    ("1 June 2026", None, "2026-06-01T12:00:00"),
    ("31.05.2026", None, "2026-05-31T12:00:00"),
    ("05/31/2026 09:15", "UTC", "2026-05-31T09:15:00"),
    ("05/06/2026", None, None),
    ("1780304400", None, "2026-06-01T09:00:00"),
    ("1780304400000", None, "2026-06-01T09:00:00"),
    ("yesterday", None, None),
    ("2027-06-01", None, None),
    ("2026-11-27T12:30:00Z", None, None),
    ("2026-11-28", None, "2026-11-28T12:00:00"),
    ("2026-11-29", None, None),
]


@pytest.mark.parametrize(("written", "zone", "moment"), MOMENTS)
def test_a_moment_is_read_in_its_zone_and_a_date_alone_is_a_day(
    tmp_path: Path, written: str, zone: str | None, moment: str | None
) -> None:
    _, found, rejects = read(tmp_path / "a.csv", table(ROW | {"asked_at": written}), zone=zone)
    assert [each.asked_at.isoformat()[:19] for each in found] == ([moment] if moment else [])
    assert bool(rejects) is (moment is None)


def test_the_order_of_day_and_month_is_learnt_from_the_file(tmp_path: Path) -> None:
    rows = [ROW | {"asked_at": day} for day in ("05/06/2026", "31/05/2026")]
    _, found, rejects = read(tmp_path / "a.csv", table(*rows))
    assert rejects == []
    assert [(each.asked_at.day, each.asked_at.month) for each in found] == [(5, 6), (31, 5)]


CELLS: list[tuple[dict[str, Any], Any, Any]] = [
    # a row, what of it, what it is
    ({"country": "Germany"}, lambda each: each.prompt.country, "DE"),
    ({"country": "global"}, lambda each: each.prompt.country, None),
    ({"search_used": "yes"}, lambda each: each.search_used, True),
    ({"search_used": ""}, lambda each: each.search_used, None),
    ({"repeat": "2"}, lambda each: each.repeat, 2),
    ({"citations": ""}, lambda each: each.citations, None),
    ({"citations": "[]"}, lambda each: each.citations, ()),
    (
        {"citations": "https://a.com/x, https://b.com/y"},
        lambda each: [c.url for c in each.citations],
        [
            "https://a.com/x",
            "https://b.com/y",
        ],
    ),
    ({"citations": '[{"link": "https://a.com", "title": "T"}]'}, lambda each: each.citations[0].title, "T"),
    ({"citations": "1. [A](https://a.com/x)"}, lambda each: each.citations[0].url, "https://a.com/x"),
    ({"citations": "a.com; b.org"}, lambda each: [c.domain for c in each.citations], ["a.com", "b.org"]),
    (
        {"citations": "https://a.com", "retrieved": "https://a.com|https://b.com"},
        lambda each: [(c.url, c.kind) for c in each.citations],
        [("https://a.com", "cited"), ("https://b.com", "retrieved")],
    ),
    (
        {"citations": "https://a.com, https://b.com", "retrieved": "https://c.com"},
        lambda each: [(c.kind, c.position) for c in each.citations],
        [("cited", 1), ("cited", 2), ("retrieved", 1)],
    ),
    ({"searches": "crm; crm price"}, lambda each: each.searches, ("crm", "crm price")),
    ({"searches": "1. crm | 2. crm price"}, lambda each: each.searches, ("crm", "crm price")),
    ({"searches": '["crm"]'}, lambda each: each.searches, ("crm",)),
]


@pytest.mark.parametrize(("cells", "look", "expected"), CELLS)
def test_a_cell_says_what_it_says_in_json(tmp_path: Path, cells: Any, look: Any, expected: Any) -> None:
    _, found, rejects = read(tmp_path / "a.csv", table(ROW | cells))
    assert rejects == []
    assert look(found[0]) == expected


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"country": "Atlantis"}, "no country"),
        ({"surface": "web"}, "one of api, consumer, serp"),
        ({"repeat": "two"}, "`repeat` must be int"),
        ({"search_used": "maybe"}, "neither true nor false"),
        ({"engine": ""}, "`engine`"),
        ({"text": "  "}, "blank"),
    ],
)
def test_a_cell_that_does_not_fit_is_refused_with_its_line(tmp_path: Path, cells: Any, reason: str) -> None:
    fuller = dict.fromkeys(cells, "")
    _, found, rejects = read(tmp_path / "a.csv", table(fuller | ROW, ROW | cells))
    assert len(found) == 1
    assert [(each.line, reason in each.reason) for each in rejects] == [(3, True)]


def test_columns_of_nobodys_names_are_mapped(tmp_path: Path) -> None:
    text = "Wann,Womit,Frage nach CRM,Gesagt\n2026-06-01,gpt,Was?,Norvane.\n"
    with pytest.raises(DataError, match="no column for asked_at, engine, prompt, text"):
        read(tmp_path / "a.csv", text)
    mapping = {"asked_at": "wann", "engine": "Womit", "prompt": "Frage nach CRM", "text": "Gesagt"}
    _, found, _ = read(tmp_path / "a.csv", text, mapping=mapping)
    assert [(each.engine, each.prompt.text, each.text) for each in found] == [("gpt", "Was?", "Norvane.")]
    with pytest.raises(UsageError, match="no column"):
        read(tmp_path / "a.csv", text, mapping=mapping | {"topic": "Thema"})
    with pytest.raises(UsageError, match="no field"):
        read(tmp_path / "a.csv", text, mapping={"antwort": "Gesagt"})


def test_what_no_column_says_can_be_said_for_all_rows(tmp_path: Path) -> None:
    text = "question,answer\nWhat?,Norvane.\n"
    _, found, _ = read(tmp_path / "a.csv", text, constants={"engine": "gpt", "asked_at": "2026-06-01"})
    assert [(each.engine, each.asked_at.day) for each in found] == [("gpt", 1)]


def test_a_row_for_each_citation_is_one_answer(tmp_path: Path) -> None:
    rows = [
        {"date": "2026-06-01", "platform": "gpt", "question": Q, "answer": "Norvane.", "cited url": url}
        for url in ("https://a.com", "https://b.com")
    ]
    _, found, _ = read(tmp_path / "a.csv", table(*rows, rows[0] | {"date": "2026-06-02"}))
    assert [[(c.url, c.position) for c in each.citations or ()] for each in found] == [
        [("https://a.com", 1), ("https://b.com", 2)],
        [("https://a.com", 1)],
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("a,b\n1,2\n", "no column for asked_at, engine, prompt, text; it has a, b"),
        ('{"hello": "world"}', "no column for"),
        ('{"broken', "holds no recorded answers"),
        ("[1, 2]", "holds no recorded answers"),
        ("", "is empty"),
        ("<html>login</html>", "web page"),
        (b"%PDF-1.7", "a PDF"),
        ("just a sentence", "no column for"),
        ('{"id": "resp_1", "object": "response", "output": []}', "holds recorded replies"),
    ],
)
def test_a_wrong_file_gets_one_sentence(tmp_path: Path, content: str | bytes, problem: str) -> None:
    with pytest.raises(DataError, match=problem) as error:
        read(tmp_path / "a.jsonl", content)
    assert "\n" not in error.value.problem
    assert error.value.hint


def test_a_key_that_is_not_read_is_said_with_the_nearest_that_is(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(ROW | {"citatons": [], "colour": "red"}))
    assert recognise(path, FileOptions(NOW, {}, {})).notes() == [
        "`citatons` is not read; did you mean `citations`?",
        "`colour` is not read",
    ]


def test_links_of_the_text_serve_where_asked_for(tmp_path: Path) -> None:
    row = ROW | {"text": "See [Norvane](https://norvane.com/a) and https://b.org."}
    _, found, _ = read(tmp_path / "a.jsonl", json.dumps(row), written=True)
    assert [(c.url, c.kind) for c in found[0].citations or ()] == [
        ("https://norvane.com/a", "written"),
        ("https://b.org", "written"),
    ]
    _, found, _ = read(tmp_path / "a.jsonl", json.dumps(row | {"citations": []}), written=True)
    assert found[0].citations == ()


def test_a_damaged_file_keeps_what_came_before(tmp_path: Path) -> None:
    whole = json.dumps([ROW, OTHER, ROW], indent=1)
    _, found, rejects = read(tmp_path / "a.json", whole[: whole.rindex("Norvane")])
    assert len(found) == 2
    assert len(rejects) == 1
    assert "ends in the middle" in rejects[0].reason


def test_a_page_too_long_to_be_held_is_read_as_a_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.files.nested.LONGEST", 5_000)
    monkeypatch.setattr("tracker.files.nested.BLOCK", 1_000)
    page = {"run": {"created_at": "x"}, "tags": [{"a": 1}], "data": [ROW | {"repeat": n} for n in range(200)]}
    _, found, rejects = read(tmp_path / "a.json", json.dumps(page, indent=1))
    assert (len(found), rejects) == (200, [])


def test_a_member_of_an_archive_is_read_as_the_file_itself(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("answers.jsonl", json.dumps(ROW))
    _, found, _ = read(tmp_path / "a.zip", packed.getvalue())
    assert len(found) == 1


def test_the_mapping_names_the_columns_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Date,Platform,Question,Answer\n2026-06-01,gpt,What?,Norvane.\n")
    mapping = recognise(path, FileOptions(NOW, {}, {})).mapping()
    assert mapping == {"asked_at": "Date", "engine": "Platform", "prompt": "Question", "text": "Answer"}


HEADERS: list[tuple[str, dict[str, str]]] = [
    # headers of exports that others wrote, found in public repositories, and what fills what
    (
        "llm_provider,concept_name,question,domain_cited,brand_mentioned,citation_position,citation_url,"
        "total_citations,citations_summary,search_results_count,search_results_summary,fan_out_queries,"
        "response_snippet,full_response,checked_at,data_note",
        {
            "engine": "llm_provider",
            "prompt": "question",
            "text": "full_response",
            "asked_at": "checked_at",
            "searches": "fan_out_queries",
        },
    ),
    (
        "prompt;engine;brand_mentioned;brand_sentiment;competitors_mentioned;response_text;citations;country;"
        "run_date;state;brand_mentions_count;overview_available;web_search_query;prompt_id;run_id",
        {
            "id": "run_id",
            "engine": "engine",
            "prompt": "prompt",
            "text": "response_text",
            "asked_at": "run_date",
            "citations": "citations",
            "country": "country",
            "searches": "web_search_query",
            "state": "state",
            "shown": "overview_available",
        },
    ),
    (
        "Timestamp,Prompt,System Prompt,Model,Response,Response Time (s)",
        {"engine": "Model", "prompt": "Prompt", "text": "Response", "asked_at": "Timestamp"},
    ),
    (
        "id,project_id,domain,query,llm_model,is_cited,citation_position,citation_context,full_response,"
        "response_quality_score,competitors_cited,tracked_date,created_at",
        {
            "id": "id",
            "engine": "llm_model",
            "prompt": "query",
            "text": "full_response",
            "asked_at": "tracked_date",
        },
    ),
]


@pytest.mark.parametrize(("header", "expected"), HEADERS)
def test_a_header_that_nobody_here_wrote_is_understood(
    tmp_path: Path, header: str, expected: dict[str, str]
) -> None:
    path = tmp_path / "a.csv"
    mark = ";" if ";" in header else ","
    path.write_text(header + "\n" + mark.join(["x"] * (header.count(mark) + 1)) + "\n")
    assert recognise(path, FileOptions(NOW, {}, {})).mapping() == expected


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("project,prompt,model,response,citations", "asked_at"),
        ("Query,Platform,Model,Mentioned,Sentiment,Position,Response", "asked_at"),
        ("response_id,week,engine,prompt_id,run,collected_at,response_text,citations,error", "prompt"),
    ],
)
def test_what_such_a_header_lacks_is_named(tmp_path: Path, header: str, missing: str) -> None:
    with pytest.raises(DataError, match=f"no column for {missing};"):
        read(tmp_path / "a.csv", header + "\n")


def test_clocks_that_all_lack_a_zone_are_one_sentence_and_a_single_one_is_a_row(tmp_path: Path) -> None:
    naive = ROW | {"asked_at": "2026-06-01T09:00:00"}
    with pytest.raises(DataError, match="name no time zone"):
        read(tmp_path / "a.csv", table(naive, naive))
    _, found, rejects = read(tmp_path / "a.csv", table(ROW, naive))
    assert (len(found), [each.line for each in rejects]) == (1, [3])
    assert "no time zone" in rejects[0].reason


def test_a_quote_that_never_closes_costs_its_own_row_only(tmp_path: Path) -> None:
    good = [ROW | {"repeat": n} for n in range(4)]
    lines = table(*good).splitlines(keepends=True)
    lines.insert(2, '2026-06-01,gpt,What?,"never closed,crm,9\n')
    _, found, rejects = read(tmp_path / "a.csv", "".join(lines))
    assert [each.repeat for each in found] == [0, 1, 2, 3]
    assert [(each.line, "never closed" in each.reason) for each in rejects] == [(3, True)]


def test_a_stray_quote_that_meets_another_one_swallows_no_rows(tmp_path: Path) -> None:
    rows = [ROW | {"repeat": n, "text": "Norvane, mostly." if n == 2 else "Norvane."} for n in range(4)]
    lines = table(*rows).splitlines(keepends=True)
    lines.insert(2, '2026-06-01,gpt,What?,"never closed,crm,9\n')
    _, found, rejects = read(tmp_path / "a.csv", "".join(lines))
    assert [each.repeat for each in found] == [0, 1, 2, 3]
    assert [each.line for each in rejects] == [3]


def test_a_line_too_long_to_be_an_answer_is_refused_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.files.nested.LONGEST", 5_000)
    monkeypatch.setattr("tracker.files.nested.BLOCK", 1_000)
    text = f"{json.dumps(ROW | {'text': 'x' * 9_000})}\n{json.dumps(OTHER)}\n"
    _, found, rejects = read(tmp_path / "a.jsonl", text)
    assert (len(found), [(each.line, each.reason) for each in rejects]) == (
        1,
        [(1, "longer than 5,000 characters")],
    )


def test_another_code_page_is_read_where_it_is_named(tmp_path: Path) -> None:
    content = table(ROW | {"prompt": "Какая система лучшая?", "text": "Лучшая система управления"}).encode(
        "cp1251"
    )
    with pytest.raises(DataError, match="old code page"):
        read(tmp_path / "a.csv", content)
    _, found, _ = read(tmp_path / "a.csv", content, encoding="cp1251")
    assert found[0].prompt.text == "Какая система лучшая?"
    _, found, _ = read(tmp_path / "a.csv", table(ROW | {"text": "Größe, naïve"}).encode("cp1252"))
    assert found[0].text == "Größe, naïve"
