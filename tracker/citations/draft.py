"""The common end of every reader: occurrences → the frozen reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.citations.publisher import publisher
from tracker.citations.results import CUT_OFF, Kind, Problem, ReadCitation, Reading, Shape, Usage
from tracker.citations.text import markers, thinking_end
from tracker.citations.values import string, word
from tracker.domains.written import written_urls

WEB = ("http://", "https://")


@dataclass(slots=True)
class Occurrence:
    """A page once, before it is numbered."""

    url: str
    title: str | None = None
    start: int | None = None
    end: int | None = None
    named_domain: str | None = None


@dataclass(slots=True)
class Draft:
    """What a reader collects; `reading()` numbers, names domains and adds what is only written."""

    shape: Shape
    engine_model: str | None = None
    text: str = ""
    search_used: bool | None = None
    searches: list[str] = field(default_factory=list)
    cited: list[Occurrence] = field(default_factory=list)
    retrieved: list[Occurrence] = field(default_factory=list)
    stop: str | None = None
    problem: Problem | None = None
    detail: str | None = None
    usage: Usage = field(default_factory=Usage)
    # URLs before it are no part of the answer (commentary between searches; a model thinking aloud likewise).
    answer_start: int = 0
    warnings: list[str] = field(default_factory=list)

    def fail(self, problem: Problem, detail: str | None = None) -> None:
        """The first problem stands; a later one would only describe its consequence."""
        if self.problem is None:
            self.problem, self.detail = problem, detail

    def cite(self, url: Any, title: Any = None, start: int | None = None, end: int | None = None) -> None:
        address = word(url)
        if address is None:
            self.warnings.append("a citation without a URL")
            return
        self.cited.append(Occurrence(address, string(title), start, end))

    def retrieve(self, url: Any, title: Any = None) -> None:
        address = word(url)
        if address is not None:
            self.retrieved.append(Occurrence(address, string(title)))

    def cite_markers(self, pages: Mapping[int, Occurrence]) -> None:
        """`[n]` in the text → page n; a number that is on no list is counted, not guessed.

        A marker that itself links somewhere else is only a link.
        """
        stray = 0
        for marker in markers(self.text):
            page = pages.get(marker.number)
            if marker.url is not None and (page is None or page.url != marker.url):
                continue
            if page is None:
                stray += 1
            else:
                self.cited.append(
                    Occurrence(page.url, page.title, marker.start, marker.end, page.named_domain)
                )
        if stray and pages:
            self.warnings.append(f"{stray} marker(s) point beyond the list of {len(pages)} pages")

    def search(self, query: Any) -> None:
        text = word(query)
        if text is not None:
            self.searches.append(text)

    def reading(self) -> Reading:
        cut_off = (self.stop or "").lower() in CUT_OFF
        if not self.text.strip() and self.stop != NOT_SHOWN:
            reason = f"{self.stop}: the limit was used up before the answer began" if cut_off else NO_TEXT
            self.fail("empty", reason)
        elif cut_off:
            self.fail("cut off", f"the answer ends at a limit: {self.stop}")
        answer_start = max(self.answer_start, thinking_end(self.text))
        return Reading(
            shape=self.shape,
            engine_model=self.engine_model,
            search_used=self.search_used,
            text=self.text,
            searches=tuple(self.searches),
            citations=(
                *_numbered(self.cited, "cited"),
                *_numbered(self.retrieved, "retrieved"),
                *_numbered(_only_written(self.text, self.cited, answer_start), "written"),
            ),
            stop=self.stop,
            problem=self.problem,
            usage=self.usage,
            detail=self.detail,
            warnings=tuple(dict.fromkeys(self.warnings)),
        )


NOT_SHOWN = "not_shown"
NO_TEXT = "the reply holds no answer text"


def _numbered(occurrences: list[Occurrence], kind: Kind) -> list[ReadCitation]:
    return [_citation(page, kind, position) for position, page in enumerate(occurrences, start=1)]


def _citation(page: Occurrence, kind: Kind, position: int) -> ReadCitation:
    domain, domain_from = publisher(page.url, page.named_domain, page.title)
    return ReadCitation(page.url, kind, position, page.start, page.end, page.title, domain, domain_from)


def _only_written(text: str, cited: list[Occurrence], answer_start: int) -> list[Occurrence]:
    """URLs standing in the text that no citation covers.

    A citation with a span covers the URLs inside it; one without covers its URL everywhere.
    """
    spans = sorted((page.start, page.end) for page in cited if page.start is not None and page.end)
    without_span = {page.url for page in cited if page.start is None or not page.end}
    ends: list[int] = []
    for _, end in spans:
        ends.append(max(end or 0, ends[-1] if ends else 0))
    uncovered, begun = [], 0
    for written in written_urls(text):
        while begun < len(spans) and (spans[begun][0] or 0) <= written.start:
            begun += 1
        covered = begun > 0 and ends[begun - 1] >= written.end
        if not covered and written.url not in without_span and written.start >= answer_start:
            uncovered.append(Occurrence(written.url, None, written.start, written.end))
    return uncovered
