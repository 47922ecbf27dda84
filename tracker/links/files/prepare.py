"""Rows of an export → the columns that are stored. A big file is read in a process of its own, while this one
prepares and inserts: half of the work each.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from tracker import child, domains
from tracker.errors import CiteliftError, DataError
from tracker.files.records import Reject
from tracker.files.values import Moment
from tracker.links.files.recognition import Recognition
from tracker.links.files.rows import Block, blocks

BIG = 20_000_000
"""Bytes from which a second process is worth its start."""
AS_THEY_ARE = (
    "source_url",
    "target_url",
    "anchor",
    "nofollow",
    "ugc",
    "sponsored",
    "link_type",
    "title",
    "language",
    "context_left",
    "context_right",
)


@dataclass(frozen=True)
class Prepared:
    """One block of rows, ready to store once they have an import."""

    columns: dict[str, Sequence[Any]]
    publishers: list[dict[str, Any]]
    """Domains met for the first time."""
    rejects: list[Reject]
    count: int
    newest: datetime | None


class _Stamps(dict[Moment | None, datetime | None]):
    """Days as their first moment, UTC."""

    def __missing__(self, moment: Moment | None) -> datetime | None:
        if moment is None or isinstance(moment, datetime):
            stamp = moment
        else:
            stamp = datetime.combine(moment, time(), tzinfo=UTC)
        self[moment] = stamp
        return stamp


class _Ids(dict[str, int]):
    """Ids of domains; those met for the first time wait in `fresh` to be stored."""

    def __init__(self) -> None:
        super().__init__()
        self.fresh: list[dict[str, Any]] = []

    def __missing__(self, name: str) -> int:
        self[name] = key = domains.domain_id(name)
        self.fresh.append({"id": key, "name": name})
        return key


@dataclass
class _Preparer:
    vendor: str
    site: str | None
    """The domain that all rows link to, where they do not say it."""
    now: datetime
    ids: _Ids = field(default_factory=_Ids)
    stamps: _Stamps = field(default_factory=_Stamps)

    def prepare(self, block: Block) -> Prepared:
        ids = self.ids
        first, last, lost_at = (
            self._stamped(block.column(name)) for name in ("first_seen", "last_seen", "lost_at")
        )
        newest = max((each for each in {*first, *last, *lost_at} if each and each <= self.now), default=None)
        lost_at, reasons = self._lost(block, last, lost_at)
        targets = [self.site] * len(block) if self.site else block.column("target_domain")
        columns: dict[str, Sequence[Any]] = {
            "source_page_id": domains.page_ids(block.column("source_page")),
            "source_domain_id": list(map(ids.__getitem__, block.column("source_domain"))),
            "target_domain_id": list(map(ids.__getitem__, targets)),
            "first_seen": first,
            "last_seen": last,
            "lost_at": lost_at,
            "lost_reason": reasons,
            "metrics": _figures(block),
        }
        for name in AS_THEY_ARE:
            columns[name] = block.column(name)
        columns = {name: column for name, column in columns.items() if _told(column)}
        publishers, ids.fresh = ids.fresh, []
        return Prepared(columns, publishers, block.rejects, len(block), newest)

    def _stamped(self, moments: Sequence[Any]) -> list[Any]:
        return list(map(self.stamps.__getitem__, moments)) if _told(moments) else list(moments)

    def _lost(self, block: Block, last: list[Any], lost_at: list[Any]) -> tuple[list[Any], list[Any]]:
        """A link stated lost without a day counts as gone since it was last seen: it must not look alive."""
        lost, reasons = block.column("lost"), list(block.column("lost_reason"))
        if not any(lost):
            return lost_at, reasons
        for n, is_lost in enumerate(lost):
            if is_lost and lost_at[n] is None:
                lost_at[n] = last[n] or self.now
                reasons[n] = reasons[n] or f"stated lost by {self.vendor}, without a day"
        return lost_at, reasons


def _figures(block: Block) -> list[dict[str, Any] | None]:
    """The vendor's figures and words; beside them, in our own words, what has no column of its own."""
    extra = [(name, block.column(name)) for name in ("placement", "sitewide", "spam")]
    extra = [(name, column) for name, column in extra if _told(column)]
    if not extra and not any(block.column("metrics")) and not any(block.column("labels")):
        return [None] * len(block)
    figures: list[dict[str, Any] | None] = []
    for n, (metrics, labels) in enumerate(zip(block.column("metrics"), block.column("labels"), strict=True)):
        row = {**metrics, **labels} if metrics or labels else {}
        for name, column in extra:
            if (value := column[n]) is not None and value != "":
                row[name] = value
        figures.append(row or None)
    return figures


def _told(column: Sequence[Any]) -> bool:
    return len(column) > 0 and (column[0] is not None or column.count(None) < len(column))


def prepared(
    path: Path, recognition: Recognition, *, vendor: str, site: str | None, now: datetime
) -> Iterator[Prepared]:
    beside = path.stat().st_size >= BIG and child.is_worth_it()
    preparer = _Preparer(vendor, site, now)
    return map(preparer.prepare, _beside(path, recognition) if beside else blocks(path, recognition))


def _beside(path: Path, recognition: Recognition) -> Iterator[Block]:
    """A fresh interpreter and no fork: this one may have threads and an open transaction."""
    reader = subprocess.Popen(
        child.command("-c", f"from {__name__} import serve; serve()"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=child.environment(),
    )
    assert reader.stdin is not None
    assert reader.stdout is not None
    try:
        with suppress(BrokenPipeError), reader.stdin:  # it died already: what it does not send says so
            pickle.dump((path.absolute(), recognition), reader.stdin)
        while (block := _received(reader)) is not None:
            yield block
    finally:
        reader.stdout.close()
        reader.kill()
        reader.wait()


def _received(reader: subprocess.Popen[bytes]) -> Block | None:
    assert reader.stdout is not None
    try:
        received = pickle.load(reader.stdout)  # noqa: S301 - our own child wrote it
    except (EOFError, pickle.UnpicklingError):
        raise DataError(
            f"reading the export ended early (its process ended with {reader.wait()})",
            "see the lines above, free some memory and import it again; nothing was stored",
        ) from None
    if isinstance(received, CiteliftError):
        raise received
    return received  # type: ignore[no-any-return]


def serve() -> None:
    """The child's whole life: a request in, blocks out, None at the end."""
    gc.disable()
    out = sys.stdout.buffer
    path, recognition = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own parent wrote it
    try:
        for each in blocks(path, recognition):
            pickle.dump(each, out, pickle.HIGHEST_PROTOCOL)
        pickle.dump(None, out)
    except CiteliftError as error:
        pickle.dump(error, out)
    except BrokenPipeError:
        os._exit(1)  # the importer is gone: nobody waits for the rest
    out.flush()
