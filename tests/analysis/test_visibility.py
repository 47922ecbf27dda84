from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Engine

from analysis import frames
from analysis import visibility as v
from analysis.changes import compare_brands, compare_weeks
from analysis.definitions import DEFINITIONS, other_definitions
from analysis.frames import Scope
from analysis.intervals import cluster_bootstrap, wilson
from analysis.ratios import ratios
from analysis.stability import source_stability
from tests.analysis.test_changes import PROMPTS
from tests.facts import Facts, week
from tests.tracker.answers.test_rollups import random_facts
from tracker.errors import UsageError
from tracker.models import Brand


def by_brand(rows: list[v.Row]) -> dict[str, v.Row]:
    return {row.brand: row for row in rows}


def hand_made(database: Engine) -> frames.World:
    """Ten answers of one prompt: Norvane named in 4 and cited in 5 (3 of them both), Oltera named in 6."""
    facts = Facts(prompts=("best crm",))
    for i in range(10):
        names = [n for n, yes in (("Norvane", i < 4), ("Oltera", i >= 4)) if yes]
        cited = (
            ["https://norvane.com/a", "https://x.example.org/"] if 1 <= i < 6 else ["https://x.example.org/"]
        )
        facts.answer(
            "best crm", named=names, cited=cited, repeat=i, retrieved=["https://norvane.com/b"] * (i > 3)
        )
    facts.store(database)
    return frames.world(database)


def test_rates_are_what_one_counts_by_hand(database: Engine) -> None:
    row = by_brand(v.table(database, hand_made(database)))["Norvane"]
    wanted = {
        "mention_rate": (4 / 10, 10),
        "citation_rate": (5 / 10, 10),
        "share_of_voice": (4 / 10, 10),
        "citation_share": (5 / 15, 15),
        "ghost_rate": (2 / 5, 5),
        "silent_rate": (1 / 4, 4),
        "retrieved_not_cited_rate": (4 / 6, 6),
        "average_position": (1.0, 4),
    }
    assert {m: (i.estimate, i.n) for m, i in row.rates.items()} == {
        m: (pytest.approx(e), n) for m, (e, n) in wanted.items()
    }
    assert (row.answers, row.prompts, row.citable, row.directional) == (10, 1, 10, False)


def test_one_prompt_has_wilsons_interval_on_its_answers(sqlite_database: Engine) -> None:
    found = by_brand(v.table(sqlite_database, hand_made(sqlite_database)))["Norvane"].rates
    exact = wilson(4, 10)
    assert (found["mention_rate"].low, found["mention_rate"].high) == pytest.approx((exact.low, exact.high))
    assert found["share_of_voice"].low is None


def test_a_pool_has_the_bootstrap_of_its_prompts() -> None:
    rng = np.random.default_rng(3)
    x = rng.integers(0, 6, (12, 30)).astype(float)
    y = rng.binomial(x.astype(int), 0.4).astype(float)
    y[:, 0], x[:, 0] = 0, 3
    x[:9, 1], y[:9, 1] = 0, 0
    found = ratios(y, x)
    for i in range(x.shape[1]):
        one = cluster_bootstrap(y[:, i], x[:, i])
        assert (found.estimate[i], found.clusters[i]) == (pytest.approx(one.estimate), one.clusters)
        if one.enough:
            assert (found.low[i], found.high[i]) == pytest.approx((one.low, one.high), abs=1e-12)
    assert found.method[:2] == ["wilson", "wilson"]


def test_few_prompts_get_wide_bounds_with_prompts_as_trials(sqlite_database: Engine) -> None:
    facts = Facts(prompts=PROMPTS[:3])
    for prompt in facts.prompts:
        for repeat in range(40):
            facts.answer(prompt, named=["Norvane"] if repeat % 2 else [], repeat=repeat)
    facts.store(sqlite_database)
    found = by_brand(v.table(sqlite_database, frames.world(sqlite_database)))["Norvane"].rates["mention_rate"]
    assert found.high is not None
    assert found.low is not None
    assert found.high - found.low > 0.5
    assert (found.n, found.clusters) == (120, 3)


def test_prompts_that_name_the_own_brand_stay_out_of_the_headline(sqlite_database: Engine) -> None:
    facts = Facts(prompts=("is norvane any good", "best crm"))
    for repeat in range(6):
        facts.answer("is norvane any good", named=["Norvane"], repeat=repeat)
        facts.answer("best crm", named=["Oltera"], repeat=repeat)
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    share = {
        branded: by_brand(v.table(sqlite_database, world, Scope(branded=branded)))["Norvane"]
        .rates["share_of_voice"]
        .estimate
        for branded in ("exclude", "include", "only")
    }
    assert share == {"exclude": 0.0, "include": 0.5, "only": 1.0}


def test_a_weight_makes_a_prompt_count_more(sqlite_database: Engine) -> None:
    facts = Facts(prompts=("best crm", "cheap crm"), weights={"best crm": 3.0})
    facts.answer("best crm", named=["Norvane"])
    facts.answer("cheap crm")
    facts.store(sqlite_database)
    found = by_brand(v.table(sqlite_database, frames.world(sqlite_database)))["Norvane"].rates["mention_rate"]
    assert (found.estimate, found.n) == (0.75, 2)


def test_coverage_does_not_rise_with_repeats(sqlite_database: Engine) -> None:
    often = {"best crm": 1, "cheap crm": 5, "dear crm": 4, "new crm": 6}
    facts = Facts(prompts=tuple(often))
    for repeat in range(10):
        for prompt, times in often.items():
            facts.answer(prompt, named=["Norvane"] if repeat < times else [], repeat=repeat)
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    found, exact = by_brand(v.table(sqlite_database, world))["Norvane"].coverage, wilson(2, 4)
    assert (found.estimate, found.n, found.clusters) == (0.5, 4, 4)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))
    others = {n.name: n.value for n in other_definitions(sqlite_database, world, brand="Norvane")}
    assert others["prompts naming it once"] == 1.0


