"""Who links to whom."""

from __future__ import annotations

from typing import Final


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
