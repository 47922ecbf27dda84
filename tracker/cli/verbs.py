"""How a verb joins the command: its group in `--help`, and blocks of options that many verbs share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Any, get_type_hints

import typer

SET_UP, ASK, IMPORT = "Set up", "Ask", "Import"
READ, ACT, AUTOMATE = "Read", "Act", "Automate"
GROUPS = (SET_UP, ASK, IMPORT, READ, ACT, AUTOMATE)
"""In the order of `--help`."""


def add(
    app: typer.Typer, verb: Callable[..., None], name: str | None = None, group: str | None = None
) -> None:
    app.command(name, rich_help_panel=group)(spread(verb))


def add_group(app: typer.Typer, name: str, words: str, group: str) -> typer.Typer:
    """A verb of several verbs, like `import links` and `import answers`."""
    made = typer.Typer(help=words, no_args_is_help=True)
    app.add_typer(made, name=name, rich_help_panel=group)
    return made


def group_of(app: typer.Typer, name: str) -> typer.Typer:
    """A group that another package has begun; a bare one where that package stands aside."""
    begun = (each.typer_instance for each in app.registered_groups if each.name == name)
    return next(begun, None) or add_group(app, name, "", READ)


def spread(verb: Callable[..., None]) -> Callable[..., None]:
    """A parameter that is a dataclass of options stands on the command line as its fields."""
    signature = inspect.signature(verb, eval_str=True)
    blocks: dict[str, Any] = {
        p.name: p.annotation for p in signature.parameters.values() if is_dataclass(p.annotation)
    }
    if not blocks:
        return verb
    spread: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        if parameter.name in blocks:
            spread += _options(blocks[parameter.name])
        else:
            spread.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    @wraps(verb)
    def called(**given: Any) -> None:
        for name, block in blocks.items():
            given[name] = block(**{field.name: given.pop(field.name) for field in fields(block)})
        verb(**given)

    called.__signature__ = signature.replace(parameters=spread)  # type: ignore[attr-defined]
    called.__annotations__ = {each.name: each.annotation for each in spread}
    return called


def _options(block: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(block, include_extras=True)
    return [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
        )
        for field in fields(block)
    ]
