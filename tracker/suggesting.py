"""Questions that a model of the user's suggests: what it is asked, what that costs, what of its reply counts.

It is asked without a search, once, for an amount that was told before; the money is booked as spent of the
workspace's month before the request leaves, so that nobody counts on it too, and what it did not cost is
given back. A suggestion is a pasted line: the catalog's own rules say what may become a question.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine as Database

from tracker import starter, store
from tracker.answers.rows import read_body
from tracker.catalog import Catalog, pasted
from tracker.catalog.lines import Row
from tracker.catalog.pasted import Pasted
from tracker.engines import prices
from tracker.engines.ask import Question, ask
from tracker.engines.calls import missing_keys, plain_call
from tracker.engines.failures import PROBLEMS, AskFailed
from tracker.engines.simulated import JUDGE, is_sandbox
from tracker.errors import CiteliftError, DataError, UsageError
from tracker.mentions import BrandNames, Finder
from tracker.mentions.asked import named_in
from tracker.run import jobs, money
from tracker.run.money import Account
from tracker.run.plan import UNPRICED_MICROS
from tracker.settings import Settings

MOST, LONGEST = 100, 300
KNOWN_TOLD = 60
"""So many questions are told to the model, that it may suggest others."""
_REQUEST = """\
Write questions that people ask an AI assistant when they look for a product or service, as they would type
them. They are asked to find out which companies the assistant names by itself.
Topic: {topic}
How many: {count}
Language: {language}{country}
Rules: each question stands alone and asks for a recommendation, a comparison or a choice; vary who asks, what
for, budget, size and doubts; name no company, product or website; none of these again:
{known}
Reply with JSON alone: {{"questions": ["…", "…"]}}
"""


@dataclass(frozen=True)
class Wish:
    """What is wanted, and of whom."""

    model: str
    topic: str
    count: int = 20
    language: str | None = None
    country: str | None = None
    options: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Suggested:
    """What came of it."""

    found: Pasted
    named: int
    """Left out, since they name a tracked brand: what answers say of it was put in their mouths."""
    cost_micros: int
    served_model: str | None


def models(catalog: Catalog | None) -> list[str]:
    """Models that can be asked for their own words: the catalog's, then those that come with citelift."""
    mine = [] if catalog is None else [entry.model for entry in catalog.engines]
    judge = [catalog.judge.model] if catalog and catalog.judge else []
    shipped = [str(row["model"]) for row in starter.known_engines().values()]
    simulated = [JUDGE] if mine and all(map(is_sandbox, mine)) else []
    known = dict.fromkeys([*judge, *simulated, *mine, *shipped])
    return [
        model for model in known if model == JUDGE or not (is_sandbox(model) or plain_call(model) is None)
    ]


def request(wish: Wish, known: Sequence[Row]) -> str:
    if not wish.topic.strip():
        raise UsageError("a model needs a topic to ask about", "give one, like CRM software")
    if not 1 <= wish.count <= MOST:
        raise UsageError(f"{wish.count} questions cannot be asked for at once", f"ask for 1 to {MOST}")
    told = "\n".join(f"- {' '.join(str(row.get('text', '')).split())}" for row in known[-KNOWN_TOLD:])
    return _REQUEST.format(
        topic=" ".join(wish.topic.split()),
        count=wish.count,
        language=wish.language or "that of the topic",
        country=f"\nThey are asked in: {wish.country}" if wish.country else "",
        known=told or "- (none yet)",
    )


def ceiling(wish: Wish, known: Sequence[Row]) -> int:
    """The most that it can cost; what no price list knows is counted dearly."""
    call = plain_call(wish.model)
    if call is None:
        raise UsageError(f"{wish.model} cannot be asked without a search", "take another model")
    if is_sandbox(wish.model):
        return 0
    most = prices.ceiling(call, wish.model, request(wish, known), wish.options)
    return UNPRICED_MICROS if most is None else most


