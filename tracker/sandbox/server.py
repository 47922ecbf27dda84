"""A small HTTP/1.1 server for the sandbox: one process, one loop, 127.0.0.1 only.

It parses HTTP itself because it must outrun the callers that it loads, and because half of its job is to
break HTTP on purpose.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from urllib.parse import unquote

from tracker.errors import UsageError
from tracker.sandbox import judge
from tracker.sandbox.answers import WorldAnswer, WorldAnswers, WorldAsk
from tracker.sandbox.faults import Fault, Faults
from tracker.sandbox.pages import SimulatedPages
from tracker.sandbox.requests import Request, read_request
from tracker.sandbox.shapes import error_body, render
from tracker.sandbox.truth import truth
from tracker.sandbox.world import SimulatedWorld, moment
from tracker.sandbox.writing import Json, Rendered

_BODY_LIMIT = 8 * 2**20
_HEAD_LIMIT = 64 * 2**10
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)
_HTML = (
    b"<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad "
    b"Gateway</h1></body></html>"
)


@dataclass
class Counters:
    """What the server saw, for tests of "exactly once" and of concurrency limits."""

    requests: int = 0
    answered: int = 0
    refused: int = 0
    spoiled: int = 0
    dropped: int = 0
    in_flight: int = 0
    in_flight_high_water: int = 0
    by_engine: Counter[str] = field(default_factory=Counter)
    by_status: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    attempts: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    reported_cost_micro_usd: int = 0
    arrivals: deque[float] = field(default_factory=lambda: deque(maxlen=100_000))
    """When the latest requests came, in seconds of a steady clock."""

    def arrived(self, ask: str) -> int:
        """Count a request; returns how many there were for this ask."""
        self.arrivals.append(time.monotonic())
        self.attempts[ask] += 1
        return self.attempts[ask]

    def report(self) -> Json:
        again = {ask: n for ask, n in self.answers.items() if n > 1}
        asked_again = [n - 1 for n in self.attempts.values() if n > 1]
        return {
            "requests": self.requests,
            "answered": self.answered,
            "refused": self.refused,
            "spoiled": self.spoiled,
            "dropped": self.dropped,
            "by_engine": dict(self.by_engine),
            "by_status": {str(k): n for k, n in sorted(self.by_status.items())},
            "faults": dict(self.faults),
            "asks_seen": len(self.attempts),
            "asks_answered": len(self.answers),
            "asked_more_than_once": len(asked_again),
            "asked_again": sum(asked_again),
            "busiest_second": busiest(self.arrivals, 1),
            "busiest_minute": busiest(self.arrivals, 60),
            "answered_more_than_once": len(again),
            "answered_again": sum(n - 1 for n in again.values()),
            "examples_answered_more_than_once": sorted(again)[:20],
            "in_flight": self.in_flight,
            "in_flight_high_water": self.in_flight_high_water,
            "reported_cost_micro_usd": self.reported_cost_micro_usd,
        }


def busiest(moments: Iterable[float], seconds: float) -> int:
    """The most that came within so many seconds, wherever they begin."""
    most = 0
    window: deque[float] = deque()
    for at in moments:
        window.append(at)
        while at - window[0] >= seconds:
            window.popleft()
        most = max(most, len(window))
    return most


@dataclass(frozen=True, slots=True)
class _Head:
    method: str
    path: str
    target: str
    """As it was sent, with its query."""
    headers: dict[bytes, bytes]

    def text(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1").strip()


class Responder:
    """The part that knows engines: a parsed request in, an outcome out. Nothing here touches a socket."""

    def __init__(self, world: SimulatedWorld, faults: Faults) -> None:
        self.world, self.answers, self.pages = world, WorldAnswers(world), SimulatedPages(world)
        self.faults = faults
        self.counters = Counters()

    def reset(self) -> None:
        in_flight = self.counters.in_flight
        self.counters = Counters(in_flight=in_flight, in_flight_high_water=in_flight)

    def reply(self, head: _Head, request: Request, fault: Fault | None) -> Rendered:
        if judge.is_judge(request):
            return judge.reply(request, empty=fault == "empty")
        asked_at = head.text(b"x-citelift-asked-at")
        day = (moment(asked_at) if asked_at else datetime.now(UTC)).date()
        repeat = (
            head.text(b"x-citelift-repeat") or head.text(b"x-citelift-ask") or f"#{self.counters.requests}"
        )
        search = request.search and fault != "no_search"
        answer = self.answers.answer(
            WorldAsk(request.shape, request.prompt, day, repeat, search, request.forced)
        )
        if fault == "empty":
            answer = _emptied(answer)
        return render(self.world, answer, request.shape, request.model)


def _emptied(answer: WorldAnswer) -> WorldAnswer:
    return WorldAnswer(answer.key, answer.engine, answer.prompt, answer.day, False, (), (), (), (), ())


class Connection(asyncio.Protocol):
    """One keep-alive connection: requests are answered one after another, in order."""

    def __init__(self, engine: Responder, connections: set[Connection]) -> None:
        self.engine = engine
        self.connections = connections
        self.buffer = bytearray()
        self.busy = False
        self.continued = False
        self.task: asyncio.Task[None] | None = None
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections.discard(self)
        if self.task is not None:
            self.task.cancel()
        self.buffer.clear()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.busy:
            self._next()

    def _next(self) -> None:
        if self.transport.is_closing():
            return
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self.buffer) > _HEAD_LIMIT:
                self._refuse(400, "the request's head is too long")
            return
        head = _read_head(bytes(self.buffer[:end]))
        if head is None:
            self._refuse(400, "this is not HTTP/1.1")
            return
        self._with_body(head, end + 4)

    def _with_body(self, head: _Head, start: int) -> None:
        if head.headers.get(b"expect", b"").lower() == b"100-continue" and not self.continued:
            self.continued = True
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if b"chunked" in head.headers.get(b"transfer-encoding", b"").lower():
            framed = _unchunk(self.buffer, start)
        else:
            length = head.headers.get(b"content-length", b"0")
            if not length.isdigit() or int(length) > _BODY_LIMIT:
                self._refuse(413, "the body's length is missing, wrong or too large")
                return
            stop = start + int(length)
            framed = (bytes(self.buffer[start:stop]), stop) if len(self.buffer) >= stop else None
        if framed is None:
            if len(self.buffer) - start > 2 * _BODY_LIMIT:
                self._refuse(413, "the body is too large")
            return
        body, stop = framed
        del self.buffer[:stop]
        self.busy, self.continued = True, False
        if head.path.startswith("/_sandbox"):
            self._control(head, body)
            return
        if head.method == "GET" and not head.text(b"host").startswith("127.0.0.1"):
            self._page(head)
            return
        counters = self.engine.counters
        counters.in_flight += 1
        counters.in_flight_high_water = max(counters.in_flight_high_water, counters.in_flight)
        # Answered in the loop's next turn, so that everything that arrived together counts as in flight
        # together.
        self.loop.call_soon(self._answer, head, body)

    def _answer(self, head: _Head, body: bytes) -> None:
        """Ends in exactly one `_done`; a mistake of ours closes the connection rather than leave it
        hanging."""
        settled = False
        try:
            settled = self._attempt(head, body)
            settled = True
        finally:
            if not settled:
                self._finished(close=True)

    def _attempt(self, head: _Head, body: bytes) -> bool:
        counters = self.engine.counters
        counters.requests += 1
        request = self._understand(head, body)
        if request is None:
            return True
        ask = head.text(b"x-citelift-ask") or f"#{counters.requests}"
        attempt = counters.arrived(ask)
        faults = self.engine.faults
        fault = faults.draw(ask, attempt)
        if fault is not None:
            counters.faults[fault] += 1
        wait = faults.wait(ask, attempt)
        if wait or fault in ("timeout", "slow"):
            self.task = self.loop.create_task(self._later(wait, head, request, ask, attempt, fault))
        else:
            self._send(head, request, ask, attempt, fault)
            self._finished(close=fault == "reset")
        return True

    def _understand(self, head: _Head, body: bytes) -> Request | None:
        status, problem = 400, "the body is not a JSON object"
        try:
            parsed = json.loads(body or b"null")
        except ValueError:
            parsed = None
        if head.method != "POST":
            status, problem = 405, "engines are asked by POST"
        elif isinstance(parsed, dict):
            request = read_request(head.path, parsed)
            if request is not None and request.prompt and not parsed.get("stream"):
                try:
                    moment(head.text(b"x-citelift-asked-at") or "2026-01-01")
                except ValueError:
                    problem = "x-citelift-asked-at is not an ISO 8601 date"
                else:
                    return request
            elif request is None:
                status, problem = 404, f"no engine answers at {head.path}"
            else:
                problem = (
                    "the sandbox does not stream"
                    if parsed.get("stream")
                    else "no prompt was found in the body"
                )
        self.engine.counters.refused += 1
        self._write(status, _dump(error_body(None, status, problem)))
        self._finished(close=False)
        return None

    async def _later(
        self, wait: float, head: _Head, request: Request, ask: str, attempt: int, fault: Fault | None
    ) -> None:
        close = fault == "reset"
        try:
            await asyncio.sleep(wait)
            if fault == "timeout":
                await asyncio.sleep(self.engine.faults.hang)
                close = True
            elif fault == "slow":
                await self._drip(head, request, ask)
            else:
                self._send(head, request, ask, attempt, fault)
        except asyncio.CancelledError:
            self.engine.counters.dropped += 1
            close = True
        finally:
            self.task = None
            self._finished(close)

    def _send(self, head: _Head, request: Request, ask: str, attempt: int, fault: Fault | None) -> None:
        counters = self.engine.counters
        if fault == "reset":
            counters.refused += 1
            self.transport.abort()
            return
        if fault in ("429", "500", "503"):
            counters.refused += 1
            self._write_error(request, ask, attempt, int(fault))
            return
        if fault == "wrong_type":
            counters.spoiled += 1
            self._write(200, _HTML, b"text/html; charset=utf-8")
            return
        reply = self.engine.reply(head, request, fault)
        body = _dump(reply.body)
        if fault in ("truncated", "empty"):
            counters.spoiled += 1
            self._write(200, body[: len(body) * 2 // 3] if fault == "truncated" else body)
            return
        self._write(200, body)
        self._count_answer(request, ask, reply)

    def _count_answer(self, request: Request, ask: str, reply: Rendered) -> None:
        counters = self.engine.counters
        if self.transport.is_closing():
            counters.dropped += 1
            return
        counters.answered += 1
        counters.by_engine[request.shape] += 1
        counters.answers[ask] += 1
        counters.reported_cost_micro_usd += reply.cost_micro_usd or 0

    async def _drip(self, head: _Head, request: Request, ask: str) -> None:
        reply = self.engine.reply(head, request, None)
        body = _dump(reply.body)
        pieces = 20
        step = -(-len(body) // pieces)
        self.transport.write(_head(200, len(body), b"application/json"))
        self.engine.counters.by_status[200] += 1
        for i in range(0, len(body), step):
            await asyncio.sleep(self.engine.faults.drip / pieces)
            self.transport.write(body[i : i + step])
        self._count_answer(request, ask, reply)

    def _write_error(self, request: Request, ask: str, attempt: int, status: int) -> None:
        faults = self.engine.faults
        after = f"{faults.retry_after:g}"
        if faults.says_date(ask, attempt):
            when = datetime.now(UTC) + timedelta(seconds=faults.retry_after + 1)
            after = format_datetime(when.replace(microsecond=0), usegmt=True)
        extra = f"Retry-After: {after}\r\n".encode() if status == 429 else b""
        body = error_body(request.shape, status, f"simulated {HTTPStatus(status).phrase.lower()}")
        self._write(status, _dump(body), extra=extra)

    def _write(self, status: int, body: bytes, kind: bytes = b"application/json", extra: bytes = b"") -> None:
        self.engine.counters.by_status[status] += 1
        if not self.transport.is_closing():
            self.transport.write(_head(status, len(body), kind, extra) + body)

    def _refuse(self, status: int, problem: str) -> None:
        self.engine.counters.refused += 1
        self._write(status, _dump(error_body(None, status, problem)), extra=b"Connection: close\r\n")
        self.transport.close()

    def _finished(self, close: bool) -> None:
        self.engine.counters.in_flight -= 1
        self._free(close)

    def _free(self, close: bool) -> None:
        self.busy = False
        if close:
            self.transport.close()
        elif self.buffer:
            self.loop.call_soon(self._next)

    def _page(self, head: _Head) -> None:
        """A page of the simulated web, by the host that was asked for, as it is at the period's end."""
        world = self.engine.world
        text = self.engine.pages.html(head.text(b"host"), head.target, world.end)
        status, body = (404, b"") if text is None else (200, text.encode())
        if not self.transport.is_closing():
            self.transport.write(_head(status, len(body), b"text/html; charset=utf-8") + body)
        self._free(close=False)

    def _control(self, head: _Head, body: bytes) -> None:
        status, reply = control(self.engine, head.method, head.path.partition("?")[0], body)
        payload = _dump(reply)
        if not self.transport.is_closing():
            self.transport.write(_head(status, len(payload), b"application/json") + payload)
        self._free(close=False)


