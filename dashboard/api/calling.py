"""A verb asked by a program: for one workspace, as text, kept while nothing that it rests on changes."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from pydantic import BaseModel

from analysis import frames
from analysis.classes.classify import own_folder
from dashboard.api.offered import OfferedVerb
from tracker import __version__, catalog
from tracker.archive.laid import open_to_read
from tracker.cli.printing import as_json_text, json_taken
from tracker.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

KEPT_BYTES = 64 * 2**20
NO_CATALOG = Path("no catalog of this workspace")
AT_ONCE = 2
"""Verbs that compute at the same time: each fills a core."""


@dataclass
class ApiDesk:
    """The database as programs see it, and what they were told of it lately."""

    settings: Settings
    _opened: Database | None = None
    _kept: OrderedDict[str, dict[str, Any]] = field(default_factory=OrderedDict)
    _sizes: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))

    @property
    def database(self) -> Database:
        with self._lock:
            if self._opened is None:
                self._opened = open_to_read(self.settings.database_url, self.settings.archive)
            return self._opened

    @contextmanager
    def open(self) -> Iterator[ApiDesk]:
        try:
            yield self
        finally:
            if self._opened is not None:
                self._opened.dispose()

    def catalog_of(self, workspace: str) -> Path:
        """The catalog where it is this workspace's: another's lists and rules say nothing of it."""
        folder = self.settings.catalog
        written = catalog.inspect(folder, need="brands")[0] if folder.is_dir() else None
        return folder if written is not None and written.workspace == workspace else NO_CATALOG

    def mark(self, workspace_id: int, workspace: str) -> str:
        """Changes with anything that an answer may rest on: contents, program, day."""
        classes = own_folder(self.catalog_of(workspace))
        parts = (frames.mark(self.database, workspace_id, classes), __version__, datetime.now(UTC).date())
        return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()

    def answer(self, reading: OfferedVerb, given: BaseModel, workspace: str, mark: str) -> Mapping[str, Any]:
        """What the verb's `--json` says."""
        key = "\n".join((workspace, mark, reading.name, given.model_dump_json()))
        if (kept := self._look_up(key)) is not None:
            return kept
        where = {
            "database": self.settings.database_url,
            "workspace": workspace,
            "catalog": self.catalog_of(workspace),
        }
        # an exit code counts rejections; the JSON has them
        with self._turn, json_taken() as said, suppress(typer.Exit):
            reading.run(given, where)
        (value,) = said
        assert isinstance(value, dict)
        self._keep(key, value)
        return value

    def _look_up(self, key: str) -> dict[str, Any] | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: str, value: Any) -> None:
        size = len(as_json_text(value))
        with self._lock:
            self._kept[key], self._sizes[key] = value, size
            while sum(self._sizes.values()) > KEPT_BYTES and len(self._kept) > 1:
                gone, _ = self._kept.popitem(last=False)
                del self._sizes[gone]
