"""What every reading verb says with `--json`, as types: the schema that programs read.

A field more is no break, so a shape allows what it does not name; a field less, or of another type, is one.
"""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from analysis.changes import Moving, WeekChange
from analysis.definitions import OtherNumber
from analysis.events.study import EventRow
from analysis.firstparty import PageFunnel, ShareGap
from analysis.lift.direction import Direction
from analysis.lift.listing import ListingTable
from analysis.stability import Stability
from tracker.answers.unlisted import NoAddresses, Unlisted

Day = str
"""ISO 8601, like every moment here."""
Window = TypedDict("Window", {"from": Day | None, "to": Day | None})


class RateRow(TypedDict):
    """Of one brand: `low` and `high` are the mention rate's; the others' have names of their own."""

    brand: str
    engine: str | None
    topic: str | None
    country: str | None
    language: str | None
    week: Day | None
    answers: int
    prompts: int
    mention_rate: float | None
    low: float | None
    high: float | None
    method: str
    citable_answers: int
    citation_rate: float | None
    citation_rate_low: float | None
    citation_rate_high: float | None
    share_of_voice: float | None
    share_of_voice_low: float | None
    share_of_voice_high: float | None
    citation_share: float | None
    citation_share_low: float | None
    citation_share_high: float | None
    ghost_rate: float | None
    ghost_rate_low: float | None
    ghost_rate_high: float | None
    silent_rate: float | None
    silent_rate_low: float | None
    silent_rate_high: float | None
    retrieved_not_cited_rate: float | None
    retrieved_not_cited_rate_low: float | None
    retrieved_not_cited_rate_high: float | None
    average_position: float | None
    average_position_low: float | None
    average_position_high: float | None
    prompt_coverage: float | None
    prompt_coverage_low: float | None
    prompt_coverage_high: float | None
    mentions: int
    citations: int
    ghost_citations: int
    silent_mentions: int
    own: bool
    directional_only: bool


class PresenceRow(TypedDict):
    engine: str
    pages: int
    presence_rate: float | None
    presence_rate_low: float | None
    presence_rate_high: float | None


class Rates(TypedDict):
    window: Window
    branded: str
    branded_prompts_left_out: list[str]
    rivals: str
    prompts_naming_rivals: list[str]
    presence: list[PresenceRow]
    rows: list[RateRow]


class HeadedRates(Rates):
    headline: list[RateRow]


class OtherRates(TypedDict):
    window: Window
    rows: list[OtherNumber]


class Definitions(TypedDict):
    definitions: dict[str, str]


class ChangesFound(TypedDict):
    rows: list[WeekChange]
    watched: list[Moving]


class SourceRow(TypedDict):
    domain: str
    engine: str
    answers: int
    of_answers: int
    rate: float | None
    low: float | None
    high: float | None
    citations: int
    retrieved_answers: int


class CitedSources(TypedDict):
    window: Window
    rows: list[SourceRow]
    yours: list[Unlisted]
    no_address: NoAddresses


class SteadySources(TypedDict):
    window: Window
    rows: list[Stability]


class LiftFigures(TypedDict):
    source: str
    lift: float | None
    low: float | None
    high: float | None
    p: float | None
    q: float | None
    exposed: int
    prompts: int
    verdict: str
    checks: dict[str, bool]
    family: str
    shrunk: float | None
    rank_key: float | None
    common: float | None
    details: dict[str, str]
    gated: bool
    pull: float | None
    pull_low: float | None
    missing: float | None
    missing_low: float | None
    direction: str | None
    works: float | None


class Lifts(TypedDict):
    design: str
    brand: str | None
    window: Window
    answers: int
    prompts: int
    within: str
    direction: Direction | None
    listing: ListingTable
    by_family: dict[str, Direction]
    exports_know: dict[str, Any] | None
    warnings: list[str]
    rows: list[LiftFigures]


class AuthorityRow(TypedDict):
    engine: str
    authority: str
    domains: int
    spearman: float | None
    low: float | None
    high: float | None
    odds_ratio_per_doubling: float | None
    or_low: float | None
    or_high: float | None
    answers: int
    pool: str
    basis: str
    unknown_domains: int
    without_top_20: dict[str, Any]
    control: str
    placebo: dict[str, Any] | None
    reason: str


class Associations(TypedDict):
    window: Window
    note: str
    rows: list[AuthorityRow]


class LinkEvents(TypedDict):
    design: str
    by: str
    outcome: str
    window: Window
    rows: list[EventRow]


class MetricRow(TypedDict):
    metric: str
    as_of: Day | None
    domains: int
    source: str


