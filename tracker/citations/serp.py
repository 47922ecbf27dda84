"""Google's AI Overview and AI Mode through a SERP API: SerpApi and DataForSEO.

The text is built from the blocks, each on its own line, so that a block's references have a place in it.
A page that shows no overview is a result of its own (`stop` is "not_shown"), not an error.
"""

from __future__ import annotations

from typing import Any

from tracker.citations.draft import NOT_SHOWN, Draft, Found
from tracker.citations.results import Shape, Usage
from tracker.citations.values import at, integer, items, micros, record, records, string, word

_INNER = ("list", "text_blocks", "comparison", "items", "cards", "blocks")
_SAID = ("title", "snippet", "text", "answer")
_MODEL = {"serpapi_overview": "google-ai-overview", "serpapi_ai_mode": "google-ai-mode"}


def page_token(body: dict[str, Any]) -> str | None:
    """SerpApi may give only a token: the overview is then a second call (`engine=google_ai_overview`)."""
    overview = record(body.get("ai_overview"))
    return None if overview.get("text_blocks") else word(overview.get("page_token"))


def read_serpapi_overview(body: dict[str, Any]) -> Draft:
    return _read_serpapi(body, record(body.get("ai_overview")), "serpapi_overview")


def read_serpapi_ai_mode(body: dict[str, Any]) -> Draft:
    return _read_serpapi(body, body, "serpapi_ai_mode")


def _read_serpapi(body: dict[str, Any], answer: dict[str, Any], shape: Shape) -> Draft:
    draft = Draft(shape, engine_model=_MODEL[shape], search_used=True)
    draft.search(at(body, "search_parameters", "q"))
    references: dict[int, Found] = {}
    for place, reference in enumerate(records(answer.get("references"))):
        draft.retrieve(reference.get("link"), reference.get("title"))
        url, index = word(reference.get("link")), integer(reference.get("index"))
        if url is not None:
            references[index if index is not None else place] = Found(url, word(reference.get("title")))
    for block in records(answer.get("text_blocks")):
        _read_block(draft, block, references)
    draft.text = draft.text.strip("\n")
    _judge_serpapi(draft, body, answer)
    return draft


def _read_block(draft: Draft, block: dict[str, Any], references: dict[int, Found]) -> None:
    if draft.text and not draft.text.endswith("\n"):
        draft.text += "\n"
    start = len(draft.text)
    said = [found for found in (word(block.get(key)) for key in _SAID) if found is not None]
    draft.text += "\n".join(dict.fromkeys(said))
    _read_table(draft, block)
    end = len(draft.text)
    for index in items(block.get("reference_indexes")):
        place = integer(index)
        found = references.get(place) if place is not None else None
        if found is None:
            draft.warnings.append("a block refers to no reference")
        else:
            draft.cited.append(
                Found(found.url, found.title, *((start, end) if end > start else (None, None)))
            )
    for key in _INNER:
        for inner in records(block.get(key)):
            _read_block(draft, inner, references)


def _read_table(draft: Draft, block: dict[str, Any]) -> None:
    rows = [row for row in items(block.get("table")) if isinstance(row, list)]
    lines = [" | ".join(string(cell) or "" for cell in row) for row in rows]
    if lines:
        draft.text += ("\n" if draft.text and not draft.text.endswith("\n") else "") + "\n".join(lines)


def _judge_serpapi(draft: Draft, body: dict[str, Any], answer: dict[str, Any]) -> None:
    error = word(body.get("error")) or word(answer.get("error"))
    status = word(at(body, "search_metadata", "status"))
    draft.stop = status
    if draft.text.strip():
        return
    if page_token(body) is not None:
        draft.fail("pause", "the overview is behind a page token: fetch it by a second call within minutes")
    elif status == "Error" and error is not None:
        draft.fail("error", error)
    elif status in ("Processing", "Queued"):
        draft.fail("pause", f"the search is {status.lower()}")
    else:
        draft.stop, draft.detail = NOT_SHOWN, error


def read_dataforseo(body: dict[str, Any]) -> Draft:
    """References stand at the top, at each element, and as links: the union is retrieved, elements' are cited."""
    draft = Draft("dataforseo", engine_model="google-ai-overview", search_used=True, stop=NOT_SHOWN)
    tasks = records(body.get("tasks"))
    results = [result for task in tasks for result in records(task.get("result"))] or [body]
    for result in results:
        draft.search(result.get("keyword"))
        if result.get("type") == "ai_mode":
            draft.engine_model = "google-ai-mode"
        for item in records(result.get("items")):
            if item.get("type") == "ai_overview":
                draft.stop = "shown"
                _read_overview(draft, item)
    draft.usage = Usage(reported_micros=micros(body.get("cost")) or None)
    _judge_dataforseo(draft, body, tasks)
    return draft


def _read_overview(draft: Draft, overview: dict[str, Any]) -> None:
    listed: dict[str, str | None] = {}
    for reference in records(overview.get("references")):
        _list(listed, reference)
    elements = records(overview.get("items"))
    for element in elements:
        _read_element(draft, element, listed)
    if not elements:
        draft.text += word(overview.get("markdown")) or word(overview.get("text")) or ""
    for url, title in listed.items():
        draft.retrieve(url, title)


def _list(listed: dict[str, str | None], reference: dict[str, Any]) -> str | None:
    url = word(reference.get("url"))
    if url is not None and listed.get(url) is None:
        listed[url] = word(reference.get("title"))
    return url


def _read_element(draft: Draft, element: dict[str, Any], listed: dict[str, str | None]) -> None:
    if draft.text and not draft.text.endswith("\n"):
        draft.text += "\n"
    start = len(draft.text)
    said = [found for found in (word(element.get(key)) for key in ("title", "text")) if found is not None]
    draft.text += "\n".join(dict.fromkeys(said)) or word(element.get("markdown")) or ""
    span = (start, len(draft.text)) if len(draft.text) > start else (None, None)
    for key in ("references", "links"):
        for reference in records(element.get(key)):
            url = _list(listed, reference)
            if url is not None:
                draft.cite(url, reference.get("title"), *span)
    for key in ("items", "components"):
        for inner in records(element.get(key)):
            _read_element(draft, inner, listed)


def _judge_dataforseo(draft: Draft, body: dict[str, Any], tasks: list[dict[str, Any]]) -> None:
    for holder in (body, *tasks):
        status = integer(holder.get("status_code"))
        if status is not None and not 20000 <= status < 30000 and status != 40102:
            draft.fail("error", word(holder.get("status_message")) or str(status))
    if draft.stop == NOT_SHOWN and draft.problem:
        draft.stop = "error"
