"""Facts → arrays and frames with named columns. The only SQL of the analysis; grouping happens in the database.

Which answers count is decided in `tracker.rollups`, once: an answer with a problem or without text is no row of anything; one
whose citations are unknown, or whose engine did not search, has no say about citations.
"""

from analysis.frames.answered import (
    MEASURES,
    Key,
    answers,
    asked,
    citable_answers,
    citations,
    excluded,
    mention_places,
    named,
    named_beside,
    pages_of,
    reach,
    sources,
    visibility_sums,
)
from analysis.frames.authorities import COMPUTED, Authority, authority_metrics, authority_table, link_graph
from analysis.frames.designs import Exposure, Outcome, association_data, histories, lift_panel, model_breaks
from analysis.frames.linked import Links, backlinks, disavowed, links, opportunity_states, page_checks
from analysis.frames.tables import Floats, Ints, rows
from analysis.frames.tracked import (
    Branded,
    BrandFact,
    PromptFact,
    Scope,
    World,
    as_world,
    domain_kinds,
    events,
    monday,
    weeks,
    world,
)

__all__ = [
    "COMPUTED",
    "MEASURES",
    "Authority",
    "BrandFact",
    "Branded",
    "Exposure",
    "Floats",
    "Ints",
    "Key",
    "Links",
    "Outcome",
    "PromptFact",
    "Scope",
    "World",
    "answers",
    "as_world",
    "asked",
    "association_data",
    "authority_metrics",
    "authority_table",
    "backlinks",
    "citable_answers",
    "citations",
    "disavowed",
    "domain_kinds",
    "events",
    "excluded",
    "histories",
    "lift_panel",
    "link_graph",
    "links",
    "mention_places",
    "model_breaks",
    "monday",
    "named",
    "named_beside",
    "opportunity_states",
    "page_checks",
    "pages_of",
    "reach",
    "rows",
    "sources",
    "visibility_sums",
    "weeks",
    "world",
]
