"""Workbooks, archives, pipes: each table in them is read as if it had been handed over by itself."""

from __future__ import annotations

import gzip
import io
import os
import threading
import time
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from tests.tracker.links.exports import HEADER, NOW, SOUND, imported, write
from tracker import store
from tracker.errors import DataError
from tracker.files.unpack import parts_of
from tracker.links.files.recognise import inspect
from tracker.links.imports import import_file
from tracker.models import Backlink, LinkImport

TABLE = f"{HEADER}\n{SOUND}\n"
OTHER = TABLE.replace("a.com", "b.com")
NUMBERED = "<c{at}><v>{value}</v></c>"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    """A workbook as spreadsheets write it; a float in a cell of style 1 is a day."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        parts = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType='
            '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/><Override '
            'PartName="/xl/workbook.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
            f"{parts}</Types>",
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type='
            f'"{DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        names = "".join(
            f'<sheet name="{escape(name)}" sheetId="{n}" r:id="r{n}"/>'
            for n, name in enumerate(sheets, start=1)
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{DOCUMENT}"><sheets>{names}</sheets></workbook>',
        )
        links = "".join(
            f'<Relationship Id="r{n}" Type="{DOCUMENT}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        links += f'<Relationship Id="s" Type="{DOCUMENT}/styles" Target="styles.xml"/>'
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>',
        )
        archive.writestr(
            "xl/styles.xml",
            (
                f'<styleSheet xmlns="{MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf '
                'numFmtId="14"/></cellXfs></styleSheet>'
            ),
        )
        for n, rows in enumerate(sheets.values(), start=1):
            body = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
            archive.writestr(
                f"xl/worksheets/sheet{n}.xml",
                f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>',
            )
    return packed.getvalue()


def cell(value: object) -> str:
    if isinstance(value, float):
        return f'<c s="1"><v>{value}</v></c>'
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


DAY = 46083.0
"""2 March 2026 as a spreadsheet counts days."""
SHEET: list[list[object]] = [
    ["source_url", "target_url", "anchor", "first_seen", "links"],
    ["https://a.com/1", "https://acme.com/", "Größe, €", DAY, 7],
    ["https://b.com/1", "https://acme.com/", "x", "2026-03-03", 1],
]


def stored(database: Engine) -> list[tuple[str | None, str | None, object]]:
    with store.reading(database) as session:
        rows = session.exec(select(Backlink).order_by(Backlink.id)).all()  # type: ignore[arg-type]
        return [(r.source_url, r.anchor, r.first_seen and r.first_seen.date().isoformat()) for r in rows]


def names(database: Engine) -> list[str]:
    with store.reading(database) as session:
        return [each.file_name for each in session.exec(select(LinkImport)).all()]


def test_a_workbook_is_read_with_its_days_and_letters(lone: Engine, tmp_path: Path) -> None:
    path = write(tmp_path / "links.xlsx", workbook({"Links": SHEET, "Notes": [["made by me"]]}))
    made = import_file(lone, 1, path, now=NOW)
    assert made.as_json()["stored"] == 2
    assert stored(lone) == [
        ("https://a.com/1", "Größe, €", "2026-03-02"),
        ("https://b.com/1", "x", "2026-03-03"),
    ]
    assert names(lone) == ["links.xlsx"]


def test_two_sheets_of_links_are_two_imports_and_one_of_something_else_is_skipped(
    lone: Engine, tmp_path: Path
) -> None:
    other = [SHEET[0], ["https://c.com/", "https://acme.com/", "c", "", ""]]
    book = workbook({"One": SHEET, "Two": other, "Costs": [["item", "cost"], ["paper", 3]]})
    made = import_file(lone, 1, write(tmp_path / "book.xlsx", book), now=NOW)
    assert names(lone) == ["book.xlsx/One", "book.xlsx/Two"]
    assert [(part.name, "not a link export" in part.reason) for part in made.skipped] == [
        ("book.xlsx/Costs", True)
    ]
    shown = made.as_json()
    assert (shown["read"], shown["stored"], shown["rejected"]) == (3, 3, 0)


def archive(**members: bytes | str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return packed.getvalue()


def test_every_table_of_a_zip_is_imported_and_the_rest_is_named(lone: Engine, tmp_path: Path) -> None:
    packed = archive(
        Links_dot_csv=TABLE,
        more__Other_dot_csv=OTHER,
        Chart_dot_csv="Date,Clicks\n2026-01-01,4\n",
        Book_dot_xlsx=workbook({"Links": SHEET}),
        readme_dot_pdf=b"%PDF",
    )
    made = import_file(lone, 1, write(tmp_path / "export.zip", packed), now=NOW)
    assert names(lone) == ["export.zip/Links.csv", "export.zip/more/Other.csv", "export.zip/Book.xlsx"]
    assert [part.name for part in made.skipped] == ["export.zip/Chart.csv"]
    assert made.skipped[0].reason.startswith("Chart.csv is not a link export")
    again = import_file(lone, 1, tmp_path / "export.zip", now=NOW)
    assert (again.as_json()["stored"], again.as_json()["already_there"]) == (0, 4)


def test_an_archive_in_which_nothing_is_a_link_export_is_refused(lone: Engine, tmp_path: Path) -> None:
    packed = archive(Chart_dot_csv="Date,Clicks\n2026-01-01,4\n", Pages_dot_csv="Page,Clicks\nx,4\n")
    with pytest.raises(DataError, match=r"nothing in export.zip is a link export: export.zip/Chart.csv"):
        import_file(lone, 1, write(tmp_path / "export.zip", packed), now=NOW)
    assert names(lone) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (workbook({"Links": SHEET})[:900], "damaged"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "damaged workbook"),
        (workbook({"Empty": []}), "without a table"),
    ],
)
def test_a_workbook_that_cannot_be_read_says_why(
    lone: Engine, tmp_path: Path, content: bytes, reason: str
) -> None:
    with pytest.raises(DataError, match=reason) as refused:
        import_file(lone, 1, write(tmp_path / "links.xlsx", content), now=NOW)
    assert refused.value.hint


def test_a_named_pipe_is_read_once_and_whole(lone: Engine, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    rows = "".join(f"https://a.com/{n},https://acme.com/,x,,,,\n" for n in range(20_001))
    writer = threading.Thread(target=lambda: pipe.write_text(f"{HEADER}\n{rows}"))
    writer.start()
    made = import_file(lone, 1, pipe, now=NOW)
    writer.join()
    assert made.as_json()["stored"] == 20_001


def test_a_dash_is_standard_input(lone: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(TABLE.encode()))))
    assert import_file(lone, 1, "-", now=NOW).as_json()["stored"] == 1
    assert names(lone) == ["standard input"]


def test_a_file_its_gz_and_its_zip_are_stored_once(lone: Engine, tmp_path: Path) -> None:
    plain = write(tmp_path / "a.csv", TABLE)
    assert imported(lone, plain).stored == 1
    for path in (
        write(tmp_path / "a.csv.gz", gzip.compress(TABLE.encode())),
        write(tmp_path / "a.zip", archive(Links_dot_csv=TABLE)),
    ):
        assert import_file(lone, 1, path, now=NOW).as_json()["already_there"] == 1


def test_a_header_of_a_hundred_thousand_columns_is_refused_in_time(tmp_path: Path) -> None:
    path = write(tmp_path / "wide.csv", ",".join(f"c{n}" for n in range(100_000)) + "\n" + "," * 99_999)
    begun = time.perf_counter()
    with pytest.raises(DataError, match="100,000 columns"):
        inspect(path)
    assert time.perf_counter() - begun < 5


def test_nothing_is_left_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    with parts_of(write(tmp_path / "a.zip", archive(A_dot_csv=TABLE, B_dot_csv=OTHER))) as parts:
        assert [part.path.read_text() for part in parts] == [TABLE, OTHER]
    assert list((tmp_path / "temp").iterdir()) == []
