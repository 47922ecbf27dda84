"""What there is to judge: every stored mention of a usable answer, and the items of a labelled set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine as Database
from sqlalchemy import exists, func
from sqlmodel import col, select

from tracker import store
from tracker.answers import counted
from tracker.judge.claims import Bench, Case, settled
from tracker.judge.run import estimate
from tracker.judge.task import LabelledSet, Template
from tracker.mentions.names import of_row
from tracker.models import Agreement, Answer, AskState, Brand, Judgement, Mention

PAGE = 200


@dataclass(frozen=True, slots=True)
class Among:
    """The answers whose mentions are judged."""

    prompts: frozenset[int]
    engine: int | None = None
    first: date | None = None
    last: date | None = None

    @property
    def conditions(self) -> list[object]:
        found: list[object] = [col(Answer.prompt_id).in_(sorted(self.prompts))]
        if self.engine is not None:
            found.append(Answer.engine_id == self.engine)
        if self.first is not None:
            found.append(Answer.week >= self.first)
        if self.last is not None:
            found.append(Answer.week <= self.last)
        return found


def _open_mentions(bench: Bench, among: Among | None) -> list[object]:
    mine = (Judgement.answer_id == Mention.answer_id, Judgement.brand_id == Mention.brand_id)
    return [
        # Off the workspace's index too: from it SQLite would sort all mentions anew for every page.
        counted.usable(bench.workspace_id, by_week=True),
        Mention.workspace_id == bench.workspace_id,
        col(Brand.active),
        ~exists().where(*settled(bench), *mine),  # type: ignore[arg-type]
        *(among.conditions if among is not None else ()),
    ]


def count_stances(database: Database, bench: Bench, among: Among | None = None) -> int:
    """Mentions whose stance is open."""
    joined = select(func.count()).select_from(Mention).join(Answer, col(Answer.id) == col(Mention.answer_id))
    joined = joined.join(Brand, col(Brand.id) == col(Mention.brand_id))
    with store.reading(database) as session:
        return session.exec(joined.where(*_open_mentions(bench, among))).one()  # type: ignore[arg-type]


def stances(
    database: Database, bench: Bench, template: Template, among: Among | None = None
) -> Iterator[Case]:
    """Every open mention, newest answers first, a page at a time so that nothing is held open."""
    before: int | None = None
    while True:
        statement = (
            select(Mention.id, Mention.answer_id, Brand.id, Brand.name, Brand.aliases, Answer.text)  # type: ignore[call-overload]
            .join(Answer, col(Answer.id) == col(Mention.answer_id))
            .join(Brand, col(Brand.id) == col(Mention.brand_id))
            .where(*_open_mentions(bench, among))
            .order_by(col(Mention.id).desc())
            .limit(PAGE)
        )
        if before is not None:
            statement = statement.where(col(Mention.id) < before)
        with store.reading(database) as session:
            page = session.exec(statement).all()
        for _, answer_id, brand_id, name, aliases, text in page:
            request = template.fill(text, [name, *of_row(brand_id, name, aliases, (), ()).aliases])
            yield Case(
                f"{answer_id}/{brand_id}", request, estimate(bench, request), int(answer_id), int(brand_id)
            )
        if len(page) < PAGE:
            return
        before = page[-1][0]


def of_labels(bench: Bench, template: Template, labels: LabelledSet) -> list[Case]:
    """In an order that has nothing to do with the labels: a part of them is a fair sample."""
    items = sorted(labels.items, key=lambda item: item.key)
    filled = ((item.key, template.fill(item.text, [item.brand])) for item in items)
    return [Case(key, request, estimate(bench, request)) for key, request in filled]


def open_cases(database: Database, bench: Bench, cases: list[Case]) -> list[Case]:
    """Those of the cases that are not settled yet."""
    with store.reading(database) as session:
        done = set(session.exec(select(Judgement.subject).where(*settled(bench))))
    return [case for case in cases if case.subject not in done]


def record_agreement(database: Database, bench: Bench, labels: LabelledSet, now: datetime) -> None:
    """Write down how the labels met the verdicts there are, in place of an earlier measurement of the same
    set."""
    counts: dict[str, Counter[str]] = {}
    failed = 0
    with store.writing(database) as session:
        said = session.exec(
            select(Judgement.subject, Judgement.verdict).where(
                *settled(bench), Judgement.state == AskState.ANSWERED
            )
        )
        verdicts = dict(said.all())
        for item in labels.items:
            verdict = verdicts.get(item.key)
            if verdict is None:
                failed += 1
            else:
                counts.setdefault(item.stance, Counter())[verdict] += 1
        if not counts:
            return
        row = {
            "workspace_id": bench.workspace_id,
            "model": bench.model,
            "prompt_version": bench.prompt_version,
            "set_name": labels.name,
            "set_hash": labels.hash,
            "counts": {label: dict(row) for label, row in counts.items()},
            "failed": failed,
            "measured_at": now,
        }
        store.upsert(session, Agreement, [row], key=["workspace_id", "model", "prompt_version", "set_hash"])
