"""Paid replies that the database would not take: kept in a file, and picked up by the next start.

A file holds what one process could not store: one JSON line for each reply, written through to the disk. It
lies beside an SQLite database; where that disk is full, or the database is a server's, in the folder
`citelift-unsaved` where citelift was started; and where that takes nothing either, among the temporary files.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from tracker import leases
from tracker.run.claims import Claimed, Outcome

MEMORY = 64 * 1024 * 1024
"""Bytes of replies that wait in memory for a database that is away; what comes after goes to the file."""
_PLAIN = ("engine_id", "attempts", "cost_micros", "reserved_micros", "booked_micros", "advance_micros")


@dataclass
class Spill:
    folders: tuple[Path, ...]
    """The first that takes it gets a reply."""
    run_id: int
    holder: str
    waiting: int = 0
    """Written and not read back."""

    @property
    def paths(self) -> list[Path]:
        name = hashlib.sha256(self.holder.encode()).hexdigest()[:12]
        return [folder / f"run-{self.run_id}-{name}.jsonl" for folder in self.folders]

    def append(self, outcomes: Sequence[Outcome]) -> Path | None:
        """The file that holds them now; `OSError` where no folder takes them."""
        replied = [outcome for outcome in outcomes if outcome.reply is not None and not outcome.kept]
        if not replied:
            return None
        lines = [json.dumps({"holder": self.holder, **_written(outcome)}) + "\n" for outcome in replied]
        problem = OSError("there is no folder")
        for path in self.paths:
            try:
                _append("".join(lines).encode(), path)
            except OSError as error:
                problem = error
            else:
                self.waiting += len(replied)
                return path
        raise problem

    def take(self) -> list[Outcome]:
        """What was written, to be stored now; `done` follows when it is."""
        self.waiting = 0
        return [outcome for path in self.paths for _, outcome in _lines(path)]

    def done(self) -> None:
        for path in self.paths:
            path.unlink(missing_ok=True)


def _append(text: bytes, path: Path) -> None:
    """All of it or nothing: what a full disk took of it is cut off again, for it goes elsewhere as a
    whole."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_ours(path.parent):
        raise PermissionError(f"{path.parent} is another user's")
    with path.open("ab", buffering=0) as file:
        before = file.tell()
        try:
            rest = memoryview(text)
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        except OSError:
            file.truncate(before)
            raise


def _is_ours(path: Path) -> bool:
    """Among the temporary files others may have laid something ready."""
    return not hasattr(os, "getuid") or path.lstat().st_uid == os.getuid()


def folders_for(url: URL) -> tuple[Path, ...]:
    beside: tuple[Path, ...] = ()
    server = f"{url.host}:{url.port}/{url.database}"
    if url.get_backend_name() == "sqlite" and url.database:
        beside = (Path(url.database + "-unsaved"),)
        server = str(Path(url.database).absolute())
    name = hashlib.sha256(server.encode()).hexdigest()[:12]
    temporary = Path(tempfile.gettempdir()) / f"citelift-unsaved-{name}"
    return (*beside, Path("citelift-unsaved") / name, temporary)


@dataclass(frozen=True)
class LeftOver:
    path: Path
    holder: str
    outcomes: tuple[Outcome, ...]


def left_over(folders: Sequence[Path], run_id: int) -> list[LeftOver]:
    """What processes that have ended could not store for this run."""
    files = []
    for path in kept_files(folders, run_id):
        lines = list(_lines(path))
        if lines and _has_ended(lines[0][0], path):
            files.append(LeftOver(path, lines[0][0], tuple(outcome for _, outcome in lines)))
    return files


def kept_files(folders: Sequence[Path], run_id: int | None = None) -> list[Path]:
    """Of one run, or of all."""
    pattern = f"run-{'*' if run_id is None else run_id}-*.jsonl"
    return [path for folder in folders for path in sorted(folder.glob(pattern)) if _is_ours(path)]


def replies_in(path: Path) -> int:
    return sum(1 for _ in _lines(path))


def _has_ended(holder: str, path: Path) -> bool:
    away = time.time() - path.stat().st_mtime
    return leases.is_dead(holder) or holder == leases.holder() or away > 2 * leases.LEASE.total_seconds()


def _written(outcome: Outcome) -> dict[str, Any]:
    reply = dict(outcome.reply or {})
    reply["body"] = b64encode(reply["body"]).decode()
    reply["received_at"] = reply["received_at"].isoformat()
    plain = {name: getattr(outcome, name) for name in _PLAIN}
    return {"ask": asdict(outcome.ask), "at": outcome.at.isoformat(), "reply": reply, **plain}


def _lines(path: Path) -> Iterator[tuple[str, Outcome]]:
    """(holder, outcome). A last line that was cut off with its process is none."""
    if not path.exists():
        return
    for line in path.read_text("utf-8").splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            return
        reply = row["reply"]
        reply["body"] = b64decode(reply["body"])
        reply["received_at"] = datetime.fromisoformat(reply["received_at"])
        plain = {name: row[name] for name in _PLAIN}
        at = datetime.fromisoformat(row["at"])
        yield row["holder"], Outcome(Claimed(**row["ask"]), at=at, reply=reply, **plain)
