"""The `options` of an engine or a judge: handed on as they are, but for what a catalog may not say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from tracker import settings
from tracker.catalog.nodes import CatalogFile
from tracker.engines import hosts
from tracker.engines.calls import call_for, foreign_options
from tracker.shipped import LOADER


def read_options(file: CatalogFile, node: yaml.Node | None, model: str) -> dict[str, Any]:
    if node is None or node.tag.endswith(":null"):
        return {}
    if not isinstance(node, yaml.MappingNode):
        file.refuse(
            "catalog.shape", node, "options must be `key: value` lines", "write `options: {}` for none"
        )
        return {}
    try:
        options: dict[str, Any] = yaml.load(yaml.serialize(node), Loader=LOADER)  # noqa: S506 - a safe one
        json.dumps(options, allow_nan=False)
    except (yaml.YAMLError, TypeError, ValueError):
        file.refuse(
            "catalog.options",
            node,
            "options hold something that is not JSON (a date, say)",
            "put such values in quotes",
        )
        return {}
    for name in sorted(set(_secret_names(options))):
        file.refuse(
            "catalog.secret",
            node,
            f"options hold a key (`{name}`)",
            "put keys into the environment; `citelift check` names the variable",
        )
    if problem := hosts.refused_option(call_for(model), model, options):
        file.refuse("catalog.host", node, problem, hosts.WAY_OUT)
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


_SECRET_NAME = re.compile(
    r"(^|-)((api|access|private|subscription|account|auth)-?key(-id)?|auth|cookies?|credentials?|signature)$"
    r"|(?<!page)(^|-)token$|authorization|secret|passw|passphrase"
)
# Headers that lead a request to another customer of the vendor's own front.
_LEADING = {"host", ":authority", "authority", "forwarded", "x-forwarded-host"}
_SECRET_VALUE = re.compile(r"(?i)^\s*(bearer|basic|digest|token)\s+\S{6,}|os\.environ/")


def _secret_names(value: Any, under: str = "options") -> Iterator[str]:
    """Keys in a catalog would end in the database and in version control, and perhaps with somebody else."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if inner and _names_a_secret(str(name), under):
                yield str(name)
            yield from _secret_names(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _secret_names(inner, under)
    elif isinstance(value, str) and _is_secret(value):
        yield under


def _names_a_secret(name: str, under: str) -> bool:
    """`max_tokens` and `page_token` do not; `apiKey`, `X-Api-Key` and `vertex_credentials` do."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\s]+", "-", name).lower()
    return bool(_SECRET_NAME.search(words)) or ("header" in under.lower() and words in _LEADING)


def _is_secret(value: str) -> bool:
    known = any(secret in value for secret in settings.secrets())
    return known or bool(_SECRET_VALUE.search(value))
