"""The starter catalog of `citelift init`: commented files around the user's own brand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from tracker import domains
from tracker.errors import BadUrl, UsageError

FILES = ("brands.yaml", "tracked.yaml", "engines.yaml", "judge_stance.txt", "judge_domain.txt")


def write(
    folder: Path, *, brand: str | None, domain: str | None, rivals: Sequence[str], topic: str | None
) -> tuple[list[Path], list[Path]]:
    """Write the files that are not there; returns (written, kept)."""
    values = {
        "BRAND": _quoted(brand or "Your Brand"),
        "DOMAIN": _quoted(_domain(domain) if domain else "yourbrand.com"),
        "RIVALS": "".join(_rival(rival) for rival in rivals) or _rival("A Rival=rival-one.com"),
        "TOPIC": _quoted((topic or "your product").strip()),
        "THING": (topic or "product").strip().replace('"', "'"),
    }
    folder.mkdir(parents=True, exist_ok=True)
    written, kept = [], []
    for name in FILES:
        path = folder / name
        if path.exists():
            kept.append(path)
            continue
        text = resources.files("tracker.starter").joinpath(name).read_text("utf-8")
        for mark, value in values.items():
            text = text.replace(f"@{mark}@", value)
        path.write_text(text, "utf-8")
        written.append(path)
    return written, kept


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _domain(given: str) -> str:
    try:
        return domains.parse(given).host.removeprefix("www.")
    except BadUrl as error:
        raise UsageError(f"{given!r} is not a domain: {error.problem}", "write it as example.com") from None


def _rival(given: str) -> str:
    name, _, domain = given.partition("=")
    if not name.strip() or not domain.strip():
        raise UsageError(f"--rival {given!r} is not name=domain", 'for example --rival "Acme=acme.com"')
    return f"  - name: {_quoted(name.strip())}\n    domains: [{_quoted(_domain(domain.strip()))}]\n"
