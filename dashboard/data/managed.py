"""Schedules, messages and people as the browser changes them: by the verbs' functions, for those who may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from dashboard import access
from dashboard.data.catalogued import folder_of, told
from dashboard.data.opened import OpenWorkspace, database, world, writable
from dashboard.data.written import changed_by
from tracker import schedule, store
from tracker.access import people
from tracker.models import Person
from tracker.notify import outbox, testing
from tracker.notify.outbox import Shown as Delivery


def save_schedule(
    workspace: OpenWorkspace, name: str, kind: schedule.Kind, cron: str, zone: str, options: Mapping[str, str]
) -> None:
    folder = str(folder_of(workspace).resolve())
    changed_by(
        workspace,
        lambda session, who, now: schedule.add(
            session,
            workspace.id,
            name=name,
            kind=kind,
            cron=cron,
            timezone=zone,
            catalog=folder,
            now=now,
            who=who,
            options=options,
        ),
    )


def remove_schedule(workspace: OpenWorkspace, name: str) -> None:
    changed_by(
        workspace,
        lambda session, who, now: schedule.remove(session, workspace.id, name, now=now, who=who),
    )


def send_test(workspace: OpenWorkspace, name: str | None) -> Sequence[Delivery]:
    """A short message to one or all of notify.yaml; how each ended."""
    here = world(workspace)
    access.require("edit", here.name)
    brand = here.own.name if here.own else here.name
    opened, now = writable(workspace.url, workspace.file), datetime.now(UTC)
    return testing.send(opened, workspace.id, told(workspace), name, brand, here.name, now)


def deliveries(workspace: OpenWorkspace, most: int = 500) -> Sequence[Delivery]:
    """The newest first."""
    with store.reading(database(workspace)) as session:
        return outbox.listed(session, workspace.id, most=most)


def send_again(workspace: OpenWorkspace, number: int) -> str:
    """A delivery that failed, or of which nobody knows, once more; what came of all that was due."""
    changed_by(workspace, lambda session, who, now: outbox.again(session, workspace.id, number, now, who=who))
    opened = writable(workspace.url, workspace.file)
    return str(outbox.send_due(opened, workspace.id, told(workspace), datetime.now(UTC)))


def persons(workspace: OpenWorkspace) -> Sequence[Person]:
    access.require_everywhere("manage")
    with store.reading(database(workspace)) as session:
        return people.listed(session)


def add_person(workspace: OpenWorkspace, name: str, password: str, role: str, of: Sequence[str]) -> None:
    access.require_everywhere("manage")
    with store.writing(writable(workspace.url, workspace.file)) as session:
        now = datetime.now(UTC)
        people.add(session, name, password, role=role, workspaces=of, who=access.who(), now=now)


def change_person(
    workspace: OpenWorkspace, name: str, password: str | None, role: str, of: Sequence[str]
) -> None:
    access.require_everywhere("manage")
    who, now = access.who(), datetime.now(UTC)
    with store.writing(writable(workspace.url, workspace.file)) as session:
        people.change(session, name, who=who, now=now, password=password, role=role, workspaces=of)


def remove_person(workspace: OpenWorkspace, name: str) -> None:
    access.require_everywhere("manage")
    with store.writing(writable(workspace.url, workspace.file)) as session:
        people.remove(session, name, who=access.who(), now=datetime.now(UTC))
