"""Grounding links are resolved at their one trusted host, here a stand-in for it, and nothing else is
fetched."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import Engine
from sqlmodel import col, select
from werkzeug import Request, Response

from tests.tracker.run.test_jobs import AT, count, prepared, small_catalog, world
from tracker import sandbox, store
from tracker.answers import stored as answers
from tracker.models import Citation, Domain, Page, Redirect
from tracker.run import jobs, redirects
from tracker.run.jobs import Limits
from tracker.run.redirects import HOME, PATH, Redirects

LINK = f"{HOME}{PATH}"


@pytest.fixture
def host(httpserver: HTTPServer) -> HTTPServer:
    """Leads every link to a page named after the link's last letters."""

    def lead(request: Request) -> Response:
        assert request.method == "HEAD"
        name = request.path.rsplit("/", 1)[-1]
        targets = {
            "gone": None,
            "loop": f"{LINK}again",
            "script": "javascript:alert(1)",
            "local": "/elsewhere",
        }
        target = targets.get(name, f"https://publisher-of-{name[-4:].lower()}.com/page?utm_source=gemini")
        return Response("", 404) if target is None else Response("", 302, {"Location": target})

    httpserver.expect_request(re.compile(".*")).respond_with_handler(lead)
    return httpserver


def resolved(host: HTTPServer, *urls: str) -> list[tuple[str | None, int | None]]:
    async def main() -> list[tuple[str | None, int | None]]:
        links = Redirects(host.url_for("").rstrip("/"))
        return [(one.target, one.status) for one in [await links.resolve(url) for url in urls]]

    return asyncio.run(main())


def test_a_link_leads_to_its_publisher(host: HTTPServer) -> None:
    (found,) = resolved(host, f"{LINK}abcd")
    assert found == ("https://publisher-of-abcd.com/page?utm_source=gemini", 302)


@pytest.mark.parametrize("name", ["gone", "loop", "script", "local"])
def test_a_link_that_leads_nowhere_has_no_target(host: HTTPServer, name: str) -> None:
    assert resolved(host, f"{LINK}{name}")[0][0] is None


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/grounding-api-redirect/abc",
        "https://vertexaisearch.cloud.google.com.evil.com/grounding-api-redirect/abc",
        "https://vertexaisearch.cloud.google.com@evil.com/grounding-api-redirect/abc",
        f"{HOME}/other/abc",
        f"{LINK}{'a' * 5000}",
        "not a url",
    ],
)
def test_nothing_but_a_grounding_link_is_ever_asked_for(host: HTTPServer, url: str) -> None:
    assert resolved(host, url) == [(None, 0)]
    assert not host.log


def test_a_port_or_user_in_the_link_does_not_reach_the_request(host: HTTPServer) -> None:
    resolved(host, f"http://user:pw@vertexaisearch.cloud.google.com:8080{PATH}abcd?x=1")
    ((request, _),) = host.log
    assert (request.path, request.query_string, request.authorization) == (f"{PATH}abcd", b"x=1", None)


def test_a_host_that_does_not_answer_leaves_the_link_open() -> None:
    async def main() -> redirects.Resolved:
        return await Redirects("http://127.0.0.1:9", timeout=0.5).resolve(f"{LINK}abcd")

    found = asyncio.run(main())
    assert (found.target, found.status) == (None, None)


def test_a_run_stores_where_its_grounding_links_lead(sqlite_database: Engine, host: HTTPServer) -> None:
    found = small_catalog(3, 1, engines=("gemini",))
    run_id = prepared(sqlite_database, found)
    links = Redirects(host.url_for("").rstrip("/"))
    with sandbox.Sandbox(world(found)) as url:
        done = asyncio.run(
            jobs.execute(sqlite_database, run_id, Limits(timeout=5), sandbox_url=url, redirects=links)
        )
    assert done.state == "done"
    assert count(sqlite_database, Redirect, col(Redirect.target).is_not(None)) > 0
    _every_citation_is_of_the_publisher(sqlite_database)
    asked = len(host.log)
    answers.reread(sqlite_database, 1)
    _every_citation_is_of_the_publisher(sqlite_database)
    assert len(host.log) == asked


def _every_citation_is_of_the_publisher(database: Engine) -> None:
    with store.reading(database) as session:
        rows = session.exec(
            select(Citation.url, Domain.name, Page.url)
            .join(Domain, col(Domain.id) == col(Citation.domain_id))
            .join(Page, col(Page.id) == col(Citation.page_id))
            .where(col(Citation.url).startswith(LINK))
        ).all()
    assert rows
    for url, domain, page in rows:
        assert domain == f"publisher-of-{url[-4:].lower()}.com"
        assert page == f"https://{domain}/page"


def test_simulated_links_are_never_looked_up_at_the_real_host() -> None:
    assert not Redirects().apply_to("sandbox/gemini")
    assert Redirects().apply_to("gemini/gemini-3.8-flash")


def test_a_known_link_is_not_asked_for_again(sqlite_database: Engine) -> None:
    row = redirects.Resolved(f"{LINK}abcd", "https://n.com/", 302)
    redirects._save(sqlite_database, [row, row])
    redirects._save(sqlite_database, [redirects.Resolved(f"{LINK}abcd", "https://m.com/", 302)])
    with store.reading(sqlite_database) as session:
        (stored,) = session.exec(select(Redirect)).all()
    assert (stored.target, stored.checked_at > datetime(2026, 1, 1, tzinfo=UTC)) == ("https://m.com/", True)
    assert AT.tzinfo is UTC
