"""The verbs that need all three packages: demo, dashboard, serve."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import opened
from tracker.cli.options import CatalogOption, DatabaseOption, WorkspaceOption, settings_from
from tracker.cli.printing import err, out, plain
from tracker.cli.run import limits_of
from tracker.cli.workspaces import synced
from tracker.errors import CiteliftError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from tracker.models import Schedule
    from tracker.settings import Settings

APP = Path(__file__).with_name("app.py")
PortOption = Annotated[int, typer.Option("--port", help="Port of the dashboard; 0 takes a free one.")]


def register(app: typer.Typer) -> None:
    for verb in (demo, serve):
        app.command()(verb)
    app.command("dashboard")(dashboard)


def demo(
    folder: Annotated[
        Path, typer.Option(help="Where database, links and report go; an earlier demo there is replaced.")
    ] = Path("demo"),
    catalog: CatalogOption = None,
    kind: Annotated[
        str,
        typer.Option(
            help="planted: some sources really lift brands; null: none does; momentum: rising brands earn links."
        ),
    ] = "planted",
    weeks: Annotated[int, typer.Option(min=2, max=52, help="Simulated weeks.")] = 12,
    seed: Annotated[int | None, typer.Option(help="Another seed is another world.")] = None,
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard", help="Do everything, then end.")] = False,
    port: PortOption = 8501,
) -> None:
    """The whole line on a simulated web: ask, import links, compute, report, show. No key, nothing leaves this machine."""
    from dashboard.demo import run_demo

    settings = settings_from(catalog, f"sqlite:///{folder / 'citelift.db'}", concurrency=32)
    made = run_demo(settings, folder, kind=kind, weeks=weeks, seed=seed)
    if no_dashboard:
        out.print(f"\nSee it: citelift dashboard --database {settings.database_url}")
        return
    _serve_dashboard(settings.model_copy(update={"workspace": made.workspace}), port)


def dashboard(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    port: PortOption = 8501,
    address: Annotated[
        str, typer.Option(help="Interface to listen on; the default is this machine only.")
    ] = "127.0.0.1",
) -> None:
    """Show the database in a browser. Opens it read-only."""
    settings = settings_from(catalog, database, workspace)
    with opened(settings, read_only=True):
        pass
    _serve_dashboard(settings, port, address)


def _serve_dashboard(settings: Settings, port: int, address: str = "127.0.0.1") -> None:
    from tracker.settings import KEY_SUFFIXES

    port = port or _free_port()
    # The page shows facts and asks nobody: it gets no keys.
    environment = {n: value for n, value in os.environ.items() if not n.upper().endswith(KEY_SUFFIXES)}
    # Many small products: threads that wait for each other cost more than they bring.
    environment |= {
        "OPENBLAS_NUM_THREADS": "1",
        "CITELIFT_DATABASE_URL": settings.database_url,
        "CITELIFT_CATALOG": str(settings.catalog),
    }
    if settings.workspace:
        environment["CITELIFT_WORKSPACE"] = settings.workspace
    options = {
        "server.port": port,
        "server.address": address,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    # Told to end, this command takes the server with it; left alone, a signal would leave the server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(APP), *flags],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_until_up(process, port)
        out.print(f"\nDashboard: http://localhost:{port}   (Ctrl-C ends it)")
        sys.stdout.flush()
        process.wait()
    except KeyboardInterrupt:
        pass
    finally:
        process.terminate()
        process.wait(10)
    if process.returncode not in {0, -signal.SIGTERM, -signal.SIGINT}:
        raise CiteliftError("the dashboard ended by itself", "see its messages above")


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(process: subprocess.Popen[bytes], port: int) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(300):
        if process.poll() is not None:
            raise CiteliftError(
                f"the dashboard did not start on port {port}", "is the port in use? try --port 0"
            )
        try:
            with opener.open(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise CiteliftError("the dashboard did not answer within a minute", "try again with --port 0")


def serve(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    reports: Annotated[Path, typer.Option(help="Folder of the scheduled reports.")] = Path("reports"),
) -> None:
    """Keep the clock: run what `citelift schedule` says, until SIGTERM or Ctrl-C."""
    from tracker import schedule

    settings = settings_from(catalog, database)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with opened(settings) as db:
        actions: dict[str, schedule.Action] = {
            "run": lambda what, due, ending: _scheduled_run(db, settings, what, due, ending),
            "report": lambda what, due, ending: _scheduled_report(db, reports, what, due),
        }
        schedule.serve(schedule.Clock(db, actions, stop, lambda words: err.print(plain(words))))


def _scheduled_run(
    db: Database, settings: Settings, what: Schedule, due: datetime, ending: threading.Event
) -> str:
    """One firing's run; its key makes a second attempt go on with the first."""
    import asyncio

    from sqlmodel import select

    from tracker import catalog as catalogs
    from tracker import health, store
    from tracker.models import Brand, Workspace
    from tracker.run import jobs

    with store.reading(db) as session:
        workspace = session.get_one(Workspace, what.workspace_id).name
        own_brand = session.exec(
            select(Brand.name).where(Brand.workspace_id == what.workspace_id, Brand.own, Brand.active)
        ).first()
    own = settings.model_copy(update={"catalog": Path(what.catalog), "workspace": workspace})
    try:
        found = catalogs.load(own.catalog)
        if found.workspace != workspace and found.own.name != own_brand:
            return f"not run: {what.catalog} is now the catalog of another workspace, {found.workspace}"
        workspace_id, found = synced(db, own)
    except CiteliftError as error:
        return f"not run: {error.problem}"
    made = health.plan_with_history(db, workspace_id, found)
    if made.missing_keys:
        return f"not run: keys are missing: {', '.join(made.missing_keys)}"
    with store.writing(db) as session:
        run_id = jobs.create_run(
            session,
            workspace_id,
            found,
            made,
            key=f"{workspace_id}:schedule:{what.id}:{due.isoformat()}",
            now=due,
            asked_for=due,
            trigger="schedule",
        )

    async def work() -> jobs.Summary:
        stop = asyncio.Event()
        watcher = asyncio.create_task(_watch(ending, stop))
        try:
            return await jobs.execute(db, run_id, limits_of(settings), sandbox_url=url, stop=stop)
        finally:
            watcher.cancel()

    with jobs.sandbox_for(found) as url:
        summary = asyncio.run(work())
    return f"run {summary.run_id} {summary.state}" + (f": {summary.reason}" if summary.reason else "")


async def _watch(ending: threading.Event, stop: object) -> None:
    import asyncio

    assert isinstance(stop, asyncio.Event)
    while not ending.is_set():
        await asyncio.sleep(0.2)
    stop.set()


def _scheduled_report(db: Database, folder: Path, what: Schedule, due: datetime) -> str:
    """The report of the last full week before the due moment."""
    from analysis.classes.classify import own_folder
    from analysis.report import write
    from tracker.answers.rows import week_of

    week = week_of(due) - timedelta(days=7)
    try:
        written = write.write(
            db, what.workspace_id, folder, week=week, classes=own_folder(Path(what.catalog))
        )
    except UsageError as error:
        return f"no report: {error.problem}"
    return f"report {', '.join(str(path) for path in written)}"
