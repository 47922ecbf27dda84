"""Every page on every kind of database, without a browser; and the pure parts: links, marks."""

from __future__ import annotations

import json
import os
import re
import shutil
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analysis import palette
from analysis.classes import classify
from analysis.frames import Number, Scope
from analysis.intervals import Interval
from analysis.lift import estimate
from dashboard import charts, data, marked, numbered, strings, widgets
from dashboard.charts import ink, sent
from tests.analysis.experiments.worlds import answered, started
from tests.dashboard import apps
from tests.dashboard.apps import words
from tests.dashboard.worlds import HOSTILE, WORLDS
from tests.shared import ROOT
from tests.tracker.test_experiments import untied
from tracker import experiments, numbers, store

PAGES = (
    "home",
    "rivals",
    "rival",
    "source",
    "answers",
    "answer",
    "prompt",
    "sources",
    "map",
    "timeline",
    "after",
    "work",
    "prospects",
    "review",
    "experiments",
    "cited",
    "reported",
    "own",
    "links",
    "looks",
    "authority",
    "settings",
    "setup",
    "brands",
    "prompts",
    "engines",
    "schedules",
    "told",
    "deliveries",
    "letterhead",
    "people",
    "methods",
)


WITHOUT_CHARTS = ("an empty database", "a failed run", "links looked at")


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Each world's database: copies of one migrated file, filled."""
    folder = tmp_path_factory.mktemp("worlds")
    store.open_database(f"sqlite:///{folder / 'blank.db'}").dispose()
    found = {}
    for number, (name, fill) in enumerate(WORLDS.items()):
        path = folder / f"{number}.db"
        shutil.copy(folder / "blank.db", path)
        found[name] = f"sqlite:///{path}"
        database = store.open_database(found[name], migrate=False)
        fill(database)
        database.dispose()
    return found


