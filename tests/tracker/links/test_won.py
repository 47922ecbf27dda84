"""Work that an import or a look shows to be done: when it counts, and that it is marked once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.facts import Facts, week
from tracker import audit, events, store
from tracker.links import won
from tracker.links.imports import import_links
from tracker.links.prospects import ProspectChange, change, prospects
from tracker.links.won import Won

NOW = week(6)
SITE = "blog.example.org"


def taken_up(database: Engine, stage: str, at: Any = week(2), site: str = "example.org") -> None:
    with store.writing(database) as session:
        change(session, 1, site, ProspectChange(stage=stage), now=at, who="ana")


def settled(database: Engine, at: Any = NOW) -> tuple[Won, ...]:
    with store.writing(database) as session:
        return won.settle(session, 1, now=at, who="import")


def noted(database: Engine) -> list[tuple[Any, str, str]]:
    with store.reading(database) as session:
        return [(e.at, e.kind, e.title) for e in events.listed(session, 1)]


@pytest.mark.parametrize(
    ("stage", "began", "since"),
    [
        ("contacted", week(3), week(3)),
        ("working", week(2), week(2)),
        ("contacted", week(2) - timedelta(days=1), None),  # it was there before anybody wrote
        ("done", week(2) - timedelta(days=20), week(2) - timedelta(days=20)),  # written down late
        ("done", week(2) - timedelta(days=90), None),
        ("open", week(3), None),
        ("dismissed", week(3), None),
        ("contacted", week(8), None),  # a day that has not come
        ("contacted", None, None),  # since when, nobody knows
        ("done", None, week(2)),
    ],
)
def test_a_link_that_began_after_the_work_is_its_end(
    database: Engine, stage: str, began: Any, since: Any
) -> None:
    facts = Facts()
    facts.link(f"https://{SITE}/a", "https://norvane.com/", first=began)
    facts.store(database)
    taken_up(database, stage)
    assert settled(database) == (() if since is None else (Won("example.org", since),))
    with store.reading(database) as session:
        record = prospects(session, 1)["example.org"]
        assert (record.stage, record.won_at) == (("done", since) if since else (stage, None))
    day = since.replace(hour=0) if since else None
    assert noted(database) == ([(day, "link", "Link from example.org, worked for")] if since else [])


def test_it_is_marked_once_and_whoever_saw_it_is_written_down(database: Engine) -> None:
    facts = Facts()
    facts.link(f"https://{SITE}/a", "https://norvane.com/", first=week(3))
    facts.store(database)
    taken_up(database, "contacted")
    assert len(settled(database)) == 1
    assert settled(database, NOW + timedelta(days=9)) == ()
    assert len(noted(database)) == 1
    with store.reading(database) as session:
        told = [(e.who, e.what, e.subject, e.after) for e in audit.changes(session, 1, 9)][::-1]
    assert told == [
        ("ana", "work changed", "example.org", {"stage": "contacted"}),
        ("import", "work changed", "example.org", {"stage": "done"}),
        ("import", "event added", "Link from example.org, worked for", {"day": "2026-03-23", "kind": "link"}),
    ]


@pytest.mark.parametrize(
    "link",
    [
        {"target": "https://oltera.com/"},  # a rival's
        {"target": "https://norvane.com/", "lost": week(4)},
        {"target": "https://norvane.com/", "link_type": "mention"},
    ],
)
def test_a_link_that_is_not_ours_or_is_gone_ends_no_work(
    sqlite_database: Engine, link: dict[str, Any]
) -> None:
    facts = Facts()
    facts.link(f"https://{SITE}/a", link.pop("target"), first=week(3), **link)
    facts.store(sqlite_database)
    taken_up(sqlite_database, "contacted")
    assert settled(sqlite_database) == ()


def test_a_page_of_a_shared_host_is_ours_and_its_neighbours_are_not(sqlite_database: Engine) -> None:
    facts = Facts(brands=(("Norvane", "shared.example/norvane"), ("Oltera", "oltera.com")))
    facts.link("https://a.example/x", "https://shared.example/oltera/", first=week(3))
    facts.link("https://b.example/x", "https://shared.example/norvane/prices", first=week(3))
    facts.store(sqlite_database)
    for site in ("a.example", "b.example"):
        taken_up(sqlite_database, "contacted", site=site)
    assert settled(sqlite_database) == (Won("b.example", week(3)),)


def test_an_import_ends_the_work_whose_link_it_lists(database: Engine, tmp_path: Path) -> None:
    Facts().store(database)
    taken_up(database, "contacted")
    file = tmp_path / "links.csv"
    file.write_text(
        "source_url,target_url,first_seen\n"
        f"https://{SITE}/a,https://norvane.com/,{week(3):%Y-%m-%d}\n"
        f"https://other.example/a,https://norvane.com/,{week(3):%Y-%m-%d}\n"
    )
    made = import_links(database, 1, file, now=NOW)
    assert [each.site for each in made.won] == ["example.org"]
    assert made.as_json()["won"] == [{"site": "example.org", "since": f"{week(3):%Y-%m-%d}"}]
    assert [title for _, _, title in noted(database)] == ["Link from example.org, worked for"]


def test_what_is_said_to_be_done_after_the_import_is_settled_at_once(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.link(f"https://{SITE}/a", "https://norvane.com/", first=week(3))
    facts.store(sqlite_database)
    with store.writing(sqlite_database) as session:
        done = won.written(session, 1, "example.org", ProspectChange(stage="done"), now=NOW, who="ana")
    assert done.won_at == week(3)
    assert len(noted(sqlite_database)) == 1
