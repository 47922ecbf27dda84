"""The layouts in which recorded answers come, from `layouts.yaml`; and where in a row each field stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from tracker.errors import UsageError
from tracker.shipped import words_of

FIELDS = (
    "id",
    "asked_at",
    "engine",
    "model",
    "surface",
    "prompt",
    "topic",
    "country",
    "language",
    "repeat",
    "search_used",
    "text",
    "citations",
    "retrieved",
    "searches",
    "url",
    "title",
    "error",
    "state",
    "shown",
)
NEEDED = ("asked_at", "engine", "prompt", "text")
ANY = "any"

Row = Mapping[str, Any]
"""A row by the plain names of its columns; what stands around it, by `^` or `~` before the name."""

_ABOVE = ("^", "~")

_STEP = re.compile(r"([^.\[\]]+)(?:\[(?:(\d+)|([^=\]]+)=([^\]]+))\])?(?:\.|$)")


@lru_cache(maxsize=20_000)
def plain(name: str) -> str:
    """A name without regard to case, spaces and punctuation."""
    above = name[0] if name[:1] in _ABOVE else ""
    return above + re.sub(r"[\W_]+", "", name).casefold()


def plain_row(value: Mapping[str, Any], around: Mapping[str, Any]) -> dict[str, Any]:
    row = {"^" + plain(name): part for name, part in around.items()}
    for name, part in value.items():
        row.setdefault(plain(name), part)
    return row


@dataclass(frozen=True)
class AnswerLayout:
    name: str
    vendor: str
    fields: Mapping[str, tuple[str, ...]]
    """Field → the paths that can fill it, the surest first."""
    needs: tuple[tuple[str, ...], ...] = ()
    surface: str = "api"
    surfaces: tuple[tuple[str, re.Pattern[str]], ...] = ()
    """(surface, what an engine's name has in it that answers there)."""
    also: frozenset[str] = frozenset()
    source: str = ""

    @property
    def is_own(self) -> bool:
        """Whether ids are those of a vendor that names its answers by them."""
        return self.name not in (ANY, "recorded")

    def surface_of(self, engine: str) -> str:
        found = (surface for surface, pattern in self.surfaces if pattern.search(engine))
        return next(found, self.surface)


@dataclass(frozen=True)
class Columns:
    """A layout over the columns of one file: field → the functions that look it up, the surest first."""

    layout: AnswerLayout
    paths: Mapping[str, tuple[str, ...]]
    constants: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    """Columns that fill no field and that the documentation does not name."""

    def get(self, row: Row, name: str) -> Any:
        if name in self.constants:
            return self.constants[name]
        for path in self.paths.get(name, ()):
            value = look_up(row, path)
            if value is not None and value != "":
                return value
        return None


def look_up(row: Row, path: str) -> Any:
    """What stands at a path; in a table the path itself may be a column."""
    direct = row.get(plain(path))
    if direct is not None:
        return direct
    return _walker(path)(row) if "." in path or "[" in path else None


@cache
def _walker(path: str) -> Callable[[Row], Any]:
    above = path[0] if path[:1] in _ABOVE else ""
    steps = [match.groups() for match in _STEP.finditer(path.lstrip("^~"))]

    def walk(row: Row) -> Any:
        part: Any = row
        for number, (name, index, key, value) in enumerate(steps):
            part = _child(part, name, above if number == 0 else "")
            if index is not None or key is not None:
                part = _element(part, index, key, value)
        return part

    return walk


def _child(part: Any, name: str, above: str) -> Any:
    if not isinstance(part, Mapping):
        return None
    if above or name in part:
        return part.get(above + plain(name) if above else name)
    wanted = plain(name)
    return next((value for key, value in part.items() if plain(str(key)) == wanted), None)


def _element(part: Any, index: str | None, key: str | None, value: str | None) -> Any:
    if not isinstance(part, list):
        return None
    if index is not None:
        return part[int(index)] if int(index) < len(part) else None
    fits = (each for each in part if isinstance(each, Mapping) and str(each.get(key or "")) == value)
    return next(fits, None)


@cache
def _data() -> dict[str, Any]:
    return words_of("tracker.answers.files", "layouts.yaml")


@cache
def layouts() -> tuple[AnswerLayout, ...]:
    return tuple(
        AnswerLayout(
            name=raw["name"],
            vendor=raw["vendor"],
            fields={name: tuple(paths.split("|")) for name, paths in raw["fields"].items()},
            needs=tuple(tuple(each.split("|")) for each in raw["needs"]),
            surface=raw["surface"],
            surfaces=tuple((s, re.compile(p, re.IGNORECASE)) for s, p in raw.get("surfaces", {}).items()),
            also=frozenset(plain(name) for name in raw.get("also", ())),
            source=raw["source"],
        )
        for raw in _data()["layouts"]
    )


@cache
def words(name: str) -> Any:
    return _data()[name]


@cache
def anybody() -> AnswerLayout:
    fields = {name: tuple(names) for name, names in _data()["names"].items()}
    return AnswerLayout(ANY, "unknown", fields)


def fitting(rows: Sequence[Row]) -> AnswerLayout | None:
    """The first layout all of whose needs are there in one row or another."""
    for layout in layouts():
        if all(any(has(row, path) for row in rows for path in need) for need in layout.needs):
            return layout
    return None


def has(row: Row, path: str) -> bool:
    return plain(path) in row or look_up(row, path) is not None


def is_answer(row: Row) -> bool:
    """Whether a row, alone, can be an answer in some layout: a question and a text."""
    if fitting([row]) is not None:
        return True
    fields = anybody().fields
    return all(any(plain(name) in row for name in fields[wanted]) for wanted in ("prompt", "text"))


def reading_of(
    rows: Sequence[Row], columns: Iterable[str], mapping: Mapping[str, str], constants: Mapping[str, str]
) -> Columns | None:
    """How the rows are read; None where a needed field is nowhere."""
    for name in (*mapping, *constants):
        if name not in FIELDS:
            raise UsageError(f"no field {name!r}", f"use one of {', '.join(FIELDS)}")
    layout = fitting(rows) or anybody()
    columns = list(columns)
    paths = dict(_anybodys(rows) if layout.name == ANY else layout.fields)
    for name, path in mapping.items():
        if not any(has(row, path) for row in rows):
            raise UsageError(f"no column {path!r} for `{name}`", f"the file has {', '.join(columns[:20])}")
        paths = {other: tuple(p for p in known if p != path) for other, known in paths.items()}
        paths[name] = (path,)
    if not all(name in constants or paths.get(name) for name in NEEDED):
        return None
    used = {plain(re.split(r"[.\[]", path)[0]) for known in paths.values() for path in known}
    used |= {plain(path) for known in paths.values() for path in known} | layout.also
    unread = tuple(name for name in columns if plain(name) not in used)
    return Columns(layout, paths, constants, unread)


def _anybodys(rows: Sequence[Row]) -> dict[str, tuple[str, ...]]:
    """The fields of a table of nobody's layout: each name goes to one field, the needed ones first."""
    taken: set[str] = set()
    paths: dict[str, tuple[str, ...]] = {}
    fields = anybody().fields
    for name in sorted(fields, key=lambda each: each not in NEEDED):
        there = (path for path in fields[name] if path not in taken and any(has(row, path) for row in rows))
        path = next(there, None)
        if path is not None:
            taken.add(path)
            paths[name] = (path,)
    return paths


def lacking(rows: Sequence[Row]) -> list[str]:
    """Which needed fields a file of nobody's layout does not have."""
    paths = _anybodys(rows)
    return [name for name in NEEDED if name not in paths]
