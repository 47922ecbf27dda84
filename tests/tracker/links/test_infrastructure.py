"""The list of infrastructure."""

from __future__ import annotations

from tracker import domains
from tracker.links.infrastructure import infrastructure, is_infrastructure


def test_the_list_of_infrastructure_is_plain_domains_and_covers_their_hosts() -> None:
    names = infrastructure()
    assert all(domains.domain_of(name) == name or domains.is_public_suffix(name) for name in names)
    assert is_infrastructure("fonts.googleapis.com")
    assert not is_infrastructure("notgoogleapis.com")
    assert not is_infrastructure("reddit.com")
