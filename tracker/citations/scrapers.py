"""Answers of the products themselves, as services read them off: Bright Data, Oxylabs, Cloro, Apify.

After their documentation and public clients of September to November 2026; each reader says what the service
calls a source. Offsets are none of theirs: links and markers in the text give the places.
"""

from __future__ import annotations

from typing import Any

from tracker.citations.draft import NOT_SHOWN, Draft, Occurrence
from tracker.citations.panel import SourcePanel, cite_panel, pages_of
from tracker.citations.results import Usage
from tracker.citations.values import at, items, record, records, string, word, words

_ADDRESS = ("url", "link", "href")
_NAME = ("title", "label", "text", "name")


def _first_text(holder: dict[str, Any], *keys: str) -> str:
    return next((text for text in (string(holder.get(key)) for key in keys) if text and text.strip()), "")


def _finish(draft: Draft, panel: SourcePanel, searched: Any = None) -> None:
    """`searched` is the service's own word, which says no more than its sources and queries do."""
    cite_panel(draft, panel)
    draft.search_used = bool(draft.cited or draft.retrieved or draft.searches) or (
        searched if isinstance(searched, bool) else None
    )
    draft.usage = Usage(searches_billed=1)


def read_brightdata(body: dict[str, Any]) -> Draft:
    """One record of a data set: `citations` are the sources panel (`cited: false` only stands under "more"),
    `links_attached` the links in the answer, `search_sources` what the search brought."""
    draft = Draft("brightdata", engine_model=word(body.get("model")))
    draft.text = _first_text(body, "answer_text_markdown", "answer_text")
    for query in [
        *words(body.get("web_search_query")),
        *words(at(body, "metadata", "search_model_queries", "queries")),
    ]:
        draft.search(query)
    panel = SourcePanel()
    for entry in [*records(body.get("citations")), *records(body.get("sources"))]:
        listed = panel.more if entry.get("cited") is False else panel.shown
        listed += pages_of(entry, _ADDRESS, _NAME)
    panel.more += pages_of(body.get("search_sources"), _ADDRESS, _NAME)
    for entry in records(body.get("links_attached")):
        panel.labelled += [(word(entry.get("text")), page) for page in pages_of(entry, _ADDRESS, ("title",))]
    _finish(draft, panel, body.get("web_search_triggered"))
    error = word(body.get("error")) or word(body.get("warning"))
    if error is not None and not draft.text.strip():
        draft.stop = word(body.get("error_code")) or word(body.get("warning_code"))
        draft.fail("error", error)
    return draft


_PARSED = 12_000
"""Oxylabs: the page was parsed; other codes of the range say what is missing."""


def read_oxylabs(body: dict[str, Any]) -> Draft:
    """A job's result: ChatGPT's `citations` and `links`, Perplexity's sources tab, AI Mode's citations with
    the words they stand behind, or the overviews of a result page."""
    result = next(iter(records(body.get("results"))), {})
    content = record(result.get("content"))
    draft = Draft("oxylabs", engine_model=word(content.get("llm_model")) or word(content.get("model")))
    draft.text = _first_text(content, "markdown_text", "answer_results_md", "response_text", "answer_text")
    for query in [*words(content.get("search_queries")), *words(content.get("web_search_queries"))]:
        draft.search(query)
    panel = SourcePanel()
    for entry in records(content.get("citations")):
        pages = pages_of(entry, _ADDRESS, ("title", "text", "name"))
        panel.shown += pages
        behind = [Occurrence(url) for url in words(entry.get("urls"))]
        panel.labelled += [(word(entry.get("text")), page) for page in behind]
    panel.shown += pages_of(at(content, "additional_results", "sources_results")) or pages_of(
        content.get("top_sources")
    )
    for entry in records(content.get("links")):
        panel.labelled += [(word(entry.get("text")), page) for page in pages_of(entry, _ADDRESS, ("title",))]
    overviews = records(at(content, "results", "ai_overviews")) or records(content.get("ai_overviews"))
    for overview in overviews:
        _read_oxylabs_overview(draft, overview, panel)
    _finish(draft, panel)
    _judge_oxylabs(draft, result, content, bool(overviews))
    return draft


def _read_oxylabs_overview(draft: Draft, overview: dict[str, Any], panel: SourcePanel) -> None:
    lines = []
    for answer in items(overview.get("answer_text")):
        fragments = [string(part.get("text")) or "" for part in records(at(answer, "fragments"))]
        lines.append(string(answer) or "".join(fragments))
    text = "\n".join(line for line in lines if line.strip()) or _first_text(overview, "markdown", "text")
    draft.text += ("\n" if draft.text and text else "") + text
    sources = at(overview, "source_panel", "items") or overview.get("source_panel")
    panel.shown += pages_of(sources, _ADDRESS, _NAME)


