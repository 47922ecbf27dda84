"""Lift, by the evidence ladder: hand-worked, pyfixest, brute force, collapse, simulation."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats
from threadpoolctl import threadpool_limits

from analysis.lift import checks, estimate
from analysis.lift.estimate import LiftTable, Panel, lift, shrink
from analysis.lift.fitting import fit, jackknife, moderate, solve, without_prompt
from analysis.lift.simulate import Kind, Truth, world
from analysis.lift.sums import ByPrompt, by_answer, by_prompt, design, residuals
from analysis.lift.within import choose, effects
from tests.bench.calibration.study import told
from tests.bench.calibration.tables import tally
from tracker.errors import UsageError

PROMPTS, ENGINES, WEEKS, REPEATS, BRANDS, SOURCES = 12, 2, 6, 3, 5, 6
FORMULAS = {"week": "a + bpe + bwe", "topic-week": "a + bpe + btwe", "prompt-week": "a + bpew"}


def panel_of(prompt, cited, exposed, named, *, engine=None, week=None, topic=None) -> Panel:
    """A panel from plain arrays: exposed is (A, B, S)."""
    exposed, named, prompt = np.asarray(exposed), np.asarray(named, bool), np.asarray(prompt)
    a, b, s = exposed.shape
    zero = np.zeros(a, np.int64)
    return Panel(
        prompt=prompt,
        engine=zero if engine is None else np.asarray(engine),
        week=zero if week is None else np.asarray(week),
        topic=zero if topic is None else np.asarray(topic),
        brands=tuple(f"b{i}" for i in range(b)),
        sources=tuple(f"s{i}" for i in range(s)),
        families=("f",) * s,
        named=named,
        cited=sparse.csr_array(np.asarray(cited, float)),
        exposed=sparse.csr_array(exposed.reshape(a * b, s).astype(float)),
    )


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Brute force on small matrices crawls when BLAS threads compete with other processes."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield


@pytest.fixture(scope="module")
def small() -> Panel:
    """An unbalanced panel in no particular order."""
    rng = np.random.default_rng(0)
    grid = np.meshgrid(*(np.arange(n) for n in (PROMPTS, ENGINES, WEEKS, REPEATS)), indexing="ij")
    prompt, engine, week, _ = (axis.ravel() for axis in grid)
    rows = rng.permutation(np.flatnonzero(rng.random(len(prompt)) < 0.8))
    prompt, engine, week = prompt[rows], engine[rows], week[rows]
    cited = rng.random((len(rows), SOURCES)) < 0.4
    start = rng.integers(-4, 9, (SOURCES, BRANDS))
    exposed = cited[:, None, :] & (start.T[None] <= week[:, None, None])
    named = rng.random((len(rows), BRANDS)) < 0.3 + 0.2 * exposed[:, :, 0] + 0.04 * (prompt % 5)[:, None]
    return panel_of(prompt, cited, exposed, named, engine=engine, week=week, topic=prompt % 3)


@pytest.fixture(scope="module")
def frame(small: Panel) -> pd.DataFrame:
    """The same as one row per answer and brand, with the codes of the effects."""
    wide = pd.DataFrame(small.exposed.toarray(), columns=[f"x{i}" for i in range(SOURCES)])
    wide["y"] = small.named.ravel().astype(float)
    names = {"p": small.prompt, "e": small.engine, "w": small.week, "t": small.topic}
    for name, values in {**names, "a": np.arange(small.answers)}.items():
        wide[name] = np.repeat(values, BRANDS)
    wide["b"] = np.tile(np.arange(BRANDS), small.answers)
    for name in ("bpe", "bwe", "btwe", "bpew"):
        wide[name] = wide.groupby(list(name)).ngroup()
    return wide


def dummies(frame: pd.DataFrame, names: list[str]) -> np.ndarray:
    return np.column_stack([pd.get_dummies(frame[n]).to_numpy(float) for n in names])


def least_squares(frame: pd.DataFrame, extra: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x = frame[[f"x{i}" for i in range(SOURCES)]].to_numpy()
    basis = extra @ np.linalg.lstsq(extra, np.column_stack([x, frame["y"]]), rcond=None)[0]
    left = np.column_stack([x, frame["y"]]) - basis
    return left[:, :-1], left[:, -1]


# --- one answer, one source -------------------------------------------------------------------------------


def test_two_answers_of_one_prompt_are_worked_by_hand():
    """Only the first answer cites; its linked brands are named 2 of 2 against 0 of 2, before 1 of 2 and 1 of
    2."""
    exposed = np.zeros((2, 4, 1))
    exposed[0, :2, 0] = 1
    panel = panel_of([0, 0], [[1], [0]], exposed, [[1, 1, 0, 0], [1, 0, 1, 0]])
    found = solve(design(panel, panel.exposed, effects(panel, "prompt-week", "level")))
    assert found.beta[0] == pytest.approx((1 - 0) - (0.5 - 0.5))


def test_one_prompt_and_one_source_collapse_to_a_difference_of_differences_in_means():
    rng = np.random.default_rng(3)
    linked = np.array([1, 1, 1, 0, 0], bool)
    cited = rng.random(40) < 0.5
    named = rng.random((40, 5)) < 0.4
    panel = panel_of(np.zeros(40, int), cited[:, None], (cited[:, None] & linked)[:, :, None], named)
    found = solve(design(panel, panel.exposed, effects(panel, "week", "level", 1)))
    gap = named[:, linked].mean(axis=1) - named[:, ~linked].mean(axis=1)
    assert found.beta[0] == pytest.approx(gap[cited].mean() - gap[~cited].mean())


def test_a_source_that_links_to_every_brand_has_nothing_to_compare():
    cited = np.array([1, 0] * 20)
    exposed = np.repeat(cited[:, None], 4, axis=1)[:, :, None]
    panel = panel_of(
        np.arange(40) // 4, cited[:, None], exposed, np.random.default_rng(0).random((40, 4)) < 0.5
    )
    row = lift(panel, min_exposed=1, min_prompts=1).rows[0]
    assert row.lift is None
    assert row.verdict == "not enough data"


# --- against other implementations ------------------------------------------------------------------------


@pytest.mark.parametrize("within", FORMULAS)
def test_points_and_clustered_errors_are_pyfixests(small, frame, within):
    import pyfixest

    formula = "y ~ " + " + ".join(f"x{i}" for i in range(SOURCES)) + f" | {FORMULAS[within]}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known = pyfixest.feols(formula, frame, vcov={"CRV1": "p"})
    found = fit(design(small, small.exposed, effects(small, within, "level")), "CR1")
    assert found.beta == pytest.approx(known.coef().to_numpy(), abs=1e-7)
    ratio = found.se / known.se().to_numpy()
    assert ratio == pytest.approx(np.full(SOURCES, ratio[0]), rel=1e-5), (
        "only the small-sample factor differs"
    )
    assert ratio[0] == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("within", FORMULAS)
def test_points_are_those_of_all_dummies_by_brute_force(small, frame, within):
    x, y = least_squares(frame, dummies(frame, FORMULAS[within].split(" + ")))
    found = solve(design(small, small.exposed, effects(small, within, "level")))
    assert found.beta == pytest.approx(np.linalg.lstsq(x, y, rcond=None)[0], abs=1e-9)
    assert found.information == pytest.approx(1 / np.diag(np.linalg.inv(x.T @ x)))


@pytest.mark.parametrize(("within", "periods"), [("week", 1), ("topic-week", 2), ("prompt-week", 6)])
def test_slopes_of_answers_are_those_of_dummies_times_slope(small, frame, within, periods):
    fx = effects(small, within, "level and slope", periods)
    slope = np.empty((small.answers, BRANDS))
    slope[fx.order] = fx.basis[fx.cell, :, 1]
    inner = np.empty(small.answers, int)
    inner[fx.order] = fx.inner
    whole = frame.assign(inner=np.repeat(inner, BRANDS))
    whole["binner"] = whole.groupby(["b", "inner"]).ngroup()
    crossing = {"week": ["bwe"], "topic-week": ["btwe"], "prompt-week": []}[within]
    answers = dummies(whole, ["a"])
    x, y = least_squares(
        whole,
        np.column_stack([answers, answers * slope.ravel()[:, None], dummies(whole, ["binner", *crossing])]),
    )
    found = solve(design(small, small.exposed, fx))
    assert found.beta == pytest.approx(np.linalg.lstsq(x, y, rcond=None)[0], abs=1e-8)


def test_the_jackknife_errors_are_the_fits_without_each_prompt(small, frame):
    fx = effects(small, "prompt-week", "level")
    found = fit(design(small, small.exposed, fx), "CR3")
    without = []
    for prompt in range(PROMPTS):
        part = small.take(small.prompt != prompt)
        without.append(solve(design(part, part.exposed, effects(part, "prompt-week", "level"))).beta)
    moved = np.stack(without) - found.beta
    assert found.dropped == pytest.approx(moved, abs=1e-9)
    assert found.se == pytest.approx(np.sqrt((moved**2).sum(axis=0)))


def test_cr2_is_the_residual_maker_by_brute_force(small, frame):
    x, y = least_squares(frame, dummies(frame, ["a", "bpew"]))
    bread = np.linalg.inv(x.T @ x)
    e = y - x @ bread @ (x.T @ y)
    meat = np.zeros((SOURCES, SOURCES))
    for prompt in range(PROMPTS):
        own = frame["p"].to_numpy() == prompt
        values, vectors = np.linalg.eigh(np.eye(own.sum()) - x[own] @ bread @ x[own].T)
        score = x[own].T @ (vectors / np.sqrt(values)) @ vectors.T @ e[own]
        meat += np.outer(score, score)
    found = fit(design(small, small.exposed, effects(small, "prompt-week", "level")), "CR2")
    assert found.se == pytest.approx(np.sqrt(np.diag(bread @ meat @ bread)))


def test_degrees_of_freedom_are_bell_and_mccaffreys_by_brute_force(small, frame):
    x, _ = least_squares(frame, dummies(frame, ["a", "bpew"]))
    bread = np.linalg.inv(x.T @ x)
    maker = np.eye(len(x)) - x @ bread @ x.T
    found = fit(design(small, small.exposed, effects(small, "prompt-week", "level")), "CR3")
    for k in range(SOURCES):
        columns = []
        for prompt in range(PROMPTS):
            own = frame["p"].to_numpy() == prompt
            inverse = np.linalg.inv(np.eye(own.sum()) - x[own] @ bread @ x[own].T)
            columns.append(maker[:, own] @ inverse @ x[own] @ bread[:, k])
        omega = np.stack(columns) @ np.stack(columns).T
        assert found.dof[k] == pytest.approx(np.trace(omega) ** 2 / (omega**2).sum(), rel=0.02)


def test_errors_by_answer_are_statsmodels_clustered_ones_up_to_the_factor(small, frame):
    import statsmodels.api as sm

    x, y = least_squares(frame, dummies(frame, ["a", "bpew"]))
    known = sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": frame["a"], "use_correction": False})
    fx = effects(small, "prompt-week", "level")
    found = fit(design(small, small.exposed, fx))
    factor = small.answers / (small.answers - len(np.unique(fx.inner)))
    assert found.plain == pytest.approx(known.bse * np.sqrt(factor))


@pytest.mark.parametrize("block", [1, 64])
@pytest.mark.parametrize("answer", ["level and slope", "level"])
@pytest.mark.parametrize("within", [*FORMULAS])
def test_sums_of_sparse_parts_are_those_of_projected_columns(small, within, answer, block, monkeypatch):
    """Cross-products by engine and by prompt, scores and answers' scores, against every column projected."""
    monkeypatch.setattr("analysis.lift.sums.STRETCH", 50)
    monkeypatch.setattr("analysis.lift.sums.BLOCK", block)
    monkeypatch.setattr("analysis.lift.sums.ENTRIES", 1)
    fx = effects(small, within, answer, 2)
    model = design(small, sparse.csr_array(small.exposed), fx)
    columns = np.concatenate([part for _, _, part in model.blocks()])
    engine, prompt = np.repeat(fx.engine, BRANDS), np.repeat(fx.cluster, BRANDS)
    for e, gram in enumerate(model.sums.by_engine):
        np.testing.assert_allclose(gram, columns[engine == e].T @ columns[engine == e], atol=1e-12)
    together = design(small, sparse.csr_array(small.exposed), fx, by_engine=False)
    np.testing.assert_allclose(together.sums.by_engine[0], columns.T @ columns, atol=1e-12)
    assert together.sums.free.sum() == model.sums.free.sum()
    x, beta = columns[:, :-1], np.linspace(-0.2, 0.3, SOURCES)
    residual = columns[:, -1] - x @ beta
    told = residuals(model, beta)
    np.testing.assert_allclose(told.ravel(), residual, atol=1e-12)
    operator = ByPrompt(model)
    scores, vectors = operator.back(told), np.random.default_rng(0).normal(size=(PROMPTS, SOURCES + 1))
    images = operator.times(vectors)
    for p, gram in enumerate(by_prompt(model)):
        mine = columns[prompt == p]
        np.testing.assert_allclose(gram, (mine.T @ mine)[:-1, :-1], atol=1e-12)
        np.testing.assert_allclose(scores[p], mine.T @ residual[prompt == p], atol=1e-12)
        np.testing.assert_allclose(images[p], mine.T @ (mine @ vectors[p]), atol=1e-12)
    by_hand = (x * residual[:, None]).reshape(-1, BRANDS, SOURCES).sum(axis=1)
    np.testing.assert_allclose(by_answer(model, told), by_hand.T @ by_hand, atol=1e-12)


