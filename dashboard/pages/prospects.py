"""Sites to ask for a link: why, how far with each, and the own pages that others link to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from analysis.prospects import CSV_HEADS, LinkedPage, ProspectRow, csv_cells
from dashboard import cells, data, strings, widgets
from tracker import numbers

words = strings.ProspectsPage
here = widgets.here()


def show() -> None:
    widgets.title(words.TITLE, words.LEAD.format(brand=here.brand))
    widgets.stop_without_own()
    found = widgets.computed(data.prospects, here.workspace, data.noted(here.workspace))
    if found is None:
        return
    known = data.pipeline(here.workspace, found)
    if not known.rows and not known.pages:
        widgets.empty(words.NONE, words.NONE_TEXT, words.NONE_COMMANDS)
        return
    pipeline(known.rows)
    listed(known)
    own_pages(known.pages)


def pipeline(rows: Sequence[ProspectRow]) -> None:
    counts = Counter(row.record.stage for row in rows)
    if set(counts) <= {"open"}:
        return
    widgets.section(words.PIPELINE, words.PIPELINE_SUB)
    shown = []
    for stage in words.STAGES:
        costs = [row.record.cost_micros for row in rows if row.record.stage == stage]
        told = [cost for cost in costs if cost is not None]
        if counts[stage]:
            cost = numbers.money(sum(told)) if told else ""
            shown.append((cells.stage(stage), numbers.count(counts[stage]), cost))
    widgets.table(widgets.columns(words.PIPELINE_COLUMNS, numeric=(1, 2)), shown)


def wanted(rows: Sequence[ProspectRow]) -> list[ProspectRow]:
    """The rows of the chosen stage, reason and owner."""
    stages = {words.OPEN_STAGES: None, words.ALL_STAGES: None, **{n: k for k, n in words.STAGES.items()}}
    reasons = {name: key for key, name in words.REASONS.items()}
    owners = sorted({row.record.owner for row in rows} - {""})
    stage = widgets.choice(words.STAGE, "stage", list(stages))
    reason = widgets.choice(words.REASON, "why", [words.ALL_REASONS, *reasons], width=210)
    owner = words.ALL_OWNERS
    if owners:
        owner = widgets.choice(words.OWNER, "owner", [words.ALL_OWNERS, words.NOBODY, *owners])
    return [
        row
        for row in rows
        if (stage != words.OPEN_STAGES or row.record.state not in ("done", "dismissed"))
        and stages[stage] in (None, row.record.stage)
        and (reason == words.ALL_REASONS or any(g.kind == reasons[reason] for g in row.grounds))
        and owner in (words.ALL_OWNERS, row.record.owner or words.NOBODY)
    ]


def listed(known: data.Pipeline) -> None:
    bar = widgets.bar()
    with bar:
        rows = wanted(known.rows)
    widgets.section(numbers.counted(len(rows), "prospect"), words.FOUND_SUB)
    if not rows:
        widgets.empty(words.NONE_LEFT, words.NONE_LEFT_TEXT)
        return
    with bar:
        most = widgets.how_many(len(rows), "prospects_shown")
        widgets.download("prospects.csv", CSV_HEADS, lambda: map(csv_cells, rows))
    heads = widgets.columns(words.COLUMNS, numeric=(3, 6), wide=(1,))
    peek = [f"work:{row.source}" for row in rows[:most]]
    widgets.table(heads, [cells.prospect(row) for row in rows[:most]], peek=peek)
    if known.day is not None:
        widgets.quiet(words.NEW_SINCE.format(days=data.NEW_DAYS, day=numbers.day(known.day)))
    command = widgets.code(words.COMMAND.format(source=rows[0].source))
    file = widgets.code(words.FILE_COMMAND)
    widgets.quiet(widgets.join(words.DECIDE, " ", command, " ", words.FILE, " ", file))


def own_pages(pages: Sequence[LinkedPage]) -> None:
    if not pages:
        return
    widgets.section(words.OWN, words.OWN_SUB)
    with widgets.bar():
        most = widgets.how_many(len(pages), "own_pages_shown", steps=(10, 50, 200))
        heads = ("url", "domains", "links", "gone")
        widgets.download("linked-pages.csv", heads, lambda: map(cells.linked_page_raw, pages))
    heads_shown = widgets.columns(words.OWN_COLUMNS, numeric=(1, 2))
    widgets.table(heads_shown, [cells.linked_page(page) for page in pages[:most]])


show()
