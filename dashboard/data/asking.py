"""A run started, watched and stopped in the browser: `citelift run --resume` in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine as Database
from sqlmodel import col, select

from dashboard import access
from dashboard.data.errands import errands
from tracker import audit, editing, starting, store
from tracker.errors import UsageError
from tracker.models import Ask, AskState, Run
from tracker.run import ends
from tracker.settings import Settings


@dataclass(frozen=True)
class RunView:
    """Where a run stands."""

    id: int
    state: str
    reason: str | None
    asks: int
    answered: int
    failed: int
    spent_micros: int
    engines: dict[str, dict[str, int]]
    """Asks of each engine by state."""
    running: bool
    """Somebody works on it, here or elsewhere."""
    mine: bool
    """This server does: it can be told to stop."""
    can_go_on: bool
    problem: str
    """Why the process that worked on it could not."""

    @property
    def done(self) -> int:
        return self.answered + self.failed


def newest_run(database: Database, workspace_id: int) -> RunView | None:
    """Not cached: it moves."""
    with store.reading(database) as session:
        newest = select(Run).where(Run.workspace_id == workspace_id).order_by(col(Run.id).desc())
        run = session.exec(newest).first()
        if run is None or run.id is None:
            return None
        tally, engines = ends.tally(session, run.id), ends.by_engine(session, run.id)
        held = select(Ask.id).where(
            Ask.run_id == run.id, Ask.state == AskState.CLAIMED, col(Ask.lease_until) > datetime.now(UTC)
        )
        elsewhere = session.exec(held.limit(1)).first() is not None
    mine = errands().is_running(_name(workspace_id))
    outcome = errands().outcome(_name(workspace_id))
    states = tally.states
    return RunView(
        run.id,
        str(run.state),
        run.reason,
        tally.total,
        states.get(AskState.ANSWERED, 0),
        states.get(AskState.FAILED, 0) + states.get(AskState.SKIPPED, 0),
        tally.spent_micros,
        engines,
        mine or elsewhere,
        mine,
        tally.can_go_on,
        outcome.problem if outcome and outcome.code not in (0, 3, 4) else "",
    )


def start_run(database: Database, settings: Settings) -> int:
    """Plan a run as a verb would, and let it begin. `settings` name catalog and workspace."""
    name = settings.workspace or ""
    access.require("edit", name)
    now = datetime.now(UTC)
    taken = editing.take_up(database, settings.catalog, workspace=name)
    made = starting.planned(database, taken.workspace_id, taken.catalog)
    if problem := starting.second_bill(database, taken.workspace_id, now):
        raise UsageError(problem, "go on with it")
    run_id = starting.start(database, taken.workspace_id, taken.catalog, made, now=now)
    _begin(database, settings, taken.workspace_id, run_id, "run started")
    return run_id


def resume_run(database: Database, settings: Settings, workspace_id: int, run_id: int) -> None:
    """Go on with the newest run: only what has no answer is asked."""
    access.require("edit", settings.workspace or "")
    _begin(database, settings, workspace_id, run_id, "run resumed")


def stop_run(database: Database, settings: Settings, workspace_id: int, run_id: int) -> None:
    """Let what is in flight end, and keep the rest for later."""
    access.require("edit", settings.workspace or "")
    errands().stop(_name(workspace_id))
    _note(database, workspace_id, "run stopped", run_id)


def _begin(database: Database, settings: Settings, workspace_id: int, run_id: int, what: str) -> None:
    _note(database, workspace_id, what, run_id)
    errands().begin(_name(workspace_id), settings, ["run", "--resume"])


def _note(database: Database, workspace_id: int, what: str, run_id: int) -> None:
    who, now = access.who(), datetime.now(UTC)
    with store.writing(database) as session:
        audit.record_change(
            session,
            workspace_id,
            who=who,
            what=what,
            subject=f"run {run_id}",
            before=None,
            after=None,
            now=now,
        )


def _name(workspace_id: int) -> str:
    return f"run of {workspace_id}"
