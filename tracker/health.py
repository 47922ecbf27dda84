"""Is everything as it must be? Catalog, settings, keys, database, engines: problems with an id and a hint.

Nothing here spends, except `check_live`, which asks each engine one cheap question.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Engine as Database
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, col, select

from tracker import catalog as catalogs
from tracker import citations, store
from tracker.answers import unlisted
from tracker.answers.rows import read_body
from tracker.catalog import Catalog, EngineEntry, look
from tracker.citations import Reading
from tracker.engines import hosts, prices
from tracker.engines.ask import AskFailed, Question, ask
from tracker.engines.calls import call_for, missing_keys, plain_call
from tracker.engines.places import at_home, not_told
from tracker.engines.retirements import is_soon, retirement
from tracker.engines.simulated import is_sandbox
from tracker.errors import CiteliftError
from tracker.judge import task
from tracker.mentions import BrandNames, Finder
from tracker.mentions.asked import named_in
from tracker.models import Schedule, Workspace
from tracker.notify import people
from tracker.run import history, jobs, plan, spill
from tracker.run.plan import Plan
from tracker.settings import Settings, key

LIVE_QUESTION = "Which city hosted the most recent Summer Olympics? Answer in one sentence and cite a source."


@dataclass(frozen=True)
class Finding:
    level: Literal["error", "warning"]
    id: str
    where: str
    problem: str
    hint: str = ""


@dataclass(frozen=True)
class Live:
    """One engine, asked one question."""

    name: str
    outcome: str
    served_model: str | None = None
    searched: bool | None = None
    cited: int | None = None
    cost_micros: int | None = None
    seconds: float = 0.0
    note: str = ""
    warnings: tuple[str, ...] = ()
    """Oddities that the reader met."""
    unknown_keys: tuple[str, ...] = ()
    """What the reply holds and no reader knows: the engine may have changed."""


@dataclass(frozen=True)
class Report:
    fine: tuple[str, ...]
    problems: tuple[Finding, ...]
    live: tuple[Live, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(problem for problem in self.problems if problem.level == "error")


def check(settings: Settings, *, database: bool = True) -> Report:
    """`database` of False leaves out what takes long where it is large."""
    fine: list[str] = []
    problems: list[Finding] = []
    catalog = _check_catalog(settings, fine, problems)
    if database:
        _check_database(settings, catalog, fine, problems)
    if catalog is not None:
        _check_engines(catalog, fine, problems)
        _check_prompts(catalog, problems)
        _check_judge(catalog, settings.catalog, fine, problems)
    return Report(tuple(fine), tuple(problems))


def _check_catalog(settings: Settings, fine: list[str], problems: list[Finding]) -> Catalog | None:
    catalog, wrong = catalogs.inspect(settings.catalog)
    told, unreadable = people.inspect(settings.catalog)
    wrong = [*wrong, *unreadable, *look.inspect(settings.catalog)[1]]
    problems += [Finding("error", p.id, p.where, p.problem, p.hint) for p in wrong]
    for name in people.variables(told):
        if key(name) is None:
            hint = f"set {name} in the environment of `citelift serve`"
            problems.append(Finding("warning", "notify.secret", "notify.yaml", f"{name} is not set", hint))
    if catalog is not None:
        counts = (
            f"{len(catalog.brands)} brands, {len(catalog.prompts)} prompts, {len(catalog.engines)} engines"
        )
        fine.append(f"catalog {settings.catalog}: workspace {catalog.workspace}, {counts}")
        problems += [
            Finding("error", p.id, p.where, p.problem, p.hint) for p in catalogs.placeholders(catalog)
        ]
        for brand in catalog.brands:
            if not brand.domains:
                hint = "without a domain its citation rate is unknown: add `domains:`"
                problems.append(Finding("warning", "brand.no-domain", brand.name, "has no domain", hint))
    return catalog


def _check_database(
    settings: Settings, catalog: Catalog | None, fine: list[str], problems: list[Finding]
) -> None:
    try:
        database = store.open_database(settings.database_url)
    except CiteliftError as error:
        problems.append(Finding("error", "database", "database", error.problem, error.hint))
        try:
            database = store.open_database(settings.database_url, read_only=True)
        except CiteliftError:
            return
    fine.append(f"database: {store.ping(database)}, schema {store.schema_versions(database)[0]}")
    if not _is_sound(database):
        hint = "restore it from a backup; `sqlite3 file .recover` saves what can be read"
        problems.append(Finding("error", "database.damaged", "database", "the file is damaged", hint))
    else:
        problems += _kept_in_files(database)
        problems += _pooled(database, settings, catalog)
        problems += _forgotten(database, settings, catalog)
    database.dispose()


def _kept_in_files(database: Database) -> Iterator[Finding]:
    """Paid replies that a database which was away, or a full disk, did not take."""
    for path in spill.kept_files(spill.folders_for(database.url)):
        count = spill.replies_in(path)
        if count:
            problem = f"{count:,} paid replies wait here to be stored"
            hint = "`citelift reread` stores them, or `citelift run --resume`; they cost nothing more"
            yield Finding("warning", "replies.kept", str(path.absolute()), problem, hint)


def _forgotten(database: Database, settings: Settings, catalog: Catalog | None) -> Iterator[Finding]:
    """Cited sites that may be a brand's without being listed, and citations that lead nowhere."""
    name = settings.workspace or (catalog.workspace if catalog is not None else None)
    with store.reading(database) as session:
        workspace_id = session.exec(select(Workspace.id).where(Workspace.name == name)).first()
        if workspace_id is None:
            return
        sites = unlisted.unlisted(session.connection(), workspace_id)
        nowhere = unlisted.no_addresses(session.connection(), workspace_id)
    for site in sites:
        whose = "yours" if site.own else f"{site.brand}'s"
        problem = f"{site.domain} is cited by {site.answers:,} answers and belongs to no brand: {whose}?"
        hint = 'list it under `domains:`, or the name under every country: `owns: ["name.*"]`'
        yield Finding("warning", "brand.unlisted", site.brand, problem, hint)
    if nowhere.citations:
        shown = ", ".join(f"`{url[:60]}`" for url in nowhere.examples)
        problem = f"{nowhere.citations:,} citations name no web address, such as {shown}"
        hint = "they are in no rate, share or list; look at what wrote them"
        yield Finding("warning", "citations.no-address", f"workspace {name}", problem, hint)


