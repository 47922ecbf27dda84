"""Rank correlation and conditional logit, by hand, against other libraries, by brute force and by
collapse."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.discrete.conditional_models import ConditionalLogit

from analysis.association import conditional_logit
from analysis.association.association import (
    WHY_NOT_EVIDENCE,
    Candidates,
    Citations,
    associate,
    candidates,
    doublings,
    odds_per_doubling,
    placebo,
    spearman,
)
from tests.bench.calibration_association import world
from tests.shared import shared
from tracker import numbers
from tracker.domains import try_parse
from tracker.errors import ConvergenceError, DataError, UsageError


def groups_of(rng, count, most, columns, several=True):
    """Choices from a known model: groups of 2 to `most` candidates, one or several chosen."""
    sizes = rng.integers(2, most + 1, count)
    group = np.repeat(np.arange(count), sizes)
    x = rng.normal(size=(len(group), columns))
    utility = x @ np.linspace(0.8, -0.5, columns) + rng.gumbel(size=len(group))
    if several:
        return utility > 0.7, x, group
    best = np.zeros(len(group), dtype=bool)
    for one in range(count):
        rows = np.flatnonzero(group == one)
        best[rows[utility[rows].argmax()]] = True
    return best, x, group


def brute_loglik(beta, chosen, x, group):
    """Every way to choose as many, summed in plain Python."""
    total = 0.0
    for one in np.unique(group):
        rows = np.flatnonzero(group == one)
        eta, k = x[rows] @ np.atleast_1d(beta), int(chosen[rows].sum())
        ways = [sum(eta[list(way)]) for way in combinations(range(len(rows)), k)]
        total += eta[chosen[rows]].sum() - np.log(np.exp(ways).sum())
    return total


class TestSpearman:
    def test_it_equals_scipy_with_ties(self):
        rng = np.random.default_rng(1)
        x, y = rng.poisson(1.5, 200), rng.poisson(3, 200)
        assert spearman(x, y).rho == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)

    def test_five_domains_by_hand(self):
        # ranks 1..5 against 2 1 4 3 5: 1 - 6 * 4 / (5 * 24)
        assert spearman([10, 20, 30, 40, 50], [2, 1, 4, 3, 5]).rho == pytest.approx(0.8)

    def test_its_resamples_are_those_of_a_plain_loop(self):
        rng = np.random.default_rng(7)
        x, y = np.sort(rng.poisson(1.0, 30)).astype(float), np.arange(30.0)
        drawn = np.random.default_rng(3).integers(0, 30, size=(200, 30))
        brute = [stats.spearmanr(x[row], y[row]).statistic for row in drawn]
        got = spearman(x, y, seed=3, resamples=200)
        assert [got.low, got.high] == pytest.approx(np.quantile(brute, [0.025, 0.975]), abs=1e-12)

    def test_neither_row_order_nor_a_monotone_scale_changes_anything(self):
        rng = np.random.default_rng(5)
        x, y = rng.poisson(2, 80).astype(float), rng.lognormal(size=80)
        order = rng.permutation(80)
        assert spearman(x, y, seed=1) == spearman(x[order], np.log(y[order]), seed=1)

    def test_an_unknown_value_takes_the_domain_out_and_is_counted(self):
        got = spearman([1, 2, 3, 4, np.nan], [1, 3, np.nan, 2, 9])
        assert (got.domains, got.unknown, got.rho) == (3, 2, pytest.approx(0.5))

    @pytest.mark.parametrize(
        ("x", "y"), [([], []), ([1, 2], [2, 1]), ([1, 1, 1, 1], [1, 2, 3, 4]), ([np.nan] * 4, [1, 2, 3, 4])]
    )
    def test_what_has_no_correlation_is_unknown_and_not_zero(self, x, y):
        got = spearman(x, y)
        assert (got.rho, got.low, got.high) == (None, None, None)

    def test_columns_of_different_length_are_refused(self):
        with pytest.raises(DataError, match="one value a domain"):
            spearman([1, 2, 3], [1, 2])
        with pytest.raises(UsageError, match="no coverage"):
            spearman([1, 2, 3], [1, 2, 3], level=95)

    def test_its_interval_holds_the_truth_and_a_null_is_rarely_called(self):
        rng, held, called, rho = np.random.default_rng(11), 0, 0, 0.5
        truth = 6 / np.pi * np.arcsin(rho / 2)
        for seed in range(200):
            x, noise = rng.normal(size=(2, 120))
            y = rho * x + np.sqrt(1 - rho**2) * noise
            got, null = spearman(x, y, seed=seed, resamples=300), spearman(x, noise, seed=seed, resamples=300)
            held += got.low <= truth <= got.high
            called += not null.low <= 0 <= null.high
        assert held >= 180
        assert called <= 20


class TestConditionalLogit:
    @pytest.mark.filterwarnings("ignore:Dropped")
    @pytest.mark.parametrize("several", [False, True], ids=["one chosen", "several chosen"])
    def test_it_equals_statsmodels(self, several):
        chosen, x, group = groups_of(np.random.default_rng(2), 60, 8, 2, several)
        mine = conditional_logit.fit(chosen, x, group)
        model = ConditionalLogit(chosen.astype(int), x, groups=group)
        theirs = model.fit(disp=0, method="newton", tol=1e-12)
        assert mine.coef == pytest.approx(theirs.params, abs=1e-5)
        assert mine.se == pytest.approx(theirs.bse, rel=1e-3)
        assert mine.loglik == pytest.approx(theirs.llf, abs=1e-7)

    @settings(max_examples=25, deadline=None)
    @given(st.integers(0, 10_000))
    def test_likelihood_gradient_and_information_equal_brute_force(self, seed):
        rng = np.random.default_rng(seed)
        chosen, x, group = groups_of(rng, 12, 6, 2)
        data, beta = conditional_logit.choices(chosen, group), rng.normal(size=2)
        if not len(data.sizes):
            return
        rows = (chosen[data.rows], x[data.rows], group[data.rows])
        value, gradient, information = conditional_logit.likelihood(data, x[data.rows], beta)
        assert value == pytest.approx(brute_loglik(beta, *rows), abs=1e-9)
        assert gradient == pytest.approx(optimize.approx_fprime(beta, brute_loglik, 1e-6, *rows), abs=1e-4)
        slopes = [
            conditional_logit.likelihood(data, x[data.rows], beta + step)[1] for step in (1e-5 * np.eye(2))
        ]
        assert information == pytest.approx(-(np.array(slopes) - gradient) / 1e-5, abs=1e-3)

    def test_inclusion_probabilities_equal_brute_force(self):
        rng = np.random.default_rng(4)
        chosen, x, group = groups_of(rng, 10, 6, 1)
        data = conditional_logit.choices(chosen, group)
        eta = x[data.rows, 0]
        got, brute = conditional_logit.inclusion(data, eta), []
        for start, size, k in zip(data.starts, data.sizes, data.picks, strict=True):
            ways = list(combinations(range(size), k))
            weight = np.array([np.exp(eta[start + np.array(way)].sum()) for way in ways])
            brute += [weight[[j in way for way in ways]].sum() / weight.sum() for j in range(size)]
        assert got == pytest.approx(brute, abs=1e-12)
        assert np.add.reduceat(got, data.starts) == pytest.approx(data.picks)

    def test_pairs_with_one_binary_column_collapse_to_mcnemar(self):
        # 30 pairs in which only the chosen one has the trait, 12 in which only the other has it, 20 alike
        chosen = np.tile([True, False], 62)
        x = np.concatenate([np.tile([1, 0], 30), np.tile([0, 1], 12), np.tile([1, 1], 20)]).astype(float)
        fit = conditional_logit.fit(chosen, x, np.repeat(np.arange(62), 2))
        assert fit.coef[0] == pytest.approx(np.log(30 / 12), abs=1e-8)
        assert fit.se[0] == pytest.approx(np.sqrt(1 / 30 + 1 / 12), abs=1e-6)

    def test_one_candidate_of_two_chosen_is_a_logit_of_differences(self):
        rng = np.random.default_rng(8)
        chosen, x, group = groups_of(rng, 80, 2, 1, several=False)
        difference = (x[chosen] - x[~chosen])[:, 0]
        slope = optimize.brentq(lambda beta: (difference / (1 + np.exp(beta * difference))).sum(), -5, 5)
        assert conditional_logit.fit(chosen, x, group).coef[0] == pytest.approx(slope, abs=1e-6)

    def test_choosing_all_but_one_mirrors_choosing_one(self):
        chosen, x, group = groups_of(np.random.default_rng(8), 50, 6, 2, several=False)
        assert conditional_logit.fit(~chosen, x, group).coef == pytest.approx(
            -conditional_logit.fit(chosen, x, group).coef
        )

    def test_three_candidates_by_hand(self):
        # x = 0, 1, 2 with the middle one chosen in two groups and the last in one: score zero at e^b with
        # (mean of x under b) = (1 + 1 + 2) / 3
        fit = conditional_logit.fit([0, 1, 0, 0, 1, 0, 0, 0, 1], [0, 1, 2] * 3, [0, 0, 0, 1, 1, 1, 2, 2, 2])
        ratio = np.exp(fit.coef[0])
        assert (ratio + 2 * ratio**2) / (1 + ratio + ratio**2) == pytest.approx(4 / 3)

    def test_clusters_of_single_groups_give_the_jackknife_sandwich_by_hand(self):
        chosen, x, group = groups_of(np.random.default_rng(3), 40, 5, 1, several=False)
        fit = conditional_logit.fit(chosen, x, group, clusters=[group])
        scores, parts = [], []
        for one in range(40):
            rows = group == one
            share = np.exp(x[rows, 0] * fit.coef[0])
            share /= share.sum()
            centred = x[rows, 0] - share @ x[rows, 0]
            scores.append(float((chosen[rows] - share) @ centred))
            parts.append(float(share * (1 - share) @ centred**2))
        meat = sum((score / (1 - part / sum(parts))) ** 2 for score, part in zip(scores, parts, strict=True))
        assert fit.covariance[0, 0] == pytest.approx(fit.information[0, 0] ** -2 * meat * 39 / 40)

    def test_a_cluster_across_groups_is_corrected_for_its_part_of_their_means(self):
        # pairs: each domain's centred value is half the difference, its score must be the whole one
        chosen = np.array([1, 0, 1, 0, 0, 1, 1, 0], dtype=bool)
        x, group, domain = np.array([2.0, 1, 3, 0, 1, 0, 2, 2.5]), np.repeat(np.arange(4), 2), np.arange(8)
        fit = conditional_logit.fit(chosen, x, group, clusters=[domain])
        share = 1 / (1 + np.exp(-fit.coef[0] * np.diff(x.reshape(4, 2))[:, 0]))
        share = np.column_stack([1 - share, share]).ravel()
        centred = x - np.repeat((share * x).reshape(4, 2).sum(axis=1), 2)
        part = share * (1 - share) * centred**2
        scores = centred * (chosen - share) / (1 - share) / (1 - part / part.sum())
        assert fit.covariance[0, 0] == pytest.approx(fit.information[0, 0] ** -2 * (scores**2).sum() * 7 / 8)

    def test_two_ways_are_added_and_their_overlap_taken_off(self):
        rng = np.random.default_rng(3)
        chosen, x, group = groups_of(rng, 200, 6, 1)
        domain, prompt = rng.integers(0, 30, len(group)), group // 5
        one, other, both = (
            conditional_logit.fit(chosen, x, group, clusters=[way]).covariance[0, 0]
            for way in (domain, prompt, domain * 1000 + prompt)
        )
        got = conditional_logit.fit(chosen, x, group, clusters=[domain, prompt]).covariance[0, 0]
        assert got == pytest.approx(max(one + other - both, one, other))

    def test_a_constant_added_to_a_group_changes_nothing(self):
        rng = np.random.default_rng(3)
        chosen, x, group = groups_of(rng, 60, 6, 1)
        domain, shift = rng.integers(0, 20, len(group)), rng.normal(0, 50, 60)[group]
        first = conditional_logit.fit(chosen, x[:, 0], group, clusters=[domain, group])
        moved = conditional_logit.fit(chosen, x[:, 0] + shift, group, clusters=[domain, group])
        assert [moved.coef[0], moved.se[0]] == pytest.approx([first.coef[0], first.se[0]], rel=1e-6)

    def test_neither_padding_nor_row_order_matters(self, monkeypatch):
        rng = np.random.default_rng(3)
        chosen, x, group = groups_of(rng, 60, 9, 2)
        first = conditional_logit.fit(chosen, x, group, clusters=[group])
        order = rng.permutation(len(group))
        monkeypatch.setattr(conditional_logit, "PAD_CELLS", 50)
        cut = conditional_logit.fit(chosen[order], x[order], group[order] * 7 - 3, clusters=[group[order]])
        assert cut.coef == pytest.approx(first.coef, abs=1e-9)
        assert cut.covariance == pytest.approx(first.covariance, abs=1e-9)

    def test_many_chosen_of_many_with_large_effects_stay_finite(self):
        rng = np.random.default_rng(3)
        group = np.repeat(np.arange(30), 200)
        x = rng.normal(0, 3, 6000)
        chosen = x + rng.logistic(size=6000) > 0
        assert conditional_logit.fit(chosen, x, group).coef[0] == pytest.approx(1.0, abs=0.1)

    def test_separated_data_are_an_error_and_not_a_huge_number(self):
        with pytest.raises(ConvergenceError, match="no finite maximum"):
            conditional_logit.fit([1, 0] * 20, [1, 0] * 20, np.repeat(np.arange(20), 2))

    @pytest.mark.parametrize(
        ("chosen", "x", "words"),
        [
            ([1, 1, 0, 0], [1, 2, 3, 4], "no group has both"),
            ([1, 0, 1, 0], [1, 1, 2, 2], "differ in it"),
            ([1, 0, 1, 0], [1, np.nan, 2, 2], "not finite"),
        ],
    )
    def test_data_that_say_nothing_are_refused(self, chosen, x, words):
        with pytest.raises(DataError, match=words):
            conditional_logit.fit(chosen, x, [0, 0, 1, 1])


def cited(rows, prompt, engine, engines, serp=()):
    """Citations from (answer, domain, cited) rows."""
    answer, domain, was = (np.array(side) for side in zip(*rows, strict=True))
    return Citations(
        answer, domain, was.astype(bool), np.array(prompt), np.array(engine), engines, frozenset(serp)
    )


def as_rows(found):
    return sorted(zip(found.answer.tolist(), found.domain.tolist(), found.chosen.tolist(), strict=True))


class TestPools:
    def test_retrieved_pages_are_the_pool_of_their_own_answer(self):
        data = cited(
            [(0, 1, 1), (0, 1, 1), (0, 2, 0), (0, 1, 0), (1, 3, 1), (1, 1, 0)], [0, 0], [0, 0], ["a"]
        )
        got = candidates(data, "a")
        assert got.pool == "retrieved"
        assert as_rows(got) == [(0, 1, True), (0, 2, False), (1, 1, False), (1, 3, True)]

    def test_search_results_of_the_prompt_are_next_and_citations_outside_them_leave(self):
        data = cited(
            [(0, 1, 1), (0, 9, 1), (1, 1, 1), (1, 2, 1), (2, 7, 1)],
            [0, 0, 1],
            [0, 1, 1],
            ["a", "google"],
            ["google"],
        )
        got = candidates(data, "a")
        assert got.pool == "serp"
        assert as_rows(got) == [(0, 1, True), (0, 2, False)]

    def test_else_everything_cited_for_the_prompt_by_anyone(self):
        data = cited([(0, 1, 1), (1, 2, 1), (2, 3, 1), (3, 4, 1)], [0, 0, 0, 1], [0, 0, 1, 0], ["a", "b"])
        got = candidates(data, "a")
        assert got.pool == "cited-only"
        assert as_rows(got) == [
            (0, 1, True),
            (0, 2, False),
            (0, 3, False),
            (1, 1, False),
            (1, 2, True),
            (1, 3, False),
            (3, 4, True),
        ]

    def test_plain_search_results_are_not_their_own_pool(self):
        data = cited([(0, 1, 1), (1, 2, 1)], [0, 0], [0, 0], ["google"], ["google"])
        assert candidates(data, "google").pool == "cited-only"

    def test_few_retrieved_lists_do_not_set_the_pool(self):
        rows = [(0, 1, 1), (0, 2, 0), (1, 1, 1), (2, 1, 1), (3, 2, 1)]
        assert candidates(cited(rows, [0] * 4, [0] * 4, ["a"]), "a").pool == "cited-only"

    def test_a_pool_by_name_is_taken_and_an_unknown_one_refused(self):
        data = cited([(0, 1, 1), (0, 2, 0), (1, 2, 1)], [0, 0], [0, 0], ["a"])
        assert candidates(data, "a", pool="cited-only").pool == "cited-only"
        with pytest.raises(UsageError, match="use one of auto, retrieved"):
            candidates(data, "a", pool="all")
        with pytest.raises(UsageError, match="engines: a"):
            candidates(data, "b")

    def test_more_answers_than_needed_are_sampled_and_said(self, monkeypatch):
        monkeypatch.setattr("analysis.association.association.MAX_ANSWERS", 20)
        made = world(1)
        got = associate(made.citations, made.authority, metric="m", resamples=50)[0]
        assert got.answers <= 20
        assert "a sample of 20 of 120 answers" in got.control


class TestAssociation:
    def test_doublings_count_powers_of_two_and_zero_is_half_of_the_least(self):
        assert doublings([1, 2, 8, 0, np.nan]).tolist()[:4] == [0, 1, 3, -1]
        assert doublings([0, 0]).tolist() == [0, 0]
        with pytest.raises(DataError, match="at least 0"):
            doublings([1, -1])

    def test_a_planted_odds_ratio_is_found_with_its_control(self):
        made = world(3, effect=0.4, spread=0.0)
        (got,) = associate(made.citations, made.authority, metric="pagerank", basis="import 1", resamples=200)
        assert got.or_low < np.exp(0.4) < got.or_high
        assert got.or_low > 1
        assert got.placebo.p < 0.01
        assert got.placebo.low < 1 < got.placebo.high < got.odds_ratio_per_doubling
        assert got.without_top.domains < got.domains
        assert (got.engine, got.authority, got.basis, got.pool) == (
            "engine",
            "pagerank",
            "import 1",
            "retrieved",
        )
        assert "placebo p " in got.control

    def test_the_ratio_is_per_doubling_whatever_the_unit(self):
        made = world(3, effect=0.4)
        rows = candidates(made.citations, "engine")
        one, thousand, squared = (
            odds_per_doubling(rows, doublings(side))
            for side in (made.authority, made.authority * 1000, made.authority**2)
        )
        assert thousand.ratio == pytest.approx(one.ratio)
        assert squared.ratio**2 == pytest.approx(one.ratio)

    def test_too_little_data_says_so_instead_of_a_number(self):
        data = cited([(0, 1, 1), (0, 2, 0)], [0], [0], ["a"])
        (got,) = associate(data, [1.0, 2.0, 3.0], metric="m")
        assert (got.odds_ratio_per_doubling, got.or_low, got.or_high) == (None, None, None)
        assert got.reason.startswith("not enough data")
        assert got.placebo is None

    def test_a_pool_in_which_all_is_cited_says_what_is_missing(self):
        data = cited([(0, 1, 1), (0, 2, 1)], [0], [0], ["a"])
        assert "no candidate was left uncited" in associate(data, [1.0, 2.0, 3.0], metric="m")[0].reason

    def test_unknown_authority_leaves_and_is_counted(self):
        made = world(3)
        authority = made.authority.copy()
        authority[::3] = np.nan
        (got,) = associate(made.citations, authority, metric="m", resamples=50)
        assert got.unknown > 0
        assert got.domains + got.unknown == len(np.unique(made.citations.domain))

    def test_plain_search_results_stand_beside_as_control(self):
        made = world(3, engines=("engine", "google"), serp=("google",))
        got = {row.engine: row for row in associate(made.citations, made.authority, metric="m", resamples=50)}
        assert set(got) == {"engine", "google"}
        assert (
            f"plain search results: google {numbers.correlation(got['google'].spearman)}"
            in got["engine"].control
        )

    def test_the_shuffle_is_within_types_and_exact_against_all_permutations(self):
        rows = Candidates(
            np.repeat(np.arange(6), 4),
            np.tile(np.arange(4), 6),
            np.repeat(np.arange(6), 4),
            np.array([1, 0, 0, 0] * 3 + [0, 1, 0, 0] * 2 + [0, 0, 1, 0], dtype=bool),
            "retrieved",
            6,
        )
        value, kinds = np.array([3.0, 1.0, 0.0, 2.0]), np.array([0, 0, 1, 1])
        residual = np.array([3, 2, 1, 0]) - 6 / 4
        scores = [np.array(v) @ residual for v in ([3, 1, 0, 2], [1, 3, 0, 2], [3, 1, 2, 0], [1, 3, 2, 0])]
        centre = np.mean(scores)
        exact = np.mean([abs(score - centre) >= abs(scores[0] - centre) - 1e-9 for score in scores])
        assert placebo(rows, value, kinds, shuffles=4000).p == pytest.approx(exact, abs=0.03)

    def test_shuffles_in_batches_are_the_same_test(self, monkeypatch):
        made = world(2, effect=0.2)
        rows, doubled = candidates(made.citations, "engine"), doublings(made.authority)
        whole = placebo(rows, doubled, made.kinds)
        monkeypatch.setattr("analysis.association.association.CHUNK_CELLS", 1000)
        assert abs(placebo(rows, doubled, made.kinds).p - whole.p) < 0.05

    def test_shuffled_authority_is_called_in_about_one_of_twenty(self):
        called = Counter()
        for seed in range(60):
            made = world(seed, domains=150, prompts=25)
            rng = np.random.default_rng(seed)
            rows, doubled = candidates(made.citations, "engine"), doublings(rng.permutation(made.authority))
            odds = odds_per_doubling(rows, doubled)
            called["interval"] += not odds.low <= 1 <= odds.high
            called["placebo"] += placebo(rows, doubled, made.kinds, seed=seed, shuffles=199).p <= 0.05
        # 60 draws: 3 expected, 9 has a chance below 1 in 200
        assert max(called.values()) <= 8

    def test_recorded_answers_reproduce_the_reference_correlation(self):
        answers, by_domain = shared("data/citations/perplexity_2024-11.jsonl.gz"), Counter()
        with gzip.open(answers, "rt", encoding="utf-8") as lines:
            for line in lines:
                found = (try_parse(citation["url"]) for citation in json.loads(line)["citations"])
                by_domain.update({address.domain for address in found if address})
        with shared("data/authority/majestic_million_top15000.csv").open(encoding="utf-8") as table:
            listed = {row["Domain"]: float(row["RefSubNets"]) for row in csv.DictReader(table)}
        both = [domain for domain in by_domain if domain in listed]
        got = spearman([by_domain[d] for d in both], [listed[d] for d in both], seed=1)
        # 933 by the suffix list alone: see test_recorded
        assert got.domains == 926
        assert round(got.rho, 3) == 0.405
        assert 0.3 < got.low < got.rho < got.high < 0.5

    def test_the_page_can_say_why_this_is_not_evidence(self):
        assert "invented URLs" in WHY_NOT_EVIDENCE
