"""How far two lists of sources agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

PERSISTENCE = 0.9


def jaccard(first: Iterable[object], second: Iterable[object]) -> float:
    """Shared ÷ all of two sets; 1 for two empty ones."""
    a, b = set(first), set(second)
    return len(a & b) / len(a | b) if a | b else 1.0


def rank_biased_overlap(first: Sequence[object], second: Sequence[object], p: float = PERSISTENCE) -> float:
    r"""Extrapolated rank-biased overlap of two rankings without ties, of equal or different length.

    With overlap :math:`X_d` of the first d places, lengths s ≤ l:

    .. math::
        \frac{1-p}{p}\left(\sum_{d=1}^{l}\frac{X_d}{d}p^d + \sum_{d=s+1}^{l}\frac{X_s(d-s)}{sd}p^d\right)
        + \left(\frac{X_l-X_s}{l}+\frac{X_s}{s}\right)p^l

    Parameters
    ----------
    p : float
        Weight of going on to the next place; 0.9 puts 86 % of the weight on the first ten.

    References
    ----------
    Webber, Moffat & Zobel (2010), "A similarity measure for indefinite rankings", eq. 32.
    """
    short, long = sorted((list(first), list(second)), key=len)
    s, l = len(short), len(long)  # noqa: E741
    if not s:
        return 1.0 if not l else 0.0
    rank_short = {name: i for i, name in enumerate(short, start=1)}
    meets = np.zeros(l + 1)
    for i, name in enumerate(long, start=1):
        if name in rank_short:
            meets[max(i, rank_short[name])] += 1
    overlap = np.cumsum(meets)
    d = np.arange(1, l + 1)
    powers = p**d
    total = float((overlap[1:] / d * powers).sum())
    beyond = d > s
    total += float((overlap[s] * (d - s) / (s * d) * powers)[beyond].sum())
    end = (overlap[l] - overlap[s]) / l + overlap[s] / s
    return (1 - p) / p * total + float(end) * p**l
