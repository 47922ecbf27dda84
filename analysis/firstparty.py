r"""What our own site saw beside what is sampled: crawled → cited → named → visited, by own page, and how far
the two lie apart.

First-party counts are counts: everything that the site saw in the days. The sample is one. Of each assistant
the share :math:`p_1 = x_1/n_1` of our visits and :math:`p_2 = x_2/n_2` of the sampled citations of our own
pages stand beside each other with :math:`p_1 - p_2` and Newcombe's interval from two Wilson intervals. Visits
are not a sample of answers, and the interval speaks of counting alone.

References
----------
Newcombe (1998), "Interval estimation for the difference between independent proportions", method 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import Engine

from analysis import frames
from analysis.frames import Scope, World
from analysis.intervals import wilson
from tracker import domains

STEPS = ("crawled", "fetched", "cited", "named", "visited")


@dataclass(frozen=True)
class PageFunnel:
    """One own page, or all of them.

    Attributes
    ----------
    crawled, fetched, visited : int
        Hits of our own site; forged ones are left out.
    forged : int
        Hits whose address is not the named operator's.
    unchecked : int
        Of crawled and fetched, those of agents without a list of addresses.
    cited, named : int
        Sampled answers that cite the page, and those of them that name the own brand.
    first : dict of str to date
        The first day of each step; of answers the Monday of their week.
    """

    url: str
    crawled: int
    fetched: int
    visited: int
    forged: int
    unchecked: int
    cited: int
    named: int
    first: dict[str, date]


@dataclass(frozen=True)
class ShareGap:
    """An assistant's share of our visits against its share of the sampled citations of our pages."""

    assistant: str
    visits: int
    of_visits: int
    cited: int
    of_cited: int
    gap: float | None
    low: float | None
    high: float | None


def funnels(
    database: Engine, world: World, first: date | None = None, last: date | None = None
) -> list[PageFunnel]:
    """Own pages by what they came to, most visited first; days from `first` to `last`."""
    counts = frames.own_counts(database, world, first, last)
    cited = frames.own_citations(database, world, Scope(first=first, last=last, branded="include"))
    pages: dict[str, dict[str, int]] = {}
    began: dict[str, dict[str, date]] = {}

    def add(url: str, step: str, hits: int, day: date) -> None:
        pages.setdefault(url, {})
        pages[url][step] = pages[url].get(step, 0) + hits
        days = began.setdefault(url, {})
        days[step] = min(days.get(step, day), day)

    for row in counts.to_dict("records"):
        url, hits, day = comparable(str(row["url"])), int(row["hits"]), row["day"]
        if row["proof"] == "forged":
            add(url, "forged", hits, day)
            continue
        add(url, str(row["step"]), hits, day)
        if row["proof"] == "unchecked":
            add(url, "unchecked", hits, day)
    for row in cited.to_dict("records"):
        url = comparable(str(row["url"]))
        add(url, "cited", int(row["answers"]), row["week"])
        if row["named"]:
            add(url, "named", int(row["named"]), row["week"])
    found = [
        PageFunnel(
            url=url,
            **{
                name: steps.get(name, 0)
                for name in ("crawled", "fetched", "visited", "forged", "unchecked", "cited", "named")
            },
            first={step: day for step, day in began[url].items() if step in STEPS},
        )
        for url, steps in pages.items()
    ]
    return sorted(found, key=lambda each: (-each.visited, -each.cited, -each.crawled, each.url))


def comparable(url: str) -> str:
    """Host and path as both sides write them: no scheme, no `www.`, no slash at the end."""
    address = domains.try_parse(url if "://" in url else f"https://{url}")
    bare = (url if address is None else address.url).partition("://")[2] or url
    return bare.partition("?")[0].removeprefix("www.").rstrip("/")


def gaps(
    database: Engine, world: World, first: date | None = None, last: date | None = None
) -> list[ShareGap]:
    """Each assistant's share of our visits beside that of an engine of the same name in the sample."""
    counts = frames.own_counts(database, world, first, last)
    visits = counts[counts["step"] == "visited"].groupby("agent")["hits"].sum()
    cited = frames.own_citations(database, world, Scope(first=first, last=last, branded="include"))
    sampled = cited.groupby("engine")["answers"].sum()
    engines = {key: name.casefold() for key, name in world.engines.items()}
    out = []
    all_visits, all_cited = int(visits.sum()), int(sampled.sum())
    for agent in visits.index:
        mine = [key for key, name in engines.items() if _same(str(agent), name)]
        x1 = int(visits[agent])
        x2 = int(sum(sampled.get(key, 0) for key in mine)) if mine else 0
        gap, low, high = newcombe(x1, all_visits, x2, all_cited) if mine else (None, None, None)
        out.append(ShareGap(str(agent), x1, all_visits, x2, all_cited if mine else 0, gap, low, high))
    return sorted(out, key=lambda each: -each.visits)


def _same(assistant: str, engine: str) -> bool:
    words = {
        "ChatGPT": ("chatgpt", "openai", "gpt", "chat"),
        "Gemini": ("gemini", "google"),
        "Claude": ("claude", "anthropic"),
    }
    return any(word in engine for word in words.get(assistant, (assistant.casefold(),)))


def newcombe(x1: int, n1: int, x2: int, n2: int) -> tuple[float | None, float | None, float | None]:
    """p₁ − p₂ with its interval; None where a side has nothing."""
    if not n1 or not n2:
        return None, None, None
    a, b = wilson(x1, n1), wilson(x2, n2)
    assert a.low is not None
    assert a.high is not None
    assert b.low is not None
    assert b.high is not None
    p1, p2 = x1 / n1, x2 / n2
    d = p1 - p2
    low = d - float(np.hypot(p1 - a.low, b.high - p2))
    high = d + float(np.hypot(a.high - p1, p2 - b.low))
    return d, low, high
