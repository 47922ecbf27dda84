from __future__ import annotations

import csv
import json
import re
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import can_ada
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.shared import SHARED
from tracker import domains
from tracker.domains import address as address_room
from tracker.domains import (
    domain_id,
    domain_of,
    hosts,
    is_public_suffix,
    page_id,
    parse,
    try_parse,
    written_host,
)
from tracker.errors import BadUrl


def reference(name: str, read: Any) -> list[Any]:
    """The cases of a reference file, or one skipped case that says the file is absent."""
    path: Path = SHARED / "data" / "urls" / name
    if path.exists():
        return list(read(path))
    reason = f"reference data {name} is not beside this checkout (folder ../shared)"
    return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]


# One page, one name ------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        # scheme, port, www, dot, userinfo
        ("https://example.com/a", "https://example.com/a"),
        ("http://example.com/a", "https://example.com/a"),
        ("HTTPS://WWW.Example.COM/a", "https://example.com/a"),
        ("https://example.com./a", "https://example.com/a"),
        ("http://example.com:80/a", "https://example.com/a"),
        ("http://example.com:443/a", "https://example.com/a"),
        ("https://example.com:80/a", "https://example.com/a"),
        ("https://example.com:8443/a", "https://example.com:8443/a"),
        ("https://ann:secret@example.com/a", "https://example.com/a"),
        ("https://www.blog.example.com/a", "https://blog.example.com/a"),
        ("https://m.example.com/a", "https://m.example.com/a"),
        ("https://www.www.example.com/", "https://www.www.example.com/"),
        ("https://www.com/", "https://www.com/"),
        ("https://www.gov.uk/a", "https://www.gov.uk/a"),
        ("https://www.ck/a", "https://www.ck/a"),
        ("https://www.github.io/", "https://www.github.io/"),
        # path
        ("https://example.com", "https://example.com/"),
        ("https://example.com/a/", "https://example.com/a"),
        ("https://example.com/a/b/../c/./d", "https://example.com/a/c/d"),
        ("https://example.com/a/%2e%2E/b", "https://example.com/b"),
        ("https://example.com\\a\\b", "https://example.com/a/b"),
        ("https://example.com/A/b", "https://example.com/A/b"),
        ("https://example.com//a//b", "https://example.com//a//b"),
        ("https://example.com/index.html", "https://example.com/index.html"),
        ("https://example.com/amp/a", "https://example.com/amp/a"),
        ("https://example.com/a;jsessionid=0A1B?x=1", "https://example.com/a?x=1"),
        ("https://example.com/%2e;jsessionid=0A1B", "https://example.com/.;jsessionid=0A1B"),
        # percent-escapes
        ("https://example.com/%7eann/%41", "https://example.com/~ann/A"),
        ("https://example.com/caf%c3%a9", "https://example.com/caf%C3%A9"),
        ("https://example.com/café", "https://example.com/caf%C3%A9"),
        ("https://example.com/Mercury_%28planet%29", "https://example.com/Mercury_(planet)"),
        ("https://example.com/C%2B%2B", "https://example.com/C++"),
        ("https://example.com/a%2Fb", "https://example.com/a%2Fb"),
        ("https://example.com/a%252Fb", "https://example.com/a%252Fb"),
        ("https://example.com/100%/a%zz", "https://example.com/100%/a%zz"),
        ("https://example.com/a b", "https://example.com/a%20b"),
        ("https://example.com/[a]|b", "https://example.com/%5Ba%5D%7Cb"),
        ("https://example.com/Hadrian's_Wall", "https://example.com/Hadrian's_Wall"),
        ("https://example.com/Hadrian%27s_Wall", "https://example.com/Hadrian's_Wall"),
        ("https://example.com/\U0001f600", "https://example.com/%F0%9F%98%80"),
        ("https://example.com/r%E9sum%E9", "https://example.com/r%E9sum%E9"),
        # fragment
        ("https://example.com/a#top", "https://example.com/a"),
        ("https://example.com/a#:~:text=two%20words,end", "https://example.com/a"),
        ("https://example.com/a#ws_call_id=ws_1", "https://example.com/a"),
        ("https://example.com/#/pricing", "https://example.com/"),
        # query
        ("https://example.com/a?", "https://example.com/a"),
        ("https://example.com/a?&&", "https://example.com/a"),
        ("https://example.com/a/?b=2&a=1", "https://example.com/a?a=1&b=2"),
        ("https://example.com/?a=2&b=1&a=1", "https://example.com/?a=2&a=1&b=1"),
        ("https://example.com/?page", "https://example.com/?page"),
        ("https://example.com/?page=", "https://example.com/?page"),
        ("https://example.com/?q=a%20b", "https://example.com/?q=a+b"),
        ("https://example.com/?q=a+b", "https://example.com/?q=a+b"),
        ("https://example.com/?q=a%2Bb", "https://example.com/?q=a%2Bb"),
        ("https://example.com/?q=a%26b%3Dc%23", "https://example.com/?q=a%26b%3Dc%23"),
        ("https://example.com/?f[a]=1", "https://example.com/?f%5Ba%5D=1"),
        ("https://example.com/?f%5Ba%5d=1", "https://example.com/?f%5Ba%5D=1"),
        ("https://example.com/?q=o'hara", "https://example.com/?q=o%27hara"),
        ("https://example.com/?u=https%3A%2F%2Fb.com%2Fc", "https://example.com/?u=https://b.com/c"),
        ("https://example.com/?a=1&amp;b=2", "https://example.com/?a=1&b=2"),
        ("https://example.com/?=x", "https://example.com/?=x"),
        ("https://example.com/?a=b=c", "https://example.com/?a=b=c"),
        # tracking
        ("https://example.com/?utm_source=openai", "https://example.com/"),
        ("https://example.com/?id=7&UTM_Source=openai&utm_x=1", "https://example.com/?id=7"),
        ("https://example.com/?utm%5Fsource=openai&id=7", "https://example.com/?id=7"),
        ("https://example.com/?a=1&amp;utm_medium=x", "https://example.com/?a=1"),
        (
            "https://example.com/?gclid=1&fbclid=2&msclkid=3&srsltid=4&mc_cid=5&mc_eid=6",
            "https://example.com/",
        ),
        ("https://example.com/?utm_source=chatgpt.com&utm_source=perplexity", "https://example.com/"),
        (
            "https://example.com/?sc_cid=701&ga_campaign=x&et_rid=1&hmb_source=y&ss_email_id=2&p=1",
            "https://example.com/?p=1",
        ),
        (
            "https://example.com/?itm_source=a&matomo_kwd=b&sfmc_id=c&WT.mc_id=d&gad=1&p=1",
            "https://example.com/?p=1",
        ),
        ("https://example.com/?ref=main&source=a&t=4&s=5", "https://example.com/?ref=main&s=5&source=a&t=4"),
        ("https://www.youtube.com/watch?v=Abc&si=x&t=40", "https://youtube.com/watch?v=Abc"),
        ("https://x.com/i/status/1?s=20&t=Zz", "https://x.com/i/status/1"),
        ("https://www.amazon.co.uk/dp/B0?tag=y-21&th=1", "https://amazon.co.uk/dp/B0?th=1"),
        ("https://www.facebook.com/a?__cft__[0]=AZ&id=1", "https://facebook.com/a?id=1"),
        # hosts
        ("https://bücher.de/ü?q=ä", "https://xn--bcher-kva.de/%C3%BC?q=%C3%A4"),
        ("https://XN--BCHER-KVA.de/", "https://xn--bcher-kva.de/"),
        ("https://食狮.公司.cn/", "https://xn--85x722f.xn--55qx5d.cn/"),
        ("https://ｅｘａｍｐｌｅ。com/", "https://example.com/"),
        ("https://ex%61mple.com/", "https://example.com/"),
        ("http://0x7f.1/", "https://127.0.0.1/"),
        ("http://2130706433/", "https://127.0.0.1/"),
        ("http://[0:0::1]:80/a", "https://[::1]/a"),
        # the edges of the text
        ("  https://example.com/a \n", "https://example.com/a"),
        ("\ufeffhttps://example.com/a\u200b", "https://example.com/a"),
        ("https://exam\nple.com/\ta", "https://example.com/a"),
        ("https://example.com/a\x01b", "https://example.com/a%01b"),
        ("https:example.com/a", "https://example.com/a"),
        # no scheme
        ("example.com/path", "https://example.com/path"),
        ("www.Example.co.uk", "https://example.co.uk/"),
        ("example.com?x=1", "https://example.com/?x=1"),
        ("example.com:8080/a", "https://example.com:8080/a"),
        ("//example.com/a", "https://example.com/a"),
        ("bücher.de", "https://xn--bcher-kva.de/"),
        ("192.168.1.1/a", "https://192.168.1.1/a"),
        ("example.com/a:b@c", "https://example.com/a:b@c"),
    ],
)
def test_every_spelling_of_a_page_has_one_canonical_url(written: str, canonical: str) -> None:
    assert parse(written).canonical == canonical
    assert parse(canonical).canonical == canonical


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "it is empty"),
        (" \t\n", "it is empty"),
        ("http://", "it has no host"),
        ("https:///", "it has no host"),
        ("https://:80/", "it has no host"),
        ("https://?a", "it has no host"),
        ("http://./", "'.' is not a host"),
        ("http://.com", "'.com' is not a host"),
        ("http://.com/a", "'.com' is not a host"),
        ("https://.example.com/", "'.example.com' is not a host"),
        ("https://a..b.com/", "'a..b.com' is not a host"),
        ("HTTPS://A..com:8080/?q", "'A..com:8080' is not a host"),
        ("https://www..com/", "'www..com' is not a host"),
        ("https://www.\u3002com/", "is not a host"),
        ("https://a b.com/", "'a b.com' is not a host"),
        ("https://example.com:port/", "'example.com:port' is not a host"),
        ("https://example.com:99999/", "'example.com:99999' is not a host"),
        ("https://exa<mple.com/", "'exa<mple.com' is not a host"),
        ("https://example%00.com/", "is not a host"),
        ("https://exam\0ple.com/", "is not a host"),
        ("http://1.2.3.4.5/", "'1.2.3.4.5' is not a host"),
        ("http://999.1.1.1/", "'999.1.1.1' is not a host"),
        ("http://[::1/", "is not a host"),
        ("https://xn--a/", "'xn--a' is not a host"),
        ("javascript:alert(1)", "javascript: is not http or https"),
        ("JavaScript:alert(1)", "javascript: is not http or https"),
        ("java\nscript:alert(1)", "javascript: is not http or https"),
        ("data:text/html,hi", "data: is not http or https"),
        ("mailto:ann@example.com", "mailto: is not http or https"),
        ("ftp://example.com/a", "ftp: is not http or https"),
        ("file:///etc/passwd", "file: is not http or https"),
        ("tel:+4930123", "tel: is not http or https"),
        ("source:doc:0", "source: is not http or https"),
        ("view-source:https://example.com", "view-source: is not http or https"),
        ("Node.js", "it has no scheme"),
        ("a page", "it has no scheme"),
        ("/path/only", "it has no scheme"),
        ("///example.com", "it has no scheme"),
        ("localhost:3000", "it has no scheme"),
        ("ann@example.com", "it has no scheme"),
        ("3.5", "it has no scheme"),
        ("2026.11.20", "it has no scheme"),
        ("com", "it has no scheme"),
        ("[1]", "it has no scheme"),
        ("https://example.com/" + "a" * 8_000, "it is longer than 8,000 characters"),
    ],
)
def test_what_names_no_page_is_refused_with_the_reason(written: str, reason: str) -> None:
    with pytest.raises(BadUrl) as refused:
        parse(written)
    assert reason in refused.value.problem
    assert refused.value.hint
    assert len(refused.value.problem) < 400
    assert try_parse(written) is None


