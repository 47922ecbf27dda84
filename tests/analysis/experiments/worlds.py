"""A workspace with an experiment in it, from the first answer to the last."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Engine

from analysis import frames, trials
from tests.facts import Facts, week
from tracker import experiments, store

SITES = tuple(f"site{i}.org" for i in range(1, 15))
PROMPTS = tuple(f"prompt {i}" for i in range(6))
START = date(2026, 4, 29)
"""A Wednesday of the ninth week: the eight weeks before it are whole."""
NAME = "Spring"


def answered(database: Engine, weeks: int = 21, lift: float = 0.0, drawn: tuple[str, ...] = ()) -> Facts:
    """Answers that each cite some of the sites; where a drawn one is cited from week 12 on, it may work."""
    draw = np.random.default_rng(7)
    facts = Facts(prompts=PROMPTS, engines=("alpha",))
    for number in range(weeks):
        for prompt in PROMPTS:
            for repeat in range(6):
                cited = [site for i, site in enumerate(SITES) if draw.random() < 0.16 - 0.005 * i]
                works = number >= 12 and bool(set(cited) & set(drawn))
                named = ["Norvane"] if draw.random() < 0.3 + lift * works else []
                urls = [f"https://{site}/best" for site in cited]
                facts.answer(prompt, "alpha", week(number), named=named, cited=urls, repeat=repeat)
    for site in drawn:
        facts.link(f"https://{site}/best", "https://norvane.com/", first=week(9))
    facts.store(database)
    return facts


def started(database: Engine, seed: str = "witnessed", **draft: Any) -> dict[str, Any]:
    """The protocol of an experiment that started on `START`."""
    world = frames.world(database)
    now = datetime(START.year, START.month, START.day, 10, tzinfo=UTC)
    asked = trials.ExperimentDraft(**({"name": NAME, "sources": SITES, "settle": 4, "weeks": 8} | draft))
    made = trials.propose(database, world, asked, today=START)
    with store.writing(database) as session:
        experiments.draft(session, world.id, NAME, made, now=now)
    fixed = trials.protocol(database, world, made, seed, today=START)
    with store.writing(database) as session:
        experiments.start(session, world.id, NAME, fixed, now=now)
    return fixed


def drawn_of(protocol: dict[str, Any]) -> tuple[str, ...]:
    return tuple(pair[pair["drawn"][0]] for pair in protocol["pairs"])


def after(days: int = 0) -> date:
    """A day after the window."""
    return START + timedelta(weeks=13, days=days)
