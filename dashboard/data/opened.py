"""The database as it is now: opened once, and the key of everything that is cached.

Every cached function takes an `OpenWorkspace`, whose `mark` changes when the database does: a new answer,
import, run or event makes everything be computed afresh, and nothing else does.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import streamlit as st
from sqlalchemy import Engine as Database
from sqlalchemy import make_url

from analysis import frames
from analysis.classes.classify import own_folder
from analysis.frames import World
from dashboard import access
from tracker import settings, store
from tracker.archive.laid import open_to_read

# What is cached is also imported where no page is: before the first one is asked for, and by what computes
# beside them. Streamlit would remark upon each function.
logging.getLogger("streamlit.runtime.caching.cache_data_api").setLevel(logging.ERROR)


@dataclass(frozen=True)
class OpenWorkspace:
    """A workspace of a database at one state of its contents: the key of everything cached."""

    url: str
    file: int
    id: int
    mark: str
    classes: Path | None
    """The catalog's own lists and rules of classes."""
    version: str
    """Of the facts that kept results rest on (`frames.version`)."""


def file_of(url: str) -> int:
    """The file's inode: a demo that is made anew is another database under the same name."""
    address = make_url(url)
    path = Path(address.database or "")
    if address.get_backend_name() != "sqlite" or not path.is_file():
        return 0
    return path.stat().st_ino


@st.cache_resource(show_spinner=False, max_entries=4)
def _opened(url: str, file: int) -> Database:
    return open_to_read(url, settings.load().archive)


def database(workspace: OpenWorkspace) -> Database:
    return _opened(workspace.url, workspace.file)


@dataclass(frozen=True)
class Choice:
    """The workspaces there are, and the one this process was started for (None: the reader may choose)."""

    names: tuple[str, ...]
    fixed: str | None


def workspaces() -> Choice:
    configured = settings.load()
    db = _opened(configured.database_url, file_of(configured.database_url))
    names = tuple(name for name in frames.workspace_names(db) if access.may("view", name))
    return Choice(names, configured.workspace)


def open_workspace(name: str | None, page: str | None = None) -> OpenWorkspace:
    """The workspace of this name, or the only one, as it is now, for somebody who may see it on this page."""
    configured = settings.load()
    url, classes = configured.database_url, own_folder(configured.catalog)
    file = file_of(url)
    db = _opened(url, file)
    known = frames.workspace_names(db)
    access.require("view", known[0] if name is None and len(known) == 1 else name or "", page)
    return opened_at(url, file, frames.world(db, name), classes)


def opened_at(url: str, file: int, world: World, classes: Path | None) -> OpenWorkspace:
    """A workspace as it is now, for whoever may see it."""
    db = _opened(url, file)
    mark = frames.mark(db, world.id, classes, notes=False)
    return OpenWorkspace(url, file, world.id, mark, classes, frames.version(db, world, classes))


def every_workspace() -> list[OpenWorkspace]:
    """Of the configured database, as they are now: for what computes, and shows nobody anything."""
    configured = settings.load()
    url, classes = configured.database_url, own_folder(configured.catalog)
    file = file_of(url)
    db = _opened(url, file)
    names = [configured.workspace] if configured.workspace else frames.workspace_names(db)
    return [opened_at(url, file, frames.world(db, name), classes) for name in names]


@st.cache_resource(show_spinner=False, max_entries=4)
def writable(url: str, file: int) -> Database:
    return store.open_database(url, migrate=False, beside=True)


def noted(workspace: OpenWorkspace) -> tuple[object, ...]:
    """A part of the key of what shows events or decisions; read anew each time."""
    return frames.noted(database(workspace), workspace.id)


@st.cache_data(show_spinner=False, max_entries=64)
def world(workspace: OpenWorkspace) -> World:
    facts = frames.world(database(workspace), workspace.id)
    _ = facts.branded
    return facts


@st.cache_data(show_spinner=False, max_entries=64)
def weeks(workspace: OpenWorkspace) -> list[date]:
    return frames.weeks(database(workspace), world(workspace))


def window(workspace: OpenWorkspace, last: int | None) -> tuple[date | None, date | None]:
    """First and last Monday of the newest `last` weeks; all of them where it is None."""
    known = weeks(workspace)
    if not known:
        return None, None
    first = known[0] if last is None else max(known[0], known[-1] - timedelta(weeks=last - 1))
    return first, known[-1]
