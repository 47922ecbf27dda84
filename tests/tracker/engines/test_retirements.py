"""Ends of models, and what `check` says of them, of surfaces and of models that no service has."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.catalog.test_files import write
from tracker import catalog, health, settings
from tracker.catalog import inspect
from tracker.engines.retirements import is_soon, retirement


@pytest.mark.parametrize(
    ("model", "ends", "successor"),
    [
        ("openai/gpt-5-mini", date(2026, 12, 11), "openai/gpt-6-luna"),
        ("openai/gpt-5", date(2026, 12, 11), "openai/gpt-6.1-sol"),
        ("openai/gpt-4o-mini", date(2027, 1, 14), "openai/gpt-6-luna"),
        ("openai/gpt-4o-search-preview", date(2026, 7, 23), "openai/gpt-5-search-api"),
        ("perplexity/sonar-pro", date(2026, 9, 27), "perplexity/perplexity/sonar, the Agent API"),
        ("azure/gpt-4.1-mini", date(2027, 4, 14), None),
        ("openai/gpt-6-luna", None, None),
        ("openai/gpt-5-search-api", None, None),
        ("openai/gpt-5.6-luna", None, None),
        ("perplexity/perplexity/sonar", None, None),
        ("sandbox/judge", None, None),
    ],
)
def test_the_end_of_a_model_is_known(model: str, ends: date | None, successor: str | None) -> None:
    known = retirement(model)
    assert (known.ends if known else None, known.successor if known else None) == (ends, successor)


def test_a_warning_comes_within_ninety_days_and_after() -> None:
    known = retirement("openai/gpt-5-mini")
    assert known is not None
    days = [date(2026, 9, 11), date(2026, 9, 12), date(2026, 12, 11), date(2027, 5, 1)]
    assert [is_soon(known, day) for day in days] == [False, True, True, True]


def report(tmp_path: Path, engines: str) -> health.Report:
    write(tmp_path, engines=engines)
    return health.check(settings.load(catalog=tmp_path, database_url=f"sqlite:///{tmp_path}/c.db"))


def test_check_warns_of_an_engine_and_a_judge_that_end(tmp_path: Path) -> None:
    engines = (
        "engines:\n  - name: a\n    model: perplexity/sonar\n    budget_usd: 1\n"
        "judge:\n  model: openai/gpt-4o-search-preview\n  budget_usd: 1\n"
    ).replace("openai/gpt-4o-search-preview", "anthropic/claude-sonnet-4-5")
    ended = {
        one.where: one.problem for one in report(tmp_path, engines).problems if one.id == "engine.retired"
    }
    assert ended["a"] == "perplexity/sonar ended on 27 September 2026"
    assert ended["judge"].startswith("anthropic/claude-sonnet-4-5 end")
    assert ended["judge"].endswith("on 30 November 2026")


@pytest.mark.parametrize(
    ("model", "hint"),
    [("dataforseo/chat_gpt/scraper", "dataforseo/chat_gpt/llm_scraper"), ("cloro/claude", "cloro/chatgpt")],
)
def test_check_refuses_what_a_service_does_not_have(tmp_path: Path, model: str, hint: str) -> None:
    write(tmp_path, engines=f"engines:\n  - name: a\n    model: {model}\n")
    _, problems = inspect(tmp_path)
    (problem,) = [one for one in problems if one.id == "catalog.model"]
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("line", "surface", "doubts"),
    [("", "consumer", []), ("    surface: api\n", "api", ["engine.surface"])],
)
def test_a_surface_goes_without_saying(tmp_path: Path, line: str, surface: str, doubts: list[Any]) -> None:
    engines = f"engines:\n  - name: a\n    model: cloro/chatgpt\n    budget_usd: 1\n{line}"
    seen = report(tmp_path, engines)
    (entry,) = catalog.load(tmp_path).engines
    assert entry.surface == surface
    assert [one.id for one in seen.problems if one.id == "engine.surface"] == doubts
