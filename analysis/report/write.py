"""The weekly report: what the week showed, what is noise, which link sources stand out, what cannot be said.

One `Week` is gathered from the database; HTML, PDF, Markdown and CSV are four ways to print it. Everything
that comes from a catalog, a page or an answer is text to all four: escaped in HTML and Markdown, data and
never markup in the PDF, neutralised as a formula in CSV.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Literal, get_args

from jinja2 import Environment
from sqlalchemy import Engine

from analysis import frames, templates
from analysis import visibility as v
from analysis.changes import compare_brands, compare_periods, compare_weeks, moving
from analysis.classes.classify import labels
from analysis.classes.families import families
from analysis.frames import Scope, World
from analysis.grades import grades
from analysis.intervals import wilson
from analysis.left_out import why_nothing
from analysis.lift.estimate import LiftTable, lift
from analysis.moments import moments, within
from analysis.opportunities import Opportunity, opportunities
from analysis.report import cells, typeset, words
from analysis.report.charts import bar, forest, trend
from analysis.report.week import Source, Week
from analysis.stability import source_stability
from analysis.trials import summaries
from tracker import numbers, spreadsheet
from tracker.errors import UsageError

Format = Literal["html", "pdf", "md", "csv"]
TEMPLATES = Path(__file__).with_name("templates")
WEEKS = 16
PERIOD = 4
"""Weeks of each side of the longer comparison."""
OFFERED = 6
TREND: tuple[v.Measure, ...] = ("mention_rate",)


def write(
    database: Engine,
    workspace: World | int,
    folder: Path,
    *,
    week: date | None = None,
    formats: Sequence[Format] = get_args(Format),
    classes: Path | None = None,
    scope: Scope | None = None,
) -> list[Path]:
    """Write the week's report into a folder and name the files; without a week, the newest that has answers.

    `scope` narrows it to an engine, topic, country or language. `classes` is the folder of the user's own
    lists and rules of classes, where there is one.
    """
    unknown = set(formats) - set(get_args(Format))
    if unknown:
        raise UsageError(
            f"no report is written as {', '.join(sorted(unknown))}", f"use {', '.join(get_args(Format))}"
        )
    facts = gather(database, frames.as_world(database, workspace), week, classes, scope)
    folder.mkdir(parents=True, exist_ok=True)
    narrowed = "".join(f"-{_slug(part)}" for part in words.parts(facts))
    stem = f"report-{_slug(facts.workspace)}-{facts.week.isoformat()}{narrowed}"
    written: list[Path] = []
    for kind in formats:
        if kind == "csv":
            for name, text in tables(facts).items():
                written.append(folder / f"{stem}-{name}.csv")
                written[-1].write_text(text, encoding=spreadsheet.ENCODING, newline="")
            continue
        written.append(folder / f"{stem}.{kind}")
        if kind == "pdf":
            written[-1].write_bytes(pdf(facts))
        else:
            written[-1].write_text(html(facts) if kind == "html" else markdown(facts), encoding="utf-8")
    return written


def _slug(name: str) -> str:
    """The workspace's part of a file's name. What letters and figures alone cannot tell apart, a hash
    does."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:60]
    if plain == name:
        return plain
    return f"{plain or 'workspace'}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


def gather(
    database: Engine,
    world: World,
    week: date | None = None,
    classes: Path | None = None,
    scope: Scope | None = None,
) -> Week:
    """Compute everything the report says about one week, of the scope's part of the prompts."""
    own = world.own
    if own is None:
        raise UsageError("the workspace has no own brand", "mark one brand of brands.yaml with `own: true`")
    known = frames.weeks(database, world)
    if not known:
        raise UsageError("there are no answers to report on", "ask or import some first")
    monday = frames.monday(week) if week else known[-1]
    if monday not in known:
        raise UsageError(
            f"there are no answers in the week of {monday}", f"weeks with answers: {known[0]} to {known[-1]}"
        )
    part = replace(scope or Scope(), first=None, last=None)
    scope = replace(part, first=monday, last=monday)
    rows = v.table(database, world, scope)
    if not rows:
        raise UsageError(why_nothing(database, world, scope), "choose another week or part of the prompts")
    before = max((day for day in known if day < monday), default=None)
    changes = compare_weeks(database, world, part, first=before, last=monday) if before else []
    start = max(known[0], monday - timedelta(weeks=WEEKS - 1))
    history = v.table(database, world, replace(scope, first=start), ("week",), measures=TREND)
    rivals = [row for row in rows if not row.own]
    leader = max(rivals, key=lambda r: (r.rates["mention_rate"].estimate or 0, r.brand), default=None)
    against = compare_brands(database, world, leader.brand, own.name, scope) if leader else None
    whole = replace(scope, branded="include")
    recent = replace(whole, first=start)
    table = _lift(database, world, replace(whole, first=None), classes)
    asked = frames.asked(database, world, scope)
    sources = _sources(database, world, whole, classes)
    excluded = frames.excluded(database, world, whole)
    happened = moments(database, world)
    return Week(
        workspace=world.name,
        own=own.name,
        part=part,
        weeks=world.weeks_in_words,
        week=monday,
        before=before,
        answers=rows[0].answers,
        prompts=rows[0].prompts,
        engines=tuple(sorted({world.engines[int(e)] for e in asked["engine"]})),
        rows=tuple(rows),
        history=tuple(history),
        changes=tuple(changes),
        leader=leader.brand if leader else None,
        against_leader=against,
        lift=table,
        lift_from=known[0],
        sources=tuple(sources),
        stability=tuple(source_stability(database, world, recent)),
        events=within(happened, monday, monday + timedelta(days=6)),
        past_events=within(happened, start, monday + timedelta(days=6)),
        opportunities=tuple(_next(database, world, recent, table, classes)),
        limits=(
            *(grade.words for grade in grades(database, world, recent)[:1]),
            *words.limits(world, rows, changes, table, excluded, before),
        ),
        periods=tuple(
            compare_periods(database, world, part, weeks=PERIOD, last=monday, measures=("mention_rate",))
        ),
        moved=tuple(m for m in moving(database, world, part, last=monday) if m.moved),
        experiments=tuple(summaries(database, world, monday + timedelta(days=6))),
    )


