"""Nobody gets past the door: not without a password, not into another workspace, not by a link that ended."""

from __future__ import annotations

import base64
import http.client
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from sqlmodel import select

from dashboard.door import HEADERS, cookies_of
from tests.dashboard.test_pages_in_browser import browser as browser  # the same Chromium
from tests.dashboard.test_pages_in_browser import served, settle
from tests.dashboard.worlds import WORLDS
from tracker import catalog, store
from tracker.access import people, sessions, shares
from tracker.models import Workspace

PASSWORD = "correct horse battery"
REPORT = "<!doctype html><title>Week</title><p>the week's numbers<script>alert(1)</script>"


@dataclass
class Site:
    host: str
    database: Path
    links: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection(self.host, timeout=30)
        sent = {"Accept": "text/html"} | {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body.encode() or None, sent)
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, told, answer.read().decode("utf-8", "replace")

    def sign_in(self, name: str, password: str = PASSWORD, back: str = "/", **headers: str) -> Any:
        return self.ask(
            "POST",
            f"/signin?next={quote(back, safe='')}",
            urlencode({"name": name, "password": password}),
            Content_Type="application/x-www-form-urlencoded",
            **headers,
        )

    def socket(self, cookie: str = "", origin: str | None = None) -> int:
        key = base64.b64encode(os.urandom(16)).decode()
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13"}
        headers = upgrade | {"Sec_WebSocket_Key": key, "Origin": origin or f"http://{self.host}"}
        connection = http.client.HTTPConnection(self.host, timeout=30)
        more = {"Cookie": cookie} if cookie else {}
        sent = {name.replace("_", "-"): value for name, value in (headers | more).items()}
        connection.request("GET", "/_stcore/stream", headers=sent)
        status = connection.getresponse().status
        connection.close()
        return status

    def cookie(self, name: str) -> str:
        """As signing in gives it, without the pages around."""
        database = store.open_database(f"sqlite:///{self.database}")
        token = sessions.sign_in(database, name, PASSWORD, address="test", now=datetime.now(UTC))
        database.dispose()
        return f"citelift_session={token}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two workspaces, three people, and links that are open, ended and revoked."""
    path = tmp_path_factory.mktemp("door") / "c.db"
    database = store.open_database(f"sqlite:///{path}")
    WORLDS["one week"](database)
    now = datetime.now(UTC)
    with store.writing(database) as session:
        (first,) = session.exec(select(Workspace.name)).all()
        catalog.ensure_workspace(session, "secret-client")
        for name, role, of in (("ana", "viewer", [first]), ("eve", "admin", ["secret-client"])):
            people.add(session, name, PASSWORD, role=role, workspaces=of, who="root", now=now)
        mine = catalog.ensure_workspace(session, first)
        made: dict[str, str] = {}
        for title, more in {
            "page": {"page": "answers", "query": "span=all"},
            "report": {"page": None, "body": REPORT},
            "ended": {"page": "answers"},
            "revoked": {"page": "answers"},
            "hostile": {"page": "answers\r\nSet-Cookie: a=b", "query": "x=\r\nLocation: //evil.example"},
        }.items():
            at = now - timedelta(days=9) if title == "ended" else now
            given: dict[str, Any] = {"title": title, "lasts": timedelta(days=7), "who": "root", "now": at}
            made[title] = shares.make(session, mine, **(given | more))
        number = next(link.id for link in shares.listed(session, mine) if link.title == "revoked")
        shares.revoke(session, mine, number or 0, who="root", now=now)
    database.dispose()
    with served(path) as address:
        yield Site(address.removeprefix("http://"), path, made)


@pytest.mark.parametrize(
    "path", ["/", "/answers?topic=x", "/settings", "/nosuch", "/media/x.csv", "/_stcore/upload_file/1/2"]
)
def test_without_signing_in_nothing_is_shown(site: Site, path: str) -> None:
    status, headers, body = site.ask("GET", path)
    assert (status, headers["location"]) == (303, f"/signin?next={quote(path, safe='')}")
    assert body == ""
    assert site.ask("GET", path, Accept="*/*")[0] == 401
    assert site.ask("POST", path, "x", Accept="*/*")[0] == 401


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "citelift_session=",
        "citelift_session=guessed",
        "citelift_share=guessed",
        "citelift_session='; drop table person --",
        "citelift_session=\u00e9; =;;",
        "_streamlit_user=forged",
    ],
)
def test_no_socket_opens_to_a_guess(site: Site, cookie: str) -> None:
    assert site.socket(cookie.encode().decode("latin-1")) == 403


def test_a_socket_opens_to_who_signed_in_from_this_site_only(site: Site) -> None:
    cookie = site.cookie("ana")
    assert site.socket(cookie) == 101
    assert site.socket(cookie, "https://evil.example") == 403
    assert site.socket(cookie, f"http://{site.host}.evil.example") == 403


