"""`citelift archive`: closed weeks as files, and back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import opened
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import out, plain, print_json, table
from tracker.cli.verbs import SET_UP, add, add_group
from tracker.cli.workspaces import workspace_of
from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.catalog.entries import Keep
    from tracker.settings import Settings


def register(app: typer.Typer) -> None:
    group = add_group(
        app, "archive", "Move closed weeks to Parquet files; every page still reads them.", SET_UP
    )
    add(group, run, "run")
    add(group, list_weeks, "list")
    add(group, restore, "restore")


def run(
    where: Where,
    weeks: Annotated[
        int | None,
        typer.Option(
            "--weeks", min=1, help="Whole weeks that stay in the database; default: keep.database_weeks."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Move weeks that ended long enough ago into files, and delete what brands.yaml no longer keeps."""
    from tracker import extra, store
    from tracker.archive import files, moving
    from tracker.models import Workspace

    settings = where.settings()
    keep = _keep(settings)
    stays = weeks or keep.database_weeks
    if stays is None and keep.replies_weeks is None and keep.answers_weeks is None:
        raise UsageError(
            "nothing says how long answers stay in the database",
            "give --weeks 26, or write `keep: {database_weeks: 26}` into brands.yaml",
        )
    extra.need("parquet")
    now = datetime.now(UTC)
    folder = files.folder_for(settings.database_url, settings.archive)
    done, replies, answers = [], 0, 0
    with opened(settings) as db:
        with store.reading(db) as session:
            key = workspace_of(session, settings)
            zone = session.get_one(Workspace, key).timezone
        if (kept := keep.answers_weeks) is not None:
            answers = moving.delete_answers(db, folder, key, moving.first_kept(zone, kept, now), now)
        if (kept := keep.replies_weeks) is not None:
            replies = moving.delete_replies(db, folder, key, moving.first_kept(zone, kept, now))
        if stays is not None:
            moving.sweep(db, folder, key)
            for week in moving.closed_weeks(db, key, stays, now):
                done.append(moving.move(db, folder, key, week, now))
    if as_json:
        moved = [asdict(each) | {"week": str(each.week)} for each in done]
        print_json({"weeks": moved, "replies_deleted": replies, "answers_deleted": answers})
        return
    _show("Moved", [(each.week, each.rows, each.bytes) for each in done])
    if answers or replies:
        out.print(
            f"Deleted, as brands.yaml says under keep: {answers:,} answers, {replies:,} raw replies. "
            "The counts of their weeks stay."
        )


def list_weeks(where: Where, as_json: JsonOption = False) -> None:
    """Which weeks are archived, and where."""
    from sqlmodel import select

    from tracker import store
    from tracker.archive import files
    from tracker.models import ArchivedWeek

    settings = where.settings()
    folder = files.folder_for(settings.database_url, settings.archive)
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        key = workspace_of(session, settings)
        mine = select(ArchivedWeek).where(ArchivedWeek.workspace_id == key)
        named = list(session.exec(mine.order_by(ArchivedWeek.week)))  # type: ignore[arg-type]
    lines = [
        (each.week, {name: told["rows"] for name, told in each.files.items()}, _size(folder, key, each.week))
        for each in named
    ]
    if as_json:
        weeks = [{"week": str(week), "rows": rows, "bytes": size} for week, rows, size in lines]
        print_json({"folder": None if folder is None else str(folder), "weeks": weeks})
        return
    _show(f"In {folder}", lines)


def restore(
    where: Where,
    week: Annotated[str, typer.Argument(help="The Monday of an archived week, like 2026-01-05.")],
    as_json: JsonOption = False,
) -> None:
    """Bring an archived week back into the database, under the ids it had: to read it again, say."""
    from tracker import extra, store
    from tracker.archive import files, moving

    settings = where.settings()
    try:
        monday = date.fromisoformat(week)
    except ValueError:
        raise UsageError(f"{week!r} is no day", "write the week's Monday like 2026-01-05") from None
    extra.need("parquet")
    with opened(settings) as db:
        with store.reading(db) as session:
            key = workspace_of(session, settings)
        rows = moving.restore(db, files.folder_for(settings.database_url, settings.archive), key, monday)
    if as_json:
        print_json({"week": week, "rows": rows})
        return
    out.print(f"The week of {week} is in the database again: {rows['answer']:,} answers.")


def _keep(settings: Settings) -> Keep:
    from tracker import catalog
    from tracker.catalog.entries import Keep

    if not (settings.catalog / "brands.yaml").is_file():
        return Keep()
    return catalog.load(settings.catalog, need="brands").keep


def _size(folder: Path | None, workspace_id: int, week: date) -> int:
    from tracker.archive.files import place_of

    place = None if folder is None else place_of(folder, workspace_id, week)
    return sum(file.stat().st_size for file in place.iterdir()) if place and place.is_dir() else 0


def _show(title: str, lines: list[tuple[date, dict[str, int], int]]) -> None:
    if not lines:
        out.print("No week is archived.")
        return
    table(
        plain(title),
        ("week", "answers", "citations", "raw replies", "bytes"),
        [
            (
                str(week),
                f"{rows.get('answer', 0):,}" if rows else "deleted",
                f"{rows.get('citation', 0):,}",
                f"{rows.get('reply', 0) + rows.get('recordedreply', 0):,}",
                f"{size:,}",
            )
            for week, rows, size in lines
        ],
        right=(1, 2, 3, 4),
    )
