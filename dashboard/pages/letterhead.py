"""How reports look: whose they are, in which colours and figures, and a person's words on a week."""

from __future__ import annotations

import base64
from functools import partial

import streamlit as st

from dashboard import access, data, forms, strings, widgets
from tracker import numbers
from tracker.catalog.look import LOGOS, Logo, ReportLook

words = strings.LetterheadPage
here = widgets.here()


def show() -> None:
    widgets.title(strings.Nav.LETTERHEAD, words.LEAD)
    fields = forms.Fields()
    fields.end()
    found = fields.tried(lambda: data.report_look(here.workspace))
    if found is None:
        return
    preview(found)
    if access.may("edit", here.world.name):
        look(found)
        comment(found)
    else:
        widgets.quiet(strings.Editors.READ_ONLY)
    if found.comments:
        rows = [(numbers.day(day), said) for day, said in sorted(found.comments.items(), reverse=True)]
        widgets.table(widgets.columns(words.COMMENTS, wide=(1,)), rows)


def preview(found: ReportLook) -> None:
    """The head of a report."""
    name = found.name or words.PLAIN
    weeks = data.weeks(here.workspace)
    under = words.PREVIEW_SUB.format(week=numbers.day(weeks[-1]), brand=here.brand) if weeks else here.brand
    mark = widgets.strong(name)
    if found.logo:
        media, content = found.logo
        coded = base64.b64encode(content).decode()
        mark = widgets.Safe(f'<img alt="{widgets.text(name)}" src="data:{media};base64,{coded}">')
    widgets.section(words.PREVIEW)
    widgets.html(
        f'<div class="cl-letterhead" style="border-top-color:{widgets.text(found.accent)}">{mark}'
        f"<span>{widgets.text(under)}<small>{widgets.text(found.contact)}</small></span></div>"
    )


def look(found: ReportLook) -> None:
    fields, typed = forms.Fields(), {}
    with st.form("look", border=False):
        left, right = st.columns(2)
        for number, (key, label) in enumerate(words.FIELDS.items()):
            had = str(getattr(found, key) or "")
            with (left, right)[number % 2]:
                typed[key] = (had, fields.text(key, label, had, help=words.HELP[key]))
        with right:
            kinds = [suffix.removeprefix(".") for suffix in LOGOS]
            given = st.file_uploader(words.LOGO, type=kinds, help=words.LOGO_HELP, max_upload_size=1)
            fields.slots["logo"] = st.empty()
            gone = bool(found.logo) and st.checkbox(words.NO_LOGO)
        fields.end()
        done = st.form_submit_button(words.SAVE, type="primary")
    if not done:
        return
    changed: dict[tuple[str, ...], str | None] = {}
    changed |= {(key,): now or None for key, (had, now) in typed.items() if now != had}
    changed |= {("logo",): None} if gone else {}
    logo = Logo(given.name, given.getvalue()) if given else None
    if not (changed or logo):
        fields.refuse("", strings.Editors.NOTHING, strings.Editors.NOTHING_HINT)
    elif fields.did(partial(data.change_look, here.workspace, changed, logo)):
        st.toast(words.SAVED.format(file="report.yaml"))
        st.rerun()


def comment(found: ReportLook) -> None:
    widgets.section(words.COMMENT, words.COMMENT_SUB)
    weeks = data.weeks(here.workspace)[::-1][:26]
    if not weeks:
        return
    fields = forms.Fields()
    week = st.selectbox(words.WEEK, weeks, format_func=numbers.day, width=220)
    key = f"{week:%Y-%m-%d}"
    said = fields.area("comment", words.WORDS, found.comments.get(week, ""), height=100, key=f"comment {key}")
    fields.end()
    if st.button(words.SAVE, key="save comment"):
        written = " ".join(said.split()) or None
        if fields.did(partial(data.change_look, here.workspace, {("comments", key): written})):
            st.toast(words.SAVED.format(file="report.yaml"))
            st.rerun()


show()
