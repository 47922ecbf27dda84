r"""What a link from a source could bring a brand, where timing supports the sources.

:math:`d_s` carries the source's shrunken lift to other rates: the log-odds that give it back at the source's
own exposures, mean of :math:`\sigma(\operatorname{logit} p_0 + d_s) - p_0` = lift, :math:`p_0` the brand's
rate in the prompt × engine where it is not exposed to s. Then

.. math::

    g_{sb} = \overline{pc\,[w (\sigma(\operatorname{logit} p_b + d_s) - p_b)
    + (1 - w) \min(\text{lift}_s, 1 - p_b)]}, \qquad
    \text{gain}_{sb} = \pi_s\, g_{sb}, \qquad
    SE^2 = (\pi_s\, SE_g)^2 + \pi_s (1 - \pi_s)\, g_{sb}^2

with the mean over prompts and engines of the last four weeks, pc the share of answers that cite the page of s
with the link, and :math:`p_b` the brand's rate, both drawn to all weeks. w is the scale on which
lifts are alike (`analysis.lift.odds`). :math:`SE_g` holds the uncertainty of the lift, of the citing, of w,
and 20 % of g.

:math:`\pi_s` is the probability that the source works: a mixture of three classes of what began with its
dated links (`analysis.lift.direction`), :math:`(\rho_n, \rho_c)` = works (.85, 0), selected (.05, .8),
neither (0, 0). Priors are fitted by family and drawn to the workspace by four sources' worth; a source
without dated links has its family's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse, special, stats

from analysis.lift.already import MOST, HasAlready
from analysis.lift.direction import Traces
from analysis.lift.odds import DRAWN, LiftScale, begun_share, log_odds
from analysis.lift.panel import Floats, Ints, Panel
from analysis.lift.within import codes

WORKS, SELECTED = 0, 1
CENTRES = np.array([[0.85, 0.0], [0.05, 0.8], [0.0, 0.0]])
APART = 0.25
"""How far a source of a class lies from its centre: lifts are shrunken, and linear where the world is not."""
PSEUDO = 4.0
"""Sources' worth by which a family is drawn to the workspace."""
SURE = 0.8
"""Nothing is promised for a source less likely to work."""
SEVERAL = 3
RECENT = 4
SCALES = 0.4
"""How far the true scale may lie from a mixture of points and log-odds, in parts of their difference."""
THINNED = 0.5
"""How far links with a day may lie from the others, in parts of the lift; what is seen is drawn by it."""
MODEL = 0.25
"""Share of a gain that is always uncertain: the lift is carried to other rates and weeks."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What a link from a source could bring a brand, in probability (0.01 = one point of mention rate).

    Attributes
    ----------
    gain, low, high : float
        All gains of a brand together are no more than what it lacks.
    works : float
        Probability that the source works.
    cited : float
        Share of the last four weeks' answers that cite a page of the kind that links.
    """

    gain: float
    low: float
    high: float
    works: float
    cited: float


