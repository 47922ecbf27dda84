"""How `citelift serve` is, for machines that watch it: `/healthz`, `/readyz` and Prometheus' `/metrics`.

What is counted is read from the database when it is asked for, so that every process says the same.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy import func
from sqlalchemy import select as typed_select
from sqlalchemy.exc import DBAPIError

from tracker import __version__, leases, store
from tracker.models import (
    Answer,
    ArchivedWeek,
    Ask,
    Engine,
    EnginePace,
    Firing,
    Ledger,
    Run,
    Workspace,
)
from tracker.run import queue

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database
    from sqlmodel import Session

    from tracker.schedule import Clock

select: Any = typed_select
MILLION = 1_000_000
Part = subprocess.Popen[bytes]


class ClockMetrics:
    """Read anew at every scrape."""

    def __init__(self, clock: Clock, parts: Mapping[str, Part]) -> None:
        self.clock, self.parts = clock, parts

    def collect(self) -> Iterator[Any]:
        yield GaugeMetricFamily("citelift_running", "Schedules in hand", value=len(self.clock.running))
        about = GaugeMetricFamily("citelift_build", "1, with the version", labels=["version"])
        about.add_metric([__version__], 1)
        yield about
        alive = GaugeMetricFamily("citelift_part_up", "What runs beside the clock lives", labels=["part"])
        for name, part in list(self.parts.items()):
            alive.add_metric([name], int(part.poll() is None))
        yield alive
        try:
            found = list(_counted(self.clock.database))
        except DBAPIError:
            found = []
        up = "Whether the database answered this scrape"
        yield GaugeMetricFamily("citelift_database_up", up, value=int(bool(found)))
        yield from found


def _counted(database: Database) -> Iterator[Any]:
    of = (Workspace.name, Engine.name)
    asks = select(*of, Ask.state, func.count()).join_from(Ask, Engine).join(Workspace)
    asks = asks.group_by(*of, Ask.state)
    failed = select(*of, Ask.reason, func.count()).join_from(Ask, Engine).join(Workspace)
    failed = failed.where(Ask.reason.is_not(None)).group_by(*of, Ask.reason)  # type: ignore[union-attr]
    spent = select(*of, func.sum(Ledger.spent_micros), func.sum(Ledger.reserved_micros))
    spent = spent.join_from(Ledger, Run).join(Engine, Engine.id == Ledger.engine_id)
    spent = spent.join(Workspace, Workspace.id == Run.workspace_id).group_by(*of)
    newest = select(*of, func.max(Answer.asked_at)).join_from(Answer, Engine).join(Workspace).group_by(*of)
    late = select(func.count()).select_from(Firing).where(Firing.ended_at.is_(None))  # type: ignore[union-attr]
    labels = ["workspace", "engine"]
    with store.reading(database) as session:
        states = GaugeMetricFamily("citelift_asks", "Asks by state", labels=[*labels, "state"])
        for *names, count in session.execute(asks):
            states.add_metric(names, count)
        yield states
        why = CounterMetricFamily("citelift_asks_failed", "Asks that failed", labels=[*labels, "reason"])
        for *names, count in session.execute(failed):
            why.add_metric(names, count)
        yield why
        paid = CounterMetricFamily("citelift_spent_dollars", "Spent", labels=labels)
        held = GaugeMetricFamily("citelift_reserved_dollars", "Set aside for asks in hand", labels=labels)
        for workspace, engine, cost, reserved in session.execute(spent):
            paid.add_metric([workspace, engine], float(cost) / MILLION)
            held.add_metric([workspace, engine], float(reserved) / MILLION)
        yield paid
        yield held
        last = GaugeMetricFamily("citelift_newest_answer_seconds", "When it came, Unix time", labels=labels)
        for workspace, engine, at in session.execute(newest):
            last.add_metric([workspace, engine], at.timestamp())
        yield last
        labelled = [*labels, "state"]
        deep = GaugeMetricFamily("citelift_queue_asks", "What open runs have to ask", labels=labelled)
        lag = GaugeMetricFamily("citelift_queue_lag_seconds", "The oldest due ask's wait", labels=labels)
        for each in queue.depth(session):
            waits = {"due": each.due, "later": each.later, "held": each.held, "in flight": each.in_flight}
            for state, count in waits.items():
                deep.add_metric([each.workspace, each.engine, state], count)
            lag.add_metric([each.workspace, each.engine], each.lag_seconds)
        yield deep
        yield lag
        yield from _engines(session)
        files = (
            select(Workspace.name, func.count()).join_from(ArchivedWeek, Workspace).group_by(Workspace.name)
        )
        kept = GaugeMetricFamily("citelift_archived_weeks", "Weeks that stand in files", labels=["workspace"])
        for workspace, count in session.execute(files):
            kept.add_metric([workspace], count)
        yield kept
        at_work = len(queue.workers(session))
        yield GaugeMetricFamily("citelift_workers", "Workers that live, on all hosts", value=at_work)
        begun = "Firings that began and have not ended"
        yield GaugeMetricFamily("citelift_firings_open", begun, value=session.scalar(late))


def _engines(session: Session) -> Iterator[Any]:
    """How each engine that was asked does now, by the database's clock."""
    labels = ["workspace", "engine"]
    failing = GaugeMetricFamily("citelift_engine_failures", "Failures in a row, all hosts", labels=labels)
    paused = GaugeMetricFamily("citelift_engine_paused_seconds", "Left alone for so long", labels=labels)
    paces = {pace.name: pace for pace in session.scalars(select(EnginePace))}
    now = leases.now(session)
    for workspace, engine, key in session.execute(
        select(Workspace.name, Engine.name, Engine.id).join_from(Engine, Workspace)
    ):
        if (pace := paces.get(f"engine:{key}")) is not None:
            left = (pace.paused_until - now).total_seconds() if pace.paused_until else 0.0
            failing.add_metric([workspace, engine], pace.failures)
            paused.add_metric([workspace, engine], max(0.0, left))
    yield failing
    yield paused


@contextmanager
def told(clock: Clock, address: str, port: int, parts: Mapping[str, Part] | None = None) -> Iterator[int]:
    """Answer meanwhile; gives the port, for 0 a free one. `parts`: what runs beside the clock, by name."""
    parts = {} if parts is None else parts
    registry = CollectorRegistry()
    registry.register(ClockMetrics(clock, parts))

    def trouble() -> str | None:
        gone = [f"the {name} has ended" for name, part in list(parts.items()) if part.poll() is not None]
        return "; ".join(gone) or store.unready(clock.database)

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/healthz":
                self._send(200, b"ok\n")
            elif self.path == "/readyz":
                why = trouble()
                self._send(503 if why else 200, f"{why or 'ready'}\n".encode())
            elif self.path == "/metrics":
                self._send(200, generate_latest(registry), CONTENT_TYPE_LATEST)
            else:
                self._send(404, b"/healthz, /readyz, /metrics\n")

        def _send(self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """A probe every second is no news."""

    with ThreadingHTTPServer((address, port), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, name="status", daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()
