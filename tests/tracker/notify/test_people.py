from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from tracker import health, settings
from tracker.errors import CatalogError, UsageError
from tracker.notify import hours, people
from tracker.notify.people import Recipient

WHOLE = """
timezone: Europe/Berlin
sender: {email: reports@acme.com, name: Acme Agency, reply_to: ana@acme.com}
smtp: {host: smtp.acme.com, login: ACME_SMTP_LOGIN, password: ACME_SMTP_PASSWORD}
recipients:
  - {name: ana, to: ana@client.com, when: daily, at: "07:30", quiet: "20:00-07:00"}
  - {name: team, channel: slack, url: TEAM_WEBHOOK, gets: [alerts], kinds: [link, missed]}
  - {name: crm, channel: webhook, url: "https://crm.client.com/in", secret: CRM_SECRET, schedules: [weekly]}
"""


def written(folder: Path, text: str) -> Path:
    (folder / "notify.yaml").write_text(text, "utf-8")
    return folder


def test_a_folder_without_the_file_tells_nobody(tmp_path: Path) -> None:
    assert people.load(tmp_path).recipients == ()


def test_everything_that_can_be_said_is_read(tmp_path: Path) -> None:
    told = people.load(written(tmp_path, WHOLE))
    ana, team, crm = told.recipients
    assert (ana.channel, ana.when, ana.at, ana.quiet) == (
        "email",
        "daily",
        time(7, 30),
        (time(20), time(7)),
    )
    assert ana.timezone == team.timezone == "Europe/Berlin"
    assert (team.gets, team.kinds) == (("alerts",), ("link", "missed"))
    assert not team.wants("weekly")
    assert crm.wants("weekly")
    assert not crm.wants("monthly")
    assert told.smtp is not None
    assert (told.smtp.port, told.smtp.security) == (587, "starttls")
    with pytest.raises(UsageError, match=r"nobody in notify\.yaml is called 'bob'"):
        told.called("bob")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("recipients: [{name: ana, to: ana@client.com}]", "e-mail without `sender:`"),
        ("recipients: [{name: Ana!, to: ana@client.com}]", "a recipient needs a short `name`"),
        ("recipients: [{name: a, channel: fax, url: A_WEBHOOK}]", "unknown channel `fax`"),
        ("recipients: [{name: a, channel: slack}]", "`a` has no `url`"),
        ("recipients: [{name: a, channel: slack, url: 'https://hooks.slack.com/T0/B0/xyz'}]", "must name"),
        ("recipients: [{name: a, channel: webhook, url: 'https://a.com'}]", "`a` has no `secret`"),
        (
            "recipients: [{name: a, channel: webhook, url: 'https://u:p@a.com', secret: A_SECRET}]",
            "a password",
        ),
        ("recipients: [{name: a, channel: webhook, url: A_WEBHOOK, secret: whsec_abc}]", "must name an"),
        ("recipients: [{name: a, channel: slack, url: A_WEBHOOK, quiet: late}]", "are no hours"),
        ("recipients: [{name: a, channel: slack, url: A_WEBHOOK, quiet: '25:00-07:00'}]", "are no hours"),
        ("recipients: [{name: a, channel: slack, url: A_WEBHOOK, at: noon}]", "is no time of day"),
        ("recipients: [{name: a, channel: slack, url: A_WEBHOOK, kinds: [rain]}]", "unknown kind `rain`"),
        ("recipients: [{name: a, channel: slack, url: A_WEBHOOK, timezone: Mars}]", "unknown time zone"),
        ("smtp: {host: smtp.acme.com, security: none, login: A_LOGIN, password: A_PASSWORD}", "in the clear"),
        ("sender: {email: 'a@b.com\\nBcc: c@d.com'}", "is no e-mail address"),
        ("sender: {email: a b@c.com}", "is no e-mail address"),
        ("recipients: [{name: a, to: 'a@b.com, c@d.com'}]", "is no e-mail address"),
        (
            "recipients: [{name: a, channel: slack, url: A_TOKEN}, {name: a, channel: teams, url: A_TOKEN}]",
            "two recipients are `a`",
        ),
    ],
)
def test_what_could_not_be_sent_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(CatalogError, match=words) as refusal:
        people.load(written(tmp_path, text))
    assert "notify.yaml:1" in str(refusal.value)


