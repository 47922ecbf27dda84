"""What is installed works without the checkout: the wheel holds every file, and the demo runs in an empty
folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.shared import ROOT

PACKAGES = ("tracker", "analysis", "dashboard", "prompts")
NOT_INSTALLED = {"__pycache__", "screenshots"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    program = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
    built = [sys.executable, "-c", program, str(folder)]
    subprocess.run(built, cwd=source, check=True, capture_output=True, timeout=120)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the wheel is unpacked and nothing of the checkout can be imported."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    borrowed = [path for path in sys.path if path.endswith("site-packages")]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CITELIFT_")}
    return kept | {"PYTHONPATH": os.pathsep.join([str(folder), *borrowed])}


def citelift(folder: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    program = "from dashboard.command import main; main()"
    return subprocess.run(
        [sys.executable, "-S", "-c", program, *words],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    here = {
        path.relative_to(ROOT).as_posix()
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file() and not NOT_INSTALLED & set(path.parts)
    }
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert here - names == set()
    assert names - here == set()


def test_the_demo_of_a_wheel_runs_in_an_empty_folder(
    installed: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"CITELIFT_CATALOG": "nowhere", "CITELIFT_MONTH_BUDGET_USD": "0", "CITELIFT_WORKSPACE": "acme"}
    done = citelift(tmp_path, installed | settings, "demo", "--no-dashboard", "--weeks", "2")
    assert done.returncode == 0, done.stderr[-2000:]
    assert str(ROOT) not in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"demo"}
    assert {path.suffix for path in (tmp_path / "demo" / "reports").rglob("*.*")} >= {".html", ".pdf", ".md"}
    see = next(line for line in done.stdout.splitlines() if line.startswith("See it: citelift dashboard "))
    words = see.removeprefix("See it: citelift dashboard ").split()
    shown = citelift(tmp_path, installed, "visibility", *words)
    assert "Norvane (you)" in shown.stdout, shown.stderr


def test_a_wheel_writes_a_catalog_and_says_its_version(installed: dict[str, str], tmp_path: Path) -> None:
    words = ("--brand", "Acme", "--domain", "acme.com", "--rival", "Quellby=quellby.com", "--topic", "CRM")
    assert citelift(tmp_path, installed, "init", *words).returncode == 0
    assert (tmp_path / "prompts" / "judge_stance.txt").exists()
    assert citelift(tmp_path, installed, "check").returncode == 0
    assert citelift(tmp_path, installed, "--version").stdout.startswith("citelift ")
