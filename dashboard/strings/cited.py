"""The sites that answers cite."""

from __future__ import annotations

from typing import Final


class Sources:
    TITLE = "Cited sources"
    LEAD = "Where the engines take their answers from."
    CHART = "Most cited domains"
    CHART_SUB = "Share of an engine’s answers that cite the domain at least once."
    AXIS = "Answers citing the domain"
    TABLE = "All cited domains"
    TABLE_SUB = (
        "Share of answers that cite the domain at least once: of all engines, with its 95\u00a0% interval, "
        "and of each."
    )
    COLUMNS = ("Domain", "Type", "Answers citing it", "Citations")
    KIND = "Type"
    ALL_KINDS = "All types"
    KINDS: Final = {
        "you": "you",
        "rival": "rival",
        "editorial": "editorial",
        "corporate": "company",
        "community": "community",
        "reference": "reference",
        "institutional": "institution",
        "video": "video",
        "social": "social",
        "other": "unclassified",
    }
    STABILITY = "How stable the sources are"
    STABILITY_SUB = (
        "Core domains are cited in at least four of five weeks. Turnover from week to week is normal: one "
        "missing citation is no lost source."
    )
    STABILITY_COLUMNS = (
        "Engine",
        "Core domains",
        "Rotating",
        "Citations going to core",
        "Shared week to week",
        "If nothing changed",
        "Same ranking",
        "Two repeats share",
        "Weeks",
    )
    STABILITY_HELP = (
        "Shared: domains of both weeks ÷ domains of either. If nothing changed: the same for the weeks’ "
        "answers shuffled between them, prompt by prompt, in the newest eight weeks; weeks that share as "
        "much differ by chance alone. Same ranking: rank-biased overlap, 100\u00a0% is the same order. Two "
        "repeats: answers to one prompt in one week."
    )
    YOURS = "Yours?"
    YOURS_SUB = (
        "Cited sites that are called like a brand’s and that no brand owns: {sites}. If they are yours, list "
        'them under domains: in brands.yaml, or the name under every country as owns: ["name.*"].'
    )
    YOURS_SITE = "{domain} (like {brand}, {answers})"
    NO_ADDRESS = "{n} name no page on the web, such as {examples}; they are in no share and in no list."
    CITATION = "citation"
    RETRIEVED = "Fetched more often than cited"
    RETRIEVED_SUB = (
        "Answers for which the engine fetched pages of the domain, and those that cite it. Only engines that "
        "report what they fetch appear."
    )
    RETRIEVED_COLUMNS = ("Domain", "Engine", "Answers retrieving it", "Answers citing it")
    RETRIEVED_NONE = "No engine here reports what it fetched."


class Reported:
    TITLE = "Reported by engines"
    LEAD = "What search engines themselves tell the owner of {brand}’s site about their AI answers."
    NOTHING = "No report of an engine has been imported"
    NOTHING_TEXT = (
        "Export AI Performance of Bing Webmaster Tools, the Generative AI report of Search Console, or the "
        "citations of Microsoft Clarity, and import the file; it is recognised by its header."
    )
    NOTHING_COMMANDS = ("citelift import links FILE",)
    VENDORS: Final = {
        "bing": "Bing AI Performance",
        "clarity": "Microsoft Clarity",
        "google-search-console": "Search Console, Generative AI",
    }
    MEASURES: Final = {
        "citations": "citations in AI answers",
        "impressions": "impressions in AI answers",
    }
    WHAT: Final = {
        "citations": (
            "How often the engine cited a page of the site, by its own count over all its users: no "
            "sample, no rate, and nothing about rivals. It is never added to the answers collected here."
        ),
        "impressions": (
            "How often a page of the site stood anywhere in an AI answer, seen or not. That is no "
            "citation and no visit."
        ),
    }
    DAYS = "{measure} a day"
    AXIS = "A day"
    TOTAL = "{count} {measure} on {days}, {first} to {last}"
    AS_OF = "The export shows {day}."
    DIMENSIONS: Final = {
        "page": "Pages",
        "query": "Grounding queries",
        "country": "Countries",
        "device": "Devices",
    }
    ONE: Final = {"page": "Page", "query": "Query", "country": "Country", "device": "Device"}
    SHARE = "Share of those listed"
    OF_DAYS = "Days"
