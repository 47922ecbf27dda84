"""Outcomes of asks → stored: raw replies first, then what reading them says, with the asks' ends and the money."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from tracker import answers, claims, prices, store
from tracker.answers import AnswerRows
from tracker.citations import Reading
from tracker.claims import Outcome
from tracker.engines import call_for, is_sandbox
from tracker.errors import DataError
from tracker.failures import PROBLEMS
from tracker.mentions import Finder
from tracker.models import Engine, Run
from tracker.redirects import Redirects
from tracker.work import WRITE_BATCH, Work

log = logging.getLogger("citelift.run")
KEEP_PAUSE, READ_PAUSE = 0.05, 0.5
"""Seconds in which a batch may gather, unless it is full before."""
STEPS = 10
BREATH = 8
"""Replies read before the event loop may see to the network again."""
Read = tuple[Outcome, Reading | None]


class Writer:
    def __init__(
        self,
        work: Work,
        run: Run,
        engines: Mapping[int, Engine],
        names: Finder,
        redirects: Redirects | None,
        on_batch: Callable[[], None],
    ) -> None:
        self.work, self.run, self.engines, self.names = work, run, engines, names
        self.redirects, self.on_batch = redirects, on_batch
        self._kept: asyncio.Queue[Outcome | None] = asyncio.Queue(maxsize=4 * WRITE_BATCH)

    async def write(self) -> None:
        """Store outcomes until the end mark. Raw replies do not wait for the reading of those before them: what is
        not stored when the process dies has to be asked and paid again."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_all())
            group.create_task(self._finish_all())

    async def _keep_all(self) -> None:
        while (batch := await self._batch(self.work.outcomes, KEEP_PAUSE)) is not None:
            mine = await self.work.db(partial(self._keep, batch))
            self.work.counts.open -= len(batch) - len(mine)
            for outcome in mine:
                await self._kept.put(outcome)
        await self._kept.put(None)

    async def _finish_all(self) -> None:
        while (batch := await self._batch(self._kept, READ_PAUSE)) is not None:
            await self.finish(batch)
            self.work.counts.open -= len(batch)
            self.on_batch()

    async def _batch(self, queue: asyncio.Queue[Outcome | None], pause: float) -> list[Outcome] | None:
        """What comes within the pause after the first; None at the end mark, which stays for the next call."""
        first = await queue.get()
        if first is None:
            return None
        for _ in range(STEPS):
            if self.work.ended or self.work.hurry or queue.qsize() >= WRITE_BATCH - 1:
                break
            await asyncio.sleep(pause / STEPS)
        batch = [first]
        while len(batch) < WRITE_BATCH and not queue.empty():
            outcome = queue.get_nowait()
            if outcome is None:
                queue.put_nowait(None)
                break
            batch.append(outcome)
        return batch

    def _keep(self, batch: list[Outcome]) -> list[Outcome]:
        """Raw replies are safe before anything reads them; `claims.recover` mends a death between the two."""
        with store.writing(self.work.database) as session:
            mine = [_packed(outcome) for outcome in claims.owned(session, self.work.me, batch)]
            claims.keep_replies(session, mine)
        if len(mine) < len(batch):
            log.warning("claims lost", extra={"run": self.work.run_id, "asks": len(batch) - len(mine)})
        return mine

    async def finish(self, batch: Sequence[Outcome]) -> None:
        """Read the replies, here and not in the database's thread: two threads of Python hold each other up."""
        found: list[Read] = []
        for place, outcome in enumerate(batch):
            found.append(_read(outcome))
            if place % BREATH == BREATH - 1:
                await asyncio.sleep(0)
        targets = await self._targets(found)
        rows: list[AnswerRows] = []
        for place, (outcome, reading) in enumerate(found):
            if reading is not None:
                rows.append(answers.answer_rows(reading, self._head(outcome), self.names, targets=targets))
            if place % BREATH == BREATH - 1:
                await asyncio.sleep(0)
        settled = [outcome for outcome, _ in found]
        stored = await self.work.db(partial(self._settle, settled, rows))
        self._count(stored)

    def _settle(self, settled: list[Outcome], rows: list[AnswerRows]) -> list[Outcome]:
        with store.writing(self.work.database) as session:
            mine = claims.owned(session, self.work.me, settled)
            claims.settle(session, self.work.run_id, mine)
            keys = {outcome.ask.id for outcome in mine}
            answers.save(session, [row for row in rows if row.answer["ask_id"] in keys])
        return mine

    def _count(self, stored: Sequence[Outcome]) -> None:
        counts = self.work.counts
        for outcome in stored:
            counts.spent_micros += outcome.cost_micros + outcome.booked_micros + outcome.advance_micros
            if outcome.reason is not None:
                counts.failed += 1
            elif not outcome.given_back:
                counts.answered += 1

    async def _targets(self, found: Sequence[Read]) -> Mapping[str, str]:
        if self.redirects is None:
            return {}
        readings = [
            reading
            for outcome, reading in found
            if reading is not None and self.redirects.apply_to(outcome.ask.model)
        ]
        return await self.redirects.targets(self.work, readings)

    def _head(self, outcome: Outcome) -> dict[str, object]:
        engine = self.engines[outcome.engine_id]
        sandboxed = is_sandbox(outcome.ask.model)
        return {
            "workspace_id": self.run.workspace_id,
            "ask_id": outcome.ask.id,
            "run_id": self.run.id,
            "prompt_id": outcome.ask.prompt_id,
            "engine_id": engine.id,
            "fingerprint": f"ask:{outcome.ask.id}",
            "repeat": outcome.ask.repeat,
            "asked_at": self.run.asked_for if sandboxed else outcome.at,
            "model": outcome.ask.model,
            "surface": engine.surface,
            "cost_micros": outcome.known_micros,
        }


def _packed(outcome: Outcome) -> Outcome:
    """Compressed in the database's thread: compressing hands Python to other threads, and they are slow to return it."""
    if outcome.reply is None:
        return outcome
    return replace(
        outcome,
        body=outcome.reply["body"],
        reply={**outcome.reply, "body": answers.pack(outcome.reply["body"])},
    )


def _read(outcome: Outcome) -> Read:
    """The outcome with what reading its reply says of cost and success, and the reading if there is an answer."""
    if outcome.reply is None:
        return outcome, None
    try:
        reading = answers.read_body(outcome.body or answers.unpack(outcome.reply["body"]))
    except DataError as error:
        # Something was sent, so something may have been charged.
        paid = outcome.reserved_micros
        return replace(outcome, cost_micros=paid, reason="unreadable reply", detail=error.problem), None
    cost = _cost(outcome, reading)
    known = outcome.ask.estimated_micros + outcome.advance_micros if cost is None else cost
    outcome = replace(outcome, cost_micros=known - outcome.advance_micros, known_micros=cost)
    reason = PROBLEMS.get(reading.problem or "")
    if reason is not None:
        return replace(outcome, reason=reason, detail=reading.detail), None
    return outcome, reading


def _cost(outcome: Outcome, reading: Reading) -> int | None:
    assert outcome.reply is not None
    return prices.cost(
        call_for(outcome.ask.model),
        outcome.ask.model,
        reported_micros=reading.usage.reported_micros,
        litellm_micros=outcome.reply["cost_micros"],
        input_tokens=reading.usage.input_tokens,
        output_tokens=reading.usage.output_tokens,
        searches=reading.usage.searches_billed,
    )