def _lift(database: Engine, world: World, scope: Scope, classes: Path | None) -> LiftTable | None:
    named = families(database, world, folder=classes)
    panel = frames.lift_panel(database, world, scope, families=named)
    if not panel.answers or not panel.sources or not panel.exposed.nnz:
        return None
    return lift(panel, checks="claims")


def _next(
    database: Engine, world: World, scope: Scope, table: LiftTable | None, classes: Path | None
) -> list[Opportunity]:
    """The best opportunities that nobody has closed."""
    offers = opportunities(database, world, scope, lift=table, classes=classes)
    return [row for row in offers if row.state in ("open", "working")][:OFFERED]


def _sources(
    database: Engine, world: World, scope: Scope, classes: Path | None, top: int = 15
) -> list[Source]:
    cited = frames.sources(database, world, scope, ("engine",))
    cited = cited[cited["answers"] > 0]
    answers = sum(frames.citable_answers(database, world, scope).values())
    total = cited.groupby("domain").agg(answers=("answers", "sum"), engines=("engine", "nunique"))
    total = total.sort_values(["answers"], ascending=False, kind="stable").head(top).reset_index()
    kinds = labels(database, world, [str(name) for name in total["domain"]], folder=classes)
    known = frames.links(database, world)
    linked = known.table[known.live_on(frames.end_of(database, world, scope))]
    linked = linked[linked["source"].isin(total["domain"])]
    brands: dict[str, list[int]] = {}
    for source, brand in zip(linked["source"], linked["brand"], strict=True):
        brands.setdefault(str(source), []).append(int(brand))
    out = []
    for row in total.to_dict("records"):
        rate = wilson(row["answers"], answers)
        assert rate.estimate is not None
        assert rate.low is not None
        assert rate.high is not None
        to = sorted(set(brands.get(row["domain"], [])))
        out.append(
            Source(
                row["domain"],
                kinds[row["domain"]].kind,
                row["answers"],
                answers,
                rate.estimate,
                rate.low,
                rate.high,
                row["engines"],
                tuple(world.brands[b].name for b in to),
            )
        )
    return out


def _environment() -> Environment:
    environment = templates.environment(TEMPLATES)
    environment.filters |= {
        "percent": numbers.percent,
        "points": numbers.points,
        "percent_range": numbers.percent_range,
        "points_range": numbers.points_range,
        "day": numbers.day,
        "count": numbers.count,
        "md": markdown_text,
    }
    environment.globals |= {"words": words, "numbers": numbers, "bar": bar, "forest": forest, "trend": trend}
    return environment


def html(week: Week) -> str:
    """The report as one file: no script, no address of anything outside."""
    return _environment().get_template("report.html").render(w=week, definitions=v.DEFINITIONS)


def markdown(week: Week) -> str:
    """The report as Markdown."""
    return _environment().get_template("report.md").render(w=week, definitions=v.DEFINITIONS)


_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~&$^=-])")


def markdown_text(value: object) -> str:
    """Foreign text on one line, none of it markup."""
    return _SPECIAL.sub(r"\\\1", " ".join(re.split(r"[^\S\u00a0]+", str(value).strip())))


def pdf(week: Week) -> bytes:
    """The report as PDF."""
    return templates.pdf(TEMPLATES / "report.typ", typeset.plain(week, v.DEFINITIONS), default=str)


def tables(week: Week) -> dict[str, str]:
    """The report's tables as CSV texts: visibility, changes, lift, opportunities, sources."""
    return {
        "visibility": cells.table(cells.VISIBILITY, week.rows),
        "changes": cells.table(cells.CHANGES, week.changes),
        "lift": cells.table(cells.LIFT, week.lift.rows if week.lift else ()),
        "opportunities": cells.table(cells.OPPORTUNITIES, week.opportunities),
        "sources": cells.table(cells.SOURCES, week.sources),
    }
