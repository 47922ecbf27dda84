from __future__ import annotations

import pytest

from tracker.countries import codes, country


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("DE", "DE"),
        ("de", "DE"),
        ("Germany", "DE"),
        ("Deutschland", "DE"),
        ("Allemagne", "DE"),
        ("uk", "GB"),
        ("United Kingdom", "GB"),
        ("USA", "US"),
        ("United States", "US"),
        ("en-US", "US"),
        ("pt_BR", "BR"),
        ("South  Korea", "KR"),
        ("Côte d’Ivoire", "CI"),
        ("Atlantis", None),
        ("Europe", None),
        ("", None),
        ("XX", None),
    ],
)
def test_a_country_is_known_by_code_and_name(written: str, code: str | None) -> None:
    assert country(written) == code


def test_every_country_has_a_name() -> None:
    from tracker.countries import _named

    assert set(_named().values()) == codes()