def _pooled(database: Database, settings: Settings, catalog: Catalog | None) -> Iterator[Finding]:
    """Simulated answers among real ones: in the database already, or after the next run."""
    with store.reading(database) as session:
        mixed = catalogs.mixed_workspaces(session)
        for name in mixed:
            problem = "simulated and real answers together: its numbers say nothing"
            yield Finding("error", "answers.mixed", f"workspace {name}", problem, catalogs.WAY_OUT)
        if catalog is None or (settings.workspace or catalog.workspace) in mixed:
            return
        try:
            _refuse_pooling(session, settings, catalog)
        except CiteliftError as error:
            yield Finding("error", "engine.mixed", "engines.yaml", error.problem, error.hint)


def _refuse_pooling(session: Session, settings: Settings, catalog: Catalog) -> None:
    name = settings.workspace or catalog.workspace
    workspace_id = session.exec(select(Workspace.id).where(Workspace.name == name)).first()
    if workspace_id is not None:
        asked = catalogs.origins_of_models(engine.model for engine in catalog.engines)
        catalogs.refuse_pooling(session, workspace_id, asked)


def _is_sound(database: Database) -> bool:
    if database.dialect.name != "sqlite":
        return True
    try:
        with database.connect() as connection:
            return connection.execute(text("pragma quick_check(1)")).scalar() == "ok"
    except DatabaseError:
        return False


def _check_engines(catalog: Catalog, fine: list[str], problems: list[Finding]) -> None:
    for engine in catalog.engines:
        missing = missing_keys(engine.model)
        if missing:
            hint = f"set {' and '.join(missing)} in the environment, or take the engine out of engines.yaml"
            problems.append(Finding("error", "engine.key", engine.name, f"no key for {engine.model}", hint))
        else:
            home = at_home(call_for(engine.model), engine.options, [p.country for p in catalog.prompts])
            about = " (simulated)" if is_sandbox(engine.model) else f"; {home}" if home else ""
            fine.append(f"engine {engine.name}: {engine.model}{about}")
        problems += [*_about_hosts(engine.name, engine.model, engine.options), *_doubts(engine)]
        problems += _about_end(engine.name, engine.model)
        problems += _about_place(engine, catalog)


