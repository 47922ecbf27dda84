"""An answer as markup: Markdown is laid out; nothing of it runs, loads or leads anywhere but to the web."""

from __future__ import annotations

from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from dashboard import marked
from dashboard.data import AnswerView, NamedSpan
from dashboard.widgets import Safe
from tests.dashboard.worlds import HOSTILE
from tests.facts import MONDAY
from tracker.models import Answer, Citation


def view(text: str, names: Any = (), cited: Any = ()) -> AnswerView:
    """`names` are (text, brand, own), `cited` (position, the passage or where it ends)."""
    answer = Answer(
        workspace_id=1,
        prompt_id=1,
        engine_id=1,
        fingerprint="x",
        asked_at=MONDAY,
        week=MONDAY.date(),
        text=text,
    )
    spans = tuple(NamedSpan(text.index(n), text.index(n) + len(n), brand, own) for n, brand, own in names)
    citations = tuple(
        Citation(
            workspace_id=1,
            answer_id=1,
            kind="cited",
            position=position,
            start=text.index(passage),
            end=text.index(passage) + len(passage),
            url="https://a.example/",
        )
        for position, passage in cited
    )
    return AnswerView(answer, spans, citations, ())


HARMFUL = {
    "a script": "<script>alert(1)</script>",
    "a handler": '<img src=x onerror="alert(1)"> <svg/onload=alert(1)>',
    "a block of html": "<div style='position:fixed'>\n<a href='https://x.example'>x</a>\n</div>",
    "a script's address": "[a](javascript:alert(1)) <javascript:alert(1)> [b](JaVaScRiPt:alert(1))",
    "an address in entities": "[a](&#106;avascript:alert(1)) [b](java\tscript:alert(1))",
    "data": "[a](data:text/html;base64,PHNjcmlwdD4=) [b](vbscript:x)",
    "another place here": "[a](/settings) [b](//x.example) [c](answers?id=1) [d](#top)",
    "a file": "[a](file:///etc/passwd) [b](ftp://x.example/)",
    "a picture that tells": "![seen](https://track.example/p.png?who=1) ![r][p]\n\n[p]: https://track.example/q.png",
    "a title that breaks out": "[a](https://x.example '\" onmouseover=alert(1) x=\"')",
    "an address that breaks out": '[a](<https://x.example/" onmouseover="alert(1)>)',
    "a fence": "```html onload=alert(1)\n</pre><script>alert(1)</script>\n```",
    "a table": "| a |\n|---|\n| <script>alert(1)</script> |",
    "signs of ours": "\ue000\ue001\ue100\ue101 **x** \uf8ff \ue003",
    "deep nesting": ">" * 400 + " x" + "*" * 400,
    "all of it": HOSTILE,
}
ALLOWED = {
    "div",
    "p",
    "strong",
    "em",
    "ul",
    "ol",
    "li",
    "a",
    "code",
    "pre",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
}
ALLOWED |= {"td", "mark", "span", "sup", "br", "hr", "blockquote", "s", "i", "small", "b"}


@pytest.mark.parametrize("text", HARMFUL.values(), ids=HARMFUL.keys())
def test_harmful_text_is_only_text(text: str) -> None:
    made = marked.answer(view(text, cited=[(1, text[:5])]), {1: Safe("<b>note</b>")})
    tree = LexborHTMLParser(made)
    for node in tree.root.css("body *") if tree.root else ():
        assert node.tag in ALLOWED, node.html
        named = set(node.attributes)
        assert named <= {"class", "href", "title", "target", "rel", "tabindex", "role", "aria-label"}, (
            node.html
        )
        if node.tag == "a":
            assert (node.attributes["href"] or "").startswith(("https://", "http://", "source?d=")), node.html
            if node.attributes["class"] == "cl-door":
                continue
            assert node.attributes["rel"] == "noopener noreferrer nofollow"


def test_brands_and_passages_are_marked_through_markdown() -> None:
    text = (
        "## Best\n\n- **Norvane** is fine, see [its page](https://norvane.com/crm?q=Norvane).\n"
        "- Oltera & others\n\n| tool | cost |\n|---|---|\n| Oltera | 3 |"
    )
    bold = "**Norvane** is fine, see [its page](https://norvane.com/crm?q=Norvane)."
    names = [("Norvane", "Norvane", True), ("Oltera &", "Oltera", False)]
    made = marked.answer(view(text, names, [(1, "- " + bold), (2, "Oltera & others")]), {1: Safe("<i>n</i>")})
    tree = LexborHTMLParser(made)
    assert [(m.text(), m.attributes["class"]) for m in tree.css("mark")] == [
        ("Norvane", "own"),
        ("Oltera &", ""),
    ]
    assert [m.parent.parent.tag for m in tree.css("mark.own") if m.parent and m.parent.parent] == ["strong"]
    hrefs = [(a.attributes["class"], a.attributes["href"]) for a in tree.css("a")]
    assert hrefs == [
        ("cl-door", "source?d=norvane.com"),
        ("cl-out", "https://norvane.com/crm?q=Norvane"),
    ]
    assert len(tree.css("ul li")) == 2
    assert [td.text() for td in tree.css("td")] == ["Oltera", "3"]
    assert [s.text() for s in tree.css("sup")] == ["1n", "2"]
    assert "".join(s.text() for s in tree.css(".said")).startswith("Norvane is fine, see its page.")
    assert not tree.css("h1, h2, h3")


def test_a_citation_at_the_end_of_a_line_breaks_no_list() -> None:
    text = "Try these:\n1. One\n2. Two\n"
    made = marked.answer(view(text, cited=[(1, "1. One\n"), (2, "2. Two\n")]))
    tree = LexborHTMLParser(made)
    assert [li.text() for li in tree.css("ol li")] == ["One1", "Two2"]


def test_searches_say_which_topics_they_are_about_and_what_nobody_tracks() -> None:
    assert marked.covered(["crm", None, "crm", "pricing"]) == (
        "Of 4 searches, 3 on topics of yours: crm 2, pricing 1. "
        "1 on none: questions to add, if buyers ask them."
    )
    assert marked.covered([None]) == "None of 1 search is about a topic of yours."
    assert marked.covered(["a"]) == "Of 1 search, 1 on topics of yours: a 1."
