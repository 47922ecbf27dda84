"""What `lift` returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from analysis.intervals import Interval
from analysis.lift.already import HasAlready
from analysis.lift.direction import Direction
from analysis.lift.gains import Gain
from analysis.lift.odds import LiftScale
from analysis.lift.within import Within

Verdict = Literal[
    "associated within the same question",
    "goes with fewer mentions",
    "lifts every brand alike",
    "named without the link too",
    "no clear difference",
    "not enough data",
]
# Nothing is claimed unless the surest source passes GATE; then sources are claimed up to DISCOVERY. Where no
# link lifts anything every claim is false, so the gate bounds that case; 8 % leaves room for what is not
# linear.
GATE = 0.02
DISCOVERY = 0.08


@dataclass(frozen=True, slots=True)
class LiftRow:
    """What one source's links go with. Lifts are in probability (0.12 = 12 points of mention rate).

    Attributes
    ----------
    lift, low, high, p, q : float or None
        Estimate, bounds, two-sided p-value and its value adjusted for all sources (`_directed`); None with
        too little data.
    exposed : int
        (answer, brand) pairs with the source cited and the link live.
    prompts : int
        Prompts among them.
    se : float or None
        Standard error behind the bounds.
    shrunk, rank_key : float or None
        Estimate pulled to its family, and that estimate's lower bound, by which sources are ranked.
    common : float or None
        What citing the source goes with for every brand of the answer, against the median source.
    checks : dict of str to bool
        True where the check is passed; absent where it could not be made. Names: "without any one prompt",
        "without any one engine", "links moved to other brands", "cited without the link",
        "not every brand alike".
    details : dict of str to str
        The figures behind each check, in points.
    gated : bool
        Whether q is within the discoveries allowed and yet nothing is claimed, since no source of the table
        is sure enough (`GATE`).
    pull, pull_low, missing, missing_low : float or None
        What would explain a claim away (`analysis.lift.odds.Sensitivity`).
    """

    source: str
    family: str
    lift: float | None
    low: float | None
    high: float | None
    p: float | None
    q: float | None
    exposed: int
    prompts: int
    verdict: Verdict
    se: float | None = None
    shrunk: float | None = None
    rank_key: float | None = None
    common: float | None = None
    checks: dict[str, bool] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    gated: bool = False
    pull: float | None = None
    pull_low: float | None = None
    missing: float | None = None
    missing_low: float | None = None

    @property
    def goes_with_more(self) -> bool:
        """Whether the source is claimed: brands that it links to are named more where it is cited."""
        return self.verdict == "associated within the same question"


@dataclass(frozen=True)
class LiftTable:
    """Rows ordered by `rank_key`, sources without enough data last; and what was compared.

    Attributes
    ----------
    unlinked : Interval or None
        Pooled over sources: what being cited *without* a live link goes with. Above zero, engines pick
        these sources because of the brands, and only lifts beyond twice its upper bound are claimed.
    within, periods
        The comparison used (see `analysis.lift.within.choose`).
    direction : Direction or None
        Whether the days on which links begin speak for the sources or for selection; None where lifts are
        one brand's or checks were not asked for.
    by_family : mapping of str to Direction
        The same for each family of claimed sources whose direction can be tested, where there are several
        and all checks were asked for.
    works : mapping of str to float
        Probability that each claimed source works rather than being selected or neither, where timing can
        be tested (`analysis.lift.gains`).
    gains : mapping of str to Gain
        What a link could bring the panel's own brand; empty unless direction supports the sources.
    withdrawn : frozenset of str
        Sources whose gain was taken back, because brands rose less after links of their family than lift
        predicts (`analysis.reconciled`).
    alike : LiftScale or None
        Whether lifts are alike in log-odds or in points, by which gains are carried to other rates; None
        where none are given.
    held : HasAlready or None
        Who has a claimed source's lift though no link is live, where gains are given.
    already : frozenset of str
        Claimed sources whose lift the panel's own brand likely has so: they have no gain.
    known : Interval or None
        Of the links that our own looks found, the share that exports know; None without looks.
    warnings : tuple of str
        What these answers and links cannot carry, in sentences.
    gate : float
        The q that the surest source must reach before anything is claimed.
    """

    rows: tuple[LiftRow, ...]
    answers: int
    prompts: int
    brand: str | None
    within: Within
    periods: int
    level: float
    discovery: float
    unlinked: Interval | None = None
    direction: Direction | None = None
    by_family: Mapping[str, Direction] = field(default_factory=dict)
    works: Mapping[str, float] = field(default_factory=dict)
    gains: Mapping[str, Gain] = field(default_factory=dict)
    withdrawn: frozenset[str] = frozenset()
    alike: LiftScale | None = None
    held: HasAlready | None = None
    already: frozenset[str] = frozenset()
    known: Interval | None = None
    warnings: tuple[str, ...] = ()
    gate: float = GATE

    def row(self, source: str) -> LiftRow:
        """The row of one source."""
        return next(r for r in self.rows if r.source == source)
