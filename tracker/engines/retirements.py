"""When a model stops answering, as its maker announced it; seen on 26 November 2026."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase

from tracker.engines.prices import listed
from tracker.engines.simulated import is_sandbox

SOON = timedelta(days=90)
"""A warning that comes earlier is forgotten again."""


@dataclass(frozen=True)
class Retirement:
    pattern: str
    ends: date
    successor: str | None = None


# The makers' pages of deprecations: developers.openai.com, docs.perplexity.ai, docs.anthropic.com.
_ANNOUNCED = (
    Retirement("openai/gpt-4o*-search-preview*", date(2026, 7, 23), "openai/gpt-5-search-api"),
    Retirement("openai/gpt-5-search-api*", date.max),
    Retirement("openai/gpt-5-mini*", date(2026, 12, 11), "openai/gpt-6-luna"),
    Retirement("openai/gpt-5-nano*", date(2026, 12, 11), "openai/gpt-6-luna"),
    Retirement("openai/gpt-5-pro*", date(2026, 12, 11), "openai/gpt-6.1-sol"),
    Retirement("openai/gpt-5", date(2026, 12, 11), "openai/gpt-6.1-sol"),
    Retirement("openai/gpt-5-2025*", date(2026, 12, 11), "openai/gpt-6.1-sol"),
    Retirement("openai/o3*", date(2026, 12, 11), "openai/gpt-6.1-sol"),
    Retirement("openai/gpt-4o*", date(2027, 1, 14), "openai/gpt-6-luna"),
    Retirement("openai/gpt-4.1*", date(2027, 1, 14), "openai/gpt-6-luna"),
    Retirement("openai/gpt-5.1*", date(2027, 4, 1)),
    Retirement("openai/gpt-4*", date(2026, 10, 23), "openai/gpt-6-luna"),
    Retirement("openai/o1*", date(2026, 10, 23), "openai/gpt-6.1-sol"),
    Retirement("openai/o4-mini*", date(2026, 10, 23), "openai/gpt-6-luna"),
    Retirement("perplexity/sonar*", date(2026, 9, 27), "perplexity/perplexity/sonar, the Agent API"),
    Retirement("anthropic/claude-sonnet-4-5*", date(2026, 11, 30), "anthropic/claude-sonnet-5-5"),
)


def retirement(model: str) -> Retirement | None:
    """The end of a model that is asked at its maker; the price list's word where nothing else is known."""
    if is_sandbox(model):
        return None
    for known in _ANNOUNCED:
        if fnmatchcase(model, known.pattern):
            return None if known.ends == date.max else known
    try:
        return Retirement(model, date.fromisoformat(str(listed(model).get("deprecation_date"))))
    except ValueError:
        return None


def is_soon(known: Retirement, today: date) -> bool:
    return known.ends - today <= SOON
