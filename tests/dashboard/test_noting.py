"""What pages write: only where they may, what a verb writes, and with who did it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from analysis.frames import Number, Scope
from dashboard import data, lines, numbered
from tests.dashboard import apps
from tests.dashboard.worlds import small
from tracker import audit, store
from tracker.errors import UsageError
from tracker.links.prospects import ProspectChange, prospects


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("written") / "a.db"
    database = store.open_database(f"sqlite:///{path}")
    small(database)
    with database.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path


@pytest.fixture
def workspace(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> data.OpenWorkspace:
    shutil.copy(filled, tmp_path / "a.db")
    monkeypatch.setenv("CITELIFT_DATABASE_URL", f"sqlite:///{tmp_path / 'a.db'}")
    return data.open_workspace("ws1")


def writes(workspace: data.OpenWorkspace) -> list[Any]:
    day = datetime(2026, 3, 9, tzinfo=UTC)
    return [
        lambda: data.change_work(workspace, "techdaily.com", ProspectChange(stage="working", owner="Ana")),
        lambda: data.add_event(workspace, "A story", "pr", day),
        lambda: data.remove_event(workspace, data.events_of(workspace)[0].id or 0),
        lambda: data.save_view(workspace, "Monday", "answers?engine=alpha"),
        lambda: data.remove_view(workspace, "Monday"),
        lambda: data.decide_link(workspace, "techdaily.com", "disavow", "sold"),
    ]


def told(workspace: data.OpenWorkspace) -> list[tuple[str, str]]:
    with store.reading(data.database(workspace)) as session:
        return [(entry.what, entry.subject) for entry in audit.changes(session, workspace.id, 50)][::-1]


def test_a_dashboard_that_only_shows_writes_nothing(workspace: data.OpenWorkspace) -> None:
    for write in writes(workspace):
        with pytest.raises(UsageError, match="only shows"):
            write()
    assert told(workspace) == []


def test_what_is_written_is_written_down(
    workspace: data.OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITELIFT_EDIT", "true")
    for write in writes(workspace):
        write()
    assert told(workspace) == [
        ("work changed", "techdaily.com"),
        ("event added", "A story"),
        ("event removed", "A story"),
        ("view saved", "Monday"),
        ("view removed", "Monday"),
        ("link decided", "domain:techdaily.com"),
    ]
    with store.reading(data.database(workspace)) as session:
        assert all("(dashboard)" in entry.who for entry in audit.changes(session, 1, 50))
        assert prospects(session, 1)["techdaily.com"].owner == "Ana"
    (change,) = data.history_of(workspace, "techdaily.com")
    assert change.after == {"stage": "working", "owner": "Ana"}


def test_a_decision_shows_at_once_and_no_number_is_computed_again(
    workspace: data.OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITELIFT_EDIT", "true")
    scope = Scope(branded="include")
    found = data.opportunities(workspace, scope)
    before = {offer.source: offer for offer in data.decided(workspace, found)}
    site = next(iter(before))
    data.change_work(workspace, site, ProspectChange(stage="working", due="2026-06-01"))
    now = data.open_workspace("ws1")
    assert (now.mark, now.version) == (workspace.mark, workspace.version)
    after = {offer.source: offer for offer in data.decided(now, data.opportunities(now, scope))}
    assert (before[site].state, after[site].state, str(after[site].due)) == ("open", "working", "2026-06-01")


@pytest.mark.parametrize("edit", ["true", "false"])
def test_a_page_offers_to_write_only_where_it_may(
    workspace: data.OpenWorkspace, monkeypatch: pytest.MonkeyPatch, edit: str
) -> None:
    monkeypatch.setenv("CITELIFT_EDIT", edit)
    app = apps.opened("timeline")
    assert not app.exception
    assert any(button.label == "Note it" for button in app.button) is (edit == "true")


def test_an_event_noted_on_the_page_is_in_the_log(
    workspace: data.OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITELIFT_EDIT", "true")
    app = apps.opened("timeline")
    next(each for each in app.text_input if each.label == "What happened").set_value("A <b>prize</b>")
    next(button for button in app.button if button.label == "Note it").click().run()
    assert not app.exception
    said = apps.words(app)
    assert "A &lt;b&gt;prize&lt;/b&gt;" in said


@pytest.mark.parametrize(
    ("number", "headline"),
    [
        (Number("mention_rate", "Norvane"), "{n} of {of} answers name Norvane"),
        (Number("source_rate", source="techdaily.com"), "{n} of {of} answers cite techdaily.com"),
    ],
)
def test_a_number_in_the_address_opens_its_answers(
    workspace: data.OpenWorkspace, number: Number, headline: str
) -> None:
    said = {"measure": number.measure, "brand": number.brand, "source": number.source}
    app = apps.opened("answers", **{name: value for name, value in said.items() if value})
    assert not app.exception
    door = data.behind(workspace, app.session_state["scope"], number, 25, 0)
    wanted = headline.format(n=door.counted.answers, of=door.every.answers)
    page = apps.words(app)
    assert wanted in page
    assert page.count('data-peek="answer:') == min(door.counted.answers, 25)


@pytest.mark.parametrize("measure", ["mention_rate", "citation_rate"])
def test_a_point_of_a_chart_over_time_opens_as_many_answers_as_it_counts(
    workspace: data.OpenWorkspace, measure: Any
) -> None:
    scope = Scope(branded="exclude")
    frame = lines.points(data.visibility(workspace, scope, ("week",)), measure, scope)
    assert len(frame) > 10
    for point in frame.itertuples():
        asked = {name: value[0] for name, value in parse_qs(urlsplit(str(point.href)).query).items()}
        found = numbered.asked(asked, Scope(branded="exclude"))
        assert found is not None
        door = data.behind(workspace, found[1], found[0], 0, 0)
        assert door.every.answers == point.n
        assert door.counted.answers == pytest.approx((point.rate or 0) * point.n)
