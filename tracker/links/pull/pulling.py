"""Links from the API of a vendor: planned with their cost, asked page by page, and stored as one import.

Every page stands in the database before it is asked and again with its rows. A process that dies loses
nothing that was paid for: the next one goes on behind the last page that came, and counts a page without an
end as paid.
"""

from __future__ import annotations

import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine as Database
from sqlalchemy import func
from sqlmodel import Session, col, select

from tracker import domains, leases, retry_after, settings, store
from tracker.engines import hosts
from tracker.errors import BudgetError, DataError, EngineError, UsageError
from tracker.links.authority_lists import AuthorityResult, import_authority
from tracker.links.imports import ImportResult, import_links
from tracker.links.pull.vendors import PageReply, PageRequest, RefusedError, Vendor
from tracker.models import Backlink as Link
from tracker.models import Citation, Domain, LinkPull, LinkPullPage

STALE = timedelta(days=3)
"""Pages of an unfinished pull that are older show another day than those to come: it begins anew."""
ATTEMPTS = 5
LONGEST_WAIT = 120.0
TIMEOUT = 60.0
LEASE = timedelta(minutes=10)


@dataclass(frozen=True)
class PullPlan:
    """What a pull would ask for and cost at most."""

    vendor: str
    target: str
    rows: int
    requests: int
    units: float
    usd: float
    spent_usd: float
    """By the pages of an unfinished pull that this one would continue."""
    rows_there: int

    def as_json(self) -> dict[str, object]:
        return {
            "vendor": self.vendor,
            "target": self.target,
            "rows": self.rows,
            "rows_there": self.rows_there,
            "requests": self.requests,
            "units": round(self.units, 6),
            "usd": round(self.usd, 6),
            "spent_usd": round(self.spent_usd, 6),
        }


@dataclass(frozen=True)
class Pulled:
    plan: PullPlan
    rows: int
    requests: int
    units: float
    usd: float
    complete: bool
    """The vendor had no further rows; otherwise the import is a sample."""
    stored: ImportResult | AuthorityResult | None

    def as_json(self) -> dict[str, object]:
        return {
            "plan": self.plan.as_json(),
            "rows": self.rows,
            "requests": self.requests,
            "units": round(self.units, 6),
            "usd": round(self.usd, 6),
            "complete": self.complete,
            "import": self.stored.as_json() if self.stored else None,
        }


@dataclass(frozen=True)
class Order:
    """What the user asks for."""

    vendor: Vendor
    workspace_id: int
    target: str
    rows: int
    budget_usd: float
    unit_usd: float | None = None
    """What one unit costs this user, where the vendor publishes no price in money."""

    @property
    def usd_per_unit(self) -> float:
        price = self.vendor.price.usd_per_unit if self.unit_usd is None else self.unit_usd
        if price is None:
            raise UsageError(
                f"what a unit of {self.vendor.name} costs depends on your plan",
                "give --unit-price with the USD for 1,000 units, or 0 if your plan has enough of them",
            )
        return price


def domain_named(text: str | None) -> str:
    address = (domains.try_parse(text) or domains.try_parse(f"http://{text}")) if text else None
    if address is None:
        raise UsageError(
            f"no site {text!r}" if text else "no site to pull links of", "give --target example.com"
        )
    return address.domain


def plan(session: Session, order: Order, now: datetime) -> PullPlan:
    open_pull = _open(session, order, now)
    there = _pages(session, open_pull) if open_pull else []
    rows_there = sum(page.rows for page in there)
    left = max(0, order.rows - rows_there)
    sizes = [min(order.vendor.page_rows, left - at) for at in range(0, left, order.vendor.page_rows)]
    units = sum(map(order.vendor.price.units, sizes))
    return PullPlan(
        vendor=order.vendor.name,
        target=order.target,
        rows=left,
        requests=len(sizes),
        units=units,
        usd=units * order.usd_per_unit,
        spent_usd=sum(page.usd for page in there),
        rows_there=rows_there,
    )


