"""The tables. One class is one noun of the vocabulary; nothing here validates: doors do.

`Domain.id` and `Page.id` are hashes of their own text (`tracker.domains`), so facts from answers and from
link data meet without anyone looking an id up. Money is micro-dollars, time is aware UTC, unknown is null.
"""

# No `from __future__ import annotations`: it hides the column types from SQLModel.
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.sqlite import INTEGER
from sqlmodel import Field, SQLModel

BigKey = BigInteger().with_variant(INTEGER(), "sqlite")
"""64 bits on both: SQLite only numbers rows by itself in a column spelled INTEGER."""


def _big_id() -> Any:
    return Field(default=None, sa_column=Column(BigKey, primary_key=True, autoincrement=True))


def _big(**options: Any) -> Any:
    return Field(sa_type=BigInteger, **options)


_HELD = text("state = 'claimed'")


class RunState(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    BUDGET = "stopped at the budget"
    CANCELLED = "cancelled"


class AskState(StrEnum):
    PLANNED = "planned"
    CLAIMED = "claimed"
    ANSWERED = "answered"
    FAILED = "failed"
    SKIPPED = "skipped"


class Workspace(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    timezone: str = Field(default="UTC", sa_column_kwargs={"server_default": "UTC"})
    """In which its weeks run (`tracker.weeks`)."""


class Brand(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("workspace_id", "key"),)
    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id", index=True)
    key: str
    """The name case-folded: what a brand is recognised by when the catalog changes."""
    name: str
    own: bool = False
    aliases: list[Any] = Field(default_factory=list, sa_type=JSON)
    """As `tracker.mentions.names` writes and reads them."""
    domains: list[str] = Field(default_factory=list, sa_type=JSON)
    owns: list[str] = Field(default_factory=list, sa_type=JSON, sa_column_kwargs={"server_default": "[]"})
    """Pages, and names under every country (`tracker.domains.ownership`)."""
    not_phrases: list[str] = Field(default_factory=list, sa_type=JSON)
    until: date | None = None
    """The last day of a brand that ended: no later week asks for it."""
    active: bool = True


class Prompt(SQLModel, table=True):
    """One wording of a tracked question. An edited wording is a new row that names the one it replaces."""

    __table_args__ = (UniqueConstraint("workspace_id", "key"),)
    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id", index=True)
    key: str
    """Hash of text, country and language."""
    text: str = Field(sa_type=Text)
    topic: str = "general"
    country: str | None = None
    language: str | None = None
    weight: float = 1.0
    version: int = 1
    replaces_id: int | None = Field(default=None, foreign_key="prompt.id")
    active: bool = True
    imported: bool = False
    """True for a prompt that came with recorded answers: a run never asks it."""


class Engine(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id", index=True)
    name: str
    model: str = ""
    surface: str = "api"
    repeats: int = 1
    budget_micros: int | None = _big(default=None)
    options: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    concurrency: int | None = None
    rpm: int | None = None
    after_crash: str = "give_up"
    """`give_up` or `ask_again`: what becomes of an ask whose process died after sending it."""
    active: bool = True
    imported: bool = False


class EnginePace(SQLModel, table=True):
    """What the processes that ask one engine, or one judge, have to know of each other."""

    name: str = Field(primary_key=True)
    next_at: datetime | None = None
    paused_until: datetime | None = None
    failures: int = 0
    """In a row, and pauses for them."""
    pauses: int = 0


class Run(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id", index=True)
    key: str = Field(unique=True)
    """What makes planning idempotent: the same firing of a schedule never plans twice."""
    trigger: str = "manual"
    planned_at: datetime
    asked_for: datetime
    """The moment the answers stand for: now, or the simulated date of the sandbox."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    state: str = RunState.PLANNED
    reason: str | None = None
    budget_micros: int | None = _big(default=None)
    catalog_hash: str = ""


class Ask(SQLModel, table=True):
    """One planned (prompt, engine, repeat) of a run: planned → claimed → answered, failed or skipped."""

    __table_args__ = (
        UniqueConstraint("run_id", "prompt_id", "engine_id", "repeat"),
        Index("ix_ask_claim", "run_id", "state", "engine_id"),
        Index("ix_ask_held", "engine_id", sqlite_where=_HELD, postgresql_where=_HELD),
    )
    id: int | None = _big_id()
    workspace_id: int = Field(foreign_key="workspace.id")
    run_id: int = Field(foreign_key="run.id")
    prompt_id: int = Field(foreign_key="prompt.id")
    engine_id: int = Field(foreign_key="engine.id")
    repeat: int = 0
    model: str = ""
    state: str = AskState.PLANNED
    attempts: int = 0
    claimed_by: str | None = None
    lease_until: datetime | None = None
    sent_at: datetime | None = None
    """When its request left, until its end is known: without an end it may have been paid."""
    not_before: datetime | None = None
    estimated_micros: int = _big(default=0)
    """The most that a request may cost: set aside from the budget when the ask is claimed."""
    reserved_micros: int = _big(default=0)  # now; the answer's cost takes its place
    spent_micros: int = _big(default=0)
    """What attempts of this ask have cost, known or estimated."""
    reason: str | None = None
    """Why it failed: one word of `tracker.engines.failures.Reason`."""
    detail: str | None = Field(default=None, sa_type=Text)
    ended_at: datetime | None = None


class Ledger(SQLModel, table=True):
    """The money of one engine in one run, of which `reserved` is set aside; budget ≥ spent + reserved."""

    run_id: int = Field(foreign_key="run.id", primary_key=True)
    engine_id: int = Field(foreign_key="engine.id", primary_key=True)
    budget_micros: int | None = _big(default=None)
    spent_micros: int = _big(default=0)
    reserved_micros: int = _big(default=0)


class Reply(SQLModel, table=True):
    """The unmodified body of one answered ask, compressed, written before anything reads it."""

    ask_id: int = Field(sa_column=Column(BigKey, ForeignKey("ask.id"), primary_key=True, autoincrement=False))
    workspace_id: int = Field(foreign_key="workspace.id")
    body: bytes = Field(sa_type=LargeBinary)
    capture: str = "raw"
    """`raw` as the engine sent it; `normalised` as litellm rebuilt it; `imported` from a recorded file."""
    received_at: datetime
    latency_ms: int | None = None
    cost_micros: int | None = _big(default=None)


class Answer(SQLModel, table=True):
    __table_args__ = (
        UniqueConstraint("workspace_id", "fingerprint"),
        Index("ix_answer_when", "workspace_id", "engine_id", "asked_at"),
        Index("ix_answer_content", "workspace_id", "content_key"),
    )
    id: int | None = _big_id()
    workspace_id: int = Field(foreign_key="workspace.id")
    ask_id: int | None = _big(default=None, unique=True, foreign_key="ask.id")
    run_id: int | None = Field(default=None, foreign_key="run.id", index=True)
    prompt_id: int = Field(foreign_key="prompt.id", index=True)
    engine_id: int = Field(foreign_key="engine.id")
    fingerprint: str
    """The ask's key, or for a recorded answer that of its vendor's id, else of its content."""
    content_key: str | None = None
    """Of a recorded answer: the same for the same answer, in whatever layout it comes."""
    repeat: int = 0
    asked_at: datetime
    week: date = Field(index=True)
    """Monday of the week of `asked_at` in the workspace's time zone (`tracker.weeks`)."""
    model: str = ""
    served_model: str | None = None
    surface: str = "api"
    shape: str = ""
    text: str = Field(sa_type=Text)
    search_used: bool | None = None
    searches: list[str] | None = Field(default=None, sa_type=JSON)
    citations_known: bool = True
    """False when the record does not say what was cited: such an answer leaves every citation denominator."""
    problem: str | None = None
    stop: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_micros: int | None = _big(default=None)
    reader_version: str = ""


class RecordedReply(SQLModel, table=True):
    """A reply that was recorded elsewhere, as it was; `reread` reads it again like our own."""

    answer_id: int = Field(
        sa_column=Column(BigKey, ForeignKey("answer.id"), primary_key=True, autoincrement=False)
    )
    workspace_id: int = Field(foreign_key="workspace.id")
    body: bytes = Field(sa_type=LargeBinary)
    received_at: datetime


class Domain(SQLModel, table=True):
    id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    name: str = Field(unique=True)


class Page(SQLModel, table=True):
    id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    domain_id: int = _big(index=True)
    host: str
    url: str = Field(sa_type=Text)
    """Canonical."""


class Citation(SQLModel, table=True):
    __table_args__ = (Index("ix_citation_answer_domain", "answer_id", "domain_id"),)
    id: int | None = _big_id()
    workspace_id: int
    answer_id: int = _big(foreign_key="answer.id")
    page_id: int | None = _big(default=None)
    domain_id: int | None = _big(default=None, index=True)
    """Null for a reference that is no web address (a document id, say)."""
    kind: str
    """cited, retrieved or written: three facts, never mixed."""
    position: int
    start: int | None = None
    end: int | None = None
    url: str = Field(sa_type=Text)
    """Verbatim."""
    title: str | None = Field(default=None, sa_type=Text)


class Redirect(SQLModel, table=True):
    """Where an engine's redirecting link led when it was looked up, right after the answer that cited it."""

    id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    """Hash of the link."""
    url: str = Field(sa_type=Text)
    target: str | None = Field(default=None, sa_type=Text)
    status: int | None = None
    checked_at: datetime


class Mention(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("answer_id", "brand_id"),)
    id: int | None = _big_id()
    workspace_id: int
    answer_id: int = _big(foreign_key="answer.id")
    brand_id: int = Field(foreign_key="brand.id", index=True)
    position: int
    count: int
    first_offset: int
    stance: str = "named"


class LinkImport(SQLModel, table=True):
    """One dated export, immutable once stored."""

    __table_args__ = (UniqueConstraint("workspace_id", "file_hash"),)
    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id")
    vendor: str
    layout: str
    scope: str
    as_of: date
    imported_at: datetime
    file_name: str
    file_hash: str
    read: int = 0
    stored: int = 0
    rejected: int = 0
    notes: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class LinkPull(SQLModel, table=True):
    """Links that are fetched from a vendor's API, page by page, until they are imported."""

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id")
    vendor: str
    target: str
    """The domain that the links go to."""
    rows_wanted: int
    started_at: datetime
    done_at: datetime | None = None
    complete: bool = False
    """The vendor had no further page."""


class LinkPullPage(SQLModel, table=True):
    """One request to a vendor. It stands here before it is sent: without an end it may have been paid."""

    __table_args__ = (UniqueConstraint("pull_id", "number", "attempt"),)
    id: int | None = Field(default=None, primary_key=True)
    pull_id: int = Field(foreign_key="linkpull.id")
    number: int
    attempt: int = 0
    asked_at: datetime
    ended_at: datetime | None = None
    units: float
    """In the vendor's terms: as planned until the reply says what it was."""
    usd: float
    rows: int = 0
    following: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    """Where the next page begins; null after the last one."""
    body: bytes | None = None
    """Its rows, compressed; null where it failed, and once they are imported."""


class Backlink(SQLModel, table=True):
    __table_args__ = (Index("ix_backlink_target", "workspace_id", "target_domain_id", "source_domain_id"),)
    id: int | None = _big_id()
    workspace_id: int
    import_id: int = Field(foreign_key="linkimport.id", index=True)
    source_page_id: int | None = _big(default=None)
    """Hash of the canonical source URL; null in an export that names domains only."""
    source_domain_id: int = _big()
    target_domain_id: int = _big()
    source_url: str | None = Field(default=None, sa_type=Text)
    target_url: str | None = Field(default=None, sa_type=Text)
    anchor: str | None = Field(default=None, sa_type=Text)
    nofollow: bool | None = None
    ugc: bool | None = None
    sponsored: bool | None = None
    link_type: str | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    lost_at: datetime | None = None
    lost_reason: str | None = None
    title: str | None = Field(default=None, sa_type=Text)
    language: str | None = None
    context_left: str | None = Field(default=None, sa_type=Text)
    context_right: str | None = Field(default=None, sa_type=Text)
    metrics: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    """The vendor's own figures under the vendor's own names."""


class AuthorityList(SQLModel, table=True):
    """One dated authority metric over domains. Facts about the web, not about a client: no workspace."""

    __table_args__ = (UniqueConstraint("metric", "as_of", "file_hash"),)
    id: int | None = Field(default=None, primary_key=True)
    metric: str = Field(index=True)
    as_of: date
    imported_at: datetime
    source: str
    """The file, release or computation it comes from."""
    file_hash: str
    rows: int = 0
    higher_is_better: bool = True


class AuthorityValue(SQLModel, table=True):
    list_id: int = Field(foreign_key="authoritylist.id", primary_key=True)
    domain_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    value: float


class WebEdge(SQLModel, table=True):
    """Who links to a domain we watch, in one release of an open web graph."""

    release: str = Field(primary_key=True)
    source_domain_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    target_domain_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    hosts: int | None = None


class CitationCount(SQLModel, table=True):
    """What a search engine itself tells a site's owner about its AI answers: citations, or impressions."""

    id: int | None = _big_id()
    workspace_id: int = Field(foreign_key="workspace.id")
    import_id: int = Field(foreign_key="linkimport.id")
    subject: str = Field(sa_type=Text)
    """The page or the phrase the count is for; blank for all of the site."""
    dimension: str = Field(default="page", sa_column_kwargs={"server_default": "page"})
    """What the subject is: page, query, country, device or site."""
    measure: str = Field(default="citations", sa_column_kwargs={"server_default": "citations"})
    """What was counted: citations or impressions."""
    day: date | None = None
    citations: int
    """How many, of the measure."""


class PageCheck(SQLModel, table=True):
    """What our own fetch of a linking or cited page found."""

    __table_args__ = (Index("ix_pagecheck_page", "workspace_id", "page_id", "checked_at"),)
    id: int | None = _big_id()
    workspace_id: int
    page_id: int = _big()
    checked_at: datetime
    state: str
    """fetched, not_modified, refused by us or by the line, or barred: something else stands in its place."""
    status: int | None = None
    reason: str | None = None
    """Why it was refused, what bars it, or what the page says of its being gone."""
    barred_by: str | None = None
    means: str = "fetch"
    """fetch, browser or file."""
    content_type: str | None = None
    final_url: str | None = Field(default=None, sa_type=Text)
    canonical: str | None = Field(default=None, sa_type=Text)
    robots: str | None = None
    title: str | None = Field(default=None, sa_type=Text)
    language: str | None = None
    outlinks: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    named: list[str] = Field(default_factory=list, sa_type=JSON)
    """Brands the page names without linking to them."""
    author: str | None = None
    published: date | None = None
    """Who wrote the page and when, by its own markup (`links.pages.bylines`)."""
    about_url: str | None = Field(default=None, sa_type=Text)
    entity: str | None = None
    """Who says in schema.org that the site is theirs."""


class PageLink(SQLModel, table=True):
    """One link of a checked page to a brand's domain."""

    id: int | None = _big_id()
    check_id: int = _big(index=True, foreign_key="pagecheck.id")
    brand_id: int = Field(foreign_key="brand.id")
    target_url: str = Field(sa_type=Text)
    anchor: str | None = Field(default=None, sa_type=Text)
    placement: str
    nofollow: bool = False
    ugc: bool = False
    sponsored: bool = False
    kind: str | None = None
    """One of `tracker.links.pages.kinds.KINDS`; null where the look was before kinds were read."""
    kind_because: str | None = None


class PageBrand(SQLModel, table=True):
    """How one look saw a brand on a page: named or linked, and how prominently (`links.pages.listing`)."""

    id: int | None = _big_id()
    check_id: int = _big(index=True, foreign_key="pagecheck.id")
    brand_id: int = Field(foreign_key="brand.id")
    rank: int | None = None
    """Among the brands that the page names; null where it only links."""
    count: int = 0
    heading: bool = False
    first_screen: bool = False
    list_rank: int | None = None
    placement: str | None = None
    linked: bool = False
    followed: bool = False


class LinkVerdict(SQLModel, table=True):
    """What one look at a page says of one link that somebody claims is there."""

    id: int | None = _big_id()
    check_id: int = _big(index=True, foreign_key="pagecheck.id")
    brand_id: int = Field(foreign_key="brand.id")
    target_url: str | None = Field(default=None, sa_type=Text)
    """As claimed; null where only a page is said to link to the brand's domain."""
    verdict: str
    """One of `tracker.links.pages.verdicts.VERDICTS`."""
    reason: str | None = None
    placement: str | None = None
    anchor: str | None = Field(default=None, sa_type=Text)


class Event(SQLModel, table=True):
    """Something that may explain a change: a PR piece, new content, another served model."""

    __table_args__ = (UniqueConstraint("workspace_id", "at", "kind", "title"),)
    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id")
    at: datetime
    kind: str
    title: str
    engine_id: int | None = Field(default=None, foreign_key="engine.id")


class Schedule(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id")
    name: str
    kind: str
    """run, report or alerts."""
    cron: str
    timezone: str = "UTC"
    catalog: str = "prompts"
    active: bool = True
    options: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSON, sa_column_kwargs={"server_default": "{}"}
    )
    """Of a report: `period`, `topic`, `country`, `brand`."""
    last_due_at: datetime | None = None
    """The last firing that was taken care of; what a restart catches up from."""


class Firing(SQLModel, table=True):
    """One due moment of a schedule; the key makes it happen once, whoever notices it."""

    __table_args__ = (UniqueConstraint("schedule_id", "due_at"),)
    id: int | None = Field(default=None, primary_key=True)
    schedule_id: int = Field(foreign_key="schedule.id")
    due_at: datetime
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str | None = None


class Notice(SQLModel, table=True):
    """Something to be told: a report, alerts, a digest of them. Its key makes it once, whoever makes it."""

    __table_args__ = (UniqueConstraint("workspace_id", "key"),)
    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id")
    key: str
    kind: str
    """report, alerts, digest or test."""
    subject: str = Field(sa_type=Text)
    made_at: datetime
    content: bytes = Field(sa_type=LargeBinary)
    """The message as `tracker.notify.message` packs it: a later try sends the very same."""


class Delivery(SQLModel, table=True):
    """One notice to one recipient: waiting → sending → sent, failed or unknown (`tracker.notify.outbox`)."""

    __table_args__ = (
        UniqueConstraint("notice_id", "recipient"),
        Index("ix_delivery_due", "state", "not_before"),
    )
    id: int | None = Field(default=None, primary_key=True)
    notice_id: int = Field(foreign_key="notice.id")
    recipient: str
    channel: str
    state: str = "waiting"
    attempts: int = 0
    not_before: datetime
    claimed_by: str | None = None
    lease_until: datetime | None = None
    handed_at: datetime | None = None
    """From here on the other side may have it."""
    ended_at: datetime | None = None
    detail: str | None = Field(default=None, sa_type=Text)
    """What the other side said last; never a secret."""


class Alarm(SQLModel, table=True):
    """An alert that was found: told to each person once, at once or in a digest."""

    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        Index("ix_alarm_found", "workspace_id", "found_at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id")
    key: str = Field(sa_type=Text)
    kind: str
    """One of `analysis.alerts.KINDS`."""
    at: datetime
    """When it happened."""
    found_at: datetime
    says: str = Field(sa_type=Text)
    odds: str = Field(sa_type=Text)
    """How likely it is that it is nothing, in words."""
    page: str
    """The page of the dashboard that shows it, with its filters."""


class OwnCount(SQLModel, table=True):
    """First-party: what our own site saw of AI crawlers, of assistants and of the people they sent."""

    __table_args__ = (
        UniqueConstraint("workspace_id", "day", "step", "agent", "url", "proof", "import_id"),
        Index("ix_owncount_step", "workspace_id", "step", "day"),
    )
    id: int | None = _big_id()
    workspace_id: int = Field(foreign_key="workspace.id")
    day: date
    step: str
    """crawled (for an index or training), fetched (for a person's question) or visited."""
    agent: str
    """The crawler's or assistant's name, as `tracker.visits.agents` has it."""
    url: str = Field(sa_type=Text)
    """Host and path, without a query."""
    proof: str = ""
    """Of a log: verified by address, forged, or unchecked; of visits blank."""
    hits: int
    import_id: int | None = Field(default=None, foreign_key="linkimport.id")
    """The file; none of those that were counted before files were kept apart."""


class Lease(SQLModel, table=True):
    """Who holds a thing that only one process may hold, and until when."""

    name: str = Field(primary_key=True)
    holder: str
    until: datetime


class DisavowEntry(SQLModel, table=True):
    """A decision about a referring page or domain: keep it, or disavow it."""

    __table_args__ = (UniqueConstraint("workspace_id", "entry"),)
    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id")
    entry: str
    """`domain:example.com` or one URL, as Google's file has it."""
    decision: str
    note: str = ""
    decided_at: datetime


class OpportunityState(SQLModel, table=True):
    """What people decided about an opportunity or prospect; the reasons for it are computed anew."""

    __table_args__ = (UniqueConstraint("workspace_id", "kind", "domain_id"),)
    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id")
    kind: str
    domain_id: int = _big()
    state: str = "open"
    """One of `tracker.links.prospects.STAGES`."""
    note: str = ""
    owner: str = Field(default="", sa_column_kwargs={"server_default": ""})
    campaign: str = Field(default="", sa_column_kwargs={"server_default": ""})
    contact: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """The page, or the address, at which the site is written to."""
    cost_micros: int | None = _big(default=None)
    value_micros: int | None = _big(default=None)
    """What a link there is worth, as people judge it."""
    due: date | None = None
    started_at: datetime | None = None
    """When somebody first took it up."""
    won_at: datetime | None = None
    """When the link that was worked for began, once an import or a look had it."""
    changed_at: datetime


class SavedView(SQLModel, table=True):
    """A page with its choices, under a name."""

    __table_args__ = (UniqueConstraint("workspace_id", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id")
    name: str
    address: str = Field(sa_type=Text)
    """The page's own name and its parameters: never a whole URL."""
    who: str = ""
    saved_at: datetime


class LinkKind(SQLModel, table=True):
    """A person's own word on what kind of link a page or a site gives, which wins over what is read there."""

    __table_args__ = (UniqueConstraint("workspace_id", "domain_id", "page_id"),)
    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id")
    domain_id: int = _big()
    page_id: int = _big(default=0)
    """0 for all pages of the site."""
    kind: str
    decided_at: datetime


class DomainClass(SQLModel, table=True):
    """A person's own classification of a domain, which wins over the rules."""

    __table_args__ = (UniqueConstraint("workspace_id", "domain_id"),)
    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id")
    domain_id: int = _big()
    kind: str


class Judgement(SQLModel, table=True):
    """What a judge (a model with a version of its prompt) says of one thing: claimed → answered or failed."""

    __table_args__ = (
        UniqueConstraint("workspace_id", "task", "subject", "model", "prompt_version"),
        Index("ix_judgement_held", "workspace_id", sqlite_where=_HELD, postgresql_where=_HELD),
    )
    id: int | None = _big_id()
    workspace_id: int = Field(foreign_key="workspace.id")
    task: str
    """stance, domain or labelled."""
    subject: str
    """What is judged, as a key within its task."""
    answer_id: int | None = _big(default=None, index=True, foreign_key="answer.id")
    brand_id: int | None = Field(default=None, foreign_key="brand.id")
    model: str
    served_model: str | None = None
    prompt_version: str
    state: str = AskState.CLAIMED
    verdict: str | None = None
    """One of the task's choices."""
    reason: str | None = None
    detail: str | None = Field(default=None, sa_type=Text)
    """Never the reply's own words."""
    attempts: int = 0
    claimed_by: str | None = None
    lease_until: datetime | None = None
    sent_at: datetime | None = None
    month: date
    """First day of the UTC month whose ledger its money is in."""
    estimated_micros: int = _big(default=0)
    reserved_micros: int = _big(default=0)
    spent_micros: int = _big(default=0)
    asked_at: datetime | None = None


class JudgeLedger(SQLModel, table=True):
    """The judge's money of one workspace in one UTC month; the catalog's budget ≥ spent + reserved."""

    workspace_id: int = Field(foreign_key="workspace.id", primary_key=True)
    month: date = Field(primary_key=True)
    spent_micros: int = _big(default=0)
    reserved_micros: int = _big(default=0)


class Agreement(SQLModel, table=True):
    """How often each hand label met each verdict, when a judge was last asked about one labelled set."""

    __table_args__ = (UniqueConstraint("workspace_id", "model", "prompt_version", "set_hash"),)
    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id")
    model: str
    prompt_version: str
    set_name: str
    set_hash: str
    counts: dict[str, dict[str, int]] = Field(default_factory=dict, sa_type=JSON)
    """Label → verdict → items."""
    failed: int = 0
    """Items without a verdict."""
    measured_at: datetime


class Experiment(SQLModel, table=True):
    """A draft until it is started; then its protocol stands, and triggers refuse every change of the row."""

    __table_args__ = (UniqueConstraint("workspace_id", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id")
    name: str
    design: str = Field(sa_type=Text)
    """Canonical JSON: what is meant to be done, until it is started."""
    protocol: str | None = Field(default=None, sa_type=Text)
    """Canonical JSON of all that was fixed at the start; null in a draft."""
    protocol_hash: str | None = None
    """SHA-256 of the protocol's bytes."""
    drafted_at: datetime
    started_at: datetime | None = None


class ExperimentEntry(SQLModel, table=True):
    """One line of an experiment's book: what was done, what came of it, what a look saw. Only ever added."""

    id: int | None = _big_id()
    experiment_id: int = Field(foreign_key="experiment.id", index=True)
    protocol_hash: str
    """Of the protocol as it was when this was written."""
    recorded_at: datetime
    day: date
    """On which it happened."""
    kind: str
    """One of `tracker.experiments.KINDS`, or `look` or `result`."""
    source: str | None = None
    who: str = ""
    note: str = Field(default="", sa_type=Text)
    figures: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class AccessToken(SQLModel, table=True):
    """What lets a program in; the secret itself stands nowhere."""

    __table_args__ = (UniqueConstraint("workspace_id", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id")
    name: str
    role: str
    """One of `tracker.tokens.ROLES`."""
    secret_hash: str = Field(unique=True)
    """SHA-256 of the secret, which is random enough to need no salt."""
    made_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class VisibilityRollup(SQLModel, table=True):
    """Answers per brand × prompt × engine × served model × week; rebuilt from answers at any time."""

    workspace_id: int = Field(primary_key=True)
    week: date = Field(primary_key=True)
    engine_id: int = Field(primary_key=True)
    served_model: str = Field(primary_key=True)
    prompt_id: int = Field(primary_key=True)
    brand_id: int = Field(primary_key=True)
    answers: int
    mentioned: int
    mentions: int
    position_sum: int
    citable: int
    """Answers whose citations are known."""
    cited: int
    """Of these, answers citing the brand's domains."""
    citations: int
    """Citations of the brand's domains."""
    all_citations: int
    ghost: int
    """Cited, not named."""
    silent: int
    """Named, not cited, among the citable."""
    retrieved: int
    """Answers that retrieved the brand's domains."""
    retrieved_not_cited: int


class SourceRollup(SQLModel, table=True):
    """Citations per domain × engine × week; rebuilt from citations at any time."""

    __table_args__ = (Index("ix_sourcerollup_top", "workspace_id", "engine_id", "week"),)
    workspace_id: int = Field(primary_key=True)
    week: date = Field(primary_key=True)
    engine_id: int = Field(primary_key=True)
    domain_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    answers: int
    """Answers citing the domain."""
    citations: int
    retrieved: int
    """Answers that retrieved it."""


class AnswerRollup(SQLModel, table=True):
    """All stored answers per prompt × engine × week, and what leaves some of them out of rates; rebuilt from
    answers at any time."""

    workspace_id: int = Field(primary_key=True)
    week: date = Field(primary_key=True)
    engine_id: int = Field(primary_key=True)
    prompt_id: int = Field(primary_key=True)
    stored: int
    problem: int
    """Failed or empty."""
    cut_off: int
    """Ends where a limit was reached."""
    not_shown: int
    """A page of results without the overview that was asked for."""
    pages: int
    """Pages of results; `shown` of them with an answer."""
    shown: int
    unknown: int
    """What it cites is not known."""
    not_searched: int


class ArchivedWeek(SQLModel, table=True):
    """A closed week of a workspace whose answers stand in files (`tracker.archive`), no longer in tables."""

    workspace_id: int = Field(primary_key=True, foreign_key="workspace.id")
    week: date = Field(primary_key=True)
    archived_at: datetime
    first_answer: int = _big()
    last_answer: int = _big()
    """The ids of its answers lie between."""
    files: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """Table → `rows`, `sha256` of the file, and `last`, its highest id; empty once a policy deleted them."""
    brands: str = ""
    """Of the names that its answers were searched for."""


class Computed(SQLModel, table=True):
    """What takes longer than a page may, computed once for each state of the facts (`tracker.computed`)."""

    workspace_id: int = Field(primary_key=True)
    key: str = Field(primary_key=True)
    """Hash of what was computed and of its parameters."""
    name: str
    version: str | None = None
    """Of the facts that the body was computed from; null until there is one."""
    body: bytes | None = None
    """As `analysis.packing` packs it, compressed."""
    made_at: datetime | None = None
    seconds: float = 0.0
    """That it took."""
    holder: str | None = None
    """Who computes it now, from which facts, since when; by its lease it still lives."""
    wanted: str | None = None
    since: datetime | None = None
    lease_until: datetime | None = None
    step: str = ""
    """What is being done now."""


class AuditEntry(SQLModel, table=True):
    """One change that a person made: by a verb or in the browser, who, when, what, before and after."""

    __table_args__ = (Index("ix_auditentry_of", "workspace_id", "id"),)
    id: int | None = _big_id()
    workspace_id: int | None = Field(default=None, foreign_key="workspace.id")
    """Null for what belongs to no workspace: people and their rights."""
    at: datetime
    who: str
    what: str
    """A noun and a verb, like `brand added`."""
    subject: str = Field(sa_type=Text)
    """Which brand, prompt, source or user."""
    before: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    after: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    """Null where it was not there before, or is not there any more."""


class Person(SQLModel, table=True):
    """Somebody who may sign in to the dashboard."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    """The name, case-folded."""
    name: str
    role: str
    """One of `tracker.access.rights.ROLES`."""
    workspaces: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    """Their names; null for all."""
    password_hash: str
    created_at: datetime


class SignedIn(SQLModel, table=True):
    """A browser that somebody signed in with; the token itself is only in its cookie."""

    token_hash: str = Field(primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    expires_at: datetime


class SignInFailure(SQLModel, table=True):
    """A password that was wrong: what guessing is counted by, across restarts."""

    id: int | None = _big_id()
    key: str = Field(index=True)
    """Whom the name meant, case-folded, whether there is such a person or not."""
    address: str = Field(index=True)
    at: datetime


class ShareLink(SQLModel, table=True):
    """An address that shows one page, or one report, to whoever has it; the token itself is not stored."""

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(unique=True)
    workspace_id: int = Field(foreign_key="workspace.id")
    title: str
    page: str | None = None
    """A page of the dashboard; null for a report."""
    query: str = ""
    """What stands behind the `?` of the page's address."""
    body: str | None = Field(default=None, sa_type=Text)
    """The report's HTML."""
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


class Setting(SQLModel, table=True):
    """Facts about the database itself: what roll-ups cover, which reader wrote last."""

    name: str = Field(primary_key=True)
    value: str
