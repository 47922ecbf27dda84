"""The design of an experiment: who is paired with whom, what the lots are, how long it runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tracker.errors import UsageError

Design = Literal["pairs", "switch"]
Outcome = Literal["unnamed", "named"]

LEAST = 6
"""Lots: with five the smallest two-sided p-value is 1 in 16."""
BLOCK = 2
"""Weeks for which a page of a switching design stays as it is."""


@dataclass(frozen=True)
class PairCandidate:
    """A site or page that work could win a link from, or that can be switched on and off.

    Attributes
    ----------
    cited : int
        Answers before the start that cite it.
    unnamed : int
        Those of them that do not name the brand.
    state : str
        What it shows of the brand now: "links", "names" or "nothing known".
    """

    source: str
    cited: int
    unnamed: int
    family: str
    state: str


@dataclass(frozen=True)
class PairOf:
    """Two candidates as alike as can be had."""

    first: PairCandidate
    second: PairCandidate


def paired(
    candidates: Iterable[PairCandidate], most: int | None = None
) -> tuple[tuple[PairOf, ...], tuple[str, ...]]:
    """Pairs of neighbours in how often they are cited, of one state and family where there are two of them.

    Parameters
    ----------
    most : int, optional
        Keep so many pairs, those of which the less cited one is cited most.

    Returns
    -------
    pairs : tuple of PairOf
        The most cited first.
    left_out : tuple of str
        Sources without a partner, and those of pairs beyond `most`.
    """
    rest = list(candidates)
    pairs: list[PairOf] = []
    for traits in (("state", "family"), ("state",), ()):
        groups: dict[tuple[str, ...], list[PairCandidate]] = {}
        for each in rest:
            groups.setdefault(tuple(getattr(each, trait) for trait in traits), []).append(each)
        rest = []
        for group in groups.values():
            ranked = sorted(group, key=lambda each: (-each.cited, each.source))
            pairs += [PairOf(a, b) for a, b in zip(ranked[::2], ranked[1::2], strict=False)]
            rest += ranked[len(ranked) // 2 * 2 :]
    pairs.sort(key=lambda pair: (-min(pair.first.cited, pair.second.cited), pair.first.source))
    kept = tuple(pairs[:most])
    beyond = [each.source for pair in pairs[len(kept) :] for each in (pair.first, pair.second)]
    return kept, (*(each.source for each in rest), *beyond)


def blocks_of(design: Design, weeks: int) -> int:
    """Lots of each pair over the window."""
    return weeks // BLOCK if design == "switch" else 1


def require_lots(design: Design, pairs: int, weeks: int) -> None:
    """Refuse what no result could come of."""
    lots = pairs * blocks_of(design, weeks)
    if pairs >= 1 and lots >= LEAST:
        return
    what = f"{pairs} pairs" if design == "pairs" else f"{pairs} pairs over {weeks} weeks"
    possible = f"the smallest p-value that it could give is {2 / 2**lots:.3g}" if lots else "nothing is drawn"
    more = "pairs" if design == "pairs" else "pairs or weeks"
    raise UsageError(
        f"{what} are too few for an experiment: {possible}",
        f"take at least {LEAST} lots: add {more}; 12 to 20 pairs over 12 weeks see a rise of 20 points",
    )


def lots(seed: str, pairs: int, blocks: int) -> tuple[tuple[int, ...], ...]:
    """Whether the first of each pair is the drawn one, per pair and block: 1 or 0.

    A lot is the first bit of SHA-256 over `SEED:PAIR:BLOCK`, counted from 1, so that anybody can draw it
    again with no program of ours.
    """
    return tuple(
        tuple(
            hashlib.sha256(f"{seed}:{pair}:{block}".encode()).digest()[0] >> 7
            for block in range(1, blocks + 1)
        )
        for pair in range(1, pairs + 1)
    )


def weight(unnamed: Sequence[int]) -> float:
    r"""Weight of a pair's log ratio: :math:`1/\sqrt{1/U_a + 1/U_b + 0.2}`, of counts before the start.

    0.2 stands for what rates of citing move by themselves; half an answer is added to each count.
    """
    a, b = (max(count, 0) + 0.5 for count in unnamed)
    return float((1 / a + 1 / b + 0.2) ** -0.5)
