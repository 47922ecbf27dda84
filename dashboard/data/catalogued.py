"""The catalog behind a workspace: what its files say, and changes as verbs make them, for those who may."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine as Database
from sqlmodel import col, select

from dashboard import access
from dashboard.data import asking
from dashboard.data.asking import RunView
from dashboard.data.errands import errands
from dashboard.data.opened import OpenWorkspace, database, world, writable
from tracker import editing, health, settings, store
from tracker.catalog import look, writing
from tracker.catalog.brands import read_brands
from tracker.catalog.lines import Key, Row
from tracker.catalog.look import Logo, ReportLook
from tracker.catalog.nodes import CatalogFile
from tracker.catalog.pasted import Pasted, read, read_file
from tracker.catalog.writing import Edits, Kind, Listed
from tracker.engines.calls import call_for, missing_keys
from tracker.errors import CatalogError
from tracker.health import Finding
from tracker.models import Schedule
from tracker.notify import people
from tracker.notify.people import People
from tracker.run.plan import Plan
from tracker.settings import Settings

NO_FOLDER = "start the dashboard with --catalog and the folder of its brands.yaml"


def named(folder: Path) -> str | None:
    """Whose catalog it is; None where there is none."""
    file = CatalogFile.open(folder, "brands", [], required=False)
    return None if file.root is None else read_brands(file)[0]


def folder_of(workspace: OpenWorkspace) -> Path:
    """The catalog's folder: the one that the dashboard was started with, or one that a schedule of the
    workspace names."""
    mine, configured = world(workspace).name, settings.load()
    named_by = select(Schedule.catalog).where(Schedule.workspace_id == workspace.id, col(Schedule.active))
    with store.reading(database(workspace)) as session:
        folders = [Path(folder) for folder in session.exec(named_by.order_by(col(Schedule.id).desc()))]
    if configured.workspace == mine and named(configured.catalog) is not None:
        return configured.catalog
    for folder in (configured.catalog, *folders):
        if named(folder) == mine:
            return folder
    raise CatalogError(f"no catalog of the workspace {mine} is known here", NO_FOLDER)


def settings_of(workspace: OpenWorkspace) -> Settings:
    """As a verb would have them that is about this workspace."""
    more = {"catalog": folder_of(workspace), "workspace": world(workspace).name}
    return settings.load().model_copy(update=more)


def listed(workspace: OpenWorkspace, kind: Kind) -> Listed:
    """What the file says now, and the mark by which a change knows that it still does."""
    return writing.listed(folder_of(workspace), kind)


def change_catalog(workspace: OpenWorkspace, kind: Kind, edits: Edits, seen: str | None = None) -> None:
    name = world(workspace).name
    access.require("edit", name)
    opened, folder = writable(workspace.url, workspace.file), folder_of(workspace)
    who, now = access.who(), datetime.now(UTC)
    if kind == "recipients":
        editing.change_recipients(opened, workspace.id, folder, edits, who=who, now=now, seen=seen)
    else:
        editing.change_catalog(opened, folder, kind, edits, who=who, now=now, workspace=name, seen=seen)


def change_mail(workspace: OpenWorkspace, values: Mapping[Key, Any]) -> None:
    access.require("edit", world(workspace).name)
    opened, folder = writable(workspace.url, workspace.file), folder_of(workspace)
    editing.change_mail(opened, workspace.id, folder, values, who=access.who(), now=datetime.now(UTC))


def change_look(workspace: OpenWorkspace, values: Mapping[Key, Any], logo: Logo | None = None) -> None:
    access.require("edit", world(workspace).name)
    opened, folder = writable(workspace.url, workspace.file), folder_of(workspace)
    who, now = access.who(), datetime.now(UTC)
    editing.change_look(opened, workspace.id, folder, values, logo=logo, who=who, now=now)


def pasted(known: Sequence[Row], text: str, file: tuple[str, bytes] | None, topic: str) -> Pasted:
    """What of pasted lines and of a file (its name and content) is new, and what is refused."""
    typed = read(text, known, topic or None)
    if file is None:
        return typed
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{Path(file[0]).suffix.lower()[:8]}"
        path.write_bytes(file[1])
        handed = read_file(path, [*known, *typed.rows], topic or None)
    return Pasted((*typed.rows, *handed.rows), typed.known + handed.known, (*typed.rejects, *handed.rejects))


def findings(workspace: OpenWorkspace) -> tuple[Finding, ...]:
    """What `citelift check` says of the catalog and the keys; spends nothing."""
    return health.check(settings_of(workspace), database=False).problems


def plan(workspace: OpenWorkspace) -> Plan:
    """What the next run asks, and what it may cost."""
    return health.plan_for(settings_of(workspace))


def keys(model: str) -> tuple[tuple[str, bool], ...]:
    """The variables that hold a model's keys, and whether each is set; never what it holds."""
    lacking = set(missing_keys(model))
    call = call_for(model)
    return () if call.imitates else tuple((name, name not in lacking) for name in call.keys)


def told(workspace: OpenWorkspace) -> People:
    return people.load(folder_of(workspace))


def report_look(workspace: OpenWorkspace) -> ReportLook:
    return look.load(folder_of(workspace))


def month_budget() -> float | None:
    return settings.load().month_budget_usd


def check_name(workspace: OpenWorkspace) -> str:
    """Under which the errand of asking each engine once is known."""
    return f"check of {workspace.id}"


def begin_check(workspace: OpenWorkspace) -> None:
    access.require("edit", world(workspace).name)
    errands().begin(check_name(workspace), settings_of(workspace), ["check", "--live"])


def run_of(workspace: OpenWorkspace) -> RunView | None:
    return asking.newest_run(database(workspace), workspace.id)


def start_run_of(workspace: OpenWorkspace) -> None:
    asking.start_run(writable(workspace.url, workspace.file), settings_of(workspace))


def resume_run_of(workspace: OpenWorkspace) -> None:
    _with_run(workspace, asking.resume_run)


def stop_run_of(workspace: OpenWorkspace) -> None:
    _with_run(workspace, asking.stop_run)


def _with_run(workspace: OpenWorkspace, act: Callable[[Database, Settings, int, int], None]) -> None:
    run = run_of(workspace)
    if run is not None:
        opened = writable(workspace.url, workspace.file)
        act(opened, settings_of(workspace), workspace.id, run.id)
