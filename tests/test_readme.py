"""The commands of the README and the manual's topics are run as they stand, in order, in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dashboard import command, manual
from tests.shared import ROOT

README = (ROOT / "README.md").read_text("utf-8")
PAGES = {"README": README, **{name: manual.text(name) for name in manual.ORDER}}
COMMANDS = [
    pytest.param(page, line.strip().removeprefix("$ "), id=f"{page}: {line.strip()[2:60]}")
    for page, text in PAGES.items()
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    for line in block.splitlines()
    if line.strip().startswith("$ ")
]
ROOT_GROUP: Any = command.group()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readme")


@pytest.mark.parametrize(("page", "words"), COMMANDS)
def test_a_command_does_what_it_says(
    page: str, words: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those of the README as a user types them; the manual's in this process, as `citelift` starts them."""
    if page == "README" or not words.startswith("citelift "):
        typed(words, folder)
        return
    monkeypatch.chdir(folder)
    code = command.run(shlex.split(words)[1:])
    assert code == 0, "".join(capsys.readouterr())


def typed(words: str, folder: Path) -> None:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_run_in_this_process_is_no_more_than_words() -> None:
    """A pipe, a variable or a second command needs a shell."""
    for page, words in (each.values for each in COMMANDS):
        if page != "README" and str(words).startswith("citelift "):
            assert not set("|;&<>$`") & set(re.sub(r"\"[^\"]*\"", "", str(words))), words


def test_no_block_of_commands_is_forgotten() -> None:
    assert {path.stem for path in manual.FOLDER.glob("*.md")} == set(manual.ORDER)
    for page, text in PAGES.items():
        assert "```console" in text, page
        for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
            assert all(line.strip().startswith("$ ") for line in block.splitlines() if line.strip()), page


def named() -> list[tuple[str, str]]:
    """Every `citelift …` that a page names in passing, as far as its words are verbs and options."""
    return [
        (page, words)
        for page, text in PAGES.items()
        for words in re.findall(r"citelift ((?:[a-z-]+ ?|--[a-z-]+ ?)+)", text)
    ]


@pytest.mark.parametrize(("page", "words"), sorted(set(named())))
def test_every_verb_and_option_that_a_page_names_is_there(page: str, words: str) -> None:
    at, path = ROOT_GROUP, []
    for word in shlex.split(words):
        if word.startswith("-"):
            known = {option for each in at.params for option in (*each.opts, *each.secondary_opts)}
            assert word in known or word == "--help", (page, words)
        elif hasattr(at, "commands"):
            if at is ROOT_GROUP and word not in at.commands and not path:
                return  # "citelift asks answer engines": a sentence
            assert word in at.commands, (page, words)
            at = at.commands[word]
            path.append(word)


def test_the_readme_lists_the_topics_of_the_manual() -> None:
    assert (
        tuple(re.findall(r"^\| \[`(\w+)`\]\(dashboard/topics/\1\.md\)", README, re.MULTILINE)) == manual.ORDER
    )


def test_the_contents_of_the_readme_lead_to_its_headings() -> None:
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-")
        for line in README.splitlines()
        if line.startswith("#")
    }
    links = re.findall(r"\]\(#([\w-]+)\)", README)
    assert len(links) >= 5
    assert set(links) <= headings


def test_every_setting_has_a_row() -> None:
    from tracker.settings import Settings

    rows = PAGES["settings"]
    assert [n for n in Settings.model_fields if f"`CITELIFT_{n.upper()}`" not in rows] == []


def test_the_readme_names_only_make_targets_that_exist() -> None:
    found = re.findall(r"`make (\w+)`|^make (\w+)", README, re.MULTILINE)
    named = {name for pair in found for name in pair if name}
    assert named
    done = subprocess.run(["make", "-n", *named], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_pictures_of_the_readme_are_there() -> None:
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", README)
    assert pictures
    for path in pictures:
        assert (ROOT / path).stat().st_size < 400_000


def test_what_the_readme_links_to_is_there() -> None:
    for path in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / path).exists(), path
