"""`citelift init` where somebody can answer and where nobody can: what it writes, keeps and leaves to do."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.shared import ROOT
from tests.tracker.cli.test_collect import Cite, cite, citelift, problems
from tracker import catalog, settings, starter
from tracker.engines.calls import call_for
from tracker.engines.simulated import is_sandbox
from tracker.errors import UsageError

__all__ = ["cite"]

WORDS = ("--brand", 'Acme "Q" & Söhne', "--domain", "https://www.acme.com/", "--topic", "help desk")
PLACEHOLDERS = ("A Rival", "rival-one", "Your Brand", "yourbrand", "your product")
ROWS = starter.engine_rows()


def test_init_writes_a_catalog_that_check_and_plan_accept(cite: Cite, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    made = cite("init", "--catalog", folder, *WORDS, "--rival", "Quellby=quellby.com", "--rival", "R=r.com")
    assert made.stdout.count("wrote") == 5
    written = catalog.load(folder)
    assert [(brand.name, brand.domains, brand.own) for brand in written.brands] == [
        ('Acme "Q" & Söhne', ("acme.com",), True),
        ("Quellby", ("quellby.com",), False),
        ("R", ("r.com",), False),
    ]
    assert {prompt.topic for prompt in written.prompts} == {"help desk"}
    assert all(is_sandbox(engine.model) for engine in written.engines)
    assert cite("check", "--catalog", folder).exit_code == 0
    assert json.loads(cite("plan", "--catalog", folder, "--json").stdout)["asks"] > 0


def test_nothing_is_made_up_where_nobody_says_it(cite: Cite, tmp_path: Path) -> None:
    cite("init", "--catalog", tmp_path / "mine", "--brand", "Acme", "--domain", "acme.com")
    text = "".join(path.read_text("utf-8") for path in (tmp_path / "mine").iterdir())
    assert [word for word in PLACEHOLDERS if word in text] == []
    brands = yaml.safe_load((tmp_path / "mine" / "brands.yaml").read_text("utf-8"))["brands"]
    assert [brand["name"] for brand in brands] == ["Acme"]
    assert ("error", "catalog.no-prompts") in problems(
        cite("check", "--catalog", tmp_path / "mine", "--json", code=2)
    )


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ((), "made up"),
        (("--brand", "Acme"), "made up"),
        (("--brand", " ", "--domain", "acme.com"), "needs a name"),
        (("--brand", "Acme", "--domain", "not a domain"), "not a domain"),
        ((*WORDS, "--rival", "Other"), "name=domain"),
        ((*WORDS, "--rival", "=x.com"), "name=domain"),
        ((*WORDS, "--engine", "chatgpt"), "no engine 'chatgpt'"),
        ((*WORDS, "--engine", "sandbox,openai"), "never stand in one workspace"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_written(
    cite: Cite, tmp_path: Path, words: tuple[str, ...], wanted: str
) -> None:
    with pytest.raises(UsageError, match=wanted) as refused:
        cite("init", "--catalog", tmp_path / "new", *words)
    assert refused.value.hint
    assert not (tmp_path / "new").exists()


def test_without_a_terminal_nothing_is_asked(tmp_path: Path) -> None:
    done = citelift(tmp_path, "init")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--brand" in done.stderr
    assert not (tmp_path / "prompts").exists()


def test_files_that_are_there_stay_and_the_options_they_would_have_taken_are_named(
    cite: Cite, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    cite("init", "--catalog", folder, *WORDS, "--rival", "Quellby=quellby.com")
    (folder / "tracked.yaml").write_text("# mine\n" + (folder / "tracked.yaml").read_text())
    (folder / "engines.yaml").unlink()
    again = cite("init", "--catalog", folder, *WORDS, "--rival", "B=b.com", "--engine", "claude").stdout
    lines = {
        line.split()[1].rsplit("/")[-1]: line for line in again.splitlines() if line[:5] in {"kept ", "wrote"}
    }
    assert lines["engines.yaml"].startswith("wrote")
    assert lines["brands.yaml"].endswith("ignored: --brand, --domain, --rival)")
    assert lines["tracked.yaml"].endswith("ignored: --topic)")
    assert lines["judge_stance.txt"].endswith("(it was there)")
    assert (folder / "tracked.yaml").read_text().startswith("# mine")
    assert [brand.name for brand in catalog.load(folder).brands][1:] == ["Quellby"]


def test_what_is_still_to_do_is_said(cite: Cite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("XAI_API_KEY", "xai-not-real-at-all")
    bare = cite("init", "--catalog", tmp_path / "a", *WORDS[:4], "--engine", "openai, grok,azure").stdout
    for words in (
        "none so far",
        "no question yet",
        "OPENAI_API_KEY",
        "AZURE_API_BASE",
        "azure/your-deployment",
    ):
        assert words in bare
    assert "XAI_API_KEY" not in bare
    rivals = [word for name in "bcdef" for word in ("--rival", f"{name}={name}.com")]
    assert "rivals" not in cite("init", "--catalog", tmp_path / "b", *WORDS, *rivals).stdout


@pytest.mark.parametrize("name", ROWS)
def test_a_row_that_init_writes_is_right_for_the_engines_table(
    cite: Cite, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It loads, searches, has a price and a budget, and its comment names the keys that asking it needs."""
    cite("init", "--catalog", tmp_path / "mine", *WORDS, "--rival", "Quellby=quellby.com", "--engine", name)
    (row,) = catalog.load(tmp_path / "mine").engines
    call = call_for(row.model)
    assert (row.name, call.searches) == (name, True)
    keys = [part for names in call.keys for part in names.split("|")]
    assert keys
    assert any(key in ROWS[name] for key in keys)
    for key in keys:
        monkeypatch.setenv(key, "https://x.openai.azure.com" if key.endswith("_BASE") else "not-a-real-key")
    if "/your-" in row.model:
        return
    report = cite("check", "--catalog", tmp_path / "mine", "--json")
    assert {problem for problem in problems(report) if problem[1].startswith("engine")} == set()
    (planned,) = json.loads(cite("plan", "--catalog", tmp_path / "mine", "--json").stdout)["rows"]
    assert planned["verdict"] == "within budget"


