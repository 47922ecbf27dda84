"""Damaged files, dates, numbers, encodings; and what of them reaches the database."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import signal
import subprocess
import sys
import time
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, func
from sqlmodel import Session, col, select

from tests.shared import ROOT, shared
from tracker import domains, store
from tracker.errors import DataError, StoreError, UsageError
from tracker.links.files import prepare, values
from tracker.links.imports import (
    ImportResult,
    LinkRow,
    Reject,
    import_authority,
    import_links,
    inspect,
    preview,
    rows,
    snapshot_changes,
)
from tracker.models import (
    AuthorityList,
    AuthorityValue,
    Backlink,
    Brand,
    CitationCount,
    Domain,
    LinkImport,
    Workspace,
)

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
HEADER = "source_url,target_url,anchor,rel,first_seen,last_seen,lost_at"
SOUND = "https://a.com/1,https://acme.com/,Acme,nofollow,2026-03-02,2026-11-10,"


def write(path: Path, text: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def read(path: Path, **options: str) -> tuple[list[LinkRow], list[Reject]]:
    found = list(rows(path, inspect(path, **options)))
    return [row for row in found if isinstance(row, LinkRow)], [
        row for row in found if isinstance(row, Reject)
    ]


# --- damage -------------------------------------------------------------------------------------------------------------

DAMAGED: list[tuple[str, str | bytes, list[str], list[tuple[int, str]]]] = [
    # what happened, the file, anchors that stay, (line, part of the reason) of what goes
    (
        "a column is missing in one row",
        f"{HEADER}\n{SOUND}\nhttps://b.com/,https://acme.com/,x,2026-01-01,2026-01-02,\n{SOUND}\n",
        ["Acme", "Acme"],
        [(3, "6 fields where the header has 7")],
    ),
    (
        "an unquoted comma shifts a row to the right",
        f"{HEADER}\nhttps://b.com/,https://acme.com/,one, two,,2026-01-01,2026-01-02,\n{SOUND}\n",
        ["Acme"],
        [(2, "8 fields where the header has 7")],
    ),
    (
        "a row is shifted but as wide as the others",
        f"{HEADER}\nAcme,https://b.com/,https://acme.com/,,2026-01-01,2026-01-02,\n{SOUND}\n",
        ["Acme"],
        [(2, "source_url is not a web address: 'Acme'")],
    ),
    (
        "a date column holds something else",
        f"{HEADER}\nhttps://b.com/,https://acme.com/,x,,nofollow,2026-01-02,\n{SOUND}\n",
        ["Acme"],
        [(2, "first_seen is not a date: 'nofollow'")],
    ),
    (
        "a day that no month has",
        f"{HEADER}\nhttps://b.com/,https://acme.com/,x,,2026-02-30,,\n{SOUND}\n",
        ["Acme"],
        [(2, "first_seen is not a date")],
    ),
    (
        "the file is cut in the middle of its last row",
        f"{HEADER}\n{SOUND}\nhttps://b.com/,https://ac",
        ["Acme"],
        [(3, "the file ends in the middle of this row (2 of 7 fields)")],
    ),
    (
        "the file is cut inside a quoted field",
        f'{HEADER}\n{SOUND}\nhttps://b.com/,https://acme.com/,"a long anc',
        ["Acme"],
        [(3, "never closed")],
    ),
    (
        "a quote opens and is never closed, and sound rows follow",
        f'{HEADER}\nhttps://b.com/,https://acme.com/,"oops,,,,\n{SOUND}\n{SOUND}\n',
        ["Acme", "Acme"],
        [(2, "never closed")],
    ),
    (
        "two stray quotes some rows apart",
        f'{HEADER}\nhttps://b.com/,https://acme.com/,"oops,,,,\n{SOUND}\nhttps://b.com/,https://acme.com/,"oops,,,,\n{SOUND}\n',
        ["Acme", "Acme"],
        [(2, "never closed"), (4, "never closed")],
    ),
    (
        "inch marks that are no quotes",
        f'{HEADER}\nhttps://b.com/,https://acme.com/,5" pipe,,,,\n{SOUND}\n',
        ['5" pipe', "Acme"],
        [],
    ),
    (
        "a quoted anchor over three lines",
        f'{HEADER}\nhttps://b.com/,https://acme.com/,"one\ntwo, three\n""four""",,,,\n{SOUND}\n',
        ['one\ntwo, three\n"four"', "Acme"],
        [],
    ),
    (
        "two exports put together",
        f"{HEADER}\n{SOUND}\n{HEADER}\n{SOUND}\n",
        ["Acme", "Acme"],
        [(3, "the header again")],
    ),
    (
        "empty lines and lines of commas, as spreadsheets leave them",
        f"{HEADER}\n\n{SOUND}\n,,,,,,\n\n{SOUND}\n,,,,,,",
        ["Acme", "Acme"],
        [],
    ),
    (
        "trailing commas",
        f"{HEADER}\n{SOUND},,\n{SOUND},,\n",
        ["Acme", "Acme"],
        [],
    ),
    (
        "a NUL byte in the anchor",
        f"{HEADER}\nhttps://b.com/,https://acme.com/,ab\0c,,,,\n{SOUND}\n",
        ["abc", "Acme"],
        [],
    ),
    (
        "bytes that are not UTF-8 in a file that is",
        f"{HEADER}\nhttps://b.com/,https://acme.com/,".encode()
        + b"caf\xff\xfe\xfd"
        + f",,,,\nhttps://c.com/,https://acme.com/,{'größer ' * 500},,,,\n{SOUND}\n".encode(),
        [("größer " * 500).strip(), "Acme"],
        [(2, "not UTF-8")],
    ),
    ("line ends of old Macs", f"{HEADER}\r{SOUND}\r{SOUND}\r", ["Acme", "Acme"], []),
    ("line ends of Windows", f"{HEADER}\r\n{SOUND}\r\n{SOUND}\r\n", ["Acme", "Acme"], []),
    ("Excel says its separator first", f"sep=;\n{HEADER};\n{SOUND};\n".replace(",", ";"), ["Acme"], []),
    ("pipes", f"{HEADER}\n{SOUND}\n".replace(",", "|"), ["Acme"], []),
    ("tabs", f"{HEADER}\n{SOUND}\n".replace(",", "\t"), ["Acme"], []),
    (
        "not a URL but javascript",
        f"{HEADER}\njavascript:alert(1),https://acme.com/,x,,,,\n",
        [],
        [(2, "web address")],
    ),
]


