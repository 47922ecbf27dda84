"""What an LLM judge is asked, and what of its reply counts; pure.

A judge is a model with one version of a prompt. The prompt is a file of the catalog (`judge_stance.txt`,
`judge_domain.txt`; where it is not there, the one shipped with citelift) and its version a hash of its words,
so that changed words are another judge. What is judged was written by strangers: it stands between two lines
that carry a hash of it, which it cannot foresee, and whatever is not exactly one of the task's choices in the
JSON that was asked for is no verdict.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args

from tracker.errors import CatalogError, DataError
from tracker.starter import SHIPPED

JudgedStance = Literal["positive", "neutral", "negative", "mixed", "absent"]
"""How a text speaks about a brand; `tracker.mentions.Stance` only tells `absent` from the rest, by rules."""
STANCES: tuple[JudgedStance, ...] = get_args(JudgedStance)
LABELS = "labels.csv"
MAX_LABELS_BYTES = 5_000_000
_MARK = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_FENCED = re.compile(r"-----BEGIN TEXT (\w{16})-----\n(.*)\n-----END TEXT \1-----", re.DOTALL)
_FENCE = re.compile(r"\A```(?:json)?\s*\n(.*)\n\s*```\Z", re.DOTALL)


@dataclass(frozen=True)
class Task:
    name: Literal["stance", "domain"]
    key: str
    """Of the reply's JSON."""
    choices: tuple[str, ...]
    marks: tuple[str, ...]
    """What its template must leave room for."""

    @property
    def file(self) -> str:
        return f"judge_{self.name}.txt"


STANCE = Task("stance", "stance", STANCES, ("brand", "text"))


class InvalidVerdict(Exception):  # noqa: N818
    """Why a reply is no verdict, without a word of it: it may repeat what it was told to keep."""


@dataclass(frozen=True)
class Template:
    task: Task
    words: str

    @property
    def version(self) -> str:
        identity = "\x1f".join((self.words, self.task.key, *self.task.choices))
        return hashlib.sha256(identity.encode()).hexdigest()[:12]

    def fill(self, text: str, names: Sequence[str] = ()) -> str:
        """The request about `text`, and about a brand of these names. What is filled in is never looked at
        again, so that no text can bring marks of its own."""
        filled = {"text": _fenced(text), "brand": ", ".join(json.dumps(n, ensure_ascii=False) for n in names)}
        return _MARK.sub(lambda mark: filled[mark[1]], self.words)


def _fenced(text: str) -> str:
    code = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"-----BEGIN TEXT {code}-----\n{text}\n-----END TEXT {code}-----"


def fenced_in(request: str) -> str:
    """What a filled template is about."""
    match = _FENCED.search(request)
    return match[2].strip() if match else request


def template(folder: Path | None, task: Task) -> Template:
    """The catalog's template of a task, else the shipped one; refused with file, line and fix."""
    own = folder / task.file if folder else None
    if own is None or not own.is_file():
        return Template(task, _words((SHIPPED / task.file).read_bytes()))
    try:
        words = _words(own.read_bytes())
    except (OSError, UnicodeDecodeError):
        raise CatalogError(f"{own}: cannot be read as UTF-8 text", "save the file as UTF-8") from None
    for named in _MARK.finditer(words):
        if named[1] not in task.marks:
            line = words[: named.start()].count("\n") + 1
            known = ", ".join(f"{{{{{mark}}}}}" for mark in task.marks)
            raise CatalogError(f"{own}:{line}: {named[0]} is not known", f"known marks: {known}")
    for mark in task.marks:
        if mark not in _MARK.findall(words):
            hint = f"put {{{{{mark}}}}} where it belongs, or remove the file: the shipped one is used then"
            raise CatalogError(f"{own}: {{{{{mark}}}}} is missing", hint)
    return Template(task, words)


def _words(raw: bytes) -> str:
    return raw.decode("utf-8-sig").replace("\r\n", "\n").strip() + "\n"


def verdict(task: Task, reply: str) -> str:
    """The choice that a reply names: one JSON object with the task's key alone. Only a code fence around it
    is passed over; anything else raises `InvalidVerdict`."""
    words = reply.strip()
    fenced = _FENCE.match(words)
    try:
        answer = json.loads(fenced[1] if fenced else words, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise InvalidVerdict("the reply is not one JSON object") from None
    if not isinstance(answer, dict) or set(answer) != {task.key}:
        raise InvalidVerdict(f"the reply is not a JSON object with `{task.key}` alone")
    said = answer[task.key]
    if not isinstance(said, str) or said not in task.choices:
        raise InvalidVerdict(f"`{task.key}` is none of {', '.join(task.choices)}")
    return said


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key twice")
    return fields


@dataclass(frozen=True)
class Labelled:
    """A text with the stance that a person sees in it."""

    text: str
    brand: str
    stance: str

    @property
    def key(self) -> str:
        return hashlib.sha256(f"{self.brand}\x1f{self.text}".encode("utf-8", "surrogatepass")).hexdigest()[
            :24
        ]


@dataclass(frozen=True)
class LabelledSet:
    name: str
    hash: str
    items: tuple[Labelled, ...]


def labelled(path: Path | None = None) -> LabelledSet:
    """The labelled set that comes with citelift, or the user's own CSV with the columns text, brand and
    stance."""
    shown = str(path or LABELS)
    try:
        raw = path.read_bytes() if path else resources.files("tracker.judge").joinpath(LABELS).read_bytes()
        table = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True)
        if len(raw) > MAX_LABELS_BYTES:
            raise DataError(f"{shown} has {len(raw):,} bytes", "a few hundred labelled texts are enough")
        items = _items(shown, table)
    except OSError as error:
        raise DataError(f"cannot read {shown}: {error.strerror}", "give the path of a CSV file") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{shown} is no CSV in UTF-8: {error}", "save it as CSV, UTF-8") from None
    digest = hashlib.sha256(repr(items).encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return LabelledSet("built-in" if path is None else path.name, digest, items)


def _items(shown: str, table: csv.DictReader[str]) -> tuple[Labelled, ...]:
    columns = [name.strip().lower() for name in table.fieldnames or ()]
    table.fieldnames = columns
    for name in ("text", "brand", "stance"):
        if name not in columns:
            raise DataError(f"{shown}:1: there is no column `{name}`", "name the columns text, brand, stance")
    seen: dict[str, int] = {}
    items: list[Labelled] = []
    for row in table:
        item = _item(shown, table.line_num, row)
        if (first := seen.setdefault(item.key, table.line_num)) != table.line_num:
            raise DataError(f"{shown}:{table.line_num}: the item of line {first} again", "remove one")
        items.append(item)
    if not items:
        raise DataError(f"{shown} has no rows", "one labelled text a line")
    return tuple(items)


def _item(shown: str, line: int, row: Mapping[str, str | None]) -> Labelled:
    text, brand, stance = ((row.get(name) or "").strip() for name in ("text", "brand", "stance"))
    if not text or not brand:
        raise DataError(f"{shown}:{line}: text or brand is empty", "fill both in, or remove the line")
    if stance.lower() not in STANCES:
        raise DataError(f"{shown}:{line}: {stance!r} is no stance", f"use one of {', '.join(STANCES)}")
    return Labelled(text, brand, stance.lower())
