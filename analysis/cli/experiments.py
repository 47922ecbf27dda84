"""`citelift experiment`: drafts, power, the start, the book, looks and the result. They compute nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tracker import numbers
from tracker.cli.opening import opened
from tracker.cli.options import DAY, JsonOption, NoteOption, Where
from tracker.cli.printing import err, out, plain, print_json, table
from tracker.cli.verbs import ACT, add, add_group
from tracker.cli.workspaces import workspace_of

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from analysis.experiments.power import Power
    from analysis.frames import World
    from analysis.trials import ExperimentProgress, ExperimentResult
    from tracker.experiments import BookLine, Stored

NameArgument = Annotated[str, typer.Argument(help="Name of the experiment.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Folder for the protocol: HTML and PDF to sign, and JSON.")
]
Recorded = Literal["assigned", "attempt", "refused", "no answer", "link", "lost", "on", "off", "note"]


def register(app: typer.Typer) -> None:
    group = add_group(
        app, "experiment", "Draw by lot who is worked on, and learn whether it raised anything.", ACT
    )
    for verb in (new, power, start, record, look, result):
        add(group, verb)
    add(group, listed, "list")


@dataclass(frozen=True)
class OpenNow:
    """An open database, its workspace, and the moment of the command."""

    database: Database
    world: World
    now: datetime
    classes: Path | None

    @property
    def today(self) -> date:
        from tracker.weeks import day_of

        return day_of(self.now, self.world.timezone)

    def experiment(self, name: str) -> Stored:
        from tracker import experiments, store

        with store.reading(self.database) as session:
            return experiments.read(session, self.world.id, name)


@contextmanager
def _bench(where: Where, *, read_only: bool = False) -> Iterator[OpenNow]:
    from analysis import frames
    from analysis.classes.classify import own_folder
    from tracker import store

    settings = where.settings()
    with opened(settings, read_only=read_only) as db:
        with store.reading(db) as session:
            key = workspace_of(session, settings)
        yield OpenNow(db, frames.world(db, key), datetime.now(UTC), own_folder(settings.catalog))


def new(
    where: Where,
    name: NameArgument,
    source: Annotated[
        list[str] | None, typer.Option("--source", help="A candidate site or page; once for each.")
    ] = None,
    pairs: Annotated[int | None, typer.Option("--pairs", min=1, help="At most so many pairs.")] = None,
    design: Annotated[
        Literal["pairs", "switch"],
        typer.Option("--design", help="pairs: one of each is worked on. switch: own pages, on and off."),
    ] = "pairs",
    outcome: Annotated[
        Literal["unnamed", "named"],
        typer.Option("--outcome", help="What decides: cited without your name, or named in its prompts."),
    ] = "unnamed",
    before: Annotated[int, typer.Option("--before", help="Weeks before the start to compare with.")] = 8,
    settle: Annotated[
        int | None, typer.Option("--settle", help="Weeks of work before measuring. Default: 4; switch: 1.")
    ] = None,
    weeks: Annotated[
        int | None, typer.Option("--weeks", help="Weeks measured. Default: 8; switch: 12.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Draft an experiment: candidates in pairs. Nothing is fixed yet; the same name drafts it anew."""
    from analysis import trials
    from tracker import experiments, store

    switching = design == "switch"
    draft = trials.ExperimentDraft(
        name=" ".join(name.split()),
        sources=tuple(source or ()),
        pairs=pairs,
        design=design,
        outcome=outcome,
        before=before,
        settle=settle if settle is not None else (1 if switching else 4),
        weeks=weeks if weeks is not None else (12 if switching else 8),
    )
    with _bench(where) as bench:
        with store.reading(bench.database) as session:
            experiments.require_open(session, bench.world.id, draft.name)
        made = trials.propose(bench.database, bench.world, draft, today=bench.today, classes=bench.classes)
        with store.writing(bench.database) as session:
            experiments.draft(session, bench.world.id, draft.name, made, now=bench.now)
    if as_json:
        print_json({"experiment": made})
        return
    _print_pairs(made)
    out.print(f"\nA draft. What it would see: citelift experiment power {plain(draft.name)}")


def _print_pairs(made: Mapping[str, Any]) -> None:
    rows = [
        (i, pair["first"], pair["second"], *pair["cited"], pair["family"][0], pair["state"][0])
        for i, pair in enumerate(made["pairs"], start=1)
    ]
    columns = ("pair", "one", "the other", "cited", "cited", "class", "state")
    table(f"{made['name']}: {numbers.counted(len(rows), 'pair')}", columns, rows, right=(0, 3, 4))
    if made.get("left_out"):
        out.print(plain(f"Left out, without a partner: {', '.join(made['left_out'])}"))