def pull(
    database: Database,
    order: Order,
    *,
    now: Callable[[], datetime],
    sleep: Callable[[float], None] = time.sleep,
    progress: Callable[[int, float], None] | None = None,
) -> Pulled:
    """Fetch and import. Raises `BudgetError` where the budget ends first; what came is kept and continued."""
    key = settings.key(order.vendor.key_variable)
    if key is None:
        raise EngineError(
            f"no key for {order.vendor.name}",
            f"set {order.vendor.key_variable} in the environment or in .env",
        )
    base = _base(order.vendor)
    me, thing = leases.holder(), f"pull {order.workspace_id} {order.vendor.name} {order.target}"
    if not leases.take(database, thing, me, LEASE):
        raise EngineError(
            f"another process pulls links to {order.target} from {order.vendor.name}", "wait for it"
        )
    try:
        with store.writing(database) as session:
            planned = plan(session, order, now())
            pull_id = (_open(session, order, now()) or _begun(session, order, now())).id or 0
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:
            asking = _Asking(database, order, pull_id, client, base, key.get_secret_value(), now, sleep)
            for rows, usd in asking.pages():
                leases.take(database, thing, me, LEASE)
                if progress:
                    progress(rows, usd)
        return _finished(database, order, pull_id, planned, now())
    finally:
        leases.drop(database, thing, me)


def _base(vendor: Vendor) -> str:
    """The vendor's address, or another that the environment names and allows a key to go to."""
    variable = f"{vendor.name.upper()}_API_BASE"
    base = settings.variables().get(variable, "").strip().rstrip("/") or vendor.base
    if not hosts.may_have_key(vendor.hosts, base):
        raise UsageError(f"{variable} sends the key for {vendor.name} to another host", hosts.WAY_OUT)
    return base


def _open(session: Session, order: Order, now: datetime) -> LinkPull | None:
    statement = select(LinkPull).where(
        LinkPull.workspace_id == order.workspace_id,
        LinkPull.vendor == order.vendor.name,
        LinkPull.target == order.target,
        col(LinkPull.done_at).is_(None),
        col(LinkPull.started_at) > now - STALE,
    )
    return session.exec(statement.order_by(col(LinkPull.id).desc())).first()


def _begun(session: Session, order: Order, now: datetime) -> LinkPull:
    begun = LinkPull(
        workspace_id=order.workspace_id,
        vendor=order.vendor.name,
        target=order.target,
        rows_wanted=order.rows,
        started_at=now,
    )
    session.add(begun)
    session.flush()
    return begun


def _pages(session: Session, begun: LinkPull | int) -> Sequence[LinkPullPage]:
    key = begun if isinstance(begun, int) else begun.id
    statement = select(LinkPullPage).where(LinkPullPage.pull_id == key)
    return session.exec(statement.order_by(col(LinkPullPage.number), col(LinkPullPage.attempt))).all()


