"""The event study, by hand, by regression, by brute force, and on worlds in which nothing or much
happened."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import get_args

import numpy as np
import pandas as pd
import pyfixest
import pytest

from analysis.events import contrasts, windows
from analysis.events import study as event_study
from analysis.events.histories import Histories
from analysis.events.study import study
from tests.bench.calibration_events import WORLDS, run, world
from tracker.errors import DataError, UsageError

NEVER = 99


def histories(rates, first, answers=1000, **options):
    """Brand x week rates (or brand x cluster x week) as counts of many answers, one source a row of
    `first`."""
    table = np.asarray(rates, dtype=float)
    table = table[:, None] if table.ndim == 2 else table
    brands, clusters, weeks = table.shape
    asked = np.broadcast_to(answers, (clusters, weeks)).astype(np.int64)
    links = np.atleast_2d(first)
    return Histories(
        tuple(f"b{k}" for k in range(brands)),
        tuple(f"c{k}" for k in range(clusters)),
        tuple(f"s{k}" for k in range(len(links))),
        options.pop("families", ("f",) * len(links)),
        asked,
        np.rint(table * asked).astype(np.int64),
        links.astype(np.int64),
        **options,
    )


def noisy(seed, brands=12, clusters=1, weeks=16, spread=0.02):
    rng = np.random.default_rng(seed)
    level = rng.uniform(0.2, 0.6, (brands, clusters, 1))
    return np.clip(level + rng.normal(0, spread, (brands, clusters, weeks)), 0, 1).round(3)


def brute(data, pre=8, post=4):
    """The mean over events of a plain loop over clusters and weeks; the same number of answers everywhere."""
    rates, found = data.counts / data.answers, []
    for source, brand in np.argwhere((data.first_link >= 0) & (data.first_link < NEVER)):
        start = data.first_link[source, brand]
        before = range(max(0, start - pre), start)
        after, changes = range(start, min(start + post, data.answers.shape[1])), []
        for t in after:
            waiting = [b for b in range(len(data.brands)) if data.first_link[source, b] > t and b != brand]
            if len(waiting) < 2:
                continue
            change = rates[:, :, t] - rates[:, :, list(before)].mean(axis=2)
            changes.append(
                np.mean([change[brand, c] - change[waiting, c].mean() for c in range(rates.shape[1])])
            )
        if len(before) >= 4 and len(changes) >= 2:
            found.append(np.mean(changes))
    return np.mean(found)


class TestEstimate:
    def test_two_by_two_by_hand(self):
        # linked brands go from .2 to .5, the others from .3 to .4: .3 - .1
        rates = [[0.2] * 6 + [0.5] * 4] * 3 + [[0.3] * 6 + [0.4] * 4] * 3
        (row,) = study(histories(rates, [6, 6, 6, NEVER, NEVER, NEVER])).rows
        assert row.att == pytest.approx(0.2)
        assert (row.events, row.treated, row.controls, row.already) == (3, 3, 3, 0)

    def test_the_trend_adjusted_change_by_hand(self):
        # linked brands gain .02 a week throughout and .1 with the link; the others stand still
        line = np.linspace(0.2, 0.38, 10)
        linked = line + np.repeat([0.0, 0.1], [6, 4])
        (row,) = study(histories([linked] * 3 + [[0.3] * 10] * 3, [6, 6, 6, NEVER, NEVER, NEVER])).rows
        assert row.adjusted == pytest.approx(0.1)
        assert row.att == pytest.approx(0.1 + 0.02 * 5)

    @pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*inplace keyword")
    def test_one_link_date_collapses_to_two_way_fixed_effects(self):
        rates, start = noisy(1)[:, 0, :12], 8
        first = np.where(np.arange(12) < 5, start, NEVER)
        frame = pd.DataFrame(
            [(b, t, rates[b, t], float(b < 5 and t >= start)) for b in range(12) for t in range(12)],
            columns=["brand", "week", "rate", "linked"],
        )
        theirs = pyfixest.feols("rate ~ linked | brand + week", frame).coef()["linked"]
        (row,) = study(histories(rates, first), pre=8, post=4).rows
        assert row.att == pytest.approx(theirs, abs=1e-9)

    @pytest.mark.parametrize("seed", range(5))
    def test_staggered_links_equal_a_plain_loop(self, seed):
        rng = np.random.default_rng(seed)
        first = rng.choice([-1, 5, 7, 9, 11, NEVER], size=(2, 12), p=[0.1, 0.15, 0.15, 0.15, 0.15, 0.3])
        data = histories(noisy(seed, clusters=3), first)
        (row,) = study(data, draws=50).rows
        assert row.att == pytest.approx(brute(data), abs=1e-12)

    def test_not_yet_linked_brands_are_controls_until_their_own_link(self):
        # brand 3 is linked in week 8 and jumps then; from then on it must not be compared with
        rates = np.full((7, 12), 0.3)
        rates[:3, 6:] += 0.1
        rates[3, 8:] += 0.4
        data = histories(rates, [6, 6, 6, 8, NEVER, NEVER, NEVER])
        usable = windows.usable_windows(windows.BrandSeries(data, 10, 0), [0], 8, 4)
        row = study(data).rows[0]
        assert row.att == pytest.approx((3 * 0.1 + 0.4) / 4)
        assert [window.waiting[3].tolist() for window in usable[:3]] == [[True, True, False, False]] * 3

    def test_a_link_older_than_the_first_week_is_in_neither_group(self):
        rates = np.full((7, 10), 0.3)
        rates[:3, 6:] += 0.1
        rates[3, 6:] += 0.5
        (row,) = study(histories(rates, [6, 6, 6, -1, NEVER, NEVER, NEVER])).rows
        assert (row.att, row.already, row.controls) == (pytest.approx(0.1), 1, 3)

    def test_shocks_to_a_cluster_and_week_cancel(self):
        rates, rng = noisy(2, clusters=4), np.random.default_rng(5)
        first = np.where(np.arange(12) < 4, 8, NEVER)
        shocked = rates + rng.choice([0, 0.1], (1, 4, 16))
        before, after = (study(histories(side, first), draws=50).rows[0] for side in (rates, shocked))
        assert after.att == pytest.approx(before.att)

    def test_clusters_weigh_by_their_answers(self):
        rates = np.full((6, 2, 10), 0.2)
        rates[:3, 0, 6:] += 0.4
        data = histories(rates, [6, 6, 6, NEVER, NEVER, NEVER], answers=np.array([[100], [300]]))
        assert study(data).rows[0].att == pytest.approx(0.1)

    def test_a_week_without_answers_is_unknown_and_not_zero(self):
        rates = [[0.2] * 6 + [0.5] * 4] * 3 + [[0.3] * 6 + [0.4] * 4] * 3
        answers = np.full((1, 10), 1000)
        answers[0, [3, 7]] = 0
        (row,) = study(histories(rates, [6, 6, 6, NEVER, NEVER, NEVER], answers=answers)).rows
        assert row.att == pytest.approx(0.2)

    def test_nothing_is_compared_across_a_change_of_the_model(self):
        rates = np.full((6, 14), 0.2)
        rates[:3, 8:] += 0.1
        rates[:3, 10:] += 0.5
        first = [8, 8, 8, NEVER, NEVER, NEVER]
        assert study(histories(rates, first)).rows[0].att > 0.3
        assert study(histories(rates, first, breaks=(10,))).rows[0].att == pytest.approx(0.1)
        assert study(histories(rates, first, breaks=(8,))).rows[0].verdict == "not enough data"

    def test_a_family_is_the_mean_of_its_events(self):
        rates = np.full((9, 12), 0.3)
        rates[:3, 6:] += 0.2
        first = np.full((2, 9), NEVER)
        first[0, :3], first[1, 3:6] = 6, 7
        by_source = study(histories(rates, first), by="source").rows
        by_family = study(histories(rates, first)).rows[0]
        assert by_family.att == pytest.approx((by_source[0].att + by_source[1].att) / 2)
        assert by_family.events == 6

    def test_the_path_is_flat_before_and_up_after(self):
        rates = [[0.2] * 6 + [0.5] * 4] * 3 + [[0.3] * 10] * 3
        path = {
            point.week: point
            for point in study(histories(rates, [6, 6, 6, NEVER, NEVER, NEVER])).rows[0].path
        }
        assert sorted(path) == [-6, -5, -4, -3, -2, -1, 0, 1, 2, 3]
        assert [path[week].estimate for week in (-6, -1, 0, 3)] == pytest.approx([0, 0, 0.3, 0.3])

    def test_answers_are_counted_into_cells(self):
        rng = np.random.default_rng(1)
        cluster, week, named = rng.integers(0, 2, 300), rng.integers(0, 5, 300), rng.random((300, 3)) < 0.4
        data = Histories.from_answers(
            cluster,
            week,
            named,
            brands="xyz",
            clusters="ab",
            weeks=5,
            first_link=np.full((1, 3), NEVER),
            sources=["s"],
            families=["f"],
        )
        where = (cluster == 1) & (week == 3)
        assert data.answers[1, 3] == where.sum()
        assert data.counts[:, 1, 3].tolist() == named[where].sum(axis=0).tolist()


class TestInference:
    def test_few_brands_are_exchanged_in_every_way(self):
        data = histories(noisy(4, brands=5), [8, 9, 8, NEVER, NEVER])
        series = windows.BrandSeries(data, 999, 0)
        usable = windows.usable_windows(series, [0], 8, 4)
        weights = contrasts.mean_weights(series, usable, contrasts.against_mean)
        got = contrasts.randomised(series, weights, series.rate)
        flat, noise = series.rate.reshape(5, -1), series.noise(series.rate)
        t = []
        for order in permutations(range(5)):
            variance = sum((weights[b] ** 2).sum() * noise[order[b]] for b in range(5))
            t.append(abs(sum(weights[b] @ flat[order[b]] for b in range(5))) / np.sqrt(variance))
        assert got.p == pytest.approx(np.mean(np.array(t) >= t[0] - 1e-9))

    def test_the_order_of_brands_changes_nothing_where_all_exchanges_are_used(self):
        rates, first = noisy(4, brands=6), np.array([8, 9, 8, NEVER, NEVER, -1])
        order = [3, 5, 0, 2, 4, 1]
        one, other = (
            study(histories(r, f)).rows[0] for r, f in ((rates, first), (rates[order], first[order]))
        )
        assert (one.att, one.p, one.low) == pytest.approx((other.att, other.p, other.low))

    def test_with_one_date_the_bootstrap_has_the_error_of_two_means(self):
        rates = noisy(4, brands=40)
        first = np.where(np.arange(40) < 20, 8, NEVER)
        data = histories(rates, first)
        series = windows.BrandSeries(data, 3999, 0)
        usable = windows.usable_windows(series, [0], 8, 4)
        got = contrasts.contrast(series, usable, contrasts.against_mean, series.rate, "bootstrap")
        change = series.rate[:, 0, 8:12].mean(axis=1) - series.rate[:, 0, :8].mean(axis=1)
        by_hand = np.sqrt(change[:20].var() / 20 + change[20:].var() / 20)
        assert got.se == pytest.approx(by_hand)
        assert got.critical == pytest.approx(1.96, abs=0.1)
        row = study(data).rows[0]
        assert (row.inference, row.treated, row.controls) == ("bootstrap", 20, 20)

    @pytest.mark.parametrize("way", ["randomisation", "bootstrap"])
    def test_intervals_hold_a_planted_effect_and_chance_is_rarely_called(self, way):
        held = called = 0
        for seed in range(60):
            rng = np.random.default_rng(seed)
            rates = noisy(seed, brands=16)
            first = np.where(np.arange(16) < 6, rng.integers(5, 12, 16), NEVER)
            lifted = rates + 0.05 * (np.arange(16) >= first[:, None])[:, None]
            null, planted = (
                study(histories(side, first), inference=way, draws=199).rows[0] for side in (rates, lifted)
            )
            held += planted.low <= 0.05 <= planted.high
            called += not null.low <= 0 <= null.high
        assert held >= 52
        assert called <= 8

    def test_a_noisy_brand_does_not_make_others_significant(self):
        called = 0
        for seed in range(60):
            rates, rng = noisy(seed, brands=8), np.random.default_rng(seed)
            rates[:2] = np.clip(0.5 + rng.normal(0, 0.1, (2, 1, 16)), 0, 1)
            first = np.array([8, 9, 7, NEVER, NEVER, NEVER, NEVER, NEVER])
            series = windows.BrandSeries(histories(rates, first), 499, 0)
            usable = windows.usable_windows(series, [0], 8, 4)
            called += (
                contrasts.contrast(series, usable, contrasts.against_mean, series.rate, "randomisation").p
                <= 0.05
            )
        assert called <= 8


def with_other_links(first, seed=7):
    """A second source of another family, whose links are as many and mean nothing."""
    links = np.full((2, len(first)), NEVER)
    links[0] = first
    free = np.flatnonzero(np.asarray(first) == NEVER)
    links[1, free[: len(free) // 2]] = 6 + np.random.default_rng(seed).integers(0, 4, len(free) // 2)
    return links


class TestWording:
    def test_no_verdict_says_caused(self):
        assert "caused" not in " ".join(get_args(event_study.Verdict))

    def test_a_clear_change_after_the_link_moved_after(self):
        rates = noisy(3, brands=20)
        first = np.where(np.arange(20) < 8, 7 + np.arange(20) % 4, NEVER)
        rates = rates + 0.15 * (np.arange(16) >= first[:, None])[:, None]
        row, other = study(histories(rates, with_other_links(first), families=("f", "g"))).rows
        assert row.verdict == "moved after"
        assert row.low < 0.15 < row.high
        assert other.verdict != "moved after"

    def test_a_change_that_nothing_can_be_compared_with_is_shown_but_not_judged(self):
        rates = noisy(3, brands=20)
        first = np.where(np.arange(20) < 8, 7 + np.arange(20) % 4, NEVER)
        rates = rates + 0.15 * (np.arange(16) >= first[:, None])[:, None]
        (row,) = study(histories(rates, first)).rows
        assert row.att == pytest.approx(0.15, abs=0.02)
        assert (row.verdict, row.reason) == ("not enough data", event_study.ALONE)

    def test_brands_that_rise_before_their_link_cannot_be_judged(self):
        rates = noisy(3, brands=20)
        first = np.where(np.arange(20) < 8, 9, NEVER)
        rates[:8] += 0.02 * np.arange(16)
        (row,) = study(histories(rates, first)).rows
        assert row.verdict == "pre-trend: cannot say"
        assert "before the link (slope" in row.reason

    def test_what_follows_every_source_alike_is_no_finding(self):
        # every link comes with a jump: a brand's own rise, whichever source noticed it
        rates, first = noisy(3, brands=20), np.full((2, 20), NEVER)
        first[0, :8], first[1, :8] = 8, 8
        rates[:8, :, 8:] += 0.15
        alike = study(histories(rates, first, families=("f", "g")))
        assert {row.verdict for row in alike.rows} == {"no clear change"}

    @pytest.mark.parametrize(
        ("first", "weeks", "why"),
        [
            ([NEVER] * 8, 16, "0 usable first links;"),
            ([8, 8, *[NEVER] * 6], 16, "2 usable first links of 2 brands"),
            ([2, 2, 3, 3, *[NEVER] * 4], 16, "0 usable first links"),
            ([15, 15, 15, 15, *[NEVER] * 4], 16, "0 usable first links"),
            ([8] * 7 + [NEVER], 16, "0 usable first links"),
            ([-1] * 8, 16, "0 usable first links"),
        ],
    )
    def test_too_little_says_so_with_the_reason_and_no_number(self, first, weeks, why):
        (row,) = study(histories(noisy(1, brands=8, weeks=weeks), first)).rows
        assert row.verdict == "not enough data"
        assert why in row.reason
        assert (row.att, row.p, row.q, row.path) == (None, None, None, ())

    def test_links_that_could_have_fallen_in_few_ways_can_never_be_significant(self):
        (row,) = study(histories(noisy(1, brands=5), [8, 8, 8, NEVER, NEVER])).rows
        assert "in only 10 ways" in row.reason

    @pytest.mark.parametrize("name", ["null", "momentum, growth spurts", "momentum, steady growth"])
    def test_neither_chance_nor_momentum_is_called(self, name):
        share, called, *_ = run(replace(WORLDS[name], sources=20), 3, "family").split(" | ")
        assert (share, called) == ("0.0%", "0")

    def test_a_planted_family_of_a_large_market_is_found(self):
        made = world(WORLDS["planted, 40 brands"], 1)
        found = {row.name for row in study(made.data, draws=499).rows if row.verdict == "moved after"}
        assert found
        assert found <= made.true_families


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"counts": np.full((3, 1, 8), 11)}, "more answers than there are"),
        ({"first_link": np.zeros((2, 3), dtype=np.int64)}, "first_link has the shape"),
        ({"families": ()}, "0 families for 1 sources"),
    ],
)
def test_histories_that_do_not_fit_are_refused(change, words):
    good = histories(np.full((3, 8), 0.5), [4, NEVER, NEVER], answers=10)
    with pytest.raises(DataError, match=words):
        replace(good, **change)


@pytest.mark.parametrize("options", [{"by": "page"}, {"inference": "guess"}, {"pre": 3}, {"post": 1}])
def test_options_that_mean_nothing_are_refused(options):
    with pytest.raises(UsageError):
        study(histories(np.full((3, 8), 0.5), [4, NEVER, NEVER]), **options)


def test_a_table_without_sources_is_empty():
    empty = histories(np.full((3, 8), 0.5), np.zeros((0, 3)), families=())
    assert study(empty).rows == ()
