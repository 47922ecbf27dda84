"""A stored reply, or a recorded answer → the answer, its citations and its mentions as rows; pure.

Reading is free, asking is not: the raw reply is what is kept, and it can be read again at any time.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tracker import citations, domains, mentions
from tracker.citations import Reading, Usage
from tracker.errors import DataError
from tracker.mentions import Finder

READER = f"{citations.READER_VERSION}.{mentions.READER_VERSION}"


_ZLIB = b"\x78"


@dataclass(frozen=True)
class AnswerRows:
    """One answer, ready to store; the rows that belong to it wait for its id."""

    answer: dict[str, Any]
    citations: list[dict[str, Any]]
    mentions: list[dict[str, Any]]
    pages: dict[int, dict[str, Any]]
    domains: dict[int, str]


def pack(body: bytes) -> bytes:
    return zlib.compress(body, 3)


def unpack(packed: bytes) -> bytes:
    try:
        return zlib.decompress(packed)
    except zlib.error:
        raise DataError("the stored reply is damaged", "restore the database from a backup") from None


def packed_once(packed: bytes) -> bytes | None:
    """The body packed once, where it was packed more often; None where it is as it should be. No reply begins
    like a packed one: bodies are text."""
    once, inner = None, unpack(packed)
    while inner[:1] == _ZLIB:
        try:
            once, inner = inner, unpack(inner)
        except DataError:
            break
    return once


def read_body(body: bytes) -> Reading:
    """The reading of a stored body, whose parts (a paused answer and its continuation) are put together."""
    if body.startswith(b'{"citelift_parts"'):
        parts = json.loads(body)["citelift_parts"]
        return citations.merge([citations.read(part) for part in parts])
    return citations.read(body)


def answer_rows(
    reading: Reading,
    head: Mapping[str, Any],
    names: Finder,
    *,
    citations_known: bool = True,
    targets: Mapping[str, str] = MappingProxyType({}),
) -> AnswerRows:
    """`head` holds the columns that come from the ask: workspace, prompt, engine, repeat, times, model, cost.
    `targets` says where redirecting links lead (`tracker.answers.redirects`)."""
    workspace_id = head["workspace_id"]
    answer = {
        "served_model": reading.engine_model,
        "shape": reading.shape,
        "text": reading.text,
        "search_used": reading.search_used,
        "searches": list(reading.searches),
        "citations_known": citations_known,
        "problem": reading.problem,
        "stop": reading.stop,
        "input_tokens": reading.usage.input_tokens,
        "output_tokens": reading.usage.output_tokens,
        "reader_version": READER,
        **head,
    }
    pages: dict[int, dict[str, Any]] = {}
    cited_domains: dict[int, str] = {}
    cited = [
        _citation(citation, targets.get(citation.url), workspace_id, pages, cited_domains)
        for citation in reading.citations
    ]
    return AnswerRows(answer, cited, mention_rows(reading.text, workspace_id, names), pages, cited_domains)


def _citation(
    citation: citations.ReadCitation,
    target: str | None,
    workspace_id: int,
    pages: dict[int, dict[str, Any]],
    cited_domains: dict[int, str],
) -> dict[str, Any]:
    page_id: int | None = None
    domain_id: int | None = None
    if target is not None:
        citation = citations.resolved(citation, target)
    address = domains.try_parse(target or citation.url)
    if citation.domain is not None:
        domain_id = domains.domain_id(citation.domain)
        cited_domains[domain_id] = citation.domain
        on_a_page = address is not None and not citations.names_no_page(address.url)
        if address is not None and on_a_page and address.domain == citation.domain:
            page_id = domains.page_id(address.canonical)
            pages[page_id] = {
                "id": page_id,
                "domain_id": domain_id,
                "host": address.host,
                "url": address.canonical,
            }
    return {
        "workspace_id": workspace_id,
        "page_id": page_id,
        "domain_id": domain_id,
        "kind": citation.kind,
        "position": citation.position,
        "start": citation.start,
        "end": citation.end,
        "url": citation.url,
        "title": citation.title,
    }


def mention_rows(text: str, workspace_id: int, names: Finder) -> list[dict[str, Any]]:
    return [
        {
            "workspace_id": workspace_id,
            "brand_id": mention.key,
            "position": mention.position,
            "count": mention.count,
            "first_offset": mention.first_offset,
            "stance": mention.stance,
        }
        for mention in names.mentions(text)
    ]


@dataclass(frozen=True)
class Unread:
    """A reply as it is stored, and the columns of its answer that come from its ask."""

    packed: bytes
    head: Mapping[str, Any]


@dataclass(frozen=True)
class ReadReply:
    """A reply's rows, and what it cost."""

    usage: Usage | None
    """None where the reply cannot be read."""
    rows: AnswerRows | None
    problem: str | None
    detail: str | None
    redirects: frozenset[str] = frozenset()
    """Those `redirecting` links whose targets are not known here (`tracker.answers.redirects`)."""


def read_reply(reply: Unread, names: Finder, targets: Mapping[str, str]) -> ReadReply:
    try:
        reading = read_body(unpack(reply.packed))
    except DataError as error:
        return ReadReply(None, None, "unreadable", error.problem)
    rows = answer_rows(reading, reply.head, names, targets=targets)
    unknown = frozenset(redirecting(reading) - targets.keys())
    return ReadReply(reading.usage, rows, reading.problem, reading.detail, unknown)


def redirecting(reading: Reading) -> set[str]:
    """Links that only lead to the page that is cited."""
    return {citation.url for citation in reading.citations if citations.is_redirect(citation.url)}
