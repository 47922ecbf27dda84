"""`prompts/*.yaml` → a validated catalog, and the tables made to say what it says."""

from __future__ import annotations

from tracker.catalog.entries import BrandEntry, Catalog, EngineEntry, JudgeEntry, PromptEntry
from tracker.catalog.files import inspect, load
from tracker.catalog.nodes import Problem
from tracker.catalog.placeholders import placeholders
from tracker.catalog.pooling import WAY_OUT, mixed_workspaces, origins_of_models, refuse_pooling
from tracker.catalog.tables import differs, ensure_workspace, judged_domains, sync
from tracker.engines.row import Surface

__all__ = [
    "WAY_OUT",
    "BrandEntry",
    "Catalog",
    "EngineEntry",
    "JudgeEntry",
    "Problem",
    "PromptEntry",
    "Surface",
    "differs",
    "ensure_workspace",
    "inspect",
    "judged_domains",
    "load",
    "mixed_workspaces",
    "origins_of_models",
    "placeholders",
    "refuse_pooling",
    "sync",
]
