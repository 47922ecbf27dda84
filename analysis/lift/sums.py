"""Cross-products of columns over (answer, brand) pairs with all effects removed, from sparse sums: an answer
cites a handful of sources, and no column is ever projected pair by pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.lift.panel import Floats, Ints, Panel
from analysis.lift.within import Effects, codes, project, starts

CHUNK = 6_000_000
STRETCH = 20_000
ROUNDING = 1e-12
"""Part of a column's squares that its effects leave by rounding alone: they are taken away from the whole."""


@dataclass(frozen=True)
class Parts:
    r"""Sparse columns and their sums, from which every cross-product of projected columns is made: M removes
    both kinds of effects, and with z the coordinates along an answer's own effects,

    .. math:: x'Mx = x'x - z'z - \sum_g (u_g'u_g - y_g'y_g) / n_g.

    Attributes
    ----------
    x : csr_array, shape (A * B, K)
        The columns, a row a pair, sorted as `effects`.
    z : csr_array, shape (A * k, K)
        Of each answer, along its k effects.
    u, y : csr_array, shape (G * B, K), (G * k, K)
        Sums of x and z over each nested group.
    first : ndarray, shape (G + 1,)
        Where each nested group begins, and the end of the last.
    """

    x: sparse.csr_array
    z: sparse.csr_array
    u: sparse.csr_array
    y: sparse.csr_array
    first: Ints
    brands: int
    directions: int

    @classmethod
    def of(cls, x: sparse.csr_array, brands: int, fx: Effects) -> Parts:
        a, k = len(fx.order), fx.basis.shape[2]
        turn = _csr(
            fx.basis[fx.cell].transpose(0, 2, 1).reshape(a * k, brands),
            _spots(np.repeat(np.arange(a), k), brands),
            a * brands,
        )
        z = sparse.csr_array(turn @ x)
        return cls(
            x, z, _summed(x, fx.inner, brands), _summed(z, fx.inner, k), np.r_[starts(fx.inner), a], brands, k
        )

    def stretch(self, start: int, stop: int) -> Parts:
        """Of the answers start … stop, which begin and end with a nested group."""
        b, k = self.brands, self.directions
        g, h = np.searchsorted(self.first, (start, stop))
        x, z = _rows(self.x, start * b, stop * b), _rows(self.z, start * k, stop * k)
        u, y = _rows(self.u, g * b, h * b), _rows(self.y, g * k, h * k)
        return Parts(x, z, u, y, self.first[g : h + 1] - start, b, k)

    def where(self, answers: NDArray[np.bool_]) -> Parts:
        """Of these answers: all of a nested group, or none."""
        b, k = self.brands, self.directions
        groups = answers[self.first[:-1]]
        sizes = np.diff(self.first)[groups]
        first = np.r_[0, np.cumsum(sizes)]
        wide, along, of, turned = (
            np.repeat(mask, width) for mask, width in ((answers, b), (answers, k), (groups, b), (groups, k))
        )
        return Parts(self.x[wide], self.z[along], self.u[of], self.y[turned], first, b, k)

    def gram(self) -> Floats:
        """x'Mx, (K, K), a stretch of answers after the other: each is copied for its product."""
        inside = np.searchsorted(self.first, np.arange(STRETCH, self.first[-1], STRETCH))
        cuts = np.unique(np.r_[0, self.first[inside], self.first[-1]])
        out = np.zeros((self.x.shape[1], self.x.shape[1]))
        for start, stop in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            out += self.stretch(start, stop)._product()
        return out

    def _product(self) -> Floats:
        tables, share = (self.x, self.z, self.u, self.y), 1 / np.diff(self.first)
        of_u, of_y = np.repeat(share, self.brands), np.repeat(share, self.directions)
        signs = np.r_[np.ones(self.x.shape[0]), -np.ones(self.z.shape[0]), -of_u, of_y]
        values, columns = (np.concatenate([getattr(t, name) for t in tables]) for name in ("data", "indices"))
        filled = np.concatenate([np.diff(t.indptr) for t in tables])
        ends = np.r_[0, np.cumsum(filled)]
        shape = (len(filled), self.x.shape[1])
        weighted = sparse.csr_array((values * np.repeat(signs, filled), columns, ends), shape=shape)
        turned = sparse.csc_array((values, columns, ends), shape=shape[::-1])
        return np.asarray((turned @ weighted).toarray(), np.float64)


