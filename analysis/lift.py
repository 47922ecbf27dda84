"""Lift of a link source: the comparison of brands inside one answer.

When an engine cites source *s*, are the brands that *s* links to named more often than the brands it does not
link to, in the same answer? The estimate is a linear probability model over (answer, brand) pairs with exact
within-transforms, standard errors that treat the prompt as the unit, and a verdict that claims no more than the
design shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse, stats

from analysis.intervals import benjamini_hochberg
from tracker.errors import ConvergenceError, UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Within = Literal["auto", "prompt-week", "topic-week", "week"]
AnswerEffect = Literal["level", "level and slope"]
Verdict = Literal[
    "associated within the same question",
    "goes with fewer mentions",
    "lifts every brand alike",
    "no clear difference",
    "not enough data",
]

MIN_EXPOSED = 30
MIN_PROMPTS = 5
MIN_COMPARISONS = 10.0
MIN_DOF = 2.5


@dataclass(frozen=True)
class Panel:
    """Answers × brands × sources as arrays; A answers, B brands, S sources.

    Attributes
    ----------
    prompt, engine, week, topic : ndarray of int, shape (A,)
        Codes; `week` runs in time order. A prompt has one topic.
    brands, sources : tuple of str
        Names, lengths B and S.
    families : tuple of str
        Family of each source (domain type × authority band), length S.
    named : ndarray of bool, shape (A, B)
        Whether the answer names the brand.
    cited : csr_array, shape (A, S)
        1 where the answer cites a page of the source.
    exposed : csr_array, shape (A * B, S)
        Row a * B + b: 1 where answer a cites the source (better: the very page) while its link to brand b is
        live. Where a link's dates are unknown the caller decides, and says so.
    own : int or None
        Position of the own brand in `brands`.
    """

    prompt: Ints
    engine: Ints
    week: Ints
    topic: Ints
    brands: tuple[str, ...]
    sources: tuple[str, ...]
    families: tuple[str, ...]
    named: NDArray[np.bool_]
    cited: sparse.csr_array
    exposed: sparse.csr_array
    own: int | None = None

    def __post_init__(self) -> None:
        a, b, s = len(self.prompt), len(self.brands), len(self.sources)
        wrong = [
            name
            for name, shape, wanted in (
                ("engine", self.engine.shape, (a,)),
                ("week", self.week.shape, (a,)),
                ("topic", self.topic.shape, (a,)),
                ("families", (len(self.families),), (s,)),
                ("named", self.named.shape, (a, b)),
                ("cited", self.cited.shape, (a, s)),
                ("exposed", self.exposed.shape, (a * b, s)),
            )
            if tuple(shape) != wanted
        ]
        if wrong:
            raise UsageError(f"The panel's {', '.join(wrong)} do not fit its answers, brands and sources.")

    @property
    def answers(self) -> int:
        """A, the number of answers."""
        return len(self.prompt)

    def take(self, answers: NDArray[np.int64] | NDArray[np.bool_]) -> Panel:
        """The panel of these answers (a mask or positions)."""
        rows = np.flatnonzero(answers) if answers.dtype == bool else np.asarray(answers, np.int64)
        b = len(self.brands)
        pairs = (rows[:, None] * b + np.arange(b)).ravel()
        return replace(
            self,
            prompt=self.prompt[rows],
            engine=self.engine[rows],
            week=self.week[rows],
            topic=self.topic[rows],
            named=self.named[rows],
            cited=self.cited[rows],
            exposed=self.exposed[pairs],
        )


@dataclass(frozen=True, slots=True)
class LiftRow:
    """What one source's links go with. Lifts are in probability (0.12 = 12 points of mention rate).

    Attributes
    ----------
    lift, low, high, p, q : float or None
        Estimate, 95 % bounds, p-value and BH-adjusted p-value; None with too little data.
    exposed : int
        (answer, brand) pairs with the link live and the source cited.
    prompts : int
        Prompts among them.
    shrunk, rank_key : float or None
        Estimate pulled to its family, and that estimate's lower bound, by which sources are ranked.
    common : float or None
        What citing the source goes with for *every* brand of the answer, linked or not.
    checks : dict of str to bool
        True where the check is passed; absent where it could not be made.
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
    shrunk: float | None = None
    rank_key: float | None = None
    common: float | None = None
    checks: dict[str, bool] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LiftTable:
    """Rows ordered by `rank_key`, sources without enough data last; and what was compared."""

    rows: tuple[LiftRow, ...]
    answers: int
    prompts: int
    brand: str | None
    within: Within
    level: float

    def row(self, source: str) -> LiftRow:
        """The row of one source."""
        return next(r for r in self.rows if r.source == source)


