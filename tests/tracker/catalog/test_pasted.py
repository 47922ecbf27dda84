"""A paste or a file becomes prompts: lines, lists, tables of any delimiter, with what is refused and why."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from tracker.catalog.pasted import read, read_file


def texts(text: str, **more: Any) -> list[str]:
    return [str(row["text"]) for row in read(text, (), **more).rows]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("best crm?\n\nbest erp?\n", ["best crm?", "best erp?"]),
        ("1. best crm?\n2. best erp?", ["best crm?", "best erp?"]),
        ("- best crm?\n* best erp?\n• third", ["best crm?", "best erp?", "third"]),
        ('"best crm, for two?"\n', ["best crm, for two?"]),
        ("What, really, is best?\n", ["What, really, is best?"]),
        ("best crm?\nBest crm?\nbest  crm?\n", ["best crm?", "Best crm?"]),
        ("\ufefftext\nbest crm, now?\n", ["best crm, now?"]),
        ("3.5 stars or more?\n", ["3.5 stars or more?"]),
        ("", []),
    ],
)
def test_each_line_is_a_question(text: str, wanted: list[str]) -> None:
    assert texts(text) == wanted


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_read_by_its_heads(delimiter: str) -> None:
    heads = delimiter.join(["Topic", "Question", "Search volume", "Market", "Lang", "Weight"])
    row = delimiter.join(["crm", '"best crm?"', "900", "Germany", "de", "2"])
    pasted = read(f"{heads}\n{row}\n", ())
    assert pasted.rows == (
        {"text": "best crm?", "topic": "crm", "country": "DE", "language": "de", "weight": 2.0},
    )


def test_a_cell_that_was_made_harmless_for_spreadsheets_is_itself_again() -> None:
    assert texts("text\n'=best?\n") == ["=best?"]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("text,country\nok,US\nbad,Nowhere\n", 3, "not an ISO 3166 country code"),
        ("text,weight\nbad,heavy\n", 2, "weight must be a number"),
        ("text,topic\n,crm\n", 2, "no question"),
        ("good\nb\u0007d\n", 2, "control character"),
    ],
)
def test_what_the_catalog_would_refuse_is_told_with_its_line(text: str, line: int, reason: str) -> None:
    (reject,) = read(text, ()).rejects
    assert (reject.line, reason in reject.reason) == (line, True), reject


def test_what_is_known_is_counted_and_left_out() -> None:
    pasted = read("a\nb\nb\n", [{"text": "a"}], "crm")
    assert pasted.rows == ({"topic": "crm", "text": "b"},)
    assert pasted.known == 2


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("p.csv", "text\nWäre das gut?\n".encode("cp1252")),
        ("p.csv", "text\nWäre das gut?\n".encode("utf-16")),
        ("p.txt.gz", gzip.compress("Wäre das gut?\n".encode(), mtime=0)),
    ],
)
def test_a_file_is_read_in_its_own_encoding(tmp_path: Path, name: str, raw: bytes) -> None:
    (tmp_path / name).write_bytes(raw)
    assert [row["text"] for row in read_file(tmp_path / name, ()).rows] == ["Wäre das gut?"]
