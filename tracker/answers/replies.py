"""Recorded replies of engines (archives, batches, a folder of bodies) → answers, with the reply kept.

What is stored can be read again like our own (`reread`): the reply is kept as it was recorded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine as Database

from tracker import citations, store, weeks
from tracker.answers.arrivals import BATCH, Arrival, Desk, ImportCounts
from tracker.answers.files.layouts import AnswerLayout, Columns, look_up, plain_row
from tracker.answers.files.records import RowRules, record
from tracker.answers.recorded import zone
from tracker.catalog import refuse_pooling
from tracker.engines.countries import letters
from tracker.errors import DataError
from tracker.files.content import head_of
from tracker.files.encodings import encoding_of
from tracker.files.nested import LONGEST, Nested, nested
from tracker.files.records import Reject
from tracker.files.unpack import parts_of
from tracker.models import Workspace
from tracker.shipped import words_of

MOST_FILES = 100_000
STREAMS = (b"data:", b"event:", b":", b"id:")
DATAFORSEO_PLACES = 2_000
"""Its numbers of countries are those of ISO 3166, beginning here."""


@dataclass(frozen=True)
class RecordedBody:
    """One reply with what was recorded around it."""

    number: int
    body: bytes
    value: Mapping[str, Any]
    around: Mapping[str, Any]


def import_replies(
    database: Database,
    workspace_id: int,
    files: Sequence[Path | str],
    *,
    now: datetime,
    constants: Mapping[str, str] | None = None,
    timezone: str | None = None,
    prompts: Path | None = None,
) -> ImportCounts:
    """Store the replies of files and folders. `prompts` holds the requests of a batch, whose replies name
    them by `custom_id` only; `constants` are what no body says (`engine`, `prompt`, `asked_at` …)."""
    with store.reading(database) as session:
        refuse_pooling(session, workspace_id, {"real"})
        home = weeks.zone(session.get_one(Workspace, workspace_id).timezone)
    counts = ImportCounts()
    desk = Desk(database, workspace_id, counts, now)
    asked = questions(prompts) if prompts else {}
    # services write their moments in UTC, also where they do not say so
    rules = RowRules(_columns(dict(constants or {})), now, zone(timezone), home, clock_zone=UTC)
    for path in _paths(files):
        with parts_of(path, most=MOST_FILES) as parts:
            for part in parts:
                _import(desk, counts, rules, asked, part.name, part.path)
    desk.finish()
    return counts


def _paths(files: Sequence[Path | str]) -> Iterator[Path | str]:
    """A folder is all its JSON files."""
    for given in files:
        path = Path(given)
        if str(given) != "-" and path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.suffix in (".json", ".jsonl", ".ndjson"))
            if not inside:
                raise DataError(f"no JSON files in {path}", "give a folder of recorded replies, one a file")
            yield from inside
        else:
            yield given


def _import(
    desk: Desk, counts: ImportCounts, rules: RowRules, asked: Mapping[str, str], name: str, path: Path
) -> None:
    replies = (reply for each in bodies(path) for reply in _each_task(each))
    while batch := list(islice(replies, BATCH)):
        arrivals: list[Arrival] = []
        for reply in batch:
            counts.read += 1
            try:
                if isinstance(reply, Reject):
                    raise ValueError(reply.reason)
                arrivals.append(_arrival(reply, rules, asked))
            except ValueError as error:
                number = reply.line if isinstance(reply, Reject) else reply.number
                counts.reject(number, f"{name}: {error}")
                _hint(counts, str(error))
        if arrivals:
            counts.layouts += sorted({one.reading.shape for one in arrivals} - set(counts.layouts))
            desk.take(arrivals)


def _hint(counts: ImportCounts, reason: str) -> None:
    if "`prompt`" in reason:
        counts.note(
            "where no reply says what was asked, give the requests of the batch (`--prompts FILE`) or the "
            "question (`--set prompt=…`)"
        )
    if "`asked_at`" in reason and "missing" in reason:
        counts.note("where no reply says when it was given, give the day (`--set asked_at=2026-06-01`)")


def bodies(path: Path) -> Iterator[RecordedBody | Reject]:
    """The replies of one file; a file that is one reply is kept byte by byte."""
    if not path.exists():
        raise DataError(f"there is no file {path}", "give the path of a file with recorded replies")
    head = head_of(path, of_damaged=True)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith((b"{", b"[")):
        if start.startswith(STREAMS):
            yield RecordedBody(1, path.read_bytes(), {}, {})
            return
        raise DataError(
            f"{path.name} holds no recorded replies", "give JSON: one reply, a list, or one a line"
        )
    found = nested(path, encoding_of(head), is_reply)
    first = list(islice(found, 2))
    alone = len(first) == 1 and isinstance(first[0], Nested) and not first[0].around
    whole = path.read_bytes() if alone and head[:2] != b"\x1f\x8b" and path.stat().st_size < LONGEST else None
    for each in (*first, *found):
        if isinstance(each, Reject):
            yield each
        elif whole is not None and start.startswith(b"{") and not _kept_in(each.value):
            yield RecordedBody(each.number, whole, each.value, {})
        else:
            yield _recorded(each)


def _recorded(each: Nested) -> RecordedBody:
    """The reply in a row: the row itself, or what it keeps under one of the known names."""
    inside = _kept_in(each.value)
    if inside is None:
        return RecordedBody(each.number, _bytes(each.value), each.value, each.around)
    around = dict(each.around) | {name: part for name, part in each.value.items() if part is not inside}
    if isinstance(inside, str):
        return RecordedBody(each.number, inside.encode(errors="replace"), _object(inside), around)
    return RecordedBody(each.number, _bytes(inside), inside, around)


def _kept_in(value: Mapping[str, Any]) -> Any:
    if _shape(value) not in (None, "error"):
        return None
    kept = (value.get(name) for name in _data()["inside"])
    return next((each for each in kept if isinstance(each, dict | str) and _shape(each) is not None), None)


def is_reply(value: dict[str, Any]) -> bool:
    return _shape(value) is not None or _kept_in(value) is not None


def _shape(value: Any) -> str | None:
    try:
        return citations.recognise(value)
    except DataError:
        return None


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def _object(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _each_task(reply: RecordedBody | Reject) -> Iterator[RecordedBody | Reject]:
    """One of DataForSEO's bodies holds many tasks, each a question of its own."""
    tasks = reply.value.get("tasks") if isinstance(reply, RecordedBody) else None
    if isinstance(reply, Reject) or not isinstance(tasks, list) or len(tasks) < 2:
        yield reply
        return
    for task in tasks:
        one = {**reply.value, "tasks": [task], "tasks_count": 1}
        yield replace(reply, body=_bytes(one), value=one)


