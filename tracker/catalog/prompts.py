"""What `tracked.yaml` must say: each question once, for a country and in a language that exist."""

from __future__ import annotations

import re

import yaml

from tracker import countries
from tracker.catalog.entries import PromptEntry
from tracker.catalog.nodes import CatalogFile


def read_prompts(file: CatalogFile) -> tuple[PromptEntry, ...]:
    top = file.mapping(file.root, ("prompts",), file.path.name)
    nodes = file.items(top.get("prompts"), "prompts")
    if file.root is not None and not nodes:
        file.refuse(
            "catalog.no-prompts",
            file.root,
            "no prompts",
            "list questions that your buyers ask under `prompts:`",
        )
    entries: list[PromptEntry] = []
    seen: dict[str, int] = {}
    for node in nodes:
        entry = _prompt(file, node)
        if entry is None:
            continue
        first = seen.setdefault(entry.key, entry.line)
        if first != entry.line:
            file.refuse(
                "catalog.duplicate-prompt",
                node,
                f"the prompt of line {first} again",
                "remove one; `repeats` in engines.yaml asks it several times",
            )
        entries.append(entry)
    return tuple(entries)


def _prompt(file: CatalogFile, node: yaml.Node) -> PromptEntry | None:
    fields = file.mapping(node, ("text", "topic", "country", "language", "weight"), "a prompt")
    text = file.text(fields.get("text"), "text")
    if text is None:
        if "text" not in fields:
            file.refuse("catalog.required", node, "a prompt without `text`", "add `text:`")
        return None
    country = file.text(fields.get("country"), "country")
    if country and country.upper() not in countries.codes():
        file.refuse(
            "catalog.country",
            fields["country"],
            f"`{country}` is not an ISO 3166 country code",
            "two letters, like US, DE or GB",
        )
    language = file.text(fields.get("language"), "language")
    if language and not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", language):
        file.refuse(
            "catalog.language",
            fields["language"],
            f"`{language}` is not a language code",
            "like en, de or pt-BR",
        )
    return PromptEntry(
        text,
        file.text(fields.get("topic"), "topic", "general") or "general",
        country.upper() if country else None,
        language,
        file.number(fields.get("weight"), "weight", float, 0, 1e6, 1.0),
        node.start_mark.line + 1,
    )
