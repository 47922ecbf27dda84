"""Engines with their keys: whether each is set, never what it holds; and each asked once, if wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import data, forms, strings, widgets
from tracker import numbers

words = strings.Setup


def keys(model: str) -> widgets.Safe:
    """The variables of a model's keys, each with its state."""
    found = data.keys(model)
    if not found:
        return widgets.text(words.NO_KEY)
    parts = [
        widgets.join(
            widgets.code(name.replace("|", " or ")),
            " ",
            widgets.badge(words.KEY_SET if there else words.KEY_LACKS, "good" if there else "bad"),
        )
        for name, there in found
    ]
    return widgets.Safe("<br>".join(parts))


def lacking(models: Sequence[str]) -> list[str]:
    names = [name for model in models for name, there in data.keys(model) if not there]
    return [name.replace("|", " or ") for name in dict.fromkeys(names)]


def table(rows: Sequence[Mapping[str, Any]]) -> None:
    shown = [
        (str(row.get("name", "")), str(row.get("model", "")), keys(str(row.get("model", ""))), budget(row))
        for row in rows
    ]
    widgets.table(widgets.columns(words.KEY_COLUMNS, numeric=(3,), wide=(2,)), shown)


def budget(row: Mapping[str, Any]) -> str:
    try:
        return numbers.money(round(float(row["budget_usd"]) * 1e6))
    except (KeyError, ValueError):
        return numbers.UNKNOWN


def live(name: str, cost: int, begin: Callable[[], None]) -> None:
    """A button that asks each engine once, and what came of it."""
    outcome = data.errands().outcome(name)
    if data.errands().is_running(name):
        st.fragment(_waiting, run_every=1.0)(name)
        return
    widgets.quiet(words.LIVE_SUB.format(cost=numbers.money(cost)))
    if st.button(words.LIVE, icon=":material/network_check:"):
        begin()
        st.rerun()
    if outcome is None:
        return
    found = outcome.said.get("live") or []
    if not found:
        problems = [
            f"{p['where']}: {p['problem']}" for p in outcome.said.get("problems", ()) if p["level"] == "error"
        ]
        widgets.html(forms.refusal("; ".join(problems) or outcome.problem))
        return
    rows = [
        (
            each["name"],
            widgets.badge(each["outcome"], "good" if each["outcome"] == "answered" else "bad"),
            each["served_model"] or numbers.UNKNOWN,
            numbers.UNKNOWN if each["searched"] is None else words.YES if each["searched"] else words.NO,
            numbers.count(each["cited"]),
            numbers.money(each["cost_micros"]),
            each["note"],
        )
        for each in found
    ]
    widgets.table(widgets.columns(words.LIVE_COLUMNS, numeric=(4, 5), wide=(6,)), rows)


def _waiting(name: str) -> None:
    widgets.quiet(words.LIVE_RUNS)
    if not data.errands().is_running(name):
        st.rerun(scope="app")
