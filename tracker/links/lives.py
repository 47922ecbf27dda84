"""Evidence on links → the spans in which each was live: the rules of `tracker.links.ledger`, without a
database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker import domains
from tracker.links.pages.history import LookEvidence

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NOWHERE = -1
"""The page of a link's end that is known by its domain only."""
BY_PAGE = "all"
"""The complete scope whose rows are links; those of the others stand for domains."""
Series = tuple[str, str, int]
"""Vendor, scope, target domain."""
PageTarget = tuple[int, int, int]
"""Linking page, linked domain, linked page (or `NOWHERE` for any of that domain)."""


@dataclass(frozen=True)
class Spans:
    """The lives of links, ordered by link and time.

    `link` numbers the links of one ledger from 0; `start` and `end` are seconds of the epoch, infinite where
    open; `seen` is the last sighting before the end, so that the loss lies after it.
    """

    link: Ints
    start: Floats
    end: Floats
    seen: Floats

    def live_on(self, at: float) -> Ints:
        """The links that are live at this moment; at infinity, those that nothing has ended."""
        live = (self.start <= at) & ((at < self.end) | (self.end == np.inf))
        return np.unique(self.link[live])


class Names(dict[str | None, tuple[int, int]]):
    """URL → ids of its domain and of its page."""

    def __missing__(self, url: str | None) -> tuple[int, int]:
        address = domains.try_parse(url) if url else None
        self[url] = ids = (
            (domains.domain_id(address.domain), domains.page_id(address.canonical))
            if address
            else (NOWHERE, NOWHERE)
        )
        return ids


_REST_OF_DAY = 86_399
"""An export sees nothing after its day, whatever its rows say."""
Event = tuple[float, int]
"""A moment and what was learned of a link then."""
ABSENT, SEEN, LOST = range(3)
"""In the order in which they count at one and the same moment."""


def lives(
    columns: Mapping[str, Sequence[Any]],
    days: Mapping[Series, Sequence[float]],
    looks: Mapping[PageTarget, LookEvidence],
) -> tuple[Ints, Spans]:
    """The link of each row, and the spans of all links.

    `columns` as of `LinkLedger`, `days` of the complete exports of each series, oldest first, and `looks`
    what our looks at a page say about its links to one page, and to one domain.
    """
    rows = _Rows.of(columns)
    beyond = _Beyond.of(rows, days, looks)
    starts = _starts(rows, beyond)
    spans: list[tuple[int, float, float, float]] = []
    open_ended = np.ones(len(starts), bool)
    for link, its_rows in rows.by_link(beyond.doubtful):
        open_ended[link] = False
        events = _events(rows, its_rows, beyond.absences[link])
        spans += ((link, *span) for span in _spans(starts[link], events + beyond.events[link]))
    plain = np.flatnonzero(open_ended)
    seen = np.full(len(starts), -np.inf)
    np.fmax.at(seen, rows.link, rows.sighting)
    endless = np.full(len(plain), np.inf)
    table = np.concatenate(
        [
            np.column_stack([plain, starts[plain], endless, seen[plain]]),
            np.array(spans, np.float64).reshape(-1, 4),
        ]
    )
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    _end_with_their_pages(rows, table)
    return rows.link, Spans(table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3])


@dataclass(frozen=True)
class _Rows:
    """Evidence rows as arrays, and the ends of each link."""

    link: Ints
    pair: Ints
    """Code of (source domain, target domain)."""
    ends: Ints
    """Of each link: source domain, linking page, target domain, linked page, pair."""
    vendor: Ints
    series: list[Series]
    as_of: Floats
    first: Floats
    last: Floats
    lost: Floats
    """NaN where the row says the link is live."""
    sighting: Floats
    """When the row saw the link last; NaN where it does not say."""

    @classmethod
    def of(cls, columns: Mapping[str, Sequence[Any]]) -> _Rows:
        names = Names()
        source, target = (np.array(columns[name], np.int64) for name in ("source_id", "target"))
        page = np.array([NOWHERE if key is None else key for key in columns["page"]], np.int64)
        linked = np.array([names[url][1] for url in columns["target_url"]], np.int64)
        redirect = np.array([kind == "redirect" for kind in columns["link_type"]], np.int64)
        key = (source, page, target, linked, redirect)
        link, first_rows = codes_of(key)
        pair, _ = codes_of((source, target))
        lost = _floats(columns["lost_at"])
        first, last = _floats(columns["first_seen"]), _floats(columns["last_seen"])
        as_of = _floats(columns["as_of"])
        last = np.minimum(last, as_of + _REST_OF_DAY)
        _, vendor = np.unique(np.array(columns["vendor"], object).astype(str), return_inverse=True)
        return cls(
            link=link,
            pair=pair,
            ends=np.column_stack([each[first_rows] for each in (source, page, target, linked, pair)]),
            vendor=vendor,
            series=list(zip(columns["vendor"], columns["scope"], columns["target"], strict=True)),
            as_of=as_of,
            first=np.where(first > lost, lost, first),
            last=last,
            lost=lost,
            sighting=np.where(np.isnan(last) & np.isnan(lost), np.fmax(as_of, first), last),
        )

    def by_link(self, links: Iterable[int]) -> Iterable[tuple[int, Ints]]:
        order = np.argsort(self.link, kind="stable")
        marks = np.searchsorted(self.link[order], np.arange(len(self.ends) + 1))
        return ((link, order[marks[link] : marks[link + 1]]) for link in sorted(links))


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array(values, np.float64)


