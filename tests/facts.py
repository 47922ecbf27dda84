"""Small worlds written straight into the tables, for the tests of what is computed from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine as Database
from sqlmodel import Session, SQLModel

from tracker import domains, renaming, store
from tracker.domains.ownership import is_host
from tracker.models import (
    Answer,
    AuthorityList,
    AuthorityValue,
    Backlink,
    Brand,
    Citation,
    Domain,
    Engine,
    LinkImport,
    Mention,
    Page,
    PageBrand,
    PageCheck,
    Prompt,
    Workspace,
)

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
BRANDS = (("Norvane", "norvane.com"), ("Oltera", "oltera.com"), ("Quillo", "quillo.io"))


def week(number: int, *, day: int = 0) -> datetime:
    return MONDAY + timedelta(days=7 * number + day)


def import_row(
    key: int, *, workspace: int = 1, vendor: str = "generic", scope: str = "all", day: date | None = None
) -> dict[str, Any]:
    """What an import of links is stored with."""
    return {
        "id": key,
        "workspace_id": workspace,
        "vendor": vendor,
        "layout": vendor,
        "scope": scope,
        "as_of": day or MONDAY.date(),
        "imported_at": MONDAY,
        "file_name": "f",
        "file_hash": f"{workspace}-{key}",
        "notes": {},
    }


@dataclass
class Facts:
    """Names in, rows out; ids are given in the order of the calls."""

    brands: Sequence[tuple[str, ...]] = BRANDS
    """Name, then what it owns (domains, pages, names under every country); the first brand is the own one."""
    engines: Sequence[str] = ("alpha", "beta")
    prompts: Sequence[str] = ("best crm", "crm for two people", "cheap crm")
    topics: dict[str, str] = field(default_factory=dict)
    countries: dict[str, str] = field(default_factory=dict)
    languages: dict[str, str] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    workspace: int = 1
    rows: dict[type[SQLModel], list[dict[str, Any]]] = field(default_factory=dict)
    first_answer: int = 1

    def __post_init__(self) -> None:
        self.brand_ids = {b[0]: self.workspace * 100 + i for i, b in enumerate(self.brands)}
        self.engine_ids = {name: self.workspace * 100 + i for i, name in enumerate(self.engines)}
        self.prompt_ids = {text: self.workspace * 10_000 + i for i, text in enumerate(self.prompts)}
        self.stored: set[tuple[type[SQLModel], int]] = set()
        ws = {"workspace_id": self.workspace}
        self._add(Workspace, id=self.workspace, name=f"ws{self.workspace}")
        for i, (name, *mine) in enumerate(self.brands):
            self._add(
                Brand,
                **ws,
                id=self.brand_ids[name],
                key=name.casefold(),
                name=name,
                own=i == 0,
                domains=[each for each in mine if is_host(each)],
                owns=[each for each in mine if not is_host(each)],
                aliases=[],
                not_phrases=[],
                active=True,
            )
        for name, key in self.engine_ids.items():
            self._add(Engine, **ws, id=key, name=name, model=f"model/{name}")
        for text, key in self.prompt_ids.items():
            self._add(
                Prompt,
                **ws,
                id=key,
                key=text,
                text=text,
                topic=self.topics.get(text, "crm"),
                country=self.countries.get(text),
                language=self.languages.get(text),
                weight=self.weights.get(text, 1.0),
            )

    def _add(self, table: type[SQLModel], **row: Any) -> None:
        self.rows.setdefault(table, []).append(row)

    def _domain(self, name: str) -> int:
        key = domains.domain_id(name)
        if (Domain, key) not in self.stored:
            self.stored.add((Domain, key))
            self._add(Domain, id=key, name=name)
        return key

    def _page(self, url: str) -> tuple[int, int]:
        found = domains.parse(url)
        key, domain = domains.page_id(found.canonical), self._domain(found.domain)
        if (Page, key) not in self.stored:
            self.stored.add((Page, key))
            self._add(Page, id=key, domain_id=domain, host=found.host, url=found.canonical)
        return key, domain

    def answer(
        self,
        prompt: str,
        engine: str = "alpha",
        at: datetime = MONDAY,
        *,
        named: Iterable[str] = (),
        absent: Iterable[str] = (),
        cited: Iterable[str] = (),
        retrieved: Iterable[str] = (),
        repeat: int = 0,
        served: str | None = "m1",
        searched: bool | None = True,
        known: bool = True,
        problem: str | None = None,
        text: str = "some text",
        surface: str = "api",
        stop: str | None = None,
    ) -> int:
        key = self.first_answer
        self.first_answer += 1
        self._add(
            Answer,
            id=key,
            workspace_id=self.workspace,
            prompt_id=self.prompt_ids[prompt],
            engine_id=self.engine_ids[engine],
            fingerprint=f"{self.workspace}-{key}",
            repeat=repeat,
            asked_at=at,
            week=at.date() - timedelta(days=at.weekday()),
            model=f"model/{engine}",
            served_model=served,
            surface=surface,
            text=text,
            search_used=searched,
            citations_known=known,
            problem=problem,
            stop=stop,
        )
        for stance, names in (("named", named), ("absent", absent)):
            for place, name in enumerate(names, start=1):
                self._add(
                    Mention,
                    workspace_id=self.workspace,
                    answer_id=key,
                    brand_id=self.brand_ids[name],
                    position=place,
                    count=place,
                    first_offset=0,
                    stance=stance,
                )
        for kind, urls in (("cited", cited), ("retrieved", retrieved)):
            for place, url in enumerate(urls, start=1):
                page, domain = self._page(url)
                self._add(
                    Citation,
                    workspace_id=self.workspace,
                    answer_id=key,
                    page_id=page,
                    domain_id=domain,
                    kind=kind,
                    position=place,
                    url=url,
                )
        return key

    def link_import(
        self, key: int, *, vendor: str = "generic", scope: str = "all", day: date | None = None
    ) -> int:
        self._add(
            LinkImport, **import_row(key, workspace=self.workspace, vendor=vendor, scope=scope, day=day)
        )
        return key

    def link(
        self,
        source: str,
        target: str,
        *,
        first: datetime | None = None,
        lost: datetime | None = None,
        imported: int = 1,
        page_known: bool = True,
        **more: Any,
    ) -> None:
        if not any(row["id"] == imported for row in self.rows.get(LinkImport, [])):
            self.link_import(imported)
        page, domain = self._page(source)
        _, aim = self._page(target)
        self._add(
            Backlink,
            workspace_id=self.workspace,
            import_id=imported,
            source_page_id=page if page_known else None,
            source_domain_id=domain,
            target_domain_id=aim,
            source_url=source if page_known else None,
            target_url=target,
            first_seen=first,
            lost_at=lost,
            **more,
        )

    def look(
        self,
        url: str,
        at: datetime = MONDAY,
        *,
        named: Iterable[str] = (),
        linked: Iterable[str] = (),
        followed: Iterable[str] = (),
        state: str = "fetched",
    ) -> None:
        """A look at a page that names these brands in this order, links to some, and follows some links."""
        key = len(self.rows.get(PageCheck, [])) + 1
        page, _ = self._page(url)
        self._add(
            PageCheck, id=key, workspace_id=self.workspace, page_id=page, checked_at=at, state=state, named=[]
        )
        names, links, follows = list(named), set(linked) | set(followed), set(followed)
        for name in [*names, *sorted(links - set(names))]:
            self._add(
                PageBrand,
                check_id=key,
                brand_id=self.brand_ids[name],
                rank=names.index(name) + 1 if name in names else None,
                linked=name in links,
                followed=name in follows,
            )

    def authority(
        self, metric: str, values: dict[str, float], *, day: date = date(2026, 1, 1), **more: Any
    ) -> None:
        key = len(self.rows.get(AuthorityList, [])) + 1
        row = {"metric": metric, "as_of": day, "imported_at": MONDAY, "source": "a file", "rows": len(values)}
        self._add(AuthorityList, id=key, file_hash=str(key), **{**row, **more})
        for name, value in values.items():
            self._add(AuthorityValue, list_id=key, domain_id=self._domain(name), value=value)

    def store(self, database: Database) -> None:
        with store.writing(database) as session:
            self.store_in(session)

    def store_in(self, session: Session) -> None:
        order = [Workspace, Brand, Engine, Prompt, Domain, Page, Answer, Mention, Citation, LinkImport]
        order += [Backlink, AuthorityList, AuthorityValue, PageCheck, PageBrand]
        for table in order:
            waiting = self.rows.pop(table, [])
            for shape in {frozenset(row) for row in waiting}:
                part = [row for row in waiting if frozenset(row) == shape]
                store.bulk_insert(session, table, part, ignore=table in (Domain, Page))
        renaming.remember(session)
