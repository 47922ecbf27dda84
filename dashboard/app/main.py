"""The dashboard's door: `streamlit run dashboard/app/main.py`. Navigation, theme, and what every page needs
first.

It stands in a folder of its own: beside a `pages` folder Streamlit would run the first page without it."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

# `streamlit run` puts this folder first on the path.
HERE = Path(__file__).resolve().parents[1]
sys.path[:] = [str(HERE.parent), *(p for p in sys.path if p and Path(p).resolve() != Path(__file__).parent)]

import streamlit as st  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

from dashboard import access, data, doors, drawers, noting, places, scoping, strings, widgets  # noqa: E402
from dashboard.places import HOME, MENU, MOVED, PLACES, Spot  # noqa: E402
from dashboard.strings import Nav  # noqa: E402
from tracker import numbers  # noqa: E402
from tracker.errors import CiteliftError  # noqa: E402

THEME = HERE / "theme"


def pages() -> dict[str, st.Page]:
    """All pages by name; old addresses among them. The menu is drawn by `menu`, which takes filters along."""
    known = {
        place.name: st.Page(
            place.file,
            title=place.title,
            url_path="" if place.name == HOME else place.name,
            default=place.name == HOME,
            visibility="hidden",
        )
        for place in PLACES
    }
    moved = {old: partial(follow, new) for old, new in MOVED.items()}
    known |= {
        f"/{old}": st.Page(to, title=old, url_path=old, visibility="hidden") for old, to in moved.items()
    }
    asked = widgets.place(st.context.url)
    if asked and asked not in known and asked not in MOVED and "/" not in asked:
        title = strings.Lost.TITLE
        known[asked] = st.Page(partial(lost, asked), title=title, url_path=asked, visibility="hidden")
    return known


def follow(page: str) -> None:
    """An old address with its choices leads to the page that took its place."""
    known = {key: st.query_params.get_all(key) for key in st.query_params}
    st.switch_page(places.BY_NAME[page].file, query_params=known)


def enter(page: str) -> bool:
    """Find the workspace; False where there is none yet and the reader was told what to do. Who may set one
    up is led there."""
    known = data.workspaces()
    if not known.names and access.may("edit"):
        if page != places.SETUP:
            st.switch_page(places.BY_NAME[places.SETUP].file)
        st.session_state.pop("here", None)
        return True
    if not known.names:
        empty = strings.Empty
        widgets.title(strings.PRODUCT, strings.TAGLINE)
        widgets.empty(empty.DATABASE, empty.DATABASE_TEXT, empty.DATABASE_COMMANDS)
        return False
    with st.sidebar:
        name = known.fixed or (known.names[0] if len(known.names) == 1 else None)
        name = name or widgets.choice(strings.Common.WORKSPACE, "workspace", known.names, width="stretch")
        workspace = data.open_workspace(name, page)
        st.session_state["here"] = widgets.Here(workspace, data.world(workspace))
        weeks = data.weeks(workspace)
        newest = (
            strings.Common.NEWEST.format(week=numbers.day(weeks[-1])) if weeks else strings.Common.NO_ANSWERS
        )
        lines = widgets.Safe("<br>").join(
            map(widgets.text, (name, newest, st.session_state["here"].world.weeks_in_words))
        )
        widgets.html(f'<p class="cl-quiet">{lines}</p>')
        widgets.signed_in(access.visitor())
    return True


@st.cache_resource(show_spinner=False)
def calm() -> object:
    """One thread of linear algebra: the products are small, and a pool on a busy machine makes them slow."""
    return threadpool_limits(1, "blas")


def menu(known: dict[str, st.Page], now: Spot | None) -> None:
    """The menu, and above the page the rooms beside it; the scope bar's choices stay by themselves."""
    with st.sidebar, st.container(key="menu", gap=None):
        for place in MENU:
            here = "menu_here" if now and place.name == now.menu else f"menu_{place.name}"
            with st.container(key=here):
                icon = f":material/{place.icon}:"
                st.page_link(known[place.name], label=place.title, icon=icon)
    beside = places.rooms(now.menu) if now and now.tab else ()
    if len(beside) > 1:
        with st.container(horizontal=True, key="rooms", gap="small"):
            for place in beside:
                here = "room_here" if place is now else f"room_{place.name}"
                with st.container(key=here, width="content"):
                    st.page_link(known[place.name], label=place.tab)


def lost(name: str) -> None:
    """The address that nobody has. Streamlit by itself would show Home under it."""
    words = strings.Lost
    widgets.title(words.TITLE, words.WHAT.format(name=name))
    st.page_link(places.BY_NAME[HOME].file, label=words.HOME)


def main() -> None:
    st.set_page_config(page_title=strings.PRODUCT, page_icon=str(THEME / "icon.png"), layout="wide")
    calm()
    widgets.begin()
    st.html(widgets.STYLE)
    st.logo(str(THEME / "mark.svg"), size="large", icon_image=str(THEME / "icon.png"))
    known = pages()
    page = st.navigation(list(known.values()), position="hidden")
    now = places.BY_NAME.get(page.url_path or HOME)
    if page.url_path in MOVED:
        page.run()
    st.set_page_config(page_title=Nav.TAB.format(page=page.title))
    try:
        if enter(page.url_path or HOME):
            begun = "here" in st.session_state
            if begun and not access.is_guest():
                menu(known, now)
            if begun and now:
                widgets.banner()
                if now.scope and data.weeks(widgets.here().workspace):
                    st.session_state["scope"] = scoping.bar(now.scope)
            page.run()
            if begun and now:
                with st.sidebar:
                    noting.shared(now.name)
            doors.listen(drawers.KINDS)
    except CiteliftError as error:
        st.title(strings.TroublePage.TITLE, anchor=False)
        widgets.box(strings.TroublePage.WHAT, widgets.join(error.problem, ". ", error.hint), "warn")


if __name__ == "__main__":  # not where a forked process reads its parent's script again
    main()
