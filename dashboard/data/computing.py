"""What takes longer than a page may: computed beside the pages, once for each state of the facts, and kept in
the database, so that no other page, process or day computes it again.

A function that is `kept` is called like any other, and computes where nobody has. `computed` never does: a
page gets what there is, a result of older facts among it, and asks for the rest.
"""

from __future__ import annotations

import hashlib
import inspect
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, TimeoutError
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import update_wrapper
from threading import Event, Lock, Thread, local
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar

from sqlalchemy.exc import DBAPIError

from analysis import frames, packing
from dashboard.data.opened import OpenWorkspace, database, writable
from tracker import computed as stored
from tracker import leases, store
from tracker.computed import Going
from tracker.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine as Database

P = ParamSpec("P")
T = TypeVar("T")
AT_HAND = 64
"""Results that a process has at hand, the last used ones."""
PATIENCE = 0.6
"""Seconds that a page waits before it shows the rest of itself."""
POLL_SECONDS = 0.5
NOTED = "noted"
READ_ONLY = frozenset({"25006", "42501"})
"""Of SQLSTATE: who may only read computes for itself."""
REST = 10
"""While a run stores answers, a result is computed anew once this many times its own duration is over."""


@dataclass(frozen=True)
class KeptJob:
    """A kept function with its arguments, at one state of the facts."""

    name: str
    workspace: OpenWorkspace
    arguments: tuple[Any, ...]
    key: str
    """The same at every state of the facts."""
    version: str

    @property
    def place(self) -> tuple[str, int, int, str]:
        return (self.workspace.url, self.workspace.file, self.workspace.id, self.key)


@dataclass(frozen=True)
class KeptResult(Generic[T]):
    """A result, and whether it is of the facts as they are now."""

    value: T
    version: str
    made_at: datetime
    seconds: float
    current: bool = True


KEPT: dict[str, Kept[Any, Any]] = {}
"""By their names."""


class Kept(Generic[P, T]):
    """A function of a workspace whose results are kept."""

    def __init__(self, function: Callable[P, T]) -> None:
        self.function = function
        self.name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"
        self._signature = inspect.signature(function)
        update_wrapper(self, function)
        KEPT[self.name] = self

    def job(self, *args: P.args, **kwargs: P.kwargs) -> KeptJob:
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = dict(bound.arguments)
        workspace: OpenWorkspace = given.pop("workspace")
        rest = tuple(given.values())
        noted = _hash(given.pop(NOTED)) if NOTED in given else ""
        return KeptJob(self.name, workspace, rest, _hash((self.name, given)), workspace.version + noted)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        value: T = settled(self.job(*args, **kwargs)).value
        return value


def _hash(value: object) -> str:
    return hashlib.blake2b(repr(value).encode(), digest_size=12).hexdigest()


def kept(function: Callable[P, T]) -> Kept[P, T]:
    """The function has a `workspace`; its result is one that `packing` writes. What people noted since, in a
    parameter `noted`, is a part of the state of the facts."""
    return Kept(function)


# --- at hand, in the database, or computed here -------------------------------------------------------------


