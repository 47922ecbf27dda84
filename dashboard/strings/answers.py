"""Prompts and answers."""

from __future__ import annotations

from typing import Final


class AnswersPage:
    TITLE = "Prompts & answers"
    LEAD = "Every number goes back to answers. Here they are."
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
