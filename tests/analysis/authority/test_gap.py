"""Who links to rivals and not to the own brand, by hand, by sets, and past what networkx may hold."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.authority.gap import link_gap
from analysis.authority.graph import MOST_EDGES
from analysis.authority.ranks import Graph

WEB = Graph.from_pairs(
    [
        ("news.com", "own.com"),
        ("news.com", "rival.com"),
        ("blog.com", "rival.com"),
        ("blog.com", "other.com"),
        ("forum.com", "other.com"),
        ("forum.com", "news.com"),
        ("rival.com", "other.com"),
    ]
)
BOTH = {"Rival": ["rival.com"], "Other": ["other.com"]}


@pytest.mark.parametrize(
    ("own", "rivals", "smallest", "found"),
    [
        (["own.com"], BOTH, 1, [("blog.com", ("Other", "Rival"), 2), ("forum.com", ("Other",), 1)]),
        (["own.com", "forum.com"], {"Rival": ["rival.com"]}, 1, [("blog.com", ("Rival",), 1)]),
        (
            ["own.com"],
            {"R": ["rival.com", "other.com"]},
            1,
            [("blog.com", ("R",), 2), ("forum.com", ("R",), 1)],
        ),
        (["own.com"], BOTH, 2, [("blog.com", ("Other", "Rival"), 2)]),
        (["own.com"], {"New": ["new.com"]}, 1, []),
        (
            ["nowhere.com"],
            {"Rival": ["rival.com"]},
            1,
            [("blog.com", ("Rival",), 1), ("news.com", ("Rival",), 1)],
        ),
    ],
)
def test_the_gap_by_hand(own: list[str], rivals: dict[str, list[str]], smallest: int, found: object) -> None:
    gaps = link_gap(WEB, own, rivals, smallest=smallest)
    assert [(gap.source, gap.rivals, gap.links) for gap in gaps.page()] == found
    assert len(gaps) == len(gaps.page())


def test_a_gap_past_what_networkx_may_hold_is_paged_through_and_is_what_sets_say() -> None:
    rng = np.random.default_rng(7)
    sources = MOST_EDGES + 50_000
    to_rival = np.arange(sources)
    to_own = rng.choice(sources, 20_000, replace=False)
    own, rival = sources, sources + 1
    graph = Graph.from_edges(
        np.concatenate([to_rival, to_own]),
        np.concatenate([np.full(sources, rival), np.full(len(to_own), own)]),
        [*(f"s{n:06}.com" for n in range(sources)), "own.com", "rival.com"],
    )
    gaps = link_gap(graph, ["own.com"], {"Rival": ["rival.com"]})
    wanted = [f"s{n:06}.com" for n in sorted(set(range(sources)) - set(to_own.tolist()))]
    assert len(gaps) == len(wanted) == sources - 20_000
    for skip in (0, 100_000, sources - 20_000 - 3):
        assert [gap.source for gap in gaps.page(skip, 5)] == wanted[skip : skip + 5]
