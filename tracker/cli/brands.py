"""`citelift brands`: companies that answers name and nobody tracks yet, and the verb that begins to track
one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from tracker.cli.opening import opened
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import err, out, plain, print_json, table
from tracker.cli.verbs import READ, add, add_group
from tracker.cli.workspaces import say_what_changed, synced, workspace_of


def register(app: typer.Typer) -> None:
    brands = add_group(app, "brands", "Companies that answers name, and which of them are tracked.", READ)
    add(brands, suggest)
    add(brands, track)


def suggest(
    where: Where,
    least: Annotated[int, typer.Option("--least", min=1, help="Named in at least so many answers.")] = 2,
    newest: Annotated[
        int, typer.Option("--newest", min=1, help="Look at so many of the newest answers.")
    ] = 5000,
    top: Annotated[int, typer.Option("--top", min=1, help="Rows to print; --json has them all.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Companies named where tracked brands stand (lists, tables, headings, bold, links), and not tracked."""
    from tracker import store
    from tracker.answers import untracked

    settings = where.settings()
    with opened(settings, read_only=True) as db:
        with store.reading(db) as session:
            workspace_id = workspace_of(session, settings)
            say_what_changed(session, settings, workspace_id)
        suggestions = untracked.suggestions(db, workspace_id, least=least, newest=newest)
    if as_json:
        print_json({"least": least, "newest": newest, "rows": [asdict(one) for one in suggestions]})
        return
    if not suggestions:
        err.print("No company is named often enough that is not tracked; --least 1 shows every name.")
        return
    rows = [
        (one.name, one.answers, one.beside, one.prompts, ", ".join(one.kinds), one.site or "")
        for one in suggestions[:top]
    ]
    columns = ("name", "answers", "beside tracked brands", "prompts", "stands in", "its links lead to")
    table("Named and not tracked", columns, rows, right=(1, 2, 3))
    first = suggestions[0]
    site = f" --domain {first.site}" if first.site else ""
    name = f'"{first.name}"' if " " in first.name else first.name
    out.print(plain(f"Track one with: citelift brands track {name}{site}"))


def track(
    where: Where,
    name: Annotated[str, typer.Argument(help="The company, as it is to be shown.")],
    domain: Annotated[
        list[str] | None, typer.Option("--domain", help="A site of its own; can be repeated.")
    ] = None,
    alias: Annotated[
        list[str] | None, typer.Option("--alias", help="Another spelling; can be repeated.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Add a rival to brands.yaml, comments kept, and search the stored answers for it."""
    from tracker.catalog.additions import add_brand

    settings = where.settings()
    add_brand(settings.catalog, name, aliases=alias or [], domains=domain or [])
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
    if as_json:
        print_json(
            {"brand": name, "catalog": str(settings.catalog / "brands.yaml"), "workspace": workspace_id}
        )
        return
    out.print(f"{plain(name)} is tracked: it stands in {plain(str(settings.catalog / 'brands.yaml'))}.")