def control(engine: Responder, method: str, path: str, body: bytes) -> tuple[int, object]:
    """The sandbox's own addresses, beside the engines'."""
    actions: dict[tuple[str, str], Callable[[], object]] = {
        ("GET", "/_sandbox/health"): lambda: {
            "status": "ok",
            "kind": engine.world.kind,
            "seed": engine.world.seed,
        },
        ("GET", "/_sandbox/counters"): engine.counters.report,
        ("GET", "/_sandbox/truth"): lambda: truth(engine.world),
        ("GET", "/_sandbox/faults"): lambda: asdict(engine.faults),
    }
    if (method, path) in actions:
        return 200, actions[method, path]()
    if (method, path) == ("POST", "/_sandbox/reset"):
        engine.reset()
        return 200, engine.counters.report()
    if (method, path) == ("POST", "/_sandbox/faults"):
        try:
            engine.faults = Faults.of(json.loads(body or b"{}"))
        except (UsageError, ValueError, AttributeError) as error:
            return 400, error_body(None, 400, str(error))
        return 200, asdict(engine.faults)
    return 404, error_body(None, 404, f"nothing at {method} {path}")


def _read_head(raw: bytes) -> _Head | None:
    first, *lines = raw.split(b"\r\n")
    words = first.split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
        return None
    headers = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon:
            return None
        headers[name.strip().lower()] = value.strip()
    target = words[1].decode("latin-1")
    return _Head(words[0].decode("latin-1"), unquote(target.partition("?")[0]), target, headers)


