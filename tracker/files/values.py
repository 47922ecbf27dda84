"""What export cells say: dates, truth values and numbers in every spelling the tools and spreadsheets use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Literal

from tracker.files.words import WORDS

DateOrder = Literal["day_first", "month_first", "unknown"]
Decimal = Literal[".", ","]
Moment = date | datetime

NOTHING = frozenset(
    [
        "",
        "-",
        "–",
        "—",
        "n/a",
        "na",
        "null",
        "none",
        "nan",
        "undefined",
        "unknown",
        "never",
        "#n/a",
        "0000-00-00",
    ]
)

# True and false as the tools write them, then as Excel and LibreOffice write them in other languages.
TRUE_WORDS: frozenset[str] = frozenset(WORDS["set"])
FALSE_WORDS: frozenset[str] = frozenset(WORDS["unset"])
MONTHS: dict[str, int] = {
    word: number for number, words in enumerate(WORDS["months"], start=1) for word in words
}

_CLOCK = (
    r"(?:[\sT,]+(?:at\s+)?(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?(?:\s*UTC)?)?\s*$"
)
_NUMERIC = re.compile(
    r"^(?P<a>\d{1,4})\s?(?P<mark>[./-])\s?(?P<b>\d{1,2})\s?[./-]\s?(?P<c>\d{1,4})\.?" + _CLOCK
)
_FAR_EAST = re.compile(r"^(?P<a>\d{4})\s*[年년]\s*(?P<b>\d{1,2})\s*[月월]\s*(?P<c>\d{1,2})\s*[日일]" + _CLOCK)
_WORDED = re.compile(
    r"^(?:[^\W\d_]{2,10}\.?,?\s+)?(?:(?P<day>\d{1,2})(?:st|nd|rd|th|º|\.)?[\s-]+)?(?:de\s+|ב-?)?"
    r"(?P<month>[^\W\d_]{3,12})\.?"
    r"(?:[\s-]+(?P<day2>\d{1,2})(?:st|nd|rd|th)?(?!\d))?,?[\s-]+(?:de\s+)?(?P<year>\d{4})(?:\s?[гр]\.?,?)?"
    + _CLOCK
)
_YEAR_WORDED = re.compile(
    r"^(?P<year>\d{4})\.?[\s-]+(?P<month>[^\W\d_]{3,12})\.?[\s-]+(?P<day>\d{1,2})\.?" + _CLOCK
)
_VIETNAMESE = re.compile(
    r"^(?P<day>\d{1,2})\s+(?:thg|tháng)\s+(?P<month>\d{1,2}),?\s+(?P<year>\d{4})" + _CLOCK
)
_DOTNET = re.compile(r"^/Date\((-?\d+)([+-]\d{4})?\)/$")
_SERIAL = re.compile(r"^(?P<days>\d{5})(?:[.,](?P<part>\d+))?$")
_YEARS = range(1990, 2101)


def truth(text: str) -> bool | None:
    word = text.strip().casefold()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    if word in NOTHING:
        return None
    raise ValueError("is neither true nor false")


def marked(text: str) -> bool:
    """A flag column in which blank means no."""
    return truth(text) or False


def whole(text: str) -> float | None:
    """A count: every separator in it groups thousands."""
    word = text.strip()
    if word.isdecimal():
        return float(word)
    if word.casefold() in NOTHING:
        return None
    if re.fullmatch(r"\d+([.,]\d+)?[eE]\+?\d{1,3}", word):
        return number(word)
    digits = re.sub(r"(?<=\d)[.,'’\s\u00a0\u202f](?=\d{3}(?!\d))", "", word)
    if not re.fullmatch(r"-?\d+([.,]0+)?", digits):
        raise ValueError("is not a number")
    return float(digits.replace(",", "."))


def number(text: str, decimal: Decimal = ".") -> float | None:
    word = text.strip()
    try:
        if decimal == "." or "," not in word:
            value = float(word)
            if value == value and abs(value) != float("inf") and not (decimal == "," and _grouped(word)):
                return value
    except ValueError:
        pass
    if word.casefold() in NOTHING:
        return None
    plain = re.sub(r"[\s\u00a0\u202f'’]", "", word).removesuffix("%")
    if not plain.strip("#"):
        return None
    if power := re.fullmatch(r"(-?\d+(?:[.,]\d+)?)[eE]([+-]?\d{1,3})", plain):
        return float(f"{power[1].replace(',', '.')}e{power[2]}")
    scale = {"k": 1e3, "m": 1e6, "b": 1e9}.get(plain[-1:].casefold(), 1.0)
    plain = plain[:-1] if scale > 1 else plain
    return float(_dotted(plain, decimal)) * scale


def _grouped(word: str) -> bool:
    return re.fullmatch(r"-?[1-9]\d{0,2}(\.\d{3})+", word) is not None


def _dotted(word: str, decimal: Decimal) -> str:
    """One spelling for all: no grouping, a dot before the decimals."""
    if "," in word and "." in word:
        decimal = "," if word.rfind(",") > word.rfind(".") else "."
    elif word.count(".") > 1 or word.count(",") > 1:
        decimal = "," if "." in word else "."
    grouping = "," if decimal == "." else "."
    if grouping in word and not re.fullmatch(r"-?\d{1,3}" + rf"(\{grouping}\d{{3}})+(\{decimal}\d*)?", word):
        # 3,1 in a file of decimal points, or 3.1 in one of decimal commas: it groups nothing, so it is the
        # mark
        grouping, decimal = decimal, "," if decimal == "." else "."
    plain = word.replace(grouping, "").replace(decimal, ".")
    if not re.fullmatch(r"-?(\d+\.?\d*|\.\d+)", plain):
        raise ValueError("is not a number")
    return plain


def moment(text: str, order: DateOrder = "unknown") -> Moment | None:
    """A date, or an aware UTC time where the cell has a clock; a clock without a zone is read as UTC.

    A numeric date whose order nothing in the file decides is None: unknown, not guessed.
    """
    word = text.strip()
    # a spreadsheet whose column was too narrow saves number signs instead of the date
    if word.casefold() in NOTHING or word.startswith("0000-00-00") or not word.strip("#"):
        return None
    try:
        read = _iso(word) or _counted(word) or _numbered(word, order) or _worded(word)
    except OverflowError as error:
        raise ValueError("is not a date") from error
    if read is None:
        if ambiguous(word):
            return None
        raise ValueError("is not a date")
    if read.year not in _YEARS:
        raise ValueError("is not a date of this web")
    return read


def _iso(word: str) -> Moment | None:
    if len(word) < 10 or word[4] != "-" or word[7] != "-":
        return None
    if len(word) == 10:
        return date.fromisoformat(word)
    try:
        return _utc(datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d|UTC$|Z$)", "", word).replace("UTC", "Z")))
    except ValueError:
        return None


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _counted(word: str) -> Moment | None:
    """Seconds or milliseconds since 1970, .NET's form of them, YYYYMMDD, and days of a spreadsheet."""
    if dotnet := _DOTNET.match(word):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(dotnet[1]))
    if word.isdecimal() and len(word) in (10, 13):
        return datetime.fromtimestamp(int(word) / (1 if len(word) == 10 else 1000), UTC)
    if word.isdecimal() and len(word) == 8:
        return date(int(word[:4]), int(word[4:6]), int(word[6:]))
    if (serial := _SERIAL.match(word)) and 30_000 < int(serial["days"]) < 80_000:
        day = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(days=int(serial["days"]))
        if not serial["part"]:
            return day.date()
        return day + timedelta(seconds=round(float(f"0.{serial['part']}") * 86_400))
    return None


