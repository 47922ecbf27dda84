"""What an event study is made of: weekly outcomes of brands, and when each link began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracker.errors import DataError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Histories:
    """Weekly outcomes of brands and when each link began; B brands, C prompt clusters, T weeks, S sources.

    Attributes
    ----------
    brands, clusters, sources, families : tuple of str
        Lengths B, C, S, S.
    answers : ndarray of int, shape (C, T)
        Answers to the cluster's prompts in the week; the same for every brand. 0 is unknown, not a rate of 0.
    counts : ndarray of int, shape (B, C, T)
        Of them, those that name the brand (or cite its domains: one outcome at a time).
    first_link : ndarray of int, shape (S, B)
        Week of the first live link; negative if it was there before the first week, T or more if never.
    breaks : tuple of int
        Weeks in which the served model changed; nothing is compared across one.
    outcome : str
        "mention" or "citation", printed beside the number.
    """

    brands: tuple[str, ...]
    clusters: tuple[str, ...]
    sources: tuple[str, ...]
    families: tuple[str, ...]
    answers: Ints
    counts: Ints
    first_link: Ints
    breaks: tuple[int, ...] = ()
    outcome: str = "mention"

    def __post_init__(self) -> None:
        b, c, s, t = len(self.brands), len(self.clusters), len(self.sources), self.answers.shape[-1]
        wanted = {"answers": (c, t), "counts": (b, c, t), "first_link": (s, b)}
        for name, shape in wanted.items():
            if getattr(self, name).shape != shape:
                raise DataError(f"{name} has the shape {getattr(self, name).shape}, not {shape}")
        if len(self.families) != s:
            raise DataError(f"{len(self.families)} families for {s} sources", "give every source its family")
        if (self.counts < 0).any() or (self.counts > self.answers).any():
            raise DataError("a brand is counted in more answers than there are, or in fewer than none")

    @classmethod
    def from_answers(
        cls,
        cluster: ArrayLike,
        week: ArrayLike,
        named: ArrayLike,
        *,
        brands: Sequence[str],
        clusters: Sequence[str],
        weeks: int,
        first_link: ArrayLike,
        sources: Sequence[str],
        families: Sequence[str],
        breaks: Sequence[int] = (),
        outcome: str = "mention",
    ) -> Histories:
        """Count answers, given the cluster and week code (A,) and the outcome (A, B) of each."""
        cell = np.asarray(cluster, dtype=np.int64) * weeks + np.asarray(week, dtype=np.int64)
        size, shape = len(clusters) * weeks, (len(clusters), weeks)
        table = np.asarray(named, dtype=np.float64).reshape(len(cell), len(brands))
        counts = [np.bincount(cell, table[:, b], size).reshape(shape) for b in range(len(brands))]
        stacked = np.array(counts).reshape(len(brands), *shape).round().astype(np.int64)
        answers = np.bincount(cell, minlength=size).reshape(shape)
        links = np.asarray(first_link, dtype=np.int64).reshape(len(sources), len(brands))
        return cls(
            tuple(brands),
            tuple(clusters),
            tuple(sources),
            tuple(families),
            answers,
            stacked,
            links,
            tuple(breaks),
            outcome,
        )
