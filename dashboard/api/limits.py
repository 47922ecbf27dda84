"""How many requests a token, and a stranger who guesses, has a minute."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from dashboard.api.problems import Refusal

GUESSES = 30


class RequestLimits:
    """Kept in this process: with several, each counts for itself."""

    def __init__(self, per_minute: int) -> None:
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._token = RateLimitItemPerMinute(per_minute)
        self._guess = RateLimitItemPerMinute(GUESSES)

    def take(self, who: str) -> None:
        if not self._window.hit(self._token, who):
            raise self._refusal(self._token, who)

    def look(self, who: str) -> None:
        """Refuse one who guessed too often, also where the next guess would be right."""
        if not self._window.test(self._guess, who):
            raise self._refusal(self._guess, who)

    def stranger(self, who: str) -> None:
        self._window.hit(self._guess, who)

    def _refusal(self, item: RateLimitItemPerMinute, who: str) -> Refusal:
        seconds = max(1, math.ceil(self._window.get_window_stats(item, who).reset_time - time.time()))
        fix = f"wait {seconds} s; CITELIFT_API_PER_MINUTE sets the limit"
        return Refusal(429, f"more than {item.amount} requests a minute", fix, {"Retry-After": str(seconds)})
