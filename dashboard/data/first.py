"""The way from an empty folder to a first run: the catalog's files one after the other, as verbs write them.

What was written stands, so that whoever comes back goes on where they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Engine as Database
from sqlmodel import select

from dashboard import access
from dashboard.data import asking
from dashboard.data.asking import RunView
from dashboard.data.catalogued import named
from dashboard.data.errands import errands
from dashboard.data.opened import file_of, writable
from tracker import editing, health, settings, starter, store
from tracker.catalog import lines, writing
from tracker.catalog.lines import Add, Row
from tracker.catalog.nodes import FILES
from tracker.catalog.writing import Edits, Kind
from tracker.models import Workspace
from tracker.run.plan import Plan
from tracker.settings import Settings

CHECK = "check of the first engines"
Step = Literal["brand", "rivals", "prompts", "engines", "plan", "run"]


@dataclass(frozen=True)
class SetUp:
    """What is there so far, in the folder of the dashboard's catalog."""

    folder: Path
    workspace: str
    brands: tuple[dict[str, Any], ...]
    prompts: tuple[dict[str, Any], ...]
    engines: tuple[dict[str, Any], ...]
    run: RunView | None

    @property
    def own(self) -> dict[str, Any]:
        return next(filter(is_own, self.brands), {})

    @property
    def rivals(self) -> tuple[dict[str, Any], ...]:
        return tuple(row for row in self.brands if not is_own(row))

    @property
    def next(self) -> Step:
        """The first step that is not done."""
        if self.run is not None:
            return "run"
        if not self.brands:
            return "brand"
        if not self.prompts:
            return "prompts" if self.rivals else "rivals"
        return "plan" if self.engines else "engines"


def is_own(row: dict[str, Any]) -> bool:
    return str(row.get("own", "")).lower() in {"true", "yes"}


def set_up() -> SetUp:
    configured = allowed()
    lists = {kind: _rows(configured.catalog, kind) for kind in ("brands", "prompts", "engines")}
    database, name = _database(), configured.workspace or ""
    workspace_id = _workspace(database, name)
    run = asking.newest_run(database, workspace_id) if workspace_id else None
    return SetUp(configured.catalog, name, lists["brands"], lists["prompts"], lists["engines"], run)


def _configured() -> Settings:
    """The settings with the workspace that the catalog is, or will be, of."""
    found = settings.load()
    name = found.workspace or named(found.catalog) or "default"
    return found.model_copy(update={"workspace": name})


def _rows(folder: Path, kind: Kind) -> tuple[dict[str, Any], ...]:
    there = any((folder / name).is_file() for name in FILES[kind])
    return writing.listed(folder, kind).rows if there else ()


def _database() -> Database:
    url = settings.load().database_url
    return writable(url, file_of(url))


def _workspace(database: Database, name: str) -> int | None:
    with store.reading(database) as session:
        return session.exec(select(Workspace.id).where(Workspace.name == name)).first()


def say_brand(brand: str, site: str) -> None:
    """The own brand and its site: brands.yaml begins with it, or says it anew."""
    name, host = starter.brand_named(brand), starter.domain_named(site)
    if not _rows(settings.load().catalog, "brands"):
        _begin("brands", starter.file_text("brands.yaml", starter.Starter(brand=name, domain=host)))
        return

    def edits(rows: Sequence[dict[str, Any]]) -> Sequence[lines.Edit]:
        place = next(i for i, row in enumerate(rows) if is_own(row))
        others = [each for each in rows[place].get("domains") or [] if each != host][1:]
        return [lines.Alter(place, {"name": name, "domains": [host, *others]})]

    _change("brands", edits)


def say_rivals(rivals: Sequence[tuple[str, str]]) -> None:
    """Names and sites of all rivals, as they are to be; the rest of what is said of one stays."""

    def edits(rows: Sequence[dict[str, Any]]) -> Sequence[lines.Edit]:
        places = {str(row["name"]).casefold(): i for i, row in enumerate(rows) if not is_own(row)}
        made: list[lines.Edit] = []
        new: list[Row] = []
        for name, site in rivals:
            place = places.pop(name.casefold(), None)
            if place is None:
                new.append({"name": name, "domains": [site] if site else None})
            elif site and site not in (rows[place].get("domains") or []):
                made.append(lines.Alter(place, {"domains": [site, *(rows[place].get("domains") or [])[1:]]}))
        made += [lines.Remove(tuple(places.values()))] if places else []
        return [*made, *([Add(tuple(new))] if new else [])]

    if rivals or any(not is_own(row) for row in _rows(settings.load().catalog, "brands")):
        _change("brands", edits)


def say_prompts(rows: Sequence[Row]) -> None:
    """New questions."""
    if not rows:
        return
    if _rows(settings.load().catalog, "prompts"):
        _change("prompts", writing.adding(*rows))
        return
    text = lines.edited(starter.no_questions(), "prompts", [Add(tuple(rows))]).text
    _begin("prompts", text)


def say_engines(names: Sequence[str]) -> None:
    """Whom to ask: rows that come with citelift, simulated or real; rows of one's own stay."""
    chosen = starter.engines_named(list(names))
    there = _rows(settings.load().catalog, "engines")
    if not there:
        _begin("engines", starter.file_text("engines.yaml", starter.Starter(engines=chosen)))
        return
    known, simulated = starter.known_engines(), starter.simulated_engines()
    wanted = simulated if starter.SIMULATED in chosen else [known[name] for name in chosen]
    offered = {row["model"] for row in (*known.values(), *simulated)}

    def edits(rows: Sequence[dict[str, Any]]) -> Sequence[lines.Edit]:
        has, models = {row["model"] for row in rows}, {row["model"] for row in wanted}
        gone = tuple(i for i, row in enumerate(rows) if row["model"] in offered - models)
        new = tuple(row for row in wanted if row["model"] not in has)
        made: list[lines.Edit] = [lines.Remove(gone)] if gone else []
        return [*made, *([Add(new)] if new else [])]

    _change("engines", edits)


def first_plan() -> Plan:
    return health.plan_for(allowed())


def check_first() -> None:
    """Let `citelift check --live` begin: each engine is asked one question."""
    errands().begin(CHECK, allowed(), ["check", "--live"])


def start_first() -> None:
    asking.start_run(_database(), _configured())


def resume_first() -> None:
    _with_run(asking.resume_run)


def stop_first() -> None:
    _with_run(asking.stop_run)


def _with_run(act: Any) -> None:
    database, configured = _database(), allowed()
    workspace_id = _workspace(database, configured.workspace or "") or 0
    run = asking.newest_run(database, workspace_id)
    if run is not None:
        act(database, configured, workspace_id, run.id)


def _begin(kind: Kind, text: str) -> None:
    found, who = allowed(), access.who()
    editing.begin_catalog(
        _database(), found.catalog, kind, text, who=who, now=datetime.now(UTC), workspace=found.workspace
    )


def _change(kind: Kind, edits: Edits) -> None:
    found, who = allowed(), access.who()
    editing.change_catalog(
        _database(), found.catalog, kind, edits, who=who, now=datetime.now(UTC), workspace=found.workspace
    )


def allowed() -> Settings:
    found = _configured()
    access.require("edit", found.workspace or "")
    return found
