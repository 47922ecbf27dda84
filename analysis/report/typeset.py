"""The report as words and numbers for the template that sets the PDF, and for the picture in a mail."""

from __future__ import annotations

from typing import Any

from analysis import palette
from analysis.lift.estimate import LiftRow
from analysis.opportunities import Opportunity
from analysis.report import words
from analysis.report.charts import OWN, trend
from analysis.report.week import Source, Week
from analysis.report.words import soft
from analysis.visibility import Row
from tracker import numbers
from tracker.catalog.look import ReportLook

SOURCES = 8
MOVES = 3


def plain(w: Week, look: ReportLook) -> dict[str, Any]:
    """All that the PDF's template places; names are data there, never markup."""
    return {
        "own": words.named(w.own),
        "workspace": words.named(w.workspace),
        "from": look.name or "citelift",
        "contact": look.contact,
        "logo": _logo(look),
        "accent": look.accent,
        "good": palette.GOOD,
        "bad": palette.BAD,
        "title": words.title(w),
        "headline": words.headline(w),
        "lede": words.lede(w),
        "comment": look.comments.get(w.week, ""),
        "scope": words.scope(w),
        "before": words.before(w) if w.before else "",
        "tiles": [vars(tile) for tile in words.tiles(w)],
        "newest": words.newest(w),
        "trend": _trend(w, look),
        "moves": [_move(row, look) for row in w.opportunities[:MOVES]],
        "quote": _quote(w),
        "done": [f"{numbers.short_day(each.day)}: {each.what}" for each in w.done],
        "brands": [_brand(w, row) for row in sorted(w.rows, key=by_rate)],
        "moved": [alert.words for alert in w.moved],
        "events": [words.happened(moment) for moment in w.events],
        "claims": words.claims(w),
        "lift": [_lift(w, row) for row in claimed(w)],
        "folded": folded(w),
        "no_cause": words.NO_CAUSE,
        "sources": [_source(source) for source in w.sources[:SOURCES]],
        "stability": words.stability(w),
        "link_news": words.link_news(w),
        "links": [words.one_link(news) for news in w.links if news.own][:12],
        "more": [_move(row, look) for row in w.opportunities[MOVES:]],
        "gain_note": words.GAIN_NOTE,
        "experiments": list(w.experiments),
        "limits": list(w.limits),
        "definitions": [list(each) for each in words.definitions().items()],
        "pages": look.pages,
    }


def _logo(look: ReportLook) -> dict[str, Any] | None:
    """Typst takes a drawing as text, and a picture as its bytes."""
    if look.logo is None:
        return None
    media, content = look.logo
    if media == "image/svg+xml":
        return {"text": content.decode("utf-8", "replace")}
    return {"bytes": list(content)}


def claimed(w: Week) -> list[LiftRow]:
    """The sources of which the comparison says something."""
    return [row for row in w.claims if row.lift is not None and row.verdict != "lifts every brand alike"]


def folded(w: Week) -> str:
    """How many sources say nothing new."""
    looked = sum(row.lift is not None for row in w.lift.rows) if w.lift else 0
    silent = looked - len(claimed(w))
    return f"{numbers.counted(silent, 'source')} without a clear difference." if silent else ""


def by_rate(row: Row) -> tuple[float, str]:
    return -(row.rates["mention_rate"].estimate or 0), row.brand


def _brand(w: Week, row: Row) -> dict[str, object]:
    change = w.change(row.brand, "mention_rate")
    cells: dict[str, object] = {"brand": soft(row.brand), "own": row.own}
    for name in words.HEADLINES:
        interval = row.rates[name]
        cells[name] = numbers.percent(interval.estimate)
        cells[f"{name}_band"] = words.band(interval)
    verdict = change.verdict if change else ""
    return cells | {"change": words.change_line(change), "verdict": verdict}


def _lift(w: Week, row: LiftRow) -> dict[str, object]:
    rung = w.rung(row.source)
    return {
        "reach": words.reach(rung) if rung else "",
        "linking": "; ".join(filter(None, (words.linking(w, rung), words.promised(rung)))) if rung else "",
        "source": soft(row.source),
        "lift": numbers.points(row.lift),
        "band": numbers.points_range(row.low, row.high),
        "raw": [row.lift, row.low, row.high],
        "of": f"{numbers.counted(row.exposed, 'answer')} × brand, {numbers.counted(row.prompts, 'question')}",
        "good": row.goes_with_more,
        "verdict": words.LIFTS[row.verdict],
        "checks": words.checks(row),
    }


def _source(source: Source) -> dict[str, object]:
    return {
        "domain": soft(source.domain),
        "kind": source.kind,
        "rate": numbers.percent(source.rate),
        "band": numbers.percent_range(source.low, source.high),
        "answers": numbers.count(source.answers),
        "engines": source.engines,
        "links": soft(words.links_to(source)),
    }


def _move(row: Opportunity, look: ReportLook) -> dict[str, object]:
    return {
        "source": row.source,
        "why": words.move(row),
        "cited": f"{numbers.count(row.cited_answers)} of {numbers.counted(row.answers, 'answer')}",
        "gain": words.gain(row),
        "step": words.step(row),
        "working": row.state == "working",
        "page": words.page(look, "next"),
    }


def _quote(w: Week) -> dict[str, object] | None:
    return {"head": words.quoted(w), "text": words.named(w.quote.text)} if w.quote else None


def _trend(w: Week, look: ReportLook) -> dict[str, Any] | None:
    shown = trend(w.history, w.past_events)
    if shown is None:
        return None
    return {
        "y": [list(each) for each in shown.y],
        "x": [[at, numbers.short_day(week)] for at, week in shown.x],
        "band": [list(point) for point in shown.band],
        "marks": [[at, mark.letter] for at, mark in shown.marks],
        "lines": [
            {
                "brand": words.named(line.brand),
                "own": line.own,
                "colour": look.accent if line.colour == OWN else line.colour,
                "last": numbers.percent(line.last),
                "dash": line.dash,
                "points": [list(point) for point in line.points],
            }
            for line in shown.lines
        ],
        "explained": [[mark.letter, words.marked(mark)] for mark in words.newest_marks(shown)],
        "more": words.more_marks(shown),
    }
