"""A change of a catalog's file: read under a lock, checked by the catalog's rules, and replaced at once."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tracker.catalog import lines
from tracker.catalog.brands import read_brands
from tracker.catalog.engines import read_engines
from tracker.catalog.lines import Add, Alter, Edit, Edited, Key, Remove
from tracker.catalog.nodes import FILES, CatalogFile, Problem
from tracker.catalog.prompts import read_prompts
from tracker.catalog.weight import MAX_BYTES
from tracker.errors import CatalogError, UsageError

Kind = Literal["brands", "prompts", "engines", "recipients"]
Rules = Callable[[CatalogFile], object]
"""Reads a file, and refuses in it what is wrong."""
Edits = Callable[[Sequence[dict[str, Any]]], Sequence[Edit]]
"""What is to be done with a list, as it is found to be."""
Made = Callable[[str], Edited]
"""Makes of a file's text what it is to be."""
BOM = b"\xef\xbb\xbf"
NAMED_BY = {"brands": "name", "prompts": "text", "engines": "name", "recipients": "name"}
"""The key that an item goes by."""
_RULES: Mapping[Kind, Rules] = {
    "brands": read_brands,
    "prompts": read_prompts,
    "engines": lambda file: read_engines(file, "all"),
}


@dataclass(frozen=True)
class Listed:
    """A catalog's list as its file has it, and the mark by which a later change knows that it still does."""

    path: Path
    rows: tuple[dict[str, Any], ...]
    mark: str


@dataclass(frozen=True)
class CatalogChange:
    path: Path
    pairs: tuple[tuple[dict[str, Any] | None, dict[str, Any] | None], ...]
    """Each item that was changed, before and after; None where it was not there."""


def listed(folder: Path, kind: Kind) -> Listed:
    """What the file says, item by item; a `CatalogError` where it is none that can be read."""
    path = path_of(folder, kind)
    raw = b"" if kind == "recipients" and not path.exists() else _bytes(path)
    return Listed(path, tuple(_rows(path, raw, kind)), _mark(raw))


@contextmanager
def changed(
    folder: Path,
    kind: Kind,
    edits: Edits,
    *,
    seen: str | None = None,
) -> Iterator[CatalogChange]:
    """Change the list by what `edits` makes of its rows. Inside the block the file says the new; an error
    there puts the old back. Refused are a file that is not as it was `seen`, and whatever the catalog's rules
    refuse."""
    with rewritten(path_of(folder, kind), in_list(kind, edits), _RULES[kind], seen=seen) as change:
        yield change


def in_list(kind: Kind, edits: Edits) -> Made:
    return lambda text: lines.edited(
        text, kind, edits(lines.rows(text, kind)), may_be_empty=kind == "recipients"
    )


def with_keys(values: Mapping[Key, Any]) -> Made:
    return lambda text: lines.with_keys(text, values)


@contextmanager
def rewritten(
    path: Path, made: Made, rules: Rules, *, seen: str | None = None, head: str | None = None
) -> Iterator[CatalogChange]:
    """Let a file say what is `made` of its text, by its `rules`; inside the block it does, and an error there
    puts the old back. One that is not there begins with `head`, if there is one."""
    with _alone(path.parent):
        is_new = head is not None and not path.exists()
        before = b"" if is_new else _bytes(path)
        if seen is not None and seen != _mark(before):
            raise CatalogError(
                f"{path.name} was changed by somebody else meanwhile",
                "look at it as it is now, and make your change again",
            )
        _readable(path, before)
        text = (head or "") if is_new else before.removeprefix(BOM).decode("utf-8")
        try:
            now = made(text)
        except CatalogError as error:
            raise CatalogError(f"{path}: {error.problem}", error.hint, rule=error.rule) from None
        after = (BOM if before.startswith(BOM) else b"") + now.text.encode("utf-8")
        _refuse(path, after, rules)
        replace(path, after)
        with ExitStack() as undo:
            undo.callback(path.unlink) if is_new else undo.callback(replace, path, before)
            yield CatalogChange(path, now.pairs)
            undo.pop_all()


