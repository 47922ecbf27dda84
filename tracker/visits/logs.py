"""A server's log, as large as it is, read once in flat memory: which AI crawlers and assistants came, and
whom assistants sent.

Only lines that hold a known name are parsed: whole blocks are searched for all names at once. Addresses are
looked at and not kept.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import json
import re
from calendar import month_abbr
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, unquote_plus, urlsplit

from ahocorasick_rs import BytesAhoCorasick

from tracker.errors import DataError, UsageError
from tracker.visits.agents import Proof, Ranges, Step, agents, assistant_of, sources

BLOCK = 1 << 22
MOST_URLS = 200_000
LONGEST = 1 << 16
OTHERS = "(others)"
"""Where a log has more addresses than are kept apart."""
ASSETS = re.compile(
    r"\.(?:css|js|mjs|map|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|otf|mp4|webm|mp3)$", re.IGNORECASE
)
_COMBINED = re.compile(
    rb"^(?:<\d{1,3}>[^\"\[]*?)?(?:(?P<host>[A-Za-z0-9.-]+\.[A-Za-z]{2,}(?::\d+)?) )?"
    rb"(?P<ip>(?=[^ ]*[.:])[0-9A-Fa-f.:]+) \S+ .*?\[(?P<time>[^\]]+)\] "
    rb'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) \S+ "(?P<referer>(?:[^"\\]|\\.)*)" '
    rb'"(?P<agent>(?:[^"\\]|\\.)*)"'
)
_BALANCER = re.compile(
    rb"^(?:https?|h2|wss?|grpcs?) (?P<time>\d{4}-\S+) \S+ (?P<ip>[0-9A-Fa-f.:]+):\d+ (?:\S+ ){4}"
    rb'(?P<status>\d{3}) (?:\S+ ){3}"(?P<request>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)"'
)
"""Amazon's load balancers: no referrer, and the address as it was asked."""
_INSIDE = ("request", "httprequest", "proxy", "properties", "headers")
"""Objects in a line of JSON whose fields are the request's: Caddy, Google Cloud, Vercel, Azure."""
_MONTHS = {name: number for number, name in enumerate(month_abbr) if name}
_NAMES: Mapping[str, tuple[str, ...]] = {
    "ip": (
        "remote_addr",
        "clientip",
        "client_ip",
        "c-ip",
        "remote_ip",
        "remoteip",
        "cliip",
        "clienthost",
        "ip",
    ),
    "time": (
        "time_iso8601",
        "edgestarttimestamp",
        "@timestamp",
        "timestamp",
        "time_local",
        "time_start",
        "reqtimesec",
        "startutc",
        "ts",
        "date",
        "time",
    ),
    "agent": (
        "http_user_agent",
        "clientrequestuseragent",
        "user_agent",
        "useragent",
        "user-agent",
        "request_user-agent",
        "cs(user-agent)",
        "ua",
        "agent",
    ),
    "uri": (
        "request_uri",
        "clientrequesturi",
        "requesturi",
        "requesturl",
        "requestpath",
        "reqpath",
        "uri",
        "cs-uri-stem",
        "path",
        "url",
        "request",
    ),
    "host": (
        "clientrequesthost",
        "requesthost",
        "request_host",
        "reqhost",
        "http_host",
        "server_name",
        "x-host-header",
        "cs-host",
        "cs(host)",
        "host",
    ),
    "referer": (
        "http_referer",
        "clientrequestreferer",
        "request_referer",
        "referer",
        "referrer",
        "cs(referer)",
    ),
    "status": (
        "status",
        "edgeresponsestatus",
        "statuscode",
        "httpstatuscode",
        "downstreamstatus",
        "response_status",
        "sc-status",
    ),
}


@dataclass(frozen=True)
class Hit:
    ip: str
    day: date
    uri: str
    host: str
    status: int
    referer: str
    agent: str


Key = tuple[date, Step, str, str, Proof]


@dataclass
class LogCount:
    """What a log came to; `forged` and `unreadable` are lines."""

    hits: Counter[Key] = field(default_factory=Counter)
    read_bytes: int = 0
    matched: int = 0
    forged: int = 0
    unreadable: int = 0
    digest: str = ""


