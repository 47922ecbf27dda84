"""Experiments: who was drawn, what came of the work, and what a finished one says."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from analysis.experiments import words as said
from analysis.trials import ExperimentProgress, ExperimentResult
from dashboard import cells, charts, data, strings, widgets
from tracker import numbers
from tracker.experiments import Stored

words = strings.ExperimentsPage
here = widgets.here()


def show() -> None:
    widgets.title(words.TITLE, words.LEAD)
    known = data.drawn_experiments(here.workspace)
    if not known:
        widgets.empty(words.NONE, words.NONE_TEXT, words.NONE_COMMANDS)
        return
    name = known[0].name
    if len(known) > 1:
        with widgets.bar():
            name = widgets.choice(words.PICK, "experiment", [each.name for each in known], width=320)
    one = next(each for each in known if each.name == name)
    if one.changed:
        widgets.box(
            words.CHANGED, widgets.text(words.CHANGED_TEXT.format(name=one.name, why=one.changed)), "bad"
        )
        return
    if one.protocol is None:
        drafted(one)
        return
    view = data.experiment(here.workspace, one)
    if view.result is not None:
        finished(one, view.result)
    elif view.why_none:
        widgets.box(words.UNREADABLE, widgets.text(view.why_none), "warn")
    standing(one, view.progress)
    lots(view.progress)
    design(one)
    book(one)


def drafted(one: Stored) -> None:
    commands = " ".join(widgets.code(each.format(name=one.name)) for each in words.DRAFT_COMMANDS)
    widgets.section(
        words.DRAFT.format(name=one.name), widgets.join(words.DRAFT_SUB, " ", widgets.Safe(commands))
    )
    rows = [cells.drafted_pair(number, pair) for number, pair in enumerate(one.design["pairs"], start=1)]
    widgets.table(widgets.columns(words.DRAFT_COLUMNS, numeric=(3,), wide=(1, 2)), rows, csv="drafts")


def finished(one: Stored, found: ExperimentResult) -> None:
    widgets.section(found.sentence, words.DECIDES.format(outcome=one.started["outcome"]["words"]))
    frame = pd.DataFrame(cells.experiment_rows(one.started["outcome"]["name"], found), columns=cells.FOREST)
    axis = words.AXIS[one.started["outcome"]["name"]]
    widgets.chart(charts.forest(frame, axis=axis, kind="points"), words.CHART)
    rows = [cells.outcome_line(one.started["outcome"]["name"], name, found) for name in said.OUTCOME_NAMES]
    widgets.table(widgets.columns(words.OUTCOME_COLUMNS, numeric=(1, 2), wide=(3,)), rows, csv="outcomes")
    widgets.quiet(said.of_link(found.reading))


def standing(one: Stored, seen: ExperimentProgress) -> None:
    until = numbers.day(date.fromisoformat(one.started["window"][1]))
    widgets.section(words.OVER.format(end=until) if seen.over else words.RUNNING.format(end=until))
    won = numbers.percent(seen.won / seen.drawn if seen.drawn else None, 0)
    cards = [
        widgets.Card(words.WEEKS, f"{seen.weeks_done} of {seen.weeks}", words.WEEKS_SUB),
        widgets.Card(words.WON, f"{seen.won} of {seen.drawn}", words.WON_SUB.format(share=won)),
        widgets.Card(words.CROSSED, numbers.count(seen.crossed), words.CROSSED_SUB),
    ]
    if not seen.over:
        cards.append(widgets.Card(words.E, numbers.number(seen.e, 2), words.E_SUB))
    widgets.cards(cards)
    if seen.notes:
        widgets.box(words.NOTES, widgets.bullets(seen.notes), "warn")


def lots(seen: ExperimentProgress) -> None:
    widgets.section(words.LOTS, words.LOTS_SUB)
    rows = [cells.drawn_source(work) for work in seen.work]
    own = [i for i, work in enumerate(seen.work) if all(work.drawn)]
    widgets.table(widgets.columns(words.LOT_COLUMNS, numeric=(1, 5), wide=(0,)), rows, own=own, csv="lots")


def design(one: Stored) -> None:
    p = one.started
    widgets.section(words.DESIGN, words.FIXED.format(day=numbers.day(date.fromisoformat(p["started"]))))
    facts = [p["rule"], p["analysis"], p["beside"], p["stop"]]
    facts.append(
        words.BASIS.format(
            prompts=numbers.counted(len(p["prompts"]), "prompt"), engines=", ".join(p["engines"])
        )
    )
    facts.append(words.SEED.format(seed=p["seed"], draw=p["draw"], hash=one.protocol_hash))
    widgets.html(widgets.bullets(facts))


def book(one: Stored) -> None:
    widgets.section(words.BOOK, words.BOOK_SUB)
    if not one.book:
        widgets.quiet(words.BOOK_NONE)
        return
    with widgets.bar():
        most = widgets.how_many(len(one.book), "lines_shown")
    rows = [cells.book_line(line) for line in reversed(one.book)]
    widgets.table(widgets.columns(words.BOOK_COLUMNS, wide=(4,)), rows[:most], csv="book")


with st.spinner(words.COMPUTING):
    show()
