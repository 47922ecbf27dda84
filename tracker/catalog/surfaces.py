"""An engine answers on one surface: what comes under its name on another one is an engine of its own.

A model's API, the product that people use and a page of results answer differently; under one name their
answers would enter one rate.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from tracker import store
from tracker.engines.row import Surface
from tracker.models import Answer, Engine


def name_on(name: str, surface: str) -> str:
    """What an engine is called whose name belongs to another surface."""
    return f"{name} ({surface})"


def engine_on(
    session: Session, workspace_id: int, name: str, surface: Surface | None, model: str = ""
) -> tuple[int, Surface]:
    """The engine of that name, however its capitals are written, on that surface; made, as imported, where
    there is none. None: the surface was not said, and is the engine's own."""
    engines = _engines(session, workspace_id)
    known = {engine.name.lower(): engine for engine in engines}
    named = next((engine for engine in engines if engine.name == name), known.get(name.lower()))
    if named is not None and (surface is None or named.surface == surface):
        return _key(named)
    wanted = surface or "api"
    if named is not None:
        name = name_on(name, wanted)
        if (other := known.get(name.lower())) is not None:
            return _key(other)
    row = {"workspace_id": workspace_id, "name": name, "model": model, "surface": wanted, "imported": True}
    store.bulk_insert(session, Engine, [row], ignore=True)
    mine = select(Engine).where(Engine.workspace_id == workspace_id, Engine.name == name)
    return _key(session.exec(mine).one())


def _engines(session: Session, workspace_id: int) -> list[Engine]:
    """The newest first: of two that differ in capitals only, the oldest is the one that a name finds."""
    mine = select(Engine).where(Engine.workspace_id == workspace_id)
    return list(session.exec(mine.order_by(col(Engine.id).desc())))


def _key(engine: Engine) -> tuple[int, Surface]:
    assert engine.id is not None
    return engine.id, engine.surface  # type: ignore[return-value]


def park(session: Session, engine: Engine, surface: str) -> Engine | None:
    """Before an engine moves to another surface: what it answered so far keeps the old one, under a name of
    its own. Returns the engine to go on with: itself, or the one that answered on the new surface before."""
    answered = select(Answer.id).where(Answer.engine_id == engine.id, Answer.surface != surface).limit(1)
    if engine.surface == surface or session.exec(answered).first() is None:
        return engine
    name = engine.name
    before = select(Engine).where(
        Engine.workspace_id == engine.workspace_id, Engine.name == name_on(name, surface)
    )
    earlier = session.exec(before).first()
    engine.name, engine.active, engine.imported = name_on(name, engine.surface), False, True
    session.add(engine)
    session.flush()
    return earlier


def split(session: Session, workspace_id: int) -> int:
    """Answers that are under an engine of another surface get one of theirs; returns how many did."""
    statement = (
        select(Answer.engine_id, Answer.surface)
        .join(Engine, col(Engine.id) == col(Answer.engine_id))
        .where(Answer.workspace_id == workspace_id, col(Answer.surface) != col(Engine.surface))
        .distinct()
    )
    moved = 0
    for engine_id, surface in session.exec(statement).all():
        engine = session.get_one(Engine, engine_id)
        key, _ = engine_on(session, workspace_id, engine.name, surface, engine.model)  # type: ignore[arg-type]
        there: Any = update(Answer).where(col(Answer.engine_id) == engine_id, col(Answer.surface) == surface)
        moved += int(session.connection().execute(there.values(engine_id=key)).rowcount)
    return moved
