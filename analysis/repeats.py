"""How far the repeats of one prompt agree on their sources, and what that lets two weeks agree at most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.rankings import jaccard, rank_biased_overlap

SHUFFLES = 40
MOST_PAIRS = 10_000


@dataclass(frozen=True)
class RepeatAgreement:
    """Repeats of one engine.

    Attributes
    ----------
    jaccard, overlap : float or None
        Two answers to one prompt in one week: shared cited domains ÷ domains of either, and rank-biased
        overlap in the order cited; means over pairs within a prompt and week, then over those. None without
        repeats.
    pairs, cells : int
        Pairs of answers, and prompt × week cells, behind them.
    floor, floor_low : float or None
        Jaccard of neighbouring weeks *if nothing changed*: the weeks' answers shuffled between the two within
        each prompt; mean, and the level that one shuffle in forty stays under. Weeks that share less than
        `floor_low` changed more than repeats do.
    floor_overlap : float or None
        The same mean for rank-biased overlap.
    changed : int
        Pairs of neighbouring weeks under their own `floor_low`.
    weeks : int
        Pairs of neighbouring weeks compared so.
    """

    jaccard: float | None
    overlap: float | None
    pairs: int
    cells: int
    floor: float | None
    floor_low: float | None
    floor_overlap: float | None
    changed: int
    weeks: int


def agreement(cited: pd.DataFrame, *, seed: int = 0) -> RepeatAgreement:
    """RepeatAgreement of one engine's repeats.

    Parameters
    ----------
    cited : DataFrame
        One row per answer and cited domain, in the order cited, and one with a null `domain` for an answer
        that cites nothing: `answer`, `prompt_id`, `week`, `domain`.
    seed : int
        Of the shuffles.
    """
    shares = np.array([_within(lists) for lists in _cells(cited)])
    pairs = int(shares[:, 2].sum()) if len(shares) else 0
    floors = list(_floors(cited, np.random.default_rng(seed)))
    means = np.array([each for each, _ in floors])
    return RepeatAgreement(
        jaccard=float(shares[:, 0].mean()) if len(shares) else None,
        overlap=float(shares[:, 1].mean()) if len(shares) else None,
        pairs=pairs,
        cells=len(shares),
        floor=float(means[:, 0].mean()) if floors else None,
        floor_low=float(means[:, 1].mean()) if floors else None,
        floor_overlap=float(means[:, 2].mean()) if floors else None,
        changed=sum(under for _, under in floors),
        weeks=len(floors),
    )


def _cells(cited: pd.DataFrame) -> Iterator[list[list[object]]]:
    """The lists of cited domains of the answers of each prompt and week that has more than one."""
    cells = []
    for _, cell in cited.groupby(["prompt_id", "week"], sort=True):
        if cell["answer"].nunique() > 1:
            cells.append([part["domain"].dropna().tolist() for _, part in cell.groupby("answer", sort=True)])
    most = max(1, sum(len(lists) * (len(lists) - 1) // 2 for lists in cells) // MOST_PAIRS)
    yield from cells[::most]


def _within(lists: Sequence[Sequence[object]]) -> tuple[float, float, int]:
    both = [(jaccard(a, b), rank_biased_overlap(a, b)) for a, b in combinations(lists, 2)]
    shared, ranked = np.mean(both, axis=0)
    return float(shared), float(ranked), len(both)


def _floors(
    cited: pd.DataFrame, rng: np.random.Generator
) -> Iterator[tuple[tuple[float, float, float], bool]]:
    """Of two neighbouring weeks: mean, low and ranked mean of shuffles, and whether they share less."""
    for before, after in pairwise(sorted(cited["week"].unique())):
        if (after - before).days != 7:
            continue
        part = cited[cited["week"].isin((before, after))]
        answers = part.drop_duplicates("answer")[["answer", "prompt_id", "week"]]
        row = pd.Series(np.arange(len(answers)), index=answers["answer"])
        hits = part.dropna(subset=["domain"])
        codes, names = pd.factorize(hits["domain"], sort=True)
        at = (hits["answer"].map(row).to_numpy(np.int64), np.asarray(codes, np.int64))
        table = sparse.csr_array((np.ones(len(hits)), at), shape=(len(answers), len(names)))
        later = (answers["week"] == after).to_numpy()
        prompts = answers["prompt_id"].to_numpy()
        real, _ = _shared(table, later)
        drawn = np.array([_shared(table, _shuffled(later, prompts, rng)) for _ in range(SHUFFLES)])
        low = float(np.sort(drawn[:, 0])[SHUFFLES // 40 - 1])
        yield (float(drawn[:, 0].mean()), low, float(drawn[:, 1].mean())), real < low


def _shuffled(later: np.ndarray, prompts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The labels dealt anew within each prompt."""
    order = np.lexsort((rng.random(len(later)), prompts))
    out = np.empty_like(later)
    out[order] = later[np.argsort(prompts, kind="stable")]
    return out


def _shared(table: sparse.csr_array, later: np.ndarray) -> tuple[float, float]:
    """Jaccard and rank-biased overlap of the domains of two halves of the answers, most cited first."""
    counts = [np.asarray(table[half].sum(axis=0)).ravel() for half in (~later, later)]
    first, second = ([int(i) for i in np.argsort(-each, kind="stable") if each[i]] for each in counts)
    return jaccard(first, second), rank_biased_overlap(first, second)
