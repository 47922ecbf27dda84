"""The manual in pieces: `topics/*.md`, as `citelift help` lists and shows them."""

from __future__ import annotations

from pathlib import Path

from tracker.errors import UsageError

FOLDER = Path(__file__).with_name("topics")
ORDER = (
    "catalog",
    "engines",
    "answers",
    "links",
    "numbers",
    "judge",
    "automate",
    "programs",
    "access",
    "operate",
    "settings",
)


def titles() -> dict[str, str]:
    return {name: text(name).partition("\n")[0].removeprefix("# ") for name in ORDER}


def text(name: str) -> str:
    if name not in ORDER:
        raise UsageError(f"there is no topic {name!r}", f"one of {', '.join(ORDER)}, or a verb")
    return (FOLDER / f"{name}.md").read_text("utf-8")
