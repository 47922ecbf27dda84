"""Worlds with the truth written in: panels for tests, power and the demo.

Each world draws brands with a popularity per topic, prompt and engine, sources with a home topic and a
heavy-tailed reach, links that popular brands get more of, answers that cite a handful of sources, and names
that depend on all of it. What sets the kinds apart is in `RECIPES`.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special

from analysis.lift.estimate import Panel
from tracker.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Kind = Literal[
    "planted",
    "null",
    "momentum",
    "model_change",
    "lifts_all",
    "few",
    "logit",
    "list",
    "saturated",
    "uneven",
    "undated",
    "followers",
    "selection",
    "selection_some",
    "selection_weak",
    "selection_old",
    "selection_undated",
    "selection_late",
    "selection_momentum",
    "selection_topics",
    "selection_growth",
    "selection_change",
    "listing",
    "mixed",
    "late",
    "missing",
    "publishers",
    "drift",
    "pages",
]
Outcome = Literal["points", "logit", "list"]

TOPICS = 5
OUTSIDE = 6


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a kind of world does.

    Attributes
    ----------
    outcome : {"points", "logit", "list"}
        Lifts add to the probability, to the log-odds, or to a brand's score for a list of limited length.
    planted : float
        Share of sources with a lift.
    low, high : float
        Range of planted lifts in points of probability (at a rate of 30 % when not additive).
    base : float
        Mean log-odds of being named.
    cites : float
        Sources cited by a typical answer.
    linked : float
        Log-odds that a brand of middling popularity has a source's link.
    tail : float
        Pareto exponent of the sources' reach; smaller is heavier.
    pull : float
        How strongly popularity earns links.
    momentum : float
        Growth per week, in log-odds, of a brand in a topic; growing brands earn links while they grow.
    change : float
        Spread of the jump that every brand × engine and source × engine makes at half time.
    common : int
        Sources that raise every brand of the answer, linked or not.
    verbosity : float
        Spread of the answers' own readiness to name and to cite.
    spread : float
        Log-spread of a lift between prompts.
    dated : float
        Share of links whose start is known; the others count as live all the time.
    follow : float
        Log-odds with which naming a brand draws in sources that link to it at any time.
    select : float
        Log-odds with which naming a brand draws in a source whose link to it is live.
    selected : float
        Share of the sources without a lift that are drawn in so.
    old : float
        Share of links that are older than the answers.
    late : int
        Most weeks by which a link is recorded later than it began.
    growth : {"topic", "brand"}
        Whether momentum is a brand's in a topic or in all of them.
    listed : float
        Share of the unlinked pairs whose page names the brand; above 0, being named on the page has the
        effect, linked or not.
    missing : float
        Share of the links that no export knows, though they work; looks found half of all links.
    sisters : int
        Sites of one publisher: they have one topic, the same links, and are cited together.
    drift : float
        Weekly step of each source's reach, in log-odds.
    pages : int
        Pages of a source, cited alike; a link stands on one of them, and only answers that cite it see it.
    """

    outcome: Outcome = "points"
    planted: float = 0.2
    low: float = 0.05
    high: float = 0.30
    base: float = -1.2
    cites: float = 4.0
    linked: float = -1.2
    tail: float = 1.0
    pull: float = 1.2
    momentum: float = 0.0
    change: float = 0.0
    common: int = 0
    verbosity: float = 0.3
    spread: float = 0.0
    dated: float = 1.0
    follow: float = 0.0
    select: float = 0.0
    selected: float = 1.0
    old: float = 0.5
    late: int = 0
    growth: Literal["topic", "brand"] = "topic"
    listed: float = 0.0
    missing: float = 0.0
    sisters: int = 1
    drift: float = 0.0
    pages: int = 1


