"""Which links are live on day D: the one definition, asked by every reader of links.

**A link** is (linking page, linked page, kind), both ends under the one name that `tracker.domains` gives a
page; where a file names a domain only, the domain stands for the end it names. A redirect is another kind
than a link on the page. Mentions and the files that a page loads are no links.

**Evidence** is dated and comes from witnesses: each vendor by its imports, and our own looks at pages.

- *Seen*: a row's first and last day seen; the day of its export where the row is live and names no last day;
  a look of ours that got the page with the link on it.
- *Stated lost*: a row's lost date. A row of the same vendor and day that says the link is live outweighs it.
- *No longer listed*: an export that claims to be complete (scope `all`, or one row a domain) no longer lists
  a link that the one before it, of the same vendor, scope and target, listed as live. Exports of one day are
  one. Rows that stand for a domain are compared by domain, and a domain that no longer links ends all links
  from it.
- *Confirmed look*: two looks of ours, some days apart, got the page without a link that an earlier look of
  ours had seen there (`tracker.links.pages.history.look_evidence`). One such look is a suspicion and ends
  nothing; neither does a look that did not get the page, nor a link that stands there but is worth less
  (nofollow, noindex).
- *Decisions* of people (keep, disavow) are about what to do with a link and never about whether it is there.

**The life of a link** is a list of spans [start, end):

- The earliest first-seen moment starts it, or the earliest sighting where that is earlier. Where nobody
  states a first day, or the first word is a loss, it was there before everything else, unless an earlier
  complete export or look lacked it: then its first sighting starts it.
- Each loss ends it, and a later sighting by any witness revives it. A vendor's later export that lists the
  link as live revives it against that vendor's own earlier word, from that export's day at the latest.
- What is known only to lie between two days counts from the later one, for starts and for ends: that is the
  first day on which somebody knew.
- On one and the same moment a sighting outweighs a list that lacks the link; a stated loss and a look
  outweigh a sighting. A vendor's newer export corrects its own older ones: what they saw at or after the day
  it now names as the loss does not count.
- A row that names no page says that some page of the domain links. Where pages are known and all their links
  have ended since, it has ended too.

A domain links to another while any of its links to it lives (`live_on`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Float, Select, and_, cast, extract, func, or_, select

from tracker import domains
from tracker.links.files.formats import FULL_SCOPES, NO_LINKS
from tracker.links.pages.history import LookEvidence, look_evidence
from tracker.models import Backlink, LinkImport, Page, PageCheck, PageLink

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BACKLINK: Any = Backlink.__table__  # type: ignore[attr-defined]
IMPORT: Any = LinkImport.__table__  # type: ignore[attr-defined]
PAGE: Any = Page.__table__  # type: ignore[attr-defined]
CHECK: Any = PageCheck.__table__  # type: ignore[attr-defined]
FOUND: Any = PageLink.__table__  # type: ignore[attr-defined]

NOWHERE = -1
"""The page of a link's end that is known by its domain only."""
OWN_LOOK = "own look"
"""The vendor's name of rows that our own looks add."""
BY_PAGE = "all"
"""The complete scope whose rows are links; those of the others stand for domains."""


def is_link() -> Any:
    """Of stored rows those that are links: exports also list mentions, and the files that a page loads."""
    kind = BACKLINK.c.link_type
    return or_(kind.is_(None), kind.not_in(sorted(NO_LINKS)))


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


