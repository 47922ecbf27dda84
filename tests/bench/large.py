"""A workspace of any number of answers with 200,000 links, made once in a folder by the database itself.

Brands are named more where an answer cites a site that links to them, answers rest on sites by a long tail,
links begin in any week or before the first, and texts are as long as answers are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, text
from sqlmodel import Session

from tracker import domains, renaming, store
from tracker.answers import rollups
from tracker.models import (
    Answer,
    Ask,
    Backlink,
    Brand,
    Citation,
    Domain,
    Ledger,
    LinkImport,
    Mention,
    Page,
    Prompt,
    Run,
    Workspace,
)
from tracker.models import Engine as EngineTable

PROMPTS, ENGINES, BRANDS, TOPICS = 200, 4, 8, 5
CITED_SITES, OTHER_SITES, PAGES = 2_000, 8_000, 20
CITES, LINKS = 5, 200_000
START = date(2026, 1, 5)
AT_ONCE = 20_000
WORDS = (
    "For a small team the choice comes down to how much of the work should happen by itself, what it costs a "
    "seat, and how well it gets on with mail and calendar. Reviews of the last months agree on a few names. "
)


@dataclass(frozen=True)
class Size:
    weeks: int
    repeats: int
    sites: int = CITED_SITES
    """That answers cite; links are as many for each."""

    @property
    def links(self) -> int:
        return LINKS * self.sites // CITED_SITES

    @property
    def answers(self) -> int:
        return PROMPTS * ENGINES * self.weeks * self.repeats


SIZES = {10_000: Size(12, 1), 100_000: Size(25, 5), 1_000_000: Size(25, 50)}
"""9,600, 100,000 and 1,000,000 answers."""


def made(folder: Path, answers: int, url: str | None = None, sites: int = CITED_SITES) -> str:
    """The address of the world of this size: the one of the folder, made where it is not there yet, or in the
    empty database of `url`."""
    folder.mkdir(parents=True, exist_ok=True)
    few = "" if sites == CITED_SITES else f"-{sites}"
    path = folder / f"answers-{answers}{few}.db"
    if url is None and path.exists():
        return f"sqlite:///{path}"
    unfinished = path.with_suffix(".unfinished")
    for left in folder.glob(f"{unfinished.name}*"):
        left.unlink()
    database = store.open_database(url or f"sqlite:///{unfinished}")
    _fill(database, replace(SIZES[answers], sites=sites))
    database.dispose()
    if url is not None:
        return url
    unfinished.rename(path)
    return f"sqlite:///{path}"


def _fill(database: Engine, size: Size) -> None:
    rng = np.random.default_rng(15)
    sites = [f"site{i}.com" for i in range(size.sites + OTHER_SITES)]
    brands = [f"brand{i}.com" for i in range(BRANDS)]
    pages = [f"https://{site}/page-{n}" for site in sites[: size.sites] for n in range(PAGES)]
    pages += [f"https://{site}/about" for site in sites[size.sites :]]
    pages += [f"https://{brand}/" for brand in brands]
    parsed = [domains.parse(page) for page in pages]
    page_ids = np.array([domains.page_id(each.canonical) for each in parsed], np.int64)
    domain_ids = np.array([domains.domain_id(each.domain) for each in parsed], np.int64)
    urls = np.array(pages, object)
    with store.writing(database) as session:
        _tracked(session, size)
        store.bulk_insert(
            session, Domain, [{"id": domains.domain_id(n), "name": n} for n in [*sites, *brands]]
        )
        store.bulk_insert(
            session,
            Page,
            [
                {"id": int(key), "domain_id": int(domain), "host": each.host, "url": each.canonical}
                for key, domain, each in zip(page_ids, domain_ids, parsed, strict=True)
            ],
        )
        linked, since = _links(session, rng, size, page_ids, domain_ids, urls)
    for first in range(0, size.answers, AT_ONCE):
        with store.writing(database) as session:
            part = np.arange(first, min(first + AT_ONCE, size.answers))
            _answers(session, rng, size, part, (page_ids, domain_ids, urls), linked, since)
    with store.writing(database) as session:
        renaming.remember(session)
        rollups.rebuild(session, 1)
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _tracked(session: Session, size: Size) -> None:
    ws = {"workspace_id": 1}
    session.add(Workspace(id=1, name="bench"))
    session.flush()
    for i in range(BRANDS):
        names = {"key": f"brand{i}", "name": f"Brand{i}", "domains": [f"brand{i}.com"]}
        session.add(Brand(**ws, id=i + 1, own=i == 0, aliases=[], not_phrases=[], owns=[], **names))
    for i in range(ENGINES):
        session.add(EngineTable(**ws, id=i + 1, name=f"engine{i}", model="openai/gpt-5"))
    for i in range(PROMPTS):
        words = f"Which tool number {i} should a small team take?"
        session.add(Prompt(**ws, id=i + 1, key=f"p{i}", text=words, topic=f"topic {i % TOPICS}"))
    session.flush()
    for week in range(size.weeks):
        at = _moment(week)
        run = {"key": f"week {week}", "planned_at": at, "asked_for": at, "state": "done"}
        session.add(Run(**ws, id=week + 1, started_at=at, ended_at=at, **run))
    session.flush()
    for week in range(size.weeks):
        session.add_all(
            Ledger(run_id=week + 1, engine_id=i + 1, spent_micros=1_000_000) for i in range(ENGINES)
        )
    session.flush()


def _moment(week: int) -> datetime:
    return datetime(START.year, START.month, START.day, 9, tzinfo=UTC) + timedelta(weeks=week)


def _links(
    session: Session,
    rng: np.random.Generator,
    size: Size,
    page_ids: Any,
    domain_ids: Any,
    urls: Any,
) -> tuple[Any, Any]:
    """Distinct (page, brand) of the links; where each cited page's links to a brand begin, as weeks."""
    newest = _moment(size.weeks)
    ids = {"id": 1, "workspace_id": 1, "vendor": "generic", "layout": "generic", "scope": "some"}
    told = {"as_of": newest.date(), "imported_at": newest, "file_name": "links.csv", "file_hash": "1"}
    session.add(LinkImport(**ids, **told, read=size.links, stored=size.links))
    session.flush()
    known = len(page_ids) - BRANDS
    pairs = rng.choice(known * BRANDS, size.links, replace=False)
    page, brand = pairs // BRANDS, pairs % BRANDS
    week = np.where(rng.random(size.links) < 0.5, -1, rng.integers(1, size.weeks, size.links))
    lost = np.where((week >= 0) & (rng.random(size.links) < 0.1), week + 4, size.weeks)
    anchors = ["see here", "Brand", "the best tool", "a review", ""]
    rows = [
        {
            "workspace_id": 1,
            "import_id": 1,
            "source_page_id": int(page_ids[p]),
            "source_domain_id": int(domain_ids[p]),
            "target_domain_id": int(domain_ids[known + b]),
            "source_url": urls[p],
            "target_url": urls[known + b],
            "anchor": anchors[(p + b) % len(anchors)],
            "nofollow": bool(p % 3 == 0),
            "first_seen": _moment(int(w)) if w >= 0 else _moment(-30),
            "lost_at": _moment(int(end)) if end < size.weeks else None,
        }
        for p, b, w, end in zip(page.tolist(), brand.tolist(), week.tolist(), lost.tolist(), strict=True)
    ]
    store.bulk_insert(session, Backlink, rows)
    begins = np.full((known, BRANDS), size.weeks, np.int64)
    begins[page, brand] = week
    ends = np.full((known, BRANDS), -1, np.int64)
    ends[page, brand] = lost
    return begins, ends


