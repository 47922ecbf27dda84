"""A bar while engines are asked, news of engines that pause, and a Ctrl-C that lets asks end."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from tracker import numbers
from tracker.cli.printing import err, plain

if TYPE_CHECKING:
    from tracker.links.webgraph.build import Step
    from tracker.run.jobs import Progress

T = TypeVar("T")


@contextmanager
def progress_bar(quiet: bool, label: str = "asking") -> Iterator[Callable[[Progress], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    if quiet:
        with _news_shown(err.print):
            yield lambda _: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[cost]}"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=err, transient=False) as bar:
        task = bar.add_task(label, total=None, cost="")

        def show(now: Progress) -> None:
            failed = f", {now.failed} failed" if now.failed else ""
            bar.update(
                task,
                total=now.total,
                completed=now.answered + now.failed,
                cost=f"{numbers.money(now.spent_micros)}{failed}",
            )

        with _news_shown(bar.console.print):
            yield show


@contextmanager
def stages_bar() -> Iterator[Callable[[Step], None]]:
    """One bar after another, each with the time that its stage still takes."""
    from rich.progress import (
        BarColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=err, transient=False, speed_estimate_period=300) as bar:
        tasks: dict[str, Any] = {}

        def show(step: Step) -> None:
            if step.stage not in tasks:
                tasks[step.stage] = bar.add_task(step.stage, total=None)
            bar.update(tasks[step.stage], total=step.total, completed=step.done)

        yield show


_NEWS = {
    "engine paused": "{engine}: {reason} again and again; waiting {seconds:.0f} s",
    "engine stopped": "{engine}: {reason}; it is not asked any more in this run",
    "database away": "the database takes nothing ({reason}); trying again for up to ten minutes, and replies"
    " are kept meanwhile",
    "database back": "the database is back after {seconds} s",
    "replies kept in a file": "{replies} paid replies are kept in {file}; the next `citelift run --resume` on"
    " this database, started in the same folder, stores them",
    "replies picked up": "{replies} paid replies that were kept in a file are stored now",
    "no file takes replies": "{replies} paid replies are lost: no file takes them ({reason})",
}


@contextmanager
def _news_shown(show: Callable[[str], None]) -> Iterator[None]:
    """An engine that is paused or given up, or a database that takes nothing, is news while the run goes
    on."""

    class News(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if words := _NEWS.get(str(record.msg)):
                known = {
                    name: plain(value) if isinstance(value, str) else value
                    for name, value in vars(record).items()
                }
                show(words.format(**known))

    log, news = logging.getLogger("citelift.run"), News(logging.WARNING)
    log.addHandler(news)
    try:
        yield
    finally:
        log.removeHandler(news)


def interruptible(work: Callable[[asyncio.Event], Coroutine[Any, Any, T]]) -> T:
    """Run `work`, whose event the first Ctrl-C sets."""

    async def main() -> T:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _stopper(stop, loop))
        return await work(stop)

    return asyncio.run(main())


def _stopper(stop: asyncio.Event, loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
    def stopping() -> None:
        if stop.is_set():
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
            signal.raise_signal(signal.SIGINT)
        err.print("Stopping: asks in flight may end. Once more to leave them.")
        stop.set()

    return stopping
