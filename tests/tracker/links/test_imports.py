"""What of an export reaches the database, all of it or nothing, and once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlmodel import col, select

from tests.shared import ROOT, shared
from tests.tracker.links.exports import HEADER, NOW, SOUND, count, imported, link, write
from tracker import domains, store
from tracker.errors import DataError, StoreError, UsageError
from tracker.links import writers
from tracker.links.files import prepare
from tracker.links.imports import import_links, preview
from tracker.models import (
    Backlink,
    CitationCount,
    Domain,
    LinkImport,
    Workspace,
)


def test_an_import_keeps_rows_rejects_and_where_they_come_from(
    database: Engine, workspace: int, tmp_path: Path
) -> None:
    path = write(tmp_path / "export.csv", f"{HEADER}\n{SOUND}\nhttps://b.com/,nonsense here,x,,,,\n")
    result = imported(database, path)
    assert (result.read, result.stored, result.already_there, result.rejected) == (2, 1, 0, 1)
    assert result.as_of == date(2026, 11, 10)
    with store.reading(database) as session:
        head = session.exec(select(LinkImport)).one()
        assert (head.vendor, head.layout, head.scope, head.read, head.stored, head.rejected) == (
            "generic",
            "generic",
            "unknown",
            2,
            1,
            1,
        )
        assert head.notes["rejects"][0]["line"] == 3
        link = session.exec(select(Backlink)).one()
        assert link.source_page_id == domains.page_id("https://a.com/1")
        assert link.source_domain_id == domains.domain_id("a.com")
        assert link.target_domain_id == domains.domain_id("acme.com")
        assert (link.source_url, link.anchor, link.nofollow) == ("https://a.com/1", "Acme", True)
        assert (link.first_seen, link.lost_at, link.metrics) == (datetime(2026, 3, 2, tzinfo=UTC), None, None)
        assert set(session.exec(select(Domain.name))) == {"a.com", "acme.com"}


def test_the_same_file_stores_nothing_twice_and_says_so(
    database: Engine, workspace: int, tmp_path: Path
) -> None:
    path = write(tmp_path / "export.csv", f"{HEADER}\n{SOUND}\nhttps://b.com/,nonsense here,x,,,,\n")
    first = imported(database, path)
    again = imported(database, path.rename(tmp_path / "renamed.csv"))
    assert again.import_id == first.import_id
    assert (again.read, again.stored, again.already_there, again.rejected) == (2, 0, 1, 1)
    assert again.rejects == first.rejects
    assert "imported on 2026-11-21" in again.warnings[0]
    with store.reading(database) as session:
        assert (count(session, LinkImport), count(session, Backlink)) == (1, 1)


def test_a_file_in_which_nothing_fits_leaves_no_trace(lone: Engine, tmp_path: Path) -> None:
    result = imported(lone, write(tmp_path / "export.csv", "Source,Target\n1,2\n3,4\n"))
    assert (result.import_id, result.read, result.stored, result.rejected) == (None, 2, 0, 2)
    with store.reading(lone) as session:
        assert (count(session, LinkImport), count(session, Backlink)) == (0, 0)


def test_a_failure_half_way_stores_nothing(
    database: Engine, workspace: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    path = write(
        tmp_path / "export.csv",
        f"{HEADER}\n"
        + "".join(f"https://a.com/{n},https://acme.com/,{'x' * 200},,,,\n" for n in range(9_000)),
    )
    written: list[int] = []
    original = writers.LinkWriter.insert

    def breaking(self: writers.LinkWriter, part: prepare.Prepared) -> None:
        written.append(part.count)
        if len(written) == 2:
            raise RuntimeError("the power fails")
        original(self, part)

    monkeypatch.setattr(writers.LinkWriter, "insert", breaking)
    with pytest.raises(RuntimeError, match="power"):
        imported(database, path)
    assert written[0] > 0
    with store.reading(database) as session:
        assert (count(session, LinkImport), count(session, Backlink), count(session, Domain)) == (0, 0, 0)


def test_two_imports_of_one_file_at_once_store_it_once(
    database: Engine, workspace: int, tmp_path: Path
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    lines = "".join(f"https://site{n}.com/,https://acme.com/,x,,,,\n" for n in range(3_000))
    path = write(tmp_path / "export.csv", f"{HEADER}\n{lines}")
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda _: imported(database, path), range(3)))
    assert sorted(result.stored for result in results) == [0, 0, 3_000]
    assert len({result.import_id for result in results}) == 1
    with store.reading(database) as session:
        assert (count(session, LinkImport), count(session, Backlink)) == (1, 3_000)


def test_a_full_disk_is_said_and_nothing_is_half_stored(lone: Engine, tmp_path: Path) -> None:
    with lone.connect() as connection:
        pages = connection.exec_driver_sql("pragma page_count").scalar_one()

    @event.listens_for(lone, "checkout")
    def small(connection: Any, *_: object) -> None:
        connection.execute(f"pragma max_page_count={pages + 40}")

    lines = "".join(f"https://site{n}.com/,https://acme.com/,{'x' * 200},,,,\n" for n in range(9_000))
    path = write(tmp_path / "export.csv", f"{HEADER}\n{lines}")
    with pytest.raises(StoreError, match="full") as refused:
        imported(lone, path)
    assert "free some space" in refused.value.hint
    with store.reading(lone) as session:
        assert (count(session, LinkImport), count(session, Backlink), count(session, Domain)) == (0, 0, 0)
    event.remove(lone, "checkout", small)
    lone.dispose()
    assert imported(lone, path).stored == 9_000


_KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from tracker import store
from tracker.links import imports as importer, writers

written = []
original = writers.LinkWriter.insert

def insert(self, part):
    original(self, part)
    written.append(part.count)
    if len(written) == 2:
        os.kill(os.getpid(), signal.SIGKILL)

writers.LinkWriter.insert = insert
writers.REBUILD_FROM = 0
now = datetime(2026, 11, 21, tzinfo=UTC)
importer.import_links(store.open_database(sys.argv[1]), 1, sys.argv[2], now=now)
"""


