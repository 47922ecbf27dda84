"""What is worth an alert, and what is not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlmodel import select

from analysis import alarms, frames
from analysis.alarms import message
from tests.facts import Facts, week
from tracker import store
from tracker.models import Alarm, Delivery, Firing, Ledger, LinkImport, Notice, Run, Schedule
from tracker.notify.telling import Found

PROMPTS = tuple(f"prompt {number}" for number in range(12))
NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)


def kinds(database: Engine, now: datetime = NOW, budget: int | None = None) -> dict[str, Found]:
    world = frames.world(database)
    found = alarms.alarms(database, world, now, month_budget=budget, untracked_names=False)
    return {each.kind: each for each in found}


def weeks_of_answers(
    database: Engine, weeks: int, rate: list[float], *, searched: list[bool] | None = None, **more: object
) -> None:
    rng = np.random.default_rng(3)
    facts = Facts(prompts=PROMPTS)
    for number in range(weeks):
        for prompt in PROMPTS:
            for repeat in range(4):
                named = ["Norvane"] * bool(rng.random() < rate[number])
                did = searched[number] if searched else True
                facts.answer(prompt, "alpha", week(number), named=named, repeat=repeat, searched=did, **more)  # type: ignore[arg-type]
    facts.store(database)


def test_a_quiet_workspace_has_nothing_to_tell(sqlite_database: Engine) -> None:
    weeks_of_answers(sqlite_database, 12, [0.4] * 12)
    assert kinds(sqlite_database) == {}


def test_a_move_is_told_with_its_odds_in_the_week_in_which_it_is_sure(sqlite_database: Engine) -> None:
    weeks_of_answers(sqlite_database, 9, [0.2] * 7 + [0.8] * 2)
    move = kinds(sqlite_database)["move"]
    assert "Norvane" in move.says
    assert move.odds.startswith("Of alerts as sure as this one, at most 1 in")
    assert "Of alerts" not in move.says


def test_an_engine_that_stopped_searching_is_told_and_one_that_never_did_is_not(
    sqlite_database: Engine,
) -> None:
    weeks_of_answers(sqlite_database, 5, [0.4] * 5, searched=[True] * 4 + [False])
    found = kinds(sqlite_database)["search"]
    assert "alpha answered 48 of 48 times without a search in the newest week" in found.says
    assert "at most 1 in" in found.odds


def test_an_engine_that_never_searched_is_no_news(sqlite_database: Engine) -> None:
    weeks_of_answers(sqlite_database, 5, [0.4] * 5, searched=[False] * 5)
    assert "search" not in kinds(sqlite_database)


def test_failing_answers_and_another_model_are_told(sqlite_database: Engine) -> None:
    facts = Facts(prompts=PROMPTS)
    for number in range(3):
        for place, prompt in enumerate(PROMPTS):
            bad = number == 2 and place < 4
            served = "m2" if number == 2 else "m1"
            facts.answer(
                prompt,
                "alpha",
                week(number),
                served=served,
                problem="empty" if bad else None,
                text="" if bad else "some text",
            )
    facts.store(sqlite_database)
    found = kinds(sqlite_database)
    assert found["failing"].says == "alpha: 4 of 12 answers of the newest week failed or are empty."
    assert found["failing"].odds == alarms.COUNTED
    assert "m2" in found["model"].says


@pytest.mark.parametrize(("budget", "told"), [(None, 0), (2_000_000, 0), (1_200_000, 1), (900_000, 2)])
def test_a_budget_nearly_spent_is_told_and_once_more_when_it_is(
    sqlite_database: Engine, budget: int | None, told: int
) -> None:
    facts = Facts()
    facts.answer("best crm")
    facts.store(sqlite_database)
    with store.writing(sqlite_database) as session:
        session.add(Run(id=1, workspace_id=1, key="r", planned_at=NOW, asked_for=NOW))
        session.flush()
        session.add(Ledger(run_id=1, engine_id=facts.engine_ids["alpha"], spent_micros=1_000_000))
    world = frames.world(sqlite_database)
    found = alarms.alarms(sqlite_database, world, NOW, month_budget=budget)
    assert [each.kind for each in found] == ["budget"] * told


@pytest.mark.parametrize(
    ("outcome", "last", "told"),
    [
        ("run 3 done", NOW - timedelta(hours=2), False),
        ("not run: keys are missing: OPENAI_API_KEY", NOW - timedelta(hours=2), True),
        ("failed 5 times: the disk is full", NOW - timedelta(hours=2), True),
        ("no report: there are no answers in the week of 2026-06-01", NOW - timedelta(hours=2), True),
        (None, NOW - timedelta(days=3), True),
        (None, NOW - timedelta(minutes=30), False),
    ],
)
def test_a_run_or_report_that_did_not_happen_is_told(
    sqlite_database: Engine, outcome: str | None, last: datetime, told: bool
) -> None:
    Facts().store(sqlite_database)
    with store.writing(sqlite_database) as session:
        cron = "30 11 * * *"
        session.add(Schedule(id=1, workspace_id=1, name="weekly", kind="run", cron=cron, last_due_at=last))
        session.flush()
        if outcome is not None:
            due = NOW - timedelta(hours=2)
            session.add(Firing(schedule_id=1, due_at=due, started_at=due, ended_at=due, outcome=outcome))
            session.get_one(Schedule, 1).last_due_at = NOW
    found = kinds(sqlite_database)
    assert ("missed" in found) is told
    if told:
        assert found["missed"].says.startswith("weekly: the run ")


def test_a_message_that_did_not_arrive_is_told(sqlite_database: Engine) -> None:
    Facts().store(sqlite_database)
    with store.writing(sqlite_database) as session:
        session.add(
            Notice(id=1, workspace_id=1, key="k", kind="report", subject="May", made_at=NOW, content=b"")
        )
        session.flush()
        for number, state in enumerate(("sent", "failed", "unknown")):
            session.add(
                Delivery(
                    notice_id=1,
                    recipient=f"r{number}",
                    channel="slack",
                    state=state,
                    not_before=NOW,
                    ended_at=NOW,
                    detail="404 from host",
                )
            )
    world = frames.world(sqlite_database)
    says = [each.says for each in alarms.alarms(sqlite_database, world, NOW)]
    assert says == [
        "“May” to r1 did not arrive: 404 from host.",
        "“May” to r2 may or may not have arrived: 404 from host.",
    ]


def test_alerts_reach_every_channel_with_their_odds_and_the_page(sqlite_database: Engine) -> None:
    Facts().store(sqlite_database)
    world = frames.world(sqlite_database)
    found = [
        Alarm(
            workspace_id=1,
            key="a",
            kind="move",
            at=NOW,
            found_at=NOW,
            says="<b>Up</b>.",
            odds="1 in 9.",
            page="home",
        ),
        Alarm(
            workspace_id=1,
            key="b",
            kind="link",
            at=NOW,
            found_at=NOW,
            says="Gone.",
            odds="Seen.",
            page="looks",
        ),
    ]
    made = message(world, found, "https://c.acme.com")
    assert made.subject == "Norvane: 2 alerts"
    assert made.points == ("<b>Up</b>. 1 in 9.", "Gone. Seen.")
    assert "&lt;b&gt;Up&lt;/b&gt;. 1 in 9." in made.html
    assert "https://c.acme.com/looks" in made.html
    assert [each["page"] for each in made.data["alerts"]] == [
        "https://c.acme.com/home",
        "https://c.acme.com/looks",
    ]
    assert message(world, found[1:]).subject == "Norvane: Gone."


def test_pages_that_alerts_open_are_the_dashboards() -> None:
    import ast

    from tests.shared import ROOT

    source = (ROOT / "dashboard" / "places.py").read_text("utf-8")
    tree = ast.parse((ROOT / "analysis" / "alarms.py").read_text("utf-8"))
    made = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Found", "_LinkNews")
    ]
    named = {node.args[-1].value for node in made if isinstance(node.args[-1], ast.Constant)}
    assert named >= {"timeline", "settings", "looks", "links"}
    assert all(f'"{name}"' in source for name in named | {"home", "rivals"})


OURS, PAGE, QUIET = "https://norvane.com/", "https://techdaily.com/crm", "https://techdaily.com/other"
EXPORTS = {1: date(2026, 4, 1), 2: date(2026, 6, 5), 3: date(2026, 6, 6)}
FOLLOWED: dict[str, object] = {"nofollow": False}
NOFOLLOW: dict[str, object] = {"nofollow": True}
STATED: dict[str, object] = {"nofollow": False, "lost": datetime(2026, 6, 1, tzinfo=UTC)}


def exported(
    database: Engine, *rows: tuple[int, str, dict[str, object]], vendors: dict[int, str] | None = None
) -> list[Found]:
    """Answers that cite one page; two complete exports, imported now, with rows (export, page, more)."""
    facts = Facts()
    for number in range(4):
        for prompt in facts.prompts:
            facts.answer(prompt, "alpha", week(number), named=["Norvane"], cited=[PAGE])
    for key in sorted({1, 2} | {row[0] for row in rows}):
        facts.link_import(key, vendor=(vendors or {}).get(key, "ahrefs"), day=EXPORTS[key])
        facts.link("https://always.com/list", OURS, imported=key, nofollow=False)
    for row in facts.rows[LinkImport]:
        row["imported_at"] = NOW
    for key, page, more in rows:
        facts.link(page, OURS, imported=key, **more)  # type: ignore[arg-type]
    facts.store(database)
    return of_links(database)


def of_links(database: Engine) -> list[Found]:
    found = alarms.alarms(database, frames.world(database), NOW, untracked_names=False)
    return [each for each in found if each.kind == "link"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(1, PAGE, FOLLOWED)], ("no longer links to you", "no longer lists it")),
        ([(1, PAGE, FOLLOWED), (2, PAGE, STATED)], ("no longer links to you", "says so")),
        ([(1, PAGE, FOLLOWED), (2, PAGE, NOFOLLOW)], ("links with nofollow now to you", "says so")),
        ([(1, QUIET, FOLLOWED)], None),
        ([(1, PAGE, FOLLOWED), (2, PAGE, FOLLOWED)], None),
        ([(1, PAGE, NOFOLLOW), (2, PAGE, NOFOLLOW)], None),
        ([(1, PAGE, {"nofollow": None}), (2, PAGE, NOFOLLOW)], None),
        ([(1, PAGE, FOLLOWED), (2, PAGE, FOLLOWED), (2, PAGE, NOFOLLOW)], None),
    ],
)
def test_what_a_later_export_says_of_a_cited_page_is_told(
    database: Engine, rows: list[tuple[int, str, dict[str, object]]], told: tuple[str, str] | None
) -> None:
    found = exported(database, *rows)
    assert len(found) == (told is not None)
    for each in found:
        assert told is not None
        assert told[0] in each.says
        assert told[1] in each.odds
        assert each.page == "links"


def test_a_link_that_another_vendor_still_lists_is_not_told_as_lost(sqlite_database: Engine) -> None:
    assert exported(sqlite_database, (1, PAGE, FOLLOWED), (3, PAGE, FOLLOWED), vendors={3: "semrush"}) == []


def test_a_loss_that_was_told_of_is_not_told_again_by_other_evidence(sqlite_database: Engine) -> None:
    (found,) = exported(sqlite_database, (1, PAGE, FOLLOWED))
    row = {"workspace_id": 1, "kind": "link", "at": NOW, "found_at": NOW, "says": "", "odds": "", "page": ""}
    with store.writing(sqlite_database) as session:
        session.add(Alarm(key=f"link:lost:{PAGE}:Norvane:2026-06-09T00:00:00+00:00", **row))
    assert of_links(sqlite_database) == []
    with store.writing(sqlite_database) as session:
        session.add(Alarm(key=found.key, **row | {"workspace_id": 1, "found_at": NOW - timedelta(days=40)}))
        for each in session.exec(select(Alarm)).all():
            each.found_at = NOW - timedelta(days=40)
    assert len(of_links(sqlite_database)) == 1
