r"""Which linking domains and which weeks somebody may want to look at: several factors vote together.

No factor decides alone. A domain's votes, each with its reason:

=========== ===== ==========================================================================================
vote        worth when
=========== ===== ==========================================================================================
anchor      1     an anchor that is exactly a topic; one that at least five domains, a third of its week,
                  share; words of a trade that link spam is sold for
vendor      1     a link tool itself flags the site
topic       1     its page is about something else, or in a language that no prompt is in
network     1     the anchor came from five domains on one day; five domains' pages share a title or, in one
                  week, a path; five share an address that is no large host's
page        1     sitewide, hidden, or one of more than 300 links
pace        ½     it came in a week with more new domains than the brand's own history explains, most of which
                  have one and the same of the votes above
authority   ½     a link tool gives the site next to none
=========== ===== ==========================================================================================

A domain is in the queue with votes worth 2, or with a hidden link. Being new, small or many is no offence:
press brings many links in a week from everywhere, and only the halves look at that. An anchor that names the
brand or its address, says nothing ("click here") or takes up the words of the linked page's own address is
never shared suspiciously; nor is any other on a page that is about a tracked topic.

The advice is to do nothing: search engines ignore most odd links by themselves, and disavowing good ones does
harm. Nothing here disavows.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal, get_args
from urllib.parse import unquote, urlsplit

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sqlalchemy import Engine

from analysis import frames, quality
from analysis.classes.classify import SHIPPED
from analysis.frames import VendorWord, World
from analysis.quality import Factors, fold, tokens
from tracker.errors import UsageError

Vote = Literal["anchor", "vendor", "topic", "network", "page", "pace", "authority"]
VOTES: tuple[Vote, ...] = get_args(Vote)
HALVES: frozenset[Vote] = frozenset(("pace", "authority"))
ENOUGH = 2.0
IRRELEVANT = 0.02
RELEVANT = 0.1
MANY_OUTLINKS = 300
ALIKE = 5
"""Domains that share something, at least, before it is a sign."""
ALPHA = 0.001
"""Of a week with more new domains than its history explains: one in twenty years by chance."""
LEAST_WEEKS = 8
HISTORY = 26
_RECENT = 4
"""Weeks for which one that stood out is left out of the history; longer, and it is the new pace."""
ADVICE = "do nothing, unless you bought or placed these links and have a notice from a search engine"
Signs = dict[str, dict[Vote, list[str]]]
"""Domain → vote → its reasons."""


# --- signs of one domain ------------------------------------------------------------------------------------


def signs(
    links: Sequence[Factors],
    *,
    vendors: Mapping[str, VendorWord] | None = None,
    names: Iterable[str] = (),
    topics: frozenset[str] = frozenset(),
) -> Signs:
    """All votes but `pace`, over all links of the history.

    Parameters
    ----------
    vendors : mapping of str to VendorWord, optional
        What link tools say of each linking domain.
    names : iterable of str
        The brand's names: a title that has one is about the brand.
    topics : frozenset of str
        The tracked topics: words of theirs are no words of a spam trade.
    """
    found: Signs = defaultdict(lambda: defaultdict(list))
    for f in links:
        for vote, reason in _of_link(f, topics):
            _say(found, f.source, vote, reason)
    for source, word in (vendors or {}).items():
        for flag in word.flags:
            _say(found, source, "vendor", flag)
        for weak in word.weak[:1]:
            _say(found, source, "authority", weak)
    _shared_anchors(found, links)
    _shared_pages(found, links, [fold(name) for name in names])
    _shared_addresses(found, {f.source for f in links}, vendors or {})
    return found


def _say(found: Signs, source: str, vote: Vote, reason: str) -> None:
    if reason not in found[source][vote]:
        found[source][vote].append(reason)


def _of_link(f: Factors, topics: frozenset[str]) -> Iterable[tuple[Vote, str]]:
    if f.anchor_class == "exact":
        yield "anchor", "an exact anchor"
    elif f.anchor_class != "branded" and (word := _trade(f.anchor, topics)):
        yield "anchor", f"an anchor of a trade that link spam is sold for ({word})"
    if f.relevance is not None and f.relevance < IRRELEVANT:
        yield "topic", "a page about something else"
    if f.foreign_language is True:
        yield "topic", "a page in a language you do not track"
    if f.sitewide:
        yield "page", "sitewide"
    if f.placement == "hidden":
        yield "page", "hidden on the page"
    if (f.outlinks or 0) > MANY_OUTLINKS:
        yield "page", f"a page with more than {MANY_OUTLINKS} links"


@cache
def _trades() -> re.Pattern[str]:
    lines = (SHIPPED / "spam_trades.txt").read_text("utf-8").splitlines()
    words = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    spaced = [re.escape(word) for word in words if word.isascii() or " " in word]
    # Words of scripts without spaces stand anywhere.
    glued = [
        re.escape(word) for word in words if re.search(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]", word)
    ]
    cyrillic = [re.escape(word) for word in words if re.search(r"[\u0400-\u04ff]", word)]
    return re.compile(rf"(?<!\w)(?:{'|'.join(spaced + cyrillic)})(?!\w)|(?:{'|'.join(glued)})")


def _trade(anchor: str | None, topics: frozenset[str]) -> str | None:
    found = _trades().search(fold(anchor or ""))
    if found is None or any(found[0] in topic for topic in topics):
        return None
    return found[0]


# --- signs that domains share -------------------------------------------------------------------------------


def _telling(f: Factors) -> str | None:
    """The folded anchor, where it is one that unconnected sites would not choose alike."""
    if f.anchor_class not in ("exact", "partial", "other"):
        return None
    if f.anchor_class == "other" and f.relevance is not None and f.relevance >= RELEVANT:
        return None
    text = fold(f.anchor or "")
    words = set(tokens(text))
    slug = set(tokens(unquote(urlsplit(f.target_url or "").path)))
    overlap = len(words & slug)
    own_words = overlap * 2 >= len(words) > 0 if f.anchor_class == "other" else overlap == len(words) > 2
    return None if own_words or not words else text


def _shared_anchors(found: Signs, links: Sequence[Factors]) -> None:
    on_day: dict[tuple[str, date], set[str]] = defaultdict(set)
    in_week: dict[tuple[str, date], set[str]] = defaultdict(set)
    size: dict[date, set[str]] = defaultdict(set)
    for f in links:
        if f.first is None:
            continue
        week = frames.monday(f.first)
        size[week].add(f.source)
        if (text := _telling(f)) is not None:
            on_day[text, f.first].add(f.source)
            in_week[text, week].add(f.source)
    for (text, week), sources in in_week.items():
        if len(sources) >= ALIKE and 3 * len(sources) >= len(size[week]):
            reason = f"the anchor “{text[:60]}”, with {len(sources) - 1} other domains of its week"
            for source in sources:
                _say(found, source, "anchor", reason)
    for (text, day), sources in on_day.items():
        if len(sources) >= ALIKE:
            reason = f"{len(sources)} domains began with the anchor “{text[:60]}” on {day.isoformat()}"
            for source in sources:
                _say(found, source, "network", reason)


def _shared_pages(found: Signs, links: Sequence[Factors], names: Sequence[str]) -> None:
    titles: dict[str, set[str]] = defaultdict(set)
    paths: dict[tuple[str, date], set[str]] = defaultdict(set)
    for f in links:
        if f.relevance is not None and f.relevance >= RELEVANT:
            continue
        title = fold(f.title or "")
        if len(title.split()) >= 3 and not any(name in title for name in names):
            titles[title].add(f.source)
        path = unquote(urlsplit(f.url or "").path).casefold().rstrip("/")
        if f.first is not None and len(path) >= 15 and not any(name in path for name in names):
            paths[path, frames.monday(f.first)].add(f.source)
    for sources in titles.values():
        if len(sources) >= ALIKE:
            for source in sources:
                reason = f"its page has the title of the pages of {len(sources) - 1} other domains"
                _say(found, source, "network", reason)
    for sources in paths.values():
        if len(sources) >= ALIKE:
            for source in sources:
                reason = f"its page lies where those of {len(sources) - 1} other domains of its week lie"
                _say(found, source, "network", reason)


def _shared_addresses(found: Signs, sources: set[str], vendors: Mapping[str, VendorWord]) -> None:
    behind: dict[str, set[str]] = defaultdict(set)
    for source in sources:
        if source in vendors and (address := vendors[source].address):
            behind[address].add(source)
    for address, members in behind.items():
        if len(members) >= ALIKE:
            for source in members:
                reason = (
                    f"stands behind one address ({address}) with {len(members) - 1} other linking domains"
                )
                _say(found, source, "network", reason)


# --- weeks --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LinkWeek:
    """New referring domains of one week.

    Attributes
    ----------
    expected : float or None
        Mean of the weeks before; None where there are too few.
    limit : float or None
        The most that is still usual.
    p : float or None
        Chance of as many or more by the weeks before.
    history : int
        How many weeks before it are compared.
    spike : bool
    risky : bool
        A spike most of whose domains have one and the same vote; `because` says which.
    """

    week: date
    new: int
    expected: float | None
    limit: float | None
    spike: bool
    risky: bool
    because: str
    p: float | None = None
    history: int = 0
    verdict: Literal["usual", "more than usual", "not enough data"] = "not enough data"


def velocity(
    factors: Sequence[Factors], found: Signs | None = None, *, before: int = HISTORY, least: int = 10
) -> list[LinkWeek]:
    r"""New referring domains per week against the brand's own weeks before.

    Under its history a week's count is negative binomial with mean m of the n weeks before (half a domain
    added) and variance :math:`\phi m (1 + 1/n)`; :math:`\phi` is the upper 80 % limit of their dispersion,
    :math:`s^2/m \cdot (n-1)/\chi^2_{0.2}(n-1)`, never below 1: links come in clumps, and few weeks show
    few of them. With :math:`\phi = 1` this is the predictive distribution of a Poisson rate with a Jeffreys
    prior. A week is a spike when :math:`P(X \ge x) < 0.001` and it has at least `least` domains.

    Up to `before` weeks count, at least 8: a brand with fewer has "not enough data". A week that stood out is
    left out of the history of the four after it. Links whose first day is unknown are no news: a first
    snapshot makes no spike.

    References
    ----------
    Farrington, Andrews, Beale and Catchpole (1996), JRSS A 159, on counts of weeks that stand out from their
    history; Noufaily et al. (2013), Statistics in Medicine 32, on the negative binomial in it.
    """
    by_week = _new_domains(factors)
    if not by_week:
        return []
    start, end = min(by_week), max(by_week)
    weeks = [start + timedelta(weeks=i) for i in range((end - start).days // 7 + 1)]
    counts = np.array([len(by_week.get(week, ())) for week in weeks], np.float64)
    spikes = np.zeros(len(weeks), np.bool_)
    out = []
    for i, week in enumerate(weeks):
        first = max(0, i - before)
        stood_out = spikes[first:i] & (np.arange(first, i) >= i - _RECENT)
        past = counts[first:i][~stood_out]
        if len(past) < LEAST_WEEKS:
            out.append(LinkWeek(week, int(counts[i]), None, None, False, False, "", None, len(past)))
            continue
        mean, limit, p = _unusual(int(counts[i]), past)
        limit = max(limit, least - 1)
        spikes[i] = counts[i] > limit
        because = _risk(by_week.get(week, ()), found or signs(factors)) if spikes[i] else ""
        verdict: Literal["usual", "more than usual"] = "more than usual" if spikes[i] else "usual"
        spike = bool(spikes[i])
        out.append(
            LinkWeek(week, int(counts[i]), mean, limit, spike, bool(because), because, p, len(past), verdict)
        )
    return out


def _new_domains(factors: Sequence[Factors]) -> dict[date, list[str]]:
    first: dict[str, date] = {}
    for f in factors:
        if f.first is not None:
            first[f.source] = min(f.first, first.get(f.source, f.first))
    by_week: dict[date, list[str]] = defaultdict(list)
    for source, day in first.items():
        by_week[frames.monday(day)].append(source)
    return by_week


def _unusual(count: int, past: NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean of the past, the most that is usual after it, and the chance of `count` or more."""
    n = len(past)
    mean = (past.sum() + 0.5) / n
    dispersion = past.var(ddof=1) / mean * (n - 1) / stats.chi2.ppf(0.2, n - 1)
    variance = max(dispersion, 1.0) * mean * (1 + 1 / n)
    size = mean**2 / (variance - mean)
    law = (size, size / (size + mean))
    return float(mean), float(stats.nbinom.isf(ALPHA, *law)), float(stats.nbinom.sf(count - 1, *law))


