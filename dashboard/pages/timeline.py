"""What happened, week by week, under the rate that it may explain; and the log of all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from analysis.frames import Scope, monday
from dashboard import charts, data, lines, logged, noting, strings, widgets
from dashboard.logged import Happening
from dashboard.strings import Empty, Measure
from tracker import numbers

words = strings.Timeline

here = widgets.here()


def show() -> None:
    if not here.world.brands:
        widgets.stop_without_answers(words.TITLE, words.LEAD)
    picked = None
    if known := data.weeks(here.workspace):
        scope = replace(widgets.scope(), branded="exclude")
        log = logged.log(here, scope)
        first = max(known[0], scope.first or known[0])
        widgets.html(f'<h1 class="cl-say">{widgets.text(logged.said(here, log, first))}</h1>')
        picked = over_time(scope, log)
    else:
        log = logged.log(here)
        widgets.title(words.TITLE, words.LEAD)
        widgets.empty(Empty.ANSWERS, Empty.ANSWERS_TEXT, Empty.ANSWERS_COMMANDS)
    if not data.has_links(here.workspace):
        widgets.empty(Empty.LINKS, Empty.LINKS_TEXT, Empty.LINKS_COMMANDS)
    listed(log, picked)


def over_time(scope: Scope, log: Sequence[Happening]) -> tuple[date, str] | None:
    """The own brand's rate with what happened under it; the week and lane that are clicked."""
    weekly = data.visibility(here.workspace, scope, ("week",))
    if not weekly:
        widgets.nothing(scope)
        return None
    with widgets.bar():
        name = widgets.switch(strings.Overview.MEASURE, "rate", Measure.NAMES)
    own = [row for row in weekly if row.own] or weekly
    lines.draw(here, own, name, None, scope)
    weeks = [row.week for row in own if row.week is not None]
    figure = charts.lanes(logged.dots(logged.mine(here, log), weeks), weeks, hues=logged.LANES)
    chosen = widgets.chart(figure, words.LANES_ALT, key="lanes", select=True)
    widgets.quiet(words.LANES_HINT)
    points = (chosen or {}).get("picked") or []
    if not points:
        return None
    return date.fromisoformat(points[0]["on"]), str(points[0]["lane"])


def listed(log: Sequence[Happening], picked: tuple[date, str] | None) -> None:
    commands = widgets.Safe(" ".join(map(widgets.code, words.LOG_COMMANDS)))
    widgets.section(words.LOG, widgets.join(words.LOG_SUB, " ", commands))
    noting.events()
    if not log:
        widgets.empty(words.LOG_NONE, words.LOG_NONE_TEXT, Empty.LINKS_COMMANDS)
        return
    kinds = {words.KINDS.get(kind, kind): kind for kind in sorted({each.kind for each in log})}
    named = {each.brand for each in log}
    brands = [brand.name for brand in here.world.brands if brand.name in named]
    with widgets.bar():
        kind = kinds.get(widgets.choice(words.KIND, "kind_of_event", [words.ALL_KINDS, *kinds]))
        whose = widgets.choice(words.WHOSE, "whose", [*brands, words.ALL_BRANDS])
        rows = [
            each
            for each in log
            if kind in (None, each.kind) and (each.brand is None or whose in (each.brand, words.ALL_BRANDS))
        ]
        most = widgets.how_many(len(rows), "log_shown")
        widgets.download("events.csv", words.CSV, lambda: [(e.at, e.kind, e.title, e.brand) for e in rows])
    if picked is not None:
        week, lane = picked
        widgets.quiet(words.PICKED.format(day=numbers.day(week), lane=lane))
        rows = [each for each in rows if monday(each.at) == week and logged.lane(each) == lane]
    peeks = [f"source:{each.title}" if each.is_link else "" for each in rows[:most]]
    heads = widgets.columns(words.LOG_COLUMNS, wide=(2,))
    widgets.table(heads, [logged.line(each) for each in rows[:most]], peek=peeks)


show()