@dataclass(frozen=True)
class Effects:
    """Group codes of the answers, sorted so that each prompt, and each inner group, is one stretch.

    Attributes
    ----------
    order : ndarray, shape (A,)
        Answers sorted by prompt, engine, week.
    cluster, cell, inner, outer : ndarray of int, shape (A,), in that order
        Prompt; prompt × engine; the nested effect (prompt × engine, or × week); the effect that crosses
        prompts (week × engine, or × topic), or None.
    block : ndarray of int, shape (A,)
        Parts of `outer` that share no prompt; each is solved alone.
    basis : ndarray, shape (cells, B, k)
        Orthonormal answer effects in brand space, per cell: the level, and the slope.
    """

    order: Ints
    cluster: Ints
    cell: Ints
    inner: Ints
    outer: Ints | None
    block: Ints
    basis: Floats


def _codes(*columns: NDArray[np.int64]) -> Ints:
    _, codes = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    return np.asarray(codes, np.int64).ravel()


def choose_within(panel: Panel) -> Within:
    """The strictest comparison the repeats allow.

    With two or more repeats per prompt × engine × week most of the variation in what is cited lies between
    repeats of one week, and the comparison needs no assumption about trends. Without repeats, topics that
    hold several prompts allow a trend per brand × topic × engine, otherwise one per brand × engine.
    """
    cells = len(np.unique(np.stack([panel.prompt, panel.engine, panel.week]), axis=1).T)
    if panel.answers >= 2 * cells:
        return "prompt-week"
    topics, prompts = len(np.unique(panel.topic)), len(np.unique(panel.prompt))
    return "topic-week" if prompts >= 4 * topics else "week"


def effects(panel: Panel, within: Within, answer: AnswerEffect) -> Effects:
    """Codes and bases of the fixed effects (see `Effects`)."""
    order = np.lexsort((panel.week, panel.engine, panel.prompt))
    p, e, w, t = (c[order] for c in (panel.prompt, panel.engine, panel.week, panel.topic))
    cluster, cell = _codes(p), _codes(p, e)
    outer, block = None, np.zeros(len(p), np.int64)
    inner = _codes(p, e, w) if within == "prompt-week" else cell
    if within == "topic-week":
        outer, block = _codes(e, t, w), _codes(e, t)
    elif within == "week":
        outer, block = _codes(e, w), _codes(e)
    return Effects(order, cluster, cell, inner, outer, block, _basis(panel, order, cell, e, answer))


def _basis(panel: Panel, order: Ints, cell: Ints, engine: Ints, answer: AnswerEffect) -> Floats:
    b = len(panel.brands)
    cells = int(cell.max()) + 1
    level = np.full((cells, b, 1), 1 / np.sqrt(b))
    if answer == "level" or b < 4:
        return level
    named = panel.named[order].astype(np.float64)
    per = np.bincount(cell, minlength=cells)[:, None]
    sums = np.stack([np.bincount(cell, named[:, k], cells) for k in range(b)], axis=1)
    codes = _codes(engine)
    pool = np.stack([np.bincount(codes, named[:, k]) for k in range(b)], axis=1) / np.bincount(codes)[:, None]
    of_cell = np.zeros(cells, np.int64)
    of_cell[cell] = codes
    rate = (sums + 4 * pool[of_cell]) / (per + 4)
    slope = rate * (1 - rate)
    slope -= slope.mean(axis=1, keepdims=True)
    norm = np.sqrt((slope**2).sum(axis=1, keepdims=True))
    slope = np.divide(slope, norm, out=np.zeros_like(slope), where=norm > 1e-6)
    return np.concatenate([level, slope[:, :, None]], axis=2)


def _starts(codes: Ints) -> Ints:
    return np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])


def _project(block: Floats, cell: Ints, inner: Ints, basis: Floats) -> Floats:
    """Remove answer effects and the nested effect from `block` (n, B, K), in place; the two commute."""
    starts = _starts(cell)
    for start, stop in zip(starts, np.r_[starts[1:], len(cell)], strict=True):
        v = basis[cell[start]]
        part = block[start:stop]
        part -= np.einsum("bk,nks->nbs", v, np.einsum("bk,nbs->nks", v, part))
    starts = _starts(inner)
    sizes = np.diff(np.r_[starts, len(inner)])
    means = np.add.reduceat(block, starts, axis=0) / sizes[:, None, None]
    block -= np.repeat(means, sizes, axis=0)
    return block