@pytest.mark.parametrize("steps", [200, 1])
@pytest.mark.parametrize("within", [*FORMULAS])
def test_errors_by_conjugate_gradients_are_those_of_each_prompts_inverse(small, within, steps, monkeypatch):
    """Also where a prompt's gradients do not end, and where a source is cited in one prompt alone."""
    monkeypatch.setattr("analysis.lift.fitting.STEPS", steps)
    exposed = small.exposed.toarray()
    exposed[np.repeat(small.prompt != 3, BRANDS), 1] = 0
    model = design(small, sparse.csr_array(exposed), effects(small, within))
    known = fit(model)
    beta, se = jackknife(model)
    np.testing.assert_array_equal(beta, known.beta)
    others = np.arange(SOURCES) != 1
    np.testing.assert_allclose(se[others], known.se[others], rtol=1e-9)
    few = fit(model, dof_of=np.arange(SOURCES) < 2)
    np.testing.assert_allclose(few.dof, np.where(np.arange(SOURCES) < 2, known.dof, np.nan), rtol=1e-9)


def test_a_prompt_that_holds_all_of_a_source_is_left_out_by_its_eigenvectors():
    """Where the inverse without a prompt does not exist, what is left of it does."""
    whole = np.eye(2)
    assert without_prompt(whole, np.diag([0.5, 1.0])) is None
    assert without_prompt(whole, np.diag([0.5, 1 - 1e-7])) is None
    np.testing.assert_allclose(without_prompt(whole, np.diag([0.5, 0.0])), np.diag([2.0, 1.0]))


