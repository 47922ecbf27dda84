"""The demo: every station of the line on a simulated web; each step says what it does, and where."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.demo import tried
from tracker import numbers
from tracker.cli.opening import opened
from tracker.cli.printing import err, out, plain
from tracker.cli.progress import progress_bar
from tracker.cli.workspaces import synced
from tracker.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from tracker.catalog import Catalog
    from tracker.run.jobs import Progress
    from tracker.settings import Settings

START = date(2026, 3, 2)
MARK = "made-by-citelift-demo"
BUDGET_MICROS = 100_000_000
MOST_PAGES = 5_000


@dataclass(frozen=True)
class Demo:
    workspace: str
    folder: Path
    reports: tuple[Path, ...]


def run_demo(settings: Settings, folder: Path, *, kind: str, weeks: int, seed: int | None) -> Demo:
    from tracker import sandbox

    started = time.monotonic()
    _clear(folder)
    with opened(settings) as db:
        workspace_id, catalog = synced(db, settings)
        world = _world(catalog, kind=kind, weeks=weeks, seed=sandbox.DEMO_SEED if seed is None else seed)
        asks = len(catalog.prompts) * sum(engine.repeats for engine in catalog.engines)
        title = (
            f"1/6  Asking: {weeks} weeks × {asks} asks over HTTP, through litellm, to simulated engines"
            f" → {folder}/citelift.db"
        )
        first = tried.BEFORE if world.untapped and weeks >= tried.LEAST_WEEKS else weeks
        with _step(title), progress_bar(False) as show:
            asking = _Weeks(db, settings, workspace_id, catalog, asks * weeks, show)
            with sandbox.Sandbox(world) as url:
                asking.weeks(url, range(first))
            if first < weeks:
                world = tried.start(db, workspace_id, world, weeks)
                with sandbox.Sandbox(world) as url:
                    asking.weeks(url, range(first, weeks))
        err.print(f"     cost, had the engines been real: {numbers.money(asking.spent)}")
        truth = sandbox.truth(world)
        (folder / "truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False), "utf-8")
        (folder / "world.json").write_text(json.dumps(world.spec(), ensure_ascii=False), "utf-8")
        with _step(f"2/6  Links: exports of the simulated web → {folder}/links, then into the database"):
            _links(db, workspace_id, world, folder / "links")
        with _step("3/6  Looking at the cited and the linking pages of the simulated web"):
            _look(db, workspace_id, world)
        with _step("4/6  Computing: visibility and the lift of link sources"):
            _show_lift(db, workspace_id, truth)
            if world.placed:
                tried.end(db, workspace_id, world.end)
        with _step(f"5/6  Report of the last week → {folder}/reports"):
            reports = _report(db, workspace_id, folder / "reports", weeks)
        err.print(
            f"6/6  Done in {time.monotonic() - started:.0f} s. "
            f"What was planted stands in {folder}/truth.json."
        )
    for path in reports:
        out.print(f"     {path}")
    return Demo(catalog.workspace, folder, tuple(reports))


def _clear(folder: Path) -> None:
    """Replace an earlier demo, and nothing else."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise UsageError(
                f"{folder} is there and is no earlier demo", "give another folder: --folder NAME"
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text("This folder is replaced by the next `citelift demo`.\n", "utf-8")


def _world(catalog: Catalog, *, kind: str, weeks: int, seed: int) -> Any:
    from tracker import sandbox
    from tracker.engines.simulated import is_sandbox

    real = [engine.name for engine in catalog.engines if not is_sandbox(engine.model)]
    if real:
        raise UsageError(
            f"the demo asks simulated engines only, and the catalog has {', '.join(real)}",
            "leave --catalog out: the demo brings a catalog of its own",
        )
    brands = [sandbox.WorldBrand(b.name, b.domains, b.own, b.aliases, b.not_phrases) for b in catalog.brands]
    prompts = [sandbox.WorldPrompt(p.text, p.topic) for p in catalog.prompts]
    return sandbox.SimulatedWorld.build(brands, prompts, seed=seed, kind=kind, start=START, weeks=weeks)  # type: ignore[arg-type]


@contextmanager
def _step(words: str) -> Iterator[None]:
    started = time.monotonic()
    err.print(words)
    yield
    err.print(f"     {time.monotonic() - started:.0f} s")