def _rows(table: sparse.csr_array, start: int, stop: int) -> sparse.csr_array:
    """Rows start … stop, without a copy of what is in them."""
    low, high = table.indptr[start], table.indptr[stop]
    inside = (table.data[low:high], table.indices[low:high], table.indptr[start : stop + 1] - low)
    return sparse.csr_array(inside, shape=(stop - start, table.shape[1]))


def _summed(rows: sparse.csr_array, group: Ints, each: int) -> sparse.csr_array:
    """Sums of answers' rows, `each` of them an answer, over groups."""
    into = (group[:, None] * each + np.arange(each)).ravel()
    size = (int(group.max()) + 1) * each
    return sparse.csr_array(
        sparse.csr_array((np.ones(len(into)), (into, np.arange(len(into)))), (size, len(into))) @ rows
    )


def _spots(at: Ints, width: int) -> Ints:
    """Positions of `width` neighbours from each `at` * width on, (n, width)."""
    return at[:, None] * width + np.arange(width)


def _csr(values: Floats, spots: Ints, width: int) -> sparse.csr_array:
    """A sparse table with as many entries in each row."""
    n, each = values.shape
    return sparse.csr_array((values.ravel(), spots.ravel(), np.arange(n + 1) * each), shape=(n, width))


@dataclass(frozen=True)
class Design:
    """Columns over (answer, brand) pairs in the order of `effects`; the last column is the outcome.

    Attributes
    ----------
    parts : Parts
        Of K + 1 columns.
    brands : int
    effects : Effects
    moments : csr_array, shape (prompts' outer groups * B, K + 1), or None
        Sums of the columns over each prompt's crossing groups, once answer and nested effects are removed.
    trend : ndarray, shape (outer groups, B, K + 1), or None
        Coefficients of the crossing effect for each column.
    """

    parts: Parts
    brands: int
    effects: Effects
    moments: sparse.csr_array | None
    trend: Floats | None

    def of(self, columns: Ints) -> Design:
        """With these columns alone, and the outcome."""
        if len(columns) + 1 == self.width:
            return self
        kept = np.r_[columns, self.width - 1]
        p = self.parts
        parts = replace(p, x=p.x[:, kept], z=p.z[:, kept], u=p.u[:, kept], y=p.y[:, kept])
        if self.moments is None or self.trend is None:
            return replace(self, parts=parts)
        return replace(self, parts=parts, moments=self.moments[:, kept], trend=self.trend[:, :, kept])

    @property
    def width(self) -> int:
        """K + 1."""
        return int(self.parts.x.shape[1])

    @property
    def answer_effects(self) -> int:
        """Directions removed from each answer."""
        return int(self.effects.basis.shape[2])

    def blocks(self) -> Iterator[tuple[int, int, Floats]]:
        """Answers start … stop of one prompt and their columns with all effects removed, (pairs, K + 1); a
        large prompt comes in pieces."""
        fx = self.effects
        for start, stop in _cuts(fx, self.brands * self.width):
            rows = self.parts.x[start * self.brands : stop * self.brands].toarray()
            part: Floats = np.asarray(rows, np.float64).reshape(stop - start, self.brands, -1)
            if self.trend is not None and fx.outer is not None:
                part -= self.trend[fx.outer[start:stop]]
            project(part, fx.cell[start:stop], fx.inner[start:stop], fx.basis)
            yield start, stop, part.reshape(-1, part.shape[2])


