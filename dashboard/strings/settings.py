"""Set-up, runs and cost."""

from __future__ import annotations

from typing import Final


class Runs:
    TITLE = "Runs & cost"
    LEAD = "What was asked, what it cost and what failed."
    CARDS = ("Spent in the last 4 weeks", "Answers stored", "Asks that failed", "Next run due")
    SPENT_NOTE = "{all} in all"
    FAILED_NOTE = "{share} of all asks"
    FAILED_NONE = "nothing failed"
    SIMULATED = (
        "Simulated engines were asked: nothing was paid. The amounts are what real engines would have cost."
    )
    NOT_SCHEDULED = "not scheduled"
    COST = "Cost per week"
    COST_SUB = "US dollars, by engine. Engines that do not report a price are counted as estimated."
    TABLE = "Runs"
    COLUMNS = ("Run", "State", "Answered", "Failed", "Not asked", "Cost", "Budget", "Reason")
    NO_RUNS = "No run has been started"
    NO_RUNS_TEXT = "Answers that were imported need no run."
    NO_RUNS_COMMANDS = ("citelift plan", "citelift run")
    NO_BUDGET = "no limit"
    TONES: Final = {
        "done": "good",
        "partial": "warn",
        "stopped at the budget": "warn",
        "cancelled": "quiet",
        "running": "quiet",
        "planned": "quiet",
    }
    FAILURES = "Failures by reason"
    FAILURE_COLUMNS = ("Engine", "Reason", "Asks", "For example")
    RESUME = "citelift run --resume"
    RESUME_NOTE = "asks what is missing, and nothing twice."
    SCHEDULES = "Schedules"
    SCHEDULE_COLUMNS = ("Name", "What", "When", "Next due", "Last outcome")
    NO_SCHEDULES = "Nothing is scheduled"
    NO_SCHEDULES_TEXT = "A schedule asks every week by itself, while citelift serve is running."
    NO_SCHEDULES_COMMANDS = ('citelift schedule add weekly "0 6 * * 1"', "citelift serve")