@pytest.mark.parametrize(("prompts", "has_bounds"), [(1, False), (4, False), (5, True)])
def test_a_mean_place_has_bounds_from_five_prompts_on(
    sqlite_database: Engine, prompts: int, has_bounds: bool
) -> None:
    """It is no share, so no Wilson interval stands in for the bootstrap of too few prompts."""
    facts = Facts(prompts=PROMPTS[:prompts])
    for i, prompt in enumerate(facts.prompts):
        for repeat in range(3):
            order = ("Norvane", "Oltera") if (i + repeat) % 2 else ("Oltera", "Norvane")
            facts.answer(prompt, named=order, repeat=repeat)
    facts.store(sqlite_database)
    rates = by_brand(v.table(sqlite_database, frames.world(sqlite_database)))["Norvane"].rates
    found = rates["average_position"]
    assert (found.n, found.clusters) == (3 * prompts, prompts)
    assert 1 < (found.estimate or 0) < 2
    assert ((found.low is not None), (found.high is not None)) == (has_bounds, has_bounds)
    assert (rates["ghost_rate"].estimate, rates["ghost_rate"].n) == (None, 0)


@pytest.mark.parametrize(("rivals", "share"), [((), None), ((("Oltera", "oltera.com"),), 1 / 2)])
def test_a_share_among_brands_needs_a_rival(
    sqlite_database: Engine, rivals: tuple[tuple[str, str], ...], share: float | None
) -> None:
    facts = Facts(brands=(("Norvane", "norvane.com"), *rivals))
    for repeat in range(3):
        facts.answer("best crm", named=["Norvane", *(name for name, _ in rivals)], repeat=repeat)
    facts.store(sqlite_database)
    rates = by_brand(v.table(sqlite_database, frames.world(sqlite_database)))["Norvane"].rates
    assert (rates["share_of_voice"].estimate, rates["mention_rate"].estimate) == (share, 1.0)


def test_every_cell_adds_up_to_the_whole(database: Engine) -> None:
    random_facts(range(3), facts=Facts(topics={"cheap crm": "price"}, countries={"best crm": "US"})).store(
        database
    )
    world = frames.world(database)
    whole = by_brand(v.table(database, world))
    for by in (("engine",), ("topic",), ("country",), ("week",), ("engine", "topic", "country", "week")):
        cells = v.table(database, world, by=by)
        for name, row in whole.items():
            mine = [cell for cell in cells if cell.brand == name]
            for key in frames.MEASURES:
                assert sum(cell.counts[key] for cell in mine) == row.counts[key], (by, key)
    assert {cell.country for cell in v.table(database, world, by=("country",))} == {"US", None}


def test_a_grouping_nobody_has_is_refused(sqlite_database: Engine) -> None:
    Facts().store(sqlite_database)
    with pytest.raises(UsageError, match="cannot group by colour"):
        v.table(sqlite_database, frames.world(sqlite_database), by=("colour",))


def test_other_definitions_are_computed_on_the_same_answers(database: Engine) -> None:
    world = hand_made(database)
    found = {n.name: n for n in other_definitions(database, world, brand="Norvane")}
    assert list(found) == list(DEFINITIONS)
    assert found["named or cited"].value == pytest.approx(6 / 10)
    assert found["cited or fetched"].value == pytest.approx(9 / 10)
    assert found["share weighted by place"].value == pytest.approx(4 / 10)
    assert found["average place, absent last"].value == pytest.approx((4 + 6 * 4) / 10)
    assert found["citation share among brands"].value == 1.0


def test_nothing_asked_gives_no_rows(sqlite_database: Engine) -> None:
    Facts().store(sqlite_database)
    world = frames.world(sqlite_database)
    assert v.table(sqlite_database, world, by=("week",)) == []
    assert compare_weeks(sqlite_database, world) == []
    assert source_stability(sqlite_database, world) == []
    assert other_definitions(sqlite_database, world) == []


def test_a_brand_that_ended_is_measured_by_the_answers_of_its_days(sqlite_database: Engine) -> None:
    facts = Facts()
    for number, named in enumerate((("Norvane", "Quillo"), ("Norvane", "Oltera"), ("Norvane", "Oltera"))):
        facts.answer("best crm", at=week(number), named=named, cited=["https://example.org/"])
    facts.link("https://example.org/", "https://quillo.io/")
    facts.rows[Brand][2]["until"] = week(0, day=3).date()
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    rows = {row.brand: row for row in v.table(sqlite_database, world)}
    shares = {name: row.rates["share_of_voice"].estimate for name, row in rows.items()}
    assert shares == pytest.approx({"Norvane": 3 / 6, "Oltera": 2 / 6, "Quillo": 1 / 2})
    others = {(n.brand, n.name): n for n in other_definitions(sqlite_database, world)}
    assert others["Quillo", "share of occurrences"].value == pytest.approx(2 / 3)  # named twice there
    assert others["Norvane", "share of occurrences"].ours == pytest.approx(3 / 6)
    pair = compare_brands(sqlite_database, world, "Norvane", "Quillo", measure="share_of_voice")
    assert (pair.before, pair.after) == (1 / 2, 1 / 2)
    assert frames.lift_panel(sqlite_database, world).brands == ("Norvane", "Oltera")
    until_then = frames.Scope(last=week(0).date())
    assert "Quillo" in frames.lift_panel(sqlite_database, world, until_then).brands
    assert "Quillo" not in frames.listing_data(sqlite_database, world)[0].brands
    assert "Quillo" in frames.listing_data(sqlite_database, world, until_then)[0].brands
