"""What stands where citations belong (strings, lists, markdown, JSON in a cell) → citations."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, get_args

from tracker.answers.files.layouts import plain, words
from tracker.citations import Kind, ReadCitation, publisher
from tracker.domains.written import written_urls

_NAME, _ADDRESS = r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]", r"<?((?:[^\s()<>]|\([^\s()]*\))+)>?"
_LINK = re.compile(rf"{_NAME}\(\s*{_ADDRESS}(?:\s+[\"'][^)]*[\"'])?\s*\)")
_NEXT = re.compile(r"[\s,;|]+(?=(?:\[?\d{1,3}[.)\]]:?\s*)?<?https?://)|\s*[\n\r|;\t]+\s*", re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-*•·]\s+|\[?\d{1,3}[\].):]+\s*)")
_COMMAS = re.compile(r"\s*,\s*")


def citations(value: Any, kind: Kind = "cited") -> tuple[ReadCitation, ...] | None:
    """None where nothing is said; a `ValueError` says what cannot be a list of citations."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, str):
        value = _of_cell(value)
        if value is None:
            return None
    if not isinstance(value, list):
        raise ValueError("`citations` must be a list")
    found: list[ReadCitation] = []
    counts = dict.fromkeys(get_args(Kind), 0)
    for item in value:
        one = _one(item, kind, counts)
        if one is not None:
            found.append(one)
    return tuple(found)


def written(text: str) -> tuple[ReadCitation, ...]:
    """The addresses that stand in an answer's text."""
    return tuple(
        ReadCitation(one.url, "written", number, one.start, one.end, None, *publisher(one.url))
        for number, one in enumerate(written_urls(text), start=1)
    )


def _of_cell(text: str) -> list[Any] | None:
    """The list that a cell writes; None where it writes that there is nothing to say."""
    word = text.strip()
    if word[0] in "[{" and (value := listed(word)) is not None:
        return value if isinstance(value, list) else [value]
    if word.casefold() in ("null", "none", "nan", "n/a", "na", "-", "–", "unknown"):
        return None
    links = [{"title": title.strip() or None, "url": url} for title, url in _LINK.findall(word)]
    rest = _LINK.sub("\n", word)
    parts = [_BULLET.sub("", part).strip(" ,\"'") for part in _NEXT.split(rest)]
    if len(parts) == 1 and "://" not in word:
        parts = _COMMAS.split(word)
    plain_parts = [part for part in parts if part and (not links or "://" in part)]
    return [*links, *plain_parts]


def listed(text: str) -> Any:
    """What a cell says in JSON, or in a list as Python prints it; None where it does not."""
    if text[:1] not in ("[", "{"):
        return None
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        pass
    if text.startswith("[") and text.endswith("]") and not _LINK.search(text):
        inside = [part.strip(" '\"\n") for part in re.split(r"['\"]\s*,\s*['\"]|,\s*(?=https?:)", text[1:-1])]
        return [part for part in inside if part]
    return None


def _one(item: Any, kind: Kind, counts: dict[str, int]) -> ReadCitation | None:
    if isinstance(item, str):
        if not item.strip():
            return None
        link = _LINK.fullmatch(item.strip())
        url, title, place = (link[2], link[1] or None, None) if link else (item.strip(), None, None)
    elif isinstance(item, Mapping):
        names = {plain(str(name)): part for name, part in item.items()}
        url = _first(names, "url", str)
        if url is None or not url.strip():
            raise ValueError("a citation without `url`")
        title, place = _first(names, "title", str), _first(names, "position", object)
        kind = _kind(names, kind)
    else:
        raise ValueError("a citation without `url`")
    counts[kind] = position = _position(place, counts[kind] + 1)
    url = url.replace("\x00", "")
    return ReadCitation(url, kind, position, None, None, title, *publisher(url, title))


def _first(names: Mapping[str, Any], field: str, wanted: type) -> Any:
    values = (names.get(plain(name)) for name in words("citation")[field])
    return next((value for value in values if value is not None and isinstance(value, wanted)), None)


def _kind(names: Mapping[str, Any], kind: Kind) -> Kind:
    """A page that was cited no time was only fetched."""
    value = _first(names, "kind", object)
    if value is not None:
        good = get_args(Kind)
        if value not in good:
            raise ValueError(f"`kind` is {value!r}; one of {', '.join(good)}")
        return value  # type: ignore[no-any-return]
    times = _first(names, "cited_count", object)
    return "retrieved" if times == 0 and not isinstance(times, bool) else kind


def _position(value: Any, otherwise: int) -> int:
    if value is None:
        return otherwise
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("`position` must be int")
    if not 0 <= value < 2**31:
        raise ValueError("`position` is out of range")
    return value
