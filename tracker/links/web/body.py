"""Bytes from a stranger → text: bounded decompression, then the charset that the bytes really have."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from tracker.links.web.safety import Stop

_STEP = 256 * 1024
_RATIO_FREE = 1024 * 1024
"""Below this size no ratio is suspicious: a page of spaces is small either way."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    data: bytes
    wire: int
    """Bytes as they travelled."""


class _Decoder(Protocol):
    def feed(self, chunk: bytes, room: int) -> Iterable[bytes]: ...

    def finished(self) -> bool: ...


class _Plain:
    def feed(self, chunk: bytes, room: int) -> Iterable[bytes]:
        yield chunk

    def finished(self) -> bool:
        return True


class _Inflate:
    """gzip (also of several members) or deflate (zlib or raw), never more than a step at a time."""

    def __init__(self, gzip: bool) -> None:
        self.bits = 31 if gzip else 15
        self.gzip = gzip
        self.stream = zlib.decompressobj(self.bits)
        self.started = False

    def feed(self, chunk: bytes, room: int) -> Iterable[bytes]:
        while chunk:
            yield self._some(chunk, min(_STEP, room))
            chunk = self.stream.unconsumed_tail
            if self.stream.eof:
                chunk = self._next_member()

    def _some(self, chunk: bytes, room: int) -> bytes:
        try:
            out = self.stream.decompress(chunk, room)
        except zlib.error as error:
            if self.gzip or self.started:
                raise Stop("bad_encoding", f"damaged compressed body ({error})") from error
            # Half the servers that say "deflate" send it without the zlib header.
            self.started = True
            self.stream = zlib.decompressobj(-15)
            return self._some(chunk, room)
        self.started = True
        return out

    def _next_member(self) -> bytes:
        rest = self.stream.unused_data
        if not (self.gzip and rest.startswith(b"\x1f\x8b")):
            return b""
        self.stream = zlib.decompressobj(self.bits)
        return rest

    def finished(self) -> bool:
        return self.stream.eof or not self.started


def unpack(
    chunks: Iterable[bytes], encoding: str, max_bytes: int, max_ratio: float, cut: bool = False
) -> Unpacked:
    """The whole body, or Stop as soon as it is too large or blows up; with `cut`,
    what fits is kept instead.
    """
    decoder = _decoder(encoding)
    parts: list[bytes] = []
    size = wire = 0
    for chunk in chunks:
        wire += len(chunk)
        for part in decoder.feed(chunk, max_bytes - size + 1):
            size += len(part)
            parts.append(part)
            if encoding and size > _RATIO_FREE and size > wire * max_ratio:
                raise Stop("decompression_bomb", f"{wire} bytes became more than {size}")
            if size > max_bytes:
                if cut:
                    return Unpacked(b"".join(parts)[:max_bytes], wire)
                raise Stop("too_large", f"more than {max_bytes} bytes")
    if not decoder.finished():
        raise Stop("bad_encoding", "the compressed body ends in the middle")
    return Unpacked(b"".join(parts), wire)


def _decoder(encoding: str) -> _Decoder:
    match encoding:
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return _Inflate(gzip=True)
        case "deflate":
            return _Inflate(gzip=False)
        case _:
            raise Stop("bad_encoding", f"content encoding {encoding[:40]!r} was not asked for")


