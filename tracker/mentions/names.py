"""The names of a brand: what a catalog gives, how a brand's row keeps it, and what a finder takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tracker.errors import CatalogError
from tracker.mentions.folding import fold_name
from tracker.mentions.phrases import forms


@dataclass(frozen=True, slots=True)
class BrandNames:
    """`exact` holds those of the name and aliases that count only as they are written, and then anywhere."""

    key: int
    name: str
    aliases: tuple[str, ...] = ()
    not_phrases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()


def stored_aliases(name: str, aliases: Iterable[str], exact: Iterable[str]) -> list[Any]:
    """Aliases for a brand's row: a string, or `{name, case}` as in the catalog; the name itself only where
    exact."""
    wanted = set(exact)
    every = [*([name] if name in wanted else []), *aliases]
    return [{"name": one, "case": "exact"} if one in wanted else one for one in every]


def of_row(
    key: int, name: str, aliases: Iterable[Any], not_phrases: Iterable[str], domains: Iterable[str]
) -> BrandNames:
    """The names that a brand's row holds."""
    exact = tuple(one["name"] for one in aliases or () if isinstance(one, dict))
    plain = (one["name"] if isinstance(one, dict) else one for one in aliases or ())
    return BrandNames(
        key,
        name,
        tuple(one for one in plain if one != name),
        tuple(not_phrases or ()),
        tuple(domains or ()),
        exact,
    )


def check_names(brand: BrandNames) -> None:
    """Refuse what could never be found: a name without a letter, or one that its `not` phrases silence."""
    names = [folded_name(brand, name, "name") for name in (brand.name, *brand.aliases)]
    silenced = phrases_of(brand)
    if all(name in silenced for name in names):
        raise CatalogError(
            f"the `not` phrases of {brand.name!r} silence the brand altogether",
            f"a phrase must say more than the name, like `not: [{brand.name.lower()} river]`; "
            "`case: exact` keeps a name to one spelling",
        )


def phrases_of(brand: BrandNames) -> set[str]:
    """Its `not` phrases, folded, in every form in which they are written."""
    return {
        form
        for phrase in brand.not_phrases
        for form in forms(folded_name(brand, phrase, "phrase under `not`"))
    }


def folded_name(brand: BrandNames, spelling: str, what: str) -> str:
    folded = fold_name(spelling)
    if not any(c.isalnum() or ord(c) > 0x7F for c in folded) or "\0" in spelling:
        raise CatalogError(
            f"the brand {brand.name!r} has a {what} without a letter or digit: {spelling!r}",
            "remove it or write it out",
        )
    return folded
