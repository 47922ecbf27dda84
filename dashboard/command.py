"""The `citelift` command: the verbs of the three packages in one, and its errors as people want to read them."""

from __future__ import annotations

import sys

import typer

import analysis.cli.answers
import analysis.cli.judge
import analysis.cli.plan
import dashboard.cli
import tracker.cli.collect
from tracker.cli.printing import err, plain
from tracker.errors import CiteliftError

app = typer.Typer(
    name="citelift",
    help="Which link sources go with more visibility in AI answers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
tracker.cli.collect.register(app)
analysis.cli.answers.register(app)
analysis.cli.judge.register(app)
analysis.cli.plan.register(app)
dashboard.cli.register(app)


def main() -> None:
    try:
        app()
    except CiteliftError as error:
        err.print(f"[bold red]error[/bold red] {plain(error)}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        err.print("stopped")
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(1)
