"""What stored answers say about an engine: how it usually answers, whether it searched, which model
served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from tracker import store
from tracker.answers import counted, served
from tracker.answers.counted import ANSWER, MENTION
from tracker.answers.owned import own_citations, owned
from tracker.engines.calls import call_for
from tracker.models import Answer, Brand, Engine, Event, Prompt, Run
from tracker.run.plan import NOTHING_OBSERVED, Observed


def not_searched(session: Session, run_id: int) -> int:
    """Answers of search engines that did not search."""
    statement = select(Answer.model, func.count()).where(
        Answer.run_id == run_id, col(Answer.search_used).is_(False)
    )
    by_model = session.exec(statement.group_by(Answer.model))
    return sum(count for model, count in by_model if call_for(model).searches)


def cut_off(session: Session, run_id: int) -> int:
    """Answers that end where a limit of length was reached."""
    halves = sql_select(func.count()).where(ANSWER.c.run_id == run_id, counted.cut_off())
    return int(session.connection().execute(halves).scalar_one())


def note_model_changes(session: Session, run: Run) -> None:
    """A change of the served models from the engine's last run to this one becomes an event, once."""
    for engine_id, models in _served(session, run.id).items():
        name = session.exec(select(Engine.name).where(Engine.id == engine_id)).one()
        for change in served.changes([(None, _served_before(session, run, engine_id)), (run, models)]):
            event = {
                "workspace_id": run.workspace_id,
                "engine_id": engine_id,
                "at": run.asked_for,
                "kind": served.KIND,
                "title": change.title(name),
            }
            store.bulk_insert(session, Event, [event], ignore=True)


def _served_before(session: Session, run: Run, engine_id: int) -> set[str]:
    """The models of the engine's newest earlier run that tells them."""
    newest = (
        select(Answer.run_id)
        .where(Answer.engine_id == engine_id, Answer.asked_at < run.asked_for, Answer.run_id != run.id)
        .where(col(Answer.served_model).is_not(None))
        .order_by(col(Answer.asked_at).desc())
    )
    before = session.exec(newest).first()
    return set() if before is None else _served(session, before).get(engine_id, set())


def _served(session: Session, run_id: int | None) -> dict[int, set[str]]:
    statement = select(Answer.engine_id, Answer.served_model).where(Answer.run_id == run_id)
    models: dict[int, set[str]] = {}
    for engine_id, model in session.exec(statement.distinct()):
        if model is not None:
            models.setdefault(engine_id, set()).add(model)
    return models


@dataclass(frozen=True)
class Cell:
    """One prompt in one run: answers that count, those naming (or citing) the own brand, their mean cost."""

    prompt_id: int
    answers: int
    named: int
    cost_micros: float | None
    weight: float = 1.0


def observed(session: Session, workspace_id: int) -> dict[str, Observed]:
    """What earlier answers say about each engine: the own brand's mention rate, the intraclass correlation of
    repeats and the usual cost. The rate is the one that `citelift visibility` shows for all prompts."""
    named = sql_select(MENTION.c.answer_id).where(MENTION.c.brand_id == _own(session, workspace_id))
    return _summaries(session, workspace_id, named.where(counted.names_it()))


def observed_citations(session: Session, workspace_id: int) -> dict[str, Observed]:
    """The same of citations: answers that cite an own page, of those that can say what they cite."""
    mine = own_citations(owned(session.connection(), workspace_id))
    cited = sql_select(mine.c.answer_id).where(mine.c.brand_id == _own(session, workspace_id))
    return _summaries(session, workspace_id, cited.where(mine.c.kind == "cited"), counted.citable())


def _own(session: Session, workspace_id: int) -> int | None:
    mine = select(Brand.id).where(Brand.workspace_id == workspace_id, col(Brand.own), col(Brand.active))
    return session.exec(mine).first()


def _summaries(session: Session, workspace_id: int, those: Any, *only: Any) -> dict[str, Observed]:
    """Cells of the answers that count (and fulfil `only`); `those` selects the ids of answers with the
    outcome."""
    chosen = those.distinct().subquery()
    statement = (
        sql_select(
            col(Engine.name),
            ANSWER.c.prompt_id,
            func.count(),
            func.count(chosen.c.answer_id),
            func.avg(ANSWER.c.cost_micros),
            func.max(Prompt.weight),
        )
        .join_from(ANSWER, Engine, ANSWER.c.engine_id == col(Engine.id))
        .join(Prompt, ANSWER.c.prompt_id == col(Prompt.id))
        .outerjoin(chosen, chosen.c.answer_id == ANSWER.c.id)
        .where(counted.usable(workspace_id), *only)
        .group_by(col(Engine.name), ANSWER.c.prompt_id, ANSWER.c.run_id, ANSWER.c.week)
    )
    cells: dict[str, list[Cell]] = {}
    for engine, prompt_id, answered, named, cost, weight in session.connection().execute(statement):
        cell = Cell(prompt_id, answered, int(named), None if cost is None else float(cost), weight)
        cells.setdefault(engine, []).append(cell)
    return {engine: summarised(mine) for engine, mine in cells.items()}


def summarised(cells: Sequence[Cell]) -> Observed:
    """Variance components of a yes or no, by the analysis-of-variance estimator: answers inside cells, and
    cells of one prompt around each other. Where no prompt has two cells, prompts stand in for cells."""
    answered = sum(cell.answers for cell in cells)
    rate = sum(c.weight * c.named for c in cells) / sum(c.weight * c.answers for c in cells)
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
