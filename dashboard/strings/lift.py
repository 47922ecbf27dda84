"""Which sources go with more mentions."""

from __future__ import annotations

from typing import Final


class Lift:
    TITLE = "Link sources"
    LEAD = (
        "When an answer cites a source, are the brands it links to named more often than those it does not "
        "link to — in the very same answer?"
    )
    BRAND = "Whose links"
    ALL_BRANDS = "All brands together"
    HEADLINE = "{claimed} of {sources} sources stand out"
    HEADLINE_NONE = "No source stands out"
    SUMMARY = (
        "Compared within {answers} to {prompts}. {thin} of the {sources} sources have too little data to "
        "say anything."
    )
    CHART = "Lift of each source"
    CHART_SUB = (
        "Points of mention probability that go with a source’s link, with 95\u00a0% intervals. To the "
        "right of zero: linked brands are named more."
    )
    AXIS = "Points of mention probability"
    TABLE = "Every source"
    COLUMNS = ("Source", "Lift", "95\u00a0% interval", "Linked pairs", "Prompts", "Verdict", "Checks")
    SORTS: Final = {"rank": "Surest first", "lift": "Largest lift", "exposed": "Most data", "source": "Name"}
    VERDICTS: Final = {
        "associated within the same question": "stands out",
        "goes with fewer mentions": "goes with fewer mentions",
        "lifts every brand alike": "every brand alike",
        "named without the link too": "named without the link too",
        "no clear difference": "no clear difference",
        "not enough data": "not enough data",
    }
    TONES: Final = {
        "associated within the same question": "good",
        "goes with fewer mentions": "bad",
        "lifts every brand alike": "warn",
        "named without the link too": "warn",
    }
    VERDICT = "Verdict"
    ALL_VERDICTS = "All"
    GATED = "under the gate"
    PASSED = "{passed} of {all} passed"
    NO_CHECKS = "none possible"
    EXPLAINED = "Without its link, what would explain it: {what}."
    CHECKS = "The checks of one source"
    CHECKS_SUB = "Each looks for what would have to be true if the number were an artefact."
    CHECK_COLUMNS = ("Check", "Outcome", "Figures")
    SOURCE = "Source"
    OUTCOME: Final = {True: "passed", False: "failed"}
    CHECK_NAMES: Final = {
        "without any one prompt": "Keeps its direction without any one prompt",
        "without any one engine": "Keeps its direction without any one engine",
        "links moved to other brands": "Vanishes when its links are given to other brands",
        "cited without the link": "Absent where the source is cited without a live link",
        "not every brand alike": "Does not raise every brand alike",
    }
    CAN = "What this can and cannot say"
    CAN_SAY = (
        (
            "Brands are compared inside one answer, so whatever moved that answer as a whole cannot "
            "explain a lift."
        ),
        (
            "Popular or rising brands are compared with themselves, and prompts count once however often "
            "they are asked."
        ),
        "Of the sources that stand out, at most 8\u00a0% are expected to do so by chance.",
    )
    CANNOT_SAY = (
        (
            "It is not an experiment. A page may link to a brand because it already recommends it, and the "
            "engine may repeat the recommendation rather than follow the link."
        ),
        "It says nothing about sources no engine cites, nor about what a new link would bring you.",
        "“Not enough data” is an answer: fewer than 50 linked pairs or 5 prompts carry no number.",
    )
    CAN_HEAD, CANNOT_HEAD = "It can say", "It cannot say"
    POOLED = (
        "Being cited without a live link goes with {value} ({interval}) over all sources; a lift is only "
        "claimed above that."
    )
    LISTING = "A mention or a link"
    LISTING_COLUMNS = ("On the cited page", "Goes with", "95\u00a0% interval", "Pairs with it", "Told from")
    LISTED, LINKED, FOLLOWED = "the brand is listed", "it is linked too", "the link is followed too"
    LISTED_ON = "listed on {source}"
    LINKED_ON = "linked too on {source}"
    COMPUTING = "Comparing brands within every answer …"
    PAIRS_HELP = (
        "A linked pair is an answer and a brand: the answer cites the source while its link to the brand "
        "is live."
    )
    NOTE = "{lift} ({interval}), {exposed} linked pairs, {prompts}"
    LINKED_BY = "; you are linked by {n} of the {claimed}"
    SHOW_ALL = "Also those without a clear difference"
    SHOW_MISSING = "Only where you are missing"
    LADDER = ("cited in, of answers", "lift, points of mention rate, 95\u00a0%", "links to")
    LADDER_ALT = "Sources by how many answers cite them, their lift with its interval, and whom they link to"
    LADDER_COLUMNS = ("Source", "Cited in", "Lift", "Expected gain", "You", "Rivals it links to", "Verdict")
    KEY_SURE = (
        "Filled: brands are named more beside these sources, and the dates of links speak for the link."
    )
    KEY_OPEN = "Hollow: brands are named more beside these sources; which way that runs is not settled."
    KEY_RING = "An empty ring is a link you do not have."
    REACH = "{n} of {of} answers"
    SAYS: Final = {
        "linked": "links to {brand}",
        "missing": "does not link to {brand}: yours to get",
        "none": "does not link to {brand}",
    }
    MINE: Final = {True: ("yes", "quiet"), False: ("missing", "warn")}