_MOST: Mapping[Vote, str] = {
    "anchor": "most of its anchors are exact, alike or of a spam trade",
    "vendor": "most of its sites are flagged by a link tool",
    "topic": "most of its pages are about something else",
    "network": "most of its sites show signs of one network",
    "page": "most of its links are sitewide, hidden or among hundreds",
}


def _risk(sources: Sequence[str], found: Signs) -> str:
    votes = Counter(vote for source in sources for vote in found.get(source, {}) if vote in _MOST)
    held = [vote for vote in _MOST if votes[vote] * 2 > len(sources)]
    return "; ".join(f"{_MOST[vote]} ({votes[vote]} of {len(sources)})" for vote in held)


# --- the queue ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Review:
    """A referring domain somebody may want to look at, with every reason, and what was decided."""

    domain: str
    links: int
    followed: int
    reasons: tuple[str, ...]
    pages: tuple[str, ...]
    advice: str
    decision: str | None
    note: str
    votes: tuple[Vote, ...] = ()


def review(
    factors: Sequence[Factors],
    decided: Mapping[str, tuple[str, str]],
    history: Sequence[Factors] | None = None,
    *,
    vendors: Mapping[str, VendorWord] | None = None,
    names: Iterable[str] = (),
    topics: frozenset[str] = frozenset(),
) -> list[Review]:
    """The domains whose votes are worth enough, those with most first.

    Signs and weeks are looked for in `history`, the links with those gone since: live links alone make old
    weeks look quiet. Only links that a search engine would follow raise questions: nofollow, ugc and
    sponsored ones are declared.
    """
    every = list(factors if history is None else history)
    open_links = [f for f in every if f.follow in ("followed", "unknown")]
    found = signs(open_links, vendors=vendors, names=names, topics=topics)
    spikes = {week.week: week for week in velocity(every, found) if week.risky}
    first = {source: week for week, new in _new_domains(every).items() for source in new}
    by_domain: dict[str, list[Factors]] = {}
    for f in factors:
        by_domain.setdefault(f.source, []).append(f)
    out = []
    for name, part in by_domain.items():
        live = [f for f in part if f.follow in ("followed", "unknown")]
        if not live:
            continue
        said = dict(found.get(name, {}))
        if said and (spike := spikes.get(first.get(name, date.min))) is not None:
            said["pace"] = [_paced(spike)]
        if _worth(said) < ENOUGH and not any(f.placement == "hidden" for f in live):
            continue
        decision, note = decided.get(f"domain:{name}", (None, ""))
        votes = tuple(vote for vote in VOTES if said.get(vote))
        reasons = tuple(reason for vote in votes for reason in said[vote])
        pages = tuple(dict.fromkeys(f.url for f in live if f.url))[:5]
        out.append(Review(name, len(part), len(live), reasons, pages, ADVICE, decision, note, votes))
    return sorted(out, key=_place)


