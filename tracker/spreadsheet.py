"""CSV that a spreadsheet opens without running any of it.

Text that a spreadsheet would take for a formula is led by an apostrophe, at the start of a cell and after
every sign that another program may take for the end of one (OWASP, "CSV Injection"). Numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What hides or reorders text."""
_FORMULA = ("=", "+", "-", "\u2212", "@", "|", "%")
_PARTED = re.compile(r"([;\t\r\n])")


def neutral(value: object) -> object:
    """A CSV cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    text = INVISIBLE.sub("\ufffd", str(value))
    led = "'" if text.startswith(("\t", "\r", "\n")) else ""
    return led + "".join(map(_guarded, _PARTED.split(text)))


def _guarded(part: str) -> str:
    """Full-width signs count as their plain ones, and what is blank or invisible before a sign does not hide
    it."""
    return f"'{part}" if _is_formula(part) else part


def _is_formula(part: str) -> bool:
    """Also behind apostrophes of its own: `plain` takes one away."""
    bare = unicodedata.normalize("NFKC", part.lstrip("'")).lstrip(" \u00a0\u200b\ufeff\ufffd")
    return bare.startswith(_FORMULA)


def plain(cell: str) -> str:
    """The text that `neutral` made this cell of."""
    if cell.startswith(("'\t", "'\r", "'\n")):
        cell = cell[1:]
    parts = (part[1:] if part[:1] == "'" and _is_formula(part) else part for part in _PARTED.split(cell))
    return "".join(parts)


def text(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A CSV file with its heads, also where there are no rows."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([neutral(head) for head in heads])
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return out.getvalue()


ENCODING = "utf-8-sig"
"""With a byte order mark: Excel takes a file without one for another encoding."""
