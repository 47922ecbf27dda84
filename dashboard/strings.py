"""Every sentence the pages say. Text from outside never comes through here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from analysis.frames import Outcome
    from analysis.opportunities import Withheld
    from analysis.visibility import Compared
    from dashboard.data import Pooling

PRODUCT = "citelift"
TAGLINE = "Which link sources go with visibility in AI answers"


class Nav:
    NUMBERS, WORK, FACTS = "Visibility", "What to do", "The facts"
    OVERVIEW, LINK_SOURCES, SOURCES, RIVALS = "Overview", "Link sources", "Cited sources", "Rivals"
    ASSOCIATION, OPPORTUNITIES, ANSWERS = "Authority", "Opportunities", "Prompts & answers"
    RUNS, LINKS, METHODS, EVENTS = "Runs & cost", "Links", "Methods", "Events"
    REPORTED = "Reported by engines"
    LOOKS = "Link checks"
    PROSPECTS = "Prospects"

    EXPERIMENTS = "Experiments"


class Common:
    WORKSPACE = "Workspace"
    NEWEST = "Answers up to the week of {week}"
    NO_ANSWERS = "No answers yet"
    DIRECTIONAL = "directional only"
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
    SHOW_MORE = "Rows shown"
    DOWNLOAD = "Download CSV"
    SORT = "Sort by"
    ANSWERS_ONE, PROMPTS_ONE = "answer", "prompt"
    MORE_MARKS = "and {n} more: see Events"


class TroublePage:
    TITLE = "This cannot be shown"
    WHAT = "What is wrong, and what to do"


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
        "up": "moved up",
        "down": "moved down",
        "within noise": "noise",
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
    SINCE = "vs the {before} before"
    ONE_WEEK = "one week so far"


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
        "associated within the same question": "associated within the same question",
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
    COMPUTING = "Comparing brands within every answer …"
    PAIRS_HELP = (
        "A linked pair is an answer and a brand: the answer cites the source while its link to the brand "
        "is live."
    )
    NOTE = "{lift} ({interval}), {exposed} linked pairs, {prompts}"


class Events:
    TITLE = "Events"
    LEAD = (
        "What moved after a brand gained its first link from a site, against brands that did not have that "
        "link yet; and what else happened."
    )
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
        "family": "group of sites",
        "kind": "type of site",
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
    TABLE: Final[dict[Pooling, str]] = {
        "family": "Every group of sites",
        "kind": "Every type of site",
        "source": "Every site",
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
    LOG = "What happened"
    LOG_SUB = (
        "Marked on every chart over time, links apart. A change of an engine’s model is noticed by itself. "
        "Write down what else happened:"
    )
    LOG_COMMANDS = ('citelift event add "What happened" --on DATE --kind pr', "citelift event remove NUMBER")
    KIND, ALL_KINDS = "Kind", "All kinds"
    KINDS: Final = {
        "gained link": "gained link",
        "lost link": "lost link",
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
    COMPUTING = "Comparing before and after …"


class Sources:
    TITLE = "Cited sources"
    LEAD = "Where the engines take their answers from."
    CHART = "Most cited domains"
    CHART_SUB = "Share of an engine’s answers that cite the domain at least once."
    AXIS = "Answers citing the domain"
    TABLE = "All cited domains"
    COLUMNS = (
        "Domain",
        "Type",
        "Engine",
        "Answers citing it",
        "95\u00a0% interval",
        "Citations",
        "Answers retrieving it",
    )
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
    RETRIEVED = "Retrieved but not cited"
    RETRIEVED_SUB = (
        "Pages the engine fetched and then did not attribute. Only engines that report what they fetch "
        "appear."
    )
    RETRIEVED_COLUMNS = ("Domain", "Engine", "Answers retrieving it", "Answers citing it")
    RETRIEVED_NONE = "No engine here reports what it fetched."
    OF = "{n} of {of}"


class Rivals:
    TITLE = "Rivals"
    LEAD = "{brand} against each rival, on the very same answers."
    NO_OWN = "No brand of this workspace is marked as your own"
    NO_OWN_TEXT = "Set own: true for one brand in brands.yaml and let the catalog be read again."
    ALONE = "This workspace tracks no rival"
    ALONE_TEXT = (
        "Name the brands that buyers weigh you against in brands.yaml. The answers that are stored are "
        "searched for them too; nothing is asked again."
    )
    ALONE_COMMANDS = ("citelift check", "citelift reread")
    DIFFERENCE = "Difference to each rival"
    DIFFERENCE_SUB = (
        "Your rate minus the rival’s, in points, paired by prompt. To the right of zero you are ahead; an "
        "interval across zero is a tie so far."
    )
    AXIS = "Points, you minus the rival"
    COLUMNS = ("Rival", "You", "Rival’s rate", "Difference", "95\u00a0% interval", "Prompts", "Reading")
    AHEAD, BEHIND, TIE, UNKNOWN = "you are ahead", "rival is ahead", "no clear difference", "not enough data"
    GAP = "Where the gaps are"
    GAP_SUB = "Mention rate of every brand. Darker is more."
    GAP_BY = "Rows"
    GAP_CHOICES: Final = {"topic": "Topics", "engine": "Engines"}
    GAP_COLUMNS = ("{by}", "You", "Best rival", "Gap", "Answers")
    GAP_NOTE = (
        "The best rival differs by row; its rate is the highest of several, so small gaps come up by chance."
    )

    NAMED = "Named and not tracked"
    NAMED_SUB = (
        "Names that stand in the newest {n} answers where tracked brands stand: in lists, tables, headings, "
        "in bold or linked. Places and people can be among them."
    )
    NAMED_COLUMNS = ("Name", "Answers", "Beside tracked brands", "Prompts", "Stands in", "Its links lead to")
    NAMED_NONE = "No name stands often enough where tracked brands stand."
    NAMED_TRACK = (
        "This adds one to brands.yaml and looks for it in every stored answer; nothing is asked again:"
    )
    TRACK = "citelift brands track {name}"
    TRACK_SITE = "citelift brands track {name} --domain {site}"


class AssociationPage:
    TITLE = "Authority and citations"
    LEAD = "Are domains with more authority cited more often? A description, not a reason."
    METRIC = "Authority metric"
    METRICS: Final = {
        "pagerank": "PageRank (computed)",
        "harmonic": "Harmonic centrality (computed)",
        "referring_domains": "Referring domains (computed)",
    }
    NONE = "There is no authority metric yet"
    NONE_TEXT = (
        "Import links, and PageRank, harmonic centrality and referring domains are computed from them; or "
        "bring a list of your own."
    )
    NONE_COMMANDS = ("citelift import links FILE", "citelift import authority FILE --metric NAME …")
    RANK = "Rank correlation"
    RANK_SUB = "Spearman over domains, −1 to +1, with 95\u00a0% intervals from resampled domains."
    RANK_AXIS = "Spearman correlation"
    ODDS = "Odds of being cited, per doubling of authority"
    ODDS_SUB = (
        "Within one answer, among its candidates. 1× is no difference; 1.25× means a quarter higher odds."
    )
    ODDS_AXIS = "Odds ratio per doubling"
    COLUMNS = (
        "Engine",
        "Spearman",
        "95\u00a0% interval",
        "Domains",
        "Odds per doubling",
        "95\u00a0% interval",
        "Without the top 20",
        "Answers",
        "Candidates",
    )
    POOLS: Final = {
        "retrieved": "what it retrieved",
        "serp": "search results",
        "cited-only": "cited by anyone",
    }
    CHART = "The domains behind it"
    CHART_Y = "Answers citing the domain"
    SOURCE = "Authority from: {source}."
    CONTROL = "{engine}: {control}."
    WITHOUT = "without top 20"


class Opportunities:
    TITLE = "Opportunities"
    LEAD = (
        "Sources that could bring {brand} something, best first, each with its reasons and the pages to "
        "look at."
    )
    NO_OWN = "No brand of this workspace is marked as your own"
    NO_OWN_TEXT = "An opportunity is somebody’s: set own: true for one brand in brands.yaml."
    NONE = "No opportunity right now"
    NONE_TEXT = "Nothing that answers lean on is missing for you, or there is too little data to tell."
    NONE_COMMANDS = ("citelift import links FILE", "citelift run")
    FOUND_SUB = (
        "Sources with a supported gain come first, by its lower bound; then those that stand out, then "
        "the most cited ones. An expected gain says what a link could bring in answers like those of the "
        "last four weeks, if the source works for you as for others. It is no promise."
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
    }
    NEXT, PAGES = "Next: {step}", "Pages to look at"
    NOTE = "Note: {note}"
    DECIDE = "Record a decision with"
    COMMAND = 'citelift opportunities --set {source}=working --note "…"'
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


class Runs:
    TITLE = "Runs & cost"
    LEAD = "What was asked, what it cost and what failed."
    CARDS = ("Spent in the last 4 weeks", "Answers stored", "Asks that failed", "Next run due")
    SPENT_NOTE = "{all} in all"
    FAILED_NOTE = "{share} of all asks"
    FAILED_NONE = "nothing failed"
    SIMULATED = (
        "Simulated engines were asked: nothing was paid. The amounts are what real engines would have cost."
    )
    NOT_SCHEDULED = "not scheduled"
    COST = "Cost per week"
    COST_SUB = "US dollars, by engine. Engines that do not report a price are counted as estimated."
    TABLE = "Runs"
    COLUMNS = ("Run", "State", "Answered", "Failed", "Not asked", "Cost", "Budget", "Reason")
    NO_RUNS = "No run has been started"
    NO_RUNS_TEXT = "Answers that were imported need no run."
    NO_RUNS_COMMANDS = ("citelift plan", "citelift run")
    NO_BUDGET = "no limit"
    TONES: Final = {
        "done": "good",
        "partial": "warn",
        "stopped at the budget": "warn",
        "cancelled": "quiet",
        "running": "quiet",
        "planned": "quiet",
    }
    FAILURES = "Failures by reason"
    FAILURE_COLUMNS = ("Engine", "Reason", "Asks", "For example")
    RESUME = "citelift run --resume"
    RESUME_NOTE = "asks what is missing, and nothing twice."
    SCHEDULES = "Schedules"
    SCHEDULE_COLUMNS = ("Name", "What", "When", "Next due", "Last outcome")
    NO_SCHEDULES = "Nothing is scheduled"
    NO_SCHEDULES_TEXT = "A schedule asks every week by itself, while citelift serve is running."
    NO_SCHEDULES_COMMANDS = ('citelift schedule add weekly "0 6 * * 1"', "citelift serve")


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


class LinksPage:
    TITLE = "Links"
    LEAD = "Who links to {brand} and to its rivals, from the exports that were imported."
    BY_BRAND = "Links by brand"
    BRAND_COLUMNS = ("Brand", "Referring domains", "Links", "Live", "Lost", "Followed")
    FOLLOWED_OF = "{n} of {of} known"
    GAINED = "Gained and lost by month"
    GAINED_SUB = "Links to {brand} by the day the export first or last saw them."
    WHAT: Final = {"gained": "gained", "lost": "lost"}
    DOMAINS = "Referring domains"
    DOMAIN_COLUMNS = ("Domain", "Type", "Links to {brand}", "Rivals it links to", "First seen", "Anchor text")
    BRAND = "Brand"
    ANCHORS = "Anchor texts"
    ANCHOR_COLUMNS = ("Anchor text", "Links", "Domains")
    NO_ANCHOR = "no text"
    CLASSES = "Kinds of anchor text"
    CLASSES_SUB = (
        "Share of referring domains whose links to {brand} are mostly of one kind, against all rivals "
        "together."
    )
    CLASS_COLUMNS = ("Kind", "{brand}", "Rivals", "Reading")
    SPIKES = "Weeks with unusually many new referring domains"
    SPIKE_COLUMNS = ("Week of", "New domains", "Usual", "Why to look")
    SPIKE_PLAIN = "many, nothing odd about them"
    QUEUE = "Domains to look at"
    QUEUE_SUB = (
        "Several factors vote together, and no single one decides. The advice is to do nothing, unless you "
        "bought or placed these links and have a notice from a search engine."
    )
    QUEUE_COLUMNS = ("Domain", "Links", "Why to look", "Decision")
    NO_DECISION = "none"
    IMPORTS = "Imports"
    IMPORT_COLUMNS = ("File", "Tool", "As of", "Rows", "Stored", "Rejected")
    NONE = "No link to {brand} is known"
    NONE_TEXT = "The imported exports hold no link to this brand’s domains."
    NO_DOMAINS = "{brand} has no domain in the catalog, so no link can be its own."


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


class LooksPage:
    TITLE = "Link checks"
    LEAD = (
        "What our own looks at pages say of each link that an export claims. A page that is blocked, or that "
        "needs a browser, says nothing of its links: that is not a loss."
    )
    NONE = "No claimed link has been looked at yet"
    NONE_TEXT = "Links come from exports; whether they are there, a look at each page tells."
    NONE_COMMANDS = ("citelift links verify --contact you@example.com",)
    BRAND = "Brand"
    ALL = "All"
    YES = "yes"
    COUNTED = "Claimed links by verdict"
    COUNTED_SUB = "One verdict for each link, by the newest look at its page."
    COUNT_COLUMNS = ("Verdict", "Links", "What it means")
    VERDICTS: Final = {
        "live": "live",
        "live_nofollow": "live, nofollow",
        "gone": "gone",
        "redirected": "redirected",
        "page_gone": "page gone",
        "blocked": "blocked",
        "needs_browser": "needs a browser",
        "pdf": "PDF not read",
        "robots": "not to be read",
        "unreachable": "unreachable",
    }
    TONES: Final = {
        "live": "good",
        "live_nofollow": "good",
        "gone": "bad",
        "redirected": "bad",
        "page_gone": "bad",
    }
    MEANINGS: Final = {
        "live": "the link stands on the page",
        "live_nofollow": "it stands there, marked nofollow, sponsored or user content",
        "gone": "we read the page, and the link is not on it",
        "redirected": "we were led to another page, and the link is not there",
        "page_gone": "the server, or the page itself, says that there is none",
        "blocked": "a challenge, a refusal, a login or a question about cookies stands in the page’s place",
        "needs_browser": "only scripts fill the page: --render draws it",
        "pdf": "a PDF that could not be opened",
        "robots": "the site’s robots.txt asks us not to read it",
        "unreachable": "down, slow, or no public address",
    }
    REASONS: Final = {
        "other_page": "to another page of the site",
        "hidden": "hidden on the page",
        "noindex": "the page is noindex",
        "canonical_elsewhere": "the page names another as its original",
        "ugc": "user content",
        "not_found": "not found",
        "gone": "gone for good",
        "suspended": "site suspended",
        "parked": "domain parked",
        "denied": "refused",
        "rate_limited": "asked to wait",
        "consent": "question about cookies",
        "server_error": "server error",
        "dns": "no such name",
        "timeout": "no answer in time",
        "redirect": "redirects there",
    }
    CHANGED = "What changed between looks"
    CHANGED_SUB = (
        "Links lost, turned nofollow or moved out of the text, and brands newly named without a link. A loss "
        "counts when it was seen twice, three days apart."
    )
    NO_CHANGE = "Nothing changed between our looks."
    KINDS: Final = {
        "lost": "lost",
        "nofollow": "turned nofollow",
        "moved": "moved out of the text",
        "named": "named without a link",
    }
    SEEN_ONCE = "seen once"
    STATES: Final = {**VERDICTS, "claimed": "claimed by an export", "content": "in the text"}
    CHANGE_COLUMNS = ("What", "Day", "Page", "Before", "Now")
    LISTED = "Every claimed link"
    VERDICT = "Verdict"
    LIST_COLUMNS = ("Page and where it links", "Verdict", "Why", "Stands in", "Looked at")
    NAMED = "Named without a link"
    NAMED_SUB = "Brands that a page names and does not link to, by the newest look that read it."
    NAMED_COLUMNS = ("Page", "Brand", "Order among brands", "In a heading", "First screen", "Place in a list")


class Methods:
    TITLE = "Methods"
    LEAD = "What every number means, how it is made, and what it cannot say."
    DEFINITIONS = "Definitions"
    COLUMNS = ("Number", "Meaning")
    WORDS = "How strong a word is"
    WORDS_ROWS = (
        ("co-occurs", "seen together; nothing was compared"),
        ("associated within the same question", "seen together more than expected inside the same answers"),
        ("moved after", "changed after a link began, against brands that were not linked yet"),
        ("consistent with an effect", "moved after, and no check found another explanation"),
    )
    WORDS_COLUMNS = ("Word", "When it is used")
    MISSING_TEXT = "The definitions above are complete; each module of the analysis explains its own method."
