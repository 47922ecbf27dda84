"""How often a search engine shows an AI overview at all: answers of a page of results are only half of the
story.

Presence rate = pages of results that show an overview ÷ pages that could be read, Wilson interval. A page
without one is no answer, leaves every other rate, and is no failure.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from analysis import frames
from analysis.frames import Scope, World
from analysis.intervals import Interval, wilson


@dataclass(frozen=True)
class Presence:
    """One engine that is asked on a page of search results."""

    engine: str
    rate: Interval


def presence(database: Engine, world: World, scope: Scope | None = None) -> list[Presence]:
    """The engines of surface `serp`, by name."""
    stored = frames.excluded(database, world, scope or Scope())
    stored = stored[stored["pages"] > 0]
    rates = [
        Presence(world.engines[int(engine)], wilson(int(shown), int(pages)))
        for engine, shown, pages in zip(stored["engine"], stored["shown"], stored["pages"], strict=True)
    ]
    return sorted(rates, key=lambda row: row.engine)
