"""Results as bytes, to be kept and read again: frozen dataclasses, frames, and what they are made of.

JSON with a word for what JSON lacks, frames as Arrow beside it. Reading makes nothing but dataclasses of our
own packages: whoever can write to the database can put a number there, and no program.
"""

from __future__ import annotations

import base64
import dataclasses
import importlib
import io
import json
import zlib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

OURS = ("analysis.", "tracker.", "dashboard.data.")
_PLAIN = (str, int, float, bool, type(None))


class AnotherVersionError(ValueError):
    """What is kept was written by a program whose results had another shape."""


def pack(value: object) -> bytes:
    """Bytes that `unpack` makes an equal value of."""
    return zlib.compress(json.dumps(_written(value), separators=(",", ":")).encode(), 1)


def unpack(body: bytes) -> Any:
    return _read(json.loads(zlib.decompress(body)))


def _written(value: object) -> object:
    # first what there is most of
    if type(value) in _PLAIN:
        return value
    if isinstance(value, list):
        return [_written(each) for each in value]
    if isinstance(value, np.generic):
        return _written(value.item())
    if isinstance(value, tuple):
        return {"t": [_written(each) for each in value]}
    if isinstance(value, Mapping):
        return {"d": [[_written(key), _written(each)] for key, each in value.items()]}
    if isinstance(value, frozenset | set):
        return {"s": [_written(each) for each in sorted(value, key=repr)]}
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, Path):
        return {"path": str(value)}
    if isinstance(value, pd.DataFrame):
        return {"frame": _arrow(value)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            "o": _name(type(value)),
            "f": [_written(getattr(value, name)) for name in _fields(type(value))],
        }
    raise TypeError(f"{type(value).__name__} cannot be kept")


def _name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


@cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind) if field.init)


def _arrow(frame: pd.DataFrame) -> str:
    import pyarrow as pa  # the base installation keeps no frames

    out = io.BytesIO()
    table = pa.Table.from_pandas(frame)
    with pa.ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)
    return base64.b64encode(out.getvalue()).decode()


def _read(said: Any) -> Any:
    if type(said) in _PLAIN:
        return said
    if isinstance(said, list):
        return [_read(each) for each in said]
    if "o" in said:
        kind = _class(said["o"])
        if len(_fields(kind)) != len(said["f"]):
            raise AnotherVersionError(f"{said['o']} had {len(said['f'])} fields")
        return kind(**dict(zip(_fields(kind), map(_read, said["f"]), strict=True)))
    ((word, inner),) = said.items()
    match word:
        case "t":
            return tuple(map(_read, inner))
        case "d":
            return {_read(key): _read(each) for key, each in inner}
        case "s":
            return frozenset(map(_read, inner))
        case "at":
            return datetime.fromisoformat(inner)
        case "day":
            return date.fromisoformat(inner)
        case "path":
            return Path(inner)
        case "frame":
            import pyarrow as pa

            return pa.ipc.open_stream(base64.b64decode(inner)).read_all().to_pandas()
    raise ValueError(f"nothing is written as {word!r}")


@cache
def _class(name: str) -> type:
    module, _, qualified = name.partition(":")
    if not module.startswith(OURS):
        raise ValueError(f"{name!r} is no result of ours")
    try:
        kind = getattr(importlib.import_module(module), qualified)
    except (ImportError, AttributeError):
        raise AnotherVersionError(f"there is no {name} any more") from None
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        raise ValueError(f"{name!r} is no result of ours")
    return kind