def _numbered(word: str, order: DateOrder) -> Moment | None:
    parts = _FAR_EAST.match(word) or _NUMERIC.match(word)
    if parts is None:
        return None
    a, b, c = parts["a"], parts["b"], parts["c"]
    if len(a) == 4:
        return _at(int(a), int(b), int(c), parts)
    if len(a) > 2 or len(c) not in (2, 4):
        return None
    year = int(c) + 2000 if len(c) == 2 else int(c)
    if a == b:
        return _at(year, int(a), int(b), parts)
    if order == "unknown":
        # which of the two is the month is undecided for the file; one of them may still say so alone
        order = "day_first" if int(a) > 12 else "month_first" if int(b) > 12 else "unknown"
    if order == "unknown":
        return None
    day, month = (int(a), int(b)) if order == "day_first" else (int(b), int(a))
    return _at(year, month, day, parts)


def _worded(word: str) -> Moment | None:
    if parts := _VIETNAMESE.match(word):
        return _at(int(parts["year"]), int(parts["month"]), int(parts["day"]), parts)
    if parts := _YEAR_WORDED.match(word):
        named = MONTHS.get(parts["month"].casefold())
        return _at(int(parts["year"]), named, int(parts["day"]), parts) if named else None
    parts = _WORDED.match(word)
    if parts is None:
        return None
    month = MONTHS.get(parts["month"].casefold().strip("."))
    if month is None and parts["month"][:1] == "ב":
        month = MONTHS.get(parts["month"][1:])
    day = parts["day"] or parts["day2"]
    return _at(int(parts["year"]), month, int(day), parts) if month and day else None


