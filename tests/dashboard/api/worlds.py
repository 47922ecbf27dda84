"""Two workspaces in one database, whose every word tells which of them it is of."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine

from tests.dashboard import worlds
from tests.facts import Facts, week
from tracker import store, tokens
from tracker.models import Event, Schedule

THEIRS = "zirkonfeld"
"""Part of every name of the second workspace, and of no other text."""
PROMPTS = tuple(f"which {THEIRS} suits case {n}" for n in range(1, 5))
BRANDS = (
    (f"{THEIRS.title()} One", f"{THEIRS}-one.com"),
    (f"{THEIRS.title()} Two", f"{THEIRS}-two.com"),
)
BEGUN = datetime(2026, 6, 1, tzinfo=UTC)


def two(database: Engine) -> None:
    worlds.small(database)
    other = Facts(
        brands=BRANDS,
        engines=(f"{THEIRS}-engine",),
        prompts=PROMPTS,
        topics=dict.fromkeys(PROMPTS, f"{THEIRS}-topic"),
        workspace=2,
        first_answer=100_001,
    )
    for number in range(3):
        for place, prompt in enumerate(PROMPTS):
            named = [BRANDS[(number + place) % 2][0]]
            page = f"https://{THEIRS}-site{place % 3}.org/p"
            other.answer(
                prompt, f"{THEIRS}-engine", week(number), named=named, cited=[page], text=f"{named[0]} it is"
            )
    page, own = f"https://{THEIRS}-site0.org/p", f"https://{THEIRS}-one.com/"
    other.link(page, own, first=week(-2), imported=50)
    other.store(database)
    with store.writing(database) as session:
        session.add(Event(workspace_id=2, at=week(1), kind="pr", title=f"{THEIRS} prize"))
        session.add(Schedule(workspace_id=2, name=f"{THEIRS}-weekly", kind="run", cron="0 6 * * 1"))


def token(database: Engine, workspace: int, name: str, role: str = "viewer") -> dict[str, str]:
    """The header that lets in."""
    with store.writing(database) as session:
        secret = tokens.add(session, workspace, name, role, who="test", now=datetime.now(UTC))
    return {"Authorization": f"Bearer {secret}"}