RECIPES: dict[Kind, Recipe] = {
    "planted": Recipe(),
    "null": Recipe(planted=0.0, outcome="logit", pull=2.0),
    "momentum": Recipe(planted=0.0, outcome="logit", momentum=0.12),
    "model_change": Recipe(change=0.8, outcome="logit"),
    "lifts_all": Recipe(common=4, outcome="logit"),
    "few": Recipe(),
    "logit": Recipe(outcome="logit", momentum=0.05),
    "list": Recipe(outcome="list", verbosity=0.5),
    "saturated": Recipe(outcome="logit", base=0.6, verbosity=0.9, pull=2.0),
    "uneven": Recipe(outcome="points", spread=0.7),
    "undated": Recipe(dated=0.5),
    "followers": Recipe(planted=0.0, outcome="logit", follow=1.5),
    "selection": Recipe(planted=0.0, outcome="logit", select=1.5),
    "selection_some": Recipe(planted=0.0, outcome="logit", select=0.7),
    "selection_weak": Recipe(planted=0.0, outcome="logit", select=0.25),
    "selection_old": Recipe(planted=0.0, outcome="logit", select=1.0, old=1.0),
    "selection_undated": Recipe(planted=0.0, outcome="logit", select=1.0, dated=0.5),
    "selection_late": Recipe(planted=0.0, outcome="logit", select=1.0, late=4),
    "selection_momentum": Recipe(planted=0.0, outcome="logit", select=1.0, momentum=0.12, growth="brand"),
    "selection_topics": Recipe(planted=0.0, outcome="logit", select=1.0, momentum=0.12),
    "selection_growth": Recipe(planted=0.0, outcome="logit", select=0.3, momentum=0.2),
    "selection_change": Recipe(planted=0.0, outcome="logit", select=0.4, momentum=0.06, change=0.8),
    "listing": Recipe(outcome="logit", listed=0.15),
    "mixed": Recipe(outcome="logit", select=1.0, selected=0.25),
    "late": Recipe(late=4),
    "missing": Recipe(missing=0.2),
    "publishers": Recipe(sisters=3),
    "drift": Recipe(drift=0.25),
    "pages": Recipe(pages=3, cites=6.0),
}


@dataclass(frozen=True)
class Truth:
    """What the world did.

    Attributes
    ----------
    rate : ndarray, shape (A, B)
        P(named); in a "list" world given what the other brands drew.
    lift : ndarray, shape (S,)
        Mean over a source's exposed pairs of P(named) minus P(named without that link), all else as it was;
        NaN for a source never exposed. Counted over the pairs the panel calls exposed.
    own : ndarray, shape (S, B)
        The same for each brand's pairs.
    planted, common : ndarray of bool, shape (S,)
        Sources with a lift; sources that raise every brand.
    exposed : ndarray of int, shape (S,)
    gain : ndarray, shape (S, B)
        What a link from each source to each brand would have added to the brand's mean rate in the last four
        weeks; 0 where it is live, or the page names the brand anyway. NaN in a "list" world.
    """

    rate: Floats
    lift: Floats
    own: Floats
    planted: Bools
    common: Bools
    exposed: Ints
    gain: Floats


@dataclass(frozen=True)
class _Grid:
    prompt: Ints
    engine: Ints
    week: Ints
    topic: Ints


def world(
    kind: Kind,
    seed: int,
    *,
    answers: int | None = None,
    brands: int = 8,
    sources: int = 60,
    prompts: int = 40,
    weeks: int = 16,
    engines: int = 3,
    recipe: Recipe | None = None,
) -> tuple[Panel, Truth]:
    """Draw a world.

    Parameters
    ----------
    kind : str
        One of `Kind`; names the recipe.
    answers : int, optional
        Spread evenly over prompt × engine × week, the remainder at random; 7,680 if None, 480 for "few".
    recipe : Recipe, optional
        Replaces the kind's own.

    Returns
    -------
    panel : Panel
    truth : Truth
    """
    if kind not in RECIPES:
        raise UsageError(f"No world is called {kind!r}.", f"Use one of: {', '.join(get_args(Kind))}.")
    chosen = recipe or RECIPES[kind]
    rng = np.random.default_rng([seed, zlib.crc32(kind.encode())])
    total = answers if answers is not None else (480 if kind == "few" else 7680)
    grid = _grid(rng, total, prompts, weeks, engines)
    growth = rng.normal(size=(brands, TOPICS))
    if chosen.growth == "brand":
        growth = np.repeat(growth[:, :1], TOPICS, axis=1)
    popularity = _popularity(rng, chosen, growth, prompts, weeks, engines)
    owner = np.arange(sources) // chosen.sisters * chosen.sisters
    home = rng.integers(0, TOPICS, sources)[owner]
    mood = rng.normal(size=total)
    start, end = (each[owner] for each in _links(rng, chosen, popularity, growth, home, weeks))
    eta = popularity[:, grid.prompt, grid.engine, grid.week].T + chosen.verbosity * mood[:, None]
    planted, theta = _lifts(rng, chosen, sources, prompts)
    reach, noise = _reach(rng, chosen, grid, home, mood, weeks, engines)
    if chosen.sisters > 1:
        reach = reach + rng.normal(0, 1.5, reach.shape)[:, owner]
    if chosen.drift:
        reach = reach + rng.normal(0, chosen.drift, (weeks, sources)).cumsum(axis=0)[grid.week]
    works_from = _listings(rng, chosen, start, weeks) if chosen.listed else start
    # The same draws name brands before and after sources are cited: who is named at first stays named.
    first = rng.random(eta.shape) if chosen.follow or chosen.select else None
    if first is not None:
        reach = reach + _drawn(rng, chosen, first < special.expit(eta), start, end, grid.week, planted)
    cited = _cite(rng, chosen.cites, reach, noise, mood)
    there = _on_the_page(rng, chosen, cited.shape, brands)
    truly = _live(cited, works_from, end, grid.week) & there
    common = np.zeros(sources, bool)
    common[rng.choice(np.flatnonzero(~planted), min(chosen.common, int((~planted).sum())), replace=False)] = (
        True
    )
    eta = eta + 0.9 * (cited @ common.astype(np.float64))[:, None]
    named, rate, gain = _name(rng, chosen, eta, truly, theta[:, grid.prompt].T, first)
    known = rng.random(start.shape) < chosen.dated
    recorded = start + np.where(start >= 0, rng.integers(0, chosen.late + 1, start.shape), 0)
    recorded = np.where(start >= weeks, weeks + 1, np.minimum(recorded, weeks))
    recorded = np.where(known, recorded, np.where(start < weeks, -1, recorded))
    if chosen.missing:
        unknown = (start < weeks) & (rng.random(start.shape) < chosen.missing)
        looked = (start < weeks) & (rng.random(start.shape) < 0.5)
        recorded = np.where(unknown, weeks + 1, recorded)
    exposed = _live(cited, recorded, end, grid.week) & there
    panel = _panel(grid, named, cited, exposed, home, recorded, end)
    if chosen.missing:
        panel = replace(panel, looked=int(looked.sum()), known=int((looked & ~unknown).sum()))
    recent = grid.week > int(grid.week.max()) - 4
    would = _would(chosen, eta, truly, theta[:, grid.prompt].T, cited, there, recent)
    return panel, _truth(rate, gain, truly, exposed, planted, common, would)


