"""The dashboard's server on any interface: it answers there, and warns where anybody could come in."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard import command, server
from tests.shared import ROOT
from tracker import store


def own_address() -> str | None:
    """An address of this machine that is no loopback one, found without sending anything."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") else address


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    store.open_database(url).dispose()
    return url


@pytest.fixture
def started(database: str, tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.terminate()
        process.wait(20)


def serve(started: list[subprocess.Popen[str]], database: str, address: str) -> tuple[str, str]:
    """(where it says it is, what it says on the error output until then)"""
    program = "from dashboard.command import main; main()"
    words = ["dashboard", "--database", database, "--port", "0", "--address", address]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    started.append(process)
    assert process.stdout is not None
    assert process.stderr is not None
    until = time.monotonic() + 120
    for line in process.stdout:
        if line.startswith("Dashboard: "):
            break
        assert time.monotonic() < until
    else:
        pytest.fail(process.stderr.read())
    said = (
        os.read(process.stderr.fileno(), 100_000).decode()
        if select.select([process.stderr], [], [], 0)[0]
        else ""
    )
    return line.split()[1], said


ADDRESSES = [
    pytest.param("127.0.0.1", False),
    pytest.param("0.0.0.0", True),
    pytest.param("::1", False, marks=pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")),
    pytest.param(own_address(), True, marks=pytest.mark.skipif(own_address() is None, reason="no interface")),
]


@pytest.mark.parametrize(("address", "warned"), ADDRESSES)
def test_it_answers_where_it_says_and_warns_where_strangers_can_come(
    started: list[subprocess.Popen[str]], database: str, address: str, warned: bool
) -> None:
    url, said = serve(started, database, address)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    assert opener.open(f"{url}/_stcore/health", timeout=10).status == 200
    assert ("WARNING: nobody has to sign in" in said) is warned, said


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (["--address", "no.such.host.invalid"], 2, "cannot listen on no.such.host.invalid"),
        (["--address", "192.0.2.1"], 2, "cannot listen on 192.0.2.1"),
        (["--port", "70000"], 2, "--port"),
    ],
)
def test_what_cannot_be_listened_on_is_refused(
    database: str, words: list[str], code: int, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run(["dashboard", "--database", database, *words]) == code
    assert problem in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert command.run(["dashboard", "--database", database, "--port", str(port)]) == 1
    assert f"port {port} is taken" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "private"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("localhost", True), ("0.0.0.0", False), ("192.0.2.7", False)],
)
def test_only_loopback_addresses_are_private(address: str, private: bool) -> None:
    assert server.is_private(address) is private
