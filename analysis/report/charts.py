"""Charts of the report as inline SVG. Shapes only: every word stands beside them as escaped text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from markupsafe import Markup

from analysis.lift.estimate import LiftRow
from analysis.moments import Mark, Moment, marks
from analysis.palette import OTHERS, hues
from analysis.visibility import Row
from tracker import numbers

OWN = "var(--accent)"
"""The page says which colour that is."""


def bar(
    value: float | None, low: float | None, high: float | None, top: float, *, own: bool = False
) -> Markup:
    """A rate as a bar with its interval on a scale from 0 to `top`."""
    if value is None or top <= 0:
        return Markup("")
    colour = OWN if own else "#b9bfca"
    parts = [f'<rect x="0" y="3" width="{_x(value / top)}" height="8" rx="1.5" fill="{colour}"/>']
    if low is not None and high is not None:
        a, b = _x(low / top), _x(min(high / top, 1))
        ink = "#191d26" if own else "#4b5563"
        parts.append(
            f'<rect x="{a}" y="6.4" width="{max(float(b) - float(a), 0.4):.2f}" height="1.2" fill="{ink}"/>'
        )
        parts += [
            f'<rect x="{float(e) - 0.25:.2f}" y="4" width="0.5" height="6" fill="{ink}"/>' for e in (a, b)
        ]
    return _svg("bar", 14, parts)


def _svg(style: str, height: int, shapes: Sequence[str]) -> Markup:
    """Shapes hold numbers and the colours of this module, never text from outside."""
    head = f'<svg class="{style}" viewBox="0 0 100 {height}" preserveAspectRatio="none" aria-hidden="true">'
    return Markup(head + "".join(shapes) + "</svg>")  # noqa: S704


def _x(share: float) -> str:
    return f"{100 * min(max(share, 0.0), 1.0):.2f}"


@dataclass(frozen=True)
class Forest:
    """A common scale for the intervals of several sources."""

    low: float
    high: float

    @property
    def zero(self) -> float:
        return self._at(0.0)

    def _at(self, value: float) -> float:
        return 100 * (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)

    def line(self, row: LiftRow) -> Markup:
        """One interval with its estimate; nothing where there is no number."""
        if row.lift is None or row.low is None or row.high is None:
            return Markup("")
        claims = row.goes_with_more
        colour = OWN if claims else ("#b42318" if row.verdict == "goes with fewer mentions" else "#8a8f98")
        a, m, b = self._at(row.low), self._at(row.lift), self._at(row.high)
        shapes = (
            f'<rect x="{self.zero - 0.12:.2f}" y="0" width="0.24" height="24" fill="#c9c4ba"/>'
            f'<rect x="{a:.2f}" y="11" width="{max(b - a, 0.3):.2f}" height="2" fill="{colour}"/>'
            f'<rect x="{m - 0.7:.2f}" y="6.5" width="1.4" height="11" rx="0.5" fill="{colour}"/>'
        )
        return _svg("forest", 24, [shapes])

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """(position in percent, label in points) of the axis."""
        span = self.high - self.low
        step = next(s for s in (0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0) if span / s <= 6)
        first = int(self.low / step) - 1
        at = {
            x: self._at(x) for x in (step * i for i in range(first, first + 12)) if self.low <= x <= self.high
        }
        return [(position, numbers.signed(100 * x, 0)) for x, position in at.items() if 3 < position < 97]


def forest(rows: Sequence[LiftRow]) -> Forest:
    """The scale that holds all intervals and zero."""
    bounds = [x for r in rows for x in (r.low, r.high) if x is not None]
    low, high = min([0.0, *bounds]), max([0.0, *bounds])
    margin = 0.06 * (high - low) or 0.05
    return Forest(low - margin, high + margin)


Point = tuple[float, float]
"""Percent of the width from the left, percent of the height from the top."""


Dash = Literal["solid", "dashed", "dotted"]
DASHES: Mapping[Dash, str] = {"solid": "none", "dashed": "6 4", "dotted": "1.5 4"}


@dataclass(frozen=True)
class TrendLine:
    """One brand of a trend: its name, its colour, its last value, its weeks."""

    brand: str
    own: bool
    colour: str
    last: float | None
    points: tuple[Point, ...]
    dash: Dash = "solid"
    """What tells lines without a hue of their own apart."""


@dataclass(frozen=True)
class Trend:
    """Rates over weeks, in positions on the drawing: scales, the own brand's band, marks, lines (own brand
    first)."""

    y: tuple[tuple[float, str], ...]
    x: tuple[tuple[float, date], ...]
    band: tuple[Point, ...]
    marks: tuple[tuple[float, Mark], ...]
    lines: tuple[TrendLine, ...]

    @property
    def shapes(self) -> Markup:
        parts = [_rect(0, position, 100, 0.2, "#e4e0d8") for position, _ in self.y]
        parts += [_rect(position - 0.06, 0, 0.12, 100, "#b4652a") for position, _ in self.marks]
        parts.append(f'<polygon points="{_joined(self.band)}" fill="{OWN}" fill-opacity="0.13"/>')
        parts += [
            f'<polyline points="{_joined(line.points)}" fill="none" stroke="{line.colour}" '
            f'stroke-width="{2.6 if line.own else 1.4}" stroke-dasharray="{DASHES[line.dash]}" '
            f'stroke-linejoin="round" stroke-linecap="round" '
            'vector-effect="non-scaling-stroke"/>'
            for line in reversed(self.lines)
        ]
        return _svg("trend", 100, parts)


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.2f}" y="{y - 0.1:.2f}" width="{width:.2f}" height="{height}" fill="{colour}"/>'


def _joined(points: Sequence[Point]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


def trend(rows: Sequence[Row], moments: Sequence[Moment] = (), most: int = 5) -> Trend | None:
    """Mention rates of the own brand (with its band) and the most named rivals; None for fewer than two
    weeks."""
    weeks = sorted({row.week for row in rows if row.week})
    if len(weeks) < 2:
        return None
    first, span = weeks[0], (weeks[-1] - weeks[0]).days
    by_brand: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda r: r.week or first):
        by_brand.setdefault(row.brand, []).append(row)
    own = [name for name, part in by_brand.items() if part[0].own]
    others = sorted((n for n in by_brand if n not in own), key=lambda n: (-_last(by_brand[n]), n))
    shown = own + others[: most - len(own)]
    colours = hues(dict.fromkeys((row.brand, row.own) for row in rows))
    plain: Iterator[Dash] = iter(("dashed", "dotted"))
    dashes: dict[str, Dash] = {
        name: next(plain, "solid") if colours[name] == OTHERS else "solid" for name in shown
    }
    step, top = _scale([by_brand[name] for name in shown])

    def point(week: date | None, rate: float) -> Point:
        return 100 * ((week or first) - first).days / span, 100 * (1 - min(rate / top, 1))

    known = [(r.week, i) for n in own for r in by_brand[n] if (i := r.rates["mention_rate"]).enough]
    upper = [point(week, i.high or 0) for week, i in known]
    lower = [point(week, i.low or 0) for week, i in reversed(known)]
    lines = tuple(
        TrendLine(
            name,
            name in own,
            OWN if name in own else colours[name],
            by_brand[name][-1].rates["mention_rate"].estimate,
            tuple(
                point(r.week, x)
                for r in by_brand[name]
                if (x := r.rates["mention_rate"].estimate) is not None
            ),
            dashes[name],
        )
        for name in shown
    )
    end = weeks[-1] + timedelta(days=7)
    marked = tuple((min(point(m.at, 0)[0], 100.0), m) for m in marks(moments, first, end))
    every = max(1, -(-len(weeks) // 6))
    return Trend(
        y=tuple(
            (100 - 100 * i * step / top, numbers.percent(i * step, 0)) for i in range(round(top / step) + 1)
        ),
        x=tuple((point(week, 0)[0], week) for week in weeks[::every]),
        band=tuple(upper + lower),
        marks=marked,
        lines=lines,
    )


def _scale(parts: Sequence[Sequence[Row]]) -> tuple[float, float]:
    """A round step and the top of the axis: above every estimate, and above the own brand's intervals."""
    rates = [(row.own, row.rates["mention_rate"]) for part in parts for row in part]
    values = [x for own, i in rates for x in (i.estimate, i.high if own else None) if x is not None]
    highest = max([*values, 0.05])
    step = next(s for s in (0.02, 0.05, 0.1, 0.2, 0.25) if highest <= 5 * s or s == 0.25)
    return step, step * -(-highest // step)


def _last(part: Sequence[Row]) -> float:
    return part[-1].rates["mention_rate"].estimate or 0.0
