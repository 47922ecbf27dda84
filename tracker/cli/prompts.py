"""`citelift prompts`: the questions of the catalog."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tracker import numbers
from tracker.cli.catalogs import change_catalog, show_catalog
from tracker.cli.opening import opened
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import err, out, plain, print_json
from tracker.cli.verbs import SET_UP, add, add_group
from tracker.cli.workspaces import synced
from tracker.errors import UsageError

TopicOption = Annotated[str | None, typer.Option("--topic", help="A group that is read together.")]
CountryOption = Annotated[str | None, typer.Option("--country", help="ISO 3166, like US.")]
LanguageOption = Annotated[str | None, typer.Option("--language", help="Like en.")]
WeightOption = Annotated[float | None, typer.Option("--weight", help="1 if left out.")]
TextArgument = Annotated[str, typer.Argument(help="The question, word for word.")]


def register(app: typer.Typer) -> None:
    prompts = add_group(app, "prompts", "The questions that every run asks.", SET_UP)
    add(prompts, list_prompts, "list")
    add(prompts, add_prompt, "add")
    add(prompts, import_prompts, "import")
    add(prompts, suggest)
    add(prompts, change)
    add(prompts, remove)


def list_prompts(where: Where, as_json: JsonOption = False) -> None:
    """List the prompts of tracked.yaml."""
    show_catalog(where, "prompts", "Prompts", ("text", "topic", "country", "language", "weight"), as_json)


def add_prompt(
    where: Where,
    text: TextArgument,
    topic: TopicOption = None,
    country: CountryOption = None,
    language: LanguageOption = None,
    weight: WeightOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a question to tracked.yaml, comments kept."""
    from tracker.catalog.writing import adding

    row = _row(text, topic, country, language, weight)
    _, path = change_catalog(where, "prompts", adding(row))
    if as_json:
        print_json({"added": 1, "catalog": str(path)})
        return
    out.print(f"It stands in {plain(str(path))}, and the next run asks it.")


def _row(
    text: str | None, topic: str | None, country: str | None, language: str | None, weight: float | None
) -> dict[str, Any]:
    return {"text": text, "topic": topic, "country": country, "language": language, "weight": weight}


def import_prompts(
    where: Where,
    file: Annotated[Path, typer.Argument(help="A question a line, or a table with a column `text`.")],
    topic: TopicOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add the questions of a text, CSV or Excel file to tracked.yaml; those that are there are left out."""
    from tracker.catalog import pasted, writing
    from tracker.catalog.writing import adding

    read = pasted.read_file(file, writing.listed(where.settings().catalog, "prompts").rows, topic)
    if read.rows:
        change_catalog(where, "prompts", adding(*read.rows))
    if as_json:
        rejects = [reject.as_json() for reject in read.rejects]
        print_json({"added": len(read.rows), "known": read.known, "rejected": rejects})
    else:
        out.print(f"{len(read.rows):,} added, {read.known:,} there already, {len(read.rejects):,} rejected.")
        for reject in read.rejects[:20]:
            err.print(plain(f"line {reject.line}: {reject.reason}: {reject.fragment}"))
    if read.rejects:
        raise typer.Exit(3)


def suggest(
    where: Where,
    topic: Annotated[str, typer.Argument(help="What the questions are about, like CRM software.")],
    model: Annotated[
        str | None, typer.Option("--model", help="Whom to ask: litellm's name of it; default: the judge's.")
    ] = None,
    count: Annotated[int, typer.Option("--count", min=1, max=100, help="How many.")] = 20,
    language: LanguageOption = None,
    country: CountryOption = None,
    budget: Annotated[
        float, typer.Option("--budget", min=0, help="Dollars; it is not asked where it may cost more.")
    ] = 0.25,
    plan: Annotated[bool, typer.Option("--plan", help="Say what it may cost, and ask nobody.")] = False,
    write: Annotated[bool, typer.Option("--add", help="Add them to tracked.yaml at once.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Let a model of yours suggest questions that name no brand; says what it may cost before it asks."""
    from tracker import catalog as catalogs
    from tracker import suggesting
    from tracker.catalog import writing
    from tracker.catalog.nodes import FILES

    settings = where.settings()
    there = any((settings.catalog / name).is_file() for name in FILES["prompts"])
    known = writing.listed(settings.catalog, "prompts").rows if there else ()
    catalog = catalogs.load(settings.catalog, need="brands")
    chosen = model or next(iter(suggesting.models(catalog)))
    wish = suggesting.Wish(chosen, topic, count, language, country)
    most = suggesting.ceiling(wish, known)
    if not as_json:
        err.print(f"{plain(chosen)} is asked once; at most {numbers.money(most)}.")
    if plan:
        if as_json:
            print_json({"model": chosen, "most_micros": most})
        return
    if most > budget * 1e6:
        raise UsageError(f"it may cost {numbers.money(most)}", f"allow it with --budget {most / 1e6:.2f}")
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        came = suggesting.suggest(db, workspace_id, catalog, wish, known, settings)
    if write and came.found.rows:
        change_catalog(where, "prompts", writing.adding(*came.found.rows))
    if as_json:
        rejects = [reject.as_json() for reject in came.found.rejects]
        said = {"model": chosen, "served_model": came.served_model, "cost_micros": came.cost_micros}
        counts = {"known": came.found.known, "named": came.named, "rejected": rejects}
        print_json(said | {"rows": came.found.rows, "added": write} | counts)
        return
    for row in came.found.rows:
        out.print(plain(str(row["text"])))
    left = f"{came.found.known} are there already, {came.named} name a tracked brand and are left out"
    done = "They stand in the catalog." if write else "--add writes them; `citelift prompts add` one of them."
    err.print(f"It cost {numbers.money(came.cost_micros)}; {left}. {done}")


def change(
    where: Where,
    text: TextArgument,
    rewrite: Annotated[
        str | None, typer.Option("--text", help="Another wording: a new prompt, that goes on from the old.")
    ] = None,
    topic: TopicOption = None,
    country: CountryOption = None,
    language: LanguageOption = None,
    weight: WeightOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a question in tracked.yaml, comments kept."""
    from tracker.catalog.writing import changing

    row = _row(rewrite, topic, country, language, weight)
    given = {key: value for key, value in row.items() if value is not None}
    if not given:
        raise UsageError("nothing to change was given", "see `citelift prompts change --help`")
    change_catalog(where, "prompts", changing("prompts", text, given))
    if as_json:
        print_json({"changed": rewrite or text})
        return
    out.print("It is changed.")


def remove(where: Where, text: TextArgument, as_json: JsonOption = False) -> None:
    """Take a question out of tracked.yaml. Its answers stay, and are counted as before."""
    from tracker.catalog.writing import removing

    change_catalog(where, "prompts", removing("prompts", text))
    if as_json:
        print_json({"removed": text})
        return
    out.print("It is taken out; its answers stay.")
