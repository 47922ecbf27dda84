"""The scope bar above a page: which answers its numbers are about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import streamlit as st

from analysis.frames import Scope
from dashboard import data
from dashboard.strings import Common
from dashboard.widgets import PERIODS, Here, choice, here


def bar(use: Collection[str]) -> Scope:
    """The bar above a page. `app` draws it: what is chosen then stays over pages, and stands in the address,
    so a view can be sent to somebody. `use` is of `places`."""
    now = here()
    chosen: dict[str, Any] = {"branded": "include"}
    with st.container(horizontal=True, key="scope", gap="small"):
        for key, weeks in (("period", 4), ("span", None)):
            if key in use:
                options = [_period(n) for n in PERIODS]
                picked = _shared(Common.PERIOD, key, options, index=PERIODS.index(weeks))
                first, last = data.window(now.workspace, PERIODS[options.index(picked)])
                chosen |= {"first": first, "last": last}
        if "engine" in use and len(now.world.engines) > 1:
            names = _several(Common.ENGINE, "engine", list(now.world.engines.values()), Common.ALL_ENGINES)
            ids = tuple(sorted(now.world.engine(name) for name in names))
            chosen["engine"] = ids[0] if len(ids) == 1 else ids or None
        topics = sorted({p.topic for p in now.world.prompts.values() if p.topic})
        if "topic" in use and len(topics) > 1:
            some = tuple(sorted(_several(Common.TOPIC, "topic", topics, Common.ALL_TOPICS)))
            chosen["topic"] = some[0] if len(some) == 1 else some or None
        for key, label, every in (
            ("country", Common.COUNTRY, Common.ALL_COUNTRIES),
            ("language", Common.LANGUAGE, Common.ALL_LANGUAGES),
        ):
            known = sorted({v for p in now.world.prompts.values() if (v := getattr(p, key))})
            if key in use and len(known) > 1:
                name = _shared(label, key, [every, *known])
                chosen[key] = name if name != every else None
        if "branded" in use:
            chosen |= _named(now)
    return Scope(**chosen)


def _named(now: Here) -> dict[str, str]:
    """What to do with prompts that name the own brand or a rival, asked where there are such."""
    words = Common.BRANDED_CHOICES
    asked = (
        ("branded", now.world.branded, Common.BRANDED, Common.BRANDED_HELP, "exclude"),
        ("rivals", now.world.naming_rivals, Common.RIVALS, Common.RIVALS_HELP, "include"),
    )
    found = {key: usual for key, _, _, _, usual in asked}
    if any(prompts for _, prompts, *_ in asked):
        with st.popover(Common.MORE_SCOPE, icon=":material/tune:"):
            for key, prompts, label, help, usual in asked:
                if prompts:
                    order = [usual, *(word for word in words if word != usual)]
                    shown = [words[each] for each in order]
                    picked = _shared(label, key, shown, help=help, label_visibility="visible")
                    found[key] = order[shown.index(picked)]
    return found


def _several(label: str, key: str, options: Sequence[str], every: str) -> list[str]:
    """Some of the options; none chosen, or each, is all of them."""
    picked = st.multiselect(
        label,
        options,
        key=key,
        bind="query-params",
        persist_state="session",
        placeholder=every,
        label_visibility="collapsed",
        width=220,
    )
    known = [each for each in picked if each in options]
    return known if len(known) < len(options) else []


def _shared(label: str, key: str, options: Sequence[str], **more: Any) -> str:
    """One choice of the scope bar; it comes back where a page between did not ask for it."""
    more = {"label_visibility": "collapsed", "width": 168, **more}
    return choice(label, key, options, persist_state="session", **more)


def _period(n: int | None) -> str:
    return Common.ALL_WEEKS if n is None else Common.LAST_WEEKS.format(n=n)
