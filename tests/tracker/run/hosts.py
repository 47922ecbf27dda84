"""Hosts, as far as a worker can tell: processes of `QueueWorker` in PID and UTS namespaces of their own, that
see nothing of each other but the database. Where there is no root, plain processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field

from tests.shared import ROOT

SHORT_LEASE = 8
PROGRAM = f"""
import asyncio, signal, sys
from datetime import timedelta
from tracker import leases, store
from tracker.run import claims
leases.LEASE = claims.LEASE = timedelta(seconds={SHORT_LEASE})
leases.HEARTBEAT_SECONDS = 1.0
from tracker.run import jobs, queue
from tracker.run.worker import QueueWorker
async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    slots = next((int(word[6:]) for word in sys.argv if word.startswith("slots=")), None)
    limits = jobs.Limits(int(sys.argv[3]), slots, timeout=120, max_attempts=5, first_backoff=0.1)
    worker = QueueWorker(store.open_database(sys.argv[1]), limits, sandbox_url=sys.argv[2])
    print("up", worker.me, flush=True)
    await worker.work(stop, until_empty="until_empty" in sys.argv)
asyncio.run(main())
"""


def apart() -> bool:
    words = ["unshare", "--pid", "--fork", "--uts", "--mount-proc", "true"]
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@dataclass
class Host:
    name: str
    database_url: str
    engine_url: str
    concurrency: int = 8
    until_empty: bool = True
    is_apart: bool = field(default_factory=apart)

    def __post_init__(self) -> None:
        words = [sys.executable, "-W", "ignore", "-c", PROGRAM, self.database_url, self.engine_url]
        words += [str(self.concurrency), *(["until_empty"] if self.until_empty else [])]
        if self.is_apart:
            inside = f'hostname {self.name} && exec "$@"'
            space = ["unshare", "--pid", "--fork", "--uts", "--mount-proc", "--kill-child"]
            words = [*space, "sh", "-c", inside, "sh", *words]
        environment = os.environ | {"CITELIFT_ALLOWED_HOSTS": "http://localhost, http://127.0.0.1"}
        self.process = subprocess.Popen(
            words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("up"), self.process.communicate()[1]
        self.holder = line.split()[1]

    def _inner(self) -> int:
        if not self.is_apart:
            return self.process.pid
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:  # noqa: PTH123
            return int(file.read().split()[0])

    def send(self, number: signal.Signals) -> None:
        os.kill(self._inner(), number)

    def end(self, within: float = 60) -> str:
        """What it said on its error output."""
        return self.process.communicate(timeout=within)[1]
