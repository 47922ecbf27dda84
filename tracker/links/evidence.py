"""All dated evidence on the links of one page or domain, who said it, and where the witnesses disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlmodel import Session

from tracker import domains
from tracker.errors import UsageError
from tracker.links import ledger
from tracker.links.lives import lives


@dataclass(frozen=True)
class Statement:
    """What one row of one import, or one look of ours, says of a link."""

    vendor: str
    scope: str
    as_of: datetime
    first_seen: datetime | None
    last_seen: datetime | None
    lost_at: datetime | None
    reason: str | None

    def as_json(self) -> dict[str, object]:
        moments = {
            "as_of": self.as_of,
            "first_seen": self.first_seen,
            "last_seen": self.last_seen,
            "lost_at": self.lost_at,
        }
        shown: dict[str, object] = {name: at and at.isoformat() for name, at in moments.items()}
        return {"vendor": self.vendor, "scope": self.scope, **shown, "reason": self.reason}


@dataclass(frozen=True)
class LinkEvidence:
    source: str
    """The linking page, or its domain where no page is named."""
    target: str | None
    spans: tuple[tuple[datetime | None, datetime | None], ...]
    """When it was live; None where open."""
    live: bool
    words: dict[str, bool]
    """Witness → whether the link is live by its word alone."""
    statements: tuple[Statement, ...]

    @property
    def disputed(self) -> bool:
        return len(set(self.words.values())) > 1

    def as_json(self) -> dict[str, object]:
        return {
            "source": self.source,
            "target": self.target,
            "live": self.live,
            "disputed": self.disputed,
            "witnesses": self.words,
            "spans": [{"from": a and a.isoformat(), "to": b and b.isoformat()} for a, b in self.spans],
            "evidence": [each.as_json() for each in self.statements],
        }


def evidence(session: Session, workspace_id: int, text: str) -> tuple[LinkEvidence, ...]:
    """The links from a page, or from all pages of a domain, as they are named: `example.com` or a URL."""
    address = domains.try_parse(text) or domains.try_parse(f"https://{text}")
    if address is None:
        raise UsageError(
            f"{text!r} is no page and no domain", "write it as https://example.com/page or example.com"
        )
    key = domains.domain_id(address.domain)
    connection = session.connection()
    known = ledger.read(connection, workspace_id, sources=[key], texts=("source_url", "lost_reason"))
    whole = address.canonical == f"https://{address.domain}/"
    page = domains.page_id(address.canonical)
    rows_of: dict[int, list[int]] = {}
    for row, link in enumerate(known.link.tolist()):
        if whole or known.columns["page"][row] == page:
            rows_of.setdefault(link, []).append(row)
    return tuple(_of_link(known, link, rows, address.domain) for link, rows in rows_of.items())


def _of_link(known: ledger.LinkLedger, link: int, rows: Sequence[int], domain: str) -> LinkEvidence:
    columns = {name: [column[row] for row in rows] for name, column in known.columns.items()}
    mine = known.spans.link == link
    spans = zip(known.spans.start[mine], known.spans.end[mine], strict=True)
    vendors = sorted(set(columns["vendor"]))
    return LinkEvidence(
        source=next((url for url in columns["source_url"] if url), domain),
        target=next((url for url in reversed(columns["target_url"]) if url), None),
        spans=tuple((_moment(start), _moment(end)) for start, end in spans),
        live=link in known.spans.live_on(np.inf),
        words={vendor: _alone(known, columns, vendor) for vendor in vendors},
        statements=tuple(
            _statement(columns, i) for i in sorted(range(len(rows)), key=columns["as_of"].__getitem__)
        ),
    )


def _alone(known: ledger.LinkLedger, columns: Mapping[str, Sequence[Any]], vendor: str) -> bool:
    """Whether the link is live by what this witness alone says of it."""
    rows = [i for i, name in enumerate(columns["vendor"]) if name == vendor]
    own = {name: [column[i] for i in rows] for name, column in columns.items()}
    _, spans = lives(own, known.days, known.looks if vendor == ledger.OWN_LOOK else {})
    return len(spans.live_on(np.inf)) > 0


def _statement(columns: Mapping[str, Sequence[Any]], row: int) -> Statement:
    first, last, lost = (columns[name][row] for name in ("first_seen", "last_seen", "lost_at"))
    return Statement(
        vendor=columns["vendor"][row],
        scope=columns["scope"][row],
        as_of=datetime.fromtimestamp(columns["as_of"][row], UTC),
        first_seen=_moment(first),
        last_seen=_moment(last),
        lost_at=_moment(lost),
        reason=columns["lost_reason"][row],
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None or np.isinf(seconds) else datetime.fromtimestamp(float(seconds), UTC)
