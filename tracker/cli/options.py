"""The options that verbs share, and the settings that they and the environment make."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tracker.settings import Settings

CatalogOption = Annotated[
    Path | None, typer.Option("--catalog", help="Folder of brands.yaml, tracked.yaml, engines.yaml.")
]
DatabaseOption = Annotated[str | None, typer.Option("--database", help="sqlite:///file.db or postgresql://…")]
WorkspaceOption = Annotated[str | None, typer.Option("--workspace", help="Default: the catalog's own.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable result on standard output.")]


def settings_from(
    catalog: Path | None = None, database: str | None = None, workspace: str | None = None, **more: Any
) -> Settings:
    from tracker import settings

    return settings.load(catalog=catalog, database_url=database, workspace=workspace, **more)