@dataclass(frozen=True)
class Design:
    """Columns over (answer, brand) pairs in the order of `effects`; the last column is the outcome.

    Attributes
    ----------
    columns : csr_array, shape (A * B, K + 1)
    brands : int
    effects : Effects
    trend : ndarray, shape (outer groups, B, K + 1) or None
        Coefficients of the crossing effect for each column.
    """

    columns: sparse.csr_array
    brands: int
    effects: Effects
    trend: Floats | None

    def blocks(self) -> Iterator[Floats]:
        """Each prompt's columns with all effects removed, shape (pairs of the prompt, K + 1)."""
        fx = self.effects
        starts = _starts(fx.cluster)
        for start, stop in zip(starts, np.r_[starts[1:], len(fx.cluster)], strict=True):
            part = _dense(self.columns, start, stop, self.brands)
            if self.trend is not None and fx.outer is not None:
                part -= self.trend[fx.outer[start:stop]]
            _project(part, fx.cell[start:stop], fx.inner[start:stop], fx.basis)
            yield part.reshape(-1, part.shape[2])


def _dense(columns: sparse.csr_array, start: int, stop: int, brands: int) -> Floats:
    part = columns[start * brands : stop * brands].toarray()
    return np.asarray(part, np.float64).reshape(stop - start, brands, -1)


def design(panel: Panel, columns: sparse.csr_array, fx: Effects) -> Design:
    """Sort the columns, append the outcome, and solve the crossing effect.

    Parameters
    ----------
    columns : csr_array, shape (A * B, K)
        Rows a * B + b in the panel's order.
    """
    b = len(panel.brands)
    pairs = (fx.order[:, None] * b + np.arange(b)).ravel()
    outcome = sparse.csr_array(panel.named[fx.order].reshape(-1, 1).astype(np.float64))
    stacked = sparse.csr_array(sparse.hstack([columns[pairs].astype(np.float64), outcome], format="csr"))
    bare = Design(stacked, b, fx, None)
    return bare if fx.outer is None else replace(bare, trend=_trend(bare))


def _trend(bare: Design) -> Floats:
    r"""Coefficients of the crossing effect, by direct solution of its Schur complement.

    With :math:`Q_h` the annihilator of the answer effects in brand space and :math:`n_{hw}` the answers of
    nested group h in crossing group w, the complement is
    :math:`\sum_h (\mathrm{diag}(n_h) - n_h n_h' / n_{h\cdot}) \otimes Q_h`, one small dense block for each set
    of crossing groups that share a prompt. No iteration, so nothing to converge.
    """
    fx, b = bare.effects, bare.brands
    assert fx.outer is not None
    outers, k = int(fx.outer.max()) + 1, bare.columns.shape[1]
    sums = np.zeros((outers, b, k))
    starts = _starts(fx.cluster)
    for start, stop in zip(starts, np.r_[starts[1:], len(fx.cluster)], strict=True):
        part = _project(
            _dense(bare.columns, start, stop, b), fx.cell[start:stop], fx.inner[start:stop], fx.basis
        )
        np.add.at(sums, fx.outer[start:stop], part)
    out = np.zeros_like(sums)
    for block in range(int(fx.block.max()) + 1):
        rows = np.flatnonzero(fx.block == block)
        groups, local = np.unique(fx.outer[rows], return_inverse=True)
        matrix = _schur(fx.inner[rows], np.asarray(local, np.int64), fx.cell[rows], fx.basis)
        out[groups] = (_pinv(matrix) @ sums[groups].reshape(-1, k)).reshape(-1, b, k)
    return out


def _schur(inner: Ints, outer: Ints, cell: Ints, basis: Floats) -> Floats:
    w, b = int(outer.max()) + 1, basis.shape[1]
    total = np.zeros((w, b, w, b))
    _, first, local = np.unique(inner, return_index=True, return_inverse=True)
    counts = np.zeros((len(first), w))
    np.add.at(counts, (np.asarray(local).ravel(), outer), 1.0)
    for row, start in zip(counts, first, strict=True):
        v = basis[cell[start]]
        remove = np.diag(row) - np.outer(row, row) / row.sum()
        total += remove[:, None, :, None] * (np.eye(b) - v @ v.T)[None, :, None, :]
    return total.reshape(w * b, w * b)


