"""What the dialects of replies share: a body with the truth about it, and an answer's text with its links."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from random import Random

from tracker.sandbox.answers import WorldAnswer
from tracker.sandbox.prose import Passage
from tracker.sandbox.web import WebPage, number

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Cited:
    url: str
    start: int | None
    end: int | None
    title: str | None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A body, and the truth about it. `domains` differ from the URLs' where an engine hides them."""

    body: Json
    text: str
    cited: tuple[Cited, ...] = ()
    retrieved: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    cost_micro_usd: int | None = None


def instant(answer: WorldAnswer) -> int:
    return int(datetime.combine(answer.day, time(9), UTC).timestamp()) + answer.key % 3600


def ident_of(answer: WorldAnswer, salt: str = "") -> str:
    return f"{number(answer.key, salt):016x}{answer.key:016x}"


def plain_text(passages: Sequence[Passage]) -> str:
    return "".join(p.text + p.tail for p in passages).rstrip()


def tokens(text: str) -> int:
    return max(1, len(text) // 4)


def _tagged(url: str) -> str:
    head, hash_, tail = url.partition("#")
    return f"{head}{'&' if '?' in head else '?'}utm_source=openai{hash_}{tail}"


def linked_text(
    answer: WorldAnswer, link: Callable[[WebPage, int], tuple[str, str]], opening: str = " "
) -> tuple[str, list[tuple[WebPage, str, int, int]]]:
    """Text with a link after each passage; `link` gives (markup, url) for a page and its number."""
    out: list[str] = []
    at = 0
    links = []
    for passage in answer.passages:
        out.append(passage.text)
        at += len(passage.text)
        for i in passage.cites:
            page = answer.retrieved[i]
            markup, url = link(page, i)
            start = at + len(opening)
            out.append(opening + markup)
            at = start + len(markup)
            links.append((page, url, start, at))
        out.append(passage.tail)
        at += len(passage.tail)
    return "".join(out).rstrip(), links


def markdown(answer: WorldAnswer, tag: bool) -> tuple[str, tuple[Cited, ...]]:
    rng = Random(answer.key ^ 0x5EED)
    # The tag is missing from some addresses of the same answer, and labels are now and then whole titles.
    urls = [_tagged(p.url) if tag and rng.random() < 0.85 else p.url for p in answer.retrieved]
    labels = [p.title if rng.random() < 0.12 else p.domain for p in answer.retrieved]
    text, links = linked_text(answer, lambda _, i: (f"([{labels[i]}]({urls[i]}))", urls[i]))
    return text, tuple(Cited(url, start, end, page.title) for page, url, start, end in links)


def marked(answer: WorldAnswer) -> tuple[str, list[tuple[WebPage, int, int]]]:
    text, marks = linked_text(answer, lambda page, i: (f"[{i + 1}]", page.url), opening="")
    return text, [(page, start, end) for page, _, start, end in marks]


def results_of(answer: WorldAnswer) -> list[Json]:
    today = str(answer.day)
    return [
        {
            "title": p.title,
            "url": p.url,
            "date": f"{answer.day.year - 1}-{1 + len(p.url) % 12:02d}-{1 + len(p.title) % 28:02d}",
            "last_updated": today,
            "snippet": f"{p.title}. Page on {p.domain}.",
            "source": "web",
        }
        for p in answer.retrieved
    ]


def read_in_turn(answer: WorldAnswer) -> tuple[str, ...]:
    n = len(answer.searches)
    return tuple(p.url for i in range(n) for p in answer.retrieved[i::n])


def stretches(answer: WorldAnswer) -> tuple[list[tuple[str, tuple[int, ...]]], str]:
    """Stretches of text, a new one wherever the credit changes."""
    blocks: list[tuple[str, tuple[int, ...]]] = []
    pending = ""
    for p in answer.passages:
        if p.cites:
            if pending:
                blocks.append((pending, ()))
            blocks.append((p.text, p.cites))
            pending = p.tail
        else:
            pending += p.text + p.tail
    if pending.rstrip():
        blocks.append((pending.rstrip(), ()))
    return blocks, "".join(text for text, _ in blocks)
