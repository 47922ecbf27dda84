"""A row as it is read → a recorded answer, or why it is none."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, get_args

from tracker import countries
from tracker.answers.files import cited
from tracker.answers.files.failures import failure
from tracker.answers.files.layouts import Columns, Row, plain, words
from tracker.catalog import PromptEntry, Surface
from tracker.citations import ReadCitation
from tracker.citations.draft import NOT_SHOWN
from tracker.files import values
from tracker.files.values import DateOrder

ID = "id:"
"""Begins the keys that are made of a vendor's id."""
NOON = time(12)
CLOCKS = timedelta(minutes=10)
"""What another clock may be ahead of ours."""
DAY_AHEAD = timedelta(hours=14)
"""How long before ours a day begins where it begins first."""
_ZONED = re.compile(r":\d{2}(?:[.,]\d+)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)\s*$")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBER = re.compile(r"^\s*(?:\d{1,3}[.)]|[-*•])\s+")
_UNIQUE = re.compile(r"(?=.*\d)(?=.*[A-Za-z]).{12,}|\d{13,}")
_BAD = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Record:
    """One recorded answer, or one failure to get it."""

    line: int
    asked_at: datetime
    engine: str
    prompt: PromptEntry
    text: str
    model: str = ""
    surface: Surface = "api"
    surface_given: bool = True
    """False where neither the row nor its layout says it."""
    repeat: int = 0
    search_used: bool | None = None
    citations: tuple[ReadCitation, ...] | None = None
    searches: tuple[str, ...] | None = None
    failure: str | None = None
    """One word for what came instead of an answer."""
    topic_given: bool = False
    content_key: str = ""
    """The same for the same answer however it is written down."""
    id_key: str | None = None
    """The same for what a vendor calls by the same id."""


@dataclass(frozen=True)
class RowRules:
    """What one file's rows are read by."""

    reading: Columns
    now: datetime
    zone: tzinfo | None = None
    """Of clocks that name none; without it they are refused."""
    day_zone: tzinfo = UTC
    """Whose noon stands for a day that has no clock, where `zone` is not given."""
    clock_zone: tzinfo | None = None
    """Of clocks that name none, where `zone` is not given: a service's own."""
    order: DateOrder = "unknown"
    cells: bool = False
    """Whether values are cells of a table, which have no types."""
    written: bool = False
    """Whether links in the text serve where the row does not say what is cited."""


def record(row: Row, line: int, rules: RowRules, text: str | None = None) -> Record:
    """A `ValueError` says what is wrong with the row. `text` is that of a reply which was read already."""
    reading = rules.reading
    engine, question = _text(rules, row, "engine"), _text(rules, row, "prompt")
    asked_at, day = _moment(rules, reading.get(row, "asked_at"))
    text, reason = _answer(rules, row) if text is None else (text, None)
    entry = PromptEntry(
        " ".join(question.split()),
        _optional_text(reading.get(row, "topic"), "topic") or "general",
        _country(reading.get(row, "country")),
        _optional_text(reading.get(row, "language"), "language"),
    )
    surface = _surface(reading, row, engine)
    repeat = _count(rules, reading.get(row, "repeat"))
    found = Record(
        line=line,
        asked_at=asked_at,
        engine=engine,
        prompt=entry,
        text=text,
        model=_optional_text(reading.get(row, "model"), "model") or "",
        surface=surface,
        surface_given=reading.layout.is_own or reading.get(row, "surface") is not None,
        repeat=repeat,
        search_used=_flag(rules, reading.get(row, "search_used")),
        citations=_citations(rules, row),
        searches=_searches(reading.get(row, "searches")),
        failure=reason,
        topic_given=reading.get(row, "topic") is not None,
    )
    if rules.written and found.citations is None and reason is None:
        found = replace(found, citations=cited.written(text))
    return _named(found, day, reading, row)


def _named(found: Record, day: date | None, reading: Columns, row: Row) -> Record:
    """With the keys that it is known again by."""
    asked = (found.engine.casefold(), found.surface, found.prompt.key, str(found.repeat))
    moment = day.isoformat() if day else _second(found.asked_at)
    content = _hash(*asked, moment, " ".join(found.text.split()))
    number = reading.get(row, "id")
    if not isinstance(number, str | int) or isinstance(number, bool) or not str(number).strip():
        return replace(found, content_key=content)
    name = str(number).strip()
    # a short number may be that of a row: two exports have a row 1 each
    unique = reading.layout.is_own or _UNIQUE.fullmatch(name) is not None
    id_key = ID + _hash(name, *asked, "" if unique else moment)[:37]
    return replace(found, content_key=content, id_key=id_key)


def _second(moment: datetime) -> str:
    """Spreadsheets keep moments as fractions of days: what is off by milliseconds is the same. They also
    write midnight as a day."""
    rounded = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
    return rounded.date().isoformat() if rounded.time() == time() else rounded.isoformat()


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:40]


def _clean(text: str) -> str:
    return _BAD.sub(lambda match: "" if match[0] == "\x00" else "\ufffd", text)


def _text(rules: RowRules, row: Row, name: str) -> str:
    value = rules.reading.get(row, name)
    if isinstance(value, Mapping):
        value = next((value[key] for key in ("text", "name", "value", "id") if value.get(key)), None)
    if not isinstance(value, str):
        raise ValueError(f"`{name}` is missing or no text")
    if not value.strip():
        raise ValueError(f"`{name}` is blank")
    return _clean(value).strip()


