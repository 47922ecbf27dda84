"""The dashboard's web server: streamlit in a process of its own, without keys."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.cli.printing import out
from tracker.errors import CiteliftError

if TYPE_CHECKING:
    from tracker.settings import Settings

APP = Path(__file__).with_name("app.py")
HERE = "127.0.0.1"


def serve_dashboard(settings: Settings, port: int, address: str = HERE) -> None:
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
