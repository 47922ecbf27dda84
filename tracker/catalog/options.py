"""The `options` of an engine or a judge: handed on as they are, but for what a catalog may not say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from tracker.catalog.nodes import CatalogFile
from tracker.engines.calls import foreign_options


def read_options(file: CatalogFile, node: yaml.Node | None, model: str) -> dict[str, Any]:
    if node is None or node.tag.endswith(":null"):
        return {}
    if not isinstance(node, yaml.MappingNode):
        file.refuse(
            "catalog.shape", node, "options must be `key: value` lines", "write `options: {}` for none"
        )
        return {}
    try:
        options: dict[str, Any] = yaml.safe_load(yaml.serialize(node))
        json.dumps(options)
    except (yaml.YAMLError, TypeError, ValueError):
        file.refuse(
            "catalog.options",
            node,
            "options hold something that is not JSON (a date, say)",
            "put such values in quotes",
        )
        return {}
    for name in _secret_names(options):
        file.refuse(
            "catalog.secret",
            node,
            f"options hold a key (`{name}`)",
            "put keys into the environment; `citelift check` names the variable",
        )
    for name in foreign_options(model, options):
        hint = "take it out: every ask of a run is sent the same way, once, and its reply read as a whole"
        file.refuse("catalog.option", node, f"`{name}` is not for a catalog to set", hint)
    for name, wanted in _misshapen(options):
        file.refuse("catalog.option", node, f"the option `{name}` must be {wanted}", _SHAPES[name][2])
    return options


_NUMBER = (int, "a whole number", "write it like `max_tokens: 2000`")
_SHAPES: dict[str, tuple[type, str, str]] = {
    "tools": (list, "a list of `{type: …}`", "write it like `tools: [{type: web_search}]`"),
    "web_search_options": (dict, "`key: value` lines", "write `web_search_options: {}` for the usual search"),
    "api_base": (str, "an address", "write it like `api_base: https://example.com/v1`"),
    **dict.fromkeys(("max_tokens", "max_completion_tokens", "max_output_tokens"), _NUMBER),
}


def _misshapen(options: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What litellm would stumble over before anything is sent, ask after ask."""
    for name in sorted(_SHAPES.keys() & options.keys()):
        kind, wanted, _ = _SHAPES[name]
        value = options[name]
        items = value if name == "tools" and isinstance(value, list) else []
        if type(value) is not kind or not all(isinstance(item, dict) for item in items):
            yield name, wanted


def _secret_names(value: Any) -> Iterator[str]:
    """Keys in a catalog would end in the database and in version control."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if (
                re.search(r"(?i)^(api_?key|authorization|.*(secret|password|access_?token).*)$", str(name))
                and inner
            ):
                yield str(name)
            yield from _secret_names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _secret_names(inner)
