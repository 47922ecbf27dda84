"""The example for nginx: TLS only, each header once, sockets through, and no made-up addresses."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import Any

import pytest

from dashboard.door import HEADERS
from tests.shared import ROOT

EXAMPLE = ROOT / "deploy" / "nginx" / "citelift.conf"
NAMES = "subjectAltName=DNS:citelift.example.com,DNS:api.citelift.example.com"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    for program in ("nginx", "openssl", "unshare", "ip"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode:
        pytest.skip("a network of its own needs root")
    folder = tmp_path_factory.mktemp("nginx")
    certificate, key = folder / "c.pem", folder / "k.pem"
    made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x", "-addext", NAMES]
    subprocess.run(
        ["openssl", "req", *made, "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    text = EXAMPLE.read_text("utf-8")
    for written, here in (("/etc/ssl/citelift.pem", certificate), ("/etc/ssl/citelift.key", key)):
        assert written in text
        text = text.replace(written, str(here))
    (folder / "citelift.conf").write_text(text)
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; events {{}}http {{ access_log off; include {folder}/citelift.conf; }}"
    )
    done = subprocess.run(
        ["unshare", "-n", sys.executable, "-m", "tests.deploy.behind", folder / "nginx.conf", certificate],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def headers(answer: dict[str, Any], name: str) -> list[str]:
    return [value for key, value in answer["headers"] if key.lower() == name]


def test_without_tls_there_is_only_the_way_to_tls(told: dict[str, Any]) -> None:
    assert told["plain"]["status"] == 308
    assert headers(told["plain"], "location") == ["https://citelift.example.com/x?y=1"]


@pytest.mark.parametrize("name", sorted([*HEADERS, "content-security-policy", "strict-transport-security"]))
def test_a_page_has_each_header_once(told: dict[str, Any], name: str) -> None:
    assert len(headers(told["page"], name)) == 1


def test_the_servers_version_is_nobodys_business(told: dict[str, Any]) -> None:
    assert not [value for value in headers(told["page"], "server") if "/" in value and "nginx" in value]


def test_a_client_cannot_say_where_it_comes_from(told: dict[str, Any]) -> None:
    seen = told["page"]["seen"]
    assert (seen["X-Forwarded-For"], seen["X-Forwarded-Proto"]) == ("127.0.0.1", "https")
    assert (seen["Host"], seen["port"]) == ("citelift.example.com", 8501)


def test_the_socket_goes_through_and_the_api_has_a_name_of_its_own(told: dict[str, Any]) -> None:
    assert told["socket"]["status"] == 101
    assert told["api"]["seen"]["port"] == 8502
    assert headers(told["api"], "strict-transport-security")


def test_passwords_are_tried_slowly(told: dict[str, Any]) -> None:
    statuses = told["signing in"]
    assert statuses[:15] == [200] * 15
    assert 429 in statuses