@pytest.mark.parametrize(
    ("text", "anchors", "gone"), [case[1:] for case in DAMAGED], ids=[case[0] for case in DAMAGED]
)
def test_damage_costs_the_damaged_rows_only_and_each_says_why(
    tmp_path: Path, text: str | bytes, anchors: list[str], gone: list[tuple[int, str]]
) -> None:
    sound, rejects = read(write(tmp_path / "export.csv", text))
    assert [row.anchor for row in sound] == anchors
    assert [reject.line for reject in rejects] == [line for line, _ in gone]
    for reject, (_, reason) in zip(rejects, gone, strict=True):
        assert reason in reject.reason
        assert "\0" not in reject.fragment


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_an_encoding_and_a_delimiter_are_found_by_looking(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    text = f"{HEADER}\n{SOUND}\nhttps://b.com/,https://acme.com/,Größe – café,,2026-01-02,,\n".replace(
        ",", delimiter
    )
    body = text.encode(encoding)
    if encoding == "utf-16-be":
        body = codecs.BOM_UTF16_BE + body
    sound, rejects = read(write(tmp_path / "export", body))
    assert [row.anchor for row in sound] == ["Acme", "Größe – café"]
    assert rejects == []


def test_an_ascii_beginning_does_not_decide_for_a_windows_file(tmp_path: Path) -> None:
    body = f"{HEADER}\n" + f"{SOUND}\n" * 20_000
    path = write(
        tmp_path / "export.csv",
        body.encode() + "https://b.com/,https://acme.com/,café,,,,\n".encode("cp1252"),
    )
    sound, rejects = read(path)
    assert (len(sound), sound[-1].anchor, rejects) == (20_001, "café", [])


def test_text_garbled_before_it_was_saved_is_noticed(tmp_path: Path) -> None:
    garbled = "Größe".encode().decode("cp1252")
    path = write(tmp_path / "export.csv", f"{HEADER}\nhttps://b.com/,https://acme.com/,{garbled},,,,\n")
    assert any("garbled" in warning for warning in inspect(path).warnings)


NO_EXPORTS: list[tuple[str, bytes, str]] = [
    ("empty", b"", "is empty"),
    ("only a byte order mark", b"\xff\xfe", "is empty"),
    ("a login page", b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
    ("a picture of a page", b"%PDF-1.7 ...", "a PDF"),
    ("an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel workbook"),
    (
        "another table",
        b"date,clicks,impressions\n2026-01-01,3,40\n",
        "its first line has 3 columns: date,clicks",
    ),
    ("a sitemap list", b"url,lastmod\nhttps://a.com/,2026-01-01\n", "not a link export"),
    ("prose", b"Dear customer,\nyour export is being prepared.\n", "not a link export"),
    ("other JSON", b'{"hello": [1, 2]}', "is JSON"),
    ("an error of an API", b'{"error": "unauthorized"}', "is JSON"),
]


@pytest.mark.parametrize(
    ("body", "reason"), [each[1:] for each in NO_EXPORTS], ids=[each[0] for each in NO_EXPORTS]
)
def test_what_is_no_export_is_named_and_the_way_out_is_said(tmp_path: Path, body: bytes, reason: str) -> None:
    with pytest.raises(DataError) as error:
        inspect(write(tmp_path / "export.csv", body))
    assert reason in error.value.problem
    assert error.value.hint


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ("xl/workbook.xml", "Excel workbook"),
        ("content.xml", "LibreOffice"),
        ("report.pdf", "zip archive holding report.pdf"),
    ],
)
def test_a_workbook_and_an_archive_are_told_apart(tmp_path: Path, member: str, reason: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(member, "x")
    with pytest.raises(DataError, match=reason):
        inspect(write(tmp_path / "export.csv", packed.getvalue()))


def test_a_gzipped_export_is_read_and_a_broken_one_refused(tmp_path: Path) -> None:
    body = gzip.compress(f"{HEADER}\n{SOUND}\n".encode())
    assert len(read(write(tmp_path / "a.csv", body))[0]) == 1
    with pytest.raises(DataError, match="is damaged"):
        inspect(write(tmp_path / "b.csv", body[:-12]))


def _zip(**members: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("_dot_", ".").replace("_in_", "/"), text)
    return packed.getvalue()


def test_a_zip_of_one_table_is_read_and_one_of_several_names_them(tmp_path: Path) -> None:
    body = f"{HEADER}\n{SOUND}\n"
    one = write(tmp_path / "a", _zip(Links_dot_csv=body, __MACOSX_in_Links_dot_csv="x"))
    assert [row.anchor for row in read(one)[0]] == ["Acme"]
    two = write(tmp_path / "b", _zip(Links_dot_csv=body, Pages_dot_csv=body))
    with pytest.raises(DataError, match=r"zip archive holding Links.csv, Pages.csv"):
        inspect(two)
    with pytest.raises(DataError, match="damaged zip"):
        inspect(write(tmp_path / "c", one.read_bytes()[:-40]))


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        ("лучший виджет", "cp1251"),
        ("最高のウィジェット", "shift_jis"),
        ("最高のウィジェット", "euc_jp"),
        ("最好的小部件", "gb18030"),
        ("최고의 위젯", "euc_kr"),
        ("καλύτερο", "cp1253"),
        ("הטוב ביותר", "cp1255"),
    ],
)
def test_a_code_page_of_another_script_is_refused_and_read_when_named(
    tmp_path: Path, words: str, encoding: str
) -> None:
    text = f"{HEADER}\nhttps://a.com/,https://acme.com/,{words},,,,\n{SOUND}\n"
    path = write(tmp_path / "export.csv", text.encode(encoding))
    with pytest.raises(DataError, match="old code page") as refused:
        inspect(path)
    assert "--encoding" in refused.value.hint
    assert [row.anchor for row in read(path, encoding=encoding)[0]] == [words, "Acme"]


