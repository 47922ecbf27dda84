"""The command as a whole: its groups, its options before the verb, its version, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from dashboard import command, manual
from tests.tracker.cli.test_collect import write_catalog
from tracker.cli.verbs import GROUPS

ROOT_GROUP: Any = typer.main.get_command(command.app)


def leaves(group: Any = ROOT_GROUP, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    found = []
    for name, each in group.commands.items():
        found += leaves(each, (*path, name)) if hasattr(each, "commands") else [((*path, name), each)]
    return found


LEAVES = leaves()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def test_every_verb_stands_in_one_of_the_groups_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert {each.rich_help_panel for each in ROOT_GROUP.commands.values()} == set(GROUPS)
    assert command.run(["--help"]) == 0
    shown = capsys.readouterr().out
    places = [shown.index(f"─ {group} ─") for group in GROUPS]
    assert places == sorted(places)


@pytest.mark.parametrize("verb", [each for _, each in LEAVES], ids=[" ".join(path) for path, _ in LEAVES])
def test_every_verb_says_what_it_does_and_what_each_option_means(verb: Any) -> None:
    assert verb.help
    for parameter in verb.params:
        assert parameter.name == "name" or getattr(parameter, "help", None), parameter.name


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["--version"]) == 0
    assert capsys.readouterr().out.split() == ["citelift", command.__version__]


@pytest.mark.parametrize(
    ("before", "after", "workspace"),
    [
        ([], [], "acme"),
        (["--catalog", "other"], [], "beta"),
        ([], ["--catalog", "other"], "beta"),
        (["--catalog", "nowhere"], ["--catalog", "other"], "beta"),
        (["--catalog", "other"], ["--catalog", "prompts"], "acme"),
    ],
)
def test_an_option_before_the_verb_counts_until_the_verb_says_otherwise(
    folder: Path, capsys: pytest.CaptureFixture[str], before: list[str], after: list[str], workspace: str
) -> None:
    write_catalog(folder / "prompts")
    brands = "workspace: beta\nbrands:\n  - {name: Norvane, own: true}\n  - {name: Quellby}\n"
    write_catalog(folder / "other", brands=brands)
    assert command.run([*before, "--json", "plan", *after]) == 0
    assert json.loads(capsys.readouterr().out)["workspace"] == workspace


def test_options_before_a_group_reach_its_verbs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_catalog(folder / "mine")
    words = ["--catalog", "mine", "--database", "sqlite:///mine.db"]
    assert command.run([*words, "event", "add", "A launch", "--on", "2026-05-04"]) == 0
    capsys.readouterr()
    assert command.run([*words, "--json", "event", "list"]) == 0
    assert [row["title"] for row in json.loads(capsys.readouterr().out)["rows"]] == ["A launch"]
    assert (folder / "mine.db").exists()
    assert not (folder / "citelift.db").exists()


def test_the_environment_is_weaker_than_an_option_before_the_verb(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_catalog(folder / "mine")
    monkeypatch.setenv("CITELIFT_CATALOG", "nowhere")
    assert command.run(["plan", "--json"]) == 2
    capsys.readouterr()
    assert command.run(["--catalog", "mine", "plan", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["workspace"] == "acme"


def test_json_before_a_verb_that_prints_none_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run(["--json", "event", "remove", "3"]) == 2
    assert "prints no JSON" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (["--json", "plan", "--catalog", "nowhere"], 2, "nowhere"),
        (["plan", "--json", "--catalog", "nowhere"], 2, "nowhere"),
        (["visibility", "--json", "--weeks", "many"], 2, "--weeks"),
        (["visibility", "--json", "--colour"], 2, "--colour"),
        (["visibilty", "--json"], 2, "visibility"),
        (["runs", "--json"], 1, "no database"),
        (["read-raw", "nowhere.json", "--json"], 2, "nowhere.json"),
    ],
)
def test_with_json_a_failure_is_json_too_and_words_stand_on_the_error_output(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, problem: str
) -> None:
    assert command.run(words) == code
    printed = capsys.readouterr()
    error = json.loads(printed.out)["error"]
    assert error["exit_code"] == code
    assert problem in error["problem"]
    assert printed.err.strip()


# --- the manual ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", manual.ORDER)
def test_a_topic_is_shown_as_it_stands(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["help", topic]) == 0
    assert capsys.readouterr().out == manual.text(topic)


def test_without_a_topic_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["help"]) == 0
    shown = capsys.readouterr().out
    assert [name for name, title in manual.titles().items() if f"{name:<10} {title}" not in shown] == []


@pytest.mark.parametrize(("words", "wanted"), [(["run"], "--resume"), (["import", "links"], "--dry-run")])
def test_help_of_a_verb_says_what_it_takes(
    words: list[str], wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run(["help", *words]) == 0
    assert wanted in capsys.readouterr().out


def test_help_about_nothing_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["help", "weather"]) == 2
    assert "one of catalog" in capsys.readouterr().err