def test_an_import_that_is_killed_leaves_the_database_as_it_was(lone: Engine, tmp_path: Path) -> None:
    lines = "".join(f"https://site{n}.com/,https://acme.com/,{'x' * 200},,,,\n" for n in range(9_000))
    path = write(tmp_path / "export.csv", f"{HEADER}\n{lines}")
    address = lone.url.render_as_string(hide_password=False)
    ended = subprocess.run([sys.executable, "-c", _KILLED, address, str(path)], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    with lone.connect() as connection:
        assert connection.exec_driver_sql("pragma integrity_check").scalar_one() == "ok"
    with store.reading(lone) as session:
        assert (count(session, LinkImport), count(session, Backlink), count(session, Domain)) == (0, 0, 0)
    assert imported(lone, path).stored == 9_000


@pytest.mark.parametrize("with_figures", [True, False])
def test_a_second_process_stores_what_the_first_would_have(
    sqlite_database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_figures: bool
) -> None:
    with store.writing(sqlite_database) as session:
        session.add_all([Workspace(id=1, name="here"), Workspace(id=2, name="beside")])
    path = shared("data/link_exports/ahrefs_backlinks_utf8_comma.csv")
    plain = "\n".join([HEADER, *(link(f"site{n}.com/", first="2026-03-02") for n in range(8)), ""])
    copy = write(tmp_path / "export.csv", (path.read_text() if with_figures else plain) + "cut,off")
    here = import_links(sqlite_database, 1, copy, now=NOW)
    monkeypatch.setattr(prepare, "BIG", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    beside = import_links(sqlite_database, 2, copy, now=NOW)
    assert (here.stored, here.rejects, here.as_of) == (beside.stored, beside.rejects, beside.as_of)
    with store.reading(sqlite_database) as session:
        first, second = (
            [
                link.model_dump(exclude={"id", "workspace_id", "import_id"})
                for link in session.exec(
                    select(Backlink).where(Backlink.workspace_id == number).order_by(col(Backlink.id))
                )
            ]
            for number in (1, 2)
        )
    assert len(first) == 8
    assert first == second


def test_a_second_process_that_dies_leaves_nothing_stored(
    sqlite_database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.writing(sqlite_database) as session:
        session.add(Workspace(id=1, name="acme"))
    monkeypatch.setattr(prepare, "BIG", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(DataError, match="ended early"):
        imported(sqlite_database, write(tmp_path / "export.csv", f"{HEADER}\n{SOUND}\n"))
    with store.reading(sqlite_database) as session:
        assert (count(session, LinkImport), count(session, Backlink)) == (0, 0)


def test_a_big_import_leaves_every_index_in_place(
    sqlite_database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import inspect as schema

    monkeypatch.setattr(writers, "REBUILD_FROM", 0)
    with store.writing(sqlite_database) as session:
        session.add(Workspace(id=1, name="acme"))
    before = {each["name"] for each in schema(sqlite_database).get_indexes("backlink")}
    path = write(tmp_path / "export.csv", f"{HEADER}\n" + f"{SOUND}\n" * 2_000)
    assert imported(sqlite_database, path).stored == 2_000
    assert {each["name"] for each in schema(sqlite_database).get_indexes("backlink")} == before


def test_rows_without_a_target_get_the_own_brand_or_the_given_one(lone: Engine, tmp_path: Path) -> None:
    one = write(tmp_path / "a.csv", "Linking page,Last crawled\nhttps://a.com/,2026-01-02\n")
    two = write(tmp_path / "b.csv", "Domain,DR,Links to target\na.com,5,1\n")
    assert imported(lone, one).stored == 1
    assert imported(lone, two, target="https://rival.com/x").stored == 1
    with store.reading(lone) as session:
        targets = session.exec(select(Backlink.target_domain_id).order_by(col(Backlink.id))).all()
    assert list(targets) == [domains.domain_id("acme-widgets.example"), domains.domain_id("rival.com")]


def test_without_a_brand_a_report_on_nobodys_links_asks_whose(
    sqlite_database: Engine, tmp_path: Path
) -> None:
    with store.writing(sqlite_database) as session:
        session.add(Workspace(id=1, name="acme"))
    with pytest.raises(DataError, match="which site they link to"):
        imported(sqlite_database, write(tmp_path / "a.csv", "Linking page\nhttps://a.com/\n"))


def test_a_link_stated_lost_without_a_day_does_not_look_alive(lone: Engine, tmp_path: Path) -> None:
    text = (
        "Page ascore,Source url,Target url,Last seen,Lost link\n5,https://a.com/,https://acme.com/,"
        "2026-05-06,true\n"
    )
    imported(lone, write(tmp_path / "a.csv", text))
    with store.reading(lone) as session:
        link = session.exec(select(Backlink)).one()
    assert link.lost_at == datetime(2026, 5, 6, tzinfo=UTC)
    assert link.lost_reason == "stated lost by semrush, without a day"
    assert link.metrics == {"Page ascore": 5.0}


def test_citation_counts_of_an_engine_are_kept_as_counts(lone: Engine) -> None:
    imported(lone, shared("data/link_exports/bing_wmt_ai_search_queries_fixture_header.csv"))
    with store.reading(lone) as session:
        found = session.exec(select(CitationCount).order_by(col(CitationCount.id))).all()
        head = session.exec(select(LinkImport)).one()
        assert count(session, Backlink) == 0
    assert [(each.subject, each.citations) for each in found] == [
        ("how to choose an industrial widget", 24),
        ("widget safety standard explained", 13),
    ]
    assert head.notes["counts"][0]["Citation Share"] == 21.82


REPORTS = [
    # file, vendor, (dimension, subject, measure, day, how many)
    (
        "Page,Page citations,Share of authority\nhttps://norvane.com/a,12,3.4%\n",
        "clarity",
        ("page", "https://norvane.com/a", "citations", None, 12),
    ),
    (
        "Date,Impressions\n2026-06-01,33\n",
        "google-search-console",
        ("site", "", "impressions", date(2026, 6, 1), 33),
    ),
    (
        "Top pages,Impressions\nhttps://norvane.com/a,7\n",
        "google-search-console",
        ("page", "https://norvane.com/a", "impressions", None, 7),
    ),
    (
        "Date,Total Citations,Avg. Cited Pages\n2026-06-01,40,3.2\n",
        "bing",
        ("site", "", "citations", date(2026, 6, 1), 40),
    ),
]


@pytest.mark.parametrize(("content", "vendor", "row"), REPORTS)
def test_an_engines_report_says_what_it_counts(
    lone: Engine, tmp_path: Path, content: str, vendor: str, row: tuple[object, ...]
) -> None:
    made = imported(lone, write(tmp_path / "report.csv", content))
    assert made.vendor == vendor
    with store.reading(lone) as session:
        one = session.exec(select(CitationCount)).one()
    assert (one.dimension, one.subject, one.measure, one.day, one.citations) == row


def test_every_reference_export_can_be_stored(database: Engine, workspace: int) -> None:
    stored = {}
    for path in sorted(shared("data/link_exports").iterdir()):
        try:
            stored[path.name] = imported(database, path)
        except DataError:
            continue
    assert len(stored) == 28
    assert all(each.rejected == 0 and each.stored == each.read > 0 for each in stored.values())
    with store.reading(database) as session:
        assert count(session, LinkImport) == 28
        assert count(session, Backlink) == sum(
            each.stored for each in stored.values() if each.scope != "counts"
        )


def test_a_dry_run_shows_twenty_rows_and_every_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "export.csv", f"{HEADER}\n" + f"{SOUND}\n" * 30 + "broken\n" * 3)
    shown = preview(path)
    assert (len(shown.rows), shown.read, shown.rejected, len(shown.rejects)) == (20, 33, 3, 3)
    as_json = json.loads(json.dumps(shown.as_json()))
    assert as_json["recognition"]["mapping"]["source_url"] == "source_url"
    assert as_json["rows"][0]["first_seen"] == "2026-03-02"


@pytest.mark.parametrize("options", [{"scope": "most"}, {"format": "ahref"}, {"encoding": "utf-9"}])
def test_a_word_that_is_no_option_is_refused_with_those_that_are(
    sqlite_database: Engine, tmp_path: Path, options: dict[str, str]
) -> None:
    with pytest.raises(UsageError) as error:
        imported(sqlite_database, write(tmp_path / "a.csv", f"{HEADER}\n{SOUND}\n"), **options)
    assert error.value.hint
