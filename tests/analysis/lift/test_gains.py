"""What a link could bring, and what would explain a lift without it: worlds whose truth is known, and numbers
worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse, special

from analysis.lift.already import MOST, HasAlready, held
from analysis.lift.cautions import ONE_BRAND, TWO_BRANDS, cautions, explained
from analysis.lift.estimate import LiftTable, lift
from analysis.lift.gains import PSEUDO, gains, posterior, torn
from analysis.lift.odds import LiftScale, log_odds, scale, sensitivity
from analysis.lift.panel import Panel
from analysis.lift.shrinking import sizes
from analysis.lift.simulate import Kind, Truth, world
from analysis.lift.within import effects

ODDS = LiftScale(1.0, 0.0)
BARE = HasAlready({"s.example": (None, 0.0)})
"""The first brand is linked, the second has nothing of it."""


def hand(named: list[list[int]], cited: list[int], linked: int, weeks: list[int] | None = None) -> Panel:
    """One prompt, one engine, one source that links to brand `linked` all the time."""
    a, b = len(named), len(named[0])
    exposed = np.zeros((a, b))
    exposed[:, linked] = cited
    begins, ends = np.full((1, b), 99), np.full((1, b), 99)
    begins[0, linked] = -1
    zero = np.zeros(a, np.int64)
    return Panel(
        prompt=zero,
        engine=zero,
        week=np.array(weeks or [0] * a, np.int64),
        topic=zero,
        brands=tuple("ABCDEF"[:b]),
        sources=("s.example",),
        families=("f",),
        named=np.array(named, bool),
        cited=sparse.csr_array(np.array(cited, float)[:, None]),
        exposed=sparse.csr_array(exposed.reshape(a * b, 1)),
        own=1,
        begins=begins,
        ends=ends,
    )


def test_a_lift_in_points_becomes_log_odds_at_the_rates_where_it_was_seen() -> None:
    """Where the brand is not exposed it is named in 5 of 10 answers, so the rate without is 50 %."""
    panel = hand([[1, 0], [0, 0]] * 10, [0] * 10 + [1] * 10, linked=0)
    (d,) = log_odds(panel, np.array([0]), np.array([0.2]))
    assert d == pytest.approx(special.logit(0.7), abs=1e-9)
    (none,) = log_odds(panel, np.array([0]), np.array([0.0]))
    assert none == 0


def test_a_gain_is_the_rise_where_the_source_is_cited_times_the_chance_that_it_works() -> None:
    """Cited in half of all answers; the other brand is named in half of them too, with and without it."""
    panel = hand([[1, 0], [0, 1], [1, 0], [0, 1]] * 50, [0, 0, 1, 1] * 50, linked=0)
    found = gains(panel, {"s.example": (0.2, 0.02)}, {"s.example": 0.9}, 1, ODDS, BARE)["s.example"]
    g = 0.5 * 0.2
    assert found.gain == pytest.approx(0.9 * g, rel=0.02)
    of_citing = 0.2 * np.sqrt(0.25 / 204)
    se = np.sqrt((g * 0.1) ** 2 + of_citing**2 + (0.25 * g) ** 2)
    half = 1.96 * np.sqrt((0.9 * se) ** 2 + 0.09 * g**2)
    assert (found.low, found.high) == pytest.approx((0.9 * g - half, 0.9 * g + half), rel=0.03)
    assert found.cited == pytest.approx(0.5, abs=0.01)


def test_lifts_alike_in_points_are_carried_as_points() -> None:
    """The other brand is named in nine of ten answers, so that a rise by 20 points has no room."""
    panel = hand([[1, 1]] * 45 + [[0, 1]] * 45 + [[1, 0], [0, 0]] * 5, [1] * 100, linked=0)
    found = gains(panel, {"s.example": (0.2, 0.001)}, {"s.example": 1.0}, 1, LiftScale(0.0, 0.0), BARE)
    assert found["s.example"].gain == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(("kind", "low", "high"), [("planted", 0.0, 0.5), ("logit", 0.5, 1.0)])
def test_the_scale_on_which_lifts_are_alike_is_read_off_the_answers(
    kind: Kind, low: float, high: float
) -> None:
    panel, _ = world(kind, 201)
    table = lift(panel, checks="none")
    lifts = {source: size for source, (size, _) in sizes(table.rows).items()}
    alike = scale(panel, lifts, effects(panel))
    assert low <= alike.odds <= high
    assert 0 < alike.se < 0.3


@pytest.mark.parametrize(
    ("likely", "brand", "chance", "why"),
    [
        (0.8, 1, 0.0, "it is not likely enough to work"),
        (0.95, 0, 0.0, "it links to the brand already"),
        (0.95, 1, MOST + 0.01, "the brand has it without a link"),
    ],
)
def test_nothing_is_promised_where(likely: float, brand: int, chance: float, why: str) -> None:
    panel = hand([[1, 0], [0, 1], [1, 0], [0, 1]] * 50, [0, 0, 1, 1] * 50, linked=0)
    has = HasAlready({"s.example": (None, chance)})
    assert gains(panel, {"s.example": (0.2, 0.02)}, {"s.example": likely}, brand, ODDS, has) == {}, why


def test_a_lift_beside_brands_that_have_it_anyway_is_too_small_by_their_share() -> None:
    panel = hand([[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0]] * 50, [0, 0, 1, 1] * 50, linked=0)
    points = LiftScale(0.0, 0.0)
    alone, beside = (
        gains(panel, {"s.example": (0.2, 0.02)}, {"s.example": 1.0}, 1, points, has)["s.example"].gain
        for has in (HasAlready({"s.example": (None, 0.0, 0.0)}), HasAlready({"s.example": (None, 0.0, 0.4)}))
    )
    assert beside == pytest.approx(alone / 0.8)


@pytest.mark.parametrize(("dated", "rise"), [(0.3, 1.3), (0.0, 1.0)])
def test_links_without_a_day_thin_a_lift(dated: float, rise: float) -> None:
    """Its links have no day, and those that have one go with more by `dated` of the lift."""
    panel = hand([[1, 0], [0, 1], [1, 0], [0, 1]] * 50, [0, 0, 1, 1] * 50, linked=0)
    alike = LiftScale(0.0, 0.0, dated=dated, dated_se=0.0)
    one, other = (
        gains(panel, {"s.example": (0.2, 0.02)}, {"s.example": 1.0}, 1, each, BARE)["s.example"].gain
        for each in (LiftScale(0.0, 0.0), alike)
    )
    assert other == pytest.approx(one * rise)


def test_who_is_named_on_the_page_without_a_link_is_told_from_who_is_not() -> None:
    """Being named on the page works there, the link does not; who is listed gains nothing from a link."""
    listed, bare = [], []
    for seed in (200, 201):
        panel, truth, table = told("listing", seed)
        sure = {s for s, (size, _) in sizes(table.rows).items() if size > 0.1}
        for source, chances in held(panel, sizes(table.rows), effects(panel)).chances.items():
            s = panel.sources.index(source)
            if source in sure and truth.planted[s] and truth.exposed[s] > 300:
                for chance, gain in zip(chances, truth.gain[s], strict=True):
                    if chance is not None:
                        (bare if gain > 0.001 else listed).append(chance)
    assert len(listed) >= 5
    assert np.mean(np.array(listed) > MOST) > 0.7
    assert np.mean(np.array(bare) <= MOST) > 0.9


def test_only_the_last_four_weeks_are_what_a_link_would_bring() -> None:
    weeks = [0] * 100 + [9] * 100
    panel = hand([[1, 0], [0, 1]] * 100, [1] * 100 + [0, 0, 0, 1] * 25, linked=0, weeks=weeks)
    found = gains(panel, {"s.example": (0.2, 0.02)}, {"s.example": 1.0}, 1, ODDS, BARE)["s.example"]
    drawn = (25 + 4 * 125 / 200) / 104
    assert found.cited == pytest.approx(drawn)


def test_all_gains_together_are_no_more_than_what_the_brand_lacks() -> None:
    one = hand([[1, 1]] * 95 + [[0, 0]] * 5, [1] * 100, linked=0)
    many = 30
    panel = replace(
        one,
        sources=tuple(f"s{i}.example" for i in range(many)),
        families=("f",) * many,
        cited=sparse.csr_array(np.ones((100, many))),
        exposed=sparse.csr_array(np.repeat(one.exposed.toarray(), many, axis=1)),
        begins=np.repeat(one.begins, many, axis=0),  # type: ignore[arg-type]
        ends=np.repeat(one.ends, many, axis=0),  # type: ignore[arg-type]
    )
    each = dict.fromkeys(panel.sources, (0.1, 0.001))
    nobody = HasAlready(dict.fromkeys(panel.sources, (None, 0.0)))
    found = gains(panel, each, dict.fromkeys(panel.sources, 1.0), 1, ODDS, nobody)
    assert len(found) == many
    lacks = 1 - (95 + 4 * 0.95) / 104
    assert sum(g.gain for g in found.values()) == pytest.approx(lacks, rel=0.05)


def test_a_source_without_dated_links_has_its_familys_chance_and_a_family_is_drawn_to_the_workspace() -> None:
    """Nine sources of the first family surely work; one of it, and one alone in another, say nothing."""
    likely = np.array([[1.0, 1e-9, 1e-9]] * 9 + [[1.0, 1.0, 1.0]] * 2)
    chance = posterior(likely, np.array([0] * 10 + [1]))[:, 0]
    assert chance[:9] == pytest.approx([1.0] * 9, abs=1e-6)
    assert 0.8 < chance[10] < chance[9] < 1
    prior = chance[9]
    everywhere = (chance.sum() + 0.5) / 12.5
    assert prior == pytest.approx((chance[:10].sum() + PSEUDO * everywhere) / (10 + PSEUDO), abs=1e-4)


@pytest.mark.parametrize(
    ("selected", "others", "wanted"),
    [(3, 9, True), (2, 2, False), (3, 20, False), (0, 5, False)],
)
def test_a_workspace_is_torn_where_several_of_its_sources_are_surely_selected(
    selected: int, others: int, wanted: bool
) -> None:
    chances = [(0.05, 0.9, 0.05)] * selected + [(0.9, 0.05, 0.05)] * others
    assert torn({f"{i}.example": each for i, each in enumerate(chances)}) is wanted


def told(kind: Kind, seed: int) -> tuple[Panel, Truth, LiftTable]:
    panel, truth = world(kind, seed)
    return panel, truth, lift(panel, checks="claims")


def test_where_links_work_gains_are_near_what_a_link_would_have_brought() -> None:
    panel, truth, table = told("logit", 100)
    assert min(table.works.values()) > 0.5
    promised, true = [], []
    for brand in range(len(panel.brands)):
        for source, gain in gains(
            panel, sizes(table.rows), table.works, brand, table.alike, table.held
        ).items():
            promised.append((gain.gain, gain.low, gain.high))
            true.append(truth.gain[panel.sources.index(source), brand])
    value, low, high = np.array(promised).T
    assert len(true) > 20
    assert value.sum() / sum(true) == pytest.approx(1, abs=0.15)
    assert np.mean((low <= true) & (true <= high)) > 0.9
    own = gains(panel, sizes(table.rows), table.works, 0, table.alike, table.held)
    assert {s: g.gain for s, g in table.gains.items()} == pytest.approx({s: g.gain for s, g in own.items()})


def test_the_pull_that_explains_a_lift_is_the_one_that_made_it() -> None:
    """Naming a brand draws its sources in by 0.7 log-odds, and links do nothing."""
    _, _, table = told("selection_some", 201)
    claims = [row for row in table.rows if row.goes_with_more]
    assert np.mean([row.pull for row in claims]) == pytest.approx(0.7, abs=0.1)  # type: ignore[list-item]
    assert all(row.pull_low < row.pull for row in claims)  # type: ignore[operator]
    assert table.gains == {}


def test_unknown_links_as_strong_as_the_strongest_other_claim_would_have_to_stand_beside_a_share() -> None:
    panel = hand([[1, 0], [0, 0]] * 10, [0] * 10 + [1] * 10, linked=0)
    two = replace(
        panel,
        sources=("s.example", "t.example"),
        families=("f", "f"),
        cited=sparse.csr_array(np.repeat(panel.cited.toarray(), 2, axis=1)),
        exposed=sparse.csr_array(np.repeat(panel.exposed.toarray(), 2, axis=1)),
        begins=np.repeat(panel.begins, 2, axis=0),  # type: ignore[arg-type]
        ends=np.repeat(panel.ends, 2, axis=0),  # type: ignore[arg-type]
    )
    weak, strong = sensitivity(two, np.array([0, 1]), np.array([0.1, 0.4]), np.array([0.04, 0.3]))
    assert (weak.missing, weak.missing_low) == pytest.approx((0.25, 0.1))
    assert (strong.missing, strong.missing_low) == (None, None)
    assert "25\u00a0% of its linked pairs" in explained(weak)


@pytest.mark.parametrize(
    ("brands", "known", "said"),
    [(1, (0, 0), [ONE_BRAND]), (2, (0, 0), [TWO_BRANDS]), (4, (10, 10), []), (4, (50, 40), ["Exports know"])],
)
def test_what_the_data_cannot_carry_is_said_beside_the_table(
    brands: int, known: tuple[int, int], said: list[str]
) -> None:
    panel = hand([[1] * brands] * 6, [1] * 6, linked=0, weeks=[0, 1, 2, 3, 4, 5])
    panel = replace(panel, own=0, looked=known[0], known=known[1])
    found = cautions(panel)
    assert len(found) == len(said)
    assert all(each.startswith(start) for each, start in zip(found, said, strict=True))
    assert lift(panel, checks="none").warnings == found