def _place(row: Review) -> tuple[bool, float, int, str]:
    return row.decision is not None, -_worth(dict.fromkeys(row.votes, ("",))), -row.followed, row.domain


def _worth(said: Mapping[Vote, Sequence[str]]) -> float:
    return sum(0.5 if vote in HALVES else 1.0 for vote, reasons in said.items() if reasons)


def _paced(week: LinkWeek) -> str:
    assert week.expected is not None
    assert week.p is not None
    p = "p < 0.001" if week.p < ALPHA else f"p = {week.p:.3f}"
    return (
        f"came in the week of {week.week.isoformat()} with {week.new} new domains where "
        f"{week.expected:.1f} are usual ({p}; {week.history} weeks)"
    )


@dataclass(frozen=True)
class Profile:
    """The weeks and the queue of one brand."""

    weeks: list[LinkWeek]
    queue: list[Review]


def profile(
    database: Engine, world: World, *, brand: str | None = None, table: pd.DataFrame | None = None
) -> Profile:
    """Both, of the own brand unless another is named, from what is stored."""
    chosen = world.brand(brand) if brand else world.own
    if chosen is None:
        raise UsageError("the workspace has no own brand", "name one with --brand")
    links = frames.backlinks(database, world) if table is None else table
    ever = quality.factors(database, world, brand=chosen.name, table=links, lost=True)
    live = quality.factors(database, world, brand=chosen.name, table=links)
    vendors = frames.vendor_words(database, world, chosen)
    names, topics = (chosen.name, *chosen.aliases), quality.topic_terms(world)
    found = signs(ever, vendors=vendors, names=names, topics=topics)
    decided = frames.disavowed(database, world)
    queue = review(live, decided, ever, vendors=vendors, names=names, topics=topics)
    return Profile(velocity(ever, found), queue)
