"""What an ask may cost before it is asked, and did cost after. Integer micro-dollars.

Token prices come from the map inside litellm's package, read as a file: importing litellm takes seconds, and
a plan must not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tracker.engines.row import UNCAPPED, Call, TokenPrice

USUAL_SEARCHES = 3
"""Most recorded replies took one to three."""
SEARCH_TEXT_TOKENS = 12_000
"""Pages that one search puts in front of the model, where the engine bills them as input."""


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
    entry = listed(model)
    asking, answering = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
    return TokenPrice(asking * 1e6, answering * 1e6) if asking and answering else None


def _price(call: Call, model: str) -> TokenPrice | None:
    known = token_price(call.model(model)) or token_price(call.imitates or model)
    if known is None and call.resells:
        known = token_price((call.imitates or model).rpartition("/")[2])
    return known or call.price


def listed(model: str) -> Mapping[str, Any]:
    """What the price list says of a model; empty where it does not know it."""
    return _map().get(model) or _map().get(model.split("/", 1)[-1]) or {}


def ceiling(
    call: Call, model: str, text: str, options: Mapping[str, Any] | None = None, *, most: int | None = None
) -> int | None:
    """The most that one ask can cost: what the budget sets aside before asking. `most` searches are counted
    where the usual cost is wanted."""
    asked = {**call.options, **(options or {})}
    searches = _searches(call, asked) if call.searches else 0
    searches = searches if most is None else min(searches, most)
    fees = call.search_fee_micros * (1 if call.fee_once else searches) if call.searches else 0
    if call.fee_only:
        return fees
    price = _price(call, model)
    if price is None:
        return None
    # Bytes, not characters: what is no Latin script takes more tokens a character.
    read = len(text.encode("utf-8", "surrogatepass")) / 3 + 500 + SEARCH_TEXT_TOKENS * searches
    return math.ceil(price.input * read + price.output * _room(call, asked)) + fees


def _searches(call: Call, options: Mapping[str, Any]) -> int:
    """How many searches one ask may run: what is sent allows so many, or nothing keeps it from more."""
    limits = list(_limits(call, options))
    if limits:
        return sum(limits)
    return call.max_searches if call.cap is None else UNCAPPED


def _limits(call: Call, options: Mapping[str, Any]) -> Iterator[int]:
    tools = options.get("tools")
    places = [options, options.get("extra_body"), *(tools if isinstance(tools, list) else [])]
    for place in places:
        for name in {call.cap, "max_uses"} - {None} if isinstance(place, Mapping) else ():
            limit = place.get(name)
            if isinstance(limit, int) and not isinstance(limit, bool):
                yield limit


def _room(call: Call, options: Mapping[str, Any]) -> int:
    """Tokens that the answer may take, and what the model thinks before it."""
    limits = (options.get(name) for name in ("max_output_tokens", "max_completion_tokens", "max_tokens"))
    return next((n for n in limits if isinstance(n, int)), call.max_tokens)


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
