"""What experiments are read from: weekly counts of answers that name the brand and cite the candidates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class TrialCounts:
    """Answers with known citations, by week and cell; a cell is one prompt on one engine.

    Attributes
    ----------
    weeks : tuple of date
        Mondays, in order, W of them.
    sources : tuple of str
        PairCandidate sites or pages, S of them.
    cells : tuple of (int, int)
        Prompt and engine, C of them.
    answers, named : ndarray, shape (W, C)
        Answers, and those that name the brand.
    cited, unnamed : ndarray, shape (S, W, C)
        Answers that cite the source, and those of them that do not name the brand.
    """

    weeks: tuple[date, ...]
    sources: tuple[str, ...]
    cells: tuple[tuple[int, int], ...]
    answers: Ints
    named: Ints
    cited: Ints
    unnamed: Ints

    def between(self, first: date, last: date) -> TrialCounts:
        """Of the weeks from one Monday to another, both included."""
        keep = np.array([first <= week <= last for week in self.weeks], bool)
        return TrialCounts(
            tuple(week for week, kept in zip(self.weeks, keep, strict=True) if kept),
            self.sources,
            self.cells,
            self.answers[keep],
            self.named[keep],
            self.cited[:, keep],
            self.unnamed[:, keep],
        )
