"""The steps of the first set-up: each a question, a form, and what its answer writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import get_args

import streamlit as st

from dashboard import data, forms, keyed, places, questions, strings, underway, widgets
from dashboard.data import RunView, SetUp, Step
from tracker import numbers, starter
from tracker.catalog.pasted import Pasted
from tracker.engines.simulated import is_sandbox
from tracker.run.plan import Plan

words = strings.Setup
STEPS: tuple[Step, ...] = get_args(Step)
RIVALS, MOST_RIVALS, FEW = 5, 20, 30


def step_of(made: SetUp) -> Step:
    """The step of the address, if it may be taken already; else the first that is not done."""
    asked = next((step for step in STEPS if step == st.query_params.get("step")), made.next)
    return asked if STEPS.index(asked) <= STEPS.index(made.next) else made.next


def go(step: Step) -> None:
    st.query_params["step"] = step
    st.rerun()


def way(made: SetUp, now: Step) -> widgets.Safe:
    """The steps as a row; those that are done lead back."""
    reached = STEPS.index(made.next)
    items = []
    for number, step in enumerate(STEPS):
        name, here = words.STEPS[step], step == now
        may = number <= reached and not here
        label = widgets.door("setup", name, step=step) if may else widgets.Safe(f"<span>{name}</span>")
        mark = "✓" if number < reached and not here else str(number + 1)
        current = ' aria-current="step"' if here else ""
        items.append(
            f'<li class="{"here" if here else "done" if may else ""}"{current}><i>{mark}</i>{label}</li>'
        )
    return widgets.Safe(f'<ol class="cl-way" aria-label="{words.STEPS_LABEL}">{"".join(items)}</ol>')


def following(now: Step) -> Step:
    return STEPS[STEPS.index(now) + 1]


def brand(made: SetUp) -> None:
    widgets.section(words.BRAND, words.BRAND_SUB)
    fields = forms.Fields()
    with st.form("brand", border=False):
        own = made.own
        name = fields.text("name", words.NAME, str(own.get("name", "")), placeholder=words.NAME_EXAMPLE)
        known = next(iter(own.get("domains") or []), "")
        site = fields.text("domains", words.SITE, str(known), placeholder=words.SITE_EXAMPLE)
        fields.end()
        if st.form_submit_button(words.NEXT, type="primary"):
            written = fields.tried(lambda: starter.brand_named(name), "name")
            host = fields.tried(lambda: starter.domain_named(site), "domains")
            if written and host and fields.did(partial(data.say_brand, name, site)):
                go(following("brand"))


class RivalFields(forms.Fields):
    """Rows of rivals: a refusal stands under the row that it quotes."""

    rows: Mapping[str, tuple[str, str]]

    def place_of(self, problem: str) -> str | None:
        quoted = [row for row, typed in self.rows.items() if any(f"`{t}`" in problem for t in typed if t)]
        return quoted[-1] if quoted else None


def rivals(made: SetUp) -> None:
    widgets.section(words.RIVALS, words.RIVALS_SUB.format(brand=made.own.get("name", "")))
    fields = RivalFields()
    known = [(str(row["name"]), str(next(iter(row.get("domains") or []), ""))) for row in made.rivals]
    count = min(max(RIVALS, len(known) + 2), max(MOST_RIVALS, len(known)))
    typed: dict[str, tuple[str, str]] = {}
    with st.form("rivals", border=False):
        for n in range(1, count + 1):
            name, site = known[n - 1] if n <= len(known) else ("", "")
            left, right = st.columns(2)
            with left:
                name = fields.text(f"name {n}", words.RIVAL_NAME.format(n=n), name, **hidden(words.NAME_HINT))
            with right:
                site = fields.text(f"site {n}", words.RIVAL_SITE.format(n=n), site, **hidden(words.SITE_HINT))
            typed[f"site {n}"] = (name, site)
        fields.end()
        if st.form_submit_button(words.NEXT, type="primary"):
            fields.rows = typed
            given = [pair for pair in typed.values() if any(pair)]
            if fields.did(partial(data.say_rivals, given)):
                go(following("rivals"))


def hidden(placeholder: str) -> dict[str, str]:
    return {"label_visibility": "collapsed", "placeholder": placeholder}


def prompts(made: SetUp) -> None:
    widgets.section(words.PROMPTS, words.PROMPTS_SUB)
    if made.prompts:
        widgets.quiet(words.HAVE.format(n=numbers.counted(len(made.prompts), "question")))
    fields = forms.Fields()
    topic, text, file = questions.fields(fields, "setup", data.suggesting_for(None, made.prompts))
    fields.end()
    if st.button(words.NEXT, type="primary"):
        found = fields.tried(lambda: data.pasted(made.prompts, text, file, topic))
        if found is not None and taken(fields, found, made):
            go(following("prompts"))


def taken(fields: forms.Fields, found: Pasted, made: SetUp) -> bool:
    """Whether what was pasted is written."""
    if questions.rejected(fields, found):
        return False
    if not found.rows and not made.prompts:
        fields.refuse("text", words.NEED_PROMPTS, words.NEED_PROMPTS_HINT)
        return False
    return fields.did(partial(data.say_prompts, found.rows), "text")


def engines(made: SetUp) -> None:
    widgets.section(words.ENGINES, words.ENGINES_SUB)
    known = starter.known_engines()
    models = {str(row.get("model")) for row in made.engines}
    had = [name for name, row in known.items() if row["model"] in models]
    kind = st.segmented_control(
        words.KIND,
        list(words.KINDS),
        default="real" if had else starter.SIMULATED,
        format_func=words.KINDS.__getitem__,
        required=True,
        label_visibility="collapsed",
    )
    fields = forms.Fields()
    chosen = [starter.SIMULATED]
    if kind == starter.SIMULATED:
        widgets.quiet(words.SANDBOX_TEXT)
    else:
        chosen = st.multiselect(words.REAL, list(known), default=had)
        keyed.table([known[name] for name in chosen])
        widgets.quiet(words.KEYS_HOW)
        st.button(words.LOOK_AGAIN, icon=":material/refresh:", type="tertiary")
    fields.end()
    if st.button(words.NEXT, type="primary"):
        lacks = keyed.lacking([known[name]["model"] for name in chosen if name in known])
        if not chosen:
            fields.refuse("", words.NEED_ENGINES, words.NEED_ENGINES_HINT)
        elif lacks:
            fields.refuse("", words.NEED_KEYS.format(names=", ".join(lacks)), words.NEED_KEYS_HINT)
        elif fields.did(partial(data.say_engines, chosen)):
            go(following("engines"))


def plan(made: SetUp) -> None:
    widgets.section(words.PLAN)
    fields = forms.Fields()
    fields.end()
    found = fields.tried(data.first_plan)
    if found is None:
        return
    widgets.html(f"<p>{widgets.text(costs(found))}</p>")
    engines_planned(found)
    if len(made.prompts) < FEW:
        widgets.quiet(words.FEW)
    if not is_free(found):
        most = sum(each.ceiling_micros for each in found.engines)
        keyed.live(data.CHECK, most, data.check_first)
    if st.button(words.START, type="primary") and fields.did(data.start_first):
        go("run")


def costs(found: Plan) -> str:
    asks = numbers.counted(found.asks, "ask")
    if is_free(found):
        return words.PLAN_FREE.format(asks=asks)
    money = {"likely": numbers.money(found.likely_micros), "most": numbers.money(found.most_micros)}
    month = numbers.money(round(found.likely_micros * found.runs_per_month))
    is_new = all(engine.likely_micros is None for engine in found.engines)
    says = words.PLAN_SAYS_NEW if is_new else words.PLAN_SAYS
    per_month = words.PLAN_MONTH_NEW if is_new else words.PLAN_MONTH
    return f"{says.format(asks=asks, **money)} {per_month.format(month=month)}"


def is_free(found: Plan) -> bool:
    return all(is_sandbox(engine.model) for engine in found.engines)


def engines_planned(found: Plan) -> None:
    free = is_free(found)
    rows = [
        (
            widgets.small(each.name, each.model),
            f"{each.prompts:,} × {each.repeats}",
            numbers.count(each.asks),
            numbers.money(0 if free else each.likely_micros),
            numbers.money(0 if free else each.most_micros),
            numbers.UNKNOWN if each.budget_micros is None else numbers.money(each.budget_micros),
            widgets.badge(each.verdict, words.VERDICTS[each.verdict]),
        )
        for each in found.engines
    ]
    widgets.table(widgets.columns(words.PLAN_COLUMNS, numeric=(1, 2, 3, 4, 5)), rows)


def run(made: SetUp) -> None:
    widgets.section(words.RUN)
    simulated = all(is_sandbox(str(row.get("model"))) for row in made.engines)
    underway.show(
        underway.Acts(lambda: data.set_up().run, data.stop_first, data.resume_first, ended, simulated)
    )


def ended(view: RunView) -> None:
    """Whoever saw it end is led to Home at once."""
    if st.session_state.pop("watched", None) == view.id:
        st.switch_page(places.BY_NAME[places.HOME].file)
    said = {"answered": numbers.count(view.answered), "asks": numbers.count(view.asks)}
    widgets.box(words.DONE, widgets.text(words.DONE_TEXT.format(**said)))
    st.page_link(places.BY_NAME[places.HOME].file, label=words.HOME, icon=":material/arrow_forward:")


SHOWS: Mapping[Step, Callable[[SetUp], None]] = {
    "brand": brand,
    "rivals": rivals,
    "prompts": prompts,
    "engines": engines,
    "plan": plan,
    "run": run,
}
