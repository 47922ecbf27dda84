"""The `citelift` command: the verbs of the three packages in one, and its errors, for people and programs."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import analysis.cli.answers
import analysis.cli.judge
import analysis.cli.plan
import dashboard.cli
import tracker.cli.collect
from tracker import __version__, extra
from tracker.cli.options import CatalogOption, DatabaseOption, JsonOption, WorkspaceOption
from tracker.cli.printing import err, out, plain_lines, print_json
from tracker.cli.verbs import GROUPS
from tracker.errors import CiteliftError

BadUsage: Any = typer.BadParameter.__mro__[1]
"""Typer's own refusal of a command line, whose class it does not export."""
STOPPED = 130


class Verbs(TyperGroup):
    """The verbs in their groups; what stands before a verb is its default."""

    def list_commands(self, ctx: Any) -> list[str]:
        panels = {name: getattr(command, "rich_help_panel", None) for name, command in self.commands.items()}
        return sorted(self.commands, key=lambda name: GROUPS.index(panels[name]))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        shared = {option: value for option, value in ctx.params.items() if value}
        leaf: Any = command
        path, words = [name], list(rest)
        while words and words[0] in getattr(leaf, "commands", {}):
            path.append(words.pop(0))
            leaf = leaf.commands[path[-1]]
        known = {parameter.name for parameter in getattr(leaf, "params", ())}
        if "as_json" in shared and "as_json" not in known and not hasattr(leaf, "commands"):
            ctx.fail(f"`{' '.join(map(str, path))}` prints no JSON: leave --json out")
        defaults: dict[Any, Any] = {option: value for option, value in shared.items() if option in known}
        for step in reversed(path):
            defaults = {step: defaults}
        ctx.default_map = defaults
        return name, command, rest


app = typer.Typer(
    name="citelift",
    cls=Verbs,
    help="Which link sources go with more visibility in AI answers.",
    epilog="`citelift help` lists what there is to read; `citelift VERB --help` says what a verb takes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
analysis.cli.plan.register(app)
tracker.cli.collect.register(app)
analysis.cli.answers.register(app)
analysis.cli.judge.register(app)
dashboard.cli.register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        out.print(f"citelift {__version__}")
        raise typer.Exit


@app.callback()
def _before_the_verb(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Which link sources go with more visibility in AI answers.

    The options below stand before the verb or after it; where both say something, the later one counts.
    """


@cache
def group() -> Any:
    """All verbs with their parameters, read off their functions once: that takes longer than many a verb."""
    return typer.main.get_command(app)


def run(words: Sequence[str]) -> int:
    """One command line; the exit code. With `--json`, standard output holds JSON whatever happens."""
    try:
        code = group().main(list(words), prog_name="citelift", standalone_mode=False)
    except CiteliftError as error:
        return _told(words, error)
    except ModuleNotFoundError as error:
        if (known := extra.explained(error)) is None:
            raise
        return _told(words, known)
    except BadUsage as error:
        _print_usage(error)
        return _refused(words, error.format_message(), "", error.exit_code)
    except typer.Abort:
        err.print("stopped")
        return STOPPED
    except BrokenPipeError:
        return 1
    return code if isinstance(code, int) else 0


def _print_usage(error: Any) -> None:
    from typer import rich_utils

    rich_utils.rich_format_error(error)


def _told(words: Sequence[str], error: CiteliftError) -> int:
    err.print(f"[bold red]error[/bold red] {plain_lines(error)}")
    return _refused(words, error.problem, error.hint, error.exit_code)


def _refused(words: Sequence[str], problem: str, fix: str, code: int) -> int:
    if "--json" in words:
        print_json({"error": {"problem": problem, "fix": fix or None, "exit_code": code}})
    return code


def main() -> None:
    gc.set_threshold(10_000)  # looking for garbage after each 700 things takes a fifth of a verb's start
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
