"""Which of the links that our own looks found an export knows."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.frames.linked import known_to_exports

LOOK, BOTH, EXPORT, EDGE = "own look", "ahrefs, own look", "ahrefs", "web graph"


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], (0, 0)),
        ([(1, 7, 0, EXPORT)], (0, 0)),
        ([(1, 7, 0, LOOK), (2, 7, 1, BOTH)], (2, 1)),
        # The same page and brand under another address of the brand.
        ([(1, 7, 0, LOOK), (1, 7, 0, EXPORT)], (1, 1)),
        # An export of whole domains says nothing of pages, and knows them all.
        ([(1, 7, 0, LOOK), (None, 7, 0, EXPORT), (2, 8, 0, LOOK)], (2, 1)),
        # Another brand, and the web graph, are no knowledge of it.
        ([(1, 7, 0, LOOK), (1, 7, 1, EXPORT), (None, 7, 0, EDGE)], (1, 0)),
    ],
)
def test_links_found_by_looks_are_known_by_page_or_by_domain(
    rows: list[tuple[int | None, int, int, str]], found: tuple[int, int]
) -> None:
    table = pd.DataFrame(rows, columns=["page", "source_id", "brand", "vendors"])
    table["page"] = table["page"].astype("Int64")
    assert known_to_exports(table) == found
