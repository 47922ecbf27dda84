from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine

from analysis import frames
from analysis.lift.direction import Direction, DirectionVerdict
from analysis.lift.estimate import LiftRow
from analysis.lift.gains import Gain
from analysis.lift.listing import Addition, ListingTable, told_from
from analysis.opportunities import Opportunity, called_like_a_brand, decide, opportunities
from tests.facts import MONDAY, Facts, week
from tracker import domains, store
from tracker.errors import UsageError
from tracker.models import PageCheck, PageLink

NEWS = "https://news.example.org/best"
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def found(database: Engine, **options: Any) -> dict[str, Opportunity]:
    return {o.source: o for o in opportunities(database, frames.world(database), **options)}


def kinds(row: Opportunity) -> set[str]:
    return {reason.kind for reason in row.reasons}


def test_a_source_that_links_to_rivals_only_is_a_link_gap(database: Engine) -> None:
    facts = Facts()
    for i in range(4):
        facts.answer("best crm", named=["Oltera"] if i else ["Norvane"], cited=[NEWS], repeat=i)
    facts.answer("cheap crm", "beta")
    facts.link(NEWS, "https://oltera.com/")
    facts.link("https://example.org/other", "https://quillo.io/")
    facts.store(database)
    row = found(database)["example.org"]
    assert (row.cited_answers, row.answers, row.rate, row.engines, row.prompts) == (4, 5, 0.8, 1, 1)
    assert (row.links_to_rivals, row.links_to_own, kinds(row)) == (("Oltera", "Quillo"), False, {"link gap"})
    assert (row.named_own, row.named_rivals, row.rival) == (0.25, 0.75, "Oltera")
    assert row.reasons[0].pages == (NEWS, "https://example.org/other")
    assert row.low < 0.8 < row.high
    assert row.gain is None


