"""Prompts and answers."""

from __future__ import annotations

from typing import Final, Literal


class AnswersPage:
    TITLE = "Answers"
    LEAD = "What engines say to your prompts. Every number leads here, to the answers it counts."
    BEHIND = "The answers behind a number"
    WHOLE = "{n} {answers}"
    OF = "{n} of {of} {answers} {what}"
    ADDS_UP = "Some count more than once: together {units} of {of}."
    WHAT: Final = {
        "mention_rate": "name {brand}",
        "citation_rate": "cite {brand}’s own site",
        "share_of_voice": "name {brand}, of those that name any tracked brand",
        "citation_share": "cite {brand}’s own site, of those that cite anything",
        "ghost_rate": "cite {brand}’s site without naming it",
        "silent_rate": "name {brand} without citing its site",
        "retrieved_not_cited_rate": "fetched a page of {brand} and cite none",
        "average_position": "name {brand}",
        "prompt_coverage": "are to prompts that mostly name {brand}",
        "source_rate": "cite {source}",
        "source_share": "cite {source}, of those that cite anything",
        "retrieved_rate": "fetched {source}",
        "exposed": "cite {source} while it links to {brand}",
    }
    ANY_BRAND = "a tracked brand"
    CHOSEN = "Only: {parts}."
    OR = " or "
    CITING = "citing {source}"
    WEEK, FROM_TO = "week of {day}", "weeks of {first} to {last}"
    ALL = "All answers and prompts"
    SIDE = "Which of them"
    SIDES: Final[dict[Literal["yes", "no", "all"], str]] = {
        "yes": "Counted ({n})",
        "no": "Not counted ({n})",
        "all": "All ({n})",
    }
    NONE = "None of these answers"
    NONE_TEXT = "On this side of the number there is no answer. The other side has them."
    LIST_COLUMNS = ("Asked", "Engine", "Prompt", "Names", "Cites")
    NAMES_NOBODY = "nobody tracked"
    MORE_SITES = "{sites} +{n}"
    PAGE_OF = "Page"
    GONE = "There is no such answer here"
    GONE_TEXT = "It was taken away, or it belongs to another workspace."
    NO_PROMPT, NO_PROMPT_TEXT = "There is no such prompt here", "The list of prompts has those there are."
    ASKED_AS = "{topic} · {day} · {engine} · repeat {repeat}"
    HOW, ALONE = "How answers are read", "Alone"
    BESIDE: Final = {"engines": "Engines", "repeats": "Repeats", "weeks": "Weeks"}
    BESIDE_TEXT: Final = {
        "engines": "The same prompt in the same week, one answer of each engine.",
        "repeats": "The same prompt, engine and week: what differs is chance.",
        "weeks": "The same prompt and engine, one answer of each week.",
    }
    REPEAT = "Repeat {n}"
    DIFFERENCES = "Only differences"
    ONLY_HERE = "Sentences that none of the others says."
    NOTHING_ONLY_HERE = "Every sentence of it stands in another one too."
    ALIKE = "These answers name the same brands in the same order and cite the same sites."
    STEP_ENGINE, STEP_WEEK, STEP_REPEAT = "Engine", "Week", "Repeat"
    EARLIER, LATER = "Earlier week", "Later week"
    PROMPT_PAGE = "All about this prompt"
    COMPARE_COLUMNS = ("Brand or site",)
    POSITION, NOT_NAMED, CITED_HERE = "{n}.", "–", "cited"
    YOU_NAMED, YOU_NOT = "{brand} is named {n}.", "{brand} is not named"
    SOURCE_LINKS: Final = {
        "own": "links to you",
        "rivals": "links to {rivals}, not to you",
        "none": "no link to a tracked brand is known",
    }
    SOURCE_LIFT = "{lift} ({span}) where it links: {verdict}"
    SOURCE_TIMING = "timing: {verdict}"
    SOURCE_PLACE = "Cited {n}."
    SEARCHES = "What it searched for"
    SEARCHES_SUB = "And the topic of yours that asks for most of the same words."
    SEARCH_COLUMNS = ("Search", "Topic of yours")
    UNTRACKED = "no prompt of yours"
    COVERED = "Of {of}, {n} on topics of yours: {topics}."
    COVERED_NONE = "None of {of} is about a topic of yours."
    UNCOVERED = " {untracked} on none: questions to add, if buyers ask them."
    RAW, RAW_NONE = "Raw reply", "The reply itself is not kept."
    RAW_MORE = "The first {n} of {of} characters; the file has all."
    RAW_FILE = "Download the reply"
    MEMBERS = "Every answer to it"
    BY_ENGINE = "By engine"
    ENGINE_COLUMNS = ("Engine", "Named", "95\u00a0% interval", "Cited", "Answers")
    PROMPT_LEAD = "{topic} · {named} of {answers} answers name {brand}"
    TABLE = "Prompts"
    TABLE_SUB = "How often {brand} is named, and week by week, 0 to 100\u00a0%."
    COLUMNS = ("Prompt", "Topic", "Named", "95\u00a0% interval", "Cited", "Week by week", "Answers")
    SORTS: Final = {"least": "Least named first", "most": "Most named first", "prompt": "Prompt"}
    BRANDED = "names you"
    NAMES_RIVAL = "names a rival"
    READ = "Read an answer"
    PROMPT, ANSWER = "Prompt", "Answer"
    ANSWER_LABEL = "{day} · {engine} · repeat {repeat}{problem}"
    PROBLEM = " · {problem}"
    TEXT = "What it said"
    NO_TEXT = "This answer has no text."
    KEY_OWN, KEY_RIVAL, KEY_CITED = "your brand", "a rival", "text a citation stands for"
    KINDS: Final = {
        "cited": "Cited",
        "retrieved": "Retrieved only",
        "written": "Addresses written in the text",
    }
    KIND_NOTES: Final = {
        "cited": "The engine attributes the answer to these.",
        "retrieved": "Fetched, not attributed: no citation.",
        "written": "Spelled out in the text; counted as neither.",
    }
    UNKNOWN_CITATIONS = "The record does not say what was cited."
    FACTS = "How it was asked"
    FACT_NAMES: Final = {
        "engine": "Engine",
        "model": "Model asked for",
        "served": "Model that answered",
        "searched": "Searched the web",
        "searches": "Searches",
        "at": "Asked",
        "cost": "Cost",
        "tokens": "Tokens in / out",
        "stop": "Ended because",
        "problem": "Problem",
        "surface": "Surface",
        "named": "Brands named",
        "absent": "Only said to be absent",
        "judged": "Stance, as a judge sees it",
        "judge": "The judge",
    }
    YES_NO: Final = {True: "yes", False: "no", None: "unknown"}
    JUDGE = "{model}, prompt {version}"
    UNMEASURED = "; how far it agrees with people is unknown"
    AGREES = "; agrees with people on {share} ({span}) of {n} labelled texts, kappa {kappa}"