def test_the_url_stays_as_it_came() -> None:
    written = " HTTP://WWW.Example.com:80/A/?utm_source=openai#:~:text=x "
    address = parse(written)
    assert address == domains.Address(written, "https://example.com/A", "www.example.com", "example.com")


def test_the_url_loses_only_what_no_database_can_hold() -> None:
    address = parse("https://example.com/\ud83d?a=\0b")
    assert address.url == "https://example.com/\ufffd?a=%00b"
    assert address.canonical == "https://example.com/%EF%BF%BD?a=%00b"
    assert parse("https://example.com/\ud83d\ude00").canonical == "https://example.com/%F0%9F%98%80"


def test_an_address_cannot_change() -> None:
    with pytest.raises(AttributeError):
        parse("https://example.com/").host = "other.com"  # type: ignore[misc]


_HOSTS = st.sampled_from(
    [
        "example.com",
        "WWW.Example.com",
        "a.b.co.uk",
        "www.gov.uk",
        "bücher.de",
        "1.2.3.4",
        "[::1]",
        "localhost",
        "x.com.",
    ]
)
_TAILS = st.text(st.sampled_from("/.?#&=%2eEfF5bA;:@+~ '()[]|\\é\U0001f600utm_source"), max_size=40)


@given(scheme=st.sampled_from(["http://", "https://", "HTTP://"]), host=_HOSTS, tail=_TAILS)
@example(scheme="https://", host="example.com", tail="/a/%2E%2e/b")
@example(scheme="https://", host="example.com", tail="//")
@example(scheme="https://", host="example.com", tail="/?amp;amp;a=1&amp;utm_source=a")
def test_a_canonical_url_is_its_own_canonical_url(scheme: str, host: str, tail: str) -> None:
    address = try_parse(scheme + host + "/" + tail)
    assert address is not None
    again = parse(address.canonical)
    assert again.canonical == address.canonical
    assert again.domain == address.domain
    assert can_ada.parse(address.canonical).href == address.canonical


