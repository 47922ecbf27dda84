"""Which AI crawlers and assistants there are, and which addresses are really theirs."""

from __future__ import annotations

import ipaddress
import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from tracker.errors import DataError, UsageError
from tracker.shipped import LOADER

Step = Literal["crawled", "fetched", "visited"]
Proof = Literal["", "verified", "forged", "unchecked"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Agent:
    name: str
    operator: str
    step: Step


@cache
def _shipped() -> dict[str, Any]:
    text = Path(__file__).with_name("agents.yaml").read_text("utf-8")
    known: dict[str, Any] = yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe one
    return known


@cache
def agents() -> Mapping[str, Agent]:
    """By the token of the user agent."""
    return {name: Agent(name, operator, step) for name, (operator, step) in _shipped()["agents"].items()}


@cache
def sources() -> Mapping[str, str]:
    """Assistant by the host or source that analytics and referrers name."""
    found: dict[str, str] = _shipped()["sources"]
    return found


def assistant_of(source: str) -> str | None:
    """`chatgpt.com / referral`, `https://www.perplexity.ai/search` → the assistant."""
    word = source.strip().lower().partition(" / ")[0].removeprefix("https://").removeprefix("http://")
    host = word.partition("/")[0].partition(":")[0].removeprefix("www.")
    return sources().get(host)


@dataclass(frozen=True)
class Ranges:
    """Addresses of one operator, as it publishes them."""

    starts: tuple[tuple[int, int], ...]
    """(version, first address), sorted."""
    ends: tuple[int, ...]

    def has(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        at = bisect_right(self.starts, (parsed.version, int(parsed))) - 1
        return at >= 0 and self.starts[at][0] == parsed.version and int(parsed) <= self.ends[at]


def ranges_of(networks: Iterable[Network]) -> Ranges:
    networks = list(networks)
    merged: list[Network] = []
    for version in (4, 6):
        mine: Any = [network for network in networks if network.version == version]
        merged += ipaddress.collapse_addresses(mine)
    return Ranges(
        tuple((each.version, int(each.network_address)) for each in merged),
        tuple(int(each.broadcast_address) for each in merged),
    )


def read_ranges(path: Path) -> Ranges:
    """A list as operators publish it: JSON with `prefixes`, or one network a line."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read: {error}", "give the list that the operator publishes"
        ) from None
    try:
        prefixes = json.loads(text)["prefixes"] if text.lstrip().startswith("{") else None
        if prefixes is None:
            words = [line.partition("#")[0].strip() for line in text.splitlines()]
        else:
            words = [str(value) for each in prefixes for name, value in each.items() if "refix" in name]
        networks = [ipaddress.ip_network(word, strict=False) for word in words if word]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path.name} is no list of address ranges: {error}", "one network a line will do"
        ) from None
    if not networks:
        raise DataError(
            f"{path.name} names no address range", "without one every visit would count as forged"
        )
    return ranges_of(networks)


def ranges_by_agent(given: Iterable[str]) -> dict[str, Ranges]:
    """`GPTBot=gptbot.json` → by agent; an operator's name stands for all of its agents."""
    out: dict[str, Ranges] = {}
    for word in given:
        name, sign, file = word.partition("=")
        chosen = [
            agent.name
            for agent in agents().values()
            if name.casefold() in (agent.name.casefold(), agent.operator.casefold())
        ]
        if not sign or not chosen:
            known = ", ".join(agents())
            raise UsageError(
                f"{word!r} names no agent and file", f"write GPTBot=gptbot.json; agents: {known}"
            )
        out |= dict.fromkeys(chosen, read_ranges(Path(file)))
    return out
