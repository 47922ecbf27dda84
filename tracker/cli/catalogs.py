"""What the verbs that change the catalog share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracker.cli.opening import opened
from tracker.cli.options import Where
from tracker.cli.printing import err, print_json, table

if TYPE_CHECKING:
    from tracker.catalog.writing import Edits, Kind
    from tracker.editing import TakenUp


def change_catalog(where: Where, kind: Kind, edits: Edits) -> tuple[TakenUp, Path]:
    """Make the change, and say what else came of it; also in which file it stands."""
    from tracker import audit, editing
    from tracker.catalog import writing

    settings = where.settings()
    with opened(settings) as db:
        taken = editing.change_catalog(
            db,
            settings.catalog,
            kind,
            edits,
            who=audit.terminal_user(),
            now=datetime.now(UTC),
            workspace=settings.workspace,
        )
    for remark in taken.remarks:
        err.print(remark)
    return taken, writing.listed(settings.catalog, kind).path


def show_catalog(where: Where, kind: Kind, title: str, columns: Sequence[str], as_json: bool) -> None:
    from tracker.catalog import writing

    rows = writing.listed(where.settings().catalog, kind).rows
    if as_json:
        print_json({"rows": rows})
        return
    table(title, columns, [[_cell(row.get(name)) for name in columns] for row in rows])


def _cell(value: Any) -> str:
    return ", ".join(map(_cell, value)) if isinstance(value, list) else "" if value is None else str(value)
