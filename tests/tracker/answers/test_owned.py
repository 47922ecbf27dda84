"""Whose citations are whose, in the database: the same as `tracker.domains.ownership` says one by one."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Engine, select, update

from tests.facts import Facts, week
from tracker import domains, store
from tracker.answers import owned, rollups
from tracker.answers.rollups import VISIBILITY
from tracker.domains.ownership import Owners
from tracker.models import Brand

BRANDS = (
    (
        "Norvane",
        "norvane.com",
        "norvane.*",
        "youtube.com/@norvane",
        "shop.bigmall.com",
        "bigmall.com/brands/nor*",
    ),
    ("Okeanda", "bigmall.com", "play.google.com/store/apps/details?id=com.okeanda"),
    ("Quillo", "norvane.com/golf", "shop.bigmall.com/quillo"),
)
CITED = (
    "https://www.norvane.com/pricing",
    "https://norvane.de/preise",
    "https://norvane.co.uk/",
    "https://norvane.net",
    "https://norvane.netlify.app/",
    "https://norvane.com.evil.com/",
    "https://www.youtube.com/@Norvane/videos",
    "https://youtube.com/@norvanefan",
    "https://shop.bigmall.com/n",
    "https://bigmall.com/n",
    "https://bigmall.com/brands/nordic",
    "https://bigmall.com/brands/other",
    "https://norvane.com/golf/a?b=1",
    "https://norvane.com/golfing",
    "https://shop.bigmall.com/Quillo/x",
    "https://shop.bigmall.com/quillo-x",
    "https://play.google.com/store/apps/details?hl=en&id=com.okeanda",
    "https://play.google.com/store/apps",
    "https://norvane.com/pricing",
    "https://news.org/a",
)


def facts(database: Engine) -> Facts:
    found = Facts(brands=BRANDS)
    for url in CITED:
        found.answer("best crm", cited=[url, "https://elsewhere.org/"], retrieved=[url])
    found.store(database)
    return found


def test_the_database_counts_the_pages_that_the_look_up_finds(database: Engine) -> None:
    written = facts(database)
    with database.connect() as connection:
        estates = owned.estates(connection, 1)
        mine = owned.own_citations(owned.owned(connection, 1))
        got = Counter(map(tuple, connection.execute(select(mine.c.answer_id, mine.c.brand_id, mine.c.kind))))
    owners = Owners(estates)
    names = {key: name for name, key in written.brand_ids.items()}
    expected = {url: owners.of(domains.parse(url)) for url in CITED}
    assert names[expected["https://norvane.com/golf/a?b=1"] or 0] == "Quillo"
    assert names[expected["https://bigmall.com/brands/nordic"] or 0] == "Norvane"
    assert got == Counter(
        (answer, expected[url], kind)
        for answer, url in enumerate(CITED, start=1)
        for kind in ("cited", "retrieved")
        if expected[url] is not None
    )


def test_the_citation_rate_counts_owned_pages_and_follows_the_catalog(database: Engine) -> None:
    written = facts(database)
    with store.writing(database) as session:
        rollups.rebuild(session, 1)
    brand = written.brand_ids["Norvane"]
    assert cited(database, brand) == 10
    with database.begin() as connection:
        connection.execute(update(Brand).where(Brand.id == brand).values(owns=[]))  # type: ignore[arg-type]
        assert not rollups.fresh(connection, 1)
    with store.writing(database) as session:
        rollups.update(session, 1)
    assert cited(database, brand) == 5


def cited(database: Engine, brand: int) -> int:
    with database.connect() as connection:
        rows = connection.execute(select(VISIBILITY.c.cited).where(VISIBILITY.c.brand_id == brand)).scalars()
        return sum(rows)


def test_a_citation_without_an_address_is_in_no_share(database: Engine) -> None:
    found = Facts()
    found.answer("best crm", at=week(0), cited=["https://norvane.com/a", "https://news.org/a"])
    found.store(database)
    with database.begin() as connection:
        citation = rollups.CITATION
        row = dict(connection.execute(select(citation)).mappings().first() or {})
        row |= {"id": 99, "page_id": None, "domain_id": None, "url": "N/A"}
        connection.execute(citation.insert(), row)
    with store.writing(database) as session:
        rollups.rebuild(session, 1)
    with database.connect() as connection:
        assert set(connection.execute(select(VISIBILITY.c.all_citations)).scalars()) == {2}