def _pinv(matrix: Floats) -> Floats:
    values, vectors = linalg.eigh(matrix)
    keep = values > 1e-9 * max(float(values[-1]), 1e-300)
    return np.asarray((vectors[:, keep] / values[keep]) @ vectors[:, keep].T)


@dataclass(frozen=True)
class Fit:
    """Coefficients of K columns with cluster-robust errors.

    Attributes
    ----------
    beta, se, dof : ndarray, shape (K,)
        NaN where the column has nothing left after the effects.
    information : ndarray, shape (K,)
        Residual sum of squares of each column given the effects and the other columns.
    dropped : ndarray, shape (G, K)
        `beta` without each prompt, minus `beta`.
    """

    beta: Floats
    se: Floats
    dof: Floats
    information: Floats
    dropped: Floats


Correction = Literal["CR1", "CR2", "CR3"]


def fit(made: Design, correction: Correction = "CR2") -> Fit:
    r"""Ordinary least squares on the projected columns, errors clustered by prompt.

    CR2 multiplies each prompt's residuals by :math:`(I - H_{gg})^{-1/2}`, CR3 by :math:`(I - H_{gg})^{-1}`
    (the jackknife over prompts); degrees of freedom are Bell and McCaffrey's, coefficient by coefficient.
    Effects nested in prompts need no correction; the crossing effect is paid for by :math:`n/(n-k)`.

    References
    ----------
    Bell & McCaffrey (2002); Pustejovsky & Tipton (2018), "Small-sample methods for cluster-robust variance
    estimation and hypothesis testing in fixed effects models"; MacKinnon, Nielsen & Webb (2023).
    """
    grams, scores = [], []
    for part in made.blocks():
        x, y = part[:, :-1], part[:, -1]
        grams.append(x.T @ x)
        scores.append(x.T @ y)
    gram, raw = np.stack(grams), np.stack(scores)
    total = gram.sum(axis=0)
    own = np.diag(total)
    keep = _independent(total, own)
    gram, raw, total = gram[:, keep][:, :, keep], raw[:, keep], total[np.ix_(keep, keep)]
    bread = linalg.inv(total) if len(keep) else np.zeros((0, 0))
    beta = bread @ raw.sum(axis=0)
    if not np.isfinite(beta).all():
        raise ConvergenceError(
            "The lift's normal equations could not be solved.", "Merge sources that never differ."
        )
    residual = raw - gram @ beta
    se, dof, dropped = _robust(gram, residual, bread, correction)
    se *= np.sqrt(_crossing_factor(made))
    wide = [_widen(v, keep, len(own)) for v in (beta, se, dof, 1 / np.diag(bread))]
    full = np.full((len(gram), len(own)), np.nan)
    full[:, keep] = dropped
    return Fit(wide[0], wide[1], wide[2], np.nan_to_num(wide[3]), full)


def _widen(values: Floats, keep: Ints, size: int) -> Floats:
    out = np.full(size, np.nan)
    out[keep] = values
    return out


def _independent(total: Floats, own: Floats) -> Ints:
    """Columns left after a pivoted Cholesky drops those that others reproduce."""
    alive = np.flatnonzero(own > 1e-8)
    if not len(alive):
        return alive
    scale = np.sqrt(own[alive])
    scaled = total[np.ix_(alive, alive)] / np.outer(scale, scale)
    _, _, pivots = linalg.qr(scaled, pivoting=True, mode="economic")
    r = linalg.qr(scaled[:, pivots], mode="r")[0]
    good = np.abs(np.diag(r)) > 1e-9
    return np.sort(alive[pivots[good]])


def _crossing_factor(made: Design) -> float:
    if made.effects.outer is None:
        return 1.0
    n = len(made.effects.order)
    k = int(made.effects.outer.max()) + 1 - (int(made.effects.block.max()) + 1)
    return n / max(n - k, 1)


