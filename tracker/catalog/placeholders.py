"""What an example left in a catalog: it would be asked about, paid for and compared with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracker.catalog.entries import Catalog
from tracker.catalog.nodes import Problem

_NAMES = re.compile(
    r"(your|my|the) (brand|company)|brand( name)?|(a|another|the)? ?(rival|competitor)( (one|two|three|\d))?|"
    r"other|another spelling",
    re.IGNORECASE,
)
_DOMAINS = {"yourbrand.com", "yourcompany.com", "brand.com", "rival-one.com", "rival.com", "other.com"}
# RFC 2606 and 6761: nobody can own them.
_RESERVED = re.compile(r"(^|\.)(example\.(com|net|org)|example|invalid)$")
_BLANK = r"[^<>\[\]{}]*\b(?:your|brand|company|product|topic|category|thing|name|city|rival)\b[^<>\[\]{}]*"
_GAP = re.compile(rf"(?<!\S)(…|\.\.\.|_{{3,}}|<{_BLANK}>|\[{_BLANK}\]|\{{{_BLANK}\}}|@[A-Z]+@)(?=[\s?.,!]|$)")


def placeholders(catalog: Catalog) -> Iterator[Problem]:
    for brand in catalog.brands:
        where = f"brands.yaml:{brand.line}"
        for name in (brand.name, *brand.aliases):
            if _NAMES.fullmatch(name):
                hint = "write the name of a real brand, or take the entry out"
                yield Problem("brand.placeholder", where, f"`{name}` is an example's name", hint)
        for host in brand.domains:
            if host in _DOMAINS or _RESERVED.search(host):
                hint = "write a site that the brand owns"
                yield Problem("brand.placeholder", where, f"`{host}` is an example's domain", hint)
    for prompt in catalog.prompts:
        if gap := _GAP.search(prompt.text):
            problem = f"`{prompt.text}` still has a gap: {gap[1]}"
            hint = "write the question as a buyer would ask it"
            yield Problem("prompt.placeholder", f"tracked.yaml:{prompt.line}", problem, hint)
    for engine in catalog.engines:
        if re.search(r"\byour-", engine.model):
            hint = "write your own deployment's name"
            problem = f"`{engine.model}` is an example's model"
            yield Problem("engine.placeholder", f"engines.yaml:{engine.line}", problem, hint)
