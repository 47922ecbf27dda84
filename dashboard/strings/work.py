"""What to do: opportunities, prospects, experiments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from analysis.opportunities import Withheld


class Opportunities:
    TITLE = "Work"
    LEAD = (
        "Sources that could bring {brand} something, best first, and what you do about each. A row opens its "
        "pages, its reasons and the work on it."
    )
    NONE = "No opportunity right now"
    NONE_TEXT = "Nothing that answers lean on is missing for you, or there is too little data to tell."
    NONE_COMMANDS = ("citelift import links FILE", "citelift run")
    FOUND_SUB = (
        "Sources with a supported gain come first, by its lower bound; then those that stand out, then "
        "the most cited ones. An expected gain says what a link could bring in answers like those of the "
        "last four weeks, if the source works for you as for others. It is no promise. None is given where "
        "you are named beside the source as if it linked to you already."
    )
    STATES: Final = {"open": "Open", "working": "Working", "done": "Done", "dismissed": "Dismissed"}
    TONES: Final = {"open": "quiet", "working": "warn", "done": "good", "dismissed": "quiet"}
    STATE, ALL_STATES = "State", "All states"
    REASON, ALL_REASONS = "Reason", "All reasons"
    REASONS: Final = {
        "link gap": "Links to rivals only",
        "mention without link": "Names you, no link",
        "lost link": "Lost its link to you",
        "rival lost link": "Lost a rival’s link",
        "cited, no link known": "Cited, no link known",
        "own page": "Your own pages",
    }
    CITED = "Cited in {n} of {of} answers ({rate}; {interval})"
    SPREAD = "{engines}, {weeks} of {of_weeks} weeks, {prompts}"
    GAIN = "Expected gain"
    WITHHELD: Final[dict[Withheld, str]] = {
        "": "no expected gain: lift does not support one",
        "direction": "stands out; direction not settled, so no expected gain",
        "source": "stands out; when its own links began, too little moved to expect a gain",
        "events": "stands out; after such links brands rose less than it predicts, so no expected gain",
        "already": "stands out; you are named beside it as if it linked to you already, so no expected gain",
    }
    NEXT, PAGES = "Next: {step}", "Pages to look at"
    NOTE = "Note: {note}"
    VIEW = "How to show it"
    VIEWS: Final = {"table": "Table", "board": "Board"}
    COUNTED = "{name} ({n})"
    OWNER, EVERYBODY, NOBODY = "Owner", "Everybody", "Nobody yet"
    COLUMNS = ("Source", "Why", "Gain (95\u00a0%)", "Cited in", "State", "Owner", "Due", "Note")
    NO_GAIN, STANDS_OUT = "–", "stands out"
    OVERDUE = "{day}, overdue"
    BOARD_EMPTY = "Nothing here"
    BOARD_MORE = "and {n} more: the table has all"
    READ_ONLY = "This dashboard only shows. Write it down with"
    COMMAND = 'citelift work set {source} --stage working --owner "…" --due 2026-07-01'
    NONE_LEFT = "None in this state"
    NONE_LEFT_TEXT = "Choose another state or reason."
    COMPUTING = "Weighing sources …"


class ProspectsPage:
    TITLE = "Prospects"
    LEAD = "Sites to ask for a link to {brand}, with the pages that show why, and how far you are with each."
    NONE = "No prospect yet"
    NONE_TEXT = (
        "Prospects come from imported links, from answers that cite a site, and from our own looks at pages."
    )
    NONE_COMMANDS = ("citelift import links FILE", "citelift prospects add example.com")
    STAGE, ALL_STAGES, OPEN_STAGES = "Stage", "All stages", "Not closed"
    STAGES: Final = {
        "open": "Open",
        "working": "Working",
        "contacted": "Contacted",
        "replied": "Replied",
        "agreed": "Agreed",
        "done": "Done",
        "dismissed": "Dismissed",
    }
    TONES: Final = {
        "working": "warn",
        "contacted": "warn",
        "replied": "warn",
        "agreed": "warn",
        "done": "good",
    }
    REASON, ALL_REASONS = "Reason", "All reasons"
    REASONS: Final = {
        "link gap": "Link gap",
        "citation gap": "Citation gap",
        "new rival link": "New link to a rival",
        "broken link": "Broken link to a rival",
        "cited page gone": "Cited page is gone",
        "own dead page": "Links to your dead page",
        "lost link": "Lost link",
        "mention without link": "Names you, no link",
    }
    OWNER, ALL_OWNERS, NOBODY = "Owner", "Everybody", "Nobody yet"
    PIPELINE = "Pipeline"
    PIPELINE_SUB = "Sites by stage, and what those that have a cost come to."
    PIPELINE_COLUMNS = ("Stage", "Sites", "Cost")
    FOUND_SUB = (
        "First those that link to most rivals and that most answers cite, and that do not link to you. The "
        "order is no estimate of a gain: opportunities give one where the data support it."
    )
    COLUMNS = ("Site", "Why", "Rivals", "Cited in", "Stage", "Who", "Cost")
    ADDED = "added by you"
    PAGES = "Pages ({n})"
    MORE = "and {n} more"
    NEW_SINCE = "A link to a rival counts as new for {days} days before {day}, the newest day of an import."
    NONE_LEFT = "None of this stage and reason"
    NONE_LEFT_TEXT = "Choose another stage or reason."
    DECIDE = "Write down a step with"
    COMMAND = 'citelift prospects set {source} --stage contacted --owner "…"'
    FILE = "or fill in the CSV and take it back with"
    FILE_COMMAND = "citelift prospects import prospects.csv"
    OWN = "Your pages that others link to"
    OWN_SUB = (
        "Those that are gone come first: redirect them to what took their place. What nobody has looked at "
        "has no state."
    )
    OWN_COLUMNS = ("Page", "Domains", "Links", "State")
    GONE = "gone"
    GONE_BY = "{because}, {said_by}, {day}"


class ExperimentsPage:
    TITLE = "Experiments"
    LEAD = (
        "Sources in pairs, one of each drawn by lot for work now. Only a finished experiment may "
        "say that something "
        "was raised: the lots, and nothing else, tell the drawn sources from the others."
    )
    NONE = "No experiment yet"
    NONE_TEXT = (
        "Draft one from the sites that answers cite and that do not link to you, see what it "
        "could find, and start it: "
        "then its protocol is fixed."
    )
    NONE_COMMANDS = (
        "citelift experiment new Spring",
        "citelift experiment power Spring",
        "citelift experiment start Spring --out protocols",
    )
    PICK = "Experiment"
    COMPUTING = "Reading the experiment …"
    CHANGED = "PROTOCOL CHANGED"
    CHANGED_TEXT = (
        "{name} {why}. Nothing it says can be relied on: restore the database from a backup, and "
        "compare the hash with "
        "the one on the signed protocol."
    )
    UNREADABLE = "The window is over, and the result cannot be read"
    DRAFT = "{name}: a draft"
    DRAFT_SUB = "Nothing is drawn or fixed yet. What it would see, and how it starts:"
    DRAFT_COMMANDS = ("citelift experiment power {name}", "citelift experiment start {name} --out protocols")
    DRAFT_COLUMNS = ("Pair", "One", "The other", "Answers citing them", "Class", "State")
    DECIDES = "What decides: {outcome} Dots are pairs, drawn minus the other; the last row is all of them."
    AXIS: Final = {
        "unnamed": "Cited without being named: change against the other of the pair, %",
        "named": "Named in its prompts: change against the other of the pair, points",
    }
    CHART = "Drawn against not drawn, pair by pair"
    ALL = "All pairs"
    OUTCOME_COLUMNS = ("Outcome", "Drawn minus the other (95\u00a0%)", "p", "What it is for")
    ROLES: Final = {"decides": "decides", "beside": "shown beside it", "description": "description only"}
    OVER, RUNNING = "Its window ended on {end}", "Running until {end}"
    WEEKS, WEEKS_SUB = "Weeks measured", "with answers, of the window"
    WON, WON_SUB = "Links won", "of drawn sources ({share})"
    CROSSED, CROSSED_SUB = "Links from the others", "not drawn, and linking all the same"
    E, E_SUB = "e-value so far", "20 would be rare by chance; it decides nothing"
    NOTES = "To know when reading it"
    LOTS = "Who works on what"
    LOTS_SUB = (
        "Sources that were drawn are marked. Links are live by imports and looks, or as recorded "
        "where those know none."
    )
    LOT_COLUMNS = ("Source", "Pair", "Drawn", "Last recorded", "Who", "Link live, of the window")
    YES, NO, BLOCKS = "yes", "no", "{on} of {all} blocks"
    TOLD = "as recorded"
    DESIGN = "The protocol"
    FIXED = (
        "Fixed on {day}, before the first work. citelift experiment list NAME --out FOLDER writes "
        "the page to sign."
    )
    BASIS = "Measured on {prompts}, on {engines}."
    SEED = "Seed {seed}. {draw} SHA-256 of the protocol: {hash}"
    BOOK = "The book"
    BOOK_SUB = "What was done and seen, the newest first. Lines are only added."
    BOOK_NONE = "Nothing is recorded yet: citelift experiment record NAME --source SITE --what attempt"
    BOOK_COLUMNS = ("Day", "What", "Source", "Who", "Note")


class WorkDrawer:
    STAGE, OWNER, DUE, NOTE = "State", "Owner", "Due", "Note"
    VALUE, COST, CAMPAIGN, CONTACT = "Worth, US$", "Cost, US$", "Campaign", "Contact: page or address"
    SAVE, SAVED = "Save", "Saved: {site} is {stage}."
    WORK, WORK_SUB = (
        "The work on it",
        "Kept through every computation; each change is written down with who made it.",
    )
    WHY, PAGES = "Why", "Pages, and whom they link to"
    PAGE_COLUMNS = ("Page", "Links to")
    NO_PAGES = "No page of it is known to link to a tracked brand."
    PITCH_HEAD, PITCH_SUB = "Words to begin with", "Copy them, and make them yours."
    PITCH = (
        "Hello,\n\nyour page {page} names {rivals}. {brand} serves the same readers and is not on it: "
        "{own}\n\nWould you look at it when you next go over the page? I can send what you need to judge it."
        "\n\nKind regards"
    )
    RIVALS_ELSE = "other products of this kind"
    SINCE, SINCE_SUB = (
        "Since the link",
        "The link is there since {day}. What moved after, on all your answers; not why.",
    )
    SINCE_YET = "There are not enough weeks yet: up to {n} on each side are compared."
    SINCE_MOVED = "{change} ({span}) in {weeks} since, against as many before: from {before} to {after}."
    SINCE_MORE = "{n} of {of} weeks so far."
    HISTORY = "Changes"
    HISTORY_COLUMNS = ("When", "Who", "What")
    FROM_TO, SET = "{name}: {before} → {after}", "{name}: {after}"
    ANSWERS = "The answers that cite it"
    FIELDS: Final = {
        "stage": "state",
        "cost_usd": "cost",
        "value_usd": "worth",
        "contact": "contact",
        "decision": "decision",
    }


class ReviewPage:
    TITLE = "Link review"
    LEAD = (
        "Sites that link to {brand} and that somebody may want to look at, with every reason. The usual "
        "advice is to do nothing: search engines ignore most bad links by themselves."
    )
    NONE, NONE_TEXT = "Nothing to look at", "No site that links to you gives a reason."
    NONE_COMMANDS = ("citelift import links FILE",)
    STATE = "Decision"
    STATES: Final = {"open": "Not decided", "keep": "Keep", "disavow": "Disavow"}
    TONES: Final = {"open": "quiet", "keep": "good", "disavow": "bad"}
    COLUMNS = ("Site", "Links", "Why", "Decision", "Note")
    NONE_LEFT, NONE_LEFT_TEXT = "None with this decision", "Choose another."
    KEEP, DISAVOW, NOTE = "Keep", "Disavow", "Why, for those who read it later"
    PAGES = "Pages that link"
    FILE = "Google’s file of what is to be disavowed:"
    FILE_COMMAND = "citelift disavow export --output disavow.txt"
    COMMAND = "citelift disavow add domain:{site}"
