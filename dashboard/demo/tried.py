"""The demo's experiment: sites that nobody links to yet, drawn by lot, worked on for two weeks, then watched.

Nothing of it is written by hand but the work: pairs, lots and protocol come through the doors that a user's
come through, and the simulated web is told which links were won.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from tracker.cli.printing import err, plain

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

NAME = "Sites that do not link yet"
BEFORE, SETTLE = 4, 2
LEAST_WEEKS = BEFORE + SETTLE + 2
"""A shorter demo has no experiment."""
TEAM = ("Mara", "Jon")


def start(db: Database, workspace_id: int, world: Any, weeks: int) -> Any:
    """Draft and start it after the first weeks; returns the world in which the links have been won, the same
    one where too few of its sites are cited for an experiment."""
    from analysis import frames, trials
    from analysis.experiments.design import LEAST
    from tracker import experiments, sandbox, store

    today = world.start + timedelta(weeks=BEFORE)
    known = frames.world(db, workspace_id)
    sites = [world.sources[s].domain for s in world.untapped]
    counts = frames.experiment_counts(db, known, frames.Scope(), sites)
    cited = [site for site, rows in zip(sites, counts.unnamed, strict=True) if rows.sum() >= trials.FEWEST]
    if len(cited) < 2 * LEAST or weeks < LEAST_WEEKS:
        return world
    draft = trials.ExperimentDraft(
        name=NAME,
        sources=tuple(cited),
        before=BEFORE,
        settle=SETTLE,
        weeks=weeks - BEFORE - SETTLE,
    )
    made = trials.propose(db, known, draft, today=today)
    fixed = trials.protocol(db, known, made, "the demo's lots", today=today)
    with store.writing(db) as session:
        experiments.draft(session, workspace_id, NAME, made, now=_moment(today, 8))
        experiments.start(session, workspace_id, NAME, fixed, now=_moment(today, 9))
    won, book = [], []
    *drawn, last = (pair[pair["drawn"][0]] for pair in fixed["pairs"])
    for i, source in enumerate((*drawn, last)):
        who, asked = TEAM[i % len(TEAM)], today + timedelta(days=1 + i % 3)
        came = asked + timedelta(days=4 + i % 5)
        book += [(today, "assigned", source, who, ""), (asked, "attempt", source, who, "wrote to the editor")]
        if source == last:
            book.append((came, "refused", source, who, "no vendors' links"))
        else:
            book.append((came, "link", source, who, ""))
            won.append(sandbox.Placement(source, fixed["brand"], came))
    with store.writing(db) as session:
        for day, *line in sorted(book):
            experiments.record(
                session, workspace_id, NAME, experiments.BookLine(_moment(day, 16), day, *line)
            )
    return world.placing(won)


def end(db: Database, workspace_id: int, today: date) -> None:
    """Read its result once, the day after its window."""
    from analysis import frames, trials
    from tracker import experiments, store

    with store.reading(db) as session:
        experiment = experiments.read(session, workspace_id, NAME)
    found = trials.result(db, frames.world(db, workspace_id), experiment, today=today)
    figures = {"verdict": found.verdict, "sentence": found.sentence}
    line = experiments.BookLine(_moment(today, 9), today, "result", None, "", "", figures)
    with store.writing(db) as session:
        experiments.record(session, workspace_id, NAME, line)
    err.print(f"     {plain(found.sentence)}")


def _moment(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), UTC)
