"""From a fresh folder to a first run in a browser, no file touched; and who may not write does not."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from dashboard import data
from tests.dashboard import apps
from tests.dashboard.apps import press, say, words
from tests.dashboard.test_pages_in_browser import browser as browser  # the same Chromium
from tests.dashboard.test_pages_in_browser import environment, settle
from tests.dashboard.worlds import HOSTILE
from tests.shared import ROOT
from tracker import audit, catalog, editing, store
from tracker.errors import CiteliftError, UsageError
from tracker.models import Run


@contextmanager
def started(folder: Path, *more: str) -> Iterator[str]:
    """`citelift dashboard` in a folder, as a user starts it."""
    program = "from dashboard.command import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "dashboard", "--port", "0", *more],
        cwd=folder,
        env=environment(PYTHONPATH=str(ROOT), PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        lines = iter(process.stdout.readline, "")
        yield next(line.split()[1] for line in lines if line.startswith("Dashboard: "))
    finally:
        process.terminate()
        process.wait(40)
        process.stdout.close()


@pytest.mark.browser
def test_from_a_fresh_folder_to_a_first_run_without_touching_a_file(
    browser: Any, tmp_path: Path, record_property: Any
) -> None:
    began, clicks = time.monotonic(), 0

    def on(label: str, then: str) -> None:
        nonlocal clicks
        clicks += 1
        tab.get_by_role("button", name=label, exact=True).click()
        tab.locator(then).wait_for(timeout=120_000)
        settle(tab)  # what is typed before a step stands is typed into the one before

    def fill(label: str, value: str) -> None:
        tab.get_by_label(label, exact=True).fill(value)

    with started(tmp_path) as address:
        tab = browser.new_page(viewport={"width": 1440, "height": 900})
        tab.set_default_timeout(120_000)
        tab.goto(address)
        fill("Brand", "Norvane")
        fill("Website", "norvane.com")
        on("Continue", "text=Whom are you compared with?")
        fill("Name of rival 1", "Quillmere")
        fill("Website of rival 1", "quillmere.com")
        on("Continue", "text=What do buyers ask?")
        fill("What buyers look for", "CRM")
        clicks += 1
        tab.get_by_role("button", name="Write six to begin with", exact=True).click()
        on("Continue", "text=Whom shall citelift ask?")  # at once: before the browser has got the six
        on("Continue", "text=nothing is paid")
        on("Start the first run", "h1.cl-say")
        assert "Norvane" in tab.inner_text("h1.cl-say")
        tab.close()
    record_property("clicks", clicks)
    record_property("seconds", round(time.monotonic() - began, 1))
    assert clicks == 6
    written = catalog.load(tmp_path / "prompts")
    assert [brand.name for brand in written.brands] == ["Norvane", "Quillmere"]
    assert len(written.prompts) == 6
    assert "# The questions that every run asks" in (tmp_path / "prompts" / "tracked.yaml").read_text("utf-8")
    database = store.open_database(f"sqlite:///{tmp_path / 'citelift.db'}")
    with store.reading(database) as session:
        told = [entry.what for entry in audit.changes(session, 1, 50)][::-1]
    database.dispose()
    assert told == ["brand added"] * 2 + ["prompt added"] * 6 + ["engine added"] * 3 + ["run started"]


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an empty database, and a dashboard that may write."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CITELIFT_DATABASE_URL", f"sqlite:///{tmp_path / 'c.db'}")
    monkeypatch.setenv("CITELIFT_CATALOG", str(tmp_path / "prompts"))
    monkeypatch.setenv("CITELIFT_EDIT", "true")
    store.open_database(f"sqlite:///{tmp_path / 'c.db'}").dispose()
    return tmp_path / "prompts"


def page() -> AppTest:
    app = apps.opened()
    assert not app.exception, app.exception[0].stack_trace
    return app


def test_an_empty_installation_opens_the_set_up_only_for_who_may_write(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Who are you?" in words(page())
    monkeypatch.setenv("CITELIFT_EDIT", "false")
    assert "Nothing has been asked yet" in words(page())


@pytest.mark.parametrize(
    ("brand", "site", "refused"),
    [
        ("", "norvane.com", "A brand needs a name"),
        ("Norvane", "", "is not a domain"),
        ("Norvane", "two words", "is not a domain"),
        ("Norvane", "co.uk", "public suffix"),
    ],
)
def test_what_is_refused_says_so_in_the_catalogs_words_and_writes_nothing(
    fresh: Path, brand: str, site: str, refused: str
) -> None:
    app = page()
    say(app, "Brand", brand)
    say(app, "Website", site)
    press(app, "Continue")
    said = words(app)
    assert refused in said
    assert 'role="alert"' in said
    assert not (fresh / "brands.yaml").exists()


def test_the_way_back_changes_what_was_said_and_keeps_the_comments(fresh: Path) -> None:
    data.say_brand("Norvane", "https://www.norvane.com/about")
    data.say_rivals([("Quillmere", "quillmere.com"), ("Okeanda", "")])
    data.say_brand("Norvane CRM", "norvane.io")
    data.say_rivals([("Quillmere", "quillmere.io"), ("Vantra", "vantra.com")])
    written = catalog.load(fresh, need="brands")
    assert [(brand.name, brand.domains) for brand in written.brands] == [
        ("Norvane CRM", ("norvane.io",)),
        ("Quillmere", ("quillmere.io",)),
        ("Vantra", ("vantra.com",)),
    ]
    assert "# Your brand and the rivals you are compared with." in (fresh / "brands.yaml").read_text("utf-8")


def test_engines_are_exchanged_whole_for_simulated_and_real_ones_never_mix(fresh: Path) -> None:
    data.say_brand("Norvane", "norvane.com")
    data.say_prompts([{"text": "best crm?"}])
    for names, engines in (
        (["sandbox"], ["chat", "perplexity", "anthropic"]),
        (["openai", "claude"], ["openai", "claude"]),
        (["claude", "gemini"], ["claude", "gemini"]),
        (["sandbox"], ["chat", "perplexity", "anthropic"]),
    ):
        data.say_engines(names)
        assert [engine.name for engine in catalog.load(fresh).engines] == engines
    with pytest.raises(UsageError):
        data.say_engines(["sandbox", "openai"])


def test_a_run_with_a_key_that_is_missing_is_not_started(fresh: Path) -> None:
    data.say_brand("Norvane", "norvane.com")
    data.say_prompts([{"text": "best crm?"}])
    data.say_engines(["openai"])
    app = page()
    press(app, "Start the first run")
    assert "Keys are missing: OPENAI_API_KEY" in words(app)
    assert data.set_up().run is None


def test_nobody_without_the_right_writes_a_step(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITELIFT_EDIT", "false")
    steps: list[Any] = [
        lambda: data.say_brand("Norvane", "norvane.com"),
        lambda: data.say_rivals([("A", "a.com")]),
        lambda: data.say_prompts([{"text": "best crm?"}]),
        lambda: data.say_engines(["sandbox"]),
        data.set_up,
        data.first_plan,
        data.check_first,
        data.start_first,
        data.resume_first,
        data.stop_first,
    ]
    for step in steps:
        with pytest.raises(CiteliftError):
            step()
    assert not fresh.exists()


def test_a_run_that_was_cut_off_goes_on_from_where_it_was(fresh: Path) -> None:
    data.say_brand("Norvane", "norvane.com")
    data.say_rivals([("Quillmere", "quillmere.com")])
    data.say_prompts([{"text": f"which crm is good for case {n}"} for n in range(40)])
    data.say_engines(["sandbox"])
    data.start_first()
    until(lambda run: run.answered > 0 or not run.running)
    data.stop_first()
    stopped = until(lambda run: not run.running)
    assert stopped.can_go_on or stopped.answered == stopped.asks
    if stopped.can_go_on:
        with pytest.raises(UsageError, match="is not done"):
            data.start_first()
        data.resume_first()
    ended = until(lambda run: not run.running)
    assert (ended.state, ended.answered, ended.problem) == ("done", 240, "")
    database = store.open_database(f"sqlite:///{fresh.parent / 'c.db'}", read_only=True)
    with store.reading(database) as session:
        assert len(session.exec(select(Run)).all()) == 1
    database.dispose()


def until(so: Any) -> Any:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        run = data.set_up().run
        if run is not None and so(run):
            return run
        time.sleep(0.1)
    raise AssertionError("it took too long")


def test_hostile_text_in_every_field_is_only_text(fresh: Path) -> None:
    data.say_brand("Norvane", "norvane.com")
    data.say_rivals([(HOSTILE[:60], "evil.example.com")])
    data.say_prompts([{"text": HOSTILE, "topic": HOSTILE}])
    data.say_engines(["sandbox"])
    app = page()
    for step in ("brand", "rivals", "prompts", "engines", "plan"):
        app.query_params["step"] = step
        app.run()
        assert not app.exception, (step, app.exception[0].stack_trace)
        said = words(app)
        for bad in ("<script", "<img src=x", "<b>bold", "\u202e"):
            assert bad not in said, step
    written = catalog.load(fresh)
    assert written.prompts[0].text == " ".join(HOSTILE.split())


def test_a_catalog_that_is_there_is_taken_up_where_it_stands(fresh: Path) -> None:
    fresh.mkdir()
    (fresh / "brands.yaml").write_text(
        "brands:\n  - {name: A, own: true}\n  - {name: B, own: false}\n", "utf-8"
    )
    made = data.set_up()
    assert (made.own["name"], [row["name"] for row in made.rivals], made.next) == ("A", ["B"], "prompts")
    database = store.open_database(f"sqlite:///{fresh.parent / 'c.db'}")
    editing.take_up(database, fresh, need="brands")
    database.dispose()
    assert "What do buyers ask?" in words(page())