def _about_hosts(where: str, model: str, options: Mapping[str, Any]) -> Iterator[Finding]:
    call = plain_call(model) or call_for(model)
    if problem := hosts.refusal(call, model, options):
        yield Finding("error", "engine.host", where, problem, hosts.WAY_OUT)
        return
    for host in hosts.elsewhere(call, model, options):
        hint = f"it stands in {hosts.ALLOWED}: take it out there if that is not what you want"
        yield Finding("warning", "engine.elsewhere", where, f"the key for {model} goes to {host}", hint)


def _doubts(engine: EngineEntry) -> list[Finding]:
    doubts = []
    if not is_sandbox(engine.model):
        if not call_for(engine.model).searches:
            hint = "its answers carry no citations; URLs in the text are kept apart as `written`"
            doubts.append(
                Finding(
                    "warning",
                    "engine.no-search",
                    engine.name,
                    f"{engine.model} is asked without search",
                    hint,
                )
            )
        if prices.ceiling(call_for(engine.model), engine.model, "", engine.options) is None:
            hint = (
                f"an ask is counted as {plan.UNPRICED_MICROS / 1e6:.2f} USD until it reports its cost; check "
                f"the model's name"
            )
            doubts.append(
                Finding("warning", "engine.price", engine.name, f"no price known for {engine.model}", hint)
            )
        if engine.budget_micros is None:
            hint = (
                "add `budget_usd:`; without it only the month's budget (CITELIFT_MONTH_BUDGET_USD) is a limit"
            )
            doubts.append(Finding("warning", "engine.no-budget", engine.name, "has no budget", hint))
        surface = call_for(engine.model).surface
        if engine.surface != surface:
            problem = f"`surface: {engine.surface}`, and {engine.model} answers as {surface}"
            hint = f"write `surface: {surface}`, or leave it out"
            doubts.append(Finding("warning", "engine.surface", engine.name, problem, hint))
    return doubts


def _about_end(where: str, model: str) -> Iterator[Finding]:
    known = retirement(model)
    today = datetime.now(UTC).date()
    if known is None or not is_soon(known, today):
        return
    ended = "ended" if known.ends <= today else "ends"
    problem = f"{model} {ended} on {known.ends.day} {known.ends:%B %Y}"
    hint = f"use {known.successor}" if known.successor else "name a model that stays"
    hint += "; the change of the model becomes an event of the engine"
    yield Finding("warning", "engine.retired", where, problem, hint)


def _about_place(engine: EngineEntry, catalog: Catalog) -> Iterator[Finding]:
    countries = [prompt.country for prompt in catalog.prompts]
    for remark in not_told(call_for(engine.model), engine.options, countries):
        hint = "ask an engine that takes it, or read its answers as from nowhere in particular"
        yield Finding("warning", "engine.place", engine.name, remark, hint)


def _check_prompts(catalog: Catalog, problems: list[Finding]) -> None:
    own = catalog.own
    names = [BrandNames(0, own.name, own.aliases, own.not_phrases, own.domains, own.exact)]
    finder = Finder(names)
    branded = [p for p in catalog.prompts if named_in(p.text, finder, names)]
    if branded:
        hint = "they are asked and shown, and left out of the headline rates"
        problems.append(
            Finding("warning", "prompts.branded", "prompts", f"{len(branded)} prompts name {own.name}", hint)
        )
    if len(catalog.prompts) < 10:
        hint = "intervals come from the spread between prompts: 30 or more give useful ones"
        problems.append(
            Finding("warning", "prompts.few", "prompts", f"only {len(catalog.prompts)} prompts", hint)
        )


def _check_judge(catalog: Catalog, folder: Path, fine: list[str], problems: list[Finding]) -> None:
    entry = catalog.judge
    if entry is None:
        return
    try:
        version = task.template(folder, task.STANCE).version
    except CiteliftError as error:
        problems.append(Finding("error", "judge.prompt", "judge", error.problem, error.hint))
        return
    if missing := missing_keys(entry.model):
        hint = f"set {' and '.join(missing)} in the environment, or take `judge:` out of engines.yaml"
        problems.append(Finding("warning", "judge.key", "judge", f"no key for {entry.model}", hint))
    if (
        prices.ceiling(plain_call(entry.model) or call_for(entry.model), entry.model, "", entry.options)
        is None
    ):
        hint = (
            f"each verdict is counted as {plan.UNPRICED_MICROS / 1e6:.2f} USD until the model reports its "
            f"cost"
        )
        problems.append(Finding("warning", "judge.price", "judge", f"no price known for {entry.model}", hint))
    problems += _about_hosts("judge", entry.model, entry.options)
    problems += _about_end("judge", entry.model)
    fine.append(f"judge: {entry.model}, prompt {version}; asked by `citelift judge` only")


