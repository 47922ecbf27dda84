from __future__ import annotations

import os
from pathlib import Path

import pytest

from tracker import settings
from tracker.errors import UsageError


def test_a_flag_wins_over_the_environment_which_wins_over_dotenv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("CITELIFT_WORKSPACE=file\nCITELIFT_CONCURRENCY=3\nCITELIFT_RPM=5\n")
    monkeypatch.setenv("CITELIFT_WORKSPACE", "environment")
    monkeypatch.setenv("CITELIFT_CONCURRENCY", "4")
    found = settings.load(workspace="flag", concurrency=None)
    assert (found.workspace, found.concurrency, found.rpm) == ("flag", 4, 5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CITELIFT_CONCURRENCY", "many"),
        ("CITELIFT_TIMEOUT_SECONDS", "0"),
        ("CITELIFT_TIMEOUT_SECONDS", "inf"),
        ("CITELIFT_MONTH_BUDGET_USD", "inf"),
        ("CITELIFT_MONTH_BUDGET_USD", "nan"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=name):
        settings.load()


def test_keys_come_from_the_environment_or_dotenv_and_are_known_as_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("XAI_API_KEY=xai-from-the-file\n")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-outside")
    monkeypatch.setenv("GROQ_API_KEY", " ")
    found = settings.key("XAI_API_KEY")
    assert found is not None
    assert found.get_secret_value() == "xai-from-the-file"
    assert settings.key("GROQ_API_KEY") is None
    assert {"sk-from-outside", "xai-from-the-file"} <= set(settings.secrets())
    assert "sk-from-outside" not in repr(settings.key("OPENAI_API_KEY"))


def test_a_setting_that_changes_is_seen_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings.load().rpm is None
    monkeypatch.setenv("CITELIFT_RPM", "5")
    assert settings.load().rpm == 5
    assert settings.load(rpm=7).rpm == 7
    monkeypatch.delenv("CITELIFT_RPM")
    for number, rpm in enumerate((3, 4)):
        (tmp_path / ".env").write_text(f"citelift_rpm={rpm}\n")
        os.utime(tmp_path / ".env", ns=(number, number))
        assert settings.load().rpm == rpm