def _robust(
    gram: Floats, residual: Floats, bread: Floats, correction: Correction
) -> tuple[Floats, Floats, Floats]:
    power = {"CR1": 0.0, "CR2": -0.5, "CR3": -1.0}[correction]
    g, k = residual.shape
    meat = np.zeros(k)
    loads = np.zeros((g, k, k))
    dropped = np.zeros((g, k))
    root = linalg.cholesky(bread, lower=True) if k else bread
    for i in range(g):
        values, vectors = linalg.eigh(root.T @ gram[i] @ root)
        left = root @ vectors
        score = left.T @ residual[i]
        spare = 1 - np.clip(values, 0, 1)
        solvable = spare > 1e-6
        adjust = np.zeros(k)
        adjust[solvable] = spare[solvable] ** power
        meat += (left @ (adjust * score)) ** 2
        dropped[i] = -left @ np.divide(score, spare, out=np.zeros(k), where=solvable)
        loads[i] = left * adjust @ vectors.T
    return np.sqrt(meat * (g / (g - 1) if correction == "CR1" else 1.0)), _dof(gram, root, loads), dropped


def _dof(gram: Floats, root: Floats, loads: Floats) -> Floats:
    r"""Satterthwaite degrees of freedom under independent errors: :math:`(\sum\omega_{gg})^2/\sum\omega_{gh}^2`."""
    g, k = len(gram), len(root)
    reach = np.einsum("ab,gbc->gac", root.T, gram)
    own = np.zeros((g, k))
    pull = np.zeros((g, k, k))
    inner = np.einsum("gac,cd->gad", reach, root)
    for i in range(g):
        pull[i] = inner[i] @ loads[i].T
        own[i] = np.einsum("dj,dj->j", loads[i].T, pull[i])
    out = np.zeros(k)
    for j in range(k):
        omega = np.diag(own[:, j]) - pull[:, :, j] @ pull[:, :, j].T
        out[j] = np.trace(omega) ** 2 / max(float((omega**2).sum()), 1e-300)
    return out


def _masked(panel: Panel, brand: int | None) -> tuple[sparse.csr_array, int]:
    """Exposure columns; with a brand, its own first and everybody else's as controls behind them."""
    exposed = sparse.csr_array(panel.exposed.astype(np.float64))
    if brand is None:
        return exposed, exposed.shape[1]
    b = len(panel.brands)
    mine = np.zeros(exposed.shape[0])
    mine[brand::b] = 1.0
    own = sparse.csr_array(sparse.diags_array(mine) @ exposed)
    rest = sparse.csr_array(sparse.diags_array(1 - mine) @ exposed)
    return sparse.csr_array(sparse.hstack([own, rest], format="csr")), exposed.shape[1]


