"""What was asked, what it cost, what failed, and what is due next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from analysis.frames import RunRecord
from dashboard import charts, data, strings, widgets
from tracker import numbers

words = strings.Runs

here = widgets.here()
now = datetime.now(UTC)


def show() -> None:
    widgets.title(words.TITLE, words.LEAD)
    runs = data.runs(here.workspace)
    due = data.schedules(here.workspace, now)
    if not runs:
        widgets.empty(words.NO_RUNS, words.NO_RUNS_TEXT, words.NO_RUNS_COMMANDS)
    else:
        head(runs, due)
        if data.simulated(here.workspace):
            widgets.quiet(words.SIMULATED)
        cost()
        table(runs)
        failures()
    schedules(due)


def head(runs: list[RunRecord], due: list[data.ScheduleView]) -> None:
    spent = data.costs(here.workspace)
    newest = max(run.asked_for for run in runs).date()
    recent = spent[spent["week"] > newest - timedelta(weeks=4)]["spent"].sum()
    failed, asks = data.failures(here.workspace)["asks"].sum(), sum(run.asks for run in runs)
    following = min((s.next for s in due if s.next and s.kind == "run"), default=None)
    share = (
        words.FAILED_NOTE.format(share=numbers.percent(failed / asks if asks else None))
        if failed
        else words.FAILED_NONE
    )
    values = (
        (numbers.money(int(recent)), words.SPENT_NOTE.format(all=numbers.money(int(spent["spent"].sum())))),
        (numbers.count(sum(run.answered for run in runs)), ""),
        (numbers.count(int(failed)), share),
        (
            numbers.age(following, now) if following else words.NOT_SCHEDULED,
            numbers.moment(following) if following else "",
        ),
    )
    widgets.cards(
        widgets.Card(name, value, under) for name, (value, under) in zip(words.CARDS, values, strict=True)
    )


def cost() -> None:
    spent = data.costs(here.workspace).groupby(["week", "engine"], as_index=False).agg({"spent": "sum"})
    spent["dollars"] = spent["spent"] / 1e6
    if spent["dollars"].sum() > 0:
        widgets.section(words.COST, words.COST_SUB)
        marked = charts.marks(data.marked_moments(here.workspace), spent["week"])
        widgets.chart(charts.spending(spent, marked), words.COST, marked)


def table(runs: list[RunRecord]) -> None:
    widgets.section(words.TABLE)
    shown = runs[: widgets.how_many(len(runs), "runs_shown", steps=(15, 50, 100))]
    heads = widgets.columns(words.COLUMNS, numeric=(2, 3, 4, 5, 6))
    widgets.table(heads, [line(run) for run in shown], csv="runs")
    if any(run.open or run.failed for run in runs):
        widgets.quiet(widgets.join(widgets.code(words.RESUME), " ", words.RESUME_NOTE))


def line(run: RunRecord) -> tuple[object, ...]:
    budget = numbers.money(run.budget_micros) if run.budget_micros is not None else words.NO_BUDGET
    counts = (f"{run.answered:,} of {run.asks:,}", numbers.count(run.failed), numbers.count(run.open))
    state = widgets.badge(run.state, words.TONES.get(run.state, "quiet"))
    when = widgets.small(f"{numbers.day(run.asked_for)}", f"no. {run.id}, {run.trigger}")
    return (when, state, *counts, numbers.money(run.spent_micros), budget, run.reason or "")


def failures() -> None:
    failed = data.failures(here.workspace)
    if failed.empty:
        return
    widgets.section(words.FAILURES)
    rows = [(r.engine, r.reason, numbers.count(r.asks), r.detail or "") for r in widgets.records(failed)]
    widgets.table(widgets.columns(words.FAILURE_COLUMNS, numeric=(2,), wide=(3,)), rows[:30])


def schedules(due: list[data.ScheduleView]) -> None:
    widgets.section(words.SCHEDULES)
    if not due:
        widgets.empty(words.NO_SCHEDULES, words.NO_SCHEDULES_TEXT, words.NO_SCHEDULES_COMMANDS)
        return
    rows = [
        (
            s.name,
            s.kind,
            widgets.small(widgets.code(s.cron), s.timezone),
            widgets.small(numbers.age(s.next, now), numbers.moment(s.next)),
            widgets.small(s.outcome or numbers.UNKNOWN, numbers.moment(s.last))
            if s.last
            else numbers.UNKNOWN,
        )
        for s in due
    ]
    widgets.table(widgets.columns(words.SCHEDULE_COLUMNS), rows)


show()
