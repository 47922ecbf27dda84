"""What is shipped runs as it stands: the image's steps, the commands of compose.yaml, its health checks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy import image
from tests.deploy.image import Image
from tests.shared import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
OURS = {name: each for name, each in COMPOSE["services"].items() if "build" in each}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    with image.built(tmp_path_factory.mktemp("image")) as made:
        yield made


@pytest.fixture(scope="module")
def asked(built: Image) -> Image:
    """With a catalog of simulated engines and a first run."""
    about = "--brand Norvane --domain norvane.com --rival Quillmere=quillmere.com --topic CRM"
    for words in (f"init --catalog /data/catalog {about}", "run"):
        done = built.run("citelift", *words.split())
        assert done.returncode == 0, done.stdout + done.stderr
    return built


def test_the_image_runs_citelift_as_nobody_in_particular(built: Image) -> None:
    assert built.run("citelift", "--version").stdout.startswith("citelift ")
    assert built.run("id", "-u").stdout.strip() == built.stage.one["USER"].partition(":")[0] != "0"
    status = built.run("cat", "/proc/self/status").stdout
    assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)


@pytest.mark.parametrize("place", ["/opt/citelift/x", "/usr/x", "/x", "/etc/x"])
def test_its_own_files_are_only_read(built: Image, place: str) -> None:
    assert built.run("touch", place).returncode != 0
    assert built.run("touch", "/data/x", "/tmp/x").returncode == 0


def test_bytecode_is_made_before_it_can_be_written_no_more(built: Image) -> None:
    counted = "import glob, tracker; print(len(glob.glob(tracker.__path__[0] + '/**/*.pyc', recursive=True)))"
    assert int(built.run("python", "-c", counted).stdout) > 100


def test_no_key_and_no_database_is_given_to_docker(tmp_path: Path) -> None:
    taken = {path.as_posix() for path in image.context()}
    assert {"requirements.lock", "tracker/store.py", "prompts/brands.yaml"} <= taken
    folders = {"tracker", "analysis", "dashboard", "prompts"}
    files = {"requirements.lock", "pyproject.toml", "README.md", "LICENSE"}
    assert {path.split("/")[0] for path in taken} == folders | files
    rules = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for secret in (".env", "tracker/.env", "citelift.db", "prompts/x.db-wal", ".git/config"):
        assert not image._is_taken(secret, rules), secret


@pytest.mark.parametrize("name", sorted(OURS) if image.FULL else ["api", "one", "worker"])
def test_a_service_comes_up_healthy_and_ends_when_told(asked: Image, name: str) -> None:
    service = OURS[name]
    process = subprocess.Popen(
        asked.command(["citelift", *service["command"]]),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    kind, *check = service["healthcheck"]["test"]
    assert kind == "CMD"
    try:
        until = time.monotonic() + 60
        while (seen := asked.run(*check)).returncode:
            assert process.poll() is None, name
            assert time.monotonic() < until, seen.stderr
            time.sleep(0.2)
    finally:
        process.terminate()
        said = process.communicate(timeout=30)[0]
    assert process.returncode in {0, -15}, said
    assert "Traceback" not in said


# --- compose.yaml


def test_compose_is_as_the_specification_says() -> None:
    checked = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    done = subprocess.run([sys.executable, *checked], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_specification_refuses_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(json.dumps({"services": {"one": {"comand": "x"}}}))
    checked = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    done = subprocess.run([sys.executable, *checked], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 1


@pytest.mark.parametrize("name", sorted(COMPOSE["services"]))
def test_a_service_is_shut_in_and_bounded(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["mem_limit"]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]
    for port in service.get("ports", ()):
        assert port.startswith("127.0.0.1:"), "only this machine; a proxy stands before it"


@pytest.mark.parametrize("profile", ["one", "full"])
def test_a_profile_has_all_that_its_services_wait_for(profile: str) -> None:
    services = {name for name, each in COMPOSE["services"].items() if profile in each["profiles"]}
    for name in services:
        assert set(COMPOSE["services"][name].get("depends_on", ())) <= services
        named = {volume.split(":")[0] for volume in COMPOSE["services"][name]["volumes"]}
        assert named <= set(COMPOSE["volumes"])
    clocks = [name for name in services if COMPOSE["services"][name].get("command", [""])[0] == "serve"]
    assert len(clocks) == 1
