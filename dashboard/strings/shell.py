"""What stands around every page: the menu, and what is said when one cannot be shown."""

from __future__ import annotations


class Nav:
    NUMBERS, WORK, FACTS = "Visibility", "What to do", "The facts"
    OVERVIEW, LINK_SOURCES, SOURCES, RIVALS = "Overview", "Link sources", "Cited sources", "Rivals"
    ASSOCIATION, OPPORTUNITIES, ANSWERS = "Authority", "Opportunities", "Prompts & answers"
    RUNS, LINKS, METHODS, EVENTS = "Runs & cost", "Links", "Methods", "Events"
    REPORTED = "Reported by engines"
    LOOKS = "Link checks"
    PROSPECTS = "Prospects"

    EXPERIMENTS = "Experiments"


class TroublePage:
    TITLE = "This cannot be shown"
    WHAT = "What is wrong, and what to do"
