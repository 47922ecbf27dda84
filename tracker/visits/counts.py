"""First-party counts as they are stored: a file counts once, and files of one day add up."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from tracker import store
from tracker.errors import UsageError
from tracker.models import OwnCount, Setting
from tracker.visits.logs import LogCount

_KEY = ("workspace_id", "day", "step", "agent", "url", "proof")


def add(session: Session, workspace_id: int, counted: LogCount, name: str) -> int:
    """Store what a file came to; how many rows. A file that is there already is refused."""
    mark = f"visits:{workspace_id}:{counted.digest}"
    store.alone(session, f"visits:{workspace_id}")
    if (before := session.get(Setting, mark)) is not None:
        raise UsageError(f"this file is counted already, as {before.value}", "nothing was counted twice")
    session.add(Setting(name=mark, value=name[:200]))
    rows = [
        {
            "workspace_id": workspace_id,
            "day": day,
            "step": step,
            "agent": agent,
            "url": url,
            "proof": proof,
            "hits": hits,
        }
        for (day, step, agent, url, proof), hits in counted.hits.items()
    ]
    table = OwnCount.__table__  # type: ignore[attr-defined]
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table)
    added = {"hits": table.c.hits + statement.excluded.hits}
    statement = statement.on_conflict_do_update(index_elements=list(_KEY), set_=added)
    for start in range(0, len(rows), store.CHUNK):
        session.connection().execute(statement, rows[start : start + store.CHUNK])
    return len(rows)