def plan_for(settings: Settings) -> Plan:
    """The plan of the catalog, with what an existing database knows of its engines; writes nothing."""
    catalog = catalogs.load(settings.catalog)
    try:
        database = store.open_database(settings.database_url, read_only=True)
    except CiteliftError:
        return plan.make(catalog)
    try:
        with store.reading(database) as session:
            _refuse_pooling(session, settings, catalog)
            name = settings.workspace or catalog.workspace
            workspace_id = session.exec(select(Workspace.id).where(Workspace.name == name)).first()
        return plan_with_history(database, workspace_id, catalog) if workspace_id else plan.make(catalog)
    finally:
        database.dispose()


def plan_with_history(database: Database, workspace_id: int, catalog: Catalog) -> Plan:
    with store.reading(database) as session:
        seen = jobs.observed(session, workspace_id)
        cited = history.observed_citations(session, workspace_id)
        statement = select(Schedule).where(Schedule.workspace_id == workspace_id, Schedule.kind == "run")
        schedules = session.exec(statement.where(col(Schedule.active))).all()
    monthly = sum(_per_month(schedule) for schedule in schedules)
    return plan.make(catalog, observed=seen, cited=cited, runs_per_month=monthly or 52 / 12)


def _per_month(schedule: Schedule) -> float:
    from datetime import timedelta

    from tracker.schedule import trigger

    clock = trigger(schedule.cron, schedule.timezone)
    moment, end, count = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC), 0
    while count < 10_000:
        following = clock.get_next_fire_time(moment, moment + timedelta(microseconds=1))
        if following is None or following > end:
            break
        moment, count = following, count + 1
    return count / 12


def check_live(
    settings: Settings, report: Report, *, on_engine: Callable[[str], None] = lambda name: None
) -> Report:
    """Ask each engine once: did it search, cite, what did it cost, which model served."""
    catalog = catalogs.load(settings.catalog)

    async def all_of_them(url: str | None) -> list[Live]:
        return [await _ask_once(engine, settings, url, on_engine) for engine in catalog.engines]

    with jobs.sandbox_for(catalog) as url:
        live = asyncio.run(all_of_them(url))
    return replace(report, live=tuple(live))


async def _ask_once(
    engine: EngineEntry, settings: Settings, url: str | None, on_engine: Callable[[str], None]
) -> Live:
    on_engine(engine.name)
    sandboxed = is_sandbox(engine.model)
    question = Question(
        LIVE_QUESTION,
        engine.model,
        engine.options,
        timeout=settings.timeout_seconds,
        api_base=url if sandboxed else None,
    )
    started = time.monotonic()
    try:
        reply = await ask(question)
        reading = read_body(reply.body)
        unknown = tuple(citations.unknown_keys(reply.body))
    except AskFailed as failure:
        return Live(
            engine.name, failure.reason, seconds=time.monotonic() - started, note=failure.detail[:200]
        )
    except CiteliftError as error:
        return Live(engine.name, "unreadable reply", seconds=time.monotonic() - started, note=error.problem)
    cost = prices.cost(
        call_for(engine.model),
        engine.model,
        reported_micros=reading.usage.reported_micros,
        litellm_micros=reply.litellm_micros,
        input_tokens=reading.usage.input_tokens,
        output_tokens=reading.usage.output_tokens,
        searches=reading.usage.searches_billed,
    )
    return Live(
        engine.name,
        reading.problem or "answered",
        reading.engine_model,
        reading.search_used,
        len(reading.of_kind("cited")),
        cost,
        time.monotonic() - started,
        _note(reading, unknown),
        reading.warnings,
        unknown,
    )


def _note(reading: Reading, unknown: Sequence[str]) -> str:
    notes = [reading.detail] if reading.detail else []
    if reading.search_used is False:
        notes.append("did not search: such an answer counts as one, and is in no citation rate")
    notes += reading.warnings
    if unknown:
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        notes.append(f"keys no reader knows: {', '.join(unknown[:5])}{more}")
    return "; ".join(notes)
