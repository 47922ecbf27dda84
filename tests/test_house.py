"""The house's rules that a reader of the sources can check: who imports whom, who reads the environment, how long."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shared import ROOT

PACKAGES = ("tracker", "analysis", "dashboard")
MAY_IMPORT = {
    "tracker": {"tracker"},
    "analysis": {"analysis", "tracker"},
    "dashboard": {"dashboard", "analysis", "tracker"},
}
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TREES = {path.relative_to(ROOT): ast.parse(path.read_text("utf-8")) for path in MODULES}


def imported(name: Path) -> Iterator[str]:
    """Full names, relative imports resolved, wherever they stand in the module."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(name.parent.parts)[: len(name.parent.parts) - node.level + 1] if node.level else []
            yield ".".join([*base, *([node.module] if node.module else [])])
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))


def importers(library: str) -> set[str]:
    return {
        name.as_posix() for name in TREES if any(each.split(".")[0] == library for each in imported(name))
    }


def test_the_sources_are_found() -> None:
    assert len(MODULES) > 50
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_flow_from_dashboard_to_analysis_to_tracker(package: str) -> None:
    foreign = {
        (name.as_posix(), each)
        for name in TREES
        if name.parts[0] == package
        for each in imported(name)
        if each.split(".")[0] in {*PACKAGES, "tests"} - MAY_IMPORT[package]
    }
    assert foreign == set()


def test_only_ask_knows_litellm() -> None:
    found = importers("litellm")
    assert found
    assert {name for name in found if not name.startswith("tracker/engines/ask")} == set()


def test_only_schedule_knows_apscheduler() -> None:
    assert importers("apscheduler") == {"tracker/schedule.py"}


def test_the_facts_know_neither_widgets_nor_numbers() -> None:
    for library in ("streamlit", "altair", "scipy", "pandas", "sklearn"):
        assert {name for name in importers(library) if name.startswith("tracker/")} == set()
    for library in ("streamlit", "httpx", "apscheduler"):
        assert {name for name in importers(library) if name.startswith("analysis/")} == set()


# --- the environment ------------------------------------------------------------------------------------------------

STARTS = {"subprocess.Popen", "subprocess.run", "asyncio.create_subprocess_exec"}
"""The environment is read in tracker/settings.py, and tracker/child.py hands some of it on to our own processes. Elsewhere
it may be set (a library's switch, a child's variable) and, by a function that starts a process, handed on to it."""


def parents(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def reads_the_environment(tree: ast.AST) -> list[int]:
    above = parents(tree)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            found += [node.lineno for alias in node.names if alias.name in {"environ", "getenv", "environb"}]
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            continue
        if node.value.id == "os" and node.attr in {"getenv", "environb"}:
            found.append(node.lineno)
        if (node.value.id, node.attr) != ("os", "environ") or _is_set(node, above[node]):
            continue
        if not _hands_on(node, above):
            found.append(node.lineno)
    return found


def _is_set(node: ast.Attribute, parent: ast.AST) -> bool:
    if isinstance(parent, ast.Subscript):
        return isinstance(parent.ctx, ast.Store)
    return isinstance(parent, ast.Attribute) and parent.attr == "setdefault"


def _hands_on(node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    while node in above:
        node = above[node]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return any(isinstance(n, ast.Call) and ast.unparse(n.func) in STARTS for n in ast.walk(node))
    return False


def test_only_settings_reads_the_environment() -> None:
    found = {
        f"{name}:{line}"
        for name, tree in TREES.items()
        if name.as_posix() not in {"tracker/settings.py", "tracker/child.py"}
        for line in reads_the_environment(tree)
    }
    assert found == set()


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ("import os\nx = os.environ['A']", True),
        ("import os\nx = os.environ.get('A')", True),
        ("import os\nx = os.getenv('A')", True),
        ("from os import environ", True),
        ("import os\nos.environ['A'] = 'b'", False),
        ("import os\nos.environ.setdefault('A', 'b')", False),
        ("def f():\n    subprocess.Popen(['x'], env={**os.environ})", False),
        ("def f():\n    return os.environ", True),
    ],
)
def test_what_counts_as_reading(source: str, reads: bool) -> None:
    assert bool(reads_the_environment(ast.parse(source))) is reads


# --- size and care --------------------------------------------------------------------------------------------------


def test_no_page_is_longer_than_120_lines() -> None:
    pages = sorted((ROOT / "dashboard" / "pages").glob("*.py"))
    assert pages
    lengths = {page.name: len(page.read_text("utf-8").splitlines()) for page in pages}
    assert {name: length for name, length in lengths.items() if length > 120} == {}


def test_one_broad_except_in_the_whole_program() -> None:
    found = [
        name.as_posix()
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and _is_broad(node)
    ]
    assert found == ["tracker/engines/ask.py"]


def _is_broad(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in {"Exception", "BaseException"} for kind in kinds)
