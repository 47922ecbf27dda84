"""Where a link stands on its page: in the text, or in the furniture around it. HTML in, words out.

Evidence in order of strength: what cannot be seen; containers that say what they are (comments, reference
lists, author boxes); landmarks (nav, header, aside, footer, roles) and the class and id words that sites use
for them, the outermost winning, because a menu in a footer is footer; and, where a page says nothing (tables,
utility classes), where the prose is: a link beside the column of prose is sidebar, before it nav, after it
footer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tracker.links.pages.nodes import chain_of, names_of
from tracker.links.pages.unseen import is_unseen
from tracker.shipped import words_of

Placement = Literal[
    "content", "references", "author_bio", "comment", "nav", "sidebar", "footer", "hidden", "unknown"
]
"""`unknown` is for links of which only the address is known, from somebody's crawl."""
PLACEMENTS: tuple[str, ...] = get_args(Placement)

_MAX_TEXT = 400
_LONG = 60
_MAX_TEXTS = 100_000
_HALF = 0.5
_BOX = 600
"""Characters of a box about an author, at most."""
_NEAR = 30
"""Siblings that are looked at to know whether a paragraph ends the prose."""
_PROSE = frozenset(("p", "h1", "h2", "h3", "h4", "ul", "ol", "table", "blockquote"))
_LABELS = frozenset(("p", "div", "span", "dt"))


_WORDS = words_of("tracker.links.pages", "placement_words.yaml")


def _either(words: Sequence[str]) -> str:
    return "|".join(words).replace(" ", r"\s+")


def _tokens(kind: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{_either(_WORDS['tokens'][kind])})$", re.IGNORECASE)


def _heading(kind: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{_either(_WORDS['phrases'][kind])})\s*:?", re.IGNORECASE)


