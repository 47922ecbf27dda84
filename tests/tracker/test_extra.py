"""The base runs without the extras' packages, and says which extra brings what a verb lacks."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.shared import ROOT
from tracker import extra
from tracker.errors import UsageError

PACKAGES = [package for names in extra.EXTRAS.values() for package in names]
WITHOUT = f"""
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {PACKAGES!r}:
            raise ModuleNotFoundError(name=name)
sys.meta_path.insert(0, Missing())
from dashboard import command
for words in sys.argv[1:]:
    print(command.run(words.split()))
"""


def imported_as(requirement: str) -> str:
    name = re.split(r"[\[>]", requirement)[0]
    return {"pyjwt": "jwt"}.get(name, name)


def test_every_package_of_an_extra_is_known_by_it() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    named = {name: tuple(map(imported_as, wanted)) for name, wanted in declared.items()}
    assert named == extra.EXTRAS


def test_the_base_asks_and_counts_without_any_of_them(tmp_path: Path) -> None:
    about = "--brand Norvane --domain norvane.com --rival Quillmere=quillmere.com --topic CRM"
    begin = [f"init --catalog mine {about}", "check --catalog mine", "run --catalog mine"]
    read = [f"{verb} --catalog mine" for verb in ("visibility", "sources", "plan")]
    lack = [f"{verb} --catalog mine" for verb in ("dashboard", "api", "export out")]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *begin, *read, *lack],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    codes = [int(line) for line in done.stdout.splitlines() if line in {"0", "1", "2"}]
    assert codes == [0, 0, 0, 0, 0, 0, 2, 2, 2], done.stdout + done.stderr
    for name in ("dashboard", "api", "parquet"):
        assert f"pip install 'citelift[{name}]'" in done.stderr


@pytest.mark.parametrize(("package", "name"), [("mcp.server", "api"), ("duckdb", "webgraph")])
def test_what_is_missing_is_traced_to_its_extra(package: str, name: str) -> None:
    refused = extra.explained(ModuleNotFoundError(name=package))
    assert refused is not None
    assert refused.hint == f"pip install 'citelift[{name}]'"


def test_a_module_of_our_own_that_is_missing_is_no_extra() -> None:
    assert extra.explained(ModuleNotFoundError(name="tracker.gone")) is None


def test_what_is_asked_for_before_it_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    extra.need("pdf")
    monkeypatch.setitem(extra.EXTRAS, "pdf", ("there_is_no_such_package",))
    with pytest.raises(UsageError, match="there_is_no_such_package"):
        extra.need("pdf")
