"""What happened: the log, its dots in lanes, its lines, and one sentence about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd
import streamlit as st

from analysis.changes import Moving
from analysis.frames import Scope, monday
from dashboard import charts, data, widgets
from dashboard.strings import Measure, Timeline
from dashboard.widgets import Here
from tracker import numbers

words = Timeline
LANES = {
    words.GAINED: charts.GOOD,
    words.LOST: charts.BAD,
    words.NOTED: charts.QUIET,
    words.MOVED: charts.ACCENT,
}
LANE_OF = {"gained link": words.GAINED, "lost link": words.LOST, "moved": words.MOVED}
MOST_TITLES = 6


@dataclass(frozen=True)
class Happening:
    """A day and what happened on it: "gained link", "lost link", "moved", or an event's kind; `title` is the
    site of a link, `brand` None where it concerns all."""

    at: date
    kind: str
    title: str
    brand: str | None

    @property
    def is_link(self) -> bool:
        return self.kind in ("gained link", "lost link")


def log(here: Here, scope: Scope | None = None) -> list[Happening]:
    """Newest first: all of it where the scope begins with the first answers, or there are none; else what
    lies in its weeks."""
    moves = widgets.told(data.link_moves, here.workspace) if data.has_links(here.workspace) else None
    at, frame = (moves.made_at, moves.value) if moves else (None, None)
    noted = _noted(here.workspace, data.noted(here.workspace), at, frame)
    if scope is None:
        return list(noted)
    movers = widgets.computed(data.movers, here.workspace, scope) or []
    found = [*noted, *(_moved(each, each.since) for each in movers if each.since)]
    if scope.first is not None and scope.last is not None and scope.first > data.weeks(here.workspace)[0]:
        end = scope.last + timedelta(weeks=1)
        found = [each for each in found if scope.first <= each.at < end]
    return sorted(found, key=lambda each: each.at, reverse=True)


@st.cache_resource(show_spinner=False, max_entries=8)
def _noted(
    workspace: data.OpenWorkspace, noted: tuple[object, ...], at: datetime | None, _moves: pd.DataFrame | None
) -> tuple[Happening, ...]:
    """Events and moves of links, which were computed `at`: shared by all who look, and not read anew."""
    rows = widgets.records(data.happened(workspace, _moves))
    return tuple(Happening(row.at, row.kind, row.title, row.brand) for row in rows)


def _moved(each: Moving, since: date) -> Happening:
    title = words.MOVE.format(
        measure=Measure.NAMES[each.measure].casefold(),
        before=numbers.percent(each.before),
        after=numbers.percent(each.after),
    )
    return Happening(since, "moved", title, each.brand)


def lane(each: Happening) -> str:
    return LANE_OF.get(each.kind, words.NOTED)


def mine(here: Here, log: Sequence[Happening]) -> list[Happening]:
    """The own brand's, and what concerns all."""
    own = here.brand
    return [each for each in log if each.brand is None or each.brand == own]


def said(here: Here, log: Sequence[Happening], first: date) -> str:
    """How many sites began to link to the own brand and stopped since `first`, and what else was noted."""
    lanes = [lane(each) for each in mine(here, log) if each.at >= first]
    gained = numbers.counted(lanes.count(words.GAINED), words.SITE)
    links = words.SAID_LINKS.format(gained=gained, brand=here.brand, lost=lanes.count(words.LOST))
    noted = numbers.counted(lanes.count(words.NOTED), words.EVENT)
    return words.SAID.format(day=numbers.day(first), links=links, noted=noted)


def dots(log: Sequence[Happening], weeks: Sequence[date]) -> pd.DataFrame:
    """What `charts.lanes` draws of these weeks."""
    titles: dict[tuple[date, str], list[str]] = {}
    for each in log:
        if (week := monday(each.at)) in weeks:
            titles.setdefault((week, lane(each)), []).append(widgets.visible(each.title))
    rows = [(week, name, len(every), _some(every)) for (week, name), every in titles.items()]
    return pd.DataFrame(rows, columns=["week", "lane", "n", "titles"])


def _some(titles: Sequence[str]) -> str:
    left = len(titles) - MOST_TITLES
    return ", ".join([*titles[:MOST_TITLES], *([words.AND_MORE.format(n=left)] if left > 0 else [])])


def line(each: Happening) -> tuple[object, ...]:
    what: object = each.title
    if each.is_link:
        what = widgets.join(widgets.site(each.title), f" → {each.brand}")
    elif each.brand:
        what = widgets.join(widgets.strong(each.brand), " ", each.title)
    kind = widgets.badge(words.KINDS.get(each.kind, each.kind), words.TONES.get(each.kind, "quiet"))
    return numbers.day(each.at), kind, what
