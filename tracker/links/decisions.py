"""Keep or disavow: people's decisions about referring domains and pages, and Google's file made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from sqlmodel import Session, select

from tracker import audit, store
from tracker.errors import UsageError
from tracker.links import disavow
from tracker.links.disavow import Disavow, Entry
from tracker.models import DisavowEntry

Decision = Literal["keep", "disavow"]


@dataclass(frozen=True)
class Imported:
    file: Disavow
    stored: int
    already_there: int
    kept: tuple[str, ...]
    """Entries that a person decided to keep: the file does not overrule them."""

    @property
    def read(self) -> int:
        return len(self.file.entries) + len(self.file.rejects)


def decide(
    session: Session,
    workspace_id: int,
    lines: Iterable[str],
    decision: Decision,
    *,
    now: datetime,
    note: str = "",
    who: str = "",
) -> tuple[Entry, ...]:
    """The last decision about an entry counts. Raises `UsageError` at the first line that Google would
    refuse.
    """
    if decision not in get_args(Decision):
        raise UsageError(f"unknown decision {decision!r}", f"one of {', '.join(get_args(Decision))}")
    entries = tuple(dict.fromkeys(_entry(line) for line in lines))
    before = _decisions(session, workspace_id)
    rows = [
        {
            "workspace_id": workspace_id,
            "entry": each.line,
            "decision": decision,
            "note": note,
            "decided_at": now,
        }
        for each in entries
    ]
    store.upsert(session, DisavowEntry, rows, key=["workspace_id", "entry"])
    for each in entries if who else ():
        was = before.get(each.line)
        audit.record_change(
            session,
            workspace_id,
            who=who,
            what="link decided",
            subject=each.line,
            before=None if was is None else {"decision": was},
            after={"decision": decision},
            now=now,
        )
    return entries


def _decisions(session: Session, workspace_id: int) -> dict[str, str]:
    return dict(
        session.exec(
            select(DisavowEntry.entry, DisavowEntry.decision).where(DisavowEntry.workspace_id == workspace_id)
        ).all()
    )


def _entry(line: str) -> Entry:
    entry = disavow.entry(line)
    if isinstance(entry, str):
        raise UsageError(f"{line[:120]!r} {entry}", "write domain:example.com, or the full URL of one page")
    return entry


def decided(session: Session, workspace_id: int, decision: Decision) -> tuple[Entry, ...]:
    rows = session.exec(
        select(DisavowEntry.entry)
        .where(DisavowEntry.workspace_id == workspace_id, DisavowEntry.decision == decision)
        .order_by(DisavowEntry.entry)
    )
    return tuple(_entry(line) for line in rows)


def import_file(
    session: Session, workspace_id: int, path: Path, *, now: datetime, note: str = ""
) -> Imported:
    """What stands in a disavow file that is in force becomes a decision, unless there is one already."""
    file = disavow.read(path)
    known = _decisions(session, workspace_id)
    new = [line for line in file.lines if line not in known]
    decide(session, workspace_id, new, "disavow", now=now, note=note or f"from {path.name}")
    kept = tuple(line for line in file.lines if known.get(line) == "keep")
    return Imported(file, len(new), len(file.entries) - len(new) - len(kept), kept)


@dataclass(frozen=True)
class Merged:
    entries: tuple[Entry, ...]
    text: str
    overruled: tuple[str, ...]
    """Kept entries that lie under a disavowed domain: Google's file knows no exception."""


def merged(session: Session, workspace_id: int, files: Sequence[Disavow] = ()) -> Merged:
    """Google's file of all decisions and the entries of `files`, without what people decided to keep."""
    keep = set(decided(session, workspace_id, "keep"))
    parts = [decided(session, workspace_id, "disavow"), *(file.entries for file in files)]
    entries = disavow.merge(*([each for each in part if each not in keep] for part in parts))
    overruled = [each.line for each in sorted(keep) if each not in disavow.merge([each], entries)]
    said = (comment for file in files for comment in file.comments)
    comments = tuple(dict.fromkeys(("# written by citelift", *said)))
    return Merged(entries, disavow.export(entries, comments), tuple(overruled))
