"""What happened, and what moved after a link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from analysis.frames import Outcome
    from dashboard.data import Pooling


class Events:
    TITLE = "After a link"
    LEAD = (
        "What moved after a brand gained its first link from a site, against brands that did not have that "
        "link yet."
    )
    WHAT = "What is counted"
    FEW = "{rows} with too little data"
    OUTCOME: Final[dict[Outcome, str]] = {"mention": "Named", "citation": "Own site cited"}
    POOLING: Final[dict[Pooling, str]] = {
        "family": "By type and authority",
        "kind": "By type of site",
        "source": "Single sites",
    }
    HEADLINE = "After {moved} of {rows} the rate moved"
    HEADLINE_NONE = "No clear change after a link"
    HEADLINE_THIN = "Not enough data yet"
    SUMMARY = (
        "{dated} within these {weeks}, {usable} of them usable; {already} there before. "
        "Usable means at least 4 weeks of answers before it, 2 after, no change of model in between, "
        "and 2 brands that do not have it yet. "
        "A row needs 3 usable links of 2 brands."
    )
    ROW_NAMES: Final[dict[Pooling, str]] = {
        "family": "site group",
        "kind": "site type",
        "source": "site",
    }
    MISSING_WEEKS = "Keep asking: weeks after a link come by themselves. {pool}"
    MISSING_POOL: Final[dict[Pooling, str]] = {
        "family": "By type of site alone, fewer links of each are needed.",
        "kind": "More rivals with imported links bring more dated links.",
        "source": "Single sites rarely have enough links; take them by type.",
    }
    PICK = "Look at"
    CHART = "Before and after the first link"
    CHART_SUB = (
        "Points of the rate against the weeks before, linked brands less brands not linked yet, with "
        "95\u00a0% intervals. Grey is before the link."
    )
    AXIS = "Points against the weeks before"
    AXIS_BELOW = "Weeks from the link (0 is its first)"
    POINT = "{week}: {points} ({interval}), {links}"
    POINT_WEEK = "week {week}"
    NO_INTERVAL = "too few links for an interval"
    FACTS: Final = {
        "verdict": "Verdict",
        "change": "Change over the first weeks",
        "adjusted": "With each brand’s own trend continued",
        "links": "Compared",
        "pre_trend": "Weeks before the link",
        "fake_date": "A date two weeks too early",
        "p": "Against chance",
    }
    QUIET_BEFORE, MOVED_BEFORE = "no slope ({p})", "already moving ({p})"
    QUIET_FAKE, MOVED_FAKE = "no move there ({p})", "moves there too ({p})"
    COMPARED = "{links} of {treated}; {controls} not linked yet"
    P_AND_Q = "{p}; {q}"
    INFERENCE: Final = {
        "randomisation": "by exchanging the brands’ histories",
        "bootstrap": "by a bootstrap over brands",
    }
    COLUMNS = (
        "{row}",
        "Change",
        "95\u00a0% interval",
        "Links usable",
        "Linked brands",
        "Not linked yet",
        "Verdict",
        "Why",
    )
    USABLE_OF = "{usable} of {dated}"
    TONES: Final = {"moved after": "good", "pre-trend: cannot say": "warn"}
    NO_STUDY = "No dated link to compare yet"
    NO_STUDY_TEXT = "No site that answers cite is known to link to a tracked brand."
    CAN = (
        "“Moved after” is the strongest word here. What raises a brand and earns it the link in the same "
        "week looks just the same."
    )
    CAN_HEAD = "What this can and cannot say"
    COMPUTING = "Comparing before and after …"


class Timeline:
    TITLE = "Timeline"
    LEAD = "What happened, under the rate that it may explain."
    GAINED, LOST, NOTED, MOVED = "Links gained", "Links lost", "Events", "Moved"
    SAID = "Since {day}, {links}; {noted} noted."
    SAID_LINKS = "{gained} began to link to {brand} and {lost} stopped"
    SITE, EVENT = "site", "event"
    LANES_ALT = "What happened in each week"
    LANES_HINT = (
        "Links of your brand; the larger a dot, the more happened. A click on a dot shows only that below; "
        "a second click shows all. What stands in the same week need not be its reason."
    )
    PICKED = "Only the week of {day}, {lane}."
    AND_MORE = "and {n} more"
    MOVE = "{measure}: {before} before, {after} since"
    CSV = ("at", "kind", "title", "brand")
    TONES: Final = {"gained link": "good", "lost link": "bad", "served model": "warn", "moved": ""}
    LOG = "What happened"
    LOG_SUB = (
        "Of a site its first link and the end of its last one. A change of an engine’s model is noticed by "
        "itself. Write down what else happened:"
    )
    LOG_COMMANDS = ('citelift event add "What happened" --on DATE --kind pr', "citelift event remove NUMBER")
    KIND, ALL_KINDS = "Kind", "All kinds"
    KINDS: Final = {
        "gained link": "gained link",
        "lost link": "lost link",
        "moved": "moved",
        "served model": "model change",
        "pr": "press",
        "content": "content",
        "site": "site",
        "product": "product",
        "model": "model",
        "other": "other",
    }
    WHOSE = "Links of"
    ALL_BRANDS = "All brands"
    LOG_COLUMNS = ("Day", "Kind", "What")
    LOG_NONE = "Nothing was noted or gained yet"
    LOG_NONE_TEXT = "Links appear with their dates after an import."
