"""Why a site is a prospect, with the pages that show it, and which come first."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine

from analysis import frames
from analysis.prospects import ProspectRow, linked_pages, prospects
from tests.facts import Facts, week
from tracker import domains, store
from tracker.links import prospects as records
from tracker.links.prospects import ProspectChange
from tracker.models import LinkImport, PageBrand, PageCheck

DEAD = "https://oltera.com/gone-report"


def listed(database: Engine, since: float | None = None) -> dict[str, ProspectRow]:
    return {row.source: row for row in prospects(database, frames.world(database), since=since)}


def reasons(row: ProspectRow) -> dict[str, tuple[tuple[str, ...], str]]:
    return {g.kind: (g.pages, g.detail) for g in row.grounds}


def looked(
    database: Engine, url: str, status: int, *, week_number: int = 5, reason: str | None = None
) -> int:
    """A look of ours at a page that is known."""
    with store.writing(database) as session:
        page = domains.page_id(domains.parse(url).canonical)
        row = PageCheck(
            workspace_id=1,
            page_id=page,
            checked_at=week(5),
            state="fetched",
            status=status,
            reason=reason,
        )
        session.add(row)
        session.flush()
        assert row.id is not None
        return row.id


def test_every_reason_has_its_pages(database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", cited=["https://gap.com/list", "https://both.com/x", "https://old.com/guide"])
    facts.link("https://gap.com/list", "https://oltera.com/", first=week(1))
    facts.link("https://links.com/a", "https://quillo.io/", first=week(-9))
    facts.link("https://broken.com/res", DEAD, first=week(-9))
    facts.link("https://broken.com/more", "https://norvane.com/", first=week(-9))
    facts.link("https://fans.com/a", "https://norvane.com/old", first=week(-9))
    facts.link("https://lost.com/a", "https://norvane.com/", first=week(-9), lost=week(2))
    facts.link("https://both.com/x", "https://norvane.com/", first=week(-9))
    facts.store(database)
    looked(database, DEAD, 404)
    looked(database, "https://norvane.com/old", 410)
    looked(database, "https://old.com/guide", 200, reason="not_found")
    named = looked(database, "https://both.com/x", 200)
    with store.writing(database) as session:
        session.add(PageBrand(check_id=named, brand_id=facts.brand_ids["Norvane"], rank=1))
    found = listed(database, since=week(0).timestamp())
    assert {name: reasons(row) for name, row in found.items()} == {
        "gap.com": {
            "link gap": (("https://gap.com/list",), "Oltera"),
            "citation gap": ((), ""),
            "new rival link": (("https://gap.com/list",), "Oltera"),
        },
        "links.com": {"link gap": (("https://links.com/a",), "Quillo")},
        "broken.com": {"broken link": (("https://broken.com/res",), "https://oltera.com/gone-report")},
        "old.com": {"citation gap": ((), ""), "cited page gone": (("https://old.com/guide",), "")},
        "fans.com": {"own dead page": (("https://fans.com/a",), "https://norvane.com/old")},
        "lost.com": {"lost link": (("https://lost.com/a",), "")},
        "both.com": {"mention without link": (("https://both.com/x",), "")},
    }
    assert next(iter(found)) == "gap.com"


def test_sites_of_both_gaps_come_first_and_closed_ones_last(sqlite_database: Engine) -> None:
    facts = Facts()
    for n in range(3):
        facts.answer(
            "best crm", repeat=n, cited=["https://cited.com/", *(["https://both.com/"] if n else [])]
        )
    for target in ("https://oltera.com/", "https://quillo.io/"):
        facts.link("https://linked.com/", target)
        facts.link("https://closed.com/", target)
    facts.link("https://both.com/", "https://oltera.com/")
    facts.link("https://one.com/", "https://oltera.com/")
    facts.link("https://fonts.googleapis.com/x", "https://oltera.com/")
    facts.store(sqlite_database)
    with store.writing(sqlite_database) as session:
        for site, stage in (("closed.com", "dismissed"), ("added.com", "contacted")):
            records.change(session, 1, site, ProspectChange(stage=stage), now=week(1))
    rows = prospects(sqlite_database, frames.world(sqlite_database))
    # (1 + rivals) × (1 + answers): both 2·3, cited 1·4, linked 3·1, one 2·1, added by hand 1
    order = [(row.source, row.weight) for row in rows]
    assert order == [
        ("both.com", 6),
        ("cited.com", 4),
        ("linked.com", 3),
        ("one.com", 2),
        ("added.com", 1),
        ("closed.com", 3),
    ]


@pytest.mark.parametrize(("ours", "dead"), [(None, True), (404, True), (200, False), (503, True)])
def test_a_look_of_ours_outweighs_a_report_of_broken_links(
    sqlite_database: Engine, ours: int | None, dead: bool
) -> None:
    facts = Facts()
    facts.link("https://broken.com/res", DEAD, imported=1, metrics={"Target page HTTP code": 404.0})
    facts.rows[LinkImport][0] |= {"layout": "ahrefs-broken", "vendor": "ahrefs", "scope": "sample"}
    facts.store(sqlite_database)
    if ours:
        looked(sqlite_database, DEAD, ours)
    assert ("broken link" in reasons(listed(sqlite_database)["broken.com"])) is dead


def test_own_pages_that_are_gone_come_before_the_best_linked(sqlite_database: Engine) -> None:
    facts = Facts()
    for n in range(4):
        facts.link(f"https://s{n}.com/", "https://norvane.com/best")
    facts.link("https://s1.com/b", "https://www.norvane.com/best/")
    facts.link("https://s1.com/c", "https://norvane.com/old")
    facts.link("https://s1.com/d", "https://norvane.com/never", lost=week(1))
    facts.store(sqlite_database)
    looked(sqlite_database, "https://norvane.com/old", 404)
    rows = linked_pages(sqlite_database, frames.world(sqlite_database))
    assert [(row.url, row.domains, row.links) for row in rows] == [
        ("https://norvane.com/old", 1, 1),
        ("https://norvane.com/best", 4, 5),
    ]
    assert rows[0].dead is not None
    assert (rows[0].dead.said_by, rows[0].dead.on, rows[0].dead.because) == (
        "own look",
        date(2026, 4, 6),
        "404",
    )
