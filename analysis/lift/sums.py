r"""Cross-products of columns over (answer, brand) pairs with all effects removed, from sparse sums: an answer
cites a handful of sources, and no column is ever projected pair by pair.

M removes both kinds of effects. With z the coordinates of x along an answer's own effects, and u the sums of
x over a nested group g in the directions that answer effects leave (`Effects.complement`),

.. math:: x'Mx = x'x - z'z - \sum_g u_g'u_g / n_g.

The first two are sparse products; the sums are made dense a few groups at a time, of the columns that are
seen there alone. Nothing as long as the answers is kept but the columns themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

import numpy as np
from scipy import sparse

from analysis.lift.panel import Floats, Ints, Panel
from analysis.lift.within import Effects, codes, project, starts

CHUNK = 6_000_000
STRETCH = 20_000
"""Answers whose sparse products are made at a time."""
BLOCK, ENTRIES = 64, 32_000
"""Answers, about, whose groups' sums are made dense at a time: more where columns are few."""
ROUNDING = 1e-12
"""Part of a column's squares that its effects leave by rounding alone: they are taken away from the whole."""


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


@dataclass(frozen=True)
class Design:
    """Columns over (answer, brand) pairs in the order of `effects`; the last column is the outcome.

    Attributes
    ----------
    x : csr_array, shape (A * B, K + 1)
    brands : int
    effects : Effects
    sums : Sums
    trend : ndarray, shape (outer groups, B, K + 1), or None
        Coefficients of the crossing effect for each column.
    """

    x: sparse.csr_array
    brands: int
    effects: Effects
    sums: Sums
    trend: Floats | None

    def of(self, columns: Ints) -> Design:
        """With these columns alone, and the outcome."""
        if len(columns) + 1 == self.width:
            return self
        kept = np.r_[columns, self.width - 1]
        trend = None if self.trend is None else self.trend[:, :, kept]
        return replace(self, x=self.x[:, kept], sums=self.sums.of(columns), trend=trend)

    @property
    def width(self) -> int:
        """K + 1."""
        return int(self.x.shape[1])

    @property
    def prompts(self) -> Iterator[tuple[int, int]]:
        """Where each prompt's answers start and stop."""
        begin = starts(self.effects.cluster)
        return zip(begin.tolist(), [*begin[1:].tolist(), len(self.effects.cluster)], strict=True)

    def blocks(self) -> Iterator[tuple[int, int, Floats]]:
        """Answers start … stop of one prompt and their columns with all effects removed, (pairs, K + 1); a
        large prompt comes in pieces."""
        fx = self.effects
        for start, stop in _cuts(fx, self.brands * self.width):
            rows = self.x[start * self.brands : stop * self.brands].toarray()
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


