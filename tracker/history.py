"""What stored answers say about an engine: how it usually answers, whether it searched, which model served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, case, func
from sqlmodel import Session, col, select

from tracker import store
from tracker.engines import call_for, is_sandbox
from tracker.models import Answer, Brand, Engine, Event, Mention, Run
from tracker.plan import NOTHING_OBSERVED, Observed


def not_searched(session: Session, run_id: int) -> int:
    """Answers of search engines that did not search."""
    statement = select(Answer.model, func.count()).where(
        Answer.run_id == run_id, col(Answer.search_used).is_(False)
    )
    counted = session.exec(statement.group_by(Answer.model))
    return sum(count for model, count in counted if is_sandbox(model) or call_for(model).searches)


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


def observed(session: Session, workspace_id: int) -> dict[str, Observed]:
    """What earlier answers say about each engine: the own brand's rate, how alike repeats are, the usual cost."""
    own = select(Brand.id).where(Brand.workspace_id == workspace_id, col(Brand.own)).scalar_subquery()
    named = case((col(Mention.id).is_(None), 0), else_=1)
    cells = (
        select(Engine.name, func.count(), func.sum(named), func.avg(col(Answer.cost_micros)))
        .join(Answer, col(Answer.engine_id) == col(Engine.id))
        .outerjoin(
            Mention,
            and_(
                col(Mention.answer_id) == col(Answer.id),
                col(Mention.brand_id) == own,
                col(Mention.stance) == "named",
            ),
        )
        .where(Answer.workspace_id == workspace_id)
        .group_by(Engine.name, col(Answer.prompt_id), col(Answer.run_id))
    )
    found: dict[str, list[tuple[int, int, float | None]]] = {}
    for name, answered, mentioned, cost in session.exec(cells):
        found.setdefault(name, []).append(
            (answered, int(mentioned or 0), None if cost is None else float(cost))
        )
    return {name: _observed(rows) for name, rows in found.items()}


def _observed(cells: list[tuple[int, int, float | None]]) -> Observed:
    """Likeness ρ: how much of the spread of single answers lies between cells of one prompt and run rather than
    inside them, by the analysis-of-variance estimator for binary outcomes."""
    answered = sum(n for n, _, _ in cells)
    rate = sum(k for _, k, _ in cells) / answered
    costs = [cost for _, _, cost in cells if cost is not None]
    inside = sum(k * (n - k) / n for n, k, _ in cells)
    freedom = answered - len(cells)
    likeness = NOTHING_OBSERVED.likeness
    if freedom > 0 and 0 < rate < 1:
        likeness = min(1.0, max(0.0, 1 - (inside / freedom) / (rate * (1 - rate))))
    # A rate seen at 0 or 1 still moves: half an answer keeps the planner from promising certainty.
    rate = min(max(rate, 0.5 / answered), 1 - 0.5 / answered)
    return Observed(rate, likeness, round(sum(costs) / len(costs)) if costs else None, answered)