@dataclass(frozen=True)
class Ledger:
    """Evidence rows as columns, the link that each row is about, and the life of every link.

    `columns` has `source_id`, `page`, `target` (ids; page None where unknown), `target_url`, `link_type`,
    `vendor`, `scope`, `first_seen`, `last_seen`, `lost_at`, `as_of` (seconds of the epoch) and what else was
    asked for.
    """

    columns: Mapping[str, Sequence[Any]]
    link: Ints
    spans: Spans

    def pairs_on(self, at: float) -> Ints:
        """Distinct (source domain, target domain) with a live link at this moment, shape (n, 2)."""
        return self._pairs(np.isin(self.link, self.spans.live_on(at)))

    def pairs(self) -> Ints:
        """All distinct (source domain, target domain) that ever had a link, shape (n, 2)."""
        return self._pairs(np.ones(len(self.link), bool))

    def _pairs(self, rows: NDArray[np.bool_]) -> Ints:
        source, target = (np.array(self.columns[name], np.int64)[rows] for name in ("source_id", "target"))
        _, first_rows = _codes((source, target))
        return np.column_stack([source[first_rows], target[first_rows]])


def _epoch(moment: Any, name: str) -> Any:
    """Seconds of the epoch, which databases compute in a third of the time that reading a moment takes."""
    return cast(extract("epoch", moment), Float).label(name)


_EVIDENCE = (
    BACKLINK.c.import_id,
    BACKLINK.c.source_domain_id.label("source_id"),
    BACKLINK.c.source_page_id.label("page"),
    BACKLINK.c.target_domain_id.label("target"),
    BACKLINK.c.target_url,
    BACKLINK.c.link_type,
    _epoch(BACKLINK.c.first_seen, "first_seen"),
    _epoch(BACKLINK.c.last_seen, "last_seen"),
    _epoch(BACKLINK.c.lost_at, "lost_at"),
)


Sources = Select[Any] | Sequence[int]


def read(
    connection: Connection,
    workspace_id: int,
    *,
    targets: Sequence[int] | None = None,
    sources: Sources | None = None,
    texts: Sequence[str] = (),
) -> Ledger:
    """The ledger of one workspace.

    `targets` limits it to links to these domains, `sources` to links from these domains, and `texts` names further columns of `Backlink` to have beside the evidence.
    """
    b = BACKLINK.c
    wanted = [b.workspace_id == workspace_id, is_link()]
    wanted += [b.target_domain_id.in_(targets)] if targets is not None else []
    mine = wanted if sources is None else [*wanted, b.source_domain_id.in_(sources)]
    result = connection.execute(select(*_EVIDENCE, *(b[name] for name in texts)).where(*mine).order_by(b.id))
    names = list(result.keys())
    filled = list(zip(*result.fetchall(), strict=True)) or [()] * len(names)
    columns: dict[str, list[Any]] = {name: list(values) for name, values in zip(names, filled, strict=True)}
    imports = _imports(connection, workspace_id)
    days = _days(connection, imports, columns if sources is None else wanted)
    of_rows = [imports[key] for key in columns.pop("import_id")]
    columns |= {name: [getattr(each, name) for each in of_rows] for name in ("vendor", "scope", "as_of")}
    looks = _Looks.read(connection, workspace_id, targets, sources)
    for name, column in columns.items():
        column += (row.get(name) for row in looks.rows)
    link, spans = lives(columns, days, looks.evidence)
    return Ledger(columns, link, spans)


class _Import(NamedTuple):
    vendor: str
    scope: str
    as_of: float
    """The first moment of its day."""


def _imports(connection: Connection, workspace_id: int) -> dict[int, _Import]:
    i = IMPORT.c
    statement = select(i.id, i.vendor, i.scope, i.as_of).where(i.workspace_id == workspace_id)
    return {
        key: _Import(vendor, scope, datetime.combine(day, time(), tzinfo=UTC).timestamp())
        for key, vendor, scope, day in connection.execute(statement)
    }


Series = tuple[str, str, int]
"""Vendor, scope, target domain."""


