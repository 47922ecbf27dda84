"""What is installed works without the checkout: the wheel holds every file, and the demo runs in an empty
folder."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tests.dashboard.conftest import PACKAGES, Demo, citelift
from tests.shared import ROOT

NOT_INSTALLED = {"__pycache__", "screenshots"}


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


def test_the_demo_of_a_wheel_runs_in_an_empty_folder(wheels_demo: Demo, installed: dict[str, str]) -> None:
    folder = wheels_demo.folder
    assert str(ROOT) not in wheels_demo.errors
    assert {path.name for path in folder.iterdir()} == {"demo"}
    assert {path.suffix for path in (folder / "demo" / "reports").rglob("*.*")} >= {".html", ".pdf", ".md"}
    lines = wheels_demo.printed.splitlines()
    see = next(line for line in lines if line.startswith("See it: citelift dashboard "))
    words = see.removeprefix("See it: citelift dashboard ").split()
    shown = citelift(folder, installed, "visibility", *words)
    assert "Norvane (you)" in shown.stdout, shown.stderr


def test_a_wheel_writes_a_catalog_and_says_its_version(installed: dict[str, str], tmp_path: Path) -> None:
    words = ("--brand", "Acme", "--domain", "acme.com", "--rival", "Quellby=quellby.com", "--topic", "CRM")
    assert citelift(tmp_path, installed, "init", *words).returncode == 0
    assert (tmp_path / "prompts" / "judge_stance.txt").exists()
    assert citelift(tmp_path, installed, "check").returncode == 0
    assert citelift(tmp_path, installed, "--version").stdout.startswith("citelift ")
