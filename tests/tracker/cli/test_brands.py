"""Companies that answers name are suggested and tracked in one verb each, and brands.yaml keeps its
comments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from tracker.catalog import load
from tracker.catalog.lines import Add
from tracker.catalog.writing import changed
from tracker.cli import collect
from tracker.errors import CatalogError

BRANDS = """# whom we watch
brands:
  - name: Norvane   # ours
    own: true

  - name: Quillmere
    domains: [quillmere.com]   # their site
    # a comment at the end
# the last line
"""
ANSWER = """1. **Norvane** – good
2. **[Pipewell](https://pipewell.com)** – cheap
3. **Okeanda** – fast
- **Key features:** x
"""


def run(folder: Path, *words: str) -> Result:
    app = typer.Typer()
    collect.register(app)
    where = ("--catalog", str(folder), "--database", f"sqlite:///{folder / 'c.db'}")
    result = CliRunner().invoke(app, [*words, *where])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def add_brand(folder: Path, name: str) -> None:
    with changed(folder, "brands", lambda _: [Add(({"name": name},))]):
        pass


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "brands.yaml").write_text(BRANDS, "utf-8")
    lines = [
        {"asked_at": f"2026-06-0{day}T09:00:00Z", "engine": "e", "prompt": f"best crm {day}?", "text": ANSWER}
        for day in (1, 2, 3)
    ]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    assert run(tmp_path, "import", "answers", str(tmp_path / "answers.jsonl")).exit_code == 0
    return tmp_path


def test_what_stands_beside_tracked_brands_is_suggested_with_counts(folder: Path) -> None:
    found = json.loads(run(folder, "brands", "suggest", "--json").stdout)["rows"]
    assert [(row["name"], row["answers"], row["beside"], row["prompts"], row["site"]) for row in found] == [
        ("Okeanda", 3, 3, 3, None),
        ("Pipewell", 3, 3, 3, "pipewell.com"),
    ]
    assert "citelift brands track Okeanda" in run(folder, "brands", "suggest").stdout
    assert json.loads(run(folder, "brands", "suggest", "--least", "4", "--json").stdout)["rows"] == []


def test_tracking_a_company_adds_it_and_finds_it_in_the_answers_there_are(folder: Path) -> None:
    run(folder, "brands", "track", "Pipewell", "--domain", "pipewell.com", "--alias", "Pipe Well")
    added = "\n  - name: Pipewell\n    aliases: [Pipe Well]\n    domains: [pipewell.com]\n"
    text = (folder / "brands.yaml").read_text("utf-8")
    assert text.replace(added, "") == BRANDS
    assert [row["name"] for row in json.loads(run(folder, "brands", "suggest", "--json").stdout)["rows"]] == [
        "Okeanda"
    ]


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("brands:\n- name: A\n  own: true\n", "- name: 'Ho: Ra'\n"),
        ("brands:\n  - {name: A, own: true}\n", "  - name: 'Ho: Ra'\n"),
        ("brands:\r\n  - name: A\r\n    own: true\r\nworkspace: x\r\n", "  - name: 'Ho: Ra'\r\n"),
        ("brands:\n  - name: A\n    own: true\n    aliases:\n      - B\n      - C", "\n  - name: 'Ho: Ra'\n"),
        ("brands:\n  - own: true\n    name: |\n      A\n\n# end\n", "  - name: 'Ho: Ra'\n"),
    ],
)
def test_a_brand_is_added_behind_the_last_one_and_nothing_else_changes(
    tmp_path: Path, text: str, added: str
) -> None:
    path = tmp_path / "brands.yaml"
    path.write_text(text, "utf-8", newline="")
    add_brand(tmp_path, "Ho: Ra")
    now = path.read_bytes().decode()
    assert added in now
    assert now.replace(added, "", 1) == text
    assert [brand.name for brand in load(tmp_path, need="brands").brands] == ["A", "Ho: Ra"]


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("brands: [{name: A, own: true}]\n", "B", "in a form that cannot be changed"),
        ("brands:\n  - {name: A, own: true}\n", "a", "`a` also names the brand of line 2"),
        ("brands:\n  - {name: A, own: true}\n", "--", "without a letter or digit"),
    ],
)
def test_what_cannot_be_added_is_refused_and_the_file_stays(
    tmp_path: Path, text: str, name: str, words: str
) -> None:
    (tmp_path / "brands.yaml").write_text(text, "utf-8")
    with pytest.raises(CatalogError) as refused:
        add_brand(tmp_path, name)
    assert words in f"{refused.value.problem} {refused.value.hint}"
    assert (tmp_path / "brands.yaml").read_text("utf-8") == text


def test_an_edit_of_brands_is_said_until_it_is_taken_up(folder: Path) -> None:
    (folder / "brands.yaml").write_text(BRANDS + "  - name: Okeanda\n", "utf-8")
    said = run(folder, "brands", "suggest")
    assert "brands.yaml has been edited" in said.stderr
    run(folder, "reread")
    assert "edited" not in run(folder, "brands", "suggest").stderr
