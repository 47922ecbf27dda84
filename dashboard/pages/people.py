"""Who may sign in, and what they may do."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import access, data, forms, strings, widgets
from tracker import numbers
from tracker.access.rights import ROLES
from tracker.models import Person

words = strings.PeoplePage
here = widgets.here()


def show() -> None:
    widgets.title(strings.Nav.PEOPLE, words.LEAD)
    if not access.may_everywhere("manage"):
        widgets.quiet(words.NOT_YOURS)
        return
    found = data.persons(here.workspace)
    if found:
        rows = [(p.name, p.role, ", ".join(p.workspaces or ()) or words.ALL, day(p)) for p in found]
        widgets.table(widgets.columns(words.COLUMNS), rows)
    else:
        widgets.empty(words.NOBODY, words.NOBODY_TEXT)
    with st.expander(words.ADD, expanded=not found, icon=":material/person_add:"):
        add()
    if found:
        with st.expander(words.CHANGE, icon=":material/manage_accounts:"):
            change({p.name: p for p in found})


def day(person: Person) -> str:
    return numbers.day(person.created_at.date())


def add() -> None:
    fields = forms.Fields()
    with st.form("person", border=False):
        name = fields.text("name", words.NAME)
        password = st.text_input(words.PASSWORD, type="password", help=words.HELP)
        role = st.selectbox(words.ROLE, ROLES)
        of = st.multiselect(words.OF, data.workspaces().names)
        fields.end()
        done = st.form_submit_button(words.SAVE, type="primary")
    if done and fields.did(partial(data.add_person, here.workspace, name, password or "", role, of)):
        st.toast(words.SAVED)
        st.rerun()


def change(known: dict[str, Person]) -> None:
    fields = forms.Fields()
    name = st.selectbox(words.WHO, list(known), format_func=widgets.visible)
    person = known[name]
    role = st.selectbox(words.ROLE, ROLES, index=ROLES.index(person.role), key=f"role {name}")
    names = data.workspaces().names
    had = [each for each in person.workspaces or () if each in names]
    of = st.multiselect(words.OF, names, default=had, key=f"of {name}")
    password = st.text_input(words.ANOTHER, type="password", key=f"password {name}")
    fields.end()
    with widgets.bar():
        save = st.button(words.SAVE, type="primary", key="save person")
        remove = st.button(words.REMOVE, type="tertiary")
    write = partial(data.change_person, here.workspace, name, password or None, role, of)
    if save and fields.did(write):
        st.toast(words.SAVED)
        st.rerun()
    if remove and fields.did(partial(data.remove_person, here.workspace, name)):
        st.toast(words.REMOVED)
        st.rerun()


show()
