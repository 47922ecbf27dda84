"""One planned ask, as it goes to an engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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