@given(scheme=st.sampled_from(["http://", "https://"]), host=_HOSTS, tail=_TAILS)
def test_the_quick_way_and_a_browsers_parser_agree(scheme: str, host: str, tail: str) -> None:
    url = scheme + host + "/" + tail
    assert parse(url) == parse_without("_SIMPLEST", "_PLAIN", url=url)


def parse_without(*shortcuts: str, url: str) -> domains.Address:
    """What the slower ways make of it."""
    with ExitStack() as stack:
        for name in shortcuts:
            stack.enter_context(mock.patch.object(address_room, name, re.compile("(?!)")))
        return parse(url)


_LABELS = st.text(st.sampled_from("abcxn-019wWZ%é"), max_size=5) | st.sampled_from(
    ["www", "xn--", "xn--bcher-kva", "com", "co", "uk", "ck", "gov", "0x1", "9", "", "a" * 70]
)


def browsers_host(written: str) -> str:
    """Without final dots, where a browser keeps one; no host has an empty label."""
    if not can_ada.can_parse(f"https://{written}/"):
        return ""
    parsed = can_ada.parse(f"https://{written}/")
    if parsed.pathname != "/":
        return ""
    if parsed.hostname.endswith(".."):
        return browsers_host(parsed.hostname.rstrip("."))
    name = parsed.hostname.removesuffix(".")
    return "" if "" in name.split(".") else name


