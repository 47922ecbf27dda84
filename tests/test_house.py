"""The house's rules that a reader of the sources can check: who imports whom, who reads the environment, how
long."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import networkx
import pytest

from tests.conftest import LONGEST
from tests.shared import ROOT

PACKAGES = ("tracker", "analysis", "dashboard")
MAY_IMPORT = {
    "tracker": {"tracker"},
    "analysis": {"analysis", "tracker"},
    "dashboard": {"dashboard", "analysis", "tracker"},
}
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
SOURCES = [path.relative_to(ROOT) for path in MODULES]
TESTS = sorted((ROOT / "tests").rglob("*.py"))


@cache
def trees() -> dict[Path, ast.Module]:
    """Parsed when a test asks: every process that shares the tests out collects this file."""
    return {name: ast.parse((ROOT / name).read_text("utf-8")) for name in SOURCES}


@cache
def imported(name: Path) -> frozenset[str]:
    """Full names, relative imports resolved, wherever they stand in the module: also inside functions, and
    also for type checking only, since a reader follows those arrows too."""
    return frozenset(_imported(name))


def _imported(name: Path) -> Iterator[str]:
    for node in ast.walk(trees()[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(name.parent.parts)[: len(name.parent.parts) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{source}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _named(node.func).endswith("import_module"):
            yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))


def _named(function: ast.expr) -> str:
    """The last word of what is called."""
    return getattr(function, "attr", "") or getattr(function, "id", "")


def importers(library: str) -> set[str]:
    return {
        name.as_posix() for name in SOURCES if any(each.split(".")[0] == library for each in imported(name))
    }


def test_the_sources_are_found() -> None:
    assert len(MODULES) > 50
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_flow_from_dashboard_to_analysis_to_tracker(package: str) -> None:
    foreign = {
        (name.as_posix(), each)
        for name in SOURCES
        if name.parts[0] == package
        for each in imported(name)
        if each.split(".")[0] in {*PACKAGES, "tests"} - MAY_IMPORT[package]
    }
    assert foreign == set()


# --- wings --------------------------------------------------------------------------------------------------

FLOORS = {
    "tracker": (
        "errors shipped",
        "numbers spreadsheet child extra settings domains files retry_after database_url sqlite_file weeks",
        "store backup starter countries citations mentions links.web links.files links.infrastructure",
        "models engines links.webgraph",
        "archived audit",
        "events experiments leases logs catalog migrations renaming views tokens exports",
        "answers sandbox notify visits access computed parquet",
        "run links.pages editing moved archive",
        "judge schedule links forget suggesting",
        "health",
        "starting",
        "cli",
    ),
    "analysis": (
        "intervals association watch rankings templates palette packing",
        "events lift authority experiments repeats",
        "frames webgraph",
        "definitions grades reconciled moments classes ratios comparable stability left_out presence",
        "visibility quality opportunities prospects trials searches",
        "changes firstparty judged planned review",
        "alerts work",
        "report",
        "alarms client",
        "cli",
    ),
    "dashboard": (
        "guests computes",
        "access",
        "data charts server clock manual status",
        "strings api",
        "mcp door based",
        "places doors",
        "widgets",
        "cells marked numbered scoping untracked",
        "rungs sourced",
        "lines",
        "standing",
        "forms beside listed logged noting tasks workings",
        "keyed questions underway",
        "wizard",
        "editors",
        "drawers",
        "pages",
        "app",
        "demo",
        "cli",
        "command",
    ),
}
"""The wings of each package, the lowest floor first. A wing imports only wings on floors below its own:
between wings there is then no circle and no arrow back up. A module that stands alone on its package's first
level is a
wing too."""
FLOOR = {
    f"{package}.{wing}": number
    for package, floors in FLOORS.items()
    for number, floor in enumerate(floors)
    for wing in floor.split()
}
DOORS = {"tracker.cli", "analysis.cli"} | {
    f"dashboard.{name}" for name in ("command", "cli", "demo", "clock", "server", "api", "mcp")
}


def dotted(name: Path) -> str:
    return ".".join(name.with_suffix("").parts).removesuffix(".__init__")


NAMES = {dotted(name): name for name in SOURCES}


def module_of(full: str) -> str | None:
    """The module that an imported name stands in: itself, or the one it was taken from."""
    while full and full not in NAMES:
        full = full.rpartition(".")[0]
    return full or None


def wing_of(module: str) -> str | None:
    """The wing with the longest name that holds this module; the packages' own `__init__` belong to none."""
    while module and module not in FLOOR:
        module = module.rpartition(".")[0]
    return module or None


@cache
def arrows() -> dict[str, set[str]]:
    return {
        module: {aim for full in imported(name) if (aim := module_of(full)) and aim != module}
        for module, name in NAMES.items()
    }


def test_every_module_belongs_to_a_wing() -> None:
    homeless = [
        f"{name} belongs to no wing: name its folder or itself in FLOORS"
        for module, name in NAMES.items()
        if module not in PACKAGES and wing_of(module) is None
    ]
    assert homeless == []


