"""A list of a YAML file is changed item by item, and every other byte stays: comments, order, quotes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.shared import ROOT
from tracker.catalog.lines import Add, Alter, Edit, Remove, edited, item, rows, with_keys
from tracker.errors import CatalogError

BRANDS = """\
# whom we watch
workspace: acme            # one client

brands:
  # us
  - name: Norvane   # ours
    own: true
    domains: [norvane.com]   # the site
    # aliases: ["x"]

  # Rivals, five of them
  - name: Quillmere
    aliases:
      - Quillmere One   # since 2020
      - QM
    domains: [quillmere.com]
    # a comment of Quillmere's

  - {name: Flowline, domains: [flow.com]}   # in one line
  # about the last
  - name: "Tally: fold"
    not: ['tally ho']
# the end
"""


def after(edit: Edit, text: str = BRANDS, name: str = "brands") -> str:
    return edited(text, name, [edit]).text


@pytest.mark.parametrize(
    ("edit", "old", "new"),
    [
        (Alter(0, {"name": "Norvane CRM"}), "name: Norvane   # ours", "name: Norvane CRM   # ours"),
        (
            Alter(0, {"domains": ["norvane.com", "norvane.de"]}),
            "[norvane.com]   # the site",
            "[norvane.com, norvane.de]   # the site",
        ),
        (Alter(0, {"domains": []}), "    domains: [norvane.com]   # the site\n", ""),
        (
            Alter(0, {"aliases": ["NO", "1.5"]}),
            "[norvane.com]   # the site\n",
            "[norvane.com]   # the site\n    aliases: ['NO', '1.5']\n",
        ),
        (Alter(1, {"aliases": ["Quillmere One"]}), "      - QM\n", ""),
        (
            Alter(1, {"aliases": ["Quillmere One", "QM", "Q: M"]}),
            "      - QM\n",
            "      - QM\n      - 'Q: M'\n",
        ),
        (
            Alter(2, {"own": True}),
            "{name: Flowline, domains: [flow.com]}",
            "{name: Flowline, domains: [flow.com], own: true}",
        ),
        (
            Alter(3, {"until": "2026-05-31"}),
            "    not: ['tally ho']\n",
            "    not: ['tally ho']\n    until: '2026-05-31'\n",
        ),
        (
            Remove((1,)),
            """\
  - name: Quillmere
    aliases:
      - Quillmere One   # since 2020
      - QM
    domains: [quillmere.com]
    # a comment of Quillmere's

