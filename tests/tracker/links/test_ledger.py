"""The life of one link from all that witnesses say of it: what starts it, what ends it, what revives it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from tests.facts import Facts
from tracker import domains, store
from tracker.links import ledger
from tracker.models import Brand, PageCheck, PageLink

A, B, C = "ahrefs", "semrush", "majestic"
PAGE, TARGET = "https://blog.example.org/post", "https://norvane.com/"
NEVER, ALWAYS = float("inf"), -float("inf")


def day(number: float) -> datetime:
    """Days of March 2026, and on."""
    return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=number - 1)


class Story(Facts):
    """Imports and looks of one workspace, told by their days in March."""

    def __init__(self) -> None:
        super().__init__()
        self.imports = 0
        self.looks: list[tuple[PageCheck, list[str]]] = []

    def export(self, at: float, vendor: str, scope: str, *rows: dict[str, object]) -> Story:
        self.imports += 1
        self.link_import(self.imports, vendor=vendor, scope=scope, day=day(at).date())
        for row in rows:
            given = {"source": PAGE, "target": TARGET, **row}
            moments = {n: day(given.pop(n)) for n in ("first", "last_seen", "lost") if n in given}  # type: ignore[arg-type]
            self.link(imported=self.imports, **given, **moments)  # type: ignore[arg-type]
        return self

    def look(self, at: float, *targets: str, state: str = "fetched", status: int | None = 200) -> Story:
        page = domains.page_id(domains.parse(PAGE).canonical)
        self._page(PAGE)
        check = PageCheck(workspace_id=1, page_id=page, checked_at=day(at), state=state, status=status)
        self.looks.append((check, list(targets)))
        return self

    def store_in(self, session: Session) -> None:
        super().store_in(session)
        for check, targets in self.looks:
            session.add(check)
            session.flush()
            for url in targets:
                own = self.brand_ids["Norvane"]
                session.add(PageLink(check_id=check.id, brand_id=own, target_url=url, placement="content"))
        session.flush()


def lives(database: Engine, story: Story) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """(linking page, else its domain; linked page) → spans, in days of March."""
    story.store(database)
    with database.connect() as connection:
        found = ledger.read(connection, 1, texts=("source_url",))
    names = {domains.domain_id(name): name for name in ("example.org", "example.net")}
    of_rows = zip(
        found.link.tolist(),
        found.columns["source_url"],
        found.columns["source_id"],
        found.columns["target_url"],
        strict=True,
    )
    ends = {link: (page or names[domain], target) for link, page, domain, target in of_rows}
    made: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for link, start, end in zip(found.spans.link, found.spans.start, found.spans.end, strict=True):
        made.setdefault(ends[int(link)], []).append((in_march(start), in_march(end)))
    return made


def in_march(seconds: float) -> float:
    return seconds if np.isinf(seconds) else round((seconds - day(1).timestamp()) / 86_400 + 1, 3)


ONE: dict[str, object] = {}
OTHER: dict[str, object] = {"source": "https://other.example.net/"}


@pytest.mark.parametrize(
    ("story", "spans"),
    [
        pytest.param(Story().export(5, A, "all", ONE), [(ALWAYS, NEVER)], id="undated"),
        pytest.param(Story().export(5, A, "all", {"first": 2}), [(2, NEVER)], id="first seen"),
        pytest.param(
            Story().export(5, A, "all", {"first": 4}).export(9, B, "all", {"first": 2}),
            [(2, NEVER)],
            id="the earliest first-seen of all vendors starts it",
        ),
        pytest.param(
            Story().export(5, A, "all", {"first": 2}).export(9, A, "all", {"first": 4}),
            [(2, NEVER)],
            id="a newer import of a later first-seen does not make it younger",
        ),
        pytest.param(
            Story().export(3, A, "sample", ONE).export(9, B, "all", {"first": 6}),
            [(3, NEVER)],
            id="listed before the other vendor's first-seen",
        ),
        pytest.param(
            Story().export(3, A, "all", OTHER).export(9, A, "all", ONE, OTHER),
            [(9, NEVER)],
            id="undated and not in the complete export before: between the two, so from the later",
        ),
        pytest.param(
            Story().export(3, A, "all", OTHER).export(9, A, "all", ONE, OTHER).export(1, B, "sample", ONE),
            [(ALWAYS, NEVER)],
            id="undated, and another vendor knew it before",
        ),
        pytest.param(
            Story().export(5, A, "sample", {"first": 2, "lost": 8}), [(2, 8)], id="a vendor's lost date"
        ),
        pytest.param(
            Story().export(9, A, "all", {"first": 6, "lost": 4}), [(4, 4)], id="lost before it was first seen"
        ),
        pytest.param(
            Story().export(9, A, "all", {"first": 2, "last_seen": 8, "lost": 8}),
            [(2, 8)],
            id="last seen and lost on one day",
        ),
        pytest.param(
            Story().export(6, A, "all", {"last_seen": 9}, OTHER).export(9, A, "all", OTHER),
            [(ALWAYS, 9)],
            id="an export sees nothing after its day",
        ),
        pytest.param(
            Story().export(12, A, "all", {"first": 2, "last_seen": 9, "lost": 8}),
            [(2, 8)],
            id="a row that states a loss revives nothing by its own last day",
        ),
        pytest.param(
            Story().export(9, A, "sample", {"first": 2, "lost": 8}).export(9, B, "sample", {"last_seen": 8}),
            [(2, 8)],
            id="a stated loss outweighs another vendor's sighting of the same moment",
        ),
        pytest.param(
            Story().export(6, A, "all", ONE, OTHER).export(9, A, "all", OTHER),
            [(ALWAYS, 9)],
            id="no longer listed",
        ),
        pytest.param(
            Story().export(6, A, "all", ONE).export(9, B, "all", OTHER),
            [(ALWAYS, NEVER)],
            id="another vendor does not list it",
        ),
        pytest.param(
            Story().export(6, A, "all", ONE).export(9, A, "one_per_domain", OTHER),
            [(ALWAYS, NEVER)],
            id="an export of another scope does not list it",
        ),
        pytest.param(
            Story().export(6, A, "sample", ONE).export(9, A, "sample", OTHER),
            [(ALWAYS, NEVER)],
            id="samples end nothing",
        ),
        pytest.param(
            Story().export(6, A, "all", ONE).export(9, A, "all", {**OTHER, "target": "https://quillo.io/"}),
            [(ALWAYS, NEVER)],
            id="an export about another target does not list it",
        ),
        pytest.param(
            Story().export(6, A, "all", ONE).export(6, A, "all", OTHER),
            [(ALWAYS, NEVER)],
            id="two files of one day are one export",
        ),
        pytest.param(
            Story()
            .export(6, A, "all", {"lost": 4}, OTHER)
            .export(7, B, "sample", {"last_seen": 5})
            .export(9, A, "all", OTHER),
            [(ALWAYS, 4), (5, NEVER)],
            id="what was listed as lost is not lost again when it is no longer listed",
        ),
        pytest.param(
            Story()
            .export(6, A, "all", ONE, OTHER)
            .export(9, A, "all", OTHER)
            .export(12, A, "all", ONE, OTHER),
            [(ALWAYS, 9), (12, NEVER)],
            id="listed again",
        ),
        pytest.param(
            Story()
            .export(6, A, "all", ONE, OTHER)
            .export(9, A, "all", OTHER)
            .export(12, A, "all", {"last_seen": 8}, OTHER),
            [(ALWAYS, 9), (12, NEVER)],
            id="listed again with an old last day: the vendor's newest word",
        ),
        pytest.param(
            Story().export(5, A, "sample", {"lost": 4}).export(12, B, "sample", {"last_seen": 3}),
            [(ALWAYS, 4)],
            id="another vendor's older sighting revives nothing",
        ),
        pytest.param(
            Story().export(5, A, "sample", {"lost": 4}).export(12, B, "sample", {"last_seen": 10}),
            [(ALWAYS, 4), (10, NEVER)],
            id="another vendor's later sighting revives",
        ),
        pytest.param(
            Story().export(5, A, "sample", {"lost": 4}).export(12, A, "sample", {"first": 7}),
            [(ALWAYS, 4), (7, NEVER)],
            id="the vendor names a new first day",
        ),
        pytest.param(
            Story().export(8, A, "all", ONE).export(12, A, "lost", {"lost": 4}),
            [(ALWAYS, 4)],
            id="a vendor's newer export corrects what its older one still listed",
        ),
        pytest.param(
            Story().export(8, A, "all", {"first": 2, "lost": 4}, {"first": 2, "anchor": "x"}),
            [(2, NEVER)],
            id="two rows of one page and day: the live one counts",
        ),
        pytest.param(
            Story().export(6, A, "all", ONE, OTHER).export(9, A, "all", OTHER).export(9, B, "sample", ONE),
            [(ALWAYS, NEVER)],
            id="a sighting of the same day outweighs a list that lacks it",
        ),
        pytest.param(
            Story().export(5, A, "sample", ONE).look(6, TARGET).look(7).look(10),
            [(ALWAYS, 7)],
            id="two looks of ours without it, three days apart",
        ),
        pytest.param(
            Story().export(5, A, "sample", ONE).look(6, "https://norvane.com/other").look(7).look(10),
            [(ALWAYS, 7)],
            id="two looks without any link to a domain that the page had linked to",
        ),
        pytest.param(
            Story().export(5, A, "sample", ONE).look(6, TARGET).look(7).look(8, TARGET).look(10),
            [(ALWAYS, NEVER)],
            id="a good look between two bad ones clears the suspicion",
        ),
        pytest.param(
            Story().export(5, A, "sample", ONE).look(6, TARGET).look(7).look(9),
            [(ALWAYS, NEVER)],
            id="two looks closer together are a suspicion",
        ),
        pytest.param(
            Story().export(5, A, "sample", ONE).look(7).look(20),
            [(ALWAYS, 7)],
            id="a vendor's link that two looks of ours lack",
        ),
        pytest.param(
            Story().export(5, A, "sample", ONE).look(7).look(8),
            [(ALWAYS, NEVER)],
            id="a vendor's link that two looks lack, too close together",
        ),
        pytest.param(
            Story().export(5, A, "sample", ONE).look(7, "https://norvane.com/other").look(20),
            [(ALWAYS, NEVER)],
            id="another link of the page to the same domain stands for a vendor's, until it lacks that too",
        ),
        pytest.param(
            Story()
            .export(5, A, "sample", ONE)
            .look(6, TARGET)
            .look(7)
            .look(10)
            .export(20, B, "sample", {"last_seen": 12})
            .look(15),
            [(ALWAYS, 7), (12, 15)],
            id="a vendor's sighting revives it, and the next look of ours that lacks it ends it again",
        ),
        *(
            pytest.param(
                Story()
                .export(5, A, "sample", ONE)
                .look(6, TARGET)
                .look(7, state=state, status=status)
                .look(20, state=state, status=status),
                spans,
                id=f"{state} {status} twice",
            )
            for state, status, spans in (
                ("fetched", 403, [(ALWAYS, NEVER)]),
                ("fetched", 503, [(ALWAYS, NEVER)]),
                ("refused", None, [(ALWAYS, NEVER)]),
                ("barred", 200, [(ALWAYS, NEVER)]),
                ("barred", 403, [(ALWAYS, NEVER)]),
                ("not_modified", 304, [(ALWAYS, NEVER)]),
                ("fetched", 404, [(ALWAYS, 7)]),
                ("fetched", 410, [(ALWAYS, 7)]),
            )
        ),
        pytest.param(
            Story().export(5, A, "sample", ONE).look(6, TARGET).look(7).look(10).look(14, TARGET),
            [(ALWAYS, 7), (14, NEVER)],
            id="a look of ours revives it",
        ),
        pytest.param(
            Story()
            .export(5, A, "sample", ONE)
            .look(6, TARGET)
            .look(7)
            .look(10)
            .export(20, B, "sample", {"last_seen": 18}),
            [(ALWAYS, 7), (18, NEVER)],
            id="a vendor's sighting after our look revives it",
        ),
        pytest.param(Story().look(6, TARGET), [(ALWAYS, NEVER)], id="known from our look alone"),
        pytest.param(
            Story().export(12, A, "sample", ONE).look(4).look(6, TARGET).look(9, TARGET),
            [(6, NEVER)],
            id="the first of our looks that has it starts it",
        ),
        pytest.param(Story().look(4).look(6, TARGET), [(6, NEVER)], id="an earlier look of ours lacked it"),
    ],
)
def test_the_life_of_one_link(
    sqlite_database: Engine, story: Story, spans: list[tuple[float, float]]
) -> None:
    found = lives(sqlite_database, story)
    assert next(own for (page, _), own in found.items() if "blog.example.org" in page) == spans


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ((PAGE, TARGET), ("http://www.blog.example.org/post/", "http://www.norvane.com")),
        ((PAGE, TARGET), ("https://BLOG.example.org/post#top", "https://NORVANE.com/?utm_source=x")),
    ],
)
def test_a_link_has_one_identity_however_its_ends_are_spelled(
    database: Engine, one: tuple[str, str], two: tuple[str, str]
) -> None:
    story = Story()
    for at, (source, target), lost in ((5, one, {}), (9, two, {"lost": 8})):
        story.export(at, A, "sample", {"source": source, "target": target, **lost})
    assert list(lives(database, story).values()) == [[(ALWAYS, 8)]]


def test_a_look_that_lacked_one_link_says_nothing_of_another_pages(sqlite_database: Engine) -> None:
    story = Story().export(9, A, "sample", ONE, OTHER).look(4).look(6, TARGET)
    assert sorted(lives(sqlite_database, story).values()) == [[(ALWAYS, NEVER)], [(6, NEVER)]]


def test_another_page_of_the_target_and_a_redirect_are_other_links(sqlite_database: Engine) -> None:
    story = Story().export(
        5,
        A,
        "all",
        {"lost": 4, "link_type": "text"},
        {"target": "https://norvane.com/pricing", "link_type": "image"},
        {"link_type": "redirect"},
    )
    story.store(sqlite_database)
    with sqlite_database.connect() as connection:
        found = ledger.read(connection, 1)
    assert len(set(found.link.tolist())) == 3
    assert len(found.spans.live_on(NEVER)) == 2
    assert len(found.pairs_on(NEVER)) == 1


def test_mentions_and_loaded_files_are_in_no_ledger(sqlite_database: Engine) -> None:
    assert lives(sqlite_database, Story().export(5, A, "all", {"link_type": "mention"})) == {}


DOMAIN = {"page_known": False, "source": "https://example.org/"}


@pytest.mark.parametrize(
    ("story", "page", "domain"),
    [
        pytest.param(
            Story().export(5, A, "all", ONE).export(6, A, "domains", {**DOMAIN, "lost": 4.5}),
            [(ALWAYS, 4.5), (5, NEVER)],
            [(ALWAYS, 4.5)],
            id="a domain's loss ends the links of its pages, until one is seen later",
        ),
        pytest.param(
            Story().export(3, A, "all", ONE).export(6, A, "domains", {**DOMAIN, "lost": 5}),
            [(ALWAYS, 5)],
            [(ALWAYS, 5)],
            id="a domain's loss ends the links of its pages",
        ),
        pytest.param(
            Story()
            .export(3, A, "all", ONE)
            .export(4, A, "domains", DOMAIN, {**DOMAIN, **OTHER})
            .export(6, A, "domains", {**DOMAIN, **OTHER}),
            [(ALWAYS, 6)],
            [(ALWAYS, 6)],
            id="a domain that is no longer listed",
        ),
        pytest.param(
            Story()
            .export(2, A, "domains", DOMAIN)
            .export(3, A, "all", ONE, OTHER)
            .export(6, A, "all", OTHER),
            [(ALWAYS, 6)],
            [(ALWAYS, 6)],
            id="a domain ends with the last of its known pages",
        ),
        pytest.param(
            Story()
            .export(3, A, "all", ONE, OTHER)
            .export(6, A, "all", OTHER)
            .export(8, B, "domains", DOMAIN),
            [(ALWAYS, 6)],
            [(ALWAYS, NEVER)],
            id="a domain seen after its known pages ended",
        ),
    ],
)
def test_rows_that_name_a_domain_only(
    sqlite_database: Engine, story: Story, page: list[tuple[float, float]], domain: list[tuple[float, float]]
) -> None:
    found = {source: spans for (source, _), spans in lives(sqlite_database, story).items()}
    assert (found[PAGE], found["example.org"]) == (page, domain)


def test_one_link_a_domain_is_compared_by_domain(sqlite_database: Engine) -> None:
    story = Story()
    story.export(3, A, "one_per_domain", ONE, OTHER)
    story.export(6, A, "one_per_domain", {"source": "https://blog.example.org/newer"})
    found = {source: spans for (source, _), spans in lives(sqlite_database, story).items()}
    assert found == {
        PAGE: [(ALWAYS, NEVER)],
        "https://blog.example.org/newer": [(ALWAYS, NEVER)],
        OTHER["source"]: [(ALWAYS, 6)],
    }


def test_a_complete_export_counts_though_it_lists_none_of_the_sources_asked_for(database: Engine) -> None:
    story = Story().export(3, A, "all", ONE, OTHER).export(6, A, "all", OTHER)
    story.store(database)
    wanted = ledger.select(ledger.PAGE.c.domain_id).where(
        ledger.PAGE.c.domain_id == domains.domain_id("example.org")
    )
    with database.connect() as connection:
        found = ledger.read(connection, 1, sources=wanted, targets=[domains.domain_id("norvane.com")])
    assert found.columns["source_id"] == [domains.domain_id("example.org")]
    assert in_march(found.spans.end[0]) == 6


def test_a_workspace_sees_its_own_evidence_alone(database: Engine) -> None:
    story = Story().export(3, A, "all", ONE)
    story.store(database)
    with store.writing(database) as session:
        session.add(Brand(workspace_id=1, key="x", name="X"))
    with database.connect() as connection:
        assert len(ledger.read(connection, 2).link) == 0
        assert ledger.read(connection, 2).pairs().shape == (0, 2)


def many_stories(seed: int) -> Story:
    """Exports of three vendors and looks of ours, at random."""
    rng = np.random.default_rng(seed)
    story = Story()
    sources = [f"https://s{n % 6}.example{n % 6}.com/{n}" for n in range(12)]
    for at in sorted(rng.choice(np.arange(2, 60), 9, replace=False).tolist()):
        rows = []
        for url in rng.choice(sources, rng.integers(3, 10), replace=False).tolist():
            row: dict[str, object] = {"source": url, "page_known": rng.random() < 0.8}
            row |= {"lost": at - 1} if rng.random() < 0.15 else {}
            row |= {"last_seen": at - 1.5} if rng.random() < 0.4 else {}
            row |= {"target": "https://oltera.com/"} if rng.random() < 0.3 else {}
            rows.append(row)
        scope = rng.choice(["all", "all", "one_per_domain", "domains", "sample", "lost"])
        story.export(at, str(rng.choice([A, B, C])), str(scope), *rows)
    for at in (5, 20, 24, 50):
        story.look(at, *([TARGET] if rng.random() < 0.5 else []))
    return story


@pytest.mark.parametrize("seed", range(25))
def test_pairs_of_domains_are_those_of_the_whole_ledger(
    sqlite_database: Engine, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the doubtful sources are read at once or a few at a time."""
    if seed % 2:
        monkeypatch.setattr(ledger, "_CHUNK", 2)
    many_stories(seed).store(sqlite_database)
    with sqlite_database.connect() as connection:
        found, whole = ledger.pairs_now(connection, 1), ledger.read(connection, 1)
    assert set(map(tuple, found.live.tolist())) == set(map(tuple, whole.pairs_on(NEVER).tolist()))
    assert sorted(map(tuple, found.known.tolist())) == sorted(map(tuple, whole.pairs().tolist()))
    assert len(found.live) < len(found.known) or seed in {7, 12, 23}, "nothing was lost in this story"


@pytest.mark.parametrize(("at", "live"), [(1.99, False), (2, True), (7.99, True), (8, False), (NEVER, False)])
def test_a_link_is_live_from_the_first_moment_of_its_span_to_before_the_last(
    sqlite_database: Engine, at: float, live: bool
) -> None:
    Story().export(9, A, "sample", {"first": 2, "lost": 8}).store(sqlite_database)
    with sqlite_database.connect() as connection:
        spans = ledger.read(connection, 1).spans
    assert bool(len(spans.live_on(at if np.isinf(at) else day(at).timestamp()))) is live
