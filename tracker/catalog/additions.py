"""A brand more in `brands.yaml`: one item behind the last, and every other byte and comment as it was."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import yaml

from tracker.catalog.entries import BrandEntry
from tracker.catalog.files import load
from tracker.errors import CatalogError


def item(name: str, aliases: list[str], domains: list[str], indent: int) -> str:
    """The brand as a block item of the list."""
    lines = [f"- name: {_scalar(name)}"]
    lines += [
        f"  {key}: [{', '.join(map(_scalar, value))}]"
        for key, value in (("aliases", aliases), ("domains", domains))
        if value
    ]
    return "".join(f"{' ' * indent}{line}\n" for line in lines)


def add_brand(folder: Path, name: str, *, aliases: list[str], domains: list[str]) -> None:
    """Write it to the catalog; what cannot be added in safety is refused, with the lines to add by hand."""
    path = folder / "brands.yaml"
    before = load(folder, need="brands")
    old = path.read_bytes().decode("utf-8-sig")
    wanted = item(name, aliases, domains, 2)
    changed = _with_item(old, name, aliases, domains)
    if changed is None:
        raise CatalogError(
            f"{path} has its brands in a form that cannot be added to in safety",
            f"add these lines under `brands:` yourself:\n{wanted}",
        )
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "brands.yaml").write_text(changed, "utf-8")
        try:
            after = load(Path(scratch), need="brands")
        except CatalogError as error:
            problem = error.problem.replace(scratch, str(folder))
            raise CatalogError(f"with {name!r} in it, {problem}", error.hint) from None
    if [_bare(brand) for brand in after.brands[:-1]] != [_bare(brand) for brand in before.brands]:
        raise CatalogError(f"{path} could not be added to", f"add these lines yourself:\n{wanted}")
    fresh = path.with_suffix(".yaml.new")
    fresh.write_text(changed, "utf-8", newline="")
    fresh.replace(path)


def _with_item(text: str, name: str, aliases: list[str], domains: list[str]) -> str | None:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    brands = next((value for key, value in pairs if key.value == "brands"), None)
    if not isinstance(brands, yaml.SequenceNode) or brands.flow_style or not brands.value:
        return None
    lines = text.splitlines(keepends=True)
    last = max(_ends(brands.value[-1]))
    indent = brands.start_mark.column
    newline = "\r\n" if lines[0].endswith("\r\n") else "\n"
    added = item(name, aliases, domains, indent).replace("\n", newline)
    starts = [node.start_mark.line for node in brands.value]
    apart = len(starts) > 1 and not lines[starts[-1] - 1].strip()
    head = "".join(lines[: last + 1])
    head += "" if head.endswith("\n") else newline
    return head + (newline if apart else "") + added + "".join(lines[last + 1 :])


def _ends(node: yaml.Node) -> Iterator[int]:
    """Lines on which the parts of a node end; a block's own end lies behind the comments that follow it."""
    if isinstance(node, yaml.ScalarNode) or getattr(node, "flow_style", False):
        end = node.end_mark
        yield end.line - 1 if end.column == 0 and end.line > node.start_mark.line else end.line
    elif isinstance(node, yaml.MappingNode):
        for pair in node.value:
            for part in pair:
                yield from _ends(part)
    elif isinstance(node, yaml.SequenceNode):
        for part in node.value:
            yield from _ends(part)


def _bare(brand: BrandEntry) -> BrandEntry:
    return replace(brand, line=0)


def _scalar(text: str) -> str:
    return yaml.safe_dump(text, allow_unicode=True, width=10_000, default_flow_style=True).splitlines()[0]
