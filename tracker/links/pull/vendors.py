"""The vendors of links that answer by API: how a page of rows is asked for, and what its reply says.

Each after its documentation: docs.ahrefs.com (v3, site-explorer/all-backlinks), docs.dataforseo.com
(backlinks/backlinks/live), developer-support.majestic.com (GetBackLinkData), developer.semrush.com (type
backlinks), domcop.com/openpagerank/documentation, learn.microsoft.com (Bing Webmaster API, GetLinkCounts and
GetUrlLinks).
"""

from __future__ import annotations

import base64
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.shipped import words_of

Cursor = Mapping[str, Any]
"""Where the next page begins, in the vendor's terms; it is stored between two pages."""


@dataclass(frozen=True)
class PageRequest:
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    """JSON to post; None: it is a GET."""


@dataclass(frozen=True)
class PageReply:
    rows: int
    content: bytes
    """What of the reply goes into the file that is imported."""
    following: Cursor | None
    """None: this was the last page."""
    units: float | None = None
    """What the vendor says it cost; None: it does not say."""


class RefusedError(Exception):
    """The vendor answered, and not with rows."""

    def __init__(self, said: str, *, no_credit: bool = False, too_fast: bool = False) -> None:
        super().__init__(said)
        self.said = said
        self.no_credit = no_credit
        self.too_fast = too_fast


@dataclass(frozen=True)
class Price:
    units_per_row: float
    units_per_request: float
    least_units: float
    usd_per_unit: float | None

    def units(self, rows: int) -> float:
        return max(self.least_units, self.units_per_request + rows * self.units_per_row)


PRICES = {name: Price(**row) for name, row in words_of("tracker.links.pull", "prices.yaml").items()}


class Vendor(ABC):
    name: str
    base: str
    hosts: tuple[str, ...]
    key_variable: str
    page_rows: int
    """The most rows of one request."""
    pause: float = 0.0
    """Seconds between two requests, as the documentation asks."""
    suffix = "json"
    by_domains = False
    """It is asked about domains, and answers with an authority value for each."""

    @property
    def price(self) -> Price:
        return PRICES[self.name]

    def repeated(self, cursor: Cursor) -> int:
        """Rows of earlier pages that the next one has again, and is paid for again."""
        return 0

    @abstractmethod
    def request(self, target: str, cursor: Cursor, rows: int, key: str) -> PageRequest: ...

    @abstractmethod
    def read(
        self, status: int, headers: Mapping[str, str], body: bytes, cursor: Cursor, rows: int
    ) -> PageReply:
        """Raises `RefusedError` for a reply without rows that is not the end."""


def _object(status: int, body: bytes) -> dict[str, Any]:
    try:
        reply = json.loads(body)
    except ValueError:
        raise RefusedError(f"HTTP {status} and no JSON", too_fast=status == 429) from None
    if not isinstance(reply, dict):
        raise RefusedError(f"HTTP {status} and no JSON object", too_fast=status == 429)
    return reply


def _content(name: str, rows: list[Any]) -> bytes:
    return json.dumps({name: rows}, ensure_ascii=False).encode() + b"\n" if rows else b""


class Ahrefs(Vendor):
    name = "ahrefs"
    base = "https://api.ahrefs.com/v3"
    hosts = ("api.ahrefs.com",)
    key_variable = "AHREFS_API_KEY"
    page_rows = 1_000
    pause = 1.0
    fields = (
        "url_from,url_to,title,anchor,alt,link_type,is_nofollow,is_ugc,is_sponsored,is_spam,first_seen_link,"
        "last_visited,last_seen,lost_reason,domain_rating_source"
    )

    def repeated(self, cursor: Cursor) -> int:
        return len(cursor.get("had", ()))

    def request(self, target: str, cursor: Cursor, rows: int, key: str) -> PageRequest:
        """Pages follow each other by the day a link was first seen: an offset is no longer taken."""
        params: dict[str, Any] = {
            "target": target,
            "mode": "subdomains",
            "history": "all_time",
            "aggregation": "all",
            "order_by": "first_seen_link:asc",
            "select": self.fields,
            "limit": rows + self.repeated(cursor),
            "output": "json",
        }
        if since := cursor.get("since"):
            params["where"] = json.dumps({"field": "first_seen_link", "is": ["gte", since]})
        return PageRequest(
            "/site-explorer/all-backlinks",
            params,
            {"Authorization": f"Bearer {key}", "Accept": "application/json"},
        )

    def read(
        self, status: int, headers: Mapping[str, str], body: bytes, cursor: Cursor, rows: int
    ) -> PageReply:
        reply = _object(status, body)
        if status != 200 or not isinstance(reply.get("backlinks"), list):
            said = str(reply.get("error", f"HTTP {status}"))
            spent = status == 402 or (status == 403 and "unit" in said.casefold())
            raise RefusedError(said, no_credit=spent, too_fast=status == 429)
        found = reply["backlinks"]
        had = set(map(tuple, cursor.get("had", ())))
        fresh = [row for row in found if _end(row) not in had]
        units = headers.get("x-api-units-cost-total-actual") or headers.get("x-api-units-cost-total")
        more = len(found) >= rows + self.repeated(cursor)
        following = self._following(found, fresh, cursor) if more else None
        return PageReply(len(fresh), _content("backlinks", fresh), following, float(units) if units else None)

    def _following(self, found: list[dict[str, Any]], fresh: list[dict[str, Any]], cursor: Cursor) -> Cursor:
        since = found[-1].get("first_seen_link")
        if not since:
            raise RefusedError("a link has no first day, so the next page cannot be asked for")
        had = [_end(row) for row in fresh if row.get("first_seen_link") == since]
        if since == cursor.get("since"):
            had += [(a, b, c) for a, b, c in cursor.get("had", ())]
        return {"since": since, "had": had}