def _unchunk(buffer: bytearray, at: int) -> tuple[bytes, int] | None:
    """A chunked body and where it ends; None while chunks are missing."""
    body = bytearray()
    while True:
        line = buffer.find(b"\r\n", at)
        if line < 0:
            return None
        try:
            size = int(bytes(buffer[at:line]).split(b";")[0], 16)
        except ValueError:
            return b"", len(buffer)
        at = line + 2
        if len(buffer) < at + size + 2:
            return None
        if size == 0:
            return bytes(body), at + 2
        body += buffer[at : at + size]
        at += size + 2


def _dump(payload: object) -> bytes:
    return _JSON.encode(payload).encode()


def _head(status: int, length: int, kind: bytes, extra: bytes = b"") -> bytes:
    return b"HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n" % (
        status,
        HTTPStatus(status).phrase.encode(),
        kind,
        length,
        extra,
    )


async def serve(
    world: SimulatedWorld, faults: Faults, port: int, ready: Callable[[str], None], stop: asyncio.Event
) -> None:
    """Listen until `stop`, then close what is open."""
    connections: set[Connection] = set()
    engine = Responder(world, faults)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(engine, connections), "127.0.0.1", port, backlog=1024
    )
    try:
        ready(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await stop.wait()
    finally:
        server.close()
        for connection in list(connections):
            connection.transport.abort()
