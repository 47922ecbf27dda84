"""Experiments as they are stored: a draft, its start, and a book to which lines are only added.

Once it has started, a protocol cannot be changed. Three things see to it: what is written here refuses,
triggers of the database refuse (`migrations/versions/0010_experiments.py`), and whatever reads a protocol
compares it with its hash, and with the hash that every line of the book carries, and says loudly where they
differ. The hash also stands on the paper that was signed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from sqlmodel import Session, col, select

from tracker import store
from tracker.errors import DataError, UsageError
from tracker.models import Experiment, ExperimentEntry

Kind = Literal["assigned", "attempt", "refused", "no answer", "link", "lost", "on", "off", "note"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LONGEST = 60


@dataclass(frozen=True)
class BookLine:
    """One line of an experiment's book."""

    recorded_at: datetime
    day: date
    kind: str
    source: str | None
    who: str
    note: str
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stored:
    """An experiment as the database has it.

    `protocol` is None in a draft. `changed` says why a started protocol is not the one that was started, and
    is empty where it is.
    """

    id: int
    name: str
    design: Mapping[str, Any]
    protocol: Mapping[str, Any] | None
    protocol_hash: str | None
    drafted_at: datetime
    started_at: datetime | None
    book: tuple[BookLine, ...]
    changed: str

    @property
    def started(self) -> Mapping[str, Any]:
        """The protocol, unless it is none or not what was started."""
        require_unchanged(self)
        if self.protocol is None:
            raise UsageError(
                f"the experiment {self.name!r} has not started",
                f"`citelift experiment start {self.name}` draws the lots and fixes the protocol",
            )
        return self.protocol


def canonical(value: Mapping[str, Any]) -> str:
    """One text for one content: keys in order, no spaces, no letters beyond ASCII, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def require_unchanged(experiment: Stored) -> None:
    if experiment.changed:
        raise DataError(
            f"PROTOCOL CHANGED: the experiment {experiment.name!r} {experiment.changed}",
            "nothing it says can be relied on: restore the database from a backup of the time of the start, "
            "and compare the hash with the one on the signed protocol",
        )


def require_open(session: Session, workspace_id: int, name: str) -> None:
    """Refuse a name whose experiment has started."""
    row = _row(session, workspace_id, " ".join(name.split()))
    if row is not None and row.protocol_hash is not None:
        raise _is_started(row)


def draft(
    session: Session, workspace_id: int, name: str, design: Mapping[str, Any], *, now: datetime
) -> None:
    """Store a draft, in place of the draft of this name. One that has started is refused."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST:
        raise UsageError(f"{name[:LONGEST]!r} is no name of an experiment", f"use 1 to {LONGEST} letters")
    store.alone(session, f"experiment:{workspace_id}:{name}")
    row = _row(session, workspace_id, name)
    if row is None:
        row = Experiment(workspace_id=workspace_id, name=name, design="", drafted_at=now)
    elif row.protocol_hash is not None:
        raise _is_started(row)
    row.design, row.drafted_at = canonical(design), now
    session.add(row)
    session.flush()


def start(
    session: Session, workspace_id: int, name: str, protocol: Mapping[str, Any], *, now: datetime
) -> str:
    """Fix the protocol of a draft for good, and name its hash."""
    store.alone(session, f"experiment:{workspace_id}:{name}")
    row = _required(session, workspace_id, name)
    if row.protocol_hash is not None:
        raise _is_started(row)
    row.protocol = canonical(protocol)
    row.protocol_hash = hash_of(row.protocol)
    row.started_at = now
    session.add(row)
    session.flush()
    return row.protocol_hash


def record(session: Session, workspace_id: int, name: str, line: BookLine) -> None:
    """Add a line to the book of a started experiment whose protocol stands."""
    experiment = read(session, workspace_id, name)
    protocol = experiment.started
    sources = {source for pair in protocol["pairs"] for source in (pair["first"], pair["second"])}
    if line.kind in KINDS and line.kind != "note" and line.source not in sources:
        raise UsageError(
            f"{line.source!r} is no source of the experiment {name!r}",
            f"one of: {', '.join(sorted(sources))}",
        )
    if line.kind not in (*KINDS, "look", "result"):
        raise UsageError(f"unknown kind {line.kind!r}", f"one of: {', '.join(KINDS)}")
    if line.day > line.recorded_at.date():
        raise UsageError(f"{line.day} has not come yet", "record what has happened")
    assert experiment.protocol_hash is not None
    session.add(
        ExperimentEntry(
            experiment_id=experiment.id,
            protocol_hash=experiment.protocol_hash,
            recorded_at=line.recorded_at,
            day=line.day,
            kind=line.kind,
            source=line.source,
            who=line.who,
            note=line.note,
            figures=dict(line.figures),
        )
    )
    session.flush()