def design(
    panel: Panel,
    columns: sparse.csr_array | Sequence[sparse.csr_array],
    fx: Effects,
    *,
    by_engine: bool = True,
) -> Design:
    """Sort the columns, append the outcome, sum their cross-products and solve the crossing effect.

    Parameters
    ----------
    columns : csr_array, shape (A * B, K), or several that stand side by side
        Rows a * B + b in the panel's order.
    by_engine : bool
        Whether each engine has sums of its own; else all are as if they were one.

    Notes
    -----
    The crossing effect is a projection, so that its share is taken off once: with the moments m of all
    prompts and the coefficients t, x'Mx − m't.
    """
    b = len(panel.brands)
    outcome = sparse.csr_array(panel.named.reshape(-1, 1).astype(np.float64))
    tables = [columns] if isinstance(columns, sparse.csr_array) else list(columns)
    x = _sorted([*tables, outcome], fx.order, b)
    engine = fx.engine if by_engine else np.zeros(len(fx.engine), np.int64)
    engines, width = int(engine.max()) + 1, x.shape[1]
    grams, whole = np.zeros((engines, width, width)), np.zeros((engines, width))
    for start in range(0, len(engine), STRETCH):
        stop = min(start + STRETCH, len(engine))
        rows = _rows(x, start * b, stop * b)
        shift = np.repeat(engine[start:stop], np.diff(rows.indptr[::b])) * width
        apart = sparse.csr_array(
            (rows.data, rows.indices + shift, rows.indptr), shape=(rows.shape[0], engines * width)
        )
        _add(grams, _own(apart, fx.basis[fx.cell[start:stop]]))
        whole += np.bincount(apart.indices, apart.data**2, engines * width).reshape(whole.shape)
    sums, outer = None, fx.outer
    if outer is not None:
        sums = np.zeros((int(outer.max()) + 1, b, width))
    for start, stop in chain.from_iterable(_stretches(fx, width)):
        block = _Block.of(x, fx, start, stop)
        _add_at(grams[engine[start]], block.columns, -block.gram)
        if sums is not None and outer is not None:
            spot = np.ix_(block.outer, np.arange(b), block.columns)
            sums[spot] += block.complement @ block.moments
    trend = None if sums is None else _trend(sums, fx)
    if sums is not None and trend is not None and outer is not None:
        _, first = np.unique(outer, return_index=True)
        for e, gram in enumerate(grams):
            mine = engine[first] == e
            gram -= sums[mine].reshape(-1, width).T @ trend[mine].reshape(-1, width)
    for gram, size in zip(grams, whole, strict=True):
        gone = np.diag(gram) <= ROUNDING * size
        gram[gone] = gram[:, gone] = 0.0
    spent = _groups(fx.inner, engine) + (0 if outer is None else _groups(outer, engine))
    free = np.asarray((np.bincount(engine) - spent) * (b - fx.basis.shape[2]), np.int64)
    return Design(x, b, fx, Sums(grams, free), trend)


def _sorted(tables: list[sparse.csr_array], order: Ints, b: int) -> sparse.csr_array:
    """Tables side by side, their answers in this order; some answers after the others, into one table."""
    entries = sum(t.nnz for t in tables)
    dtype = np.int32 if entries < np.iinfo(np.int32).max else np.int64
    data, columns = np.empty(entries), np.empty(entries, dtype)
    ends = np.zeros(len(order) * b + 1, dtype)
    at = 0
    for start in range(0, len(order), STRETCH):
        some = order[start : start + STRETCH]
        pairs = (some[:, None] * b + np.arange(b)).ravel()
        part = sparse.csr_array(sparse.hstack([t[pairs] for t in tables], format="csr"))
        inside = slice(at, at + len(part.data))
        data[inside], columns[inside] = part.data, part.indices
        ends[start * b + 1 : (start + len(some)) * b + 1] = at + part.indptr[1:]
        at = inside.stop
    width = sum(t.shape[1] for t in tables)
    return sparse.csr_array((data, columns, ends), shape=(len(order) * b, width))


def _rows(table: sparse.csr_array, start: int, stop: int) -> sparse.csr_array:
    """Rows start … stop, without a copy of what is in them."""
    low, high = table.indptr[start], table.indptr[stop]
    inside = (table.data[low:high], table.indices[low:high], table.indptr[start : stop + 1] - low)
    return sparse.csr_array(inside, shape=(stop - start, table.shape[1]))


def _csr(values: Floats, spots: Ints, width: int) -> sparse.csr_array:
    """A sparse table with as many entries in each row."""
    n, each = values.shape
    return sparse.csr_array((values.ravel(), spots.ravel(), np.arange(n + 1) * each), shape=(n, width))