class Metrics(TypedDict):
    rows: list[MetricRow]


class RankedRow(TypedDict):
    domain: str
    value: float


class Ranked(TypedDict):
    authority: str
    source: str
    rows: list[RankedRow]


class Seeded(Ranked):
    seeds: list[str]
    absent: list[str]


class ReasonFound(TypedDict):
    kind: str
    text: str
    pages: list[str]
    next_step: str


class AskedFor(TypedDict):
    what: str
    of: str
    words: str


class Offer(TypedDict):
    source: str
    kind: str
    cited_answers: int
    answers: int
    rate: float | None
    low: float | None
    high: float | None
    engines: int
    weeks: int
    of_weeks: int
    prompts: int
    links_to_rivals: list[str]
    links_to_own: bool
    named_own: float | None
    named_rivals: float | None
    rival: str | None
    reasons: list[ReasonFound]
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    stands_out: bool
    withheld: str | None
    works: float | None
    ask: AskedFor
    state: str
    note: str
    stage: str
    owner: str
    campaign: str
    contact: str
    cost_micros: int | None


class Offers(TypedDict):
    window: Window
    rows: list[Offer]
    yours: list[Unlisted]


ClassedDomain = TypedDict(
    "ClassedDomain", {"domain": str, "class": str, "basis": str, "evidence": str, "answers": int}
)
ClassedPage = TypedDict(
    "ClassedPage", {"page": str, "class": str, "basis": str, "evidence": str, "answers": int}
)


class Classes(TypedDict):
    rows: list[ClassedDomain] | list[ClassedPage]


class GroundFound(TypedDict):
    kind: str
    text: str
    detail: str
    pages: list[str]
    of: int


class ProspectFound(TypedDict):
    domain: str
    stage: str
    owner: str | None
    cost_usd: float | None
    campaign: str | None
    contact: str | None
    note: str | None
    changed_at: str | None
    state: str
    source: str
    links_to_rivals: list[str]
    links_to_own: bool
    cited_answers: int
    reasons: list[GroundFound]


class Prospects(TypedDict):
    rows: list[ProspectFound]


class Dead(TypedDict):
    said_by: str
    on: Day
    because: str | None


class OwnPage(TypedDict):
    url: str
    domains: int
    links: int
    dead: Dead | None


class OwnPages(TypedDict):
    rows: list[OwnPage]


class AfterWork(TypedDict):
    since: Day
    weeks: int
    before: float | None
    after: float | None


class WorkFound(TypedDict):
    domain: str
    stage: str
    state: str
    owner: str | None
    due: Day | None
    campaign: str | None
    contact: str | None
    note: str | None
    started_at: str | None
    won_at: str | None
    changed_at: str | None
    after: AfterWork | None


class WorkTaken(TypedDict):
    rows: list[WorkFound]


class Funnel(TypedDict):
    pages: list[PageFunnel]
    assistants: list[ShareGap]


class WorthAnAlert(TypedDict):
    key: str
    kind: str
    at: str
    says: str
    odds: str
    page: str


class WorthAlerts(TypedDict):
    rows: list[WorthAnAlert]


class AnyRows(TypedDict):
    """Rows whose fields the manual names."""

    rows: list[dict[str, Any]]


class RunRow(TypedDict):
    run: int
    asked_for: str
    state: str
    reason: str | None
    states: dict[str, int]
    spent_usd: float


class RunList(TypedDict):
    rows: list[RunRow]


class ScheduleRow(TypedDict):
    name: str
    kind: str
    cron: str
    timezone: str
    next: str | None
    last: str | None
    outcome: str | None


class Schedules(TypedDict):
    rows: list[ScheduleRow]


class NotedEvent(TypedDict):
    id: int
    at: Day
    kind: str
    title: str


class NotedEvents(TypedDict):
    rows: list[NotedEvent]


class ImportRow(TypedDict):
    import_id: int
    vendor: str
    layout: str
    scope: str
    as_of: Day
    imported_at: str
    file: str
    file_hash: str
    read: int
    stored: int
    rejected: int


class Imports(TypedDict):
    rows: list[ImportRow]


class ExperimentRow(TypedDict):
    name: str
    state: str
    changed: str | None
    hash: str | None
    started_at: str | None
    design: dict[str, Any]
    protocol: dict[str, Any] | None
    book: list[dict[str, Any]]


class Experiments(TypedDict):
    rows: list[ExperimentRow]
    files: list[str]


class Suggestions(TypedDict):
    least: int
    newest: int
    rows: list[dict[str, Any]]


class Decided(TypedDict):
    about: str
    decision: str
