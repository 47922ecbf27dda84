"""The protocol on one page, to be signed: HTML, PDF, and the very text that the hash is of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from analysis import templates
from tracker import numbers

TEMPLATES = Path(__file__).with_name("templates")
MOST_BLOCKS = 12
"""Blocks of a switching design that have a column of their own."""


def write(protocol: Mapping[str, Any], protocol_hash: str, folder: Path, stem: str) -> list[Path]:
    """Write the protocol's three files and name them."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = facts(protocol, protocol_hash)
    whole = json.dumps({"hash": protocol_hash, "protocol": protocol}, ensure_ascii=False, indent=1)
    paths = [folder / f"{stem}.{kind}" for kind in ("html", "pdf", "json")]
    paths[0].write_text(html(plain), encoding="utf-8")
    paths[1].write_bytes(pdf(plain))
    paths[2].write_text(whole + "\n", encoding="utf-8")
    return paths


def facts(p: Mapping[str, Any], protocol_hash: str) -> dict[str, Any]:
    """What the page places, as text."""
    days = [date.fromisoformat(day) for day in (*p["window"], p["started"], *p["before"])]
    first, end, started, before, _ = days
    switching = p["design"] == "switch"
    rows = [
        {
            "number": i,
            "drawn": _drawn(pair),
            "first": pair["first"],
            "second": pair["second"],
            "now": pair[pair["drawn"][0]],
            "later": pair["second" if pair["drawn"][0] == "first" else "first"],
            "cited": " / ".join(map(str, pair["cited"])),
            "weight": f"{float(pair['weight']):.2f}",
        }
        for i, pair in enumerate(p["pairs"], start=1)
    ]
    return {
        "name": p["name"],
        "brand": p["brand"],
        "switching": switching,
        "rule": p["rule"],
        "rows": rows,
        "started": numbers.day(started),
        "window": numbers.period(first, end),
        "before": f"{numbers.day(before)} to the week of {numbers.day(days[4])}",
        "seed": p["seed"],
        "draw": p["draw"],
        "basis": f"{numbers.counted(len(p['prompts']), 'prompt')} on {', '.join(p['engines'])}",
        "outcome": p["outcome"]["words"],
        "analysis": p["analysis"],
        "beside": p["beside"],
        "stop": p["stop"],
        "hash": protocol_hash,
    }


def _drawn(pair: Mapping[str, Any]) -> str:
    """Blocks in which the first is on, as 1, and the second, as 2."""
    return " ".join("1" if each == "first" else "2" for each in pair["drawn"][:MOST_BLOCKS])


def html(plain: Mapping[str, Any]) -> str:
    return templates.environment(TEMPLATES).get_template("protocol.html").render(p=plain)


def pdf(plain: Mapping[str, Any]) -> bytes:
    return templates.pdf(TEMPLATES / "protocol.typ", plain)
