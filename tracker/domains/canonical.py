"""The name of a page from the parts of its address: path and query without what does not tell pages apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote

from tracker.shipped import words_of

_LISTS = words_of("tracker.domains", "tracking.yaml")
TRACKING_PREFIXES = tuple(_LISTS["prefixes"].split())
TRACKING_PARAMETERS = frozenset(" ".join(_LISTS["parameters"].values()).split())
_OF_SITES = {site: frozenset(text.split()) for site, text in _LISTS["sites"].items()} | {
    f"{site}.{ending}": frozenset(both["parameters"].split())
    for site, both in _LISTS["countries"].items()
    for ending in frozenset(both["endings"].split())
}
SITE_TRACKING_PARAMETERS: Mapping[str, frozenset[str]] = MappingProxyType(_OF_SITES)
_PREFIXES_OF = {
    site: TRACKING_PREFIXES + tuple(name[:-1] for name in parameters if name.endswith("*"))
    for site, parameters in _OF_SITES.items()
    if any(name.endswith("*") for name in parameters)
}

_CLEAN_QUERY = re.compile(r"[A-Za-z0-9\-._~!$&()*+,:@=%/;?]*")
_CLEAN_PATH = re.compile(r"[A-Za-z0-9\-._~!$'()*+,:@=/]*")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_PATH_UNESCAPED = frozenset(_UNRESERVED + "!$&'()*+,:@=")
_QUERY_UNESCAPED = frozenset(_UNRESERVED + "!$()*,:@/?;")
_ESCAPED_IN_PATH = {ord(c): f"%{ord(c):02X}" for c in '[]|^`{}"<> \\'}
_ESCAPED_IN_QUERY = {**_ESCAPED_IN_PATH, ord("'"): "%27"}

_TRACKED = "|".join(
    [
        *(re.escape(prefix) + r"[\w.\-]*" for prefix in TRACKING_PREFIXES),
        *map(re.escape, sorted(TRACKING_PARAMETERS, key=len, reverse=True)),
    ]
)
# `/pricing&utm_source=…`: a parameter that somebody added without asking whether there is a query;
# `;jsessionid=…`. Not where only a dot segment would be left.
_TRACKED_IN_PATH = re.compile(
    rf"(?<!/\.)(?<!/\.\.)(?:&(?:amp;)?|%26|%3F|;)(?:amp;)?(?:{_TRACKED})(?:=|%3D)(?:(?!%26)[^&/;])*",
    re.IGNORECASE,
)
# `?plan=pro?utm_source=…`, likewise.
_TRACKED_IN_VALUE = re.compile(rf"(?:\?|%3[Ff])(?:{_TRACKED})(?:=|%3[Dd]).*", re.IGNORECASE | re.DOTALL)
_ENTITIES = frozenset(["quot;", "lt;", "gt;", "apos;", "nbsp;", "#39;", "#34;"])

# What closes a sentence or a quotation stands behind an address and not in it.
CLOSING = ".,;:!?*'|^`\t\n\r <\"“”‘’‚„«»‹›…、。，；：！？・」』】）》〉〕］｝\u00a0\u200b\u200e\u200f\ufeff"
_END = re.compile(
    "(?:"
    + "|".join(
        dict.fromkeys([*map(re.escape, CLOSING), *(quote(c, safe="") for c in CLOSING if c not in ".")])
    )
    + ")\\Z",
    re.IGNORECASE,
)
# A footnote's mark behind an address: `/pricing[1]`, `/pricing[^2]`, `/pricing【4†source】`.
_MARK = re.compile(
    r"(?:(?:\[|%5B)(?:\^|%5E|(?:oai)?cit(?:ation|e):)?\d{1,3}(?:\]|%5D)|(?:【|%E3%80%90).*(?:】|%E3%80%91))\Z",
    re.IGNORECASE,
)
_PAIRS = ((")", "("), ("%5D", "%5B"), ("%7D", "%7B"), ("%3E", "%3C"), ("]", "["), ("}", "{"), (">", "<"))
_MAY_END = frozenset(CLOSING + ")]}>")
# A title of an encyclopedia may end as a sentence does: Apple_Inc., Yahoo!, Sagittarius_A*.
_TITLE_END = re.compile(
    r"/wiki/(?:.*[^/])?(?:(?<![A-Za-z])(?:Inc|Ltd|Co|Corp|Bros|Jr|Sr|St|No|Dr|Mr|Mrs|vs|etc|al|[A-Z](?:\.[A-Z])*)\."
    r"|[\w)]!|[A-Z]\*)\Z"
)


def canonical(name: str, path: str, query: str, domain: str) -> str:
    if _CLEAN_PATH.fullmatch(path) is None:
        path = clean_end(_clean_path(path))
    else:
        path = path.rstrip("/")
        if path and path[-1] in _MAY_END:
            path = clean_end(path)
    path = path or "/"
    query = _clean_query(query, domain) if query else ""
    return f"https://{name}{path}?{query}" if query else f"https://{name}{path}"


def clean_end(path: str) -> str:
    """A path without what does not belong to it: slashes, a sentence's signs, brackets it did not open."""
    while (shorter := _clean_value(_MARK.sub("", path.rstrip("/")))) != path:
        path = shorter
    return path


