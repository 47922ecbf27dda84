"""What may explain a change: events that were written down, changes of a served model, and how a chart
letters them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Engine

from analysis import frames
from analysis.frames import Scope, World
from tracker.answers import served

APART = 40
"""Two moments closer than this part of a chart's days share a mark."""


@dataclass(frozen=True)
class Moment:
    """A day and what happened on it; `engine` is None where it concerns all."""

    at: date
    kind: str
    title: str
    engine: str | None = None


@dataclass(frozen=True)
class Mark:
    """An upright line of a chart over time."""

    at: date
    letter: str
    moments: tuple[Moment, ...]


def moments(database: Engine, world: World) -> list[Moment]:
    """Everything to mark, in order. A change of model that a run noted, or somebody without an engine, stands
    once.

    Imported answers have no run: their changes of model are read from the weeks themselves, and dated on a
    Monday.
    """
    stored = [Moment(*event) for event in frames.events(database, world)]
    noted = {(frames.monday(m.at), m.engine) for m in stored if m.kind == served.KIND}
    derived = [m for m in _model_changes(database, world) if not noted & {(m.at, m.engine), (m.at, None)}]
    return sorted(stored + derived, key=lambda m: m.at)


def _model_changes(database: Engine, world: World) -> list[Moment]:
    asked = frames.asked(database, world, Scope(branded="include"))
    return [
        Moment(change.at, served.KIND, change.title(world.engines[engine]), world.engines[engine])
        for engine, spells in frames.served_weeks(asked).items()
        for change in served.once(served.changes(spells))
    ]


def marks(moments: Iterable[Moment], first: date, end: date) -> list[Mark]:
    """Letters for what lies in [first, end); what is too close together to be told apart shares one."""
    groups: list[list[Moment]] = []
    for moment in sorted((m for m in moments if first <= m.at < end), key=lambda m: m.at):
        if groups and moment.at - groups[-1][0].at < (end - first) / APART:
            groups[-1].append(moment)
        else:
            groups.append([moment])
    return [Mark(group[0].at, _letter(number), tuple(group)) for number, group in enumerate(groups)]


def within(moments: Sequence[Moment], first: date, last: date) -> tuple[Moment, ...]:
    """Those from the first to the last day."""
    return tuple(m for m in moments if first <= m.at < last + timedelta(days=1))


def _letter(number: int) -> str:
    """A … Z, AA, AB …"""
    return (_letter(number // 26 - 1) if number >= 26 else "") + chr(65 + number % 26)
