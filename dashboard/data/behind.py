"""The answers that a number counts, a page of them at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from analysis import frames
from analysis.frames import AnswerLine, Behind, Number, Scope
from dashboard.data.opened import OpenWorkspace, database, world


@dataclass(frozen=True)
class Door:
    """A part of the answers behind a number, and how many there are on each side."""

    part: Behind
    counted: Behind
    every: Behind

    @property
    def rest(self) -> int:
        """Answers that it does not count, of those it is out of."""
        return self.every.answers - self.counted.answers


@st.cache_data(show_spinner=False, max_entries=64)
def behind(workspace: OpenWorkspace, scope: Scope, number: Number, limit: int, offset: int) -> Door:
    """A page of the number's side, and the counts of both."""
    part = frames.behind(database(workspace), world(workspace), scope, number, limit=limit, offset=offset)
    return Door(part, _totals(workspace, scope, number, "counted"), _totals(workspace, scope, number, "all"))


@st.cache_data(show_spinner=False, max_entries=256)
def _totals(workspace: OpenWorkspace, scope: Scope, number: Number, side: frames.Side) -> Behind:
    whole = replace(number, side=side)
    return frames.behind(database(workspace), world(workspace), scope, whole, limit=0)


@st.cache_data(show_spinner=False, max_entries=64)
def answer_lines(workspace: OpenWorkspace, ids: Sequence[int]) -> list[AnswerLine]:
    return frames.answer_lines(database(workspace), world(workspace), ids)
