"""What an experiment reads, and what it says: the outcomes, their tests by the lots, and the verdict.

Three outcomes, of which the first is for description only. **(i)** *Named where cited*: answers that cite the
source name the brand. An engine that cites a page because it names the brand moves it without any effect.
**(ii)** *Named in its prompts*: answers to the prompts for which the source was usually cited name the brand,
cited or not. Valid, weak. **(iii)** *Cited without being named*: answers that cite the source and do not name
the brand. Engines that pick sources by the brands they name leave it alone, a source that works lowers it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.experiments.counts import Floats, TrialCounts
from analysis.experiments.design import Outcome
from analysis.experiments.flips import Region, not_rejected, p_value

Verdict = Literal["raised", "lowered", "only cited less", "no clear difference"]
ALPHA = 0.05


@dataclass(frozen=True)
class Units:
    """What the lots decide about: one row per pair and block, first of the pair minus the second.

    Attributes
    ----------
    unnamed, beside : ndarray, shape (n,)
        Change of the log rate of answers that cite the source without naming, and with naming, the brand.
    named : ndarray, shape (n,)
        Change of the rate of naming in the source's prompts, in shares of 1.
    where_cited : ndarray, shape (n,)
        Change of the share of the citing answers that name the brand.
    lot : ndarray, shape (n,)
        1 where the first was drawn, −1 where the second.
    weight : ndarray, shape (n,)
        Of `unnamed`; the others weigh alike.
    live : ndarray, shape (n,)
        Share of the window that a link of the first was live, minus that of the second.
    """

    unnamed: Floats
    beside: Floats
    named: Floats
    where_cited: Floats
    lot: Floats
    weight: Floats
    live: Floats


@dataclass(frozen=True)
class Estimate:
    """One outcome: drawn minus not drawn.

    Attributes
    ----------
    estimate : float
        Log ratio for "unnamed" (−0.2 is a fall by 18 %), else a difference of rates.
    region : Region or None
        95 % by test inversion; None for what is descriptive.
    p : float or None
        Two-sided, exact under the lots.
    """

    estimate: float
    region: Region | None
    p: float | None


@dataclass(frozen=True)
class Outcomes:
    """All that one reading of an experiment says.

    Attributes
    ----------
    lots : int
    where_cited, named, unnamed : Estimate
    of_link : Estimate
        Effect of a link that is live all the time on `named`: Wald ratio and Anderson–Rubin region.
    beside : float
        Mean change of the log rate of answers that cite the source and name the brand.
    got : float
        Mean share of the window that drawn sources had a live link, minus that of the others.
    """

    lots: int
    where_cited: Estimate
    named: Estimate
    unnamed: Estimate
    of_link: Estimate
    beside: float
    got: float


def profile(before: TrialCounts) -> Floats:
    """How often each source is cited in each cell, as shares of the cell's answers: shape (S, C)."""
    answers = before.answers.sum(axis=0)
    return np.asarray(before.cited.sum(axis=1) / np.maximum(answers, 1))


def changes(before: TrialCounts, after: TrialCounts) -> dict[str, Floats]:
    """Each source's change from one window to another, on the cells that both have: shape (S,) each.

    Every shared cell weighs as in the window before, so that asking some prompts more often moves nothing.
    """
    both = (before.answers.sum(axis=0) > 0) & (after.answers.sum(axis=0) > 0)
    share = before.answers.sum(axis=0)[both].astype(np.float64)
    total = share.sum()
    cites = profile(before)[:, both]
    reach = cites.sum(axis=1)

    def rates(counts: TrialCounts) -> tuple[Floats, Floats, Floats, Floats]:
        n = counts.answers.sum(axis=0)[both]
        cited, missing = counts.cited.sum(axis=1)[:, both] / n, counts.unnamed.sum(axis=1)[:, both] / n
        named = counts.named.sum(axis=0)[both] / n
        scale = n.sum()
        unnamed = (missing @ share / total * scale + 0.5) / (scale + 1)
        beside = ((cited - missing) @ share / total * scale + 0.5) / (scale + 1)
        prompts = np.divide(cites @ named, reach, out=np.zeros(len(reach)), where=reach > 0)
        return np.log(unnamed), np.log(beside), prompts, beside / (beside + unnamed)

    if not total:
        return {name: np.zeros(len(before.sources)) for name in ("unnamed", "beside", "named", "where_cited")}
    was, now = rates(before), rates(after)
    names = ("unnamed", "beside", "named", "where_cited")
    return {name: b - a for name, a, b in zip(names, was, now, strict=True)}


def units(
    before: TrialCounts,
    after: list[TrialCounts],
    pairs: list[tuple[int, int]],
    lots: tuple[tuple[int, ...], ...],
    weights: list[float],
    live: Floats,
) -> Units:
    """Rows of the lots.

    Parameters
    ----------
    after : list of TrialCounts
        One per block.
    pairs : list of (int, int)
        Positions of the two sources.
    lots : per pair and block, 1 where the first was drawn.
    live : ndarray, shape (S, blocks)
        Share of each block that a link was live.
    """
    first, second = (np.array([pair[i] for pair in pairs], np.int64) for i in (0, 1))
    moved = [changes(before, block) for block in after]

    def column(name: str) -> Floats:
        return np.concatenate([each[name][first] - each[name][second] for each in moved])

    drawn = np.array(lots, np.float64).T.ravel() * 2 - 1
    return Units(
        column("unnamed"),
        column("beside"),
        column("named"),
        column("where_cited"),
        drawn,
        np.tile(np.array(weights, np.float64), len(after)),
        (live[first] - live[second]).T.ravel(),
    )


def read(u: Units, *, level: float = 0.95, seed: int = 0) -> Outcomes:
    """Every outcome with its test and its interval.

    Parameters
    ----------
    seed : int
        Of the random choices of signs where there are too many lots to look at all.
    """
    alike = np.ones(len(u.lot))

    def tested(values: Floats, weight: Floats) -> Estimate:
        signed = values * u.lot * weight
        region = not_rejected(signed, weight, level=level, seed=seed)
        return Estimate(float(signed.sum() / weight.sum()), region, float(p_value(signed, seed)))

    got = u.live * u.lot
    wald = float((u.named * u.lot).sum() / got.sum()) if got.sum() else float("nan")
    return Outcomes(
        lots=len(u.lot),
        where_cited=Estimate(float((u.where_cited * u.lot).mean()), None, None),
        named=tested(u.named, alike),
        unnamed=tested(u.unnamed, u.weight),
        of_link=Estimate(wald, not_rejected(u.named * u.lot, got, level=level, seed=seed), None),
        beside=float((u.beside * u.lot * u.weight).sum() / u.weight.sum()),
        got=float(got.mean()),
    )


def verdict(reading: Outcomes, outcome: Outcome, alpha: float = ALPHA) -> Verdict:
    """What a finished experiment says on the one outcome that its protocol names.

    A fall of "cited without being named" is a rise of the brand only if answers that cite the source *and*
    name the brand did not fall too: else the sources were merely cited less.
    """
    tested = reading.named if outcome == "named" else reading.unnamed
    if tested.p is None or tested.p >= alpha:
        return "no clear difference"
    if outcome == "named":
        return "raised" if tested.estimate > 0 else "lowered"
    if tested.estimate > 0:
        return "lowered"
    return "raised" if reading.beside > 0 else "only cited less"
