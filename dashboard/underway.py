"""A run as it goes on, and what may be done with it: how far it is, what it spent, stop and go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from dashboard import forms, strings, widgets
from dashboard.data import RunView
from tracker import numbers

words = strings.Setup
EVERY = 1.0
"""Seconds between two looks."""


@dataclass(frozen=True)
class Acts:
    """What the buttons do; None where there is no such button."""

    look: Callable[[], RunView | None]
    stop: Callable[[], None]
    resume: Callable[[], None]
    ended: Callable[[RunView], None]
    """What is shown once nothing is left to ask."""
    simulated: bool = False


def show(acts: Acts) -> None:
    """The newest run; while it goes on, this part of the page looks again by itself."""
    view = acts.look()
    if view is None:
        return
    if view.running:
        st.fragment(_live, run_every=EVERY)(acts)
    else:
        _ended(view, acts)


def _live(acts: Acts) -> None:
    view = acts.look()
    if view is None or not view.running:
        st.rerun(scope="app")
    else:
        st.session_state["watched"] = view.id
        widgets.quiet(words.RUNNING)
        _progress(view, acts.simulated)
        if not view.mine:
            widgets.quiet(words.ELSEWHERE)
        elif st.button(words.STOP, icon=":material/stop:"):
            acts.stop()
            st.toast(words.STOPPING)


def _progress(view: RunView, simulated: bool) -> None:
    said = words.PROGRESS.format(done=numbers.count(view.done), asks=numbers.count(view.asks))
    st.progress(view.done / max(view.asks, 1), text=said)
    rows = [
        (name, *(numbers.count(count) for count in counts(states))) for name, states in view.engines.items()
    ]
    widgets.table(widgets.columns(words.RUN_COLUMNS, numeric=(1, 2, 3)), rows)
    money = numbers.money(view.spent_micros)
    shown = words.SIMULATED_SPENT.format(money=money) if simulated else money
    widgets.quiet(f"{words.SPENT}: {shown}")


def counts(states: dict[str, int]) -> tuple[int, int, int]:
    """Answered, failed, still to ask."""
    failed = states.get("failed", 0) + states.get("skipped", 0)
    return states.get("answered", 0), failed, states.get("planned", 0) + states.get("claimed", 0)


def _ended(view: RunView, acts: Acts) -> None:
    if not view.can_go_on:
        acts.ended(view)
        _progress(view, acts.simulated)
        return
    _progress(view, acts.simulated)
    fields = forms.Fields()
    widgets.quiet(words.WAITS.format(reason=view.reason or words.WAITS_PLAIN))
    if view.problem:
        widgets.html(forms.refusal(view.problem))
    fields.end()
    if st.button(words.GO_ON, type="primary", icon=":material/play_arrow:") and fields.did(acts.resume):
        st.rerun()
