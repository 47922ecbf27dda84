"""What came after work that brought its link: the own brand's mention rate before and since.

The week in which the link began counts as since; as many weeks before it as there are since, up to `WEEKS` on
each side, compared as `analysis.changes.compare_periods` compares two periods. It says what moved after, on
all answers of the workspace, and never why: links of one's own choosing differ from others in more than the
link. What is behind several of them, and against brands without, is `analysis.events`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Engine

from analysis import frames
from analysis.changes import WeekChange, compare_periods
from analysis.frames import Scope, World
from tracker.links.prospects import Prospect
from tracker.weeks import week_of

WEEKS = 4


@dataclass(frozen=True)
class After:
    """Before and since one link.

    Attributes
    ----------
    since : date
        Monday of the week in which the link began.
    weeks : int
        Weeks that are compared with as many before: those since then, that one among them, up to `WEEKS`.
    change : WeekChange or None
        Of the own brand's mention rate; None while nothing was asked since, or as long before.
    """

    site: str
    since: date
    weeks: int
    change: WeekChange | None

    @property
    def whole(self) -> bool:
        """Whether all weeks that will be compared are there."""
        return self.weeks == WEEKS

    def as_json(self) -> dict[str, object]:
        change = self.change
        moved = None if change is None else change.difference
        return {
            "since": self.since.isoformat(),
            "weeks": self.weeks,
            "before": None if change is None else change.before,
            "after": None if change is None else change.after,
            "difference": None if moved is None else moved.estimate,
            "low": None if moved is None else moved.low,
            "high": None if moved is None else moved.high,
            "verdict": None if change is None else change.verdict,
        }


def after_work(database: Engine, world: World, records: Mapping[str, Prospect]) -> dict[str, After]:
    """Of every record whose link is there (`won_at`), by site."""
    known = frames.weeks(database, world)
    return {
        name: _after(database, world, known, name, week_of(record.won_at, world.timezone))
        for name, record in records.items()
        if record.won_at is not None
    }


def _after(database: Engine, world: World, known: list[date], name: str, since: date) -> After:
    there = [week for week in known if since <= week < since + timedelta(weeks=WEEKS)]
    if not there or world.own is None:
        return After(name, since, len(there), None)
    weeks = min((there[-1] - since).days // 7 + 1, (since - known[0]).days // 7)
    if not weeks:
        return After(name, since, 0, None)
    last = since + timedelta(weeks=weeks - 1)
    found = compare_periods(database, world, Scope(), weeks=weeks, last=last, measures=("mention_rate",))
    return After(name, since, weeks, next((change for change in found if change.own), None))