def power(
    where: Where,
    name: NameArgument,
    lift: Annotated[
        float | None, typer.Option("--lift", min=1, max=90, help="Only for this rise, in points.")
    ] = None,
    compliance: Annotated[
        float | None, typer.Option("--won", min=1, max=100, help="Only if this percentage of links is won.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """How often such an experiment would say "raised": your own past answers, drawn again."""
    from analysis import trials

    lifts = (0.1, 0.2, 0.3) if lift is None else (lift / 100,)
    won = (0.4, 0.7, 1.0) if compliance is None else (compliance / 100,)
    with _bench(where, read_only=True) as bench:
        experiment = bench.experiment(name)
        rows = trials.foreseen(
            bench.database,
            bench.world,
            experiment.design,
            today=bench.today,
            lifts=lifts,
            compliances=won,
        )
    if as_json:
        print_json({"name": experiment.name, "rows": [asdict(row) for row in rows]})
        return
    _print_power(experiment.name, rows)


def _print_power(name: str, rows: list[Power]) -> None:
    shown = [
        (
            numbers.points(row.lift, 0),
            numbers.percent(row.compliance, 0),
            numbers.percent(row.unnamed, 0),
            numbers.percent(row.named, 0),
        )
        for row in rows
    ]
    columns = (
        "a link raises naming by",
        "links won",
        "(iii) cited without being named",
        "(ii) named in its prompts",
    )
    table(
        f"{name}: chance to say 'raised', {numbers.counted(rows[0].lots, 'lot')}",
        columns,
        shown,
        right=(0, 1, 2, 3),
    )
    out.print(
        "\nNone of these near 80 %? Take more pairs, more weeks, or switch pages of yours (--design switch)."
    )


def start(
    where: Where,
    name: NameArgument,
    seed: Annotated[
        str | None,
        typer.Option("--seed", help="Words or a number that both sides witnessed. Default: drawn here."),
    ] = None,
    out_folder: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw the lots and fix the protocol for good, before the first work."""
    import secrets

    from analysis import trials
    from tracker import experiments, store

    with _bench(where) as bench:
        experiment = bench.experiment(name)
        experiments.require_unchanged(experiment)
        with store.reading(bench.database) as session:
            experiments.require_open(session, bench.world.id, name)
        seed = seed or secrets.token_hex(8)
        fixed = trials.protocol(
            bench.database, bench.world, experiment.design, seed, today=bench.today, classes=bench.classes
        )
        with store.writing(bench.database) as session:
            experiments.start(session, bench.world.id, experiment.name, fixed, now=bench.now)
        experiment = bench.experiment(name)
    files = _written(experiment, out_folder)
    if as_json:
        print_json(
            {"hash": experiment.protocol_hash, "protocol": fixed, "files": [str(path) for path in files]}
        )
        return
    _print_protocol(experiment, files)


def _written(experiment: Stored, folder: Path | None) -> list[Path]:
    from analysis.experiments import paper

    if folder is None or experiment.protocol is None or experiment.protocol_hash is None:
        return []
    slug = re.sub(r"[^a-z0-9]+", "-", experiment.name.casefold()).strip("-") or "experiment"
    return paper.write(experiment.started, experiment.protocol_hash, folder, f"protocol-{slug}")


def _print_protocol(experiment: Stored, files: list[Path]) -> None:
    p = experiment.started
    rows = [
        (
            i,
            pair[pair["drawn"][0]],
            pair["second" if pair["drawn"][0] == "first" else "first"],
            pair["weight"],
        )
        for i, pair in enumerate(p["pairs"], start=1)
    ]
    columns = ("pair", "drawn: now", "not before the end", "weight")
    table(f"{experiment.name}: started {p['started']}", columns, rows, right=(0, 3))
    for words in (
        p["rule"],
        p["outcome"]["words"],
        f"Window: {p['window'][0]} to {p['window'][1]}.",
        p["stop"],
    ):
        out.print(plain(words))
    out.print(f"Hash: {experiment.protocol_hash}")
    for path in files:
        out.print(plain(path))


def record(
    where: Where,
    name: NameArgument,
    what: Annotated[Recorded, typer.Option("--what", help="What happened.")],
    source: Annotated[str | None, typer.Option("--source", help="With which site or page.")] = None,
    who: Annotated[str, typer.Option("--who", help="Who works on it.")] = "",
    on: Annotated[datetime | None, typer.Option("--on", formats=DAY, help="The day; default: today.")] = None,
    note: NoteOption = "",
    as_json: JsonOption = False,
) -> None:
    """Add to the book of a started experiment. Lines are only added, never changed."""
    from analysis import frames
    from tracker import experiments, store

    with _bench(where) as bench:
        day = on.date() if on else bench.today
        key = frames.source_key(source).name if source else None
        line = experiments.BookLine(bench.now, day, what, key, who, note)
        with store.writing(bench.database) as session:
            experiments.record(session, bench.world.id, name, line)
    if as_json:
        print_json({"name": name, "line": asdict(line)})
    else:
        out.print(plain(f"{day} {what}: {key or name}"))


def look(where: Where, name: NameArgument, as_json: JsonOption = False) -> None:
    """Where a started experiment stands. The look is written into its book, and changes nothing."""
    from analysis import trials
    from tracker import experiments, store

    with _bench(where) as bench:
        experiment = bench.experiment(name)
        seen = trials.progress(bench.database, bench.world, experiment, today=bench.today)
        figures = {
            "weeks": seen.weeks_done,
            "won": seen.won,
            "drawn": seen.drawn,
            "crossed": seen.crossed,
            "e": seen.e,
        }
        line = experiments.BookLine(bench.now, bench.today, "look", None, "", "", figures)
        with store.writing(bench.database) as session:
            experiments.record(session, bench.world.id, name, line)
    if as_json:
        print_json({"name": name, "progress": asdict(seen)})
        return
    _print_progress(name, seen)


def _print_progress(name: str, seen: ExperimentProgress) -> None:
    rows = [
        (
            each.pair,
            each.source,
            "yes"
            if all(each.drawn)
            else f"{sum(each.drawn)} of {len(each.drawn)} blocks"
            if any(each.drawn)
            else "no",
            each.last or numbers.UNKNOWN,
            each.who or numbers.UNKNOWN,
            numbers.percent(sum(each.live) / len(each.live), 0) + (" (as recorded)" if each.told else ""),
        )
        for each in seen.work
    ]
    columns = ("pair", "source", "drawn", "last recorded", "who", "link live, of the window so far")
    table(f"{name}: week {seen.weeks_done} of {seen.weeks}", columns, rows, right=(0, 5))
    _print_links(seen)
    if seen.e is not None:
        out.print(
            f"e-value of a difference so far: {seen.e:.2f} (20 would be rare by chance). It decides nothing."
        )
    _print_notes(seen)


def _print_links(seen: ExperimentProgress) -> None:
    out.print(
        f"Links from {seen.won} of {seen.drawn} drawn sources, and from {seen.crossed} that were not drawn."
    )


def _print_notes(seen: ExperimentProgress) -> None:
    for note in seen.notes:
        out.print(plain(note))


def result(where: Where, name: NameArgument, as_json: JsonOption = False) -> None:
    """What a finished experiment says, once its window is over. Written into its book the first time."""
    from analysis import trials
    from tracker import experiments, store

    with _bench(where) as bench:
        experiment = bench.experiment(name)
        found = trials.result(bench.database, bench.world, experiment, today=bench.today)
        figures = {"verdict": found.verdict, "sentence": found.sentence}
        first = next((line for line in experiment.book if line.kind == "result"), None)
        if first is None:
            line = experiments.BookLine(bench.now, bench.today, "result", None, "", "", figures)
            with store.writing(bench.database) as session:
                experiments.record(session, bench.world.id, name, line)
    if first is not None and _said(first.figures) != _said(figures):
        err.print(plain(f"Read first on {first.day}: {first.figures.get('sentence')}"))
        err.print("Answers or links have come since then, so that the same reading differs: see both.")
    if as_json:
        print_json({"name": name, "hash": experiment.protocol_hash, **_finding_json(found)})
        return
    _print_finding(experiment, found)


def _said(figures: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Verdict and numbers: another version may put other words around them."""
    return str(figures.get("verdict")), re.findall(r"[+−]?\d[\d.,]*", str(figures.get("sentence")))


def _finding_json(found: ExperimentResult) -> dict[str, Any]:
    from analysis.experiments.outcomes import Estimate

    def plain_numbers(value: Estimate) -> dict[str, Any]:
        pieces = [[_finite(x) for x in piece] for piece in value.region.pieces] if value.region else None
        return {"estimate": _finite(value.estimate), "not_rejected": pieces, "p": value.p}

    r = found.reading
    return {
        "verdict": found.verdict,
        "sentence": found.sentence,
        "lots": r.lots,
        "outcomes": {
            "where_cited": plain_numbers(r.where_cited) | {"descriptive": True},
            "named": plain_numbers(r.named),
            "unnamed": plain_numbers(r.unnamed) | {"scale": "log ratio"},
        },
        "of_link": plain_numbers(r.of_link) | {"share_of_time_won": r.got},
        "progress": asdict(found.progress),
    }


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None


def _role(decides: bool, descriptive: bool) -> str:
    if descriptive:
        return "description only"
    return "decides" if decides else "beside it"


def _print_finding(experiment: Stored, found: ExperimentResult) -> None:
    from analysis.experiments import words

    r, p = found.reading, experiment.started
    out.print(f"[bold]{plain(found.sentence)}[/bold]")
    outcomes = (("unnamed", r.unnamed), ("named", r.named), ("where_cited", r.where_cited))
    rows = [
        (
            words.OUTCOME_NAMES[name],
            words.estimate(name, value),
            numbers.probability(value.p),
            _role(name == p["outcome"]["name"], value.p is None),
        )
        for name, value in outcomes
    ]
    table("", ("outcome", f"drawn minus the other ({numbers.LEVEL})", "p", ""), rows, right=(2,))
    out.print(plain(words.of_link(r)))
    _print_links(found.progress)
    _print_notes(found.progress)
    out.print(f"Protocol {experiment.protocol_hash}")


def listed(
    where: Where,
    name: Annotated[str | None, typer.Argument(help="Only this one, with its book.")] = None,
    out_folder: OutOption = None,
    compare: Annotated[
        Path | None, typer.Option("--compare", help="Compare a protocol's .json file with what was started.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """The experiments of the workspace, and whether their protocols are what was started."""
    from tracker import experiments, store

    with _bench(where, read_only=True) as bench, store.reading(bench.database) as session:
        if name is None:
            found = experiments.listed(session, bench.world.id)
        else:
            found = (experiments.read(session, bench.world.id, name),)
    if name is not None:
        experiments.require_unchanged(found[0])
        if compare is not None:
            err.print(f"The file is what was started: {experiments.compare_file(found[0], compare)}")
    files = _written(found[0], out_folder) if name is not None else []
    if as_json:
        print_json({"rows": [_stored_json(each) for each in found], "files": [str(path) for path in files]})
    elif name is None:
        _print_list(found)
    else:
        _print_one(found[0], files)
    for each in found:
        if each.changed:
            err.print(plain(f"PROTOCOL CHANGED: {each.name} {each.changed}"))


def _print_one(experiment: Stored, files: list[Path]) -> None:
    if experiment.protocol is None:
        _print_pairs(experiment.design)
        return
    _print_protocol(experiment, files)
    rows = [(line.day, line.kind, line.source, line.who, _noted(line)) for line in experiment.book]
    if rows:
        table("The book", ("day", "what", "source", "who", "note"), rows)


def _noted(line: BookLine) -> str:
    return line.note or (json.dumps(dict(line.figures)) if line.figures else "")


def _state(experiment: Stored) -> str:
    if experiment.changed:
        return "PROTOCOL CHANGED"
    if experiment.protocol is None:
        return "draft"
    if any(line.kind == "result" for line in experiment.book):
        return "read"
    return f"until {experiment.protocol['window'][1]}"


def _stored_json(experiment: Stored) -> dict[str, Any]:
    return {
        "name": experiment.name,
        "state": _state(experiment),
        "changed": experiment.changed or None,
        "hash": experiment.protocol_hash,
        "started_at": experiment.started_at,
        "design": experiment.design,
        "protocol": experiment.protocol,
        "book": [asdict(line) for line in experiment.book],
    }


def _print_list(found: tuple[Stored, ...]) -> None:
    if not found:
        out.print("There is no experiment yet: citelift experiment new NAME drafts one.")
        return
    rows = [
        (
            each.name,
            each.design.get("design"),
            len(each.design.get("pairs", ())),
            _state(each),
            f"{each.started_at:%Y-%m-%d}" if each.started_at else numbers.UNKNOWN,
        )
        for each in found
    ]
    table("Experiments", ("name", "design", "pairs", "state", "started"), rows, right=(2,))