def _answers(
    session: Session,
    rng: np.random.Generator,
    size: Size,
    part: Any,
    pages: tuple[Any, Any, Any],
    begins: Any,
    ends: Any,
) -> None:
    page_ids, domain_ids, urls = pages
    n = len(part)
    prompt = part % PROMPTS
    engine = part // PROMPTS % ENGINES
    week = part // (PROMPTS * ENGINES) % size.weeks
    reach = (1 / np.arange(1, size.sites + 1) ** 0.8).cumsum()
    site = np.searchsorted(reach, rng.random((n, CITES)) * reach[-1])
    page = site * PAGES + (rng.random((n, CITES)) ** 2 * PAGES).astype(np.int64)
    live = (begins[page] <= week[:, None, None]) & (week[:, None, None] < ends[page])
    lifts = (live & (site % 10 == 3)[:, :, None]).any(axis=1)
    named = rng.random((n, BRANDS)) < np.clip(
        0.15 + 0.05 * ((np.arange(BRANDS) + prompt[:, None]) % 7) + 0.15 * lifts, 0, 1
    )
    moments = [_moment(w) for w in range(size.weeks)]
    ids = (part + 1).tolist()
    everywhere = {"workspace_id": 1}
    weeks = week.tolist()
    at = [moments[w] for w in weeks]
    asked = {"prompt_id": (prompt + 1).tolist(), "engine_id": (engine + 1).tolist()}
    asked["run_id"] = (week + 1).tolist()
    repeats = (part // (PROMPTS * ENGINES * size.weeks)).tolist()
    store.insert_columns(
        session,
        Ask,
        {
            "id": ids,
            **asked,
            "repeat": repeats,
            "model": ["openai/gpt-5"] * n,
            "state": ["answered"] * n,
            **{name: [1] * n for name in ("attempts", "estimated_micros", "spent_micros")},
            "reserved_micros": [0] * n,
            "ended_at": at,
        },
        **everywhere,
    )
    body = [WORDS * 4 + ", ".join(f"**Brand{b}**" for b in np.flatnonzero(row)) + "." for row in named]
    store.insert_columns(
        session,
        Answer,
        {
            "id": ids,
            "ask_id": ids,
            **asked,
            "fingerprint": [f"a{key}" for key in ids],
            "repeat": repeats,
            "asked_at": at,
            "week": [START + timedelta(weeks=w) for w in weeks],
            "model": ["openai/gpt-5"] * n,
            "served_model": ["gpt-5-2026"] * n,
            "surface": ["api"] * n,
            "shape": ["chat"] * n,
            "text": body,
            "search_used": [True] * n,
            "citations_known": [True] * n,
            "reader_version": ["1"] * n,
        },
        **everywhere,
    )
    flat = page.ravel()
    store.insert_columns(
        session,
        Citation,
        {
            "answer_id": np.repeat(part + 1, CITES).tolist(),
            "page_id": page_ids[flat].tolist(),
            "domain_id": domain_ids[flat].tolist(),
            "kind": ["cited"] * len(flat),
            "position": list(range(1, CITES + 1)) * n,
            "url": urls[flat].tolist(),
            "title": ["A page about tools"] * len(flat),
        },
        **everywhere,
    )
    who, which = np.nonzero(named)
    order = np.cumsum(named, axis=1)[who, which]
    store.insert_columns(
        session,
        Mention,
        {
            "answer_id": (part[who] + 1).tolist(),
            "brand_id": (which + 1).tolist(),
            "position": order.tolist(),
            "count": [1] * len(who),
            "first_offset": [0] * len(who),
            "stance": ["named"] * len(who),
        },
        **everywhere,
    )
