"""Which cited domains no person, list, rule or page speaks for, and what a judge reads about them."""

from __future__ import annotations

from sqlalchemy import Engine

from analysis import frames
from analysis.classes.classify import LISTED, Classifier
from analysis.frames import Scope, World
from tracker import domains
from tracker.judge.task import Task

DOMAIN = Task("domain", "kind", LISTED, ("text",))
PAGES = 8
"""Cited pages that a judge is shown of a domain, the most cited first."""
MOST = 2_000


def unknown_domains(
    database: Engine, world: World, classifier: Classifier, *, most: int = MOST
) -> list[tuple[str, str]]:
    """(domain, what is known of it) of the cited domains that are `other` for want of evidence, most cited
    first."""
    cited = frames.sources(database, world, Scope())
    names = [str(name) for name in cited[cited["answers"] > 0]["domain"].head(5 * most)]
    maybe = [name for name in names if classifier.domain(name).basis in ("nothing known", "a judge")][:most]
    ids = {domains.domain_id(name): name for name in maybe}
    pages: dict[str, list[tuple[str, str | None]]] = {}
    cited_pages = frames.pages_of(database, world, Scope(), list(ids)) if ids else None
    for row in [] if cited_pages is None else cited_pages.to_dict("records"):
        pages.setdefault(ids[int(row["source_id"])], []).append((str(row["url"]), row["title"]))
    return [
        (name, _described(name, pages.get(name, [])))
        for name in maybe
        if _is_unknown(classifier, name, pages.get(name, []))
    ]


def _is_unknown(classifier: Classifier, name: str, pages: list[tuple[str, str | None]]) -> bool:
    kinds = [classifier.page(url, title).kind for url, title in pages]
    return classifier.domain(name, kinds).basis in ("nothing known", "a judge")


def _described(name: str, pages: list[tuple[str, str | None]]) -> str:
    lines = [f"- {title or 'no title'} <{url}>" for url, title in pages[:PAGES]]
    return "\n".join([f"Domain: {name}", "Cited pages:", *(lines or ["none known"])])
