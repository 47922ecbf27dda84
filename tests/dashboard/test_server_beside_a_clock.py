"""`citelift serve` with the dashboard and the API beside it: one tree of processes, of one mind."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.dashboard.api import worlds
from tests.dashboard.test_status import get, samples
from tests.tracker.test_schedule import Serving
from tracker import store


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(what: Callable[[], object], seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


class Tree(Serving):
    def __init__(self, url: str, folder: Path, *parts: str) -> None:
        self.ports = {part: free() for part in ("status", *parts)}
        flags = [word for part, port in self.ports.items() for word in (f"--{part}-port", str(port))]
        super().__init__(
            url, folder, "-".join(parts), *flags, CITELIFT_LOG="-", OPENAI_API_KEY="sk-nobody-may-see-this"
        )
        try:
            until(
                lambda: (
                    self.says('"event": "the clock is running') and all(map(listening, self.ports.values()))
                )
            )
        except BaseException:
            self.process.kill()  # nobody else knows of it yet
            raise

    def children(self) -> dict[str, int]:
        """Process by the part whose words it was started with."""
        found = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
                words = stat.with_name("cmdline").read_text()
            except OSError:
                continue
            if parent == self.process.pid:
                found |= {
                    part: int(stat.parent.name) for part in ("streamlit", "api") if f"\0{part}\0" in words
                }
        return found


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Callable[..., Tree]]:
    url = f"sqlite:///{tmp_path / 'two.db'}"
    database = store.open_database(url)
    worlds.two(database)
    (tmp_path / "token").write_text(json.dumps(worlds.token(database, 1, "reader")))
    database.dispose()
    started: list[Tree] = []

    def start(*parts: str) -> Tree:
        started.append(Tree(url, tmp_path, *parts))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()


def test_the_clock_the_dashboard_and_the_api_are_one_tree(tree: Callable[..., Tree], tmp_path: Path) -> None:
    serve = tree("dashboard", "api")
    assert get(serve.ports["status"], "/readyz") == get(serve.ports["api"], "/readyz") == (200, "ready\n")
    known = samples(get(serve.ports["status"], "/metrics")[1])
    assert (known["citelift_part_up", "dashboard"], known["citelift_part_up", "api"]) == (1, 1)
    asked = urllib.request.Request(
        f"http://127.0.0.1:{serve.ports['api']}/v1/visibility",
        headers=json.loads((tmp_path / "token").read_text()),
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=60) as answer:
        assert {row["brand"] for row in json.load(answer)["rows"]} >= {"Norvane"}
    assert get(serve.ports["api"], "/v1/visibility")[0] == 401
    children = serve.children()
    assert set(children) == {"streamlit", "api"}
    assert "sk-nobody" not in Path(f"/proc/{children['api']}/environ").read_text()
    for line in serve.words.read_text().splitlines():
        if not line.startswith(("Dashboard: ", "API: ")) and line:
            assert json.loads(line)["at"]
    os.kill(serve.process.pid, signal.SIGKILL)
    until(lambda: not any(map(listening, serve.ports.values())))


def test_a_part_that_ends_by_itself_ends_the_tree_and_says_so(tree: Callable[..., Tree]) -> None:
    serve = tree("api")
    os.kill(serve.children()["api"], signal.SIGKILL)
    assert serve.process.wait(60) == 1
    assert "the api ended by itself" in serve.words.read_text()
    again = tree("api")
    assert again.ends(signal.SIGTERM) == 0
    assert not listening(again.ports["api"])
