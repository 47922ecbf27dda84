"""A workspace's answers are simulated ones or real ones: pooled, they would make numbers about nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from sqlmodel import Session, col, select

from tracker.engines.simulated import is_sandbox
from tracker.errors import CatalogError
from tracker.models import Answer, Ask, AskState, Ledger, Run, Workspace

Origin = Literal["simulated", "real"]
WAY_OUT = (
    "keep them apart: name another workspace (--workspace NAME, or `workspace:` in brands.yaml) or another "
    "database (--database URL)"
)


def origins_of_models(models: Iterable[str]) -> set[Origin]:
    return {"simulated" if is_sandbox(model) else "real" for model in models}


def origins_of_answers(session: Session, workspace_id: int) -> set[Origin]:
    """What a workspace holds; answers that were recorded elsewhere are real ones."""
    origins = origins_of_models(_models_asked(session, workspace_id))
    recorded = select(Answer.id).where(Answer.workspace_id == workspace_id, col(Answer.ask_id).is_(None))
    if session.exec(recorded.limit(1)).first() is not None:
        origins.add("real")
    return origins


def _models_asked(session: Session, workspace_id: int) -> set[str]:
    """One answered ask tells for an engine in a run: within a run no engine changes its origin."""
    one = (
        select(Ask.model)
        .where(Ask.run_id == Ledger.run_id, Ask.state == AskState.ANSWERED, Ask.engine_id == Ledger.engine_id)
        .limit(1)
        .correlate(Ledger)
        .scalar_subquery()
    )
    statement = select(one).select_from(Ledger).join(Run, col(Run.id) == Ledger.run_id)
    models = session.exec(statement.where(Run.workspace_id == workspace_id)).all()
    return {model for model in models if model is not None}


def refuse_pooling(session: Session, workspace_id: int, added: set[Origin]) -> None:
    """Raise where answers of another origin than `added` are in the workspace already."""
    if len(added) == 2:
        raise CatalogError("simulated engines stand beside real ones", WAY_OUT)
    held = origins_of_answers(session, workspace_id) if added else set()
    if len(held | added) < 2:
        return
    name = session.exec(select(Workspace.name).where(Workspace.id == workspace_id)).one()
    if len(held) == 2:
        raise CatalogError(f"workspace {name} holds simulated and real answers together", WAY_OUT)
    (there,), (new,) = held, added
    raise CatalogError(
        f"workspace {name} holds {there} answers, and {new} ones must not enter the same numbers", WAY_OUT
    )


def mixed_workspaces(session: Session) -> list[str]:
    """Where it has happened already."""
    known = session.exec(select(Workspace.id, Workspace.name).order_by(Workspace.name)).all()
    return [name for workspace_id, name in known if len(origins_of_answers(session, workspace_id or 0)) == 2]
