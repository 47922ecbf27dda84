"""The program's own log as JSON lines: what happened to which run, engine and ask. No keys, no answers."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracker.engines.failures import redact
from tracker.errors import UsageError

SCREEN = Path("-")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = f"{record.exc_info[0].__name__}: {record.exc_info[1]}"
        return redact(json.dumps(line, ensure_ascii=False, default=str))


class OneLine(logging.Handler):
    """What a library has to say, handed on as one line: it has no time of its own on the screen."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self.say = say

    def emit(self, record: logging.LogRecord) -> None:
        why = f": {record.exc_info[1]}" if record.exc_info else ""
        self.say(redact(" ".join(f"{record.name}: {record.getMessage()}{why}".split())))


@contextmanager
def log_to(path: Path | None) -> Iterator[None]:
    """Append the log to a file meanwhile, or write it to standard error for `-`; None writes none."""
    if path is None:
        yield
        return
    try:
        handler = logging.StreamHandler() if path == SCREEN else logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write the log {path}: {error.strerror}", "choose another file") from None
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("citelift")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        handler.close()
