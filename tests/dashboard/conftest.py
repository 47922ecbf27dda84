"""The wheel, what it installs and the demo it makes: each once a session, for every process of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.shared import ROOT, made_once

PACKAGES = ("tracker", "analysis", "dashboard", "prompts")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (path,) = made_once(tmp_path_factory, "wheel", _build).glob("*.whl")
    return path


def _build(folder: Path) -> None:
    source = folder / "source"
    source.mkdir()
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    program = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
    built = [sys.executable, "-c", program, str(folder)]
    subprocess.run(built, cwd=source, check=True, capture_output=True, timeout=120)


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the wheel is unpacked and nothing of the checkout can be imported."""
    folder = made_once(
        tmp_path_factory, "installed", lambda folder: zipfile.ZipFile(wheel).extractall(folder)
    )
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


@dataclass(frozen=True)
class Demo:
    folder: Path
    """It was empty when `citelift demo` began in it."""
    printed: str
    errors: str


@pytest.fixture(scope="session")
def wheels_demo(installed: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Four weeks of the demo, made by the wheel in an empty folder, under settings that it must not heed."""
    settings = {"CITELIFT_CATALOG": "nowhere", "CITELIFT_MONTH_BUDGET_USD": "0", "CITELIFT_WORKSPACE": "acme"}

    def make(folder: Path) -> None:
        (folder / "empty").mkdir()
        words = ("demo", "--no-dashboard", "--weeks", "4")
        done = citelift(folder / "empty", installed | settings, *words)
        assert done.returncode == 0, done.stderr[-2000:]
        (folder / "printed").write_text(done.stdout)
        (folder / "errors").write_text(done.stderr)

    folder = made_once(tmp_path_factory, "demo", make)
    return Demo(folder / "empty", (folder / "printed").read_text(), (folder / "errors").read_text())