def _arrival(reply: RecordedBody, rules: RowRules, asked: Mapping[str, str]) -> Arrival:
    try:
        reading = citations.read(reply.body)
    except DataError as error:
        raise ValueError(error.problem) from None
    body = _inner(reply.value)
    around = {"~" + name: part for name, part in {**reply.around, **_labels(reply.value)}.items()}
    row = plain_row(around | dict(body), {})
    named = str(look_up(row, "~custom_id") or look_up(row, "~key") or "")
    if named in asked:
        row["~prompt"] = asked[named]
    default, surface = _data()["shapes"].get(reading.shape, (None, "api"))
    row.setdefault("~engine", _engine(row, default))
    row.setdefault("~surface", surface)
    row.setdefault("~country", _place(row))
    found = record(row, reply.number, rules, reading.text)
    return Arrival(found, reading, reply.body)


def _inner(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The reply in the envelope of a batch."""
    for name in ("response", "result"):
        part = value.get(name)
        if isinstance(part, dict) and _shape(value) is not None:
            deeper = next((part[key] for key in ("body", "message") if isinstance(part.get(key), dict)), part)
            if _shape(deeper) is not None and ("custom_id" in value or "key" in value):
                return deeper
    return value


def _labels(value: Mapping[str, Any]) -> dict[str, Any]:
    """What a batch's line says beside the reply."""
    return {name: value[name] for name in ("custom_id", "key") if isinstance(value.get(name), str)}


def _engine(row: Mapping[str, Any], default: str | None) -> str | None:
    """A name, or the path in the body that says it; of an address its site."""
    for path in default.split("|") if default else ():
        value = look_up(row, path)
        if isinstance(value, str) and value.strip():
            return (urlsplit(value).hostname or value).removeprefix("www.").casefold()
    return default if default and not any(mark in default for mark in "[.|") and default != "url" else None


def _place(row: Mapping[str, Any]) -> str | None:
    for path in _data()["fields"]["location"]:
        code = look_up(row, path)
        if isinstance(code, int) and (known := letters(code - DATAFORSEO_PLACES)):
            return known
    return None


def questions(path: Path) -> dict[str, str]:
    """The requests of a batch → what each asks, by its `custom_id`."""
    found: dict[str, str] = {}
    with parts_of(path) as parts:
        for part in parts:
            encoding = encoding_of(head_of(part.path))
            for each in nested(part.path, encoding, lambda value: "custom_id" in value or "key" in value):
                if isinstance(each, Nested) and (text := _asks(each.value)):
                    found[str(each.value.get("custom_id") or each.value.get("key"))] = text
    if not found:
        raise DataError(
            f"{path.name} holds no requests of a batch",
            "give the file that was handed in: a line each with custom_id and body (or prompt)",
        )
    return found


def _asks(line: Mapping[str, Any]) -> str | None:
    if isinstance(line.get("prompt"), str):
        return str(line["prompt"])
    request: dict[str, Any] = next(
        (line[name] for name in _data()["asks"] if isinstance(line.get(name), dict)), {}
    )
    turns = next((request[n] for n in ("messages", "input", "contents") if request.get(n)), None)
    if isinstance(turns, str):
        return turns
    if not isinstance(turns, list):
        return None
    mine = [turn for turn in turns if isinstance(turn, dict) and turn.get("role", "user") == "user"]
    return _said(mine[-1]) if mine else None


def _said(turn: Mapping[str, Any]) -> str | None:
    content = turn.get("content", turn.get("parts"))
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
    return "\n".join(texts) or None


@cache
def _data() -> dict[str, Any]:
    return words_of("tracker.answers.files", "replies.yaml")


def _columns(constants: Mapping[str, str]) -> Columns:
    paths = {name: tuple(known) for name, known in _data()["fields"].items() if name != "location"}
    layout = AnswerLayout("replies", "engines", paths)
    return Columns(layout, paths, constants)