def _clean_value(text: str) -> str:
    while text and (text[-1] in _MAY_END or text[-3:-2] == "%"):
        shorter = _shorter(text)
        if shorter == text:
            break
        text = shorter
    return text


def _shorter(text: str) -> str:
    if text[-1] in ".!*" and _TITLE_END.search(text):
        return text
    if text[-1] == ")" and text.count(")") <= text.count("("):
        return text
    for close, opened in _PAIRS:
        if text.endswith(close):
            return text if text.count(close) <= text.count(opened) else text[: -len(close)]
    if text.endswith(("%22", "'", "%27")):
        sign = "'" if text[-1] == "'" else text[-3:]
        return text if text.count(sign) % 2 == 0 else text[: -len(sign)]
    return _END.sub("", text)


def _clean_path(path: str) -> str:
    if "%" in path:
        path = _ESCAPE.sub(_path_escape, path)
    if "&" in path or ";" in path or "%3F" in path:
        path = _TRACKED_IN_PATH.sub("", path)
    return path.translate(_ESCAPED_IN_PATH)


def _clean_query(query: str, domain: str) -> str:
    """Pairs without tracking, sorted by name; the sort is stable, so `a=2&a=1` keeps its order."""
    if "%" in query:
        query = _ESCAPE.sub(_query_escape, query)
    if _CLEAN_QUERY.fullmatch(query) is None:
        query = query.translate(_ESCAPED_IN_QUERY)
    of_site = SITE_TRACKING_PARAMETERS.get(domain, ())
    prefixes = _PREFIXES_OF.get(domain, TRACKING_PREFIXES)
    escaped = "%" in query
    plain_pairs = "?" not in query and ";" not in query
    kept = []
    for pair in query.split("&"):
        pair = pair if plain_pairs else _plain_pair(pair)
        if pair and (pair[-1] in _MAY_END or (escaped and "%" in pair[-3:])):
            pair = _clean_value(pair)
        name, _, value = pair.partition("=")
        if not value:
            name = _clean_value(name)
        plain = name.lower()
        if (
            not (name or value)
            or plain in TRACKING_PARAMETERS
            or plain in of_site
            or plain.startswith(prefixes)
        ):
            continue
        kept.append((name, f"{name}={value}" if value else name))
    kept.sort(key=_first)
    return "&".join([pair for _, pair in kept])


def _plain_pair(pair: str) -> str:
    """`&amp;a=1` is `&a=1` that an exporter escaped; a second `?` began what another program added."""
    while pair.startswith(("amp;", "?")):
        pair = pair[4:] if pair[0] == "a" else pair[1:]
    if "?" in pair:
        pair = _TRACKED_IN_VALUE.sub("", pair)
    return "" if pair in _ENTITIES else pair


def _first(pair: tuple[str, str]) -> str:
    return pair[0]


def _path_escape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _PATH_UNESCAPED else match[0].upper()


def _query_escape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    if character == " ":
        return "+"
    return character if character in _QUERY_UNESCAPED else match[0].upper()
