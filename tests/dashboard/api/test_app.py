"""The API over HTTP: what the verbs say, to whom has a token, page by page, and nothing of others."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from dashboard import command
from dashboard.api.offered import READINGS, OfferedVerb
from tests.dashboard.api.conftest import Served, serve
from tests.dashboard.api.worlds import THEIRS
from tracker import store
from tracker.models import AuditEntry, Event

ASKED = {
    "graph paths": {"source": "techdaily.com", "target": "norvane.com"},
    "links evidence": {"page": "techdaily.com"},
}


def asked(reading: OfferedVerb) -> dict[str, str]:
    return ASKED.get(reading.words, {})


def typed(reading: OfferedVerb) -> list[str]:
    return [*reading.words.split(), *asked(reading).values(), "--json"]


@pytest.mark.parametrize("reading", READINGS, ids=lambda each: each.name)
def test_a_program_reads_what_the_verb_says_with_json(
    served: Served, reading: OfferedVerb, capsys: pytest.CaptureFixture[str]
) -> None:
    found = served.client.get(f"/v1/{reading.path}", params=asked(reading), headers=served.viewer)
    where = ["--database", served.url, "--workspace", "ws1", "--catalog", "none"]
    assert command.run([*typed(reading), *where]) == 0
    assert found.status_code == 200, found.text
    assert found.json() == json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("reading", READINGS, ids=lambda each: each.name)
def test_nothing_of_another_workspace_is_said(served: Served, reading: OfferedVerb) -> None:
    mine, theirs = (
        served.client.get(f"/v1/{reading.path}", params=asked(reading), headers=who).text.casefold()
        for who in (served.viewer, served.other)
    )
    assert THEIRS not in mine
    assert reading.words in ASKED or not re.search("norvane|oltera|quillo", theirs)


@pytest.mark.parametrize(
    ("headers", "path", "status"),
    [
        ({}, "/v1/sources", 401),
        ({"Authorization": "Bearer clt_wrong"}, "/v1/sources", 401),
        ({"Authorization": "Basic YTpi"}, "/v1/sources", 401),
        ("viewer", "/v1/sources?engine=nobody", 422),
        ("viewer", f"/v1/visibility?brand={THEIRS}%20One", 422),
        ("viewer", "/v1/sources?weeks=0", 422),
        ("viewer", "/v1/sources?what=1", 422),
        ("viewer", "/v1/authority?metric=trustrank&seed=@/etc/hostname", 422),
        ("viewer", "/v1/sources?engine=%00", 422),
        ("viewer", "/v1/sources?cursor=000000000000000000000000.5", 409),
        ("viewer", "/v1/nothing", 404),
    ],
)
def test_a_refusal_says_what_to_do(
    served: Served, headers: dict[str, str] | str, path: str, status: int
) -> None:
    known = served.viewer if isinstance(headers, str) else headers
    found = served.client.get(path, headers=known)
    assert found.status_code == status
    assert found.headers["content-type"] == "application/problem+json"
    told = found.json()
    assert told["status"] == status
    assert told["detail"]
    assert told["fix"]
    assert THEIRS not in told["fix"]


def test_pages_of_rows_are_the_whole(served: Served) -> None:
    whole = served.client.get("/v1/visibility", headers=served.viewer).json()["rows"]
    rows: list[Any] = []
    path = "/v1/visibility?page_size=7"
    while path:
        found = served.client.get(path, headers=served.viewer)
        rows += found.json()["rows"]
        assert found.headers["x-total-count"] == str(len(whole))
        path = found.headers.get("link", "").partition(">")[0].lstrip("<")
    assert len(whole) > 14
    assert rows == whole


def test_what_did_not_change_is_not_sent_again_and_what_did_is(tmp_path: Path) -> None:
    for served in serve(f"sqlite:///{tmp_path / 'x.db'}"):
        first = served.client.get("/v1/event/list", headers=served.viewer)
        held = served.viewer | {"If-None-Match": first.headers["etag"]}
        again = served.client.get("/v1/event/list", headers=held)
        assert (again.status_code, again.content) == (304, b"")
        noted = served.client.post("/v1/event", headers=served.editor, json={"title": "New prices"})
        assert noted.status_code == 201
        changed = served.client.get("/v1/event/list", headers=held)
        assert [row["title"] for row in changed.json()["rows"]] == ["a prize", "New prices"]


def test_only_an_editor_acts_and_who_did_it_is_written_down(served: Served) -> None:
    state = {"source": "techdaily.com", "state": "contacted", "note": "wrote to Ann"}
    refused = served.client.post("/v1/opportunities/state", headers=served.viewer, json=state)
    assert refused.status_code == 403
    done = served.client.post("/v1/opportunities/state", headers=served.editor, json=state)
    assert done.json() == {"about": "techdaily.com", "decision": "contacted"}
    rows = served.client.get("/v1/prospects/list", headers=served.viewer).json()["rows"]
    assert {(r["domain"], r["stage"], r["note"]) for r in rows if r["stage"] != "open"} == {
        ("techdaily.com", "contacted", "wrote to Ann")
    }
    theirs = served.client.get("/v1/prospects/list", headers=served.other).json()["rows"]
    assert {r["stage"] for r in theirs} <= {"open"}
    with store.reading(served.database) as session:
        (entry,) = session.exec(select(AuditEntry).where(AuditEntry.subject == "techdaily.com")).all()
    assert (entry.who, entry.workspace_id, entry.subject) == ("token editor", 1, "techdaily.com")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/event", {"title": "x", "kind": "nonsense"}),
        ("/v1/event", {"title": "x", "on": "1066-10-14"}),
        ("/v1/event", {"title": "  "}),
        ("/v1/event", {}),
        ("/v1/opportunities/state", {"source": "no domain", "state": "open"}),
        ("/v1/opportunities/state", {"source": "techdaily.com", "state": "bought"}),
    ],
)
def test_an_act_that_cannot_be_meant_changes_nothing(served: Served, path: str, body: dict[str, Any]) -> None:
    with store.reading(served.database) as session:
        before = session.exec(select(Event.title)).all()
    assert served.client.post(path, headers=served.editor, json=body).status_code == 422
    with store.reading(served.database) as session:
        assert session.exec(select(Event.title)).all() == before


def test_a_token_has_so_many_requests_a_minute_and_others_are_not_held_up(tmp_path: Path) -> None:
    for served in serve(f"sqlite:///{tmp_path / 'x.db'}", per_minute=3):
        codes = [served.client.get("/v1/runs", headers=served.viewer).status_code for _ in range(4)]
        assert codes == [200, 200, 200, 429]
        refused = served.client.get("/v1/runs", headers=served.viewer)
        assert 1 <= int(refused.headers["retry-after"]) <= 61
        assert served.client.get("/v1/runs", headers=served.other).status_code == 200


def test_who_guesses_is_refused_before_the_next_guess_is_looked_at(tmp_path: Path) -> None:
    for served in serve(f"sqlite:///{tmp_path / 'x.db'}"):
        guess = {"Authorization": "Bearer clt_guess"}
        codes = {served.client.get("/v1/runs", headers=guess).status_code for _ in range(30)}
        assert codes == {401}
        assert served.client.get("/v1/runs", headers=guess).status_code == 429
        assert served.client.get("/v1/runs", headers=served.viewer).status_code == 429


@pytest.mark.postgres
def test_it_answers_over_postgresql_too(postgres_url: str) -> None:
    for served in serve(postgres_url):
        for path in ("sources", "graph/gap", "prospects/list", "links/alerts", "event/list"):
            found = served.client.get(f"/v1/{path}", headers=served.viewer)
            assert found.status_code == 200, found.text
            assert THEIRS not in found.text
        noted = served.client.post("/v1/event", headers=served.editor, json={"title": "New prices"})
        assert noted.status_code == 201