def test_polish_letters_read_as_western_ones_are_noticed(tmp_path: Path) -> None:
    text = f"{HEADER}\nhttps://a.com/,https://acme.com/,wybór dla małej firmy,,,,\n"
    path = write(tmp_path / "export.csv", text.encode("cp1250"))
    assert any("cp1250" in warning for warning in inspect(path).warnings)
    assert not any(
        "cp1250" in w for w in inspect(write(path, text.replace("ł", "l").encode("cp1252"))).warnings
    )


def test_a_field_of_any_length_is_kept(tmp_path: Path) -> None:
    text = f'{HEADER}\nhttps://a.com/,https://acme.com/,"{"x" * 200_000}",,,,\n{SOUND}\n'
    sound, rejects = read(write(tmp_path / "export.csv", text))
    assert ([len(row.anchor or "") for row in sound], rejects) == ([200_000, 4], [])


def test_rows_whose_empty_end_excel_left_away_are_whole(tmp_path: Path) -> None:
    short = SOUND.rstrip(",") if SOUND.endswith(",") else SOUND
    assert short.count(",") == HEADER.count(",") - 1
    full, cut = f"{SOUND}\n", f"{short}\n"
    sound, rejects = read(write(tmp_path / "a.csv", f"{HEADER}\n{full * 15}{cut * 16}{full}"))
    assert (len(sound), rejects) == (32, [])
    sound, rejects = read(write(tmp_path / "b.csv", f"{HEADER}\n{full * 15}{cut * 3}{full}"))
    assert (len(sound), [reject.line for reject in rejects]) == (16, [17, 18, 19])


