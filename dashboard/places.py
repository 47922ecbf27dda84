"""Where everything is: the menu's seven entries, the rooms of each, and the pages that only a link opens.

A page's name is its address and its module in `pages/`. An old address leads to the page that took its place;
Home stands at the root, and its name leads there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dashboard.strings import Nav

ASKED = ("engine", "topic", "country", "language")
RATES = ("period", *ASKED, "branded")
WHOLE = ("span", *ASKED)
WITHOUT_ENGINE = ("span", *ASKED[1:])
"""What a scope bar asks; `span` is a period that begins with all weeks."""


@dataclass(frozen=True)
class Spot:
    """A page: a room of `menu` with its own tab, or, without a `tab`, one that only a link opens. `scope` is
    what its scope bar asks."""

    name: str
    title: str
    menu: str
    icon: str = ""
    tab: str = ""
    scope: tuple[str, ...] = ()

    @cached_property
    def file(self) -> Path:
        return Path(__file__).with_name("pages") / f"{self.name}.py"

    @property
    def in_menu(self) -> bool:
        return self.name == self.menu


HOME, SETUP = "home", "setup"
PLACES = (
    Spot(HOME, Nav.HOME, HOME, "monitoring", Nav.HOME, scope=RATES),
    Spot("rivals", Nav.RIVALS, HOME, tab=Nav.RIVALS, scope=RATES),
    Spot("rival", Nav.RIVAL, HOME, scope=RATES),
    Spot("answers", Nav.ANSWERS, "answers", "forum", Nav.ANSWERS, scope=RATES),
    Spot("prompt", Nav.PROMPT, "answers", scope=RATES),
    Spot("answer", Nav.ANSWER, "answers"),
    Spot("sources", Nav.SOURCES, "sources", "hub", Nav.LIFT, scope=WHOLE),
    Spot("source", Nav.SOURCE, "sources", scope=WHOLE),
    Spot("cited", Nav.CITED, "sources", tab=Nav.CITED, scope=RATES),
    Spot(
        "authority",
        Nav.AUTHORITY,
        "sources",
        tab=Nav.AUTHORITY,
        scope=WITHOUT_ENGINE,
    ),
    Spot("links", Nav.LINKS, "sources", tab=Nav.LINKS),
    Spot("looks", Nav.LOOKS, "sources", tab=Nav.LOOKS),
    Spot("reported", Nav.REPORTED, "sources", tab=Nav.REPORTED),
    Spot("own", Nav.OWN_SITE, "sources", tab=Nav.OWN_SITE, scope=("span",)),
    Spot("map", Nav.MAP, "map", "account_tree", Nav.MAP, scope=WHOLE),
    Spot("work", Nav.WORK, "work", "lightbulb", Nav.OPPORTUNITIES, scope=WHOLE),
    Spot("prospects", Nav.PROSPECTS, "work", tab=Nav.PROSPECTS),
    Spot("review", Nav.REVIEW, "work", tab=Nav.REVIEW),
    Spot("experiments", Nav.EXPERIMENTS, "work", tab=Nav.EXPERIMENTS),
    Spot("timeline", Nav.TIMELINE, "timeline", "timeline", Nav.TIMELINE, scope=WHOLE),
    Spot("after", Nav.AFTER, "timeline", tab=Nav.AFTER, scope=WHOLE),
    Spot("settings", Nav.SETTINGS, "settings", "settings", Nav.RUNS),
    Spot("brands", Nav.BRANDS, "settings", tab=Nav.BRANDS),
    Spot("prompts", Nav.PROMPTS, "settings", tab=Nav.PROMPTS),
    Spot("engines", Nav.ENGINES, "settings", tab=Nav.ENGINES),
    Spot("schedules", Nav.SCHEDULES, "settings", tab=Nav.SCHEDULES),
    Spot("told", Nav.TOLD, "settings", tab=Nav.TOLD),
    Spot("deliveries", Nav.DELIVERIES, "settings", tab=Nav.DELIVERIES),
    Spot("letterhead", Nav.LETTERHEAD, "settings", tab=Nav.LETTERHEAD),
    Spot("people", Nav.PEOPLE, "settings", tab=Nav.PEOPLE),
    Spot(SETUP, Nav.SETUP, "settings"),
    Spot("methods", Nav.METHODS, "settings", tab=Nav.METHODS),
)
MOVED = {
    HOME: HOME,
    "overview": HOME,
    "link_sources": "sources",
    "opportunities": "work",
    "events": "timeline",
    "runs": "settings",
}
BY_NAME = {place.name: place for place in PLACES}
MENU = tuple(place for place in PLACES if place.in_menu)


def rooms(menu: str) -> tuple[Spot, ...]:
    """The pages beside each other under one entry of the menu."""
    return tuple(place for place in PLACES if place.menu == menu and place.tab)
