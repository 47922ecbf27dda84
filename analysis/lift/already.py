r"""Whether a brand already has what a source brings, though no link from it is known.

A page may name the brand without a link, or an export may miss the link. Either way a new link would add
nothing, and it shows: where the source is cited, the brand is named more than in other answers to the same
question, by as much as the brands that are known to be linked. For brand b and each claimed source s without
a live link to it, :math:`c_s` is the coefficient of "cites s, and this is brand b" beside all exposures:

.. math:: c_s \sim (1 - \omega)\, N(0, se^2 + (\ell_s / 4)^2)
                + \omega\, N(\ell_s, se^2 + sd^2 + (\ell_s / 4)^2)

in the earlier and the later half of the weeks, with :math:`\ell_s` the source's lift, drawn to the other
claims, and sd its error; who has it only since lately has little in the earlier half. :math:`\omega` is the
share of such pairs, by EM from `PRIOR`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

from analysis.lift.checks import beside
from analysis.lift.panel import Floats, Ints, Panel
from analysis.lift.within import Effects

Bools = NDArray[np.bool_]

PRIOR = (1.0, 9.0)
"""Sources' worth that have it, and that do not, before any is looked at."""
MOST = 0.2
"""Nothing is promised of a source whose lift the brand has already with a higher probability."""


@dataclass(frozen=True)
class HasAlready:
    """Who has what a source brings, of the claimed sources.

    Attributes
    ----------
    chances : mapping of str to tuple of (float or None), length B
        Probability that each brand has it though no link is live; None where one is.
    """

    chances: Mapping[str, tuple[float | None, ...]]

    def of(self, brand: int) -> dict[str, float]:
        """By source without a live link to the brand."""
        mine = ((source, each[brand]) for source, each in self.chances.items())
        return {source: chance for source, chance in mine if chance is not None}

    def share(self, source: str) -> float:
        """Share of the brands without a link that have it all the same. A lift compares the linked with all
        of them, and is too small by as much."""
        known = [chance for chance in self.chances[source] if chance is not None]
        return sum(known) / len(known) if known else 0.0


def held(panel: Panel, lifts: Mapping[str, tuple[float, float]], fx: Effects) -> HasAlready:
    """Who has it already.

    Parameters
    ----------
    lifts : mapping of str to (float, float)
        Shrunken lift of each claimed source and its standard deviation, in probability.
    fx : Effects
        What the lifts were compared within.
    """
    at = np.array([i for i, s in enumerate(panel.sources) if s in lifts], np.int64)
    bare = ~np.stack([linked(panel, at, brand) for brand in range(len(panel.brands))], axis=1)
    chance = np.full(bare.shape, np.nan)
    if bare.any():
        sizes = np.array([lifts[panel.sources[i]] for i in at])
        chance[bare] = _shared(_likely(*_seen(panel, at, bare, fx), *sizes.T)[bare])
    rows = (tuple(None if np.isnan(c) else c for c in each) for each in chance.tolist())
    return HasAlready(dict(zip((panel.sources[i] for i in at), rows, strict=True)))


def _seen(panel: Panel, at: Ints, bare: Bools, fx: Effects) -> tuple[Floats, Floats]:
    """What goes with each source's being cited for each brand that it does not link to, in the earlier half
    of the weeks and in the later, and its error, (S, B, 2) both; infinite where nothing is known."""
    exposed = sparse.csc_array(panel.exposed.astype(np.float64))
    columns = sparse.csr_array(exposed[:, np.flatnonzero(np.diff(exposed.indptr))])
    late = panel.week > int(panel.week.max()) // 2
    extras = []
    for brand, of in enumerate(bare.T):
        whole = _bare(panel, at[of], brand)
        rows = np.repeat(late, len(panel.brands)).astype(np.float64)
        extras.append([sparse.csr_array(sparse.diags_array(each) @ whole) for each in (1 - rows, rows)])
    value, se = np.zeros((*bare.shape, 2)), np.full((*bare.shape, 2), np.inf)
    for brand, each in enumerate(beside(panel, fx, columns, extras)):
        known = np.isfinite(each.beta) & np.isfinite(each.se)
        both = (np.where(known, each.beta, 0.0), np.where(known, each.se, np.inf))
        for into, found in zip((value, se), both, strict=True):
            into[bare[:, brand], brand] = found.reshape(2, -1).T
    return value, se


def _likely(value: Floats, se: Floats, size: Floats, sd: Floats) -> Floats:
    """Likelihoods of having nothing and of having it now, (S, B, 2)."""
    size, sd = size[:, None], sd[:, None]

    def density(half: int, centre: Floats, spread: Floats) -> Floats:
        known = np.isfinite(se[..., half])
        wide = np.sqrt(np.where(known, se[..., half], 1.0) ** 2 + spread**2)
        return np.where(known, stats.norm.pdf(value[..., half], centre, wide), 1.0)

    nothing = density(0, 0 * size, size / 4) * density(1, 0 * size, size / 4)
    steady = density(0, size, np.hypot(sd, size / 4)) * density(1, size, np.hypot(sd, size / 4))
    lately = density(0, size / 4, size / 2) * density(1, size * 3 / 4, np.hypot(sd, size / 2))
    return np.stack([nothing, (steady + lately) / 2], axis=-1)


def linked(panel: Panel, at: Ints, brand: int) -> Bools:
    """Whether a link of each source to the brand is live in the last week."""
    if panel.begins is None or panel.ends is None:
        mine = sparse.csr_array(panel.exposed)[brand :: len(panel.brands)]
        return np.asarray(mine.sum(axis=0)).ravel()[at] > 0
    last = int(panel.week.max())
    return np.asarray((panel.begins[at, brand] <= last) & (panel.ends[at, brand] > last))


def _bare(panel: Panel, at: Ints, brand: int) -> sparse.csr_array:
    """The brand's pairs whose answer cites each source while no link is live, (A * B, len(at))."""
    b = len(panel.brands)
    cited = sparse.csr_array(panel.cited.astype(bool).astype(np.float64))[:, at]
    live = sparse.csr_array(panel.exposed)[brand::b][:, at] > 0
    bare = sparse.coo_array(cited - cited.multiply(live))
    bare.eliminate_zeros()
    return sparse.csr_array((bare.data, (bare.row * b + brand, bare.col)), shape=(panel.answers * b, len(at)))


def _shared(likely: Floats) -> Floats:
    """Probability of the second class for each source, its share by EM."""
    share = PRIOR[0] / sum(PRIOR)
    chance = np.zeros(len(likely))
    for _ in range(100):
        weight = likely * np.array([1 - share, share])
        chance = weight[:, 1] / np.maximum(weight.sum(axis=1), 1e-300)
        now = (float(chance.sum()) + PRIOR[0]) / (len(likely) + sum(PRIOR))
        if abs(now - share) < 1e-6:
            break
        share = now
    return np.asarray(chance)
