"""Settings in the browser: what verbs write, by the catalog's rules, with who did it, and where one may."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import data, editors
from tests.dashboard.apps import APP, press, say, words
from tests.dashboard.worlds import HOSTILE
from tracker import audit, catalog, store
from tracker.access import people
from tracker.catalog.lines import Add, Alter, Remove
from tracker.catalog.look import Logo
from tracker.errors import CatalogError, CiteliftError, UsageError
from tracker.suggesting import Wish

FILES = {
    "brands.yaml": "# ours\nbrands:\n  - name: Norvane   # us\n    domains: [norvane.com]\n    own: true\n"
    "  - name: Quillmere\n    domains:\n      - quillmere.com\n    aliases: [{name: qm, case: exact}]\n",
    "tracked.yaml": "prompts:\n  - text: best crm?   # the first\n    topic: crm\n  - text: cheap crm?\n",
    "engines.yaml": "engines:\n  - name: chat\n    model: sandbox/chat\n    budget_usd: 5.00\n",
    "notify.yaml": "recipients:\n  - {name: ana, channel: webhook, url: NOWHERE_WEBHOOK, secret: A_SECRET}\n",
}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> data.OpenWorkspace:
    folder = tmp_path / "prompts"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CITELIFT_DATABASE_URL", f"sqlite:///{tmp_path / 'c.db'}")
    monkeypatch.setenv("CITELIFT_CATALOG", str(folder))
    monkeypatch.setenv("CITELIFT_EDIT", "true")
    database = store.open_database(os.environ["CITELIFT_DATABASE_URL"])
    with store.writing(database) as session:
        catalog.sync(session, catalog.load(folder))
    database.dispose()
    return data.open_workspace("default")


def now(name: str) -> str:
    return (Path("prompts") / name).read_text("utf-8")


def told(workspace: data.OpenWorkspace) -> list[tuple[str, str]]:
    with store.reading(data.database(workspace)) as session:
        return [(entry.what, entry.subject) for entry in audit.changes(session, workspace.id, 50)][::-1]


def writes(workspace: data.OpenWorkspace) -> list[Any]:
    return [
        lambda: data.change_catalog(workspace, "brands", lambda _: [Add(({"name": "Okeanda"},))]),
        lambda: data.change_catalog(workspace, "prompts", lambda _: [Alter(1, {"topic": "crm"})]),
        lambda: data.change_catalog(workspace, "engines", lambda _: [Alter(0, {"repeats": 3})]),
        lambda: data.change_catalog(workspace, "brands", lambda _: [Remove((1,))]),
        lambda: data.save_schedule(workspace, "weekly", "run", "0 6 * * 1", "UTC", {}),
        lambda: data.remove_schedule(workspace, "weekly"),
        lambda: data.change_catalog(workspace, "recipients", lambda _: [Alter(0, {"gets": ["alerts"]})]),
        lambda: data.change_mail(workspace, {("sender", "email"): "r@acme.com"}),
        lambda: data.change_look(workspace, {("name",): "Acme"}, Logo("a.svg", b"<svg/>")),
        lambda: data.change_look(workspace, {("comments", "2026-05-18"): "agreed # for June"}),
        lambda: data.add_person(workspace, "Ana", "correct horse battery", "admin", []),
    ]


EXACT = {"name": "qm", "case": "exact"}
WRITTEN = [
    ("brand added", "Okeanda"),
    ("prompt changed", "cheap crm?"),
    ("engine changed", "chat"),
    ("brand removed", "Quillmere"),
    ("schedule added", "weekly"),
    ("schedule removed", "weekly"),
    ("recipient changed", "ana"),
    ("mail changed", "notify.yaml"),
    ("report look changed", "report.yaml"),
    ("report look changed", "report.yaml"),
    ("person added", "Ana"),
]


def test_each_change_is_written_as_a_verb_writes_it_and_written_down(workspace: data.OpenWorkspace) -> None:
    for write in writes(workspace):
        write()
    assert told(workspace) == WRITTEN
    assert now("brands.yaml").startswith("# ours\nbrands:\n  - name: Norvane   # us\n")
    assert "Okeanda" in now("brands.yaml")
    assert "   # the first" in now("tracked.yaml")
    assert "  - {name: ana, channel: webhook, url: NOWHERE_WEBHOOK" in now("notify.yaml")
    assert data.told(workspace).recipients[0].gets == ("alerts",)
    look = data.report_look(workspace)
    assert (look.name, look.logo) == ("Acme", ("image/svg+xml", b"<svg/>"))
    assert list(look.comments.values()) == ["agreed # for June"]


def test_a_dashboard_that_only_shows_changes_no_setting(
    workspace: data.OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITELIFT_EDIT", "false")
    more: list[Any] = [
        lambda: data.send_test(workspace, None),
        lambda: data.send_again(workspace, 1),
        lambda: data.begin_check(workspace),
        lambda: data.suggesting_for(workspace, ()).begin(Wish("sandbox/judge", "CRM")),
        lambda: data.start_run_of(workspace),
        lambda: data.change_person(workspace, "Ana", None, "viewer", []),
        lambda: data.remove_person(workspace, "Ana"),
        lambda: data.persons(workspace),
    ]
    for write in [*writes(workspace), *more]:
        with pytest.raises(UsageError, match="only shows"):
            write()
    assert told(workspace) == []
    assert {name: now(name) for name in FILES} == FILES


@pytest.mark.parametrize(
    ("role", "of", "may"),
    [
        ("viewer", [], 0),
        ("editor", ["another"], 0),
        ("editor", ["default"], 10),
        ("admin", ["default"], 10),
        ("admin", [], 11),
    ],
)
def test_a_role_writes_what_it_may_and_where(
    workspace: data.OpenWorkspace, monkeypatch: pytest.MonkeyPatch, role: Any, of: list[str], may: int
) -> None:
    from dashboard import access
    from tracker.access.rights import Visitor

    monkeypatch.setattr(access, "visitor", lambda: Visitor("Bea", role, tuple(of) or None))
    done = 0
    for write in writes(workspace):
        try:
            write()
            done += 1
        except CiteliftError as error:
            assert "may not" in error.problem  # noqa: PT017 - how many were refused is counted
    assert done == may
    assert len(told(workspace)) == may


def test_a_file_that_somebody_else_changed_meanwhile_is_left_alone(workspace: data.OpenWorkspace) -> None:
    seen = data.listed(workspace, "brands").mark
    data.change_catalog(workspace, "brands", lambda _: [Add(({"name": "Okeanda"},))])
    with pytest.raises(CatalogError, match="changed by somebody else"):
        data.change_catalog(workspace, "brands", lambda _: [Remove((1,))], seen)


def test_another_workspaces_catalog_is_never_changed(
    workspace: data.OpenWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "brands.yaml").write_text("workspace: other\nbrands:\n  - {name: X, own: true}\n", "utf-8")
    monkeypatch.setenv("CITELIFT_CATALOG", str(other))
    with pytest.raises(CatalogError, match="no catalog of the workspace default"):
        data.change_catalog(workspace, "brands", lambda _: [Add(({"name": "Y"},))])
    assert "Y" not in (other / "brands.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("key", "typed", "row", "value"),
    [
        ("domains", "a.com\n  b.com \n", {}, ["a.com", "b.com"]),
        ("domains", "", {"domains": ["a.com"]}, None),
        (
            "aliases",
            "qm (exact)\nNew",
            {"aliases": [{"name": "qm", "case": "exact"}]},
            [{"name": "qm", "case": "exact"}, "New"],
        ),
        ("aliases", "dm (exact)", {}, [{"name": "dm", "case": "exact"}]),
        ("weight", "2.5", {}, 2.5),
        ("repeats", "3", {}, 3),
        ("repeats", "three", {}, "three"),
        ("country", "", {"country": "NO"}, None),
    ],
)
def test_what_is_typed_becomes_what_the_catalog_has(key: str, typed: str, row: Any, value: Any) -> None:
    assert editors.value(key, typed, row) == value


def page(name: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.session_state["watched"] = None
    app.run()
    app.switch_page(f"../pages/{name}.py").run()
    assert not app.exception, app.exception[0].stack_trace
    return app


def a_new_brand() -> None:
    """The form of a dialog, as a page of its own."""
    import streamlit as st

    from dashboard import data, editors, widgets

    workspace = data.open_workspace("default")
    st.session_state["here"] = widgets.Here(workspace, data.world(workspace))
    editors.new("brands", {})


@pytest.mark.parametrize(
    ("field", "typed", "refused"),
    [
        ("Websites", "co.uk", "public suffix"),
        ("Websites", "norvane.com", "also belongs to the brand of line"),
        ("Name", "norvane", "also names the brand of line"),
        ("Last day, where it ended", "soon", "Until is no day"),
        ("Name", "", "An entry that says nothing"),
    ],
)
def test_a_form_says_the_catalogs_own_sentence_and_keeps_the_file(
    workspace: data.OpenWorkspace, field: str, typed: str, refused: str
) -> None:
    app = AppTest.from_function(a_new_brand, default_timeout=60).run()
    for each in [*app.text_input, *app.text_area]:
        if each.label == "Name":
            each.set_value("Okeanda")
    for each in [*app.text_input, *app.text_area]:
        if each.label == field:
            each.set_value(typed)
    press(app, "Save")
    assert refused in words(app).replace("&#x27;", "'")
    assert now("brands.yaml") == FILES["brands.yaml"]


def test_hostile_text_is_added_and_shown_as_text(workspace: data.OpenWorkspace) -> None:
    data.change_catalog(
        workspace, "brands", lambda _: [Add(({"name": HOSTILE, "aliases": [f"{HOSTILE} 2"]},))]
    )
    data.change_catalog(workspace, "prompts", lambda _: [Add(({"text": HOSTILE, "topic": HOSTILE},))])
    data.save_schedule(workspace, HOSTILE, "run", "0 6 * * 1", "UTC", {})
    for name in ("brands", "prompts", "engines", "schedules", "told", "letterhead", "deliveries", "people"):
        said = words(page(name))
        for bad in ("<script", "<img src=x", "<b>bold", "\u202e"):
            assert bad not in said, name


def test_a_model_is_asked_for_no_more_than_was_told_and_its_questions_wait_in_the_field(
    workspace: data.OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[list[str]] = []
    monkeypatch.setattr(data.errands(), "begin", lambda name, settings, words: begun.append(words))
    app = page("prompts")
    say(app, "What buyers look for", "pay\u202eroll")
    app.run()
    assert "at most, of the month" in words(app)
    press(app, "Ask it")
    assert begun[0][:5] == ["prompts", "suggest", "pay\u202eroll", "--model", "sandbox/judge"]
    assert begun[0][-2:] == ["--budget", "0.000000"]
    rows = [{"text": "Which payroll is best?"}, {"text": "best crm?"}]
    said = {"rows": rows, "model": HOSTILE, "served_model": None, "cost_micros": 1200, "known": 1, "named": 2}
    data.errands()._ended["suggestions for default"] = data.VerbEnd(0, said)
    app.run()
    field = next(each for each in app.text_area if each.label == "Questions")
    assert field.value == "Which payroll is best?\nbest crm?"
    assert "$0.0012" in words(app)
    assert "<script" not in words(app)
    press(app, "Add them")
    assert "Which payroll is best?" in now("tracked.yaml")
    assert told(workspace) == [("prompt added", "Which payroll is best?")]


def test_keys_are_told_by_name_and_never_shown(
    workspace: data.OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-value")
    edits = [
        Remove((0,)),
        Add(
            (
                {"name": "openai", "model": "openai/gpt-6-luna"},
                {"name": "claude", "model": "anthropic/claude-sonnet-5-5"},
            )
        ),
    ]
    data.change_catalog(workspace, "engines", lambda _: edits)
    said = words(page("engines"))
    assert "OPENAI_API_KEY" in said
    assert "not set" in said
    assert "very-secret" not in said


def test_a_test_message_says_how_it_ended(workspace: data.OpenWorkspace) -> None:
    (ended,) = data.send_test(workspace, "ana")
    assert (ended.recipient, ended.state) == ("ana", "failed")
    assert "NOWHERE_WEBHOOK" in ended.detail
    with pytest.raises(UsageError, match="is called 'eve'"):
        data.send_test(workspace, "eve")
    assert "NOWHERE_WEBHOOK" in words(page("deliveries"))
    assert data.send_again(workspace, ended.id) == "1 failed"
    assert told(workspace) == [("delivery sent again", str(ended.id))]


@pytest.mark.parametrize(
    ("logo", "problem"),
    [
        (Logo("a.gif", b"GIF89a"), "is no logo"),
        (Logo("a.png", b"<svg/>"), "is no logo"),
        (Logo("a.svg", b"<svg/>" + b" " * 500_001), "is no logo"),
        (Logo("../../a.svg", b"<svg/>"), ""),
    ],
)
def test_a_logo_is_a_small_picture_beside_the_catalog(
    workspace: data.OpenWorkspace, tmp_path: Path, logo: Logo, problem: str
) -> None:
    if problem:
        with pytest.raises(CatalogError, match=problem):
            data.change_look(workspace, {}, logo)
    else:
        data.change_look(workspace, {}, logo)
    made = {path.name for path in tmp_path.rglob("*.svg")} | {path.name for path in tmp_path.rglob("*.png")}
    assert made == (set() if problem else {"logo.svg"})


def test_a_look_that_is_refused_leaves_no_logo_behind(workspace: data.OpenWorkspace) -> None:
    with pytest.raises(CatalogError, match="accent: red"):
        data.change_look(workspace, {("accent",): "red"}, Logo("a.svg", b"<svg/>"))
    assert not Path("prompts/logo.svg").exists()
    assert not Path("prompts/report.yaml").exists()


def test_the_last_admin_can_be_changed_by_themself_and_the_password_is_hashed(
    workspace: data.OpenWorkspace,
) -> None:
    data.add_person(workspace, "Ana", "correct horse battery", "admin", [])
    with store.reading(data.database(workspace)) as session:
        ana = people.named(session, "ana")
    assert ana is not None
    assert "correct" not in ana.password_hash
