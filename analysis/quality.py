"""Quality of links, one factor at a time. There is no score: a number that mixes these would hide which one
it is.

Factors of one link (`Factors`): authority band, topical relevance, placement, anchor class, follow state,
sitewide, outlinks, language. Over all links: anchors against the rivals'. What several factors say together
of a domain or of a week is in `analysis.review`.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, partial
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import stopwordsiso
from numpy.typing import NDArray
from sqlalchemy import Engine

from analysis import frames
from analysis.classes.classify import SHIPPED
from analysis.classes.families import UNKNOWN, bands
from analysis.frames import World
from analysis.intervals import Interval, wilson
from tracker import domains, store
from tracker.errors import BadUrl, UsageError
from tracker.links import decisions
from tracker.links.decisions import Decision
from tracker.mentions import Finder

Floats = NDArray[np.float64]
AnchorClass = Literal["branded", "exact", "partial", "generic", "naked URL", "image", "empty", "other"]
Follow = Literal["followed", "nofollow", "ugc", "sponsored", "unknown"]
SITEWIDE = 20
SITEWIDE_SHARE = 0.9
ENOUGH_WORDS = 5
"""Fewer words, such as a brand's name alone, cannot say that a page is about something else."""


@dataclass(frozen=True)
class Factors:
    """What is known about one live link; None is unknown.

    Attributes
    ----------
    relevance : float or None
        Cosine of TF-IDF vectors, 0 to 1: anchor, surrounding words and page title against the prompts of the
        topic that fits best; function words left out, scripts without spaces in pairs of characters. Unknown
        where the page is in a language that no prompt is in: its words cannot be compared.
    topic : str or None
        That topic.
    sitewide : bool
        At least 20 pages of the domain link with nearly always the same anchor, or the link stands in a frame
        of the page that repeats (navigation, sidebar, footer) on at least two.
    foreign_language : bool or None
        Whether the page's language is none of the tracked prompts'.
    """

    source: str
    url: str | None
    target_url: str | None
    brand: str
    anchor: str | None
    anchor_class: AnchorClass
    follow: Follow
    authority: str
    relevance: float | None
    topic: str | None
    placement: str | None
    sitewide: bool
    outlinks: int | None
    language: str | None
    foreign_language: bool | None
    first: date | None
    title: str | None = None


def factors(
    database: Engine,
    world: World,
    *,
    brand: str | None = None,
    table: pd.DataFrame | None = None,
    lost: bool = False,
) -> list[Factors]:
    """Factors of every live link to a brand, the own one unless another is named; with `lost`, of those gone
    since too.
    """
    chosen = world.brand(brand) if brand else world.own
    if chosen is None:
        raise UsageError("the workspace has no own brand", "name one with --brand")
    every = frames.backlinks(database, world) if table is None else table
    at = world.brands.index(chosen)
    links = every[(every["brand"] == at) & (every["lost"].isna() | lost)].reset_index(drop=True)
    if links.empty:
        return []
    terms = topic_terms(world)
    finder = _finder(chosen)
    owned = chosen.estate.domains
    spoken = {p.language.split("-")[0] for p in world.prompts.values() if p.language}
    foreign = [
        _foreign(checked or stated, spoken)
        for checked, stated in zip(links["checked_language"], links["language"], strict=True)
    ]
    relevance = _relevance(links, world, foreign)
    wide = _sitewide(links)
    authority = _bands(database, world, links["source"].tolist())
    return [
        Factors(
            source=str(r["source"]),
            url=r["url"],
            target_url=r["target_url"],
            brand=chosen.name,
            anchor=r["anchor"],
            anchor_class=anchor_class(r["anchor"], finder, terms, owned, r["link_type"]),
            follow=follow(r["nofollow"], r["ugc"], r["sponsored"]),
            authority=authority[str(r["source"])],
            relevance=score,
            topic=topic,
            placement=r["placement"],
            sitewide=wide[str(r["source"])],
            outlinks=r["outlinks"],
            language=r["checked_language"] or r["language"],
            foreign_language=abroad,
            first=_day(r["first"]),
            title=r["title"] if isinstance(r["title"], str) else None,
        )
        for r, (score, topic), abroad in zip(links.to_dict("records"), relevance, foreign, strict=True)
    ]


def _finder(brand: frames.BrandFact) -> Finder:
    return Finder([brand.names])


def _day(seconds: float) -> date | None:
    return None if np.isnan(seconds) else datetime.fromtimestamp(seconds, UTC).date()


