"""The demo: every station of the line on a simulated web; each step says what it does, and where."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracker import numbers
from tracker.cli.opening import opened
from tracker.cli.printing import err, out, plain
from tracker.cli.progress import progress_bar
from tracker.cli.run import limits_of
from tracker.cli.workspaces import synced
from tracker.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from tracker.catalog import Catalog
    from tracker.settings import Settings

START = date(2026, 3, 2)
MARK = "made-by-citelift-demo"
BUDGET_MICROS = 100_000_000


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
        (folder / "truth.json").write_text(
            json.dumps(sandbox.truth(world), indent=1, ensure_ascii=False), "utf-8"
        )
        asks = len(catalog.prompts) * sum(engine.repeats for engine in catalog.engines)
        with (
            _step(
                f"1/5  Asking: {weeks} weeks × {asks} asks over HTTP, through litellm, to simulated engines"
                f" → {folder}/citelift.db"
            ),
            sandbox.Sandbox(world) as url,
        ):
            spent = _ask(db, settings, workspace_id, catalog, url, weeks, asks)
        err.print(f"     cost, had the engines been real: {numbers.money(spent)}")
        with _step(f"2/5  Links: exports of the simulated web → {folder}/links, then into the database"):
            _links(db, workspace_id, world, folder / "links")
        with _step("3/5  Computing: visibility and the lift of link sources"):
            _show_lift(db, workspace_id, sandbox.truth(world))
        with _step(f"4/5  Report of the last week → {folder}/reports"):
            reports = _report(db, workspace_id, folder / "reports", weeks)
        err.print(
            f"5/5  Done in {time.monotonic() - started:.0f} s. "
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


def _ask(
    db: Database, settings: Settings, workspace_id: int, catalog: Catalog, url: str, weeks: int, asks: int
) -> int:
    from dataclasses import replace

    from tracker import store
    from tracker.run import jobs, plan
    from tracker.run.jobs import Progress

    run_plan = plan.make(catalog)
    run_plan = replace(
        run_plan, engines=tuple(replace(e, budget_micros=BUDGET_MICROS) for e in run_plan.engines)
    )
    spent = answered = 0

    async def one(week: int) -> int:
        moment = datetime.combine(
            START + timedelta(weeks=week, days=1), datetime.min.time(), UTC
        ) + timedelta(hours=9)
        with store.writing(db) as session:
            run_id = jobs.create_run(
                session,
                workspace_id,
                catalog,
                run_plan,
                key=f"{workspace_id}:demo:{week}",
                now=moment,
                asked_for=moment,
                trigger="demo",
            )

        def on_progress(now: Progress) -> None:
            show(
                Progress(
                    asks * weeks, answered + now.answered, now.failed, now.in_flight, spent + now.spent_micros
                )
            )

        summary = await jobs.execute(
            db, run_id, limits_of(settings), sandbox_url=url, on_progress=on_progress
        )
        return summary.tally.spent_micros

    async def all_weeks() -> None:
        nonlocal spent, answered
        for week in range(weeks):
            spent += await one(week)
            answered += asks

    with progress_bar(False) as show:
        asyncio.run(all_weeks())
    return spent


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


def _show_lift(db: Database, workspace_id: int, truth: dict[str, Any]) -> None:
    from analysis import frames
    from analysis.lift.estimate import lift

    table = lift(frames.lift_panel(db, workspace_id))
    planted = {row["source"] for row in truth["planted"]}
    claimed = [row for row in table.rows if row.goes_with_more]
    err.print(
        f"     {len(claimed)} of {len(table.rows)} sources stand out; "
        f"{sum(r.source in planted for r in claimed)} of {len(planted)} planted ones are among them"
    )
    for row in claimed[:8]:
        err.print(
            f"       {plain(row.source):<28} {numbers.points(row.lift):>12} "
            f"({numbers.points_range(row.low, row.high)}), n = {numbers.count(row.exposed)}"
        )


def _report(db: Database, workspace_id: int, folder: Path, weeks: int) -> list[Path]:
    from analysis.report import write

    return write.write(db, workspace_id, folder, week=START + timedelta(weeks=weeks - 1))