def gains(
    panel: Panel,
    lifts: Mapping[str, tuple[float, float]],
    likely: Mapping[str, float],
    brand: int,
    alike: LiftScale,
    already: HasAlready,
    *,
    level: float = 0.95,
) -> dict[str, Gain]:
    """What a link from each claimed source could bring one brand. Whether the workspace supports the sources
    is the caller's to ask first.

    Parameters
    ----------
    lifts : mapping of str to (float, float)
        Shrunken lift of each claimed source and its standard deviation, in probability.
    likely : mapping of str to float
        Probability that each works, from `classes`.
    brand : int
        Position in the panel.
    alike : LiftScale
        From `analysis.lift.odds.scale`.
    already : HasAlready
        Who has a source's lift without a link, from `analysis.lift.already.held`.

    Returns
    -------
    dict of str to Gain
        Of the sources without a live link to the brand that work with a probability above `SURE`, where the
        gain is surely above 0.
    """
    held = already.of(brand)
    able = {s for s, chance in held.items() if chance <= MOST and likely.get(s, 0.0) > SURE}
    at = np.array([i for i, s in enumerate(panel.sources) if s in able], np.int64)
    if not len(at):
        return {}
    size = np.array([lifts[panel.sources[i]] for i in at])
    thinned, of_thinning = _thinned(panel, at, alike)
    size *= (thinned / np.array([1 - already.share(panel.sources[i]) for i in at]))[:, None]
    works = np.array([likely[panel.sources[i]] for i in at])
    probability = works * np.array([1 - held[panel.sources[i]] for i in at])
    odds = log_odds(panel, at, size[:, 0])
    recent = _Recent.of(panel, brand)
    pc, pc_se = recent.citing(panel, at)
    rate = recent.rate[:, None]
    in_odds = special.expit(special.logit(rate) + odds) - rate
    in_points = np.minimum(size[:, 0], 1 - rate)
    raised = alike.odds * in_odds + (1 - alike.odds) * in_points
    share = recent.share[:, None]
    whole = (share * pc * raised).sum(axis=0)
    of_lift = size[:, 1] / size[:, 0]
    of_citing = np.sqrt((share**2 * pc_se**2 * raised**2).sum(axis=0))
    of_scale = np.hypot(alike.se, SCALES) * (share * pc * (in_odds - in_points)).sum(axis=0)
    se = np.sqrt(
        (whole * of_lift) ** 2
        + of_citing**2
        + of_scale**2
        + (of_thinning * whole) ** 2
        + (MODEL * whole) ** 2
    )
    wide = np.sqrt((probability * se) ** 2 + probability * (1 - probability) * whole**2)
    half = float(stats.norm.ppf(0.5 + level / 2)) * wide
    value = probability * whole
    sure = np.flatnonzero(value > half)
    lacks = float((recent.share * (1 - recent.rate)).sum())
    scale = min(1.0, lacks / max(float(value[sure].sum()), 1e-300))
    cited = (share * pc).sum(axis=0)
    return {
        panel.sources[at[j]]: Gain(
            gain=scale * float(value[j]),
            low=scale * float(value[j] - half[j]),
            high=min(scale * float(value[j] + half[j]), lacks),
            works=float(works[j]),
            cited=float(cited[j]),
        )
        for j in sure.tolist()
    }


def _thinned(panel: Panel, at: Ints, alike: LiftScale) -> tuple[Floats, Floats]:
    """By how much a link with a day goes with more than the mean of the source's links, and the error of
    that, (len(at),) both."""
    rest = 1 - begun_share(panel, at)
    kept = THINNED**2 / (THINNED**2 + alike.dated_se**2)
    return 1 + rest * kept * alike.dated, rest * np.sqrt(kept) * alike.dated_se


def classes(panel: Panel, claimed: Sequence[str], seen: Traces | None) -> dict[str, tuple[float, ...]]:
    """Probabilities that each claimed source works, is selected, is neither; those without dated links have
    their family's."""
    at = [i for i, s in enumerate(panel.sources) if s in set(claimed)]
    likely = np.ones((len(at), len(CENTRES)))
    if seen is not None:
        rho, spread = seen.each()
        for s, mean, covariance in zip(seen.at.tolist(), rho, spread, strict=True):
            if np.isfinite(mean).all():
                wide = covariance + APART**2 * np.eye(2)
                log = stats.multivariate_normal(np.zeros(2), wide).logpdf(mean - CENTRES)
                likely[at.index(s)] = np.exp(log - log.max())
    _, family = np.unique([panel.families[i] for i in at], return_inverse=True)
    chances = posterior(likely, np.asarray(family, np.int64))
    return {panel.sources[i]: tuple(each) for i, each in zip(at, chances.tolist(), strict=True)}


def torn(chances: Mapping[str, tuple[float, ...]]) -> bool:
    """Whether several of the claimed sources are surely selected: then what holds of all together need not
    hold of any."""
    selected = sum(each[SELECTED] > SURE for each in chances.values())
    return selected >= SEVERAL and selected >= len(chances) / 6


