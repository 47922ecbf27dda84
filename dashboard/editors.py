"""Forms that change one list of the catalog: an item altered, added or taken out, by the catalog's own rules.

A row of a page opens its form at the side by "brands:3"; the file's mark tells whether it still is that item.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, get_args

import streamlit as st

from dashboard import access, data, forms, keyed, questions, strings, widgets
from tracker import numbers
from tracker.catalog.lines import Add, Alter, Remove
from tracker.catalog.writing import Edits, Kind
from tracker.errors import CiteliftError
from tracker.notify import people

words = strings.Editors
KEYS: Mapping[Kind, tuple[str, ...]] = {
    "brands": ("name", "domains", "aliases", "owns", "not", "until"),
    "prompts": ("text", "topic", "country", "language", "weight"),
    "engines": ("name", "model", "repeats", "budget_usd", "concurrency", "rpm"),
    "recipients": ("name", "gets", "schedules", "when", "at", "quiet", "timezone", "kinds"),
}
LISTS, LONG = {"domains", "aliases", "owns", "not", "schedules"}, {"text"}
CHOICES: Mapping[str, tuple[str, ...]] = {"when": get_args(people.When)}
SOME: Mapping[str, tuple[str, ...]] = {"gets": get_args(people.Gets), "kinds": get_args(people.AlarmKind)}
"""Of these all are meant where nothing is said."""
REACHED_BY: Mapping[str, tuple[str, ...]] = {"email": ("to",), "webhook": ("url", "secret")}
"""What a recipient's line needs; the address of a hook, if nothing else."""
NUMBERS = {"weight", "repeats", "budget_usd", "concurrency", "rpm"}


def listing(kind: Kind, title: str) -> data.Listed | None:
    """The page's head, and its table where there is a catalog; a row opens its form."""
    widgets.title(title, words.LEADS[kind])
    here = widgets.here()
    try:
        found = data.listed(here.workspace, kind)
    except CiteliftError as error:
        widgets.box(error.problem, widgets.text(error.hint), "warn")
        return None
    may = access.may("edit", here.world.name)
    if may:
        add_button(kind)
    rows(kind, found)
    widgets.quiet(words.FILE.format(path=found.path) if may else words.READ_ONLY)
    return found


def rows(kind: Kind, found: data.Listed) -> None:
    """The list as a table; a row opens its form, where one may change it."""
    may = access.may("edit", widgets.here().world.name)
    most = widgets.how_many(len(found.rows), f"{kind}_shown", steps=(50, 200, 5000))
    shown = found.rows[:most]
    own = [i for i, row in enumerate(shown) if data.is_own(row)]
    peek = [f"{kind}:{place}" for place in range(len(shown))] if may else []
    numeric: tuple[int, ...] = {"prompts": (4,), "engines": (1, 2)}.get(kind, ())
    heads = widgets.columns(words.COLUMNS[kind], numeric=numeric, wide=(0,))
    widgets.table(heads, [line(kind, row) for row in shown], own=own, peek=peek)


def line(kind: Kind, row: Mapping[str, Any]) -> tuple[object, ...]:
    if kind == "engines":
        model = str(row.get("model", ""))
        shown = widgets.small(str(row.get("name", "")), model)
        return (shown, str(row.get("repeats") or 1), keyed.budget(row), keyed.keys(model))
    if kind == "recipients":
        channel = words.CHANNELS.get(said(row.get("channel")) or "email", "")
        to = row.get("to") or row.get("url")
        gets = " and ".join(row.get("gets") or SOME["gets"])
        when, quiet = said(row.get("when")) or CHOICES["when"][0], said(row.get("quiet")) or numbers.UNKNOWN
        return said(row.get("name")), channel, said(to), gets, when, quiet
    return tuple(said(row.get(key)).replace("\n", ", ") for key in KEYS[kind][:5])


def said(value: Any) -> str:
    """A value as a field has it: a list one a line."""
    if isinstance(value, list):
        return "\n".join(map(said, value))
    if isinstance(value, dict):
        return f"{value.get('name', '')} ({value.get('case', '')})"
    return "" if value is None else str(value)


def add_button(kind: Kind) -> None:
    if st.button(words.ADD[kind], icon=":material/add:"):
        opened(words.ADD[kind], partial(new, kind, {}))


def opened(title: str, body: Callable[[], None]) -> None:
    show: Any = st.dialog(title, width="medium", position="right")(body)
    show()


def item(kind: Kind, place: str) -> None:
    """The form of the item at this place."""
    here = widgets.here()
    found = data.listed(here.workspace, kind)
    if not place.isdigit() or int(place) >= len(found.rows) or not access.may("edit", here.world.name):
        return
    row = found.rows[int(place)]
    title = widgets.plain(str(row.get(KEYS[kind][0], "")))
    opened(title, partial(_item, kind, found, int(place)))


def _item(kind: Kind, found: data.Listed, place: int) -> None:
    def written(values: dict[str, Any]) -> Edits:
        return lambda _: [Alter(place, values)]

    form(kind, found.rows[place], found, written)
    fields = forms.Fields()
    fields.end()
    help = words.REMOVE_HELP.get(kind, words.REMOVE_HELP[""])
    if st.button(words.REMOVE, help=help, type="tertiary", icon=":material/delete:"):
        workspace = widgets.here().workspace
        if fields.did(
            partial(data.change_catalog, workspace, kind, lambda _: [Remove((place,))], found.mark)
        ):
            st.toast(words.REMOVED.format(file=found.path.name))
            st.rerun()


