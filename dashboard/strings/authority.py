"""Authority against citations."""

from __future__ import annotations

from typing import Final


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
