"""Platforms: one site under several names, tenants, one page under several addresses."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tracker.domains import domain_of, parse, platforms


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("https://youtu.be/aBc-_1?si=x&t=30", "https://youtube.com/watch?v=aBc-_1"),
        ("https://m.youtube.com/watch?v=aBc&list=PL1&index=2&t=30s", "https://youtube.com/watch?v=aBc"),
        ("https://www.youtube.com/watch?list=PL1&v=aBc", "https://youtube.com/watch?v=aBc"),
        ("https://www.youtube.com/embed/aBc?autoplay=1", "https://youtube.com/watch?v=aBc"),
        ("https://www.youtube-nocookie.com/embed/aBc", "https://youtube.com/watch?v=aBc"),
        ("https://youtube.com/shorts/aBc", "https://youtube.com/watch?v=aBc"),
        ("https://youtube.com/live/aBc?feature=share", "https://youtube.com/watch?v=aBc"),
        ("https://www.youtube.com/playlist?list=PL1&si=x", "https://youtube.com/playlist?list=PL1"),
        ("https://www.youtube.com/@acme/videos", "https://youtube.com/@acme/videos"),
        ("https://youtu.be/@acme", "https://youtube.com/@acme"),
        ("https://twitter.com/acme/status/1?s=20", "https://x.com/acme/status/1"),
        ("https://mobile.twitter.com/acme", "https://x.com/acme"),
        ("https://old.reddit.com/r/crm/comments/a/b/", "https://reddit.com/r/crm/comments/a/b"),
        ("https://redd.it/abc", "https://reddit.com/comments/abc"),
        ("https://en.m.wikipedia.org/wiki/CRM", "https://en.wikipedia.org/wiki/CRM"),
        ("https://en.wikipedia.org/w/index.php?title=CRM&oldid=1", "https://en.wikipedia.org/wiki/CRM"),
        ("https://www.amazon.de/Some-Book/dp/B0ABC/ref=sr_1_1?qid=1", "https://amazon.de/dp/B0ABC"),
        ("https://www.amazon.com/gp/product/B00ABC1234?th=1", "https://amazon.com/dp/B00ABC1234"),
        ("https://open.substack.com/pub/acme/p/a-b?r=1", "https://acme.substack.com/p/a-b"),
    ],
)
def test_a_page_of_a_platform_has_one_name(written: str, canonical: str) -> None:
    found = parse(written)
    assert found.canonical == canonical
    assert found.domain == parse(canonical).domain
    assert domain_of(found.host) == found.domain
    assert parse(canonical).canonical == canonical


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("acme.substack.com", "acme.substack.com"),
        ("www.acme.substack.com", "acme.substack.com"),
        ("substack.com", "substack.com"),
        ("www.substack.com", "substack.com"),
        ("support.substack.com", "substack.com"),
        ("acme.zendesk.com", "acme.zendesk.com"),
        ("acme.intercom.help", "acme.intercom.help"),
        ("acme.hashnode.dev", "acme.hashnode.dev"),
        ("support.zendesk.com", "zendesk.com"),
        ("acme.atlassian.net", "acme.atlassian.net"),
        ("acme.medium.com", "acme.medium.com"),
        ("medium.com", "medium.com"),
        ("acme.wordpress.com", "acme.wordpress.com"),
        ("en.support.wordpress.com", "wordpress.com"),
        ("acme.tumblr.com", "acme.tumblr.com"),
        ("acme.github.io", "acme.github.io"),
        ("zendesk.com.evil.com", "evil.com"),
        ("notzendesk.com", "notzendesk.com"),
        ("en.wikipedia.org", "wikipedia.org"),
        ("twitter.com", "twitter.com"),
    ],
)
def test_a_tenant_is_a_site_of_its_own_and_the_platform_is_one_too(host: str, domain: str) -> None:
    assert domain_of(host) == domain


def test_every_platform_of_tenants_is_a_domain_that_the_suffix_list_leaves_whole() -> None:
    assert all(domain_of(site) == site for site in platforms.TENANTS)


_HOSTS = st.sampled_from(
    [
        "www.youtube.com",
        "youtu.be",
        "amazon.de",
        "en.wikipedia.org",
        "open.substack.com",
        "redd.it",
        "www.google.com",
    ]
)
_PIECES = st.sampled_from(
    [
        "/",
        ".",
        "?",
        "&",
        "=",
        ";",
        ")",
        "(",
        "*",
        ":",
        "'",
        "0",
        "%2e",
        "%22",
        "&amp;",
        "utm_source=x",
        "v=",
        "q=",
        "https://",
        "b.com",
        "/wiki/",
        "/dp/B0ABC",
        "/ref=",
        "/watch",
        "/url",
    ]
)


@given(host=_HOSTS, tail=st.lists(_PIECES, max_size=10).map("".join))
@example(host="amazon.de", tail="//dp/B0ABC.")
@example(host="amazon.de", tail="//ref=/")
@example(host="youtu.be", tail="/watch/watch")
@example(host="www.youtube.com", tail="/?:=")
def test_a_platforms_name_of_a_page_is_its_own_name(host: str, tail: str) -> None:
    found = parse(f"https://{host}/{tail}")
    again = parse(found.canonical)
    assert (again.canonical, again.domain) == (found.canonical, found.domain)
