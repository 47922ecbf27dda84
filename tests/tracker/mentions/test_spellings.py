"""Names as people and models spell them, in many languages and kinds of markup."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tracker.mentions import BrandNames, Finder
from tracker.mentions.spellings import spellings

CASES = yaml.safe_load((Path(__file__).parent / "spelled.yaml").read_text("utf-8"))


def tracked(spec: str) -> list[BrandNames]:
    found = []
    for key, one in enumerate(spec.split(";")):
        names, _, phrases = one.partition("!")
        name, *aliases = names.split("|")
        found.append(BrandNames(key, name, tuple(aliases), tuple(filter(None, phrases.split(",")))))
    return found


@pytest.mark.parametrize(("text", "spec", "named"), CASES)
def test_a_brand_is_named_where_a_reader_finds_it_named(text: str, spec: str, named: list[str]) -> None:
    brands = tracked(spec)
    names = {brand.key: brand.name for brand in brands}
    assert sorted(names[mention.key] for mention in Finder(brands).mentions(text)) == sorted(named)


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("Norvane", set()),
        ("Coca-Cola", {"coca cola", "cocacola"}),
        ("Yahoo!", {"yahoo"}),
        ("Grünfeld", {"gruenfeld"}),
        ("HubSpot", {"hub spot", "hub-spot"}),
        ("Work Day", {"work-day"}),
        ("McDonald's", {"mcdonalds", "mc donalds", "mc-donalds"}),
    ],
)
def test_a_name_has_few_other_spellings(name: str, others: set[str]) -> None:
    first, *rest = spellings(name)
    assert first.written == name
    assert {one.folded for one in rest if not one.cut and not one.umlaut} == others


def test_a_compound_is_marked_and_counts() -> None:
    (span,) = Finder([BrandNames(1, "Lidl")]).spans("Die Lidlfilialen sind für alle da.")
    assert (span.text, span.standing) == ("Lidl", "compound")
    (span,) = Finder([BrandNames(1, "Сбер")]).spans("Я был в Сбере.")
    assert (span.text, span.standing) == ("Сбер", "inflected")


def test_what_a_catalog_says_outranks_another_brands_other_spelling() -> None:
    finder = Finder([BrandNames(1, "Face Forge"), BrandNames(2, "FaceForge")])
    assert [(span.key, span.text) for span in finder.spans("FaceForge, Face Forge")] == [
        (2, "FaceForge"),
        (1, "Face Forge"),
    ]
