"""Home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from analysis.changes import ChangeVerdict


class Overview:
    TITLE = "Home"
    SAYS = "{brand} is named in {rate} of answers ({span}),"
    MOVED: Final[dict[ChangeVerdict, str]] = {
        "up": "up {points} on the {before} before.",
        "down": "down {points} on the {before} before.",
        "within noise": "no clear change on the {before} before ({signed}, {interval}).",
        "not comparable": "which cannot be compared with the {before} before.",
    }
    MOVED_AMONG = (
        "no clear change on the {before} before, all comparisons allowed for ({signed}, {interval})."
    )
    MOVED_THIN = "too little yet to compare with the {before} before."
    MOVED_NOT_YET = "with nothing before it yet to compare with."
    RANKED = "Rank"
    RANKED_HELP = "Among tracked brands, by mention rate."
    PLACE = "{place} of {all}"
    LEADS, FOLLOWS = "{brand} leads by {points}", "{brand} is {points} behind"
    ABOVE, BELOW = "Next above: {brand}, by {points}", "Next below: {brand}, by {points}"
    LADDER = "Which sources go with more mentions"
    LADDER_MORE = "All sources"
    AGAINST = "You and"
    LEAD = "How often AI answers name {brand}, cite its site, and how that compares with its rivals."
    NO_OWN = "your brands"
    RANK = "{place} of {all} brands"
    OVER_TIME = "Week by week"
    OVER_TIME_SUB = "The band is the 95\u00a0% interval."
    HIGHLIGHT = "Compare with"
    NOBODY = "Nobody"
    MEASURE = "Measure"
    BRANDS = "All brands"
    BRANDS_SUB = (
        "Dots are estimates, bars their 95\u00a0% intervals. Change is the period against as many weeks "
        "before it (of newer workspaces the last week against the one before), on the same prompts."
    )
    BRAND_COLUMNS = (
        "Brand",
        "Mention rate",
        "",
        "Citation rate",
        "Share of voice",
        "Mentions, change",
        "Answers",
    )
    ENGINES = "{brand} by engine"
    ENGINE_COLUMNS = ("Engine", "Mention rate", "", "Citation rate", "Share of voice", "Answers")
    NOT_COMPARABLE = "The newest weeks cannot be compared with those before"
    EXCLUDED: Final = {
        "problem": "In no number: {n} without usable text.",
        "cut_off": "In no number: {n} cut off at a limit of length.",
        "not_shown": "In no number: {n} to pages of results that showed no AI overview.",
        "unknown": "In no citation rate: {n} whose citations are unknown.",
        "not_searched": "In no citation rate, but in mention rates: {n} whose engine did not search.",
    }


class Glance:
    """Three panels under the headline."""

    CHANGED, NEXT = "What changed", "Next three moves"
    MOVED = "{measure} {verdict}: {points} ({interval}, {prompts})"
    WATCHED = "{measure} moved about {day}: {before} before, {after} since (watched every week, e = {e})"
    LINKS = "{gained} to you gained and {lost} lost since {day}."
    LINKS_NONE = "No link to you gained or lost since {day}."
    EVENT = "{day}: {title}"
    QUIET = "No clear change in any brand’s rates."
    NOT_YET = "Nothing yet: changes are told from the second week on."
    LINK = "link"
    GAIN = "{points} expected ({interval})"
    CITED = "cited in {rate} of answers ({interval}; {n})"
    NOTHING = "Nothing that answers lean on is missing for you, or there is too little data to tell."
    NO_LINKS = "Import a backlink export to see which cited sites link to rivals and not to you:"
    NO_OWN = "Mark one brand of brands.yaml as your own."
    MORE_RIVALS, MORE_EVENTS, MORE_NEXT = "All rivals", "All events", "All opportunities"
