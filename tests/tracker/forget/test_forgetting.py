"""What is forgotten stands in no table and no file, down to the bytes, and everybody else's numbers stay."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, text
from sqlmodel import SQLModel, select

from tests.dashboard.api.worlds import PROMPTS, THEIRS, two
from tests.facts import week
from tracker import store
from tracker.access import people
from tracker.answers import rollups
from tracker.errors import UsageError
from tracker.forget import forgetting
from tracker.models import (
    Answer,
    Ask,
    AskState,
    AuditEntry,
    Citation,
    Domain,
    Event,
    Experiment,
    ExperimentEntry,
    Mention,
    OpportunityState,
    Page,
    Person,
    Prompt,
    Reply,
    Run,
    SavedView,
    SourceRollup,
    VisibilityRollup,
)

NOW = datetime(2026, 7, 1, tzinfo=UTC)
PERSON = "Wendelin Ó Briain"


def everything(database: Engine, folder: Path) -> dict[str, str]:
    """Table or file → all that stands in it, packed bodies opened; searched without the code under test."""
    found = {}
    with database.connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            rows = connection.execute(table.select()).all()
            found[table.name] = " ".join(opened(value) for row in rows for value in row)
    for path in folder.rglob("*"):
        if path.is_file():
            found[path.name] = path.read_bytes().decode("utf-8", "replace")
    return found


def opened(value: Any) -> str:
    if isinstance(value, bytes):
        return zlib.decompress(value).decode()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def said_in(found: dict[str, str], *words: str) -> set[str]:
    folded = [word.casefold() for word in words]
    return {place for place, said in found.items() if any(word in said.casefold() for word in folded)}


def asked(database: Engine, workspace: int, body: str) -> None:
    """A run with one ask, its reply and its answer's connection, as a real one leaves them."""
    with store.writing(database) as session:
        answer = session.exec(select(Answer).where(Answer.workspace_id == workspace)).first()
        assert answer is not None
        run = Run(workspace_id=workspace, key=f"{workspace}:x", planned_at=NOW, asked_for=NOW)
        session.add(run)
        session.flush()
        ask = Ask(
            workspace_id=workspace,
            run_id=run.id or 0,
            prompt_id=answer.prompt_id,
            engine_id=answer.engine_id,
            state=AskState.ANSWERED,
        )
        session.add(ask)
        session.flush()
        packed = zlib.compress(body.encode())
        session.add(Reply(ask_id=ask.id, workspace_id=workspace, body=packed, received_at=NOW))
        answer.ask_id, answer.run_id = ask.id, run.id
        session.add(answer)


@pytest.fixture
def filled(database: Engine) -> Engine:
    two(database)
    asked(database, 2, json.dumps({"text": f"{THEIRS.title()} One é"}))
    with store.writing(database) as session:
        for person, of in ((PERSON, ["small", "other"]), ("ana", None)):
            people.add(session, person, "a long password", role="viewer", workspaces=of, who="ana", now=NOW)
        entry = {"workspace_id": 1, "at": NOW, "what": "brand added"}
        session.add(AuditEntry(who=PERSON, subject="Norvane", after={"by": PERSON}, **entry))
        session.add(SavedView(workspace_id=1, name="mine", address="/answers", who=PERSON, saved_at=NOW))
        work = {"workspace_id": 1, "kind": "x", "domain_id": 5, "changed_at": NOW}
        session.add(OpportunityState(owner=PERSON, note=f"ask {PERSON.lower()}", **work))
        session.add(
            Experiment(
                workspace_id=1, name="e", design="{}", protocol="{}", protocol_hash="h", drafted_at=NOW
            )
        )
        session.flush()
        session.add(
            ExperimentEntry(
                experiment_id=1, protocol_hash="h", recorded_at=NOW, day=NOW.date(), kind="x", who=PERSON
            )
        )
    for workspace in (1, 2):
        with store.writing(database) as session:
            rollups.rebuild(session, workspace)
    return database


def mine(database: Engine) -> dict[str, list[Any]]:
    """What the first workspace's numbers are made of."""
    with store.reading(database) as session:
        numbers = {
            model.__tablename__: sorted(
                tuple(row.model_dump().values())
                for row in session.exec(select(model).where(model.workspace_id == 1))  # type: ignore[attr-defined]
            )
            for model in (Mention, Citation, VisibilityRollup, SourceRollup)
        }
    return numbers  # type: ignore[return-value]