def _optional_text(value: Any, name: str) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, Mapping):
        value = value.get("name")
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"`{name}` must be str")
    return _clean(value).strip() or None


def _answer(rules: RowRules, row: Row) -> tuple[str, str | None]:
    """The text, and one word for what came in its place."""
    reading = rules.reading
    value = reading.get(row, "text")
    state, error = reading.get(row, "state"), reading.get(row, "error")
    failed = isinstance(state, str) and state.strip().casefold() in words("failed")
    told = error if isinstance(error, str) and error.strip() else None
    if reading.get(row, "shown") in (False, "false", "False", "FALSE"):
        return "", NOT_SHOWN
    if isinstance(value, str) and value.strip():
        text = _clean(value)
        return text, failure(text) or ("failed" if failed else None)
    if failed or told:
        return "", "failed"
    if value is None and not any(row.get(plain(path)) == "" for path in reading.paths.get("text", ())):
        raise ValueError("`text` is missing or no text")
    if value is not None and not isinstance(value, str):
        raise ValueError("`text` is missing or no text")
    raise ValueError("`text` is blank: an empty answer is no answer")


def _moment(rules: RowRules, value: Any) -> tuple[datetime, date | None]:
    """When it was asked, and the day where no clock was written: that is kept as noon where it was."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(int(value))
    if not isinstance(value, str) or not value.strip():
        raise ValueError("`asked_at` is missing or no text")
    word = value.strip()
    try:
        moment = values.moment(word, rules.order)
    except ValueError:
        why = "is out of range" if _ISO.match(word) else "is not ISO 8601"
        raise ValueError(f"`asked_at` {why}: {word[:40]!r}") from None
    if moment is None:
        raise ValueError(f"`asked_at` can be read as two days: {word[:40]!r}; write it as YYYY-MM-DD")
    if not isinstance(moment, datetime):
        at = datetime.combine(moment, NOON, rules.zone or rules.day_zone).astimezone(UTC)
        if moment > (rules.now + DAY_AHEAD).date():
            raise ValueError(f"`asked_at` is in the future: {word[:40]}")
        return at, moment
    if is_zoneless(word):
        clock_zone = rules.zone or rules.clock_zone
        if clock_zone is None:
            raise ValueError("`asked_at` has no time zone: end it with Z or +00:00, or give --timezone")
        moment = moment.replace(tzinfo=clock_zone).astimezone(UTC)
    if moment > rules.now + CLOCKS:
        raise ValueError(f"`asked_at` is in the future: {word[:40]}")
    return moment, None


def is_zoneless(word: str) -> bool:
    """Whether a moment has a clock and does not say whose."""
    return ":" in word and not _ZONED.search(word)


def _country(value: Any) -> str | None:
    if isinstance(value, Mapping):
        value = value.get("code") or value.get("name")
    if value is None or (isinstance(value, str) and value.strip().casefold() in ("", *words("nowhere"))):
        return None
    code = countries.country(value) if isinstance(value, str) else None
    if code is None:
        raise ValueError(f"`country` is no country: {str(value)[:40]!r}; two letters, like US, DE or GB")
    return code


def _surface(reading: Columns, row: Row, engine: str) -> Surface:
    value = reading.get(row, "surface")
    if value is None:
        value = reading.layout.surface_of(engine)
    if value not in get_args(Surface):
        raise ValueError(f"`surface` is {value!r}; one of {', '.join(get_args(Surface))}")
    return value  # type: ignore[no-any-return]


def _count(rules: RowRules, value: Any) -> int:
    if value is None:
        return 0
    if isinstance(value, str) and (rules.cells or "repeat" in rules.reading.constants):
        value = int(value) if value.strip().isdecimal() else value
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("`repeat` must be int")
    if not 0 <= value < 2**31:
        raise ValueError("`repeat` is out of range")
    return value


def _flag(rules: RowRules, value: Any) -> bool | None:
    if isinstance(value, str) and (rules.cells or "search_used" in rules.reading.constants):
        try:
            return values.truth(value)
        except ValueError:
            raise ValueError("`search_used` is neither true nor false") from None
    if value is None or isinstance(value, bool):
        return value
    raise ValueError("`search_used` must be bool")


def _citations(rules: RowRules, row: Row) -> tuple[ReadCitation, ...] | None:
    """What is cited, then what was only retrieved; unknown where the row is silent about the first."""
    reading = rules.reading
    stated = cited.citations(reading.get(row, "citations"))
    if stated is None and reading.get(row, "url") is not None:
        stated = cited.citations([{"url": reading.get(row, "url"), "title": reading.get(row, "title")}])
    retrieved = cited.citations(reading.get(row, "retrieved"), "retrieved")
    if stated is None:
        return None
    known = {one.url for one in stated}
    return (*stated, *(one for one in retrieved or () if one.url not in known))


def _searches(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        word = value.strip()
        listed = cited.listed(word)
        parts = (_NUMBER.sub("", part) for part in re.split(r"\s*[\n|;]\s*", word))
        value = listed if listed is not None else [part for part in parts if part] or None
    if not isinstance(value, list):
        return None
    texts = (each if isinstance(each, str) else _query(each) for each in value)
    return tuple(_clean(text).strip() for text in texts if text and text.strip())


def _query(value: Any) -> str | None:
    query = value.get("query") if isinstance(value, Mapping) else None
    return query if isinstance(query, str) else None