class _Hand:
    """What this process has seen, by place: the newest result of each, decoded once."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[Any, ...], KeptResult[Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, job: KeptJob) -> KeptResult[Any] | None:
        with self._lock:
            found = self._known.get(job.place)
            if found is not None:
                self._known.move_to_end(job.place)
            return found

    def put(self, job: KeptJob, found: KeptResult[Any]) -> None:
        with self._lock:
            self._known[job.place] = found
            self._known.move_to_end(job.place)
            while len(self._known) > AT_HAND:
                self._known.popitem(last=False)


_HAND = _Hand()


def newest(job: KeptJob) -> KeptResult[Any] | None:
    """The newest result there is, of whatever state of the facts."""
    found = _HAND.get(job)
    if found is not None and found.version == job.version:
        return found
    db = database(job.workspace)
    if found is not None and stored.version_of(db, job.workspace.id, job.key) in (None, found.version):
        return found
    there = stored.newest(db, job.workspace.id, job.key)
    if there is None:
        return found
    try:
        value = packing.unpack(there.body)
    except packing.AnotherVersionError:  # another program kept it: it is computed anew
        return found
    found = KeptResult(value, there.version, there.made_at, there.seconds)
    _HAND.put(job, found)
    return found


def settled(job: KeptJob) -> KeptResult[Any]:
    """The result of the facts as they are now: computed here, or waited for, where nobody has it."""
    while True:
        found = newest(job)
        if found is not None and found.version == job.version:
            return found
        db = _writable(job.workspace)
        if db is None:
            return _made(job, None)
        try:
            me = leases.holder()
            version = job.version
            if stored.claim(db, job.workspace.id, job.key, job.name, version, me):
                return _made(job, db)
        except DBAPIError as error:
            if not (store.passes(error) or getattr(error.orig, "sqlstate", None) in READ_ONLY):
                raise
            return _made(job, None)
        time.sleep(POLL_SECONDS)


def _writable(workspace: OpenWorkspace) -> Database | None:
    try:
        return writable(workspace.url, workspace.file)
    except StoreError:
        return None


def _made(job: KeptJob, db: Database | None) -> KeptResult[Any]:
    """Computed now; stored where the claim of it is ours."""
    began = time.monotonic()
    with _telling(job, db):
        value = KEPT[job.name].function(job.workspace, *job.arguments)
        body = packing.pack(value)
    seconds = time.monotonic() - began
    found = KeptResult(packing.unpack(body), job.version, datetime.now(UTC), seconds)
    if db is not None:
        try:
            place = (db, job.workspace.id, job.key, leases.holder())
            stored.keep(*place, version=job.version, body=body, seconds=seconds)
        except DBAPIError as error:
            if not store.passes(error):
                raise
    _HAND.put(job, found)
    return found


# --- how far a computation is -------------------------------------------------------------------------------

_now = local()


def step(word: str) -> None:
    """Say what the computation of this thread does next (see `strings.Common.STEPS`)."""
    told: Callable[[str], None] | None = getattr(_now, "told", None)
    if told is not None:
        told(word)


@contextmanager
def _telling(job: KeptJob, db: Database | None) -> Iterator[None]:
    """Keeps the lease alive while it goes on, and stores its steps."""
    if db is None:
        yield
        return
    me, over = leases.holder(), Event()
    place = (db, job.workspace.id, job.key, me)

    def renew() -> None:
        while not over.wait(leases.HEARTBEAT_SECONDS):
            _quietly(lambda: stored.tell(*place))

    before = getattr(_now, "told", None)

    def told(word: str) -> None:
        _quietly(lambda: stored.tell(*place, step=word))
        if before is not None:  # what asked for this one waits for it
            before(word)

    _now.told = told
    Thread(target=renew, name="lease", daemon=True).start()
    done = False
    try:
        yield
        done = True
    finally:
        over.set()
        _now.told = before
        if not done:
            _quietly(lambda: stored.give_up(*place))


def _quietly(write: Callable[[], object]) -> None:
    """Where the database is away for a moment, the computation goes on."""
    try:
        write()
    except DBAPIError as error:
        if not store.passes(error):
            raise


def progress(function: Kept[..., Any], *args: Any) -> Going | None:
    """How far somebody is with it; None while it waits for its turn."""
    job = function.job(*args)
    return stored.going(database(job.workspace), job.workspace.id, job.key)


# --- asked for by pages -------------------------------------------------------------------------------------


class Computes(Protocol):
    """Computes jobs beside the pages: the future holds the packed result."""

    def __call__(self, job: KeptJob) -> Future[KeptResult[Any]]: ...


class InThisProcess:
    """One at a time, in a thread."""

    def __init__(self) -> None:
        from concurrent.futures import ThreadPoolExecutor

        # Cached functions are called without a page here, which streamlit would remark upon each time.
        name = "streamlit.runtime.scriptrunner_utils.script_run_context"
        logging.getLogger(name).setLevel(logging.ERROR)
        self._worker = ThreadPoolExecutor(1, "computing")

    def __call__(self, job: KeptJob) -> Future[KeptResult[Any]]:
        return self._worker.submit(settled, job)


class _Asked:
    """What pages asked for and nobody has yet, each once."""

    def __init__(self) -> None:
        self.computes: Computes | None = None
        self._jobs: dict[tuple[Any, ...], Future[KeptResult[Any]]] = {}
        self._lock = Lock()

    def get(self, job: KeptJob) -> Future[KeptResult[Any]] | None:
        return self._jobs.get((*job.place, job.version))

    def ask(self, job: KeptJob) -> Future[KeptResult[Any]]:
        place = (*job.place, job.version)
        with self._lock:
            future = self._jobs.get(place)
            if future is None:
                self.computes = self.computes or InThisProcess()
                future = self._jobs[place] = self.computes(job)
            return future

    def forget(self, job: KeptJob) -> None:
        with self._lock:
            self._jobs.pop((*job.place, job.version), None)


_ASKED = _Asked()


def beside(computes: Computes) -> None:
    """From now on this computes what pages ask for."""
    _ASKED.computes = computes


def computed(function: Kept[..., T], *args: Any, patience: float = PATIENCE) -> KeptResult[T] | None:
    """What there is, current or of older facts; None where there never was a result. What is not current is
    computed beside the page: asked again, the same computation goes on."""
    job = function.job(*args)
    future = _ASKED.get(job)
    there = None
    if future is None:
        there = newest(job)
        if there is not None and there.version == job.version:
            return there
        if there is not None and _rests(job, there):
            return _older(there)
        future = _ASKED.ask(job)
    try:
        found: KeptResult[T] = future.result(patience)
    except TimeoutError:
        there = there or _HAND.get(job)
        return None if there is None else _older(there)
    finally:
        if future.done():
            _ASKED.forget(job)
    _HAND.put(job, found)
    return found


def _older(found: KeptResult[T]) -> KeptResult[T]:
    return KeptResult(found.value, found.version, found.made_at, found.seconds, current=False)


def _rests(job: KeptJob, found: KeptResult[Any]) -> bool:
    """Whether what there is will do for now: a run stores answers all the time."""
    if not frames.is_running(database(job.workspace), job.workspace.id):
        return False
    age = (datetime.now(UTC) - found.made_at).total_seconds()
    return age < REST * found.seconds