@given(st.lists(_LABELS, min_size=1, max_size=5).map(".".join))
@example("www.www.ck")
@example("www.gov.uk")
@example("a.0x1")
@example("0x..")
@example("9...")
@example("example.com..")
def test_the_quick_way_to_a_host_and_a_browsers_parser_agree(written: str) -> None:
    expected = browsers_host(written)
    address = try_parse(f"https://{written}/")
    assert (address.host if address else "") == expected
    if address and not re.fullmatch(r"[0-9.]+", expected):
        assert address.domain == (domain_of(expected) or expected)
        bare = expected.removeprefix("www.")
        keeps = bare.startswith("www.") or domains.is_public_suffix(bare) or not hosts.hostname(bare)
        assert address.canonical == f"https://{expected if keeps else bare}/"


@given(host=_HOSTS, path=st.text(st.sampled_from("/.ab-%2eE~;=&"), max_size=20))
@example(host="example.com", path="..")
@example(host="example.com", path="a/./b")
@example(host="www.gov.uk", path="//a//")
def test_the_quickest_way_and_the_next_agree(host: str, path: str) -> None:
    url = f"https://{host}/{path}"
    assert parse(url) == parse_without("_SIMPLEST", url=url)


@given(st.text(max_size=60))
def test_any_text_is_a_page_or_a_reason(text: str) -> None:
    address = try_parse(text)
    if address is None:
        return
    assert re.fullmatch(r"https://[!-~]+", address.canonical)
    assert address.host
    assert address.domain
    address.url.encode()