def test_lines_that_a_spreadsheet_took_for_one_cell_are_opened_again(tmp_path: Path) -> None:
    inner = 'https://b.com/,https://acme.com/,""one, two"",,,,'
    sound, rejects = read(write(tmp_path / "export.csv", f'"{HEADER}"\n{SOUND}\n"{inner}"\n'))
    assert ([row.anchor for row in sound], rejects) == (["Acme", "one, two"], [])


@pytest.mark.parametrize(
    ("cell", "expected"), [("1E+05", 100_000), ("1,5E+05", 150_000), ("1.23e3", 1230), ("#####", None)]
)
def test_numbers_as_a_spreadsheet_shortens_them(cell: str, expected: float | None) -> None:
    assert values.number(cell, ",") == expected
    assert values.number(cell, ".") == expected


def test_a_date_too_wide_for_its_column_is_unknown() -> None:
    assert values.moment("########") is None


def test_a_row_of_json_a_line_is_read_and_damage_costs_its_line(tmp_path: Path) -> None:
    link = {
        "domain_from": "a.com",
        "url_from": "https://a.com/",
        "url_to": "https://acme.com/",
        "dofollow": True,
    }
    line = json.dumps(link)
    path = write(tmp_path / "export.jsonl", f"{line}\n{line[:-9]}\n\n[1]\n{line}\n{line[:20]}")
    assert inspect(path).layout.name == "dataforseo-backlinks"
    sound, rejects = read(path)
    assert len(sound) == 2
    assert [(reject.line, reject.reason[:8]) for reject in rejects] == [
        (2, "not JSON"),
        (4, "a line t"),
        (6, "the file"),
    ]


def test_a_header_without_rows_is_an_export_with_nothing_in_it(tmp_path: Path) -> None:
    recognition = inspect(write(tmp_path / "export.csv", HEADER))
    assert recognition.layout.name == "generic"
    assert "no rows" in recognition.warnings[0]
    assert list(rows(tmp_path / "export.csv", recognition)) == []


def test_a_column_named_twice_is_read_once_and_said(tmp_path: Path) -> None:
    path = write(
        tmp_path / "export.csv", "source_url,target_url,anchor,anchor\nhttps://a.com/,https://acme.com/,x,y\n"
    )
    assert "anchor" in inspect(path).warnings[0]
    assert [row.anchor for row in read(path)[0]] == ["x"]


LONG = f"{HEADER}\n" + "".join(
    f'https://s{n}.com/p,https://acme.com/{n},"anchor, {n} ü",,2026-01-02,,\n' for n in range(40)
)


@settings(max_examples=60, deadline=None)
@given(
    cut=st.integers(min_value=120, max_value=len(LONG.encode())),
    encoding=st.sampled_from(["utf-8", "utf-16"]),
)
def test_a_file_cut_anywhere_gives_the_rows_before_the_cut(
    tmp_path_factory: pytest.TempPathFactory, cut: int, encoding: str
) -> None:
    body = LONG.encode(encoding)
    path = write(
        tmp_path_factory.mktemp("cut") / "export.csv", body[: cut * (2 if encoding == "utf-16" else 1) - 1]
    )
    sound, rejects = read(path)
    assert [row.source_url for row in sound] == [f"https://s{n}.com/p" for n in range(len(sound))]
    assert len(rejects) <= 1


@settings(max_examples=80, deadline=None)
@given(noise=st.lists(st.sampled_from(['"', ",", "\n", "\r", "x", "ü", "\0", "https://a.com/"]), max_size=60))
def test_noise_between_two_rows_never_costs_the_rows(
    tmp_path_factory: pytest.TempPathFactory, noise: list[str]
) -> None:
    text = f"{HEADER}\n{SOUND}\n{''.join(noise)}\n{SOUND}\n"
    sound, _ = read(write(tmp_path_factory.mktemp("noise") / "export.csv", text))
    assert [row.source_url for row in sound if row.anchor == "Acme"] == ["https://a.com/1", "https://a.com/1"]


