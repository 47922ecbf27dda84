"""Whether an export is complete is asked before anything is taken for lost because the export lacks it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.tracker.links.exports import link, snapshot
from tracker import store
from tracker.links.completeness import CAPS
from tracker.links.snapshots import snapshot_changes

OLD = [link(f"old{n}.com/", first="2025-01-01") for n in range(6)]
NEWER = [link(f"new{n}.com/", first="2026-05-10") for n in range(3)]


def losses(database: Engine) -> int:
    with store.reading(database) as session:
        return sum(len(pair.of("lost")) for pair in snapshot_changes(session, 1))


@pytest.mark.parametrize(
    ("later", "scope", "said", "lost"),
    [
        (NEWER, "new", "taken as a report of new links", 0),
        (OLD[:5] + NEWER, "all", "1 of 6 links that the export of 2026-05-01 listed", 1),
        ([link(f"x{n}.com/") for n in range(3)], "all", "6 of 6 links", 6),
        (OLD + NEWER, "all", None, 0),
    ],
)
def test_a_later_export_that_lacks_links_says_so(
    lone: Engine, tmp_path: Path, later: list[str], scope: str, said: str | None, lost: int
) -> None:
    snapshot(lone, tmp_path, "2026-05-01", OLD)
    result = snapshot(lone, tmp_path, "2026-06-01", later)
    assert result.scope == scope
    assert losses(lone) == lost
    assert (said is None and result.warnings == ()) or (said and said in " ".join(result.warnings))
    assert said is None or f"citelift import rescope {result.import_id}" in result.warnings[-1]


@pytest.mark.parametrize(("rows", "scope"), [(99, "all"), (100, "sample"), (101, "all"), (1_000, "sample")])
def test_a_file_of_exactly_as_many_rows_as_a_tool_exports_at_most_is_a_sample(
    lone: Engine, tmp_path: Path, rows: int, scope: str
) -> None:
    assert (rows in CAPS) is (scope == "sample")
    snapshot(lone, tmp_path, "2026-05-01", OLD)
    result = snapshot(lone, tmp_path, "2026-06-01", [link(f"s{n % 7}.com/{n}") for n in range(rows)])
    assert result.scope == scope
    assert losses(lone) == (6 if scope == "all" else 0)
    assert any("exports are cut at such numbers" in each for each in result.warnings) is (scope == "sample")


def test_what_the_user_says_is_not_doubted(lone: Engine, tmp_path: Path) -> None:
    snapshot(lone, tmp_path, "2026-05-01", OLD, scope="all")
    result = snapshot(lone, tmp_path, "2026-06-01", NEWER, scope="all")
    assert (result.scope, result.warnings, losses(lone)) == ("all", (), 6)


def test_few_links_before_say_nothing_about_the_kind_of_a_report(lone: Engine, tmp_path: Path) -> None:
    snapshot(lone, tmp_path, "2026-05-01", OLD[:4])
    result = snapshot(lone, tmp_path, "2026-06-01", NEWER)
    assert (result.scope, losses(lone)) == ("all", 4)


SPREAD = [link(f"site{n}.com/") for n in range(60)]
"""As many domains as rows: by itself taken for one row a domain."""
DENSE = [*SPREAD, link("site0.com/other"), link("site1.com/other")]


def test_a_guess_does_not_flip_between_two_exports_of_one_report(lone: Engine, tmp_path: Path) -> None:
    assert snapshot(lone, tmp_path, "2026-05-01", SPREAD).scope == "one_per_domain"
    assert snapshot(lone, tmp_path, "2026-05-08", SPREAD[:-1]).scope == "one_per_domain"
    denser = snapshot(lone, tmp_path, "2026-06-01", DENSE)
    assert denser.scope == "all"
    assert "the two are not compared" in denser.warnings[-1]
    assert "citelift import rescope 2 all" in denser.warnings[-1]


def test_a_list_of_all_links_stays_one_though_it_looks_like_a_row_a_domain(
    lone: Engine, tmp_path: Path
) -> None:
    snapshot(lone, tmp_path, "2026-05-01", DENSE)
    later = snapshot(lone, tmp_path, "2026-06-01", SPREAD)
    assert (later.scope, losses(lone)) == ("all", 2)
    assert any("so is this one" in each for each in later.warnings)


def test_another_sites_export_says_nothing_about_this_ones_kind(lone: Engine, tmp_path: Path) -> None:
    snapshot(lone, tmp_path, "2026-05-01", DENSE)
    rival = [each.replace("acme.com", "rival.com") for each in SPREAD]
    assert snapshot(lone, tmp_path, "2026-06-01", rival).scope == "one_per_domain"
