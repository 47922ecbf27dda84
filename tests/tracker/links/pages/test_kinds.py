"""The kind of a link by the marks that pages really carry; the labels were written first."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tracker.links.pages.bylines import Byline
from tracker.links.pages.kinds import KINDS
from tracker.links.pages.look import PageReport, Target, check
from tracker.links.web.fetch import Fetched

AT = datetime(2026, 6, 1, tzinfo=UTC)
LINK = '<a href="https://norvane.com/crm">Norvane</a>'
PROSE = f"<p>Small teams that have outgrown a sheet may like {LINK}, which keeps the notes of every call.</p>"
FILL = "<p>A longer paragraph about how sales teams work together over the year, and why.</p>" * 6
LIST = "".join(f'<li><a href="https://tool{n}.example/">Tool {n}</a>: a tool</li>' for n in range(12))


def read(body: str, url: str = "https://blog.example/a-post", head: str = "") -> PageReport:
    page = Fetched(url, url, AT, 200, f"<html><head>{head}</head><body>{body}</body></html>")
    return check(page, targets=[Target(1, ("norvane.com",))])


def article(inner: str, head: str = "", title: str = "Six tools") -> str:
    return f"<article><h1>{title}</h1>{FILL}{inner}</article>{head}"


OG = '<meta property="og:type" content="article">'
NEWS = (
    '<script type="application/ld+json">{"@graph": [{"@type": "NewsArticle", "author": {"name": "Ana"}}]}'
    "</script>"
)
SHARE = '<p><a href="https://norvane.com/intent/tweet?via=x&partner_id=7">Share</a></p>'
LABELLED = "Six tools</h1><p>Gastbeitrag</p><h1>x"
CASES = [
    # kind, body, address, head: markup as phpBB, Discourse, WordPress, wires and programs write it
    ("editorial", article(PROSE), "https://blog.example/a", OG),
    ("editorial", article(PROSE), "https://news.example/2026/a", NEWS),
    ("unknown", article(PROSE), "https://blog.example/a", ""),
    ("unknown", article("") + f"<footer>{LINK}</footer>", "https://blog.example/a", OG),
    ("unknown", f"<main>{FILL}</main><aside class=sidebar>{LINK}</aside>", "https://forum.example/t/9", OG),
    ("affiliate", article(PROSE.replace("/crm", "/crm?fpr=ana")), "https://blog.example/a", OG),
    ("affiliate", article(PROSE.replace("/crm", "/?utm_medium=Affiliate")), "https://blog.example/a", OG),
    (
        "affiliate",
        article("<p>This post contains affiliate links.</p>" + PROSE.replace("/crm", "/crm?ref=ana")),
        "https://blog.example/a",
        OG,
    ),
    ("editorial", article(PROSE.replace("/crm", "/crm?ref=producthunt")), "https://blog.example/a", OG),
    (
        "sponsored",
        article(PROSE.replace("<a ", '<a rel="sponsored noopener" ')),
        "https://blog.example/a",
        OG,
    ),
    (
        "sponsored",
        "<header><span>Sponsored</span><h1>Six tools</h1></header>" + article(PROSE, title="x"),
        "https://n.example/a",
        OG,
    ),
    (
        "sponsored",
        "<div><p>Anzeige</p><h1>Sechs Werkzeuge</h1></div><main>" + FILL + PROSE + "</main>",
        "https://n.example/a",
        OG,
    ),
    (
        "editorial",
        article(PROSE) + '<div class="ad-slot"><p>Anzeige</p><p>Werbung</p></div>',
        "https://n.example/a",
        OG,
    ),
    # what outside pages taught: nouns in menus, labels of advertisements, ways to pass a page on
    (
        "editorial",
        article(PROSE) + "<nav><a href=/g>Gastbeitrag</a> <a href=/p>Communiqué de presse</a></nav>",
        "https://blog.example/a",
        OG,
    ),
    (
        "unknown",
        article('<p><a href="https://norvane.com/intent/tweet?via=x&partner_id=7">Share</a></p>'),
        "https://blog.example/a",
        OG,
    ),
    (
        "guest post",
        article(PROSE, title="Six tools</h1><p>Gastbeitrag</p><h1>x"),
        "https://blog.example/a",
        OG,
    ),
    (
        "comment",
        article("")
        + f'<ol class="comment-list"><li class="comment"><div class="comment-body">{LINK}</div></li></ol>',
        "https://blog.example/a",
        OG,
    ),
    (
        "forum",
        f'<div id="page-body"><div class="postbody"><div class="content">Try {LINK}</div></div></div>',
        "https://board.example/viewtopic.php?t=7",
        "<meta name=generator content=phpBB>",
    ),
    (
        "forum",
        f'<div class="topic-body"><div class="cooked">{PROSE}</div></div>',
        "https://meta.example/t/which-crm/77",
        '<meta name="generator" content="Discourse 3.5.0 - https://github.com/discourse/discourse">',
    ),
    ("forum", f"<div>{PROSE}</div>", "https://www.reddit.com/r/sales/comments/1/which_crm", ""),
    (
        "profile",
        f'<h1>ana</h1><dl class="details"><dt>Website:</dt><dd>{LINK}</dd></dl>',
        "https://board.example/memberlist.php?mode=viewprofile&u=7",
        "<meta name=generator content=phpBB>",
    ),
    (
        "profile",
        f"<h1>Ana</h1><p>{LINK}</p>",
        "https://social.example/@ana",
        '<meta property="og:type" content="profile">',
    ),
    (
        "press",
        article(
            f"<p>LONDON, June 1, 2026 /PRNewswire/ -- {LINK} today announced a thing that sells well.</p>"
        ),
        "https://finance.example/news/1",
        OG,
    ),
    ("press", article(f"<p>FOR IMMEDIATE RELEASE</p>{PROSE}"), "https://site.example/a", ""),
    ("press", article(PROSE), "https://www.prnewswire.com/news-releases/norvane-1.html", OG),
    (
        "guest post",
        article(f"<p>This is a guest post by Ana Roth of {LINK}.</p>{FILL}"),
        "https://blog.example/a",
        OG,
    ),
    (
        "unknown",
        article(f'{FILL}<div class="author-bio"><p>Ana Roth leads sales at {LINK}.</p></div>'),
        "https://blog.example/a",
        OG,
    ),
    ("guest post", article(f"<p>Gastbeitrag von Ana Roth</p>{PROSE}"), "https://blog.example/a", OG),
    ("directory", f"<h1>Norvane</h1><p>{LINK}</p>{FILL}", "https://www.capterra.com/p/1/Norvane", ""),
    (
        "directory",
        f"<h1>Norvane</h1><p>{LINK}</p>",
        "https://local.example/listing/norvane",
        '<script type="application/ld+json">{"@type": "LocalBusiness", "name": "Norvane"}</script>',
    ),
    ("resource page", f"<h1>Useful links</h1><ul>{LIST}<li>{LINK}</li></ul>", "https://uni.example/page", ""),
    (
        "resource page",
        f"<h1>For our students</h1><ul>{LIST}<li>{LINK}</li></ul>",
        "https://uni.example/resources/",
        "",
    ),
    ("unknown", f"<h1>Useful links</h1><ul><li>{LINK}</li></ul>", "https://uni.example/page", ""),
]


@pytest.mark.parametrize(
    ("kind", "body", "url", "head"), CASES, ids=[f"{c[0]}-{n}" for n, c in enumerate(CASES)]
)
def test_a_link_has_the_kind_that_the_page_shows(kind: str, body: str, url: str, head: str) -> None:
    found = read(body, url, head).links[0].kind
    assert found.kind == kind, found
    assert bool(found.because) is (kind != "unknown")


NAMED = f"<h1>ana</h1><p>{LINK}</p>"
LISTED = f"<ul>{LIST}<li>{LINK}</li></ul>"
OUTSIDE = [
    # kind, address, title, body: routes and templates of open forums and forges, addresses that finders of
    # user names try, chambers of commerce, library guides, old lists of links; labelled before they were run
    (
        "profile",
        "https://a.example/memberlist.php?mode=viewprofile",
        "ana",
        f"<i class=phpbb></i>{NAMED}",
    ),
    ("profile", "https://b.example/index.php?action=profile;u=7", "ana", f'<i id="smf_footer"></i>{NAMED}'),
    ("profile", "https://c.example/users/ana", "ana", NAMED),
    ("profile", "https://d.example/nutzer/ana", "ana", NAMED),
    ("profile", "https://e.example/en/profiles/ana/", "ana", NAMED),
    ("profile", "https://f.example/u/ana/summary", "ana", NAMED),
    ("profile", "https://g.example/@ana", "ana", NAMED),
    ("profile", "https://h.example/~ana", "ana", NAMED),
    ("profile", "https://www.behance.net/ana", "ana", NAMED),
    ("profile", "https://www.producthunt.com/@ana", "ana", NAMED),
    ("profile", "https://i.example/ana", "ana", NAMED.replace("<a ", '<a rel="me noopener" ')),
    ("unknown", "https://j.example/users/getting-started", "Getting started", NAMED),
    ("unknown", "https://k.example/user/login", "Log in", NAMED),
    ("unknown", "https://l.example/player/kelly-b-8445733", "Kelly", NAMED),
    ("unknown", "https://m.example/users/why-five-small-teams-left-their-sheets", "Why", NAMED),
    ("directory", "https://n.example/list/member/norvane-cedar-bluff-578", "Norvane", NAMED),
    ("directory", "https://o.example/business-directory/company-profiles.norvane.03b.html", "N", NAMED),
    ("directory", "https://p.example/orgs?id=4", "Organizations - The County Reuse Directory", LISTED),
    ("directory", "https://q.example/", "Modules Directory", LISTED),
    ("unknown", "https://q.example/staff", "Staff Directory", NAMED),
    ("resource page", "https://r.libguides.com/about", "Home - About - LibGuides at R", LISTED),
    ("resource page", "https://r.libguides.com/pandas/taxonomy", "Pandas", LISTED),
    ("resource page", "https://s.example/mh", "Mental Health Resources", LISTED),
    ("resource page", "https://t.example/links.php", "Links | St Augustine", LISTED),
    ("resource page", "https://u.example/plans.htm", "Plans and Websites for Teachers", LISTED),
    ("resource page", "https://v.example/w.htm", "Webliography", LISTED),
    ("unknown", "https://w.example/a", "Best CRM websites", LISTED),
]


@pytest.mark.parametrize(
    ("kind", "url", "title", "body"), OUTSIDE, ids=[f"{c[0]}-{n}" for n, c in enumerate(OUTSIDE)]
)
def test_what_others_pages_and_addresses_look_like(kind: str, url: str, title: str, body: str) -> None:
    assert read(body, url, f"<title>{title}</title>").links[0].kind.kind == kind


def test_every_kind_has_a_case() -> None:
    assert {case[0] for case in CASES} == set(KINDS)


@pytest.mark.parametrize(
    ("body", "head", "found"),
    [
        (
            '<a href="/about">About us</a>',
            '<script type="application/ld+json">{"@type": "Article", "author": [{"@type": "Person", '
            '"name": "Ana Roth"}], "datePublished": "2026-05-04T10:00:00+02:00", "publisher": '
            '{"@type": "Organization", "name": "Blog Ltd"}}</script>',
            Byline("Ana Roth", date(2026, 5, 4), "https://blog.example/about", "Blog Ltd"),
        ),
        (
            '<p class="byline">By Ana Roth</p><time datetime="2026-05-04">4 May</time>'
            '<a href="/impressum">Impressum</a>',
            "",
            Byline("Ana Roth", date(2026, 5, 4), "https://blog.example/impressum", None),
        ),
        (
            "<p>No one</p>",
            '<meta name="author" content="https://facebook.com/x">'
            '<script type="application/ld+json">{"@type": [</script>'
            '<meta property="article:published_time" content="2026-02-31">',
            Byline(),
        ),
    ],
)
def test_who_stands_behind_a_page_is_read_and_nothing_is_made_up(body: str, head: str, found: Byline) -> None:
    assert read(FILL + body, head=head).byline == found
