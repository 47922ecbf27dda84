from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from analysis import frames
from analysis.frames import Scope
from tests.facts import BRANDS, MONDAY, Facts, week
from tracker import store
from tracker.answers import rollups
from tracker.errors import DataError, UsageError

NEWS = "https://news.example.org/best"
OTHER = "https://news.example.org/other"


def exposures(database: Engine, **options: object) -> set[tuple[int, str, str]]:
    world = frames.world(database)
    panel = frames.lift_panel(database, world, **options)  # type: ignore[arg-type]
    found = panel.exposed.tocoo()
    b = len(panel.brands)
    return {
        (int(r) // b, panel.brands[int(r) % b], panel.sources[int(c)])
        for r, c in zip(found.row, found.col, strict=True)
    }


@pytest.mark.parametrize(
    ("first", "lost", "live"),
    [
        (None, None, True),
        (MONDAY, None, True),
        (MONDAY + timedelta(seconds=1), None, False),
        (None, MONDAY, False),
        (None, MONDAY + timedelta(seconds=1), True),
        (MONDAY - timedelta(days=9), MONDAY - timedelta(days=2), False),
    ],
)
def test_a_link_exposes_while_it_lives(
    sqlite_database: Engine, first: object, lost: object, live: bool
) -> None:
    facts = Facts()
    facts.answer("best crm", cited=[NEWS])
    facts.link(NEWS, "https://oltera.com/", first=first, lost=lost)  # type: ignore[arg-type]
    facts.store(sqlite_database)
    assert exposures(sqlite_database) == ({(0, "Oltera", "example.org")} if live else set())


@pytest.mark.parametrize(
    ("exposure", "brands"),
    [("auto", {"Norvane"}), ("page", {"Norvane"}), ("domain", {"Norvane", "Oltera"})],
)
def test_the_cited_page_decides_where_its_own_links_are_known(
    sqlite_database: Engine, exposure: str, brands: set[str]
) -> None:
    facts = Facts()
    facts.answer("best crm", cited=[NEWS + "?utm_source=chatgpt"])
    facts.link(NEWS, "https://norvane.com/")
    facts.link(OTHER, "https://oltera.com/")
    facts.store(sqlite_database)
    assert {brand for _, brand, _ in exposures(sqlite_database, exposure=exposure)} == brands


@pytest.mark.parametrize(
    ("scope", "page_known", "exposure", "brands"),
    [
        ("sample", True, "auto", {"Oltera"}),
        ("sample", True, "page", set()),
        ("sample", True, "domain", {"Oltera"}),
        ("all", True, "auto", set()),
        ("all", True, "domain", {"Oltera"}),
        ("all", False, "auto", {"Oltera"}),
        ("domains", False, "auto", {"Oltera"}),
        ("unknown", True, "auto", set()),
    ],
)
def test_a_page_that_is_not_known_to_link_counts_by_its_domain_unless_all_linking_pages_are_listed(
    sqlite_database: Engine, scope: str, page_known: bool, exposure: str, brands: set[str]
) -> None:
    facts = Facts()
    facts.link_import(1, scope=scope)
    facts.answer("best crm", cited=[NEWS])
    facts.link(OTHER, "https://oltera.com/", page_known=page_known)
    facts.store(sqlite_database)
    assert {brand for _, brand, _ in exposures(sqlite_database, exposure=exposure)} == brands


def test_a_brand_is_no_source_for_itself_but_may_be_one_for_a_rival(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", cited=["https://norvane.com/partners"])
    facts.link("https://norvane.com/partners", "https://norvane.com/")
    facts.link("https://norvane.com/partners", "https://oltera.com/")
    facts.store(sqlite_database)
    assert exposures(sqlite_database) == {(0, "Oltera", "norvane.com")}


@pytest.mark.parametrize("kind", ["mention", "embed"])
def test_a_mention_and_a_loaded_file_are_no_links(sqlite_database: Engine, kind: str) -> None:
    facts = Facts()
    facts.answer("best crm", cited=[NEWS, OTHER])
    facts.link(NEWS, "https://oltera.com/", link_type=kind)
    facts.link(OTHER, "https://norvane.com/", link_type="image")
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    assert {brand for _, brand, _ in exposures(sqlite_database)} == {"Norvane"}
    assert frames.backlinks(sqlite_database, world)["url"].tolist() == [OTHER]
    assert frames.link_graph(sqlite_database, world).edges == 1


def test_infrastructure_is_no_source_in_the_graph_of_links(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.link("https://fonts.googleapis.com/css", "https://oltera.com/")
    facts.link(NEWS, "https://oltera.com/")
    facts.store(sqlite_database)
    graph = frames.link_graph(sqlite_database, frames.world(sqlite_database))
    assert (graph.edges, "googleapis.com" in set(map(str, graph.names))) == (1, False)


def test_internal_links_of_an_export_are_nobodys_backlinks(sqlite_database: Engine) -> None:
    facts = Facts(brands=(("Norvane", "norvane.example.com"), ("Oltera", "oltera.com")))
    facts.link("https://norvane.example.com/a", "https://norvane.example.com/b")
    facts.link("https://other.example.com/a", "https://norvane.example.com/b")
    facts.link("https://blog.oltera.com/a", "https://oltera.com/b")
    facts.link("https://oltera.com/a", "https://norvane.example.com/b")
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    for table in (
        frames.backlinks(sqlite_database, world),
        frames.links(sqlite_database, world, only_cited=False).table,
    ):
        pairs = set(zip(table["url"], table["brand"], strict=True))
        assert pairs == {("https://other.example.com/a", 0), ("https://oltera.com/a", 0)}


def test_answers_that_say_nothing_about_citations_are_not_in_the_panel(sqlite_database: Engine) -> None:
    facts = Facts()
    for case in ({"known": False}, {"searched": False}, {"problem": "empty"}, {"text": ""}, {}):
        facts.answer("best crm", cited=[NEWS], named=["Oltera"], **case)
    facts.link(NEWS, "https://oltera.com/")
    facts.store(sqlite_database)
    panel = frames.lift_panel(sqlite_database, frames.world(sqlite_database))
    assert panel.answers == 1
    assert panel.named.tolist() == [[False, True, False]]


def test_the_panel_has_the_shapes_and_codes_of_its_answers(database: Engine) -> None:
    facts = Facts(topics={"cheap crm": "price"})
    facts.answer("cheap crm", "beta", week(1), named=["Quillo", "Norvane"], cited=[NEWS, OTHER])
    facts.answer("best crm", "alpha", week(0), cited=["https://blog.example.net/"])
    facts.link(NEWS, "https://quillo.io/")
    facts.link("https://nobody.example.com/", "https://quillo.io/")
    facts.store(database)
    panel = frames.lift_panel(database, frames.world(database), families=lambda names: ["f"] * len(names))
    assert (panel.brands, panel.sources, panel.own) == (("Norvane", "Oltera", "Quillo"), ("example.org",), 0)
    assert panel.families == ("f",)
    assert panel.week.tolist() == [1, 0]
    assert panel.topic.tolist() == [1, 0]
    assert panel.named.tolist() == [[True, False, True], [False, False, False]]
    assert panel.cited.toarray().tolist() == [[1.0], [0.0]]
    assert np.flatnonzero(panel.exposed.toarray()).tolist() == [2]


def test_the_newest_import_of_a_vendor_says_whether_a_link_lives(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", at=week(5), cited=[NEWS])
    facts.link_import(1, vendor="ahrefs", day=week(0).date())
    facts.link_import(2, vendor="ahrefs", day=week(4).date())
    facts.link(NEWS, "https://oltera.com/", first=week(0), imported=1)
    facts.link(NEWS, "https://oltera.com/", first=week(0), lost=week(3), imported=2)
    facts.store(sqlite_database)
    assert exposures(sqlite_database) == set()


@pytest.mark.parametrize(
    ("vendor", "scope", "answered", "live"),
    [
        ("ahrefs", "all", 5, False),
        ("ahrefs", "all", 3, True),
        ("ahrefs", "sample", 5, True),
        ("generic", "all", 5, False),
        ("generic", "unknown", 5, True),
        ("ahrefs", "one_per_domain", 5, False),
        ("ahrefs", "new", 5, True),
    ],
)
def test_a_link_that_a_later_full_export_lacks_is_lost(
    sqlite_database: Engine, vendor: str, scope: str, answered: int, live: bool
) -> None:
    facts = Facts()
    facts.answer("best crm", at=week(answered), cited=[NEWS])
    facts.link_import(1, vendor=vendor, scope=scope, day=week(0).date())
    facts.link_import(2, vendor=vendor, scope=scope, day=week(4).date())
    facts.link(NEWS, "https://oltera.com/", imported=1)
    facts.link("https://still.example.net/", "https://oltera.com/", imported=2)
    facts.link("https://still.example.net/", "https://oltera.com/", imported=1)
    facts.answer("best crm", at=week(answered), cited=["https://still.example.net/"])
    facts.store(sqlite_database)
    found = exposures(sqlite_database)
    assert ((0, "Oltera", "example.org") in found) is live
    assert (1, "Oltera", "example.net") in found


def test_an_export_about_another_brand_loses_nobodys_links(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", at=week(5), cited=[NEWS])
    facts.link_import(1, vendor="ahrefs", day=week(0).date())
    facts.link_import(2, vendor="ahrefs", day=week(4).date())
    facts.link(NEWS, "https://oltera.com/", imported=1)
    facts.link(NEWS, "https://norvane.com/", imported=2)
    facts.store(sqlite_database)
    assert {brand for _, brand, _ in exposures(sqlite_database)} == {"Oltera", "Norvane"}


def test_a_link_to_one_host_belongs_to_the_brand_of_that_host(sqlite_database: Engine) -> None:
    facts = Facts(brands=(("Norvane", "norvane.example.com"), ("Oltera", "oltera.com")))
    facts.answer("best crm", cited=[NEWS, OTHER])
    facts.link(NEWS, "https://docs.norvane.example.com/start")
    facts.link(OTHER, "https://www.example.com/")
    facts.store(sqlite_database)
    assert exposures(sqlite_database) == {(0, "Norvane", "example.org")}


def test_ids_of_63_bits_survive_unknown_pages(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", cited=[NEWS, OTHER])
    facts.link(NEWS, "https://oltera.com/")
    facts.link("https://site.example.net/", "https://oltera.com/", page_known=False)
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    table = frames.links(sqlite_database, world, only_cited=False).table
    assert {int(i) for i in table["page"].dropna()} == {facts_page(NEWS)}


def facts_page(url: str) -> int:
    from tracker import domains

    return domains.page_id(domains.parse(url).canonical)


def test_sums_are_the_same_from_rollups_and_from_facts(database: Engine) -> None:
    from tests.tracker.answers.test_rollups import random_facts

    random_facts(range(2)).store(database)
    world = frames.world(database)
    by = ("engine", "week", "served_model", "topic", "country")
    scope = Scope(first=week(1).date(), engine=world.engine("beta"))
    keys = ["brand_id", "prompt_id", "engine", "week", "served_model"]
    before = frames.visibility_sums(database, world, scope, by).sort_values(keys, ignore_index=True)
    domains_before = frames.sources(database, world, scope, ("engine",))
    with store.writing(database) as session:
        rollups.rebuild(session, world.id)
    after = frames.visibility_sums(database, world, scope, by).sort_values(keys, ignore_index=True)
    assert before.equals(after)
    assert len(after) > 6
    assert domains_before.equals(frames.sources(database, world, scope, ("engine",)))


def test_sources_of_a_topic_are_counted_on_its_prompts_alone(database: Engine) -> None:
    facts = Facts(topics={"cheap crm": "price"})
    facts.answer("cheap crm", cited=[NEWS, OTHER, "https://blog.example.net/"])
    facts.answer("best crm", cited=[NEWS])
    facts.store(database)
    world = frames.world(database)
    with store.writing(database) as session:
        rollups.rebuild(session, world.id)
    everything = frames.sources(database, world, Scope())
    assert everything[["domain", "answers", "citations"]].to_numpy().tolist() == [
        ["example.org", 2, 3],
        ["example.net", 1, 1],
    ]
    price = frames.sources(database, world, Scope(topic="price"))
    assert price[["domain", "answers"]].to_numpy().tolist() == [["example.net", 1], ["example.org", 1]]


def test_a_prompt_that_names_the_own_brand_is_branded(sqlite_database: Engine) -> None:
    facts = Facts(prompts=("is norvane good?", "best crm", "oltera or not"))
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    assert world.branded == {facts.prompt_ids["is norvane good?"]}
    assert len(Scope().prompts(world)) == 2
    assert Scope(branded="only").prompts(world) == world.branded


def test_prompts_that_name_a_rival_are_marked_and_can_be_left_out(sqlite_database: Engine) -> None:
    facts = Facts(prompts=("is norvane or oltera better?", "best crm", "oltera or not"))
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    rivals = {facts.prompt_ids[text] for text in ("is norvane or oltera better?", "oltera or not")}
    assert world.naming_rivals == rivals
    assert Scope(branded="include", rivals="only").prompts(world) == rivals
    assert Scope(rivals="exclude").prompts(world) == {facts.prompt_ids["best crm"]}
    assert Scope().prompts(world) == set(world.prompts) - world.branded


def test_association_reads_each_citation_of_an_answer_once(database: Engine) -> None:
    facts = Facts(engines=("google", "alpha"), prompts=("best crm", "cheap crm"))
    facts.answer("cheap crm", "google", cited=["https://a.com/"], surface="serp")
    facts.answer(
        "best crm", "alpha", cited=["https://b.com/1", "https://b.com/2"], retrieved=["https://a.com/"]
    )
    facts.answer("best crm", "alpha", searched=False)
    facts.store(database)
    found, names = frames.association_data(database, frames.world(database))
    rows = {
        (found.engines[found.engine[a]], names[d], bool(cited))
        for a, d, cited in zip(found.answer, found.domain, found.cited, strict=True)
    }
    assert rows == {("google", "a.com", True), ("alpha", "b.com", True), ("alpha", "a.com", False)}
    assert (len(found.answer), len(found.prompt), found.serp) == (3, 2, frozenset({"google"}))


def test_the_newest_list_of_a_metric_is_used_and_positions_are_turned(database: Engine) -> None:
    facts = Facts()
    facts.authority("trust", {"a.com": 1.0}, day=date(2025, 1, 1))
    facts.authority("trust", {"a.com": 2.0, "b.com": 4.0}, day=date(2026, 1, 1), higher_is_better=False)
    facts.store(database)
    found = frames.authority_table(database, "trust")
    assert (found.as_of, dict(found.values)) == (date(2026, 1, 1), {"a.com": 2.0, "b.com": 4.0})
    assert found.strength(["a.com", "b.com", "c.com"]).tolist()[:2] == [0.5, 0.25]
    assert np.isnan(found.strength(["c.com"])[0])
    assert dict(frames.authority_table(database, "trust", names=["b.com", "x.com"]).values) == {"b.com": 4.0}


def test_a_metric_nobody_has_is_refused_with_the_ones_there_are(sqlite_database: Engine) -> None:
    Facts().store(sqlite_database)
    with pytest.raises(UsageError, match="no authority metric 'x'") as caught:
        frames.authority_table(sqlite_database, "x")
    assert "pagerank" in caught.value.hint
    with pytest.raises(DataError, match="needs links"):
        frames.authority_table(sqlite_database, "pagerank")


def test_referring_domains_are_counted_over_live_links(database: Engine) -> None:
    facts = Facts()
    facts.link(NEWS, "https://oltera.com/")
    facts.link(OTHER, "https://oltera.com/")
    facts.link("https://x.example.net/", "https://oltera.com/")
    facts.link("https://gone.example.com/", "https://oltera.com/", lost=MONDAY)
    facts.store(database)
    found = frames.authority_table(database, "referring_domains", frames.world(database))
    assert dict(found.values) == {"oltera.com": 2.0, "example.org": 0.0, "example.net": 0.0}


def test_without_a_name_the_only_workspace_is_meant_and_a_wrong_one_is_refused(
    sqlite_database: Engine,
) -> None:
    with pytest.raises(UsageError, match="no workspace 'default'"):
        frames.world(sqlite_database)
    Facts().store(sqlite_database)
    assert frames.world(sqlite_database).name == "ws1"
    assert [brand.name for brand in frames.world(sqlite_database).brands] == [name for name, _ in BRANDS]
    with pytest.raises(UsageError, match="no workspace 'x'"):
        frames.world(sqlite_database, "x")


def test_an_empty_workspace_gives_empty_frames(database: Engine) -> None:
    Facts().store(database)
    world = frames.world(database)
    assert frames.visibility_sums(database, world, Scope(), ("week",)).empty
    assert frames.sources(database, world, Scope()).empty
    assert frames.lift_panel(database, world).answers == 0
    assert frames.association_data(database, world)[1] == ()
    assert frames.weeks(database, world) == []


def test_histories_count_answers_and_first_links_by_week(database: Engine) -> None:
    facts = Facts(prompts=("best crm", "cheap crm"), engines=("alpha",))
    facts.answer("best crm", at=week(0), named=["Norvane"], cited=[NEWS, "https://norvane.com/"])
    facts.answer("best crm", at=week(3), served="m2", known=False)
    facts.answer("cheap crm", at=week(1), named=["Oltera"])
    facts.link(NEWS, "https://oltera.com/", first=week(2, day=6))
    facts.link(OTHER, "https://oltera.com/", first=week(3))
    facts.link(NEWS, "https://norvane.com/")
    facts.link(NEWS, "https://quillo.io/", first=week(9))
    facts.store(database)
    world = frames.world(database)
    found = frames.histories(database, world, families=lambda names: ["f"] * len(names))
    assert found.answers.tolist() == [[1, 0, 0, 1], [0, 1, 0, 0]]
    assert found.counts[0].tolist() == [[1, 0, 0, 0], [0, 0, 0, 0]]
    assert found.counts[1].tolist() == [[0, 0, 0, 0], [0, 1, 0, 0]]
    assert (found.sources, found.families, found.breaks) == (("example.org",), ("f",), (3,))
    assert found.first_link.tolist() == [[-1, 2, 4]]
    cited = frames.histories(database, world, outcome="citation")
    assert cited.answers.tolist() == [[1, 0, 0, 0], [0, 1, 0, 0]]
    assert cited.counts[0].tolist() == [[1, 0, 0, 0], [0, 0, 0, 0]]


def test_an_edge_of_the_open_web_graph_stands_in_where_no_export_knows(sqlite_database: Engine) -> None:
    from tracker.domains import domain_id
    from tracker.models import WebEdge

    facts = Facts()
    facts.answer("best crm", cited=[NEWS])
    facts.link(NEWS, "https://norvane.com/", first=week(5))
    facts.store(sqlite_database)
    edges = [
        {"release": "r", "source_domain_id": domain_id("example.org"), "target_domain_id": domain_id(name)}
        for name in ("norvane.com", "oltera.com", "elsewhere.com")
    ]
    with store.writing(sqlite_database) as session:
        store.bulk_insert(session, WebEdge, edges)
    assert exposures(sqlite_database) == {(0, "Oltera", "example.org")}


def test_infrastructure_is_a_source_for_nobody(sqlite_database: Engine) -> None:
    facts = Facts()
    fonts, bucket = "https://fonts.googleapis.com/a", "https://firm.s3.amazonaws.com/b"
    facts.answer("best crm", cited=[NEWS, fonts, bucket])
    for url in (NEWS, fonts, bucket):
        facts.link(url, "https://oltera.com/")
    facts.store(sqlite_database)
    for only_cited in (True, False):
        table = frames.links(sqlite_database, frames.world(sqlite_database), only_cited=only_cited).table
        assert set(table["source"]) == {"example.org"}
    assert exposures(sqlite_database) == {(0, "Oltera", "example.org")}


def test_several_engines_and_topics_count_what_each_of_them_counts(database: Engine) -> None:
    topics = {f"best {topic}": topic for topic in ("crm", "mail", "tax")}
    facts = Facts(prompts=tuple(topics), engines=("alpha", "beta", "gamma"), topics=topics)
    for n, (engine, topic) in enumerate(product(("alpha", "beta", "gamma"), ("crm", "mail", "tax"))):
        for repeat in range(n + 1):
            facts.answer(f"best {topic}", engine, week(0), named=["Norvane"], repeat=repeat)
    facts.store(database)
    world = frames.world(database)
    alpha, beta = world.engine("alpha"), world.engine("beta")

    def answers(**scope: Any) -> int:
        sums = frames.visibility_sums(database, world, frames.Scope(branded="include", **scope))
        return int(sums[sums["brand_id"] == sums["brand_id"].min()]["answers"].sum())

    both = tuple(sorted((alpha, beta)))
    assert answers(engine=both) == answers(engine=alpha) + answers(engine=beta) == 21
    assert answers(topic=("crm", "tax")) == answers(topic="crm") + answers(topic="tax") == 30
    assert answers(engine=both, topic=("crm", "tax")) == 1 + 4 + 3 + 6
    assert answers(engine=(alpha,)) == answers(engine=alpha)
    assert answers() == 45