def _end(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(row.get("url_from")), str(row.get("url_to")), str(row.get("anchor"))


class DataForSeo(Vendor):
    name = "dataforseo"
    base = "https://api.dataforseo.com/v3"
    hosts = ("api.dataforseo.com",)
    key_variable = "DATAFORSEO_API_KEY"
    page_rows = 1_000
    pause = 0.03

    def request(self, target: str, cursor: Cursor, rows: int, key: str) -> PageRequest:
        """The key is `login:password`, as the account names them."""
        task: dict[str, Any] = {
            "target": target,
            "mode": "as_is",
            "backlinks_status_type": "all",
            "include_subdomains": True,
            "limit": rows,
            "order_by": ["first_seen,asc"],
        }
        if token := cursor.get("token"):
            task["search_after_token"] = token
        credentials = base64.b64encode(key.encode()).decode()
        return PageRequest(
            "/backlinks/backlinks/live", headers={"Authorization": f"Basic {credentials}"}, body=[task]
        )

    def read(
        self, status: int, headers: Mapping[str, str], body: bytes, cursor: Cursor, rows: int
    ) -> PageReply:
        reply = _object(status, body)
        task = (reply.get("tasks") or [{}])[0]
        code = task.get("status_code") or reply.get("status_code")
        if status != 200 or code != 20_000:
            said = str(task.get("status_message") or reply.get("status_message") or f"HTTP {status}")
            spent = status == 402 or code in (40_200, 40_210)
            raise RefusedError(f"{code}: {said}", no_credit=spent, too_fast=status == 429 or code == 40_202)
        result = (task.get("result") or [{}])[0] or {}
        found = result.get("items") or []
        token = result.get("search_after_token")
        following = {"token": token} if token and len(found) >= rows else None
        return PageReply(len(found), _content("items", found), following, task.get("cost"))


class Majestic(Vendor):
    name = "majestic"
    base = "https://api.majestic.com"
    hosts = ("api.majestic.com",)
    key_variable = "MAJESTIC_API_KEY"
    page_rows = 5_000

    def request(self, target: str, cursor: Cursor, rows: int, key: str) -> PageRequest:
        params = {
            "app_api_key": key,
            "cmd": "GetBackLinkData",
            "item": target,
            "datasource": "fresh",
            "Count": rows,
            "From": cursor.get("from", 0),
            "ShowDomainInfo": 0,
        }
        return PageRequest("/api/json", params)

    def read(
        self, status: int, headers: Mapping[str, str], body: bytes, cursor: Cursor, rows: int
    ) -> PageReply:
        reply = _object(status, body)
        code = str(reply.get("Code", f"HTTP {status}"))
        if status != 200 or code != "OK":
            said = f"{code}: {reply.get('ErrorMessage') or ''}".rstrip(": ")
            spent = code.startswith("Insufficient")
            raise RefusedError(said, no_credit=spent, too_fast=status == 429 or "RateLimit" in code)
        found = reply.get("DataTables", {}).get("BackLinks", {}).get("Data") or []
        following = {"from": cursor.get("from", 0) + len(found)} if len(found) >= rows else None
        return PageReply(len(found), _content("Data", found), following)


class Semrush(Vendor):
    name = "semrush"
    base = "https://api.semrush.com"
    hosts = ("api.semrush.com",)
    key_variable = "SEMRUSH_API_KEY"
    page_rows = 10_000
    pause = 0.1
    suffix = "csv"
    columns = (
        "page_ascore,source_title,source_url,target_url,anchor,external_num,internal_num,first_seen,last_seen,"
        "nofollow,sponsored,ugc,image,frame,form,newlink,lostlink"
    )
    nothing = "ERROR 50"
    spent = ("ERROR 131", "ERROR 132", "ERROR 134")
    too_fast = ("ERROR 135", "ERROR 130")

    def request(self, target: str, cursor: Cursor, rows: int, key: str) -> PageRequest:
        """The limit of a request counts from the first row and not from the offset."""
        offset = cursor.get("offset", 0)
        params = {
            "key": key,
            "type": "backlinks",
            "target": target,
            "target_type": "root_domain",
            "export_columns": self.columns,
            "display_offset": offset,
            "display_limit": offset + rows,
        }
        return PageRequest("/analytics/v1/", params)

    def read(
        self, status: int, headers: Mapping[str, str], body: bytes, cursor: Cursor, rows: int
    ) -> PageReply:
        text = body.lstrip(b"\xef\xbb\xbf \r\n")
        said = text[:200].decode("utf-8", "replace").splitlines()[0] if text else f"HTTP {status}"
        if said.startswith(self.nothing):
            return PageReply(0, b"", None)
        if status != 200 or said.startswith("ERROR") or ";" not in said:
            fast = status == 429 or said.startswith(self.too_fast)
            raise RefusedError(said, no_credit=said.startswith(self.spent), too_fast=fast)
        header, _, lines = text.replace(b"\r\n", b"\n").partition(b"\n")
        lines = lines.rstrip(b"\n") + b"\n" if lines.strip() else b""
        offset = cursor.get("offset", 0)
        count = _csv_rows(lines)
        content = lines if offset else header + b"\n" + lines
        return PageReply(count, content, {"offset": offset + count} if count >= rows else None)


def _csv_rows(lines: bytes) -> int:
    """A quoted title may hold line breaks."""
    count = 0
    open_quote = False
    for line in lines.splitlines():
        open_quote ^= line.count(b'"') % 2 == 1
        count += not open_quote
    return count


class OpenPageRank(Vendor):
    name = "openpagerank"
    base = "https://openpagerank.com/api/v1.0"
    hosts = ("openpagerank.com",)
    key_variable = "OPENPAGERANK_API_KEY"
    page_rows = 100
    pause = 0.4
    by_domains = True

    def request(self, target: str, cursor: Cursor, rows: int, key: str) -> PageRequest:
        at = cursor.get("at", 0)
        params = {f"domains[{n}]": name for n, name in enumerate(cursor["domains"][at : at + rows])}
        return PageRequest("/getPageRank", params, {"API-OPR": key})

    def read(
        self, status: int, headers: Mapping[str, str], body: bytes, cursor: Cursor, rows: int
    ) -> PageReply:
        reply = _object(status, body)
        if status != 200 or not isinstance(reply.get("response"), list):
            raise RefusedError(str(reply.get("error") or f"HTTP {status}"), too_fast=status == 429)
        ranked = [row for row in reply["response"] if row.get("status_code") == 200]
        at = cursor.get("at", 0) + rows
        following = {**cursor, "at": at} if at < len(cursor["domains"]) else None
        return PageReply(len(ranked), _content("response", ranked), following)


class Bing(Vendor):
    name = "bing"
    base = "https://ssl.bing.com/webmaster/api.svc/json"
    hosts = ("ssl.bing.com",)
    key_variable = "BING_WEBMASTER_API_KEY"
    page_rows = 1_000
    pause = 0.5

    def request(self, target: str, cursor: Cursor, rows: int, key: str) -> PageRequest:
        """First the pages that are linked to, then, page by page, who links to each of them."""
        site = {"siteUrl": f"https://{target}/", "apikey": key, "page": cursor.get("page", 0)}
        if (at := cursor.get("at")) is None:
            return PageRequest("/GetLinkCounts", site)
        return PageRequest("/GetUrlLinks", {**site, "link": cursor["pages"][at]})

    def read(
        self, status: int, headers: Mapping[str, str], body: bytes, cursor: Cursor, rows: int
    ) -> PageReply:
        reply = _object(status, body)
        if status != 200 or not isinstance(reply.get("d"), dict):
            said = str(reply.get("Message") or f"HTTP {status}")
            raise RefusedError(said, too_fast=status == 429 or "throttl" in said.casefold())
        found, page = reply["d"], cursor.get("page", 0)
        more = page + 1 < int(found.get("TotalPages") or 0)
        pages, at = list(cursor.get("pages", ())), cursor.get("at")
        if at is None:
            pages += [row["Url"] for row in found.get("Links") or ()]
            following = {"pages": pages, "page": page + 1} if more else {"pages": pages, "at": 0}
            return PageReply(0, b"", following if pages else None)
        links = [{**row, "TargetUrl": pages[at]} for row in found.get("Details") or ()]
        last = not more and at + 1 >= len(pages)
        step = {"at": at, "page": page + 1} if more else {"at": at + 1, "page": 0}
        return PageReply(len(links), _content("Details", links), None if last else {"pages": pages, **step})


VENDORS: dict[str, Vendor] = {
    vendor.name: vendor for vendor in (Ahrefs(), DataForSeo(), Majestic(), Semrush(), OpenPageRank(), Bing())
}
