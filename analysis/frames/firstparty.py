"""What our own site saw, and what sampled answers cite of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Engine, func
from sqlalchemy import select as typed_select
from sqlmodel import col

from analysis.frames.tracked import Scope, World
from tracker import domains, store
from tracker.answers import counted
from tracker.models import Answer, Citation, Mention, OwnCount, Page

select: Any = typed_select


def own_counts(database: Engine, workspace: World, first: date | None, last: date | None) -> pd.DataFrame:
    """`day`, `step`, `agent`, `url`, `proof`, `hits`: as they are stored."""
    names = ("day", "step", "agent", "url", "proof", "hits")
    wanted = select(*(getattr(OwnCount, name) for name in names)).where(OwnCount.workspace_id == workspace.id)
    if first is not None:
        wanted = wanted.where(OwnCount.day >= first)
    if last is not None:
        wanted = wanted.where(OwnCount.day <= last)
    with store.reading(database) as session:
        rows = session.execute(wanted).all()
    return pd.DataFrame(rows, columns=list(names))


def own_citations(database: Engine, workspace: World, scope: Scope) -> pd.DataFrame:
    """`url`, `engine`, `week`, `answers` that cite this page of the own brand, and those of them that name it
    (`named`)."""
    names = ["url", "engine", "week", "answers", "named"]
    own = workspace.own
    if own is None:
        return pd.DataFrame(columns=names)
    ids = [domains.domain_id(name) for name in sorted(own.estate.domains)]
    says = select(Mention.answer_id).where(
        Mention.workspace_id == workspace.id, Mention.brand_id == own.id, counted.names_it()
    )
    answer: Any = Answer.id
    naming = func.count(answer.distinct()).filter(answer.in_(says))
    wanted = (
        select(Page.url, Answer.engine_id, Answer.week, func.count(answer.distinct()), naming)
        .join_from(Citation, Answer, col(Answer.id) == col(Citation.answer_id))
        .join(Page, col(Page.id) == col(Citation.page_id))
        .where(counted.usable(workspace.id), Citation.kind == "cited", col(Citation.domain_id).in_(ids))
        .group_by(Page.url, Answer.engine_id, Answer.week)
    )
    if scope.first is not None:
        wanted = wanted.where(Answer.week >= scope.first)
    if scope.last is not None:
        wanted = wanted.where(Answer.week <= scope.last)
    with store.reading(database) as session:
        rows = session.execute(wanted).all()
    return pd.DataFrame(rows, columns=names)
