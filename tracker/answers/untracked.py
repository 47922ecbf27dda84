"""Companies that the stored answers name and the workspace does not track, with counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Engine as Database
from sqlalchemy import func
from sqlalchemy import select as sql
from sqlmodel import col, select

from tracker import store
from tracker.answers import counted, stored
from tracker.answers.counted import ANSWER
from tracker.mentions.candidates import Candidate, candidates
from tracker.models import Answer

_PAGE = 500


@dataclass(frozen=True)
class Suggestion:
    """`answers` name it where names stand; in `beside` of them a tracked brand stands in the same way."""

    name: str
    answers: int
    beside: int
    prompts: int
    kinds: dict[str, int]
    site: str | None
    """Where most of its own links lead."""
    example: int
    """The id of the newest answer that names it."""


@dataclass(frozen=True, slots=True)
class NamesBeside:
    """Names that stand where tracked names stand in one answer: folded, as written."""

    prompt_id: int
    engine_id: int
    week: date
    names: tuple[tuple[str, str], ...]


@dataclass
class _Tally:
    names: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    sites: Counter[str] = field(default_factory=Counter)
    prompts: set[int] = field(default_factory=set)
    answers: int = 0
    beside: int = 0
    example: int = 0

    def add(self, candidate: Candidate, answer_id: int, prompt_id: int) -> None:
        self.names[candidate.name] += 1
        self.kinds[candidate.kind] += 1
        if candidate.site:
            self.sites[candidate.site] += 1
        self.prompts.add(prompt_id)
        self.answers += 1
        self.beside += candidate.beside
        self.example = self.example or answer_id


def suggestions(
    database: Database, workspace_id: int, *, least: int = 2, newest: int = 5000
) -> list[Suggestion]:
    """Those named in `least` of the `newest` answers or more; what stands beside tracked brands first."""
    tallies: dict[str, _Tally] = {}
    with store.reading(database) as session:
        finder = stored.finder(session, workspace_id)
    before, left = None, newest
    while left > 0:
        statement = (
            select(Answer.id, Answer.prompt_id, Answer.text)
            .where(Answer.workspace_id == workspace_id, col(Answer.problem).is_(None))
            .order_by(col(Answer.id).desc())
            .limit(min(_PAGE, left))
        )
        if before is not None:
            statement = statement.where(col(Answer.id) < before)
        with store.reading(database) as session:
            page = session.exec(statement).all()
        if not page:
            break
        for answer_id, prompt_id, text in page:
            for candidate in candidates(text, finder):
                tallies.setdefault(candidate.key, _Tally()).add(candidate, answer_id or 0, prompt_id)
        before, left = page[-1][0], left - len(page)
    seen = [_suggestion(tally) for tally in tallies.values() if tally.answers >= least]
    return sorted(seen, key=lambda one: (-one.beside, -one.answers, one.name))


def _suggestion(tally: _Tally) -> Suggestion:
    sites = tally.sites.most_common(1)
    return Suggestion(
        tally.names.most_common(1)[0][0],
        tally.answers,
        tally.beside,
        len(tally.prompts),
        dict(tally.kinds.most_common()),
        sites[0][0] if sites else None,
        tally.example,
    )


def by_answer(
    database: Database, workspace_id: int, *, since: date | None = None, until: date | None = None, most: int
) -> Iterator[NamesBeside]:
    """Of the usable answers of each week, `most` at the most, taken by their ids whatever they say."""
    mine = [counted.usable(workspace_id)]
    mine += [ANSWER.c.week >= since] if since else []
    mine += [ANSWER.c.week <= until] if until else []
    with store.reading(database) as session:
        finder = stored.finder(session, workspace_id)
        sizes = session.execute(sql(ANSWER.c.week, func.count()).where(*mine).group_by(ANSWER.c.week)).all()
    for week, size in sorted(sizes):
        taken = ANSWER.c.id % -(-size // most) == 0
        columns = (ANSWER.c.prompt_id, ANSWER.c.engine_id, ANSWER.c.text)
        with store.reading(database) as session:
            page = session.execute(sql(*columns).where(*mine, ANSWER.c.week == week, taken)).all()
        for prompt_id, engine_id, text in page:
            names = tuple((one.key, one.name) for one in candidates(text or "", finder) if one.beside)
            yield NamesBeside(prompt_id, engine_id, week, names)
