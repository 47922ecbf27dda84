"""The shapes of what the verbs of links and of the link graph say with `--json`."""

from __future__ import annotations

from typing_extensions import TypedDict

from analysis.quality import Factors
from analysis.review import LinkWeek, Review
from dashboard.api.shapes import Day


class AnchorRow(TypedDict):
    anchor_class: str
    verdict: str
    own: float | None
    own_low: float | None
    own_high: float | None
    own_domains: int
    rivals: float | None
    rivals_low: float | None
    rivals_high: float | None
    rivals_domains: int


class Anchors(TypedDict):
    rows: list[AnchorRow]


class LinkFactors(TypedDict):
    rows: list[Factors]


class LinkWeeks(TypedDict):
    rows: list[LinkWeek]


class ReviewQueue(TypedDict):
    rows: list[Review]


class EdgeRow(TypedDict):
    source: str
    target: str
    links: int


class NearRow(TypedDict):
    domain: str
    distance: int
    links_in: int
    links_out: int


class Nearby(TypedDict):
    source: str
    centres: list[str]
    left_out: int
    edges: list[EdgeRow]
    rows: list[NearRow]


class WayRow(TypedDict):
    links: int
    path: list[str]


class Ways(TypedDict):
    source: str
    rows: list[WayRow]


class CommunityRow(TypedDict):
    size: int
    brands: list[str]
    domains: list[str]


class Communities(TypedDict):
    source: str
    rows: list[CommunityRow]


class RingRow(TypedDict):
    members: list[str]
    links: int
    linked_from_outside_by: int


class Rings(TypedDict):
    source: str
    rows: list[RingRow]


class GapRow(TypedDict):
    source: str
    rivals: list[str]
    links: int


class LinkGaps(TypedDict):
    basis: str
    gaps: int
    rows: list[GapRow]


class ChangeOfLink(TypedDict):
    kind: str
    source: str | None
    source_url: str | None
    target_url: str | None
    at: str
    stated: bool
    reason: str | None


class SnapshotPair(TypedDict):
    vendor: str
    scope: str
    target: str | None
    earlier: Day
    later: Day
    new: int
    lost: int
    late_finds: int
    changes: list[ChangeOfLink]


class Snapshots(TypedDict):
    rows: list[SnapshotPair]


class VerdictFound(TypedDict):
    url: str
    source: str
    brand: str
    target_url: str | None
    verdict: str
    reason: str | None
    placement: str | None
    anchor: str | None
    checked_at: str
    status: int | None
    final_url: str | None
    barred_by: str | None
    means: str


class Verdicts(TypedDict):
    rows: list[VerdictFound]


class ListingFound(TypedDict):
    url: str
    source: str
    brand: str
    checked_at: str
    rank: int | None
    count: int
    heading: bool
    first_screen: bool
    list_rank: int | None
    placement: str | None
    linked: bool
    followed: bool


class Listings(TypedDict):
    rows: list[ListingFound]


class AlertFound(TypedDict):
    at: str
    kind: str
    url: str
    source: str
    brand: str
    target_url: str | None
    before: str | None
    after: str | None
    reason: str | None
    confirmed: bool


class Alerts(TypedDict):
    rows: list[AlertFound]
