"""Raw reply body → citations, *cited*, *retrieved* and *written* apart. Pure: no network, no clock.

`read` recognises the shape by content alone. One small reader per shape; what a body holds that no reader
knows is listed by `unknown_keys`, so that an engine's change is seen before its numbers are.
"""

from __future__ import annotations

from tracker.citations.publisher import is_redirect, names_no_page, publisher, resolved
from tracker.citations.read import SHAPES, merge, read, recognise, unknown_keys
from tracker.citations.results import (
    READER_VERSION,
    DomainFrom,
    Kind,
    Problem,
    ReadCitation,
    Reading,
    Shape,
    Usage,
    as_json,
)
from tracker.citations.serp import page_token

__all__ = [
    "READER_VERSION",
    "SHAPES",
    "DomainFrom",
    "Kind",
    "Problem",
    "ReadCitation",
    "Reading",
    "Shape",
    "Usage",
    "as_json",
    "is_redirect",
    "merge",
    "names_no_page",
    "page_token",
    "publisher",
    "read",
    "recognise",
    "resolved",
    "unknown_keys",
]