def _judge_oxylabs(draft: Draft, result: dict[str, Any], content: dict[str, Any], overview: bool) -> None:
    """Statuses are HTTP's, and 12000 and more for the parser."""
    status, parsed = result.get("status_code"), content.get("parse_status_code")
    draft.stop = str(status) if isinstance(status, int) and status != 200 else None
    if isinstance(status, int) and status >= 400:
        draft.fail("error", f"the service could not read the page: status {status}")
    elif not draft.text.strip() and isinstance(at(content, "results"), dict) and not overview:
        draft.stop, draft.search_used = NOT_SHOWN, True
    elif not draft.text.strip() and parsed not in (None, _PARSED):
        draft.fail("error", f"the service could not parse the page: status {parsed}")


def read_cloro(body: dict[str, Any]) -> Draft:
    """`citationPills` are the chips behind sentences, `sources` the panel, whose `footnote` ones stand under
    "more"; an overview that Google did not show is null."""
    answer = _cloro_answer(body)
    draft = Draft("cloro", engine_model=word(answer.get("model")))
    draft.text = _first_text(answer, "markdown", "text", "response")
    for key in ("searchQueries", "search_model_queries"):
        for query in words(answer.get(key)):
            draft.search(query)
    pills = pages_of(answer.get("citationPills"), _ADDRESS, ("label", "title"))
    sources = records(answer.get("sources"))
    more = [entry for entry in sources if entry.get("footnote") is True]
    panel = SourcePanel(
        shown=pages_of([entry for entry in sources if entry not in more], _ADDRESS, ("label",)),
        more=pages_of(more, _ADDRESS, ("label",)),
        labelled=[(None, page) for page in pills],
    )
    _finish(draft, panel)
    status = word(at(body, "task", "status")) or word(body.get("status"))
    draft.stop = status if status not in ("COMPLETED", "completed", "success") else None
    error = at(body, "response", "error") or body.get("error")
    if error or status in ("FAILED", "failed"):
        draft.fail("error", word(at(error, "message")) or word(error) or status)
    elif status in ("QUEUED", "PROCESSING", "pending"):
        draft.fail("pause", f"the task is {status.lower()}")
    elif _overview_of(body, "aioverview") is None and not draft.text.strip():
        draft.stop, draft.search_used = NOT_SHOWN, True
    return draft


def _cloro_answer(body: dict[str, Any]) -> dict[str, Any]:
    holder = record(body.get("result")) or record(body.get("response"))
    return record(holder.get("aioverview")) if "aioverview" in holder else holder


def _overview_of(body: dict[str, Any], name: str) -> Any:
    """The overview of a result page; anything but None where the reply is no result page."""
    holder = record(body.get("result")) or record(body.get("response"))
    return holder.get(name) if name in holder else holder


APIFY_ANSWERS = (
    "chatGptSearchResult",
    "perplexitySearchResult",
    "geminiSearchResult",
    "copilotSearchResult",
    "aiModeResult",
    "aiOverview",
)


def read_apify(body: dict[str, Any]) -> Draft:
    """One item of an Actor's data set: Apify's own put the answer under the product's name; ChatGPT's sources
    say in which part of the panel they stand."""
    key = next((name for name in APIFY_ANSWERS if body.get(name)), None)
    answer = record(body.get(key)) if key else body
    draft = Draft("apify", engine_model=word(answer.get("model")) or word(body.get("model")))
    draft.text = _first_text(
        answer, "markdown", "answer_markdown", "text", "content", "answer_text", "answer", "response"
    )
    for name in ("queryFanOut", "searchQueries", "search_queries"):
        for query in words(answer.get(name)):
            draft.search(query)
    panel = SourcePanel()
    for entry in [*records(answer.get("sources")), *records(answer.get("citations"))]:
        under_more = (word(entry.get("section")) or "").strip().lower() in ("more", "footnotes")
        (panel.more if under_more else panel.shown).extend(pages_of(entry, _ADDRESS, _NAME))
    panel.shown += [Occurrence(url) for url in words(answer.get("citationUrls"))] if not panel.shown else []
    _finish(draft, panel)
    error = word(body.get("error")) or word(body.get("errorMessage"))
    if error is not None and not draft.text.strip():
        draft.fail("error", error)
    elif key is None and "aiOverview" in body and not draft.text.strip():
        draft.stop, draft.search_used = NOT_SHOWN, True
    return draft
