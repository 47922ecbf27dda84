"""Which brands a page names, and where on it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.tracker.links.pages.served import prose
from tracker.links.pages.listing import FIRST_SCREEN, Listing
from tracker.links.pages.look import Target, check
from tracker.links.web.fetch import Fetched
from tracker.mentions import BrandNames, Finder

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NORVANE, OLTERA, QUILLO = 1, 2, 3
FINDER = Finder([BrandNames(NORVANE, "Norvane"), BrandNames(OLTERA, "Oltera"), BrandNames(QUILLO, "Quillo")])
TARGETS = (Target(NORVANE, ("norvane.com",)), Target(OLTERA, ("oltera.com",)), Target(QUILLO, ("quillo.io",)))


def listed(html: str) -> dict[int, Listing]:
    page = Fetched("https://blog.test/p", "https://blog.test/p", NOW, 200, html)
    return {each.brand: each for each in check(page, targets=TARGETS, finder=FINDER).listings}


def test_brands_rank_by_their_first_mention_and_are_counted() -> None:
    found = listed("<main><p>Oltera and Norvane are good. Oltera is cheap. Quillo too.</p></main>")
    assert [(key, each.rank, each.count) for key, each in found.items()] == [
        (OLTERA, 1, 2),
        (NORVANE, 2, 1),
        (QUILLO, 3, 1),
    ]


def test_named_linked_and_followed_are_three_facts() -> None:
    found = listed(
        "<main><p>Oltera is named. <a href='https://norvane.com/' rel=nofollow>Norvane</a> is linked, "
        "<a href='https://quillo.io/x'>this one</a> too.</p></main>"
    )
    assert [
        (each.rank, each.linked, each.followed) for each in (found[OLTERA], found[NORVANE], found[QUILLO])
    ] == [
        (1, False, False),
        (2, True, False),
        (None, True, True),
    ]


def test_a_statement_of_absence_lists_nobody() -> None:
    assert listed("<main><p>We found no information about Norvane.</p></main>") == {}


@pytest.mark.parametrize(
    ("html", "heading"),
    [
        ("<h2>1. Norvane CRM</h2><p>good</p>", True),
        ("<h1>Six tools: Norvane and others</h1>", True),
        ("<h3><a href='https://norvane.com'>Norvane</a></h3>", True),
        ("<h5>Norvane</h5>", False),
        ("<p><b>Norvane</b></p>", False),
        ("<p>Norvane</p><h2>Others</h2>", False),
    ],
)
def test_a_name_in_a_heading_is_told_from_one_in_the_text(html: str, heading: bool) -> None:
    assert listed(f"<main>{html}{prose(1)}</main>")[NORVANE].heading is heading


def test_the_first_screen_is_the_first_thousand_characters_of_the_content() -> None:
    menu = f"<nav>{'<a href=/x>A menu entry of some length</a> ' * 60}</nav>"
    assert listed(f"{menu}<main><p>Norvane is first.</p>{prose(2)}</main>")[NORVANE].first_screen
    late = f"{menu}<main>{prose(2, sentences=20)}<p>Norvane is last.</p></main>"
    assert len(prose(2, sentences=20)) > FIRST_SCREEN
    assert not listed(late)[NORVANE].first_screen
    assert not listed(f"<nav><a href=/n>Norvane</a></nav><main>{prose(3)}</main>")[NORVANE].first_screen


@pytest.mark.parametrize(
    ("html", "ranks"),
    [
        ("<h2>1. Oltera</h2><p>x</p><h2>4) Norvane</h2><p>x</p>", {OLTERA: 1, NORVANE: 4}),
        ("<h3>#2 Norvane: best for two</h3><h3>#7: Oltera</h3>", {NORVANE: 2, OLTERA: 7}),
        (
            "<ol><li>Somebody else</li><li><b>Norvane</b> is fine</li><li>Oltera</li></ol>",
            {NORVANE: 2, OLTERA: 3},
        ),
        ("<ol start=5><li>Norvane</li></ol>", {NORVANE: 5}),
        ("<h2>Best overall: Oltera</h2><p>x</p><h2>Norvane</h2><p>x</p>", {OLTERA: 1, NORVANE: 2}),
        (
            "<table><tr><th>Tool<th>Price</tr><tr><td>Other<td>1</tr><tr><td>Norvane<td>2</tr></table>",
            {NORVANE: 2},
        ),
        ("<h2>10 tools like Norvane</h2><p>Oltera</p>", {}),
        ("<ul><li>Norvane</li></ul>", {}),
        ("<ol><li>What we wanted was something quite different from what Norvane has to offer</li></ol>", {}),
    ],
)
def test_the_list_rank_is_the_number_of_the_item_that_a_brand_heads(html: str, ranks: dict[int, int]) -> None:
    found = listed(f"<main><h1>Tools</h1>{html}{prose(4)}</main>")
    assert {key: each.list_rank for key, each in found.items() if each.list_rank} == ranks


@pytest.mark.parametrize(
    ("html", "placement"),
    [
        ("<main><p>Norvane</p></main>", "content"),
        ("<footer><p>Norvane</p></footer>", "footer"),
        ("<nav><a href=/n>Norvane</a></nav>", "nav"),
        ("<div class=comments><p>Norvane</p></div>", "comment"),
        ("<footer>Norvane</footer><main><p>Norvane</p></main>", "content"),
    ],
)
def test_where_a_name_stands_is_told_from_the_furniture(html: str, placement: str) -> None:
    assert (
        listed(f"<body><article><h1>T</h1>{prose(5)}</article>{html}</body>")[NORVANE].placement == placement
    )


def test_a_challenge_in_the_pages_place_lists_nobody() -> None:
    html = "<title>Just a moment...</title><script>window._cf_chl_opt={}</script><p>Norvane"
    page = Fetched("https://norvane.test/", "https://norvane.test/", NOW, 200, html)
    assert check(page, targets=TARGETS, finder=FINDER).listings == ()
