"""Words that several pages share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from analysis.visibility import Compared


class Common:
    WORKSPACE = "Workspace"
    NEWEST = "Answers up to the week of {week}"
    NO_ANSWERS = "No answers yet"
    DIRECTIONAL = "directional only"
    EARN, EARN_COMMAND = "What earns more:", "citelift plan"
    NOT_ENOUGH = "not enough data"
    INTERVAL = "95\u00a0% interval"
    BASIS = "{answers} · {prompts}"
    OWN = "you"
    ALL_WEEKS, ALL_ENGINES, ALL_TOPICS, ALL_COUNTRIES = (
        "All weeks",
        "All engines",
        "All topics",
        "All countries",
    )
    LAST_WEEKS = "Last {n} weeks"
    PERIOD, ENGINE, TOPIC, COUNTRY, LANGUAGE = "Period", "Engine", "Topic", "Country", "Language"
    ALL_LANGUAGES = "All languages"
    BRANDED = "Prompts naming you"
    BRANDED_CHOICES: Final = {"exclude": "Left out", "include": "Included", "only": "Only these"}
    BRANDED_HELP = (
        "A prompt that names your brand puts the name into the answer's mouth. The headline leaves such "
        "prompts out."
    )
    RIVALS = "Prompts naming rivals"
    RIVALS_HELP = (
        "A prompt that names a rival asks about it: the answer will name it, and you less often. The "
        "headline counts such prompts in."
    )
    WINDOW = "{window}. {branded}"
    LEFT_OUT = "Left out: {n} naming your brand."
    MORE_SCOPE = "Prompts"
    SHOW_MORE = "Rows shown"
    LEAVE = "Open {site} in a new tab"
    DOWNLOAD = "Download CSV"
    COMPUTING = "Being computed once for these answers; this fills itself:"
    OLDER = "As of {at}. What came since is being counted in; this changes by itself:"
    WAITS = "waits for its turn."
    STEPS: Final = {
        "": "begun",
        "reading": "reading answers and links",
        "links": "reading links",
        "comparing": "comparing within answers and weeks",
        "checking": "checking against the days of links",
        "weighing": "weighing sources",
    }
    SECONDS, LAST_TIME = "{n} s so far", " of about {n}"
    SORT = "Sort by"
    ANSWERS_ONE, PROMPTS_ONE = "answer", "prompt"
    MORE_MARKS = "and {n} more: see Timeline"


class Empty:
    DATABASE = "Nothing has been asked yet"
    DATABASE_TEXT = (
        "This database is empty. Try the whole product on a simulated web first, or describe your own "
        "brand and prompts."
    )
    DATABASE_COMMANDS = ("citelift demo", "citelift init", "citelift run")
    ANSWERS = "There are no answers yet"
    ANSWERS_TEXT = "Numbers appear here after the first run, or after recorded answers are imported."
    ANSWERS_COMMANDS = ("citelift plan", "citelift run", "citelift import answers FILE")
    FAILED = "No ask has been answered"
    FAILED_TEXT = (
        "{failed} failed: {reasons}. Runs & cost shows which engine said what. Once it is fixed, resume; "
        "nothing is asked twice."
    )
    FAILED_COMMANDS = ("citelift check --live", "citelift run --resume")
    LINKS = "There are no links yet"
    LINKS_TEXT = "Import a backlink export of any common tool; the file is recognised by its header."
    LINKS_COMMANDS = ("citelift import links FILE",)
    BRANDS = "This workspace has no brands"
    BRANDS_TEXT = "Visibility is always somebody's: name your brand and its rivals in brands.yaml."
    BRANDS_COMMANDS = ("citelift init", "citelift check")
    OWN = "No brand of this workspace is marked as your own"
    OWN_TEXT = "What is missing, and against whom, is somebody’s: set own: true for one brand in brands.yaml."
    SCOPE = "No answers match these filters"
    WIDEN = "Widen the period, or choose another engine or topic."
    SCOPE_TEXT = "{why} " + WIDEN
    CITATIONS = "No citations in this selection"
    CITATIONS_TEXT = "The answers cite nothing, or their records do not say what was cited."
    CITATIONS_COMMANDS = ("citelift run",)


class Measure:
    NAMES: Final[dict[Compared, str]] = {
        "mention_rate": "Mention rate",
        "citation_rate": "Citation rate",
        "share_of_voice": "Share of voice",
    }
    SHORT: Final[dict[Compared, str]] = {
        "mention_rate": "of answers name the brand",
        "citation_rate": "of answers cite the brand’s own site",
        "share_of_voice": "of all mentions of tracked brands",
    }
    UNITS: Final[dict[Compared, str]] = {
        "mention_rate": "answer",
        "citation_rate": "answer",
        "share_of_voice": "mention",
    }
    CHANGE: Final = {
        "up": "▲ up",
        "down": "▼ down",
        "within noise": "no clear change",
        "not enough data": "not enough data",
        "not comparable": "not comparable",
    }
    TONE: Final = {
        "up": "good",
        "down": "bad",
        "within noise": "quiet",
        "not enough data": "quiet",
        "not comparable": "warn",
    }
    SINCE = "on {before} before"
    ONE_WEEK = "one week so far"