def _days(
    connection: Connection, imports: Mapping[int, _Import], rows: Mapping[str, Sequence[Any]] | Sequence[Any]
) -> dict[Series, list[float]]:
    """The days of complete exports of each series, oldest first, from all rows or from where to find them.

    An export counts whichever sources it lists: those that it lacks altogether are the point.
    """
    complete = [key for key, each in imports.items() if each.scope in FULL_SCOPES]
    if len({imports[key] for key in complete}) < 2:
        return {}
    if isinstance(rows, Mapping):
        pairs: Iterable[Any] = set(zip(rows["import_id"], rows["target"], strict=True))
    else:
        key, target = BACKLINK.c.import_id, BACKLINK.c.target_domain_id
        pairs = connection.execute(select(key, target).where(*rows, key.in_(complete)).distinct())
    days: dict[Series, set[float]] = defaultdict(set)
    for key, target in pairs:
        if (each := imports[key]).scope in FULL_SCOPES:
            days[each.vendor, each.scope, target].add(each.as_of)
    return {series: sorted(found) for series, found in days.items()}


# --- pairs of domains -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pairs:
    """Distinct (source domain, target domain), shape (n, 2): those with a live link now, and all of which
    there is evidence.
    """

    live: Ints
    known: Ints


_CHUNK = 10_000


def pairs_now(connection: Connection, workspace_id: int) -> Pairs:
    """What `read` says of all pairs of domains, from the evidence of those alone that may have ended."""
    b = BACKLINK.c
    keys = (b.source_domain_id, b.target_domain_id, b.import_id)
    counted = select(*keys, func.count(b.lost_at)).where(b.workspace_id == workspace_id, is_link())
    summary = connection.execute(counted.group_by(*keys)).fetchall()
    doubtful = _doubtful(connection, workspace_id, [tuple(row) for row in summary])
    certain = {(source, target) for source, target, *_ in summary if source not in doubtful}
    live, known = [_array(certain)], [_array(certain)]
    ordered = sorted(doubtful)
    for start in range(0, len(ordered), _CHUNK):
        part = read(connection, workspace_id, sources=ordered[start : start + _CHUNK])
        live.append(part.pairs_on(np.inf))
        known.append(part.pairs())
    return Pairs(np.concatenate(live), np.concatenate(known))


def _doubtful(
    connection: Connection, workspace_id: int, summary: Sequence[tuple[int, int, int, int]]
) -> set[int]:
    """Source domains of which more must be known than that their links are listed.

    A pair is certain where no row states a loss, we never looked, and the one series of complete exports that
    lists it, if any does, still does so in its newest export.
    """
    imports = _imports(connection, workspace_id)
    columns = {"import_id": [row[2] for row in summary], "target": [row[1] for row in summary]}
    days = _days(connection, imports, columns)
    newest: dict[tuple[int, int], dict[Series, float]] = defaultdict(dict)
    doubtful = {source for source, _, _, lost in summary if lost}
    for source, target, key, _ in summary:
        vendor, scope, as_of = imports[key]
        series = (vendor, scope, target)
        if len(days.get(series, ())) > 1:
            listed = newest[source, target]
            listed[series] = max(as_of, listed.get(series, as_of))
    for (source, _), listed in newest.items():
        if len(listed) > 1 or any(day < days[series][-1] for series, day in listed.items()):
            doubtful.add(source)
    looked = select(PAGE.c.domain_id).join_from(CHECK, PAGE, PAGE.c.id == CHECK.c.page_id)
    looked = looked.where(CHECK.c.workspace_id == workspace_id).distinct()
    return doubtful | set(connection.execute(looked).scalars())


def _array(pairs: set[tuple[int, int]]) -> Ints:
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)


# --- our own looks ------------------------------------------------------------------------------------------

PageTarget = tuple[int, int, int]
"""Linking page, linked domain, linked page (or `NOWHERE` for any of that domain)."""


