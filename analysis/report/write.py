"""The report: page 1 to decide by, then the work; as HTML, PDF, Markdown, CSV and a message.

Everything that comes from a catalog, a page or an answer is text to all of them: escaped in HTML and
Markdown, data and never markup in the PDF, neutralised as a formula in CSV.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

from jinja2 import Environment
from sqlalchemy import Engine

from analysis import frames, palette, templates
from analysis.frames import Scope, World
from analysis.report import cells, typeset, words
from analysis.report.charts import bar, forest, trend
from analysis.report.gather import gather
from analysis.report.week import Period, Week
from tracker import numbers, spreadsheet
from tracker.catalog.look import ReportLook
from tracker.errors import UsageError
from tracker.notify.message import Attachment, Fact, Message

Format = Literal["html", "pdf", "md", "csv"]
TEMPLATES = Path(__file__).with_name("templates")
PLAIN = ReportLook()
POINTS = 3


def write(
    database: Engine,
    workspace: World | int,
    folder: Path,
    *,
    week: date | None = None,
    formats: Sequence[Format] = get_args(Format),
    classes: Path | None = None,
    scope: Scope | None = None,
    period: Period = "week",
    brand: str | None = None,
    look: ReportLook = PLAIN,
) -> list[Path]:
    """Write a report into a folder and name the files; without a week, the newest that has answers.

    `scope` narrows it to an engine, topic, country or language, `brand` writes it for another brand.
    `classes` is the folder of the user's own lists and rules of classes, where there is one.
    """
    _known(formats)
    world = frames.as_world(database, workspace)
    facts = gather(database, world, week, classes, scope, period=period, brand=brand)
    return save(facts, folder, formats, look)


def _known(formats: Sequence[str]) -> None:
    if unknown := set(formats) - set(get_args(Format)):
        raise UsageError(
            f"no report is written as {', '.join(sorted(unknown))}", f"use {', '.join(get_args(Format))}"
        )


def save(facts: Week, folder: Path, formats: Sequence[Format], look: ReportLook = PLAIN) -> list[Path]:
    """Write what was gathered in each format."""
    _known(formats)
    folder.mkdir(parents=True, exist_ok=True)
    stem = name_of(facts)
    written: list[Path] = []
    for kind in formats:
        if kind == "csv":
            for name, text in tables(facts).items():
                written.append(folder / f"{stem}-{name}.csv")
                written[-1].write_text(text, encoding=spreadsheet.ENCODING, newline="")
            continue
        written.append(folder / f"{stem}.{kind}")
        if kind == "pdf":
            written[-1].write_bytes(pdf(facts, look))
        else:
            text = html(facts, look) if kind == "html" else markdown(facts, look)
            written[-1].write_text(text, encoding="utf-8")
    return written


def name_of(facts: Week) -> str:
    """A file's name without its ending: the same report has the same one."""
    narrowed = "".join(f"-{_slug(part)}" for part in words.parts(facts))
    dated = {
        "week": facts.week.isoformat(),
        "month": f"{facts.week:%Y-%m}",
        "quarter": f"{facts.week.year}-q{(facts.week.month - 1) // 3 + 1}",
    }[facts.period]
    return f"report-{_slug(facts.workspace)}-{dated}{narrowed}"


def _slug(name: str) -> str:
    """The workspace's part of a file's name. What letters and figures alone cannot tell apart, a hash
    does."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:60]
    if plain == name:
        return plain
    return f"{plain or 'workspace'}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


def _environment(look: ReportLook) -> Environment:
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
    environment.globals |= {
        "words": words,
        "numbers": numbers,
        "typeset": typeset,
        "bar": bar,
        "forest": forest,
        "trend": trend,
        "palette": palette,
        "look": look,
        "page": lambda name, **filters: words.page(look, name, **filters),
        "answers": lambda week, measure, **more: words.answers(look, week, measure, **more),
        "logo": _data_url(look),
    }
    return environment


def _data_url(look: ReportLook) -> str:
    if look.logo is None:
        return ""
    media, content = look.logo
    return f"data:{media};base64,{b64encode(content).decode()}"


def _rendered(name: str, week: Week, look: ReportLook) -> str:
    with numbers.written_in(look.language):
        return _environment(look).get_template(name).render(w=week)


def html(week: Week, look: ReportLook = PLAIN) -> str:
    """The report as one file: no script, nothing fetched; links lead to the dashboard's pages alone."""
    return _rendered("report.html", week, look)