@pytest.fixture
def opened(urls: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Any:
    def one(world: str, page: str = "home", **parameters: str | list[str]) -> AppTest:
        monkeypatch.setenv("CITELIFT_DATABASE_URL", urls[world])
        monkeypatch.setattr(data, "PATIENCE", 60)  # what is computed beside the page is there at once
        return apps.opened(page, **parameters)

    return one


@pytest.fixture
def validated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The schema of each chart that pages draw from here on: each keeps to it."""
    seen = []

    def checked(figure: Any, **more: Any) -> dict[str, Any]:
        seen.append(str(figure.to_dict()["$schema"]))
        return sent.spec(figure, **more)

    monkeypatch.setattr(charts, "spec", checked)
    return seen


@pytest.mark.parametrize("world", WORLDS)
def test_every_page_stands_every_kind_of_database(opened: Any, validated: list[str], world: str) -> None:
    app = opened(world)
    for page in PAGES:
        if page != "home":
            app.switch_page(f"../pages/{page}.py").run()
        assert not app.exception, (page, app.exception[0].stack_trace)
        assert app.title or "<h1" in words(app), page
    assert bool(validated) == (world not in WITHOUT_CHARTS)


@pytest.mark.parametrize(
    ("world", "page", "command"),
    [
        ("an empty database", "home", "citelift demo"),
        ("a failed run", "home", "citelift run --resume"),
        ("links only", "home", "citelift run"),
        ("one week", "sources", "citelift import links FILE"),
        ("one week", "links", "citelift import links FILE"),
        ("links only", "looks", "citelift links verify"),
        ("one week", "authority", "citelift import authority FILE"),
        ("one week", "settings", "citelift plan"),
        ("one week", "timeline", "citelift import links FILE"),
        ("links only", "timeline", "citelift run"),
        ("links only", "timeline", "citelift event add"),
        ("one brand", "home", "citelift import links FILE"),
        ("one brand", "rivals", "citelift reread"),
    ],
)
def test_an_empty_state_says_which_command_comes_next(
    opened: Any, world: str, page: str, command: str
) -> None:
    assert f"<code>{command}" in words(opened(world, page))


@pytest.mark.parametrize(
    ("page", "query"), [("home", {}), ("rivals", {}), ("source", {"d": "techdaily.com"}), ("rival", {})]
)
def test_headline_numbers_say_whether_they_can_carry_a_decision(
    opened: Any, page: str, query: dict[str, str]
) -> None:
    shown = words(opened("a small world", page, **query))
    assert "Directional: " in shown
    assert "50 prompts are needed, and there are" in shown
    assert "<code>citelift plan</code>" in shown


def test_a_prompt_that_nobody_answered_says_why(opened: Any) -> None:
    app = opened("a failed run", "prompt", id="10000")
    assert not app.exception
    assert "citelift run --resume" in words(app)


def test_every_claimed_link_has_its_verdict_and_what_is_blocked_is_not_lost(opened: Any) -> None:
    said = words(opened("links looked at", "looks"))
    for word in ("live", "live, nofollow", "gone", "blocked", "needs a browser", "unreachable"):
        assert f">{word}</span>" in said
    assert "moved out of the text" in said
    assert "turned nofollow" in said
    assert "named without a link" in said
    assert (
        "openbizwikia.org" not in said.split("What changed between looks")[1].split("Every claimed link")[0]
    )
    only = words(opened("links looked at", "looks", verdict="blocked"))
    assert "openbizwikia.org" in only
    assert "opsforumhall.com" not in only.split("Every claimed link")[1]


def test_a_missing_database_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITELIFT_DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    app = apps.opened()
    assert not app.exception
    assert "there is no database" in words(app)


def test_a_headline_shows_its_interval_its_n_and_the_verdict(opened: Any) -> None:
    said = words(opened("a small world"))
    assert "64 answers · 8 prompts" in said
    assert "no clear change" in said
    assert "Left out: 1 prompt naming your brand." in said


def test_few_answers_are_grey_and_directional_only(opened: Any) -> None:
    said = words(opened("one week"))
    assert strings.Common.DIRECTIONAL in said
    assert "cl-few" in said


def test_one_week_has_nothing_to_compare_with(opened: Any) -> None:
    assert strings.Measure.ONE_WEEK in words(opened("one week"))


def test_the_first_screen_says_against_whom_what_changed_and_what_comes_next(opened: Any) -> None:
    said = words(opened("a small world"))
    for head in (strings.Overview.BRANDS, strings.Glance.CHANGED, strings.Glance.NEXT):
        assert said.count(head) == 1
    assert strings.Glance.QUIET in said
    assert 'href="work"' in said


def test_links_between_pages_take_the_shared_choices_along(opened: Any) -> None:
    assert 'href="rivals?engine=beta"' in words(opened("a small world", engine="beta"))


@pytest.mark.parametrize(
    ("page", "world", "said"),
    [
        ("home", "a small world", "<b>A</b> 23 Mar 2026: a prize"),
        ("home", "many events", "more: see Timeline"),
        ("settings", "a small world", "<b>A</b>"),
        ("links", "a small world", "<b>A</b> 23 Mar 2026: a prize"),
    ],
)
def test_charts_over_time_tell_what_their_letters_stand_for(
    opened: Any, page: str, world: str, said: str
) -> None:
    assert said in words(opened(world, page))


def test_too_few_links_for_an_event_study_are_an_answer_that_says_what_is_missing(opened: Any) -> None:
    said = words(opened("many events", "after"))
    assert strings.Events.HEADLINE_THIN in said
    assert "3 links of 2 brands are needed" in said
    assert "Keep asking" in said


def test_the_log_of_events_has_links_and_notes_together(opened: Any) -> None:
    app = opened("a small world", "timeline")
    said = words(app)
    for word in ("a prize", "gained link", "lost link", "techdaily.com"):
        assert word in said
    assert (
        "gained link"
        not in words(app.selectbox(key="kind_of_event").select("press").run()).split("What happened")[1]
    )


def test_a_studied_group_says_in_words_what_its_checks_found(opened: Any) -> None:
    said = words(opened("links that moved", "after", look_at="editorial"))
    for word in (
        "no clear change",
        "no slope",
        "no move there",
        "by exchanging the brands",
        "not linked yet",
    ):
        assert word in said
    said = words(opened("links that moved", "after", look_at="community"))
    assert "pre-trend: cannot say" in said
    assert "already moving" in said


def test_few_bars_do_not_fill_the_width() -> None:
    frame = pd.DataFrame({"week": [date(2026, 3, 2)], "engine": ["a"], "dollars": [1.0]})
    made = charts.spending(frame, charts.marks([], frame["week"])).to_dict()
    first, last = made["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert (first["month"], last["month"]) == (3, 4)


def test_a_path_draws_no_interval_where_there_is_none() -> None:
    frame = pd.DataFrame(
        [(-1, 0.0, None, None, "a"), (0, 0.05, -0.01, 0.11, "b")],
        columns=["week", "estimate", "low", "high", "note"],
    )
    made = charts.path(frame, axis="y", below="x").to_dict()
    assert made["layer"][2]["transform"] == [{"filter": "isValid(datum.low)"}]


def test_filters_come_from_the_address(opened: Any) -> None:
    app = opened("a small world", engine="beta", branded="Included")
    assert [box.value for box in app.multiselect if box.key == "engine"] == [["beta"]]
    assert [box.value for box in app.selectbox if box.key == "branded"] == ["Included"]
    assert "36 answers · 9 prompts" in words(app)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (0.5, 0.5),
        ("<b>", "<b>"),
        (widgets.small("34.2 %", "30–38"), "34.2 % (30–38)"),
        (widgets.site("a.com"), "a.com"),
        (widgets.join(widgets.strong("A & B"), widgets.picture("<svg/>", "x")), "A & B"),
        (widgets.badge("=cmd|' /C calc'!A0"), "=cmd|' /C calc'!A0"),
    ],
)
def test_a_cell_in_a_file_is_its_words(cell: object, words: object) -> None:
    assert widgets.bare(cell) == words


def test_days_among_a_charts_rows_are_written_in_the_dark_too() -> None:
    frame = pd.DataFrame({"day": [date(2026, 5, 18)], "count": [3]}).astype({"day": object})
    made = json.dumps(sent.spec(charts.by_day(frame, axis="A day"), dark=True))
    assert "2026-05-18T00:00:00" in made


def test_marks_of_a_chart_are_no_pictures_of_their_own() -> None:
    figure = charts.path(
        pd.DataFrame([(0, 0.1, 0.0, 0.2, "a")], columns=["week", "estimate", "low", "high", "note"]),
        axis="y",
        below="x",
    )
    assert sent.spec(figure, dark=False)["config"]["mark"]["aria"] is False


def test_several_engines_of_the_address_are_counted_together(opened: Any) -> None:
    app = opened("a small world", engine=["beta", "alpha", "nobody"], branded="Included")
    assert [sorted(box.value) for box in app.multiselect if box.key == "engine"] == [["alpha", "beta"]]
    assert "answers · 9 prompts" in words(app)


def test_a_made_up_filter_in_the_address_is_ignored(opened: Any) -> None:
    app = opened("a small world", engine="<script>", measure="nonsense", period="9999")
    assert not app.exception
    assert "64 answers" in words(app)


def test_hostile_text_is_escaped_on_every_page(opened: Any) -> None:
    app = opened("hostile text")
    said = words(app) + "".join(words(app.switch_page(f"../pages/{page}.py").run()) for page in PAGES)
    for bad in ("<script", "<img src=x", 'onerror="', "<b>bold", 'href="javascript', 'href="data', "\u202e"):
        assert bad not in said


def test_an_answer_marks_brands_and_cited_passages(opened: Any) -> None:
    opened("hostile text")
    workspace = data.open_workspace(None)
    number = Number("mention_rate", "Norvane", prompt=10_000)
    ids = data.behind(workspace, Scope(), number, 50, 0).part.ids
    (key,) = (key for key in ids if (view := data.answer(workspace, key)) and view.answer.text == HOSTILE)
    app = opened("hostile text", "answer", id=str(key))
    said = words(app)
    assert not app.exception
    assert '<mark class="own"' in said
    assert "&lt;script&gt;" in said
    beside = opened("hostile text", "answer", id=str(key), beside="Engines", differences="true")
    assert not beside.exception


def test_nothing_says_caused() -> None:
    modules = Path(strings.__file__).parent.glob("*.py")
    source = "".join(module.read_text(encoding="utf-8") for module in modules).casefold()
    source = re.sub(r"(grounding )?quer(y|ies)\b", "", source)  # the word of the engines' own reports
    for word in ("caused", "causes ", "query", "keyword", "response"):
        assert word not in source


def test_no_choice_of_a_page_has_the_name_of_a_part_of_a_number() -> None:
    """Streamlit takes what a choice of the page before bound out of the next page's address."""
    bound = re.compile(r'(?:choice|switch|_shared|how_many)\([^"]*"(\w+)"|key="(\w+)", bind')
    for path in (ROOT / "dashboard").rglob("*.py"):
        names = {a or b for a, b in bound.findall(path.read_text(encoding="utf-8"))}
        assert not names & {*numbered.PART, "counted", "id"}, path.name


def test_pages_hold_no_prose_and_stay_short() -> None:
    for path in (ROOT / "dashboard" / "pages").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 120, path.name


NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://a.com/x", True),
        ("HTTP://a.com", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//a.com", False),
        (" https://a.com", False),
        ("", False),
        (None, False),
        ("https://", False),
    ],
)
def test_only_web_addresses_become_links(url: str | None, linked: bool) -> None:
    made = widgets.link(url)
    assert ("<a " in made) is linked
    assert not linked or 'rel="noopener' in made


