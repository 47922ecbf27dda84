"""What a file is encoded in, and what its text looks like where that was taken for something else."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from tracker.errors import DataError, UsageError

_MOJIBAKE = re.compile(r"Ã[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€[™œ\u009d“”¦˜]|Â[ «»°]")


@dataclass(frozen=True)
class Encoding:
    name: str
    evidence: str
    fallback: str | None = None
    """What lines are read in that turn out not to be in `name`; None: they are rejected."""


def encoding_named(name: str) -> Encoding:
    try:
        "".encode(name)
    except LookupError:
        raise UsageError(
            f"no encoding {name!r}", "use a name such as utf-8, cp1252, cp1251 or utf-16"
        ) from None
    return Encoding(name, "as given")


def encoding_of(head: bytes) -> Encoding:
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return Encoding(name, f"byte order mark {mark.hex(' ').upper()}")
    even, odd = head[0:4000:2].count(0), head[1:4000:2].count(0)
    half = max(1, len(head[:4000]) // 2)
    if odd > half * 0.6 and even < half * 0.1:
        return Encoding("utf-16-le", "every second byte is zero, and there is no byte order mark")
    if even > half * 0.6 and odd < half * 0.1:
        return Encoding("utf-16-be", "every second byte is zero, and there is no byte order mark")
    if head.isascii():
        return Encoding("utf-8", f"the first {len(head):,} bytes are ASCII", fallback="cp1252")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head)
    except UnicodeDecodeError as error:
        if _damage(head) <= 0.001:
            return Encoding("utf-8", "nearly all bytes are UTF-8; a few are damaged")
        others = _lines_of_others(head)
        _refuse_other_scripts(b"\n".join(others) or head)
        if others:
            return Encoding("utf-8", "some lines are UTF-8, and others are not", fallback="cp1252")
        bad = head[error.start]
        return Encoding("cp1252", f"byte {bad:#04x} at {error.start:,} is not UTF-8: read as Windows-1252")
    return Encoding("utf-8", "the bytes are UTF-8")


def _lines_of_others(head: bytes) -> list[bytes]:
    """Of a file put together from several, the lines that are not UTF-8; none where no line beyond ASCII is:
    such letters of an old code page make UTF-8 by accident next to never.
    """
    others, utf8 = [], False
    for line in head.split(b"\n")[:-1]:
        try:
            utf8 = not line.decode().isascii() or utf8
        except UnicodeDecodeError:
            others.append(line)
    return others if utf8 else []


def _refuse_other_scripts(head: bytes) -> None:
    """Western letters beyond ASCII stand alone between others; whole words of them are Cyrillic, Greek,
    Japanese …

    Which code page it is cannot be told safely, and a wrong one garbles every anchor.
    """
    runs = re.findall(rb"[\x80-\xff]+", head)
    long = sum(len(run) for run in runs if len(run) > 3)
    if long * 2 > sum(map(len, runs)):
        raise DataError(
            "the text is in an old code page of another script than the Latin one",
            "save the file as CSV UTF-8, or give its code page as --encoding: cp1251 (Cyrillic), "
            "shift_jis, euc_jp, gb18030, "
            "big5, cp949 (Korean), cp1253 (Greek), cp1255 (Hebrew), cp1256 (Arabic), cp874 (Thai)",
        )


_CENTRAL = re.compile(r"[a-z][¹³][a-z ]|[a-z]œ[a-z]*[æê¿]|[a-z][ìøè][a-z]*[ùò]")


def central_european(text: str) -> str | None:
    """A word that Windows-1252 cannot have meant: Polish, Czech … saved as Windows-1250."""
    match = _CENTRAL.search(text)
    return text[max(0, match.start() - 12) : match.end() + 12].replace("\n", " ") if match else None


def _damage(head: bytes) -> float:
    """Of the bytes beyond ASCII, the share that UTF-8 cannot read."""
    text = head.decode("utf-8", "surrogateescape")
    bad = sum(1 for c in text if "\udc80" <= c <= "\udcff")
    good = sum(1 for c in text if c > "\x7f") - bad
    return bad / (100 * good + bad)


def decode_head(head: bytes, encoding: Encoding) -> str:
    if encoding.fallback and not head.isascii():
        text = "\n".join(_line(line, encoding) for line in head.split(b"\n"))
    else:
        text = codecs.getincrementaldecoder(encoding.name)("replace").decode(head)
    return re.sub(r"\r\n?", "\n", text)


def _line(line: bytes, encoding: Encoding) -> str:
    try:
        return line.decode(encoding.name)
    except UnicodeDecodeError:
        return line.decode(encoding.fallback or encoding.name, "replace")


def mojibake(text: str) -> str | None:
    """An example of UTF-8 that somebody read as Windows-1252 and saved again."""
    match = _MOJIBAKE.search(text)
    return text[max(0, match.start() - 12) : match.end() + 12].replace("\n", " ") if match else None