def test_several_engines_are_written_in_one_file_and_the_others_stay_as_comments(
    cite: Cite, tmp_path: Path
) -> None:
    cite(
        "init", "--catalog", tmp_path / "mine", *WORDS, "--engine", "openai,perplexity", "--engine", "claude"
    )
    assert [row.name for row in catalog.load(tmp_path / "mine").engines] == ["openai", "perplexity", "claude"]
    text = (tmp_path / "mine" / "engines.yaml").read_text()
    assert "#  - name: gemini" in text
    assert "sandbox/chat" not in text


def test_every_engine_that_a_search_reaches_has_a_row_to_begin_with() -> None:
    prefixes = {row.split("model: ")[1].split("/")[0] for row in ROWS.values()}
    assert prefixes >= {
        "openai",
        "perplexity",
        "anthropic",
        "gemini",
        "xai",
        "azure",
        "openrouter",
        "bedrock",
    }


def test_at_a_terminal_it_asks_for_everything_and_again_where_an_answer_cannot_be_read(
    tmp_path: Path,
) -> None:
    answers = [
        "Acme",
        "no domain",
        "acme.com",
        "Quellby",
        "Quellby=quellby.com",
        "",
        "CRM",
        "chatgpt",
        "openai",
    ]
    shown = at_a_terminal(tmp_path, answers, "init", "--catalog", "mine")
    written = catalog.load(tmp_path / "mine")
    assert [(brand.name, brand.own) for brand in written.brands] == [("Acme", True), ("Quellby", False)]
    assert [row.name for row in written.engines] == ["openai"]
    assert {prompt.topic for prompt in written.prompts} == {"CRM"}
    for words in ("not a domain", "is not name=domain", "no engine 'chatgpt'", "openai-chat", "Still to do"):
        assert words in shown


def test_at_a_terminal_only_what_is_missing_is_asked(tmp_path: Path) -> None:
    words = ("--brand", "Acme", "--domain", "acme.com", "--rival", "O=o.com", "--topic", "CRM")
    shown = at_a_terminal(tmp_path, [""], "init", "--catalog", "mine", *words)
    assert "Whom to ask" in shown
    assert "Your brand's name" not in shown
    assert all(is_sandbox(engine.model) for engine in catalog.load(tmp_path / "mine").engines)


def at_a_terminal(folder: Path, answers: list[str], *words: str) -> str:
    ours, theirs = pty.openpty()
    program = "from dashboard.command import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TERM": "dumb", "COLUMNS": "200"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
    shown = b""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait(10) == 0, shown.decode()
    return shown.decode()


def test_keys_that_stand_in_a_dot_env_file_are_not_asked_for(
    cite: Cite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-not-real-at-all\n")
    assert settings.key("OPENAI_API_KEY")
    assert (
        "OPENAI_API_KEY" not in cite("init", "--catalog", tmp_path / "a", *WORDS, "--engine", "openai").stdout
    )
