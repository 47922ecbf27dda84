"""Pages that somebody else has read: a folder of saved pages, or a crawl's custom extraction.

A saved page is a whole page, and counts as a look of its day. Its address is what a browser (`saved from
url`), SingleFile or HTTrack wrote into it, else where a mirror's folders say it lay (`example.com/a.html`),
else the address that the page gives for itself.

An extraction (Screaming Frog: `Address`, `Status Code`, and columns of your own such as `Links 1`) is a part
of a page: it shows links and names that are there, never that one is not.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from tracker import domains
from tracker.errors import DataError
from tracker.files.content import DAMAGED, head_of, open_bytes
from tracker.files.encodings import decode_head, encoding_of
from tracker.files.records import Reject
from tracker.files.unpack import parts_of
from tracker.links.web.body import decode
from tracker.links.web.fetch import PDF, Fetched
from tracker.links.web.refresh import joined

_PAGES = (".html", ".htm", ".xhtml", ".pdf")
_MAX_BYTES = 32 * 1024 * 1024
_WRITTEN_IN = (
    re.compile(r"<!--\s*saved from url=\(\d{1,6}\)(https?://\S{1,4000}?)\s*-->", re.IGNORECASE),
    re.compile(r"Page saved with SingleFile\s+url:\s*(https?://\S{1,4000})", re.IGNORECASE),
    re.compile(r"<!--\s*Mirrored from (\S{1,4000}) by HTTrack", re.IGNORECASE),
)
_ADDRESS = frozenset(("address", "adresse", "dirección", "indirizzo", "url"))
_STATUS = frozenset(("status code", "statuscode", "http-statuscode", "código de estado", "code de statut"))
_OF_THE_CRAWLER = re.compile(
    r"(?:title|meta description|meta keywords?|h[12]-?|meta robots|x-robots-tag|meta refresh|"
    r"canonical link element|rel=.{1,20}|http rel=.{1,20}|amphtml link element)(?: \d+)?(?: .*)?",
    re.IGNORECASE,
)
_EXTRACTED = re.compile(r".+ \d{1,3}")


@dataclass(frozen=True, slots=True)
class Saved:
    page: Fetched
    is_part: bool
    """Of the page: what is not in it may still be on the page."""


def read(path: Path, *, as_of: datetime | None = None) -> Iterator[Saved | Reject]:
    """Without `as_of`, a file's own time says when it was read."""
    if path.is_dir():
        yield from _folder(path, as_of)
    elif path.suffix.lower() in _PAGES:
        yield _file(path, path.parent, as_of, 1)
    else:
        yield from _extraction(path, as_of)


def _folder(folder: Path, as_of: datetime | None) -> Iterator[Saved | Reject]:
    files = sorted(each for each in folder.rglob("*") if each.suffix.lower() in _PAGES and each.is_file())
    if not files:
        raise DataError(f"{folder} holds no saved page", f"give a folder with files in {', '.join(_PAGES)}")
    for number, file in enumerate(files, start=1):
        yield _file(file, folder, as_of, number)


def _file(file: Path, folder: Path, as_of: datetime | None, number: int) -> Saved | Reject:
    name = str(file.relative_to(folder))
    known = file.stat()
    if known.st_size > _MAX_BYTES:
        return Reject(number, f"larger than {_MAX_BYTES >> 20} MB", name)
    data = file.read_bytes()
    at = as_of or datetime.fromtimestamp(known.st_mtime, UTC)
    is_pdf = b"%PDF-" in data[:1_024]
    text = "" if is_pdf else decode(data, "").text
    url = _address(text, name)
    if url is None:
        return Reject(number, "nothing in it says from which address it was saved", name)
    kind = PDF if is_pdf else "text/html"
    return Saved(Fetched(url, url, at, 200, text, document=data if is_pdf else b"", content_type=kind), False)


