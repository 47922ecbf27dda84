"""`citelift engines`: whom the catalog asks."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tracker.cli.catalogs import change_catalog, show_catalog
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import out, plain, print_json, table
from tracker.cli.verbs import SET_UP, add, add_group
from tracker.errors import UsageError

NameArgument = Annotated[str, typer.Argument(help="The engine's name.")]
RepeatsOption = Annotated[int | None, typer.Option("--repeats", help="Asks of each prompt per run.")]
BudgetOption = Annotated[float | None, typer.Option("--budget", help="Dollars per run; a hard ceiling.")]


def register(app: typer.Typer) -> None:
    engines = add_group(app, "engines", "Whom every run asks.", SET_UP)
    add(engines, list_engines, "list")
    add(engines, add_engine, "add")
    add(engines, change)
    add(engines, remove)


def list_engines(
    where: Where,
    known: Annotated[bool, typer.Option("--known", help="Those that `engines add NAME` knows.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the engines of engines.yaml, or those there are to begin with."""
    from tracker import starter

    if not known:
        show_catalog(
            where, "engines", "Engines", ("name", "model", "surface", "repeats", "budget_usd"), as_json
        )
        return
    rows = starter.known_engines()
    if as_json:
        print_json({"rows": [{"name": name, "model": row["model"]} for name, row in rows.items()]})
        return
    table("Engines to begin with", ("name", "model"), [(name, row["model"]) for name, row in rows.items()])


def add_engine(
    where: Where,
    name: NameArgument,
    model: Annotated[
        str | None, typer.Option("--model", help="litellm's model string; else the known row of this name.")
    ] = None,
    repeats: RepeatsOption = None,
    budget: BudgetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add an engine to engines.yaml, comments kept. `engines list --known` shows those with a row to take."""
    from tracker import starter
    from tracker.catalog.writing import adding

    row = starter.known_engines().get(name) if model is None else {"name": name, "model": model}
    if row is None:
        known = ", ".join(starter.known_engines())
        raise UsageError(f"no engine {name!r} to begin with", f"give its --model, or one of {known}")
    given = {"repeats": repeats, "budget_usd": budget}
    row = row | {key: value for key, value in given.items() if value is not None}
    _, path = change_catalog(where, "engines", adding(row))
    if as_json:
        print_json({"engine": name, "catalog": str(path)})
        return
    out.print(plain(f"{name} stands in {path}. `citelift plan` says what a run costs now."))


def change(
    where: Where,
    name: NameArgument,
    model: Annotated[str | None, typer.Option("--model", help="litellm's model string.")] = None,
    repeats: RepeatsOption = None,
    budget: BudgetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change an engine in engines.yaml, comments kept."""
    from tracker.catalog.writing import changing

    values: dict[str, Any] = {"model": model, "repeats": repeats, "budget_usd": budget}
    given = {key: value for key, value in values.items() if value is not None}
    if not given:
        raise UsageError("nothing to change was given", "see `citelift engines change --help`")
    change_catalog(where, "engines", changing("engines", name, given))
    if as_json:
        print_json({"engine": name})
        return
    out.print(plain(f"{name} is changed."))


def remove(where: Where, name: NameArgument, as_json: JsonOption = False) -> None:
    """Take an engine out of engines.yaml. Its answers stay, and are counted as before."""
    from tracker.catalog.writing import removing

    change_catalog(where, "engines", removing("engines", name))
    if as_json:
        print_json({"removed": name})
        return
    out.print(plain(f"{name} is taken out; its answers stay."))
