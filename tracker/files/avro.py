"""Rows of an Avro file (specification 1.11: object container files), as BigQuery writes one.

Logical types stay what they are stored as. Blocks are packed with `null`, `deflate` or `snappy`.
"""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, Any

from tracker.errors import DataError, UsageError

MAGIC = b"Obj\x01"
LARGEST = 1 << 30
"""Bytes of one block or value; more is damage."""
NAMED = ("record", "enum", "fixed", "error")


class _Bytes:
    def __init__(self, source: IO[bytes]) -> None:
        self.source = source

    def take(self, size: int) -> bytes:
        if not 0 <= size <= LARGEST or len(taken := self.source.read(size)) != size:
            raise DataError("the Avro file is cut off or damaged", "export it again")
        return taken

    def varint(self, first: bytes = b"") -> int:
        """`first`: a byte of it that was read already."""
        value = shift = 0
        byte = (first or self.take(1))[0]
        while byte >= 0x80 and shift < 63:
            value |= (byte & 0x7F) << shift
            shift += 7
            byte = self.take(1)[0]
        return value | byte << shift

    def long(self, first: bytes = b"") -> int:
        value = self.varint(first)
        return (value >> 1) ^ -(value & 1)


def rows(source: IO[bytes]) -> Iterator[Mapping[str, Any]]:
    """Each record of the file; its schema must be a record."""
    file = _Bytes(source)
    if file.take(4) != MAGIC:
        raise DataError("this is no Avro file", "export it again")
    meta: dict[str, bytes] = _read(file, {"type": "map", "values": "bytes"}, {})
    mark = file.take(16)
    codec = meta.get("avro.codec", b"null").decode("ascii", "replace")
    try:
        schema = json.loads(meta["avro.schema"])
    except (KeyError, ValueError):
        raise DataError("the Avro file has no schema", "export it again") from None
    named: dict[str, Any] = {}
    _name_all(schema, named)
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise DataError("the Avro file holds no records", "export a table")
    while first := source.read(1):
        count = file.long(first)
        block = file.take(file.long())
        if file.take(16) != mark:
            raise DataError("the Avro file is damaged between two blocks", "export it again")
        inside = _Bytes(_unpacked(block, codec))
        for _ in range(count):
            try:
                record = _read(inside, schema, named)
            except (KeyError, IndexError, TypeError, RecursionError):
                raise DataError(
                    "the Avro file's schema does not fit its records", "export it again"
                ) from None
            yield record


def _unpacked(block: bytes, codec: str) -> IO[bytes]:
    try:
        if codec == "deflate":
            return io.BytesIO(zlib.decompress(block, -15))
        if codec == "snappy":
            import pyarrow

            size = _Bytes(io.BytesIO(block)).varint()  # and a checksum of four bytes follows it
            return io.BytesIO(pyarrow.Codec("snappy").decompress(block[:-4], size).to_pybytes())
    except (zlib.error, OSError, ValueError) as error:
        raise DataError(f"a block of the Avro file cannot be unpacked: {error}", "export it again") from None
    if codec != "null":
        hint = "export it with deflate or snappy, or as JSON"
        raise UsageError(f"the Avro file is packed with {codec}, which is not read", hint)
    return io.BytesIO(block)


def _name_all(schema: Any, named: dict[str, Any]) -> None:
    if isinstance(schema, list):
        for each in schema:
            _name_all(each, named)
    elif isinstance(schema, dict):
        if schema.get("type") in NAMED and "name" in schema:
            named[schema["name"]] = named[f"{schema.get('namespace', '')}.{schema['name']}"] = schema
        for each in schema.get("fields", ()):
            _name_all(each.get("type"), named)
        for part in ("type", "items", "values"):
            if isinstance(schema.get(part), dict | list):
                _name_all(schema[part], named)


def _read(file: _Bytes, schema: Any, named: Mapping[str, Any]) -> Any:
    if isinstance(schema, list):
        at = file.long()
        if not 0 <= at < len(schema):
            raise DataError("the Avro file is damaged: a union without such a branch", "export it again")
        return _read(file, schema[at], named)
    kind = schema["type"] if isinstance(schema, dict) else schema
    if isinstance(kind, dict | list):
        return _read(file, kind, named)
    match kind:
        case "null":
            return None
        case "boolean":
            return file.take(1) == b"\x01"
        case "int" | "long":
            return file.long()
        case "float":
            return struct.unpack("<f", file.take(4))[0]
        case "double":
            return struct.unpack("<d", file.take(8))[0]
        case "bytes":
            return file.take(file.long())
        case "string":
            return file.take(file.long()).decode("utf-8", "replace")
        case "record" | "error":
            return {each["name"]: _read(file, each["type"], named) for each in schema["fields"]}
        case "enum":
            return schema["symbols"][file.long()]
        case "fixed":
            return file.take(schema["size"])
        case "array":
            return [_read(file, schema["items"], named) for _ in _counted(file)]
        case "map":
            return {
                _read(file, "string", named): _read(file, schema["values"], named) for _ in _counted(file)
            }
    if kind in named:
        return _read(file, named[kind], named)
    raise DataError(f"the Avro file has a type that is not known: {kind}", "export it as JSON")


def _counted(file: _Bytes) -> Iterator[int]:
    """Once for each item of an array or map, which comes in blocks."""
    while count := file.long():
        if count < 0:
            count = -count
            file.long()  # bytes of the block
        yield from range(count)
