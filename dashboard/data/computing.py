"""What takes longer than a page may: computed beside the pages, once for each state of the database."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from threading import Lock
from typing import Any, ParamSpec, TypeVar

import streamlit as st

P = ParamSpec("P")
T = TypeVar("T")
KEPT = 48
PATIENCE = 0.6
"""Seconds a page waits before it shows the rest of itself."""


class Computing:
    """One computation at a time; the newest `KEPT` results are kept."""

    def __init__(self) -> None:
        # Cached functions are called without a page here, which streamlit would remark upon each time.
        logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)
        logging.getLogger("streamlit.runtime.caching.cache_data_api").setLevel(logging.ERROR)
        self._worker = ThreadPoolExecutor(1, "computing")
        self._jobs: OrderedDict[Hashable, Future[Any]] = OrderedDict()
        self._lock = Lock()

    def ask(self, key: Hashable, compute: Callable[[], Any]) -> Future[Any]:
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                job = self._jobs[key] = self._worker.submit(compute)
            self._jobs.move_to_end(key)
            while len(self._jobs) > KEPT:
                self._jobs.popitem(last=False)[1].cancel()
            return job


@st.cache_resource(show_spinner=False)
def _computing() -> Computing:
    return Computing()


def computed(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """The result, or None while it is being computed; asked again, the same computation goes on."""
    name = f"{function.__module__}.{function.__qualname__}"
    key = (name, args, tuple(sorted(kwargs.items())))
    try:
        result: T = _computing().ask(key, lambda: function(*args, **kwargs)).result(PATIENCE)
    except TimeoutError:
        return None
    return result
