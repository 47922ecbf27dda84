"""A process of its own that sends what is due, to be killed in the middle."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from datetime import datetime

from tracker import store
from tracker.notify import outbox
from tracker.notify.people import People

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tracker.notify.outbox"])


class Sending:
    """Sends as soon as it is made; environment variables are handed over, since a fork server has its own."""

    def __init__(self, url: str, people: People, now: datetime, variables: dict[str, str]) -> None:
        self.process = CONTEXT.Process(target=_send, args=(url, people, now, variables), daemon=True)
        self.process.start()

    def kill(self) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()

    def kill_when(self, reached: threading.Event) -> None:
        assert reached.wait(60)
        self.kill()

    def ended(self) -> None:
        self.process.join(60)
        assert self.process.exitcode == 0


def _send(url: str, people: People, now: datetime, variables: dict[str, str]) -> None:
    os.environ |= variables
    database = store.open_database(url)
    outbox.send_due(database, 1, people, now)
    database.dispose()