def test_signing_in_gives_a_cookie_that_no_script_reads_and_leads_back(site: Site) -> None:
    status, headers, _ = site.sign_in("Ana", back="/answers?topic=a b")
    assert (status, headers["location"]) == (303, "/answers?topic=a%20b")
    assert re.search(r"HttpOnly; SameSite=Lax$", headers["set-cookie"])
    assert site.sign_in("ana", "wrong")[0] == 401
    assert site.sign_in("nobody")[0] == 401


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "x", "/a\r\nX: y"]
)
def test_signing_in_leads_to_no_other_site(site: Site, back: str) -> None:
    _, headers, _ = site.sign_in("ana", back=back)
    assert headers["location"].startswith("/")
    assert not headers["location"].startswith(("//", "/\\"))
    assert "x" not in headers


def test_another_site_can_neither_sign_in_nor_out(site: Site) -> None:
    assert site.sign_in("ana", Origin="https://evil.example")[0] == 403
    cookie = site.cookie("ana")
    site.ask("POST", "/signout", "", Origin="https://evil.example", Cookie=cookie)
    assert site.socket(cookie) == 101
    site.ask("POST", "/signout", "", Origin=f"http://{site.host}", Cookie=cookie)
    assert site.socket(cookie) == 403


def test_guessing_is_stopped_and_stays_stopped(site: Site) -> None:
    tries = [site.sign_in("guessed", f"wrong {n}")[0] for n in range(sessions.OF_A_NAME + 1)]
    assert tries == [401] * sessions.OF_A_NAME + [429]
    assert site.sign_in("ana")[0] == 303


@pytest.mark.parametrize("name", ['"><script>alert(1)</script>', "\u202eana", "a" * 20_000, "\x00", "'; --"])
def test_hostile_names_are_only_wrong(site: Site, name: str) -> None:
    status, _, body = site.sign_in(name)
    assert status == 401
    assert "<script" not in body


@pytest.mark.parametrize("link", ["ended", "revoked", "guessed"])
def test_a_link_that_is_not_open_shows_nothing(site: Site, link: str) -> None:
    token = site.links.get(link, "guessed")
    assert site.ask("GET", f"/share/{token}")[0] == 404
    assert site.socket(f"citelift_share={token}") == 403


def test_a_shared_report_is_shown_without_its_scripts(site: Site) -> None:
    status, headers, body = site.ask("GET", f"/share/{site.links['report']}")
    assert (status, body) == (200, REPORT)
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"]
    assert "set-cookie" not in headers
    assert site.socket(f"citelift_share={site.links['report']}") == 403


def test_a_link_with_breaks_in_it_writes_no_header(site: Site) -> None:
    _, headers, _ = site.ask("GET", f"/share/{site.links['hostile']}")
    assert "a=b" not in headers["set-cookie"]
    assert "\n" not in headers["location"]


def test_every_answer_has_the_headers(site: Site) -> None:
    for path in ("/", "/signin", "/_stcore/health", "/share/x"):
        _, headers, _ = site.ask("GET", path)
        assert {name: headers.get(name) for name in HEADERS} == HEADERS, path
        assert "frame-ancestors" in headers["content-security-policy"]


def visited(browser: Any, site: Site, path: str, *cookies: str) -> Any:
    context = browser.new_context()
    for cookie in cookies:
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": f"http://{site.host}"}])
    tab = context.new_page()
    tab.goto(f"http://{site.host}{path}")
    settle(tab)
    return tab


@pytest.mark.browser
def test_a_viewer_sees_their_workspace_and_no_address_leads_to_another(browser: Any, site: Site) -> None:
    tab = visited(browser, site, "/answers?workspace=secret-client", site.cookie("ana"))
    assert "secret-client" not in tab.inner_text("body")
    assert "ana · viewer" in tab.inner_text('[data-testid="stSidebar"]')
    tab.context.close()
    other = visited(browser, site, "/answers", site.cookie("eve"))
    assert "Norvane" not in other.inner_text("body")
    other.context.close()


@pytest.mark.browser
def test_a_shared_link_opens_its_page_and_no_other(browser: Any, site: Site) -> None:
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(f"http://{site.host}/share/{site.links['page']}")
    settle(tab)
    assert tab.url.endswith("/answers?span=all")
    assert "Norvane" in tab.inner_text("body")
    assert tab.locator('[data-testid="stSidebar"] a[href*="settings"]').count() == 0
    for path in ("/", "/settings", "/sources", "/methods"):
        tab.goto(f"http://{site.host}{path}")
        settle(tab)
        assert tab.inner_text("h1") == "This cannot be shown", path
        assert "Norvane" not in tab.inner_text('[data-testid="stMain"]'), path
    context.close()


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        ("a=1; b=2", {"a": "1", "b": "2"}),
        ("", {}),
        ("=;;", {}),
        ("citelift_session=x; citelift_session=y", {"citelift_session": "y"}),
    ],
)
def test_cookies_are_read_and_what_is_none_is_left_out(header: str, cookies: dict[str, str]) -> None:
    assert cookies_of(header) == cookies
