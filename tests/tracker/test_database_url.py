"""A mistyped address of a database is never repeated with its password."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from tests.tracker.cli.calling import invoke
from tracker import health, settings
from tracker.database_url import shown
from tracker.errors import StoreError
from tracker.store import open_database

PASSWORD = "Geheim-4711"
MISTYPED = [
    "postgres//user:{}@127.0.0.1/db",
    "postgresql:/user:{}@127.0.0.1:9/db",
    "postgresql:user:{}@127.0.0.1/db",
    " postgresql://user:{}@127.0.0.1:9/db",
    "postgresql://user:{}@127.0.0.1:9/db",
    "postgresql://user:ab/{}@127.0.0.1:9/db",
    "postgresql://user:ab#{}@127.0.0.1:9/db",
    "postgresql://user:{}?x@127.0.0.1:9/db",
    "postgresql://user:{} x@127.0.0.1:9/db",
    "postgresql://user:{}%zz@127.0.0.1:9/db",
    "postgresql://user:{}@@127.0.0.1:9/db",
    "postgresql://user:x@{}@127.0.0.1:9/db",
    "postgresql://user:{}@127.0.0.1:port/db",
    "postgresql://user:{}@[::1:9/db",
    "postgresql://user:{}",
    "postgresql://127.0.0.1:9/db?user=u&password={}",
    "postgresql://u@127.0.0.1:9/db?sslpassword={}",
    "postgresql://u:{}@127.0.0.1:9/db?sslmode=nope",
    "postgresql://u:{}@127.0.0.1:9/db?nope=1",
    "postgresql+nope://user:{}@h/db",
    "postgresql+asyncpg://user:{}@h/db",
    "mysql://user:{}@h/db",
    "https://user:{}@127.0.0.1/db",
    "user:{}@127.0.0.1/db",
    "host=127.0.0.1 password={}",
    "sqlite:///user:{}@127.0.0.1/db",
]


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("mistyped", MISTYPED)
def test_no_error_repeats_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mistyped: str, read_only: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError) as caught:
        open_database(mistyped.format(PASSWORD), read_only=read_only)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))
    assert caught.value.hint


@pytest.mark.parametrize("mistyped", MISTYPED)
def test_check_and_settings_do_not_repeat_it_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mistyped: str
) -> None:
    monkeypatch.chdir(tmp_path)
    own = settings.load(catalog=tmp_path, database_url=mistyped.format(PASSWORD))
    assert PASSWORD not in repr(health.check(own)) + repr(own)


@pytest.mark.parametrize("verb", [["check"], ["visibility", "--json"], ["import", "answers", "none.jsonl"]])
def test_no_verb_repeats_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CITELIFT_DATABASE_URL", MISTYPED[0].format(PASSWORD))
    done = invoke(*verb)
    assert done.exit_code
    told = "".join(traceback.format_exception(*done.exc_info)) if done.exc_info else ""
    assert PASSWORD not in done.output + told


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///folder/citelift.db", "sqlite:///folder/citelift.db"),
        ("sqlite:////srv/citelift.db", "sqlite:////srv/citelift.db"),
        ("postgresql://127.0.0.1:5432/citelift", "postgresql://127.0.0.1:5432/citelift"),
        (
            "postgresql://user:pw@db.acme.com/citelift?sslmode=require",
            "postgresql://***@db.acme.com/citelift",
        ),
        ("postgresql://user:pw", "postgresql://***"),
        ("nonsense", "***"),
    ],
)
def test_what_is_no_secret_is_shown(url: str, words: str) -> None:
    assert shown(url) == words
