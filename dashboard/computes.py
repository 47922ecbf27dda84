"""The process that computes what pages show, for whoever starts one (`dashboard.data.worker`)."""

from __future__ import annotations

import subprocess
from threading import Event

from tracker import child, settings

REST_SECONDS = 5.0
"""Before the first one, for what starts has enough to do, and before one that died is followed by another."""
BOUND = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")


ASKED = "asked"
"""Its word where it computes what it is asked for, and nothing by itself."""


def start(*words: str, **environment: str) -> subprocess.Popen[str]:
    """One under these settings; it ends when its standard input does, so no later than whoever started it."""
    return subprocess.Popen(
        child.command("-m", "dashboard.data.worker", *words),
        env=settings.passed_on() | child.environment() | BOUND | environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def keep_computing(stop: Event, **environment: str) -> None:
    """Until `stop`, one after the other: what pages show without a filter is there before they ask."""
    while not stop.wait(REST_SECONDS):
        process = start(**environment)
        while process.poll() is None and not stop.wait(1):
            pass
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
