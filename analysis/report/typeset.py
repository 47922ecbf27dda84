"""The report as words and numbers for the template that sets the PDF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.lift.estimate import LiftRow
from analysis.opportunities import Opportunity
from analysis.report import words
from analysis.report.charts import trend
from analysis.report.week import Source, Week
from analysis.report.words import soft
from analysis.visibility import Row
from tracker import numbers

SOURCES = 14


def plain(w: Week, definitions: Mapping[str, str]) -> dict[str, Any]:
    """All that the PDF's template places; names are data there, never markup."""
    compared = [row for row in (w.lift.rows if w.lift else ()) if row.lift is not None]
    return {
        "own": words.named(w.own),
        "workspace": words.named(w.workspace),
        "week": numbers.day(w.week),
        "level": numbers.LEVEL,
        "headline": words.headline(w),
        "leader": words.leader(w),
        "scope": words.scope(w),
        "cards": [_card(w, name) for name in words.MEASURE_SHORT],
        "brands": [_brand(w, row) for row in sorted(w.rows, key=_by_rate)],
        "lift_sentence": words.claims(w),
        "lift": [_lift(row) for row in compared[:SOURCES]],
        "lift_note": words.NO_CAUSE,
        "sources": [_source(source) for source in w.sources],
        "stability": words.stability(w),
        "next": [_opportunity(row) for row in w.opportunities],
        "gain_note": words.GAIN_NOTE,
        "events": [words.happened(moment) for moment in w.events],
        "periods": words.over_periods(w),
        "experiments": list(w.experiments),
        "trend": _trend(w),
        "limits": list(w.limits),
        "definitions": [[words.MEASURE_NAMES[name], text] for name, text in definitions.items()],
    }


def _card(w: Week, name: str) -> dict[str, object]:
    interval, change = words.card(w, name)
    compared = name != "prompt_coverage"
    return {
        "name": words.MEASURE_NAMES[name],
        "short": words.MEASURE_SHORT[name],
        "value": numbers.percent(interval.estimate),
        "band": words.band(interval),
        "n": numbers.count(interval.n),
        "change": words.change_word(change) if compared else "",
        "size": words.change_size(change),
        "verdict": change.verdict if change and compared else "",
    }


def _by_rate(row: Row) -> tuple[float, str]:
    return -(row.rates["mention_rate"].estimate or 0), row.brand


def _brand(w: Week, row: Row) -> dict[str, object]:
    change = w.change(row.brand, "mention_rate")
    cells: dict[str, object] = {"brand": soft(row.brand), "own": row.own}
    for name in words.HEADLINES:
        interval = row.rates[name]
        cells[name] = numbers.percent(interval.estimate)
        cells[f"{name}_band"] = words.band(interval)
        cells[f"{name}_raw"] = [interval.estimate or 0, interval.low or 0, interval.high or 0]
    cells |= {"change": words.change_word(change), "size": words.change_size(change)}
    return cells | {"verdict": change.verdict if change else ""}


def _lift(row: LiftRow) -> dict[str, object]:
    return {
        "source": soft(row.source),
        "lift": numbers.points(row.lift),
        "band": numbers.points_range(row.low, row.high),
        "raw": [row.lift, row.low, row.high],
        "exposed": numbers.count(row.exposed),
        "prompts": numbers.counted(row.prompts, "prompt"),
        "verdict": row.verdict,
        "checks": "" if row.verdict == "no clear difference" else f"; {words.checks(row)}",
    }


def _source(source: Source) -> dict[str, object]:
    return {
        "domain": soft(source.domain),
        "kind": source.kind,
        "rate": numbers.percent(source.rate),
        "band": numbers.percent_range(source.low, source.high),
        "answers": numbers.count(source.answers),
        "engines": source.engines,
        "links": words.links_to(source),
    }


def _opportunity(row: Opportunity) -> dict[str, object]:
    return {
        "source": soft(row.source),
        "why": "; ".join(reason.text for reason in row.reasons),
        "gain": words.gain(row),
        "step": row.reasons[0].next_step,
        "cited": f"{numbers.count(row.cited_answers)} of {numbers.counted(row.answers, 'answer')}",
    }


def _trend(w: Week) -> dict[str, object] | None:
    shown = trend(w.history, w.past_events)
    if shown is None:
        return None
    return {
        "y": shown.y,
        "x": [(x, numbers.short_day(week)) for x, week in shown.x],
        "band": shown.band,
        "marks": [(x, mark.letter) for x, mark in shown.marks],
        "explained": [(mark.letter, words.marked(mark)) for mark in words.newest(shown)],
        "more": words.more_marks(shown),
        "lines": [
            {
                "brand": soft(line.brand),
                "own": line.own,
                "colour": line.colour,
                "last": numbers.percent(line.last),
                "points": line.points,
            }
            for line in shown.lines
        ],
    }