def count(path: Path, host: str, ranges: Mapping[str, Ranges]) -> LogCount:
    """Read a log, plain or gzipped. `host` stands for lines that name none."""
    out = LogCount()
    digest = hashlib.sha256()
    tokens = [name.encode() for name in agents()] + [name.encode() for name in sources() if "." in name]
    found = BytesAhoCorasick(tokens)
    urls: set[str] = set()

    @lru_cache(maxsize=100_000)
    def proof(agent: str, ip: str) -> Proof:
        known = ranges.get(agent)
        if known is None or not ip:
            return "unchecked"
        return "verified" if known.has(ip) else "forged"

    try:
        with path.open("rb") as raw:
            head = raw.read(2)
            raw.seek(0)
            stream: Any = Hashed(raw, digest.update)
            if head == b"\x1f\x8b":
                stream = gzip.GzipFile(fileobj=stream)
            parse: Callable[[bytes], Hit | None] | None = None
            for block in _blocks(stream):
                out.read_bytes += len(block)
                if parse is None:
                    block = block.removeprefix(codecs.BOM_UTF8)
                    parse = _parser(block, host)
                for line in _lines(block, found):
                    out.matched += 1
                    hit = parse(line)
                    if hit is None:
                        out.unreadable += 1
                        continue
                    _add(out, hit, proof, urls)
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        raise UsageError(f"{path} cannot be read: {error}", "is it a whole log, plain or gzipped?") from None
    if not out.read_bytes:
        raise DataError(f"{path.name} is empty", "give the log that the server writes to")
    out.digest = digest.hexdigest()
    return out


class Hashed:
    """A file that tells what of it was read."""

    def __init__(self, raw: IO[bytes], told: Callable[[bytes], None]) -> None:
        self.raw, self.told = raw, told

    def read(self, size: int = -1) -> bytes:
        block = self.raw.read(size)
        self.told(block)
        return block


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """Whole lines, some megabytes at a time; a line of more than that is dropped."""
    rest = b""
    while block := stream.read(BLOCK):
        end = block.rfind(b"\n") + 1
        if not end:
            rest = (rest + block)[-LONGEST:]
            continue
        yield rest + block[:end]
        rest = block[end:]
    if rest:
        yield rest + b"\n"


def _lines(block: bytes, found: BytesAhoCorasick) -> Iterator[bytes]:
    """Each line with a known name, once."""
    end = 0
    for _, at, _ in found.find_matches_as_indexes(block):
        if at < end:
            continue
        start = block.rfind(b"\n", 0, at) + 1
        end = block.find(b"\n", at)
        yield block[start : end if end >= 0 else len(block)]
        if end < 0:
            return


def _parser(block: bytes, host: str) -> Callable[[bytes], Hit | None]:
    """How this log writes a line, by how it begins."""
    if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError("this log is in UTF-16", "turn it into UTF-8: iconv -f utf-16 -t utf-8 FILE")
    first = next(
        (line for line in block.split(b"\n", 200) if line.strip() and not line.startswith(b"#")), b""
    )
    if first.lstrip().startswith(b"{"):
        return lambda line: _json(line, host)
    fields = re.findall(rb"^#Fields: *(.+?)\r?$", block[:LONGEST], re.MULTILINE)
    if fields:
        names = [name.decode("ascii", "replace").lower() for name in fields[0].split()]
        return lambda line: _w3c(line, names, host)
    if _COMBINED.match(first):
        return lambda line: _combined(line, host)
    if _BALANCER.match(first):
        return lambda line: _balanced(line, host)
    raise DataError(
        "this is no log that is known: neither combined, JSON lines, W3C with #Fields, nor a load balancer's",
        "log `combined` with Apache or nginx; JSON needs user agent, address, time and path",
    )


def _combined(line: bytes, host: str) -> Hit | None:
    match = _COMBINED.match(line)
    if match is None:
        return None
    words = match["request"].split(b" ")
    day = _combined_day(match["time"])
    if len(words) < 2 or day is None:
        return None
    named = (match["host"] or b"").decode("ascii", "replace").partition(":")[0]
    return Hit(
        _text(match["ip"]),
        day,
        _text(words[1]),
        named or host,
        int(match["status"]),
        _text(match["referer"]),
        _text(match["agent"]),
    )


def _balanced(line: bytes, host: str) -> Hit | None:
    match = _BALANCER.match(line)
    if match is None:
        return None
    known = {name: _text(value) for name, value in match.groupdict().items()}
    return _hit({"client_ip" if name == "ip" else name: value for name, value in known.items()}, host)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


@lru_cache(maxsize=4096)
def _combined_day(written: bytes) -> date | None:
    """`10/Oct/2000:13:55:36 -0700`: the day on the server's wall."""
    try:
        day, month, year = written.split(b":", 1)[0].decode("ascii").split("/")
        return date(int(year), _MONTHS[month], int(day))
    except (ValueError, KeyError):
        return None


