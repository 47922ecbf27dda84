"""What a page says about the brands, why a link is lost, and when a loss counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import Engine
from sqlmodel import select

from tests.facts import BRANDS, Facts
from tracker import domains, store
from tracker.errors import UsageError
from tracker.links.pages.look import (
    LOST_REASONS,
    Link,
    Look,
    PageReport,
    Target,
    Verdict,
    check,
    clean,
    confirm,
    history,
    look,
    lost_reason,
    pages_to_check,
    save_check,
    targets_of,
)
from tracker.links.web.fetch import Fetched, Fetcher, Policy, Refused, Validators
from tracker.links.web.safety import REASONS
from tracker.mentions import BrandNames, Finder
from tracker.models import Backlink, Domain, LinkImport, Page, PageCheck, PageLink

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


def test_title_language_refresh_and_outlinks_are_read() -> None:
    found = report(
        "<html lang='de_AT'><head><title> A\u202e \n B </title><meta http-equiv=Refresh content=\"5; URL='/next'\"></head>"
        "<a href=/in>i</a><a href='https://blog.test/x'>i</a><a href='https://www.blog.test'>i</a>"
        "<a href='https://acme.test'>o</a><a href='https://acme.test'>o</a><a href='mailto:x@y.test'>m</a></html>"
    )
    assert (found.title, found.language, found.refresh, found.outlinks) == (
        "A B",
        "de-at",
        "https://blog.test/next",
        2,
    )
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


# --- why and when a link is lost ----------------------------------------------------------------------------------

BEFORE = Look(NOW, "fetched", 200, final_url="https://blog.test/p", present=True, follows=True)
AFTER = replace(BEFORE, at=NOW + timedelta(days=5))


def refused(reason: str) -> Look:
    return Look(AFTER.at, "refused", reason=reason)


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (AFTER, None),
        (replace(AFTER, present=False, follows=False), "removed"),
        (replace(AFTER, present=False, final_url="https://blog.test/"), "redirected"),
        (replace(AFTER, present=False, final_url="http://www.blog.test/p/"), "removed"),
        (replace(AFTER, final_url="https://blog.test/moved"), None),
        (replace(AFTER, status=404, present=False), "not_found"),
        (replace(AFTER, status=410, present=False), "gone"),
        (replace(AFTER, status=500, present=False), "server_error"),
        (replace(AFTER, status=503, present=False), "server_error"),
        (replace(AFTER, status=403, present=False), "blocked"),
        (replace(AFTER, status=451, present=False), "blocked"),
        (replace(AFTER, status=429, present=False), None),
        (replace(AFTER, status=302, present=False), "redirected"),
        (replace(AFTER, noindex=True), "noindex"),
        (replace(AFTER, canonical_elsewhere=True), "canonical_elsewhere"),
        (replace(AFTER, follows=False), "nofollowed"),
        (replace(AFTER, hidden=True), "hidden"),
        (replace(AFTER, state="not_modified", status=304, present=False), None),
        (refused("dns"), "dns"),
        (refused("timeout"), "timeout"),
        (refused("too_slow"), "timeout"),
        (refused("connect"), "unreachable"),
        (refused("tls"), "unreachable"),
        (refused("robots_disallowed"), "blocked_by_robots"),
        (refused("unsafe_redirect"), "redirected"),
        (refused("not_html"), "not_a_page"),
        (refused("too_soon"), None),
        (refused("too_large"), None),
    ],
)
def test_a_loss_has_its_reason(now: Look, reason: str | None) -> None:
    assert lost_reason(BEFORE, now) == reason
    assert reason is None or reason in LOST_REASONS


def test_what_was_never_there_is_not_lost() -> None:
    gone = replace(AFTER, present=False)
    assert lost_reason(replace(BEFORE, present=False), gone) is None
    assert lost_reason(replace(BEFORE, noindex=True), replace(AFTER, noindex=True)) is None
    assert lost_reason(replace(BEFORE, follows=False), replace(AFTER, follows=False)) is None


@pytest.mark.parametrize("reason", REASONS)
def test_every_refusal_is_judged_or_known_to_say_nothing(reason: str) -> None:
    found = lost_reason(BEFORE, look(Refused("https://blog.test/p", NOW, reason, "x"), ACME))  # type: ignore[arg-type]
    assert found is None or found in LOST_REASONS


def looks(story: str) -> list[Look]:
    """A letter a day: L live, x removed, 5 a server error, n not modified, ? too soon, . no look."""
    kinds = {
        "L": BEFORE,
        "x": replace(BEFORE, present=False, follows=False),
        "5": replace(BEFORE, status=500, present=False, follows=False),
        "n": replace(BEFORE, state="not_modified", status=304, present=False, follows=False),
        "?": refused("too_soon"),
    }
    return [replace(kinds[c], at=NOW + timedelta(days=i)) for i, c in enumerate(story) if c != "."]


@pytest.mark.parametrize(
    ("story", "state", "since", "reason"),
    [
        ("", "unknown", None, None),
        ("?", "unknown", None, None),
        ("x", "unknown", None, None),
        ("L", "live", 0, None),
        ("Ln", "live", 0, None),
        ("Lx", "suspected", 1, "removed"),
        ("Lxx", "suspected", 1, "removed"),
        ("L5xL", "live", 3, None),
        ("Lxxxx", "lost", 1, "removed"),
        ("Lx..x", "lost", 1, "removed"),
        ("Lx..?", "suspected", 1, "removed"),
        ("Lx.?x", "lost", 1, "removed"),
        ("Lx..n", "lost", 1, "removed"),
        ("L5..x", "lost", 1, "removed"),
        ("L5..L", "live", 4, None),
        ("L5..L5", "suspected", 5, "server_error"),
        ("Lx..xL", "live", 5, None),
        ("xxL", "live", 2, None),
    ],
)
def test_a_loss_counts_when_seen_twice_three_days_apart(
    story: str, state: str, since: int | None, reason: str | None
) -> None:
    start = None if since is None else NOW + timedelta(days=since)
    assert confirm(looks(story)) == Verdict(state, start, reason, len(story.replace(".", "")))  # type: ignore[arg-type]
    assert confirm(reversed(looks(story))) == confirm(looks(story))


def test_the_days_apart_can_be_chosen_and_are_positive() -> None:
    assert confirm(looks("Lxx"), days=1).state == "lost"
    assert confirm(looks("Lx..x"), days=7).state == "suspected"
    with pytest.raises(UsageError, match="apart"):
        confirm([], days=0)


# --- the tables ---------------------------------------------------------------------------------------------------


def test_looks_are_stored_and_judged_again_from_the_tables(database: Engine) -> None:
    facts = Facts()
    with store.writing(database) as session:
        for table, rows in facts.rows.items():
            store.bulk_insert(session, table, rows)
    norvane, oltera = facts.brand_ids["Norvane"], facts.brand_ids["Oltera"]
    url = "https://blog.test/post?utm_source=x"
    html = "<title>T</title><main><p>Oltera and <a rel=ugc href='https://norvane.com/x'>N</a></p></main>"
    finder = Finder([BrandNames(facts.brand_ids[name], name) for name, *_ in BRANDS])
    with store.writing(database) as session:
        targets = targets_of(session, 1)
        assert {target.brand for target in targets} == set(facts.brand_ids.values())
        good = Fetched(url, "https://blog.test/post", NOW, 200, html, headers=(("etag", '"v1"'),))
        save_check(session, 1, check(good, targets=targets, finder=finder))
        for day in (1, 5):
            save_check(session, 1, Refused(url, NOW + timedelta(days=day), "dns", "no such name"))
    page_id = domains.page_id(domains.parse(url).canonical)
    with store.reading(database) as session:
        row = session.exec(select(PageCheck).where(PageCheck.state == "fetched")).one()
        assert (row.page_id, row.title, row.outlinks, row.named, row.etag) == (
            page_id,
            "T",
            1,
            ["Oltera"],
            '"v1"',
        )
        link = session.exec(select(PageLink)).one()
        assert (link.brand_id, link.placement, link.ugc, link.nofollow) == (norvane, "content", True, False)
        assert confirm(history(session, 1, page_id, norvane)).reason == "dns"
        assert confirm(history(session, 1, page_id, norvane)).state == "lost"
        assert confirm(history(session, 1, page_id, oltera)).state == "unknown"
        assert history(session, 2, page_id, norvane) == []


def test_pages_never_checked_come_first_then_the_oldest(database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", cited=["https://cited.test/a?b=1", "https://cited.test/fresh"])
    with store.writing(database) as session:
        for table, rows in facts.rows.items():
            store.bulk_insert(session, table, rows)
        add_backlinks(session, ["https://old.test/p", "https://new.test/q"])
        for url, days in (("https://old.test/p", 20), ("https://cited.test/fresh", 1)):
            old = Fetched(url, url, NOW - timedelta(days=days), 200, "<p>x", headers=(("etag", '"e"'),))
            save_check(session, 1, check(old, targets=()))
    with store.reading(database) as session:
        due = pages_to_check(session, 1, now=NOW, every=timedelta(days=7))
        assert {each.url for each in due[:2]} == {"https://cited.test/a?b=1", "https://new.test/q"}
        assert [each.url for each in due[2:]] == ["https://old.test/p"]
        assert due[2].validators == Validators("https://old.test/p", '"e"', None)
        assert due[0].validators is None
        assert len(pages_to_check(session, 1, now=NOW, every=timedelta(days=7), limit=1)) == 1
        assert pages_to_check(session, 9, now=NOW, every=timedelta(days=7)) == []


def add_backlinks(session: store.Session, urls: list[str]) -> None:
    made = LinkImport(
        id=900,
        workspace_id=1,
        vendor="v",
        layout="l",
        scope="all",
        as_of=NOW.date(),
        imported_at=NOW,
        file_name="f",
        file_hash="h",
    )
    session.add(made)
    session.flush()
    for url in urls:
        found = domains.parse(url)
        domain = {"id": domains.domain_id(found.domain), "name": found.domain}
        store.bulk_insert(session, Domain, [domain], ignore=True)
        target = domains.domain_id("norvane.com")
        store.bulk_insert(session, Domain, [{"id": target, "name": "norvane.com"}], ignore=True)
        page_row = {
            "id": domains.page_id(found.canonical),
            "domain_id": domain["id"],
            "host": found.host,
            "url": found.canonical,
        }
        store.bulk_insert(session, Page, [page_row], ignore=True)
        link = Backlink(
            workspace_id=1,
            import_id=900,
            source_page_id=page_row["id"],
            source_domain_id=domain["id"],
            target_domain_id=target,
            source_url=url,
            target_url="https://norvane.com/",
        )
        session.add(link)
    session.flush()


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