def test_large_prompts_read_in_pieces_give_the_same_columns(small, monkeypatch):
    model = design(small, small.exposed, effects(small, "topic-week"))
    whole = [part for _, _, part in model.blocks()]
    monkeypatch.setattr("analysis.lift.sums.CHUNK", 200)
    pieces = [part for _, _, part in model.blocks()]
    assert len(pieces) > len(whole) == PROMPTS
    np.testing.assert_array_equal(np.concatenate(pieces), np.concatenate(whole))


@pytest.mark.parametrize(
    ("q", "discovery", "claimed"),
    [
        ((0.019, 0.05, 0.08, 0.081), 0.08, (0, 1, 2)),
        ((0.02, 0.05), 0.08, (0, 1)),
        ((0.021, 0.05), 0.08, ()),
        ((0.021, 0.03), 0.5, ()),
        ((np.nan, 0.019, 0.5), 0.08, (1,)),
        ((np.nan, np.nan), 0.08, ()),
        ((), 0.08, ()),
        ((0.009, 0.015), 0.01, (0,)),
        ((0.015, 0.5), 0.01, ()),
    ],
)
def test_nothing_is_claimed_unless_the_surest_source_passes_the_gate(
    q: tuple[float, ...], discovery: float, claimed: tuple[int, ...]
) -> None:
    bar = estimate._claimed_up_to(np.array(q), discovery)
    assert tuple(i for i, value in enumerate(q) if value <= bar) == claimed


