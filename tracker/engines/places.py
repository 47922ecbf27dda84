"""From where a question is asked: put where each engine takes it, and said where one takes it nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tracker import numbers
from tracker.engines.countries import country
from tracker.engines.question import Place, place_of
from tracker.engines.row import Call


def untaken(call: Call, place: Place) -> tuple[str, ...]:
    """What of the place the engine cannot be told."""
    return tuple(name for name in place.parts() if name not in call.place)


def remarks(call: Call, options: Mapping[str, Any], countries: Sequence[str | None]) -> Iterator[str]:
    """What a plan should say of an engine's place; `countries` are those of its prompts."""
    yield from not_told(call, options, countries)
    if (home := at_home(call, options, countries)) is not None:
        yield home


def not_told(call: Call, options: Mapping[str, Any], countries: Iterable[str | None]) -> Iterator[str]:
    """What is named and the engine cannot be told."""
    asked = [] if call.imitates else [place_of(options, one) for one in countries]
    for part in ("country", "region", "city"):
        named = sorted({value for place in asked if (value := place.parts().get(part))})
        if named and part not in call.place:
            shown = ", ".join(named[:5]) + (f" and {len(named) - 5} more" if len(named) > 5 else "")
            yield f"cannot be told a {part} ({shown}): it answers as it would for anybody"


def at_home(call: Call, options: Mapping[str, Any], countries: Iterable[str | None]) -> str | None:
    """Whose results come where no country is named, as far as that is known."""
    anywhere = sum(place_of(options, one).country is None for one in countries)
    if call.imitates or call.home is None or not anywhere:
        return None
    return f"{numbers.counted(anywhere, 'prompt')} without a country: answered as from {call.home}"


def located(call: Call, options: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """Options for litellm that ask for results of a place, as far as the engine's search takes one."""
    parts: dict[str, str] = {part: value for part, value in place.parts().items() if part in call.place}
    placed = dict(options)
    if not parts or call.place_form in (None, "http"):
        return placed
    where = {"type": "approximate", **parts}
    if call.place_form == "groq":
        known = country(parts["country"])
        if known is not None:
            _into(placed, "extra_body", {"search_settings": {"country": known.name.lower()}})
    elif call.place_form == "options" and "web_search_options" in placed:
        there = {"user_location": {"type": "approximate", "approximate": parts}}
        placed["web_search_options"] = there | placed["web_search_options"]
    elif placed.get("tools"):
        tools = [_told(tool, where, call.place_form == "parameters") for tool in placed["tools"]]
        placed["tools"] = tools
        if call.place_form == "extra_body":
            # litellm drops the location from xAI's tools, and passes this on.
            _into(placed, "extra_body", {"tools": tools})
    return placed


def _told(tool: Any, where: Mapping[str, Any], in_parameters: bool) -> Any:
    kind = str(tool.get("type", "")) if isinstance(tool, dict) else ""
    if in_parameters and kind.endswith("web_search"):
        return {**tool, "parameters": {"user_location": where, **tool.get("parameters", {})}}
    return {"user_location": where, **tool} if kind.startswith("web_search") else tool


def _into(options: dict[str, Any], name: str, values: dict[str, Any]) -> None:
    """What the catalog says there wins."""
    there: dict[str, Any] = options.get(name) or {}
    options[name] = values | there
