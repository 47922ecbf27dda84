"""The starter catalog of `citelift init`: commented files around the user's brand. None is made up."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tracker import domains
from tracker.errors import BadUrl, UsageError

SHIPPED = Path(__file__).resolve().parents[2] / "prompts"
"""The demo's catalog; its engines and judge's templates are everybody's."""
FILES = ("brands.yaml", "tracked.yaml", "engines.yaml", "judge_stance.txt", "judge_domain.txt")
SIMULATED = "sandbox"
_ROW = re.compile(r"(#?)  - name: ([\w.-]+)")
_REST = re.compile(r"#?    ")
_PROMPTS = (
    "What is the best {} for a small company?",
    "Which {} would you recommend for beginners?",
    "What are the top alternatives when choosing a {}?",
    "Which {} is the best value for money?",
    "Which {} do experts recommend in 2026?",
    "How do I choose a {}?",
)


@dataclass(frozen=True)
class Rival:
    name: str
    domain: str


@dataclass(frozen=True)
class Starter:
    """What the files are made of; what is None was not said."""

    brand: str | None = None
    domain: str | None = None
    rivals: tuple[Rival, ...] = ()
    topic: str | None = None
    engines: tuple[str, ...] = (SIMULATED,)


def missing(folder: Path) -> list[str]:
    """The files that are not there yet."""
    return [name for name in FILES if not (folder / name).exists()]


def write(folder: Path, starter: Starter) -> list[Path]:
    """Write the files that are not there; returns them."""
    texts = {name: file_text(name, starter) for name in missing(folder)}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    return [folder / name for name in texts]


def file_text(name: str, starter: Starter) -> str:
    """What the file says to begin with."""
    if name == "brands.yaml":
        return _brands(starter)
    if name == "tracked.yaml":
        return _template(name).replace("@PROMPTS@", _prompts(starter.topic))
    if name == "engines.yaml":
        return _engines(starter.engines)
    return (SHIPPED / name).read_text("utf-8")


def _template(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")


def _brands(starter: Starter) -> str:
    if not starter.brand or not starter.domain:
        raise UsageError(
            "a catalog needs your brand's name and domain, and no brand is made up",
            "citelift init --brand Acme --domain acme.com --rival Other=other.com --engine openai",
        )
    rivals = "".join(
        f"  - name: {_quoted(r.name)}\n    domains: [{_quoted(r.domain)}]\n" for r in starter.rivals
    )
    example = "  # - name: Other\n  #   domains: [other.com]\n"
    marks = {"BRAND": _quoted(starter.brand), "DOMAIN": _quoted(starter.domain), "RIVALS": rivals or example}
    return re.sub(
        r"@(BRAND|DOMAIN|RIVALS)@", lambda mark: marks[mark[1]].rstrip("\n"), _template("brands.yaml")
    )


def questions(topic: str) -> tuple[str, ...]:
    """About the topic, to begin with."""
    return tuple(pattern.format(topic) for pattern in _PROMPTS)


def no_questions() -> str:
    """`tracked.yaml` with its head alone."""
    return _template("tracked.yaml").replace("@PROMPTS@", "prompts: []")


def _prompts(topic: str | None) -> str:
    """Questions about the topic to begin with; without a topic, patterns to write one's own by."""
    thing = topic or "…"
    rows = [f"  - text: {_quoted(each)}\n    topic: {_quoted(thing)}" for each in questions(thing)]
    if topic:
        return "\n".join(["prompts:", *rows])
    return "\n".join(["prompts: []", *("# " + line for row in rows for line in row.splitlines())])


def engine_rows() -> dict[str, str]:
    """The rows of real engines by name, as the file has them, with the comment that names its keys."""
    rows: dict[str, str] = {}
    for name, line in _marked(_shipped_engines()):
        if name not in {None, SIMULATED}:
            rows[str(name)] = rows.get(str(name), "") + line.removeprefix("#")
    return rows


def known_engines() -> dict[str, dict[str, Any]]:
    """The same rows as YAML has them, by name."""
    return {name: yaml.safe_load(row)[0] for name, row in engine_rows().items()}


def simulated_engines() -> list[dict[str, Any]]:
    """The simulated ones, as YAML has them."""
    rows = "".join(line for name, line in _marked(_shipped_engines()) if name == SIMULATED)
    return list(yaml.safe_load(rows))


def _shipped_engines() -> str:
    return (SHIPPED / "engines.yaml").read_text("utf-8")


def _marked(text: str) -> list[tuple[str | None, str]]:
    """Every line with the engine whose row it is part of; the sandbox's are those not commented out."""
    marked: list[tuple[str | None, str]] = []
    current = None
    for line in text.splitlines(keepends=True):
        if row := _ROW.match(line):
            current = row[2] if row[1] else SIMULATED
        elif not _REST.match(line):
            current = None
        marked.append((current, line))
    return marked


def _engines(chosen: Sequence[str]) -> str:
    kept = [
        line.removeprefix("#") if name in chosen else line
        for name, line in _marked(_shipped_engines())
        if name != SIMULATED or SIMULATED in chosen
    ]
    return re.sub(r"\n{3,}", "\n\n", "".join(kept))


def engines_named(texts: Sequence[str]) -> tuple[str, ...]:
    """`["openai,perplexity", "claude"]` as names of rows; simulated and real ones are never mixed."""
    names = tuple(dict.fromkeys(part.strip() for text in texts for part in text.split(",") if part.strip()))
    known = engine_rows()
    for name in names:
        if name != SIMULATED and name not in known:
            raise UsageError(f"no engine {name!r} to begin with", f"one of {SIMULATED}, {', '.join(known)}")
    if SIMULATED in names and len(names) > 1:
        raise UsageError(
            "simulated and real answers never stand in one workspace", f"take {SIMULATED} or the real ones"
        )
    return names


def brand_named(text: str) -> str:
    if not text.strip():
        raise UsageError("a brand needs a name", 'for example --brand "Acme"')
    return text.strip()


def domain_named(text: str) -> str:
    try:
        return domains.parse(text).host.removeprefix("www.")
    except BadUrl as error:
        raise UsageError(f"{text!r} is not a domain: {error.problem}", "write it as example.com") from None


def rival_named(text: str) -> Rival:
    name, _, domain = text.partition("=")
    if not name.strip() or not domain.strip():
        raise UsageError(f"{text!r} is not name=domain", 'for example "Acme=acme.com"')
    return Rival(name.strip(), domain_named(domain.strip()))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
