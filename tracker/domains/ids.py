"""Ids of pages and domains: hashes of their names, so that facts meet without anyone looking an id up."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from struct import unpack

RULES = 5
"""Raised whenever the same address may get another name: then stored rows are named anew
(`tracker.renaming`)."""


def page_id(canonical: str) -> int:
    """The id of a page is a hash of its name: positive, 63 bits, the same in every database."""
    return _content_id(canonical)


def page_ids(canonicals: Sequence[str | None]) -> list[int | None]:
    """`page_id` of many, in less time."""
    digests = [blake2b(name.encode(), digest_size=8).digest() for name in canonicals if name]
    ids = [number >> 1 or 1 for number in unpack(f">{len(digests)}Q", b"".join(digests))]
    if len(ids) == len(canonicals):
        return [*ids]
    each = iter(ids)
    return [next(each) if name else None for name in canonicals]


def domain_id(domain: str) -> int:
    """The id of a domain is a hash of its name: positive, 63 bits, the same in every database."""
    return _content_id(domain)


def _content_id(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) >> 1 or 1