def _at(year: int, month: int, day: int, parts: re.Match[str]) -> Moment:
    if parts["hour"] is None:
        return date(year, month, day)
    hour = int(parts["hour"])
    if half := parts["half"]:
        hour = hour % 12 + (12 if half[0] in "Pp" else 0)
    zone = parts["zone"]
    offset = timedelta()
    if zone and zone[0] in "+-":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])) * (1 if zone[0] == "+" else -1)
    local = datetime(
        year, month, day, hour, int(parts["minute"]), int(parts["second"] or 0), tzinfo=timezone(offset)
    )
    return local.astimezone(UTC)


def ambiguous(text: str) -> bool:
    """Whether a cell is a numeric date that two countries read differently."""
    parts = _NUMERIC.match(text.strip())
    return (
        parts is not None
        and len(parts["a"]) <= 2
        and parts["a"] != parts["b"]
        and 0 < int(parts["a"]) <= 12
        and 0 < int(parts["b"]) <= 12
    )


@dataclass(frozen=True)
class OrderEvidence:
    """What the numeric dates of a file say about their order."""

    day_first: int = 0
    month_first: int = 0
    dotted: int = 0
    undecided: int = 0
    day_example: str = ""
    month_example: str = ""

    @property
    def any(self) -> bool:
        return bool(self.day_first or self.month_first or self.dotted or self.undecided)


def order_evidence(cells: Iterable[str]) -> OrderEvidence:
    day = month = dotted = undecided = 0
    day_example = month_example = ""
    for cell in cells:
        parts = _NUMERIC.match(cell.strip())
        if parts is None or len(parts["a"]) > 2:
            continue
        a, b = int(parts["a"]), int(parts["b"])
        dotted += parts["mark"] == "."
        if a > 12 >= b:
            day, day_example = day + 1, day_example or cell
        elif b > 12 >= a:
            month, month_example = month + 1, month_example or cell
        elif a != b:
            undecided += 1
    return OrderEvidence(day, month, dotted, undecided, day_example, month_example)


class Wrong:
    """A cell that is not what its column says."""

    __slots__ = ("cell", "why")

    def __init__(self, cell: str, why: str) -> None:
        self.cell = cell
        self.why = why


class Memo(dict[str, Any]):
    """A converter that remembers: exports repeat their dates, flags and domains by the million.

    A cell that does not convert gives a `Wrong`; `failed` then says that the column must be looked through.
    """

    LIMIT = 200_000

    def __init__(self, convert: Callable[[str], Any]) -> None:
        super().__init__()
        self.convert = convert
        self.failed = False

    def __missing__(self, cell: str) -> Any:
        try:
            value = self.convert(cell)
        except ValueError as error:
            value = Wrong(cell, _reason(error))
            self.failed = True
        if len(self) >= self.LIMIT:
            self.clear()
        self[cell] = value
        return value


def _reason(error: ValueError) -> str:
    text = str(error)
    return (
        text
        if text.startswith("is ")
        else "is not a date"
        if "date" in text or "day" in text
        else "does not fit"
    )