def _cuts(fx: Effects, width: int) -> Iterator[tuple[int, int]]:
    """Stretches that end with an inner group, hold one prompt, and are no larger than they must be."""
    begin = starts(fx.inner)
    ends = np.r_[begin[1:], len(fx.inner)]
    first = 0
    for i, end in enumerate(ends):
        last = i + 1 == len(ends)
        if last or fx.cluster[end] != fx.cluster[first] or (ends[i + 1] - first) * width > CHUNK:
            yield first, int(end)
            first = int(end)


def design(panel: Panel, columns: sparse.csr_array, fx: Effects) -> Design:
    """Sort the columns, append the outcome, and solve the crossing effect.

    Parameters
    ----------
    columns : csr_array, shape (A * B, K)
        Rows a * B + b in the panel's order.
    """
    b = len(panel.brands)
    pairs = (fx.order[:, None] * b + np.arange(b)).ravel()
    outcome = sparse.csr_array(panel.named[fx.order].reshape(-1, 1).astype(np.float64))
    stacked = sparse.csr_array(sparse.hstack([columns[pairs].astype(np.float64), outcome], format="csr"))
    parts = Parts.of(stacked, b, fx)
    crossed = fx.crossed
    if fx.outer is None or crossed is None:
        return Design(parts, b, fx, None, None)
    moments = _moments(parts, fx, codes(fx.cluster, fx.outer))
    into = _spots(crossed.outer, b).ravel()
    whole = sparse.csr_array((np.ones(len(into)), (into, np.arange(len(into))))) @ moments
    return Design(parts, b, fx, moments, _trend(whole.toarray().reshape(-1, b, stacked.shape[1]), fx))


def _moments(parts: Parts, fx: Effects, group: Ints) -> sparse.csr_array:
    """Sums of the projected columns over groups of answers, (groups * B, K), each inside one prompt; some
    prompts after the others."""
    begin, out = starts(fx.cluster), []
    cuts = np.unique(np.searchsorted(begin, np.arange(0, len(group), STRETCH)))
    ends = np.r_[begin, len(group)][np.r_[cuts, len(begin)]]
    for start, stop in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        if start < stop:
            mine = group[start:stop] - group[start]
            out.append(_grouped(parts.stretch(start, stop), fx.basis[fx.cell[start:stop]], mine - mine.min()))
    return sparse.csr_array(sparse.vstack(out, format="csr"))


def _grouped(parts: Parts, v: Floats, outer: Ints) -> sparse.csr_array:
    b, k = parts.brands, parts.directions
    n, rows = len(outer), (int(outer.max()) + 1) * b
    sizes = np.diff(parts.first)
    group, share = np.repeat(np.arange(len(sizes)), sizes), np.repeat(1 / sizes, sizes)
    pairs = _spots(outer, b)
    turned = np.repeat(pairs[:, :, None], k, axis=2).ravel()

    def into(values: Floats, row: Ints, column: Ints, width: int) -> sparse.csr_array:
        return sparse.csr_array((values.ravel(), (row.ravel(), column.ravel())), shape=(rows, width))

    def along(at: Ints) -> Ints:
        return np.repeat(_spots(at, k)[:, None, :], b, axis=1)

    total = into(np.ones(n * b), pairs, np.arange(n * b), n * b) @ parts.x
    total = total - into(v, turned, along(np.arange(n)), n * k) @ parts.z
    total = total - into(np.repeat(share, b), pairs, _spots(group, b), len(sizes) * b) @ parts.u
    total = total + into(v * share[:, None, None], turned, along(group), len(sizes) * k) @ parts.y
    return sparse.csr_array(total)


def _trend(sums: Floats, fx: Effects) -> Floats:
    r"""Coefficients of the crossing effect, by direct solution of its Schur complement.

    With :math:`Q_h` the annihilator of the answer effects in brand space and :math:`n_{hw}` the answers of
    nested group h in crossing group w, the complement is
    :math:`\sum_h (\mathrm{diag}(n_h) - n_h n_h' / n_{h\cdot}) \otimes Q_h`, one small dense block for each
    set of crossing groups that share a prompt. No iteration, so nothing to converge.
    """
    out = np.zeros_like(sums)
    for groups, inverse in fx.crossing:
        mine = sums[groups]
        out[groups] = (inverse @ mine.reshape(-1, mine.shape[2])).reshape(mine.shape)
    return out


