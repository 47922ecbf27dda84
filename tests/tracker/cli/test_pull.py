"""`citelift pull links` as people type it, against a service on loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result

from tests.tracker.cli.calling import invoke
from tests.tracker.links.pull.services import KEY, Service, running
from tracker.errors import BudgetError, EngineError, UsageError

BRANDS = "workspace: w\nbrands:\n  - {name: Acme, domains: [acme-widgets.example], own: true}\n"


@pytest.fixture(autouse=True)
def _workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "brands.yaml").write_text(BRANDS)
    monkeypatch.chdir(tmp_path)


def call(*words: str, code: int = 0) -> Result:
    result = invoke("pull", "links", *words)
    if isinstance(result.exception, UsageError | EngineError | BudgetError):
        raise result.exception
    assert result.exit_code == code, (result.output, result.exception)
    return result


def test_a_pull_is_planned_then_stored_then_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    planned = json.loads(call("--from", "dataforseo", "--rows", "2500", "--plan", "--json").stdout)
    assert (planned["requests"], planned["usd"]) == (3, pytest.approx(0.135))
    service = Service("dataforseo", 25)
    with running(service) as base:
        monkeypatch.setenv("CITELIFT_ALLOWED_HOSTS", base)
        monkeypatch.setenv("DATAFORSEO_API_BASE", base)
        monkeypatch.setenv("DATAFORSEO_API_KEY", KEY)
        with pytest.raises(BudgetError, match=r"the budget of 0\.01 USD"):
            call("--from", "dataforseo", "--budget", "0.01")
        made = json.loads(call("--from", "dataforseo", "--budget", "5.00", "--json").stdout)
    assert (made["rows"], made["complete"], made["import"]["stored"], service.wrong) == (25, True, 25, [])
    listed = invoke("import", "list", "--json")
    (row,) = json.loads(listed.stdout)["rows"]
    assert (row["vendor"], row["layout"], row["scope"]) == ("dataforseo", "dataforseo-backlinks", "all")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--from", "nobody"], "no links come from 'nobody'"),
        (["--from", "ahrefs", "--budget", "5"], "no key for ahrefs"),
        (["--from", "semrush", "--plan"], "depends on your plan"),
        (["--from", "bing", "--target", "not a site", "--plan"], "no site 'not a site'"),
    ],
)
def test_what_is_missing_is_said(words: list[str], problem: str) -> None:
    with pytest.raises((UsageError, EngineError), match=problem):
        call(*words)
