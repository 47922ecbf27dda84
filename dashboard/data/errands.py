"""Verbs that take long, in processes of their own beside the pages; they end with this server."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import streamlit as st

from tracker import child
from tracker.settings import Settings

PATIENCE = 20
"""Seconds that a verb has to end by itself once this server ends."""


@dataclass(frozen=True)
class VerbEnd:
    """How a verb ended, and what it said with `--json`."""

    code: int
    said: dict[str, Any]

    @property
    def problem(self) -> str:
        """Why it could not be done; blank where it was."""
        error = self.said.get("error")
        if error:
            return f"{error.get('problem', '')}. {error.get('fix') or ''}".strip()
        return "" if self.said else f"exit code {self.code}"


@dataclass
class Errands:
    """By what they are about: a verb of the same name does not begin twice."""

    _running: dict[str, tuple[subprocess.Popen[bytes], Any]] = field(default_factory=dict)
    _ended: dict[str, VerbEnd] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def begin(self, name: str, settings: Settings, words: Sequence[str]) -> None:
        # By the environment: a command line is everybody's to read, and an address may hold a password.
        where = {"CITELIFT_CATALOG": str(settings.catalog), "CITELIFT_DATABASE_URL": settings.database_url}
        where |= {"CITELIFT_WORKSPACE": settings.workspace} if settings.workspace else {}
        program = "from dashboard.command import main; main()"
        with self._lock:
            if self._is_running(name):
                return
            self._ended.pop(name, None)
            said = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the verb has ended
            # It asks engines for this server: it gets the keys that this server was given.
            environment = {**os.environ, **where, "PYTHONPATH": child.environment()["PYTHONPATH"]}
            command = child.command("-c", program, *words, "--json")
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            self._running[name] = (process, said)

    def is_running(self, name: str) -> bool:
        with self._lock:
            return self._is_running(name)

    def _is_running(self, name: str) -> bool:
        found = self._running.get(name)
        if found is None:
            return False
        process, said = found
        if process.poll() is None:
            return True
        del self._running[name]
        said.seek(0)
        self._ended[name] = VerbEnd(process.returncode, _read(said.read()))
        said.close()
        return False

    def outcome(self, name: str) -> VerbEnd | None:
        """How it ended; None while it runs, and where it was never begun."""
        return None if self.is_running(name) else self._ended.get(name)

    def forget(self, name: str) -> None:
        with self._lock:
            self._ended.pop(name, None)

    def stop(self, name: str) -> None:
        """Tell it to end: what is in flight may end."""
        with self._lock:
            if self._is_running(name):
                self._running[name][0].send_signal(signal.SIGTERM)

    def stop_all(self) -> None:
        for name in list(self._running):
            self.stop(name)
        for process, _ in list(self._running.values()):
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def _read(raw: bytes) -> dict[str, Any]:
    try:
        said = json.loads(raw)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


@st.cache_resource(show_spinner=False)
def errands() -> Errands:
    made = Errands()
    atexit.register(made.stop_all)
    return made