def _grid(rng: np.random.Generator, total: int, prompts: int, weeks: int, engines: int) -> _Grid:
    cells = prompts * weeks * engines
    whole = np.tile(np.arange(cells), total // cells)
    cell = np.concatenate([whole, rng.choice(cells, total - len(whole), replace=False)])
    prompt, rest = np.divmod(cell, weeks * engines)
    engine, week = np.divmod(rest, weeks)
    return _Grid(prompt, engine, week, prompt % TOPICS)


def _popularity(
    rng: np.random.Generator, recipe: Recipe, growth: Floats, prompts: int, weeks: int, engines: int
) -> Floats:
    """Log-odds of being named, shape (brands, prompts, engines, weeks)."""
    b = len(growth)
    topic = np.arange(prompts) % TOPICS
    steady = (
        rng.normal(0, 0.9, (b, 1))
        + rng.normal(0, 0.5, (b, TOPICS))[:, topic]
        + rng.normal(0, 0.6, (b, prompts))
    )
    walk = rng.normal(0, 0.07, (b, engines, weeks)).cumsum(axis=2)
    rise = recipe.momentum * growth[:, topic][:, :, None] * (np.arange(weeks) - weeks / 2)
    jump = recipe.change * rng.normal(size=(b, engines))[:, :, None] * (np.arange(weeks) >= weeks // 2)
    engine = rng.normal(0, 0.4, (b, engines))
    return np.asarray(
        recipe.base
        + steady[:, :, None, None]
        + engine[:, None, :, None]
        + walk[:, None]
        + rise[:, :, None]
        + jump[:, None]
    )


def _links(
    rng: np.random.Generator, recipe: Recipe, popularity: Floats, growth: Floats, home: Ints, weeks: int
) -> tuple[Ints, Ints]:
    """First and last live week of each link, shape (sources, brands); a start beyond the weeks is no link."""
    topic = np.arange(popularity.shape[1]) % TOPICS
    standing = np.stack([popularity[:, topic == t].mean(axis=(1, 2, 3)) for t in range(TOPICS)])
    standing = (standing - standing.mean(axis=1, keepdims=True)) / standing.std(axis=1, keepdims=True)
    shape = (len(home), popularity.shape[0])
    linked = rng.random(shape) < special.expit(recipe.linked + recipe.pull * standing[home])
    old = rng.random(shape) < recipe.old
    start = np.where(linked, np.where(old, -1, rng.integers(1, max(weeks - 1, 2), shape)), weeks + 1)
    if recipe.momentum:
        rising = growth.T[home]
        earned = rng.random(shape) < special.expit(2.5 * rising - 0.5)
        lo, hi = max(weeks // 4, 1), max(3 * weeks // 4, weeks // 4 + 2)
        start = np.where(earned & (rising > 0), rng.integers(lo, hi, shape), start)
    lost = (start < 0) & (rng.random(shape) < 0.15)
    end = np.where(lost, rng.integers(1, max(weeks - 1, 2), shape), weeks)
    return start, end


def _reach(
    rng: np.random.Generator, recipe: Recipe, grid: _Grid, home: Ints, mood: Floats, weeks: int, engines: int
) -> tuple[Floats, Floats]:
    """Log-weight of each source in each answer, and the Gumbel noise that picks among them, (A, S) both."""
    s, prompts = len(home), int(grid.prompt.max()) + 1
    tail = np.log(rng.pareto(recipe.tail, s) + 0.1)
    local = rng.normal(0, 0.8, (prompts, s)) - 2.0 * (np.arange(prompts)[:, None] % TOPICS != home)
    taste = rng.normal(0, 0.5, (engines, s))
    jump = recipe.change * rng.normal(size=(engines, s))
    late = (grid.week >= weeks // 2)[:, None]
    kind = np.outer(rng.normal(size=len(mood)), rng.normal(0, 0.6, s))
    weight = tail + local[grid.prompt] + taste[grid.engine] + late * jump[grid.engine] + kind
    return weight, rng.gumbel(size=weight.shape)


def _cite(rng: np.random.Generator, cites: float, weight: Floats, noise: Floats, mood: Floats) -> Floats:
    """The `count` best sources of each answer; wordier answers cite more."""
    count = 1 + rng.poisson((cites - 1) * np.exp(0.3 * mood))
    rank = np.argsort(np.argsort(-(weight + noise), axis=1), axis=1)
    return (rank < count[:, None]).astype(np.float64)


def _drawn(
    rng: np.random.Generator,
    recipe: Recipe,
    named: Bools,
    start: Ints,
    end: Ints,
    week: Ints,
    planted: Bools,
) -> Floats:
    """What names chosen before any source is read add to the log-weight of each source, shape (A, S)."""
    ever = (start <= start.max() - 2).astype(np.float64)
    out = recipe.follow * (named.astype(np.float64) @ ever.T) / 2
    if recipe.select:
        chosen = ~planted & (rng.random(len(planted)) < recipe.selected)
        for t in range(int(week.max()) + 1):
            live = ((start <= t) & (t < end)).astype(np.float64)
            rows = week == t
            out[rows] += recipe.select * (named[rows].astype(np.float64) @ live.T) * chosen
    return np.asarray(out)


def _listings(rng: np.random.Generator, recipe: Recipe, start: Ints, weeks: int) -> Ints:
    """From when a source's page names each brand: from the link's day, and some pairs without any link."""
    unlinked = (start > weeks) & (rng.random(start.shape) < recipe.listed)
    return np.where(unlinked, rng.integers(-weeks, max(weeks - 1, 2), start.shape), start)


def _on_the_page(rng: np.random.Generator, recipe: Recipe, shape: tuple[int, ...], brands: int) -> Bools:
    """Whether the page that an answer cites of a source is the one with the brand's link, (A or 1, B, S)."""
    if recipe.pages == 1:
        return np.ones((1, 1, 1), bool)
    cited = rng.integers(0, recipe.pages, shape)
    of_link = rng.integers(0, recipe.pages, (brands, shape[1]))
    return np.asarray(cited[:, None, :] == of_link[None])


def _live(cited: Floats, start: Ints, end: Ints, week: Ints) -> Bools:
    """Exposure, shape (A, B, S)."""
    live = (start[None] <= week[:, None, None]) & (week[:, None, None] < end[None])
    return np.asarray((live & (cited[:, :, None] > 0)).transpose(0, 2, 1))


def _lifts(rng: np.random.Generator, recipe: Recipe, sources: int, prompts: int) -> tuple[Bools, Floats]:
    """Planted sources, and the lift of each source in each prompt."""
    planted = np.zeros(sources, bool)
    planted[rng.choice(sources, round(recipe.planted * sources), replace=False)] = True
    lift = np.where(planted, rng.uniform(recipe.low, recipe.high, sources), 0.0)
    uneven = np.exp(rng.normal(0, recipe.spread, (sources, prompts)) - recipe.spread**2 / 2)
    return planted, lift[:, None] * uneven


def _name(
    rng: np.random.Generator,
    recipe: Recipe,
    eta: Floats,
    exposed: Bools,
    lift: Floats,
    first: Floats | None,
) -> tuple[Bools, Floats, Floats]:
    """Names drawn, their probability, and each link's gain in it, shape (A, B, S)."""
    effect = exposed * lift[:, None, :]
    if recipe.outcome == "points":
        base = special.expit(eta)
        total = base + effect.sum(axis=2)
        rate = np.clip(total, 0.01, 0.99)
        without = np.clip(total[:, :, None] - effect, 0.01, 0.99)
        return rng.random(eta.shape) < rate, rate, np.where(effect > 0, rate[:, :, None] - without, 0.0)
    odds = special.logit(np.clip(0.3 + effect, 0, 0.97)) - special.logit(0.3)
    score = eta + odds.sum(axis=2)
    if recipe.outcome == "logit":
        rate = special.expit(score)
        drawn = rng.random(eta.shape) if first is None else first
        return drawn < rate, rate, rate[:, :, None] - special.expit(score[:, :, None] - odds)
    return _listed(rng, score, odds, eta)


def _listed(
    rng: np.random.Generator, score: Floats, odds: Floats, eta: Floats
) -> tuple[Bools, Floats, Floats]:
    """A list of limited length, shared with brands that nobody tracks."""
    a, b = score.shape
    length = 1 + rng.binomial(7, special.expit(eta.mean(axis=1) + 0.6))
    outside = rng.normal(-0.5, 1, (a, OUTSIDE)) + rng.gumbel(size=(a, OUTSIDE))
    utility = score + rng.gumbel(size=score.shape)
    bar = np.empty((a, b))
    for k in range(b):
        others = np.sort(np.concatenate([np.delete(utility, k, axis=1), outside], axis=1), axis=1)[:, ::-1]
        bar[:, k] = others[np.arange(a), length - 1]
    with_it = -np.expm1(-np.exp(score - bar))
    without = -np.expm1(-np.exp(score[:, :, None] - odds - bar[:, :, None]))
    return utility > bar, with_it, np.where(odds > 0, with_it[:, :, None] - without, 0.0)


def _panel(
    grid: _Grid, named: Bools, cited: Floats, exposed: Bools, home: Ints, start: Ints, end: Ints
) -> Panel:
    a, b, s = exposed.shape
    return Panel(
        prompt=grid.prompt,
        engine=grid.engine,
        week=grid.week,
        topic=grid.topic,
        brands=tuple(f"brand {k + 1}" for k in range(b)),
        sources=tuple(f"source-{k + 1}.example" for k in range(s)),
        families=tuple(f"family {t + 1}" for t in home),
        named=named,
        cited=sparse.csr_array(cited),
        exposed=sparse.csr_array(exposed.reshape(a * b, s).astype(np.float64)),
        own=0,
        begins=start,
        ends=end,
    )


def _would(
    recipe: Recipe, eta: Floats, exposed: Bools, lift: Floats, cited: Floats, there: Bools, recent: Bools
) -> Floats:
    """`Truth.gain`."""
    eta, exposed, lift, cited = eta[recent], exposed[recent], lift[recent], cited[recent]
    seen = (cited > 0)[:, None, :] & (there if len(there) == 1 else there[recent])
    if recipe.outcome == "points":
        total = special.expit(eta) + (exposed * lift[:, None, :]).sum(axis=2)
        more = np.clip(total[:, :, None] + lift[:, None, :], 0.01, 0.99)
        raised = more - np.clip(total, 0.01, 0.99)[:, :, None]
    elif recipe.outcome == "logit":
        odds = (special.logit(np.clip(0.3 + lift, 0, 0.97)) - special.logit(0.3))[:, None, :]
        score = eta + (exposed * odds).sum(axis=2)
        raised = special.expit(score[:, :, None] + odds) - special.expit(score)[:, :, None]
    else:
        return np.full((exposed.shape[2], exposed.shape[1]), np.nan)
    return np.asarray((raised * ~exposed * seen).mean(axis=0).T)


def _truth(
    rate: Floats,
    gain: Floats,
    truly: Bools,
    exposed: Bools,
    planted: Bools,
    common: Bools,
    would: Floats,
) -> Truth:
    real = np.where(truly & exposed, gain, 0.0)
    pairs = exposed.sum(axis=0).T
    with np.errstate(invalid="ignore"):
        own = real.sum(axis=0).T / pairs
        lift = real.sum(axis=(0, 1)) / pairs.sum(axis=1)
    return Truth(rate, lift, own, planted, common, pairs.sum(axis=1), would)