@dataclass(frozen=True)
class _Looks:
    rows: list[dict[str, Any]]
    """The newest look that had each link, as a row of evidence."""
    evidence: dict[PageTarget, LookEvidence]

    @classmethod
    def read(
        cls,
        connection: Connection,
        workspace_id: int,
        targets: Sequence[int] | None,
        sources: Sources | None,
    ) -> _Looks:
        of_source = [PAGE.c.domain_id.in_(sources)] if sources is not None else []
        linking = (
            select(FOUND, CHECK.c.page_id, CHECK.c.checked_at, PAGE.c.domain_id, PAGE.c.url)
            .join_from(FOUND, CHECK, CHECK.c.id == FOUND.c.check_id)
            .join(PAGE, PAGE.c.id == CHECK.c.page_id)
            .where(CHECK.c.workspace_id == workspace_id, *of_source)
            .order_by(CHECK.c.checked_at, FOUND.c.id)
        )
        newest: dict[PageTarget, dict[str, Any]] = {}
        present: dict[PageTarget, set[int]] = defaultdict(set)
        names = _Names()
        for mapped in connection.execute(linking).mappings():
            row = dict(mapped)
            domain, page = names[row["target_url"]]
            if domain == NOWHERE or (targets is not None and domain not in targets):
                continue
            for key in ((row["page_id"], domain, page), (row["page_id"], domain, NOWHERE)):
                present[key].add(row["check_id"])
            newest[row["page_id"], domain, page] = _as_evidence(row, domain)
        checks = _checks(connection, workspace_id, sorted({key[0] for key in present}))
        evidence = {
            key: look_evidence(
                (at, state, status, check in there) for check, at, state, status in checks[key[0]]
            )
            for key, there in present.items()
        }
        return cls(list(newest.values()), evidence)


def _as_evidence(row: Mapping[str, Any], target: int) -> dict[str, Any]:
    texts = {name: row[name] for name in ("target_url", "anchor", "nofollow", "ugc", "sponsored")}
    return texts | {
        "source_id": row["domain_id"],
        "page": row["page_id"],
        "target": target,
        "source_url": row["url"],
        "last_seen": row["checked_at"].timestamp(),
        "vendor": OWN_LOOK,
        "scope": "sample",
        "as_of": row["checked_at"].timestamp(),
    }


_Check = tuple[int, datetime, str, int | None]


def _checks(connection: Connection, workspace_id: int, pages: Sequence[int]) -> dict[int, list[_Check]]:
    c = CHECK.c
    checks: dict[int, list[_Check]] = defaultdict(list)
    for start in range(0, len(pages), 10_000):
        of_pages = and_(c.workspace_id == workspace_id, c.page_id.in_(pages[start : start + 10_000]))
        statement = select(c.page_id, c.id, c.checked_at, c.state, c.status).where(of_pages)
        for page, check, at, state, status in connection.execute(statement.order_by(c.checked_at, c.id)):
            checks[page].append((check, at, state, status))
    return checks


class _Names(dict[str | None, tuple[int, int]]):
    """URL → ids of its domain and of its page."""

    def __missing__(self, url: str | None) -> tuple[int, int]:
        address = domains.try_parse(url) if url else None
        self[url] = ids = (
            (domains.domain_id(address.domain), domains.page_id(address.canonical))
            if address
            else (NOWHERE, NOWHERE)
        )
        return ids


# --- evidence into lives: no database from here on ----------------------------------------------------------

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

    `columns` as of `Ledger`, `days` those of the complete exports of each series, oldest first, and `looks`
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
        names = _Names()
        source, target = (np.array(columns[name], np.int64) for name in ("source_id", "target"))
        page = np.array([NOWHERE if key is None else key for key in columns["page"]], np.int64)
        linked = np.array([names[url][1] for url in columns["target_url"]], np.int64)
        redirect = np.array([kind == "redirect" for kind in columns["link_type"]], np.int64)
        key = (source, page, target, linked, redirect)
        link, first_rows = _codes(key)
        pair, _ = _codes((source, target))
        lost = _floats(columns["lost_at"])
        first, last = _floats(columns["first_seen"]), _floats(columns["last_seen"])
        as_of = _floats(columns["as_of"])
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


def _codes(key: tuple[Ints, ...]) -> tuple[Ints, Ints]:
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
