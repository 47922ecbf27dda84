"""The lift ladder: reach, lift and who is linked, of every source at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analysis import frames
from analysis.frames import Scope
from analysis.lift.ladder import Rung, rungs
from dashboard.data.computing import kept, step
from dashboard.data.gains import lift
from dashboard.data.opened import OpenWorkspace, database, world
from dashboard.data.rates import visibility

if TYPE_CHECKING:
    from analysis.lift.estimate import LiftTable

MOST = 100_000
"""Answers that lift is computed from: of larger workspaces the newest weeks."""


def whole(workspace: OpenWorkspace, scope: Scope) -> Scope:
    """The scope for what needs all weeks, as many of the newest ones as hold `MOST` answers, and with the
    prompts that name the brand: inside one answer they favour nobody."""
    wide = Scope(engine=scope.engine, topic=scope.topic, country=scope.country, language=scope.language)
    wide = replace(wide, branded="include")
    total, first, last = 0, None, None
    rows = {row.week: row.answers for row in visibility(workspace, wide, ("week",)) if row.week}
    for week in sorted(rows, reverse=True):
        total += rows[week]
        if first is not None and total > MOST:
            break
        first, last = week, last or week
    return replace(wide, first=first, last=last)


def bounded(workspace: OpenWorkspace, scope: Scope) -> Scope:
    """The scope, or as many of its newest weeks as `whole` has."""
    most = whole(workspace, scope)
    wider = scope.first is None or (most.first or scope.first) > scope.first
    return replace(scope, first=most.first, last=most.last) if wider else scope


@dataclass(frozen=True)
class Ladder:
    """Rungs with the largest supported gain first, then claims in the order of their surety, then others."""

    rungs: tuple[Rung, ...]
    table: LiftTable
    scope: Scope

    def missing(self, own: str | None) -> list[Rung]:
        """Claimed sources that do not link to the own brand."""
        return [rung for rung in self.rungs if rung.row.goes_with_more and own not in rung.linked]


@kept
def linked(workspace: OpenWorkspace, scope: Scope) -> dict[str, frozenset[str]]:
    """Brands that each cited source links to at the end of the scope."""
    step("links")
    return frames.linked_at_end(database(workspace), world(workspace), scope)


@kept
def ladder(workspace: OpenWorkspace, scope: Scope) -> Ladder:
    """Of a scope made by `whole`."""
    table = lift(workspace, scope)
    db, here = database(workspace), world(workspace)
    sources = frames.sources(db, here, scope)
    cited = dict(zip(sources["domain"], sources["answers"], strict=True))
    of = sum(frames.citable_answers(db, here, scope).values())
    links = linked(workspace, scope)
    return Ladder(rungs(table, cited, of, links), table, scope)