""",
            "\n",
        ),
        (Remove((2,)), "  - {name: Flowline, domains: [flow.com]}   # in one line\n", ""),
        (
            Add(({"name": "New", "domains": ["new.com"]}, {"name": "Newer"})),
            "    not: ['tally ho']\n",
            "    not: ['tally ho']\n  - name: New\n    domains: [new.com]\n  - name: Newer\n",
        ),
    ],
)
def test_only_what_is_meant_differs(edit: Edit, old: str, new: str) -> None:
    assert BRANDS.count(old) == 1
    now = after(edit)
    wanted = BRANDS.replace(old, new)
    assert now.replace("\n\n", "\n") == wanted.replace("\n\n", "\n")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_removing_what_was_added_gives_the_file_again(newline: str) -> None:
    text = BRANDS.replace("\n", newline)
    more = after(Add(({"name": "New"},)), text)
    assert more != text
    assert after(Remove((4,)), more) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("prompts: []\n", "prompts:\n  - text: a\n"),
        (
            "# q\nprompts: []   # none yet\n# - text: b\n",
            "# q\nprompts:   # none yet\n  - text: a\n# - text: b\n",
        ),
        ("prompts:\n# nothing\n", "prompts:\n  - text: a\n# nothing\n"),
        ("prompts: ~", "prompts:\n  - text: a\n"),
        ("# only words\n", "# only words\nprompts:\n  - text: a\n"),
        ("prompts:\n- text: b", "prompts:\n- text: b\n- text: a\n"),
        ("prompts:\n-\n  text: b\n", "prompts:\n-\n  text: b\n- text: a\n"),
        (
            "prompts:\n  - text: |\n      b\n      c\n\n\n",
            "prompts:\n  - text: |\n      b\n      c\n  - text: a\n\n\n",
        ),
    ],
)
def test_an_item_is_added_to_a_list_of_any_form(text: str, wanted: str) -> None:
    assert after(Add(({"text": "a"},)), text, "prompts") == wanted


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ("brands: [{name: A}]\n", Add(({"name": "B"},))),
        ("{brands: [{name: A}]}\n", Alter(0, {"name": "B"})),
        ("brands:\n  - &a {name: A}\n  - *a\n", Alter(1, {"name": "B"})),
        ("x: &d [a.com]\nbrands:\n  - name: A\n    domains: *d\n", Alter(0, {"domains": ["b.com"]})),
        (
            "brands:\n  - name: A\n    domains:\n      # why\n      - a.com\n",
            Alter(0, {"domains": ["b.com"]}),
        ),
        ("brands:\n  - name: A\n    # why\n    own: true\n", Alter(0, {"name": None})),
        ("brands:\r\n  - name: A\n", Add(({"name": "B"},))),
        ("brands: 5\n", Add(({"name": "B"},))),
        ("- name: A\n", Add(({"name": "B"},))),
        ("brands:\n  - A\n", Alter(0, {"name": "B"})),
        ("brands: [\n", Add(({"name": "B"},))),
    ],
)
def test_a_form_that_is_not_safe_to_change_is_refused(text: str, edit: Edit) -> None:
    with pytest.raises(CatalogError):
        after(edit, text)


HOSTILE = [
    "Acme, Inc.",
    "a ]",
    "b }",
    "Which is best for team 0?",
    "a: b, c",
    "?",
    "-",
    "a\nbrands: []",
    "- name: x",
    "# no comment",
    "x # no comment",
    "{a: b}",
    "[1]",
    "*anchor",
    "&anchor x",
    "!!python/object/apply:os.system ['id']",
    "%YAML 1.2",
    "---",
    "yes",
    "~",
    "null",
    "0x1F",
    "1e3",
    "2026-01-01",
    "'quoted'",
    '"quoted"',
    "ends with a colon:",
    "key: value",
    "=1+1",
    "| pipe",
    "> fold",
    "@at",
    "`tick`",
    "\u2028next",
    "emoji 🙂 and umlaut ü",
    "tab\there",
    "long " * 60,
]


@pytest.mark.parametrize("words", HOSTILE)
def test_no_text_becomes_yaml_of_its_own(words: str) -> None:
    now = after(Add(({"name": words, "aliases": [words], "own": True},)))
    meant = " ".join(words.split())
    assert rows(now, "brands")[-1] == {"name": meant, "aliases": [meant], "own": "true"}
    assert rows(now, "brands")[:-1] == rows(BRANDS, "brands")
    for place in range(4):
        changed = after(Alter(place, {"name": words, "not": [words, "x"]}))
        row = rows(changed, "brands")[place]
        assert (row["name"], row["not"]) == (meant, list(dict.fromkeys([meant, "x"])))


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12
).filter(str.strip)
VALUES = st.one_of(st.none(), TEXTS, st.lists(TEXTS, max_size=3), st.booleans(), st.integers(0, 99))
EDITS = st.one_of(
    st.builds(
        Alter, st.integers(0, 3), st.dictionaries(st.sampled_from(["name", "aliases", "note"]), VALUES)
    ),
    st.builds(
        lambda row: Add(({"name": "N", **row},)), st.dictionaries(st.sampled_from(["aliases", "z"]), VALUES)
    ),
    st.builds(lambda place: Remove((place,)), st.integers(0, 2)),
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EDITS)
def test_whatever_is_asked_is_done_and_comments_stay(edit: Edit) -> None:
    if isinstance(edit, Alter) and edit.values.get("name", "kept") in (None, []):
        return  # an item without a name is the catalog's to refuse
    if isinstance(edit, Alter) and edit.place == 1 and "aliases" in edit.values:
        return  # a list with comments between its lines, taken away whole, is refused
    now = after(edit)
    document = yaml.safe_load(now)
    assert document["workspace"] == "acme"
    kept = [
        "# whom we watch",
        "# us",
        "# Rivals, five of them",
        "# about the last",
        "# the end",
        "# one client",
    ]
    assert [comment for comment in kept if comment not in now] == []


def test_what_was_changed_is_told_before_and_after() -> None:
    done = edited(BRANDS, "brands", [Alter(2, {"name": "Flow"}), Remove((0,)), Add(({"name": "Z"},))])
    told: list[tuple[Any, Any]] = [
        (before and before["name"], now and now["name"]) for before, now in done.pairs
    ]
    assert told == [("Flowline", "Flow"), ("Norvane", None), (None, "Z")]


@pytest.mark.parametrize(
    ("file", "name"), [("brands", "brands"), ("tracked", "prompts"), ("engines", "engines")]
)
def test_the_shipped_catalog_can_be_changed_anywhere(file: str, name: str) -> None:
    text = (ROOT / "prompts" / f"{file}.yaml").read_text("utf-8")
    there = rows(text, name)
    for place in range(len(there)):
        gone = after(Remove((place,)), text, name)
        assert rows(gone, name) == [row for i, row in enumerate(there) if i != place]
        key = "text" if name == "prompts" else "name"
        now = after(Alter(place, {key: "Changed"}), text, name)
        assert [a != b for a, b in zip(now.split("\n"), text.split("\n"), strict=True)].count(True) == 1


def test_an_item_leaves_out_what_is_not_said() -> None:
    assert (
        item({"name": "A", "aliases": [], "own": None, "weight": 0.5}, 2) == "  - name: A\n    weight: 0.5\n"
    )


@pytest.mark.parametrize(
    ("text", "values", "after"),
    [
        ("", {("name",): "Acme"}, "name: Acme\n"),
        ("# ours\n", {("name",): "Acme"}, "# ours\nname: Acme\n"),
        ("# ours\nname: A\n", {("name",): None}, "# ours\n{}\n"),
        ("# ours\n{}\n", {("name",): "B"}, "# ours\nname: B\n"),
        ("name: A  # us\n", {("accent",): "#123456"}, "name: A  # us\naccent: '#123456'\n"),
        ("name: A  # us\nlanguage: de\n", {("name",): "B: c"}, "name: 'B: c'  # us\nlanguage: de\n"),
        ("name: A\r\n", {("name",): "B"}, "name: B\r\n"),
        ("smtp: {host: a, port: 25}\n", {("smtp", "port"): 2525}, "smtp: {host: a, port: 2525}\n"),
        ("x: 1\n", {("sender", "email"): "a@b.c"}, "x: 1\nsender:\n  email: a@b.c\n"),
        (
            "comments:\n  2026-05-18: old  # said\n  2026-05-25: b\n",
            {("comments", "2026-05-18"): "new", ("comments", "2026-05-25"): None},
            "comments:\n  2026-05-18: new  # said\n",
        ),
        ("comments:\n  2026-05-18: old\nname: x\n", {("comments", "2026-05-18"): None}, "name: x\n"),
    ],
)
def test_a_value_outside_lists_is_changed_in_its_place(text: str, values: Any, after: str) -> None:
    assert with_keys(text, values).text == after


def test_what_a_key_said_before_and_says_now_is_told() -> None:
    ((before, after),) = with_keys("sender: {email: a@b.c}\n", {("sender", "email"): "d@e.f"}).pairs
    assert (before, after) == ({"sender.email": "a@b.c"}, {"sender.email": "d@e.f"})


def test_a_key_under_what_is_no_mapping_is_left_to_its_editor() -> None:
    with pytest.raises(CatalogError, match="cannot be changed in safety"):
        with_keys("comments: none\n", {("comments", "2026-05-18"): "x"})


def test_a_list_that_may_be_empty_is_emptied_and_filled_again() -> None:
    empty = edited("# who\nrecipients:\n  - name: a\n", "recipients", [Remove((0,))], may_be_empty=True).text
    assert empty == "# who\nrecipients: []\n"
    assert edited(empty, "recipients", [Add(({"name": "b"},))]).text == "# who\nrecipients:\n  - name: b\n"