@contextmanager
def begun(folder: Path, kind: Kind, text: str) -> Iterator[CatalogChange]:
    """Write a list's file where there is none yet. Inside the block it stands; an error there takes it away
    again. Refused is whatever the catalog's rules refuse."""
    path = path_of(folder, kind)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CatalogError(f"{folder} cannot be made: {error.strerror}", "check its permissions") from None
    with _alone(folder):
        if path.exists():
            raise CatalogError(f"{path.name} is there already", "look at it, and change what it says")
        raw = text.encode("utf-8")
        _refuse(path, raw, _RULES[kind])
        replace(path, raw)
        with ExitStack() as undo:
            undo.callback(path.unlink)
            yield CatalogChange(path, tuple((None, row) for row in _rows(path, raw, kind)))
            undo.pop_all()


def adding(*rows: Mapping[str, Any]) -> Edits:
    return lambda _: [Add(rows)]


def changing(kind: Kind, name: str, values: Mapping[str, Any]) -> Edits:
    return lambda rows: [Alter(place_of(rows, kind, name), values)]


def removing(kind: Kind, *names: str) -> Edits:
    return lambda rows: [Remove(tuple(place_of(rows, kind, name) for name in names))]


def place_of(rows: Sequence[dict[str, Any]], kind: Kind, name: str) -> int:
    """Where the item of that name stands, capitals aside."""
    key = NAMED_BY[kind]
    wanted = " ".join(name.split()).casefold()
    names = [" ".join(str(row.get(key, "")).split()) for row in rows]
    places = [place for place, name in enumerate(names) if name.casefold() == wanted]
    if len(places) == 1:
        return places[0]
    if places:
        raise UsageError(
            f"{len(places)} {kind} read {name!r}", "they differ in country or language: change it in the file"
        )
    known = ", ".join(names[:20]) if kind != "prompts" else "`citelift prompts list` shows them"
    raise UsageError(f"there is no {kind.removesuffix('s')} {name!r}", known or "there is none yet")


def _refuse(path: Path, raw: bytes, rules: Rules) -> None:
    problems: list[Problem] = []
    rules(CatalogFile.of(path, raw, problems))
    if problems:
        first = problems[0]
        problem = f"so {path.name} would be refused: {first.problem}"
        raise CatalogError(problem, first.hint, rule=first.id)


def _rows(path: Path, raw: bytes, kind: Kind) -> list[dict[str, Any]]:
    """Of a file that is YAML and no heavier than a catalog may be; whether it is a good one is another
    question."""
    _readable(path, raw)
    return lines.rows(raw.removeprefix(BOM).decode("utf-8"), kind)


def _readable(path: Path, raw: bytes) -> None:
    if not raw:
        return
    problems: list[Problem] = []
    if CatalogFile.of(path, raw, problems).root is None and problems[0].id != "catalog.empty":
        raise CatalogError(f"{problems[0].where}: {problems[0].problem}", problems[0].hint)


def path_of(folder: Path, kind: str) -> Path:
    """Where the file of a list stands, or of "report"; where it would stand if it is not there."""
    names = FILES["notify" if kind == "recipients" else kind]
    present = [folder / name for name in names if (folder / name).is_file()]
    if len(present) > 1:
        raise CatalogError(f"{present[0].name} and {present[1].name} are both here", "keep one of them")
    return present[0] if present else folder / names[0]


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise CatalogError(f"there is no {path}", "`citelift init` writes a starter") from None
    except OSError as error:
        raise CatalogError(f"{path} cannot be read: {error.strerror}", "check its permissions") from None


def _mark(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:24]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other change of this folder's catalog goes on meanwhile, in this process or another."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def replace(path: Path, raw: bytes) -> None:
    """All of it or nothing, whatever happens meanwhile; a link goes on leading where it led."""
    aim = path.resolve()
    try:
        held, name = tempfile.mkstemp(prefix=f".{aim.name}.", dir=aim.parent)
        with ExitStack() as undo:
            undo.callback(Path(name).unlink, missing_ok=True)
            with os.fdopen(held, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(aim.stat().st_mode & 0o7777 if aim.exists() else 0o644)
            Path(name).replace(aim)
    except OSError as error:
        raise CatalogError(f"{path} cannot be written: {error.strerror}", "check its permissions") from None
