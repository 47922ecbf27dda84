"""Outcomes of asks → stored: raw replies first, then what reading them says, with the asks' ends and the
money."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from tracker import store
from tracker.answers import stored as answers
from tracker.answers.rows import AnswerRows, ReadReply, Unread, pack
from tracker.citations import Usage
from tracker.engines import prices
from tracker.engines.calls import call_for
from tracker.engines.failures import PROBLEMS
from tracker.engines.simulated import is_sandbox
from tracker.models import Engine, Run
from tracker.run import claims
from tracker.run.claims import Outcome
from tracker.run.reader import Reader
from tracker.run.redirects import Redirects
from tracker.run.work import WRITE_BATCH, RunWork

log = logging.getLogger("citelift.run")
KEEP_PAUSE, READ_PAUSE = 0.05, 0.5
"""Seconds in which a batch may gather, unless it is full before."""
STEPS = 10
READ_BATCH = 4 * WRITE_BATCH


class Writer:
    def __init__(
        self,
        work: RunWork,
        run: Run,
        engines: Mapping[int, Engine],
        reader: Reader,
        redirects: Redirects | None,
        on_batch: Callable[[], None],
    ) -> None:
        self.work, self.run, self.engines, self.reader = work, run, engines, reader
        self.redirects, self.on_batch = redirects, on_batch
        self._kept: asyncio.Queue[Outcome | None] = asyncio.Queue(maxsize=READ_BATCH)

    async def write(self) -> None:
        """Store outcomes until the end mark. Raw replies do not wait for the reading of those before them:
        what is not stored when the process dies has to be asked and paid again."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_all())
            group.create_task(self._finish_all())

    async def _keep_all(self) -> None:
        while (batch := await self._batch(self.work.outcomes, KEEP_PAUSE, WRITE_BATCH)) is not None:
            await self._keep_one(batch)
            if self.work.spill.waiting:
                spilled = self.work.spill.take()
                self.work.counts.open += len(spilled)
                for start in range(0, len(spilled), WRITE_BATCH):
                    await self._keep_one(spilled[start : start + WRITE_BATCH])
                self.work.spill.done()
        await self._kept.put(None)

    async def _keep_one(self, batch: list[Outcome]) -> None:
        mine = await self.work.db(partial(self._keep, batch))
        self.work.saved(outcome.ask.id for outcome in batch)
        self.work.counts.open -= len(batch) - len(mine)
        self.work.ended({outcome.ask.id for outcome in batch} - {outcome.ask.id for outcome in mine})
        for outcome in mine:
            await self._kept.put(outcome)

    async def _finish_all(self) -> None:
        while (batch := await self._batch(self._kept, READ_PAUSE, READ_BATCH)) is not None:
            await self.finish(batch)
            self.work.counts.open -= len(batch)
            self.work.ended(outcome.ask.id for outcome in batch)
            self.on_batch()

    async def _batch(
        self, queue: asyncio.Queue[Outcome | None], pause: float, most: int
    ) -> list[Outcome] | None:
        """What comes within the pause after the first; None at the end mark, which stays for the next
        call."""
        first = await queue.get()
        if first is None:
            return None
        for _ in range(STEPS):
            if self.work.last or self.work.hurry or queue.qsize() >= WRITE_BATCH - 1:
                break
            await asyncio.sleep(pause / STEPS)
        batch = [first]
        while len(batch) < most and not queue.empty():
            outcome = queue.get_nowait()
            if outcome is None:
                queue.put_nowait(None)
                break
            batch.append(outcome)
        return batch

    def _keep(self, batch: list[Outcome]) -> list[Outcome]:
        """Raw replies are safe before anything reads them; `claims.recover` mends a death between the two."""
        with store.writing(self.work.database) as session:
            mine = claims.owned(session, self.work.me, batch)
            if len(mine) < len(batch):
                claims.take_back(session, self.work.me, batch)
                mine = claims.owned(session, self.work.me, batch)
            mine = [_packed(outcome) for outcome in mine]
            claims.keep_replies(session, mine)
        if len(mine) < len(batch):
            log.warning("claims lost", extra={"run": self.work.run_id, "asks": len(batch) - len(mine)})
        return mine

    async def finish(self, batch: Sequence[Outcome]) -> None:
        """Whatever the asks came to, with what the replies say."""
        replied = [
            (outcome, Unread(outcome.reply["body"], self._head(outcome)))
            for outcome in batch
            if outcome.reply is not None
        ]
        ended = {outcome.ask.id: outcome for outcome in batch}
        rows: list[AnswerRows] = []
        for (outcome, _), reply in zip(replied, await self._read(replied), strict=True):
            ended[outcome.ask.id] = last = _ended(outcome, reply)
            if reply.rows is not None and last.reason is None:
                reply.rows.answer["cost_micros"] = last.known_micros
                rows.append(reply.rows)
        stored = await self.work.db(partial(self._settle, list(ended.values()), rows))
        self._count(stored)

    async def _read(self, replied: Sequence[tuple[Outcome, Unread]]) -> list[ReadReply]:
        replies = [reply for _, reply in replied]
        read = await self.reader.read(replies, {})
        if self.redirects is None:
            return read
        links = {
            link
            for (outcome, _), reply in zip(replied, read, strict=True)
            if self.redirects.apply_to(outcome.ask.model)
            for link in reply.redirects
        }
        targets = await self.redirects.targets(self.work, links)
        resolved = [number for number, reply in enumerate(read) if not reply.redirects.isdisjoint(targets)]
        if resolved:
            again = await self.reader.read([replies[number] for number in resolved], targets)
            for number, reply in zip(resolved, again, strict=True):
                read[number] = reply
        return read

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
        }


def _packed(outcome: Outcome) -> Outcome:
    """Compressed in the database's thread: compressing hands Python to other threads, and they are slow to
    return it."""
    if outcome.reply is None or outcome.kept:
        return outcome
    return replace(outcome, reply={**outcome.reply, "body": pack(outcome.reply["body"])})


def _ended(outcome: Outcome, reply: ReadReply) -> Outcome:
    """The outcome with what its reply says of cost and success."""
    if reply.usage is None:
        # Something was sent, so something may have been charged.
        paid = outcome.reserved_micros
        return replace(outcome, cost_micros=paid, reason="unreadable reply", detail=reply.detail)
    cost = _cost(outcome, reply.usage)
    known = outcome.ask.estimated_micros + outcome.advance_micros if cost is None else cost
    outcome = replace(outcome, cost_micros=known - outcome.advance_micros, known_micros=cost)
    reason = PROBLEMS.get(reply.problem or "")
    return outcome if reason is None else replace(outcome, reason=reason, detail=reply.detail)


def _cost(outcome: Outcome, usage: Usage) -> int | None:
    assert outcome.reply is not None
    return prices.cost(
        call_for(outcome.ask.model),
        outcome.ask.model,
        reported_micros=usage.reported_micros,
        litellm_micros=outcome.reply["cost_micros"],
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        searches=usage.searches_billed,
    )
