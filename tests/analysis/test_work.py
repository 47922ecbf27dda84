"""What moved after work that brought its link."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from analysis import frames
from analysis.work import WEEKS, after_work
from tests.analysis.cli.test_answers import read, run
from tests.dashboard.worlds import PROMPTS
from tests.facts import Facts, week
from tracker import store
from tracker.links.prospects import Prospect, ProspectChange
from tracker.links.won import written


def a_world(database: Engine, weeks: int = 8) -> frames.World:
    """Norvane is named in two of eight prompts, and in six of them from the fifth week on."""
    facts = Facts(prompts=PROMPTS)
    for number in range(weeks):
        for place, prompt in enumerate(PROMPTS):
            for engine in facts.engines:
                named = ["Norvane"] if place < (6 if number >= 4 else 2) else []
                facts.answer(prompt, engine, week(number), named=named)
    facts.link("https://example.org/a", "https://norvane.com/", first=week(4, day=2))
    facts.store(database)
    return frames.world(database)


def record(began: Any) -> dict[str, Prospect]:
    return {"example.org": Prospect("example.org", "done", won_at=began)}


@pytest.mark.parametrize(
    ("began", "weeks", "moved"),
    [
        (week(4, day=2), 4, 0.5),
        (week(6), 2, 0.0),  # two weeks since, and the two before them were high already
        (week(2), 2, 0.0),  # there are no four weeks before
        (week(0), 0, None),
        (week(8), 0, None),
    ],
)
def test_as_many_weeks_before_are_compared_as_there_are_since(
    sqlite_database: Engine, began: Any, weeks: int, moved: float | None
) -> None:
    world = a_world(sqlite_database)
    found = after_work(sqlite_database, world, record(began))["example.org"]
    assert (found.weeks, found.whole) == (weeks, weeks == WEEKS)
    change = found.change
    assert (None if change is None else change.difference.estimate) == pytest.approx(moved)


def test_nothing_is_said_of_work_that_brought_nothing(sqlite_database: Engine) -> None:
    assert after_work(sqlite_database, a_world(sqlite_database), record(None)) == {}


def test_work_is_listed_with_what_came_of_it(sqlite_database: Engine) -> None:
    a_world(sqlite_database)
    with store.writing(sqlite_database) as session:
        what = ProspectChange(stage="done", owner="Ana", due="2026-04-01", value="300")
        written(session, 1, "example.org", what, now=week(5), who="ana")
        written(session, 1, "later.example", ProspectChange(stage="working"), now=week(5), who="ana")
    address = sqlite_database.url.render_as_string(hide_password=False)
    assert [row["domain"] for row in read(address, "work", "list")["rows"]] == ["later.example"]
    done, _ = read(address, "work", "list", "--closed")["rows"]
    assert (done["due"], done["value_usd"], done["won_at"][:10]) == ("2026-04-01", "300", "2026-04-01")
    assert (done["after"]["weeks"], done["after"]["difference"]) == (4, pytest.approx(0.5))
    assert "4 weeks each side" in " ".join(run(address, "work", "list", "--stage", "done").split())
