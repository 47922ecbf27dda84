"""The dashboard's web server, and the API beside a clock: each in a process of its own, without keys."""

from __future__ import annotations

import errno
import ipaddress
import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tracker import child, extra
from tracker.cli.printing import err, out
from tracker.errors import CiteliftError, UsageError
from tracker.settings import key, passed_on

if TYPE_CHECKING:
    from tracker.settings import Settings

APP = Path(__file__).parent / "app" / "served.py"
HERE = "127.0.0.1"
ENDS_WITHIN = 15
"""Seconds that a part has to end: the API lets what it is answering finish."""
STREAMLIT: dict[str, object] = {
    "server.headless": True,
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "runner.magicEnabled": False,
}
"""How Streamlit runs the pages, whatever their address. Magic would rewrite a page before each run, to show
what stands alone on a line: pages say what they show."""


def serve_dashboard(
    settings: Settings, port: int, address: str = HERE, *, edit: bool | None = None, url: str | None = None
) -> None:
    """Until it is ended. `edit` of None: where only this machine comes. `url`: where a proxy shows it."""
    # Told to end, this command takes the server with it; left alone, a signal would leave the server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with started(settings, port, address, edit=edit, url=url) as process, suppress(KeyboardInterrupt):
        out.print("(Ctrl-C ends it)")
        sys.stdout.flush()
        process.wait()
    if process.returncode not in {0, -signal.SIGTERM, -signal.SIGINT}:
        raise CiteliftError("the dashboard ended by itself", "see its messages above")


@contextmanager
def started(
    settings: Settings, port: int, address: str = HERE, *, edit: bool | None = None, url: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """The server, up, in a process that ends with the block."""
    from tracker.access import oidc  # brings an HTTP client along

    extra.need("dashboard")
    port = free_port(address, port)
    here_only = is_private(address) and url is None
    edit = here_only if edit is None else edit
    environment = passed_on(keys=edit) | _shared(settings)
    if (secret := key(oidc.SECRET)) is not None:  # no engine's: whoever may only look signs in too
        environment[oidc.SECRET] = secret.get_secret_value()
    environment["CITELIFT_EDIT"] = str(edit).lower()
    if url:
        environment["CITELIFT_DASHBOARD_URL"] = url
    options = STREAMLIT | {"server.port": port, "server.address": address}
    if url:
        options["server.corsAllowedOrigins"] = json.dumps([url.rstrip("/")])
    flags = [f"--{name}={value}" for name, value in options.items()]
    command = child.tethered("streamlit", "run", str(APP), *flags)
    with _up("dashboard", command, environment, f"{url_of(address, port)}/_stcore/health") as process:
        if not here_only:
            _warn_of_strangers(settings, edit)
        out.print(f"\nDashboard: {url_of(address, port)}")
        yield process


@contextmanager
def started_api(settings: Settings, port: int, address: str) -> Iterator[subprocess.Popen[bytes]]:
    """The HTTP API, up, in a process that ends with the block."""
    extra.need("api")
    port = free_port(address, port)
    command = child.tethered("dashboard.command", "api", "--port", str(port), "--address", address)
    with _up("api", command, passed_on() | _shared(settings), f"{url_of(address, port)}/healthz") as process:
        out.print(f"API: {url_of(address, port)}/openapi.json")
        yield process


def _shared(settings: Settings) -> dict[str, str]:
    """What a process beside this one has to know."""
    # Many small products: threads that wait for each other cost more than they bring.
    known = {
        "OPENBLAS_NUM_THREADS": "1",
        "CITELIFT_DATABASE_URL": settings.database_url,
        "CITELIFT_CATALOG": str(settings.catalog),
        "PYTHONPATH": child.environment()["PYTHONPATH"],
    }
    return known | ({"CITELIFT_WORKSPACE": settings.workspace} if settings.workspace else {})


@contextmanager
def _up(
    name: str, command: list[str], environment: dict[str, str], health: str
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        _wait_until_up(name, process, health)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def beside(
    name: str, part: AbstractContextManager[subprocess.Popen[bytes]], stop: threading.Event
) -> Iterator[subprocess.Popen[bytes]]:
    """A part beside other work, which is to `stop` where the part ends by itself."""

    def watch() -> None:
        process.wait()
        stop.set()

    with part as process:
        threading.Thread(target=watch, name=name, daemon=True).start()
        yield process
        alive = process.poll() is None
    if not alive:
        raise CiteliftError(f"the {name} ended by itself", "see its messages above")


def free_port(address: str, port: int) -> int:
    """The port, or for 0 a free one, that this machine can listen on at the address."""
    try:
        family, *_, endpoint = socket.getaddrinfo(
            address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(endpoint)
            return int(probe.getsockname()[1])
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CiteliftError(f"port {port} is taken", "give another with --port, or --port 0") from None
        if error.errno == errno.EACCES:
            raise UsageError(f"port {port} is not for everybody", "take one from 1024 on") from None
        hint = "give the address of one of its interfaces; 0.0.0.0 is all of them"
        raise UsageError(f"this machine cannot listen on {address}: {error.strerror}", hint) from None


def url_of(address: str, port: int) -> str:
    """Where a browser on this machine finds the server."""
    host = {HERE: "localhost", "0.0.0.0": "localhost", "::": "[::1]"}.get(address, address)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host and host[0] != '[' else host}:{port}"


def is_private(address: str) -> bool:
    """Whether only this machine reaches the address; a name that nobody knows is nobody's."""
    try:
        addresses = socket.getaddrinfo(address, None, type=socket.SOCK_STREAM)
    except socket.gaierror:
        return False
    return all(ipaddress.ip_address(str(each[4][0]).partition("%")[0]).is_loopback for each in addresses)


def _warn_of_strangers(settings: Settings, edit: bool) -> None:
    from tracker import store
    from tracker.access import people

    database = store.open_database(settings.database_url, read_only=True)
    with store.reading(database) as session:
        known = people.count(session)
    database.dispose()
    if known:
        return
    may = "sees and changes" if edit else "sees"
    err.print(
        f"[bold red]WARNING: nobody has to sign in.[/bold red] Whoever reaches this address {may} every "
        "question, answer, cost and link.\n         `citelift users add NAME` asks for passwords from then "
        "on; or leave --address out and use a tunnel (ssh -L)."
    )


def _wait_until_up(name: str, process: subprocess.Popen[bytes], health: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(300):
        if process.poll() is not None:
            raise CiteliftError(f"the {name} did not start", "see its messages above; try port 0")
        try:
            with opener.open(health, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise CiteliftError(f"the {name} did not answer within a minute", "try again with port 0")
