"""`--map`: the user says which column is what, once for each header."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from tests.tracker.links.exports import imported, read, write
from tracker.errors import DataError, UsageError
from tracker.links.files.maps import ColumnMap
from tracker.links.files.recognise import inspect
from tracker.models import Backlink, LinkImport

HEADER = "Wo steht er;Wohin, bitte;Text;Seit"
ROW = "https://blog.one.test/a;https://acme-widgets.example/x;Acme;02.03.2026"
MAP = "source=Wo steht er,target=Wohin, bitte,anchor=Text,first_seen=Seit"


def test_a_map_reads_what_no_layout_knows(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.csv", f"{HEADER}\n{ROW}\n")
    with pytest.raises(DataError, match="not a link export") as refused:
        inspect(path)
    assert "--map" in refused.value.hint
    (row,), rejects = read(path, columns=ColumnMap.parse([MAP]))
    assert rejects == []
    assert (row.source_url, row.target_url, row.anchor, row.first_seen) == (
        "https://blog.one.test/a",
        "https://acme-widgets.example/x",
        "Acme",
        date(2026, 3, 2),
    )


def test_a_map_may_be_given_in_parts() -> None:
    assert ColumnMap.parse(["source=a", "target=b,anchor=c"]) == ColumnMap.parse(
        ["source=a,target=b,anchor=c"]
    )


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (["source"], "maps nothing"),
        (["source="], "maps nothing"),
        (["sauce=a"], "no field 'sauce'"),
        (["target=a"], "where the linking page stands"),
    ],
)
def test_a_map_that_says_nothing_is_refused(given: list[str], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        ColumnMap.parse(given)


def test_a_map_to_a_column_that_is_not_there_says_what_is(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.csv", f"{HEADER}\n{ROW}\n")
    with pytest.raises(
        DataError, match="no line with the columns 'Page', 'Text'; its first line is Wo steht"
    ):
        inspect(path, columns=ColumnMap.parse(["source=Page,anchor=Text"]))


def test_a_column_of_bare_domains_names_no_pages(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.csv", "Wer,Wen\none.test,acme.test\ntwo.test,acme.test\n")
    found = inspect(path, columns=ColumnMap.parse(["source=Wer,target=Wen"]))
    assert (found.layout.rows, found.scope) == ("domains", "sample")
    links, _ = read(path, columns=ColumnMap.parse(["source=Wer,target=Wen"]))
    assert [(each.source_domain, each.source_page) for each in links] == [
        ("one.test", None),
        ("two.test", None),
    ]


def test_a_map_is_remembered_for_the_same_header_only(lone: Engine, tmp_path: Path) -> None:
    first = write(tmp_path / "march.csv", f"{HEADER}\n{ROW}\n")
    made = imported(lone, first, columns=ColumnMap.parse([MAP]), vendor="our sheet")
    later = write(tmp_path / "april.csv", f"{HEADER}\n{ROW.replace('/a', '/b')}\n")
    again = imported(lone, later)
    assert (made.stored, again.stored, again.vendor) == (1, 1, "our sheet")
    assert not any("was mapped" in each for each in made.warnings)
    assert any("source_url from Wo steht er" in each for each in again.warnings)
    with Session(lone) as session:
        last = session.exec(select(Backlink).order_by(col(Backlink.id).desc())).first()
        assert last is not None
        assert (last.source_url, last.anchor) == ("https://blog.one.test/b", "Acme")
        assert last.first_seen == datetime(2026, 3, 2, tzinfo=UTC)
        assert {each.layout for each in session.exec(select(LinkImport))} == {"mapped"}
    wider = write(tmp_path / "may.csv", f"{HEADER};Notiz\n{ROW};x\n")
    with pytest.raises(DataError, match="not a link export"):
        imported(lone, wider)


def test_a_remembered_map_wins_over_a_layout_that_would_read_the_header_otherwise(
    lone: Engine, tmp_path: Path
) -> None:
    header = "source_url,target_url,anchor"
    line = "https://acme-widgets.example/x,https://blog.one.test/a,Acme"  # its ends stand the wrong way round
    flipped = ColumnMap.parse(["source=target_url,target=source_url"])
    imported(lone, write(tmp_path / "a.csv", f"{header}\n{line}\n"), columns=flipped)
    imported(lone, write(tmp_path / "b.csv", f"{header}\n{line.replace('/a,', '/b,')}\n"))
    with Session(lone) as session:
        sources = [each.source_url for each in session.exec(select(Backlink).order_by(col(Backlink.id)))]
    assert sources == ["https://blog.one.test/a", "https://blog.one.test/b"]
