"""What somebody decides about a domain on the command line, as `--set example.com=choice`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.cli.opening import opened
from tracker.cli.options import Where
from tracker.cli.printing import out, plain, print_json
from tracker.cli.workspaces import workspace_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine as Database

    from analysis.frames import World

    # (database, world, domain, choice) → the entry, where that is not the domain. It refuses the unknown.
    Decide = Callable[[Database, World, str, str], str | None]


def decided(where: Where, text: str, decide: Decide, *, as_json: bool) -> None:
    from analysis import frames
    from tracker import store

    name, _, choice = (part.strip() for part in text.partition("="))
    settings = where.settings()
    with opened(settings) as db:
        with store.reading(db) as session:
            key = workspace_of(session, settings)
        about = decide(db, frames.world(db, key), name, choice) or name
    if as_json:
        print_json({"about": about, "decision": choice})
    else:
        out.print(f"{plain(about)}: {plain(choice)}")
