"""The verbs that need all three packages: demo, dashboard, serve; and the manual."""

from __future__ import annotations

import logging
import shutil
import signal
import sys
import threading
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from dashboard.server import HERE, free_port, is_private, serve_dashboard, url_of
from tracker import extra
from tracker.cli.opening import opened
from tracker.cli.options import CatalogOption, DatabaseOption, Where, settings_from
from tracker.cli.printing import err, out, plain
from tracker.cli.verbs import AUTOMATE, READ, SET_UP, add

PortOption = Annotated[
    int, typer.Option("--port", min=0, max=65_535, help="Port of the dashboard; 0 takes a free one.")
]


def register(app: typer.Typer) -> None:
    add(app, demo, group=SET_UP)
    add(app, manual, "help", SET_UP)
    add(app, dashboard, group=READ)
    add(app, serve, group=AUTOMATE)
    add(app, api, group=AUTOMATE)
    add(app, agents, "mcp", AUTOMATE)


def demo(
    folder: Annotated[
        Path, typer.Option(help="Where database, links and report go; an earlier demo there is replaced.")
    ] = Path("demo"),
    catalog: Annotated[
        Path | None, typer.Option("--catalog", help="A catalog of simulated engines, for the demo's own.")
    ] = None,
    kind: Annotated[
        Literal["varied", "planted", "null", "momentum"],
        typer.Option(
            help="Sources that lift brands, beside one that only lists, one that is only selected, and an "
            "experiment; sources that lift alone; none; or rising brands that earn links."
        ),
    ] = "varied",
    weeks: Annotated[int, typer.Option(min=2, max=52, help="Simulated weeks.")] = 12,
    seed: Annotated[int | None, typer.Option(help="Another seed is another world.")] = None,
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard", help="Do everything, then end.")] = False,
    port: PortOption = 8501,
) -> None:
    """The whole line on a simulated web: ask, import links, compute, report, show. All on this machine."""
    from dashboard.demo import run_demo
    from tracker.starter import SHIPPED

    url = f"sqlite:///{folder / 'citelift.db'}"
    settings = settings_from(catalog or SHIPPED, url, concurrency=32)
    # What is set for real runs is not about the demo.
    settings = settings.model_copy(update={"workspace": None, "month_budget_usd": None, "rpm": None})
    prepared = run_demo(settings, folder, kind=kind, weeks=weeks, seed=seed)
    if no_dashboard:
        see = f"citelift dashboard --database {settings.database_url} --workspace {prepared.workspace}"
        out.print(f"\nSee it: {plain(see)}")
        return
    serve_dashboard(settings.model_copy(update={"workspace": prepared.workspace}), port, edit=True)


def dashboard(
    where: Where,
    port: PortOption = 8501,
    address: Annotated[
        str, typer.Option(help="Interface to listen on; the default is this machine only.")
    ] = HERE,
    edit: Annotated[
        bool | None,
        typer.Option(
            "--edit/--no-edit",
            help="Whether the browser may change what verbs may; the default is only on this machine.",
        ),
    ] = None,
    url: Annotated[
        str | None, typer.Option("--url", help="Where a proxy shows it, like https://citelift.example.com.")
    ] = None,
) -> None:
    """Show the database in a browser, and set it up there. Only reads, where others reach the address too."""
    from tracker import store

    settings = where.settings()
    url = url or settings.dashboard_url
    edit = is_private(address) and url is None if edit is None else edit
    with opened(settings, read_only=not (edit and store.is_blank(settings.database_url))):
        pass  # what is set up in the browser begins with an empty database
    serve_dashboard(settings, port, address, edit=edit, url=url)


def api(
    where: Where,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="Port; 0 takes a free one.")] = 8502,
    address: Annotated[
        str, typer.Option(help="Interface to listen on; the default is this machine only.")
    ] = HERE,
    schema: Annotated[bool, typer.Option("--schema", help="Print the OpenAPI description, and end.")] = False,
) -> None:
    """Answer programs over HTTP: what the reading verbs say with --json, to whom has a token."""
    extra.need("api")
    from dashboard.api import server

    settings = where.settings()
    if schema:
        out.print(server.schema_text(settings), markup=False)
        return
    with opened(settings, read_only=True):
        pass
    server.serve_api(settings, port, address)


def agents(
    where: Where,
    http: Annotated[
        bool, typer.Option("--http", help="Over streamable HTTP, for whoever has a token; default stdio.")
    ] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="Port; 0 takes a free one.")] = 8503,
    address: Annotated[
        str, typer.Option(help="Interface to listen on; the default is this machine only.")
    ] = HERE,
    role: Annotated[
        Literal["viewer", "editor"],
        typer.Option("--role", help="Over stdio: an editor may also note events and set states."),
    ] = "viewer",
    skill: Annotated[bool, typer.Option("--skill", help="Print the skill file for agents, and end.")] = False,
) -> None:
    """Let agents read it: an MCP server over stdio, or over HTTP with tokens."""
    extra.need("api")
    from dashboard.mcp import server

    if skill:
        out.print(server.SKILL.read_text("utf-8"), markup=False)
        return
    settings = where.settings()
    with opened(settings, read_only=True):
        pass
    if http:
        server.serve_http(settings, port, address)
    else:
        server.serve_stdio(settings, role)


