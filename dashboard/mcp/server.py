"""The MCP server: the reading verbs and the safe acts as tools, over stdio or streamable HTTP.

The same verbs, shapes, pages and tokens as the HTTP API's. Over stdio whoever starts it is trusted, as at a
terminal; over HTTP a token lets in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import mcp_types as wire
import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.api import acts
from dashboard.api.admission import admitted
from dashboard.api.app import NewEvent, NewState
from dashboard.api.calling import ApiDesk
from dashboard.api.limits import RequestLimits
from dashboard.api.offered import BY_NAME, READINGS
from dashboard.api.paging import page_of, paged
from dashboard.api.problems import Refusal, problem
from dashboard.api.shapes import Decided, NotedEvent
from dashboard.server import free_port, url_of
from tracker import __version__, audit, store
from tracker.cli.printing import as_json_text, err
from tracker.cli.workspaces import workspace_of
from tracker.errors import CiteliftError
from tracker.logs import log_to
from tracker.models import Workspace
from tracker.tokens import Bearer, Role

if TYPE_CHECKING:
    from tracker.settings import Settings

SKILL = Path(__file__).with_name("SKILL.md")
ROWS = 50
"""Of a page, where an agent does not say: what it reads, it pays for."""
PATH = "/mcp"
WHO = "citelift.bearer"
Act = Callable[[ApiDesk, Bearer, Any], Mapping[str, Any]]


def _note(desk: ApiDesk, who: Bearer, given: NewEvent) -> Mapping[str, Any]:
    at = None if given.on is None else datetime.combine(given.on, time(), UTC)
    return acts.note_event(desk, who, given.title, given.kind, at)


def _set(desk: ApiDesk, who: Bearer, given: NewState) -> Mapping[str, Any]:
    return acts.set_state(desk, who, given.source, given.state, given.note)


ACTS: dict[str, tuple[type[BaseModel], Any, str, Act]] = {
    "event_add": (NewEvent, NotedEvent, "Mark a day that every chart over time shows.", _note),
    "opportunities_set": (NewState, Decided, "Set where the work on a source stands.", _set),
}
TAKES = {each.name: paged(each, ROWS) for each in READINGS}


def server_of(desk: ApiDesk, who: Callable[[Any], Bearer]) -> Server[Any]:
    async def list_tools(context: Any, _params: Any) -> wire.ListToolsResult:
        return wire.ListToolsResult(tools=tools(who(context)))

    async def call_tool(context: Any, params: wire.CallToolRequestParams) -> wire.CallToolResult:
        bearer = who(context)
        return await anyio.to_thread.run_sync(
            partial(call, desk, bearer, params.name, params.arguments or {})
        )

    return Server(
        "citelift",
        version=__version__,
        instructions=SKILL.read_text("utf-8"),
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def tools(who: Bearer) -> list[wire.Tool]:
    """What this bearer may call."""
    reading = [
        wire.Tool(
            name=each.name,
            description=each.summary,
            input_schema=TAKES[each.name].model_json_schema(),
            output_schema=output_schema(each.shape),
            annotations=wire.ToolAnnotations(read_only_hint=True, open_world_hint=False),
        )
        for each in READINGS
    ]
    acting = [
        wire.Tool(
            name=name,
            description=words,
            input_schema=takes.model_json_schema(),
            output_schema=output_schema(shape),
            annotations=wire.ToolAnnotations(
                read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
            ),
        )
        for name, (takes, shape, words, _) in ACTS.items()
    ]
    return reading + (acting if who.may("editor") else [])


@cache
def output_schema(shape: Any) -> dict[str, Any]:
    """Of a tool's structured content: an object, as the protocol wants it, also where it is one of many."""
    return {"type": "object", **TypeAdapter(shape).json_schema()}


def call(desk: ApiDesk, who: Bearer, name: str, arguments: Mapping[str, Any]) -> wire.CallToolResult:
    """One tool's answer; what is wrong with a call is told to the agent, with what to do."""
    try:
        if name in BY_NAME:
            return _told(_read(desk, who, name, arguments))
        if name in ACTS and who.may("editor"):
            takes, _, _, act = ACTS[name]
            return _told(act(desk, who, takes.model_validate(arguments)))
    except ValidationError as error:
        first = error.errors()[0]
        return _failed(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", "see the tool's input schema")
    except CiteliftError as error:
        return _failed(error.problem, error.hint)
    except Refusal as error:
        return _failed(error.detail, error.fix)
    return _failed(f"there is no tool {name!r} for this token", "list the tools")


def _read(desk: ApiDesk, who: Bearer, name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    given = TAKES[name].model_validate(arguments)
    mark = desk.mark(who.workspace_id, who.workspace)
    page = page_of(desk.answer(BY_NAME[name], given, who.workspace, mark), given, mark)
    if page.total is None:
        return page.body
    return {**page.body, "rows_in_all": page.total, "next_cursor": page.following}


def _told(value: Mapping[str, Any]) -> wire.CallToolResult:
    text = as_json_text(value)
    return wire.CallToolResult(
        content=[wire.TextContent(type="text", text=text)],
        structured_content=json.loads(text),
        is_error=False,
    )


def _failed(detail: str, fix: str) -> wire.CallToolResult:
    words = f"{detail}\nfix: {fix}" if fix else detail
    return wire.CallToolResult(content=[wire.TextContent(type="text", text=words)], is_error=True)


def serve_stdio(settings: Settings, role: Role) -> None:
    with log_to(settings.log), ApiDesk(settings).open() as desk:
        with store.reading(desk.database) as session:
            key = workspace_of(session, settings)
            name = session.get_one(Workspace, key).name
        me = Bearer(0, f"of {audit.terminal_user()}'s agent", key, name, role)
        anyio.run(_over_stdio, server_of(desk, lambda _: me))


async def _over_stdio(server: Server[Any]) -> None:
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


def http_app(desk: ApiDesk, limits: RequestLimits, address: str) -> ASGIApp:
    server = server_of(desk, lambda context: context.request.scope[WHO])
    app = server.streamable_http_app(
        streamable_http_path=PATH, json_response=True, stateless_http=True, host=address
    )
    return Guarded(app, desk, limits)


class Guarded:
    """Lets a request in that has a valid token, and tells the tools whose it is."""

    def __init__(self, app: ASGIApp, desk: ApiDesk, limits: RequestLimits) -> None:
        self.app, self.desk, self.limits = app, desk, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            kind, _, secret = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
            host = (scope.get("client") or ("unknown",))[0]
            given = secret.strip() if kind.lower() == "bearer" and secret else None
            try:
                scope[WHO] = await anyio.to_thread.run_sync(admitted, self.desk, self.limits, host, given)
            except Refusal as error:
                refusal = problem(error.status, error.detail, error.fix, error.headers)
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)


def serve_http(settings: Settings, port: int, address: str) -> None:
    port = free_port(address, port)
    with log_to(settings.log), ApiDesk(settings).open() as desk:
        app = http_app(desk, RequestLimits(settings.api_per_minute), address)
        err.print(f"MCP: {url_of(address, port)}{PATH}   (Ctrl-C ends it)")
        uvicorn.run(app, host=address, port=port, log_level="warning", access_log=False, server_header=False)
