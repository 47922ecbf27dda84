"""Damaged files, odd encodings, packed files: what is read of them and what is said."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracker.links.exports import HEADER, SOUND, read, write
from tracker.errors import DataError
from tracker.files import values
from tracker.links.files.recognise import inspect
from tracker.links.files.rows import rows

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


def test_a_file_put_together_from_two_is_read_line_by_line(tmp_path: Path) -> None:
    rows = [
        f"https://b.com/{n},https://acme.com/,{anchor},,,," for n, anchor in enumerate(("Müller", "café"))
    ]
    body = f"{HEADER}\n".encode() + rows[0].encode() + b"\n" + rows[1].encode("cp1252") + b"\n"
    for content in (body, body.replace(b"\n", b"\r\n"), body + rows[0].encode()):
        path = write(tmp_path / "export.csv", content)
        sound, rejects = read(path)
        assert ([row.anchor for row in sound[:2]], rejects) == (["Müller", "café"], [])
        assert inspect(path).warnings == ()
    cyrillic = f"{HEADER}\n{rows[0]}\n".encode() + rows[1].replace("café", "Продажи").encode("cp1251") + b"\n"
    with pytest.raises(DataError, match="old code page of another script"):
        inspect(write(tmp_path / "export.csv", cyrillic))


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


def test_rows_are_the_same_whether_a_quote_stands_somewhere_or_not(tmp_path: Path) -> None:
    rest = "".join(
        f"https://b{n}.com/,https://acme.com/,{anchor},,2026-01-01,,\n"
        for n, anchor in enumerate(("x", "", " y ", "a;b", "it's", "x\ty", "é", "0\0"))
    )
    blank = ",,,,,,\n \n"
    plain = read(write(tmp_path / "plain.csv", f"{HEADER}\n{rest}"))
    for more in ("", blank):
        quoted = read(
            write(
                tmp_path / "quoted.csv", f'{HEADER}\n{rest}{more}https://c.com/,https://acme.com/,"q",,,,\n'
            )
        )
        assert quoted[0][: len(plain[0])] == plain[0]
        assert (quoted[0][-1].anchor, quoted[1]) == ("q", plain[1])
    assert read(write(tmp_path / "blank.csv", f"{HEADER}\n{rest}{blank}")) == plain