def _foreign(language: str | None, spoken: set[str]) -> bool | None:
    if not language or not spoken:
        return None
    return language.casefold().split("-")[0] not in spoken


def fold(text: str) -> str:
    """Lower case, compatibility forms, words apart by one space, no punctuation at the ends."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"\s+", " ", plain).strip(" \t\n.,;:!?›»→>…\"'()[]")


@cache
def generic_anchors() -> frozenset[str]:
    """Anchors that say nothing about the page, from `classes/generic_anchors.csv`."""
    with (SHIPPED / "generic_anchors.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(fold(row["anchor"]) for row in csv.DictReader(file))


_URL = re.compile(r"(https?://|www\.)\S+", re.IGNORECASE)


def anchor_class(
    anchor: str | None,
    finder: Finder,
    terms: frozenset[str],
    owned: Set[str],
    link_type: str | None = None,
) -> AnchorClass:
    """The class of an anchor text.

    Parameters
    ----------
    finder : Finder
        Of the brand's names.
    terms : frozenset of str
        Folded phrases the brand wants to be found for (the topics): an anchor that is one is "exact", one
        that holds one is "partial". A brand's name wins over both.
    """
    text = fold(anchor or "")
    if not text:
        return "image" if link_type and "image" in link_type.casefold() else "empty"
    bare = text.rstrip("/")
    if (
        _URL.fullmatch(text)
        or bare.removeprefix("www.") in owned
        or (" " not in bare and domains.written_host(bare.split("/")[0]))
    ):
        return "naked URL"
    if finder.spans(anchor or ""):
        return "branded"
    if text in terms:
        return "exact"
    words = f" {text} "
    if any(f" {term} " in words for term in terms):
        return "partial"
    return "generic" if text in generic_anchors() else "other"


def topic_terms(world: World) -> frozenset[str]:
    names = {fold(p.topic.replace("-", " ").replace("_", " ")) for p in world.prompts.values()}
    return frozenset(names - {"", "general"})


def follow(nofollow: Any, ugc: Any, sponsored: Any) -> Follow:
    """The strictest rel word of a link; unknown where the export does not say."""
    if _true(sponsored):
        return "sponsored"
    if _true(ugc):
        return "ugc"
    if _true(nofollow):
        return "nofollow"
    return "unknown" if pd.isna(nofollow) else "followed"


def _true(value: Any) -> bool:
    return not pd.isna(value) and bool(value)


_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")


@cache
def empty_words() -> frozenset[str]:
    """Words of sentences and of questions, in seven languages: they are in every text and about nothing.

    With and without their accents. From stopwords-iso, and the superlatives of `classes/question_words.txt`.
    """
    listed = {word for language in _LANGUAGES for word in stopwordsiso.stopwords(language)}
    listed |= set((SHIPPED / "question_words.txt").read_text("utf-8").split())
    return frozenset(listed | set(map(_without_accents, listed)))


_RUN = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


def tokens(text: str, *, keep: frozenset[str] = frozenset()) -> list[str]:
    """Words without accents and without empty ones; where words are not set apart, pairs of characters.

    `keep` names words that mean something here, such as "help" where help desks are the topic.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    plain = unicodedata.normalize("NFC", "".join(c for c in folded if not "\u0300" <= c <= "\u036f"))
    parts: list[str] = []
    for word in _RUN.findall(plain):
        for run in _UNSPACED.findall(word):
            parts += [run[i : i + 2] for i in range(len(run) - 1)] or [run]
        parts += [part for part in _UNSPACED.sub(" ", word).split() if len(part) > 1]
    return [word for word in parts if word in keep or word not in empty_words()]


