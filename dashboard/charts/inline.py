"""Tiny drawings inside tables and tiles, as SVG documents. Shares arrive as shares of 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.charts.ink import ACCENT, QUIET


def sparkline(values: Sequence[float], *, width: int = 96, height: int = 22, top: float = 1.0) -> str:
    """A tiny line of shares, 0 to `top`, as an SVG document; the newest point is a dot."""
    if not values:
        return ""
    step = (width - 8) / max(1, len(values) - 1)
    at = [(4 + i * step, height - 3 - min(share / top, 1) * (height - 6)) for i, share in enumerate(values)]
    if len(at) == 1:
        at = [(width - 4, at[0][1])]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    x, y = at[-1]
    return _svg(
        width,
        height,
        f'<polyline points="{path}" fill="none" stroke="{ACCENT}" stroke-width="1.6" '
        'stroke-linejoin="round"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{ACCENT}"/>',
    )


def whisker(
    low: float | None,
    estimate: float | None,
    high: float | None,
    *,
    top: float,
    colour: str = ACCENT,
    width: int = 130,
) -> str:
    """An estimate with its interval on a scale from 0 to `top`, as an SVG document."""
    if estimate is None:
        return ""
    scale = (width - 10) / (top or 1)
    drawn = f'<line x1="5" x2="{width - 5}" y1="8" y2="8" stroke="{QUIET}" stroke-opacity=".35"/>'
    if low is not None and high is not None:
        left, right = (5 + min(max(value, 0), top) * scale for value in (low, high))
        drawn += (
            f'<line x1="{left:.1f}" x2="{right:.1f}" y1="8" y2="8" stroke="{colour}" stroke-width="5" '
            'stroke-opacity=".4" stroke-linecap="round"/>'
        )
    drawn += f'<circle cx="{5 + min(estimate, top) * scale:.1f}" cy="8" r="4" fill="{colour}"/>'
    return _svg(width, 16, drawn)


def standings(rates: Mapping[str, float], own: str, *, width: int = 130) -> str:
    """All brands on one scale from 0 to the highest rate, the own one in its colour, as an SVG document."""
    scale = (width - 12) / (max(rates.values(), default=0) or 1)
    drawn = f'<line x1="6" x2="{width - 6}" y1="8" y2="8" stroke="{QUIET}" stroke-opacity=".35"/>'
    for brand in sorted(rates, key=lambda brand: brand == own):
        size, colour, shade = (5, ACCENT, 1.0) if brand == own else (3.5, QUIET, 0.75)
        drawn += (
            f'<circle cx="{6 + rates[brand] * scale:.1f}" cy="8" r="{size}" fill="{colour}" '
            f'fill-opacity="{shade}"/>'
        )
    return _svg(width, 16, drawn)


def _svg(width: int, height: int, inner: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">{inner}</svg>'
    )
