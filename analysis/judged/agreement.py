"""How far a judge agrees with people: raw agreement, and agreement beyond chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special
from sqlalchemy import Engine

from analysis import frames
from analysis.frames import Judge, World
from analysis.intervals import Interval, wilson
from tracker.errors import UsageError
from tracker.judge.task import STANCES


@dataclass(frozen=True)
class LabelAgreement:
    """Labels against verdicts on the same items.

    Attributes
    ----------
    classes : tuple of str
    table : ndarray of int, shape (classes, classes)
        Items; rows are people's labels, columns the judge's verdicts.
    agreed : Interval
        Share of items on the diagonal, Wilson.
    kappa : Interval
        See `cohen_kappa`.
    """

    classes: tuple[str, ...]
    table: NDArray[np.int64]
    agreed: Interval
    kappa: Interval


@dataclass(frozen=True)
class Measured(LabelAgreement):
    """A judge on a labelled set.

    Attributes
    ----------
    set_name : str
        `built-in`, or the user's file.
    failed : int
        Items without a verdict: in no denominator.
    """

    set_name: str
    failed: int
    measured_at: datetime


def measured(database: Engine, world: World, judge: Judge) -> Measured | None:
    """A judge's newest measurement: what its stances are shown with. None where nobody measured it."""
    measurements = frames.agreements(database, world, judge)
    if not measurements:
        return None
    met = measurements[0]
    one = agreement(met.counts, STANCES)
    return Measured(one.classes, one.table, one.agreed, one.kappa, met.set_name, met.failed, met.measured_at)


def agreement(counts: Mapping[str, Mapping[str, int]], classes: Sequence[str]) -> LabelAgreement:
    """From label → verdict → items; a class outside `classes` is refused."""
    unknown = {*counts, *(v for row in counts.values() for v in row)} - set(classes)
    if unknown:
        raise UsageError(f"unknown classes: {', '.join(sorted(unknown))}", f"known: {', '.join(classes)}")
    table = np.array([[counts.get(a, {}).get(b, 0) for b in classes] for a in classes], np.int64)
    total = int(table.sum())
    return LabelAgreement(tuple(classes), table, wilson(int(np.trace(table)), total), cohen_kappa(table))


def cohen_kappa(table: ArrayLike, *, level: float = 0.95) -> Interval:
    r"""Cohen's kappa of a square table of two raters, with its large-sample interval.

    .. math:: \kappa = \frac{p_o - p_e}{1 - p_e}, \quad p_o = \sum_i p_{ii}, \quad p_e = \sum_i p_{i\cdot}
    p_{\cdot i}

    1 is full agreement, 0 what two raters with these marginals reach by chance. It falls where one class is
    much more frequent than the others even if raters agree well, so it is read beside the raw agreement and
    the table.

    Parameters
    ----------
    table : array_like of int, shape (k, k)
        Items by the first rater's class (rows) and the second's (columns).
    level : float

    Returns
    -------
    Interval
        Estimate None without items, or where both raters used one class only (:math:`p_e = 1`).

    Notes
    -----
    The standard error is that of Fleiss, Cohen & Everitt (1969), for κ ≠ 0. Items are taken as independent.

    References
    ----------
    Cohen (1960), "A coefficient of agreement for nominal scales". Fleiss, Cohen & Everitt (1969), "Large
    sample standard errors of kappa and weighted kappa".
    """
    counts = np.asarray(table, np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise UsageError(
            f"a table of shape {counts.shape} is not square", "give both raters the same classes"
        )
    n = round(float(counts.sum()))
    if n == 0:
        return Interval(None, None, None, 0, 0, "not enough data")
    p = counts / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float(np.trace(p)), float(rows @ columns)
    if expected >= 1:
        return Interval(None, None, None, n, n, "not enough data")
    kappa = (observed - expected) / (1 - expected)
    same = float(np.diag(p) @ (1 - (rows + columns) * (1 - kappa)) ** 2)
    crossed = p * (columns[:, None] + rows[None, :]) ** 2
    other = (1 - kappa) ** 2 * float(crossed.sum() - np.trace(crossed))
    variance = (same + other - (kappa - expected * (1 - kappa)) ** 2) / (n * (1 - expected) ** 2)
    half = float(special.ndtri(0.5 + level / 2)) * max(variance, 0.0) ** 0.5
    return Interval(kappa, max(kappa - half, -1.0), min(kappa + half, 1.0), n, n, "large sample")
