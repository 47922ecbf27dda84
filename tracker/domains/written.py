"""What people, exporters and models write where an address belongs → the text of the address in it.

One cleaning for every door. It answers with text that starts with `http://` or `https://`, or says why there
is none; whether that text names a page, `address` decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import unquote

from tracker.domains.canonical import CLOSING, clean_end
from tracker.domains.hosts import AROUND, written_host
from tracker.errors import BadUrl

_DROPPED = str.maketrans("", "", "\t\n\r")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_HOST_AND_PORT = re.compile(r"([^/?#\\@:\s]+)(:[0-9]{1,5})?(?=[/?#]|$)")
_HOST = re.compile(r"[^/\\?#]*")
_WEB = re.compile(r"https?:", re.IGNORECASE)
_NO_WEB = frozenset(
    [
        "javascript",
        "data",
        "vbscript",
        "mailto",
        "tel",
        "sms",
        "file",
        "ftp",
        "sftp",
        "blob",
        "about",
        "view-source",
    ]
)
# Words before an address that look like its scheme: `URL:https://…`.
_LABELS = frozenset(
    ["url", "link", "links", "source", "quelle", "website", "web", "site", "href", "ref", "page", "see"]
)

# Schemes as they are mistyped, doubled (`https://https://`) and disarmed (`hxxps[:]//`): the last one counts.
_H = r"(?:h(?:t{1,3}|xx)ps?|ttps?)"
_MARK = r"(?:\[:\]|[:;])"
_SCHEMES = re.compile(
    rf"{_H}\s*{_MARK}?\s*[/\\]+\s*(?:(?:www\.)?{_H}\s*{_MARK}?\s*[/\\]+\s*)*", re.IGNORECASE
)
_IS_ESCAPED = re.compile(rf"{_H}%3A", re.IGNORECASE)
# Nothing to clean: one scheme, and no sign that could begin or end something else.
_SOUND = re.compile(
    rf"https?://(?!(?:www\.)?{_H}[:;]?[/\\])[A-Za-z0-9](?:(?!://)[^\s<>\\])*(?<![:/]/)[A-Za-z0-9/=#]",
    re.IGNORECASE,
)
# Bullets, numbers, quotes and brackets before an address.
_BEFORE = re.compile(
    r"\A(?:[\s<>(\[{\"'“”‘’„«»‹›「『【（《〈`*_~|•·–—]|(?:[-#+]+|\^?\d{1,3}[\])]?[.):]?|\^\d{1,3}\]:?)\s+)+"
)
_BEHIND = re.compile(r"(?:\\+[nrt\"']?|&(?:quot|gt|lt|apos|nbsp|#3[49]|#x2[27]);)+\Z", re.IGNORECASE)
# As chats write links: `<https://norvane.com/|Norvane>`.
_LABELLED = re.compile(r"<(https?://[^<>|\s]+)\|[^<>]*>", re.IGNORECASE)
_JSON_ESCAPE = re.compile(r"\\u00([0-7][0-9A-Fa-f])")
# Another thing begins: a second address, a title in quotes, a remark, the rest of a Markdown link.
_NEXT = re.compile(r"[\s,;|]+https?://|\s+(?:[\"“<|\[]|\([^)]*\)?\W*\Z)|\]\(", re.IGNORECASE)
# The rest of an HTML tag, behind the path of an address.
_TAG = re.compile(r"(?<=[^/:])(/[^<>]*?)(?:[\"']?\s*(?:/?>|<[a-z/!])).*", re.DOTALL | re.IGNORECASE)

# Stops at white space, quotes, angle and curly brackets, back-ticks, pipes and full-width punctuation.
_NO_SIGN = r"[^\s<>\"`{}|\\^「」『』《》〈〉【】（），。、；：！？“”‘’«»…]"
_INNER_ADDRESSES = (
    re.compile(rf"(?<![A-Za-z0-9+.\-])({_H}(?:\[:\]|:)?[/\\]+{_NO_SIGN}+)", re.IGNORECASE),
    re.compile(rf"\]\(\s*<?({_NO_SIGN}+)"),
    re.compile(rf"(?<![\w@./\-])(www\.{_NO_SIGN}+)", re.IGNORECASE),
)
_URL = re.compile(rf"https?://{_NO_SIGN}+", re.IGNORECASE)
_CLOSES = {")": "(", "]": "["}
_TRAILING = ".,;:!?'*_~"
_MARKER_BEHIND = re.compile(r"\[\d{1,3}\]\Z")


@dataclass(frozen=True, slots=True)
class Written:
    """A URL standing in the text at `start:end`."""

    url: str
    start: int
    end: int


def written_urls(text: str) -> list[Written]:
    """The addresses with a scheme that stand in prose."""
    urls = []
    for match in _URL.finditer(text):
        url = _trimmed(match.group())
        if len(url) > len("https://"):
            urls.append(Written(url, match.start(), match.start() + len(url)))
    return urls


def _trimmed(url: str) -> str:
    """The URL up to the first bracket it did not open, without the sentence's own punctuation."""
    depth = {"(": 0, "[": 0}
    for position, character in enumerate(url):
        if character in depth:
            depth[character] += 1
        elif character in _CLOSES:
            depth[_CLOSES[character]] -= 1
            if depth[_CLOSES[character]] < 0:
                url = url[:position]
                break
    url = url.rstrip(_TRAILING)
    while marker := _MARKER_BEHIND.search(url, max(len(url) - 5, 0)):
        url = url[: marker.start()].rstrip(_TRAILING)
    return url