def test_a_table_of_lifts_claims_by_the_gate() -> None:
    """Two sources at q just above and below 2 % for the surest, the other one at q below 8 %."""
    for surest, verdict in ((2.35, "no clear difference"), (2.55, "associated within the same question")):
        t = np.array([surest, 2.05])
        model = SimpleNamespace(beta=t, se=np.ones(2), dof=np.full(2, 1e9))
        scores = estimate._score(model, ("f", "f"), 0.95, estimate.DISCOVERY)  # type: ignore[arg-type]
        assert bool(scores.q.min() <= estimate.GATE) is (surest > 2.5)
        assert estimate.GATE < scores.q.max() < estimate.DISCOVERY
        assert set(scores.verdicts) == {verdict}


def test_variances_are_moderated_as_limma_does():
    """With ratios that chi-square noise explains, all sources share one ratio and every degree of freedom."""
    rng = np.random.default_rng(1)
    dof = np.full(200, 6.0)
    se = np.sqrt(2.0 * rng.chisquare(6, 200) / 6)
    found, freed = moderate(se, dof, np.ones(200))
    assert found == pytest.approx(np.full(200, np.sqrt(2)), rel=0.12)
    assert freed.min() > 100


def test_variances_that_really_differ_keep_their_own():
    rng = np.random.default_rng(2)
    true = np.exp(rng.normal(0, 1.2, 300))
    se = np.sqrt(true * rng.chisquare(12, 300) / 12)
    found, freed = moderate(se, np.full(300, 12.0), np.ones(300))
    assert np.corrcoef(np.log(found), np.log(se))[0, 1] > 0.98
    assert freed.max() < 20


