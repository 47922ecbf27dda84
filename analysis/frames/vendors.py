"""What link tools say of the sites that link to a brand: their flags, their authority, the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any

from sqlalchemy import Engine, select

from analysis.frames.tables import BACKLINK, IMPORT, domain_names
from analysis.frames.tracked import BrandFact, World
from tracker import domains
from tracker.shipped import words_of


@dataclass(frozen=True)
class VendorWord:
    """What tools say of one site, each by its newest export.

    `flags` and `weak` name the tool and its figure in words; `address` is one that few sites share, or None.
    """

    flags: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    address: str | None = None


@dataclass
class _Heard:
    day: date
    flags: set[str] = field(default_factory=set)
    weak: set[str] = field(default_factory=set)
    address: str | None = None


def vendor_words(database: Engine, workspace: World, brand: BrandFact) -> dict[str, VendorWord]:
    """By the name of the linking site."""
    targets = [domains.domain_id(name) for name in brand.estate.domains]
    statement = (
        select(BACKLINK.c.source_domain_id, IMPORT.c.vendor, IMPORT.c.as_of, BACKLINK.c.metrics)
        .join_from(BACKLINK, IMPORT, IMPORT.c.id == BACKLINK.c.import_id)
        .where(IMPORT.c.workspace_id == workspace.id, BACKLINK.c.target_domain_id.in_(targets))
        .where(BACKLINK.c.metrics.is_not(None))
        .order_by(IMPORT.c.as_of)
    )
    heard: dict[tuple[int, str], _Heard] = {}
    with database.connect() as connection:
        for source, vendor, day, metrics in connection.execute(statement):
            if metrics:
                _hear(heard, (int(source), str(vendor)), day, metrics)
        names = domain_names(connection, {source for source, _ in heard})
    found: dict[str, list[_Heard]] = {}
    for (source, _), each in heard.items():
        if source in names:
            found.setdefault(names[source], []).append(each)
    return {name: _joined(parts) for name, parts in found.items()}


def _hear(
    heard: dict[tuple[int, str], _Heard], key: tuple[int, str], day: date, metrics: Mapping[str, Any]
) -> None:
    known = heard.get(key)
    if known is None or day > known.day:
        known = heard[key] = _Heard(day)
    figures = _figures()
    for name, value in metrics.items():
        kind, says, bound = figures.get(name, ("", "", 0.0))
        if kind == "address" and isinstance(value, str) and not is_shared(value):
            known.address = value
        if isinstance(value, str) or kind not in ("truth", "flags", "weak"):
            continue
        if kind == "truth" and value:
            known.flags.add(f"{key[1]} flags it as {says}")
        elif (kind == "flags" and value >= bound) or (kind == "weak" and value <= bound):
            said = f"{key[1]}: {says} {value:g}"
            (known.flags if kind == "flags" else known.weak).add(said)


def _joined(parts: list[_Heard]) -> VendorWord:
    return VendorWord(
        flags=tuple(sorted(said for each in parts for said in each.flags)),
        weak=tuple(sorted(said for each in parts for said in each.weak)),
        address=next((each.address for each in parts if each.address), None),
    )


@cache
def _data() -> Mapping[str, Any]:
    return words_of("analysis.frames", "vendor_figures.yaml")


@cache
def _figures() -> Mapping[str, tuple[str, str, float]]:
    """Column → what it is, how it is called, and its bound."""
    found: dict[str, tuple[str, str, float]] = {}
    for kind, side in (("flags", "least"), ("weak", "most")):
        for row in _data()[kind]:
            what = (kind if side in row else "truth", row["says"], float(row.get(side, 0)))
            found |= dict.fromkeys(row["names"], what)
    return found | dict.fromkeys(_data()["address"], ("address", "", 0.0))


@cache
def _shared() -> tuple[Any, ...]:
    return tuple(ip_network(each) for row in _data()["shared"] for each in row["ranges"])


def is_shared(address: str) -> bool:
    """Whether thousands of unconnected sites stand behind an address, or it is none."""
    try:
        at = ip_address(address.strip())
    except ValueError:
        return True
    return not at.is_global or any(at in network for network in _shared() if network.version == at.version)
