"""Where fetched pages are read: many of them in processes of their own, beside the one that fetches and
stores.

Reading needs a processor and nothing else, and while it has this process's, no worker of the crawl gets on.
The children end with their parent, however it ends; what one of them cannot read is read here, where its
error is reported.
"""

from __future__ import annotations

import logging
import os
import pickle
import queue
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from tracker import child
from tracker.links.pages.look import PageReport, Target, check
from tracker.links.web.fetch import Fetched, Refused
from tracker.mentions import BrandNames, Finder

log = logging.getLogger("citelift.links")
MANY = 500
"""Pages from which processes of their own are worth their start."""
_MOST = 4


@dataclass(frozen=True, slots=True)
class Read:
    """What came of one page: as it was fetched, and as it was read."""

    result: Fetched | Refused
    outcome: PageReport | Refused


class Readers:
    """`with Readers(targets, brands, pages=n) as readers`: `n`, how many there may be, decides where they are
    read. Any thread may ask."""

    def __init__(self, targets: Sequence[Target], brands: Sequence[BrandNames], *, pages: int) -> None:
        self.targets, self.brands = tuple(targets), tuple(brands)
        beside = min(_MOST, (os.cpu_count() or 1) - 1) if pages >= MANY and child.is_worth_it() else 0
        self._free: queue.SimpleQueue[subprocess.Popen[bytes] | None] = queue.SimpleQueue()
        self._children = [each for each in map(self._started, range(beside)) if each is not None]
        for reader in self._children:
            self._free.put(reader)
        if not self._children:
            self._free.put(None)

    @cached_property
    def finder(self) -> Finder:
        """Made where a page is read here: it takes a second."""
        return Finder(self.brands)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for reader in self._children:
            _end(reader)

    def outcome(self, result: Fetched | Refused) -> Read:
        return Read(result, result if isinstance(result, Refused) else self.read(result))

    def read(self, page: Fetched) -> PageReport:
        reader = self._free.get()
        try:
            if reader is not None:
                try:
                    return _asked(reader, page)
                except (EOFError, OSError, ValueError, pickle.UnpicklingError):
                    log.warning("a reading process died", extra={"status": _end(reader), "url": page.url})
                    reader = None
            return check(page, targets=self.targets, finder=self.finder)
        finally:
            self._free.put(reader)

    def _started(self, _: int) -> subprocess.Popen[bytes] | None:
        try:
            # In a session of its own, so that Ctrl-C reaches only its parent.
            reader = subprocess.Popen(
                child.command("-c", f"from {__name__} import serve; serve()"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env=child.environment(),
            )
            _send(reader, (self.targets, self.brands))
        except OSError as error:
            log.warning("no reading process", extra={"reason": str(error)})
            return None
        return reader


def _asked(reader: subprocess.Popen[bytes], page: Fetched) -> PageReport:
    _send(reader, page)
    assert reader.stdout is not None
    report: PageReport = pickle.load(reader.stdout)  # noqa: S301 - our own child's
    return report


def _send(reader: subprocess.Popen[bytes], message: object) -> None:
    assert reader.stdin is not None
    pickle.dump(message, reader.stdin, pickle.HIGHEST_PROTOCOL)
    reader.stdin.flush()


def _end(reader: subprocess.Popen[bytes]) -> int:
    reader.kill()
    assert reader.stdin is not None
    assert reader.stdout is not None
    with suppress(OSError):  # what was left in its buffer reaches nobody
        reader.stdin.close()
    reader.stdout.close()
    return reader.wait()


def serve() -> None:
    """The child's whole life: what to look for, then one page after the other until its parent is gone."""
    out = sys.stdout.buffer
    try:
        targets, brands = _received()
        finder = Finder(brands)
        while True:
            report = check(_received(), targets=targets, finder=finder)
            pickle.dump(report, out, pickle.HIGHEST_PROTOCOL)
            out.flush()
    except (EOFError, BrokenPipeError, pickle.UnpicklingError):
        return


def _received() -> Any:
    return pickle.load(sys.stdin.buffer)  # noqa: S301 - our own parent wrote it
