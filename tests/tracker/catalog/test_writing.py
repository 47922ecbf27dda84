"""A catalog's file is changed whole or not at all, by one at a time, and only where nobody changed it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared import ROOT
from tracker.catalog import load
from tracker.catalog.lines import Add, Alter, Edit, Remove, Row
from tracker.catalog.writing import Kind, changed, listed, place_of
from tracker.errors import CatalogError, UsageError

FILES = {
    "brands.yaml": "brands:\n  - {name: A, own: true}   # us\n  - {name: B}\n",
    "tracked.yaml": "prompts:\n  - text: best crm?\n  - text: best crm?\n    country: DE\n",
    "engines.yaml": "engines:\n  - name: chat\n    model: sandbox/chat\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def change(folder: Path, kind: Kind, *edits: Edit, seen: str | None = None) -> None:
    with changed(folder, kind, lambda _: edits, seen=seen):
        pass


def now(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in sorted(folder.iterdir())}


@pytest.mark.parametrize(
    ("kind", "edit", "words"),
    [
        ("brands", Add(({"name": "b"},)), "`b` also names the brand of line 3"),
        ("brands", Add(({"name": "C", "domains": ["co.uk"]},)), "public suffix"),
        ("brands", Alter(0, {"own": None}), "no brand is yours"),
        ("brands", Alter(1, {"own": True}), "and so is `A`"),
        ("brands", Alter(1, {"colour": "red"}), "unknown key `colour`"),
        ("brands", Alter(1, {"until": "soon"}), "until is no day"),
        ("brands", Remove((0, 1)), "no brands left"),
        ("prompts", Add(({"text": "x", "country": "XX"},)), "not an ISO 3166 country code"),
        ("prompts", Remove((0, 1)), "no prompts left"),
        ("prompts", Alter(1, {"country": None}), "the prompt of line 2 again"),
        ("engines", Add(({"name": "openai", "model": "openai/gpt-6-luna"},)), "stand beside real ones"),
        ("engines", Alter(0, {"repeats": 0}), "a whole number from 1"),
        ("engines", Alter(0, {"budget_usd": -1}), "budget_usd must be a number"),
    ],
)
def test_what_the_catalogs_own_rules_refuse_is_not_written(
    folder: Path, kind: Kind, edit: Edit, words: str
) -> None:
    with pytest.raises(CatalogError) as refused:
        change(folder, kind, edit)
    assert words in refused.value.problem
    assert now(folder) == FILES


def test_two_edits_that_are_right_together_are_taken(folder: Path) -> None:
    change(folder, "brands", Alter(0, {"own": None}), Alter(1, {"own": True}))
    assert load(folder).own.name == "B"
    assert "# us" in (folder / "brands.yaml").read_text("utf-8")


def test_a_file_that_changed_since_it_was_seen_is_left_alone(folder: Path) -> None:
    mark = listed(folder, "brands").mark
    edited = FILES["brands.yaml"].replace("name: B", "name: Bee")
    (folder / "brands.yaml").write_text(edited, "utf-8")
    with pytest.raises(CatalogError, match="changed by somebody else"):
        change(folder, "brands", Remove((1,)), seen=mark)
    assert (folder / "brands.yaml").read_text("utf-8") == edited
    change(folder, "brands", Remove((1,)), seen=listed(folder, "brands").mark)


def test_an_error_inside_puts_the_old_file_back(folder: Path) -> None:
    with (
        pytest.raises(RuntimeError),
        changed(folder, "brands", lambda _: [Add(({"name": "C"},))]) as written,
    ):
        assert [brand.name for brand in load(folder).brands] == ["A", "B", "C"]
        assert written.pairs == ((None, {"name": "C"}),)
        raise RuntimeError
    assert now(folder) == FILES


def test_a_link_goes_on_leading_where_it_led_and_rights_stay(folder: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere"
    (folder / "brands.yaml").rename(real)
    real.chmod(0o640)
    (folder / "brands.yaml").symlink_to(real)
    change(folder, "brands", Remove((1,)))
    assert (folder / "brands.yaml").is_symlink()
    assert "name: B" not in real.read_text("utf-8")
    assert real.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(folder: Path) -> None:
    folder.chmod(0o500)
    with pytest.raises(CatalogError, match="cannot be written"):
        change(folder, "brands", Remove((1,)))
    folder.chmod(0o700)


def writer(folder: Path, *rest: str) -> subprocess.Popen[str]:
    """A process that adds six prompts, one at a time, and says what was refused."""
    command = [sys.executable, "-c", ADDS, str(folder), *rest]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


ADDS = """
import resource, sys
from pathlib import Path
from tracker.catalog.lines import Add
from tracker.catalog.writing import changed
from tracker.errors import CatalogError
folder, name, *room = sys.argv[1:]
if room:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(room[0]), int(room[0])))
for number in range(6):
    try:
        with changed(Path(folder), "prompts", lambda _: (Add(({"text": f"{name} {number}"},)),)):
            pass
    except CatalogError as error:
        print(error.problem)
"""


def test_what_the_disk_does_not_take_leaves_the_file_as_it_was(folder: Path) -> None:
    before = now(folder)
    full = writer(folder, "x", "0")
    said = full.communicate(timeout=60)[0]
    assert full.returncode == 0
    assert said.count("cannot be written: File too large") == 6
    assert now(folder) == before


def test_writers_of_two_processes_lose_nothing(folder: Path) -> None:
    writers = [writer(folder, name) for name in "xy"]
    for each in writers:
        assert each.communicate(timeout=60)[0] == ""
        assert each.returncode == 0
    texts = {str(row["text"]) for row in listed(folder, "prompts").rows}
    assert {f"{name} {number}" for name in "xy" for number in range(6)} <= texts


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_stays(folder: Path, mark: bytes) -> None:
    path = folder / "brands.yaml"
    path.write_bytes(mark + path.read_bytes())
    change(folder, "brands", Remove((1,)))
    assert path.read_bytes().startswith(mark + b"brands:")


def test_a_file_that_would_fill_the_memory_is_refused(folder: Path) -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{c}: &{c} [{','.join([f'*{p}'] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
    )
    (folder / "brands.yaml").write_text(bomb, "utf-8")
    with pytest.raises(CatalogError, match="holds more than"):
        listed(folder, "brands")


ROWS: list[Row] = [{"text": "Best  crm?"}, {"text": "x"}, {"text": "X", "country": "DE"}]


@pytest.mark.parametrize(("name", "place"), [("best crm?", 0), (" Best crm? ", 0)])
def test_an_item_is_found_by_its_name_capitals_and_blanks_aside(name: str, place: int) -> None:
    assert place_of([dict(row) for row in ROWS], "prompts", name) == place


@pytest.mark.parametrize(("name", "words"), [("x", "2 prompts read"), ("y", "there is no prompt 'y'")])
def test_what_is_not_one_item_is_refused(name: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        place_of([dict(row) for row in ROWS], "prompts", name)
