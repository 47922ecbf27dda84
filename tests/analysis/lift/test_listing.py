from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from analysis.lift import listing as told
from analysis.lift.fitting import fit
from analysis.lift.listing import Evidence, ListingTable, listing, sentence
from analysis.lift.panel import Panel
from analysis.lift.sums import design
from analysis.lift.within import effects
from tests.analysis.lift.listed_worlds import Kind, world

SMALL = {"sources": 6, "each": 5, "brands": 6, "prompts": 16, "weeks": 2, "engines": 2, "repeats": 9}


@pytest.fixture(scope="module")
def small() -> tuple[Panel, Evidence]:
    return world("link", 1, **SMALL)


def columns(panel: Panel, evidence: Evidence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The model's columns and outcome without the effects, and the prompt of each row."""
    pooled = [sparse.csr_array(t.sum(axis=1)[:, None]) for t in (evidence.linked, evidence.followed)]
    assert evidence.prominence is not None
    stacked = sparse.hstack([evidence.listed, *pooled, evidence.unseen, evidence.prominence], format="csr")
    fx = effects(panel)
    whole = np.concatenate([part for *_, part in design(panel, sparse.csr_array(stacked), fx).blocks()])
    return whole[:, :-1], whole[:, -1], np.repeat(fx.cluster, len(panel.brands))


def test_the_pooled_columns_are_least_squares_beside_the_listings(small: tuple[Panel, Evidence]) -> None:
    panel, evidence = small
    table = listing(panel, evidence)
    x, y, _ = columns(panel, evidence)
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    s = len(panel.sources)
    assert (table.linked.value, table.followed.value) == (pytest.approx(beta[s]), pytest.approx(beta[s + 1]))
    listed = np.asarray(evidence.listed.sum(axis=0)).ravel()
    order = np.argsort(-listed, kind="stable")
    assert table.listed.value == pytest.approx(float(beta[:s] @ listed / listed.sum()), rel=1e-6)
    assert [each.source for each in table.sources] == [panel.sources[i] for i in order if listed[i]]


def test_a_source_whose_own_links_are_worth_more_does_not_get_that_as_its_listing(
    small: tuple[Panel, Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures of a source of its own are least squares with its link beside the others' links."""
    panel, evidence = small
    monkeypatch.setattr(told, "PER_SOURCE", 100)
    listed, linked = (t.toarray() > 0 for t in (evidence.listed, evidence.linked))
    fewer = np.minimum(linked.sum(axis=0), (listed & ~linked).sum(axis=0))
    best = int(np.argmax(fewer))
    lucky = np.random.default_rng(1).random(panel.named.shape) < 0.6
    named = panel.named | (linked[:, best].reshape(panel.named.shape) & lucky)
    panel = replace(panel, named=named)
    rows = {each.source: each for each in listing(panel, evidence).sources}
    known = [i for i, source in enumerate(panel.sources) if rows[source].listed.value is not None]
    assert known == np.flatnonzero(fewer >= 100).tolist()
    assert best in known
    others = np.setdiff1d(np.arange(len(panel.sources)), known)
    parts = [evidence.listed.toarray(), linked[:, known]]
    parts += [part.toarray()[:, others].sum(axis=1)[:, None] for part in (evidence.linked, evidence.followed)]
    parts += [evidence.unseen.toarray()]
    parts += [] if evidence.prominence is None else [evidence.prominence.toarray()]
    stacked = sparse.csr_array(np.concatenate(parts, axis=1).astype(float))
    whole = np.concatenate([part for *_, part in design(panel, stacked, effects(panel)).blocks()])
    beta = np.linalg.lstsq(whole[:, :-1], whole[:, -1], rcond=None)[0]
    for place, i in enumerate(known):
        mine = rows[panel.sources[i]]
        assert mine.listed.value == pytest.approx(beta[i])
        assert mine.link.value == pytest.approx(beta[len(panel.sources) + place])
    mine = rows[panel.sources[best]]
    assert mine.link.low > 0.15
    assert mine.listed.low < 0.05


def test_errors_by_prompt_and_source_are_those_of_brute_force(small: tuple[Panel, Evidence]) -> None:
    panel, evidence = small
    x, y, prompt = columns(panel, evidence)
    s = len(panel.sources)
    bread = np.linalg.pinv(x.T @ x)
    residual = y - x @ (bread @ (x.T @ y))
    apart = sparse.csr_array(sparse.hstack([evidence.linked, evidence.followed], format="csr"))
    whole = np.concatenate([part for *_, part in design(panel, apart, effects(panel)).blocks()])
    own = np.zeros((int(prompt.max()) + 1, s))
    for g in range(len(own)):
        at = prompt == g
        for i in range(s):
            mine = bread[s, s] * whole[at, i] + bread[s, s + 1] * whole[at, s + i]
            mine = mine + bread[s, i] * x[at, i] + bread[s, s + 2 + i] * x[at, s + 2 + i]
            own[g, i] = mine @ residual[at]
    carried = (whole[:, :s] ** 2).sum(axis=0)
    count = carried.sum() ** 2 / (carried**2).sum()
    by_source = (own.sum(axis=0) ** 2).sum() * count / (count - 1)
    pooled = [sparse.csr_array(t.sum(axis=1)[:, None]) for t in (evidence.linked, evidence.followed)]
    stacked = sparse.hstack([*pooled, evidence.listed, evidence.unseen, evidence.prominence], format="csr")
    by_prompt = fit(design(panel, sparse.csr_array(stacked), effects(panel))).se[0] ** 2
    wanted = max(by_prompt + by_source - (own**2).sum(), by_prompt, by_source)
    assert listing(panel, evidence).linked.se == pytest.approx(np.sqrt(wanted), rel=1e-6)


@pytest.fixture(scope="module")
def tables() -> dict[Kind, ListingTable]:
    kinds: tuple[Kind, ...] = ("null", "listing", "link", "prominence")
    return {kind: listing(*world(kind, 3, sources=24, repeats=3, size=0.08)) for kind in kinds}


def test_a_link_is_claimed_only_where_a_link_adds_something(tables: dict[Kind, ListingTable]) -> None:
    claimed = {kind for kind, table in tables.items() if table.verdict == "a link adds to the listing"}
    assert claimed == {"link"}
    added = tables["link"].linked
    assert added.low is not None
    assert added.high is not None
    assert added.low < 0.08 < added.high
    assert "Ask for a link" in sentence(tables["link"])


def test_what_a_listing_goes_with_is_told(tables: dict[Kind, ListingTable]) -> None:
    assert (tables["listing"].listed.low or 0) > 0
    assert (tables["null"].listed.low or 0) < 0
    assert tables["listing"].adjusted


@pytest.mark.parametrize(
    ("share", "pages", "enough"),
    [(0.76, 10, True), (0.74, 74, False), (0.74, 75, True), (0.49, 900, False), (None, 0, False)],
)
def test_a_verdict_wants_pages_that_were_looked_at(
    small: tuple[Panel, Evidence], share: float | None, pages: int, enough: bool
) -> None:
    panel, evidence = small
    part = replace(
        evidence, looked=round((share or 0) * 100), citations=100 if share is not None else 0, pages=pages
    )
    table = listing(panel, part)
    assert (table.verdict != "not enough pages looked at") is enough
    assert ("not told apart yet" in sentence(table)) is not enough


def test_where_every_listed_page_links_nothing_is_told_apart(small: tuple[Panel, Evidence]) -> None:
    panel, evidence = small
    table = listing(panel, replace(evidence, linked=evidence.listed, pages=75))
    assert (table.linked.value, table.linked.without, table.verdict) == (None, 0, "not settled")
    assert "too few pairs" in sentence(table)


def test_no_looks_and_no_answers_give_no_numbers(small: tuple[Panel, Evidence]) -> None:
    panel, evidence = small
    nothing = evidence.listed * 0.0
    nothing.eliminate_zeros()
    none = Evidence(nothing, nothing, nothing, nothing, None, 0, 0, 0)
    table = listing(panel, none)
    assert (table.listed.value, table.linked.value, table.sources) == (None, None, ())
    assert not table.adjusted


def test_the_smallest_sources_share_a_column(
    small: tuple[Panel, Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = listing(*small)
    monkeypatch.setattr(told, "MOST_SOURCES", 3)
    table = listing(*small)
    assert table.linked.value != apart.linked.value
    assert [each.source for each in table.sources] == [each.source for each in apart.sources]
