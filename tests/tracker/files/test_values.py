"""Dates, numbers and flags in every spelling; reports in any language."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.tracker.links.exports import HEADER, SOUND, read, write
from tracker.errors import UsageError
from tracker.files import values
from tracker.links.files.recognise import inspect
from tracker.links.files.rows import rows

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
