"""Worlds for experiments, with the truth written in: for tests of size, and for the power table.

Each has one brand whose popularity differs by prompt and engine, and sources with a home topic, a
heavy-tailed reach and a taste of each engine. Links begin by lot. What they do is the recipe's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from scipy import special

from analysis.experiments.counts import Floats, Ints, TrialCounts

TOPICS = 5
MONDAY = date(2026, 1, 5)


@dataclass(frozen=True)
class TrialRecipe:
    """What a world does.

    Attributes
    ----------
    lift : float
        By how much a live link of a cited source raises P(named), in shares of 1.
    select : float
        Log-odds with which naming the brand draws in a source whose link is live.
    drift : float
        Weekly steps of the brand's log-odds on each engine, and twice as large of each source's reach.
    momentum : float
        Growth of the brand in a topic per week, in log-odds; links are won where it grows.
    compliance : float
        Share of drawn sources that a link is won from.
    """

    lift: float = 0.0
    select: float = 0.0
    drift: float = 0.03
    momentum: float = 0.0
    compliance: float = 0.7


RECIPES = {
    "nothing": TrialRecipe(),
    "selection": TrialRecipe(select=1.5),
    "drift": TrialRecipe(drift=0.12),
    "momentum": TrialRecipe(momentum=0.12),
    "selection and momentum": TrialRecipe(select=1.0, momentum=0.12),
}
"""Worlds in which links do nothing."""


class ExperimentWorld:
    """One world, from which answers of any number of weeks are drawn."""

    def __init__(
        self,
        recipe: TrialRecipe,
        sources: int,
        seed: int,
        *,
        weeks: int = 16,
        prompts: int = 40,
        engines: int = 3,
        repeats: int = 4,
    ) -> None:
        self.recipe, self.weeks, self.repeats = recipe, weeks, repeats
        self.draw = draw = np.random.default_rng([seed, 7_2026])
        self.prompt, self.engine = (a.ravel() for a in np.indices((prompts, engines)))
        topic = np.arange(prompts) % TOPICS
        self.growth = draw.normal(size=TOPICS)
        steps = draw.normal(0, recipe.drift, (engines, weeks)).cumsum(axis=1)
        rise = recipe.momentum * self.growth[topic][:, None] * (np.arange(weeks) - weeks / 2)
        own = -0.85 + draw.normal(0, 0.6, prompts)
        taste = draw.normal(0, 0.4, engines)
        self.brand = (own[self.prompt] + taste[self.engine])[:, None]
        self.brand = self.brand + steps[self.engine] + rise[self.prompt]
        self.home = draw.integers(0, TOPICS, sources)
        reach = np.minimum(-3.4 + np.log(draw.pareto(1.0, sources) + 0.5), -1.2)
        local = draw.normal(0, 0.8, (sources, prompts)) - 1.5 * (topic != self.home[:, None])
        by_engine = draw.normal(0, 0.5, (sources, engines))
        walk = draw.normal(0, 2 * recipe.drift, (sources, weeks)).cumsum(axis=1)
        self.cites = (reach[:, None] + local[:, self.prompt] + by_engine[:, self.engine])[:, None]
        self.cites = self.cites + walk[:, :, None]

    def won(self, drawn: Ints) -> Floats:
        """Which of the drawn sources a link is won from: 1 or 0 for every source."""
        odds = special.logit(np.clip(self.recipe.compliance, 1e-9, 1 - 1e-9))
        pull = 2.0 * self.growth[self.home] if self.recipe.momentum else 0.0
        return np.asarray(drawn * (self.draw.random(len(drawn)) < special.expit(odds + pull)))

    def answers(self, live: Floats) -> TrialCounts:
        """TrialCounts of all weeks; `live` of shape (S, W) says when each link is."""
        w, c, r = self.weeks, len(self.prompt), self.repeats
        named = self.draw.random((w, c, r)) < special.expit(self.brand.T)[:, :, None]
        weight = self.cites[..., None] + self.recipe.select * live[:, :, None, None] * named
        cited = self.draw.random(weight.shape) < special.expit(weight)
        if self.recipe.lift:
            links = (cited * live[:, :, None, None]).sum(axis=0)
            base = special.expit(self.brand.T)[:, :, None]
            gain = np.clip(self.recipe.lift * links / (1 - base), 0, 1)
            named = named | (self.draw.random(named.shape) < gain)
        return TrialCounts(
            tuple(MONDAY + timedelta(weeks=i) for i in range(w)),
            tuple(f"source-{i + 1}.example" for i in range(len(self.home))),
            tuple(zip(self.prompt.tolist(), self.engine.tolist(), strict=True)),
            np.full((w, c), r, np.int64),
            named.sum(axis=2),
            cited.sum(axis=3),
            (cited & ~named).sum(axis=3),
        )