def test_two_sources_have_nothing_to_be_moderated_by():
    se, dof = np.array([0.1, 0.3]), np.array([4.0, 5.0])
    assert moderate(se, dof, np.ones(2)) == (se, dof)


# --- the table --------------------------------------------------------------------------------------------


@cache
def checked(kind: Kind, seed: int) -> tuple[Panel, Truth, LiftTable]:
    panel, truth = world(kind, seed)
    return panel, truth, lift(panel)


@pytest.fixture(scope="module")
def planted() -> tuple[Panel, LiftTable]:
    panel, _, table = checked("planted", 1)
    return panel, table


def test_rows_are_ranked_by_the_lower_bound_of_the_shrunk_lift(planted):
    _, table = planted
    keys = [row.rank_key for row in table.rows if row.rank_key is not None]
    assert keys == sorted(keys, reverse=True)
    assert all(row.rank_key is None for row in table.rows[len(keys) :])
    assert len(table.rows) == 60


def test_bounds_p_and_errors_of_a_row_tell_the_same_story(planted):
    for row in planted[1].rows:
        if row.lift is not None:
            assert (row.low > 0 or row.high < 0) == (row.p < 0.05)
            assert row.high - row.lift == pytest.approx(row.lift - row.low)
            assert 1.95 < (row.high - row.lift) / row.se < 3.5
            assert row.q >= row.p


def test_sources_with_little_data_keep_their_row_and_have_no_numbers(planted):
    thin = [row for row in planted[1].rows if row.verdict == "not enough data"]
    assert thin
    for row in thin:
        assert (row.lift, row.low, row.high, row.p, row.q, row.rank_key) == (None,) * 6
        assert row.checks == {}


def test_numbers_do_not_depend_on_the_order_of_answers(planted):
    panel, table = planted
    mixed = lift(panel.take(np.random.default_rng(0).permutation(panel.answers)), checks="none")
    for row in mixed.rows:
        assert row.lift == pytest.approx(table.row(row.source).lift)


