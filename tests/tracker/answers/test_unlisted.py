"""Sites that a brand may have forgotten, and citations that lead nowhere."""

from __future__ import annotations

from sqlalchemy import Engine

from tests.facts import Facts, week
from tracker.answers.unlisted import NoAddresses, Unlisted, no_addresses, unlisted
from tracker.models import Citation

BRANDS = (
    ("Norvane", "norvane.com", "norvane.github.io", "shop.norvane.net"),
    ("Quillmere", "quillmere.co.uk", "quillmere.*"),
    ("Ok", "ok.com"),
)


def test_a_cited_site_called_like_a_brand_is_perhaps_its_own(database: Engine) -> None:
    facts = Facts(brands=BRANDS)
    for _ in range(2):
        facts.answer("best crm", at=week(0), cited=["https://www.norvane.de/preise", "https://norvane.com/"])
    facts.answer(
        "best crm",
        at=week(0),
        cited=[
            "https://norvane.zendesk.com/hc",
            "https://norvane.netlify.app/",
            "https://norvane.com.evil.com/",
            "https://norvane-reviews.com/",
            "https://shop.norvane.net/",
            "https://quillmere.fr/",
            "https://ok.ru/x",
        ],
        retrieved=["https://norvane.it/"],
    )
    facts.store(database)
    with database.connect() as connection:
        assert unlisted(connection, 1) == [
            Unlisted("norvane.de", "Norvane", True, 2),
            Unlisted("norvane.netlify.app", "Norvane", True, 1),
            Unlisted("norvane.zendesk.com", "Norvane", True, 1),
        ]


def test_citations_that_are_no_addresses_are_counted_with_examples(database: Engine) -> None:
    facts = Facts()
    answer = facts.answer("best crm", at=week(0), cited=["https://news.org/a"])
    hidden = "https://vertexaisearch.cloud.google.com/grounding-api-redirect/x"
    for url in ("N/A", "N/A", "-", hidden):
        row = {"workspace_id": 1, "answer_id": answer, "kind": "cited", "position": 2, "url": url}
        facts.rows.setdefault(Citation, []).append(row)
    facts.store(database)
    with database.connect() as connection:
        assert no_addresses(connection, 1) == NoAddresses(3, ("N/A", "-"))
        assert no_addresses(connection, 2) == NoAddresses(0, ())
