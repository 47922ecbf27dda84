"""Cited domains over all engines."""

from __future__ import annotations

import pandas as pd

from dashboard.data import by_domain


def test_a_domain_stands_once_with_each_engines_answers() -> None:
    rows = [
        ("a.example", "editorial", "chat", 3, 4, 0, 10),
        ("b.example", "community", "chat", 2, 2, 1, 10),
        ("a.example", "editorial", "search", 6, 9, 7, 20),
    ]
    names = ["domain", "kind", "engine", "answers", "citations", "retrieved", "of"]
    first, second = by_domain(pd.DataFrame(rows, columns=names))
    assert (first.domain, first.answers, first.of, first.citations, first.retrieved) == (
        "a.example",
        9,
        30,
        13,
        7,
    )
    assert first.engines == {"search": (6, 20), "chat": (3, 10)}
    # an engine that never cites it still counts in what it is out of
    assert (second.answers, second.of) == (2, 30)
    assert second.engines == {"search": (0, 20), "chat": (2, 10)}
