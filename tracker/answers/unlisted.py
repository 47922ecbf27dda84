"""What answers cite and the catalog may have forgotten: sites called like a brand, and what is no address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from tracker import domains
from tracker.answers.counted import ANSWER
from tracker.answers.owned import BRAND, CITATION, domains_named, estates
from tracker.domains.hosts import registry_suffix
from tracker.domains.ownership import Estate

SHORTEST = 3
"""Letters of a name below which another site of that name says nothing."""
EXAMPLES = 3


@dataclass(frozen=True)
class Unlisted:
    """A cited site that is called like a brand's and that no brand owns: perhaps it forgot one."""

    domain: str
    brand: str
    own: bool
    answers: int


@dataclass(frozen=True)
class NoAddresses:
    """Citations that name no page on the web: they are in no share and in no list of sources."""

    citations: int
    examples: tuple[str, ...]


def unlisted(connection: Connection, workspace_id: int) -> list[Unlisted]:
    """Sites named like a brand's own domain under another suffix (`norvane.de`), most cited first."""
    mine = estates(connection, workspace_id)
    brands = connection.execute(
        select(BRAND.c.id, BRAND.c.name, BRAND.c.own)
        .where(BRAND.c.workspace_id == workspace_id, BRAND.c.active)
        .order_by(BRAND.c.own.desc(), BRAND.c.id)
    ).all()
    owned = {name for estate in mine.values() for name in (*estate.domains, *dict(estate.hosts).values())}
    taken = owned | {host for estate in mine.values() for host, _ in estate.hosts}
    brand_of: dict[str, tuple[str, bool]] = {}
    for key, name, own in brands:
        for domain in domains_named(connection, _labels(mine[key])):
            if domain not in taken:
                brand_of.setdefault(domain, (name, bool(own)))
    answers = _cited(connection, workspace_id, {domains.domain_id(name): name for name in brand_of})
    rows = [Unlisted(domain, *brand_of[domain], count) for domain, count in answers.items()]
    return sorted(rows, key=lambda row: (not row.own, -row.answers, row.domain))


def _labels(estate: Estate) -> set[str]:
    """`norvane` of `norvane.com`, where the name is the brand's own and not a platform's."""
    labels = set()
    for domain in estate.domains:
        suffix = registry_suffix(domain)
        label = domain.removesuffix(f".{suffix}") if suffix else domain
        labels.add(label.partition(".")[0])
    return {label for label in labels if len(label) >= SHORTEST}


def _cited(connection: Connection, workspace_id: int, ids: Mapping[int, str]) -> dict[str, int]:
    counts = (
        select(CITATION.c.domain_id, func.count(CITATION.c.answer_id.distinct()))
        .where(
            CITATION.c.workspace_id == workspace_id,
            CITATION.c.kind == "cited",
            CITATION.c.domain_id.in_(sorted(ids)),
        )
        .group_by(CITATION.c.domain_id)
    )
    return {ids[int(key)]: int(count) for key, count in connection.execute(counts)} if ids else {}


def no_addresses(connection: Connection, workspace_id: int) -> NoAddresses:
    """Cited references of this workspace that name no page."""
    nowhere = (
        select(CITATION.c.url, func.count())
        .join(ANSWER, ANSWER.c.id == CITATION.c.answer_id)
        .where(
            CITATION.c.workspace_id == workspace_id,
            CITATION.c.kind == "cited",
            CITATION.c.domain_id.is_(None),
        )
        .group_by(CITATION.c.url)
        .order_by(func.count().desc(), CITATION.c.url)
    )
    rows = [(str(url), int(count)) for url, count in connection.execute(nowhere)]
    rows = [(url, count) for url, count in rows if domains.try_parse(url) is None]
    return NoAddresses(sum(count for _, count in rows), tuple(url for url, _ in rows[:EXAMPLES]))