def codes_of(key: tuple[Ints, ...]) -> tuple[Ints, Ints]:
    """Codes of rows that are equal in all columns, and a row of each code."""
    n = len(key[0])
    order = np.lexsort(key)
    fresh = np.ones(n, bool)
    fresh[1:] = np.any([column[order][1:] != column[order][:-1] for column in key], axis=0)
    codes = np.empty(n, np.int64)
    codes[order] = np.cumsum(fresh) - 1
    return codes, order[fresh]


@dataclass
class _Beyond:
    """What other rows and our looks say about a link, beside its own rows."""

    bounded: NDArray[np.bool_]
    """Of each row: an earlier complete export, or look, lacked the link."""
    absences: dict[int, list[tuple[float, int]]]
    """Link → days on which an export no longer lists it, each with the code of the vendor."""
    events: dict[int, list[Event]]

    @property
    def doubtful(self) -> set[int]:
        """Links of which more is known than that their rows saw them."""
        return {*self.absences, *self.events}

    @classmethod
    def of(
        cls,
        rows: _Rows,
        days: Mapping[Series, Sequence[float]],
        looks: Mapping[PageTarget, LookEvidence],
    ) -> _Beyond:
        self = cls(np.zeros(len(rows.link), bool), defaultdict(list), defaultdict(list))
        of_pair: dict[int, list[int]] = defaultdict(list)
        for link, pair in enumerate(rows.ends[:, 4].tolist()):
            of_pair[pair].append(link)
        self._compare_exports(rows, days, of_pair)
        self._spread_losses_of_domains(rows, of_pair)
        self._take_looks(rows, looks)
        return self

    def _compare_exports(
        self, rows: _Rows, days: Mapping[Series, Sequence[float]], of_pair: Mapping[int, list[int]]
    ) -> None:
        members: dict[Series, list[int]] = defaultdict(list)
        for row, series in enumerate(rows.series):
            if len(days.get(series, ())) > 1:
                members[series].append(row)
        for series, of_series in members.items():
            mine, calendar = np.array(of_series, np.int64), np.array(days[series], np.float64)
            by_page = series[1] == BY_PAGE
            what = (rows.link if by_page else rows.pair)[mine]
            day = np.searchsorted(calendar, rows.as_of[mine])
            live = np.isnan(rows.lost[mine])
            first_day = np.full(what.max() + 1, len(calendar))
            np.minimum.at(first_day, what, day)
            self.bounded[mine] = first_day[what] > 0
            listed = np.unique(what * len(calendar) + day)
            following = np.unique((what * len(calendar) + day)[live & (day + 1 < len(calendar))]) + 1
            for missing in np.setdiff1d(following, listed, assume_unique=True).tolist():
                each, at = divmod(missing, len(calendar))
                for link in [each] if by_page else of_pair[each]:
                    self.absences[link].append((calendar[at], int(rows.vendor[mine[0]])))

    def _spread_losses_of_domains(self, rows: _Rows, of_pair: Mapping[int, list[int]]) -> None:
        """A row that stands for a domain and states a loss ends the links of the domain's pages too."""
        for row in np.flatnonzero(~np.isnan(rows.lost)).tolist():
            link = int(rows.link[row])
            self.events[link] += []
            if rows.ends[link, 1] == NOWHERE:
                for other in of_pair[int(rows.pair[row])]:
                    if other != link:
                        self.events[other].append((float(rows.lost[row]), LOST))

    def _take_looks(self, rows: _Rows, looks: Mapping[PageTarget, LookEvidence]) -> None:
        if not looks:
            return
        for link, (_, page, target, linked, _) in enumerate(rows.ends.tolist()):
            at_page, at_domain = looks.get((page, target, linked)), looks.get((page, target, NOWHERE))
            if at_page is not None:
                self.events[link] += ((at, SEEN) for at in at_page.seen)
                self.events[link] += ((at, LOST) for at in at_page.lost)
            elif at_domain is not None:
                self.events[link] += ((at, LOST) for at in at_domain.lost)
            if at_page is not None and at_page.lacked_before:
                self.bounded[(rows.link == link) & np.isnan(rows.first)] = True


