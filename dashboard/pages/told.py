"""Who is told of reports and alerts, from where e-mail is sent, and whether a test arrives."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import access, data, editors, forms, strings, widgets
from tracker.notify.people import People

words = strings.ToldPage
here = widgets.here()


def show() -> None:
    widgets.title(strings.Nav.TOLD, strings.Editors.LEADS["recipients"])
    fields = forms.Fields()
    fields.end()
    told = fields.tried(lambda: data.told(here.workspace))
    may = access.may("edit", here.world.name)
    if told is None:
        return
    if may:
        editors.add_button("recipients")
    if told.recipients:
        editors.rows("recipients", data.listed(here.workspace, "recipients"))
    else:
        widgets.empty(words.NONE, words.NONE_TEXT, words.NONE_COMMANDS)
    if may and told.recipients:
        test([each.name for each in told.recipients])
    if may:
        with st.expander(words.MAIL, icon=":material/mail:", expanded=told.smtp is None):
            mail(told)


def test(names: list[str]) -> None:
    fields = forms.Fields()
    with widgets.bar():
        name = st.selectbox(words.TEST_WHO, [words.ALL, *names], width=220)
        clicked = st.button(words.TEST, icon=":material/send:")
    fields.end()
    if clicked:
        one = None if name == words.ALL else name
        ended = fields.tried(partial(data.send_test, here.workspace, one))
        said = [words.SENT.format(name=e.recipient, state=e.state, detail=e.detail) for e in ended or ()]
        widgets.html(widgets.bullets(said))


def mail(told: People) -> None:
    """The sender and the server of e-mail, as notify.yaml has them."""
    widgets.quiet(words.MAIL_SUB)
    fields, typed = forms.Fields(), {}
    parts = {"sender": told.sender, "smtp": told.smtp}
    with st.form("mail", border=False):
        left, right = st.columns(2)
        for key, label in words.MAIL_FIELDS.items():
            had = str(getattr(parts[key[0]], key[1], "") or "")
            with left if key[0] == "sender" else right:
                typed[key] = (had, fields.text(".".join(key), label, had))
        fields.end()
        done = st.form_submit_button(strings.Editors.SAVE, type="primary")
    new: dict[tuple[str, ...], str] = {key: now for key, (had, now) in typed.items() if now != had}
    changed = {key: (int(now) if now.isdecimal() else now) or None for key, now in new.items()}
    if not done:
        return
    if not changed:
        fields.refuse("", strings.Editors.NOTHING, strings.Editors.NOTHING_HINT)
    elif fields.did(partial(data.change_mail, here.workspace, changed)):
        st.toast(strings.Editors.SAVED.format(file="notify.yaml"))
        st.rerun()


show()
