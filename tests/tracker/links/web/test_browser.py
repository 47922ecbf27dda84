"""A real Chromium draws pages through the guard, against servers of our own."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.tracker.links.pages.served import LINK, TARGET, Served, Web, article, served
from tests.tracker.links.pages.test_verdicts import policy
from tracker.errors import UsageError
from tracker.links.web import browser
from tracker.links.web.fetch import Fetched, Fetcher, Refused
from tracker.links.web.guard import Guard

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DRAWS = f"document.getElementById('root').innerHTML = '<main><p>We like {LINK}</p></main>';"
TRIES = """
for (const each of ['http://10.0.0.1/x', 'http://localhost/', 'http://127.0.0.1:22/', 'http://2130706433/'])
  fetch(each, {mode: 'no-cors'}).catch(() => 0);
new WebSocket('ws://192.168.1.1/');
navigator.sendBeacon('http://192.0.2.7/beacon', 'x');
"""


def shell(script: str, more: str = "") -> Served:
    body = f"<title>t</title><div id=root></div><script src=/main.js></script>{more}"
    return Served(
        "needs_browser", body=body, beside={"/main.js": Served("", body=script, kind="text/javascript")}
    )


PAGES = {
    "drawn.example": shell(DRAWS),
    "hostile.example": shell(
        TRIES + DRAWS, "<iframe src='http://169.254.169.254/latest/'></iframe><img src='http://10.0.0.3/a'>"
    ),
    "inside.example": shell("location = 'http://10.0.0.9/';"),
    "private.example": Served("", body=article(LINK), robots="User-agent: *\nDisallow: /"),
    "asks.example": shell("alert('hello'); " + DRAWS),
    "moves.example": shell("location = '/there';"),
}


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    pages = dict(PAGES)
    pages["moves.example"].beside["/there"] = Served("", body=article(LINK))
    with served(pages) as running:
        pages["elsewhere.example"] = shell(f"location = 'http://private.example:{running.port}/post';")
        yield running


@pytest.fixture(scope="module")
def drawing(web: Web) -> Iterator[browser.Browser]:
    if not any(map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))):
        pytest.skip("no Chromium here")
    with browser.running(Fetcher(policy(web)), sandbox=False) as running:
        yield running


def drawn(drawing: browser.Browser, web: Web, host: str) -> Fetched | Refused:
    return drawing.render(web.url(host), at=NOW, seconds=30)


@pytest.mark.browser
@pytest.mark.parametrize("host", ["drawn.example", "hostile.example", "asks.example", "moves.example"])
def test_a_page_is_read_as_its_scripts_leave_it(drawing: browser.Browser, web: Web, host: str) -> None:
    page = drawn(drawing, web, host)
    assert isinstance(page, Fetched), page
    assert TARGET in page.text
    assert page.status == 200
    assert page.final_url == web.url(host).replace("/post", "/there" if host == "moves.example" else "/post")


@pytest.mark.browser
def test_no_request_of_a_page_reaches_an_address_inside(drawing: browser.Browser, web: Web) -> None:
    drawing.guard.refused.clear()
    assert isinstance(drawn(drawing, web, "hostile.example"), Fetched)
    tried = dict(drawing.guard.refused)
    assert tried["http://10.0.0.1/x"] == "private_address"
    assert tried["http://localhost/"] == "bad_host"
    assert tried["http://169.254.169.254/latest/"] == "link_local_address"
    assert tried["192.168.1.1:80"] == "private_address"
    assert all(why != "connect" for why in tried.values())


@pytest.mark.browser
def test_a_page_that_leads_where_robots_txt_excludes_us_is_not_followed(
    drawing: browser.Browser, web: Web
) -> None:
    for host in ("elsewhere.example", "inside.example"):
        page = drawn(drawing, web, host)
        assert isinstance(page, Refused)
        assert page.reason == "robots_disallowed"
    assert ("private.example", "/post") not in web.asked


def test_without_chromium_or_as_root_it_is_said_what_to_do(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    fetcher = Fetcher(policy(web))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    with pytest.raises(UsageError, match="sandbox"), browser.running(fetcher):
        pass
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="no Chromium"), browser.running(fetcher, sandbox=False):
        pass


# --- the guard by itself ------------------------------------------------------------------------------------


def said(guard: Guard, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", guard.port), timeout=10) as line:
        line.sendall(request)
        data = b""
        while more := line.recv(65_536):
            data += more
        return data


@pytest.mark.parametrize(
    ("aim", "why"),
    [
        ("CONNECT 10.0.0.1:443", b"403 private_address"),
        ("CONNECT 127.0.0.1:443", b"403 loopback_address"),
        ("CONNECT [::1]:443", b"403 loopback_address"),
        ("CONNECT [::ffff:127.0.0.1]:443", b"403 mapped_address"),
        ("CONNECT localhost:443", b"403 bad_host"),
        ("CONNECT drawn.example:22", b"403 bad_port"),
        ("CONNECT 2130706433:443", b"403 numeric_host"),
        ("CONNECT accounts.google.com:443", b"403 bad_host"),
        ("GET http://169.254.169.254/latest/", b"403 link_local_address"),
        ("GET http://user:pass@drawn.example/", b"403 userinfo"),
        ("GET ftp://drawn.example/", b"403 bad_scheme"),
        ("GET file:///etc/passwd", b"403 bad_scheme"),
        ("GET /", b"403 bad_scheme"),
        ("nonsense", b"400 Bad Request"),
    ],
)
def test_the_guard_lets_nothing_through_that_a_fetch_refuses(web: Web, aim: str, why: bytes) -> None:
    with Guard(policy(web)).running() as guard:
        assert why in said(guard, f"{aim} HTTP/1.1\r\nHost: x\r\n\r\n".encode()).split(b"\r\n")[0]


def test_the_guard_hands_a_plain_request_on_as_the_site_itself_is_asked(web: Web) -> None:
    with Guard(policy(web)).running() as guard:
        url = web.url("drawn.example")
        reply = said(
            guard, f"GET {url} HTTP/1.1\r\nHost: drawn.example\r\nProxy-Connection: x\r\n\r\n".encode()
        )
    assert reply.startswith(b"HTTP/1.0 200")
    assert b"<div id=root>" in reply
