from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker import domains

HOSTS = (
    "acme.com",
    "www.acme.co.uk",
    "www.gov.uk",
    "a.github.io",
    "twitter.com",
    "www.youtube.com",
    "web.archive.org",
    "youtu.be",
    "1.2.3.4",
    "256.1.1.1",
    "a..b",
    ".com",
    "http",
    "xn--a",
)
PATHS = (
    "",
    "/",
    "//",
    "/a/",
    "/a//",
    "/a.",
    "/a)",
    "/wiki/A_(b)",
    "/.a",
    "/a/../b",
    "/@a/status/1",
    "/web/2020/https://acme.com/x",
    "/watch?v=1",
    "/a?utm_source=x",
    "/a#b",
    "/" + "a" * 7_500,
    "/" + "a" * 8_500,
    "/" * 120,
    "/a\n/b",
)


def one_by_one(texts: list[str]) -> list[tuple[str, str, str] | tuple[None, None, None]]:
    read = map(domains.try_parse, texts)
    return [(each.url, each.canonical, each.domain) if each else (None, None, None) for each in read]


def by_column(texts: list[str]) -> list[tuple[str | None, ...]]:
    return list(zip(*domains.try_parse_all(texts), strict=True))


def test_a_column_of_addresses_says_of_each_what_it_says_alone() -> None:
    texts = [
        f"{scheme}{host}{path}"
        for scheme in ("http://", "https://", "HTTPS://", "")
        for host in HOSTS
        for path in PATHS
    ]
    whole = [text for text in texts if "\n" not in text]
    assert by_column(whole) == one_by_one(whole)
    for each in texts:
        assert by_column([each]) == one_by_one([each])


@pytest.mark.parametrize(
    "texts", [[], [""], ["", "https://acme.com/"], ["https://a.com/\nhttps://b.com/", "c.com"]]
)
def test_blank_cells_and_line_breaks_shift_nothing(texts: list[str]) -> None:
    assert by_column(texts) == one_by_one(texts)


@given(
    st.lists(
        st.one_of(
            st.text(max_size=40), st.from_regex(r"https?://[a-zA-Z0-9.\-]{1,12}[\w/.:()!?#&=\n-]{0,12}")
        )
    )
)
def test_no_text_is_read_otherwise_in_a_column(texts: list[str]) -> None:
    assert by_column(texts) == one_by_one(texts)