# Domains ------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.Example.co.uk", "example.co.uk"),
        ("Example.COM.", "example.com"),
        (" example.com ", "example.com"),
        ("a.github.io", "a.github.io"),
        ("x.a.github.io", "a.github.io"),
        ("github.io", None),
        ("shop.blogspot.com", "shop.blogspot.com"),
        ("netlify.app", None),
        ("news.netlify.app", "news.netlify.app"),
        ("www.gov.uk", "www.gov.uk"),
        ("co.uk", None),
        ("com", None),
        ("localhost", None),
        ("192.168.1.1", "192.168.1.1"),
        ("127.1", "127.0.0.1"),
        ("::1", "[::1]"),
        ("[2001:DB8::1]", "[2001:db8::1]"),
        ("bücher.de", "xn--bcher-kva.de"),
        ("xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("a.b.c.kawasaki.jp", "b.c.kawasaki.jp"),
        ("city.kawasaki.jp", "city.kawasaki.jp"),
        ("made.up.unlistedtld", "up.unlistedtld"),
        ("my_site.example.com", "example.com"),
        ("", None),
        (".", None),
        (".example.com", None),
        ("a..example.com", None),
        ("exa mple.com", None),
        ("1.2.3.4.5", None),
        ("example.com/path", None),
        ("https://example.com", None),
        ("ann@example.com", None),
        ("example.com:80", None),
        ("[::1]:80", None),
        ("\ud800.com", None),
    ],
)
def test_a_domain_is_what_one_owner_registered(host: str, domain: str | None) -> None:
    assert domain_of(host) == domain


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://netlify.app/pricing", "netlify.app"),
        ("https://gov.uk/a", "gov.uk"),
        ("http://localhost:3000/", "localhost"),
        ("http://192.168.1.1/a", "192.168.1.1"),
        ("https://s3.amazonaws.com/bucket/a.pdf", "s3.amazonaws.com"),
        ("https://bucket.s3.amazonaws.com/a.pdf", "bucket.s3.amazonaws.com"),
    ],
)
def test_a_page_on_a_bare_public_suffix_has_its_host_as_its_source(url: str, domain: str) -> None:
    assert parse(url).domain == domain


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("com", True),
        ("co.uk", True),
        ("GitHub.io", True),
        ("github.com", False),
        ("1.1", False),
        ("::1", False),
        ("", False),
    ],
)
def test_public_suffixes_are_known(host: str, answer: bool) -> None:
    assert is_public_suffix(host) is answer


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("ruby-lang.org", "ruby-lang.org"),
        (" www.Example.co.uk ", "www.example.co.uk"),
        ("bücher.de", "xn--bcher-kva.de"),
        ("10.0.0.7", "10.0.0.7"),
        ("Node.js", None),
        ("v1.2", None),
        ("1.2.3", None),
        ("Weather in Paris, France", None),
        ("example", None),
        ("example.com/a", None),
        ("https://example.com", None),
        ("...", None),
        ("a..com", None),
        ("", None),
    ],
)
def test_a_title_is_a_host_only_where_it_ends_in_a_listed_domain(text: str, host: str | None) -> None:
    assert written_host(text) == host


def test_the_suffix_list_is_dated() -> None:
    assert date(2024, 1, 1) < domains.SUFFIX_LIST_DATE < date(2100, 1, 1)


def test_ids_are_positive_hashes_of_63_bits_that_never_change() -> None:
    assert page_id("https://example.com/") == 746778796280228525
    assert domain_id("example.com") == 712282886289986355
    ids = {page_id(f"https://example.com/{i}") for i in range(20_000)}
    assert len(ids) == 20_000
    assert all(0 < i < 2**63 for i in ids)


def test_ids_of_many_pages_are_those_of_each() -> None:
    names = ["https://example.com/", None, "https://example.com/é", "https://example.com/"]
    assert domains.page_ids(names) == [name and domains.page_id(name) for name in names]
    assert domains.page_ids(names[2:]) == [domains.page_id(str(name)) for name in names[2:]]
    assert domains.page_ids([]) == []


