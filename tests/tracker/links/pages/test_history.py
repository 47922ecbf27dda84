"""Why a link is lost, and when a loss counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tracker.errors import UsageError
from tracker.links.pages.history import LOST_REASONS, Look, Verdict, confirm, look, lost_reason
from tracker.links.web.fetch import Refused
from tracker.links.web.safety import REASONS

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ACME = 1

BEFORE = Look(NOW, "fetched", 200, final_url="https://blog.test/p", present=True, follows=True)
AFTER = replace(BEFORE, at=NOW + timedelta(days=5))


def refused(reason: str) -> Look:
    return Look(AFTER.at, "refused", reason=reason)


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (AFTER, None),
        (replace(AFTER, present=False, follows=False), "removed"),
        (replace(AFTER, present=False, final_url="https://blog.test/"), "redirected"),
        (replace(AFTER, present=False, final_url="http://www.blog.test/p/"), "removed"),
        (replace(AFTER, final_url="https://blog.test/moved"), None),
        (replace(AFTER, status=404, present=False), "not_found"),
        (replace(AFTER, status=410, present=False), "gone"),
        (replace(AFTER, status=500, present=False), None),
        (replace(AFTER, status=503, present=False), None),
        (replace(AFTER, status=403, present=False), None),
        (replace(AFTER, status=429, present=False), None),
        (replace(AFTER, state="barred", reason="challenge", present=False), None),
        (replace(AFTER, state="barred", reason="consent", present=False), None),
        (replace(AFTER, state="barred", reason="shell", present=False), None),
        (replace(AFTER, noindex=True), "noindex"),
        (replace(AFTER, canonical_elsewhere=True), "canonical_elsewhere"),
        (replace(AFTER, follows=False), "nofollowed"),
        (replace(AFTER, hidden=True), "hidden"),
        (replace(AFTER, state="not_modified", status=304, present=False), None),
        (refused("dns"), None),
        (refused("robots_disallowed"), None),
        (refused("unsafe_redirect"), None),
    ],
)
def test_a_loss_has_its_reason(now: Look, reason: str | None) -> None:
    assert lost_reason(BEFORE, now) == reason
    assert reason is None or reason in LOST_REASONS


def test_what_was_never_there_is_not_lost() -> None:
    gone = replace(AFTER, present=False)
    assert lost_reason(replace(BEFORE, present=False), gone) is None
    assert lost_reason(replace(BEFORE, noindex=True), replace(AFTER, noindex=True)) is None
    assert lost_reason(replace(BEFORE, follows=False), replace(AFTER, follows=False)) is None


@pytest.mark.parametrize("reason", REASONS)
def test_what_was_refused_says_nothing_of_a_link(reason: str) -> None:
    refusal = Refused("https://blog.test/p", NOW, reason, "x")  # type: ignore[arg-type]
    assert lost_reason(BEFORE, look(refusal, ACME)) is None


def looks(story: str) -> list[Look]:
    """A letter a day: L live, x removed, 5 a server error, B blocked, n not modified, ? too soon, . none."""
    kinds = {
        "L": BEFORE,
        "x": replace(BEFORE, present=False, follows=False),
        "5": replace(BEFORE, status=500, present=False, follows=False),
        "n": replace(BEFORE, state="not_modified", status=304, present=False, follows=False),
        "B": replace(BEFORE, state="barred", reason="challenge", status=403, present=False),
        "?": refused("too_soon"),
    }
    return [replace(kinds[c], at=NOW + timedelta(days=i)) for i, c in enumerate(story) if c != "."]


@pytest.mark.parametrize(
    ("story", "state", "since", "reason"),
    [
        ("", "unknown", None, None),
        ("?", "unknown", None, None),
        ("x", "unknown", None, None),
        ("L", "live", 0, None),
        ("Ln", "live", 0, None),
        ("Lx", "suspected", 1, "removed"),
        ("Lxx", "suspected", 1, "removed"),
        ("L5xL", "live", 3, None),
        ("L5..5", "live", 0, None),
        ("LB..B", "live", 0, None),
        ("LxB.x", "lost", 1, "removed"),
        ("Lxxxx", "lost", 1, "removed"),
        ("Lx..x", "lost", 1, "removed"),
        ("Lx..?", "suspected", 1, "removed"),
        ("Lx.?x", "lost", 1, "removed"),
        ("Lx..n", "lost", 1, "removed"),
        ("L5..x", "suspected", 4, "removed"),
        ("L5..L", "live", 0, None),
        ("L5..Lx", "suspected", 5, "removed"),
        ("Lx..xL", "live", 5, None),
        ("xxL", "live", 2, None),
    ],
)
def test_a_loss_counts_when_seen_twice_three_days_apart(
    story: str, state: str, since: int | None, reason: str | None
) -> None:
    start = None if since is None else NOW + timedelta(days=since)
    assert confirm(looks(story)) == Verdict(state, start, reason, len(story.replace(".", "")))  # type: ignore[arg-type]
    assert confirm(reversed(looks(story))) == confirm(looks(story))


def test_the_days_apart_can_be_chosen_and_are_positive() -> None:
    assert confirm(looks("Lxx"), days=1).state == "lost"
    assert confirm(looks("Lx..x"), days=7).state == "suspected"
    with pytest.raises(UsageError, match="apart"):
        confirm([], days=0)
