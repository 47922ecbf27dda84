"""ISO 3166-1: two letters → the number and the English name by which some services know a country."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Country:
    number: int
    name: str


@cache
def _by_letters() -> dict[str, Country]:
    with Path(__file__).with_name("countries.csv").open(encoding="utf-8", newline="") as file:
        return {row["letters"]: Country(int(row["number"]), row["name"]) for row in csv.DictReader(file)}


def country(letters: str) -> Country | None:
    """None for letters that are no country's."""
    return _by_letters().get(letters.upper())


def letters(number: int) -> str | None:
    """The way back from a number."""
    return next((code for code, known in _by_letters().items() if known.number == number), None)