def test_a_source_that_links_to_the_own_brand_is_no_gap(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", cited=[NEWS, "https://oltera.com/x"])
    facts.link(NEWS, "https://oltera.com/")
    facts.link(NEWS, "https://norvane.com/")
    facts.store(sqlite_database)
    assert found(sqlite_database) == {}


@pytest.mark.parametrize(
    ("target", "kind"), [("https://norvane.com/", "lost link"), ("https://oltera.com/", "rival lost link")]
)
def test_lost_links_on_cited_sites_are_opportunities(sqlite_database: Engine, target: str, kind: str) -> None:
    facts = Facts()
    facts.answer("best crm", at=week(2), cited=[NEWS])
    facts.link(NEWS, target, first=week(0), lost=week(1))
    facts.store(sqlite_database)
    row = found(sqlite_database)["example.org"]
    assert kinds(row) == {kind}
    assert row.reasons[0].pages == (NEWS,)


def told_apart(linked: tuple[float, float, float]) -> ListingTable:
    listed, link = Addition(0.1, 0.06, 0.14, 0.02, 900, 800), Addition(*linked, 0.01, 900, 800)
    return ListingTable(listed, link, link, (), told_from(listed, link), True, 0.8, 90, 5000, 0.95)


@pytest.mark.parametrize(
    ("listing", "what", "step"),
    [
        (told_apart((0.05, 0.02, 0.08)), "a link", "Ask for the mention to become a link."),
        (told_apart((0.0, -0.02, 0.02)), "a mention", "Leave it as it is"),
        (None, "not known", "Ask for the mention to become a link."),
    ],
    ids=["a link adds", "the listing does it", "nothing is known"],
)
def test_what_to_ask_for_is_what_pages_that_only_list_tell(
    sqlite_database: Engine, listing: ListingTable | None, what: str, step: str
) -> None:
    looked_at(sqlite_database, links_back=False)
    row = found(sqlite_database, listing=listing)["example.org"]
    assert row.ask.what == what
    assert row.reasons[0].next_step.startswith(step)


@pytest.mark.parametrize(("links_back", "wanted"), [(False, True), (True, False)])
def test_a_page_that_names_the_brand_without_linking_is_told(
    database: Engine, links_back: bool, wanted: bool
) -> None:
    looked_at(database, links_back=links_back)
    row = found(database).get("example.org")
    assert (row is not None and "mention without link" in kinds(row)) is wanted


def looked_at(database: Engine, *, links_back: bool) -> None:
    facts = Facts()
    facts.answer("best crm", cited=[NEWS])
    facts.store(database)
    page = domains.page_id(domains.parse(NEWS).canonical)
    with store.writing(database) as session:
        check = PageCheck(workspace_id=1, page_id=page, checked_at=NOW, state="fetched", named=["Norvane"])
        session.add(check)
        session.flush()
        if links_back:
            session.add(
                PageLink(
                    check_id=check.id, brand_id=100, target_url="https://norvane.com", placement="content"
                )
            )


def lift_table(low: float, verdict: str = "associated within the same question") -> Any:
    row = {
        "family": "f",
        "lift": 0.2,
        "low": low,
        "high": 0.3,
        "p": 0.01,
        "q": 0.01,
        "exposed": 99,
        "prompts": 9,
    }
    names = ("example.org", "example.net")
    rows = [LiftRow(source=name, verdict=verdict, **row) for name in names]  # type: ignore[arg-type]
    gains = {name: Gain(0.1, 0.05, 0.15, works=0.9, cited=0.5) for name in names}
    works = dict.fromkeys(names, 0.9)
    told_so = told("supports the source")
    return SimpleNamespace(
        rows=rows, direction=told_so, gains=gains, works=works, withdrawn=frozenset(), already=frozenset()
    )


def told(verdict: DirectionVerdict) -> Direction:
    return Direction(verdict, None, None, None, None, None, 20, 9)


@pytest.mark.parametrize("verdict", ["supports selection", "not settled", "not testable", None])
def test_no_gain_is_given_unless_timing_supports_the_source(
    verdict: DirectionVerdict | None, sqlite_database: Engine
) -> None:
    facts = Facts()
    facts.answer("best crm", cited=[NEWS])
    facts.link(NEWS, "https://oltera.com/")
    facts.store(sqlite_database)
    table = lift_table(0.1)
    table.direction, table.gains = told(verdict) if verdict else None, {}
    row = found(sqlite_database, lift=table)["example.org"]
    assert (row.gain, row.stands_out, row.withheld) == (None, True, "direction")


def test_what_stands_out_without_a_gain_comes_before_what_is_cited_more(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", cited=[NEWS, "https://big.com/"])
    facts.answer("best crm", cited=["https://big.com/"], repeat=1)
    facts.link(NEWS, "https://oltera.com/")
    facts.store(sqlite_database)
    table = lift_table(0.1)
    table.direction, table.gains = told("not settled"), {}
    rows = opportunities(sqlite_database, frames.world(sqlite_database), lift=table)
    assert [(row.source, row.stands_out, row.gain) for row in rows] == [
        ("example.org", True, None),
        ("big.com", False, None),
    ]


def test_a_gain_is_the_tables_and_a_source_that_stands_out_without_one_says_why(
    sqlite_database: Engine,
) -> None:
    facts = Facts()
    facts.answer("best crm", cited=[NEWS, "https://big.com/"])
    facts.answer("best crm", cited=["https://big.com/"], repeat=1)
    facts.link(NEWS, "https://oltera.com/")
    facts.store(sqlite_database)
    rows = opportunities(sqlite_database, frames.world(sqlite_database), lift=lift_table(0.1))
    assert [row.source for row in rows] == ["example.org", "big.com"]
    assert (rows[0].gain, rows[0].gain_low, rows[0].gain_high, rows[0].works) == (0.1, 0.05, 0.15, 0.9)
    assert (rows[1].gain, rows[1].withheld) == (None, "")
    doubtful = lift_table(-0.1, "no clear difference")
    assert found(sqlite_database, lift=doubtful)["example.org"].gain is None
    alone = lift_table(0.1)
    alone.gains = {}
    row = found(sqlite_database, lift=alone)["example.org"]
    assert (row.gain, row.stands_out, row.withheld) == (None, True, "source")
    alone.withdrawn = frozenset({"example.org"})
    assert found(sqlite_database, lift=alone)["example.org"].withheld == "events"
    alone.withdrawn, alone.already = frozenset(), frozenset({"example.org"})
    assert found(sqlite_database, lift=alone)["example.org"].withheld == "already"


def test_supported_gains_come_first_by_their_lower_bound_and_closed_rows_last(
    sqlite_database: Engine,
) -> None:
    """Cited equally often; the larger the estimate, the smaller its lower bound; names in no helpful
    order."""
    claim, doubt = "associated within the same question", "no clear difference"
    lifts = {
        "sure.com": (0.10, 0.09, claim),
        "loose.com": (0.30, 0.01, claim),
        "alpha.com": (0.20, 0.05, claim),
        "doubtful.com": (0.50, 0.20, doubt),
        "done.com": (0.40, 0.39, claim),
        "dismissed.com": (0.40, 0.38, claim),
        "working.com": (0.10, 0.02, claim),
    }
    facts = Facts()
    facts.answer("best crm", cited=[f"https://{name}/" for name in (*lifts, "twice.com")])
    facts.answer("best crm", cited=["https://twice.com/"], repeat=1)
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    for state in ("done", "dismissed", "working"):
        decide(sqlite_database, world, f"{state}.com", state, now=NOW)  # type: ignore[arg-type]
    (template, _) = lift_table(0.1).rows
    rows = [
        replace(template, source=name, lift=lift, low=low, high=0.6, verdict=verdict)  # type: ignore[arg-type]
        for name, (lift, low, verdict) in lifts.items()
    ]
    table = lift_table(0.1)
    table.rows = rows
    table.gains = {name: Gain(lift, low, 0.6, 0.9, 0.5) for name, (lift, low, _) in lifts.items()}
    ranked = opportunities(sqlite_database, world, lift=table)
    gains = ["sure.com", "alpha.com", "working.com", "loose.com"]
    assert [row.source for row in ranked] == [
        *gains,
        "twice.com",
        "doubtful.com",
        "done.com",
        "dismissed.com",
    ]


def test_without_gains_the_often_the_steadily_and_the_rivals_cited_come_first(
    sqlite_database: Engine,
) -> None:
    facts = Facts()
    cited = {
        "a-once.com": [(0, 0)],
        "b-twice-in-one-week.com": [(0, 0), (0, 1)],
        "c-twice-in-two-weeks.com": [(0, 0), (1, 0)],
        "d-links-to-a-rival.com": [(0, 0), (1, 0)],
        "e-links-to-both-rivals.com": [(0, 0), (1, 0)],
    }
    for number, repeat in ((0, 0), (0, 1), (1, 0), (1, 1)):
        those = [f"https://{name}/" for name, when in cited.items() if (number, repeat) in when]
        facts.answer("best crm", at=week(number), repeat=repeat, cited=those)
    facts.link("https://d-links-to-a-rival.com/", "https://oltera.com/")
    for target in ("https://oltera.com/", "https://quillo.io/"):
        facts.link("https://e-links-to-both-rivals.com/", target)
    facts.store(sqlite_database)
    ranked = opportunities(sqlite_database, frames.world(sqlite_database))
    assert [row.source[0] for row in ranked] == ["e", "d", "c", "b", "a"]
    weights = {row.source[0]: row.weight for row in ranked}
    assert weights == pytest.approx({"e": 1.0, "d": 0.75, "c": 0.5, "b": 0.25, "a": 0.125})


def test_decisions_survive_recomputation_and_close_a_row(database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", cited=[NEWS, "https://big.com/"])
    facts.store(database)
    world = frames.world(database)
    decide(database, world, "big.com", "dismissed", note="not for us", now=NOW)
    decide(database, world, "news.example.org", "working", now=NOW)
    decide(database, world, "example.org", "done", note="linked", now=NOW)
    rows = opportunities(database, world)
    assert {row.source: (row.state, row.note) for row in rows} == {
        "example.org": ("done", "linked"),
        "big.com": ("dismissed", "not for us"),
    }


@pytest.mark.parametrize(("source", "state"), [("big.com", "maybe"), ("no domain", "done")])
def test_a_wrong_decision_is_refused(sqlite_database: Engine, source: str, state: Any) -> None:
    Facts().store(sqlite_database)
    with pytest.raises(UsageError):
        decide(sqlite_database, frames.world(sqlite_database), source, state, now=NOW)


def test_own_pages_that_are_fetched_and_never_cited_are_told(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.answer(
        "best crm",
        cited=["https://norvane.com/good"],
        retrieved=["https://norvane.com/good", "https://norvane.com/spare"],
    )
    facts.store(sqlite_database)
    row = found(sqlite_database)["norvane.com"]
    assert (kinds(row), row.reasons[0].pages) == ({"own page"}, ("https://norvane.com/spare",))


def test_nothing_cited_gives_no_opportunities(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", at=MONDAY)
    facts.store(sqlite_database)
    assert found(sqlite_database) == {}


def test_a_site_called_like_a_brand_is_asked_about_and_never_an_opportunity(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", cited=["https://norvane.de/preise", "https://oltera.fr/", NEWS])
    facts.link("https://norvane.de/", "https://oltera.com/")
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    assert set(found(sqlite_database)) == {"example.org"}
    asked = [(site.domain, site.brand, site.own) for site in called_like_a_brand(sqlite_database, world)]
    assert asked == [("norvane.de", "Norvane", True), ("oltera.fr", "Oltera", False)]


def test_a_link_to_an_owned_page_is_a_link_to_the_brand(sqlite_database: Engine) -> None:
    facts = Facts(brands=(("Norvane", "norvane.com", "youtube.com/@norvane"), ("Oltera", "oltera.com")))
    facts.answer("best crm", cited=[NEWS])
    facts.link(NEWS, "https://www.youtube.com/@Norvane/videos")
    facts.link(NEWS, "https://www.youtube.com/@oltera")
    facts.store(sqlite_database)
    table = frames.links(sqlite_database, frames.world(sqlite_database)).table
    assert [(row["source"], row["brand"]) for row in table.to_dict("records")] == [("example.org", 0)]


def test_a_rival_is_the_best_one_only_where_it_is_named(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", named=["Norvane"], cited=[NEWS])
    facts.link(NEWS, "https://oltera.com/")
    facts.store(sqlite_database)
    row = found(sqlite_database)["example.org"]
    assert (row.named_own, row.named_rivals, row.rival) == (1.0, 0.0, None)


def test_a_source_that_links_to_the_own_brand_has_no_gain(sqlite_database: Engine) -> None:
    """What it still offers is a page that names the brand and does not link."""
    facts = Facts()
    facts.answer("best crm", cited=[NEWS])
    facts.link("https://example.org/another", "https://norvane.com/")
    facts.store(sqlite_database)
    with store.writing(sqlite_database) as session:
        page = domains.page_id(domains.parse(NEWS).canonical)
        session.add(
            PageCheck(workspace_id=1, page_id=page, checked_at=NOW, state="fetched", named=["Norvane"])
        )
    row = found(sqlite_database, lift=lift_table(0.1))["example.org"]
    assert (row.links_to_own, row.gain, row.gain_low) == (True, None, None)


COMMUNITY = "Take part where the question is discussed; such sites remove link requests."
READ = "Read the cited pages: would a reader miss you there?"
CONSIDER = "Ask its authors to consider you: the pages that link to Oltera come first."


@pytest.mark.parametrize(
    ("site", "linked", "step"),
    [
        ("news.example.org", False, READ),
        ("news.example.org", True, CONSIDER),
        ("reddit.com", False, COMMUNITY),
        ("reddit.com", True, COMMUNITY),
    ],
)
def test_the_step_fits_the_kind_of_the_site(
    sqlite_database: Engine, site: str, linked: bool, step: str
) -> None:
    facts = Facts()
    facts.answer("best crm", cited=[f"https://{site}/best"])
    if linked:
        facts.link(f"https://{site}/best", "https://oltera.com/")
    facts.store(sqlite_database)
    (row,) = found(sqlite_database).values()
    assert [reason.next_step for reason in row.reasons] == [step]


def test_more_rivals_than_three_are_counted(sqlite_database: Engine) -> None:
    brands = [(name, f"{name.lower()}.com") for name in ("Norvane", "Ab", "Bc", "Cd", "De")]
    facts = Facts(brands=brands)
    facts.answer("best crm", cited=[NEWS])
    for _, domain in brands[1:]:
        facts.link(NEWS, f"https://{domain}/")
    facts.store(sqlite_database)
    (reason,) = found(sqlite_database)["example.org"].reasons
    assert reason.text == "links to Ab, Bc, Cd and 1 more and not to you"


def test_a_source_is_counted_in_the_weeks_of_the_selection_and_both_its_ends(sqlite_database: Engine) -> None:
    facts = Facts()
    for number in range(4):
        facts.answer("best crm", at=week(number), cited=[NEWS])
    facts.store(sqlite_database)
    scope = frames.Scope(first=week(1).date(), last=week(2).date(), branded="include")
    (row,) = opportunities(sqlite_database, frames.world(sqlite_database), scope)
    assert (row.weeks, row.of_weeks) == (2, 2)
