"""One answer, and all that is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from analysis import frames
from analysis.frames import Judge
from dashboard.data.opened import OpenWorkspace, database, world
from tracker.models import Answer, Citation

if TYPE_CHECKING:
    from analysis.judged.agreement import Measured


@st.cache_data(show_spinner=False, max_entries=64)
def answers_of(workspace: OpenWorkspace, prompt: int, engine: int | None, limit: int = 200) -> list[Answer]:
    """The newest answers to a prompt, those with a problem among them."""
    return frames.newest_answers(database(workspace), world(workspace), prompt, engine, limit)


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
    return AnswerView(record.answer, spans, record.citations, mentions, _judged(workspace, key))
