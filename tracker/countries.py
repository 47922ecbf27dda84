"""Countries as people and exports write them → ISO 3166-1, two letters."""

from __future__ import annotations

from functools import cache
from importlib import resources

from tracker.shipped import words_of

_NOT_ISO = {"UK": "GB", "EL": "GR"}


@cache
def codes() -> frozenset[str]:
    table = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    return frozenset(line[:2] for line in table.splitlines() if line and not line.startswith("#"))


@cache
def _named() -> dict[str, str]:
    return {name: code for code, names in words_of("tracker", "countries.yaml").items() for name in names}


def country(text: str) -> str | None:
    """None for what is no country's code or name; a locale like `en-US` says its country too."""
    word = " ".join(text.replace("’", "'").split())
    letters = word.upper()
    letters = _NOT_ISO.get(letters, letters)
    if letters in codes():
        return letters
    if len(word) == 5 and word[2] in "-_" and letters[3:] in codes():
        return letters[3:]
    return _named().get(word.casefold())
