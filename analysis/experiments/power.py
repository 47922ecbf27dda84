"""What an experiment would see, before it starts: the user's own past answers drawn again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.experiments.counts import Floats, Ints, TrialCounts
from analysis.experiments.design import Design, blocks_of
from analysis.experiments.flips import p_value
from analysis.experiments.outcomes import ALPHA, profile

DRAWS = 400


@dataclass(frozen=True)
class Power:
    """Share of experiments that would end with p < 5 % in the right direction.

    Attributes
    ----------
    lift : float
        Points by which a live link of a cited source raises naming, in shares of 1.
    compliance : float
        Share of drawn sources that a link is won from.
    unnamed, named : float
        Power of outcomes (iii) and (ii).
    """

    lots: int
    lift: float
    compliance: float
    unnamed: float
    named: float


def power(
    past: TrialCounts,
    pairs: list[tuple[int, int]],
    weights: list[float],
    *,
    design: Design = "pairs",
    before: int = 8,
    weeks: int = 8,
    lift: float = 0.2,
    compliance: float = 0.7,
    draws: int = DRAWS,
    seed: int = 0,
) -> Power:
    """Draw the answers of both windows again from the past ones, let links work, and test.

    Answers are drawn one by one, so that counts vary as they do by chance alone; what pairs wandered apart
    beyond that in the past (`wander`) is added. An answer that cites a source with a live link and does not
    name the brand comes to name it with probability lift ÷ (share of the source's answers that do not).

    Parameters
    ----------
    past : TrialCounts
        Of the candidate sources, all weeks that there are.
    pairs, weights
        As of `analysis.experiments.outcomes.units`.
    """
    rng = np.random.default_rng(seed)
    blocks = blocks_of(design, weeks)
    length, s, k = weeks // blocks, len(past.sources), len(pairs)
    each = _Past(past, pairs, before)
    apart = each.wander(before, length)
    was = each.drawn(rng, before, draws, np.zeros((draws, s)), lift)
    parts: list[tuple[Floats, Floats, Floats]] = []
    for _ in range(blocks):
        lot = rng.random((draws, k)) < 0.5
        live = np.zeros((draws, s))
        chosen = np.where(lot, each.first, each.second)
        live[np.arange(draws)[:, None], chosen] = rng.random((draws, k)) < compliance
        now = each.drawn(rng, length, draws, live, lift)
        sign = np.where(lot, 1.0, -1.0)
        moved = [
            each.apart(b - a) + rng.normal(0, w, (draws, k)) for a, b, w in zip(was, now, apart, strict=True)
        ]
        parts.append((sign * moved[0], sign * moved[1], sign * moved[2]))
    unnamed, beside, named = (np.concatenate([part[i] for part in parts], axis=1) for i in range(3))
    weight = np.tile(np.array(weights, np.float64), blocks)
    fewer = np.minimum(-(unnamed * weight).sum(axis=1), (beside * weight).sum(axis=1))
    return Power(
        k * blocks,
        lift,
        compliance,
        _share(unnamed * weight, fewer),
        _share(named, named.sum(axis=1)),
    )


def _share(values: Floats, towards: Floats) -> float:
    p = np.concatenate([p_value(part) for part in np.array_split(values, max(1, len(values) // 20))])
    return float(((p < ALPHA) & (towards > 0)).mean())


class _Past:
    """The past as rates, and windows drawn from it."""

    def __init__(self, past: TrialCounts, pairs: list[tuple[int, int]], before: int) -> None:
        self.past = past
        self.first, self.second = (np.array([pair[i] for pair in pairs], np.int64) for i in (0, 1))
        self.missing = past.unnamed.sum(axis=2)
        self.beside = (past.cited - past.unnamed).sum(axis=2)
        self.total = past.answers.sum(axis=1)
        self.asked = past.answers.sum(axis=0)
        self.p = np.divide(
            past.named.sum(axis=0), self.asked, out=np.zeros(len(self.asked)), where=self.asked > 0
        )
        # as many weeks as the experiment will weigh prompts by, with their noise
        cites = profile(past.between(past.weeks[-min(before, len(past.weeks))], past.weeks[-1]))
        reach = cites.sum(axis=1, keepdims=True)
        self.within = np.divide(cites, reach, out=np.zeros(cites.shape), where=reach > 0)
        self.reaches = self.within @ cites.T
        np.fill_diagonal(self.reaches, _own_reach(past.cited.sum(axis=1), self.asked))
        """By how much an effect where one source is cited (columns) moves another's prompts (rows)."""
        self.share = self.missing.sum(axis=1) / np.maximum((self.missing + self.beside).sum(axis=1), 1)

    def apart(self, values: Floats) -> Floats:
        return values[..., self.first] - values[..., self.second]

    def drawn(
        self, rng: np.random.Generator, weeks: int, draws: int, live: Floats, lift: float
    ) -> tuple[Floats, Floats, Floats]:
        """Of one window: log rates without and with a name, and naming in its prompts, (draws, S) each."""
        there = len(self.past.weeks)
        n = int(self.total.sum() * weeks / there)
        odds = (x.sum(axis=1) / max(self.total.sum(), 1) for x in (self.missing, self.beside))
        missing, beside = (rng.binomial(n, chance, (draws, len(chance))) for chance in odds)
        fall = np.clip(lift / np.maximum(self.share, 1e-9), 0, 1)
        moved = rng.binomial(missing, fall * live)
        asked = np.maximum(self.asked * weeks // there, 1)
        named = rng.binomial(asked, self.p, (draws, len(asked))) / asked
        rate = named @ self.within.T + lift * live @ self.reaches.T
        return _log_rate(missing - moved, n), _log_rate(beside + moved, n), rate

    def wander(self, before: int, weeks: int) -> tuple[float, float, float]:
        """By how much two sources move apart between windows beyond chance: standard deviations.

        Twice the variance of the sources' changes minus what chance gives, between neighbouring windows that
        are as long as the past allows, and scaled as that of a walk with the windows' length.
        """
        h = min(weeks, before, len(self.past.weeks) // 2)
        if h < 1:
            return 0.0, 0.0, 0.0
        excess = np.array([self._excess(at, h) for at in range(len(self.past.weeks) - 2 * h + 1)])
        scale = _walked(before, weeks) / _walked(h, h)
        found = np.sqrt(np.maximum(excess.mean(axis=0) * scale, 0))
        return float(found[0]), float(found[1]), float(found[2])

    def _excess(self, at: int, h: int) -> tuple[float, float, float]:
        parts = (slice(at, at + h), slice(at + h, at + 2 * h))
        n = [max(int(self.total[part].sum()), 1) for part in parts]
        out: list[float] = []
        for counts in (self.missing, self.beside):
            sums = [counts[:, part].sum(axis=1) for part in parts]
            change = _log_rate(sums[1], n[1]) - _log_rate(sums[0], n[0])
            out.append(2 * float(change.var(ddof=1) - sum(1 / (x + 0.5) for x in sums).mean()))
        asked = [self.past.answers[part].sum(axis=0) for part in parts]
        both = (asked[0] > 0) & (asked[1] > 0)
        rates = [
            self.past.named[part].sum(axis=0)[both] / a[both] for part, a in zip(parts, asked, strict=True)
        ]
        spread = (self.p * (1 - self.p))[both] * (1 / asked[0][both] + 1 / asked[1][both])
        weight = self.within[:, both] - self.within[:, both].mean(axis=0)
        degrees = len(weight) - 1
        out.append(2 * float((((weight @ (rates[1] - rates[0])) ** 2 - weight**2 @ spread).sum()) / degrees))
        return out[0], out[1], out[2]


def _own_reach(cited: Ints, asked: Ints) -> Floats:
    """How often a source is cited where it is cited, Σc² ÷ Σc, without the squares' own noise."""
    squares = np.divide(cited * (cited - 1), asked * (asked - 1), out=np.zeros(cited.shape), where=asked > 1)
    rates = np.divide(cited, asked, out=np.zeros(cited.shape), where=asked > 0)
    whole = rates.sum(axis=1)
    return np.asarray(np.divide(squares.sum(axis=1), whole, out=np.zeros(len(whole)), where=whole > 0))


def _walked(first: int, second: int) -> float:
    """Variance of the difference of means over two neighbouring windows, of a walk with unit steps."""
    steps = np.concatenate([np.arange(1, first + 1) / first, np.arange(second - 1, 0, -1) / second])
    return float((steps**2).sum())


def _log_rate(count: Ints, total: int) -> Floats:
    return np.asarray(np.log((count + 0.5) / (total + 1)))