def markdown(week: Week, look: ReportLook = PLAIN) -> str:
    """The report as Markdown that can be pasted into a mail."""
    return _rendered("report.md", week, look)


_ANYWHERE = re.compile(r"[\\`*\[\]<>|~$]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)")
_AT_THE_START = re.compile(r"^(\d*)(?:[#+=-]|(?<=\d)[.)](?=\s))")


def markdown_text(value: object) -> str:
    """Foreign text on one line, none of it markup; a sign is escaped only where it would be one."""
    text = " ".join(re.split(r"[^\S\u00a0]+", str(value).strip()))
    text = _ANYWHERE.sub(lambda sign: "\\" + sign[0], text)
    return _AT_THE_START.sub(lambda sign: f"{sign[1]}\\{sign[0][-1]}", text)


def pdf(week: Week, look: ReportLook = PLAIN) -> bytes:
    """The report as PDF."""
    with numbers.written_in(look.language):
        plain = typeset.plain(week, look)
    return templates.pdf(TEMPLATES / "report.typ", plain, default=str)


def picture(week: Week, look: ReportLook = PLAIN) -> bytes | None:
    """The trend as PNG; None for fewer than two weeks."""
    with numbers.written_in(look.language):
        plain = typeset.plain(week, look)
    if plain["trend"] is None:
        return None
    return templates.pdf(TEMPLATES / "trend.typ", plain, default=str, kind="png")


def message(week: Week, look: ReportLook = PLAIN) -> Message:
    """The report as every channel can tell it: the mail has the picture inside and the PDF attached."""
    with numbers.written_in(look.language):
        tiles = words.tiles(week)
        drawn = picture(week, look)
        facts = tuple(
            Fact(t.name, t.value, " · ".join(filter(None, (t.under, t.change, t.size)))) for t in tiles
        )
        moves = [f"{row.source}: {words.move(row)}" for row in week.opportunities[:POINTS]]
        return Message(
            kind="report.ready",
            subject=f"{week.own} in AI answers, {words.title(week)[:1].lower()}{words.title(week)[1:]}",
            text=_rendered("mail.txt", week, look),
            lead=words.headline(week),
            facts=facts,
            points=tuple(moves),
            html=_rendered("mail.html", week, look),
            picture=Attachment("trend.png", "image/png", drawn) if drawn else None,
            attachments=(Attachment(f"{name_of(week)}.pdf", "application/pdf", pdf(week, look)),),
            link=words.page(look, "home"),
            data=as_json(week, look),
        )


def as_json(week: Week, look: ReportLook = PLAIN) -> dict[str, Any]:
    """The report's page 1 for programs: raw numbers."""
    own = week.own_row
    return {
        "workspace": week.workspace,
        "brand": week.own,
        "period": week.period,
        "from": week.first.isoformat(),
        "to": week.week.isoformat(),
        "verdict": words.headline(week),
        "answers": week.answers,
        "measures": {
            name: {
                "estimate": own.rates[name].estimate,
                "low": own.rates[name].low,
                "high": own.rates[name].high,
                "n": own.rates[name].n,
                "change": change.difference.estimate if (change := week.change(week.own, name)) else None,
                "verdict": change.verdict if change else None,
            }
            for name in words.HEADLINES
        },
        "place": {"place": week.place.place, "of": week.place.of, "before": week.place.before},
        "next": [{"source": row.source, "why": words.move(row)} for row in week.opportunities[:POINTS]],
        "link": words.page(look, "home") or None,
    }


def tables(week: Week) -> dict[str, str]:
    """The report's tables as CSV texts: visibility, changes, lift, opportunities, sources."""
    return {
        "visibility": cells.table(cells.VISIBILITY, week.rows),
        "changes": cells.table(cells.CHANGES, week.changes),
        "lift": cells.table(cells.LIFT, week.lift.rows if week.lift else ()),
        "opportunities": cells.table(cells.OPPORTUNITIES, week.opportunities),
        "sources": cells.table(cells.SOURCES, week.sources),
    }
