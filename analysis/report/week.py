"""One week of a workspace: all that the report says, before it is worded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from analysis.changes import Moving, Pair, WeekChange
from analysis.frames import Scope
from analysis.lift.estimate import LiftRow, LiftTable
from analysis.moments import Moment
from analysis.opportunities import Opportunity
from analysis.stability import Stability
from analysis.visibility import Row

CLAIMS = ("associated within the same question", "goes with fewer mentions", "lifts every brand alike")


@dataclass(frozen=True)
class Source:
    """One cited domain of the week."""

    domain: str
    kind: str
    answers: int
    of_answers: int
    rate: float
    low: float
    high: float
    engines: int
    links_to: tuple[str, ...]
    """Brands it is known to link to, the own brand first."""


@dataclass(frozen=True)
class Week:
    """What was counted in one week, and against the week before.

    Attributes
    ----------
    weeks : str
        In which time zone they run.
    week : date
        Monday.
    rows : tuple of Row
        The week's headline per brand, own brand first.
    history : tuple of Row
        The same per week, up to 16 weeks.
    changes : tuple of WeekChange
        Against the week with answers before.
    periods : tuple of WeekChange
        The last four weeks against the four before; empty where there are not eight.
    moved : tuple of Moving
        What moved for those who look every week.
    experiments : tuple of str
        Where each started experiment stands, or what it says, in a sentence.
    against_leader : Pair or None
        Own brand minus the most named rival, on the same answers.
    lift : LiftTable or None
        Over all weeks up to this one; None without links or answers to compare.
    limits : tuple of str
        What cannot be said, and why.
    """

    workspace: str
    own: str
    part: Scope
    """Which part of the prompts it is about; no weeks."""
    weeks: str
    week: date
    before: date | None
    answers: int
    prompts: int
    engines: tuple[str, ...]
    rows: tuple[Row, ...]
    history: tuple[Row, ...]
    changes: tuple[WeekChange, ...]
    leader: str | None
    against_leader: Pair | None
    lift: LiftTable | None
    lift_from: date
    sources: tuple[Source, ...]
    stability: tuple[Stability, ...]
    events: tuple[Moment, ...]
    past_events: tuple[Moment, ...]
    opportunities: tuple[Opportunity, ...]
    limits: tuple[str, ...]
    periods: tuple[WeekChange, ...] = ()
    moved: tuple[Moving, ...] = ()
    experiments: tuple[str, ...] = ()

    @property
    def own_row(self) -> Row:
        return next(row for row in self.rows if row.brand == self.own)

    def change(self, brand: str, measure: str) -> WeekChange | None:
        """What changed for one brand in one measure."""
        return next((c for c in self.changes if c.brand == brand and c.measure == measure), None)

    @property
    def claims(self) -> tuple[LiftRow, ...]:
        """Sources of which the comparison says something."""
        return tuple(row for row in self.lift.rows if row.verdict in CLAIMS) if self.lift else ()
