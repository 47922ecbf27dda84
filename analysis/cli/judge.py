"""`citelift judge`: an LLM judge of stances and of unknown domains. Off until the catalog names one.

Whatever is heavy is imported inside: `citelift --help` must answer at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.cli import judged
from analysis.cli.scope import BrandedOption, Selection, reading, scope_of
from tracker import numbers
from tracker.cli.opening import opened
from tracker.cli.options import ConcurrencyOption, JsonOption, LogOption, SandboxOption, TimeoutOption, Where
from tracker.cli.printing import out, plain, print_json
from tracker.cli.progress import interruptible, progress_bar
from tracker.cli.verbs import ASK, add
from tracker.cli.workspaces import synced, workspace_of
from tracker.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from analysis.frames import Judge
    from tracker.catalog import Catalog
    from tracker.judge.cases import Among
    from tracker.judge.claims import Bench, Case, TaskName
    from tracker.judge.run import JudgeSummary
    from tracker.judge.task import LabelledSet, Task
    from tracker.settings import Settings

HOW = "add to engines.yaml, beside `engines:`\n  judge:\n    model: openai/gpt-6-luna\n    budget_usd: 2.00"


def register(app: typer.Typer) -> None:
    add(app, judge, group=ASK)


def judge(
    where: Where,
    which: Selection,
    agreement: Annotated[
        bool, typer.Option("--agreement", help="Ask about the labelled set, and report the agreement.")
    ] = False,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="Your own labelled CSV: text, brand, stance.")
    ] = None,
    domains: Annotated[
        bool, typer.Option("--domains", help="Ask what kind of site the unknown cited domains are.")
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="Show what is stored; ask nothing.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count and price what is open; ask nothing.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also ask again what ended without a verdict.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=0, help="Ask about so many at most.")] = None,
    concurrency: ConcurrencyOption = None,
    timeout: TimeoutOption = None,
    sandbox: SandboxOption = None,
    log_file: LogOption = None,
    branded: BrandedOption = "exclude",
    as_json: JsonOption = False,
) -> None:
    """Let a model you chose judge how answers speak about each brand. Off until engines.yaml has `judge:`."""
    agreement = agreement or labels is not None
    if agreement and domains:
        raise UsageError("--agreement is about stances, not about --domains", "give one of them at a time")
    settings = where.settings(concurrency=concurrency, timeout_seconds=timeout, log=log_file)
    name: TaskName = "labelled" if agreement else "domain" if domains else "stance"
    if name != "stance" and which != Selection():
        raise UsageError(
            "--engine, --country and their like choose among answers, which only stances are about",
            "leave them out with --agreement and --domains",
        )
    ended = None if show else _ask(settings, name, which, labels, limit, sandbox, again, dry_run, as_json)
    if dry_run:
        return
    summary, by = ended or (None, None)
    with reading(where, which, branded=branded) as asked:
        verdicts = judged.stored(asked, domains=domains, judge=by)
    if as_json:
        print_json(verdicts if summary is None else _asked_json(summary) | verdicts)
    else:
        if summary is not None:
            _print_summary(summary)
        judged.show(verdicts, confusion=agreement)
    raise typer.Exit(0 if summary is None else _exit_code(summary))


def _ask(
    settings: Settings,
    name: TaskName,
    which: Selection,
    labels: Path | None,
    limit: int | None,
    sandbox: str | None,
    again: bool,
    dry_run: bool,
    as_json: bool,
) -> tuple[JudgeSummary, Judge] | None:
    from analysis.frames import Judge
    from tracker import catalog as catalogs
    from tracker import store
    from tracker.engines.calls import missing_keys
    from tracker.judge import cases as judge_cases
    from tracker.judge import claims
    from tracker.judge import task as judges
    from tracker.logs import log_to

    catalog = catalogs.load(settings.catalog, need="brands")
    entry = catalog.judge
    if entry is None:
        raise UsageError("no judge is set: it is off, and nothing was asked", HOW)
    task = _task(name)
    template = judges.template(settings.catalog, task)
    labelled = judges.labelled(labels) if name == "labelled" else None
    with log_to(settings.log), opened(settings, read_only=dry_run) as db:
        if dry_run:
            with store.reading(db) as session:
                workspace_id = workspace_of(session, settings)
        else:
            workspace_id, _ = synced(db, settings, need="brands")
            claims.recover(db, workspace_id)
        bench = _bench(settings, catalog, workspace_id, name, template.version, again)
        cases, total = _cases(db, bench, template, which, labelled, settings)
        if dry_run:
            _dry_run(db, bench, cases, total, limit, as_json)
            return None
        if missing := missing_keys(entry.model):
            raise UsageError(
                f"keys are missing: {', '.join(missing)}", "set them in the environment or in .env"
            )
        summary = _judge_now(db, bench, task, cases, catalog, settings, limit, total, sandbox, as_json)
        if labelled is not None:
            judge_cases.record_agreement(db, bench, labelled, datetime.now(UTC))
    return summary, Judge(entry.model, template.version)


def _task(name: TaskName) -> Task:
    from tracker.judge.task import STANCE

    if name != "domain":
        return STANCE
    from analysis.judged.domains import DOMAIN

    return DOMAIN


def _bench(
    settings: Settings, catalog: Catalog, workspace_id: int, name: TaskName, version: str, again: bool
) -> Bench:
    from tracker.judge.claims import Bench
    from tracker.run.jobs import Limits

    entry = catalog.judge
    assert entry is not None
    month = Limits.of(settings).month_budget_micros
    return Bench(
        workspace_id, name, entry.model, version, entry.budget_micros, month, entry.options, again=again
    )


def _cases(
    db: Database,
    bench: Bench,
    template: Any,
    which: Selection,
    labelled: LabelledSet | None,
    settings: Settings,
) -> tuple[Iterable[Case], int]:
    from tracker.judge import cases as judge_cases

    if bench.task == "stance":
        among = _among(db, bench, which)
        return judge_cases.stances(db, bench, template, among), judge_cases.count_stances(db, bench, among)
    if labelled is not None:
        cases = judge_cases.of_labels(bench, template, labelled)
    else:
        cases = _domain_cases(db, bench, template, settings)
    cases = judge_cases.open_cases(db, bench, cases)
    return cases, len(cases)


def _among(db: Database, bench: Bench, which: Selection) -> Among | None:
    """The answers that the options choose; None for all of them."""
    from analysis import frames
    from tracker.judge.cases import Among

    if which == Selection():
        return None
    world = frames.world(db, bench.workspace_id)
    scope = scope_of(world, frames.weeks(db, world), which)
    return Among(frozenset(scope.prompts(world)), next(iter(scope.engines), None), scope.first, scope.last)


def _domain_cases(db: Database, bench: Bench, template: Any, settings: Settings) -> list[Case]:
    from analysis import frames
    from analysis.classes.classify import Classifier, own_folder
    from analysis.judged.domains import unknown_domains
    from tracker.judge.claims import Case
    from tracker.judge.run import estimate

    world = frames.world(db, bench.workspace_id)
    classifier = Classifier.stored(db, world, folder=own_folder(settings.catalog))
    filled = [(name, template.fill(text)) for name, text in unknown_domains(db, world, classifier)]
    return [Case(name, request, estimate(bench, request)) for name, request in filled]


def _judge_now(
    db: Database,
    bench: Bench,
    task: Task,
    cases: Iterable[Case],
    catalog: Catalog,
    settings: Settings,
    limit: int | None,
    total: int,
    sandbox: str | None,
    quiet: bool,
) -> JudgeSummary:
    from contextlib import nullcontext

    from tracker.judge import run
    from tracker.run import jobs

    limits = replace(jobs.Limits.of(settings), concurrency=settings.concurrency)
    sandboxed = nullcontext(sandbox) if sandbox else jobs.sandbox_for(catalog, models=[bench.model])
    expected = total if limit is None else min(limit, total)
    with sandboxed as url, progress_bar(quiet, "judging") as show:
        return interruptible(
            lambda stop: run.judge_all(
                db,
                bench,
                task,
                cases,
                limits,
                most=limit,
                total=expected,
                sandbox_url=url,
                stop=stop,
                on_progress=show,
            )
        )


def _dry_run(
    db: Database, bench: Bench, cases: Iterable[Case], total: int, limit: int | None, as_json: bool
) -> None:
    from itertools import islice

    from tracker import store
    from tracker.engines.calls import missing_keys
    from tracker.judge import claims, run

    most = [case.estimated_micros for case in islice(cases, limit)]
    with store.reading(db) as session:
        usual = claims.standing(session, bench).known_micros
        left = claims.left_of(session, bench, datetime.now(UTC))
    quote = {
        "model": bench.model,
        "prompt_version": bench.prompt_version,
        "open": total,
        "would_ask": len(most),
        "most_usd": sum(most) / 1e6,
        "likely_usd": None if usual is None else usual * len(most) / 1e6,
        "budget_left_usd": left / 1e6,
        "priced": run.is_priced(bench),
        "missing_keys": missing_keys(bench.model),
    }
    if as_json:
        print_json(quote)
        return
    likely = "" if usual is None else f", usually {numbers.money(usual * len(most))}"
    out.print(
        f"{plain(bench.model)}, prompt {bench.prompt_version}: {total:,} open, {len(most):,} would be asked. "
        f"At most {numbers.money(sum(most))}{likely}; {numbers.money(left)} of this month's budget is left."
    )
    if not quote["priced"]:
        out.print("No price known for this model: $0.10 each is assumed until it reports its cost.")
    if quote["missing_keys"]:
        out.print(f"Keys are missing: {', '.join(missing_keys(bench.model))}.")


def _asked_json(summary: JudgeSummary) -> dict[str, Any]:
    return {
        "asked": summary.judged + summary.failed,
        "judged": summary.judged,
        "failed": summary.failed,
        "reasons": summary.reasons,
        "spent_usd": summary.spent_micros / 1e6,
        "stopped": summary.stopped or ("stopped at the budget" if summary.out_of_budget else None),
    }


def _exit_code(summary: JudgeSummary) -> int:
    if summary.cancelled or summary.stopped:
        return 1
    return 4 if summary.out_of_budget else 3 if summary.failed else 0


def _print_summary(summary: JudgeSummary) -> None:
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(summary.reasons.items()))
    failed = f" ({why})" if why else ""
    out.print(
        f"{summary.judged:,} judged, {summary.failed:,} failed{failed}; "
        f"{numbers.money(summary.spent_micros)} spent."
    )
    if summary.stopped:
        out.print(f"  The judge was left alone: {plain(summary.stopped)}.")
    if summary.out_of_budget:
        out.print("  Stopped at the month's budget; the rest stays open.")
    if summary.reasons:
        out.print("  What failed has no verdict and is in no number; --again asks it again.")
