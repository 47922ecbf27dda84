"""A year of weekly looks at which nothing happens, and one with planted changes: how often alerts are told.

    python -m tests.bench.bench_alerts [YEARS]

Each null year is 52 weeks of answers with constant rates, which differ between prompts; alerts are found and
stored after each week, as `citelift serve` does. Then years with a rise, a fall, an engine that stops
searching, and one that changes its model.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

import numpy as np

from analysis import alarms, frames
from tests.facts import Facts, week
from tracker import store
from tracker.notify import telling

PROMPTS = tuple(f"prompt {number}" for number in range(20))
BRANDS = (("Norvane", "norvane.com"), ("Oltera", "oltera.com"), ("Quillo", "quillo.io"))
WEEKS, REPEATS, START = 52, 3, 30


def year(seed: int, plant: str = "") -> Counter[tuple[str, int]]:
    """Alerts by kind and the week in which they were told."""
    rng = np.random.default_rng(seed)
    base = rng.beta(2, 3, (len(BRANDS), len(PROMPTS)))
    told: Counter[tuple[str, int]] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        database = store.open_database(f"sqlite:///{Path(folder) / 'y.db'}")
        for number in range(WEEKS):
            facts = Facts(brands=BRANDS, prompts=PROMPTS)
            facts.first_answer = 1 + number * len(PROMPTS) * REPEATS * 2
            after = number >= START
            for place, prompt in enumerate(PROMPTS):
                for engine in ("alpha", "beta"):
                    for repeat in range(REPEATS):
                        rates = base[:, place].copy()
                        if after and plant in ("up", "down"):
                            rates[0] = np.clip(rates[0] + (0.2 if plant == "up" else -0.2), 0, 1)
                        named = [b[0] for b, p in zip(BRANDS, rates, strict=True) if rng.random() < p]
                        hit = engine == "alpha" and after
                        searched = not (hit and plant == "search") and rng.random() < 0.95
                        served = "m2" if hit and plant == "model" else "m1"
                        facts.answer(
                            prompt,
                            engine,
                            week(number),
                            named=named,
                            repeat=repeat,
                            searched=searched,
                            served=served,
                        )
            if number:
                facts.rows = {t: r for t, r in facts.rows.items() if t.__name__ in ("Answer", "Mention")}
                for row in next((r for t, r in facts.rows.items() if t.__name__ == "Mention"), []):
                    row.pop("id", None)
            facts.store(database)
            world = frames.world(database)
            now = week(number) + timedelta(days=7)
            found = alarms.alarms(database, world, now, untracked_names=False)
            with store.writing(database) as session:
                for alarm in telling.note(session, world.id, found, now):
                    told[alarm.kind, number] += 1
        database.dispose()
    return told


def main(years: int) -> None:
    false = [year(seed) for seed in range(years)]
    loud = sum(bool(each) for each in false)
    print(f"null: {loud} of {years} years with any alert ({sum(sum(c.values()) for c in false)} alerts)")
    for plant, kind in (("up", "move"), ("down", "move"), ("search", "search"), ("model", "model")):
        told = year(1000, plant)
        first = min((w for k, w in told if k == kind and w >= START), default=None)
        when = "not found" if first is None else f"told {first - START + 1} week(s) after it began"
        print(f"{plant}: {when}; all: {dict(told)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
