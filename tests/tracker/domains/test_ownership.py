from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, text

from tracker.domains import parse
from tracker.domains.ownership import ESCAPE, Owners, comparable, entry, estate
from tracker.errors import BadUrl

NORVANE = (
    "norvane.com",
    "shop.bigmall.com",
    "norvane.github.io",
    "norvane.*",
    "help.norvane.*",
    "youtube.com/@norvane",
    "linkedin.com/company/norvane",
    "x.com/norvane",
    "apps.apple.com/*/app/norvane/id1",
    "play.google.com/store/apps/details?id=com.norvane",
    "bigmall.com/brands/nor*",
)
QUILLMERE = ("quillmere.co.uk", "norvane.com/golf", "quill.*/uk")


@pytest.mark.parametrize(
    ("url", "owner"),
    [
        # hosts and domains
        ("https://norvane.com/pricing", "Norvane"),
        ("https://help.norvane.com/a", "Norvane"),
        ("https://shop.bigmall.com/n/1", "Norvane"),
        ("https://de.shop.bigmall.com/n/1", "Norvane"),
        ("https://bigmall.com/n/1", None),
        ("https://norvane.github.io/docs", "Norvane"),
        ("https://norvane.com.evil.com/a", None),
        ("https://evil.com/?u=norvane.com", None),
        ("https://norvane.com@evil.com/a", None),
        # a name under every country
        ("https://www.norvane.de/preise", "Norvane"),
        ("https://norvane.co.uk/", "Norvane"),
        ("https://shop.norvane.com.br/", "Norvane"),
        ("https://norvane.netlify.app/", None),
        ("https://norvane-reviews.de/", None),
        ("https://mynorvane.de/", None),
        ("https://norvane.de.evil.com/", None),
        ("https://quill.de/", None),
        ("https://quill.de/uk/a", "Quillmere"),
        ("https://quill.de/ukraine", None),
        # pages
        ("https://www.youtube.com/@Norvane", "Norvane"),
        ("https://m.youtube.com/@norvane/videos?view=0", "Norvane"),
        ("https://youtube.com/@norvaneclub", None),
        ("https://youtube.com/watch?v=norvane", None),
        ("https://de.linkedin.com/company/norvane/", "Norvane"),
        ("https://linkedin.com/company/norvane-gmbh", None),
        ("https://twitter.com/Norvane/status/1?s=20", "Norvane"),
        ("https://apps.apple.com/us/app/norvane/id1?mt=8", "Norvane"),
        ("https://apps.apple.com/us/app/norvane/id12", None),
        ("https://play.google.com/store/apps/details?hl=en&id=com.norvane", "Norvane"),
        ("https://play.google.com/store/apps/details?id=com.norvane.crm", None),
        ("https://play.google.com/store/apps/details?xid=com.norvane", None),
        ("https://play.google.com/store/apps/details", None),
        ("https://bigmall.com/brands/nordic", "Norvane"),
        ("https://bigmall.com/brands/other", None),
        ("https://youtube.com/redirect?q=https://norvane.com/", "Norvane"),
        ("https://youtube.com/x/y.youtube.com/@norvane", None),
        # the narrowest entry decides
        ("https://norvane.com/golf", "Quillmere"),
        ("https://norvane.com/Golf/balls?size=3", "Quillmere"),
        ("https://norvane.com/golfing", "Norvane"),
    ],
)
def test_a_page_belongs_to_the_narrowest_entry(url: str, owner: str | None) -> None:
    owners = Owners({"Norvane": estate(NORVANE), "Quillmere": estate(QUILLMERE)})
    assert owners.of(parse(url)) == owner


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("norvane.com", "norvane.com"),
        ("https://www.Norvane.com/", "norvane.com"),
        ("*.norvane.com", "norvane.com"),
        ("https://www.youtube.com/@Norvane/?si=x", "youtube.com/@norvane"),
        ("twitter.com/norvane", "x.com/norvane"),
        ("norvane.com/golf/*", "norvane.com/golf"),
        ("norvane.com/golf*", "norvane.com/golf*"),
        ("Norvane.*", "norvane.*"),
        ("müller.*", "xn--mller-kva.*"),
        ("norvane.*/golf/", "norvane.*/golf"),
        (
            "play.google.com/store/apps/details?id=com.norvane&utm_source=x",
            "play.google.com/store/apps/details?id=com.norvane",
        ),
        ("acme.test/golf", "acme.test/golf"),
    ],
)
def test_an_entry_is_kept_as_one_spelling_that_reads_the_same(written: str, kept: str) -> None:
    assert entry(written) == kept
    assert entry(kept) == kept
    assert estate([written]) == estate([kept])


@pytest.mark.parametrize(
    "written", ["", "nor*.com", "*", "*.*", "a.*.com", "mailto:a@norvane.com", "norvane .*", "https://"]
)
def test_what_nobody_can_own_is_refused(written: str) -> None:
    with pytest.raises(BadUrl):
        entry(written)


DATABASE = create_engine("sqlite://")
_URLS = st.builds(
    "https://{}{}{}".format,
    st.sampled_from(
        ["youtube.com", "m.youtube.com", "www.norvane.com", "evil.com", "play.google.com", "a.bigmall.com"]
    ),
    st.sampled_from(
        [
            "",
            "/",
            "/@norvane",
            "/@norvane/a",
            "/@NORVANE%25",
            "/golf",
            "/golf_/x",
            "/x/youtube.com/@norvane",
            "/brands/nor%5C",
            "/store/apps/details",
        ]
    ),
    st.sampled_from(["", "?id=com.norvane", "?a=1&id=com.norvane&z=2", "?id=com_norvane", "?q=/golf"]),
)


@given(url=_URLS)
def test_the_database_and_the_look_up_hold_the_same_pages(url: str) -> None:
    address = parse(url)
    parts = estate([*NORVANE, *QUILLMERE[1:]]).among([address.domain]).pages | estate(QUILLMERE).pages
    with DATABASE.connect() as connection:
        for part in parts:
            given_by_like = any(
                _is_like(connection, address.canonical, like) for like in part.likes
            ) and not _is_like(connection, address.canonical, part.unlike)
            assert given_by_like == part.hold(address)


def _is_like(connection: Connection, canonical: str, pattern: str) -> bool:
    return bool(
        connection.execute(
            text("SELECT :written LIKE :pattern ESCAPE :escape"),
            {"written": comparable(canonical), "pattern": pattern, "escape": ESCAPE},
        ).scalar()
    )


def test_names_are_spelled_out_by_the_domains_that_are_known() -> None:
    found = estate(NORVANE).among(
        ["norvane.de", "norvane.co.uk", "norvane.netlify.app", "norvane-club.de", "norvane.com"]
    )
    assert found.domains == {"norvane.com", "norvane.github.io", "norvane.de", "norvane.co.uk"}
    assert found.hosts == {("shop.bigmall.com", "bigmall.com")}
    assert not re.search(r"\*", "".join(found.domains))


def test_what_a_wider_entry_holds_is_named_once() -> None:
    found = estate(
        ["norvane.com", "shop.norvane.com", "norvane.com/golf", "a.big.com", "x.a.big.com", "a.big.com/b"]
    )
    assert (found.domains, found.hosts, found.pages) == (
        {"norvane.com"},
        {("a.big.com", "big.com")},
        frozenset(),
    )
