"""`citelift brands`: the brands of the catalog, and companies that answers name and nobody tracks yet."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker.cli.catalogs import change_catalog, show_catalog
from tracker.cli.opening import opened
from tracker.cli.options import DAY, JsonOption, Where
from tracker.cli.printing import err, out, plain, print_json, table
from tracker.cli.verbs import SET_UP, add, add_group
from tracker.cli.workspaces import say_what_changed, workspace_of
from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.catalog.writing import Edits


def register(app: typer.Typer) -> None:
    brands = add_group(app, "brands", "The brands that are tracked, and companies that answers name.", SET_UP)
    add(brands, list_brands, "list")
    add(brands, suggest)
    add(brands, track, "add")
    add(brands, track)
    add(brands, change)
    add(brands, remove)


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


DomainsOption = Annotated[
    list[str] | None, typer.Option("--domain", help="A site of its own; can be repeated.")
]
AliasesOption = Annotated[
    list[str] | None, typer.Option("--alias", help="Another spelling; can be repeated.")
]
OwnsOption = Annotated[
    list[str] | None, typer.Option("--owns", help='A page elsewhere, or "name.*"; can be repeated.')
]
NotOption = Annotated[
    list[str] | None, typer.Option("--not", help="A phrase that means something else; can be repeated.")
]
ExactOption = Annotated[
    bool | None, typer.Option("--exact/--no-exact", help="Count only this very spelling of the name.")
]


def track(
    where: Where,
    name: Annotated[str, typer.Argument(help="The company, as it is to be shown.")],
    domain: DomainsOption = None,
    alias: AliasesOption = None,
    owns: OwnsOption = None,
    not_phrase: NotOption = None,
    exact: ExactOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a rival to brands.yaml, comments kept, and search the stored answers for it."""
    from tracker.catalog.writing import adding

    row = {"name": name, "aliases": alias, "domains": domain, "not": not_phrase}
    row |= {"case": "exact" if exact else None, "owns": owns}
    _changed(where, adding(row), {"brand": name}, f"{name} is tracked: it stands in", as_json)


def change(
    where: Where,
    name: Annotated[str, typer.Argument(help="The brand as it is called now.")],
    rename: Annotated[str | None, typer.Option("--name", help="Another name to show.")] = None,
    domain: DomainsOption = None,
    alias: AliasesOption = None,
    owns: OwnsOption = None,
    not_phrase: NotOption = None,
    exact: ExactOption = None,
    until: Annotated[
        datetime | None, typer.Option(help="The last day of a brand that ended.", formats=DAY)
    ] = None,
    clear: Annotated[
        list[str] | None, typer.Option(help="A key to take out, like aliases; can be repeated.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Change a brand in brands.yaml: what is given replaces what stood there, and comments stay."""
    from tracker.catalog.writing import changing

    values: dict[str, Any] = {"name": rename, "aliases": alias, "domains": domain, "not": not_phrase}
    values |= {"owns": owns, "until": f"{until:%Y-%m-%d}" if until else None}
    values |= {"case": "exact"} if exact else {}
    given = {key: value for key, value in values.items() if value} | dict.fromkeys(clear or [])
    given |= {"case": None} if exact is False else {}
    if not given:
        raise UsageError("nothing to change was given", "see `citelift brands change --help`")
    _changed(
        where,
        changing("brands", name, given),
        {"brand": rename or name},
        f"{rename or name} is changed in",
        as_json,
    )


def remove(
    where: Where,
    name: Annotated[str, typer.Argument(help="The brand as it is called now.")],
    as_json: JsonOption = False,
) -> None:
    """Take a rival out of brands.yaml. What was read of it stays; `brands change --until` lets it end."""
    from tracker.catalog.writing import removing

    _changed(where, removing("brands", name), {"brand": name}, f"{name} is taken out of", as_json)


def _changed(where: Where, edits: Edits, result: dict[str, Any], words: str, as_json: bool) -> None:
    taken, path = change_catalog(where, "brands", edits)
    if as_json:
        print_json(result | {"catalog": str(path), "workspace": taken.workspace_id})
        return
    out.print(f"{plain(words)} {plain(str(path))}.")


def list_brands(where: Where, as_json: JsonOption = False) -> None:
    """List the brands of brands.yaml."""
    show_catalog(where, "brands", "Brands", ("name", "own", "domains", "aliases", "owns", "not"), as_json)
