"""The dashboard's door: `streamlit run dashboard/app.py`. Navigation, theme, and what every page needs
first."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

# `streamlit run` puts this folder first on the path, where `data` or `command` would hide modules of the same
# name.
HERE = Path(__file__).resolve().parent
sys.path[:] = [str(HERE.parent), *(p for p in sys.path if p and Path(p).resolve() not in (HERE, HERE.parent))]

import streamlit as st  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

from dashboard import data, strings, widgets  # noqa: E402
from dashboard.strings import Nav  # noqa: E402
from tracker import numbers  # noqa: E402
from tracker.errors import CiteliftError  # noqa: E402

THEME = HERE / "theme"
PAGES = {
    Nav.NUMBERS: (
        ("overview", Nav.OVERVIEW, "monitoring"),
        ("rivals", Nav.RIVALS, "compare_arrows"),
        ("answers", Nav.ANSWERS, "forum"),
    ),
    Nav.WORK: (
        ("link_sources", Nav.LINK_SOURCES, "hub"),
        ("events", Nav.EVENTS, "timeline"),
        ("opportunities", Nav.OPPORTUNITIES, "lightbulb"),
        ("prospects", Nav.PROSPECTS, "handshake"),
        ("experiments", Nav.EXPERIMENTS, "science"),
    ),
    Nav.FACTS: (
        ("sources", Nav.SOURCES, "menu_book"),
        ("reported", Nav.REPORTED, "campaign"),
        ("links", Nav.LINKS, "link"),
        ("looks", Nav.LOOKS, "fact_check"),
        ("authority", Nav.ASSOCIATION, "scatter_plot"),
        ("runs", Nav.RUNS, "receipt_long"),
        ("methods", Nav.METHODS, "rule"),
    ),
}


def pages() -> dict[str, list[st.Page]]:
    return {
        group: [
            st.Page(f"pages/{file}.py", title=name, icon=f":material/{icon}:", default=file == "overview")
            for file, name, icon in members
        ]
        for group, members in PAGES.items()
    }


def enter() -> bool:
    """Find the workspace; False where there is none yet and the reader was told what to do."""
    known = data.workspaces()
    if not known.names:
        empty = strings.Empty
        widgets.title(strings.PRODUCT, strings.TAGLINE)
        widgets.empty(empty.DATABASE, empty.DATABASE_TEXT, empty.DATABASE_COMMANDS)
        return False
    with st.sidebar:
        name = known.fixed or (known.names[0] if len(known.names) == 1 else None)
        name = name or widgets.choice(strings.Common.WORKSPACE, "workspace", known.names, width="stretch")
        workspace = data.open_workspace(name)
        st.session_state["here"] = widgets.Here(workspace, data.world(workspace))
        weeks = data.weeks(workspace)
        newest = (
            strings.Common.NEWEST.format(week=numbers.day(weeks[-1])) if weeks else strings.Common.NO_ANSWERS
        )
        lines = widgets.Safe("<br>").join(
            map(widgets.text, (name, newest, st.session_state["here"].world.weeks_in_words))
        )
        widgets.html(f'<p class="cl-quiet">{lines}</p>')
    return True


@st.cache_resource(show_spinner=False)
def calm() -> object:
    """One thread of linear algebra: the products are small, and a pool on a busy machine makes them slow."""
    return threadpool_limits(1, "blas")


def follow(page: Any) -> None:
    """Take the choices of the page before along to this one: into its address, so that it can be sent on."""
    arrived = st.session_state.get("page", page.url_path) != page.url_path
    st.session_state["page"] = page.url_path
    kept = dict(st.session_state.get("kept", {}))
    if arrived and kept and not st.query_params:
        st.switch_page(page, query_params=kept)


def main() -> None:
    st.set_page_config(page_title=strings.PRODUCT, page_icon=str(THEME / "icon.png"), layout="wide")
    calm()
    st.html(widgets.STYLE)
    st.logo(str(THEME / "mark.svg"), size="large", icon_image=str(THEME / "icon.png"))
    page = st.navigation(pages(), expanded=True)
    name, parameters = st.session_state.pop("asked", ("", {}))
    if name in {file for group in PAGES.values() for file, _, _ in group}:
        st.switch_page(f"pages/{name}.py", query_params=parameters)
    follow(page)
    try:
        if enter():
            page.run()
    except CiteliftError as error:
        st.title(strings.TroublePage.TITLE, anchor=False)
        widgets.box(strings.TroublePage.WHAT, widgets.join(error.problem, ". ", error.hint), "warn")


main()
