"""One YAML file of a catalog, read as nodes and not as Python values, for two reasons: every refusal needs
its line, and YAML 1.1 turns `country: NO` into false."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from tracker.catalog.weight import MAX_BYTES, too_heavy
from tracker.shipped import LOADER

FILES = {
    "brands": ("brands.yaml",),
    "prompts": ("tracked.yaml", "prompts.yaml"),
    "engines": ("engines.yaml",),
    "notify": ("notify.yaml",),
    "report": ("report.yaml",),
}
MAX_PROBLEMS = 100
# No database or network takes them.
_UNSTORABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Problem:
    id: str
    where: str
    problem: str
    hint: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem} [{self.id}]\n  fix: {self.hint}"


class CatalogFile:
    """One YAML file: typed access to its nodes, every complaint with its line."""

    def __init__(self, path: Path, root: yaml.Node | None, problems: list[Problem]) -> None:
        self.path, self.root, self.problems = path, root, problems

    @classmethod
    def open(cls, folder: Path, kind: str, problems: list[Problem], *, required: bool) -> CatalogFile:
        present = [folder / name for name in FILES[kind] if (folder / name).is_file()]
        path = present[0] if present else folder / FILES[kind][0]
        file = cls(path, None, problems)
        if len(present) > 1:
            file.refuse(
                "catalog.two-files",
                1,
                f"{present[0].name} and {present[1].name} are both here",
                "keep one of them",
            )
        elif present and (raw := file._read()) is not None:
            file.root = file._parse(raw)
        elif required:
            file.refuse(
                "catalog.missing", None, "the file is not there", "run `citelift init` to write a starter"
            )
        return file

    @classmethod
    def of(cls, path: Path, raw: bytes, problems: list[Problem]) -> CatalogFile:
        """The file as it would be with these bytes."""
        file = cls(path, None, problems)
        file.root = file._parse(raw)
        return file

    def _read(self) -> bytes | None:
        try:
            with self.path.open("rb") as file:
                return file.read(MAX_BYTES + 1)
        except OSError as error:
            self.refuse(
                "catalog.unreadable",
                None,
                f"cannot be read: {error.strerror}",
                "check the file's permissions",
            )
            return None

    def _parse(self, raw: bytes) -> yaml.Node | None:
        if len(raw) > MAX_BYTES:
            self.refuse(
                "catalog.too-large",
                None,
                f"has more than {MAX_BYTES:,} bytes",
                "a catalog is a few hundred lines; is this the right file?",
            )
            return None
        try:
            text = raw.decode("utf-8-sig")
            if excess := too_heavy(yaml.parse(text, Loader=LOADER)):
                problem, line = excess
                self.refuse("catalog.too-much", line, problem, "write it out, or split it by workspace")
                return None
            root: yaml.Node | None = yaml.compose(text, Loader=LOADER)
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            self.refuse("catalog.encoding", line, "is not UTF-8 text", "save the file as UTF-8")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            self.refuse(
                "catalog.yaml",
                mark.line + 1 if mark else 1,
                f"is not YAML: {error.problem}",
                "check indentation (spaces, no tabs), colons and quotes",
            )
        except (yaml.YAMLError, RecursionError) as error:
            self.refuse(
                "catalog.yaml",
                1,
                f"is not YAML: {str(error).splitlines()[0]}",
                "remove the unreadable characters",
            )
        else:
            if root is None:
                self.refuse("catalog.empty", 1, "is empty", "run `citelift init` to see a filled one")
            return root
        return None

    def refuse(self, id: str, at: yaml.Node | int | None, problem: str, hint: str) -> None:
        if len(self.problems) >= MAX_PROBLEMS:
            return
        line = at.start_mark.line + 1 if isinstance(at, yaml.Node) else at
        where = f"{self.path}:{line}" if line else str(self.path)
        self.problems.append(Problem(id, where, problem, hint))

    def mapping(self, node: yaml.Node | None, known: tuple[str, ...], what: str) -> dict[str, yaml.Node]:
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.refuse(
                "catalog.shape", node, f"{what} must be `key: value` lines", f"known keys: {', '.join(known)}"
            )
            return {}
        fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if len(self.problems) >= MAX_PROBLEMS:
                break
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"did you mean `{near[0]}`?" if near else f"known keys: {', '.join(known)}"
                self.refuse("catalog.unknown-key", key, f"unknown key `{name}` in {what}", hint)
            elif name in fields:
                self.refuse("catalog.twice", key, f"key `{name}` stands twice in {what}", "keep one of them")
            else:
                fields[name] = value
        return fields

    def items(self, node: yaml.Node | None, what: str) -> list[yaml.Node]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.refuse("catalog.shape", node, f"{what} must be a list", "start each entry with `- `")
            return []
        return list(node.value)

    def text(self, node: yaml.Node | None, what: str, default: str | None = None) -> str | None:
        if node is None:
            return default
        if not isinstance(node, yaml.ScalarNode) or node.tag.endswith(":null") or not node.value.strip():
            self.refuse(
                "catalog.empty-text", node, f"{what} is empty", f"write the {what} or remove the line"
            )
            return default
        if _UNSTORABLE.search(node.value):
            hint = "write it in plain characters; `\\u…` for half of a pair is none"
            self.refuse("catalog.character", node, f"{what} holds a control character or half of one", hint)
            return default
        return " ".join(str(node.value).split())

    def day(self, node: yaml.Node | None, what: str) -> date | None:
        text = self.text(node, what)
        if text is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.refuse(
                "catalog.day", node, f"{what} is no day: `{text}`", f"write it as `{what}: 2026-05-31`"
            )
            return None

    def texts(self, node: yaml.Node | None, what: str) -> tuple[str, ...]:
        texts = [self.text(item, what) for item in self.items(node, f"{what} list")]
        return tuple(text for text in texts if text)

    def number(
        self,
        node: yaml.Node | None,
        what: str,
        kind: Callable[[str], Any],
        low: float,
        high: float,
        default: Any,
    ) -> Any:
        if node is None:
            return default
        try:
            value = kind(str(node.value))
        except (ValueError, TypeError):
            value = None
        if value is None or not low <= value <= high:
            word = "a whole number" if kind is int else "a number"
            self.refuse(
                "catalog.number",
                node,
                f"{what} must be {word} from {low:g} to {high:g}",
                f"for example `{what}: {max(low, 1):g}`",
            )
            return default
        return value

    def flag(self, node: yaml.Node | None, what: str) -> bool:
        if node is None:
            return False
        if str(node.value).lower() not in {"true", "false", "yes", "no"}:
            self.refuse("catalog.flag", node, f"{what} must be true or false", f"write `{what}: true`")
        return str(node.value).lower() in {"true", "yes"}