# --- values ---------------------------------------------------------------------------------------------------------------

MOMENTS: list[tuple[str, values.DateOrder, values.Moment | None]] = [
    ("2026-03-02", "unknown", date(2026, 3, 2)),
    ("2026-03-02 09:14", "unknown", datetime(2026, 3, 2, 9, 14, tzinfo=UTC)),
    ("2026-03-02T09:14:55Z", "unknown", datetime(2026, 3, 2, 9, 14, 55, tzinfo=UTC)),
    ("2026-03-02T09:14:55+02:00", "unknown", datetime(2026, 3, 2, 7, 14, 55, tzinfo=UTC)),
    ("2026-03-02 09:14:55 +00:00", "unknown", datetime(2026, 3, 2, 9, 14, 55, tzinfo=UTC)),
    ("2026/3/2", "unknown", date(2026, 3, 2)),
    ("2026. 3. 2.", "unknown", date(2026, 3, 2)),
    ("2026年3月2日", "unknown", date(2026, 3, 2)),
    ("20260302", "unknown", date(2026, 3, 2)),
    ("1772442895", "unknown", datetime(2026, 3, 2, 9, 14, 55, tzinfo=UTC)),
    ("1772442895000", "unknown", datetime(2026, 3, 2, 9, 14, 55, tzinfo=UTC)),
    ("/Date(1772442895000-0700)/", "unknown", datetime(2026, 3, 2, 9, 14, 55, tzinfo=UTC)),
    ("46083", "unknown", date(2026, 3, 2)),
    ("46083,5", "unknown", datetime(2026, 3, 2, 12, tzinfo=UTC)),
    ("02.03.2026", "day_first", date(2026, 3, 2)),
    ("3/2/2026 9:14", "month_first", datetime(2026, 3, 2, 9, 14, tzinfo=UTC)),
    ("3/2/26 9:14 PM", "month_first", datetime(2026, 3, 2, 21, 14, tzinfo=UTC)),
    ("12:00", "day_first", None),
    ("3/2/2026", "unknown", None),
    ("3/3/2026", "unknown", date(2026, 3, 3)),
    ("2 Mar 2026", "unknown", date(2026, 3, 2)),
    ("Mar 2, 2026", "unknown", date(2026, 3, 2)),
    ("2. März 2026", "unknown", date(2026, 3, 2)),
    ("2 de mar. de 2026", "unknown", date(2026, 3, 2)),
    ("2 mars 2026", "unknown", date(2026, 3, 2)),
    ("2 במרץ 2026", "unknown", date(2026, 3, 2)),
    ("2 марта 2026", "unknown", date(2026, 3, 2)),
    ("Mon, 02 Mar 2026 09:14:55 GMT", "unknown", datetime(2026, 3, 2, 9, 14, 55, tzinfo=UTC)),
    ("n/a", "unknown", None),
    ("0000-00-00", "unknown", None),
]


@pytest.mark.parametrize(("text", "order", "expected"), [each for each in MOMENTS if each[0] != "12:00"])
def test_every_spelling_of_a_date_is_one_date(
    text: str, order: values.DateOrder, expected: values.Moment | None
) -> None:
    found = values.moment(text, order)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    "text",
    ["yesterday", "12:00", "2026-13-01", "31/02/2026", "32.01.2026", "7", "99999", "true", "1026-01-01"],
)
def test_what_is_no_date_is_not_made_one(text: str) -> None:
    with pytest.raises(ValueError):
        values.moment(text, "day_first")


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("1,240", ".", 1240),
        ("1.240", ".", 1.24),
        ("1.240", ",", 1240),
        ("1,24", ",", 1.24),
        ("3,1", ".", 3.1),
        ("2.300.000", ".", 2_300_000),
        ("1 240", ".", 1240),
        ("1\u202f240,5", ",", 1240.5),
        ("1’240", ".", 1240),
        ("1.234,5", ".", 1234.5),
        ("21.82%", ".", 21.82),
        ("1.2K", ".", 1200),
        ("-1", ".", -1),
        ("n/a", ".", None),
        ("", ".", None),
    ],
)
def test_every_spelling_of_a_number_is_one_number(
    text: str, decimal: values.Decimal, expected: float | None
) -> None:
    assert values.number(text, decimal) == expected