def new(kind: Kind, row: Mapping[str, Any]) -> None:
    """A form for another item; `row` is what is known of it."""
    found = data.listed(widgets.here().workspace, kind)

    def written(values: dict[str, Any]) -> Edits:
        kept = {key: value for key, value in {**row, **values}.items() if value not in (None, [])}
        return lambda _: [Add((kept,))]

    form(kind, row, found, written, is_new=True)


def form(
    kind: Kind,
    row: Mapping[str, Any],
    found: data.Listed,
    written: Callable[[dict[str, Any]], Edits],
    *,
    is_new: bool = False,
) -> None:
    fields, typed = forms.Fields(), dict[str, str]()
    keys = KEYS[kind]
    if kind == "recipients":
        channel = st.selectbox(
            words.LABELS["channel"],
            list(words.CHANNELS),
            index=list(words.CHANNELS).index(said(row.get("channel")) or "email"),
            format_func=words.CHANNELS.__getitem__,
        )
        typed["channel"] = "" if channel == "email" and not row.get("channel") else channel
        keys = (keys[0], *REACHED_BY.get(channel, ("url",)), *keys[1:])
    with st.form(f"{kind} {'new' if is_new else row.get(KEYS[kind][0])}", border=False):
        for key in keys:
            kept = said(row.get(key))
            help = words.HELP.get(key)
            if key in CHOICES:
                named = list(CHOICES[key])
                at = named.index(kept) if kept in named else 0
                chosen = st.selectbox(words.LABELS[key], named, index=at)
                typed[key] = "" if not kept and chosen == named[0] else chosen
            elif key in SOME:
                known = [each for each in row.get(key) or SOME[key] if each in SOME[key]]
                some = st.multiselect(words.LABELS[key], SOME[key], default=known)
                typed[key] = "" if len(some) == len(SOME[key]) else "\n".join(some)
            elif key in LISTS or key in LONG:
                typed[key] = fields.area(key, words.LABELS[key], kept, help=help, height=80).strip()
            else:
                typed[key] = fields.text(key, words.LABELS[key], kept, help=help)
        fields.end()
        if not st.form_submit_button(words.SAVE, type="primary"):
            return
    values = {key: value(key, now, row) for key, now in typed.items() if now != said(row.get(key))}
    if not values and not is_new:
        fields.refuse("", words.NOTHING, words.NOTHING_HINT)
    elif fields.did(
        partial(data.change_catalog, widgets.here().workspace, kind, written(values), found.mark)
    ):
        st.toast(words.SAVED.format(file=found.path.name))
        st.rerun()


def value(key: str, typed: str, row: Mapping[str, Any]) -> Any:
    """What was typed as the catalog has it; the catalog's rules say what is wrong with it."""
    if key in SOME:
        return typed.split("\n") if typed else None
    if key in LISTS:
        known = {said(each): each for each in row.get(key) or []}
        lines = [" ".join(each.split()) for each in typed.splitlines()]
        return [known.get(each, spelled(each)) for each in lines if each] or None
    if not typed:
        return None
    if key in NUMBERS:
        try:
            return int(typed) if typed.isascii() and typed.isdigit() else float(typed)
        except ValueError:
            return typed
    return typed


def spelled(line: str) -> Any:
    name = line.removesuffix("(exact)").strip()
    return {"name": name, "case": "exact"} if line.endswith("(exact)") and name else line


def track(suggested: str) -> None:
    """A company that answers name: the form that tracks it, filled as far as the answers say."""
    name, _, site = suggested.rpartition("|")
    if access.may("edit", widgets.here().world.name):
        known = {"name": name} | ({"domains": [site]} if site else {})
        opened(words.ADD["brands"], partial(new, "brands", known))


KINDS: dict[str, Callable[[str], None]] = {
    "brands": partial(item, "brands"),
    "prompts": partial(item, "prompts"),
    "engines": partial(item, "engines"),
    "recipients": partial(item, "recipients"),
    "track": track,
}
"""What a row of a page of these opens, beside `drawers.KINDS`."""


def many(known: Sequence[Mapping[str, Any]]) -> None:
    """Questions pasted, or of a file."""
    here, fields = widgets.here(), forms.Fields()
    suggesting = data.suggesting_for(here.workspace, known)
    topic, text, file = questions.fields(fields, "more", suggesting)
    fields.end()
    if not st.button(words.MANY_SAVE, type="primary"):
        return
    found = fields.tried(lambda: data.pasted(known, text, file, topic))
    if found is None or questions.rejected(fields, found):
        return
    if not found.rows:
        fields.refuse("text", words.NOTHING, words.NOTHING_HINT)
    elif fields.did(
        partial(data.change_catalog, here.workspace, "prompts", lambda _: [Add(tuple(found.rows))])
    ):
        st.toast(words.MANY_ADDED.format(n=len(found.rows), known=found.known))
        st.rerun()