def test_a_secret_written_into_the_file_is_not_repeated(tmp_path: Path) -> None:
    text = "recipients: [{name: a, channel: webhook, url: A_WEBHOOK, secret: whsec_hunter2hunter2}]"
    with pytest.raises(CatalogError) as refusal:
        people.load(written(tmp_path, text))
    assert "hunter2" not in str(refusal.value)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NIGHT, NOON = (time(20), time(7)), (time(12), time(13))


@pytest.mark.parametrize(
    ("quiet", "zone", "now", "expected"),
    [
        (None, "Europe/Berlin", "2026-06-10T22:00", "2026-06-10T22:00"),
        (NIGHT, "Europe/Berlin", "2026-06-10T12:00", "2026-06-10T12:00"),
        (NIGHT, "Europe/Berlin", "2026-06-10T22:00", "2026-06-11T05:00"),
        (NIGHT, "Europe/Berlin", "2026-06-11T03:00", "2026-06-11T05:00"),
        (NIGHT, "Europe/Berlin", "2026-06-11T05:00", "2026-06-11T05:00"),
        (NIGHT, "America/New_York", "2026-06-11T03:00", "2026-06-11T11:00"),
        (NOON, "UTC", "2026-06-10T12:30", "2026-06-10T13:00"),
        # The clock goes forward on 29 March and back on 25 October: seven is seven on the wall.
        (NIGHT, "Europe/Berlin", "2026-03-28T23:00", "2026-03-29T05:00"),
        (NIGHT, "Europe/Berlin", "2026-10-24T22:00", "2026-10-25T06:00"),
        ((time(22), time(2, 30)), "Europe/Berlin", "2026-03-29T00:45", "2026-03-29T01:30"),
    ],
)
def test_quiet_hours_end_when_the_clock_on_the_persons_wall_says_so(
    quiet: tuple[time, time] | None, zone: str, now: str, expected: str
) -> None:
    person = Recipient("a", "slack", quiet=quiet, timezone=zone)
    assert hours.not_before(person, at(now)) == at(expected)


@pytest.mark.parametrize(
    ("when", "now", "expected"),
    [
        ("daily", "2026-06-10T06:00", "2026-06-10T06:00"),
        ("daily", "2026-06-10T05:59", "2026-06-09T06:00"),
        ("weekly", "2026-06-10T05:59", "2026-06-08T06:00"),
        ("weekly", "2026-06-08T05:59", "2026-06-01T06:00"),
        ("weekly", "2026-10-26T06:59", "2026-10-19T06:00"),
        ("weekly", "2026-10-26T07:00", "2026-10-26T07:00"),
    ],
)
def test_a_digest_is_due_at_its_hour_there(when: str, now: str, expected: str) -> None:
    person = Recipient("a", "slack", when=when, at=time(8), timezone="Europe/Berlin")  # type: ignore[arg-type]
    assert hours.latest_digest(person, at(now)) == at(expected)


def test_check_names_a_wrong_line_and_a_variable_that_is_not_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, WHOLE)
    (tmp_path / "report.yaml").write_text("accent: teal\nlogo: nowhere.svg\nlanguage: klingon\n", "utf-8")
    monkeypatch.setenv("TEAM_WEBHOOK", "https://hooks.slack.com/services/T0")
    found = health.check(settings.load(catalog=tmp_path, database_url=f"sqlite:///{tmp_path / 'x.db'}"))
    ids = {finding.id for finding in found.problems}
    assert ids >= {"report.shape", "report.logo", "report.language", "notify.secret"}
    unset = [finding.problem for finding in found.problems if finding.id == "notify.secret"]
    assert unset == [f"{name} is not set" for name in ("ACME_SMTP_LOGIN", "ACME_SMTP_PASSWORD", "CRM_SECRET")]
