"""Recorded answers: JSON lines from elsewhere (a scraper, another tracker, a published data set) → the same
tables.

A bad line is rejected with its number and reason, the rest go in; the same line is stored once, however often
it comes.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal, cast, get_args

from sqlalchemy import Engine as Database
from sqlmodel import Session, select

from tracker import store
from tracker.answers import stored as answers
from tracker.answers.rows import AnswerRows, answer_rows
from tracker.catalog import PromptEntry, Surface, refuse_pooling
from tracker.citations import Kind, ReadCitation, Reading, Usage, publisher
from tracker.errors import DataError
from tracker.mentions import Finder
from tracker.models import Answer, Engine, Prompt

BATCH = 500
MAX_LINE = 20_000_000
KEPT_REJECTS = 1_000
KEPT_EXAMPLES = 5


@dataclass(frozen=True)
class Rejected:
    line: int
    reason: str


@dataclass
class ImportCounts:
    read: int = 0
    stored: int = 0
    already_there: int = 0
    citations: int = 0
    no_addresses: int = 0
    """Of these, references that name no page on the web; they are kept, and are in no rate and no share."""
    no_address_examples: list[str] = field(default_factory=list)
    rejected: int = 0
    rejects: list[Rejected] = field(default_factory=list)

    def note_no_addresses(self, citations: Iterable[ReadCitation]) -> None:
        for citation in citations:
            if citation.domain is None and citation.domain_from == "url":
                self.no_addresses += 1
                if (
                    len(self.no_address_examples) < KEPT_EXAMPLES
                    and citation.url not in self.no_address_examples
                ):
                    self.no_address_examples.append(citation.url)

    def reject(self, line: int, reason: str) -> None:
        self.rejected += 1
        if len(self.rejects) < KEPT_REJECTS:
            self.rejects.append(Rejected(line, reason))


@dataclass(frozen=True)
class Record:
    """One line, validated."""

    asked_at: datetime
    engine: str
    prompt: PromptEntry
    text: str
    model: str = ""
    surface: Surface = "api"
    repeat: int = 0
    search_used: bool | None = None
    citations: tuple[ReadCitation, ...] | None = None
    fingerprint: str = ""


def import_answers(database: Database, workspace_id: int, path: Path) -> ImportCounts:
    counts = ImportCounts()
    with store.reading(database) as session:
        refuse_pooling(session, workspace_id, {"real"})
        names = answers.finder(session, workspace_id)
    imported = _ImportedNames(workspace_id)
    records = _records(path, counts)
    while batch := list(islice(records, BATCH)):
        with store.writing(database) as session:
            _store(session, workspace_id, batch, names, imported, counts)
    answers.remember_brands(database, workspace_id)
    return counts


def _store(
    session: Session,
    workspace_id: int,
    batch: list[Record],
    names: Finder,
    imported: _ImportedNames,
    counts: ImportCounts,
) -> None:
    known = _known(session, workspace_id, batch)
    fresh = {record.fingerprint: record for record in batch if record.fingerprint not in known}
    rows = [_rows(session, workspace_id, record, names, imported) for record in fresh.values()]
    stored = answers.save(session, rows)
    counts.stored += stored
    counts.already_there += len(batch) - stored
    counts.citations += sum(len(row.citations) for row in rows)
    for record in fresh.values():
        counts.note_no_addresses(record.citations or ())


def _known(session: Session, workspace_id: int, batch: list[Record]) -> set[str]:
    wanted = [record.fingerprint for record in batch]
    statement = select(Answer.fingerprint).where(Answer.workspace_id == workspace_id)
    return set(session.exec(statement.where(Answer.fingerprint.in_(wanted))))  # type: ignore[attr-defined]


def _rows(
    session: Session, workspace_id: int, record: Record, names: Finder, imported: _ImportedNames
) -> AnswerRows:
    reading = Reading(
        shape="litellm",
        engine_model=record.model or None,
        search_used=record.search_used,
        text=record.text,
        searches=(),
        citations=record.citations or (),
        stop=None,
        problem=None,
        usage=Usage(),
    )
    head = {
        "workspace_id": workspace_id,
        "prompt_id": imported.prompt(session, record.prompt),
        "engine_id": imported.engine(session, record),
        "fingerprint": record.fingerprint,
        "repeat": record.repeat,
        "asked_at": record.asked_at,
        "model": record.model,
        "surface": record.surface,
        "shape": "recorded",
        "searches": None,
    }
    return answer_rows(reading, head, names, citations_known=record.citations is not None)


class _ImportedNames:
    """Prompts and engines by name, made as imported where the catalog has none."""

    def __init__(self, workspace_id: int) -> None:
        self.workspace_id = workspace_id
        self.prompts: dict[str, int] = {}
        self.engines: dict[str, int] = {}

    def prompt(self, session: Session, entry: PromptEntry) -> int:
        if entry.key not in self.prompts:
            row = {
                "workspace_id": self.workspace_id,
                "key": entry.key,
                "text": entry.text,
                "topic": entry.topic,
                "country": entry.country,
                "language": entry.language,
                "imported": True,
            }
            store.bulk_insert(session, Prompt, [row], ignore=True)
            statement = select(Prompt.id).where(
                Prompt.workspace_id == self.workspace_id, Prompt.key == entry.key
            )
            self.prompts[entry.key] = cast(int, session.exec(statement).one())
        return self.prompts[entry.key]

    def engine(self, session: Session, record: Record) -> int:
        if record.engine not in self.engines:
            row = {
                "workspace_id": self.workspace_id,
                "name": record.engine,
                "model": record.model,
                "surface": record.surface,
                "imported": True,
            }
            store.bulk_insert(session, Engine, [row], ignore=True)
            statement = select(Engine.id).where(
                Engine.workspace_id == self.workspace_id, Engine.name == record.engine
            )
            self.engines[record.engine] = cast(int, session.exec(statement).one())
        return self.engines[record.engine]


def _records(path: Path, counts: ImportCounts) -> Iterator[Record]:
    if not path.is_file():
        raise DataError(f"there is no file {path}", "give the path of a .jsonl or .jsonl.gz file")
    number = 0
    try:
        with _opened(path) as file:
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if not line.strip():
                    continue
                counts.read += 1
                if len(line) > MAX_LINE:
                    counts.reject(number, f"longer than {MAX_LINE:,} bytes")
                    while line and not line.endswith(b"\n"):
                        line = file.readline(MAX_LINE)
                    continue
                try:
                    yield parse_line(line)
                except ValueError as error:
                    counts.reject(number, str(error))
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        counts.read += 1
        counts.reject(number + 1, f"the compressed file is damaged from here on: {error}")


def _opened(path: Path) -> IO[bytes]:
    file = path.open("rb")
    magic = file.read(3)
    file.seek(0)
    if magic[:2] == b"\x1f\x8b":
        return cast(IO[bytes], gzip.GzipFile(fileobj=file))
    if magic == b"\xef\xbb\xbf":
        file.seek(3)
    return file


def parse_line(line: bytes) -> Record:
    """The record of one line; a ValueError says what is wrong with it."""
    try:
        data = json.loads(line)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(data, dict):
        raise ValueError("not a JSON object")
    for name in ("asked_at", "engine", "prompt", "text"):
        if not isinstance(data.get(name), str):
            raise ValueError(f"`{name}` is missing or no text")
    if not data["engine"].strip() or not data["prompt"].strip():
        raise ValueError("`engine` or `prompt` is blank")
    if not data["text"].strip():
        raise ValueError("`text` is blank: an empty answer is no answer")
    return Record(
        asked_at=_moment(data["asked_at"]),
        engine=data["engine"].strip(),
        prompt=PromptEntry(
            " ".join(data["prompt"].split()),
            _optional(data, "topic", str, "general") or "general",
            _optional(data, "country", str, None),
            _optional(data, "language", str, None),
        ),
        text=data["text"].replace("\x00", ""),
        model=_optional(data, "model", str, "") or "",
        surface=_one_of(data.get("surface", "api"), get_args(Surface), "surface"),
        repeat=_optional(data, "repeat", int, 0) or 0,
        search_used=_optional(data, "search_used", bool, None),
        citations=_citations(data.get("citations")),
        fingerprint=hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:40],
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"`asked_at` is not ISO 8601: {text[:40]!r}") from None
    if moment.tzinfo is None:
        raise ValueError("`asked_at` has no time zone: end it with Z or +00:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("`asked_at` is out of range") from None


def _optional(data: Mapping[str, Any], name: str, kind: type, default: Any) -> Any:
    value: Any = data.get(name)
    if value is None:
        return default
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"`{name}` must be {kind.__name__}")
    if isinstance(value, int) and kind is int and not 0 <= value < 2**31:
        raise ValueError(f"`{name}` is out of range")
    return value


def _one_of(value: Any, good: tuple[Any, ...], name: str) -> Any:
    if value not in good:
        raise ValueError(f"`{name}` is {value!r}; one of {', '.join(good)}")
    return value


def _citations(items: Any) -> tuple[ReadCitation, ...] | None:
    if items is None:
        return None
    if not isinstance(items, list):
        raise ValueError("`citations` must be a list")
    positions: dict[str, int] = {}
    citations = []
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get("url"), str) or not item["url"].strip():
            raise ValueError("a citation without `url`")
        kind: Kind = _one_of(item.get("kind", "cited"), get_args(Literal["cited", "retrieved"]), "kind")
        positions[kind] = _optional(item, "position", int, positions.get(kind, 0) + 1)
        title = item.get("title") if isinstance(item.get("title"), str) else None
        domain, domain_from = publisher(item["url"], title)
        citations.append(
            ReadCitation(item["url"], kind, positions[kind], None, None, title, domain, domain_from)
        )
    return tuple(citations)
