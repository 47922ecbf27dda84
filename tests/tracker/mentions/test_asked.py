"""A question names brands by name and by site."""

from __future__ import annotations

import pytest

from tracker.mentions import BrandNames, Finder
from tracker.mentions.asked import named_in

BRANDS = [
    BrandNames(1, "Target", domains=("target.com",)),
    BrandNames(2, "Norvane", domains=("norvane.com", "blog.norvane.io")),
    BrandNames(3, "Monday", ("monday.com",), domains=("monday.com",)),
]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("How do I reach my target audience?", set()),
        ("Is Target cheaper than Norvane?", {1, 2}),
        ("is norvane good?", {2}),
        ("is norvane.com any good?", {2}),
        ("Is www.norvane.com/pricing?x=1 cheap?", {2}),
        ("Is https://shop.norvane.com. real?", {2}),
        ("what does blog.norvane.io say, and norvane.io?", {2}),
        ("what is notnorvane.com or norvane.com.evil.example?", set()),
        ("monday.com reviews", {3}),
        ("what opens on monday?", set()),
        ("See e.g. this. And that...", set()),
    ],
)
def test_a_question_names_a_brand_by_its_name_or_its_site(text: str, named: set[int]) -> None:
    assert named_in(text, Finder(BRANDS), BRANDS) == named