def _without_accents(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def _relevance(
    links: pd.DataFrame, world: World, foreign: Sequence[bool | None]
) -> list[tuple[float | None, str | None]]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    topics: dict[str, list[str]] = {}
    for prompt in world.prompts.values():
        topics.setdefault(prompt.topic, []).append(prompt.text)
    names = sorted(topics)
    texts = [_words(r) for r in links[["context", "title", "anchor"]].to_dict("records")]
    if not names or not any(texts):
        return [(None, None)] * len(texts)
    goal = [" ".join([name.replace("-", " "), *topics[name]]) for name in names]
    words_of = partial(
        tokens, keep=frozenset(_without_accents(fold(word)) for name in names for word in name.split("-"))
    )
    vectors = TfidfVectorizer(analyzer=words_of, sublinear_tf=True, max_features=200_000)
    try:
        matrix = vectors.fit_transform([*goal, *texts])
    except ValueError:  # nothing but function words
        return [(None, None)] * len(texts)
    cosine = np.asarray((matrix[len(goal) :] @ matrix[: len(goal)].T).todense())
    best = cosine.argmax(axis=1)
    return [
        (float(cosine[i, k]), names[k])
        if not foreign[i] and (cosine[i, k] > 0 or len(words_of(texts[i])) >= ENOUGH_WORDS)
        else (None, None)
        for i, k in enumerate(best.tolist())
    ]


def _words(row: Mapping[Any, Any]) -> str:
    parts = [row[name] for name in ("context", "title") if isinstance(row[name], str)]
    return " ".join(parts).strip()


def _sitewide(links: pd.DataFrame) -> dict[str, bool]:
    out = {}
    for source, part in links.groupby("source"):
        pages = part["url"].nunique()
        top = Counter(fold(a or "") if isinstance(a, str) else "" for a in part["anchor"]).most_common(1)[0][
            1
        ]
        framed = part["placement"].isin(["nav", "sidebar", "footer"]).sum()
        out[str(source)] = bool((pages >= SITEWIDE and top >= SITEWIDE_SHARE * len(part)) or framed >= 2)
    return out


def _bands(database: Engine, world: World, names: Sequence[str]) -> dict[str, str]:
    unique = sorted(set(names))
    lists = frames.authority_metrics(database)
    if lists.empty:
        return dict.fromkeys(unique, UNKNOWN)
    metric = str(lists.sort_values("as_of", ascending=False, kind="stable").iloc[0]["metric"])
    strength = frames.authority_table(database, metric, world, names=unique).strength(unique)
    return dict(zip(unique, bands(strength), strict=True))


@dataclass(frozen=True)
class AnchorShare:
    """Share of a brand's referring domains whose links are mostly of one anchor
    class, against the rivals'.
    """

    anchor_class: AnchorClass
    own: Interval
    rivals: Interval
    verdict: Literal["more than rivals", "less than rivals", "like rivals", "not enough data"]


def anchors(world: World, table: pd.DataFrame) -> list[AnchorShare]:
    """Anchor classes of the own brand and of all rivals, a referring domain counting once by its commonest
    class.

    The verdict needs the two Wilson intervals apart, which is stricter than a 5 % test.
    """
    own_table, rival_table = Counter[str](), Counter[str]()
    terms = topic_terms(world)
    live = table[table["lost"].isna()]
    for at, brand in enumerate(world.brands):
        finder, owned = _finder(brand), brand.estate.domains
        mine = live[live["brand"] == at]
        classes = [
            anchor_class(a if isinstance(a, str) else None, finder, terms, owned, kind)
            for a, kind in zip(mine["anchor"], mine["link_type"], strict=True)
        ]
        by_domain = pd.DataFrame({"source": mine["source"].to_numpy(), "kind": classes})
        for _, part in by_domain.groupby("source"):
            (own_table if brand.own else rival_table)[Counter(part["kind"]).most_common(1)[0][0]] += 1
    return [_anchor_share(kind, own_table, rival_table) for kind in get_args(AnchorClass)]


def _anchor_share(kind: AnchorClass, mine: Counter[str], theirs: Counter[str]) -> AnchorShare:
    own, rivals = (wilson(c[kind], c.total()) for c in (mine, theirs))
    if (
        own.low is None
        or own.high is None
        or rivals.low is None
        or rivals.high is None
        or own.n < 10
        or rivals.n < 10
    ):
        return AnchorShare(kind, own, rivals, "not enough data")
    if own.low > rivals.high:
        return AnchorShare(kind, own, rivals, "more than rivals")
    return AnchorShare(kind, own, rivals, "less than rivals" if own.high < rivals.low else "like rivals")


def decide(
    database: Engine,
    world: World,
    name: str,
    decision: Decision,
    *,
    note: str = "",
    now: datetime,
    who: str = "",
) -> str:
    """Keep or disavow a domain; returns the entry as Google's file has it."""
    try:
        address = domains.named(name.removeprefix("domain:"))
    except BadUrl:
        raise UsageError(f"{name!r} is no domain", "write it as example.com") from None
    with store.writing(database) as session:
        line = f"domain:{address.domain}"
        (entry,) = decisions.decide(session, world.id, [line], decision, now=now, note=note, who=who)
    return entry.line