# Only these: Python also knows codecs that are slow on purpose-made bytes (punycode) or that run escapes.
_CHARSETS: dict[str, str] = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 utf-8-sig",
    "utf-16-le": "utf-16 utf-16le unicode ucs-2 iso-10646-ucs-2",
    "utf-16-be": "utf-16be",
    "cp1252": "windows-1252 cp1252 iso-8859-1 iso8859-1 iso88591 latin1 latin-1 l1 ascii us-ascii x-cp1252",
    "iso8859-2": "iso-8859-2 latin2 l2 iso8859-2",
    "iso8859-3": "iso-8859-3 latin3",
    "iso8859-4": "iso-8859-4 latin4",
    "iso8859-5": "iso-8859-5 cyrillic",
    "iso8859-6": "iso-8859-6 arabic",
    "iso8859-7": "iso-8859-7 greek",
    "iso8859-8": "iso-8859-8 iso-8859-8-i hebrew logical",
    "iso8859-10": "iso-8859-10 latin6",
    "iso8859-13": "iso-8859-13",
    "iso8859-14": "iso-8859-14",
    "iso8859-15": "iso-8859-15 latin9 iso8859-15",
    "iso8859-16": "iso-8859-16",
    "cp1250": "windows-1250 cp1250 x-cp1250",
    "cp1251": "windows-1251 cp1251 x-cp1251 win-1251",
    "cp1253": "windows-1253 cp1253",
    "cp1254": "windows-1254 cp1254 iso-8859-9 latin5",
    "cp1255": "windows-1255 cp1255",
    "cp1256": "windows-1256 cp1256",
    "cp1257": "windows-1257 cp1257",
    "cp1258": "windows-1258 cp1258",
    "cp866": "ibm866 cp866 866",
    "cp874": "windows-874 tis-620 iso-8859-11 dos-874",
    "koi8-r": "koi8-r koi8 koi",
    "koi8-u": "koi8-u koi8-ru",
    "mac-roman": "macintosh mac x-mac-roman",
    "mac-cyrillic": "x-mac-cyrillic",
    "gb18030": "gb18030 gbk gb2312 x-gbk gb_2312-80 chinese iso-ir-58 csgb2312",
    "big5hkscs": "big5 big5-hkscs cn-big5 x-x-big5 csbig5",
    "euc_jp": "euc-jp x-euc-jp eucjp",
    "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji windows-31j cp932",
    "iso2022_jp": "iso-2022-jp",
    "cp949": "euc-kr euckr ks_c_5601-1987 korean ksc5601 windows-949 cp949 csksc56011987",
}
_CODEC_OF = {label: codec for codec, labels in _CHARSETS.items() for label in labels.split()}
_MANY_BYTES = {"gb18030", "big5hkscs", "euc_jp", "cp932", "iso2022_jp", "cp949", "utf-16-le", "utf-16-be"}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META = re.compile(rb"<meta[^>]{0,400}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    charset: str


def decode(data: bytes, content_type: str) -> Text:
    """Byte-order mark, then header, then <meta>; a label that the bytes contradict
    is overruled, never fatal.
    """
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return Text(data[len(mark) :].decode(codec, "replace"), codec)
    declared = _declared(data, content_type)
    if declared in _MANY_BYTES:
        return _strictly(data, declared) or _strictly(data, "utf-8") or _loosely(data, declared)
    # Bytes outside ASCII that are valid UTF-8 are UTF-8, whatever a one-byte label claims.
    if _nearly_utf8(data):
        return _loosely(data, "utf-8")
    return _loosely(data, "cp1252" if declared in (None, "utf-8") else declared)


def _strictly(data: bytes, codec: str) -> Text | None:
    try:
        return Text(data.decode(codec), codec)
    except UnicodeDecodeError:
        return None


def _loosely(data: bytes, codec: str) -> Text:
    return Text(data.decode(codec, "replace"), codec)


def _declared(data: bytes, content_type: str) -> str | None:
    match = _HEADER.search(content_type)
    codec = _CODEC_OF.get(match[1].lower()) if match else None
    if codec is not None:
        return codec
    inside = _META.search(data[:4096]) or _XML.match(data[:512])
    codec = _CODEC_OF.get(inside[1].decode("ascii").lower()) if inside else None
    # A <meta> that could be read as ASCII cannot be in UTF-16 (the HTML standard says the same).
    return "utf-8" if codec in ("utf-16-le", "utf-16-be") else codec


def _nearly_utf8(data: bytes) -> bool:
    """True when a strict or all but strict reading works: one cut character must not
    turn a page to mojibake.
    """
    text = data.decode("utf-8", "replace")
    bad = text.count("�")
    if bad == 0:
        return True
    good = sum(1 for char in text[:200_000] if ord(char) > 127) - bad
    return good > 20 * bad
