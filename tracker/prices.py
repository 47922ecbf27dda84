"""What an ask may cost before it is asked, and did cost after. Integer micro-dollars.

Token prices come from the map inside litellm's package, read as a file: importing litellm takes seconds, and a
plan must not.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tracker.engines import MAX_TOKENS, Call, call_for, is_sandbox

SEARCH_TEXT_TOKENS = 12_000
"""Pages that one search puts in front of the model, where the engine bills them as input."""


@dataclass(frozen=True)
class TokenPrice:
    input: float
    """Micro-dollars a token."""
    output: float


@cache
def _map() -> dict[str, dict[str, Any]]:
    spec = find_spec("litellm")
    if spec is None or not spec.submodule_search_locations:
        return {}
    path = Path(next(iter(spec.submodule_search_locations))) / "model_prices_and_context_window_backup.json"
    prices: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return prices


def token_price(model: str) -> TokenPrice | None:
    """None where the map has no such model or prices it at nothing: unknown is not free."""
    entry = _map().get(model) or _map().get(model.split("/", 1)[-1]) or {}
    given, made = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
    return TokenPrice(given * 1e6, made * 1e6) if given and made else None


def ceiling(call: Call, model: str, text: str) -> int | None:
    """The most that one ask can reasonably cost: what the budget sets aside before asking."""
    if is_sandbox(model):
        return ceiling(*_imitated(model), text)
    fees = call.search_fee_micros * call.max_searches if call.searches else 0
    if call.route == "http" and call.adapter in {"serpapi", "dataforseo", "exa"}:
        return fees
    price = token_price(call.model(model)) or token_price(model)
    if price is None:
        return None
    searches = call.max_searches if call.searches else 0
    read = len(text) / 3 + 500 + SEARCH_TEXT_TOKENS * searches
    return math.ceil(price.input * read + price.output * MAX_TOKENS) + fees


def cost(
    call: Call,
    model: str,
    *,
    reported_micros: int | None,
    litellm_micros: int | None,
    input_tokens: int | None,
    output_tokens: int | None,
    searches: int | None,
) -> int | None:
    """What an answered ask cost, from the most trustworthy figure there is: the engine's own, then tokens and
    searches at known prices, then litellm's. A zero with tokens used is an unknown, and unknown is None."""
    if reported_micros is not None:
        return reported_micros
    if is_sandbox(model):
        call, model = _imitated(model)
    price = token_price(call.model(model)) or token_price(model)
    if price and input_tokens is not None and output_tokens is not None:
        fees = call.search_fee_micros * (1 if searches is None else searches) if call.searches else 0
        return math.ceil(price.input * input_tokens + price.output * output_tokens) + fees
    return litellm_micros or None


def _imitated(model: str) -> tuple[Call, str]:
    """A simulated engine costs what the one it imitates would."""
    from tracker.sandbox import ENGINES

    real = ENGINES[model].litellm_model if model in ENGINES else "openai/gpt-5-search-api"
    return call_for(real), real
