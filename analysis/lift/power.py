"""How much asking is needed: the smallest change of a rate, and the weeks and repeats until a lift shows.

Pure functions: the planner passes numbers it already holds, `citelift plan --power` a panel of past answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse, stats

from analysis.lift.estimate import MIN_PROMPTS, MORE, lift
from analysis.lift.panel import Floats, Ints, Panel
from analysis.lift.simulate import world
from analysis.lift.table import GATE
from tracker.errors import UsageError

WEEKS = (4, 8, 16, 26, 52)
REPEATS = (1, 2, 4)
TYPICAL_ICC = 0.45
NEAREST = 8


def between_prompts(successes: ArrayLike, n: ArrayLike) -> float:
    r"""Intra-prompt correlation of a yes/no outcome, from counts per prompt (one-way ANOVA moments).

    .. math:: \rho = \frac{MSB - MSW}{MSB + (n_0 - 1) MSW}

    with :math:`n_0` the usual unequal-size mean. 0 when prompts differ no more than repeats of one prompt,
    1 when repeats never differ.

    Parameters
    ----------
    successes, n : array_like, shape (G,)
        Answers naming the brand, and answers, per prompt.

    References
    ----------
    Donner (1986), "A review of inference procedures for the intraclass correlation coefficient".
    """
    y, size = np.asarray(successes, np.float64), np.asarray(n, np.float64)
    y, size = y[size > 0], size[size > 0]
    g, total = len(size), float(size.sum())
    if g < 2 or total <= g:
        raise UsageError(
            "Two prompts with repeats are needed to tell their spreads apart.", "Ask each twice."
        )
    pooled = float(y.sum() / total)
    between = float((size * (y / size - pooled) ** 2).sum()) / (g - 1)
    inside = float((y * (1 - y / size)).sum()) / (total - g)
    n0 = (total - float((size**2).sum()) / total) / (g - 1)
    scale = between + (n0 - 1) * inside
    return float(np.clip((between - inside) / scale, 0.0, 1.0)) if scale > 0 else 0.0


def detectable_change(
    prompts: int,
    answers: float,
    rate: float,
    *,
    icc: float = TYPICAL_ICC,
    drift: float = 0.0,
    paired: bool = True,
    power: float = 0.80,
    level: float = 0.95,
) -> float | None:
    r"""Smallest change of a mention rate between two periods that is seen with the power asked for.

    .. math:: \Delta = (t_{1-\alpha/2,\,G-1} + t_{1-\beta,\,G-1}) \sqrt{V/G}

    The variance of one prompt's difference is :math:`V = 2p(1-p)(1-\rho)/m + \tau^2` on the same prompts;
    the spread between prompts, :math:`2p(1-p)\rho`, is added when the prompts are not the same.

    Parameters
    ----------
    prompts : int
        G, prompts asked in each period.
    answers : float
        m, answers per prompt and period (repeats × engines × runs).
    rate : float
        Mention rate p expected.
    icc : float
        ρ, share of the outcome's variance that lies between prompts (see `between_prompts`).
    drift : float
        τ, standard deviation between prompts of true changes, in probability.
    paired : bool
        Whether both periods ask the same prompts.

    Returns
    -------
    float or None
        In probability (0.04 = 4 points); None with fewer than two prompts.
    """
    _fraction("rate", rate)
    _fraction("icc", icc)
    if prompts < 2 or answers <= 0:
        return None
    outcome = rate * (1 - rate)
    variance = 2 * outcome * (1 - icc) / answers + drift**2 + (0.0 if paired else 2 * outcome * icc)
    tails = float(stats.t.ppf(0.5 + level / 2, prompts - 1) + stats.t.ppf(power, prompts - 1))
    return tails * float(np.sqrt(variance / prompts))


def _fraction(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise UsageError(f"{name} {value!r} is not between 0 and 1.", "Write 40 % as 0.4.")


@dataclass(frozen=True, slots=True)
class PowerRow:
    """What one amount of asking shows.

    Attributes
    ----------
    weeks, repeats, answers : int
    exposed : float
        Exposed pairs of the source looked at, mean over draws.
    se : float or None
        Standard error of its lift; None with too little data for a number.
    power : float
        Probability that a lift of the size asked about is claimed.
    detectable : float or None
        Smallest lift claimed with the power wanted.
    """

    weeks: int
    repeats: int
    answers: int
    exposed: float
    se: float | None
    power: float
    detectable: float | None


@dataclass(frozen=True)
class PowerPlan:
    """Power over weeks × repeats; `cheapest` is the fewest answers that reach the power wanted, if any do.

    `best` is the source with the most exposures, and `best_rows` what the same asking shows of it.
    """

    points: float
    wanted: float
    source: str
    rows: tuple[PowerRow, ...]
    cheapest: PowerRow | None
    best: str
    best_rows: tuple[PowerRow, ...]


def typical_panel(
    *, prompts: int = 40, engines: int = 3, brands: int = 8, sources: int = 60, seed: int = 0
) -> Panel:
    """A stand-in for users without answers: sixteen simulated weeks in which no link lifts anything."""
    size = prompts * engines * 16 * 2
    panel, _ = world(
        "null", seed, answers=size, prompts=prompts, engines=engines, brands=brands, sources=sources
    )
    return panel


def plan_lift(
    points: float,
    panel: Panel,
    *,
    source: str | None = None,
    weeks: Sequence[int] = WEEKS,
    repeats: Sequence[int] = REPEATS,
    wanted: float = 0.80,
    draws: int = 2,
    seed: int = 0,
    discovery: float = GATE,
) -> PowerPlan:
    """How many weeks and repeats until a lift of `points` would be claimed.

    For each amount of asking, answers are drawn with replacement from the panel's own answers to the same
    prompt and engine near the same date, the lift is planted on the source's exposed pairs, and lift is
    estimated as it will be. The draws give its standard error, which gives the power
    against the threshold that the only true source would have to pass (`discovery` shared among all).

    Parameters
    ----------
    points : float
        Lift in probability (0.10 = 10 points).
    panel : Panel
        Past answers, or `typical_panel`.
    source : str, optional
        Which source's lift; the median source by exposure, of those seen in enough prompts, if None.
    draws : int
        Simulated panels per amount of asking.
    """
    if not 0 < points < 1:
        raise UsageError(f"A lift of {points!r} cannot be planned for.", "Write 10 points as 0.10.")
    ranked = _ranked(panel)
    at = int(ranked[len(ranked) // 2]) if source is None else _position(panel, source)
    best = int(ranked[-1])
    rng = np.random.default_rng(seed)
    both = [
        _amount(panel, (at, best), points, w, r, wanted=wanted, draws=draws, rng=rng, discovery=discovery)
        for w in weeks
        for r in repeats
    ]
    rows, best_rows = (tuple(pair[i] for pair in both) for i in range(2))
    enough = [row for row in rows if row.power >= wanted]
    cheapest = min(enough, key=lambda row: row.answers, default=None)
    return PowerPlan(points, wanted, panel.sources[at], rows, cheapest, panel.sources[best], best_rows)


def _position(panel: Panel, source: str) -> int:
    if source not in panel.sources:
        raise UsageError(f"No source {source!r} in the panel.", "Use a source that the answers cite.")
    return panel.sources.index(source)


def _ranked(panel: Panel) -> Ints:
    """Sources seen in enough prompts, the most exposed last."""
    pairs = np.asarray(panel.exposed.sum(axis=0)).ravel()
    flat = sparse.coo_array(panel.exposed)
    seen = np.unique(np.stack([flat.col, panel.prompt[flat.row // len(panel.brands)]]), axis=1)[0]
    spread = np.bincount(seen, minlength=len(pairs))
    usable = np.flatnonzero(spread >= min(MIN_PROMPTS, int(spread.max(initial=0))))
    if not len(usable) or pairs[usable].max(initial=0) == 0:
        raise UsageError("No source of the panel links to a tracked brand.", "Import links first.")
    usable = usable[pairs[usable] > 0]
    return np.asarray(usable[np.argsort(pairs[usable], kind="stable")], np.int64)


def _amount(
    panel: Panel,
    at: tuple[int, ...],
    points: float,
    weeks: int,
    repeats: int,
    *,
    wanted: float,
    draws: int,
    rng: np.random.Generator,
    discovery: float,
) -> tuple[PowerRow, ...]:
    """One amount of asking, for each source of `at`; the lift is planted at the first, since standard errors
    hardly depend on it."""
    tables = []
    for _ in range(draws):
        drawn = plant(draw(panel, weeks, repeats, rng), at[0], points, rng)
        tables.append((drawn.answers, lift(drawn, checks="none")))
    out = []
    for spot in at:
        rows = [table.row(panel.sources[spot]) for _, table in tables]
        estimates = [
            _claims(row.se, sum(r.lift is not None for r in table.rows), points, wanted, discovery)
            for row, (_, table) in zip(rows, tables, strict=True)
            if row.se is not None
        ]
        head = (weeks, repeats, tables[0][0], float(np.mean([row.exposed for row in rows])))
        if not estimates:
            out.append(PowerRow(*head, None, 0.0, None))
            continue
        se, power, smallest = np.mean(estimates, axis=0)
        out.append(PowerRow(*head, float(se), float(power) * len(estimates) / draws, float(smallest)))
    return tuple(out)


def _claims(
    se: float, numbered: int, points: float, wanted: float, discovery: float
) -> tuple[float, float, float]:
    """Standard error, power at `points` and smallest lift with the power wanted, of one simulated panel."""
    bar = float(stats.norm.isf(discovery * MORE / max(numbered, 1) / 2))
    return se, float(stats.norm.sf(bar - points / se)), (bar + float(stats.norm.ppf(wanted))) * se


def draw(panel: Panel, weeks: int, repeats: int, rng: np.random.Generator) -> Panel:
    """A panel of the wanted size from the panel's own answers.

    Each prompt × engine × week × repeat takes what is cited from one of the answers that the same prompt and
    engine gave nearest to the same stage of the observed weeks. Names are drawn afresh at the prompt's and
    engine's own rates: repeating the observed ones would repeat their noise, and look like a spread of
    prompts that no amount of asking can average out.
    """
    order = np.lexsort((panel.week, panel.engine, panel.prompt))
    key = panel.prompt[order] * (int(panel.engine.max()) + 1) + panel.engine[order]
    _, begin, size = np.unique(key, return_index=True, return_counts=True)
    stage = (np.arange(weeks) + 0.5) / weeks
    centre = begin[:, None] + stage[None] * size[:, None]
    width = np.minimum(size, NEAREST)[:, None]
    low = np.clip(centre - width / 2, begin[:, None], (begin + size)[:, None] - width)
    spot = low[:, :, None] + rng.random((len(begin), weeks, repeats)) * width[:, :, None]
    taken = order[np.floor(spot).astype(np.int64)]
    chosen = panel.take(taken.ravel())
    week = np.broadcast_to(np.arange(weeks)[None, :, None], taken.shape)
    rate = np.repeat(_rates(panel, order, begin), weeks * repeats, axis=0)
    named = rng.random(rate.shape) < rate
    return replace(chosen, week=np.ascontiguousarray(week.ravel()), named=named, begins=None, ends=None)


def _rates(panel: Panel, order: Ints, begin: Ints) -> Floats:
    """Mention rates per prompt × engine, (cells, B), with half an answer's worth of the brands' overall
    rates."""
    named = panel.named[order].astype(np.float64)
    size = np.diff(np.r_[begin, len(order)])[:, None]
    return np.asarray((np.add.reduceat(named, begin, axis=0) + named.mean(axis=0) / 2) / (size + 0.5))


def plant(panel: Panel, source: int, points: float, rng: np.random.Generator) -> Panel:
    """The panel with `points` more mentions on the source's exposed pairs, as far as there is room."""
    b = len(panel.brands)
    rows: Ints = np.asarray(panel.exposed[:, [source]].tocoo().row, np.int64)
    answer, brand = np.divmod(rows, b)
    rate: Floats = panel.named.mean(axis=0)
    room = np.clip(points / np.maximum(1 - rate[brand], points), 0, 1)
    named = panel.named.copy()
    named[answer, brand] |= rng.random(len(rows)) < room
    return replace(panel, named=named)
