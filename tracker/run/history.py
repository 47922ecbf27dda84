"""What stored answers say about an engine: how it usually answers, whether it searched, which model served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from tracker import store
from tracker.answers import rollups
from tracker.engines.calls import call_for
from tracker.models import Answer, Brand, Engine, Event, Mention, Run
from tracker.run.plan import NOTHING_OBSERVED, Observed


def not_searched(session: Session, run_id: int) -> int:
    """Answers of search engines that did not search."""
    statement = select(Answer.model, func.count()).where(
        Answer.run_id == run_id, col(Answer.search_used).is_(False)
    )
    counted = session.exec(statement.group_by(Answer.model))
    return sum(count for model, count in counted if call_for(model).searches)


def note_model_changes(session: Session, run: Run) -> None:
    """A model that the engine's run before did not serve breaks comparisons: it becomes an event, once."""
    for engine_id, models in _served(session, [Answer.run_id == run.id]).items():
        last = (
            select(Answer.run_id)
            .where(Answer.engine_id == engine_id, Answer.asked_at < run.asked_for, Answer.run_id != run.id)
            .order_by(col(Answer.asked_at).desc())
        )
        before = session.exec(last).first()
        known = _served(session, [Answer.run_id == before, Answer.engine_id == engine_id]).get(
            engine_id, set()
        )
        if before is None or models <= known:
            continue
        name = session.exec(select(Engine.name).where(Engine.id == engine_id)).one()
        title = f"{name}: served model {' and '.join(sorted(known))} → {' and '.join(sorted(models))}"
        row = {"workspace_id": run.workspace_id, "at": run.asked_for, "kind": "served model", "title": title}
        store.bulk_insert(session, Event, [row | {"engine_id": engine_id}], ignore=True)


def _served(session: Session, which: Sequence[Any]) -> dict[int, set[str]]:
    statement = select(Answer.engine_id, Answer.served_model).where(*which)
    found: dict[int, set[str]] = {}
    for engine_id, model in session.exec(statement.distinct()):
        if model is not None:
            found.setdefault(engine_id, set()).add(model)
    return found


@dataclass(frozen=True)
class Cell:
    """One prompt in one run: answers, those naming (or citing) the own brand, their mean cost."""

    prompt_id: int
    answers: int
    named: int
    cost_micros: float | None


def observed(session: Session, workspace_id: int) -> dict[str, Observed]:
    """What earlier answers say about each engine: the own brand's rate, how alike repeats are, the usual cost."""
    own = select(Brand.id).where(Brand.workspace_id == workspace_id, col(Brand.own)).scalar_subquery()
    named = case((col(Mention.id).is_(None), 0), else_=1)
    mentioned = and_(
        col(Mention.answer_id) == col(Answer.id),
        col(Mention.brand_id) == own,
        col(Mention.stance) == "named",
    )
    cells = (
        select(
            Engine.name, Answer.prompt_id, func.count(), func.sum(named), func.avg(col(Answer.cost_micros))
        )  # type: ignore[call-overload]
        .join(Answer, col(Answer.engine_id) == col(Engine.id))
        .outerjoin(Mention, mentioned)
        .where(Answer.workspace_id == workspace_id, col(Answer.problem).is_(None))
        .group_by(Engine.name, col(Answer.prompt_id), col(Answer.run_id), col(Answer.week))
    )
    return _summaries(session.exec(cells).all())


def observed_citations(session: Session, workspace_id: int) -> dict[str, Observed]:
    """The same of citations: answers that cite a page of the own brand, of those whose citations are known."""
    brand = session.exec(select(Brand.id).where(Brand.workspace_id == workspace_id, col(Brand.own))).first()
    mine = rollups.of_brands(rollups.owned(session.connection(), workspace_id))
    own = (
        sql_select(mine.c.answer_id)
        .where(mine.c.brand_id == brand, mine.c.kind == "cited")
        .distinct()
        .subquery()
    )
    cells = (
        select(
            Engine.name,
            Answer.prompt_id,
            func.count(),
            func.count(own.c.answer_id),
            func.avg(col(Answer.cost_micros)),
        )  # type: ignore[call-overload]
        .join(Answer, col(Answer.engine_id) == col(Engine.id))
        .outerjoin(own, own.c.answer_id == col(Answer.id))
        .where(rollups.usable(workspace_id), rollups.citable())
        .group_by(Engine.name, col(Answer.prompt_id), col(Answer.run_id), col(Answer.week))
    )
    return _summaries(session.exec(cells).all())


def _summaries(rows: Sequence[Any]) -> dict[str, Observed]:
    found: dict[str, list[Cell]] = {}
    for name, prompt_id, answered, hits, cost in rows:
        cell = Cell(prompt_id, answered, int(hits or 0), None if cost is None else float(cost))
        found.setdefault(name, []).append(cell)
    return {name: summarised(cells) for name, cells in found.items()}


def summarised(cells: Sequence[Cell]) -> Observed:
    """Variance components of a yes or no, by the analysis-of-variance estimator: answers inside cells, and cells of
    one prompt around each other. Where no prompt has two cells, prompts stand in for cells."""
    answered = sum(cell.answers for cell in cells)
    rate = sum(cell.named for cell in cells) / answered
    costs = [cell.cost_micros for cell in cells if cell.cost_micros is not None]
    cost = round(sum(costs) / len(costs)) if costs else None
    # A rate seen at 0 or 1 still moves: half an answer keeps the planner from promising certainty.
    careful = min(max(rate, 0.5 / answered), 1 - 0.5 / answered)
    freedom = answered - len(cells)
    if freedom <= 0 or not 0 < rate < 1:
        return Observed(careful, NOTHING_OBSERVED.intraclass, cost, answered)
    inside = sum(c.named * (c.answers - c.named) / c.answers for c in cells) / freedom
    between = _between(cells, inside)
    if between is None or inside + between == 0:
        return Observed(careful, min(1.0, max(0.0, 1 - inside / (rate * (1 - rate)))), cost, answered)
    return Observed(careful, between / (inside + between), cost, answered, inside + between)


def _between(cells: Sequence[Cell], inside: float) -> float | None:
    """Variance of a prompt's rate from run to run; None where no prompt was asked in two."""
    by_prompt: dict[int, list[Cell]] = {}
    for cell in cells:
        by_prompt.setdefault(cell.prompt_id, []).append(cell)
    squares = weight = 0.0
    freedom = 0
    for mine in by_prompt.values():
        asked = sum(c.answers for c in mine)
        mean = sum(c.named for c in mine) / asked
        squares += sum(c.answers * (c.named / c.answers - mean) ** 2 for c in mine)
        weight += asked - sum(c.answers**2 for c in mine) / asked
        freedom += len(mine) - 1
    return max(0.0, (squares - freedom * inside) / weight) if freedom else None
