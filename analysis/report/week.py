"""What a report says, before it is worded: a stretch of weeks against as many before, and the work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from analysis.alerts import MoveAlert
from analysis.changes import Pair, WeekChange
from analysis.frames import Scope
from analysis.lift.estimate import LiftRow, LiftTable
from analysis.lift.ladder import Rung
from analysis.moments import Moment
from analysis.opportunities import Opportunity
from analysis.stability import Stability
from analysis.visibility import Row

CLAIMS = ("associated within the same question", "goes with fewer mentions", "lifts every brand alike")
Period = Literal["week", "month", "quarter"]


@dataclass(frozen=True)
class Source:
    """One cited domain."""

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
class LinkNews:
    """A page that began or ceased to link to a brand."""

    day: date
    kind: Literal["gained", "lost"]
    source: str
    url: str
    brand: str
    own: bool


@dataclass(frozen=True)
class Quote:
    """A piece of an answer of the newest week."""

    prompt: str
    engine: str
    day: date
    text: str
    names_own: bool
    answer: int


@dataclass(frozen=True)
class Done:
    """Something people did."""

    day: date
    what: str


@dataclass(frozen=True)
class BrandPlace:
    """Where the own brand stands among the brands by mention rate, 1 first."""

    place: int
    of: int
    before: int | None
    """In the weeks before, among the same brands."""


@dataclass(frozen=True)
class Week:
    """What was counted in `span` weeks, and against as many before.

    Attributes
    ----------
    weeks : str
        In which time zone they run.
    period : {"week", "month", "quarter"}
        What it is a report of; a week's numbers are those of four weeks.
    first, week : date
        Mondays of the first and the last week of the numbers.
    before : date or None
        Monday of the last week before; None where nothing can be compared.
    rows : tuple of Row
        The headline per brand, own brand first.
    newest : Row
        The own brand in the last week alone.
    history : tuple of Row
        The same per week, up to 16 weeks.
    changes : tuple of WeekChange
        Against the weeks before.
    moved : tuple of MoveAlert
        What moved for those who look every week, told in these weeks.
    experiments : tuple of str
        Where each started experiment stands, or what it says, in a sentence.
    against_leader : Pair or None
        Own brand minus the most named rival, on the same answers.
    lift : LiftTable or None
        Over all weeks up to this one; None without links or answers to compare.
    rungs : tuple of Rung
        The ladder of its claims: how many of the weeks' answers cite each source, and whom it links to.
    limits : tuple of str
        What cannot be said, and why.
    done : tuple of Done
        Since the report before.
    """

    workspace: str
    own: str
    part: Scope
    """Which part of the prompts it is about; no weeks."""
    weeks: str
    period: Period
    first: date
    week: date
    span: int
    before: date | None
    answers: int
    prompts: int
    engines: tuple[str, ...]
    rows: tuple[Row, ...]
    newest: Row | None
    place: BrandPlace
    history: tuple[Row, ...]
    changes: tuple[WeekChange, ...]
    leader: str | None
    against_leader: Pair | None
    lift: LiftTable | None
    lift_from: date
    rungs: tuple[Rung, ...]
    sources: tuple[Source, ...]
    stability: tuple[Stability, ...]
    events: tuple[Moment, ...]
    past_events: tuple[Moment, ...]
    opportunities: tuple[Opportunity, ...]
    limits: tuple[str, ...]
    moved: tuple[MoveAlert, ...] = ()
    experiments: tuple[str, ...] = ()
    links: tuple[LinkNews, ...] = ()
    quote: Quote | None = None
    done: tuple[Done, ...] = ()

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

    def rung(self, source: str) -> Rung | None:
        return next((rung for rung in self.rungs if rung.row.source == source), None)
