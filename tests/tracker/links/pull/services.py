"""Services on loopback that answer as the vendors' documentation says, and refuse whatever it does not."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "login:secret-key-1234"
SITE = "acme-widgets.example"
Answer = tuple[int, dict[str, str], bytes]


class Service:
    """One vendor. `links` are what it knows; `trouble` are answers that come before the right one."""

    def __init__(self, vendor: str, links: int) -> None:
        self.vendor = vendor
        self.links = [
            {
                "from": f"https://site{n}.example/p",
                "to": f"https://{SITE}/x",
                "day": f"2026-03-{n // 4 + 1:02d}",
            }
            for n in range(links)
        ]
        self.trouble: list[Answer] = []
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.wrong: list[str] = []
        self.hold: threading.Event | None = None
        self.pages_before_hold = 0

    def answer(self, method: str, path: str, query: dict[str, str], headers: Any, body: bytes) -> Answer:
        self.seen.append((path, query))
        if self.hold is not None and len(self.seen) > self.pages_before_hold:
            self.hold.wait(30)
        if self.trouble:
            return self.trouble.pop(0)
        try:
            return getattr(self, self.vendor)(method, path, query, headers, body)  # type: ignore[no-any-return]
        except (AssertionError, KeyError, ValueError) as error:
            self.wrong.append(f"{method} {path} {query}: {error!r}")
            return 400, {}, b'{"error": "bad request"}'

    def ahrefs(self, method: str, path: str, query: dict[str, str], headers: Any, body: bytes) -> Answer:
        assert (method, path) == ("GET", "/site-explorer/all-backlinks")
        if headers["authorization"] != f"Bearer {KEY}":
            return 401, {}, b'{"error": "Unauthorized"}'
        assert query["target"] == SITE
        assert query["mode"] in ("exact", "prefix", "domain", "subdomains")
        assert "offset" not in query  # no longer supported
        limit, fields = int(query["limit"]), query["select"].split(",")
        assert query["order_by"] == "first_seen_link:asc"
        since = ""
        if "where" in query:
            where = json.loads(query["where"])
            assert where["field"] == "first_seen_link"
            (op, since) = where["is"]
            assert op == "gte"
        found = [link for link in self.links if f"{link['day']}T00:00:00Z" >= since][:limit]
        named = {"url_from": "from", "url_to": "to"}
        rows = [
            {
                f: link[named[f]]
                if f in named
                else f"{link['day']}T00:00:00Z"
                if f == "first_seen_link"
                else None
                for f in fields
            }
            for link in found
        ]
        cost = max(50, len(rows) * len(fields))
        return 200, {"x-api-units-cost-total-actual": str(cost)}, _json({"backlinks": rows})

    def dataforseo(self, method: str, path: str, query: dict[str, str], headers: Any, body: bytes) -> Answer:
        assert (method, path) == ("POST", "/backlinks/backlinks/live")
        if headers["authorization"] != "Basic " + base64.b64encode(KEY.encode()).decode():
            return 401, {}, _json({"status_code": 40_100, "status_message": "You are not authorized."})
        (task,) = json.loads(body)
        assert task["target"] == SITE
        assert 1 <= task["limit"] <= 1000
        start = int(task.get("search_after_token", "0"))
        found = self.links[start : start + task["limit"]]
        items = [
            {
                "type": "backlink",
                "domain_from": "x",
                "url_from": each["from"],
                "url_to": each["to"],
                "first_seen": f"{each['day']} 00:00:00 +00:00",
                "last_seen": None,
                "dofollow": True,
            }
            for each in found
        ]
        end = start + len(found)
        result = {
            "target": SITE,
            "items": items,
            "search_after_token": str(end) if end < len(self.links) else None,
        }
        cost = 0.02 + 0.00003 * len(items)
        done = {"status_code": 20_000, "status_message": "Ok.", "cost": cost, "result": [result]}
        return 200, {}, _json({"status_code": 20_000, "cost": cost, "tasks": [done]})

    def majestic(self, method: str, path: str, query: dict[str, str], headers: Any, body: bytes) -> Answer:
        assert (method, path, query["cmd"]) == ("GET", "/api/json", "GetBackLinkData")
        if query["app_api_key"] != KEY:
            return 200, {}, _json({"Code": "InvalidAPIKey", "ErrorMessage": "Invalid API key"})
        assert query["item"] == SITE
        assert query["datasource"] in ("fresh", "historic")
        start, count = int(query["From"]), int(query["Count"])
        data = [
            {
                "SourceURL": each["from"],
                "TargetURL": each["to"],
                "AnchorText": "Acme",
                "FirstIndexedDate": each["day"],
                "LastSeenDate": each["day"],
                "DateLost": "",
                "FlagNoFollow": 0,
            }
            for each in self.links[start : start + count]
        ]
        tables = {"BackLinks": {"Headers": {}, "Data": data}}
        return 200, {}, _json({"Code": "OK", "ErrorMessage": "", "DataTables": tables})

    def semrush(self, method: str, path: str, query: dict[str, str], headers: Any, body: bytes) -> Answer:
        assert (method, path, query["type"]) == ("GET", "/analytics/v1/", "backlinks")
        if query["key"] != KEY:
            return 200, {}, b"ERROR 120 :: WRONG KEY - ID PAIR"
        assert (query["target"], query["target_type"]) == (SITE, "root_domain")
        start, end = int(query["display_offset"]), int(query["display_limit"])
        assert start < end  # the limit counts from the first row
        fields, lines = query["export_columns"].split(","), []
        for link in self.links[start:end]:
            known = {
                "source_url": link["from"],
                "target_url": link["to"],
                "source_title": '"a;\nb"',
                "first_seen": "1772409600",
                "newlink": "false",
                "lostlink": "false",
            }
            lines.append(";".join(known.get(f, "") for f in fields))
        if not lines:
            return 200, {}, b"ERROR 50 :: NOTHING FOUND"
        return 200, {}, "\r\n".join([query["export_columns"].replace(",", ";"), *lines]).encode()

    def openpagerank(
        self, method: str, path: str, query: dict[str, str], headers: Any, body: bytes
    ) -> Answer:
        assert (method, path) == ("GET", "/getPageRank")
        if headers["api-opr"] != KEY:
            return 403, {}, _json({"error": "API key not valid"})
        names = [query[f"domains[{n}]"] for n in range(len(query))]
        assert 1 <= len(names) <= 100
        rows = [
            {
                "status_code": 200,
                "error": "",
                "page_rank_integer": 4,
                "page_rank_decimal": 4.12,
                "rank": "9",
                "domain": name,
            }
            for name in names
        ]
        return 200, {}, _json({"status_code": 200, "response": rows, "last_updated": "x"})

    def bing(self, method: str, path: str, query: dict[str, str], headers: Any, body: bytes) -> Answer:
        if query["apikey"] != KEY:
            return 400, {}, _json({"ErrorCode": 3, "Message": "ERROR!!! InvalidApiKey"})
        assert (method, query["siteUrl"]) == ("GET", f"https://{SITE}/")
        page, size = int(query["page"]), 3
        if path == "/GetLinkCounts":
            pages = [{"Url": f"https://{SITE}/{n}", "Count": len(self.links)} for n in range(2)]
            return 200, {}, _json({"d": {"Links": pages[page : page + 1], "TotalPages": len(pages)}})
        assert path == "/GetUrlLinks"
        assert query["link"].startswith(f"https://{SITE}/")
        found = [{"Url": each["from"], "AnchorText": "Acme"} for each in self.links]
        total = -(-len(found) // size)
        return 200, {}, _json({"d": {"Details": found[page * size : (page + 1) * size], "TotalPages": total}})


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


@contextmanager
def running(service: Service) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply("GET")

        def do_POST(self) -> None:
            self._reply("POST")

        def _reply(self, method: str) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            lower = {name.lower(): value for name, value in self.headers.items()}
            status, headers, content = service.answer(
                method, parts.path, dict(parse_qsl(parts.query)), lower, body
            )
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
