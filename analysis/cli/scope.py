"""What the reading verbs share: the answers they are about, and how numbers and rows are printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tracker.cli.opening import opened_facts
from tracker.cli.options import DAY, Where
from tracker.cli.printing import err, plain, print_json, table
from tracker.cli.workspaces import say_what_changed, workspace_of
from tracker.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from analysis.frames import Scope, World

Branded = Literal["exclude", "include", "only"]
EngineOption = Annotated[str | None, typer.Option("--engine", help="Only this engine.")]
TopicOption = Annotated[str | None, typer.Option("--topic", help="Only this topic.")]
WeeksOption = Annotated[int | None, typer.Option("--weeks", min=1, help="Only the last so many weeks.")]
CountryOption = Annotated[str | None, typer.Option("--country", help="Only prompts of this country.")]
LanguageOption = Annotated[str | None, typer.Option("--language", help="Only prompts of this language.")]
BrandOption = Annotated[str | None, typer.Option("--brand", help="Only this brand.")]
BrandedOption = Annotated[Branded, typer.Option("--branded", help="Prompts that name the own brand.")]
RivalsOption = Annotated[Branded, typer.Option("--rivals", help="Prompts that name a rival.")]
TopOption = Annotated[int, typer.Option("--top", min=1, help="Rows to print; --json has them all.")]


@dataclass(frozen=True)
class AnswerFilter:
    """Of whom and about what the answers are that a verb reads."""

    engine: EngineOption = None
    topic: TopicOption = None
    country: CountryOption = None
    language: LanguageOption = None


@dataclass(frozen=True)
class Selection(AnswerFilter):
    """The same, and when they came."""

    first: Annotated[
        datetime | None, typer.Option("--from", formats=DAY, help="First day; its whole week counts.")
    ] = None
    last: Annotated[
        datetime | None, typer.Option("--to", formats=DAY, help="Last day; its whole week counts.")
    ] = None
    weeks: WeeksOption = None


@dataclass(frozen=True)
class Asked:
    """An open database, its workspace, and the answers a command is about."""

    database: Database
    world: World
    scope: Scope
    window: Mapping[str, str | None]
    classes: Path | None
    """The catalog's own lists and rules of classes."""


@contextmanager
def reading(
    where: Where,
    which: AnswerFilter | None = None,
    *,
    branded: Branded = "include",
    rivals: Branded = "include",
) -> Iterator[Asked]:
    from analysis import frames
    from analysis.classes.classify import own_folder
    from tracker import store

    settings = where.settings()
    with opened_facts(settings) as db:
        with store.reading(db) as session:
            key = workspace_of(session, settings)
            say_what_changed(session, settings, key)
        world = frames.world(db, key)
        known = frames.weeks(db, world)
        scope = scope_of(world, known, which or AnswerFilter(), branded=branded, rivals=rivals)
        start, end = scope.first, scope.last
        inside = [day for day in known if (start is None or day >= start) and (end is None or day <= end)]
        yield Asked(db, world, scope, window_of(inside), own_folder(settings.catalog))


def scope_of(
    world: World,
    known: Sequence[date],
    which: AnswerFilter,
    *,
    branded: Branded = "include",
    rivals: Branded = "include",
) -> Scope:
    """What the options mean in a workspace whose weeks with answers are `known`."""
    from analysis import frames

    when = which if isinstance(which, Selection) else Selection()
    start = frames.monday(when.first.date()) if when.first else None
    end = frames.monday(when.last.date()) if when.last else None
    if start and end and start > end:
        raise UsageError("--from lies after --to", "turn them round")
    if when.weeks is not None and known:
        start = max(known[-1] - timedelta(weeks=when.weeks - 1), start or known[0])
    return frames.Scope(
        first=start,
        last=end,
        engine=world.engine(which.engine) if which.engine else None,
        topic=world.require("topic", which.topic) if which.topic else None,
        country=world.require("country", which.country) if which.country else None,
        language=world.require("language", which.language) if which.language else None,
        branded=branded,
        rivals=rivals,
    )


def window_of(weeks: Sequence[date]) -> dict[str, str | None]:
    if not weeks:
        return {"from": None, "to": None}
    return {"from": weeks[0].isoformat(), "to": (weeks[-1] + timedelta(days=6)).isoformat()}


def words_of(by: str | None) -> list[str]:
    return [name.strip() for name in (by or "").split(",") if name.strip()]


def print_rows(
    title: str, columns: Sequence[str], rows: Sequence[Mapping[str, object]], as_json: bool, **head: object
) -> None:
    if as_json:
        print_json({**head, "rows": rows})
        return
    if not rows:
        err.print(f"{plain(title)}: nothing to show.")
        return
    table(title, [c.replace("_", " ") for c in columns], [[row[c] for c in columns] for row in rows])


def kinds_of(asked: Asked, names: Sequence[str]) -> list[str]:
    from analysis.classes.classify import labels

    by_name = labels(asked.database, asked.world, names, folder=asked.classes)
    return [by_name[name].kind for name in names]