def _json(line: bytes, host: str) -> Hit | None:
    try:
        known = json.loads(line)
    except ValueError:
        return None
    if not isinstance(known, dict):
        return None
    return _hit(_flat(known), host)


def _flat(known: Mapping[str, Any]) -> dict[str, Any]:
    """Names in small letters; what stands in the request's own object counts before what stands outside."""
    out: dict[str, Any] = {}
    for name, value in known.items():
        if not isinstance(value, dict):
            out.setdefault(str(name).lower(), value[0] if isinstance(value, list) and value else value)
    for name, value in known.items():
        if isinstance(value, dict) and str(name).lower() in _INSIDE:
            out |= _flat(value)
    return out


def _w3c(line: bytes, names: list[str], host: str) -> Hit | None:
    parts = line.rstrip(b"\r").split(b"\t" if b"\t" in line else b" ")
    if len(parts) != len(names):
        return None
    return _hit(
        {name: unquote(_text(part)).replace("+", " ") for name, part in zip(names, parts, strict=True)}, host
    )


def _hit(known: Mapping[str, Any], host: str) -> Hit | None:
    def pick(what: str) -> str:
        value = next((known[name] for name in _NAMES[what] if known.get(name) not in (None, "-", "")), "")
        return str(value)

    uri, day = pick("uri"), any_day(pick("time"))
    if uri.split(" ")[0] in {"GET", "POST", "HEAD"}:
        uri = uri.split(" ")[1] if " " in uri else ""
    if not uri or day is None:
        return None
    named = pick("host").partition(":")[0] or host
    if uri.startswith(("http://", "https://")):
        parts = urlsplit(uri)
        named, uri = parts.hostname or named, parts.path or "/"
    status, agent, referer = pick("status"), pick("agent"), pick("referer")
    return Hit(
        pick("ip"),
        day,
        uri if uri.startswith("/") else f"/{uri}",
        named,
        int(status) if status.isdigit() else 200,
        unquote(referer) if referer.startswith("http") and "%3A%2F%2F" in referer else referer,
        agent if " " in agent else unquote_plus(agent),
    )


def compact_day(text: str) -> date | None:
    """`20260518`, `2026-05-18`."""
    digits = text.replace("-", "")[:8]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def url_of_page(page: str, host: str) -> str:
    """Host and path of a page as analytics names it: an address, a path, or nothing that is known."""
    bare = page.partition("?")[0].partition("#")[0]
    if "://" in bare:
        return bare.partition("://")[2].removeprefix("www.")[:2_000] or host
    path = bare if bare.startswith("/") else f"/{bare}" if bare and bare != "(not set)" else ""
    return f"{host}{path}"[:2_000]


@lru_cache(maxsize=4096)
def any_day(written: str) -> date | None:
    text = written.strip()
    try:
        whole, _, part = text.partition(".")
        if whole.isdigit() and (not part or part.isdigit()):
            scale = 10 ** max(len(whole) - 10, 0)
            return datetime.fromtimestamp(int(whole) / scale, UTC).date()
        return date.fromisoformat(text[:10])
    except (ValueError, OverflowError, OSError):
        return _combined_day(text.encode())


def _add(out: LogCount, hit: Hit, proof: Callable[[str, str], Proof], urls: set[str]) -> None:
    path = hit.uri.partition("?")[0].partition("#")[0]
    if hit.status >= 400 or ASSETS.search(path):
        return
    url = f"{hit.host.lower()}{path}"[:2_000]
    if url not in urls:
        if len(urls) >= MOST_URLS:
            url = OTHERS
        else:
            urls.add(url)
    for token in _tokens(hit.agent):
        agent = agents()[token]
        shown = proof(agent.name, hit.ip)
        out.forged += shown == "forged"
        out.hits[hit.day, agent.step, agent.name, url, shown] += 1
        return
    if (assistant := assistant_of(hit.referer)) is not None:
        out.hits[hit.day, "visited", assistant, url, ""] += 1


@lru_cache(maxsize=50_000)
def _tokens(agent: str) -> tuple[str, ...]:
    """The names that stand in a user agent as words: `GPTBot/1.2`, and not `NotGPTBotReally`."""
    match = _words().search(agent)
    return (match[0],) if match else ()


@cache
def _words() -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in sorted(agents(), key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{names})(?![\w-])")
