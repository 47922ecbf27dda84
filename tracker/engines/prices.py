"""What an ask may cost before it is asked, and did cost after. Integer micro-dollars.

Token prices come from the map inside litellm's package, read as a file: importing litellm takes seconds, and
a plan must not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tracker.engines.calls import MAX_TOKENS, Call

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


@cache
def token_price(model: str) -> TokenPrice | None:
    """None where the map has no such model or prices it at nothing: unknown is not free."""
    entry = _map().get(model) or _map().get(model.split("/", 1)[-1]) or {}
    asking, answering = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
    return TokenPrice(asking * 1e6, answering * 1e6) if asking and answering else None


def _price(call: Call, model: str) -> TokenPrice | None:
    return token_price(call.model(model)) or token_price(call.imitates or model)


def ceiling(call: Call, model: str, text: str, options: Mapping[str, Any] | None = None) -> int | None:
    """The most that one ask can reasonably cost: what the budget sets aside before asking."""
    asked = {**call.options, **(options or {})}
    searches = _searches(call, asked) if call.searches else 0
    fees = call.search_fee_micros * (1 if call.fee_once else searches) if call.searches else 0
    if call.route == "http" and call.adapter in {"serpapi", "dataforseo", "exa"}:
        return fees
    price = _price(call, model)
    if price is None:
        return None
    # Bytes, not characters: what is no Latin script takes more tokens a character.
    read = len(text.encode("utf-8", "surrogatepass")) / 3 + 500 + SEARCH_TEXT_TOKENS * searches
    return math.ceil(price.input * read + price.output * _room(asked)) + fees


def _searches(call: Call, options: Mapping[str, Any]) -> int:
    """How many searches one ask may run: what its tool allows, else what the engine usually takes at most."""
    tools = options.get("tools")
    limits = (
        [tool.get("max_uses") for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
    )
    return max((n for n in limits if isinstance(n, int)), default=call.max_searches)


def _room(options: Mapping[str, Any]) -> int:
    """Tokens that the answer may take."""
    limits = (options.get(name) for name in ("max_output_tokens", "max_completion_tokens", "max_tokens"))
    return next((n for n in limits if isinstance(n, int)), MAX_TOKENS)


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
    price = _price(call, model)
    if price and input_tokens is not None and output_tokens is not None:
        count = 1 if searches is None else min(searches, 1) if call.fee_once else searches
        fees = call.search_fee_micros * count if call.searches else 0
        return math.ceil(price.input * input_tokens + price.output * output_tokens) + fees
    return litellm_micros or None
