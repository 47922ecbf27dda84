"""Citations of the brands' own pages: what each brand owns, as ids and patterns for the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    String,
    and_,
    cast,
    column,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
    values,
)

from tracker import domains
from tracker.domains.ownership import ESCAPE, Estate, estate
from tracker.models import Brand, Citation, Domain, Page


def _table(model: Any) -> Any:
    return model.__table__


BRAND, CITATION, DOMAIN, PAGE = map(_table, (Brand, Citation, Domain, Page))


@dataclass(frozen=True)
class Owned:
    """What belongs to which brand: whole domains, and hosts and pages of domains that are not the brand's."""

    domains: tuple[tuple[int, int], ...]
    """(brand id, domain id)."""
    hosts: tuple[tuple[int, int, str], ...]
    """(brand id, domain id, host)."""
    pages: tuple[tuple[int, int, str, str], ...]
    """(brand id, domain id, a pattern that the comparable address fits, one that it does not)."""


def estates(connection: Connection, workspace_id: int) -> dict[int, Estate]:
    """What each brand owns; a name under every country is spelled out by the domains that are known."""
    wanted = (BRAND.c.id, BRAND.c.domains, BRAND.c.owns)
    rows = connection.execute(
        select(*wanted).where(BRAND.c.workspace_id == workspace_id).order_by(BRAND.c.id)
    )
    estate_of = {key: estate([*(names or ()), *(more or ())]) for key, names, more in rows}
    known = domains_named(connection, {label for mine in estate_of.values() for label in mine.labels})
    return {key: mine.among(known) if mine.labels else mine for key, mine in estate_of.items()}


def domains_named(connection: Connection, labels: Iterable[str]) -> list[str]:
    """The known domains whose first label is one of these."""
    names: list[str] = []
    for label in sorted(labels):
        # not LIKE: SQLite would read the whole table for it
        start, end = (DOMAIN.c.name.collate(_collation(connection)) for _ in range(2))
        statement = select(DOMAIN.c.name).where(start >= f"{label}.", end < f"{label}/")
        names += connection.execute(statement.order_by(DOMAIN.c.name)).scalars()
    return names


def _collation(connection: Connection) -> str:
    """The one that compares byte by byte."""
    return "BINARY" if connection.dialect.name == "sqlite" else "C"


def owned(connection: Connection, workspace_id: int) -> Owned:
    whole: set[tuple[int, int]] = set()
    hosts: set[tuple[int, int, str]] = set()
    pages: set[tuple[int, int, str, str]] = set()
    for brand_id, mine in estates(connection, workspace_id).items():
        whole |= {(brand_id, domains.domain_id(name)) for name in mine.domains}
        hosts |= {(brand_id, domains.domain_id(domain), host) for host, domain in mine.hosts}
        for part in mine.pages:
            pages |= {(brand_id, domains.domain_id(part.domain), like, part.unlike) for like in part.likes}
    return Owned(tuple(sorted(whole)), tuple(sorted(hosts)), tuple(sorted(pages)))


def own_citations(mine: Owned) -> Any:
    """Citations of the brands' own pages: (answer_id, brand_id, kind). The narrowest entry decides whose."""
    by_page, by_host = _by_page(mine), _by_host(mine)
    of_hosts, of_pages = {part[1] for part in mine.hosts}, {part[1] for part in mine.pages}
    apart = {domain for _, domain in mine.domains} & (of_hosts | of_pages)
    shared = of_hosts & of_pages
    whole = _values(
        "owned_domain", [column("brand_id", Integer), column("domain_id", BigInteger)], mine.domains
    )
    by_domain = select(CITATION.c.answer_id, whole.c.brand_id, CITATION.c.kind).join_from(
        CITATION, whole, CITATION.c.domain_id == whole.c.domain_id
    )
    if apart:
        by_domain = by_domain.where(_not_in(apart, [part for part in (by_page, by_host) if part is not None]))
    parts = [by_domain]
    if by_host is not None:
        part = select(by_host.c.answer_id, by_host.c.brand_id, by_host.c.kind)
        if by_page is not None and shared:
            part = part.where(by_host.c.citation_id.not_in(select(by_page.c.citation_id)))
        parts.append(part)
    if by_page is not None:
        parts.append(select(by_page.c.answer_id, by_page.c.brand_id, by_page.c.kind))
    return (union_all(*parts) if len(parts) > 1 else by_domain).subquery("own_citation")


def _not_in(apart: Iterable[int], narrower: Sequence[Any]) -> Any:
    taken = and_(*(CITATION.c.id.not_in(select(part.c.citation_id)) for part in narrower))
    return or_(CITATION.c.domain_id.not_in(sorted(apart)), taken)


def _by_host(mine: Owned) -> Any:
    if not mine.hosts:
        return None
    columns = [column("brand_id", Integer), column("domain_id", BigInteger), column("host", String)]
    part = _values("owned_host", columns, mine.hosts)
    on_host = or_(PAGE.c.host == part.c.host, PAGE.c.host.like("%." + part.c.host))
    return _citations(part, and_(PAGE.c.id == CITATION.c.page_id, on_host)).cte("own_by_host")


def _by_page(mine: Owned) -> Any:
    if not mine.pages:
        return None
    ids = [column("brand_id", Integer), column("domain_id", BigInteger)]
    columns = [*ids, column("fits", String), column("unlike", String)]
    part = _values("owned_page", columns, mine.pages)
    # as `tracker.domains.ownership.comparable` writes it
    written = func.lower(func.replace(func.replace(PAGE.c.url + "&", "?", "&"), "&", "&&"))
    fits = and_(
        PAGE.c.id == CITATION.c.page_id,
        written.like(part.c.fits, escape=ESCAPE),
        written.not_like(part.c.unlike, escape=ESCAPE),
    )
    return _citations(part, fits).distinct().cte("own_by_page")


def _citations(part: Any, on_page: Any) -> Any:
    return (
        select(CITATION.c.id.label("citation_id"), CITATION.c.answer_id, part.c.brand_id, CITATION.c.kind)
        .join_from(CITATION, part, CITATION.c.domain_id == part.c.domain_id)
        .join(PAGE, on_page)
    )


def _values(name: str, columns: Sequence[Any], rows: Sequence[tuple[Any, ...]]) -> Any:
    """Literal rows to join with; a select that returns none where there are none."""
    if rows:
        return values(*columns, name=name).data(list(rows)).cte(name)
    return select(*(cast(null(), c.type).label(c.name) for c in columns)).where(literal(1) == 0).cte(name)
