"""The user's own word for which column is what, for files that no layout knows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracker.errors import UsageError
from tracker.links.files.formats import FIELDS, Layout, shown

MAPPED = "mapped"
"""The layout's name of files that were read by a map."""
_ENDS = {"source": "source_url", "target": "target_url"}
_EXAMPLE = "write --map source='Page with link',target='Our page'"


@dataclass(frozen=True)
class ColumnMap:
    columns: Mapping[str, str]
    """Field → the name of its column."""
    header: tuple[str, ...] = ()
    """The whole header of the file it was first used on, as it is remembered; empty where it is given now."""
    vendor: str = "generic"

    @classmethod
    def parse(cls, given: Sequence[str]) -> ColumnMap:
        """From `source=Page,target=Our page`, in one text or several. Only a comma before `name=` parts."""
        columns: dict[str, str] = {}
        for part in (part for text in given for part in re.split(r",(?=\s*[a-z_]+\s*=)", text)):
            name, equals, column = (each.strip() for each in part.partition("="))
            field = _ENDS.get(name, name)
            if not equals or not column:
                raise UsageError(f"{part!r} maps nothing", _EXAMPLE)
            if field not in FIELDS:
                names = ", ".join([*_ENDS, *(each for each in FIELDS if each not in _ENDS.values())])
                raise UsageError(f"no field {name!r}", f"use one of {names}")
            columns[field] = column
        if not columns.keys() & {"source_url", "source_domain"}:
            raise UsageError("the map does not say where the linking page stands", _EXAMPLE)
        return cls(columns)

    @property
    def layout(self) -> Layout:
        by_page = "source_url" in self.columns
        return Layout(
            name=MAPPED,
            vendor=self.vendor,
            signature=tuple(self.columns.values()),
            columns=self.columns,
            scope="unknown" if by_page else "sample",
            rows="links" if by_page else "domains",
            spelled=tuple(map(shown, self.header)),
        )
