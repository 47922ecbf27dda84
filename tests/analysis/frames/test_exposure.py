"""Exposure, one citation and one link at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.frames import exposure as module
from analysis.frames.exposure import exposed
from analysis.frames.tracked import Exposure

Pairs = set[tuple[int, int, int]]


def brute(
    cited: pd.DataFrame, at: np.ndarray, links: pd.DataFrame, how: Exposure, by_page: set[int]
) -> Pairs:
    known_pages = set(links["page"].dropna())
    paged = set(links.dropna(subset="page")[["source_id", "brand"]].itertuples(index=False, name=None))
    out = set()
    for answer, source, page in cited.itertuples(index=False):
        knows = pd.notna(page) and page in known_pages
        for link in links.itertuples(index=False):
            if link.source_id != source or not link.start <= at[answer] < link.end:
                continue
            same = pd.notna(page) and pd.notna(link.page) and link.page == page
            listed = (source, link.brand) in paged
            fallback = how == "domain"
            fallback |= how == "auto" and (not listed or (not knows and link.brand not in by_page))
            if (same and how != "domain") or fallback:
                out.add((answer, source, link.brand))
    return out


@pytest.mark.parametrize("how", ["auto", "page", "domain"])
def test_exposure_is_that_of_every_citation_and_every_link(
    how: Exposure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links that touch, lie inside each other, have no first day or are older than their page; joined in
    pieces of any size."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        monkeypatch.setattr(module, "AT_ONCE", int(rng.integers(1, 30)))

        def pages(of: np.ndarray, rng: np.random.Generator = rng) -> object:
            kept = [int(s * 10 + rng.integers(0, 3)) if rng.random() < 0.7 else pd.NA for s in of]
            return pd.array(kept, dtype="Int64")

        n, at = int(rng.integers(0, 40)), rng.integers(0, 50, 20).astype(float)
        where, of = rng.integers(0, 4, n), rng.integers(0, 4, 50)
        start = rng.integers(0, 50, n).astype(float)
        links = pd.DataFrame(
            {
                "source_id": where,
                "page": pages(where),
                "brand": rng.integers(0, 3, n),
                "start": np.where(rng.random(n) < 0.2, -np.inf, start),
                "end": np.where(rng.random(n) < 0.3, np.inf, start + rng.integers(1, 20, n)),
            }
        )
        cited = pd.DataFrame({"answer": rng.integers(0, 20, 50), "source_id": of, "page": pages(of)})
        answers = pd.DataFrame({"answer": np.arange(20), "seconds": at})
        by_page = {int(b) for b in range(3) if rng.random() < 0.4}
        found = exposed(answers, cited, links, how, by_page)
        assert set(found.itertuples(index=False, name=None)) == brute(cited, at, links, how, by_page)
        assert len(found) == len(found.drop_duplicates())
