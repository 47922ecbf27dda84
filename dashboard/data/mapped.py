"""Who cites whom, and to whom those link: what the map draws."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from analysis.frames import Scope
from dashboard.data.cited import sources
from dashboard.data.computing import kept
from dashboard.data.ladder import linked
from dashboard.data.opened import OpenWorkspace


@dataclass(frozen=True)
class MappedSource:
    """A cited source: answers by engine, and the brands that it links to."""

    name: str
    kind: str
    answers: dict[str, int]
    linked: frozenset[str]

    @property
    def total(self) -> int:
        return sum(self.answers.values())


@kept
def mapped(workspace: OpenWorkspace, scope: Scope) -> list[MappedSource]:
    """The cited sources, most answers first."""
    cited = sources(workspace, scope)
    links = linked(workspace, scope)
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    kinds: dict[str, str] = {}
    known = cited[cited["answers"] > 0]
    columns = (known[name].tolist() for name in ("domain", "kind", "engine", "answers"))
    for domain, kind, engine, answers in zip(*columns, strict=True):
        counts[domain][engine] = answers
        kinds[domain] = kind
    found = [MappedSource(n, kinds[n], by, links.get(n, frozenset())) for n, by in counts.items()]
    return sorted(found, key=lambda each: (-each.total, each.name))
