"""One answer as markup: brands and cited passages marked in its text, and the facts of how it was asked.
Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from analysis.searches import Search
from dashboard import charts, strings, widgets
from dashboard.data import AnswerView, JudgedView, SourceNote
from tracker import domains, numbers
from tracker.models import Citation

words = strings.AnswersPage


# What the text gets before it is read as Markdown, and loses again: signs of a private area of Unicode, which
# no text keeps. They say where a brand's name or a cited passage begins and ends, and which citation stands
# here.
BRAND, PASSAGE, END_BRAND, END_PASSAGE = "\ue000", "\ue001", "\ue002", "\ue003"
FIRST, MOST = 0xE100, 2_000
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_HEAD = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)]|#{1,6}|>|\|)[ \t]+")
"""What begins a line of a list, a heading, a quotation or a table: a sign before it would undo it."""
_SIGN = re.compile("([\ue000-\ue003]|[\ue100-\uf8ff])")


def answer(view: AnswerView, notes: Mapping[int, widgets.Safe] | None = None) -> widgets.Safe:
    """The text as Markdown, safely: no HTML of its own, no picture, links to the web alone. Brands and cited
    passages are marked, and `notes` says by position what a citation shows when it is pointed at."""
    signed = _signed(view)
    inner = _markdown().render(signed.text, {"view": view, "notes": notes or {}, "signed": signed})
    return widgets.Safe(f'<div class="cl-answer">{inner}</div>')


@dataclass(frozen=True)
class _Signed:
    text: str
    names: tuple[tuple[str, bool], ...]
    """Brand and whether it is the own one, in the order of their signs."""
    cites: tuple[tuple[int, ...], ...]
    """Positions of the citations at each sign."""


def _signed(view: AnswerView) -> _Signed:
    text = _PRIVATE.sub("\ufffd", view.answer.text)
    passages = sorted(
        {
            (c.start, c.end, c.position)
            for c in view.citations
            if c.kind == "cited" and _inside(c.start, c.end, text)
        }
    )
    signs: list[tuple[int, int, str]] = []
    for span in view.spans:
        signs += [(span.start, 2, BRAND), (span.end, 1, END_BRAND)]
    ends: dict[int, list[int]] = {}
    for start, end, position in passages:
        if start is None or end is None:
            continue
        ends.setdefault(end, []).append(position)
        if start < end:
            signs += [(_after_head(text, start), 2, PASSAGE), (_before_break(text, end), 0, END_PASSAGE)]
    cites = sorted(ends.items())[:MOST]
    signs += [(_before_break(text, at), 1, chr(FIRST + n)) for n, (at, _) in enumerate(cites)]
    pieces, last = [], 0
    for at, _, sign in sorted(signs):
        pieces += [text[last:at], sign]
        last = at
    names = tuple((s.brand, s.own) for s in sorted(view.spans, key=lambda s: s.start))
    return _Signed("".join([*pieces, text[last:]]), names, tuple(tuple(sorted(p)) for _, p in cites))


def _inside(start: int | None, end: int | None, text: str) -> bool:
    return start is not None and end is not None and 0 <= start <= end <= len(text)


def _after_head(text: str, at: int) -> int:
    while (at == 0 or text[at - 1] in "\n \t") and (head := _HEAD.match(text, at)):
        at = head.end()
    return at


def _before_break(text: str, at: int) -> int:
    while at > 0 and text[at - 1].isspace():
        at -= 1
    return at


class _Answer(MarkdownIt):
    """CommonMark with tables, whose links lead to the web or are text."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False})
        self.enable(["table", "strikethrough"])
        for name, rule in _RULES.items():
            self.add_render_rule(name, rule)

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        return super().normalizeLink(_SIGN.sub("", url))

    def validateLink(self, url: str) -> bool:  # noqa: N802
        return re.match(r"https?://[^\s/]", _SIGN.sub("", url), re.I) is not None


@cache
def _markdown() -> MarkdownIt:
    return _Answer()


