"""Home."""

from __future__ import annotations

from typing import Final


class Overview:
    TITLE = "Overview"
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
        "Dots are estimates, bars their 95\u00a0% intervals. Change is the last four weeks against the four "
        "before (of newer workspaces the last week against the one before), on the same prompts and engines."
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

    AGAINST, CHANGED, NEXT = "Against rivals", "What changed", "What to do next"
    AGAINST_BASIS = "Mention rates of the same {basis}, paired by prompt."
    AHEAD = "is {points} ahead of you ({interval})"
    BEHIND = "is {points} behind you ({interval})"
    TIE = "cannot be told from you ({points}, {interval})"
    NO_RIVALS = "This workspace has no rival to compare with. Name some in brands.yaml."
    THIN = "too few prompts to compare"
    MOVED = "{measure} {verdict} by {points} ({interval}, {prompts})"
    NOISE = "Nothing moved beyond noise: {comparisons}, {span} to that of {after} against {before}."
    ONE_LOOK = "{span} against {span} before: one look, paired by prompt."
    WATCHED = "{measure} moved about {day}: {before} before, {after} since (watched every week, e = {e})"
    ONE_WEEK = "One week of answers so far: nothing to compare with."
    NOT_COMPARABLE = "The newest weeks cannot be compared with those before: {reason}."
    THIN_WEEKS = "Too little data in the newest weeks to tell a change from noise."
    LINKS = "{gained} gained and {lost} lost since {day}."
    LINKS_NONE = "No link gained or lost since {day}."
    EVENT = "{day}: {title}"
    GAIN = "{points} expected ({interval})"
    CITED = "cited in {rate} of answers ({interval}; {n})"
    COMPUTING = "Weighing sources …"
    NOTHING = "Nothing that answers lean on is missing for you, or there is too little data to tell."
    NO_LINKS = "Import a backlink export to see which cited sites link to rivals and not to you:"
    NO_OWN = "Mark one brand of brands.yaml as your own."
    MANY = "Weighing sources over {answers} takes a while: open All opportunities, here above."
    MORE_RIVALS, MORE_EVENTS, MORE_NEXT = "All rivals", "All events", "All opportunities"
