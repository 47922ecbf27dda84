"""Rows of an Avro file (object container files), as BigQuery writes one."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import IO, Any, cast

from tracker.errors import DataError

MAGIC = b"Obj\x01"


def rows(source: IO[bytes]) -> Iterator[Mapping[str, Any]]:
    """Each record of the file; its schema must be a record."""
    import cramjam
    import fastavro
    from fastavro.schema import SchemaParseException

    damaged = (
        EOFError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
        MemoryError,
        zlib.error,
        cramjam.DecompressionError,
        SchemaParseException,
    )
    try:
        file = fastavro.reader(source)
        if not isinstance(file.writer_schema, dict) or file.writer_schema.get("type") != "record":
            raise DataError("the Avro file holds no records", "export a table")
        for row in file:
            yield cast("Mapping[str, Any]", row)
    except damaged as error:
        why = f": {error}" if str(error) else ""
        raise DataError(f"the Avro file is cut off or damaged{why}", "export it again") from None
