"""One source; one rival."""

from __future__ import annotations

from typing import Final


class SourcePage:
    NONE = "Nothing is known of this site"
    NONE_TEXT = "No stored answer cites {name}, and no import says that it links to a tracked brand."
    NO_NAME = "the site you asked for"
    CITED, CITED_HELP = "Cited in", "Share of answers whose citations are known that cite the site."
    OF = "{n} of {of} answers"
    LIFT = "Lift"
    LIFT_HELP = "Points of mention rate that go with its link, compared inside the same answers."
    LINKS = "Links to"
    LINKED = "{n} of {of} brands"
    YOU: Final = {True: "you among them", False: "not to you"}
    GAIN, GAIN_HELP = "Expected gain", "What a link could bring you, where link dates support that it works."
    OVER_TIME = "Cited week by week"
    AXIS = "Answers citing it"
    ENGINES = "By engine"
    ENGINE_COLUMNS = ("Engine", "Answers citing it", "95\u00a0% interval", "Answers retrieving it")
    PAGES = "Its pages that answers cite"
    PAGE_COLUMNS = ("Page", "Answers")
    NAMED = "Who is named beside it"
    NAMED_SUB = "Of the {n} that cite it, how many name each brand, and whether it links to the brand."
    NAMED_COLUMNS = ("Brand", "Named", "95\u00a0% interval", "Link")
    EVIDENCE = "Its links, with evidence"
    EVIDENCE_COLUMNS = ("Brand", "Page", "Anchor text", "First seen", "State")
    NO_LINKS = "No import and no look of ours knows a link of it to a tracked brand."
    CHECKS = "Lift and its checks"
    BACK = "All sources"
    NOT_LIVE = "none"


class RivalPage:
    TITLE = "{brand} and {rival}"
    LEAD = "On the very same answers, prompt by prompt."
    RIVAL = "Rival"
    MEASURE_COLUMNS = ("Measure", "You", "{rival}", "Difference", "95\u00a0% interval", "Reading")
    OVER_TIME = "Week by week"
    WON, LOST = "Prompts you win", "Prompts you lose"
    SCORE = "You are named more in {won}, {rival} in {lost}, and as often in {even}."
    PROMPT_COLUMNS = ("Prompt", "Topic", "You", "{rival}", "Difference", "Answers")
    NONE_LOST, NONE_WON = "None in these answers.", "None in these answers."
    SOURCES = "Sources that link to {rival} and not to you"
    SOURCES_SUB = "Those that most answers cite first."
    SOURCE_COLUMNS = ("Source", "Cited in", "Lift", "Expected gain", "You", "Rivals it links to", "Verdict")
    NO_SOURCES = "No cited source links to {rival} alone."
    NO_RIVAL = "There is no such rival"
    NO_RIVAL_TEXT = "The catalog names no rival called {name}."
