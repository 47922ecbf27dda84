"""Pages that are read in a process of their own say what they say here, and survive its death."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.tracker.links.pages.served import LINK, article
from tracker.links.pages import readers
from tracker.links.pages.look import Target, check
from tracker.links.pages.readers import MANY, Readers
from tracker.links.web.fetch import Fetched, Refused
from tracker.mentions import BrandNames, Finder

AT = datetime(2026, 6, 1, tzinfo=UTC)
TARGETS = (Target(1, ("norvane.com",)), Target(2, ("oltera.com",)))
BRANDS = (BrandNames(1, "Norvane"), BrandNames(2, "Oltera"))
URL = "https://blog.example/post"
PAGE = Fetched(URL, URL, AT, 200, article(f"<p>We like {LINK}, and Oltera too.</p>"))
HERE = check(PAGE, targets=TARGETS, finder=Finder(BRANDS))


@pytest.fixture(scope="module")
def beside() -> Iterator[Readers]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "cpu_count", lambda: 2)
        with Readers(TARGETS, BRANDS, pages=MANY) as several:
            yield several


def test_a_page_read_beside_says_what_it_says_here(beside: Readers) -> None:
    assert len(beside._children) == 1
    assert HERE.links
    assert [each.brand for each in HERE.listings] == [1, 2]
    assert beside.read(PAGE) == HERE
    refused = Refused(URL, AT, "dns", "no such name")
    assert beside.outcome(refused).outcome == refused


def test_few_pages_start_no_process() -> None:
    with Readers(TARGETS, BRANDS, pages=MANY - 1) as few:
        assert few._children == []
        assert few.read(PAGE) == HERE


def test_what_a_process_dies_of_is_read_here_and_so_are_all_that_follow(
    beside: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    (only,) = beside._children
    os.kill(only.pid, signal.SIGKILL)
    assert [beside.read(PAGE) for _ in range(3)] == [HERE] * 3
    assert only.returncode == -signal.SIGKILL

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(readers, "check", broken)
    with pytest.raises(ZeroDivisionError):
        beside.read(PAGE)
