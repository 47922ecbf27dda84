"""The units: what systemd itself says of them, and that they start what is there."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dashboard import command
from tests.shared import ROOT

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
EXPOSED = 20
"""Tenths, of systemd's own score from 0 to 100; a unit without any hardening has 96."""
ROOT_GROUP: Any = command.group()


@pytest.fixture
def analyze() -> str:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    return program


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_takes_a_unit_and_finds_little_exposed(analyze: str, unit: Path, tmp_path: Path) -> None:
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text("utf-8").replace("/opt/citelift/bin/citelift", shutil.which("true") or ""))
    verified = subprocess.run([analyze, "verify", copy], capture_output=True, text=True, check=False)
    assert unit.name not in verified.stderr, verified.stderr
    scored = [analyze, "security", "--offline=true", f"--threshold={EXPOSED}", copy]
    done = subprocess.run(scored, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_starts_a_verb_with_options_that_it_has(unit: Path) -> None:
    started = re.search(r"^ExecStart=/opt/citelift/bin/citelift (.+)$", unit.read_text("utf-8"), re.MULTILINE)
    assert started is not None
    verb, *words = shlex.split(started[1])
    ROOT_GROUP.commands[verb].make_context(verb, words)
