"""The verbs that bring in what one's own site saw: server logs and analytics. Prints, never computes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import opened
from tracker.cli.options import DAY, JsonOption, Where
from tracker.cli.printing import out, plain, print_json
from tracker.cli.verbs import add
from tracker.cli.workspaces import synced

if TYPE_CHECKING:
    from tracker.visits.counts import Layout
    from tracker.visits.logs import LogCount


def register(imports: typer.Typer) -> None:
    add(imports, import_log, "log")
    add(imports, import_visits, "visits")


def import_log(
    where: Where,
    file: Annotated[
        Path, typer.Argument(help="A server's log, plain or gzipped: combined, JSON lines or W3C.")
    ],
    ranges: Annotated[
        list[str] | None,
        typer.Option(
            "--ranges",
            help="An operator's published addresses: GPTBot=gptbot.json. Others count as unchecked.",
        ),
    ] = None,
    host: Annotated[str | None, typer.Option(help="The site, where lines do not name it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Count AI crawlers, assistants' fetches and the people they sent, in one pass; forged ones apart."""
    from tracker.visits import agents, logs

    known = agents.ranges_by_agent(ranges or ())
    _store(where, file, host, as_json, "server log", lambda site: logs.count(file, site, known))


def import_visits(
    where: Where,
    file: Annotated[
        Path,
        typer.Argument(
            help="GA4's CSV (sessions by session source and landing page), or raw events from BigQuery."
        ),
    ],
    host: Annotated[str | None, typer.Option(help="The site, where pages do not name it.")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(help="The export's last day, where rows name none.", formats=DAY)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Count the visits that AI assistants sent, from analytics."""
    from tracker.visits import analytics

    day = as_of.date() if as_of else None
    _store(where, file, host, as_json, "analytics", lambda site: analytics.count(file, site, day))


def _store(
    where: Where, file: Path, host: str | None, as_json: bool, layout: Layout, count: Counting
) -> None:
    from tracker import store
    from tracker.visits import counts

    settings = where.settings()
    with opened(settings) as db:
        workspace_id, catalog = synced(db, settings, need="brands")
        counted = count(host or next(iter(catalog.own.domains), ""))
        with store.writing(db) as session:
            made = counts.add(session, workspace_id, counted, file.name, layout, datetime.now(UTC))
            number, rows = made.id, len(counted.hits)
    by_step: dict[str, int] = {}
    for (_, step, _, _, proof), hits in counted.hits.items():
        name = "forged" if proof == "forged" else step
        by_step[name] = by_step.get(name, 0) + hits
    if as_json:
        print_json(
            {
                "import_id": number,
                "file": str(file),
                "rows": rows,
                "hits": by_step,
                "unreadable": counted.unreadable,
            }
        )
    else:
        words = ", ".join(f"{hits:,} {name}" for name, hits in by_step.items()) or "nothing of AI"
        unread = f"; {counted.unreadable:,} lines could not be read" if counted.unreadable else ""
        out.print(f"{plain(file.name)}: {words}{unread}. `citelift import undo {number}` takes it back.")
    raise typer.Exit(3 if counted.unreadable else 0)


if TYPE_CHECKING:
    from collections.abc import Callable

    Counting = Callable[[str], LogCount]