@pytest.mark.parametrize("text", ["en", "1,2,3", "true", "12 apples", "nan", "inf"])
def test_what_is_no_number_is_not_made_one(text: str) -> None:
    if text == "nan":
        assert values.number(text) is None
    else:
        with pytest.raises(ValueError):
            values.number(text)


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("true", "false"),
        ("TRUE", "FALSE"),
        ("Yes", "No"),
        ("1", "0"),
        ("WAHR", "FALSCH"),
        ("VRAI", "FAUX"),
        ("ИСТИНА", "ЛОЖЬ"),
        ("כן", "לא"),
    ],
)
def test_every_spelling_of_yes_and_no(yes: str, no: str) -> None:
    assert (values.truth(yes), values.truth(no), values.truth("")) == (True, False, None)


ORDERS: list[tuple[str, str, list[tuple[str, str]], str, str]] = [
    ("a day above twelve", HEADER, [("03/04/2026", "25/04/2026")], "day_first", "25/04/2026"),
    (
        "a day above twelve in second place",
        HEADER,
        [("03/04/2026", "04/25/2026")],
        "month_first",
        "04/25/2026",
    ),
    ("dots", HEADER, [("03.04.2026", "05.06.2026")], "day_first", "dots"),
    (
        "first seen after last seen one way",
        HEADER,
        [("03/04/2026", "01/05/2026")],
        "day_first",
        "after last seen",
    ),
    ("nothing decides", HEADER, [("03/04/2026", "05/06/2026")], "unknown", "nothing in the file decides"),
]


@pytest.mark.parametrize(
    ("header", "dates", "order", "why"), [each[1:] for each in ORDERS], ids=[each[0] for each in ORDERS]
)
def test_day_and_month_are_told_apart_once_for_a_file(
    tmp_path: Path, header: str, dates: list[tuple[str, str]], order: str, why: str
) -> None:
    lines = [
        f"https://a.com/{n},https://acme.com/,x,,{first},{last}," for n, (first, last) in enumerate(dates)
    ]
    recognition = inspect(write(tmp_path / "export.csv", "\n".join([header, *lines, ""])))
    assert recognition.date_order == order
    assert why in recognition.date_evidence


def test_the_one_date_that_decides_may_stand_at_the_end_of_a_long_file(tmp_path: Path) -> None:
    lines = [f"https://a.com/{n},https://acme.com/,x,,03/04/2026,," for n in range(5_000)]
    path = write(
        tmp_path / "export.csv",
        "\n".join([HEADER, *lines, "https://a.com/,https://acme.com/,x,,04/25/2026,,", ""]),
    )
    assert inspect(path).date_order == "month_first"
    assert read(path)[0][0].first_seen == date(2026, 3, 4)


def test_undecided_dates_stay_unknown_until_the_user_decides(tmp_path: Path) -> None:
    path = write(
        tmp_path / "export.csv", f"{HEADER}\nhttps://a.com/,https://acme.com/,x,,03/04/2026,05/06/2026,\n"
    )
    assert any("unknown" in warning for warning in inspect(path).warnings)
    assert read(path)[0][0].first_seen is None
    assert read(path, date_order="day_first")[0][0].first_seen == date(2026, 4, 3)
    with pytest.raises(UsageError, match="date order"):
        inspect(path, date_order="american")


@pytest.mark.parametrize(
    ("header", "cells", "layout"),
    [
        ("Página de enlace,Último rastreo", "https://a.com/,15 sept 2026", "gsc-latest-links"),
        ("Linkende pagina,Laatst gecrawld", "https://a.com/,2026-09-15", "gsc-latest-links"),
        (
            "Zielseite;Eingehende Links;Verweisende Websites",
            "https://acme.com/;1.240;12",
            "gsc-top-linked-pages",
        ),
        ("サイト,リンクしているページ,ターゲット ページ", 'a.com,"1,240",12', "gsc-top-linking-sites"),
    ],
)
def test_googles_reports_are_known_under_headers_in_any_language(
    tmp_path: Path, header: str, cells: str, layout: str
) -> None:
    path = write(tmp_path / "export.csv", f"\ufeff{header}\n{cells}\n")
    assert inspect(path).layout.name == layout
    sound, rejects = read(path)
    assert (len(sound), rejects) == (1, [])
    if layout != "gsc-latest-links":
        assert next(iter(sound[0].metrics.values())) == 1240


