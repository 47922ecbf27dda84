"""What machines that watch `citelift serve` are told: alive, ready or not, and what the database holds."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, text

from dashboard import status
from tests.dashboard import worlds
from tracker import leases, store
from tracker.models import ArchivedWeek, EnginePace
from tracker.schedule import Clock


def get(port: int, path: str) -> tuple[int, str]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def samples(page: str) -> dict[tuple[str, ...], float]:
    """By name and the labels' values, in the order of the labels' names."""
    return {
        (each.name, *each.labels.values()): each.value
        for family in text_string_to_metric_families(page)
        for each in family.samples
    }


def test_metrics_are_what_the_database_holds(database: Engine) -> None:
    worlds.small(database)
    with status.told(Clock(database, {}, threading.Event()), "127.0.0.1", 0) as port:
        assert get(port, "/healthz") == (200, "ok\n")
        assert get(port, "/readyz") == (200, "ready\n")
        found = samples(get(port, "/metrics")[1])
    assert found["citelift_spent_dollars_total", "alpha", "ws1"] == pytest.approx(2 * 1.234567)
    assert found["citelift_reserved_dollars", "alpha", "ws1"] == 0
    assert found["citelift_newest_answer_seconds", "beta", "ws1"] == pytest.approx(worlds.week(5).timestamp())
    assert found["citelift_database_up",] == 1


def test_an_engine_that_is_left_alone_says_for_how_long(database: Engine) -> None:
    worlds.small(database)
    with store.writing(database) as session:
        until = leases.now(session) + timedelta(seconds=90)
        session.add(EnginePace(name="engine:100", failures=3, paused_until=until))
        session.add(EnginePace(name="engine:101", paused_until=until - timedelta(hours=1)))
        week = {"workspace_id": 1, "week": until.date(), "archived_at": until}
        session.add(ArchivedWeek(first_answer=0, last_answer=0, **week))
    with status.told(Clock(database, {}, threading.Event()), "127.0.0.1", 0) as port:
        found = samples(get(port, "/metrics")[1])
    assert found["citelift_engine_failures", "alpha", "ws1"] == 3
    assert 60 < found["citelift_engine_paused_seconds", "alpha", "ws1"] <= 90
    assert found["citelift_engine_paused_seconds", "beta", "ws1"] == 0
    assert found["citelift_archived_weeks", "ws1"] == 1


def test_failed_asks_are_counted_by_their_reason(database: Engine) -> None:
    worlds.failed(database)
    with status.told(Clock(database, {}, threading.Event()), "127.0.0.1", 0) as port:
        found = samples(get(port, "/metrics")[1])
    assert found["citelift_asks_failed_total", "alpha", "key refused", "ws1"] == 3
    assert found["citelift_asks", "beta", "failed", "ws1"] == 3


def test_a_database_that_cannot_be_used_is_not_ready_and_the_process_lives(sqlite_database: Engine) -> None:
    with status.told(Clock(sqlite_database, {}, threading.Event()), "127.0.0.1", 0) as port:
        with sqlite_database.connect() as connection:
            connection.execute(text("update alembic_version set version_num = '0001'"))
            connection.commit()
        code, words = get(port, "/readyz")
        assert (code, "schema 0001" in words) == (503, True)
        with sqlite_database.connect() as connection:
            connection.execute(text("alter table ask rename to gone"))
            connection.commit()
        assert get(port, "/healthz") == (200, "ok\n")
        assert samples(get(port, "/metrics")[1])["citelift_database_up",] == 0
        assert get(port, "/other")[0] == 404