def _own(x: sparse.csr_array, basis: Floats) -> sparse.csr_array:
    """x'x − z'z of answers with these effects, (n, B, k)."""
    n, b, k = basis.shape
    spots = np.repeat(np.arange(n * b).reshape(n, b), k, axis=0)
    z = sparse.csr_array(_csr(basis.transpose(0, 2, 1).reshape(n * k, b), spots, n * b) @ x)
    values, columns = np.concatenate([x.data, z.data]), np.concatenate([x.indices, z.indices])
    ends = np.r_[x.indptr, x.indptr[-1] + z.indptr[1:]]
    signs = np.r_[np.ones(len(x.data)), -np.ones(len(z.data))]
    shape = (len(ends) - 1, x.shape[1])
    turned = sparse.csc_array((values, columns, ends), shape=shape[::-1])
    return sparse.csr_array(turned @ sparse.csr_array((values * signs, columns, ends), shape=shape))


def _add(grams: Floats, product: sparse.csr_array) -> None:
    """Add a sparse (e * K) × (e * K) table, whose parts off the diagonal are empty, to (e, K, K)."""
    width = grams.shape[-1]
    row = np.repeat(np.arange(product.shape[0], dtype=np.int64), np.diff(product.indptr))
    grams.reshape(-1)[row * width + product.indices % width] += product.data


def _add_at(gram: Floats, columns: Ints, part: Floats) -> None:
    if len(columns) == len(gram):
        gram += part
    else:
        # As flat places, which takes half as long as rows and columns; `gram` is one piece of memory.
        gram.reshape(-1)[(columns[:, None] * len(gram) + columns).ravel()] += part.ravel()


