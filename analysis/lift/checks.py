"""Checks that travel with a lift: what would have to be true if it were an artefact, looked for.

Each function returns arrays over sources; `lift` turns them into the row's named verdicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

from analysis.intervals import benjamini_hochberg
from analysis.lift.fitting import solution
from analysis.lift.panel import Floats, Panel
from analysis.lift.sums import Sums, design
from analysis.lift.within import Effects, starts

Bools = NDArray[np.bool_]
AT_ONCE = 50_000
"""Answers whose pairs without a live link are looked for at a time."""


@dataclass(frozen=True)
class Estimates:
    """Coefficients and standard errors of one kind of column, by source; NaN where there was none.

    Attributes
    ----------
    beta, se : ndarray, shape (S,)
    """

    beta: Floats
    se: Floats

    @property
    def p(self) -> Floats:
        """Two-sided normal p-values."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(2 * stats.norm.sf(np.abs(self.beta / self.se)), np.float64)


def moved_links(panel: Panel, *, seed: int = 0) -> sparse.csr_array:
    """Each source's exposures carried to other brands: the same dates and answers, the wrong receivers.

    Every source's brands are arranged in a random ring and each exposure is handed to the next brand, so no
    exposure stays where it was.

    Returns
    -------
    csr_array, shape (A * B, S)
    """
    rng = np.random.default_rng(seed)
    b = len(panel.brands)
    flat = sparse.coo_array(panel.exposed)
    following = np.empty((len(panel.sources), b), flat.row.dtype)
    for s in range(len(panel.sources)):
        ring = rng.permutation(b)
        following[s, ring] = np.roll(ring, -1)
    answer, brand = np.divmod(flat.row, b)
    rows = answer * b + following[flat.col, brand]
    return sparse.csr_array((flat.data.astype(np.float64), (rows, flat.col)), shape=flat.shape)


def unlinked_pairs(panel: Panel) -> sparse.csr_array:
    """Pairs whose source is cited without a live link, though it links to that brand at another time.

    With page-level exposure these are also the answers that cite another page of the source.

    Returns
    -------
    csr_array, shape (A * B, S)
    """
    b, sources = len(panel.brands), len(panel.sources)
    exposed, cited = sparse.csr_array(panel.exposed), sparse.csr_array(panel.cited)
    ever = np.stack([np.asarray(exposed[k::b].sum(axis=0)).ravel() > 0 for k in range(b)])
    out = []
    for start in range(0, panel.answers, AT_ONCE):
        stop = min(start + AT_ONCE, panel.answers)
        some = sparse.coo_array(cited[start:stop])
        at, brand = np.nonzero(ever[:, some.col].T)
        spots = (some.row[at] * b + brand, some.col[at])
        linked = sparse.csr_array((np.ones(len(at)), spots), shape=((stop - start) * b, sources))
        rest = sparse.csr_array(linked - linked.multiply(exposed[start * b : stop * b] > 0))
        rest.eliminate_zeros()
        out.append(rest)
    return sparse.csr_array(sparse.vstack(out, format="csr"))


def beside(
    panel: Panel, fx: Effects, columns: sparse.csr_array, extras: Sequence[Sequence[sparse.csr_array]]
) -> list[Estimates]:
    """Coefficients of the tables of each of `extras` when estimated together with the lifts' own `columns`,
    without the other extras."""
    sums = design(panel, [columns, *chain.from_iterable(extras)], fx, by_engine=False).sums
    k = at = columns.shape[1]
    out = []
    for extra in extras:
        width = sum(table.shape[1] for table in extra)
        solved = solution(sums.of(np.r_[np.arange(k), np.arange(at, at + width)]))
        out.append(Estimates(solved.beta[k:], solved.iid[k:]))
        at += width
    return out


def without_each_engine(sums: Sums) -> dict[int, Floats]:
    """Estimates with one engine's answers left out, by the code of that engine; empty with one engine.

    No effect spans two engines, so its sums are taken away from the whole.
    """
    engines = len(sums.free)
    return {e: solution(sums.without(e)).beta for e in range(engines)} if engines > 1 else {}


def common_effect(panel: Panel, fx: Effects, columns: sparse.csr_array, beta: Floats) -> Estimates:
    r"""What citing a source goes with for all brands of an answer, linked or not, net of the links' lifts.

    The answer's mean of named − lifts is regressed on which sources it cites, within prompt × engine ×
    period, all sources together. Wordy answers cite more and name more, which raises every source's figure
    alike, so the median source is the zero.

    Parameters
    ----------
    beta : ndarray, shape (K,)
        Lifts of `columns`, NaN counted as 0.
    """
    a, s = panel.cited.shape
    gain = columns @ np.nan_to_num(beta)
    net = (panel.named - gain.reshape(a, -1)).mean(axis=1)[fx.order]
    begin = starts(fx.inner)
    sizes = np.diff(np.r_[begin, a])
    # The outcome alone is made free of the groups' means: of a product, one side is enough.
    net -= np.repeat(np.add.reduceat(net, begin) / sizes, sizes)
    cited = sparse.csr_array(panel.cited[fx.order].astype(np.float64))
    into = sparse.csr_array((np.ones(a), (np.repeat(np.arange(len(begin)), sizes), np.arange(a))))
    means = sparse.diags_array(1 / np.sqrt(sizes)) @ (into @ cited)
    gram = np.zeros((s + 1, s + 1))
    gram[:s, :s] = (cited.T @ cited).toarray() - (means.T @ means).toarray()
    gram[:s, s] = cited.T @ net
    gram[s, s] = net @ net
    live = np.flatnonzero(np.diag(gram)[:s] > 1e-8)
    gamma, se = np.full(s, np.nan), np.full(s, np.nan)
    if not len(live):
        return Estimates(gamma, se)
    inverse = np.linalg.pinv(gram[np.ix_(live, live)], hermitian=True)
    gamma[live] = inverse @ gram[live, s]
    free = max(a - len(begin) - len(live), 1)
    sigma2 = max(float(gram[s, s] - gamma[live] @ gram[live, s]), 0.0) / free
    se[live] = np.sqrt(sigma2 * np.diag(inverse))
    return Estimates(gamma - np.nanmedian(gamma), se)


def raises_every_brand(common: Estimates, lift: Floats, *, level: float = 0.01) -> Bools:
    """Sources whose common effect is sure (BH at `level`), at least three times their lift, and more than
    what linked brands fall behind: one that is named nearly always has less to gain, and is raised all the
    same."""
    sure = np.nan_to_num(benjamini_hochberg(common.p), nan=1.0) <= level
    known = np.nan_to_num(lift)
    return np.asarray(sure & (common.beta > 0) & (known < common.beta / 3) & (known > -common.beta))


def keeps_sign(lift: Floats, others: Floats) -> Bools:
    """Whether every estimate in `others` (k, S) has the sign of `lift` (S,); unknown ones do not count."""
    return np.asarray(((np.sign(others) == np.sign(lift)) | ~np.isfinite(others)).all(axis=0))
