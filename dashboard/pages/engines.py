"""Engines: whom every run asks, whether their keys are there, and what a run costs and may cost."""

from __future__ import annotations

import streamlit as st

from dashboard import access, data, editors, forms, keyed, strings, underway, widgets, wizard
from tracker import numbers, starter
from tracker.engines.simulated import is_sandbox

words = strings.Editors
here = widgets.here()


def show() -> None:
    found = editors.listing("engines", strings.Nav.ENGINES)
    if found is None:
        return
    may = access.may("edit", here.world.name)
    if may:
        known()
    fields = forms.Fields()
    widgets.section(words.COST)
    fields.end()
    plan = fields.tried(lambda: data.plan(here.workspace))
    if plan is not None:
        widgets.html(f"<p>{widgets.text(wizard.costs(plan))}</p>")
        wizard.engines_planned(plan)
        budget = data.month_budget()
        said = words.MONTH.format(money=numbers.money(round((budget or 0) * 1e6)))
        widgets.quiet(words.MONTH_NONE if budget is None else said)
    if may and plan is not None:
        widgets.section(words.KEYS)
        most = sum(each.ceiling_micros for each in plan.engines)
        keyed.live(data.check_name(here.workspace), most, lambda: data.begin_check(here.workspace))
        run(all(is_sandbox(each.model) for each in plan.engines))


def known() -> None:
    """Engines that come with a row of their own."""
    rows = starter.known_engines()
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    name = left.selectbox(words.KNOWN, list(rows), index=None)
    if right.button(words.ADD_KNOWN, disabled=name is None) and name is not None:
        editors.opened(words.ADD["engines"], lambda: editors.new("engines", rows[name]))


def run(simulated: bool) -> None:
    widgets.section(words.RUN)
    view = data.run_of(here.workspace)
    if view is None or not (view.running or view.can_go_on):
        fields = forms.Fields()
        fields.end()
        if st.button(words.RUN_START, icon=":material/play_arrow:") and fields.did(
            lambda: data.start_run_of(here.workspace)
        ):
            st.rerun()
        return
    underway.show(
        underway.Acts(
            lambda: data.run_of(here.workspace),
            lambda: data.stop_run_of(here.workspace),
            lambda: data.resume_run_of(here.workspace),
            lambda view: None,
            simulated,
        )
    )


show()