_COMMENT = _tokens("comment")
_REFERENCES = _tokens("references")
_AUTHOR = _tokens("author")
_NAV = _tokens("nav")
_SIDEBAR = _tokens("sidebar")
_FOOTER = _tokens("footer")
_REFERENCE_WORDS = _heading("references")
_AUTHOR_WORDS = _heading("author")
_MORE_WORDS = _heading("more")
_COMMENT_WORDS = re.compile(
    rf"(?:\d+\s+)?(?:{_either(_WORDS['phrases']['comment'])})(?:\s*\(?\d+\)?)?\s*:?", re.IGNORECASE
)
_NOT_FOOTER = re.compile(
    r"(?:entry|post|article|card|comment|modal|table|panel|story|section|quote|blockquote)[-_]+\w*foot",
    re.IGNORECASE,
)
_CALLOUT = re.compile(
    (
        r"(?:call-?out|note|pull-?quote|tip|admonition|warning|info-?box|key|summary|highlight|example|"
        r"quote|fact)"
    ),
    re.I,
)
_BYLINE_AT_END = re.compile(
    rf"""\W*(?:[Aa]bout\s+)?[A-ZÀ-ÞА-Я][\w.'’-]+(?:\s+[A-ZÀ-ÞА-Я][\w.'’-]+){{1,3}},?\s+
    (?:writes\s|covers\s|reports\s+on|has\s+written|schreibt\s|écrit\s|escribe\s|scrive\s|(?:is|was|ist|est|es|è)\s.{{0,60}}?\b(?i:{_either(_WORDS["professions"])}))""",
    re.VERBOSE,
)
_COLUMNS = re.compile(
    r"(?:row|columns?|flex|grid|cols?|layout|wrap(?:per)?|(?:[a-z]+:)?(?:flex|grid)(?:-row|-cols-\S+)?)$",
    re.I,
)
_NARROW = re.compile(
    r"(?:(?:[a-z]+:)?w-(?:1/[3-6]|1/12|[234]/12|\d\d|xs|sm)|col-(?:\w+-)?[1-4]|"
    r"(?:[a-z]+:)?col-span-[1-4]|span[1-4]|left|right|links|rechts|is-(?:narrow|3|4|one-quarter|"
    r"one-third)|large-[34])$"
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_UNREAD = frozenset(
    ("script", "style", "noscript", "template", "select", "option", "button", "textarea", "title")
)


@dataclass(frozen=True, slots=True)
class Placed:
    node: LexborNode
    placement: Placement


@dataclass(slots=True)
class _Weight:
    text: int = 0
    linked: int = 0
    links: int = 0
    prose: int = 0
    """Unlinked text outside comments: three words of an article under a hundred comments are still the
    article.
    """

    @property
    def density(self) -> float:
        return self.linked / self.text if self.text else float(self.links > 0)


@dataclass(slots=True)
class _Spot:
    node: LexborNode
    order: int
    heading: str
    heading_node: LexborNode | None


def placements(html: str, wanted: Callable[[str], bool] | None = None) -> list[Placed]:
    """Every link whose href `wanted` takes (all links without it), in the order of the page."""
    return place(LexborHTMLParser(html), wanted)


def place(tree: LexborHTMLParser, wanted: Callable[[str], bool] | None = None) -> list[Placed]:
    """The same for a parsed page, whose nodes are then the caller's own."""
    return PageLayout(tree, wanted).placed()


class PageLayout:
    """One walk over the page: text and link text under every element, the links, the heading above each."""

    def __init__(self, tree: LexborHTMLParser, wanted: Callable[[str], bool] | None) -> None:
        self.weights: dict[int, _Weight] = {}
        self.orders: dict[int, tuple[int, LexborNode]] = {}
        self.spots: list[_Spot] = []
        self.body = tree.body
        self.wanted = wanted
        self.known: dict[tuple[str, int], bool] = {}
        self.first_prose = self.last_prose = -1
        self.texts = 0
        self.main: LexborNode | None = None
        self.main_chain: list[LexborNode] = []
        if self.body is not None:
            self._walk(self.body)
            self._find_main(tree)

    def _walk(self, body: LexborNode) -> None:
        heading, above = "", None
        for order, node in enumerate(body.traverse(include_text=True, skip_empty=True)):
            tag = node.tag
            if tag == "-text":
                self._weigh(node, order)
            elif tag in _HEADINGS or (tag in ("summary", "strong", "b") and _alone(node)):
                heading, above = _words(node), node
            elif tag in _LABELS and (label := _label(node)):
                heading, above = label, node
            elif tag in ("a", "area"):
                href = node.attributes.get("href")
                if href is not None and (self.wanted is None or self.wanted(href)):
                    self.spots.append(_Spot(node, order, heading, above))

    def _weigh(self, text: LexborNode, order: int) -> None:
        size = len((text.text_content or "").strip())
        self.texts += 1
        if not size or self.texts > _MAX_TEXTS:
            return
        chain = chain_of(text.parent)
        if any(node.tag in _UNREAD for node in chain):
            return
        linked = any(node.tag == "a" for node in chain)
        prose = not linked and not any(self._is_comment(node) for node in chain)
        marks = size >= _LONG or any(node.tag in _HEADINGS for node in chain)
        if not linked and marks and not self._once("small", chain[0], _small_print):
            self.first_prose = order if self.first_prose < 0 else self.first_prose
            self.last_prose = order
        for node in chain:
            weight = self.weights.setdefault(node.mem_id, _Weight())
            weight.text += size
            weight.linked += size * linked
            weight.links += linked
            weight.prose += size * prose
            self.orders.setdefault(node.mem_id, (order, node))

    def _weight(self, node: LexborNode) -> _Weight:
        return self.weights.get(node.mem_id, _Weight())

    def _find_main(self, tree: LexborHTMLParser) -> None:
        candidates = tree.css("main, [role=main], [itemprop=articleBody]") or tree.css("article")
        if candidates:
            self.main = max(candidates, key=lambda node: self._prose(node))
        else:
            self.main = self._densest()
        self.main_chain = chain_of(self.main)

    def _prose(self, node: LexborNode) -> int:
        return self._weight(node).prose

    def _once(self, question: str, node: LexborNode, answer: Callable[[LexborNode], bool]) -> bool:
        key = question, node.mem_id
        if key not in self.known:
            self.known[key] = answer(node)
        return self.known[key]

    def _is_comment(self, node: LexborNode) -> bool:
        return self._once("comment", node, lambda n: n.tag != "body" and _any(_COMMENT, names_of(n)))

    def _has_title(self, node: LexborNode) -> bool:
        """Around the page's title: no box, whatever its classes say (`comments-open`, `single-author`)."""
        return self._once("title", node, lambda n: n.css_first("h1, main, [role=main]") is not None)

    def _densest(self) -> LexborNode | None:
        """The deepest block that holds most of the page's unlinked text."""
        assert self.body is not None
        total = self._prose(self.body)
        best: tuple[int, LexborNode] | None = None
        for _, node in self.orders.values():
            if node.tag in ("p", "li", "span", "b", "i", "em", "strong", "font", "blockquote"):
                continue
            if total >= 80 and self._prose(node) > 0.55 * total:
                depth = len(chain_of(node))
                if best is None or depth > best[0]:
                    best = depth, node
        return best[1] if best else None

    def placed(self) -> list[Placed]:
        return [Placed(spot.node, self.of(spot)) for spot in self.spots]

    def around(self, node: LexborNode) -> Placement:
        """Where a piece of text stands, by what stands around it."""
        chain = chain_of(node)
        if is_unseen(node, chain):
            return "hidden"
        return self._by_container(_Spot(node, 0, "", None), chain) or self._by_furniture(chain) or "content"

    def of(self, spot: _Spot) -> Placement:
        chain = chain_of(spot.node)
        if is_unseen(spot.node, chain):
            return "hidden"
        return (
            self._by_container(spot, chain)
            or self._by_furniture(chain)
            or self._by_heading(spot, chain)
            or self._by_prose(spot, chain)
        )

    def _by_container(self, spot: _Spot, chain: Sequence[LexborNode]) -> Placement | None:
        # The link's own class is left out: documentation tools call every link "reference".
        for node in chain[1:]:
            if node.tag in ("body", "html"):
                break
            role = (node.attributes.get("role") or "").lower()
            kind = node.attributes.get("itemtype") or ""
            names = names_of(node)
            if node.tag in ("main", "article") and not _any(_COMMENT, names):
                continue
            if self._has_title(node):
                continue
            if _any(_COMMENT, names) or kind.endswith(("/Comment", "/UserComments")):
                return "comment"
            if role in ("doc-endnotes", "doc-bibliography", "doc-footnote") or _any(_REFERENCES, names):
                return "references"
            if (_any(_AUTHOR, names) or node.attributes.get("itemprop") == "author") and _landmark(node) in (
                None,
                "sidebar",
            ):
                return "author_bio"
            if node.tag == "address" and not any(_landmark(outer) == "footer" for outer in chain):
                return "author_bio"
        rel = (spot.node.attributes.get("rel") or "").lower().split()
        return "author_bio" if "author" in rel and not self._by_furniture(chain) else None

    def _is_page(self, node: LexborNode) -> bool:
        """A wrapper around most of the prose is no box, whatever its classes say (`has-sidebar`,
        `comments-open`).
        """
        if self.body is None:
            return False
        if self.main is not None and node.mem_id != self.main.mem_id:
            inside = any(node.mem_id == outer.mem_id for outer in self.main_chain)
            if inside:
                return True
        return node.tag in ("main", "article") or self._prose(node) > _HALF * max(self._prose(self.body), 1)

    def _by_furniture(self, chain: Sequence[LexborNode]) -> Placement | None:
        """The outermost piece of furniture around the link."""
        article = next((i for i, node in enumerate(chain) if node.tag in ("article", "main")), None)
        placement: Placement | None = None
        for depth, node in enumerate(chain):
            if node.tag in ("body", "html"):
                break
            inside = article is not None and depth < article
            kind = self._landmark_here(node, inside) or self._named(node)
            placement = kind or placement
        return placement

    def _landmark_here(self, node: LexborNode, in_article: bool) -> Placement | None:
        kind = _landmark(node)
        if in_article and node.tag in ("header", "footer") and kind is not None:
            return None
        weight = self._weight(node)
        # A hero: the header of a landing page says what the page has to say.
        if node.tag == "header" and weight.prose >= 50 and weight.density < 0.3:
            return None
        if in_article and node.tag == "aside" and not _any(_SIDEBAR, names_of(node)):
            called = any(_CALLOUT.match(name) for name in names_of(node))
            return None if called or weight.density < _HALF else "sidebar"
        return kind

    def _named(self, node: LexborNode) -> Placement | None:
        names = names_of(node)
        if not names or self._is_page(node) or node.tag == "a":
            return None
        dense = self._weight(node).density >= _HALF
        if _any(_FOOTER, names) and not any(_NOT_FOOTER.match(name) for name in names):
            return "footer"
        if _any(_SIDEBAR, names):
            return "sidebar"
        # A menu is links; a restaurant's menu is not.
        return "nav" if dense and _any(_NAV, names) else None

    def _by_heading(self, spot: _Spot, chain: Sequence[LexborNode]) -> Placement | None:
        if self._is_byline(chain):
            return "author_bio"
        if not spot.heading:
            return None
        if self._outside(chain):
            near = _AUTHOR_WORDS.fullmatch(spot.heading) and self._near_heading(spot, chain)
            return "author_bio" if near else None
        if _MORE_WORDS.fullmatch(spot.heading) and self._is_list_of_links(chain):
            return "sidebar"
        if _REFERENCE_WORDS.fullmatch(spot.heading):
            return "references"
        if _AUTHOR_WORDS.fullmatch(spot.heading):
            return "author_bio"
        return "comment" if _COMMENT_WORDS.fullmatch(spot.heading) else None

    def _near_heading(self, spot: _Spot, chain: Sequence[LexborNode]) -> bool:
        """Whether link and heading share a box that holds little else."""
        around = {node.mem_id for node in chain_of(spot.heading_node)}
        box = next((node for node in chain if node.mem_id in around), None)
        if box is None or box.tag == "body" or any(box.mem_id == node.mem_id for node in self.main_chain):
            return False
        return self._weight(box).text <= _BOX

    def _is_list_of_links(self, chain: Sequence[LexborNode]) -> bool:
        block = next((node for node in chain if node.tag in ("ul", "ol", "div", "section", "p", "td")), None)
        return block is not None and self._weight(block).density >= _HALF

    def _is_byline(self, chain: Sequence[LexborNode]) -> bool:
        """The last paragraph of the prose, when it says who somebody is: the author of a guest post."""
        block = next((node for node in chain if node.tag in ("p", "div", "section", "td", "li")), None)
        if block is None or block.tag != "p" or self._weight(block).text > _BOX:
            return False
        if not _BYLINE_AT_END.match((block.text(deep=True) or "")[:_MAX_TEXT].strip()):
            return False
        return self._prose_beside(block, "prev") and not self._prose_beside(block, "next")

    def _prose_beside(self, block: LexborNode, step: Literal["prev", "next"]) -> bool:
        node = block
        for _ in range(_NEAR):
            node = getattr(node, step)
            if node is None:
                return False
            if node.tag in _PROSE and self._prose(node) >= _LONG:
                return True
        return False

    def _outside(self, chain: Sequence[LexborNode]) -> bool:
        return self.main is not None and all(node.mem_id != self.main.mem_id for node in chain)

    def _by_prose(self, spot: _Spot, chain: Sequence[LexborNode]) -> Placement:
        branch = self._branch(chain)
        if branch is not None and self._beside(branch):
            return "sidebar"
        edge = self._at_the_edge(spot, chain)
        if edge is not None:
            return edge
        if self.main is None or branch is None:
            return "content"
        if any(node.tag == "article" for node in chain):
            return "content"
        block = next((node for node in chain if node.tag in ("p", "td", "div", "section", "ul", "ol")), None)
        weight = self._weight(block) if block is not None else _Weight()
        if weight.text - weight.linked >= 140 and weight.density < 0.3 and not _small_print(block):
            return "content"
        start = self.orders.get(self.main.mem_id, (0, self.main))[0]
        return "nav" if spot.order < start else "footer"

    def _branch(self, chain: Sequence[LexborNode]) -> LexborNode | None:
        """The part of the page with the link, next to the part with the prose; None
        for a link in the prose.
        """
        if self.main is None or not self._outside(chain):
            return None
        main = {node.mem_id for node in self.main_chain}
        return next((chain[i - 1] for i, node in enumerate(chain) if i and node.mem_id in main), chain[0])

    def _at_the_edge(self, spot: _Spot, chain: Sequence[LexborNode]) -> Placement | None:
        """A bare row of links before everything or after everything, and small print."""
        if any(node.tag in ("main", "article", "li", "dd", "th") for node in chain):
            return None
        block = next((node for node in chain[1:] if node.tag in ("p", "div", "td", "span", "center")), None)
        if block is None or self.first_prose < 0:
            return None
        weight = self._weight(block)
        if spot.order > self.last_prose and _small_print(block):
            return "footer"
        if weight.links < 2 or weight.density < 0.75:
            return None
        if spot.order < self.first_prose:
            return "nav"
        return "footer" if spot.order > self.last_prose else None

    def _beside(self, branch: LexborNode) -> bool:
        """Whether a branch of the page and the branch with the prose are columns of one row."""
        if branch.tag in ("td", "th"):
            return True
        parent = branch.parent
        narrow = any(_NARROW.match(name) for name in names_of(branch))
        outer = names_of(parent) if parent is not None else []
        row = any(_COLUMNS.match(name) for name in outer) and not any(name.endswith("-col") for name in outer)
        return narrow or (
            row and parent is not None and parent.tag not in ("body", "html") and not _last(branch)
        )


def _any(pattern: re.Pattern[str], names: Sequence[str]) -> bool:
    return any(pattern.match(name) for name in names if len(name) <= 60)


def _landmark(node: LexborNode) -> Placement | None:
    role = (node.attributes.get("role") or "").lower()
    if node.tag in ("nav", "amp-sidebar") or role in ("navigation", "menu", "menubar", "banner", "search"):
        return "nav"
    if node.tag == "header":
        return "nav"
    if node.tag == "footer" or role == "contentinfo":
        return "footer"
    return "sidebar" if node.tag == "aside" or role == "complementary" else None


def _words(node: LexborNode) -> str:
    """A heading's text without its edit links, numbers and marks."""
    text = re.sub(r"\[.{0,40}?\]", " ", (node.text(deep=True) or "")[:_MAX_TEXT])
    return re.sub(r"^[\W\d_]+|[\s#¶:]+$", "", " ".join(text.split()))


def _label(node: LexborNode) -> str:
    """A line that is no heading in the markup but says what follows, such as <p class="bold">About the
    author</p>.
    """
    child = node.child
    if child is None or child.tag != "-text" or child.next is not None:
        return ""
    text = " ".join((child.text_content or "")[:80].split())
    if not 5 <= len(text) <= 40:
        return ""
    return text if _AUTHOR_WORDS.fullmatch(text) or _MORE_WORDS.fullmatch(text) else ""


def _alone(node: LexborNode) -> bool:
    """A bold line that stands for a heading: nothing else in its paragraph."""
    parent = node.parent
    if node.tag == "summary":
        return True
    if parent is None or parent.tag not in ("p", "div", "td", "section", "font", "center"):
        return False
    return 0 < len((node.text(deep=True) or "").strip()) <= 60 and _only(node)


def _only(node: LexborNode) -> bool:
    for step in ("prev", "next"):
        other = getattr(node, step)
        while other is not None:
            if other.tag != "br" and (other.text(deep=True) or other.text_content or "").strip():
                return False
            other = getattr(other, step)
    return True


def _last(branch: LexborNode) -> bool:
    node = branch.next
    while node is not None:
        if node.tag not in ("-text", "-comment", "script", "style", "noscript"):
            return False
        node = node.next
    return True


def _small_print(node: LexborNode | None) -> bool:
    text = (node.text(deep=True) or "")[:2_000].lower() if node is not None else ""
    return "©" in text or "copyright" in text or "all rights reserved" in text