@dataclass
class _Asking:
    database: Database
    order: Order
    pull_id: int
    client: httpx.Client
    base: str
    key: str
    now: Callable[[], datetime]
    sleep: Callable[[float], None]

    def pages(self) -> Iterator[tuple[int, float]]:
        """Rows and USD so far, after each page that came."""
        rows, usd, number, cursor = self._so_far()
        while cursor is not None and rows < self.order.rows:
            again = self.order.vendor.repeated(cursor)
            size = self._affordable(
                min(self.order.vendor.page_rows, self.order.rows - rows), again, rows, usd
            )
            page_id, units = self._announced(number, size + again)
            reply = self._asked(page_id, cursor, size)
            spent = units if reply.units is None else reply.units
            self._kept(page_id, reply, spent)
            rows, usd = rows + reply.rows, usd + spent * self.order.usd_per_unit
            cursor, number = reply.following, number + 1
            yield rows, usd
            if cursor is not None and rows < self.order.rows:
                self.sleep(self.order.vendor.pause)

    def _so_far(self) -> tuple[int, float, int, Any]:
        with store.reading(self.database) as session:
            pages = _pages(session, self.pull_id)
            came = [page for page in pages if page.body is not None]
            rows, usd = sum(page.rows for page in came), sum(page.usd for page in pages)
            if came:
                return rows, usd, came[-1].number + 1, came[-1].following
            return rows, usd, 0, self._first(session)

    def _first(self, session: Session) -> dict[str, Any]:
        if not self.order.vendor.by_domains:
            return {}
        return {"domains": domains_to_rate(session, self.order.workspace_id, self.order.rows)}

    def _affordable(self, rows: int, again: int, had: int, spent: float) -> int:
        """How many of these rows the rest of the budget pays for, beside those that come again."""
        price, unit = self.order.vendor.price, self.order.usd_per_unit
        left = self.order.budget_usd - spent + 1e-9
        if price.units(rows + again) * unit <= left:
            return rows
        per_row = price.units_per_row * unit
        fit = int((left - price.units_per_request * unit) / per_row) - again if per_row else 0
        if fit < 1 or price.units(fit + again) * unit > left:
            raise BudgetError(
                f"the budget of {self.order.budget_usd:.2f} USD is spent: {had:,} rows for {spent:.4f} USD "
                "are kept, nothing is imported yet",
                "run it again with a higher --budget to go on, or with --rows no higher than what is there "
                "to import that",
            )
        return fit

    def _announced(self, number: int, size: int) -> tuple[int, float]:
        units = self.order.vendor.price.units(size)
        with store.writing(self.database) as session:
            earlier = [page for page in _pages(session, self.pull_id) if page.number == number]
            page = LinkPullPage(
                pull_id=self.pull_id,
                number=number,
                attempt=len(earlier),
                asked_at=self.now(),
                units=units,
                usd=units * self.order.usd_per_unit,
            )
            session.add(page)
            session.flush()
            return page.id or 0, units

    def _asked(self, page_id: int, cursor: Any, size: int) -> PageReply:
        vendor = self.order.vendor
        request = vendor.request(self.order.target, cursor, size, self.key)
        for attempt in range(1, ATTEMPTS + 1):
            wait = min(LONGEST_WAIT, 2.0**attempt)
            try:
                status, headers, body = self._sent(request)
                return vendor.read(status, headers, body, cursor, size)
            except RefusedError as refused:
                if not (refused.too_fast or status >= 500) or attempt == ATTEMPTS:
                    self._unpaid(page_id)
                    raise _explained(vendor, self._without_key(refused.said), refused) from None
                wait = min(LONGEST_WAIT, retry_after.seconds(headers.get("retry-after"), self.now()) or wait)
            except httpx.ConnectError as error:
                if attempt == ATTEMPTS:
                    self._unpaid(page_id)
                    raise EngineError(
                        f"{vendor.name} cannot be reached: {self._without_key(str(error))}",
                        "run it again: it goes on behind the last page that came",
                    ) from None
            except httpx.HTTPError as error:
                raise EngineError(
                    f"{vendor.name} broke off: {type(error).__name__}; this page may have been paid",
                    "run it again: it goes on behind the last page that came",
                ) from None
            self.sleep(wait)
        raise AssertionError("unreachable")

    def _sent(self, request: PageRequest) -> tuple[int, httpx.Headers, bytes]:
        url = httpx.URL(self.base + request.path, params=dict(request.params) or None)
        if not hosts.may_have_key(self.order.vendor.hosts, str(url)):
            raise UsageError(
                f"a request for {self.order.vendor.name} would go to another host", hosts.WAY_OUT
            )
        method = "GET" if request.body is None else "POST"
        body = {} if request.body is None else {"json": request.body}
        response = self.client.request(method, url, headers=dict(request.headers), **body)
        return response.status_code, response.headers, response.content

    def _without_key(self, text: str) -> str:
        return text.replace(self.key, "…")[:300]

    def _kept(self, page_id: int, reply: PageReply, units: float) -> None:
        with store.writing(self.database) as session:
            page = session.get_one(LinkPullPage, page_id)
            page.ended_at = self.now()
            page.units, page.usd = units, units * self.order.usd_per_unit
            page.rows, page.following = reply.rows, dict(reply.following) if reply.following else None
            page.body = zlib.compress(reply.content)
            session.add(page)

    def _unpaid(self, page_id: int) -> None:
        """An answer that refuses costs nothing."""
        with store.writing(self.database) as session:
            page = session.get_one(LinkPullPage, page_id)
            page.ended_at, page.units, page.usd = self.now(), 0, 0
            session.add(page)


