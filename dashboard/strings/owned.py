"""What the own site saw."""

from __future__ import annotations

from typing import Final


class OwnSite:
    LEAD = "What {brand}’s own site saw of AI: crawlers, fetches and visits, beside what is sampled here."
    NOTHING = "Nothing of your own site is counted yet"
    NOTHING_TEXT = (
        "Import a server’s log, or an export of GA4 by session source and landing page. Visitors’ addresses "
        "are looked at and not kept."
    )
    NOTHING_COMMANDS = ("citelift import log access.log.gz", "citelift import visits ga4.csv")
    STEPS: Final = {
        "crawled": ("Crawled", "by AI crawlers, for an index or training"),
        "fetched": ("Fetched", "by assistants, for a person’s question"),
        "cited": ("Cited", "sampled answers that cite a page of yours"),
        "named": ("Named", "of those, answers that name {brand}"),
        "visited": ("Visited", "by people whom an assistant sent"),
    }
    PAGES_NOTE = "{pages}"
    BASIS = (
        "Crawled, fetched and visited are counts of everything that came in these days; cited and named are "
        "sampled answers. So they stand beside each other and are no rate of one another."
    )
    FORGED = "{forged} hits only bore a crawler’s name and are left out; of {unchecked} nobody can tell."
    GAPS = "Visits beside the sample"
    GAPS_SUB = (
        "Each assistant’s share of the visits, and its share of the sampled citations of your pages. The "
        "interval speaks of counting alone: visits are no sample of answers."
    )
    GAP_COLUMNS = ("Assistant", "Share of visits", "Share of citations", "Gap", "95\u00a0% interval")
    NOT_ASKED = "not asked here"
    OF = "{n} of {of}"
    PAGES = "Own pages"
    PAGE_COLUMNS = ("Page", "Crawled", "Fetched", "Cited", "Named", "Visited", "First visit")
    WAY = "From crawled to visited"
