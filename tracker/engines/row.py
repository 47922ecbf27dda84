"""What a row of the table of engines says (`tracker.engines.calls`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Route = Literal["chat", "responses", "http"]
Surface = Literal["api", "consumer", "serp"]
PlacePart = Literal["country", "region", "city"]
PlaceForm = Literal["tool", "options", "extra_body", "parameters", "groq", "http"]
ANYWHERE: tuple[PlacePart, ...] = ("country", "region", "city")

MAX_TOKENS = 4_000
"""Room for one answer; litellm would otherwise send the model's maximum, and the estimate with it."""
ROOM_TO_REASON = 16_000
"""Where a model thinks first: what it thinks counts against the limit, and one recorded answer thought 3,840
tokens."""
UNCAPPED = 30
"""Searches set aside for an engine that nothing keeps from searching on: one recorded reply ran thirty."""


@dataclass(frozen=True)
class TokenPrice:
    input: float
    """Micro-dollars a token."""
    output: float


@dataclass(frozen=True)
class Call:
    pattern: str
    route: Route
    searches: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    """Environment variables that must be set; `A|B` means either."""
    sends_key: bool = True
    """False where litellm finds credentials of more than one part in the environment by itself."""
    base_variable: str | None = None
    """Environment variable of the address, where every customer has one of their own."""
    hosts: tuple[str, ...] = ()
    """Whom the key is for; `*` stands within one label. Empty: the address that litellm knows."""
    vendors: tuple[str, ...] = ()
    """How variables of the environment that name another address begin, where not as the model does."""
    search_fee_micros: int = 0
    fee_once: bool = False
    """The fee is for the answer, however many searches it took."""
    fee_only: bool = False
    """Nothing is paid for but the fee."""
    max_searches: int = 1
    cap: str | None = None
    """The option, of the request or of its search tool, that keeps one reply from searching on; without it in
    what is sent, `UNCAPPED` searches are set aside."""
    max_tokens: int = MAX_TOKENS
    price: TokenPrice | None = None
    """Where the price list has none: of the dearest model that may answer."""
    resells: bool = False
    """Tokens cost what the maker of the model takes, whose name follows in the model string."""
    rename: tuple[str, str] | None = None
    """(prefix in the catalog, prefix for litellm) where the two differ."""
    api_base: str | None = None
    adapter: str | None = None
    """For `http`: which request builder of `tracker.engines.adapters` makes it."""
    imitates: str | None = None
    """The real model as which a simulated engine is asked."""
    surface: Surface = "api"
    place: tuple[PlacePart, ...] = ()
    """What of a place its search takes."""
    place_form: PlaceForm | None = None
    home: str | None = None
    """The country whose results come where none is asked for, if that is known."""
    takes_seconds: int = 0
    """A service that reads a product off may need longer than a model."""
    source: str = ""
    """What the row was made after, where no model's own documentation says it."""

    def model(self, model: str) -> str:
        """What the engine calls the catalog's `model`, with the prefix by which litellm finds it."""
        real = self.imitates or model
        return self.rename[1] + real.removeprefix(self.rename[0]) if self.rename else real