def read(session: Session, workspace_id: int, name: str) -> Stored:
    """The experiment of this name, compared with its hash."""
    return _stored(session, _required(session, workspace_id, name))


def listed(session: Session, workspace_id: int) -> tuple[Stored, ...]:
    """All of a workspace, the newest first."""
    rows = session.exec(
        select(Experiment)
        .where(Experiment.workspace_id == workspace_id)
        .order_by(col(Experiment.drafted_at).desc(), col(Experiment.id).desc())
    )
    return tuple(_stored(session, row) for row in rows.all())


def compare_file(experiment: Stored, path: Path) -> str:
    """The hash of a protocol's JSON file, if it is the one that was started."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as JSON: {error}", "name the protocol's .json file") from None
    if not isinstance(content, dict) or not isinstance(content.get("protocol"), dict):
        raise DataError(
            f"{path} is no protocol", "name the .json file that `citelift experiment start` wrote"
        )
    found = hash_of(canonical(content["protocol"]))
    if found != experiment.protocol_hash or content.get("hash") != found:
        raise DataError(
            f"PROTOCOL CHANGED: {path} (hash {found[:12]}…) is not what {experiment.name!r} started with "
            f"({(experiment.protocol_hash or 'nothing')[:12]}…)",
            "one of the two was edited: the hash on the signed protocol says which",
        )
    return found


def _row(session: Session, workspace_id: int, name: str) -> Experiment | None:
    wanted = select(Experiment).where(Experiment.workspace_id == workspace_id, Experiment.name == name)
    return session.exec(wanted).first()


def _required(session: Session, workspace_id: int, name: str) -> Experiment:
    row = _row(session, workspace_id, " ".join(name.split()))
    if row is None:
        raise UsageError(
            f"there is no experiment {name!r}",
            "`citelift experiment list` shows them, `… new NAME` drafts one",
        )
    return row


def _is_started(row: Experiment) -> UsageError:
    day = f"{row.started_at:%Y-%m-%d}" if row.started_at else "before"
    return UsageError(
        f"the experiment {row.name!r} started on {day}: its protocol is not changed any more",
        "draft another one under another name; `citelift experiment record` notes what happens meanwhile",
    )


def _stored(session: Session, row: Experiment) -> Stored:
    assert row.id is not None
    entries = session.exec(
        select(ExperimentEntry)
        .where(ExperimentEntry.experiment_id == row.id)
        .order_by(col(ExperimentEntry.id))
    ).all()
    protocol, changed = _protocol(row, entries)
    return Stored(
        id=row.id,
        name=row.name,
        design=_object(row.design) or {},
        protocol=protocol,
        protocol_hash=row.protocol_hash,
        drafted_at=row.drafted_at,
        started_at=row.started_at,
        book=tuple(
            BookLine(e.recorded_at, e.day, e.kind, e.source, e.who, e.note, e.figures) for e in entries
        ),
        changed=changed,
    )


def _protocol(row: Experiment, entries: Sequence[ExperimentEntry]) -> tuple[Mapping[str, Any] | None, str]:
    """The protocol, and why it is not the one that was started."""
    if row.protocol is None and row.protocol_hash is None:
        return None, "has entries and no protocol" if entries or row.started_at else ""
    protocol = None if row.protocol is None else _object(row.protocol)
    if protocol is None or row.protocol is None or hash_of(row.protocol) != row.protocol_hash:
        return protocol, "has another protocol than the one whose hash was stored at the start"
    if any(entry.protocol_hash != row.protocol_hash for entry in entries):
        return protocol, "has another protocol than the one under which its book was written"
    if protocol.get("name") != row.name:
        return protocol, "has the protocol of another experiment"
    return protocol, ""


def _object(text: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
