"""What is to be found nowhere: names and domains, however they are written; masked at their own length."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

MASK = "█"
_SHORT = 5
"""Letters below which a name is only looked for as a word: `Go` is no part of `Google`."""
_BETWEEN = r"(?:[\s\-_+.]|%20)*"


class Words:
    """Offsets into a masked text stay right: a mask is as long as what stood there."""

    def __init__(self, terms: Iterable[str]) -> None:
        self.terms = sorted({" ".join(term.split()) for term in terms if term.strip()}, key=len, reverse=True)
        self._plain = re.compile("|".join(map(_written, self.terms)), re.IGNORECASE)
        escaped = [term for term in self.terms if not term.isascii()]
        self._escaped = {json.dumps(term)[1:-1]: len(term) for term in escaped}

    def are_in(self, value: Any) -> bool:
        """A text, or what JSON has; bytes are texts that zlib packed, as all that is stored in bytes."""
        return value is not None and self.masked(value) != value

    def masked(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._masked(value)
        if isinstance(value, bytes):
            return self._repacked(value)
        if isinstance(value, Mapping):
            return {self.masked(name): self.masked(inner) for name, inner in value.items()}
        return [self.masked(inner) for inner in value] if isinstance(value, list) else value

    def _masked(self, text: str) -> str:
        for written, length in self._escaped.items():
            text = re.sub(re.escape(written), MASK * length, text, flags=re.IGNORECASE)
        return self._plain.sub(lambda found: MASK * len(found[0]), text)

    def _repacked(self, packed: bytes) -> bytes:
        try:
            text = zlib.decompress(packed).decode("utf-8", "surrogateescape")
        except zlib.error:
            return packed
        masked = self._masked(text)
        return packed if masked == text else zlib.compress(masked.encode("utf-8", "surrogateescape"), 3)


def _written(term: str) -> str:
    pattern = _BETWEEN.join(map(re.escape, term.split()))
    return rf"(?<!\w){pattern}(?!\w)" if len(term) < _SHORT else pattern
