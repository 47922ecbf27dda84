"""Where links stand on hand-made pages: each link's address ends in the placement a reader would name."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tracker.links.pages.placement import PLACEMENTS, placements

PAGES = sorted((Path(__file__).parent / "made").glob("*.html"))
TARGET = "https://target.test/"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_of_the_page_is_where_a_reader_would_say(page: Path) -> None:
    found = placements(page.read_text("utf-8"), lambda href: href.startswith(TARGET))
    assert found
    expected = [(each.node.attributes["href"] or "").removeprefix(TARGET) for each in found]
    assert [each.placement for each in found] == expected


def test_the_hand_made_pages_are_many_and_name_every_placement() -> None:
    assert len(PAGES) >= 40
    text = "".join(page.read_text("utf-8") for page in PAGES)
    told_by_a_page = set(PLACEMENTS) - {"unknown"}  # of crawls by others, which say only that a link is there
    assert all(f"{TARGET}{placement}" in text for placement in told_by_a_page)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("", []),
        ("<a href=x>y</a>", ["content"]),
        ("<a>no address</a>", []),
        ("<map><area href=x></map>", ["content"]),
        ("<footer><nav><ul><li><a href=x>y</a>", ["footer"]),
        ("<header><nav><a href=x>y</a></nav></header>", ["nav"]),
        ("<aside><nav><a href=x>y</a></nav></aside>", ["sidebar"]),
        (
            "<article><header><a href=x>by</a></header><p>t</p><footer><a href=x>y</a></footer></article>",
            ["content"] * 2,
        ),
        ("<main class=footer-page><p>words <a href=x>y</a></p></main>", ["content"]),
        ("<div class=comments-open><h1>t</h1><p>words <a href=x>y</a></p></div>", ["content"]),
        ("<div class=comment-list><article><p><a href=x>y</a></p></article></div>", ["comment"]),
        ("<p>a <a rel=author href=x>Ann</a></p>", ["author_bio"]),
        (
            "<h2>References</h2><ul><li><a href=x>y</a></ul><h2>More</h2><p><a href=x>z</a></p>",
            ["references", "content"],
        ),
        ("<p><a href=x class=references>y</a></p>", ["content"]),
        ("<template><a href=x>y</a></template><p><a href=x>z</a></p>", ["content"]),
        ("<nav hidden><a href=x>y</a></nav>", ["hidden"]),
        (
            "<main><p>A text that goes on for more than sixty characters, so that it is prose.</p>"
            "<p>Ann Lee is a freelance writer who lives by the sea, at <a href=x>her site</a>.</p></main>",
            ["author_bio"],
        ),
        (
            "<main><p>A text that goes on for more than sixty characters, so that it is prose.</p>"
            "<p>Acme Widgets is a maker of widgets since 1990, at <a href=x>its site</a>.</p></main>",
            ["content"],
        ),
        (
            "<main><p>A text that goes on for more than sixty characters, so that it is prose.</p>"
            "<h3>Das könnte Sie auch interessieren</h3><ul><li><a href=x>y</a></li></ul></main>",
            ["sidebar"],
        ),
        ("<table><tr><td><a href=x>y</a></table>", ["content"]),
    ],
)
def test_small_pages_each_with_one_trap(html: str, expected: list[str]) -> None:
    assert [each.placement for each in placements(html)] == expected


@pytest.mark.parametrize(
    "html",
    [
        "<div class='sidebar footer nav'>" * 3_000 + "<a href=x>y</a>",
        "<p>" + "word <a href=x>y</a> " * 20_000,
        "<div>" + "<b>x</b>" * 50_000 + "<a href=x>y</a></div>",
        "<div>" + "some words that go on for quite a while and then some more of them<br>" * 20_000,
        "<p class='" + "comment" * 10_000 + "'><a href=x>y</a>",
        "<p style='" + "color:red;" * 50_000 + "'><a href=x>y</a>",
        "<a href=x>" * 5_000,
        "<table><tr><td>" * 2_000 + "<a href=x>y</a>",
        "<p>Ann Lee is a writer <a href=x>y</a></p>" * 4_000,
    ],
    ids=[
        "deep",
        "many links",
        "many bold words",
        "one long block",
        "long class",
        "long style",
        "nested links",
        "tables",
        "bylines",
    ],
)
def test_a_hostile_page_costs_little_time(html: str) -> None:
    started = time.process_time()
    placements(html)
    assert time.process_time() - started < 6