def test_nothing_is_claimed_unless_one_source_is_sure(planted):
    panel, table = planted
    assert {row.verdict for row in table.rows if row.q is not None and row.q <= table.discovery} == {
        "associated within the same question"
    }
    weak = panel.take(np.random.default_rng(1).permutation(panel.answers)[:500])
    rows = lift(weak, checks="none").rows
    known = [row.q for row in rows if row.q is not None]
    claims = [row for row in rows if row.verdict.startswith(("associated", "goes"))]
    assert bool(claims) == bool(known and min(known) <= 0.05)


def test_fewer_mentions_need_more_evidence_than_more(planted):
    panel, table = planted
    flipped = lift(replace(panel, named=~panel.named), checks="none")
    up = sum(row.verdict == "associated within the same question" for row in table.rows)
    down = sum(row.verdict == "goes with fewer mentions" for row in flipped.rows)
    assert 0 < down <= up


def test_a_brand_of_its_own_has_its_own_exposures(planted):
    panel, _ = planted
    table = lift(panel, brand="brand 3", checks="none")
    mine = panel.exposed.toarray()[2::8].sum(axis=0)
    assert table.brand == "brand 3"
    assert {row.source: row.exposed for row in table.rows} == dict(
        zip(panel.sources, mine.astype(int), strict=True)
    )


def test_an_engine_and_a_topic_are_looked_at_alone(planted):
    panel, _ = planted
    table = lift(panel, engine=1, topic=2, checks="none")
    assert table.answers == int(((panel.engine == 1) & (panel.topic == 2)).sum())
    assert table.prompts == len(np.unique(panel.prompt[panel.topic == 2]))


def test_no_answers_give_an_empty_table(planted):
    assert lift(planted[0], engine=9).rows == ()


def test_a_panel_without_links_has_only_rows_without_numbers(planted):
    panel, _ = planted
    bare = replace(panel, exposed=sparse.csr_array(panel.exposed.shape))
    assert {row.verdict for row in lift(bare).rows} == {"not enough data"}


def test_brands_that_are_always_or_never_named_break_nothing(planted):
    panel, _ = planted
    for value in (True, False):
        table = lift(replace(panel, named=np.full(panel.named.shape, value)))
        assert not any(row.verdict.startswith(("associated", "goes")) for row in table.rows)


def test_two_sources_that_never_differ_share_one_number(planted):
    panel, _ = planted
    twice = replace(
        panel,
        sources=(*panel.sources, "twin.example"),
        families=(*panel.families, "f"),
        cited=sparse.csr_array(sparse.hstack([panel.cited, panel.cited[:, [0]]])),
        exposed=sparse.csr_array(sparse.hstack([panel.exposed, panel.exposed[:, [0]]])),
        begins=None,
        ends=None,
    )
    pair = [lift(twice, checks="none").row(s).lift for s in (panel.sources[0], "twin.example")]
    assert pair.count(None) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"brand": "nobody"}, {"within": "day"}, {"checks": "some"}],
    ids=["brand", "comparison", "checks"],
)
def test_a_wrong_option_is_answered_with_the_good_ones(planted, wrong):
    with pytest.raises(UsageError) as caught:
        lift(planted[0], **wrong)
    assert "Use" in caught.value.hint


def test_a_panel_whose_arrays_do_not_fit_is_refused(planted):
    with pytest.raises(UsageError, match="named"):
        replace(planted[0], named=planted[0].named[:, :3])


def test_repeats_decide_how_fine_the_comparison_is():
    few = world("few", 0)[0]
    assert choose(few) == ("week", 1)
    assert choose(world("planted", 0)[0])[0] == "topic-week"
    often = few.take(np.repeat(np.arange(few.answers), 60))
    assert choose(often)[0] == "prompt-week"


# --- shrinkage --------------------------------------------------------------------------------------------


def test_a_family_of_equals_is_pulled_to_its_mean():
    mean, sd = shrink(np.array([0.10, 0.11, 0.09]), np.full(3, 0.05), ("news",) * 3)
    assert mean == pytest.approx(np.full(3, 0.10))
    assert sd == pytest.approx(np.full(3, 0.05 / np.sqrt(3)))


