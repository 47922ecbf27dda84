"""Looks that several processes share, that are killed, and that go on where they were."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func
from sqlmodel import select

from tests.facts import Facts
from tests.tracker.links.pages.served import LINK, TARGET, Served, Web, article, pdf, served
from tests.tracker.links.pages.test_verdicts import claim, policy, stored, verified
from tracker import child, leases, store
from tracker.links.pages import holds, looking, verify
from tracker.links.web import browser
from tracker.links.web.fetch import Fetcher
from tracker.models import Lease, PageCheck

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
WORKER = """
import sys
from datetime import datetime, timedelta, timezone
from tracker import store
from tracker.links.pages import looking, verify
from tracker.links.web.fetch import Fetcher
from tracker.links.web.policy import Policy
url, port, delay = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
now = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
month = timedelta(days=30)
database = store.open_database(url)
policy = Policy("https://norvane.com/bot", resolver=lambda host, port: ["127.0.0.1"],
                allowed=frozenset({("127.0.0.1", port)}), delay_seconds=delay)
plan = verify.plan(database, 1, now=now, min_age=month)
fetcher = Fetcher(policy)
for _ in looking.look(
    database, 1, plan.due, fetcher, at=now, every=month, workers=2, claimed=plan.claimed
):
    print("looked", flush=True)
