"""The process beside the dashboard's server, or the clock's, that computes: pages stay quick while it works,
and where it dies another takes its place.

One takes what pages ask for; another, which nobody asks, computes what pages show without a filter once the
facts have changed and rest, so that its long work is in nobody's way.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, Queue
from threading import Lock, Thread, Timer
from typing import IO, Any

from sqlalchemy.exc import DBAPIError
from streamlit.logger import set_log_level

from analysis import packing
from dashboard import computes
from dashboard.data.computing import KeptJob, KeptResult, settled
from dashboard.data.opened import database, every_workspace
from tracker import computed, store
from tracker.errors import CiteliftError

QUIET_SECONDS = 3.0
"""Without a request, and of facts that do not change, before what pages show by themselves is computed."""
BUSY_SECONDS = 0.2
TRIES = 3


class InAnotherProcess:
    """Sends jobs to a worker, and takes their results.

    The worker begins with the first job, or without one a little later: what ends at once needs none.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: dict[int, tuple[KeptJob, Future[KeptResult[Any]], int]] = {}
        self._number = 0
        self._ended = False
        self._process: subprocess.Popen[str] | None = None
        soon = Timer(computes.REST_SECONDS, self._begin)
        soon.daemon = True
        soon.start()

    def __call__(self, job: KeptJob) -> Future[KeptResult[Any]]:
        future: Future[KeptResult[Any]] = Future()
        with self._lock:
            self._number += 1
            self._waiting[self._number] = (job, future, 1)
            self._send(self._number, job)
        return future

    def _begin(self) -> None:
        with self._lock:
            if not self._ended:
                self._begun()

    def _begun(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = self._started()
        return self._process

    def end(self) -> None:
        """No more jobs: the worker ends with its standard input."""
        with self._lock:
            self._ended = True
        if self._process is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    @property
    def pid(self) -> int:
        return self._begun().pid

    def _started(self) -> subprocess.Popen[str]:
        process = computes.start(computes.ASKED)
        Thread(target=self._read, args=(process,), name="results", daemon=True).start()
        return process

    def _send(self, number: int, job: KeptJob) -> None:
        pipe = self._begun().stdin
        assert pipe is not None
        with suppress(BrokenPipeError):  # its end is read, and then everything is sent again
            _write(pipe, (number, job))

    def _read(self, process: subprocess.Popen[str]) -> None:
        began = time.monotonic()
        assert process.stdout is not None
        for line in process.stdout:
            number, found, problem = packing.unpack(base64.b64decode(line))
            with self._lock:
                _, future, _ = self._waiting.pop(number)
            if problem is None:
                future.set_result(found)
            else:
                future.set_exception(CiteliftError(*problem))
        process.wait()
        if self._ended:
            return
        if time.monotonic() - began < computes.REST_SECONDS:
            time.sleep(computes.REST_SECONDS)
        with self._lock:
            self._again()

    def _again(self) -> None:
        """It died: another takes what waits, unless that was what killed it."""
        left, self._waiting = self._waiting, {}
        self._process = self._started()
        for number, (job, future, tries) in left.items():
            if tries < TRIES:
                self._waiting[number] = (job, future, tries + 1)
                self._send(number, job)
            else:
                words = ("the computing process died of it", "see the messages of the dashboard's process")
                future.set_exception(CiteliftError(*words))


def _write(pipe: IO[str], what: object) -> None:
    pipe.write(base64.b64encode(packing.pack(what)).decode() + "\n")
    pipe.flush()


# --- the worker ---------------------------------------------------------------------------------------------


def main() -> None:
    """Until standard input ends."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what others print is no result
    os.nice(5)
    set_log_level("error")  # cached functions are called without a page, which streamlit would remark upon
    standing = None if computes.ASKED in sys.argv[1:] else StandingWork()
    requests: Queue[tuple[int, KeptJob] | None] = Queue()
    Thread(target=_requests, args=(requests,), daemon=True).start()
    while True:
        try:
            request = requests.get(timeout=QUIET_SECONDS)
        except Empty:
            if standing is not None:
                standing.one_more()
            continue
        if request is None:
            return
        number, job = request
        if not requests.empty() and computed.going(database(job.workspace), job.workspace.id, job.key):
            requests.put(request)  # another is at it: first what nobody computes
            time.sleep(BUSY_SECONDS)
            continue
        try:
            _write(out, (number, settled(job), None))
        except CiteliftError as error:
            _write(out, (number, None, (error.problem, error.hint)))
        except DBAPIError as error:
            if not store.passes(error):
                raise
            _write(out, (number, None, ("the database is away", "wait until it is there again")))


def _requests(queue: Queue[tuple[int, KeptJob] | None]) -> None:
    for line in sys.stdin:
        queue.put(packing.unpack(base64.b64decode(line)))
    queue.put(None)
    time.sleep(0.2)
    os._exit(0)  # whoever asked is gone: nobody reads what is computed now


class StandingWork:
    """What pages show without a filter, of every workspace, computed one after the other."""

    def __init__(self) -> None:
        self._seen: dict[int, str] = {}
        self._left: list[KeptJob] = []

    def one_more(self) -> bool:
        """Compute the next one; False where nothing is left."""
        from dashboard.data.standing import standing

        try:
            if not self._left:
                for workspace in every_workspace():
                    changed = self._seen.get(workspace.id) != workspace.version
                    rests = self._seen.get(-workspace.id) == workspace.version
                    self._seen[-workspace.id] = workspace.version
                    if changed and rests:
                        self._seen[workspace.id] = workspace.version
                        self._left += standing(workspace)
            if not self._left:
                return False
            job = self._left.pop(0)
            if computed.going(database(job.workspace), job.workspace.id, job.key) is None:
                settled(job)
        except CiteliftError:
            pass  # a page that asks for it says so
        except DBAPIError as error:
            if not store.passes(error):
                raise
        return True


if __name__ == "__main__":
    main()
