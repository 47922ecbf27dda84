"""The folder of one built graph: what it is made of, how far it got, who is at work in it, room on its disk.

graph.json      release, files, numbers, the stages that are done
names.parquet   id, reversed name, hosts; row i is node i
offsets.u64     node u links to targets[offsets[u]:offsets[u + 1]]
targets.u32     ascending, each once
in_offsets.u64  with --transpose: who links to v is sources[in_offsets[v]:in_offsets[v + 1]]
sources.u32
ranks/          a metric's Parquet file (name, value, position), what it was made with, checkpoints
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb

from tracker.errors import DataError, UsageError

FORMAT = 1
HEAD = "graph.json"


@dataclass(frozen=True, slots=True)
class GraphFile:
    """A file of a release, known again by name, size and time of writing."""

    name: str
    size: int
    written: int

    @classmethod
    def of(cls, path: Path) -> GraphFile:
        known = path.stat()
        return cls(path.name, known.st_size, known.st_mtime_ns)


@dataclass(slots=True)
class Head:
    release: str
    vertices: list[GraphFile]
    edges: list[GraphFile]
    nodes: int = 0
    links: int = 0
    dropped: int = 0
    """Lines that say again what the line before said: a pair counts once."""
    repeated: int = 0
    """Rows of the vertices whose name stands in another row too."""
    done: list[str] = field(default_factory=list)


def read_head(folder: Path) -> Head | None:
    try:
        known = json.loads((folder / HEAD).read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataError(
            f"{folder / HEAD} cannot be read ({error})", "delete the folder and build anew"
        ) from error
    if known.pop("format", None) != FORMAT:
        raise DataError(
            f"{folder} was built by another version of citelift", "build it anew in another folder"
        )
    known["vertices"] = [GraphFile(**each) for each in known["vertices"]]
    known["edges"] = [GraphFile(**each) for each in known["edges"]]
    return Head(**known)


def write_head(folder: Path, head: Head) -> None:
    replace_text(folder / HEAD, json.dumps({"format": FORMAT, **asdict(head)}, indent=1))


def replace_text(path: Path, text: str) -> None:
    """The old text or the new one, whenever the process is killed."""
    new = path.with_suffix(path.suffix + ".new")
    with new.open("w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    new.replace(path)


@contextmanager
def at_work(folder: Path) -> Iterator[None]:
    """One process at a time writes into a folder; the lock dies with its process."""
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        held = (folder / "lock").open("a")
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                f"another process is building or ranking in {folder}", "let it end, or choose another folder"
            ) from error
        yield


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """What the disk refuses, in words; what is done up to the last checkpoint stays."""
    try:
        yield
    except OSError as error:
        # numpy finds too little room before it writes, and gives no number
        if error.errno in (errno.ENOSPC, errno.EDQUOT) or "free space" in str(error):
            raise _full(folder) from error
        raise DataError(f"{folder} cannot be used: {error}", "check its rights and its disk") from error
    except duckdb.Error as error:
        if "no space left" in str(error).lower() or "disk" in str(error).lower():
            raise _full(folder) from error
        raise


def _full(folder: Path) -> DataError:
    return DataError(
        f"the disk of {folder} is full",
        "free some space and start the same command again: it goes on where it was",
    )


def make_room(path: Path, size: int) -> None:
    """A file whose blocks are really there: under a mapped file, a full disk would kill the process."""
    with path.open("ab") as out:
        if hasattr(os, "posix_fallocate") and size:
            os.posix_fallocate(out.fileno(), 0, size)
        out.truncate(size)
