"""Fixed effects of (answer, brand) pairs: what lift compares within.

Every answer has the same brands, so answer effects live in brand space and brand × group effects in answer
space, and projections of the two kinds commute. That gives closed forms where others iterate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import linalg

from analysis.lift.panel import Floats, Ints, Panel
from tracker.errors import UsageError

Within = Literal["auto", "prompt-week", "topic-week", "week"]
AnswerEffect = Literal["level", "level and slope"]

PER_PERIOD = 12


@dataclass(frozen=True)
class Effects:
    """Group codes of the answers, sorted so that each prompt, and each inner group, is one stretch.

    Attributes
    ----------
    order : ndarray, shape (A,)
        Answers sorted by prompt, engine, week.
    cluster, cell, inner : ndarray of int, shape (A,), in that order
        Prompt; prompt × engine; prompt × engine × period, the nested effect of every brand.
    engine : ndarray of int, shape (A,), in that order
        No effect spans two engines, so sums over one engine's answers can be added and taken away.
    outer : ndarray of int, shape (A,), or None
        The effect of every brand that crosses prompts: week × engine, or × topic.
    block : ndarray of int, shape (A,)
        Parts of `outer` that share no prompt; each is solved alone.
    basis : ndarray, shape (cells, B, k)
        Orthonormal answer effects in brand space, per cell: the level, and the slope.
    rate : ndarray, shape (cells, B)
        Mention rate of each brand, drawn a little to its engine's.
    within : str
        "prompt-week", "topic-week" or "week".
    periods : int
        Stretches of weeks per prompt × engine in `inner`.
    """

    order: Ints
    cluster: Ints
    cell: Ints
    inner: Ints
    outer: Ints | None
    block: Ints
    basis: Floats
    rate: Floats
    within: Within
    periods: int
    engine: Ints

    @cached_property
    def nested(self) -> Ints:
        """Where each inner group begins, and the end of the last."""
        return np.append(starts(self.inner), len(self.inner))

    @cached_property
    def part(self) -> Ints:
        """Code of each answer's finest group, in order: its crossing group, which lies inside of one inner
        group, or that."""
        if self.outer is None:
            return self.inner
        begins = np.zeros(len(self.inner), np.int64)
        begins[starts(self.outer)] = begins[starts(self.inner)] = 1
        return np.cumsum(begins) - 1

    @cached_property
    def parts(self) -> Ints:
        """Where each of these begins, and the end of the last."""
        return np.append(starts(self.part), len(self.part))

    @cached_property
    def complement(self) -> Floats:
        """Orthonormal directions in brand space that answer effects leave, per cell, (cells, B, q); zero
        where a cell has fewer."""
        b = self.basis.shape[1]
        values, vectors = np.linalg.eigh(np.eye(b) - self.basis @ self.basis.transpose(0, 2, 1))
        kept = values > 0.5
        return np.asarray((vectors * kept[:, None, :])[:, :, b - int(kept.sum(axis=1).max(initial=0)) :])

    @cached_property
    def crossing(self) -> tuple[tuple[Ints, Floats], ...]:
        """For each block: its groups of `outer`, and the inverse by which sums become their coefficients."""
        if self.outer is None:
            return ()
        out = []
        for block in range(int(self.block.max()) + 1):
            rows = np.flatnonzero(self.block == block)
            groups, local = np.unique(self.outer[rows], return_inverse=True)
            matrix = _schur(self.inner[rows], np.asarray(local, np.int64), self.cell[rows], self.basis)
            out.append((groups, _pinv(matrix)))
        return tuple(out)


def codes(*columns: Ints) -> Ints:
    """One code per distinct combination, in lexicographic order."""
    key = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        # Each is made small first, so that the product of all fits into 64 bits.
        known, place = np.unique(column, return_inverse=True)
        key = key * len(known) + np.asarray(place, np.int64).ravel()
    _, out = np.unique(key, return_inverse=True)
    return np.asarray(out, np.int64).ravel()


def starts(sorted_codes: Ints) -> Ints:
    """Positions at which a new code begins."""
    begins = np.ones(len(sorted_codes), bool)
    np.not_equal(sorted_codes[1:], sorted_codes[:-1], out=begins[1:])
    return np.flatnonzero(begins)


def choose(panel: Panel) -> tuple[Within, int]:
    """The finest comparison the answers can pay for.

    Each brand gets its own level per prompt × engine × period, with as many periods as leave a dozen answers
    in each: a brand that rises on one prompt is then compared with itself a few weeks apart at most. Inside
    the periods it may move by topic × engine × week if such cells hold eight answers and topics four prompts,
    otherwise by engine × week.

    Returns
    -------
    within, periods
    """
    cells = len(np.unique(codes(panel.prompt, panel.engine)))
    weeks = len(np.unique(panel.week))
    periods = int(np.clip(panel.answers / max(cells, 1) // PER_PERIOD, 1, max(weeks, 1)))
    if periods == weeks:
        return "prompt-week", weeks
    topics, prompts = len(np.unique(panel.topic)), len(np.unique(panel.prompt))
    thick = panel.answers >= 8 * len(np.unique(codes(panel.topic, panel.week, panel.engine)))
    return ("topic-week" if thick and prompts >= 4 * topics else "week"), periods


def effects(
    panel: Panel,
    within: Within = "auto",
    answer: AnswerEffect = "level and slope",
    periods: int | None = None,
) -> Effects:
    """Codes and bases of the fixed effects.

    Parameters
    ----------
    within : {"auto", "prompt-week", "topic-week", "week"}
        "auto" takes `choose`'s answer for both settings.
    periods : int, optional
        Stretches of weeks with their own brand × prompt × engine level; 1 is one level for all weeks.
    """
    if within not in ("auto", "prompt-week", "topic-week", "week"):
        raise UsageError(f"{within!r} is not a comparison.", "Use auto, prompt-week, topic-week or week.")
    chosen, count = choose(panel)
    chosen, count = (chosen, count) if within == "auto" else (within, 1)
    count = count if periods is None else periods
    order = np.lexsort((panel.week, panel.engine, panel.prompt))
    p, e, w, t = (c[order] for c in (panel.prompt, panel.engine, panel.week, panel.topic))
    week = codes(w)
    period = week if chosen == "prompt-week" else week * count // (int(week.max()) + 1)
    cell = codes(p, e)
    outer, block = None, np.zeros(len(p), np.int64)
    if chosen == "topic-week":
        outer, block = codes(e, t, w), codes(e, t)
    elif chosen == "week":
        outer, block = codes(e, w), codes(e)
    rate = _rates(panel.named[order].astype(np.float64), cell, codes(e))
    basis = _basis(rate, answer)
    inner = codes(p, e, period)
    return Effects(order, codes(p), cell, inner, outer, block, basis, rate, chosen, count, codes(e))


def _rates(named: Floats, cell: Ints, engine: Ints) -> Floats:
    cells, b = int(cell.max()) + 1, named.shape[1]
    per = np.bincount(cell, minlength=cells)[:, None]
    sums = np.stack([np.bincount(cell, named[:, k], cells) for k in range(b)], axis=1)
    pool = (
        np.stack([np.bincount(engine, named[:, k]) for k in range(b)], axis=1) / np.bincount(engine)[:, None]
    )
    of_cell = np.zeros(cells, np.int64)
    of_cell[cell] = engine
    return np.asarray((sums + 4 * pool[of_cell]) / (per + 4))


def _basis(rate: Floats, answer: AnswerEffect) -> Floats:
    r"""Directions in which an answer as a whole may move its brands.

    The level moves all by as many points; the slope moves each by :math:`p(1-p)`, as a common change of
    log-odds does. Wordy answers, lists of limited length and sources that raise everybody move brands
    along the slope, and popular brands have the links.
    """
    cells, b = rate.shape
    level = np.full((cells, b, 1), 1 / np.sqrt(b))
    if answer == "level" or b < 3:
        return level
    slope = rate * (1 - rate)
    slope -= slope.mean(axis=1, keepdims=True)
    norm = np.sqrt((slope**2).sum(axis=1, keepdims=True))
    slope = np.divide(slope, norm, out=np.zeros_like(slope), where=norm > 1e-6)
    return np.concatenate([level, slope[:, :, None]], axis=2)


def project(block: Floats, cell: Ints, inner: Ints, basis: Floats) -> Floats:
    """Remove answer effects and the nested effect from `block` (n, B, K), in place; the two commute."""
    begin = starts(cell)
    for start, stop in zip(begin, np.r_[begin[1:], len(cell)], strict=True):
        v = basis[cell[start]]
        part = block[start:stop]
        part -= np.matmul(v, np.matmul(v.T, part))
    begin = starts(inner)
    for start, stop in zip(begin, np.r_[begin[1:], len(inner)], strict=True):
        block[start:stop] -= block[start:stop].mean(axis=0)
    return block


def _schur(inner: Ints, outer: Ints, cell: Ints, basis: Floats) -> Floats:
    w, b = int(outer.max()) + 1, basis.shape[1]
    total = np.zeros((w, b, w, b))
    _, first, local = np.unique(inner, return_index=True, return_inverse=True)
    counts = np.zeros((len(first), w))
    np.add.at(counts, (np.asarray(local).ravel(), outer), 1.0)
    for row, start in zip(counts, first, strict=True):
        v = basis[cell[start]]
        at = np.flatnonzero(row)
        remove = np.diag(row[at]) - np.outer(row[at], row[at]) / row.sum()
        every = np.arange(b)
        total[np.ix_(at, every, at, every)] += (
            remove[:, None, :, None] * (np.eye(b) - v @ v.T)[None, :, None, :]
        )
    return total.reshape(w * b, w * b)


def _pinv(matrix: Floats) -> Floats:
    values, vectors = linalg.eigh(matrix)
    keep = values > 1e-9 * max(float(values[-1]), 1e-300)
    return np.asarray((vectors[:, keep] / values[keep]) @ vectors[:, keep].T)