def serve(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    reports: Annotated[Path, typer.Option(help="Folder of the scheduled reports.")] = Path("reports"),
    status_port: Annotated[
        int | None,
        typer.Option(
            "--status-port",
            min=0,
            max=65_535,
            help="Tell /healthz, /readyz and /metrics there.",
        ),
    ] = None,
    status_address: Annotated[
        str, typer.Option(help="Interface of the status; the default is this machine only.")
    ] = HERE,
    dashboard_port: Annotated[
        int | None,
        typer.Option("--dashboard-port", min=0, max=65_535, help="Show the dashboard there meanwhile."),
    ] = None,
    dashboard_address: Annotated[
        str, typer.Option(help="Interface of the dashboard; the default is this machine only.")
    ] = HERE,
    api_port: Annotated[
        int | None,
        typer.Option("--api-port", min=0, max=65_535, help="Answer programs over HTTP there meanwhile."),
    ] = None,
    api_address: Annotated[
        str, typer.Option(help="Interface of the HTTP API; the default is this machine only.")
    ] = HERE,
) -> None:
    """Keep the clock: run what `citelift schedule` says, and compute what pages show, until SIGTERM or
    Ctrl-C."""
    from dashboard import clock, computes, status
    from dashboard.server import beside, started, started_api
    from tracker import schedule
    from tracker.logs import SCREEN, OneLine, log_to

    settings = settings_from(catalog, database)
    say = _logged if settings.log == SCREEN else _with_the_time
    logging.getLogger("asyncio").addHandler(OneLine(say))
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with log_to(settings.log), opened(settings) as db:
        actions: dict[str, schedule.Action] = {
            "run": lambda what, due, ending: clock.scheduled_run(db, settings, what, due, ending),
            "report": lambda what, due, ending: clock.scheduled_report(db, reports, what, due),
            "alerts": lambda what, due, ending: clock.tell_alerts(db, settings, what, datetime.now(UTC)),
        }
        telling = threading.Thread(
            target=clock.keep_delivering, args=(db, stop, say), name="delivery", daemon=True
        )
        telling.start()
        where = {"CITELIFT_DATABASE_URL": settings.database_url, "CITELIFT_CATALOG": str(settings.catalog)}
        computing = threading.Thread(
            target=computes.keep_computing, args=(stop,), kwargs=where, name="computing", daemon=True
        )
        computing.start()
        held = schedule.Clock(db, actions, stop, say)
        parts: dict[str, status.Part] = {}
        with ExitStack() as stack:
            if status_port is not None:
                port = free_port(status_address, status_port)
                stack.enter_context(status.told(held, status_address, port, parts))
                say(f"status: {url_of(status_address, port)}/metrics")
            if dashboard_port is not None:
                url = settings.dashboard_url
                shown = started(settings, dashboard_port, dashboard_address, url=url)
                parts["dashboard"] = stack.enter_context(beside("dashboard", shown, stop))
            if api_port is not None:
                answering = started_api(settings, api_port, api_address)
                parts["api"] = stack.enter_context(beside("api", answering, stop))
            schedule.serve(held)
        telling.join()
        computing.join()


def _logged(words: str) -> None:
    logging.getLogger("citelift.serve").info(words)


def _with_the_time(words: str) -> None:
    err.print(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC  {plain(words)}")


def manual(
    ctx: typer.Context,
    topic: Annotated[
        list[str] | None, typer.Argument(help="A topic of the list, or a verb; without it, the list.")
    ] = None,
) -> None:
    """List what there is to read, or show a topic or what a verb takes."""
    from dashboard import manual as pages

    if not topic:
        out.print("What there is to read, with `citelift help TOPIC`:")
        for name, title in pages.titles().items():
            out.print(f"  {name:<10} {plain(title)}")
        out.print("\n`citelift help VERB` says what a verb takes, `citelift --help` lists the verbs.")
    elif len(topic) == 1 and topic[0] in pages.ORDER:
        _show_page(pages.text(topic[0]))
    elif _is_verb(root := ctx.find_root().command, topic):
        root.main([*topic, "--help"], prog_name="citelift", standalone_mode=False)
    else:
        pages.text(" ".join(topic))


def _is_verb(command: Any, words: list[str]) -> bool:
    """Whether the words name a verb, like `import links`."""
    for word in words:
        command = getattr(command, "commands", {}).get(word)
    return command is not None


def _show_page(text: str) -> None:
    """Laid out at a terminal; as it stands where a program or a pager reads."""
    if not sys.stdout.isatty():
        sys.stdout.write(text)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console(width=min(shutil.get_terminal_size().columns, 100)).print(Markdown(text))