def suggest(
    database: Database,
    workspace_id: int,
    catalog: Catalog,
    wish: Wish,
    known: Sequence[Row],
    settings: Settings,
) -> Suggested:
    """Ask once. Refused before anything is sent: a key that is not set, a month without the money."""
    if missing := missing_keys(wish.model):
        raise UsageError(f"no key for {wish.model}", f"set {' and '.join(missing)} where citelift runs")
    most, now = ceiling(wish, known), datetime.now(UTC)
    account = _account(workspace_id, settings, now)
    _book(database, account, most, now)
    paid = most
    try:
        with jobs.sandbox_for(catalog, models=[wish.model]) as url:
            question = Question(
                request(wish, known),
                wish.model,
                wish.options or {},
                timeout=settings.timeout_seconds,
                api_base=url,
                search=False,
            )
            reply = asyncio.run(ask(question))
        reading = read_body(reply.body)
        call, usage = plain_call(wish.model), reading.usage
        assert call is not None
        cost = prices.cost(
            call,
            wish.model,
            reported_micros=usage.reported_micros,
            litellm_micros=reply.litellm_micros,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            searches=0,
        )
        paid = 0 if is_sandbox(wish.model) else most if cost is None else cost
        if problem := PROBLEMS.get(reading.problem or ""):
            raise CiteliftError(
                f"{wish.model} gave no suggestions: {problem}", "ask again, or take another model"
            )
        found, named = counted(reading.text, wish, known, catalog)
        return Suggested(found, named, paid, reading.engine_model)
    except AskFailed as failure:
        paid = most if failure.maybe_paid else 0
        raise CiteliftError(
            f"{wish.model}: {failure.reason}: {failure.detail}", "nothing was added"
        ) from None
    finally:
        if paid != most:
            with store.writing(database) as session:
                money.book(session, account, spent=paid - most)


def _account(workspace_id: int, settings: Settings, now: datetime) -> Account:
    """The month's ledger of what is asked outside runs; the judge's own budget is not this one's."""
    month = jobs.Limits.of(settings).month_budget_micros
    account = money.of_judge(workspace_id, now.date().replace(day=1), 0, month)
    return replace(account, budget=None)


def _book(database: Database, account: Account, most: int, now: datetime) -> None:
    with store.writing(database) as session:
        money.lock(session, account)
        left = money.left(session, account, now)
        if left is not None and left < most:
            raise UsageError(
                f"the month's budget has {left / 1e6:.4f} USD left, and this may cost {most / 1e6:.4f}",
                "raise CITELIFT_MONTH_BUDGET_USD, ask for fewer, or take a cheaper model",
            )
        money.book(session, account, spent=most)


def counted(text: str, wish: Wish, known: Sequence[Row], catalog: Catalog) -> tuple[Pasted, int]:
    """What of a reply may become questions, and how many were left out for naming a brand."""
    questions = _questions(text)[: wish.count]
    brands = [
        BrandNames(i, b.name, b.aliases, b.not_phrases, b.domains, b.exact)
        for i, b in enumerate(catalog.brands)
    ]
    finder = Finder(brands)
    fair = [each for each in questions if not named_in(each, finder, brands)]
    table = io.StringIO()
    rows = csv.writer(table, delimiter="\t")
    more = {"language": wish.language, "country": wish.country}
    heads = {name: value for name, value in more.items() if value}
    rows.writerow(["text", *heads])
    rows.writerows([[each, *heads.values()] for each in fair])
    return pasted.read(table.getvalue(), known, wish.topic), len(questions) - len(fair)


def _questions(text: str) -> list[str]:
    start, end = text.find("{"), text.rfind("}")
    try:
        said = json.loads(text[start : end + 1])["questions"] if start >= 0 else None
    except (ValueError, KeyError, TypeError, RecursionError):
        said = None
    if not isinstance(said, list):
        raise DataError("the model's reply is no list of questions", "ask again, or take another model")
    lines = (" ".join(each.split()) for each in said if isinstance(each, str))
    return [line for line in lines if 3 <= len(line) <= LONGEST]
