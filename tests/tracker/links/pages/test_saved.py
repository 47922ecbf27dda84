"""Pages that somebody else has read, as looks of their day."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.tracker.links.pages.served import LINK, TARGET, article
from tests.tracker.links.pages.test_verdicts import claim, stored
from tracker import store
from tracker.errors import DataError
from tracker.files.records import Reject
from tracker.links import ledger
from tracker.links.pages import alerts, looking, saved

NOW = datetime(2026, 6, 1, tzinfo=UTC)
URL = "https://blog.example/post?id=7&x=1"


@pytest.mark.parametrize(
    ("name", "head", "url"),
    [
        ("a.html", f"<!-- saved from url=(0034){URL} -->", URL),
        (
            "a.htm",
            "<!--\n Page saved with SingleFile \n url: https://blog.example/x \n-->",
            "https://blog.example/x",
        ),
        (
            "a.html",
            "<!-- Mirrored from blog.example/p.html by HTTrack Website Copier/3.x -->",
            "http://blog.example/p.html",
        ),
        ("blog.example/a/b.html", "", "https://blog.example/a/b.html"),
        ("blog.example/index.html", "", "https://blog.example/"),
        ("pages/7.html", "<link rel=canonical href='https://blog.example/c'>", "https://blog.example/c"),
        ("7.html", "<meta property='og:url' content='https://blog.example/o'>", "https://blog.example/o"),
        ("7.html", "<!-- saved from url=(0013)about:internet --><link rel=canonical href=/x>", None),
        ("7.html", "", None),
    ],
)
def test_a_saved_page_says_where_it_was_saved_from(
    tmp_path: Path, name: str, head: str, url: str | None
) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"<!doctype html>{head}<p>x</p>")
    (found,) = saved.read(tmp_path)
    assert (found.page.url if isinstance(found, saved.Saved) else None) == url
    assert isinstance(found, Reject) is (url is None)


def test_saved_pages_are_looks_of_their_day_and_stored_once(sqlite_database: Engine, tmp_path: Path) -> None:
    claim(sqlite_database, [URL])
    for day, body in ((1, article(LINK)), (5, article("<p>Norvane, unlinked</p>")), (9, article(""))):
        file = tmp_path / f"{day}.html"
        file.write_text(f"<!-- saved from url=(0034){URL} -->{body}")
        at = (NOW + timedelta(days=day)).timestamp()
        os.utime(file, (at, at))
    taken = looking.take_saved(sqlite_database, 1, tmp_path, as_of=None)
    assert (len(taken.looked), taken.already, taken.rejects) == (3, 0, ())
    again = looking.take_saved(sqlite_database, 1, tmp_path, as_of=None)
    assert (len(again.looked), again.already) == (0, 3)
    (verdict,) = stored(sqlite_database)
    assert (verdict.verdict, verdict.means, verdict.checked_at) == ("gone", "file", NOW + timedelta(days=9))
    with store.reading(sqlite_database) as session:
        assert [each.kind for each in alerts.alerts(session, 1)] == ["named", "lost"]
    with sqlite_database.connect() as connection:
        found = ledger.read(connection, 1)
    assert len(found.spans.live_on(float("inf"))) == 0


HEADER = "Address,Content,Status Code,Status,Indexability,Indexability Status,Links 1,Links 2,Text 1\n"


def test_an_extraction_shows_what_is_there_and_never_that_something_is_not(
    sqlite_database: Engine, tmp_path: Path
) -> None:
    claim(sqlite_database, ["https://one.example/x", "https://two.example/y"])
    crawl = tmp_path / "custom_extraction_all.csv"
    crawl.write_text(
        "\ufeff"
        + HEADER
        + f'https://one.example/x,text/html,200,OK,Indexable,,{TARGET},https://b.de/,"Oltera\nand more"\n'
        + "https://two.example/y,text/html,200,OK,Indexable,,,,We like Norvane\n"
        + "https://three.example/z,text/html,404,Not Found,,,,,\n"
        + "nowhere,text/html,200,OK,,,,,\n",
        "utf-8",
    )
    taken = looking.take_saved(sqlite_database, 1, crawl, as_of=NOW)
    assert [(each.line, each.reason) for each in taken.rejects] == [
        (5, "the crawl got status 404"),
        (6, "no web address"),
    ]
    assert [(each.url, each.verdict, each.placement) for each in stored(sqlite_database)] == [
        ("https://one.example/x", "live", "unknown")
    ]
    with store.reading(sqlite_database) as session:
        listed = {(each.source, each.brand, each.linked) for each in alerts.listings(session, 1)}
    assert listed == {
        ("one.example", "Oltera", False),
        ("one.example", "Norvane", True),
        ("two.example", "Norvane", False),
    }
    with sqlite_database.connect() as connection:
        assert len(ledger.read(connection, 1).spans.live_on(float("inf"))) == 2


def test_a_piece_of_source_in_a_cell_is_read_as_one(tmp_path: Path) -> None:
    crawl = tmp_path / "a.csv"
    crawl.write_text(
        'Address;Status Code;Body 1\nhttps://a.example/;200;"<p>We like <a href=""/x"">it</a></p>"\n'
    )
    (found,) = saved.read(crawl, as_of=NOW)
    assert isinstance(found, saved.Saved)
    assert '<a href="/x">it</a>' in found.page.text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "internal_all.csv",
            "Address,Status Code,Title 1,H1-1,Meta Description 1\nhttps://a.example/,200,t,h,m\n",
        ),
        ("links.csv", "source,target\nhttps://a.example/,https://b.example/\n"),
        ("empty.csv", "\n"),
    ],
)
def test_another_export_is_refused_with_what_is_wanted(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=r"saved page|nothing|empty"):
        list(saved.read(tmp_path / name))
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="no saved page"):
        list(saved.read(tmp_path / "folder"))
