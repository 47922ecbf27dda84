"""Paid replies that the database would not take: kept in a file, and picked up by the next start.

A file holds what one process could not store: one JSON line for each reply, written through to the disk. It
lies beside an SQLite database, else in the folder `citelift-unsaved` where citelift was started.
"""

from __future__ import annotations

import hashlib
import json
import os
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
    folder: Path
    run_id: int
    holder: str
    waiting: int = 0
    """Written and not read back."""

    @property
    def path(self) -> Path:
        name = hashlib.sha256(self.holder.encode()).hexdigest()[:12]
        return self.folder / f"run-{self.run_id}-{name}.jsonl"

    def append(self, outcomes: Sequence[Outcome]) -> None:
        replied = [outcome for outcome in outcomes if outcome.reply is not None and not outcome.kept]
        if not replied:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            for outcome in replied:
                file.write(json.dumps({"holder": self.holder, **_written(outcome)}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.waiting += len(replied)

    def take(self) -> list[Outcome]:
        """What was written, to be stored now; `done` follows when it is."""
        self.waiting = 0
        return [outcome for _, outcome in _lines(self.path)]

    def done(self) -> None:
        self.path.unlink(missing_ok=True)


def folder_for(url: URL) -> Path:
    if url.get_backend_name() == "sqlite" and url.database:
        return Path(url.database + "-unsaved")
    name = hashlib.sha256(f"{url.host}:{url.port}/{url.database}".encode()).hexdigest()[:12]
    return Path("citelift-unsaved") / name


@dataclass(frozen=True)
class LeftOver:
    path: Path
    holder: str
    outcomes: tuple[Outcome, ...]


def left_over(folder: Path, run_id: int) -> list[LeftOver]:
    """What processes that have ended could not store for this run."""
    files = []
    for path in sorted(folder.glob(f"run-{run_id}-*.jsonl")):
        lines = list(_lines(path))
        if lines and _has_ended(lines[0][0], path):
            files.append(LeftOver(path, lines[0][0], tuple(outcome for _, outcome in lines)))
    return files


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
