"""A folder of YAML → a validated catalog. Refuses before anything is spent, naming file, line and fix."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tracker.catalog.brands import read_brands
from tracker.catalog.engines import read_engines
from tracker.catalog.entries import Catalog
from tracker.catalog.nodes import MAX_PROBLEMS, CatalogFile, Problem
from tracker.catalog.prompts import read_prompts
from tracker.errors import CatalogError


def load(folder: Path, *, need: Literal["brands", "all"] = "all") -> Catalog:
    """The catalog of `folder`, or a CatalogError that lists every problem found."""
    catalog, problems = inspect(folder, need=need)
    if problems:
        many = "at least " if len(problems) >= MAX_PROBLEMS else ""
        count = f"{many}{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        listing = "\n".join(str(problem) for problem in problems)
        raise CatalogError(f"the catalog has {count}:\n{listing}")
    assert catalog is not None
    return catalog


def inspect(folder: Path, *, need: Literal["brands", "all"] = "all") -> tuple[Catalog | None, list[Problem]]:
    """The catalog if it is usable, and what is wrong with it."""
    problems: list[Problem] = []
    if not folder.is_dir():
        hint = f"run `citelift init --catalog {folder}` to write a starter, or give --catalog"
        return None, [Problem("catalog.folder", str(folder), "there is no such folder", hint)]
    workspace, timezone, keep, brands = read_brands(
        CatalogFile.open(folder, "brands", problems, required=True)
    )
    prompts = read_prompts(CatalogFile.open(folder, "prompts", problems, required=need == "all"))
    engines, judge = read_engines(CatalogFile.open(folder, "engines", problems, required=need == "all"), need)
    catalog = None if problems else Catalog(workspace, brands, prompts, engines, judge, timezone, keep)
    return catalog, problems
