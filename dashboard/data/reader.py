"""One answer, and all that is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from analysis import frames
from analysis.frames import Judge, Sibling
from analysis.searches import Search, searches
from dashboard.data.opened import OpenWorkspace, database, world
from tracker import domains
from tracker.models import Answer, Citation

if TYPE_CHECKING:
    from analysis.judged.agreement import Measured
    from analysis.lift.table import LiftRow, LiftTable


@st.cache_data(show_spinner=False, max_entries=64)
def siblings(workspace: OpenWorkspace, prompt: int) -> list[Sibling]:
    """All answers to a prompt, to step through."""
    return frames.siblings(database(workspace), world(workspace), prompt)


def raw_reply(workspace: OpenWorkspace, key: int) -> bytes | None:
    """The unmodified reply; not cached, since few are read and some are large."""
    return frames.raw_reply(database(workspace), world(workspace), key)


@st.cache_data(show_spinner=False, max_entries=64)
def searched(workspace: OpenWorkspace, queries: tuple[str, ...]) -> list[Search]:
    """What an engine searched for, and the topics of yours that it is about."""
    return searches(queries, world(workspace).prompts.values())


@dataclass(frozen=True)
class NamedSpan:
    """Where the text names a brand."""

    start: int
    end: int
    brand: str
    own: bool


@dataclass(frozen=True)
class AnswerView:
    answer: Answer
    spans: tuple[NamedSpan, ...]
    citations: tuple[Citation, ...]
    mentions: tuple[tuple[str, bool, int, str], ...]
    """Brand, own, position, stance."""
    judged: JudgedView | None = None
    sites: Mapping[int, str] = field(default_factory=dict)
    """Of each citation, by its id: its domain, or its address where it has none."""


@dataclass(frozen=True)
class JudgedView:
    """What the judge that was asked last said of an answer, with its agreement with people."""

    stances: tuple[tuple[str, str], ...]
    """Brand, stance."""
    judge: Judge
    measured: Measured | None


def _judged(workspace: OpenWorkspace, key: int) -> JudgedView | None:
    from analysis.judged.agreement import measured

    db, here = database(workspace), world(workspace)
    by = frames.last_judge(db, here, "stance")
    stances = frames.stances_of(db, here, by, key) if by else {}
    by_brand = tuple((b.name, stances[b.id]) for b in here.brands if b.id in stances)
    return JudgedView(by_brand, by, measured(db, here, by)) if by and by_brand else None


@st.cache_data(show_spinner=False, max_entries=64)
def answer(workspace: OpenWorkspace, key: int) -> AnswerView | None:
    from tracker.mentions import Finder

    here = world(workspace)
    record = frames.answer_record(database(workspace), here, key)
    if record is None:
        return None
    by_id = {brand.id: brand for brand in here.brands}
    names = [b.names for b in here.brands]
    spans = tuple(
        NamedSpan(s.start, s.end, by_id[s.key].name, by_id[s.key].own)
        for s in Finder(names).spans(record.answer.text)
    )
    mentions = tuple(
        (by_id[m.brand_id].name, by_id[m.brand_id].own, m.position, m.stance)
        for m in record.mentions
        if m.brand_id in by_id
    )
    sites = {c.id or 0: _site(c.url) for c in record.citations}
    return AnswerView(record.answer, spans, record.citations, mentions, _judged(workspace, key), sites)


def _site(url: str) -> str:
    address = domains.try_parse(url)
    return address.domain if address else url


@dataclass(frozen=True)
class SourceNote:
    """What is known of a cited site: to whom it links, and what lift says of it."""

    own: bool
    rivals: tuple[str, ...]
    row: LiftRow | None
    timing: str | None
    """What the days on which links begin say of the sources that are claimed, this one among them."""


@st.cache_data(show_spinner=False, max_entries=256)
def _linked_by(workspace: OpenWorkspace, names: tuple[str, ...]) -> dict[str, set[int]]:
    """Of sites: the positions of the brands that they link to by now."""
    here = world(workspace)
    ids = [domains.domain_id(name) for name in names]
    known = frames.links(database(workspace), here, sources=ids)
    live = known.table[known.live_on(float("inf"))]
    linked: dict[str, set[int]] = {}
    for source, brand in zip(live["source"], live["brand"], strict=True):
        linked.setdefault(str(source), set()).add(int(brand))
    return linked


def source_notes(
    workspace: OpenWorkspace, names: tuple[str, ...], table: LiftTable | None
) -> dict[str, SourceNote]:
    """Of cited sites: who they link to by now, and their row of the lift table where it is known."""
    here, linked = world(workspace), _linked_by(workspace, names)
    rows = {row.source: row for row in table.rows} if table else {}
    return {
        name: SourceNote(
            any(here.brands[i].own for i in linked.get(name, ())),
            tuple(here.brands[i].name for i in sorted(linked.get(name, ())) if here.brands[i].competes),
            rows.get(name),
            _timing(table, rows.get(name)),
        )
        for name in names
    }


def _timing(table: LiftTable | None, row: LiftRow | None) -> str | None:
    if table is None or row is None or not row.goes_with_more:
        return None
    found = table.by_family.get(row.family) or table.direction
    return found.verdict if found else None
