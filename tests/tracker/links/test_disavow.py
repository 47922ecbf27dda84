"""Google's disavow grammar and limits."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shared import shared
from tracker.errors import DataError
from tracker.links import disavow
from tracker.links.disavow import Entry


def test_a_file_keeps_its_comments_and_names_its_bad_lines(tmp_path: Path) -> None:
    lines = (
        "# bought links",
        "domain:links.test",
        "",
        "spam.test",
        "https://forum.test/t/1?spam=1",
        "# one page",
    )
    text = "\ufeff" + "\r\n".join(lines)
    path = tmp_path / "disavow.txt"
    path.write_bytes(text.encode())
    read = disavow.read(path)
    assert read.lines == ("domain:links.test", "https://forum.test/t/1?spam=1")
    assert read.comments == ("# bought links", "# one page")
    assert [reject.line for reject in read.rejects] == [4]


def test_the_valid_reference_file_is_read_whole() -> None:
    found = disavow.read(shared("data/link_exports/disavow_valid.txt"))
    assert found.lines == (
        "domain:links-4421.test",
        "domain:links-4422.test",
        "domain:xn--tritim-qta.example",
        "https://forum.test/t/99812?spam=1",
    )
    assert found.rejects == ()
    assert found.comments == (
        "# acme-widgets.example disavow, 2026-11-21",
        "# link network found November 2026",
        "# one bad page on a normal site",
    )


def test_every_bad_line_of_the_reference_file_is_refused_with_its_number() -> None:
    found = disavow.read(shared("data/link_exports/disavow_bad_lines.txt"))
    assert found.entries == ()
    assert [reject.line for reject in found.rejects] == [2, 3, 4, 5, 6, 7, 8, 9]
    assert len({reject.reason for reject in found.rejects}) == 8


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("domain:https://a.com", "no scheme"),
        ("domain:a.com/path", "no path"),
        ("domain: a.com", "no space"),
        ("domain :a.com", "small letters"),
        ("DOMAIN:a.com", "small letters"),
        ("domain:*.a.com", "wildcards"),
        ("domain:größe.com", "write domain:xn--gre-6ka8i.com"),
        ("domain:", "no domain name"),
        ("domain:com", "no domain name"),
        ("domain:a b.com", "no domain name"),
        ("domain:-a.com", "no domain name"),
        ("domain:" + "a" * 64 + ".com", "no domain name"),
        ("a.com", "write domain: before its name"),
        ("www.a.com/page", "full URL"),
        ("ftp://a.com/", "only http and https"),
        ("https://a.com/*", "wildcards"),
        ("https://a.com/b c", "space"),
        ("https://", "no web address"),
        ("https://a.com/" + "x" * 2_035, "2,049 characters"),
    ],
)
def test_a_bad_line_says_what_is_wrong_with_it(line: str, reason: str) -> None:
    found = disavow.entry(line)
    assert isinstance(found, str)
    assert reason in found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("domain:A.com", Entry("domain", "a.com")),
        ("domain:sub.a.co.uk", Entry("domain", "sub.a.co.uk")),
        ("domain:203.0.113.9", Entry("domain", "203.0.113.9")),
        ("  https://a.com/B?c=d#e  ", Entry("url", "https://a.com/B?c=d#e")),
        ("https://a.com/" + "x" * 2_034, Entry("url", "https://a.com/" + "x" * 2_034)),
    ],
)
def test_a_good_line_is_an_entry(line: str, expected: Entry) -> None:
    assert disavow.entry(line) == expected


def test_a_file_with_windows_ends_a_mark_and_blank_lines_is_read() -> None:
    found = disavow.parse(b"\xef\xbb\xbf# one\r\n\r\ndomain:a.com\r\ndomain:a.com\r\n")
    assert found.lines == ("domain:a.com",)
    assert "more than once" in found.warnings[0]


def test_bytes_that_are_not_utf8_cost_their_line() -> None:
    found = disavow.parse(b"domain:a.com\nhttps://b.com/\xe9\ndomain:c.com\n")
    assert (found.lines, [reject.line for reject in found.rejects]) == (("domain:a.com", "domain:c.com"), [2])


def test_a_domain_under_which_everybody_has_a_name_is_taken_with_a_warning() -> None:
    found = disavow.parse(b"domain:github.io\n")
    assert found.lines == ("domain:github.io",)
    assert "everybody" in found.warnings[0]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"#" * (2 * 1024 * 1024 + 1), "2,097,153 bytes"),
        (b"#\n" * 100_001, "100,001 lines"),
        ("domain:a.com".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_file_beyond_the_limits_is_refused_whole(tmp_path: Path, body: bytes, reason: str) -> None:
    path = tmp_path / "disavow.txt"
    path.write_bytes(body)
    with pytest.raises(DataError, match=reason):
        disavow.read(path)


def test_a_file_at_the_limits_is_read() -> None:
    assert disavow.parse(b"#\n" * 99_999 + b"domain:a.com\n").lines == ("domain:a.com",)


def test_merging_keeps_each_once_and_drops_what_a_domain_covers() -> None:
    one = [Entry("url", "https://www.a.com/x"), Entry("domain", "b.com"), Entry("url", "https://c.com/1")]
    two = [Entry("domain", "a.com"), Entry("domain", "sub.b.com"), Entry("url", "https://c.com/1")]
    assert disavow.merge(one, two) == (
        Entry("domain", "a.com"),
        Entry("domain", "b.com"),
        Entry("url", "https://c.com/1"),
    )


def test_an_export_is_the_same_whatever_the_order_and_reads_back() -> None:
    entries = [Entry("url", "https://c.com/1"), Entry("domain", "b.com"), Entry("domain", "a.com")]
    text = disavow.export(entries, ["acme, 2026-11-21\nreviewed"])
    assert text == "# acme, 2026-11-21\n# reviewed\ndomain:a.com\ndomain:b.com\nhttps://c.com/1\n"
    assert disavow.export(reversed(entries), ["acme, 2026-11-21\nreviewed"]) == text
    assert disavow.parse(text.encode()).entries == disavow.merge(entries)


def test_an_export_beyond_the_limits_is_refused_before_google_does() -> None:
    many = [Entry("domain", f"s{n}.com") for n in range(100_001)]
    with pytest.raises(DataError, match="100,001 lines"):
        disavow.export(many)
    with pytest.raises(DataError, match="cannot be disavowed"):
        disavow.export([Entry("domain", "*.a.com")])


@given(st.lists(st.text(max_size=40), max_size=8))
def test_any_text_is_read_without_a_failure_and_what_is_kept_can_be_written(lines: list[str]) -> None:
    body = "\n".join(lines).encode("utf-8", "replace")
    found = disavow.parse(body)
    assert disavow.parse(disavow.export(found.entries).encode()).rejects == ()