"""


def worker(database_url: str, web: Web, delay: float = 0.05) -> subprocess.Popen[str]:
    command = child.command("-c", WORKER, database_url, str(web.port), str(delay))
    return subprocess.Popen(command, env=child.environment(), stdout=subprocess.PIPE, text=True)


def pages(hosts: int, each: int) -> tuple[dict[str, Served], list[str]]:
    """Hosts with several pages each, all with the link."""
    numbered = {f"/p{n}": Served("", body=article(LINK)) for n in range(each)}
    made = {f"host{n}.example": Served("live", body="", path="/p", beside=numbered) for n in range(hosts)}
    return made, [f"/p{n}" for n in range(each)]


def looked(database: Engine) -> int:
    with store.reading(database) as session:
        return session.exec(select(func.count()).select_from(PageCheck)).one()


def asked(web: Web) -> Counter[tuple[str, str]]:
    return Counter(pair for pair in web.asked if pair[1] != "/robots.txt")


def test_two_at_once_look_at_every_page_once(database: Engine, database_url: str) -> None:
    made, paths = pages(hosts=60, each=2)
    with served(made) as web:
        claim(database, [f"http://{host}:{web.port}{path}" for host in made for path in paths])
        both = [worker(database_url, web) for _ in range(2)]
        shares = [len(each.communicate(timeout=120)[0].splitlines()) for each in both]
        assert [each.returncode for each in both] == [0, 0]
        assert sum(shares) == looked(database) == 120
        assert set(asked(web).values()) == {1}
        assert min(shares) > 0, "one of them had nothing to do: the test shows nothing"
    with store.reading(database) as session:
        assert session.exec(select(Lease)).all() == []


def test_a_killed_process_loses_nothing_that_was_stored_and_the_next_goes_on(
    sqlite_database: Engine, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'citelift.db'}"
    made, paths = pages(hosts=6, each=6)
    with served(made) as web:
        claim(sqlite_database, [f"http://{host}:{web.port}{path}" for host in made for path in paths])
        first = worker(url, web, delay=0.2)
        assert first.stdout is not None
        for _ in range(8):
            first.stdout.readline()
        first.send_signal(signal.SIGKILL)
        first.wait()
        kept = looked(sqlite_database)
        assert 8 <= kept < 36
        second = worker(url, web)
        second.communicate(timeout=120)
        assert (second.returncode, looked(sqlite_database)) == (0, 36)
        again = [pair for pair, count in asked(web).items() if count > 1]
        assert len(again) <= 6, "at most what was under way is asked for twice"
    assert {each.verdict for each in stored(sqlite_database)} == {"live"}


def test_what_was_looked_at_is_not_due_until_it_is_old_enough(sqlite_database: Engine) -> None:
    made, paths = pages(hosts=2, each=2)
    with served(made) as web:
        claim(sqlite_database, [f"http://{host}:{web.port}{path}" for host in made for path in paths])
        assert len(verified(sqlite_database, web)) == 4
        assert verified(sqlite_database, web, at=NOW + timedelta(days=29)) == []
        assert len(verified(sqlite_database, web, at=NOW + timedelta(days=30))) == 4


def test_a_plan_says_how_many_remain_and_what_it_will_take(sqlite_database: Engine) -> None:
    made, paths = pages(hosts=3, each=5)
    claim(sqlite_database, [f"http://{host}:8000{path}" for host in made for path in paths])
    plan = verify.plan(sqlite_database, 1, now=NOW, min_age=timedelta(days=30))
    assert (plan.links, plan.pages, plan.due_links, plan.hosts) == (15, 15, 15, 3)
    assert plan.busiest is not None
    assert plan.busiest[1] == 5
    assert plan.seconds(delay=9.0, workers=4) == 50.0
    assert plan.seconds(delay=0.0, workers=1) == 18.0


def test_a_host_that_another_process_holds_is_left_to_it_and_a_dead_ones_is_taken(
    sqlite_database: Engine,
) -> None:
    here = leases.holder()
    machine = here.rsplit(":", 2)[0]
    with store.writing(sqlite_database) as session:
        assert holds.take(session, ["a.test", "b.test"], "elsewhere:1:2") == {"a.test", "b.test"}
        assert holds.take(session, ["a.test", "c.test"], here) == {"c.test"}
        assert holds.take(session, ["d.test"], f"{machine}:{2**22 + 1}:1") == {"d.test"}
        assert holds.take(session, ["c.test", "d.test"], here) == {"c.test", "d.test"}
        holds.release(session, ["c.test"], here)
        assert holds.take(session, ["c.test"], "elsewhere:1:2") == {"c.test"}


def test_a_link_that_is_claimed_after_the_look_gets_its_verdict_from_it(sqlite_database: Engine) -> None:
    page = Served("live", body=article(LINK))
    with served({"blog.example": page}) as web:
        url = web.url("blog.example")
        claim(sqlite_database, [url])
        assert len(verified(sqlite_database, web)) == 1
        more = Facts()
        more.link_import(2)
        more.link(url, "https://norvane.com/pricing", imported=2)
        more.link(url, "https://oltera.com/", imported=2)
        keep = {
            name: rows
            for name, rows in more.rows.items()
            if name.__name__ in ("Backlink", "LinkImport", "Domain", "Page")
        }
        more.rows = keep
        more.store(sqlite_database)
        assert verified(sqlite_database, web) == []
        assert [(each.target_url, each.verdict) for each in stored(sqlite_database)] == [
            (TARGET, "live"),
            ("https://norvane.com/pricing", "gone"),
            ("https://oltera.com/", "gone"),
        ]
        assert len(asked(web)) == 1


def test_an_unchanged_page_keeps_its_verdict(sqlite_database: Engine) -> None:
    page = Served("live", body=article(LINK), headers={"ETag": '"v1"'})
    with served({"blog.example": page}) as web:
        claim(sqlite_database, [web.url("blog.example")])
        verified(sqlite_database, web)
        web.pages["blog.example"] = Served("live", status=304, headers={"ETag": '"v1"'})
        (again,) = verified(sqlite_database, web, at=NOW + timedelta(days=31))
        assert (again.state, [each.word for each in again.links]) == ("not_modified", ["live"])


def test_a_barred_page_is_asked_for_in_full_the_next_time(sqlite_database: Engine) -> None:
    shell = Served("", body="<div id=root></div><script src=/a.js></script>", headers={"ETag": '"v1"'})
    with served({"blog.example": shell}) as web:
        claim(sqlite_database, [web.url("blog.example")])
        verified(sqlite_database, web)
        plan = verify.plan(sqlite_database, 1, now=NOW + timedelta(days=31), min_age=timedelta(days=30))
        assert [each.validators for each in plan.due] == [None]


def test_a_pdf_is_read_for_links_and_for_names(sqlite_database: Engine) -> None:
    pytest.importorskip("pypdf")
    report = Served("live", body=pdf(TARGET, text="Oltera and Norvane are good"), kind="application/pdf")
    with served({"blog.example": report}) as web:
        claim(sqlite_database, [web.url("blog.example")])
        (seen,) = verified(sqlite_database, web)
    assert [each.word for each in seen.links] == ["live"]
    assert [(each.rank, each.linked) for each in seen.outcome.listings] == [(1, False), (2, True)]  # type: ignore[union-attr]


@pytest.mark.browser
def test_a_shell_that_a_browser_draws_gets_the_verdict_of_what_is_drawn(sqlite_database: Engine) -> None:
    draws = f"document.getElementById('root').innerHTML = `<main><p>We like {LINK}</p></main>`;"
    script = {"/main.js": Served("", body=draws, kind="text/javascript")}
    shell = Served(
        "", body="<title>t</title><div id=root></div><script src=/main.js></script>", beside=script
    )
    bare = Served("", body="<title>t</title><div id=root></div><script src=/none.js></script>")
    if not any(map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))):
        pytest.skip("no Chromium here")
    with served({"drawn.example": shell, "bare.example": bare}) as web:
        claim(sqlite_database, [web.url(host) for host in web.pages])
        plan = verify.plan(sqlite_database, 1, now=NOW, min_age=timedelta(days=30))
        fetcher = Fetcher(policy(web))
        with browser.running(fetcher, sandbox=False) as drawing:
            list(looking.look(sqlite_database, 1, plan.due, fetcher, at=NOW, browser=drawing))
    assert [(each.source, each.verdict, each.means) for each in stored(sqlite_database)] == [
        ("bare.example", "needs_browser", "browser"),
        ("drawn.example", "live", "browser"),
    ]


def test_looks_of_a_server_that_is_slow_do_not_hold_up_the_others(sqlite_database: Engine) -> None:
    slow = Served("", body=article(LINK), seconds=2.0)
    quick = {f"quick{n}.example": Served("", body=article(LINK)) for n in range(20)}
    with served({"slow.example": slow} | quick) as web:
        claim(sqlite_database, [web.url(host) for host in web.pages])
        plan = verify.plan(sqlite_database, 1, now=NOW, min_age=timedelta(days=30))
        looks = looking.look(sqlite_database, 1, plan.due, Fetcher(policy(web)), at=NOW, workers=4)
        started = time.monotonic()
        order = [each.outcome.url for each in looks]
        assert len(order) == 21
        assert "slow.example" in order[-1] or time.monotonic() - started < 4
