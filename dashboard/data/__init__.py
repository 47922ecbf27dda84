"""What the pages show, read and computed once per change of the database. The only caller of store and
analysis."""

from dashboard.data.asked import ScheduleView, costs, failures, runs, schedules, simulated
from dashboard.data.cited import (
    AuthorityView,
    association,
    forgotten,
    kinds,
    metrics,
    sources,
    stability,
    suggestions,
)
from dashboard.data.gains import lift, opportunities
from dashboard.data.linking import LinkProfile, has_links, imports, link_profile, links, reported
from dashboard.data.looked import link_alerts, link_verdicts, page_listings
from dashboard.data.opened import (
    Choice,
    OpenWorkspace,
    database,
    open_workspace,
    weeks,
    window,
    workspaces,
    world,
)
from dashboard.data.rates import changes, differences, excluded, prompts, rivals_gap, visibility, why_nothing
from dashboard.data.reader import AnswerView, JudgedView, NamedSpan, answer, answers_of
from dashboard.data.timeline import Pooling, event_study, happened, marked_moments

__all__ = [
    "AnswerView",
    "AuthorityView",
    "Choice",
    "JudgedView",
    "LinkProfile",
    "NamedSpan",
    "OpenWorkspace",
    "Pooling",
    "ScheduleView",
    "answer",
    "answers_of",
    "association",
    "changes",
    "costs",
    "database",
    "differences",
    "event_study",
    "excluded",
    "failures",
    "forgotten",
    "happened",
    "has_links",
    "imports",
    "kinds",
    "lift",
    "link_alerts",
    "link_profile",
    "link_verdicts",
    "links",
    "marked_moments",
    "metrics",
    "open_workspace",
    "opportunities",
    "page_listings",
    "prompts",
    "reported",
    "rivals_gap",
    "runs",
    "schedules",
    "simulated",
    "sources",
    "stability",
    "suggestions",
    "visibility",
    "weeks",
    "why_nothing",
    "window",
    "workspaces",
    "world",
]