def test_a_link_cannot_break_out_of_its_attribute() -> None:
    assert 'onmouseover="' not in widgets.link('https://a.com/" onmouseover="x')


def test_a_rate_of_few_answers_says_so() -> None:
    assert strings.Common.DIRECTIONAL in widgets.rate(Interval(0.5, 0.2, 0.8, 9, 5, "wilson"))
    assert strings.Common.DIRECTIONAL not in widgets.rate(Interval(0.5, 0.2, 0.8, 10, 5, "wilson"))
    assert strings.Common.NOT_ENOUGH in widgets.rate(Interval(None, None, None, 0, 0, "not enough data"))


@pytest.mark.parametrize("places", [[0.1, 0.1, 0.1], [0.0, 0.5, 0.52, 0.6], [0.58, 0.59, 0.6, 0.6]])
def test_names_of_lines_never_cover_each_other(places: list[float]) -> None:
    out = charts.spread(places, 0.04, 0.6)
    assert all(b - a >= 0.04 - 1e-12 for a, b in pairwise(out))
    assert max(out) <= 0.6


def test_marks_may_overlap_and_lie_outside() -> None:
    citation = SimpleNamespace(kind="cited", start=2, end=9, position=1)
    beyond = SimpleNamespace(kind="cited", start=5, end=999, position=2)
    view: Any = SimpleNamespace(
        answer=SimpleNamespace(text="ab <b>Norvane</b>"),
        spans=(data.NamedSpan(6, 13, "Norvane", True),),
        citations=(citation, beyond),
    )
    made = marked.answer(view)
    assert made.count("<mark") == 2
    assert "<sup>1</sup>" in made
    assert "<b>" not in made
    assert "&lt;b&gt;" in made