def _text(_: Any, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
    return _marked(tokens[at].content, env)


def _code(_: Any, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
    return f"<code>{_marked(tokens[at].content, env)}</code>"


def _block(_: Any, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
    return f"<pre>{_marked(tokens[at].content, env)}</pre>"


def _image(_: Any, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
    """Only what it says it shows: fetching it would tell somebody who reads this."""
    return f"<i>{_marked(tokens[at].content, env)}</i>"


def _heading(*_: Any) -> str:
    """A heading of theirs is none of the page's."""
    return '<p class="cl-said-head">'


def _end_of_heading(*_: Any) -> str:
    return "</p>"


def _break(*_: Any) -> str:
    return "<br>"


def _link(_: Any, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
    """What it calls a site opens our page of the site; the arrow behind it leaves."""
    url = str(tokens[at].attrGet("href") or "")
    env["out"] = ""
    found = domains.try_parse(url)
    if found is None:
        href = widgets.text(url)
        return f'<a href="{href}" title="{href}" target="_blank" rel="noopener noreferrer nofollow">'
    env["out"] = widgets.out(url)
    ours = widgets.text(widgets.address("source", d=found.domain))
    return f'<a class="cl-door" href="{ours}" title="{widgets.text(url)}">'


def _end_of_link(_: Any, _tokens: Sequence[Token], _at: int, _options: Any, env: Any) -> str:
    return f"</a>{env.pop('out', '')}"


_RULES = {
    "text": _text,
    "code_inline": _code,
    "code_block": _block,
    "fence": _block,
    "link_open": _link,
    "link_close": _end_of_link,
    "image": _image,
    "softbreak": _break,
    "heading_open": _heading,
    "heading_close": _end_of_heading,
}


def _marked(content: str, env: Any) -> str:
    """One run of text: escaped, with its marks; what is open at its end goes on in the next run."""
    signed: _Signed = env["signed"]
    out = []
    for piece in _SIGN.split(content):
        if piece == BRAND:
            env["brand"] = env.get("names", 0)
            env["names"] = env["brand"] + 1
        elif piece == END_BRAND:
            env["brand"] = None
        elif piece in (PASSAGE, END_PASSAGE):
            env["passages"] = env.get("passages", 0) + (1 if piece == PASSAGE else -1)
        elif piece and ord(piece[0]) >= FIRST and _SIGN.fullmatch(piece):
            out.append(_cite(signed.cites[ord(piece) - FIRST], env["notes"]))
        elif piece:
            out.append(_run(piece, env, signed))
    return "".join(out)


def _run(piece: str, env: Any, signed: _Signed) -> str:
    inner: str = widgets.text(piece)
    brand = env.get("brand")
    if brand is not None and brand < len(signed.names):
        name, own = signed.names[brand]
        inner = f'<mark class="{"own" if own else ""}" title="{widgets.text(name)}">{inner}</mark>'
    return f'<span class="said">{inner}</span>' if env.get("passages", 0) > 0 else inner


def _cite(positions: Sequence[int], notes: Mapping[int, widgets.Safe]) -> str:
    """The citations that stand here; each shows its note when it is pointed at or focused."""
    each = (
        f'<span class="cl-cite" tabindex="0">{n}<span class="cl-note" role="note">{note}</span></span>'
        if (note := notes.get(n))
        else str(n)
        for n in positions
    )
    return f"<sup>{','.join(each)}</sup>"


def plain(sentence: str) -> str:
    """A sentence without the marks of Markdown."""
    words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", sentence)
    return re.sub(r"(\*\*|__|`)", "", words)


def key() -> widgets.Safe:
    marks = (
        (f"background:{charts.ACCENT};opacity:.45", words.KEY_OWN),
        (f"background:{charts.QUIET};opacity:.45", words.KEY_RIVAL),
        (f"background:{charts.OTHER};height:.18rem;vertical-align:.16rem", words.KEY_CITED),
    )
    keys = "".join(f'<span><i style="{style}"></i>{meaning}</span>' for style, meaning in marks)
    return widgets.Safe(f'<div class="cl-key">{keys}</div>')


def notes(view: AnswerView, known: Mapping[str, SourceNote]) -> dict[int, widgets.Safe]:
    """What each citation shows when it is pointed at: its page, and its site's links and lift."""
    return {
        c.position: widgets.Safe(f"<b>{widgets.text(c.title or _short(c.url))}</b>{_source(view, c, known)}")
        for c in view.citations
        if c.kind == "cited"
    }


def _short(url: str) -> str:
    """An address as people say it."""
    return re.sub(r"^https?://(www\.)?", "", url, flags=re.I).rstrip("/")


def _source(view: AnswerView, citation: Citation, known: Mapping[str, SourceNote]) -> widgets.Safe:
    site = view.sites.get(citation.id or 0, "")
    note = known.get(site)
    parts: list[object] = [widgets.door("source", site, d=site) if "/" not in site else site]
    if note is not None:
        kind = "own" if note.own else "rivals" if note.rivals else "none"
        parts.append(words.SOURCE_LINKS[kind].format(rivals=", ".join(note.rivals[:3])))
        if note.row is not None and note.row.lift is not None:
            span = numbers.points_range(note.row.low, note.row.high)
            row = {"lift": numbers.points(note.row.lift), "span": span, "verdict": note.row.verdict}
            parts.append(words.SOURCE_LIFT.format(**row))
            if note.timing:
                parts.append(words.SOURCE_TIMING.format(verdict=note.timing))
    return widgets.Safe("".join(f"<small>{widgets.text(part)}</small>" for part in parts))


def named(view: AnswerView, here: widgets.Here) -> widgets.Safe:
    """Who is named, in order; and whether the own brand is."""
    places = sorted((p, brand, own) for brand, own, p, stance in view.mentions if stance != "absent")
    mine = next((p for p, _, own in places if own), None)
    said = (
        words.YOU_NOT.format(brand=here.brand)
        if mine is None
        else words.YOU_NAMED.format(brand=here.brand, n=mine)
    )
    each = "".join(
        f'<li>{p}. <span class="{"cl-you" if own else ""}">{widgets.text(brand)}</span></li>'
        for p, brand, own in places
    )
    tone = "quiet" if mine is None else "good"
    return widgets.Safe(f"<p>{widgets.badge(said, tone)}</p><ul class='cl-list'>{each}</ul>")


def cited(view: AnswerView, mine: Sequence[Citation], known: Mapping[str, SourceNote]) -> widgets.Safe:
    """Citations as a list: the title, our page of the answers that cite the site, the way out."""
    lines = []
    for c in mine:
        title = widgets.join(f"{c.position}. {c.title or _short(c.url)}", widgets.out(c.url))
        lines.append(f"<li>{title}{_source(view, c, known)}</li>")
    return widgets.Safe(f'<ul class="cl-list">{"".join(lines)}</ul>')


def searches(found: Sequence[Search]) -> list[tuple[object, ...]]:
    """Each search, and the topic of one's own that it is about."""
    nobody = widgets.badge(words.UNTRACKED)
    return [
        (one.query, widgets.door("answers", one.topic, topic=one.topic) if one.topic else nobody)
        for one in found
    ]


def covered(topics: Sequence[str | None]) -> str:
    """How many searches are about topics of one's own, and which."""
    mine = Counter(topic for topic in topics if topic)
    parts = ", ".join(f"{topic} {n}" for topic, n in mine.most_common())
    untracked = len(topics) - mine.total()
    said = words.COVERED if mine else words.COVERED_NONE
    said += words.UNCOVERED if mine and untracked else ""
    of = numbers.counted(len(topics), "search", "searches")
    return said.format(n=mine.total(), of=of, topics=parts, untracked=untracked)


def facts(view: AnswerView, engine: str) -> widgets.Safe:
    def one(name: str, value: object) -> str:
        return f"<div><dt>{words.FACT_NAMES[name]}</dt><dd>{widgets.text(value)}</dd></div>"

    return widgets.Safe(
        f'<dl class="cl-facts">{"".join(one(name, value) for name, value in _facts(view, engine))}</dl>'
    )


def _facts(view: AnswerView, engine: str) -> Iterator[tuple[str, object]]:
    a = view.answer
    yield "at", numbers.moment(a.asked_at)
    yield "engine", engine
    yield "surface", a.surface
    yield "model", a.model or numbers.UNKNOWN
    yield "served", a.served_model or numbers.UNKNOWN
    yield "searched", words.YES_NO[a.search_used]
    if a.searches:
        yield "searches", "; ".join(a.searches)
    yield "cost", numbers.money(a.cost_micros)
    yield "tokens", f"{numbers.count(a.input_tokens)} / {numbers.count(a.output_tokens)}"
    if a.stop:
        yield "stop", a.stop
    if a.problem:
        yield "problem", a.problem
    for name, stance in (("named", "named"), ("absent", "absent")):
        brands = [brand for brand, _, _, s in view.mentions if s == stance]
        if brands or name == "named":
            yield name, ", ".join(brands) or numbers.UNKNOWN
    if view.judged:
        yield "judged", ", ".join(f"{brand}: {stance}" for brand, stance in view.judged.stances)
        yield "judge", _judge(view.judged)


def _judge(judged: JudgedView) -> str:
    name = words.JUDGE.format(model=judged.judge.model, version=judged.judge.prompt_version)
    agreement = judged.measured
    if agreement is None:
        return name + words.UNMEASURED
    kappa = numbers.UNKNOWN if agreement.kappa.estimate is None else f"{agreement.kappa.estimate:.2f}"
    span = numbers.percent_range(agreement.agreed.low, agreement.agreed.high, 0)
    return name + words.AGREES.format(
        share=numbers.percent(agreement.agreed.estimate, 0), span=span, n=agreement.agreed.n, kappa=kappa
    )
