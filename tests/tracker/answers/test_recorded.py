from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func
from sqlmodel import col, select

from tests.shared import shared
from tracker import catalog, store
from tracker.answers import recorded, rollups
from tracker.answers.arrivals import ImportCounts
from tracker.catalog import BrandEntry, Catalog
from tracker.errors import DataError
from tracker.models import Answer, Citation, Domain, Mention, Prompt, VisibilityRollup

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def imported(database: Engine, workspace_id: int, path: Path | str, **options: Any) -> ImportCounts:
    return recorded.import_answers(database, workspace_id, path, now=NOW, **options)


GOOD = {
    "asked_at": "2026-06-01T11:00:00+02:00",
    "engine": "perplexity",
    "prompt": "What is best?",
    "text": "Norvane is.",
}


def workspace(database: Engine) -> int:
    with store.writing(database) as session:
        return catalog.sync(session, Catalog("w", (BrandEntry("Norvane", own=True),)))


def lines(path: Path, *records: Any) -> Path:
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in records) + "\n", "utf-8")
    return path


def test_a_recorded_answer_is_stored_with_its_citations_and_mentions(
    database: Engine, tmp_path: Path
) -> None:
    cited = [
        {"url": "https://www.techdaily.com/a?utm_source=x", "title": "A"},
        {"url": "https://b.org/", "kind": "retrieved"},
    ]
    record = GOOD | {
        "model": "sonar",
        "surface": "consumer",
        "topic": "crm",
        "search_used": True,
        "citations": cited,
    }
    counts = imported(database, workspace(database), lines(tmp_path / "a.jsonl", record))
    assert (counts.read, counts.stored, counts.citations, counts.rejected) == (1, 1, 2, 0)
    with store.reading(database) as session:
        answer = session.exec(select(Answer)).one()
        assert (answer.asked_at.isoformat(), answer.surface, answer.citations_known) == (
            "2026-06-01T09:00:00+00:00",
            "consumer",
            True,
        )
        found = session.exec(
            select(Citation.url, Citation.kind, Domain.name)
            .join(Domain, col(Domain.id) == col(Citation.domain_id))
            .order_by(col(Citation.id))
        ).all()
        assert found == [
            ("https://www.techdaily.com/a?utm_source=x", "cited", "techdaily.com"),
            ("https://b.org/", "retrieved", "b.org"),
        ]
        assert session.exec(select(Mention)).one().count == 1
        assert session.exec(select(Prompt)).one().imported


def test_absent_citations_are_unknown_and_an_empty_list_is_none(
    sqlite_database: Engine, tmp_path: Path
) -> None:
    path = lines(tmp_path / "a.jsonl", GOOD, GOOD | {"repeat": 1, "citations": []})
    imported(sqlite_database, workspace(sqlite_database), path)
    with store.reading(sqlite_database) as session:
        assert list(session.exec(select(Answer.citations_known).order_by(col(Answer.repeat)))) == [
            False,
            True,
        ]


