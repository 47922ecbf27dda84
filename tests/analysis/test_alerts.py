"""Alerts tell a move once, say how likely it is noise, and see companies that nobody tracks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine

from analysis import alerts as told
from analysis import frames
from analysis.alerts import MoveAlert, alerts
from analysis.watch import Watched
from tests.facts import BRANDS, Facts, week

PROMPTS = tuple(f"prompt {i}" for i in range(8))
TOPICS = {prompt: "price" if i < 4 else "support" for i, prompt in enumerate(PROMPTS)}
ENGINES = ("alpha", "beta")


def weekly(
    rate: Callable[[int, str, str], float],
    weeks: int,
    *,
    seed: int = 0,
    newcomer: Callable[[int], float] = lambda number: 0.0,
    served: Callable[[int, str], str] = lambda number, engine: "m1",
) -> Facts:
    """The own brand's chance to be named by week, engine and topic; its rival's stays at one half."""
    draw = np.random.default_rng(seed)
    facts = Facts(prompts=PROMPTS, topics=TOPICS, engines=ENGINES, brands=BRANDS[:2])
    for number in range(weeks):
        for prompt in PROMPTS:
            for engine in ENGINES:
                for repeat in range(5):
                    chances = (("Norvane", rate(number, engine, TOPICS[prompt])), ("Oltera", 0.5))
                    named = [name for name, p in chances if draw.random() < p]
                    beside = ["Pipewell"] if draw.random() < newcomer(number) else []
                    text = "\n".join(f"- **{name}** – fine" for name in [*named, *beside]) or "None."
                    facts.answer(
                        prompt,
                        engine,
                        week(number),
                        named=named,
                        repeat=repeat,
                        text=text,
                        served=served(number, engine),
                    )
    return facts


def seen_by(database: Engine, last: int, *, names: bool = False) -> list[MoveAlert]:
    return alerts(database, frames.world(database), last=week(last).date(), untracked_names=names)


def test_a_rise_is_told_with_one_id_from_the_week_it_is_sure(sqlite_database: Engine) -> None:
    weekly(lambda number, engine, topic: 0.2 if number < 12 else 0.5, 18).store(sqlite_database)
    ids: dict[int, set[str]] = {}
    for last in (11, 13, 15, 17):
        mine = [
            a
            for a in seen_by(sqlite_database, last)
            if (a.brand, a.topic, a.engine) == ("Norvane", None, None)
        ]
        ids[last] = {a.id for a in mine if a.measure == "mention_rate"}
        assert all(a.new == (a.told == week(last).date()) for a in mine)
    assert not ids[11]
    assert len(set().union(*ids.values())) == 1
    assert ids[15] == ids[17] != set()
    (own, *_) = seen_by(sqlite_database, 17)
    assert (own.kind, own.way, own.own) == ("rate", "up", True)
    assert abs((own.since - week(12).date()).days) <= 7
    assert (own.before, own.after) == (pytest.approx(0.2, abs=0.06), pytest.approx(0.5, abs=0.06))
    assert own.difference.low is not None
    assert own.difference.low > 0.15
    assert own.noise <= 0.05
    assert own.words.startswith("Norvane's ")
    assert " rose about " in own.words
    assert "is noise." in own.words


def test_a_move_on_one_engine_or_topic_is_told_of_it(sqlite_database: Engine) -> None:
    weekly(
        lambda number, engine, topic: 0.6 if number < 12 or (engine, topic) != ("beta", "price") else 0.0, 18
    ).store(sqlite_database)
    found = {(a.engine, a.topic) for a in seen_by(sqlite_database, 17) if a.brand == "Norvane"}
    assert {("beta", None), (None, "price")} <= found
    assert not found & {("alpha", None), (None, "support")}


def test_another_model_is_no_alert(sqlite_database: Engine) -> None:
    weekly(
        lambda number, engine, topic: 0.2 if number < 12 else 0.6,
        18,
        served=lambda number, engine: "m1" if number < 12 else "m2",
    ).store(sqlite_database)
    assert seen_by(sqlite_database, 17) == []


def test_a_company_nobody_tracks_is_told_when_it_comes(sqlite_database: Engine) -> None:
    weekly(lambda number, engine, topic: 0.5, 18, newcomer=lambda number: 0.0 if number < 12 else 0.5).store(
        sqlite_database
    )
    (one,) = seen_by(sqlite_database, 17, names=True)
    assert (one.kind, one.brand, one.own, one.before) == ("new rival", "Pipewell", False, 0.0)
    assert "which nobody tracks" in one.words
    assert seen_by(sqlite_database, 11, names=True) == []
    assert seen_by(sqlite_database, 17) == []


def test_a_name_that_is_always_there_is_no_newcomer(sqlite_database: Engine) -> None:
    weekly(lambda number, engine, topic: 0.4, 18, newcomer=lambda number: 0.5).store(sqlite_database)
    assert seen_by(sqlite_database, 17, names=True) == []


def test_a_workspace_without_answers_has_no_alerts(sqlite_database: Engine) -> None:
    Facts().store(sqlite_database)
    assert alerts(sqlite_database, frames.world(sqlite_database)) == []


@pytest.mark.parametrize(
    ("sure", "first"),
    [
        ((5, 6, 7), 5),
        ((1, 5, 6, 7), 1),
        ((0, 5, 6, 7), 5),
        ((2, 7), 7),
        ((3, 7), 3),
        ((), None),
    ],
)
def test_an_alert_that_was_silent_for_a_month_is_a_new_one(sure: Sequence[int], first: int | None) -> None:
    weeks = [week(number).date() for number in range(8)]
    noise = np.ones(8)
    noise[list(sure)] = 0.01
    found = told._alert(_thing(weeks), weeks, noise)
    assert (found and found.told) == (None if first is None else weeks[first])


def _thing(weeks: Sequence[date]) -> told.WatchedThing:
    columns = pd.MultiIndex.from_product([range(8), (1,)], names=["prompt_id", "engine"])
    rates = pd.DataFrame(np.tile(np.linspace(0, 0.7, 8)[:, None], (1, 8)), weeks, columns)
    seen = Watched(np.ones(8), np.full(8, 99.0), np.minimum(np.arange(8), 3))
    return told.WatchedThing("rate", "Norvane", True, "mention_rate", None, None, rates, seen, {})