def test_every_wing_of_the_table_stands() -> None:
    assert {wing for wing in FLOOR if not any(wing_of(module) == wing for module in NAMES)} == set()


def test_a_wing_imports_only_wings_on_floors_below_its_own() -> None:
    upward = [
        f"{NAMES[module]} imports {aim}: {wing} (floor {FLOOR[wing]}) may not import {other} (floor "
        f"{FLOOR[other]})"
        for module, aims in arrows().items()
        for aim in sorted(aims)
        if (wing := wing_of(module)) and (other := wing_of(aim)) and wing != other
        if wing.split(".")[0] == other.split(".")[0] and FLOOR[other] >= FLOOR[wing]
    ]
    assert upward == []


def test_only_a_door_imports_a_door() -> None:
    through = [
        f"{NAMES[module]} imports {aim}: what both need belongs below the command lines"
        for module, aims in arrows().items()
        for aim in sorted(aims)
        if wing_of(aim) in DOORS and wing_of(module) not in DOORS
    ]
    assert through == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = networkx.DiGraph((module, aim) for module, aims in arrows().items() for aim in aims)
    circles = [sorted(ring) for ring in networkx.strongly_connected_components(graph) if len(ring) > 1]
    assert circles == []


@pytest.mark.parametrize(
    ("full", "module", "wing"),
    [
        ("tracker.files.values.as_day", "tracker.files.values", "tracker.files"),
        ("tracker.links.imports", "tracker.links.imports", "tracker.links"),
        ("tracker.domains.parse", "tracker.domains", "tracker.domains"),
        ("tracker.answers", "tracker.answers", "tracker.answers"),
        ("dashboard.pages.rivals", "dashboard.pages.rivals", "dashboard.pages"),
        ("networkx.DiGraph", None, None),
    ],
)
def test_an_import_is_followed_to_its_module_and_wing(
    full: str, module: str | None, wing: str | None
) -> None:
    assert module_of(full) == module
    assert (wing_of(module) if module else None) == wing


# --- libraries ----------------------------------------------------------------------------------------------


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


# --- the environment ----------------------------------------------------------------------------------------

STARTS = {"subprocess.Popen", "subprocess.run", "asyncio.create_subprocess_exec"}
"""The environment is read in tracker/settings.py, and tracker/child.py hands some of it on to our own
processes. Elsewhere it may be set (a library's switch, a child's variable) and, by a function that starts a
process, handed on to
it."""


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
        for name, tree in trees().items()
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


# --- size and care ------------------------------------------------------------------------------------------


LINES = 600
TABLES_OF_DATA = {
    "tracker/migrations/versions/0001_first.py",
    "tracker/citations/keys.py",
    "tracker/models.py",
}
"""Modules that are one long table: what they hold is looked up, not read."""


def test_no_module_is_longer_than_four_screens_and_a_half() -> None:
    lengths = {name.as_posix(): len((ROOT / name).read_text("utf-8").splitlines()) for name in SOURCES}
    over = {name: lines for name, lines in lengths.items() if lines > LINES and name not in TABLES_OF_DATA}
    assert over == {}


def test_no_page_is_longer_than_120_lines() -> None:
    pages = sorted((ROOT / "dashboard" / "pages").rglob("*.py"))
    assert pages
    lengths = {page.name: len(page.read_text("utf-8").splitlines()) for page in pages}
    assert {name: length for name, length in lengths.items() if length > 120} == {}


def test_no_class_name_stands_twice() -> None:
    lines: dict[str, list[str]] = {}
    for name, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                lines.setdefault(node.name, []).append(f"{name}:{node.lineno}")
    assert {name: where for name, where in lines.items() if len(where) > 1} == {}


def test_one_broad_except_in_the_whole_program() -> None:
    found = [
        name.as_posix()
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and _is_broad(node)
    ]
    assert found == ["tracker/engines/ask.py"]


def _is_broad(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in {"Exception", "BaseException"} for kind in kinds)


PYTHON_FILES = [*MODULES, *TESTS]


def test_the_formatter_is_never_told_to_skip() -> None:
    words = [f"fmt: {word}" for word in ("skip", "off", "on")]
    told = {
        f"{path.relative_to(ROOT)}:{number}"
        for path in PYTHON_FILES
        if path != Path(__file__)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if any(f"# {word}" in line for word in words)
    }
    assert told == set()


