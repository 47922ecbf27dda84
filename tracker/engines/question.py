"""One planned ask, as it goes to an engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PLACE_OPTIONS = ("country", "region", "city")
"""Options of an engine's row that say from where it is asked: they go where the engine takes them."""
OURS = (*PLACE_OPTIONS, "api_base")


@dataclass(frozen=True)
class Place:
    country: str | None = None
    """Two letters, capitals."""
    region: str | None = None
    city: str | None = None

    def parts(self) -> dict[str, str]:
        return {name: value for name in PLACE_OPTIONS if (value := getattr(self, name))}


@dataclass(frozen=True)
class Question:
    text: str
    model: str
    options: Mapping[str, Any] = field(default_factory=dict)
    country: str | None = None
    language: str | None = None
    timeout: float = 180
    api_base: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent to the sandbox only: which ask this is, and for which simulated date."""
    search: bool = True
    """False: the model's own words are wanted, and it is asked without any search."""

    @property
    def place(self) -> Place:
        """A prompt's country goes before the engine's."""
        return place_of(self.options, self.country)

    @property
    def own_options(self) -> dict[str, Any]:
        """Those that the engine itself is given."""
        return {name: value for name, value in self.options.items() if name not in OURS}


def place_of(options: Mapping[str, Any], country: str | None = None) -> Place:
    country = country or _text(options.get("country"))
    other = country is not None and country.upper() != (_text(options.get("country")) or country).upper()
    region, city = (None, None) if other else (_text(options.get("region")), _text(options.get("city")))
    return Place(country.upper() if country else None, region, city)


def _text(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) and value.strip() else None
