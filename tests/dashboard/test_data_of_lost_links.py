"""One link, lost and found again in each way there is: every reader says so, and from the same day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from analysis import frames, opportunities, quality
from analysis.authority import graph
from analysis.authority.gap import link_gap
from analysis.frames import Scope
from analysis.report import gather
from dashboard.data import linking, timeline
from dashboard.data.opened import OpenWorkspace
from tests.facts import Facts, week
from tracker import domains, store
from tracker.links.snapshots import snapshot_changes
from tracker.models import PageCheck, PageLink

PAGE, OTHER = "https://news.example.org/best", "https://zine.example.net/x"
OWN, RIVAL = "https://norvane.com/", "https://oltera.com/"
SOURCE = "example.org"
BEGUN, LOST, AGAIN, WEEKS = 1, 4, 7, 9
"""Weeks: the first sighting of the link, its loss, and its revival."""
Way = Callable[[Facts, bool], list[PageCheck | PageLink]]


def full_exports(facts: Facts, revived: bool) -> list[PageCheck | PageLink]:
    """The page stands in the first export and not in the second; in the third again."""
    for key, number in enumerate((BEGUN, LOST, AGAIN) if revived else (BEGUN, LOST), start=1):
        facts.link_import(key, vendor="ahrefs", day=week(number).date())
        facts.link(OTHER, OWN, imported=key)
        if number != LOST:
            facts.link(PAGE, OWN, imported=key, first=week(BEGUN))
    return []


def vendors_date(facts: Facts, revived: bool) -> list[PageCheck | PageLink]:
    """The vendor states when the link was lost, in an export of its own; a later sample has seen it again."""
    facts.link_import(1, vendor="ahrefs", scope="sample", day=week(BEGUN).date())
    facts.link(PAGE, OWN, imported=1, first=week(BEGUN))
    facts.link(OTHER, OWN, imported=1)
    facts.link_import(2, vendor="ahrefs", scope="lost", day=week(LOST + 1).date())
    facts.link(PAGE, OWN, imported=2, first=week(BEGUN), lost=week(LOST), lost_reason="removed")
    if revived:
        facts.link_import(3, vendor="semrush", scope="sample", day=week(AGAIN + 1).date())
        facts.link(PAGE, OWN, imported=3, first=week(BEGUN), last_seen=week(AGAIN))
    return []


def own_looks(facts: Facts, revived: bool) -> list[PageCheck | PageLink]:
    """Our looks have the link, then twice some days apart not; then again. The rival's link
    stands throughout."""
    facts.link_import(1, vendor="ahrefs", scope="sample", day=week(BEGUN).date())
    facts.link(PAGE, OWN, imported=1, first=week(BEGUN))
    facts.link(OTHER, OWN, imported=1)
    moments = {week(2): True, week(LOST): False, week(LOST) + timedelta(days=4): False}
    moments |= {week(AGAIN): True} if revived else {}
    return list(looks(facts, moments))


def looks(facts: Facts, moments: dict[datetime, bool]) -> Iterator[PageCheck | PageLink]:
    page = domains.page_id(domains.parse(PAGE).canonical)
    for key, (at, there) in enumerate(moments.items(), start=1):
        check = PageCheck(id=key, workspace_id=1, page_id=page, checked_at=at, state="fetched", status=200)
        yield check
        for brand, target in (("Oltera", RIVAL), ("Norvane", OWN))[: 2 if there else 1]:
            yield PageLink(
                check_id=key, brand_id=facts.brand_ids[brand], target_url=target, placement="content"
            )


WAYS: dict[str, Way] = {
    "a later full export": full_exports,
    "the vendor's date": vendors_date,
    "our own looks": own_looks,
}


@pytest.fixture(params=[(way, revived) for way in WAYS for revived in (False, True)], ids=str)
def lost_link(request: pytest.FixtureRequest, sqlite_database: Engine) -> tuple[Engine, str, bool]:
    """A database in which the link was lost; with True, found again later."""
    way, revived = request.param
    facts = Facts(prompts=("best crm",))
    for number in range(WEEKS):
        facts.answer("best crm", at=week(number, day=2), cited=[PAGE], named=["Oltera"])
    made = WAYS[way](facts, revived)
    facts.link_import(9, vendor="majestic", scope="sample", day=week(0).date())
    facts.link(PAGE, RIVAL, imported=9)
    facts.store(sqlite_database)
    with store.writing(sqlite_database) as session:
        for row in made:
            session.add(row)
            session.flush()
    return sqlite_database, way, revived


def expected(number: int, revived: bool) -> bool:
    return BEGUN <= number < LOST or (revived and number >= AGAIN)


# --- readers that ask for a week ----------------------------------------------------------------------------


def exposed_in(database: Engine, number: int) -> bool:
    panel = frames.lift_panel(database, frames.world(database))
    column = panel.exposed.toarray()[:, panel.sources.index(SOURCE)].reshape(panel.answers, len(panel.brands))
    return bool(column[panel.week == number, panel.brands.index("Norvane")].any())


def opportunity_in(database: Engine, number: int) -> bool:
    scope = Scope(first=week(0).date(), last=week(number).date(), branded="include")
    rows = opportunities.opportunities(database, frames.world(database), scope)
    row = next((each for each in rows if each.source == SOURCE), None)
    if row is not None:
        kinds = {reason.kind for reason in row.reasons}
        assert ("lost link" in kinds) is (number >= LOST)
        assert row.links_to_own is False
    return row is None


def report_in(database: Engine, number: int) -> bool:
    scope = Scope(first=week(number).date(), last=week(number).date(), branded="include")
    (source,) = gather._sources(database, frames.world(database), scope, None)
    return "Norvane" in source.links_to


@pytest.mark.parametrize("reader", [exposed_in, opportunity_in, report_in])
def test_readers_of_a_week_lose_and_find_the_link_in_the_same_week(
    lost_link: tuple[Engine, str, bool], reader: Callable[[Engine, int], bool]
) -> None:
    database, _, revived = lost_link
    found = [reader(database, number) for number in range(WEEKS)]
    assert found == [expected(number, revived) for number in range(WEEKS)]


# --- readers of the present ---------------------------------------------------------------------------------


def in_quality(database: Engine) -> bool:
    return any(f.source == SOURCE for f in quality.factors(database, frames.world(database)))


def in_authority(database: Engine) -> bool:
    values = frames.authority_table(database, "referring_domains", frames.world(database)).values
    return values["norvane.com"] == 2


def in_graph(database: Engine) -> bool:
    whole = frames.link_graph(database, frames.world(database))
    known = graph.digraph(whole, ["norvane.com"])
    around = graph.neighbourhood(known, ["norvane.com"]).nodes
    gap = {each.source for each in link_gap(whole, ["norvane.com"], {"Oltera": ["oltera.com"]}).page()}
    ways = graph.paths(known, SOURCE, "norvane.com")
    assert (SOURCE in around) == (SOURCE not in gap) == bool(ways)
    return SOURCE not in gap


def on_the_page_of_links(database: Engine) -> bool:
    return bool(pages(database)["lost"].isna().all())


@pytest.mark.parametrize("reader", [in_quality, in_authority, in_graph, on_the_page_of_links])
def test_readers_of_the_present_agree(
    lost_link: tuple[Engine, str, bool], reader: Callable[[Engine], bool]
) -> None:
    database, _, revived = lost_link
    assert reader(database) is revived


def pages(database: Engine):  # type: ignore[no-untyped-def]
    found = linking.links(workspace(database))
    return found[(found["source"] == SOURCE) & (found["brand"] == "Norvane")]


def workspace(database: Engine) -> OpenWorkspace:
    return OpenWorkspace(database.url.render_as_string(), 0, 1, "one", None, "one")


def days_of_loss(database: Engine) -> dict[str, set[date]]:
    """Each reader that names the day of the loss, and the day."""
    world = frames.world(database)
    tables = {
        "links": frames.links(database, world).table,
        "backlinks": frames.backlinks(database, world),
    }
    days = {
        name: {
            datetime.fromtimestamp(at).date()
            for at in table[(table["source"] == SOURCE) & (table["brand"] == 0)]["lost"].dropna()
        }
        for name, table in tables.items()
    }
    days["page of links"] = set(pages(database)["lost"].dropna().dt.date)
    log = timeline.happened(workspace(database), timeline.link_moves(workspace(database)))
    days["page of events"] = set(log[(log["kind"] == "lost link") & (log["title"] == SOURCE)]["at"])
    with store.reading(database) as session:
        found = [change for pair in snapshot_changes(session, 1) for change in pair.of("lost")]
    return days | ({"snapshots": {change.at for change in found}} if found else {})


def test_every_reader_names_the_same_day(lost_link: tuple[Engine, str, bool]) -> None:
    database, way, revived = lost_link
    days = days_of_loss(database)
    assert ("snapshots" in days) is (way == "a later full export")
    snapshots = days.pop("snapshots", {week(LOST).date()})
    assert snapshots == {week(LOST).date()}
    assert {frozenset(each) for each in days.values()} == {frozenset() if revived else frozenset(snapshots)}
