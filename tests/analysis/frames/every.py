"""Every statement of the frames, asked of one database, and what comes of it as digests to be compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, get_args

import numpy as np
import pandas as pd
from scipy import sparse
from sqlalchemy import Engine
from sqlmodel import SQLModel

from analysis import frames
from analysis.association.association import Citations
from analysis.frames.behind import SIDES, NumberMeasure
from tracker import domains
from tracker.errors import CiteliftError

ABOUT_CHANGES = {"contents", "mark", "version"}
"""What tells that something changed says another word of another place."""
NO_STATEMENT = {"as_world", "monday", "rows", "served_weeks", "source_key", "live_shares"}


def digests(database: Engine, workspace: int, scopes: list[frames.Scope]) -> dict[str, str]:
    """Call → digest of its result, whatever the order of rows that have none."""
    world = frames.world(database, workspace)
    found: dict[str, Any] = {}

    def ask(name: str, about: object, call: Callable[[], Any]) -> Any:
        try:
            result = call()
        except CiteliftError as error:
            result = str(error)
        found[f"{name} {about}"] = plain(result)
        return result

    for name in _OF_ALL:
        ask(name, "", lambda name=name: getattr(frames, name)(database, world))
    for name in ("authority_metrics", "workspace_names"):
        ask(name, "", lambda name=name: getattr(frames, name)(database))
    for metric in (*frames.COMPUTED, "list_rank"):
        ask("authority_table", metric, lambda m=metric: vars(frames.authority_table(database, m, world)))
    for key in (world.id,):
        ask("is_running", key, lambda: frames.is_running(database, world.id))
        ask("noted", key, lambda: frames.noted(database, world.id))
    ask("newest_runs", "", lambda: frames.newest_runs(database, world, 10))
    ask("own_counts", "", lambda: frames.own_counts(database, world, None, None))
    for brand in world.brands:
        ask("vendor_words", brand.name, lambda b=brand: frames.vendor_words(database, world, b))
    for prompt in sorted(world.prompts)[:3]:
        ask("siblings", prompt, lambda p=prompt: frames.siblings(database, world, p))
    judge = ask("last_judge", "", lambda: frames.last_judge(database, world, "stance", "domain"))
    if judge is not None:
        for name in ("agreements", "domain_verdicts", "served_models"):
            ask(name, "", lambda name=name: getattr(frames, name)(database, world, judge))
    for scope in scopes:
        _of_scope(ask, database, world, scope, judge)
    return {name: hashlib.sha256(repr(result).encode()).hexdigest()[:16] for name, result in found.items()}


_OF_ALL = (
    "backlinks",
    "dead_pages",
    "disavowed",
    "domain_kinds",
    "engine_models",
    "events",
    "failures",
    "has_links",
    "judged_domains",
    "link_graph",
    "link_imports",
    "links",
    "page_checks",
    "reported",
    "schedules",
    "spending",
    "weeks",
)
_OF_SCOPE = (
    "answers",
    "asked",
    "association_data",
    "citable_answers",
    "citations",
    "cited_places",
    "end_of",
    "linked_at_end",
    "excluded",
    "histories",
    "inside_answers",
    "lift_panel",
    "listing_data",
    "mention_places",
    "own_citations",
)


def _of_scope(
    ask: Callable[..., Any], database: Engine, world: frames.World, scope: frames.Scope, judge: Any
) -> None:
    answers = frames.answers(database, world, scope)
    ids = np.sort(answers["answer"].to_numpy(np.int64)) if len(answers) else np.zeros(0, np.int64)
    some = [int(key) for key in ids[:: max(1, len(ids) // 12)]]
    for name in _OF_SCOPE:
        ask(name, scope, lambda name=name: getattr(frames, name)(database, world, scope))
    ask("citations retrieved", scope, lambda: frames.citations(database, world, scope, kind="retrieved"))
    for by in ((), ("engine",), ("week", "served_model"), ("topic", "country", "language")):
        ask("visibility_sums", (scope, by), lambda by=by: frames.visibility_sums(database, world, scope, by))
    sources = ask("sources", scope, lambda: frames.sources(database, world, scope))
    ask("sources by week", scope, lambda: frames.sources(database, world, scope, by=("week", "engine")))
    top = sorted(domains.domain_id(name) for name in sources["domain"][:40])
    ask("named", scope, lambda: frames.named(database, world, ids))
    for name in ("reach", "named_beside", "pages_of"):
        ask(name, scope, lambda name=name: getattr(frames, name)(database, world, scope, top))
    ask("newest_pages", scope, lambda: frames.newest_pages(database, world, top))
    ask("answer_lines", scope, lambda: frames.answer_lines(database, world, some))
    for key in some:
        ask("answer_record", key, lambda key=key: frames.answer_record(database, world, key))
        ask("raw_reply", key, lambda key=key: frames.raw_reply(database, world, key))
        if judge is not None:
            ask("stances_of", key, lambda key=key: frames.stances_of(database, world, judge, key))
    if judge is not None:
        ask("stance_counts", scope, lambda: frames.stance_counts(database, world, scope, judge))
    for week in sorted(set(answers["week"]))[:2]:
        for brand in (None, world.brands[0].id):
            about = (week, brand)
            ask(
                "quotable", about, lambda a=about: frames.quotable(database, world, a[0], world.prompts, a[1])
            )
    names = ["techdaily.com", "softpickery.com"]
    ask("naming_sources", scope, lambda: frames.naming_sources(database, world, names))
    ask("experiment_counts", scope, lambda: frames.experiment_counts(database, world, scope, names))
    brand, source = (world.brands[0], None) if scope.first is None else (world.brands[-1], names[0])
    for measure in _measures(NumberMeasure):
        its = names[0] if measure in {"source_rate", "source_share", "retrieved_rate", "exposed"} else source
        for side in SIDES:
            number = frames.Number(measure, brand.name, its, side=side)
            call = partial(frames.behind, database, world, scope, number, limit=50)
            ask("behind", (scope, number), call)


def _measures(kind: Any) -> list[str]:
    return sorted(
        {name for part in get_args(kind) for name in ([part] if isinstance(part, str) else _measures(part))}
    )


def plain(value: Any) -> Any:
    """What a result says, without how it holds it."""
    if isinstance(value, Citations):
        rows = zip(*(plain(column) for column in (value.answer, value.domain, value.cited)), strict=True)
        return [sorted(rows), plain(value.prompt), plain(value.engine), list(value.engines)]
    if isinstance(value, pd.DataFrame):
        rows = (tuple(plain(cell) for cell in row) for row in value.itertuples(index=False))
        return [tuple(value.columns), sorted(rows, key=repr)]
    if isinstance(value, np.ndarray | np.generic | pd.Series):
        return plain(value.tolist())
    if sparse.issparse(value):
        return plain(value.toarray())
    if isinstance(value, SQLModel):
        return {column.name: plain(getattr(value, column.name)) for column in value.__table__.c}  # type: ignore[attr-defined]
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return sorted(((plain(key), plain(inner)) for key, inner in value.items()), key=repr)
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value), key=repr)
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if value is pd.NA or value is pd.NaT or value is None or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | str | bytes | bool):
        return str(value)
    if isinstance(value, int | float):
        return f"{value:.12g}"
    return plain(vars(value)) if hasattr(value, "__dict__") else repr(value)