def _address(text: str, name: str) -> str | None:
    for pattern in _WRITTEN_IN:
        if found := pattern.search(text[:20_000]):
            written = html.unescape(found[1])
            return _web(written if "://" in written else f"http://{written}")
    host, _, rest = name.replace("\\", "/").partition("/")
    if rest and domains.domain_of(host) is not None:
        return _web(f"https://{host}/{re.sub(r'(?:^|(?<=/))index[.]x?html?$', '', rest)}")
    tree = LexborHTMLParser(text)
    for selector, attribute in (("link[rel=canonical]", "href"), ("meta[property='og:url']", "content")):
        node = tree.css_first(selector)
        if node is not None and (url := _web(node.attributes.get(attribute) or "")):
            return url
    return None


def _web(url: str) -> str | None:
    return url if url.startswith(("http://", "https://")) and domains.try_parse(url) else None


def _extraction(path: Path, as_of: datetime | None) -> Iterator[Saved | Reject]:
    at = as_of or datetime.fromtimestamp(path.stat().st_mtime if path.exists() else 0, UTC)
    with parts_of(path) as parts:
        for part in parts:
            yield from _table(part.path, part.name, at)


def _table(path: Path, name: str, at: datetime) -> Iterator[Saved | Reject]:
    head = head_of(path)
    encoding = encoding_of(head)
    first = decode_head(head, encoding).lstrip("\ufeff").splitlines()[:1]
    delimiter = max(",;\t", key=(first or [""])[0].count)
    with open_bytes(path) as raw:
        stream = io.TextIOWrapper(raw, encoding=encoding.name, errors="replace", newline="")
        rows = csv.reader(stream, delimiter=delimiter)
        try:
            columns = [cell.strip().lstrip("\ufeff") for cell in next(rows, [])]
            address, status, mine = _columns(columns, name)
            for row in rows:
                if row:
                    yield _row(row, address, status, mine, at, rows.line_num)
        except csv.Error as error:
            raise DataError(f"{name}, line {rows.line_num}: {error}", "export the crawl again") from None
        except DAMAGED as error:
            raise DataError(f"{name} is cut off: {error}", "export the crawl again") from None


def _columns(columns: list[str], name: str) -> tuple[int, int | None, list[int]]:
    lower = [column.casefold() for column in columns]
    address = next((i for i, column in enumerate(lower) if column in _ADDRESS), None)
    status = next((i for i, column in enumerate(lower) if column in _STATUS), None)
    mine = [
        i
        for i, column in enumerate(columns)
        if _EXTRACTED.fullmatch(column) and not _OF_THE_CRAWLER.fullmatch(column)
    ]
    if address is None or not mine:
        raise DataError(
            f"{name} is neither a saved page nor a custom extraction",
            "give a folder of saved pages, or Screaming Frog's export of Custom Extraction: it has the"
            " columns Address, Status Code and your extractors (Links 1, Links 2, …)",
        )
    return address, status, mine


def _row(
    row: list[str], address: int, status: int | None, mine: list[int], at: datetime, line: int
) -> Saved | Reject:
    url = _web(row[address].strip()) if address < len(row) else None
    if url is None:
        return Reject(line, "no web address", row[address][:160] if address < len(row) else "")
    code = row[status].strip() if status is not None and status < len(row) else "200"
    if code != "200":
        return Reject(line, f"the crawl got status {code[:10] or 'none'}", url[:160])
    body = "\n".join(_as_html(row[i].strip(), url) for i in mine if i < len(row) and row[i].strip())
    return Saved(Fetched(url, url, at, 200, f"<body>{body}</body>", content_type="text/html"), True)


def _as_html(cell: str, url: str) -> str:
    """A cell is a piece of the page's source, a link's address, or text."""
    if re.search(r"<[a-zA-Z!/][^>]*>", cell):
        return cell
    if re.match(r"(?:https?:)?//\S+$", cell) and (aim := joined(url, cell)):
        return f'<p><a href="{html.escape(aim)}"></a></p>'
    return f"<p>{html.escape(cell)}</p>"