def test_sure_estimates_are_left_where_they_are():
    beta = np.array([-0.3, 0.0, 0.4])
    mean, sd = shrink(beta, np.full(3, 0.001), ("news",) * 3)
    assert mean == pytest.approx(beta, abs=1e-4)
    assert sd == pytest.approx(np.full(3, 0.001), rel=0.01)


def test_a_small_family_borrows_from_all():
    beta = np.array([0.1, 0.1, 0.1, 0.1, 0.5])
    mean, _ = shrink(beta, np.array([0.02, 0.02, 0.02, 0.02, 0.3]), ("news",) * 4 + ("wiki",))
    assert mean[4] < 0.15


def test_the_spread_of_a_family_is_dersimonian_and_lairds():
    beta, se = np.array([0.1, 0.3, 0.6]), np.array([0.05, 0.1, 0.08])
    w = se**-2
    mu = (w * beta).sum() / w.sum()
    tau2 = ((w * (beta - mu) ** 2).sum() - 2) / (w.sum() - (w**2).sum() / w.sum())
    centre = (beta / (se**2 + tau2)).sum() / (1 / (se**2 + tau2)).sum()
    expected = (beta * tau2 + centre * se**2) / (tau2 + se**2)
    assert shrink(beta, se, ("a",) * 3)[0] == pytest.approx(expected)


# --- checks -----------------------------------------------------------------------------------------------


def test_moved_links_keep_their_answers_and_leave_their_brands(small):
    real = small.exposed.toarray().reshape(small.answers, BRANDS, SOURCES)
    moved = checks.moved_links(small, seed=4).toarray().reshape(real.shape)
    assert (moved.sum(axis=1) == real.sum(axis=1)).all()
    for s in range(SOURCES):
        to = [
            np.flatnonzero([(moved[:, j, s] == real[:, b, s]).all() for j in range(BRANDS)])
            for b in range(BRANDS)
        ]
        assert all(len(t) for t in to)
    assert moved.sum() == real.sum()


def test_one_link_on_one_answer_makes_its_brand_comparable_elsewhere():
    cited, exposed = np.ones((3, 1)), np.zeros((3, 2, 1))
    exposed[0, 1, 0] = 1
    pairs = checks.unlinked_pairs(panel_of([0, 1, 2], cited, exposed, np.zeros((3, 2)))).toarray()
    assert pairs.reshape(3, 2).tolist() == [[0, 0], [0, 1], [0, 1]]


@pytest.mark.parametrize("answer", ["level", "level and slope"])
def test_an_engine_is_left_out_by_its_own_answers(small, answer):
    fx = effects(small, "week", answer, 1)
    without = checks.without_each_engine(solve(design(small, small.exposed, fx)).sums)
    assert without.keys() == {0, 1}
    for engine, slopes in without.items():
        rest = small.take(np.flatnonzero(small.engine != engine))
        alone = solve(design(rest, rest.exposed, effects(rest, "week", answer, 1))).beta
        assert slopes == pytest.approx(alone)
    one = small.take(np.flatnonzero(small.engine == 1))
    alone = solve(design(one, one.exposed, effects(one, "week", answer, 1)))
    assert checks.without_each_engine(alone.sums) == {}


def test_unlinked_pairs_cite_the_source_and_have_its_link_at_another_time(small):
    found = checks.unlinked_pairs(small).toarray().reshape(small.answers, BRANDS, SOURCES)
    real = small.exposed.toarray().reshape(found.shape) > 0
    ever = real.any(axis=0)
    expected = (small.cited.toarray() > 0)[:, None, :] & ever[None] & ~real
    assert (found.astype(bool) == expected).all()


def test_every_check_has_its_figures(planted):
    names = {"without any one prompt", "without any one engine", "links moved to other brands"}
    best = planted[1].rows[0]
    assert names <= best.checks.keys()
    assert all(best.checks.values())
    assert best.checks.keys() <= best.details.keys()


def test_placebos_stray_as_rarely_as_they_should():
    names = ("links moved to other brands", "cited without the link")
    passed = []
    for kind, seed in (("planted", 1), ("list", 2)):
        passed += [row.checks[n] for row in checked(kind, seed)[2].rows for n in names if n in row.checks]
    assert np.mean(passed) > 0.96


