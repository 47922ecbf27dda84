"""Agents, through the official client: every tool, over stdio and over HTTP, and what is refused."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from dashboard.api.calling import ApiDesk
from dashboard.api.limits import RequestLimits
from dashboard.api.offered import READINGS
from dashboard.mcp.server import ACTS, call, http_app
from tests.dashboard.api import worlds
from tests.dashboard.api.test_app import asked
from tests.dashboard.api.worlds import THEIRS
from tracker import settings, store
from tracker.tokens import Bearer


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = f"sqlite:///{tmp_path_factory.mktemp('mcp') / 'two.db'}"
    database = store.open_database(made)
    worlds.two(database)
    database.dispose()
    return made


async def every_tool(client: Client) -> dict[str, Any]:
    listed = await client.list_tools()
    calls = {each.name: asked(each) for each in READINGS}
    calls |= {
        "event_add": {"title": "New prices", "on": "2026-05-04", "kind": "site"},
        "opportunities_set": {"source": "techdaily.com", "state": "contacted"},
    }
    assert {tool.name for tool in listed.tools} == set(calls)
    assert all((tool.output_schema or {}).get("type") == "object" for tool in listed.tools)
    return {name: await client.call_tool(name, arguments) for name, arguments in calls.items()}


def test_every_tool_answers_over_stdio(url: str) -> None:
    program = "from dashboard.command import main; main()"
    words = ["-c", program, "mcp", "--role", "editor", "--database", url, "--workspace", "ws1"]
    server = StdioServerParameters(command=sys.executable, args=words, cwd=str(Path.cwd()))

    async def drive() -> dict[str, Any]:
        async with Client(server) as client:
            return await every_tool(client)

    results = asyncio.run(drive())
    assert {name for name, each in results.items() if each.is_error} == set()
    for name, each in results.items():
        # The client checks structured content against the tool's output schema, and raises where it differs.
        assert json.loads(each.content[0].text) == each.structured_content, name
        assert THEIRS not in each.content[0].text
    assert results["opportunities_set"].structured_content["decision"] == "contacted"
    assert results["visibility"].structured_content["rows_in_all"] > 0


@contextmanager
def over_http(url: str) -> Iterator[str]:
    configured = settings.load(database_url=url, catalog=Path("none"))
    with ApiDesk(configured).open() as desk:
        app = http_app(desk, RequestLimits(1000), "127.0.0.1")
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            thread.join(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/mcp"
        server.should_exit = True
        thread.join(30)


async def connected(address: str, headers: dict[str, str], name: str, arguments: dict[str, Any]) -> Any:
    async with httpx2.AsyncClient(headers=headers, trust_env=False) as http:
        transport = streamable_http_client(address, http_client=http)
        async with Client(transport) as client:
            listed = {tool.name for tool in (await client.list_tools()).tools}
            return listed, await client.call_tool(name, arguments)


def test_over_http_a_token_reads_its_own_workspace_and_a_viewer_cannot_act(url: str) -> None:
    database = store.open_database(url)
    viewer = worlds.token(database, 1, "viewer")
    other = worlds.token(database, 2, "other")
    with over_http(url) as address:
        listed, mine = asyncio.run(connected(address, viewer, "sources", {"page_size": 3}))
        assert not listed & set(ACTS)
        assert len(mine.structured_content["rows"]) == 3
        following = {"page_size": 3, "cursor": mine.structured_content["next_cursor"]}
        _, more = asyncio.run(connected(address, viewer, "sources", following))
        assert more.structured_content["rows"] != mine.structured_content["rows"]
        assert THEIRS not in mine.content[0].text
        _, theirs = asyncio.run(connected(address, other, "sources", {}))
        assert THEIRS in theirs.content[0].text
        assert "techdaily" not in theirs.content[0].text
        _, refused = asyncio.run(connected(address, viewer, "event_add", {"title": "x"}))
        assert refused.is_error
        with httpx2.Client(trust_env=False) as http:
            for headers in ({}, {"Authorization": "Bearer clt_wrong"}):
                found = http.post(address, json={}, headers=headers)
                assert (found.status_code, found.json()["status"]) == (401, 401)
    database.dispose()


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("sources", {"engine": "nobody"}, "engines of this workspace: alpha, beta"),
        ("sources", {"weeks": 0}, "greater than or equal to 1"),
        ("authority", {"metric": "trustrank", "seed": ["@/etc/hostname"]}, "pattern"),
        ("sources", {"cursor": f"{0:024}.5"}, "begin again"),
        ("no_such_tool", {}, "no tool"),
    ],
)
def test_a_call_that_is_off_is_told_what_to_do(
    url: str, name: str, arguments: dict[str, Any], told: str
) -> None:
    with ApiDesk(settings.load(database_url=url, catalog=Path("none"))).open() as desk:
        found = call(desk, Bearer(1, "x", 1, "ws1", "viewer"), name, arguments)
    assert found.is_error
    assert told in found.content[0].text  # type: ignore[union-attr]