@dataclass(frozen=True)
class Sums:
    """Cross-products of projected columns, the outcome last; those of some columns, or without some answers,
    are parts of them.

    Attributes
    ----------
    by_engine : ndarray, shape (engines, K + 1, K + 1)
    free : ndarray, shape (engines,)
        Observations left to each engine by the effects.
    """

    by_engine: Floats
    free: Ints

    def of(self, columns: Ints) -> Sums:
        """Sums of these columns, and of the outcome."""
        kept = np.r_[columns, self.by_engine.shape[1] - 1]
        return replace(self, by_engine=self.by_engine[:, kept[:, None], kept])

    def without(self, engine: int) -> Sums:
        """Sums of the other engines' answers."""
        return Sums(np.delete(self.by_engine, engine, axis=0), np.delete(self.free, engine))


def total(model: Design, *, by_engine: bool = True) -> Sums:
    """Cross-products of the projected columns by engine, or of all engines as if they were one.

    The crossing effect is a projection, so that its share is taken off once: with moments m and coefficients
    t, x'Mx − m't.
    """
    fx, b = model.effects, model.brands
    engines = int(fx.engine.max()) + 1
    out = np.zeros((engines if by_engine else 1, model.width, model.width))
    whole = np.zeros((len(out), model.width))
    for e in range(len(out)):
        part = model.parts.where(fx.engine == e) if by_engine else model.parts
        out[e], whole[e] = part.gram(), np.bincount(part.x.indices, part.x.data**2, model.width)
    crossed = fx.crossed
    if fx.outer is not None and crossed and model.moments is not None and model.trend is not None:
        _, first = np.unique(fx.outer, return_index=True)
        engine = fx.engine[first] if by_engine else np.zeros(len(first), np.int64)
        flat = model.trend.reshape(-1, model.width)
        for e in range(len(out)):
            mine = engine[crossed.outer] == e
            spots = _spots(crossed.outer[mine], b).ravel()
            into = sparse.csr_array(
                (np.ones(len(spots)), (spots, np.arange(len(spots)))), (len(flat), len(spots))
            )
            out[e] -= (into @ model.moments[np.repeat(mine, b)]).T @ flat
    for gram, size in zip(out, whole, strict=True):
        gone = np.diag(gram) <= ROUNDING * size
        gram[gone] = gram[:, gone] = 0.0
    spent = _groups(fx.inner, fx.engine) + (0 if fx.outer is None else _groups(fx.outer, fx.engine))
    free = np.asarray((np.bincount(fx.engine) - spent) * (b - model.answer_effects), np.int64)
    return Sums(out, free if by_engine else free.sum(keepdims=True))


def _groups(of: Ints, engine: Ints) -> Ints:
    """Distinct groups in each engine, (engines,); none spans two."""
    _, first = np.unique(of, return_index=True)
    return np.bincount(engine[first], minlength=int(engine.max()) + 1)


def residuals(model: Design, beta: Floats) -> Floats:
    """Outcome less prediction, all effects removed, (A, B)."""
    fx, b = model.effects, model.brands
    weight = np.r_[-beta, 1.0]
    left = (model.parts.x @ weight).reshape(-1, b)
    if fx.outer is not None and model.trend is not None:
        left -= (model.trend @ weight)[fx.outer]
    v = fx.basis[fx.cell]
    left -= np.einsum("abk,ak->ab", v, np.einsum("abk,ab->ak", v, left))
    begin, sizes = model.parts.first[:-1], np.diff(model.parts.first)
    left -= np.repeat(np.add.reduceat(left, begin, axis=0) / sizes[:, None], sizes, axis=0)
    return np.asarray(left, np.float64)