def _explained(vendor: Vendor, said: str, refused: RefusedError) -> EngineError:
    if refused.no_credit:
        return EngineError(
            f"{vendor.name} has no credit left for this key: {said}",
            "top it up and run this again: it goes on behind the last page that came",
        )
    if refused.too_fast:
        return EngineError(f"{vendor.name} wants fewer requests: {said}", "wait, and run this again")
    return EngineError(
        f"{vendor.name} refused: {said}",
        f"check {vendor.key_variable}, the plan it belongs to, and the target",
    )


def domains_to_rate(session: Session, workspace_id: int, most: int) -> list[str]:
    """The domains that answers cite or that link, those first that stand in most rows."""
    names: dict[str, None] = {}
    for table, key in ((Citation, Citation.domain_id), (Link, Link.source_domain_id)):
        statement = (
            select(Domain.name)
            .join(table, col(key) == col(Domain.id))
            .where(col(table.workspace_id) == workspace_id)
            .group_by(Domain.name)
            .order_by(func.count().desc(), Domain.name)
            .limit(most)
        )
        names |= dict.fromkeys(session.exec(statement))
    return list(names)[:most]


def _finished(database: Database, order: Order, pull_id: int, planned: PullPlan, now: datetime) -> Pulled:
    with store.reading(database) as session:
        begun = session.get_one(LinkPull, pull_id)
        pages = _pages(session, pull_id)
        came = [page for page in pages if page.body is not None]
        complete = bool(came) and came[-1].following is None
        rows = sum(page.rows for page in came)
        with _file(order, came) as path:
            stored = _imported(database, order, path, begun.started_at, complete, now) if rows else None
    _closed(database, pull_id, complete, now)
    return Pulled(
        plan=planned,
        rows=rows,
        requests=len(pages),
        units=sum(page.units for page in pages),
        usd=sum(page.usd for page in pages),
        complete=complete,
        stored=stored,
    )


def _closed(database: Database, pull_id: int, complete: bool, now: datetime) -> None:
    with store.writing(database) as session:
        begun = session.get_one(LinkPull, pull_id)
        begun.done_at, begun.complete = now, complete
        session.add(begun)
        for page in _pages(session, pull_id):
            page.body = None
            session.add(page)


@contextmanager
def _file(order: Order, pages: Sequence[LinkPullPage]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="citelift-pull-") as folder:
        path = Path(folder) / f"{order.vendor.name}-{order.target}.{order.vendor.suffix}"
        with path.open("wb") as file:
            for page in pages:
                file.write(zlib.decompress(page.body or b""))
        yield path


def _imported(
    database: Database, order: Order, path: Path, started: datetime, complete: bool, now: datetime
) -> ImportResult | AuthorityResult:
    day = started.astimezone(UTC).date()
    if order.vendor.by_domains:
        return import_authority(
            database, path, metric=order.vendor.name, as_of=day, now=now, source=path.name
        )
    try:
        return import_links(
            database,
            order.workspace_id,
            path,
            now=now,
            as_of=day,
            target=order.target,
            scope=None if complete else "sample",
            name=f"{path.stem}-{day}{path.suffix}",
        )
    except DataError as error:
        raise DataError(
            f"the reply of {order.vendor.name} is not what its documentation says: {error.problem}",
            error.hint,
        ) from None
