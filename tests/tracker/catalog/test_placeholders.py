"""An example that was left in a catalog is told; names of real brands that look a little like one are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shared import ROOT
from tests.tracker.catalog.test_files import BRANDS, PROMPTS, write
from tracker import catalog


@pytest.mark.parametrize(
    ("brands", "prompts", "engines", "told"),
    [
        ("  - name: A Rival\n    domains: [rival-one.com]\n", "", "", ["`A Rival`", "`rival-one.com`"]),
        ("  - name: Your Brand\n", "", "", ["`Your Brand`"]),
        ("  - name: Competitor 2\n", "", "", ["`Competitor 2`"]),
        ("  - name: X\n    aliases: [Another Spelling]\n", "", "", ["`Another Spelling`"]),
        ("  - name: X\n    domains: [shop.example.com]\n", "", "", ["`shop.example.com`"]),
        ("  - name: X\n    domains: [x.example]\n", "", "", ["`x.example`"]),
        ("", "  - text: What is the best … for a small company?\n", "", ["a gap: …"]),
        ("", "  - text: What is the best [product]?\n", "", ["a gap: [product]"]),
        ("", "  - text: Which {thing} is best?\n", "", ["a gap: {thing}"]),
        ("", "", "  - {name: a, model: azure/your-deployment}\n", ["`azure/your-deployment`"]),
        ("  - name: Rivalry\n    domains: [rivalry.com]\n", "", "", []),
        ("  - name: Other Half Brewing\n    domains: [otherhalfbrewing.com]\n", "", "", []),
        ("  - name: Brandwatch\n    domains: [brandwatch.com]\n", "", "", []),
        ("  - name: X\n    domains: [myexample.com, x.test]\n", "", "", []),
        ("", "  - text: So… which CRM, then?\n", "", []),
        ("", "  - text: How is a list [1, 2] sorted in Python?\n", "", []),
        ("", "  - text: How do I centre a <div> in CSS?\n", "", []),
        ("", "  - text: Which <your product> is best?\n", "", ["a gap: <your product>"]),
    ],
)
def test_an_example_is_told_by_its_line(
    tmp_path: Path, brands: str, prompts: str, engines: str, told: list[str]
) -> None:
    engines = "engines:\n" + (engines or "  - {name: p, model: perplexity/sonar}\n")
    problems = list(
        catalog.placeholders(catalog.load(write(tmp_path, BRANDS + brands, PROMPTS + prompts, engines)))
    )
    assert len(problems) == len(told)
    for problem, words in zip(problems, told, strict=True):
        assert words in problem.problem
        assert problem.id.endswith(".placeholder")
        assert ".yaml:" in problem.where


def test_the_demos_own_catalog_holds_no_example() -> None:
    assert list(catalog.placeholders(catalog.load(ROOT / "prompts"))) == []
