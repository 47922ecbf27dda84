"""The verbs that bring in recorded answers and replies. Prints, never computes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import opened
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import err, out, plain, print_json
from tracker.cli.verbs import add
from tracker.cli.workspaces import synced
from tracker.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from tracker.answers.arrivals import ImportCounts
    from tracker.files.values import DateOrder

SHOWN = 20

MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map", metavar="FIELD=COLUMN", help="Which column fills which field; remembered for this header."
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="What holds for all rows and no column says."),
]
ZoneOption = Annotated[
    str | None, typer.Option("--timezone", help="Of clocks that name none, like Europe/Berlin.")
]


def register(imports: typer.Typer) -> None:
    add(imports, import_answers, "answers")
    add(imports, import_raw, "raw")


def import_answers(
    where: Where,
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV, TSV, JSON, JSON lines, a workbook, a zip, a pipe, or - for standard input."
        ),
    ],
    mapping: MapOption = None,
    constants: SetOption = None,
    timezone: ZoneOption = None,
    date_order: Annotated[
        str | None, typer.Option(help="day_first or month_first, where the file does not show it.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Where the file's own signs mislead.")] = None,
    citations_from_text: Annotated[
        bool,
        typer.Option(
            "--citations-from-text",
            help="Where the row does not say what is cited, keep the links of its text, marked as written.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Store answers that were recorded elsewhere. Recognised by content; the same answer is stored once."""
    from tracker.answers import recorded

    take = partial(
        recorded.import_answers,
        path=file,
        now=datetime.now(UTC),
        mapping=recorded.pairs(mapping or ()),
        constants=recorded.pairs(constants or ()),
        timezone=timezone,
        date_order=_order(date_order),
        encoding=encoding,
        citations_from_text=citations_from_text,
    )
    _show(file, _counted_in(where, take), as_json)


def import_raw(
    where: Where,
    files: Annotated[
        list[Path],
        typer.Argument(help="Recorded replies: JSON, JSON lines, a zip, a folder, or - for standard input."),
    ],
    prompts: Annotated[
        Path | None,
        typer.Option(help="The requests of a batch, whose replies name them by custom_id only."),
    ] = None,
    constants: SetOption = None,
    timezone: ZoneOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store recorded replies of engines: read by shape, kept as they are, readable again by `reread`."""
    from tracker.answers import recorded, replies

    take = partial(
        replies.import_replies,
        files=files,
        now=datetime.now(UTC),
        constants=recorded.pairs(constants or ()),
        timezone=timezone,
        prompts=prompts,
    )
    _show(files[0], _counted_in(where, take), as_json)


def _counted_in(where: Where, take: Callable[[Database, int], ImportCounts]) -> ImportCounts:
    """Store what comes, and count it into the roll-ups."""
    from tracker import store
    from tracker.answers import rollups

    settings = where.settings()
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        counts = take(db, workspace_id)
        with store.writing(db) as session:
            rollups.update(session, workspace_id)
    return counts


def _order(name: str | None) -> DateOrder | None:
    orders: dict[str | None, DateOrder | None] = {
        None: None,
        "auto": None,
        "day_first": "day_first",
        "month_first": "month_first",
    }
    if name not in orders:
        raise UsageError(f"no date order {name!r}", "use day_first or month_first")
    return orders[name]


def _show(file: Path, counts: ImportCounts, as_json: bool) -> None:
    if as_json:
        print_json(asdict(counts))
    else:
        layouts = ", ".join(dict.fromkeys(counts.layouts)) or "none"
        failed = f"{counts.failed:,} failed, " if counts.failed else ""
        out.print(
            f"layout {plain(layouts)}: {counts.read:,} read, {counts.stored:,} stored with "
            f"{counts.citations:,} citations, {failed}{counts.already_there:,} already there, "
            f"{counts.rejected:,} rejected."
        )
        if "any" in counts.layouts:
            read = ", ".join(f"{field} from {plain(name)}" for field, name in counts.mapping.items())
            err.print(f"  note: read by the names of columns: {read}")
        if counts.failures:
            reasons = ", ".join(f"{plain(reason)} {count:,}" for reason, count in counts.failures.items())
            err.print(f"What failed is kept with its reason and counts in no rate: {reasons}.")
        if counts.no_addresses:
            shown = ", ".join(repr(plain(text[:60])) for text in counts.no_address_examples)
            err.print(f"{counts.no_addresses:,} citations name no web address and are in no share: {shown}")
        for note in counts.notes:
            err.print(f"  note: {plain(note)}")
        for reject in counts.rejects[:SHOWN]:
            err.print(f"  {file}:{reject.line}: {plain(reject.reason)}")
        if counts.rejected > SHOWN:
            err.print(f"  … and {counts.rejected - SHOWN:,} more; --json lists the first thousand.")
    if counts.rejected:
        raise typer.Exit(3)
