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
- *Confirmed look*: two looks of ours, some days apart, got the page without a link that a vendor's row or an
  earlier look of ours has there (`tracker.links.pages.history.look_evidence`). Where only a vendor has seen
  it, another link of the page to the same domain stands for it. One such look is a suspicion and ends
  nothing; neither does a look that did not get the page (blocked, a shell, down), nor a link that stands
  there but is worth less (nofollow, noindex).
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
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Float, Select, and_, cast, extract, func, or_, select

from tracker.links.files.formats import FULL_SCOPES, NO_LINKS
from tracker.links.lives import (
    NOWHERE,
    Ints,
    Names,
    PageTarget,
    Series,
    Spans,
    codes_of,
    lives,
)
from tracker.links.pages.history import LookEvidence, look_evidence
from tracker.models import Backlink, LinkImport, Page, PageCheck, PageLink

BACKLINK: Any = Backlink.__table__  # type: ignore[attr-defined]
IMPORT: Any = LinkImport.__table__  # type: ignore[attr-defined]
PAGE: Any = Page.__table__  # type: ignore[attr-defined]
CHECK: Any = PageCheck.__table__  # type: ignore[attr-defined]
FOUND: Any = PageLink.__table__  # type: ignore[attr-defined]

OWN_LOOK = "own look"
"""The vendor's name of rows that our own looks add."""


def is_link() -> Any:
    """Of stored rows those that are links: exports also list mentions, and the files that a page loads."""
    kind = BACKLINK.c.link_type
    return or_(kind.is_(None), kind.not_in(sorted(NO_LINKS)))


@dataclass(frozen=True)
class LinkLedger:
    """Evidence rows as columns, the link that each row is about, and the life of every link.

    `columns` has `source_id`, `page`, `target` (ids; page None where unknown), `target_url`, `link_type`,
    `vendor`, `scope`, `first_seen`, `last_seen`, `lost_at`, `as_of` (seconds of the epoch) and what else was
    asked for.
    """

    columns: Mapping[str, Sequence[Any]]
    link: Ints
    spans: Spans
    days: Mapping[Series, Sequence[float]]
    """Of the complete exports."""
    looks: Mapping[PageTarget, LookEvidence]

    def pairs_on(self, at: float) -> Ints:
        """Distinct (source domain, target domain) with a live link at this moment, shape (n, 2)."""
        return self._pairs(np.isin(self.link, self.spans.live_on(at)))

    def pairs(self) -> Ints:
        """All distinct (source domain, target domain) that ever had a link, shape (n, 2)."""
        return self._pairs(np.ones(len(self.link), bool))

    def _pairs(self, rows: NDArray[np.bool_]) -> Ints:
        source, target = (np.array(self.columns[name], np.int64)[rows] for name in ("source_id", "target"))
        _, first_rows = codes_of((source, target))
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
) -> LinkLedger:
    """The ledger of one workspace.

    `targets` limits it to links to these domains, `sources` to links from these domains, and `texts` names
    further columns of `Backlink` to have beside the evidence.
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
    claimed = {
        (page, target) for page, target in zip(columns["page"], columns["target"], strict=True) if page
    }
    looks = _Looks.read(connection, workspace_id, targets, sources, claimed)
    for name, column in columns.items():
        column += (row.get(name) for row in looks.rows)
    link, spans = lives(columns, days, looks.evidence)
    return LinkLedger(columns, link, spans, days, looks.evidence)


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
    return {series: sorted(known) for series, known in days.items()}


# --- pairs of domains ---------------------------------------------------------------------------------------


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
        claimed: Collection[tuple[int, int]],
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
        names = Names()
        for mapped in connection.execute(linking).mappings():
            row = dict(mapped)
            domain, page = names[row["target_url"]]
            if domain == NOWHERE or (targets is not None and domain not in targets):
                continue
            for key in ((row["page_id"], domain, page), (row["page_id"], domain, NOWHERE)):
                present[key].add(row["check_id"])
            newest[row["page_id"], domain, page] = _as_evidence(row, domain)
        looked = _looked_at(connection, workspace_id, of_source)
        for page, domain in claimed:
            if page in looked:
                present[page, domain, NOWHERE] |= set()
        checks = _checks(connection, workspace_id, sorted({key[0] for key in present}))
        evidence = {
            key: look_evidence(
                (at, state, status, check in there) for check, at, state, status in checks[key[0]]
            )
            for key, there in present.items()
        }
        return cls(list(newest.values()), evidence)


def _looked_at(connection: Connection, workspace_id: int, of_source: Sequence[Any]) -> set[int]:
    pages = select(CHECK.c.page_id).join(PAGE, PAGE.c.id == CHECK.c.page_id)
    pages = pages.where(CHECK.c.workspace_id == workspace_id, *of_source).distinct()
    return set(connection.execute(pages).scalars())


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