def posterior(likely: Floats, family: Ints) -> Floats:
    """Probability of each class for each source, (S, 3), from its likelihoods, by EM.

    The workspace's prior has half a source's worth of each class; a family's is drawn to the workspace's by
    `PSEUDO`.
    """
    into = np.zeros((len(likely), int(family.max(initial=0)) + 1))
    into[np.arange(len(likely)), family] = 1.0
    members = into.sum(axis=0)[:, None]
    prior = np.full(likely.shape, 1 / likely.shape[1])
    for _ in range(200):
        each = likely * prior
        each /= each.sum(axis=1, keepdims=True)
        everywhere = (each.sum(axis=0) + 0.5) / (len(each) + each.shape[1] / 2)
        now = ((into.T @ each + PSEUDO * everywhere) / (members + PSEUDO))[family]
        moved = float(np.abs(now - prior).max())
        prior = now
        if moved < 1e-6:
            break
    each = likely * prior
    return np.asarray(each / each.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class _Recent:
    """Prompt × engine cells with answers in the last weeks: their share of those answers, and the brand's
    rate."""

    cell: Ints
    recent: np.ndarray
    size: Floats
    lately: Floats
    share: Floats
    rate: Floats

    @classmethod
    def of(cls, panel: Panel, brand: int) -> _Recent:
        cell = codes(panel.prompt, panel.engine)
        recent = panel.week > int(panel.week.max()) - RECENT
        size = np.bincount(cell).astype(np.float64)
        lately = np.bincount(cell[recent], minlength=len(size)).astype(np.float64)
        named = panel.named[:, brand].astype(np.float64)
        whole = (np.bincount(cell, named) + DRAWN * named.mean()) / (size + DRAWN)
        rate = (np.bincount(cell[recent], named[recent], len(size)) + DRAWN * whole) / (lately + DRAWN)
        return cls(cell, recent, size, lately, lately / lately.sum(), np.clip(rate, 0.005, 0.995))

    def citing(self, panel: Panel, at: Ints) -> tuple[Floats, Floats]:
        """Share of each cell's answers that cite a page of each source of the kind that links, and its
        standard error, (cells, len(at)) both."""
        a, cells = len(self.cell), len(self.size)
        into = sparse.csr_array((np.ones(a), (self.cell, np.arange(a))), shape=(cells, a))
        cited = sparse.csr_array(panel.cited)[:, at]
        whole = (into @ cited).toarray() / self.size[:, None]
        lately = (into[:, np.flatnonzero(self.recent)] @ cited[np.flatnonzero(self.recent)]).toarray()
        size = self.lately[:, None] + DRAWN
        rate = (lately + DRAWN * whole) / size
        linking = _linking(panel, at)
        return rate * linking, np.sqrt(rate * (1 - np.minimum(rate, 1)) / size) * linking


def _linking(panel: Panel, at: Ints) -> Floats:
    """Of the answers that cite each source while it links to a brand, the share that cite a page with that
    link, over all its brands."""
    reach = np.asarray(panel.exposed.sum(axis=0)).ravel()[at]
    cited = sparse.coo_array(sparse.csr_array(panel.cited)[:, at])
    of = cited.col
    if panel.begins is None or panel.ends is None:
        exposed = sparse.coo_array(panel.exposed)
        linked = np.zeros((len(panel.sources), len(panel.brands)))
        linked[exposed.col, exposed.row % len(panel.brands)] = 1.0
        possible = np.bincount(of, minlength=len(at)) * linked[at].sum(axis=1)
    else:
        week = panel.week[cited.row][:, None]
        live = (panel.begins[at][of] <= week) & (week < panel.ends[at][of])
        possible = np.bincount(of, live.sum(axis=1), len(at))
    return np.asarray(np.where(possible > 0, np.minimum(reach / np.maximum(possible, 1), 1.0), 1.0))
