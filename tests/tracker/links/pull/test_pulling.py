"""Links by API, each vendor against a service on loopback that checks the request after its documentation."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, func, select

from tests.shared import ROOT
from tests.tracker.links.exports import imported, write
from tests.tracker.links.pull.services import KEY, SITE, Service, running
from tracker import store
from tracker.errors import BudgetError, EngineError, UsageError
from tracker.links.pull import pulling
from tracker.links.pull.pulling import Order, Pulled
from tracker.links.pull.vendors import VENDORS, RefusedError
from tracker.models import AuthorityValue, Backlink, LinkImport, LinkPullPage

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LINKS = ("ahrefs", "dataforseo", "majestic", "semrush")


@contextmanager
def served(monkeypatch: pytest.MonkeyPatch, service: Service, key: str = KEY) -> Iterator[None]:
    vendor = VENDORS[service.vendor]
    with running(service) as base:
        monkeypatch.setenv("CITELIFT_ALLOWED_HOSTS", base)
        monkeypatch.setenv(f"{vendor.name.upper()}_API_BASE", base)
        monkeypatch.setenv(vendor.key_variable, key)
        yield


def order(vendor: str, rows: int = 1_000, budget: float = 100.0, unit: float | None = None) -> Order:
    price = 0.001 if unit is None and VENDORS[vendor].price.usd_per_unit is None else unit
    return Order(VENDORS[vendor], 1, SITE, rows, budget, price)


def pulled(database: Engine, wanted: Order, waits: list[float] | None = None) -> Pulled:
    return pulling.pull(database, wanted, now=lambda: NOW, sleep=(waits if waits is not None else []).append)


def by_sevens(monkeypatch: pytest.MonkeyPatch, vendor: str) -> None:
    monkeypatch.setattr(type(VENDORS[vendor]), "page_rows", 7)


@pytest.mark.parametrize("vendor", LINKS)
def test_all_pages_become_one_complete_import(
    workspace: int, database: Engine, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    by_sevens(monkeypatch, vendor)
    service = Service(vendor, 25)
    with served(monkeypatch, service):
        made = pulled(database, order(vendor))
    assert service.wrong == []
    assert (made.rows, made.complete, made.requests) == (25, True, len(service.seen))
    assert made.requests >= 4
    with Session(database) as session:
        sources = session.exec(select(Backlink.source_url)).all()
        assert sorted(filter(None, sources)) == sorted(each["from"] for each in service.links)
        (stored,) = session.exec(select(LinkImport)).all()
        assert (stored.vendor, stored.scope, stored.as_of, stored.rejected) == (vendor, "all", NOW.date(), 0)
        assert session.exec(select(func.count()).where(LinkPullPage.body.is_not(None))).one() == 0  # type: ignore[union-attr]


@pytest.mark.parametrize("vendor", LINKS)
def test_fewer_rows_than_there_are_is_a_sample(
    lone: Engine, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    by_sevens(monkeypatch, vendor)
    service = Service(vendor, 25)
    with served(monkeypatch, service):
        made = pulled(lone, order(vendor, rows=10))
    assert (service.wrong, made.complete) == ([], False)
    assert made.rows in (10, 14)
    with Session(lone) as session:
        assert session.exec(select(LinkImport.scope)).all() == ["sample"]


def test_bing_is_asked_for_the_links_of_each_page(lone: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service("bing", 7)
    with served(monkeypatch, service):
        made = pulled(lone, order("bing"))
    assert (service.wrong, made.rows, made.complete, made.usd) == ([], 14, True, 0)
    with Session(lone) as session:
        targets = session.exec(select(Backlink.target_url).distinct()).all()
        assert sorted(filter(None, targets)) == [f"https://{SITE}/0", f"https://{SITE}/1"]
        assert session.exec(select(LinkImport.scope)).all() == ["sample"]


def test_open_page_rank_rates_the_domains_that_link(
    lone: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"https://site{n}.example/,https://{SITE}/" for n in range(130)]
    imported(lone, write(tmp_path / "a.csv", "\n".join(["source_url,target_url", *lines, ""])))
    service = Service("openpagerank", 0)
    with served(monkeypatch, service):
        made = pulled(lone, order("openpagerank"))
    assert (service.wrong, len(service.seen), made.rows) == ([], 2, 130)
    with Session(lone) as session:
        assert session.exec(select(func.count()).select_from(AuthorityValue)).one() == 130


TOO_FAST = {
    "ahrefs": (429, {"retry-after": "9"}, b'{"error": "Too many requests"}'),
    "dataforseo": (200, {}, b'{"status_code": 40202, "status_message": "Rate limit per minute exceeded."}'),
    "majestic": (429, {}, b"{}"),
    "semrush": (429, {}, b"slow down"),
    "bing": (400, {}, b'{"ErrorCode": 4, "Message": "ERROR!!! ThrottleUser"}'),
    "openpagerank": (429, {}, b'{"error": "Limit reached"}'),
}
NO_CREDIT = {
    "ahrefs": (403, {}, b'{"error": "Insufficient API units"}'),
    "dataforseo": (200, {}, b'{"status_code": 40210, "status_message": "Insufficient Funds."}'),
    "majestic": (200, {}, b'{"Code": "InsufficientRetrievalResUnits", "ErrorMessage": "no units"}'),
    "semrush": (200, {}, b"ERROR 132 :: API UNITS BALANCE IS ZERO"),
}


@pytest.mark.parametrize("vendor", LINKS)
def test_a_vendor_that_is_asked_too_fast_is_waited_for(
    lone: Engine, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    service, waits = Service(vendor, 3), []
    service.trouble = [TOO_FAST[vendor], (503, {}, b"later")]
    with served(monkeypatch, service):
        made = pulled(lone, order(vendor), waits)
    assert made.rows == 3
    assert len(waits) == 2
    assert waits[0] == (9 if vendor == "ahrefs" else 2)


@pytest.mark.parametrize("vendor", LINKS)
def test_without_credit_nothing_is_lost_and_nothing_counts_as_paid(
    lone: Engine, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    service = Service(vendor, 3)
    service.trouble = [NO_CREDIT[vendor]]
    with served(monkeypatch, service), pytest.raises(EngineError, match="no credit left"):
        pulled(lone, order(vendor))
    with Session(lone) as session:
        assert session.exec(select(func.sum(LinkPullPage.usd))).one() == 0
    with served(monkeypatch, service):
        assert pulled(lone, order(vendor)).rows == 3


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_wrong_key_is_said_and_never_shown(
    lone: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    imported(
        lone, write(tmp_path / "a.csv", f"source_url,target_url\nhttps://one.example/,https://{SITE}/\n")
    )
    with (
        served(monkeypatch, Service(vendor, 3), key="another:wrong-key-99"),
        pytest.raises(EngineError, match=f"{vendor} refused") as refused,
    ):
        pulled(lone, order(vendor))
    assert "wrong-key" not in str(refused.value)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_key_goes_to_its_vendor_only(lone: Engine, monkeypatch: pytest.MonkeyPatch, vendor: str) -> None:
    service = Service(vendor, 3)
    with served(monkeypatch, service):
        monkeypatch.delenv("CITELIFT_ALLOWED_HOSTS")
        with pytest.raises(UsageError, match="to another host"):
            pulled(lone, order(vendor))
    assert service.seen == []


def test_a_redirect_is_not_followed_with_the_key(lone: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    service, elsewhere = Service("ahrefs", 3), Service("ahrefs", 3)
    with running(elsewhere) as other, served(monkeypatch, service):
        service.trouble = [(302, {"location": f"{other}/site-explorer/all-backlinks"}, b"{}")]
        with pytest.raises(EngineError, match="HTTP 302"):
            pulled(lone, order("ahrefs"))
    assert elsewhere.seen == []


def test_the_budget_ends_a_pull_before_it_is_passed_and_more_goes_on(
    lone: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_sevens(monkeypatch, "dataforseo")
    service = Service("dataforseo", 25)
    with served(monkeypatch, service):
        with pytest.raises(BudgetError, match=r"14 rows for 0\.04"):
            pulled(lone, order("dataforseo", budget=0.05))
        assert len(service.seen) == 2
        made = pulled(lone, order("dataforseo", budget=0.2))
    assert (made.rows, len(service.seen), made.complete) == (25, 4, True)
    assert made.usd == pytest.approx(4 * 0.02 + 25 * 0.00003)


def test_what_the_budget_paid_for_can_be_imported_as_it_is(
    lone: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_sevens(monkeypatch, "dataforseo")
    service = Service("dataforseo", 25)
    with served(monkeypatch, service):
        with pytest.raises(BudgetError):
            pulled(lone, order("dataforseo", budget=0.05))
        made = pulled(lone, order("dataforseo", rows=14, budget=0.05))
    assert (made.rows, made.complete, len(service.seen)) == (14, False, 2)


def test_a_plan_asks_nothing_and_knows_the_price(lone: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.reading(lone) as session:
        planned = pulling.plan(session, order("dataforseo", rows=2_500), NOW)
        assert (planned.requests, planned.usd) == (3, pytest.approx(3 * 0.02 + 2_500 * 0.00003))
        with pytest.raises(UsageError, match="depends on your plan"):
            pulling.plan(session, Order(VENDORS["ahrefs"], 1, SITE, 10, 1.0), NOW)


def test_a_page_without_an_end_counts_as_paid_and_is_asked_again(
    lone: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service("dataforseo", 3)
    with served(monkeypatch, service):
        monkeypatch.setattr(pulling, "TIMEOUT", 0.2)
        service.hold = threading.Event()
        with pytest.raises(EngineError, match="may have been paid"):
            pulled(lone, order("dataforseo"))
        service.hold.set()
        monkeypatch.setattr(pulling, "TIMEOUT", 10)
        made = pulled(lone, order("dataforseo", rows=3))
    assert (made.rows, made.requests) == (3, 2)
    assert made.usd == pytest.approx(0.02 + 1_000 * 0.00003 + 0.02 + 3 * 0.00003)


KILLED = """
import sys
from datetime import UTC, datetime
from tracker import store
from tracker.links.pull import pulling
from tracker.links.pull.vendors import VENDORS, RefusedError
type(VENDORS["majestic"]).page_rows = 7
order = pulling.Order(VENDORS["majestic"], 1, "acme-widgets.example", 1000, 9.0, 0.001)
pulling.pull(store.open_database(sys.argv[1]), order, now=lambda: datetime.now(UTC))
"""


def test_a_pull_that_is_killed_goes_on_behind_the_last_page(
    lone: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_sevens(monkeypatch, "majestic")
    service = Service("majestic", 25)
    service.hold, service.pages_before_hold = threading.Event(), 2
    with served(monkeypatch, service):
        url = lone.url.render_as_string(hide_password=False)
        process = subprocess.Popen([sys.executable, "-c", KILLED, url], cwd=ROOT, env=dict(os.environ))
        until = time.monotonic() + 60
        while len(service.seen) < 3 and time.monotonic() < until:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        service.hold.set()
        made = pulling.pull(lone, order("majestic"), now=lambda: datetime.now(UTC))
    offsets = [query["From"] for _, query in service.seen]
    assert offsets == ["0", "7", "14", "14", "21"]
    assert (made.rows, made.complete, made.requests) == (25, True, 5)
    assert made.units == pytest.approx(5 * 7)  # the page that nobody saw the end of counts


def test_a_pull_that_died_between_import_and_its_end_stores_nothing_twice(
    lone: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service("semrush", 5)
    with served(monkeypatch, service):
        with monkeypatch.context() as broken:
            broken.setattr(pulling.Pulled, "__init__", _dies)
            broken.setattr(pulling, "_closed", _dies)
            with pytest.raises(KeyboardInterrupt):
                pulled(lone, order("semrush"))
        made = pulled(lone, order("semrush"))
    assert made.stored is not None
    assert (made.stored.stored, made.stored.already_there, len(service.seen)) == (0, 5, 1)


def _dies(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_pull_that_lay_for_days_begins_anew(lone: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    by_sevens(monkeypatch, "dataforseo")
    service = Service("dataforseo", 10)
    with served(monkeypatch, service):
        with pytest.raises(BudgetError):
            pulled(lone, order("dataforseo", budget=0.03))
        later = NOW + timedelta(days=4)
        made = pulling.pull(lone, order("dataforseo"), now=lambda: later, sleep=lambda _: None)
    assert (made.rows, made.requests) == (10, 2)


def test_two_pulls_of_the_same_links_do_not_pay_twice(lone: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling.leases, "take", lambda *_: False)
    with served(monkeypatch, Service("ahrefs", 3)), pytest.raises(EngineError, match="another process"):
        pulled(lone, order("ahrefs"))


def test_a_target_without_links_stores_nothing(lone: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(monkeypatch, Service("semrush", 0)):
        made = pulled(lone, order("semrush"))
    assert (made.rows, made.complete, made.stored) == (0, True, None)


@pytest.mark.parametrize("status", [200, 429, 502])
@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"busy"', b"<html>busy</html>", b"\xff\xfe"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_what_is_no_reply_of_the_vendor_is_refused_and_waited_for_where_it_says_so(
    vendor: str, body: bytes, status: int
) -> None:
    with pytest.raises(RefusedError) as refused:
        VENDORS[vendor].read(status, {}, body, {"domains": ["example.org"]}, 10)
    assert refused.value.too_fast is (status == 429)
