"""Recorded answers → the tables, each once: a batch is looked up, then stored, and nobody comes between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from sqlalchemy import Engine as Database
from sqlalchemy import insert, or_, update
from sqlmodel import Session, col, select

from tracker import store
from tracker.answers import stored as answers
from tracker.answers.files.records import ID, Record
from tracker.answers.rows import AnswerRows, answer_rows, pack
from tracker.catalog import PromptEntry, Surface
from tracker.catalog.surfaces import engine_on
from tracker.citations import ReadCitation, Reading, Usage
from tracker.citations.draft import NOT_SHOWN
from tracker.mentions import Finder
from tracker.models import Answer, Prompt, RecordedReply

BATCH = 500
KEPT_REJECTS = 1_000
KEPT_EXAMPLES = 5


@dataclass(frozen=True)
class Rejected:
    line: int
    reason: str


@dataclass
class ImportCounts:
    """`read` = `stored` + `failed` + `already_there` + `rejected`."""

    read: int = 0
    stored: int = 0
    failed: int = 0
    """Of these, what came was no answer: they are kept with their reason, and are in no rate."""
    already_there: int = 0
    citations: int = 0
    no_addresses: int = 0
    """Of these, references that name no page on the web; they are kept, and are in no rate and no share."""
    no_address_examples: list[str] = field(default_factory=list)
    rejected: int = 0
    rejects: list[Rejected] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)
    """By reason."""
    layouts: list[str] = field(default_factory=list)
    mapping: dict[str, str] = field(default_factory=dict)
    """Field → the column it came from, of the last file."""
    notes: list[str] = field(default_factory=list)
    """What a reader of the numbers should know, each said once."""

    def note_no_addresses(self, citations: Iterable[ReadCitation]) -> None:
        for citation in citations:
            if citation.domain is None and citation.domain_from == "url":
                self.no_addresses += 1
                examples = self.no_address_examples
                if len(examples) < KEPT_EXAMPLES and citation.url not in examples:
                    examples.append(citation.url)

    def reject(self, line: int, reason: str) -> None:
        self.rejected += 1
        if len(self.rejects) < KEPT_REJECTS:
            self.rejects.append(Rejected(line, reason))

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


@dataclass(frozen=True)
class Arrival:
    """A recorded answer on its way into the tables; with the reply it was read from, where that was kept."""

    record: Record
    reading: Reading
    body: bytes | None = None

    @property
    def fingerprint(self) -> str:
        return self.record.id_key or self.record.content_key


def arrival(record: Record) -> Arrival:
    """Of an answer whose reply was not kept."""
    failed = record.failure not in (None, NOT_SHOWN)
    reading = Reading(
        shape="litellm",
        engine_model=record.model or None,
        search_used=record.search_used,
        text=record.text,
        searches=record.searches or (),
        citations=() if failed else record.citations or (),
        stop=record.failure,
        problem="error" if failed else None,
        usage=Usage(),
    )
    return Arrival(record, reading)


class Desk:
    """Takes arrivals in batches; knows which prompts, engines and answers are there."""

    def __init__(self, database: Database, workspace_id: int, counts: ImportCounts, now: datetime) -> None:
        self.database = database
        self.workspace_id = workspace_id
        self.counts = counts
        self.now = now
        self.failures: Counter[str] = Counter(counts.failures)
        self.prompts: dict[str, tuple[int, str]] = {}
        self.engines: dict[tuple[str, Surface | None], tuple[int, Surface]] = {}
        self.other_topics: dict[str, tuple[str, str]] = {}
        with store.reading(database) as session:
            self.names: Finder = answers.finder(session, workspace_id)

    def take(self, batch: Sequence[Arrival]) -> None:
        with store.writing(self.database) as session:
            store.alone(session, f"answers:{self.workspace_id}")
            fresh = self._fresh(session, batch)
            rows = [self._rows(session, one) for one in fresh]
            answers.save(session, rows)
            self._keep_bodies(session, fresh)
        self._count(batch, fresh, rows)

    def finish(self) -> None:
        """Once everything is in: what holds for all of it."""
        self.counts.failures = dict(self.failures.most_common())
        if self.other_topics:
            text, (here, there) = next(iter(self.other_topics.items()))
            self.counts.note(
                f"{len(self.other_topics):,} prompts stand under another topic than the file says, and stay "
                f"there: {text[:60]!r} is under {here}, the file says {there}"
            )
        answers.remember_brands(self.database, self.workspace_id)

    def _fresh(self, session: Session, batch: Sequence[Arrival]) -> list[Arrival]:
        """Those not there: by the vendor's id, else by what they say."""
        ids, contents = self._there(session, batch)
        fresh: list[Arrival] = []
        for one in batch:
            id_key, content = one.record.id_key, one.record.content_key
            others = contents.setdefault(content, [])
            if id_key is None:
                known = bool(others)
            else:
                known = id_key in ids
                nameless = None if known else next((each for each in others if not each.startswith(ID)), None)
                if nameless is not None:
                    known = True
                    self._name(session, nameless, id_key)
                    others.remove(nameless)
            if not known:
                fresh.append(one)
            if id_key is not None:
                ids.add(id_key)
            if not known or id_key is not None:
                others.append(one.fingerprint)
        return fresh

    def _there(self, session: Session, batch: Sequence[Arrival]) -> tuple[set[str], dict[str, list[str]]]:
        ids = [one.record.id_key for one in batch if one.record.id_key]
        keys = [one.record.content_key for one in batch]
        statement = select(Answer.fingerprint, Answer.content_key).where(
            Answer.workspace_id == self.workspace_id,
            or_(col(Answer.fingerprint).in_(ids), col(Answer.content_key).in_(keys)),
        )
        there: set[str] = set()
        contents: dict[str, list[str]] = {}
        for fingerprint, content in session.exec(statement):
            there.add(fingerprint)
            contents.setdefault(content or "", []).append(fingerprint)
        return there, contents

    def _name(self, session: Session, fingerprint: str, id_key: str) -> None:
        """An answer that came without the vendor's id is known by it from now on."""
        there = update(Answer).where(
            col(Answer.workspace_id) == self.workspace_id, col(Answer.fingerprint) == fingerprint
        )
        session.connection().execute(there.values(fingerprint=id_key))

    def _rows(self, session: Session, one: Arrival) -> AnswerRows:
        record = one.record
        engine_id, surface = self._engine(session, record)
        head = {
            "workspace_id": self.workspace_id,
            "prompt_id": self._prompt(session, record),
            "engine_id": engine_id,
            "fingerprint": one.fingerprint,
            "content_key": record.content_key,
            "repeat": record.repeat,
            "asked_at": record.asked_at,
            "model": record.model,
            "surface": surface,
        }
        if one.body is not None:
            return answer_rows(one.reading, head, self.names)
        head |= {"shape": "recorded", "searches": list(record.searches) if record.searches else None}
        stated = record.citations is not None and not any(c.kind == "written" for c in record.citations)
        return answer_rows(one.reading, head, self.names, citations_known=stated)

    def _keep_bodies(self, session: Session, fresh: Sequence[Arrival]) -> None:
        bodies = {one.fingerprint: one.body for one in fresh if one.body is not None}
        if not bodies:
            return
        statement = select(Answer.fingerprint, Answer.id).where(
            Answer.workspace_id == self.workspace_id, col(Answer.fingerprint).in_(bodies)
        )
        rows = [
            {
                "answer_id": key,
                "workspace_id": self.workspace_id,
                "body": pack(bodies[fingerprint] or b""),
                "received_at": self.now,
            }
            for fingerprint, key in session.exec(statement).all()
        ]
        session.connection().execute(insert(RecordedReply), rows)

    def _count(self, batch: Sequence[Arrival], fresh: Sequence[Arrival], rows: Sequence[AnswerRows]) -> None:
        failed = [row for row in rows if row.answer["problem"] is not None]
        self.counts.stored += len(fresh) - len(failed)
        self.counts.failed += len(failed)
        self.counts.already_there += len(batch) - len(fresh)
        self.counts.citations += sum(len(row.citations) for row in rows)
        self.failures.update(str(row.answer["stop"] or row.answer["problem"]) for row in failed)
        for one in fresh:
            self.counts.note_no_addresses(one.reading.citations)

    def _prompt(self, session: Session, record: Record) -> int:
        entry = record.prompt
        if entry.key not in self.prompts:
            self.prompts[entry.key] = self._made_prompt(session, entry)
        key, topic = self.prompts[entry.key]
        if record.topic_given and topic != entry.topic:
            self.other_topics.setdefault(entry.text, (topic, entry.topic))
        return key

    def _made_prompt(self, session: Session, entry: PromptEntry) -> tuple[int, str]:
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
        statement = select(Prompt.id, Prompt.topic).where(
            Prompt.workspace_id == self.workspace_id, Prompt.key == entry.key
        )
        key, topic = session.exec(statement).one()
        return cast(int, key), topic

    def _engine(self, session: Session, record: Record) -> tuple[int, Surface]:
        """Where the record does not say a surface, it is the engine's."""
        stated = record.surface if record.surface_given else None
        key = (record.engine.casefold(), stated)
        if key not in self.engines:
            self.engines[key] = engine_on(session, self.workspace_id, record.engine, stated, record.model)
        return self.engines[key]