def test_the_database_is_opened_for_reading_only(opened: Any, urls: dict[str, str]) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import OperationalError

    opened("a small world")
    workspace = data.open_workspace(None)
    with pytest.raises(OperationalError), data.database(workspace).begin() as connection:
        connection.execute(text("delete from answer"))


def test_an_event_that_comes_or_goes_is_seen_and_computes_no_number_again(
    opened: Any, urls: dict[str, str]
) -> None:
    from sqlmodel import col, select

    from tracker.models import Event

    opened("one week")
    workspace = data.open_workspace(None)
    database = store.open_database(urls["one week"])
    assert noted(workspace) == []
    for title in ("later", "later still"):
        with store.writing(database) as session:
            session.add(Event(workspace_id=1, at=NOW, kind="pr", title=title))
    assert noted(workspace) == ["later", "later still"]
    with store.writing(database) as session:
        session.delete(session.scalars(select(Event).where(col(Event.title) == "later")).one())
    database.dispose()
    assert noted(workspace) == ["later still"]
    assert data.open_workspace(None).mark == workspace.mark


def noted(workspace: data.OpenWorkspace) -> list[str]:
    return [moment.title for moment in data.marked_moments(workspace)]


def test_an_edited_list_of_classes_changes_what_is_cached(
    opened: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITELIFT_CATALOG", str(tmp_path))
    opened("one week")
    seen = [data.open_workspace(None).mark]
    lists = tmp_path / classify.OWN / "domains.csv"
    lists.parent.mkdir()
    for number, text in enumerate(("domain,kind\n", "domain,kind\nexample.org,editorial\n")):
        lists.write_text(text, encoding="utf-8")
        os.utime(lists, ns=(number + 1, number + 1))
        seen.append(data.open_workspace(None).mark)
    lists.rename(lists.with_name("rules.yaml"))
    seen.append(data.open_workspace(None).mark)
    assert len(set(seen)) == 4
    assert data.open_workspace(None).mark == seen[-1]


def test_the_words_on_lift_name_its_own_limits() -> None:
    said = " ".join(strings.Lift.CAN_SAY + strings.Lift.CANNOT_SAY)
    assert f"fewer than {estimate.MIN_EXPOSED} linked pairs or {estimate.MIN_PROMPTS} prompts" in said
    assert f"at most {numbers.percent(estimate.DISCOVERY, 0)}" in said


def test_what_engines_report_is_shown_with_its_day_and_what_it_is(opened: Any) -> None:
    app = opened("reports of engines", "reported")
    assert not app.exception
    shown = words(app)
    assert "Bing AI Performance: citations in AI answers" in shown
    assert "Search Console, Generative AI: impressions in AI answers" in shown
    assert "Grounding queries" in shown
    assert "201 citations in AI answers on 2 days" in shown
    assert "That is no citation and no visit." in shown
    empty = opened("a small world", "reported")
    assert "No report of an engine has been imported" in words(empty)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A workspace with one experiment whose window is over, and a draft."""
    url = f"sqlite:///{tmp_path_factory.mktemp('drawn') / 'citelift.db'}"
    database = store.open_database(url)
    answered(database)
    started(database)
    with store.writing(database) as session:
        experiments.draft(session, 1, "Autumn", {"pairs": []}, now=datetime(2026, 1, 1, tzinfo=UTC))
    database.dispose()
    return url


def page_of_experiments(url: str, monkeypatch: pytest.MonkeyPatch, **parameters: str) -> str:
    monkeypatch.setenv("CITELIFT_DATABASE_URL", url)
    app = apps.opened("experiments", **parameters)
    assert not app.exception, app.exception[0].stack_trace
    return words(app)


def test_a_finished_experiment_is_a_sentence_with_its_lots_and_its_protocol(
    drawn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = page_of_experiments(drawn, monkeypatch)
    assert "No clear difference between drawn and not drawn sources" in said
    assert "(iii) cited without being named" in said
    assert "Who works on what" in said
    assert "SHA-256" in said
    draft = page_of_experiments(drawn, monkeypatch, experiment="Autumn")
    assert "citelift experiment start Autumn" in draft


def test_a_changed_protocol_is_all_that_the_page_shows(
    drawn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "changed.db"
    shutil.copy(drawn.removeprefix("sqlite:///"), copy)
    database = store.open_database(f"sqlite:///{copy}")
    untied(database, "update experiment set protocol = replace(protocol, '07-19', '06-21')")
    database.dispose()
    said = page_of_experiments(f"sqlite:///{copy}", monkeypatch)
    assert "PROTOCOL CHANGED" in said
    assert "No clear difference" not in said


def test_a_source_is_told_with_its_links_and_what_is_no_source_is_said(opened: Any) -> None:
    said = words(opened("a small world", "source", d="techdaily.com"))
    for word in (
        "techdaily.com",
        "Its pages that answers cite",
        "live",
        "see ",
    ):
        assert word in said
    for name in ("nosuch.example", "<script>", ""):
        assert strings.SourcePage.NONE in words(opened("a small world", "source", d=name))


def test_a_rival_is_told_prompt_by_prompt_and_wins_and_losses_are_all_prompts(opened: Any) -> None:
    said = words(opened("a small world", "rival", name="Oltera"))
    won, lost, even = map(
        int, re.findall(r"named more in (\d+) prompts?, Oltera in (\d+), and as often in (\d+)", said)[0]
    )
    assert won + lost + even == 8
    assert strings.RivalPage.NO_RIVAL in words(opened("a small world", "rival", name="Nobody"))


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_colours_that_carry_meaning_can_be_told_from_the_ground(ground: str) -> None:
    meant = (ink.ACCENT, ink.GOOD, ink.BAD, ink.INK, ink.QUIET, *palette.RIVALS)
    shown = meant if ground == "light" else [ink.DARK[colour] for colour in meant]
    assert len(set(shown)) == len(meant)
    for colour in shown:
        assert ink.contrast(colour, ink.GROUNDS[ground]) >= 4.5, colour


def test_a_contrast_is_that_of_the_web_guidelines() -> None:
    assert ink.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert ink.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_a_brand_keeps_its_colour_whatever_the_week_says() -> None:
    brands = [("A", False), ("You", True), ("B", False), ("C", False), ("D", False), ("E", False)]
    hues = palette.hues(brands)
    assert hues["You"] == palette.YOU
    assert [hues[name] for name in "ABCD"] == list(palette.RIVALS)
    assert hues["E"] == palette.OTHERS


def test_a_source_that_links_to_nobody_stands_among_the_sources_of_the_map() -> None:
    flow = charts.Flow(
        {("chat", "a.example"): 3.0, ("chat", "b.example"): 2.0}, {("a.example", "Norvane"): 3.0}
    )
    drawn = charts.sankey(flow, {"Norvane": charts.ACCENT}, ["b.example"])
    columns = {node["name"].strip("\u200b"): node["depth"] for node in drawn["series"][0]["data"]}
    assert columns == {"chat": 0, "a.example": 1, "b.example": 1, "Norvane": 2}
