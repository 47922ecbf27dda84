"""Whether an export is complete is asked before anything is taken for lost because the export lacks it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.tracker.links.exports import HEADER, NOW, imported, link, snapshot, write
from tracker import store
from tracker.links import desk
from tracker.links.completeness import CAPS
from tracker.links.files.maps import ColumnMap
from tracker.links.imports import ImportResult
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


OWN = {"anybody's words": None, "mapped": ColumnMap.parse(["source=source_url,target=target_url"])}


@pytest.mark.parametrize("columns", OWN.values(), ids=OWN)
def test_what_a_file_in_anybodys_words_lacks_is_lost_only_once_somebody_says_that_it_lists_all(
    lone: Engine, tmp_path: Path, columns: ColumnMap | None
) -> None:
    def stored(day: str, links: list[str], **options: object) -> ImportResult:
        path = write(tmp_path / f"{day}.csv", "\n".join([HEADER, *links, ""]))
        return imported(lone, path, as_of=date.fromisoformat(day), columns=columns, **options)

    first = stored("2026-05-01", OLD)
    later = stored("2026-06-01", OLD[:4] + NEWER)
    assert (first.scope, later.scope, losses(lone)) == ("unknown", "unknown", 0)
    (said,) = later.warnings
    assert "(2 of 6 that the file before listed) do not count as lost" in said
    with store.writing(lone) as session:
        for number in map(int, re.findall(r"citelift import rescope (\d+) all", said)):
            desk.rescope(session, 1, number, "all", now=NOW)
    assert losses(lone) == 2
    assert stored("2026-07-01", OLD[:3], scope="all").warnings == ()
    assert losses(lone) == 6


@pytest.mark.parametrize(
    ("lost", "scope"), [(("2026-05-02",) * 5, "lost"), (("2026-05-02", "", "", "", ""), "unknown")]
)
def test_a_list_of_lost_links_in_anybodys_words_is_one(
    lone: Engine, tmp_path: Path, lost: tuple[str, ...], scope: str
) -> None:
    rows = [link(f"a.com/{n}", lost=day) for n, day in enumerate(lost)]
    assert imported(lone, write(tmp_path / "a.csv", "\n".join([HEADER, *rows, ""]))).scope == scope


def test_one_row_a_domain_in_anybodys_words_says_nothing_of_the_other_pages(
    lone: Engine, tmp_path: Path
) -> None:
    made = imported(lone, write(tmp_path / "a.csv", "\n".join([HEADER, *SPREAD, ""])))
    assert (made.scope, "each of its 60 rows is of another domain" in made.warnings[0]) == ("sample", True)
    denser = imported(lone, write(tmp_path / "b.csv", "\n".join([HEADER, *DENSE, ""])))
    assert (denser.scope, "another domain" in denser.warnings[0]) == ("unknown", False)


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
