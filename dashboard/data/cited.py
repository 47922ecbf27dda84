"""Which sites answers rest on, what sort they are, how steady, and with what authority."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis import frames
from analysis.frames import Scope
from analysis.stability import Stability, source_stability
from dashboard.data.computing import kept
from dashboard.data.opened import OpenWorkspace, database, world
from tracker.answers import untracked
from tracker.answers.unlisted import NoAddresses, Unlisted, no_addresses, unlisted
from tracker.answers.untracked import Suggestion

if TYPE_CHECKING:
    from analysis.association.association import Association


@st.cache_data(show_spinner=False, max_entries=64)
def kinds(workspace: OpenWorkspace, names: Sequence[str]) -> list[str]:
    """What sort of site each domain is: you, rival, editorial, community …"""
    from analysis.classes.classify import labels

    by_name = labels(database(workspace), world(workspace), names, folder=workspace.classes)
    return [by_name[name].kind for name in names]


@kept
def sources(workspace: OpenWorkspace, scope: Scope) -> pd.DataFrame:
    """Cited and retrieved domains by engine: `domain`, `kind`, `engine` (name), `answers`, `citations`,
    `retrieved`, `of`."""
    here, db = world(workspace), database(workspace)
    cited = frames.sources(db, here, scope, ("engine",))
    answers = frames.citable_answers(db, here, scope)
    cited["of"] = cited["engine"].map(answers).fillna(0).astype("int64")
    cited["engine"] = cited["engine"].map(here.engines)
    cited["kind"] = kinds(workspace, cited["domain"].tolist())
    return cited


@dataclass(frozen=True)
class CitedDomain:
    """A cited domain over all engines: in how many of `of` answers, by how many citations, and by engine in
    how many answers of how many."""

    domain: str
    kind: str
    answers: int
    of: int
    citations: int
    retrieved: int
    engines: dict[str, tuple[int, int]]


COUNTS = ("citations", "retrieved")


def by_domain(cited: pd.DataFrame) -> list[CitedDomain]:
    """Rows of `sources`, one a domain, the most cited first; the engines with most answers come first."""
    totals = cited.groupby("engine")["of"].max().sort_values(ascending=False, kind="stable").to_dict()
    of = int(sum(totals.values()))
    rows: dict[str, list[Any]] = {}
    for row in cited.itertuples():
        rows.setdefault(str(row.domain), []).append(row)
    out = []
    for domain, part in rows.items():
        answers = {row.engine: int(row.answers) for row in part}
        engines = {str(name): (answers.get(name, 0), int(n)) for name, n in totals.items()}
        citations, retrieved = (int(sum(getattr(row, name) for row in part)) for name in COUNTS)
        counts = (sum(answers.values()), of, citations, retrieved)
        out.append(CitedDomain(domain, str(part[0].kind), *counts, engines))
    return sorted(out, key=lambda each: (-each.answers, each.domain))


@st.cache_data(show_spinner=False, max_entries=64)
def forgotten(workspace: OpenWorkspace) -> tuple[list[Unlisted], NoAddresses]:
    """Cited sites that may be a brand's without being listed, and citations that name no page."""
    with database(workspace).connect() as connection:
        return unlisted(connection, workspace.id), no_addresses(connection, workspace.id)


@kept
def suggestions(workspace: OpenWorkspace, newest: int) -> list[Suggestion]:
    """Companies that the newest answers name and nobody tracks."""
    return untracked.suggestions(database(workspace), workspace.id, newest=newest)


@kept
def stability(workspace: OpenWorkspace, scope: Scope) -> list[Stability]:
    return source_stability(database(workspace), world(workspace), scope)


@kept
def metrics(workspace: OpenWorkspace) -> list[str]:
    """Names of authority metrics that can be used here."""
    imported = list(dict.fromkeys(frames.authority_metrics(database(workspace))["metric"]))
    computed = frames.COMPUTED if frames.link_graph(database(workspace), world(workspace)).edges else ()
    return [*imported, *(name for name in computed if name not in imported)]


@dataclass(frozen=True)
class AuthorityView:
    """One metric against citations: per engine, and the domains behind it."""

    rows: tuple[Association, ...]
    domains: pd.DataFrame
    """`domain`, `kind`, `authority`, `answers` (answers citing it, all engines)."""
    source: str


@kept
def association(workspace: OpenWorkspace, metric: str, scope: Scope) -> AuthorityView:
    from analysis.association.association import associate

    here, db = world(workspace), database(workspace)
    cited, names = frames.association_data(db, here, scope)
    authority = frames.authority_table(db, metric, here, names=names)
    types = kinds(workspace, names)
    rows = associate(cited, authority.strength(names), metric=metric, basis=authority.source, kinds=types)
    counted = frames.sources(db, here, scope).set_index("domain")["answers"]
    table = pd.DataFrame(
        {"domain": list(names), "kind": types, "authority": [authority.values.get(n) for n in names]}
    )
    table["answers"] = table["domain"].map(counted).fillna(0).astype("int64")
    return AuthorityView(rows, table, authority.source)