def _stretches(fx: Effects, width: int) -> Iterator[list[tuple[int, int]]]:
    """For each prompt: some nested groups of one engine after the others, as answers start … stop."""
    begin = fx.nested[:-1]
    cell = fx.cell[begin]
    since = begin - begin[starts(cell)][cell]
    cuts = begin[starts(codes(cell, since // max(BLOCK, ENTRIES // width)))]
    each = list(zip(cuts.tolist(), [*cuts[1:].tolist(), len(fx.cell)], strict=True))
    prompts = starts(fx.cluster[cuts]).tolist()
    for low, high in zip(prompts, [*prompts[1:], len(each)], strict=True):
        yield each[low:high]


@dataclass(frozen=True)
class _Block:
    """Answers of some nested groups of one prompt and engine; W crossing groups (nested ones, where nothing
    crosses), q directions that answer effects leave, D columns that are seen here.

    Attributes
    ----------
    columns : ndarray of int, shape (D,)
    row, spot : ndarray of int
        Pair and place in `columns` of each entry of `data`.
    complement : ndarray, shape (B, q)
    first : ndarray of int, shape (W + 1,)
        Where the answers of each crossing group begin, and the end of the last.
    outer, group, size : ndarray, shape (W,)
        Its code, its nested group 0 …, its answers.
    nested : ndarray of int
        The first crossing group of each nested one.
    sums : ndarray, shape (W, q, D)
    """

    columns: Ints
    row: Ints
    spot: Ints
    data: Floats
    complement: Floats
    first: Ints
    outer: Ints
    group: Ints
    size: Floats
    nested: Ints
    sums: Floats

    @classmethod
    def of(cls, x: sparse.csr_array, fx: Effects, start: int, stop: int) -> _Block:
        complement = fx.complement[fx.cell[start]]
        b = len(complement)
        ends = x.indptr[start * b : stop * b + 1]
        inside = slice(ends[0], ends[-1])
        columns, spot = np.unique(x.indices[inside], return_inverse=True)
        row = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
        low, high = fx.part[start], fx.part[stop - 1] + 1
        first = fx.parts[low : high + 1] - start
        begin, size = fx.parts[low:high], np.diff(first)
        d, data, w = len(columns), x.data[inside], high - low
        place = ((fx.part[start:stop] - low)[row // b] * b + row % b) * d + spot
        wide = np.bincount(place, data, w * b * d).reshape(w, b, d)
        group = fx.inner[begin] - fx.inner[start]
        outer = group if fx.outer is None else fx.outer[begin]
        return cls(
            np.asarray(columns, np.int64),
            row,
            np.asarray(spot, np.int64),
            data,
            complement,
            first,
            outer,
            group,
            size.astype(np.float64),
            starts(group),
            complement.T @ wide,
        )

    def whole(self, values: Floats) -> Floats:
        """Sums over the nested groups of those over the crossing ones, (W, …)."""
        if len(self.nested) == len(values):
            return values
        return np.asarray(np.add.reduceat(values, self.nested, axis=0))

    @cached_property
    def answers(self) -> Floats:
        """Answers of each nested group."""
        return self.whole(self.size)

    def means(self, values: Floats) -> Floats:
        """Means over the nested group of each crossing one, of sums (W, q, …)."""
        return np.asarray((self.whole(values) / self.answers[:, None, None])[self.group])

    @property
    def gram(self) -> Floats:
        """Sum of u'u / n over the nested groups, (D, D)."""
        flat = self.whole(self.sums) / np.sqrt(self.answers)[:, None, None]
        flat = flat.reshape(flat.shape[0] * flat.shape[1], flat.shape[2])  # also where there is none
        return np.asarray(flat.T @ flat)

    @property
    def moments(self) -> Floats:
        """Sums over the crossing groups once answer and nested effects are removed, (W, q, D)."""
        return np.asarray(self.sums - self.size[:, None, None] * self.means(self.sums))

    def moved(self, trend: Floats) -> Floats:
        """The crossing effect of these answers, (W, q, K + 1)."""
        return np.asarray(self.complement.T @ trend[self.outer])

    def left(self, moved: Floats) -> Floats:
        """What nested effects leave of it."""
        return np.asarray(moved - self.means(self.size[:, None, None] * moved))

    def scores(self, residual: Floats, trend: Floats | None) -> tuple[Ints, Floats]:
        """Columns that are not empty, and each answer's score in them."""
        b, d = len(self.complement), len(self.columns)
        n = int(self.first[-1])
        place = self.row // b * d + self.spot
        own = np.bincount(place, self.data * residual.ravel()[self.row], n * d)
        scores: Floats = np.asarray(own, np.float64).reshape(n, d)
        mean, columns = self.means(self.sums), self.columns
        if trend is not None:
            columns = np.arange(trend.shape[2])
            wide = self.left(self.moved(trend))
            wide[:, :, self.columns] += mean
            full = np.zeros((n, len(columns)))
            full[:, self.columns] = scores
            mean, scores = wide, full
        along = residual @ self.complement
        for each, low, high in zip(mean, self.first[:-1], self.first[1:], strict=True):
            scores[low:high] -= along[low:high] @ each
        return columns, scores


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


def _groups(of: Ints, engine: Ints) -> Ints:
    """Distinct groups in each engine, (engines,); none spans two."""
    _, first = np.unique(of, return_index=True)
    return np.bincount(engine[first], minlength=int(engine.max()) + 1)


def by_prompt(model: Design, some: Ints | None = None) -> Iterator[Floats]:
    """Cross-products of each prompt's projected columns, (K, K), the outcome left out; of all or some.

    With the prompt's own moments m, the coefficients t of its crossing groups and nt, their sums once answer
    and nested effects are removed, they are x'Mx − m't − t'm + t'nt.
    """
    fx, b, width = model.effects, model.brands, model.width
    spans = list(_stretches(fx, width))
    for stretches in spans if some is None else [spans[p] for p in some]:
        start, stop = stretches[0][0], stretches[-1][1]
        gram = np.zeros((width, width))
        _add(gram[None], _own(_rows(model.x, start * b, stop * b), fx.basis[fx.cell[start:stop]]))
        moved, rest = [], []
        for low, high in stretches:
            block = _Block.of(model.x, fx, low, high)
            _add_at(gram, block.columns, -block.gram)
            if model.trend is not None:
                moved.append(block.moved(model.trend))
                rest.append(block.size[:, None, None] * block.left(moved[-1]) / 2)
                rest[-1][:, :, block.columns] -= block.moments
        if moved:
            turned = np.concatenate(moved).reshape(-1, width).T @ np.concatenate(rest).reshape(-1, width)
            gram += turned
            gram += turned.T
        yield gram[:-1, :-1]


def by_answer(model: Design, residual: Floats) -> Floats:
    """Cross-products of the answers' scores, (K, K), the outcome left out."""
    fx, out = model.effects, np.zeros((model.width, model.width))
    for stretches in _stretches(fx, model.width):
        wide = []
        for low, high in stretches:
            columns, scores = _Block.of(model.x, fx, low, high).scores(residual[low:high], model.trend)
            if model.trend is None:
                _add_at(out, columns, scores.T @ scores)
            else:
                wide.append(scores)
        if wide:
            whole = np.concatenate(wide)
            out += whole.T @ whole
    return out[:-1, :-1]


def residuals(model: Design, beta: Floats) -> Floats:
    """Outcome less prediction, all effects removed, (A, B)."""
    fx, weight = model.effects, np.r_[-beta, 1.0]
    left = (model.x @ weight).reshape(-1, model.brands)
    if fx.outer is not None and model.trend is not None:
        left -= (model.trend @ weight)[fx.outer]
    for start, stop in model.prompts:
        _project(left[start:stop], fx, start, stop)
    return np.asarray(left, np.float64)


def _project(left: Floats, fx: Effects, start: int, stop: int) -> None:
    """Remove answer and nested effects from values of the answers start … stop, in place."""
    basis = fx.basis[fx.cell[start:stop]]
    for direction in np.moveaxis(basis, 2, 0):
        left -= direction * (direction * left).sum(axis=1, keepdims=True)
    ends = fx.nested[fx.inner[start] : fx.inner[stop - 1] + 2] - start
    size = np.diff(ends)
    left -= np.repeat(np.add.reduceat(left, ends[:-1], axis=0) / size[:, None], size, axis=0)


class ByPrompt:
    """Each prompt's columns as an operator: what projected columns make of a vector, and of pairs."""

    def __init__(self, model: Design) -> None:
        b = model.brands
        self.model = model
        self.spans = list(model.prompts)
        self.x = [_rows(model.x, start * b, stop * b) for start, stop in self.spans]
        self.outer = model.effects.outer if model.trend is not None else None
        self.flat = None if model.trend is None else model.trend.reshape(-1, model.width)

    def times(self, vectors: Floats) -> Floats:
        """Each prompt's cross-products times its own vector, (prompts, K + 1) both."""
        b, fx = self.model.brands, self.model.effects
        pairs = np.empty((len(fx.order), b))
        moved = None if self.flat is None else (self.flat @ vectors.T).reshape(-1, b, len(vectors))
        for p, ((start, stop), x) in enumerate(zip(self.spans, self.x, strict=True)):
            left = pairs[start:stop]
            left[:] = (x @ vectors[p]).reshape(-1, b)
            if moved is not None and self.outer is not None:
                left -= moved[self.outer[start:stop], :, p]
            _project(left, fx, start, stop)
        return self.back(pairs)

    def back(self, pairs: Floats) -> Floats:
        """Products of each prompt's columns with projected values of its pairs (A, B), (prompts, K + 1)."""
        b, fx, prompts = self.model.brands, self.model.effects, len(self.spans)
        out = np.empty((prompts, self.model.width))
        for p, ((start, stop), x) in enumerate(zip(self.spans, self.x, strict=True)):
            out[p] = x.T @ pairs[start:stop].ravel()
        if self.outer is not None and self.flat is not None:
            sums = np.zeros((len(self.flat) // b, b, prompts))
            for p, (start, stop) in enumerate(self.spans):
                begin = fx.parts[fx.part[start] : fx.part[stop - 1] + 1]
                sums[self.outer[begin], :, p] = np.add.reduceat(pairs[start:stop], begin - start, axis=0)
            out -= (self.flat.T @ sums.reshape(len(self.flat), prompts)).T
        return out
