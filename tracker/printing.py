"""How verbs print: two consoles, tables, money, JSON. Text from outside loses its control characters here."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def money(micros: int | None) -> str:
    """The one place where money is printed."""
    return (
        "unknown"
        if micros is None
        else f"${micros / 1e6:,.4f}"
        if abs(micros) < 100_000
        else f"${micros / 1e6:,.2f}"
    )


def table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = ()
) -> None:
    shown = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(columns):
        shown.add_column(name, justify="right" if place in right else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(plain(cell) for cell in row))
    out.print(shown)


def plain(value: object) -> str:
    """Text from outside, without rich's markup or a terminal's control characters."""
    from rich.markup import escape

    text = "–" if value is None else str(value)
    return escape("".join(c if c.isprintable() or c == "\n" else "�" for c in text))


def print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=str, allow_nan=False) + "\n")