class _Weeks:
    """The weeks of a demo, one run each, and what they would have cost."""

    def __init__(
        self,
        db: Database,
        settings: Settings,
        workspace_id: int,
        catalog: Catalog,
        total: int,
        show: Callable[[Progress], None],
    ) -> None:
        from tracker.run import plan

        made = plan.make(catalog)
        funded = tuple(replace(engine, budget_micros=BUDGET_MICROS) for engine in made.engines)
        self.plan = replace(made, engines=funded)
        self.db, self.settings, self.workspace_id, self.catalog = db, settings, workspace_id, catalog
        self.total, self.show = total, show
        self.spent = self.answered = 0

    def weeks(self, url: str, which: range) -> None:
        async def each() -> None:
            for week in which:
                await self._week(url, week)

        asyncio.run(each())

    async def _week(self, url: str, week: int) -> None:
        from tracker import store
        from tracker.run import jobs
        from tracker.run.jobs import Progress

        moment = _moment(START + timedelta(weeks=week, days=1))
        with store.writing(self.db) as session:
            run_id = jobs.create_run(
                session,
                self.workspace_id,
                self.catalog,
                self.plan,
                key=f"{self.workspace_id}:demo:{week}",
                now=moment,
                asked_for=moment,
                trigger="demo",
            )

        def on_progress(now: Progress) -> None:
            answered, spent = self.answered + now.answered, self.spent + now.spent_micros
            self.show(Progress(self.total, answered, now.failed, now.in_flight, spent))

        limits = jobs.Limits.of(self.settings)
        summary = await jobs.execute(self.db, run_id, limits, sandbox_url=url, on_progress=on_progress)
        self.spent += summary.tally.spent_micros
        self.answered += summary.tally.total


def _moment(day: date) -> datetime:
    return datetime.combine(day, clock.min, UTC) + timedelta(hours=9)


def _links(db: Database, workspace_id: int, world: Any, folder: Path) -> None:
    from tracker import sandbox
    from tracker.links import authority_lists, imports

    files = sandbox.write_links(world, folder)
    now = datetime.now(UTC)
    result = imports.import_links(db, workspace_id, files.ahrefs, now=now)
    err.print(
        f"     {files.ahrefs.name}: {result.stored:,} links of {result.read:,} rows, "
        f"{result.rejected:,} rejected"
    )
    authority_lists.import_authority(
        db,
        files.authority,
        metric="domain_rating",
        domain_column="domain",
        value_column="domain_rating",
        as_of=START,
        now=now,
    )


def _look(db: Database, workspace_id: int, world: Any) -> None:
    """Every page that an answer cites or an export names, once, over the sandbox's own HTTP."""
    from tracker import sandbox
    from tracker.links.pages import looking
    from tracker.links.web.fetch import Fetcher
    from tracker.links.web.policy import simulated

    at, every = _moment(world.end), timedelta(days=1)
    with sandbox.Sandbox(world) as url:
        fetcher = Fetcher(simulated(url))
        due = looking.due(db, workspace_id, now=at, every=every, limit=MOST_PAGES)
        looked = list(looking.look(db, workspace_id, due, fetcher, at=at, every=every))
    states = Counter(each.state for each in looked).most_common()
    err.print(f"     {len(looked):,} pages: {', '.join(f'{n:,} {state}' for state, n in states)}")


def _show_lift(db: Database, workspace_id: int, truth: dict[str, Any]) -> None:
    from analysis import frames
    from analysis.lift.estimate import lift

    table = lift(frames.lift_panel(db, workspace_id))
    claimed = [row for row in table.rows if row.goes_with_more]
    names = {row.source for row in claimed}
    err.print(f"     {len(claimed)} of {len(table.rows)} sources stand out; {_among(names, truth)}")
    for row in claimed[:8]:
        err.print(
            f"       {plain(row.source):<28} {numbers.points(row.lift):>12} "
            f"({numbers.points_range(row.low, row.high)}), n = {numbers.count(row.exposed)}"
        )


def _among(names: set[str], truth: dict[str, Any]) -> str:
    """Which of what was planted stands out. What only lists or is only cited for names does too: timing, the
    pages that were looked at and the experiment tell it from what works."""
    won = {row["source"] for row in truth["placed"]}
    parts = (
        ("planted ones", {row["source"] for row in truth["planted"]}),
        ("that the experiment won a link from", won),
        ("that only lists brands", {row["source"] for row in truth["only_lists"]}),
        ("that is only cited for naming them", {row["source"] for row in truth["only_selected"]}),
    )
    told = [f"{len(names & part)} of {len(part)} {words}" for words, part in parts if part]
    rest = len(names.difference(*(part for _, part in parts)))
    return f"{', '.join(told)} {'is' if len(told) == 1 else 'are'} among them, and {rest} others"


def _report(db: Database, workspace_id: int, folder: Path, weeks: int) -> list[Path]:
    from analysis.report import write

    return write.write(db, workspace_id, folder, week=START + timedelta(weeks=weeks - 1))