def address_text(text: str) -> str:
    """The address in `text`, from `http://` or `https://` on; raises `BadUrl` where there is none."""
    trimmed = text.strip(AROUND)
    if _SOUND.fullmatch(trimmed) and "](" not in trimmed:
        return trimmed
    if not trimmed:
        raise bad_url(text, "it is empty")
    if "\\" in trimmed:
        trimmed = _JSON_ESCAPE.sub(lambda match: chr(int(match[1], 16)), trimmed).replace("\\/", "/")
    if trimmed.startswith("&"):  # `&lt;https://…&gt;`
        trimmed = unescape(trimmed)
    if (labelled := _LABELLED.fullmatch(trimmed)) is not None:
        trimmed = labelled[1]
    start = trimmed if _WEB.match(trimmed) else _BEFORE.sub("", trimmed, count=1)
    start = unquote(start) if _IS_ESCAPED.match(start) else start
    start = _NEXT.split(start, maxsplit=1)[0].translate(_DROPPED)
    return _with_scheme(start) or _without_scheme(start) or _inside(text, trimmed.translate(_DROPPED))


def _with_scheme(start: str) -> str | None:
    schemes = _SCHEMES.match(start)
    if schemes is None:
        return start if _WEB.match(start) else None
    secure = re.search(r"s\W*\Z", schemes[0], re.IGNORECASE) is not None
    return f"http{'s' if secure else ''}://{_without_rest(start[schemes.end() :])}"


def _without_scheme(start: str) -> str | None:
    bare = _without_rest(start.removeprefix(":").removeprefix("//"))
    host = _HOST_AND_PORT.match(bare)
    return f"https://{bare}" if host is not None and written_host(host[1]) is not None else None


def _without_rest(rest: str) -> str:
    """Host, path and query without what only stands behind them."""
    if "<" in rest or ">" in rest:
        rest = _TAG.sub(r"\1", rest)
    rest = _BEHIND.sub("", rest)
    host = _HOST.match(rest)
    assert host is not None
    path = rest[host.end() :]
    if not path:
        return _bare_host(host[0])
    end = clean_end(path)
    return _disarmed(host[0]) + (path if path.rstrip("/") == end else end)


def _bare_host(host: str) -> str:
    return host if host.startswith("[") else _disarmed(host.rstrip(CLOSING + ")]}>"))


def _disarmed(host: str) -> str:
    """`norvane[.]com`, as security people write what must not be clicked."""
    return host.replace("[.]", ".").replace("(.)", ".")


def _inside(text: str, trimmed: str) -> str:
    """The address that stands in other text: in a Markdown link, an HTML tag, behind a name."""
    scheme, host = _SCHEME.match(trimmed), _HOST_AND_PORT.match(trimmed)
    name = scheme[1].lower() if scheme is not None else ""
    behind = trimmed[len(name) + 1 :]
    is_prose = scheme is None or behind[:1].isspace() or (name in _LABELS and _SCHEMES.match(behind))
    if name not in _NO_WEB and is_prose:
        for pattern in _INNER_ADDRESSES:
            if (match := pattern.search(trimmed)) is not None:
                start = _trimmed(_NEXT.split(match[1], maxsplit=1)[0])
                if address := _with_scheme(start) or _without_scheme(start):
                    return address
    if name in _LABELS and (address := _without_scheme(behind.strip())):
        return address
    if name and not (host is not None and host[2]):
        raise bad_url(text, f"{name}: is not http or https")
    raise bad_url(text, "it has no scheme and does not start with a host name")


def bad_url(url: str, reason: str) -> BadUrl:
    shown = url if len(url) <= 120 else url[:117] + "…"
    return BadUrl(
        f"{shown!r} names no page: {reason}",
        "give an http or https address, such as https://example.com/page",
    )
