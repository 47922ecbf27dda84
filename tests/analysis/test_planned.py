"""Experiments are foreseen for as many pairs as there are sites."""

from __future__ import annotations

from sqlalchemy import Engine

from analysis import frames
from analysis.planned import planned
from tests.analysis.experiments.worlds import START, answered


def test_a_plan_foresees_experiments_of_as_many_pairs_as_there_are_sites_for(sqlite_database: Engine) -> None:
    answered(sqlite_database)
    world = frames.world(sqlite_database)
    six, *more = planned(sqlite_database, world, today=START, lift=0.3)
    assert (six.pairs, len(six.powers), six.reason) == (6, 3, "")
    assert six.powers[0].unnamed < six.powers[-1].unnamed
    reasons = [(each.pairs, each.powers, each.reason) for each in more]
    assert reasons == [(k, (), "only 7 pairs of sites are cited often enough") for k in (12, 20)]
