"""Python processes of our own: which interpreter they run on, and what they see of this one's environment."""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
from pathlib import Path

_PASSED = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")


def command(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def tethered(module: str, *arguments: str) -> list[str]:
    """A module as a program that ends when its standard input does: no later than whoever started it, also
    where that one is killed."""
    return command("-m", "tracker.child", module, *arguments)


def environment() -> dict[str, str]:
    """This program's modules can be imported; an engine's key is nobody's business there."""
    root = str(Path(__file__).resolve().parents[1])
    known = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    return {**passed, "PYTHONPATH": known, "PYTHONUTF8": "1"}


def is_worth_it() -> bool:
    """Whether a second process has a processor to itself."""
    return bool(sys.executable) and (os.cpu_count() or 1) > 1


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_input, name="tether", daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
