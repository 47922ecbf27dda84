"""The inputs of the three designs: lift within answers, association, before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd
from sqlalchemy import Engine, select

from analysis.frames.answered import answers, asked, citations, served_weeks, visibility_sums
from analysis.frames.inside import InsideAnswers, inside_answers
from analysis.frames.linked import links
from analysis.frames.tables import domain_names
from analysis.frames.tracked import Exposure, Scope, World, as_world
from tracker.answers import served
from tracker.answers.counted import ANSWER
from tracker.errors import UsageError

if TYPE_CHECKING:
    from analysis.association.association import Citations
    from analysis.events.histories import Histories
    from analysis.lift.panel import Panel


def lift_panel(
    database: Engine,
    workspace: World | int,
    scope: Scope | None = None,
    *,
    exposure: Exposure = "auto",
    families: Callable[[Sequence[str]], Sequence[str]] | None = None,
    read: InsideAnswers | None = None,
) -> Panel:
    """Answers × brands × linking sources, as `analysis.lift.panel.Panel`.

    A source is a domain that is cited by some answer and links to some brand. See `analysis.frames.exposure`
    for when a brand counts as exposed. `families` names the family of each source (all one family without
    it). `read` is what was read of this scope already.
    """
    from analysis.frames.exposure import panel

    read = read or inside_answers(database, workspace, scope)
    ids = sorted({int(i) for i in read.links.table["source_id"]})
    cited = citations(database, read.world, read.scope, domains=ids)
    return panel(
        read.answers,
        cited,
        read.links,
        read.named,
        read.world,
        read.topics,
        exposure=exposure,
        families=families,
    )


Outcome = Literal["mention", "citation"]


def histories(
    database: Engine,
    workspace: World | int,
    scope: Scope | None = None,
    *,
    outcome: Outcome = "mention",
    families: Callable[[Sequence[str]], Sequence[str]] | None = None,
) -> Histories:
    """Weekly outcomes per brand and prompt, and the week of each first link, as `Histories`.

    Weeks run without a gap from the first to the last with answers. A brand that ended before the last is
    left out. A link whose first day is unknown was
    there before. A week is a break when an engine is served by other models than in its week before.
    """
    from analysis.events.histories import Histories
    from analysis.frames.exposure import first_weeks

    if outcome not in get_args(Outcome):
        raise UsageError(f"there is no outcome {outcome!r}", f"use one of: {', '.join(get_args(Outcome))}")
    workspace, scope = as_world(database, workspace), scope or Scope(branded="include")
    sums = visibility_sums(database, workspace, scope, ("week",))
    if len(sums):
        workspace = workspace.lasting(max(sums["week"]))
        sums = sums[sums["brand_id"].isin([brand.id for brand in workspace.brands])]
    part, whole = ("mentioned", "answers") if outcome == "mention" else ("cited", "citable")
    days = sorted(sums["week"].unique())
    total = (days[-1] - days[0]).days // 7 + 1 if days else 0
    prompts = sorted(int(p) for p in sums["prompt_id"].unique())
    t = np.array([(day - days[0]).days // 7 for day in sums["week"]], np.int64)
    c = np.searchsorted(np.asarray(prompts, np.int64), sums["prompt_id"].to_numpy(np.int64))
    spot = {brand.id: i for i, brand in enumerate(workspace.brands)}
    b = sums["brand_id"].map(spot).to_numpy(np.int64)
    counts = np.zeros((len(spot), len(prompts), total), np.int64)
    answers = np.zeros((len(prompts), total), np.int64)
    counts[b, c, t] = sums[part].to_numpy(np.int64)
    answers[c, t] = sums[whole].to_numpy(np.int64)
    names, first = first_weeks(links(database, workspace), len(spot), days[0] if days else None, total)
    return Histories(
        brands=tuple(brand.name for brand in workspace.brands),
        clusters=tuple(workspace.prompts[p].text for p in prompts),
        sources=names,
        families=tuple(families(names)) if families else ("source",) * len(names),
        answers=answers,
        counts=counts,
        first_link=first,
        breaks=_model_breaks(asked(database, workspace, scope)),
        outcome=outcome,
    )


def _model_breaks(asked: pd.DataFrame) -> tuple[int, ...]:
    """Weeks (0 is the first) in which some engine is served by other models than in its week before."""
    if asked.empty:
        return ()
    start = asked["week"].min()
    changes = [change for spells in served_weeks(asked).values() for change in served.changes(spells)]
    return tuple(sorted({(change.at - start).days // 7 for change in changes}))


def association_data(
    database: Engine, workspace: World | int, scope: Scope | None = None
) -> tuple[Citations, tuple[str, ...]]:
    """Who was cited or retrieved where, as `analysis.association.association.Citations`, and the names of its
    domain codes.
    """
    from analysis.association.association import Citations

    workspace, scope = as_world(database, workspace), scope or Scope(branded="include")
    frame = answers(database, workspace, scope)
    parts = {
        kind: citations(database, workspace, scope, kind=kind, pages=False) for kind in ("cited", "retrieved")
    }
    both = pd.concat(parts, names=["kind"]).reset_index("kind")
    row = pd.Index(frame["answer"])
    ids, domain = np.unique(both["source_id"].to_numpy(np.int64), return_inverse=True)
    with database.connect() as connection:
        names = domain_names(connection, ids)
        serp = connection.execute(
            select(ANSWER.c.engine_id)
            .distinct()
            .where(ANSWER.c.workspace_id == workspace.id, ANSWER.c.surface == "serp")
        ).scalars()
        plain = frozenset(workspace.engines[i] for i in serp)
    present = sorted({int(i) for i in frame["engine"]}, key=lambda i: workspace.engines[i])
    spot = {engine: code for code, engine in enumerate(present)}
    prompts, _ = pd.factorize(frame["prompt_id"], sort=True)
    data = Citations(
        answer=np.asarray(row.get_indexer(pd.Index(both["answer"])), np.int64),
        domain=np.asarray(domain, np.int64).ravel(),
        cited=(both["kind"] == "cited").to_numpy(bool),
        prompt=np.asarray(prompts, np.int64),
        engine=np.array([spot[int(i)] for i in frame["engine"]], np.int64),
        engines=tuple(workspace.engines[i] for i in present),
        serp=plain,
    )
    return data, tuple(names.get(int(i), f"domain {i}") for i in ids)
