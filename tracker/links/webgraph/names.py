"""How a web graph's releases, files and domains are named."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from tracker import domains
from tracker.errors import DataError, UsageError

Kind = Literal["vertices", "edges", "ranks"]
_RELEASE = re.compile(r"cc-main(?:-\d{2,4}(?!\d)|-[a-z]{3}(?![a-z]))+")


@dataclass(frozen=True, slots=True)
class Release:
    id: str
    domains: int | None
    links: int | None

    def url(self, kind: Kind) -> str:
        if kind not in get_args(Kind):
            raise UsageError(f"a release has no {kind!r}", f"one of {', '.join(get_args(Kind))}")
        base = f"https://data.commoncrawl.org/projects/hyperlinkgraph/{self.id}/domain"
        return f"{base}/{self.id}-domain-{kind}.txt.gz"


def releases(graphinfo: str | bytes) -> tuple[Release, ...]:
    """The releases of Common Crawl's `graphinfo.json`, newest first as it has them;
    a count of 0 is unknown.
    """
    try:
        listed = []
        for entry in json.loads(graphinfo):
            stats = entry.get("stats", {}).get("domain", {})
            listed.append(Release(str(entry["id"]), stats.get("nodes") or None, stats.get("arcs") or None))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise DataError(
            f"this is no graphinfo.json ({error})", "a list of releases with id and stats"
        ) from error
    return tuple(listed)


def reversed_name(host: str) -> str:
    return ".".join(reversed(host.split(".")))


def release_of(path_or_url: str | Path) -> str:
    """The release's name: Common Crawl's own where the name has it, else the file's stem."""
    text = str(path_or_url)
    names = _RELEASE.findall(text)
    if names:
        return str(names[-1])
    stem = text.rstrip("/").rsplit("/", 1)[-1].split(".", 1)[0]
    return re.split(r"[-_](?:domain|vertices|edges|ranks)(?=[-_]|$)", stem, maxsplit=1)[0] or stem


def same_release(vertices: str | Path, links: str | Path) -> None:
    one, two = release_of(vertices), release_of(links)
    if one != two and _RELEASE.fullmatch(one) and _RELEASE.fullmatch(two):
        raise UsageError(
            f"the vertices are of {one} and the edges of {two}", "ids mean something within one release only"
        )


def wanted_names(names: Collection[str]) -> dict[str, str]:
    """reversed name → domain, each as `tracker.domains` spells it."""
    if isinstance(names, str):
        raise UsageError("wanted is a set of domains, not one string", "put it in a set")
    wanted: dict[str, str] = {}
    for name in names:
        domain = domains.domain_of(name)
        if domain is None and not domains.is_public_suffix(name):
            raise UsageError(f"{name!r} is no domain", "give registrable domains such as example.com")
        domain = domain or name.lower().strip(".")
        wanted[reversed_name(domain)] = domain
    if not wanted:
        raise UsageError("no domain is wanted", "import links or answers first, or name domains")
    return wanted


def domain_of_vertex(name: str) -> str:
    """What `tracker.domains.Address.domain` would be for this vertex."""
    host = reversed_name(name)
    return domains.domain_of(host) or host