@pytest.mark.parametrize(
    ("header", "cell", "expected"),
    [
        ("nofollow", "Nofollow", True),
        ("nofollow", "Dofollow", False),
        ("follow", "Dofollow", False),
        ("follow", "No-Follow", True),
        ("follow", "true", False),
        ("rel", "ugc nofollow", True),
        ("rel", "", False),
        ("link type", "Nofollow", True),
        ("nofollow", "", None),
        ("note", "nofollow", None),
    ],
)
def test_nofollow_is_understood_from_the_column_it_stands_in(
    tmp_path: Path, header: str, cell: str, expected: bool | None
) -> None:
    text = f"source_url,target_url,{header}\nhttps://a.com/,https://acme.com/,{cell}\n"
    (row,), rejects = read(write(tmp_path / "export.csv", text))
    assert (row.nofollow, rejects) == (expected, [])


def test_json_of_ones_own_needs_no_vendor(tmp_path: Path) -> None:
    link = {
        "source_url": "https://a.com/",
        "target_url": "https://acme.com/",
        "rel": "nofollow",
        "first_seen": None,
    }
    for number, body in enumerate(([link, link], {"items": [link, link]})):
        path = write(tmp_path / f"{number}.json", json.dumps(body))
        assert inspect(path).layout.name == "generic"
        assert [row.nofollow for row in read(path)[0]] == [True, True]


def test_a_json_export_cut_off_gives_what_is_whole(tmp_path: Path) -> None:
    link = {
        "url_from": "https://a.com/",
        "url_to": "https://acme.com/",
        "is_dofollow": True,
        "anchor": 'x ]} "',
    }
    text = json.dumps({"backlinks": [link, link, link]})
    sound, rejects = read(write(tmp_path / "export.json", text[:-40]))
    assert (len(sound), sound[0].anchor) == (2, 'x ]} "')
    assert "the file ends in the middle" in rejects[0].reason


def test_a_long_file_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("w") as file:
        file.write(HEADER + "\n")
        file.writelines(
            f"https://site{n % 500}.com/{n},https://acme.com/,{'x' * 300},,2026-01-02,,\n"
            for n in range(40_000)
        )
    assert path.stat().st_size > 13_000_000
    recognition = inspect(path)
    tracemalloc.start()
    count = sum(1 for _ in rows(path, recognition))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 40_000
    assert peak < 12_000_000


def test_a_line_that_never_ends_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = write(tmp_path / "export.csv", f"{HEADER}\n{SOUND}\n".encode() + b"x" * 30_000_000 + b"\n")
    tracemalloc.start()
    sound, rejects = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(sound), len(rejects)) == (1, 1)
    assert peak < 40_000_000


# --- storing --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def workspace(database: Engine) -> int:
    _fill(database)
    return 1


def _fill(database: Engine) -> None:
    with store.writing(database) as session:
        session.add(Workspace(id=1, name="acme"))
        session.flush()
        session.add(
            Brand(workspace_id=1, key="acme", name="Acme", own=True, domains=["acme-widgets.example"])
        )
    return 1


@pytest.fixture
def lone(sqlite_database: Engine) -> Engine:
    """A workspace on SQLite alone, for what does not depend on the database."""
    _fill(sqlite_database)
    return sqlite_database


def imported(database: Engine, path: Path, **options: object) -> ImportResult:
    return import_links(database, 1, path, now=NOW, **options)  # type: ignore[arg-type]


def count(session: Session, table: type) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


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
            "all",
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
    from tracker.links import imports

    path = write(
        tmp_path / "export.csv",
        f"{HEADER}\n"
        + "".join(f"https://a.com/{n},https://acme.com/,{'x' * 200},,,,\n" for n in range(9_000)),
    )
    written: list[int] = []
    original = imports._LinkWriter.insert

    def breaking(self: imports._LinkWriter, part: imports.Prepared) -> None:
        written.append(part.count)
        if len(written) == 2:
            raise RuntimeError("the power fails")
        original(self, part)

    monkeypatch.setattr(imports._LinkWriter, "insert", breaking)
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
from tracker.links import imports as importer

written = []
original = importer._LinkWriter.insert

def insert(self, part):
    original(self, part)
    written.append(part.count)
    if len(written) == 2:
        os.kill(os.getpid(), signal.SIGKILL)

importer._LinkWriter.insert = insert
importer.REBUILD_FROM = 0
importer.import_links(store.open_database(sys.argv[1]), 1, sys.argv[2], now=datetime(2026, 11, 21, tzinfo=UTC))
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