def _starts(rows: _Rows, beyond: _Beyond) -> Floats:
    links = len(rows.ends)
    first, seen = np.full(links, np.inf), np.full(links, np.inf)
    np.fmin.at(first, rows.link, rows.first)
    np.fmin.at(seen, rows.link, rows.sighting)
    for link, events in beyond.events.items():
        seen[link] = min([seen[link], *(at for at, what in events if what == SEEN)])
    bounded = np.ones(links, bool)
    np.logical_and.at(bounded, rows.link, beyond.bounded)
    earliest = np.minimum(first, seen)
    lost = np.full(links, np.inf)
    np.fmin.at(lost, rows.link, rows.lost)
    known = (np.isfinite(first) | (bounded & np.isfinite(seen))) & (earliest <= lost)
    return np.where(known, earliest, -np.inf)


def _events(rows: _Rows, its_rows: Ints, absences: Sequence[tuple[float, int]]) -> list[Event]:
    """The evidence of a link's own rows and of the exports that lack it."""
    events: list[Event] = [(at, ABSENT) for at, _ in absences]
    for vendor in set(rows.vendor[its_rows].tolist()):
        mine = _outweighed(rows, its_rows[rows.vendor[its_rows] == vendor])
        lost = [(rows.as_of[i], float(rows.lost[i])) for i in mine if not np.isnan(rows.lost[i])]
        events += ((at, LOST) for _, at in lost)
        told = [day for day, _ in lost] + [at for at, whose in absences if whose == vendor]
        for i in mine:
            cap = min((at for day, at in lost if day >= rows.as_of[i]), default=np.inf)
            revived = np.isnan(rows.lost[i]) and any(day <= rows.as_of[i] for day in told)
            moments = [rows.first[i], rows.sighting[i], *([rows.as_of[i]] if revived else [])]
            events += ((float(at), SEEN) for at in moments if at < cap)
    return events


def _outweighed(rows: _Rows, mine: Ints) -> list[int]:
    """Rows of one vendor without the losses that a live row of the same day contradicts."""
    live = [(rows.as_of[i], rows.first[i]) for i in mine if np.isnan(rows.lost[i])]
    return [
        int(i)
        for i in mine
        if np.isnan(rows.lost[i])
        or not any(day == rows.as_of[i] and not first > rows.lost[i] for day, first in live)
    ]


def _spans(start: float, events: Iterable[Event]) -> list[tuple[float, float, float]]:
    """(start, end, last seen before the end) of each span of a life, in order."""
    spans: list[tuple[float, float, float]] = []
    begun: float | None = start
    seen = -np.inf
    for at, what in sorted(events):
        if at < start:
            continue
        if what == SEEN:
            seen = at
            if begun is None:
                begun = at
                if spans and spans[-1][1] == at:
                    begun = spans.pop()[0]
        elif begun is not None:
            spans.append((begun, at, seen))
            begun = None
    return spans if begun is None else [*spans, (begun, np.inf, seen)]


def _end_with_their_pages(rows: _Rows, table: Floats) -> None:
    """A link whose page is unknown ends with the last of the domain's known pages, in place."""
    pages = rows.ends[:, 1]
    link = table[:, 0].astype(np.int64)
    vague = np.flatnonzero((pages[link] == NOWHERE) & np.isinf(table[:, 2]))
    if not len(vague):
        return
    last = np.full(rows.pair.max() + 1, -np.inf)
    exact = pages[link] != NOWHERE
    np.maximum.at(last, rows.ends[link[exact], 4], table[exact, 2])
    ends = last[rows.ends[link[vague], 4]]
    ended = np.isfinite(ends) & (table[vague, 3] <= ends)
    table[vague[ended], 2] = np.maximum(ends[ended], table[vague[ended], 1])
