"""Answers × brands × sources as arrays: what every comparison of link sources starts from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tracker.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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
    begins, ends : ndarray of int, shape (S, B), or None
        The first week (a code of `week`) in which a link of the source to the brand is live, and the first
        in which none is any more. A begin below 0 was there before the first week or has no known day; a
        begin of at least the number of weeks is no link.
    looked, known : int
        Links (page → brand) that our own looks found, and how many of them an export knows.
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
    begins: Ints | None = None
    ends: Ints | None = None
    looked: int = 0
    known: int = 0

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
                ("begins", (s, b) if self.begins is None else self.begins.shape, (s, b)),
                ("ends", (s, b) if self.ends is None else self.ends.shape, (s, b)),
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
