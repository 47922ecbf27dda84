"""When a host may be asked again."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tracker.links.web.policy import Policy
from tracker.links.web.safety import Stop

MANY_HOSTS = 20_000


@dataclass(slots=True)
class Host:
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = -math.inf


class Hosts:
    """One request a host at a time, and not before the host is free again."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.lock = threading.Lock()
        self.hosts: dict[str, Host] = {}

    @contextmanager
    def turn(self, name: str) -> Iterator[Host]:
        host = self._of(name)
        with host.lock:
            wait = host.free_at - time.monotonic()
            if wait > self.policy.max_wait_seconds:
                raise Stop("too_soon", f"{name} asked to be left alone for {wait:.0f} s", wait)
            if wait > 0:
                self.policy.sleep(wait)
            yield host

    def free_at(self, name: str) -> float:
        return self._of(name).free_at

    def _of(self, name: str) -> Host:
        with self.lock:
            if len(self.hosts) > MANY_HOSTS:
                now = time.monotonic()
                self.hosts = {k: h for k, h in self.hosts.items() if h.lock.locked() or h.free_at > now}
            return self.hosts.setdefault(name, Host())