def test_one_prompt_that_carries_a_lift_alone_fails_its_check():
    """Nineteen prompts say slightly less, the twentieth much more."""
    rng = np.random.default_rng(5)
    prompt = np.repeat(np.arange(20), 60)
    cited = rng.random(len(prompt)) < 0.5
    exposed = np.zeros((len(prompt), 6, 1))
    exposed[:, :2, 0] = cited[:, None]
    rate = np.full((len(prompt), 6), 0.45)
    rate[:, :2] += np.where(prompt == 0, 0.54, -0.02)[:, None] * cited[:, None]
    row = lift(panel_of(prompt, cited[:, None], exposed, rng.random(rate.shape) < rate), answer="level").rows[
        0
    ]
    assert row.verdict != "associated within the same question"
    if row.lift > 0:
        assert row.checks["without any one prompt"] is False


def test_sources_picked_because_of_the_brands_are_not_credited_to_links():
    table = checked("followers", 0)[2]
    claims = [row for row in table.rows if row.verdict == "associated within the same question"]
    caught = [row for row in table.rows if row.verdict == "named without the link too"]
    assert table.unlinked.low > 0.05
    assert len(caught) > 10 * len(claims)


def test_worlds_without_that_habit_are_not_suspected():
    for kind, seed in (("planted", 1), ("list", 2)):
        assert checked(kind, seed)[2].unlinked.low < 0.02


def test_a_source_that_raises_everybody_is_said_to():
    panel, truth, table = checked("lifts_all", 0)
    rows = {row.source: row for row in table.rows}
    alike = [rows[s] for s, flag in zip(panel.sources, truth.common, strict=True) if flag]
    said = sum(row.verdict == "lifts every brand alike" for row in alike)
    others = [rows[s] for s, flag in zip(panel.sources, truth.common, strict=True) if not flag]
    assert sum(row.verdict == "lifts every brand alike" for row in others) <= 1
    assert not any(row.verdict == "associated within the same question" for row in alike)
    assert said >= 2


# --- simulation -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["planted", "momentum", "list"])
def test_three_seeds_keep_the_study_in_sight(kind: Kind):
    """The study over twenty seeds is `python -m tests.bench.calibration`."""
    found = tally([told(kind, seed, checks="none") for seed in range(3)])
    assert 0.90 <= found.coverage <= 0.99
    assert found.discoveries * found.false_discovery <= 1.5
    assert np.isnan(found.power) or found.power >= 0.85


def test_the_textbook_model_is_misled_by_lists_and_the_slope_is_not():
    """In a list of limited length popular brands move more, and popular brands have the links."""
    off = {"level": [], "level and slope": []}
    for seed in range(2):
        panel, truth = world("list", seed)
        for answer, errors in off.items():
            for row in lift(panel, answer=answer, checks="none").rows:
                s = panel.sources.index(row.source)
                if row.lift is not None and not truth.planted[s]:
                    errors.append((row.lift - truth.lift[s]) / row.se)
    level, slope = (np.asarray(errors) for errors in off.values())
    assert level.mean() > 0.3
    assert abs(slope.mean()) < 0.3


def test_t_values_of_the_null_world_are_standard():
    scores = []
    for seed in range(2):
        for row in lift(world("null", seed)[0], checks="none").rows:
            if row.lift is not None:
                scores.append(stats.norm.isf(row.p / 2) * np.sign(row.lift))
    assert 0.82 < np.std(scores) < 1.18


@pytest.mark.parametrize(
    ("common", "lift", "alike"),
    [
        (0.20, 0.02, True),
        (0.20, 0.10, False),
        (0.20, -0.12, True),  # linked brands fall behind the others, and are raised all the same
        (0.10, -0.15, False),
        (-0.20, 0.01, False),
        (0.20, np.nan, True),
    ],
)
def test_a_source_raises_every_brand_when_linked_ones_gain_little_more_and_lose_nothing(
    common: float, lift: float, alike: bool
) -> None:
    found = checks.Estimates(np.array([common]), np.array([0.02]))
    assert checks.raises_every_brand(found, np.array([lift]))[0] == alike