def literal_splats(tree: ast.AST) -> list[int]:
    """Lines where a literal is unpacked on the spot, which says nothing that its parts would not say."""
    lines = [
        node.value.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Starred) and isinstance(node.value, ast.Tuple | ast.List | ast.Set)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            lines += [
                v.lineno
                for k, v in zip(node.keys, node.values, strict=True)
                if k is None and isinstance(v, ast.Dict)
            ]
        if isinstance(node, ast.keyword) and node.arg is None and isinstance(node.value, ast.Dict):
            keys = [key.value for key in node.value.keys if isinstance(key, ast.Constant)]
            if len(keys) == len(node.value.keys) and all(str(key).isidentifier() for key in keys):
                lines.append(node.value.lineno)
    return lines


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("f(*(a, b), *(c, d))", 2),
        ("[*[1, 2], 3]", 1),
        ("f(**{'a': 1})", 1),
        ("{**{'a': 1}, 'b': 2}", 1),
        ("f(**{'a-b': 1})", 0),
        ("f(**{key: 1})", 0),
        ("f(*rest, **more)", 0),
        ("[*(x for x in y), *(a if b else c)]", 0),
    ],
)
def test_what_counts_as_a_literal_splat(source: str, count: int) -> None:
    assert len(literal_splats(ast.parse(source))) == count


def test_no_literal_is_unpacked_on_the_spot() -> None:
    texts = {path.relative_to(ROOT): path.read_text("utf-8") for path in TESTS}
    tests = {name: ast.parse(text) for name, text in texts.items() if re.search(r"\*\s*[\[({]", text)}
    both = trees() | tests
    splats = {f"{name}:{line}" for name, tree in both.items() for line in literal_splats(tree)}
    assert splats == set()


# --- tests and benchmarks -----------------------------------------------------------------------------------

OF_THE_HOUSE = {"tests/test_house.py", "tests/test_readme.py"}


def has_its_module(test: Path) -> bool:
    """`tests/ROOM/test_NAME.py` tests ROOM/NAME.py, the wing ROOM/NAME, or ROOM as a whole when NAME is its
    name; after NAME may stand what about it is tested."""
    room = ROOT / test.relative_to(ROOT / "tests").parent
    words = test.stem.removeprefix("test_").split("_")
    names = ["_".join(words[:end]) for end in range(1, len(words) + 1)]
    return any(
        name == room.name or (room / name).is_dir() or (room / f"{name}.py").is_file() for name in names
    )


def test_a_test_stands_in_the_room_of_its_module() -> None:
    tests = [path for path in TESTS if path.name.startswith("test_")]
    assert len(tests) > 30
    lost = [
        f"{test.relative_to(ROOT)} has no module: name it after what it tests, in the same room"
        for test in tests
        if test.relative_to(ROOT).as_posix() not in OF_THE_HOUSE and not has_its_module(test)
    ]
    assert lost == []


def test_the_files_that_begin_first_stand() -> None:
    assert [name for name in LONGEST if not (ROOT / "tests" / name).is_file()] == []


BENCHES = sorted(dotted(path.relative_to(ROOT)) for path in (ROOT / "tests" / "bench").rglob("*.py"))


@pytest.mark.parametrize("name", BENCHES)
def test_a_benchmark_can_be_imported(name: str) -> None:
    assert importlib.import_module(name).__doc__ or name.endswith("bench")


def test_every_module_started_by_its_name_stands() -> None:
    texts = [*PYTHON_FILES, *ROOT.glob("*.md"), *(ROOT / "analysis").glob("*.md"), ROOT / "Makefile"]
    started = {
        name
        for path in texts
        for name in re.findall(
            r"""-m[\s"',]+((?:tracker|analysis|dashboard|tests)[\w.]*\w)""", path.read_text("utf-8")
        )
    }
    assert {"tests.bench", "tracker.sandbox"} <= started
    for name in started:
        spec = importlib.util.find_spec(name)
        assert spec is not None, name
        assert spec.submodule_search_locations is None or importlib.util.find_spec(f"{name}.__main__"), name


# --- the map ------------------------------------------------------------------------------------------------

MAP = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
QUOTED = sorted({word for span in re.findall(r"`([^`\n]+)`", MAP) for word in span.split()})
MADE_UP = re.compile(r"[A-Z]{3,}\.|FOLDER|ROOM")
"""Words that stand for a name of the reader's own, as in `dashboard/pages/NAME.py`."""


def test_every_path_that_the_map_names_stands() -> None:
    paths = [word for word in QUOTED if ("/" in word or Path(word).suffix in {".py", ".md", ".yaml"})]
    paths = [word for word in paths if not MADE_UP.search(word)]
    assert len(paths) > 20
    names = {path.name for path in ROOT.rglob("*.*") if ".venv" not in path.parts}
    assert [word for word in paths if not (ROOT / word).exists() and word not in names] == []


def test_the_map_names_every_wing() -> None:
    words = {word.rstrip("/").removesuffix(".py") for word in QUOTED}
    wings = {name.split(".")[0] for floors in FLOORS.values() for floor in floors for name in floor.split()}
    assert wings - words == set()


def test_a_name_of_the_sources_that_the_map_quotes_is_there() -> None:
    sources = "\n".join(path.read_text("utf-8") for path in MODULES)
    names = {word for word in QUOTED if re.fullmatch(r"_?[A-Z][A-Za-z_]{3,}", word)} - {"FLOORS", "FOLDER"}
    assert {"PLACES", "_READERS"} <= names
    assert {name for name in names if not re.search(rf"\b{name}\b", sources)} == set()