def test_every_tracking_name_is_written_as_it_is_compared() -> None:
    of_sites = frozenset().union(*domains.SITE_TRACKING_PARAMETERS.values())
    assert all(
        name == name.lower() for name in domains.TRACKING_PARAMETERS | of_sites | {*domains.TRACKING_PREFIXES}
    )
    assert all(domain_of(site) == site for site in domains.SITE_TRACKING_PARAMETERS)


# Reference vectors ------------------------------------------------------------


def _wpt(path: Path) -> list[Any]:
    cases = [case for case in json.loads(path.read_text("utf-8")) if isinstance(case, dict)]
    return [pytest.param(case, id=f"{n}-{ascii(case['input'])[1:30]}") for n, case in enumerate(cases)]


def _wpt_difference(case: dict[str, Any]) -> str:
    """Why a case of the URL standard says nothing about us."""
    text = re.sub(r"[\t\n\r]", "", case["input"].strip("".join(map(chr, range(0x21)))))
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.\-]*):", text)
    base = (case["base"] or "").partition(":")[0]
    if (
        scheme
        and scheme[1].lower() == base
        and base in ("http", "https")
        and not re.match(r"[/\\]{2}", text[scheme.end() :])
    ):
        return "relative to its base, and a citation has none"
    if scheme is None:
        return "no scheme: relative to its base in the standard, a host or refused here (own table above)"
    if re.fullmatch(r"\.+", case.get("hostname", "")):
        return "a host of dots only names nothing once the final dot is dropped"
    bare = case.get("hostname", "").rstrip(".")
    if case.get("hostname", "").endswith("..") and not can_ada.can_parse(f"https://{bare}/"):
        return "a host that is none once its final dots are dropped"
    return ""


@pytest.mark.parametrize("case", reference("wpt_urltestdata.json", _wpt))
def test_hosts_are_those_of_the_url_standard(case: dict[str, Any]) -> None:
    if reason := _wpt_difference(case):
        pytest.skip(reason)
    address = try_parse(case["input"])
    if case.get("failure") or case.get("protocol") not in ("http:", "https:"):
        assert address is None
    else:
        assert address is not None
        assert address.host == case["hostname"].rstrip(".")


def _suffix_calls(path: Path) -> list[tuple[str, str]]:
    return re.findall(r"^checkPublicSuffix\((\S+), (\S+)\);", path.read_text("utf-8"), re.MULTILINE)


def _suffix_pairs(path: Path) -> list[tuple[str, str]]:
    lines = [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("//")]
    return [tuple(line.split()) for line in lines]  # type: ignore[misc]


@pytest.mark.parametrize(
    "pair", [*reference("test_psl.txt", _suffix_calls), *reference("tests.txt", _suffix_pairs)], ids=str
)
def test_registrable_domains_are_those_of_the_suffix_list(pair: tuple[str, str]) -> None:
    host, expected = (part.strip("'") for part in pair)
    if host == "null":
        pytest.skip("null input: a host is text here")
    assert domain_of(host) == (None if expected == "null" else can_ada.idna_encode(expected).decode())


def _normal_pairs(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["input"], row["expected"]) for row in csv.DictReader(file)]


def _normal_difference(given_url: str, expected: str) -> str:
    if not re.match(r"(https?:)?//|[^:]*$|[^:/]+\.[^:/]+:[0-9]|[^:/]*[?/]", given_url, re.IGNORECASE):
        return "not http or https: refused here"
    if re.search(r"//", re.sub(r"^\w*:?//", "", given_url.replace("\\", "/"))) and given_url != expected:
        return "inner double slashes are collapsed there and stay here, since archives and proxies need them"
    return ""


@pytest.mark.parametrize("pair", reference("normalize_url_default_vectors.csv", _normal_pairs), ids=ascii)
def test_pages_agree_with_another_normaliser(pair: tuple[str, str]) -> None:
    """Its spelling differs (no root slash, http kept), so that both sides of a vector must get one name."""
    given_url, expected = pair
    if reason := _normal_difference(given_url, expected):
        pytest.skip(reason)
    assert parse(given_url).canonical == parse(expected).canonical
