"""Chinese names as they are written elsewhere: 淘宝 as 淘寶, 騰訊 as 腾讯."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources


def other_hanzi(name: str) -> Iterator[str]:
    """The name in simplified and in traditional characters."""
    if not name.isascii():
        for table in _tables():
            yield name.translate(table)


@cache
def _tables() -> tuple[dict[int, str], dict[int, str]]:
    lines = resources.files("tracker.mentions").joinpath("hanzi.txt").read_text("utf-8").splitlines()
    pairs = [pair for line in lines if not line.startswith("#") for pair in line.split()]
    return {ord(p[1]): p[0] for p in pairs}, {ord(p[0]): p[1] for p in pairs}
