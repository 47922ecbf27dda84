"""Real processes that start at once, forked from one that has imported what asking takes seconds to import.
They are told apart, killed and given up for dead like any others."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from multiprocessing.connection import Connection

from tracker import store
from tracker.run import jobs

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.tracker.run.warm"])
LIMITS = jobs.Limits(concurrency=16, timeout=5)


class Worker:
    """A process that works on a run; it says how many are answered, and at last the run's state."""

    def __init__(self, address: str, run_id: int, url: str) -> None:
        self._lines, theirs = CONTEXT.Pipe(duplex=False)
        self.process = CONTEXT.Process(target=_work, args=(address, run_id, url, theirs), daemon=True)
        self.process.start()
        theirs.close()

    def says(self) -> str:
        line: str = self._lines.recv()
        return line

    def last_word(self) -> str:
        last = ""
        try:
            while True:
                last = self.says()
        except EOFError:
            self.process.join()
            return last

    def kill(self) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()
        self._lines.close()


def _work(address: str, run_id: int, url: str, words: Connection) -> None:
    database = store.open_database(address)
    work = jobs.execute(
        database, run_id, LIMITS, sandbox_url=url, on_progress=lambda p: words.send(str(p.answered))
    )
    words.send(str(asyncio.run(work).state))
