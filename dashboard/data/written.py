"""What pages write: exactly what a verb writes, by the same functions, for those who may."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import streamlit as st
from sqlmodel import Session

from analysis import work
from analysis.work import After
from dashboard import access
from dashboard.data.linking import Pipeline
from dashboard.data.opened import OpenWorkspace, database, world, writable
from tracker import audit, events, store, views
from tracker.links import decisions, won
from tracker.links import prospects as records
from tracker.links.decisions import Decision
from tracker.links.prospects import Prospect, ProspectChange
from tracker.models import AuditEntry, Event, SavedView

Result = TypeVar("Result")


def changed_by(workspace: OpenWorkspace, writes: Callable[[Session, str, datetime], Result]) -> Result:
    access.require("edit", world(workspace).name)
    with store.writing(writable(workspace.url, workspace.file)) as session:
        return writes(session, access.who(), datetime.now(UTC))


def records_of(workspace: OpenWorkspace) -> dict[str, Prospect]:
    """What people decided about sites. Not cached: it is small, and changes under one's hands."""
    with store.reading(database(workspace)) as session:
        return records.prospects(session, workspace.id)


def pipeline(workspace: OpenWorkspace, known: Pipeline) -> Pipeline:
    """Prospects with what people decided on them by now."""
    from analysis.prospects import with_decisions

    return replace(known, rows=with_decisions(known.rows, records_of(workspace)))


def change_work(workspace: OpenWorkspace, site: str, what: ProspectChange) -> Prospect:
    return changed_by(
        workspace, lambda session, who, now: won.written(session, workspace.id, site, what, now=now, who=who)
    )


def events_of(workspace: OpenWorkspace) -> Sequence[Event]:
    """What people wrote down, with the numbers by which it is removed."""
    with store.reading(database(workspace)) as session:
        return events.listed(session, world(workspace).id)


def add_event(workspace: OpenWorkspace, title: str, kind: str, day: datetime) -> int:
    def writes(session: Session, who: str, now: datetime) -> int:
        note = events.checked(title, kind=kind, at=day, now=now)
        return events.add(session, workspace.id, note, who=who, now=now)

    return changed_by(workspace, writes)


def remove_event(workspace: OpenWorkspace, number: int) -> None:
    changed_by(
        workspace, lambda session, who, now: events.remove(session, workspace.id, number, who=who, now=now)
    )


def views_of(workspace: OpenWorkspace) -> Sequence[SavedView]:
    with store.reading(database(workspace)) as session:
        return views.listed(session, workspace.id)


def save_view(workspace: OpenWorkspace, name: str, address: str) -> str:
    return changed_by(
        workspace,
        lambda session, who, now: views.save(session, workspace.id, name, address, who=who, now=now),
    )


def remove_view(workspace: OpenWorkspace, name: str) -> None:
    changed_by(
        workspace, lambda session, who, now: views.remove(session, workspace.id, name, who=who, now=now)
    )


def decide_link(workspace: OpenWorkspace, domain: str, decision: Decision, note: str) -> None:
    def writes(session: Session, who: str, now: datetime) -> None:
        decisions.decide(session, workspace.id, [f"domain:{domain}"], decision, now=now, note=note, who=who)

    changed_by(workspace, writes)


def history_of(workspace: OpenWorkspace, subject: str, limit: int = 20) -> list[AuditEntry]:
    """Who changed what of it, the newest change first."""
    with store.reading(database(workspace)) as session:
        return list(audit.changes_of(session, workspace.id, subject, limit))


@st.cache_data(show_spinner=False, max_entries=64)
def after_work(workspace: OpenWorkspace, record: Prospect) -> After | None:
    """How the own brand was named before and since a link that was worked for."""
    found = work.after_work(database(workspace), world(workspace), {record.domain: record})
    return found.get(record.domain)