def test_a_second_process_stores_what_the_first_would_have(
    sqlite_database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.writing(sqlite_database) as session:
        session.add_all([Workspace(id=1, name="here"), Workspace(id=2, name="beside")])
    path = shared("data/link_exports/ahrefs_backlinks_utf8_comma.csv")
    copy = write(tmp_path / "export.csv", path.read_text() + "cut,off")
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

    from tracker.links import imports

    monkeypatch.setattr(imports, "REBUILD_FROM", 0)
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
    text = "Page ascore,Source url,Target url,Last seen,Lost link\n5,https://a.com/,https://acme.com/,2026-05-06,true\n"
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


# --- snapshots --------------------------------------------------------------------------------------------------------------


def snapshot(
    database: Engine, tmp_path: Path, when: str, links: list[str], **options: object
) -> ImportResult:
    path = write(
        tmp_path / f"{when}-{len(links)}-{options.get('scope')}.csv", "\n".join([HEADER, *links, ""])
    )
    return imported(database, path, as_of=date.fromisoformat(when), **options)


def link(page: str, first: str = "", lost: str = "", target: str = "acme.com") -> str:
    return f"https://{page},https://{target}/,x,,{first},,{lost}"


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
    begun = time.perf_counter()
    with store.reading(lone) as session:
        (pair,) = snapshot_changes(session, 1)
    assert len(pair.changes) == 2
    assert time.perf_counter() - begun < 5


# --- authority lists ----------------------------------------------------------------------------------------------------------


def test_an_authority_list_takes_domains_once_and_leaves_hosts_out(lone: Engine, tmp_path: Path) -> None:
    text = "Rank;Domain;Links\n1;A.com;1.240,5\n2;en.wikipedia.org;9\n3;www.b.co.uk;7\n4;a.com;3\n5;not a domain;3\n6;c.com;many\n7;x.github.io;2\n"
    result = import_authority(
        lone,
        write(tmp_path / "list.csv", text),
        metric="links",
        as_of=date(2026, 3, 1),
        now=NOW,
        domain_column="domain",
        value_column="Links",
    )
    assert (result.read, result.stored, result.left_out, result.rejected) == (7, 2, 2, 3)
    assert [reject.line for reject in result.rejects] == [5, 6, 7]
    with store.reading(lone) as session:
        found = session.exec(
            select(Domain.name, AuthorityValue.value).join(
                AuthorityValue, AuthorityValue.domain_id == Domain.id
            )
        ).all()  # type: ignore[arg-type]
    assert dict(found) == {"a.com": 1240.5, "x.github.io": 2.0}


def test_an_authority_list_is_stored_once_per_metric_and_date(database: Engine, tmp_path: Path) -> None:
    path = write(tmp_path / "list.csv", "domain,value\na.com,1\n")

    def again(metric: str, as_of: date) -> tuple[int, int]:
        result = import_authority(
            database, path, metric=metric, as_of=as_of, now=NOW, domain_column="domain", value_column="value"
        )
        return result.stored, result.already_there

    assert again("m", date(2026, 1, 1)) == (1, 0)
    assert again("m", date(2026, 1, 1)) == (0, 1)
    assert again("m", date(2026, 2, 1)) == (1, 0)
    with store.reading(database) as session:
        assert count(session, AuthorityList) == 2


def test_majestics_list_and_openpageranks_body_are_read(lone: Engine) -> None:
    result = import_authority(
        lone,
        shared("data/authority/majestic_million_top15000.csv"),
        metric="referring_subnets",
        as_of=date(2026, 3, 1),
        now=NOW,
        domain_column="Domain",
        value_column="RefSubNets",
    )
    assert (result.read, [reject.line for reject in result.rejects]) == (14_995, [115, 526, 6416, 10464])
    assert result.stored + result.left_out == 14_991
    body = import_authority(
        lone,
        shared("data/link_exports/openpagerank_getPageRank.json"),
        metric="openpagerank",
        as_of=date(2026, 11, 1),
        now=NOW,
    )
    assert (body.stored, body.rejected) == (1, 0)
    with store.reading(lone) as session:
        google = session.get(AuthorityValue, (result.list_id, domains.domain_id("google.com")))
        review = session.get(AuthorityValue, (body.list_id, domains.domain_id("review-site.test")))
    assert google is not None
    assert review is not None
    assert (google.value, review.value) == (501331, 4.12)


def test_a_column_that_is_not_there_is_refused_with_those_that_are(
    sqlite_database: Engine, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"no column 'links'; it has domain, value"):
        import_authority(
            sqlite_database,
            write(tmp_path / "list.csv", "domain,value\na.com,1\n"),
            metric="m",
            as_of=date(2026, 1, 1),
            now=NOW,
            domain_column="domain",
            value_column="links",
        )