def forget(database: Engine, what: forgetting.What, name: str, workspace: int | None, **more: Any) -> Any:
    return forgetting.forget(database, what, name, workspace_id=workspace, who="ana", now=NOW, **more)


def name_of(database: Engine, workspace: int) -> str:
    with database.connect() as connection:
        return str(connection.scalar(text(f"select name from workspace where id = {workspace}")))


def test_a_workspace_is_gone_from_every_table_and_from_the_file_itself(
    filled: Engine, tmp_path: Path
) -> None:
    name = name_of(filled, 2)
    before = mine(filled)
    assert len(said_in(everything(filled, tmp_path), THEIRS)) >= 8
    receipt = forget(filled, "workspace", name, 2)
    assert said_in(everything(filled, tmp_path), THEIRS) == set()
    assert mine(filled) == before
    for table in SQLModel.metadata.sorted_tables:
        if "workspace_id" in table.c:
            with filled.connect() as connection:
                left = connection.scalar(
                    select(func.count()).select_from(table).where(table.c.workspace_id == 2)
                )
            assert left == 0, table.name
    assert receipt.deleted["answer"] == 12
    assert receipt.deleted["reply"] == 1
    assert receipt.deleted["domain"] > 0


def test_a_rival_is_gone_from_rows_texts_and_packed_replies(filled: Engine, tmp_path: Path) -> None:
    rival, domain = f"{THEIRS.title()} Two", f"{THEIRS}-two.com"
    with store.writing(filled) as session:  # no prompt may name it
        for number, prompt in enumerate(session.exec(select(Prompt).where(Prompt.workspace_id == 2))):
            prompt.text = f"which suits case {number}"
        session.add(Event(workspace_id=2, at=week(3), kind="pr", title=f"{rival.upper()} is sold"))
    asked(filled, 1, json.dumps({"text": "of the first workspace"}))
    with store.writing(filled) as session:
        reply = session.exec(select(Reply).where(Reply.workspace_id == 2)).one()
        reply.body = zlib.compress(json.dumps({"x": f"{rival} and {domain}/a%20b"}).encode())
        session.add(reply)
    with store.reading(filled) as session:
        lengths = {a.id: len(a.text) for a in session.exec(select(Answer).where(Answer.workspace_id == 2))}
    before = mine(filled)
    receipt = forget(filled, "brand", rival, 2)
    found = everything(filled, tmp_path)
    assert said_in(found, rival, domain, f"{THEIRS}-two") == set()
    assert said_in(found, f"{THEIRS} one") >= {"brand", "answer"}
    assert mine(filled) == before
    with store.reading(filled) as session:
        after = {a.id: len(a.text) for a in session.exec(select(Answer).where(Answer.workspace_id == 2))}
    assert after == lengths, "offsets into the texts stay right"
    assert receipt.masked["answer"] == 6
    assert receipt.masked["reply"] == 1


def test_a_prompt_is_gone_with_what_was_asked_for_it(filled: Engine, tmp_path: Path) -> None:
    before = mine(filled)
    receipt = forget(filled, "prompt", PROMPTS[0].upper(), 2)
    assert said_in(everything(filled, tmp_path), PROMPTS[0]) == set()
    assert "prompt" in said_in(everything(filled, tmp_path), PROMPTS[1])
    assert receipt.deleted["answer"] == 3
    assert receipt.deleted["ask"] == 1
    assert mine(filled) == before
    with store.reading(filled) as session:
        assert session.exec(select(func.count()).where(Answer.workspace_id == 2)).one() == 9


def test_a_person_is_gone_from_all_that_people_wrote_and_sealed(filled: Engine, tmp_path: Path) -> None:
    receipt = forget(filled, "person", PERSON.upper(), None)
    assert said_in(everything(filled, tmp_path), PERSON, PERSON.encode("unicode_escape").decode()) == set()
    assert receipt.masked["experimententry"] == 1
    with store.reading(filled) as session:
        assert [person.name for person in session.exec(select(Person))] == ["ana"]
        assert session.exec(select(OpportunityState)).one().note.startswith("ask ")
    with pytest.raises(Exception, match="is not changed"), store.writing(filled) as session:
        session.connection().execute(text("update experimententry set who = 'x'"))


def test_a_short_name_is_no_part_of_another(filled: Engine) -> None:
    with store.writing(filled) as session:
        session.add(Event(workspace_id=1, at=week(4), kind="pr", title="analysis by Ana, banana"))
    forget(filled, "person", "ana", None)
    with store.reading(filled) as session:
        titles = session.exec(select(Event.title).where(Event.at == week(4))).all()
    assert titles == ["analysis by ███, banana"]


