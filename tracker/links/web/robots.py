"""robots.txt by RFC 9309: what a site lets us read, and how often."""

from __future__ import annotations

import re
from dataclasses import dataclass

from protego import Protego

AGENT = "citelift"
MAX_BYTES = 500 * 1024
MAX_REDIRECTS = 5
MAX_DELAY = 86_400.0

_AGENT_LINE = re.compile(r"^\s*(?:user-agent|useragent|user agent)\s*:?\s*([^#]*)", re.IGNORECASE)
_TOKEN = re.compile(r"\*$|[A-Za-z_-]+")


@dataclass(frozen=True, slots=True)
class Rules:
    """`parsed` is None where no file restricts us (4xx) or, with `unreachable`, where nothing may be read."""

    parsed: Protego | None = None
    unreachable: str = ""

    def allows(self, url: str) -> bool:
        if self.unreachable:
            return False
        return self.parsed is None or bool(self.parsed.can_fetch(url, AGENT))

    @property
    def delay(self) -> float:
        """Seconds between two requests that the site asks for; 0 when it asks for none."""
        if self.parsed is None:
            return 0.0
        delay = float(self.parsed.crawl_delay(AGENT) or 0.0)
        rate = self.parsed.request_rate(AGENT)
        if rate is not None:
            delay = max(delay, rate.seconds / rate.requests)
        return min(delay, MAX_DELAY)


def parse(data: bytes) -> Rules:
    text = data[:MAX_BYTES].decode("utf-8-sig", "replace")
    return Rules(Protego.parse("\n".join(_plain_agent(line) for line in text.splitlines())))


def _plain_agent(line: str) -> str:
    """Names of other robots become one: ten thousand names before ten thousand rules are a hundred million.

    It also makes the match exact, as the RFC has it: `User-agent: cite` is somebody else.
    """
    match = _AGENT_LINE.match(line)
    if match is None:
        return line
    token = _TOKEN.match(match[1].strip())
    name = token[0].lower() if token else ""
    return f"User-agent: {name if name in ('*', AGENT) else 'somebody-else'}"
