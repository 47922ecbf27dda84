"""What a page says about the brands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pytest_httpserver import HTTPServer

from tracker.links.pages.look import Link, PageReport, Target, check
from tracker.links.pages.text import clean
from tracker.links.web.fetch import Fetched, Fetcher, Policy, Validators
from tracker.mentions import BrandNames, Finder

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ACME, RIVAL = 1, 2
TARGETS = (Target(ACME, ("acme.test",)), Target(RIVAL, ("rival.test",), ("https://shop.test/rival",)))
FINDER = Finder([BrandNames(ACME, "Acme"), BrandNames(RIVAL, "Rivalo"), BrandNames(3, "Third Way")])


def page(
    html: str, *headers: tuple[str, str], url: str = "https://blog.test/a/post", status: int = 200
) -> Fetched:
    return Fetched(url, url, NOW, status, html, headers=headers)


def report(html: str, *headers: tuple[str, str], url: str = "https://blog.test/a/post") -> PageReport:
    return check(page(html, *headers, url=url), targets=TARGETS, finder=FINDER)


def only(html: str) -> Link:
    (link,) = report(html).links
    return link


@pytest.mark.parametrize(
    ("html", "url", "brand"),
    [
        ("<a href='https://acme.test/x'>y</a>", "https://acme.test/x", ACME),
        ("<a href=' HTTPS://WWW.Acme.TEST '>y</a>", "https://www.acme.test/", ACME),
        ("<a href='//acme.test/x?a=1&amp;b=2#c'>y</a>", "https://acme.test/x?a=1&b=2#c", ACME),
        ("<a href='http://sub.acme.test'>y</a>", "http://sub.acme.test/", ACME),
        ("<base href='https://acme.test/d/'><a href='x'>y</a>", "https://acme.test/d/x", ACME),
        ("<a href='https:\\\\rival.test\\p'>y</a>", "https://rival.test/p", RIVAL),
        (
            "<a href='http://shop.test/rival/?utm_source=b'>y</a>",
            "http://shop.test/rival/?utm_source=b",
            RIVAL,
        ),
        ("<a href='https://ac\nme.test/'>y</a>", "https://acme.test/", ACME),
        ("<area href='https://acme.test/'>", "https://acme.test/", ACME),
    ],
)
def test_a_link_to_a_brand_is_found_however_it_is_written(html: str, url: str, brand: int) -> None:
    link = only(html)
    assert (link.url, link.brand) == (url, brand)


@pytest.mark.parametrize(
    "html",
    [
        "<a href='https://notacme.test/'>y</a>",
        "<a href='https://acme.test.evil.test/'>y</a>",
        "<a href='https://shop.test/other'>y</a>",
        "<a href='/acme.test'>y</a>",
        "<a href='mailto:me@acme.test'>y</a>",
        "<a href='javascript:acme.test'>y</a>",
        "<a>acme.test</a>",
        "<a href='http://['>y</a>",
        "<link href='https://acme.test/'>",
        "<!-- <a href='https://acme.test/'>y</a> -->",
        "<script>'<a href=\"https://acme.test/\">y</a>'</script>",
        "<template><a href='https://acme.test/'>y</a></template>",
        "https://acme.test/ as text",
    ],
)
def test_what_is_no_link_to_a_brand_is_not_taken_for_one(html: str) -> None:
    assert report(html).links == ()


@pytest.mark.parametrize(
    ("html", "anchor", "image"),
    [
        ("<a href='https://acme.test'> the \n best <b>tool</b> </a>", "the best tool", False),
        ("<a href='https://acme.test'><img alt='A  logo'></a>", "A logo", True),
        ("<a href='https://acme.test'><img></a>", "", True),
        ("<a href='https://acme.test'><svg><title>Acme</title></svg></a>", "Acme", False),
        ("<a class=i href='https://acme.test' aria-label='Go'></a>", "Go", False),
        ("<a href='https://acme.test'>a\u202eb\u0007\u200bc\u2066</a>", "abc", False),
        (f"<a href='https://acme.test'>{'x' * 9000}</a>", "x" * 500, False),
    ],
)
def test_the_anchor_is_the_text_or_the_alternative_and_harmless(html: str, anchor: str, image: bool) -> None:
    link = only(html)
    assert (link.anchor, link.image) == (anchor, image)


@pytest.mark.parametrize(
    ("rel", "follows"),
    [("", True), ("noopener", True), ("NOFOLLOW", False), ("ugc noopener", False), ("a,sponsored", False)],
)
def test_rel_decides_whether_a_link_follows(rel: str, follows: bool) -> None:
    assert only(f"<p>x <a rel='{rel}' href='https://acme.test'>y</a>").follows is follows


@pytest.mark.parametrize(
    ("head", "headers", "noindex", "nofollow"),
    [
        ("", (), False, False),
        ("<meta name=robots content='noindex'>", (), True, False),
        ("<meta name=ROBOTS content='NOINDEX,NOFOLLOW'>", (), True, True),
        ("<meta name=googlebot content='none'>", (), True, True),
        ("<meta name=bingbot content='noindex'>", (), False, False),
        ("<meta name=robots content='max-image-preview:large'>", (), False, False),
        ("", (("x-robots-tag", "noindex"),), True, False),
        ("", (("x-robots-tag", "googlebot: nofollow, noindex"),), True, True),
        ("", (("x-robots-tag", "otherbot: noindex, nofollow"),), False, False),
        ("", (("x-robots-tag", "unavailable_after: 25 Jun 2030 15:00:00 GMT, noindex"),), True, False),
        ("", (("x-robots-tag", "otherbot: noindex"), ("x-robots-tag", "nofollow")), False, True),
    ],
)
def test_robots_of_page_and_header_are_read(
    head: str, headers: tuple[tuple[str, str], ...], noindex: bool, nofollow: bool
) -> None:
    found = report(head + "<p>x <a href='https://acme.test'>y</a>", *headers)
    assert (found.noindex, found.nofollow) == (noindex, nofollow)
    assert found.links[0].follows is not nofollow


@pytest.mark.parametrize(
    ("html", "headers", "canonical", "elsewhere"),
    [
        ("", (), None, False),
        (
            "<link rel=canonical href='/a/post?utm_source=x'>",
            (),
            "https://blog.test/a/post?utm_source=x",
            False,
        ),
        (
            "<link rel='Canonical' href='http://www.blog.test/a/post/'>",
            (),
            "http://www.blog.test/a/post/",
            False,
        ),
        ("<link rel=canonical href='https://other.test/p'>", (), "https://other.test/p", True),
        ("<link rel=canonical href='javascript:x'>", (), None, False),
        ("<p>", (("link", '<https://o.test/x>; rel="canonical"'),), "https://o.test/x", True),
        (
            "<p>",
            (("link", '<https://o.test/s.css>; rel=preload, </a/post>; rel="canonical"'),),
            "https://blog.test/a/post",
            False,
        ),
    ],
)
def test_a_canonical_elsewhere_is_told_from_a_canonical_to_itself(
    html: str, headers: tuple[tuple[str, str], ...], canonical: str | None, elsewhere: bool
) -> None:
    found = report(html or "<p>", *headers)
    assert (found.canonical, found.canonical_elsewhere) == (canonical, elsewhere)


def test_title_language_and_outlinks_are_read() -> None:
    found = report(
        "<html lang='de_AT'><head><title> A\u202e \n B </title><meta http-equiv=Refresh "
        "content=\"5; URL='/next'\"></head>"
        "<a href=/in>i</a><a href='https://blog.test/x'>i</a><a href='https://www.blog.test'>i</a>"
        "<a href='https://acme.test'>o</a><a href='https://acme.test'>o</a><a "
        "href='mailto:x@y.test'>m</a></html>"
    )
    assert (found.title, found.language, found.outlinks) == ("A B", "de-at", 2)
    assert report("<p>", ("content-language", "fr, en")).language == "fr"


def test_brands_named_without_a_link_are_listed() -> None:
    found = report(
        "<title>Third Way</title><p>Ac<b>me</b> and <a href='https://rival.test'>Rivalo</a> are good."
        "<script>Third Way</script></p>"
    )
    assert found.named == (ACME,)
    assert [link.brand for link in found.links] == [RIVAL]
    assert check(page("<p>Acme"), targets=TARGETS).named == ()


def test_a_page_without_a_body_still_says_what_its_headers_say() -> None:
    found = check(page("", ("x-robots-tag", "noindex"), ("etag", '"v"'), status=304), targets=TARGETS)
    assert (found.noindex, found.outlinks, found.links) == (True, None, ())
    assert found.validators == Validators("https://blog.test/a/post", '"v"', None)


def test_a_page_of_ten_thousand_links_is_capped() -> None:
    found = report("<p>" + "<a href='https://acme.test'>x</a> " * 3_000)
    assert (len(found.links), found.outlinks) == (2_000, 3_000)


def test_clean_keeps_scripts_that_need_joiners_and_drops_what_hides() -> None:
    assert clean("می\u200cخواهم", 50) == "می\u200cخواهم"
    assert clean("a\u0000b\u202ec\ud800d\U000e0041", 50) == "abcd"


def test_a_fetched_page_goes_straight_into_the_check(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nAllow: /")
    httpserver.expect_request("/old").respond_with_data("", 301, headers={"Location": "/new"})
    httpserver.expect_request("/new").respond_with_data(
        "<nav><a href='https://acme.test'>é</a></nav>".encode("cp1252"),
        headers={"Content-Type": "text/html; charset=utf-8", "X-Robots-Tag": "noindex"},
    )
    policy = Policy(
        contact="mailto:links@citelift.test",
        resolver=lambda host, port: ["127.0.0.1"],
        allowed=frozenset({("127.0.0.1", httpserver.port)}),
    )
    found = Fetcher(policy).fetch(f"http://blog.test:{httpserver.port}/old", at=NOW)
    assert isinstance(found, Fetched)
    seen = check(found, targets=TARGETS)
    assert seen.final_url.endswith("/new")
    assert (seen.noindex, seen.links[0].anchor, seen.links[0].placement) == (True, "é", "nav")
