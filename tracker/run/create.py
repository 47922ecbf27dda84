"""The rows of a run: planned once, found again, made ready to go on."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine as Database
from sqlalchemy import and_, func, or_, update
from sqlmodel import Session, col, select

from tracker import store
from tracker.catalog import Catalog
from tracker.engines.simulated import is_sandbox
from tracker.models import Ask, AskState, Engine, Ledger, Prompt, Run, RunState
from tracker.run import ends
from tracker.run.plan import Plan, order


def create_run(
    session: Session,
    workspace_id: int,
    catalog: Catalog,
    plan: Plan,
    *,
    key: str,
    now: datetime,
    asked_for: datetime | None = None,
    trigger: str = "manual",
    spread: timedelta | None = None,
) -> int:
    """Store the run and its planned asks; a run of the same key is there already and stays as it is, also
    where another process plans it at this very moment."""
    store.alone(session, f"run:{key}")
    present = session.exec(select(Run.id).where(Run.key == key)).first()
    if present is not None:
        return present
    run = Run(
        workspace_id=workspace_id,
        key=key,
        trigger=trigger,
        planned_at=now,
        asked_for=asked_for or now,
        catalog_hash=catalog.hash,
    )
    session.add(run)
    session.flush()
    assert run.id is not None
    _plan_asks(session, run.id, workspace_id, catalog, plan, now, spread)
    return run.id


def _plan_asks(
    session: Session,
    run_id: int,
    workspace_id: int,
    catalog: Catalog,
    plan: Plan,
    now: datetime,
    spread: timedelta | None,
) -> None:
    prompts = dict(
        session.exec(select(Prompt.key, Prompt.id).where(Prompt.workspace_id == workspace_id)).all()
    )
    engines = {e.name: e for e in session.exec(select(Engine).where(Engine.workspace_id == workspace_id))}
    planned = {engines[entry.name].id or 0: entry for entry in plan.engines}
    ids = [prompts[entry.key] for entry in catalog.prompts]
    cells = list(order(len(ids), {engine_id: entry.repeats for engine_id, entry in planned.items()}))
    rows = [
        {
            "workspace_id": workspace_id,
            "run_id": run_id,
            "prompt_id": ids[prompt],
            "engine_id": engine_id,
            "repeat": repeat,
            "model": planned[engine_id].model,
            "estimated_micros": planned[engine_id].ceiling_micros,
            "not_before": None if spread is None else now + spread * (number / len(cells)),
        }
        for number, (repeat, prompt, engine_id) in enumerate(cells)
    ]
    ledgers = [
        {"run_id": run_id, "engine_id": engine_id, "budget_micros": entry.budget_micros}
        for engine_id, entry in planned.items()
    ]
    store.bulk_insert(session, Ledger, ledgers)
    store.bulk_insert(session, Ask, rows)


def latest_open(session: Session, workspace_id: int) -> Run | None:
    """The newest run that has something left to ask, or failed for a passing reason."""
    waiting = col(Ask.state).in_([AskState.PLANNED, AskState.CLAIMED])
    left = select(Ask.id).where(Ask.run_id == Run.id, or_(waiting, col(Ask.reason).in_(ends.AGAIN)))
    statement = select(Run).where(Run.workspace_id == workspace_id, Run.state != RunState.DONE)
    return session.exec(statement.where(left.exists()).order_by(col(Run.id).desc())).first()


RECENT = timedelta(hours=24)


def under_way(session: Session, workspace_id: int, now: datetime) -> Run | None:
    """The newest run that is being worked on, or was cut off within a day: a second one beside it would ask,
    and pay for, the same again."""
    waiting = col(Ask.state).in_([AskState.PLANNED, AskState.CLAIMED])
    left = select(Ask.id).where(Ask.run_id == Run.id, waiting)
    held = select(Ask.id).where(
        Ask.run_id == Run.id, Ask.state == AskState.CLAIMED, col(Ask.lease_until) > now
    )
    cut_off = col(Run.state).in_([RunState.PLANNED, RunState.RUNNING, RunState.CANCELLED])
    recent = and_(cut_off, func.coalesce(Run.started_at, Run.planned_at) > now - RECENT)
    open_runs = select(Run).where(Run.workspace_id == workspace_id, left.exists(), or_(held.exists(), recent))
    return session.exec(open_runs.order_by(col(Run.id).desc())).first()


def reopen(database: Database, run_id: int, *, now: datetime, plan: Plan | None = None) -> int:
    """Make a stopped run ready to go on, as the catalog is now where its `plan` is given: another budget or
    model takes effect, and what left the catalog is not asked. Returns the asks planned again."""
    with store.writing(database) as session:
        again = ends.reopen(session, run_id)
        if plan is not None:
            _adapt(session, run_id, plan, now)
    return again


def _adapt(session: Session, run_id: int, plan: Plan, now: datetime) -> None:
    wanted = {entry.name: entry for entry in plan.engines}
    gone = []
    for engine in ends.engines_of(session, run_id):
        assert engine.id is not None
        entry = wanted.get(engine.name)
        if entry is None or _changes_worlds(session, run_id, engine.id, entry.model):
            gone.append(engine.id)
            continue
        ledger = (col(Ledger.run_id) == run_id, col(Ledger.engine_id) == engine.id)
        session.connection().execute(update(Ledger).where(*ledger).values(budget_micros=entry.budget_micros))
        ends.ask_anew(session, run_id, engine.id, entry.model, entry.ceiling_micros)
    ends.skip_gone(session, run_id, gone, now)


def _changes_worlds(session: Session, run_id: int, engine_id: int, model: str) -> bool:
    """Whether a simulated engine became a real one under the same name: their answers do not belong in one
    run."""
    asked = select(Ask.model).where(Ask.run_id == run_id, Ask.engine_id == engine_id).distinct()
    return any(is_sandbox(before) != is_sandbox(model) for before in session.exec(asked))
