"""The options that verbs share, each written once, and the settings that they and the environment make."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tracker.settings import Settings

DAY = ["%Y-%m-%d"]
CatalogOption = Annotated[
    Path | None, typer.Option("--catalog", help="Folder of brands.yaml, tracked.yaml, engines.yaml.")
]
DatabaseOption = Annotated[str | None, typer.Option("--database", help="sqlite:///file.db or postgresql://…")]
WorkspaceOption = Annotated[str | None, typer.Option("--workspace", help="Default: the catalog's own.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable result on standard output.")]
ConcurrencyOption = Annotated[int | None, typer.Option("--concurrency", help="Asks in flight per engine.")]
TimeoutOption = Annotated[float | None, typer.Option("--timeout", help="Seconds that one ask may take.")]
SandboxOption = Annotated[
    str | None, typer.Option("--sandbox", help="Address of a sandbox that runs already.")
]
LogOption = Annotated[
    Path | None,
    typer.Option("--log-file", help="Append the log to this file, as JSON lines without keys or answers."),
]
NoteOption = Annotated[str, typer.Option("--note", help="Why, for those who read it later.")]


@dataclass(frozen=True)
class Where:
    """The catalog, database and workspace that a verb is about."""

    catalog: CatalogOption = None
    database: DatabaseOption = None
    workspace: WorkspaceOption = None

    def settings(self, **more: Any) -> Settings:
        return settings_from(self.catalog, self.database, self.workspace, **more)


def settings_from(
    catalog: Path | None = None, database: str | None = None, workspace: str | None = None, **more: Any
) -> Settings:
    from tracker import settings

    return settings.load(catalog=catalog, database_url=database, workspace=workspace, **more)
