"""Estimates drawn to those of others like them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np

from analysis.lift.panel import Floats


class ClaimedLift(Protocol):
    """A row of the lift table."""

    @property
    def source(self) -> str: ...
    @property
    def lift(self) -> float | None: ...
    @property
    def se(self) -> float | None: ...
    @property
    def goes_with_more(self) -> bool: ...


def shrink(beta: Floats, se: Floats, families: tuple[str, ...]) -> tuple[Floats, Floats]:
    r"""Empirical-Bayes estimates pulled to the family's mean.

    :math:`\beta_s \sim N(\mu_f, \tau_f^2)`, with :math:`\tau_f^2` by DerSimonian and Laird's moments;
    families of fewer than three sources borrow the mean and spread of all sources.

    Returns
    -------
    mean, sd : ndarray, shape (S,)
        Posterior mean and standard deviation; NaN where `beta` is NaN.

    References
    ----------
    DerSimonian & Laird (1986), "Meta-analysis in clinical trials"; Morris (1983).
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


def sizes(rows: Iterable[ClaimedLift]) -> dict[str, tuple[float, float]]:
    r"""Lift of each claimed source and its standard deviation, drawn to the other claims.

    A family's mean is mostly of sources that do nothing, and would make small what a source does if it works.
    All are drawn by the same share w to the plain mean: large lifts are the less sure ones, and weights by
    precision would make all of them together too small. With :math:`\tau` the spread of true lifts, the
    variance is :math:`w^2 se_s^2 + (1 - w)^2 \tau^2`.
    """
    claims = [r for r in rows if r.goes_with_more and r.lift is not None and r.se is not None]
    if not claims:
        return {}
    beta, se = np.array([(r.lift, r.se) for r in claims], np.float64).T
    noise = float((se**2).mean())
    spread = max(0.0, float(beta.var(ddof=1)) - noise) if len(beta) > 1 else noise
    kept = spread / (spread + noise)
    mean = kept * beta + (1 - kept) * beta.mean()
    sd = np.sqrt((kept * se) ** 2 + (1 - kept) ** 2 * max(spread, noise / len(beta)))
    return {r.source: (float(m), float(s)) for r, m, s in zip(claims, mean, sd, strict=True) if m > 0}
