"""Visibility over a million answers and eight million citations, read from the roll-ups.

    python -m tests.bench.bench_visibility [--quick]

Two shapes of growth from 10,000 to 1,000,000 answers: the same prompts asked more often (the whole history is
read), and ten times the weeks as well (the last twelve weeks are read). Exit code 1 if a reading of
visibility takes more than twice as long. Sources are shown and not judged: 80,000 citations do not yet reach
every domain × engine × week that 8,000,000 do. Times are the best of five: another process on the machine can
only add to them."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Engine, text

from analysis import frames
from analysis import visibility as v
from analysis.frames import Scope
from tracker import domains, store
from tracker.answers import rollups

PROMPTS, ENGINES, BRANDS, DOMAINS = 100, 4, 8, 2_000
CITED = 8
START = date(2021, 1, 4)
LIMIT = 2.0


@dataclass(frozen=True)
class Shape:
    name: str
    weeks: int
    repeats: int

    @property
    def answers(self) -> int:
        return PROMPTS * ENGINES * self.weeks * self.repeats


def build(folder: Path, shape: Shape) -> Engine:
    """Answers named and cited at random, written by the database itself."""
    database = store.open_database(f"sqlite:///{folder / f'{shape.answers}-{shape.weeks}.db'}")
    sites = [f"site{i}.com" for i in range(DOMAINS)]
    with store.writing(database) as session:
        run = session.connection().execute
        session.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        run(text("insert into workspace (id, name) values (1, 'bench')"))
        for table, rows in _small(sites).items():
            names = ", ".join(rows[0])
            marks = ", ".join(f":{name}" for name in rows[0])
            run(text(f"insert into {table} ({names}) values ({marks})"), rows)
        weeks = [{"n": i, "day": START + timedelta(weeks=i)} for i in range(shape.weeks)]
        run(text("create temp table week_of (n integer primary key, day date)"))
        run(
            text("insert into week_of values (:n, :day)"),
            [{"n": w["n"], "day": str(w["day"])} for w in weeks],
        )
        run(text(_ANSWERS), {"total": shape.answers, "weeks": shape.weeks})
        run(text(_CITATIONS.format(count=CITED)), {"domains": DOMAINS, "total": shape.answers})
        run(text(_MENTIONS), {"brands": BRANDS})
        run(text("drop table week_of"))
    return database


def _small(sites: list[str]) -> dict[str, list[dict[str, object]]]:
    ws = {"workspace_id": 1, "active": True}
    return {
        "brand": [
            {
                **ws,
                "id": i + 1,
                "key": f"b{i}",
                "name": f"Brand {i}",
                "own": i == 0,
                "aliases": "[]",
                "not_phrases": "[]",
                "domains": f'["{sites[i]}"]',
            }
            for i in range(BRANDS)
        ],
        "engine": [
            {
                **ws,
                "id": i + 1,
                "name": f"engine {i}",
                "model": "m",
                "surface": "api",
                "repeats": 1,
                "options": "{}",
                "imported": False,
            }
            for i in range(ENGINES)
        ],
        "prompt": [
            {
                **ws,
                "id": i + 1,
                "key": f"p{i}",
                "text": f"question {i}",
                "topic": f"topic {i % 5}",
                "weight": 1.0,
                "version": 1,
                "imported": False,
            }
            for i in range(PROMPTS)
        ],
        "domain": [{"id": domains.domain_id(name), "name": name} for name in sites],
    }


_ANSWERS = f"""
with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < :total)
insert into answer (id, workspace_id, prompt_id, engine_id, fingerprint, repeat, asked_at, week, model,
    served_model, surface, shape, text, search_used, citations_known, reader_version)
select i + 1, 1, 1 + i % {PROMPTS}, 1 + i / {PROMPTS} % {ENGINES}, 'a' || i,
    i / ({PROMPTS} * {ENGINES} * :weeks), day || ' 09:00:00.000000', day, 'm', 'm1', 'api', 'chat',
    'An answer of some length, as answers are.', 1, 1, ''
from n join week_of on week_of.n = i / ({PROMPTS} * {ENGINES}) % :weeks
"""
_CITATIONS = """
with recursive n(k) as (select 1 union all select k + 1 from n where k < {count}),
    d(i, id) as (select row_number() over (order by name) - 1, id from domain)
insert into citation (workspace_id, answer_id, domain_id, kind, position, url)
select 1, a.id, d.id, 'cited', k, 'https://site.example.com/a-page-of-some-length'
from answer a cross join n join d on d.i = abs(a.id * 2654435761 + k * 40503 + a.id / 7 * k) % :domains
"""
_MENTIONS = """
with recursive n(b) as (select 1 union all select b + 1 from n where b < :brands)
insert into mention (workspace_id, answer_id, brand_id, position, count, first_offset, stance)
select 1, a.id, b, b, 1, 0, 'named' from answer a cross join n
where abs(a.id * 48271 + b * 69621 + a.id / 3) % 5 < 2
"""


def seconds(work: Callable[[], object], times: int = 5) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def measure(folder: Path, shape: Shape) -> dict[str, float]:
    start = time.perf_counter()
    database = build(folder, shape)
    built = time.perf_counter() - start
    start = time.perf_counter()
    with store.writing(database) as session:
        rollups.rebuild(session, 1)
    rebuilt = time.perf_counter() - start
    last = START + timedelta(weeks=shape.weeks - 1)
    with store.writing(database) as session:
        start = time.perf_counter()
        rollups.update(session, 1, weeks=[last])
        updated = time.perf_counter() - start
    world = frames.world(database)
    window = Scope(first=last - timedelta(weeks=11), last=last)
    found = {
        "headline": seconds(lambda: v.table(database, world)),
        "by engine, topic, week": seconds(
            lambda: v.table(database, world, by=("engine", "topic", "week")), 3
        ),
        "last 12 weeks by week": seconds(lambda: v.table(database, world, window, ("week",))),
        "sources of 12 weeks": seconds(lambda: frames.sources(database, world, window, ("engine",))),
    }
    database.dispose()
    print(
        f"{shape.name}: {shape.answers:,} answers, {shape.answers * CITED:,} citations, {shape.weeks} "
        "weeks; built in "
        f"{built:.0f} s, rolled up in {rebuilt:.1f} s, one week updated in {updated:.2f} s"
    )
    return found


def main() -> int:
    most = 100_000 if "--quick" in sys.argv else 1_000_000
    small = Shape("small", 25, 1)
    often = Shape("more repeats", 25, most // (PROMPTS * ENGINES * 25))
    longer = Shape("more weeks", 250, most // (PROMPTS * ENGINES * 250))
    worst = 0.0
    with tempfile.TemporaryDirectory() as name:
        base = measure(Path(name), small)
        for shape, kept in ((often, tuple(base)), (longer, ("last 12 weeks by week", "sources of 12 weeks"))):
            found = measure(Path(name), shape)
            for key in kept:
                ratio = found[key] / base[key]
                worst = worst if key.startswith("sources") else max(worst, ratio)
                print(f"  {key}: {base[key]:.3f} s → {found[key]:.3f} s, {ratio:.2f} ×")
    print(f"worst growth {worst:.2f} × (limit {LIMIT} ×)")
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
