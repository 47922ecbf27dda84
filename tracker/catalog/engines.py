"""What `engines.yaml` must say: whom to ask, and who judges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import yaml

from tracker.catalog.entries import AfterCrash, EngineEntry, JudgeEntry
from tracker.catalog.nodes import CatalogFile
from tracker.catalog.options import read_options
from tracker.engines.calls import call_for, plain_call, unknown_service
from tracker.engines.row import Surface
from tracker.engines.simulated import SIMULATED, is_sandbox


def read_engines(
    file: CatalogFile, need: Literal["brands", "all"]
) -> tuple[tuple[EngineEntry, ...], JudgeEntry | None]:
    top = file.mapping(file.root, ("engines", "judge"), "engines.yaml")
    nodes = file.items(top.get("engines"), "engines")
    if file.root is not None and not nodes and (need == "all" or "judge" not in top):
        file.refuse(
            "catalog.no-engines",
            file.root,
            "no engines",
            "list at least one under `engines:`; the sandbox needs no key",
        )
    entries: list[EngineEntry] = []
    seen: dict[str, int] = {}
    for node in nodes:
        entry = _engine(file, node)
        if entry is None:
            continue
        first = seen.setdefault(entry.name.casefold(), entry.line)
        if first != entry.line:
            file.refuse(
                "catalog.duplicate-engine",
                node,
                f"engine `{entry.name}` is there already (line {first})",
                "give each engine its own name",
            )
        entries.append(entry)
    _refuse_mixed(file, entries)
    return tuple(entries), _judge(file, top.get("judge"))


def _refuse_mixed(file: CatalogFile, entries: list[EngineEntry]) -> None:
    """Their answers would be pooled in one workspace's numbers."""
    simulated = [entry for entry in entries if is_sandbox(entry.model)]
    if simulated and len(simulated) < len(entries):
        names = ", ".join(entry.name for entry in simulated)
        hint = "take the simulated ones out, or give them a folder and a workspace of their own"
        file.refuse(
            "catalog.mixed",
            simulated[0].line,
            f"simulated engines ({names}) stand beside real ones",
            hint,
        )


_KNOWN = (
    "name",
    "model",
    "surface",
    "repeats",
    "budget_usd",
    "options",
    "concurrency",
    "rpm",
    "after_crash",
)


def _engine(file: CatalogFile, node: yaml.Node) -> EngineEntry | None:
    fields = file.mapping(node, _KNOWN, "an engine")
    name, model = file.text(fields.get("name"), "name"), file.text(fields.get("model"), "model")
    for required in ("name", "model"):
        if required not in fields and isinstance(node, yaml.MappingNode):
            file.refuse("catalog.required", node, f"an engine without `{required}`", f"add `{required}:`")
    if name is None or model is None:
        return None
    _refuse_unknown(file, fields["model"], model)
    surface = _choice(file, fields, "surface", call_for(model).surface, get_args(Surface))
    after_crash = _choice(file, fields, "after_crash", "give_up", get_args(AfterCrash))
    dollars = file.number(fields.get("budget_usd"), "budget_usd", float, 0, 1e9, None)
    return EngineEntry(
        name,
        model,
        surface,  # type: ignore[arg-type]
        file.number(fields.get("repeats"), "repeats", int, 1, 1000, 1),
        None if dollars is None else round(dollars * 1_000_000),
        read_options(file, fields.get("options"), model),
        file.number(fields.get("concurrency"), "concurrency", int, 1, 1024, None),
        file.number(fields.get("rpm"), "rpm", int, 1, 1_000_000, None),
        after_crash,  # type: ignore[arg-type]
        node.start_mark.line + 1,
    )


def _choice(
    file: CatalogFile, fields: Mapping[str, yaml.Node], name: str, default: str, choices: Sequence[str]
) -> str | None:
    value = file.text(fields.get(name), name, default)
    if value not in choices:
        hint = f"one of {', '.join(choices)}"
        file.refuse(f"catalog.{name}", fields[name], f"unknown {name} `{value}`", hint)
    return value


def _refuse_unknown(file: CatalogFile, node: yaml.Node, model: str) -> None:
    if is_sandbox(model) and model not in SIMULATED:
        hint = f"one of {', '.join(sorted(SIMULATED))}"
        file.refuse("catalog.model", node, f"no simulated engine is called `{model}`", hint)
    elif offered := unknown_service(model):
        file.refuse("catalog.model", node, f"no engine is called `{model}`", f"one of {offered}")


def _judge(file: CatalogFile, node: yaml.Node | None) -> JudgeEntry | None:
    if node is None:
        return None
    fields = file.mapping(node, ("model", "budget_usd", "options", "domains"), "judge")
    model = file.text(fields.get("model"), "model")
    dollars = file.number(fields.get("budget_usd"), "budget_usd", float, 0, 1e9, None)
    for required, example in (("model", "openai/gpt-6-luna"), ("budget_usd", "2.00")):
        if required not in fields and isinstance(node, yaml.MappingNode):
            hint = f"add `{required}: {example}`"
            file.refuse("catalog.required", node, f"judge without `{required}`", hint)
    if model is not None:
        _refuse_unknown(file, fields["model"], model)
    if model is not None and plain_call(model) is None:
        hint = "name a model that can answer without one, like openai/gpt-6-luna"
        file.refuse("catalog.judge-model", fields["model"], f"`{model}` always searches", hint)
    options = read_options(file, fields.get("options"), model or "")
    domains = file.flag(fields.get("domains"), "domains")
    for name in sorted({"tools", "web_search_options", "plugins"} & options.keys()):
        hint = "a judge only reads what it is given: take it out"
        file.refuse("catalog.judge-tools", fields["options"], f"`{name}` in the judge's options", hint)
    if model is None or dollars is None:
        return None
    return JudgeEntry(model, round(dollars * 1_000_000), options, domains, node.start_mark.line + 1)
