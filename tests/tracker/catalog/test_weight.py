"""What would fill the memory is refused at once, naming the file; what is only long is read."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.tracker.catalog.test_files import BRANDS, ENGINES, write
from tracker import catalog
from tracker.errors import CatalogError

AT_ONCE = 10.0
"""Processor seconds; half of one on an idle machine, and minutes where the text is expanded."""
LAUGHS = "".join(f"  - &l{n} [{', '.join([f'*l{n - 1}'] * 10) if n else 'lol'}]\n" for n in range(12))
OPTIONS = "engines:\n  - name: e\n    model: openai/x\n    options:\n"
MAPS = OPTIONS + "".join(
    f"      m{n}: &m{n} {{{', '.join(f'k{i}: *m{n - 1}' for i in range(10)) if n else 'a: b'}}}\n"
    for n in range(12)
)
BOMBS = {
    "aliases in lists": ("brands", "brands:\n" + LAUGHS),
    "aliases in options": ("engines", MAPS),
    "aliases of a long text": (
        "engines",
        OPTIONS + f"      a: &a {'x' * 90_000}\n      b: [{', '.join(['*a'] * 5_000)}]\n",
    ),
    "an alias inside itself": ("brands", "brands: &b\n  - *b\n"),
    "a mapping inside itself": ("engines", OPTIONS + "      a: &a {b: *a}\n"),
    "brackets": ("tracked", "prompts: " + "[" * 100_000),
    "brackets that close": ("tracked", "prompts: " + "[" * 50_000 + "]" * 50_000),
    "braces": ("engines", "engines: " + "{a: " * 50_000),
    "indentation": ("tracked", "".join(f"{' ' * n}a:\n" for n in range(1_500))),
    "dashes": ("tracked", "prompts:\n  " + "- " * 50_000),
    "deep aliases": (
        "engines",
        OPTIONS
        + "      d0: &d0 [a]\n"
        + "".join(f"      d{n}: &d{n} [*d{n - 1}]\n" for n in range(1, 2_000)),
    ),
    "one huge value": ("tracked", "prompts:\n  - text: " + "why " * 900_000 + "\n"),
    "a huge number": ("engines", OPTIONS + "      seed: " + "1:" * 900_000 + "1\n"),
    "a huge file": ("tracked", "prompts:\n" + "  - text: Which CRM?\n" * 900_000),
    "too many entries": ("tracked", "prompts:\n" + "  - a\n" * 600_000),
    "unknown keys": ("tracked", "".join(f"k{n}: 1\n" for n in range(200_000))),
}


@pytest.mark.parametrize(("file", "text"), BOMBS.values(), ids=BOMBS)
def test_what_would_fill_the_memory_is_refused_at_once(tmp_path: Path, file: str, text: str) -> None:
    folder = write(tmp_path)
    (folder / f"{file}.yaml").write_text(text, "utf-8")
    began = time.process_time()
    with pytest.raises(CatalogError) as caught:
        catalog.load(folder)
    assert time.process_time() - began < AT_ONCE
    assert f"{file}.yaml" in str(caught.value)
    assert len(str(caught.value)) < 40_000


def test_a_device_without_an_end_is_no_catalog(tmp_path: Path) -> None:
    (write(tmp_path) / "tracked.yaml").unlink()
    (tmp_path / "tracked.yaml").symlink_to("/dev/zero")
    with pytest.raises(CatalogError, match="the file is not there"):
        catalog.load(tmp_path)


def test_aliases_that_save_typing_are_read(tmp_path: Path) -> None:
    text = (
        ENGINES
        + "    options: &o {tools: [{type: web_search}]}\n  - {name: q, model: openai/x, options: *o}\n"
    )
    first, second = catalog.load(write(tmp_path, engines=text)).engines
    assert first.options == second.options == {"tools": [{"type": "web_search"}]}


def test_ten_thousand_prompts_are_read(tmp_path: Path) -> None:
    text = "prompts:\n" + "".join(
        f"  - text: Which CRM is best for a company of {n} people that sells abroad?\n"
        "    topic: crm\n    country: US\n    language: en\n    weight: 2\n"
        for n in range(10_000)
    )
    assert len(catalog.load(write(tmp_path, BRANDS, text)).prompts) == 10_000
