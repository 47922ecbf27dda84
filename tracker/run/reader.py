"""Where the replies of a run are read: in a large one in a process of its own, beside the one that asks.

Reading waits for nothing and needs no keys, only a processor, and asking has work for a processor as it is.
The child ends with its parent, however the parent ends; where the child ends first, this process reads
instead.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import signal
import struct
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Self

from tracker import child
from tracker.answers.rows import ReadReply, Unread, read_reply
from tracker.mentions import BrandNames, Finder

log = logging.getLogger("citelift.run")
MANY = 500
"""Replies from which a second process is worth its start."""
BREATH = 8
"""Replies read here before the event loop may see to the network again."""
_SIZE = struct.Struct(">Q")


class Reader:
    """`async with Reader(brands, replies=n) as reader`: `n`, how many there may be, decides where they are
    read."""

    def __init__(self, brands: Sequence[BrandNames], *, replies: int) -> None:
        self.brands = brands
        self._beside = replies >= MANY and child.is_worth_it()
        self._names: Finder | None = None
        self._child: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        if self._beside:
            try:
                # In a session of its own, so that Ctrl-C reaches only its parent.
                self._child = await asyncio.create_subprocess_exec(
                    *child.command("-c", f"from {__name__} import serve; serve()"),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    # Whatever goes wrong there goes wrong again here, where it is reported.
                    stderr=asyncio.subprocess.DEVNULL,
                    start_new_session=True,
                    env=child.environment(),
                )
            except OSError as error:
                log.warning("no reading process", extra={"reason": str(error)})
            else:
                self._send(self._child, self.brands)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end()

    async def read(self, replies: Sequence[Unread], targets: Mapping[str, str]) -> list[ReadReply]:
        if self._child is not None:
            try:
                return await self._asked(self._child, replies, targets)
            except (EOFError, ConnectionError):
                log.warning("the reading process died", extra={"status": await self._end()})
            except asyncio.CancelledError:  # what it says to this would be taken for what it says to the next
                await self._end()
                raise
        return await self._read_here(replies, targets)

    async def _read_here(self, replies: Sequence[Unread], targets: Mapping[str, str]) -> list[ReadReply]:
        self._names = self._names or Finder(self.brands)
        rows: list[ReadReply] = []
        for reply in replies:
            rows.append(read_reply(reply, self._names, targets))
            if len(rows) % BREATH == 0:
                await asyncio.sleep(0)
        return rows

    async def _asked(
        self, process: asyncio.subprocess.Process, replies: Sequence[Unread], targets: Mapping[str, str]
    ) -> list[ReadReply]:
        assert process.stdin is not None
        assert process.stdout is not None
        self._send(process, (replies, targets))
        await process.stdin.drain()
        (size,) = _SIZE.unpack(await process.stdout.readexactly(_SIZE.size))
        message = await process.stdout.readexactly(size)
        rows: list[ReadReply] = pickle.loads(message)  # noqa: S301 - our own child's
        return rows

    def _send(self, process: asyncio.subprocess.Process, message: object) -> None:
        assert process.stdin is not None
        process.stdin.write(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))

    async def _end(self) -> int | None:
        process, self._child = self._child, None
        if process is None:
            return None
        assert process.stdin is not None
        process.stdin.close()
        if process.returncode is None:
            # `process.kill` would reap a child that has ended, and asyncio would learn nothing of its end.
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        return await process.wait()


def serve() -> None:
    """The child's whole life: the brands' names, then one batch after the other until its parent is gone."""
    out = sys.stdout.buffer
    try:
        names = Finder(_received())
        while True:
            replies, targets = _received()
            rows = [read_reply(reply, names, targets) for reply in replies]
            answer = pickle.dumps(rows, pickle.HIGHEST_PROTOCOL)
            out.write(_SIZE.pack(len(answer)))
            out.write(answer)
            out.flush()
    except (EOFError, BrokenPipeError, pickle.UnpicklingError):
        return


def _received() -> Any:
    return pickle.load(sys.stdin.buffer)  # noqa: S301 - our own parent wrote it
