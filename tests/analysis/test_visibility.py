from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine

from analysis import frames
from analysis import visibility as v
from analysis.definitions import DEFINITIONS, other_definitions
from analysis.frames import Scope
from analysis.intervals import cluster_bootstrap, wilson
from tests.facts import Facts, week
from tests.tracker.answers.test_rollups import random_facts
from tracker.errors import UsageError

PROMPTS = tuple(f"prompt {i}" for i in range(8))


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
    found = v.ratios(y, x)
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
    facts = Facts(prompts=("best crm", "cheap crm"))
    for repeat in range(10):
        facts.answer("best crm", named=["Norvane"] if repeat == 0 else [], repeat=repeat)
        facts.answer("cheap crm", named=["Norvane"] if repeat < 5 else [], repeat=repeat)
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    assert by_brand(v.table(sqlite_database, world))["Norvane"].coverage.estimate == 0.5
    others = {n.name: n.value for n in other_definitions(sqlite_database, world, brand="Norvane")}
    assert others["prompts naming it once"] == 1.0


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


def two_weeks(before: float, after: float, seed: int = 0, **second: object) -> Facts:
    draw = np.random.default_rng(seed)
    facts = Facts(prompts=PROMPTS)
    for number, rate in ((0, before), (1, after)):
        for prompt in PROMPTS:
            for engine in facts.engines:
                for repeat in range(10):
                    named = [n for n, p in (("Norvane", rate), ("Oltera", 0.5)) if draw.random() < p]
                    served = second.get("served", "m1") if number else "m1"
                    if number and (
                        engine in second.get("without", ()) or prompt in second.get("skipping", ())
                    ):  # type: ignore[operator]
                        continue
                    facts.answer(prompt, engine, week(number), named=named, repeat=repeat, served=str(served))
    return facts


def test_a_rise_beyond_noise_is_told_from_noise(database: Engine) -> None:
    two_weeks(0.2, 0.7).store(database)
    found = {
        change.brand: change
        for change in v.changes(database, frames.world(database), measures=("mention_rate",))
    }
    own = found["Norvane"]
    assert (own.verdict, found["Oltera"].verdict) == ("up", "within noise")
    assert own.difference.low is not None
    assert own.difference.low > 0.3
    assert own.difference.clusters == len(PROMPTS)


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ({"served": "m2"}, "alpha was served by m1 and then by m2"),
        ({"without": ("beta",)}, "beta has no answers in the week of 2026-03-09"),
        ({"skipping": PROMPTS[:3]}, "only 10 of 16 prompt × engine pairs were asked in both weeks"),
    ],
)
def test_weeks_that_differ_in_what_was_asked_are_not_comparable(
    sqlite_database: Engine, case: dict[str, object], reason: str
) -> None:
    two_weeks(0.2, 0.7, **case).store(sqlite_database)
    found = v.changes(sqlite_database, frames.world(sqlite_database))
    assert {change.verdict for change in found} == {"not comparable"}
    assert reason in found[0].reasons


def test_a_single_missing_ask_leaves_a_note_and_not_a_refusal() -> None:
    rows = [(d, 1, "m1", p, 1) for d in (0, 1) for p in range(20) if not (d and p == 7)]
    asked = pd.DataFrame(rows, columns=["week", "engine", "served_model", "prompt_id", "answers"])
    asked["week"] = [week(int(d)).date() for d in asked["week"]]
    found = v.gate(asked, week(0).date(), week(1).date(), {1: "alpha"})
    assert (found.comparable, found.notes) == (
        True,
        ("1 of 20 prompt × engine pairs were asked in one week only and are left out",),
    )
    assert len(found.cells) == 19


def test_an_engine_asked_more_often_in_one_week_moves_nothing(sqlite_database: Engine) -> None:
    facts = Facts(prompts=PROMPTS)
    for number, repeats in ((0, {"alpha": 2, "beta": 2}), (1, {"alpha": 20, "beta": 2})):
        for prompt in PROMPTS:
            for engine, count in repeats.items():
                for repeat in range(count):
                    named = ["Norvane"] if engine == "alpha" else []
                    facts.answer(prompt, engine, week(number), named=named, repeat=repeat)
    facts.store(sqlite_database)
    found = v.changes(sqlite_database, frames.world(sqlite_database), measures=("mention_rate",))[0]
    assert (found.before, found.after, found.difference.estimate) == (0.5, 0.5, 0.0)


def test_two_brands_are_compared_on_the_same_answers(sqlite_database: Engine) -> None:
    two_weeks(0.3, 0.3).store(sqlite_database)
    world = frames.world(sqlite_database)
    found = v.brand_difference(sqlite_database, world, "Norvane", "oltera")
    assert found.difference.low is not None
    assert found.difference.low > 0
    assert found.difference.estimate == pytest.approx((found.after or 0) - (found.before or 0))
    with pytest.raises(UsageError, match="no brand 'Nobody'"):
        v.brand_difference(sqlite_database, world, "Norvane", "Nobody")


@pytest.mark.parametrize(
    ("first", "second", "p", "wanted"),
    [
        ("abc", "abc", 0.9, 1.0),
        ("", "", 0.9, 1.0),
        ("abc", "", 0.9, 0.0),
        ("abc", "xyz", 0.9, 0.0),
        # by hand, p = ½: X/d = 0, 1 → (1-p)/p · (0·½ + 1·¼) + 1·¼ = ½
        ("ab", "ba", 0.5, 0.5),
        # lengths 1 and 2, one shared at place 1: agreement 1 at depth 1, extrapolated to 1 at depth 2
        ("a", "ab", 0.5, 1.0),
    ],
)
def test_rank_biased_overlap_by_hand(first: str, second: str, p: float, wanted: float) -> None:
    assert v.rank_biased_overlap(list(first), list(second), p) == pytest.approx(wanted)
    assert v.rank_biased_overlap(list(second), list(first), p) == pytest.approx(wanted)


def test_rank_biased_overlap_equals_its_series_on_long_lists() -> None:
    rng = np.random.default_rng(1)
    a, b = (list(map(str, rng.permutation(400))) for _ in range(2))
    series = sum(0.1 * 0.9 ** (d - 1) * len(set(a[:d]) & set(b[:d])) / d for d in range(1, 401))
    assert v.rank_biased_overlap(a, b) == pytest.approx(series, abs=1e-9)


def test_core_sources_stay_and_rotating_ones_go(database: Engine) -> None:
    facts = Facts(engines=("alpha",), prompts=("best crm",))
    for number in range(5):
        cited = ["https://stays.com/", f"https://comes{number}.com/"]
        facts.answer("best crm", at=week(number), cited=cited)
        facts.answer("best crm", at=week(number), cited=["https://stays.com/"], repeat=1)
    facts.store(database)
    (found,) = v.stability(database, frames.world(database))
    assert (found.core, found.rotating, found.weeks, found.pairs) == (("stays.com",), 5, 5, 4)
    assert found.jaccard == pytest.approx(1 / 3)
    assert found.core_share == pytest.approx(10 / 15)


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
    assert v.changes(sqlite_database, world) == []
    assert v.stability(sqlite_database, world) == []
    assert other_definitions(sqlite_database, world) == []
