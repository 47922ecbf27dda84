"""Good catalogs are read whole; bad ones are refused with file, line and fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shared import ROOT
from tracker import catalog
from tracker.errors import CatalogError

BRANDS = "brands:\n  - name: Norvane\n    domains: [norvane.com]\n    own: true\n  - name: Quellby\n"
PROMPTS = "prompts:\n  - text: What is the best CRM?\n    topic: crm\n"
ENGINES = "engines:\n  - name: p\n    model: perplexity/sonar\n"


def write(folder: Path, brands: str = BRANDS, prompts: str = PROMPTS, engines: str = ENGINES) -> Path:
    for name, text in (("brands", brands), ("tracked", prompts), ("engines", engines)):
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    return folder


def test_the_catalog_of_the_repository_is_good() -> None:
    found = catalog.load(ROOT / "prompts")
    assert found.own.name == "Norvane"
    assert len(found.brands) == 8
    assert {engine.model.split("/")[0] for engine in found.engines} == {"sandbox"}


def test_every_field_of_the_format_is_read(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        "workspace: acme\nbrands:\n  - name: Norvane\n    aliases: [Norvane CRM]\n    domains: "
        "[norvane.com, www.norvane.co.uk, shop.norvane.io]\n"
        "    own: true\n    not: [norvane river]\n",
        "prompts:\n  - text: Welches CRM\n      ist gut?\n    topic: crm\n    country: NO\n    language: "
        "nb\n    weight: 2.5\n",
        "engines:\n  - name: perplexity\n    model: perplexity/sonar\n    surface: api\n    repeats: 3\n   "
        " budget_usd: 5.00\n    options: {a: [1]}\n    rpm: 30\n",
    )
    found = catalog.load(folder)
    brand, prompt, engine = found.brands[0], found.prompts[0], found.engines[0]
    assert (found.workspace, brand.aliases, brand.not_phrases) == (
        "acme",
        ("Norvane CRM",),
        ("norvane river",),
    )
    assert brand.domains == ("norvane.com", "norvane.co.uk", "shop.norvane.io")
    assert (prompt.text, prompt.country, prompt.language, prompt.weight) == (
        "Welches CRM ist gut?",
        "NO",
        "nb",
        2.5,
    )
    assert (engine.repeats, engine.budget_micros, engine.options, engine.rpm) == (
        3,
        5_000_000,
        {"a": [1]},
        30,
    )


@pytest.mark.parametrize("name", ["acme-widgets.example", "shop.acme.test", "acme.intranet"])
def test_a_domain_may_end_in_what_no_list_knows(tmp_path: Path, name: str) -> None:
    text = f"brands:\n  - name: Acme\n    domains: [{name}]\n    own: true\n"
    (tmp_path / "brands.yaml").write_text(text)
    found = catalog.load(tmp_path, need="brands")
    assert found.own is not None
    assert found.own.domains == (name,)


def test_prompts_may_stand_in_prompts_yaml(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "tracked.yaml").rename(tmp_path / "prompts.yaml")
    assert len(catalog.load(tmp_path).prompts) == 1


def test_imports_need_only_brands(tmp_path: Path) -> None:
    (tmp_path / "brands.yaml").write_text(BRANDS)
    assert catalog.load(tmp_path, need="brands").prompts == ()
    with pytest.raises(CatalogError, match=r"tracked\.yaml"):
        catalog.load(tmp_path)


@pytest.mark.parametrize(
    ("file", "text", "line", "words"),
    [
        ("brands", BRANDS + "    own: true\n", 5, "own"),
        ("brands", "brands:\n  - name: A\n", 2, "no brand is yours"),
        ("brands", BRANDS + "    colour: red\n", 6, "unknown key `colour`"),
        ("brands", BRANDS.replace("    own", "    onw"), 4, "did you mean `own`"),
        ("brands", BRANDS + "  - name: norvane\n", 6, "also names the brand of line 2"),
        ("brands", BRANDS + "    aliases: ['']\n", 6, "alias is empty"),
        ("brands", BRANDS + "    domains: [co.uk]\n", 6, "public suffix"),
        ("brands", BRANDS + "    domains: [github.io]\n", 6, "public suffix"),
        ("brands", BRANDS + "    domains: [not a domain]\n", 6, "not a domain"),
        ("brands", BRANDS + "    domains: ['https://a.com/page']\n", 6, "is a page"),
        ("brands", BRANDS + "    domains: [norvane.com]\n", 5, "also belongs to the brand of line 2"),
        ("brands", BRANDS + "    own: maybe\n", 6, "true or false"),
        ("brands", "brands: []\n", 1, "no brands"),
        ("brands", "", 1, "empty"),
        ("brands", "brands:\n\t- name: A\n", 2, "not YAML"),
        ("brands", "- name: A\n", 1, "key: value"),
        ("brands", "workspace: a b\n" + BRANDS, 1, "workspace"),
        ("tracked", PROMPTS * 2, 4, "twice"),
        ("tracked", PROMPTS + "  - text: What is the best  CRM?\n", 4, "the prompt of line 2 again"),
        ("tracked", PROMPTS + "    country: XX\n", 4, "ISO 3166"),
        ("tracked", PROMPTS + "    language: german!\n", 4, "language code"),
        ("tracked", PROMPTS + "    weight: -1\n", 4, "weight"),
        ("tracked", 'prompts:\n  - text: "half \\ud83d a pair"\n', 2, "not YAML"),
        ("tracked", 'prompts:\n  - text: "nothing \\0 here"\n', 2, "control character"),
        ("tracked", "prompts:\n  - topic: x\n", 2, "without `text`"),
        ("engines", ENGINES + "    repeats: 0\n", 4, "whole number"),
        ("engines", ENGINES + "    repeats: 1.5\n", 4, "whole number"),
        ("engines", ENGINES + "    budget_usd: lots\n", 4, "a number"),
        ("engines", ENGINES + "    surface: web\n", 4, "surface"),
        ("engines", ENGINES + "  - name: P\n    model: m\n", 4, "there already"),
        ("engines", ENGINES + "    options: {api_key: sk-1}\n", 4, "hold a key"),
        ("engines", ENGINES + "    options: [1]\n", 4, "options"),
        ("engines", ENGINES + "    options: {stream: true}\n", 4, "`stream` is not for a catalog"),
        ("engines", ENGINES + "    options: {drop_params: true}\n", 4, "`drop_params` is not for a catalog"),
        ("engines", ENGINES + "    options: {fallbacks: [openai/x]}\n", 4, "`fallbacks` is not"),
        ("engines", "engines:\n  - {name: e, model: exa/a, options: {stream: true}}\n", 2, "`stream` is not"),
        ("engines", ENGINES + "    options: {tools: web_search}\n", 4, "a list of"),
        ("engines", ENGINES + "    options: {tools: [web_search]}\n", 4, "a list of"),
        ("engines", ENGINES + "    options: {web_search_options: yes}\n", 4, "`key: value` lines"),
        ("engines", ENGINES + "    options: {max_tokens: many}\n", 4, "whole number"),
        ("engines", "engines:\n  - name: x\n", 2, "without `model`"),
        ("engines", "engines:\n  - name: x\n    model: sandbox/nobody\n", 3, "one of sandbox/anthropic"),
    ],
)
def test_a_bad_catalog_is_refused_with_file_line_and_fix(
    tmp_path: Path, file: str, text: str, line: int, words: str
) -> None:
    folder = write(tmp_path)
    (folder / f"{file}.yaml").write_text(text, "utf-8")
    with pytest.raises(CatalogError) as caught:
        catalog.load(folder)
    message = str(caught.value)
    assert f"{file}.yaml:{line}:" in message
    assert words in message
    assert "fix: " in message


def test_a_name_or_alias_may_be_kept_to_its_spelling(tmp_path: Path) -> None:
    text = (
        "brands:\n  - name: Target\n    case: exact\n    own: true\n    aliases: [Target Corp, {name: TGT, "
        "case: exact}]\n"
    )
    brand = catalog.load(write(tmp_path, brands=text)).own
    assert (brand.aliases, brand.exact) == (("Target Corp", "TGT"), ("Target", "TGT"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("    case: any\n", "unknown case `any`"),
        ("    aliases: [{name: dm, case: small}]\n", "unknown case `small`"),
        ("    aliases: [{case: exact}]\n", "an alias without `name`"),
        ("    aliases: [{name: dm, kase: exact}]\n", "did you mean `case`?"),
        ("    not: [target]\n", "silence the brand altogether"),
        ("    not: ['--']\n", "without a letter or digit"),
    ],
)
def test_names_that_cannot_be_found_are_refused(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(CatalogError) as caught:
        catalog.load(write(tmp_path, brands=f"brands:\n  - name: Target\n    own: true\n{line}"))
    assert words in str(caught.value)


def test_an_engine_that_is_asked_directly_may_call_its_own_options_so(tmp_path: Path) -> None:
    text = "engines:\n  - {name: exa, model: exa/answer, options: {model: exa-pro}}\n"
    assert catalog.load(write(tmp_path, engines=text)).engines[0].options == {"model": "exa-pro"}


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    _, problems = catalog.inspect(
        write(tmp_path, BRANDS + "    x: 1\n", PROMPTS + "    y: 1\n", ENGINES + "    z: 1\n")
    )
    assert [problem.id for problem in problems] == ["catalog.unknown-key"] * 3


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe\x00b", b"brands: \xe9", b"brands: [\x00]", b"&a [*a, *a]", b"[" * 5000]
)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, raw: bytes) -> None:
    write(tmp_path)
    (tmp_path / "brands.yaml").write_bytes(raw)
    with pytest.raises(CatalogError):
        catalog.load(tmp_path)


def test_a_brand_owns_hosts_pages_and_its_name_under_every_country(tmp_path: Path) -> None:
    owned = (
        "    owns: [youtube.com/@Norvane, 'norvane.*', shop.norvane.io, norvane.com, "
        "'https://x.com/norvane/']\n"
    )
    brands = BRANDS.replace("    own: true\n", f"    own: true\n{owned}")
    brand = catalog.load(write(tmp_path, brands)).own
    assert brand.domains == ("norvane.com", "shop.norvane.io")
    assert brand.owns == ("youtube.com/@norvane", "norvane.*", "x.com/norvane")


@pytest.mark.parametrize(
    ("owned", "problem"),
    [
        ("'nor*.com'", "nothing to own"),
        ("mailto:a@norvane.com", "nothing to own"),
        ("N/A", "nothing to own"),
        ("github.io", "public suffix"),
        ("''", "empty"),
    ],
)
def test_what_cannot_be_owned_is_refused_with_its_line(tmp_path: Path, owned: str, problem: str) -> None:
    brands = BRANDS.replace("    own: true\n", f"    own: true\n    owns: [{owned}]\n")
    with pytest.raises(CatalogError, match=problem) as refused:
        catalog.load(write(tmp_path, brands))
    assert "brands.yaml:5" in str(refused.value)


def test_a_page_belongs_to_one_brand(tmp_path: Path) -> None:
    brands = (
        "brands:\n  - name: A\n    own: true\n    owns: [x.com/a]\n  - name: B\n    owns: [twitter.com/A]\n"
    )
    with pytest.raises(CatalogError, match=r"`x\.com/a` also belongs to the brand of line 2"):
        catalog.load(write(tmp_path, brands))
