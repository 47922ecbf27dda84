"""New and lost links between two complete exports of one vendor."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.tracker.links.exports import link, snapshot
from tracker import store
from tracker.links.snapshots import snapshot_changes


def test_new_and_lost_come_from_two_full_snapshots(database: Engine, workspace: int, tmp_path: Path) -> None:
    snapshot(database, tmp_path, "2026-05-01", [link("a.com/1"), link("b.com/1"), link("c.com/1")])
    snapshot(
        database,
        tmp_path,
        "2026-06-01",
        [
            link("a.com/1"),
            link("b.com/1", lost="2026-05-09"),
            link("d.com/1", first="2026-05-20"),
            link("e.com/1", first="2024-01-01"),
        ],
    )
    with store.reading(database) as session:
        (pair,) = snapshot_changes(session, 1)
    assert [(each.source_url, each.at, each.stated) for each in pair.of("new")] == [
        ("https://d.com/1", date(2026, 5, 20), True)
    ]
    assert [(each.source_url, each.at, each.stated) for each in pair.of("lost")] == [
        ("https://b.com/1", date(2026, 5, 9), True),
        ("https://c.com/1", date(2026, 6, 1), False),
    ]
    assert pair.late_finds == 1


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        ("2026-04-30T23:59:59Z", "found late"),
        ("2026-05-01", "new"),
        ("2026-05-01T23:59:59Z", "new"),
        ("2026-05-02", "new"),
    ],
)
def test_a_link_first_seen_on_the_day_of_the_earlier_export_or_later_is_new(
    lone: Engine, tmp_path: Path, first: str, kind: str
) -> None:
    snapshot(lone, tmp_path, "2026-05-01", [link("a.com/1")])
    snapshot(lone, tmp_path, "2026-06-01", [link("a.com/1"), link("d.com/1", first=first)])
    with store.reading(lone) as session:
        (pair,) = snapshot_changes(session, 1)
    assert (len(pair.of("new")), pair.late_finds) == ((1, 0) if kind == "new" else (0, 1))


def test_a_first_snapshot_is_no_spike(lone: Engine, tmp_path: Path) -> None:
    snapshot(lone, tmp_path, "2026-05-01", [link(f"s{n}.com/") for n in range(50)])
    with store.reading(lone) as session:
        assert snapshot_changes(session, 1) == []


@pytest.mark.parametrize("scope", ["sample", "new", "lost"])
def test_lists_that_are_not_complete_are_never_compared(lone: Engine, tmp_path: Path, scope: str) -> None:
    snapshot(lone, tmp_path, "2026-05-01", [link("a.com/1"), link("b.com/1")], scope=scope)
    snapshot(lone, tmp_path, "2026-06-01", [link("a.com/1")], scope=scope)
    with store.reading(lone) as session:
        assert snapshot_changes(session, 1) == []


def test_vendors_scopes_and_targets_are_not_mixed(lone: Engine, tmp_path: Path) -> None:
    snapshot(lone, tmp_path, "2026-05-01", [link("a.com/1"), link("b.com/1")], vendor="ahrefs")
    snapshot(lone, tmp_path, "2026-06-01", [link("a.com/2")], vendor="semrush")
    snapshot(
        lone,
        tmp_path,
        "2026-07-01",
        [link("a.com/3"), link("a.com/4"), link("a.com/5")],
        scope="one_per_domain",
    )
    snapshot(lone, tmp_path, "2026-08-01", [link("r.com/1", target="rival.com")] * 4, vendor="ahrefs")
    with store.reading(lone) as session:
        assert snapshot_changes(session, 1) == []


def test_one_link_per_domain_compares_domains(lone: Engine, tmp_path: Path) -> None:
    options = {"scope": "one_per_domain"}
    snapshot(lone, tmp_path, "2026-05-01", [link("a.com/1"), link("b.com/1")], **options)
    snapshot(lone, tmp_path, "2026-06-01", [link("a.com/2")], **options)
    with store.reading(lone) as session:
        (pair,) = snapshot_changes(session, 1)
    assert [each.source_url for each in pair.changes] == ["https://b.com/1"]


def test_snapshots_stand_in_the_order_of_their_days_however_they_are_imported(
    lone: Engine, tmp_path: Path
) -> None:
    days = {
        "2026-07-01": [link("a.com/1"), link("d.com/1")],
        "2026-05-01": [link("a.com/1"), link("b.com/1")],
        "2026-06-01": [link("a.com/1"), link("c.com/1")],
    }
    for day, links in [*days.items(), *days.items()]:
        snapshot(lone, tmp_path, day, links)
    with store.reading(lone) as session:
        found = snapshot_changes(session, 1)
    assert [(each.earlier.month, each.later.month) for each in found] == [(5, 6), (6, 7)]
    came_and_went = [[(c.kind, c.source_url) for c in each.changes] for each in found]
    assert came_and_went == [
        [("new", "https://c.com/1"), ("lost", "https://b.com/1")],
        [("new", "https://d.com/1"), ("lost", "https://c.com/1")],
    ]


def test_two_files_of_one_day_are_one_snapshot(lone: Engine, tmp_path: Path) -> None:
    snapshot(lone, tmp_path, "2026-05-01", [link("a.com/1"), link("b.com/1"), link("c.com/1")])
    snapshot(lone, tmp_path, "2026-06-01", [link("a.com/1")])
    snapshot(lone, tmp_path, "2026-06-01", [link("b.com/1")])
    with store.reading(lone) as session:
        (pair,) = snapshot_changes(session, 1)
    assert [(each.kind, each.source_url) for each in pair.changes] == [("lost", "https://c.com/1")]


def test_links_of_a_site_to_itself_neither_come_nor_go(lone: Engine, tmp_path: Path) -> None:
    snapshot(lone, tmp_path, "2026-05-01", [link("a.com/1"), link("acme.com/old")])
    snapshot(lone, tmp_path, "2026-06-01", [link("a.com/1"), link("acme.com/new")])
    with store.reading(lone) as session:
        (pair,) = snapshot_changes(session, 1)
    assert pair.changes == ()


def test_a_site_that_links_from_every_page_is_compared_quickly(lone: Engine, tmp_path: Path) -> None:
    pages = [link(f"a.com/{n}") for n in range(12_000)]
    snapshot(lone, tmp_path, "2026-05-01", pages[1:])
    snapshot(lone, tmp_path, "2026-06-01", pages[:-1])
    begun = time.process_time()
    with store.reading(lone) as session:
        (pair,) = snapshot_changes(session, 1)
    assert len(pair.changes) == 2
    assert time.process_time() - begun < 5
