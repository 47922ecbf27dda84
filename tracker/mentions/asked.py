"""Which brands a question names, by name or by site: what its answer says of them was put in its mouth."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tracker import domains
from tracker.errors import BadUrl
from tracker.mentions.finder import Finder
from tracker.mentions.names import BrandNames

_SITE = re.compile(r"(?:https?://)?(?:[\w-]+\.)+[^\W\d_][\w-]+(?:/[^\s<>()\"'»”]*)?", re.IGNORECASE)


def named_in(text: str, finder: Finder, brands: Iterable[BrandNames]) -> frozenset[int]:
    """Keys of the brands that `text` names; `finder` looks for the names of these brands."""
    named = {span.key for span in finder.spans(text)}
    if "." in text:
        sites = {site for site_match in _SITE.finditer(text) if (site := _host(site_match[0]))}
        named |= {brand.key for brand in brands if any(_owns(brand.domains, site) for site in sites)}
    return frozenset(named)


def _host(written: str) -> str | None:
    try:
        return domains.named(written.rstrip(".,;:!?")).host
    except BadUrl:
        return None


def _owns(owned: tuple[str, ...], host: str) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in owned)
