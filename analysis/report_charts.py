"""Charts of the report as inline SVG. Shapes only: every word stands beside them as escaped text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from analysis.lift import LiftRow
from analysis.visibility import Row

PALETTE = ("#0b6e63", "#33415c", "#b4652a", "#7a5ea8", "#8a8f98", "#a8a29a", "#c2bdb4", "#d0ccc4")


def bar(
    value: float | None, low: float | None, high: float | None, top: float, *, own: bool = False
) -> Markup:
    """A rate as a bar with its interval on a scale from 0 to `top`."""
    if value is None or top <= 0:
        return Markup("")
    colour = PALETTE[0] if own else "#b9bfca"
    parts = [f'<rect x="0" y="3" width="{_x(value / top)}" height="8" rx="1.5" fill="{colour}"/>']
    if low is not None and high is not None:
        a, b = _x(low / top), _x(min(high / top, 1))
        ink = "#06332e" if own else "#4b5563"
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
        claims = row.verdict == "associated within the same question"
        colour = (
            "#0b6e63" if claims else ("#b42318" if row.verdict == "goes with fewer mentions" else "#8a8f98")
        )
        a, m, b = self._at(row.low), self._at(row.lift), self._at(row.high)
        shapes = (
            f'<rect x="{self.zero - 0.12:.2f}" y="0" width="0.24" height="24" fill="#c9c4ba"/>'
            f'<rect x="{a:.2f}" y="11" width="{max(b - a, 0.3):.2f}" height="2" fill="{colour}"/>'
            f'<rect x="{m - 0.7:.2f}" y="6.5" width="1.4" height="11" rx="0.5" fill="{colour}"/>'
        )
        return _svg("forest", 24, [shapes])

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """(place in percent, label in points) of the axis."""
        span = self.high - self.low
        step = next(s for s in (0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0) if span / s <= 6)
        first = int(self.low / step) - 1
        values = [step * i for i in range(first, first + 12)]
        return [(self._at(x), f"{100 * x:+.0f}" if x else "0") for x in values if self.low <= x <= self.high]


def forest(rows: Sequence[LiftRow]) -> Forest:
    """The scale that holds all intervals and zero."""
    bounds = [x for r in rows for x in (r.low, r.high) if x is not None]
    low, high = min([0.0, *bounds]), max([0.0, *bounds])
    margin = 0.06 * (high - low) or 0.05
    return Forest(low - margin, high + margin)


@dataclass(frozen=True)
class Line:
    """One brand of a trend: its name, its colour, its last value."""

    brand: str
    own: bool
    colour: str
    last: float | None


@dataclass(frozen=True)
class Trend:
    """Rates over weeks: shapes, axis labels, legend."""

    shapes: Markup
    y: tuple[tuple[float, str], ...]
    x: tuple[tuple[float, date], ...]
    lines: tuple[Line, ...]


def trend(rows: Sequence[Row], events: Sequence[tuple[date, str, str]] = (), most: int = 5) -> Trend | None:
    """Mention rates of the own brand (with its band) and the most named rivals, events as upright lines; None for fewer than two weeks."""
    weeks = sorted({row.week for row in rows if row.week})
    if len(weeks) < 2:
        return None
    first, span = weeks[0], (weeks[-1] - weeks[0]).days
    at = {week: 100 * (week - first).days / span for week in weeks}
    by_brand: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda r: r.week or first):
        by_brand.setdefault(row.brand, []).append(row)
    own = [name for name, part in by_brand.items() if part[0].own]
    others = sorted((n for n in by_brand if n not in own), key=lambda n: (-_last(by_brand[n]), n))
    shown = own + others[: most - len(own)]
    values = [
        x for n in shown for r in by_brand[n] for x in (r.rates["mention_rate"].estimate,) if x is not None
    ]
    values += [x for n in own for r in by_brand[n] for x in (r.rates["mention_rate"].high,) if x is not None]
    step = next(s for s in (0.02, 0.05, 0.1, 0.2, 0.25) if max([*values, 0.05]) <= 5 * s or s == 0.25)
    top = step * -(-max([*values, step]) // step)
    shapes = [
        f'<rect x="0" y="{60 - 60 * i * step / top - 0.06:.2f}" width="100" height="0.12" fill="#e4e0d8"/>'
        for i in range(round(top / step) + 1)
    ]
    for day, _, _ in events:
        place = 100 * min(max((day - first).days, 0), span) / span
        shapes.append(f'<rect x="{place - 0.06:.2f}" y="0" width="0.12" height="60" fill="#b4652a"/>')
    colours = {name: PALETTE[min(i, len(PALETTE) - 1)] for i, name in enumerate(shown)}
    for name in own:
        shapes.append(_band(by_brand[name], at, top))
    for name in reversed(shown):
        shapes.append(_line(by_brand[name], at, top, colours[name], name in own))
    ticks = tuple(
        (100 - 100 * i * step / top, f"{100 * i * step:.0f} %") for i in range(round(top / step) + 1)
    )
    every = max(1, -(-len(weeks) // 6))
    lines = tuple(
        Line(n, n in own, colours[n], by_brand[n][-1].rates["mention_rate"].estimate) for n in shown
    )
    return Trend(_svg("trend", 60, shapes), ticks, tuple((at[w], w) for w in weeks[::every]), lines)


def _last(part: Sequence[Row]) -> float:
    return part[-1].rates["mention_rate"].estimate or 0.0


def _y(value: float, top: float) -> float:
    return 60 - 60 * min(value / top, 1)


def _band(part: Sequence[Row], at: dict[date, float], top: float) -> str:
    known = [(at[r.week], r.rates["mention_rate"]) for r in part if r.week and r.rates["mention_rate"].enough]
    upper = [f"{x:.2f},{_y(i.high or 0, top):.2f}" for x, i in known]
    lower = [f"{x:.2f},{_y(i.low or 0, top):.2f}" for x, i in reversed(known)]
    return f'<polygon points="{" ".join(upper + lower)}" fill="#0b6e63" fill-opacity="0.13"/>'


def _line(part: Sequence[Row], at: dict[date, float], top: float, colour: str, own: bool) -> str:
    points = [
        f"{at[r.week]:.2f},{_y(r.rates['mention_rate'].estimate, top):.2f}"
        for r in part
        if r.week and r.rates["mention_rate"].estimate is not None
    ]
    width = 2.6 if own else 1.4
    return (
        f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="{width}" '
        'stroke-linejoin="round" stroke-linecap="round" vector-effect="non-scaling-stroke"/>'
    )
