"""Families of link sources: domain type × authority band, what a source with few exposures borrows from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from analysis import frames
from analysis.classes.classify import labels
from analysis.frames import World

BANDS = ("lower authority", "middle authority", "upper authority")
UNKNOWN = "authority unknown"


def families(
    database: Engine, world: World, *, folder: Path | None = None
) -> Callable[[Sequence[str]], Sequence[str]]:
    """Name the family of each of a list of domains.

    The band is the third in which the newest imported authority list puts the domain among the domains asked
    about; without a list every domain is of unknown authority and the type alone makes the family.
    """
    lists = frames.authority_metrics(database)

    def named(names: Sequence[str]) -> list[str]:
        by_name = labels(database, world, names, folder=folder)
        kinds = [by_name[name].kind for name in names]
        if lists.empty or not names:
            return kinds
        newest = lists.sort_values("as_of", ascending=False, kind="stable").iloc[0]["metric"]
        strength = frames.authority_table(database, str(newest), world, names=names).strength(names)
        return [f"{kind}, {band}" for kind, band in zip(kinds, bands(strength), strict=True)]

    return named


def bands(strength: frames.Floats) -> list[str]:
    """Thirds of the known values; equal values share a band."""
    known = np.isfinite(strength)
    cuts = np.quantile(strength[known], [1 / 3, 2 / 3]) if known.any() else np.zeros(2)
    return [
        BANDS[int(np.searchsorted(cuts, value, side="left"))] if ok else UNKNOWN
        for value, ok in zip(strength, known, strict=True)
    ]