def test_importing_twice_stores_nothing_twice(database: Engine, tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", GOOD, GOOD, GOOD | {"repeat": 1})
    key = workspace(database)
    first, second = (imported(database, key, path) for _ in range(2))
    assert (first.read, first.stored, first.already_there) == (3, 2, 1)
    assert (second.stored, second.already_there) == (0, 3)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        (GOOD | {"asked_at": "2026-06-01T09:00:00"}, "no time zone"),
        (GOOD | {"asked_at": "yesterday"}, "not ISO 8601"),
        ({k: v for k, v in GOOD.items() if k != "text"}, "`text` is missing"),
        (GOOD | {"text": "  "}, "blank"),
        (GOOD | {"engine": 3}, "`engine`"),
        (GOOD | {"repeat": "two"}, "`repeat` must be int"),
        (GOOD | {"repeat": True}, "`repeat` must be int"),
        (GOOD | {"repeat": -1}, "out of range"),
        (GOOD | {"surface": "web"}, "one of api, consumer, serp"),
        (GOOD | {"search_used": "yes"}, "`search_used` must be bool"),
        (GOOD | {"citations": {}}, "must be a list"),
        (GOOD | {"citations": [{"title": "x"}]}, "without `url`"),
        (GOOD | {"citations": [{"url": "https://a.com", "kind": "seen"}]}, "one of cited, retrieved"),
        (GOOD | {"asked_at": "0001-01-01T00:00:00+14:00"}, "out of range"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_line_is_rejected_with_number_and_reason_and_the_rest_goes_in(
    sqlite_database: Engine, tmp_path: Path, line: Any, reason: str
) -> None:
    counts = imported(
        sqlite_database,
        workspace(sqlite_database),
        lines(tmp_path / "a.jsonl", GOOD, line, GOOD | {"repeat": 7}),
    )
    assert (counts.stored, counts.rejected, counts.rejects[0].line) == (2, 1, 2)
    assert reason in counts.rejects[0].reason


def test_a_damaged_gz_keeps_what_came_before(sqlite_database: Engine, tmp_path: Path) -> None:
    whole = gzip.compress("".join(json.dumps(GOOD | {"repeat": n}) + "\n" for n in range(5000)).encode())
    (tmp_path / "a.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    counts = imported(sqlite_database, workspace(sqlite_database), tmp_path / "a.jsonl.gz")
    assert counts.stored > 0
    assert counts.rejected >= 1


def test_bytes_that_are_no_text_are_rejected_by_line(sqlite_database: Engine, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\n\xff\xfe\n")
    counts = imported(sqlite_database, workspace(sqlite_database), tmp_path / "a.jsonl")
    assert (counts.stored, counts.rejected) == (1, 1)


def test_a_file_that_is_not_there_is_an_error(sqlite_database: Engine, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file"):
        imported(sqlite_database, workspace(sqlite_database), tmp_path / "none.jsonl")


def test_the_published_data_set_goes_in_whole_and_once(sqlite_database: Engine) -> None:
    path = shared("data/citations/perplexity_2024-11.jsonl.gz")
    key = workspace(sqlite_database)
    first, second = (imported(sqlite_database, key, path) for _ in range(2))
    assert (first.stored, first.citations, first.rejected) == (836, 6181, 0)
    assert (second.stored, second.already_there) == (0, 836)
    with store.reading(sqlite_database) as session:
        assert session.exec(select(func.count()).select_from(Citation)).one() == 6181


def test_authority_and_citations_of_the_published_data_correlate_as_its_authors_found(
    sqlite_database: Engine,
) -> None:
    from analysis import frames
    from analysis.association.association import spearman
    from tracker.links import authority_lists

    answers_file, list_file = (
        shared("data/citations/perplexity_2024-11.jsonl.gz"),
        shared("data/authority/majestic_million_top15000.csv"),
    )
    key = workspace(sqlite_database)
    imported(sqlite_database, key, answers_file)
    authority_lists.import_authority(
        sqlite_database,
        list_file,
        metric="refsubnets",
        domain_column="Domain",
        value_column="RefSubNets",
        as_of=date(2026, 3, 1),
        now=datetime(2026, 3, 2, tzinfo=UTC),
    )
    known = frames.authority_table(sqlite_database, "refsubnets").values
    with store.reading(sqlite_database) as session:
        statement = (
            select(Domain.name, func.count(func.distinct(Citation.answer_id)))
            .join(Domain, col(Domain.id) == col(Citation.domain_id))
            .group_by(Domain.name)
        )
        cited = {name: count for name, count in session.exec(statement) if name in known}
    found = spearman([cited[name] for name in cited], [known[name] for name in cited], seed=1)
    # 933 by the suffix list alone; eight are cited by their tenants (`x.substack.com`) or by the names of
    # today only
    assert (len(cited), found.rho) == (926, pytest.approx(0.405, abs=0.003))


def test_citations_that_name_no_page_are_said_counted_and_in_no_share(
    sqlite_database: Engine, tmp_path: Path
) -> None:
    cited = ["N/A", "-", "mailto:a@norvane.com", "<https://norvane.com/a>", "https://example.org/b).", "N/A"]
    grounded = "https://vertexaisearch.cloud.google.com/grounding-api-redirect/x"
    record = {
        "asked_at": "2026-06-01T09:00:00Z",
        "engine": "e",
        "prompt": "q",
        "text": "x",
        "citations": [{"url": url} for url in cited] + [{"url": grounded, "title": "Pricing"}],
    }
    key = workspace(sqlite_database)
    counts = imported(sqlite_database, key, lines(tmp_path / "a.jsonl", record))
    assert (counts.citations, counts.no_addresses) == (7, 4)
    assert counts.no_address_examples == ["N/A", "-", "mailto:a@norvane.com"]
    with store.writing(sqlite_database) as session:
        rollups.rebuild(session, key)
        domains_cited = select(Domain.name).join(Citation, col(Citation.domain_id) == col(Domain.id))
        assert sorted(session.exec(domains_cited)) == ["example.org", "norvane.com"]
        assert set(session.exec(select(VisibilityRollup.all_citations))) == {2}
        verbatim = session.exec(select(Citation.url).order_by(col(Citation.id))).all()
        assert list(verbatim) == [*cited, grounded]