def by_prompt(model: Design, residual: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Cross-products and score of each prompt's projected columns, the outcome left out.

    With the prompt's own moments m, the coefficients t of its crossing groups and nt, their sums once answer
    and nested effects are removed, the cross-products are x'Mx − m't − t'm + t'nt.
    """
    fx, b = model.effects, model.brands
    begin = starts(fx.cluster)
    for p, (start, stop) in enumerate(zip(begin, np.r_[begin[1:], len(fx.cluster)], strict=True)):
        part, left = model.parts.stretch(start, stop), residual[start:stop]
        gram = part.gram()
        score = part.x.T @ left.ravel()
        if fx.outer is not None and fx.crossed and model.moments is not None and model.trend is not None:
            low, high = np.searchsorted(fx.crossed.prompt, (p, p + 1))
            groups = fx.crossed.outer[low:high]
            trend = model.trend[groups]
            turned = _complement(fx, low, high, trend).reshape(len(groups) * b, -1) / 2
            turned -= _rows(model.moments, low * b, high * b).toarray()
            flat = trend.reshape(turned.shape)
            turned = flat.T @ turned
            gram += turned + turned.T
            sums = np.zeros((len(groups), b))
            np.add.at(sums, np.searchsorted(groups, fx.outer[start:stop]), left)
            score = score - flat.T @ sums.ravel()
        yield gram[:-1, :-1], score[:-1]


def _complement(fx: Effects, low: int, high: int, trend: Floats) -> Floats:
    """What is left of `trend` (n, B, K), the crossing groups low … high of one prompt, summed over their
    answers."""
    assert fx.crossed is not None
    size, inner = fx.crossed.size[low:high, None, None], fx.crossed.inner[low:high]
    begin = starts(inner)
    group = np.repeat(np.arange(len(begin)), np.diff(np.r_[begin, len(inner)]))
    mean = np.add.reduceat(size * trend, begin) / np.add.reduceat(size, begin)
    left = trend - mean[group]
    v = fx.basis[fx.crossed.cell[low:high]]
    left -= v @ (v.transpose(0, 2, 1) @ left)
    return np.asarray(size * left)


def by_answer(model: Design, residual: Floats) -> Floats:
    r"""Cross-products of the answers' scores, (K, K), the outcome left out.

    With :math:`f_a = e_a'x_a` and the means m of x over the nested groups, an answer's score is
    :math:`f_a - e_a'm_g`, and their cross-products are those of f and
    :math:`m'(\sum_a e_a e_a')\,m - m'\sum_a e_a f_a - (\cdot)'`: all sparse, also with the crossing groups as
    columns of their own, whose coefficients come last.
    """
    fx, b, parts = model.effects, model.brands, model.parts
    a, sizes, k = len(residual), np.diff(parts.first), model.width - 1
    x, sums = parts.x[:, :k], parts.u[:, :k]
    if fx.outer is not None and model.trend is not None:
        spots = _spots(fx.outer, b).reshape(-1, 1)
        groups = _csr(-np.ones((a * b, 1)), spots, len(model.trend) * b)
        x = sparse.csr_array(sparse.hstack([x, groups], format="csr"))
        sums = sparse.csr_array(sparse.hstack([sums, _summed(groups, fx.inner, b)], format="csr"))
    mean = sparse.csr_array(sparse.diags_array(np.repeat(1 / sizes, b)) @ sums)
    score = sparse.csr_array(_csr(residual, _spots(np.arange(a), b), a * b) @ x)
    pull = _csr(residual, _spots(np.repeat(np.arange(len(sizes)), sizes), b), len(sizes) * b).T
    beside = mean.T @ ((pull @ pull.T) @ mean / 2 - pull @ score)
    out = sparse.csr_array(score.T @ score + beside + beside.T)
    if model.trend is None:
        return np.asarray(out.toarray())
    trend = model.trend.reshape(-1, model.width)[:, :k]
    turned = trend.T @ (out[k:, k:] @ trend / 2 + out[k:, :k].toarray())
    return np.asarray(out[:k, :k].toarray() + turned + turned.T)
