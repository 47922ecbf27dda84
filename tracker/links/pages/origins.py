"""Where links come from, as a user names it: a site, or one page."""

from __future__ import annotations

from dataclasses import dataclass

from tracker import domains
from tracker.errors import UsageError


@dataclass(frozen=True, slots=True)
class Origin:
    domain: str
    page: str | None
    """Canonical; None for the whole site."""

    def holds(self, domain: str, url: str) -> bool:
        return domain == self.domain and self.page in (None, url)


def origin_of(text: str) -> Origin:
    address = domains.try_parse(text) or domains.try_parse(f"https://{text}")
    if address is None:
        fix = "write it as https://example.com/page or example.com"
        raise UsageError(f"{text!r} is no page and no site", fix)
    whole = address.canonical == f"https://{address.domain}/"
    return Origin(address.domain, None if whole else address.canonical)
