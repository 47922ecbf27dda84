"""How texts that others wrote reach a page or a sheet: escaped in HTML, as data in PDF, never as markup."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.bccache import Bucket

from tracker import extra


class _Compiled(BytecodeCache):
    """Each template is compiled once a process, whatever its environment knows beside it."""

    def __init__(self) -> None:
        self._of: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (known := self._of.get(bucket.key)) is not None:
            bucket.bytecode_from_string(known)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._of[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


def environment(folder: Path) -> Environment:
    """Templates of a folder; what a template does not know is an error."""
    return Environment(
        loader=FileSystemLoader(folder),
        bytecode_cache=_COMPILED,
        autoescape=select_autoescape(("html",), default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def pdf(
    template: Path,
    plain: Any,
    *,
    default: Callable[[Any], str] | None = None,
    kind: Literal["pdf", "png"] = "pdf",
) -> bytes:
    """A sheet of `plain`, which stands in JSON; `default` writes what JSON does not know."""
    extra.need("pdf")
    import typst

    data = json.dumps(plain, ensure_ascii=False, default=default)
    content: Any = typst.compile(
        str(template), root=str(template.parent), sys_inputs={"data": data}, format=kind, ppi=200
    )
    assert isinstance(content, bytes)
    return content
