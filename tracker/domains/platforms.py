"""Platforms (`platforms.yaml`): one site under two names, tenants, one page at two addresses."""

from __future__ import annotations

import re
from typing import NamedTuple

from tracker.shipped import words_of


class PageRule(NamedTuple):
    written: re.Pattern[str]
    """Over path and query."""
    page: tuple[str | int, ...]
    """Text, and the numbers of the groups that stand between."""

    @property
    def needs_query(self) -> bool:
        """Whether a question mark must be there: one that begins no group, and so is not left out."""
        return _MUST_ASK.search(self.written.pattern) is not None


_MUST_ASK = re.compile(r"(?<![(:])\\\?")


def _rule(written: str, page: str) -> PageRule:
    parts = re.split(r"\\(\d)", page)
    return PageRule(
        re.compile(written, re.DOTALL),
        tuple(int(part) if number % 2 else part for number, part in enumerate(parts)),
    )


_LISTS = words_of("tracker.domains", "platforms.yaml")
_RENAMED: dict[str, str] = {old: new for old, new in _LISTS["renamed"].items() if "*" not in old}
_RENAMED_UNDER: dict[str, str] = {
    old.removeprefix("*"): new.removeprefix("*") for old, new in _LISTS["renamed"].items() if "*" in old
}
_OWN = frozenset(_LISTS["own"].split())
TENANTS: dict[str, frozenset[str]] = {
    site: _OWN | frozenset(more.split()) for site, more in _LISTS["tenants"].items()
}
"""Platform → its own subdomains; every other one is a tenant's."""
_PAGES: dict[str, tuple[PageRule, ...]] = {
    site: tuple(_rule(rule["from"], rule["to"]) for rule in rules) for site, rules in _LISTS["pages"].items()
}


HOSTS = frozenset([*_LISTS["renamed"], *_PAGES])
"""Those with another name or with rules for their pages, with `*.` and `.*`."""


def renamed(host: str) -> str:
    """The host under the name that its site has today."""
    bare = host.removeprefix("www.")
    if (name := _RENAMED.get(bare)) is not None:
        return name
    first, dot, rest = host.partition(".")
    under = _RENAMED_UNDER.get(dot + rest)
    return first + under if under is not None else host


def tenant(host: str, domain: str) -> str:
    """The domain that a host's owner has: on a platform of tenants that is one label more."""
    own = TENANTS.get(domain)
    if own is None or host == domain:
        return domain
    label = host[: -len(domain) - 1].rpartition(".")[2]
    return domain if label in own else f"{label}.{domain}"


def page_rules(host: str) -> tuple[PageRule, ...]:
    """The rules for the pages of this host."""
    bare = host.removeprefix("www.")
    first, _, rest = bare.partition(".")
    for name in (bare, f"{first}.*", f"*.{rest}"):
        if name in _PAGES:
            return _PAGES[name]
    return ()


def page(rules: tuple[PageRule, ...], path: str, query: str) -> str | None:
    """The page's path (and query), or its whole address, where it has another name."""
    written = f"{path}?{query}" if query else path
    for rule in rules:
        match = rule.written.fullmatch(written)
        if match is not None:
            return "".join([match[part] or "" if isinstance(part, int) else part for part in rule.page])
    return None
