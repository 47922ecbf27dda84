"""The sandbox in a process of its own, for the time of a `with`: it must not share an interpreter with its
callers."""

from __future__ import annotations

import json
import select
import subprocess
import urllib.request
from dataclasses import asdict
from types import TracebackType
from typing import Self

from tracker import child
from tracker.errors import EngineError
from tracker.sandbox.faults import Faults
from tracker.sandbox.world import SimulatedWorld

_PATIENCE = 30.0


class Sandbox:
    """`with Sandbox(world) as url:` … `url` has no slash at its end.

    The child ends with its parent, however the parent ends: its standard input is a pipe from here, and the
    end of that pipe is its signal to stop. It is in a session of its own, so Ctrl-C reaches only the parent.
    """

    def __init__(self, world: SimulatedWorld, *, faults: Faults | None = None, port: int = 0) -> None:
        self.world = world
        self.faults = faults or Faults()
        self.port = port
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> str:
        self._process = subprocess.Popen(
            child.command("-m", "tracker.sandbox", "--from-stdin"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
            env=child.environment(),
        )
        spec = {"world": self.world.spec(), "faults": asdict(self.faults), "port": self.port}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(spec) + "\n")
        self._process.stdin.flush()
        self.url = self._first_line()
        return self.url

    def _first_line(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], _PATIENCE)
        line = self._process.stdout.readline().strip() if ready else ""
        if not line.startswith("http://127.0.0.1:"):
            self.stop()
            raise EngineError("the sandbox did not start", "run `python -m tracker.sandbox` to see why")
        return line

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()

    def counters(self) -> dict[str, object]:
        return counters(self.url)

    def set_faults(self, faults: Faults) -> None:
        _fetch(f"{self.url}/_sandbox/faults", json.dumps(asdict(faults)).encode())

    def reset(self) -> None:
        _fetch(f"{self.url}/_sandbox/reset", b"{}")

    @classmethod
    def started(cls, world: SimulatedWorld, *, faults: Faults | None = None, port: int = 0) -> Self:
        """For callers whose `with` is elsewhere; they call `stop`."""
        sandbox = cls(world, faults=faults, port=port)
        sandbox.start()
        return sandbox


def counters(url: str) -> dict[str, object]:
    return _fetch(f"{url}/_sandbox/counters", None)


def _fetch(url: str, body: bytes | None) -> dict[str, object]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, data=body), timeout=10) as reply:  # noqa: S310
        reply_body: dict[str, object] = json.load(reply)
    return reply_body