def test_files_lose_the_lines_and_reports_that_say_it(filled: Engine, tmp_path: Path) -> None:
    log, reports = tmp_path / "x.log", tmp_path / "reports"
    log.write_text(f'{{"engine": "{THEIRS}-engine"}}\n{{"engine": "mine"}}\n')
    reports.mkdir()
    name = name_of(filled, 2)
    for stem, words in (("theirs", f"about {name}"), ("mine", "about us")):
        for ending in ("html", "pdf"):
            (reports / f"{stem}.{ending}").write_text(words if ending == "html" else "%PDF")
    log.write_text(f'{{"workspace": "{name}"}}\n{{"workspace": "mine"}}\n')
    forget(filled, "workspace", name, 2, files=[log, reports])
    assert log.read_text() == '{"workspace": "mine"}\n'
    assert sorted(path.name for path in reports.iterdir()) == ["mine.html", "mine.pdf"]


def test_the_receipt_proves_whom_it_is_about_and_does_not_say_so(filled: Engine) -> None:
    receipt = json.loads(forget(filled, "person", PERSON, None).text())
    assert PERSON.casefold() not in json.dumps(receipt, ensure_ascii=False).casefold()
    assert forgetting.is_of(receipt, PERSON.lower())
    assert not forgetting.is_of(receipt, "ana")
    assert receipt["searched"] > 100


@pytest.mark.parametrize(
    ("what", "name", "workspace", "word"),
    [
        ("brand", "Nobody", 1, "no brand"),
        ("brand", "Norvane", 1, "own brand"),
        ("brand", f"{THEIRS.title()} Two", 2, "prompts name"),
        ("prompt", "never asked", 1, "no prompt"),
        ("person", "never seen", None, "nobody"),
    ],
)
def test_what_cannot_be_forgotten_is_refused_and_nothing_changes(
    filled: Engine, what: forgetting.What, name: str, workspace: int | None, word: str
) -> None:
    before = mine(filled)
    if word == "prompts name":
        with store.writing(filled) as session:
            prompt = session.exec(select(Prompt).where(Prompt.workspace_id == 2)).first()
            assert prompt is not None
            prompt.text = f"is {name} good?"
            session.add(prompt)
    with pytest.raises(UsageError, match=word):
        forget(filled, what, name, workspace)
    assert mine(filled) == before


def test_nothing_is_forgotten_while_a_run_would_bring_it_back(filled: Engine) -> None:
    with store.writing(filled) as session:
        ask = session.exec(select(Ask)).first()
        assert ask is not None
        ask.state, ask.claimed_by = AskState.CLAIMED, "elsewhere:1:1"
        ask.lease_until = datetime.now(UTC) + timedelta(minutes=1)
        session.add(ask)
    with pytest.raises(UsageError, match="under way"):
        forget(filled, "person", PERSON, None)


def test_what_two_workspaces_name_stays_for_the_other(database: Engine) -> None:
    two(database)
    with store.writing(database) as session:
        first = session.exec(select(Citation).where(Citation.workspace_id == 1)).first()
        theirs = session.exec(select(Citation).where(Citation.workspace_id == 2)).first()
        assert first is not None
        assert theirs is not None
        first.domain_id, first.page_id = theirs.domain_id, theirs.page_id
        session.add(first)
        kept = (theirs.domain_id, theirs.page_id)
    receipt = forget(database, "workspace", name_of(database, 2), 2)
    assert receipt.kept >= 2
    with store.reading(database) as session:
        assert session.get(Domain, kept[0]) is not None
        assert session.get(Page, kept[1]) is not None


CATALOG = """# our own words
workspace: small
brands:
  - {name: Norvane, domains: [norvane.com], own: true}
  # the one from Graz
  - {name: Oltera, domains: [oltera.com]}
  - {name: Quillo, domains: [quillo.io]}
"""


def test_the_catalog_says_it_no_more_and_keeps_its_comments(filled: Engine, tmp_path: Path) -> None:
    catalog = tmp_path / "mine"
    catalog.mkdir()
    (catalog / "brands.yaml").write_text(CATALOG)
    with filled.connect() as connection:
        assert connection.scalar(text("select count(*) from brand where name = 'Quillo'")) == 1
    forget(filled, "brand", "quillo", 1, folder=catalog)
    left = (catalog / "brands.yaml").read_text()
    assert left == CATALOG.replace("  - {name: Quillo, domains: [quillo.io]}\n", "")
    assert said_in(everything(filled, tmp_path), "quillo") == set()
