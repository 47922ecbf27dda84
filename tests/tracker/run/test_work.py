"""A connection may break when the database has done what it was told, and before it says so: whatever is told
it again then counts once."""

from __future__ import annotations

import asyncio
import json
import random
import re
import select as sockets
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import URL, func, make_url
from sqlmodel import select
from werkzeug import Request, Response

from tests.tracker.run.test_jobs import LIMITS, count, prepared, small_catalog
from tracker import store
from tracker.catalog import EngineEntry
from tracker.models import Answer, Ask, Ledger
from tracker.run import jobs

pytestmark = pytest.mark.usefixtures("loopback_allowed")

TEXT = {"type": "text", "text": "Norvane leads."}
REPLY = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-5-5",
    "content": [TEXT],
    "usage": {"input_tokens": 500, "output_tokens": 700},
}


class Forgetful:
    """Stands between this program and the server, and loses the server's word on three commits of ten."""

    def __init__(self, server: URL, seed: int) -> None:
        self.server, self.random, self.lost = server, random.Random(seed), 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        port = self.listener.getsockname()[1]
        here = self.server.set(host="127.0.0.1", port=port).difference_update_query(["host", "port"])
        return here.render_as_string(hide_password=False)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        loses = False
        with ExitStack() as both, suppress(ConnectionError):
            both.enter_context(client)
            server = both.enter_context(self._connected())
            while True:
                for end in sockets.select([client, server], [], [])[0]:
                    said = end.recv(65536)
                    if not said or (loses and end is server):
                        self.lost += bool(said)
                        return
                    if end is client and b"COMMIT\x00" in said:
                        loses = self.random.random() < 0.3
                    (server if end is client else client).sendall(said)

    def _connected(self) -> socket.socket:
        folder = self.server.query.get("host")
        if folder is None:
            return socket.create_connection((self.server.host, self.server.port or 5432))
        line = socket.socket(socket.AF_UNIX)
        line.connect(f"{folder}/.s.PGSQL.{self.server.port or 5432}")
        return line


@contextmanager
def forgetful(url: str, seed: int) -> Iterator[Forgetful]:
    between = Forgetful(make_url(url), seed)
    yield between
    between.listener.close()


@pytest.fixture
def paused(httpserver: HTTPServer) -> Counter[str]:
    """How often each prompt was sent to an engine that stops once in the middle of every answer."""
    seen: Counter[str] = Counter()

    def answer(request: Request) -> Response:
        messages = json.loads(request.data)["messages"]
        seen[re.findall(r"number \d+", json.dumps(messages[0]))[0]] += 1
        ended = "end_turn" if len(messages) > 1 else "pause_turn"
        return Response(json.dumps(REPLY | {"stop_reason": ended}), content_type="application/json")

    httpserver.expect_request("/v1/messages").respond_with_handler(answer)
    return seen


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_whose_commits_lose_their_answers_asks_and_books_everything_once(
    postgres_url: str,
    httpserver: HTTPServer,
    paused: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "planted-4f9a8b7c6d5e4f3a")
    options = {"api_base": httpserver.url_for("").rstrip("/")}
    claude = EngineEntry("claude", "anthropic/claude-sonnet-5-5", repeats=1, options=options)
    direct = store.open_database(postgres_url)
    run_id = prepared(direct, replace(small_catalog(12, 1), engines=(claude,)))
    with forgetful(postgres_url, seed) as between:
        database = store.open_database(between.url)
        summary = asyncio.run(jobs.execute(database, run_id, LIMITS))
        database.dispose()
    assert between.lost >= 3
    assert (summary.state, summary.tally.states) == ("done", {"answered": 12})
    assert count(direct, Answer) == len(paused) == 12
    assert set(paused.values()) == {2}
    with store.reading(direct) as session:
        ledger = session.exec(select(Ledger)).one()
        known = session.exec(select(func.sum(Answer.cost_micros))).one()
        asked = session.exec(select(func.sum(Ask.spent_micros))).one()
    direct.dispose()
    assert (ledger.spent_micros, ledger.reserved_micros) == (known, 0)
    assert asked == known
