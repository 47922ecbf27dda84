"""How verbs print: two consoles, tables, JSON. Text from outside loses its control characters here."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal
from unicodedata import bidirectional

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tracker import numbers

GAP = 2
NO_WIDTH = 10_000
KEPT = ("\n", numbers.NBSP)
"""Not printable to Python, and welcome here."""
WHOLE_KEY, WHOLE_WORD = 40, 24
"""Words up to this length stay whole in the first column, and in the others."""
TALL = 3
"""A cell that would take more lines than this makes blocks of the rows."""
ISOLATE, END = "\u2068", "\u2069"
"""What stands between them is laid out by itself, whatever its direction."""
JOINERS = "\u200c\u200d"
"""Persian words and families of emoji are written with them."""
_taken: ContextVar[list[object] | None] = ContextVar("taken", default=None)
"""Where `print_json` puts its values while another door than the command line asks a verb."""
INVISIBLE = "\u00ad\u200b\u200e\u200f\u061c\ufeff"


class _Aside(Console):
    """Notes for whoever sits at the terminal; where a program asked, nobody does."""

    def print(self, *objects: Any, **options: Any) -> None:
        if _taken.get() is None:
            super().print(*objects, **options)


out = Console(soft_wrap=True, highlight=False)
err = _Aside(stderr=True, soft_wrap=True, highlight=False)


def table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = ()
) -> None:
    """A table as wide as the terminal; where that would spoil it, one block a row. A pipe has no width."""
    title = "\n".join(_line(part) for part in title.split("\n"))
    cells = [[_line(cell) for cell in row] for row in rows]
    width = shutil.get_terminal_size((NO_WIDTH, 25)).columns
    widths = _widths([columns, *cells], width)
    if title:
        out.print(Text(title, style="italic"))
    if widths is None:
        _blocks(columns, cells, width)
        return
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for place, (name, wide) in enumerate(zip(columns, widths, strict=True)):
        side: Literal["left", "right"] = "right" if place in right else "left"
        shown.add_column(Text(_wrapped(name, wide)), justify=side, overflow="fold", width=wide)
    for row in cells:
        lines = [_wrapped(cell, wide).split("\n") for cell, wide in zip(row, widths, strict=True)]
        shown.add_row(*(Text("\n".join(map(_isolated, cell))) for cell in lines))
    whole = sum(widths) + GAP * len(widths)
    Console(file=out.file, highlight=False, width=whole if width == NO_WIDTH else width).print(shown)


def _widths(lines: Sequence[Sequence[str]], width: int) -> list[int] | None:
    """Each column's width, the widest ones narrowed until all fit; None where that would spoil the table."""
    parts = list(zip(*lines, strict=True))
    widths = [max(_longest(cell.split("\n")) for cell in part) for part in parts]
    least = [
        min(max(_longest(_words(cell)) for cell in part), WHOLE_WORD if place else WHOLE_KEY)
        for place, part in enumerate(parts)
    ]
    room = width - GAP * (len(parts) - 1)
    if sum(least) > room:
        return None
    while sum(widths) > room:
        _, narrowed = max((wide, -place) for place, wide in enumerate(widths) if wide > least[place])
        widths[-narrowed] -= 1
    tall = any(
        cell_len(cell) > TALL * max(wide, 1)
        for line in lines
        for cell, wide in zip(line, widths, strict=True)
    )
    return None if tall else widths


def _longest(words: Sequence[str]) -> int:
    return max(map(cell_len, words), default=0)


def _words(text: str) -> list[str]:
    return [word for line in text.split("\n") for word in line.split(" ")]


def _wrapped(text: str, width: int) -> str:
    return "\n".join(line for part in text.split("\n") for line in _packed(part.split(" "), width, " "))


def _packed(parts: Sequence[str], width: int, between: str) -> Iterator[str]:
    """As many parts on a line as fit; none is cut."""
    line = parts[0] if parts else ""
    for part in parts[1:]:
        if cell_len(line + between + part) > width:
            yield line
            line = part
        else:
            line += between + part
    yield line


def _blocks(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> None:
    for row in ([_isolated(cell) for cell in each] for each in rows):
        out.print(Text(row[0], style="bold"))
        fields = [
            f"{name}: {cell}" if name else cell
            for name, cell in zip(columns[1:], row[1:], strict=True)
            if cell
        ]
        for line in _packed(fields, width - 2, " · "):
            words = [line] if cell_len(line) <= width - 2 else _wrapped(line, width - 4).split("\n")
            out.print(Text("\n    ".join([f"  {words[0]}", *words[1:]])))


def plain(value: object) -> str:
    """Text from outside on one line, without rich's markup or a terminal's control characters."""
    return escape(_isolated(_line(value)))


def plain_lines(value: object) -> str:
    """The same for text of several lines, such as an error with its fix."""
    return "\n".join(plain(line) for line in str(value).split("\n"))


def _line(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "".join(map(_shown, str(value)))


def _isolated(text: str) -> str:
    """Letters that run from right to left would take the figures of the next column with them."""
    return f"{ISOLATE}{text}{END}" if any(bidirectional(c) in {"R", "AL"} for c in text) else text


def _shown(character: str) -> str:
    if character.isprintable() or character in JOINERS:
        return character
    if character.isspace():
        return " "
    return "" if character in INVISIBLE else "�"


def as_json_text(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent, default=str, allow_nan=False)


@contextmanager
def json_taken() -> Iterator[list[object]]:
    """What verbs say as JSON meanwhile, in this thread: for another door than the command line."""
    said: list[object] = []
    token = _taken.set(said)
    try:
        yield said
    finally:
        _taken.reset(token)


def print_json(value: object) -> None:
    taken = _taken.get()
    if taken is None:
        sys.stdout.write(as_json_text(value, indent=1) + "\n")
    else:
        taken.append(value)
