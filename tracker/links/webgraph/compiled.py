"""Loops over edges that numpy has no words for, compiled by numba at their first call.

numba is an extra, asked for where a loop first runs: who only reads what is built needs none.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, TypeVar

from tracker.errors import UsageError

Loop = TypeVar("Loop", bound=Callable[..., Any])


def compiled(loop: Loop) -> Loop:
    """The loop as machine code, which lets other threads run and is kept beside its module for the next
    process.
    """

    @cache
    def made() -> Any:
        try:
            import numba
        except ImportError as error:
            raise UsageError(
                "building and ranking a whole web graph needs numba, which is not installed",
                "pip install 'citelift[webgraph]'",
            ) from error
        try:
            return numba.njit(nogil=True, cache=True)(loop)
        except RuntimeError:
            # no folder takes the compiled loop: each process then makes it anew
            return numba.njit(nogil=True)(loop)

    @wraps(loop)
    def call(*given: Any) -> Any:
        return made()(*given)

    return call  # type: ignore[return-value]