def _exposure(panel: Panel, columns: sparse.csr_array) -> tuple[Ints, Ints]:
    """Exposed pairs and distinct prompts of each column."""
    flat = columns.tocoo()
    live = flat.data != 0
    rows, cols = flat.row[live], flat.col[live]
    pairs = np.bincount(cols, minlength=columns.shape[1])
    prompts = panel.prompt[rows // len(panel.brands)]
    seen = np.unique(np.stack([cols, prompts]), axis=1)
    return pairs.astype(np.int64), np.bincount(seen[0], minlength=columns.shape[1]).astype(np.int64)


def shrink(beta: Floats, se: Floats, families: tuple[str, ...]) -> tuple[Floats, Floats]:
    r"""Empirical-Bayes estimates pulled to the family's mean.

    :math:`\beta_s \sim N(\mu_f, \tau_f^2)`, with :math:`\tau_f^2` by DerSimonian and Laird's moments; families
    of fewer than three sources borrow the mean and spread of all sources.

    Returns
    -------
    mean, sd : ndarray, shape (S,)
        Posterior mean and standard deviation; NaN where `beta` is NaN.
    """
    names = np.asarray(families)
    known = np.isfinite(beta) & np.isfinite(se) & (se > 0)
    mean, sd = np.full(len(beta), np.nan), np.full(len(beta), np.nan)
    if not known.any():
        return mean, sd
    overall = _moments(beta[known], se[known])
    for name in np.unique(names[known]):
        at = known & (names == name)
        mu, tau2, mu_var = _moments(beta[at], se[at]) if at.sum() >= 3 else overall
        weight = tau2 / (tau2 + se[at] ** 2)
        mean[at] = weight * beta[at] + (1 - weight) * mu
        sd[at] = np.sqrt(weight * se[at] ** 2 + (1 - weight) ** 2 * mu_var)
    return mean, sd


def _moments(beta: Floats, se: Floats) -> tuple[float, float, float]:
    w = 1 / se**2
    mu = float((w * beta).sum() / w.sum())
    excess = float((w * (beta - mu) ** 2).sum()) - (len(beta) - 1)
    spread = float(w.sum() - (w**2).sum() / w.sum())
    tau2 = max(0.0, excess / spread) if spread > 0 else 0.0
    v = 1 / (se**2 + tau2)
    return float((v * beta).sum() / v.sum()), tau2, float(1 / v.sum())


def lift(
    panel: Panel,
    *,
    brand: str | None = None,
    engine: int | None = None,
    topic: int | None = None,
    within: Within = "auto",
    answer: AnswerEffect = "level",
    level: float = 0.95,
    discovery: float = 0.10,
    min_exposed: int = MIN_EXPOSED,
    min_prompts: int = MIN_PROMPTS,
    correction: Correction = "CR2",
) -> LiftTable:
    """Estimate every source's lift at once.

    Parameters
    ----------
    brand : str, optional
        Only this brand's links; all brands pooled if None.
    engine, topic : int, optional
        Only answers of this engine or topic (codes of the panel).
    within : {"auto", "prompt-week", "topic-week", "week"}
        What a brand's rate may move with freely beside the answer itself (see `choose_within`).
    discovery : float
        Bound on the expected share of false discoveries among the verdicts that claim a difference.
    min_exposed, min_prompts : int
        A source below either keeps its row with no numbers and "not enough data".
    """
    part = _part(panel, engine, topic)
    at = None if brand is None else _position(part, brand)
    columns, sources = _masked(part, at)
    pairs, prompts = _exposure(part, columns)
    chosen = choose_within(part) if within == "auto" else within
    live = np.flatnonzero(pairs > 0)
    made = design(part, sparse.csr_array(columns[:, live]), effects(part, chosen, answer))
    found = fit(made, correction)
    spot = {int(c): i for i, c in enumerate(live)}
    index = np.array([spot.get(s, -1) for s in range(sources)])

    def of(values: Floats) -> Floats:
        filled = np.where(index >= 0, values[index], np.nan) if len(values) else np.full(sources, np.nan)
        return np.asarray(filled, np.float64)

    beta, se, dof, info = of(found.beta), of(found.se), of(found.dof), np.nan_to_num(of(found.information))
    enough = (pairs[:sources] >= min_exposed) & (prompts[:sources] >= min_prompts)
    enough &= (info >= MIN_COMPARISONS) & np.isfinite(se) & (se > 0) & (dof >= MIN_DOF)
    beta, se = np.where(enough, beta, np.nan), np.where(enough, se, np.nan)
    half = np.asarray(stats.t.ppf(0.5 + level / 2, dof)) * se
    p = np.asarray(2 * stats.t.sf(np.abs(beta) / se, dof))
    q = benjamini_hochberg(p)
    mean, sd = shrink(beta, se, part.families)
    rank = mean - float(stats.norm.ppf(0.5 + level / 2)) * sd
    rows = [
        LiftRow(
            source=part.sources[s],
            family=part.families[s],
            lift=_known(beta[s]),
            low=_known(beta[s] - half[s]),
            high=_known(beta[s] + half[s]),
            p=_known(p[s]),
            q=_known(q[s]),
            exposed=int(pairs[s]),
            prompts=int(prompts[s]),
            verdict=_verdict(beta[s], q[s], discovery),
            shrunk=_known(mean[s]),
            rank_key=_known(rank[s]),
        )
        for s in range(sources)
    ]
    rows.sort(key=lambda r: (r.rank_key is None, -(r.rank_key or 0.0), r.source))
    return LiftTable(tuple(rows), part.answers, len(np.unique(part.prompt)), brand, chosen, level)


def _part(panel: Panel, engine: int | None, topic: int | None) -> Panel:
    mask = np.ones(panel.answers, bool)
    if engine is not None:
        mask &= panel.engine == engine
    if topic is not None:
        mask &= panel.topic == topic
    return panel if mask.all() else panel.take(mask)


def _position(panel: Panel, brand: str) -> int:
    if brand not in panel.brands:
        raise UsageError(f"No brand {brand!r} in the panel.", f"Use one of: {', '.join(panel.brands)}.")
    return panel.brands.index(brand)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _verdict(beta: float, q: float, discovery: float) -> Verdict:
    if not np.isfinite(q):
        return "not enough data"
    if q > discovery:
        return "no clear difference"
    return "associated within the same question" if beta > 0 else "goes with fewer mentions"
