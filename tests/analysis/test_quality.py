from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from analysis import frames, quality, review
from tests.facts import MONDAY, Facts, week
from tracker.errors import UsageError
from tracker.mentions import BrandNames, Finder
from tracker.models import Prompt

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FINDER = Finder([BrandNames(1, "Norvane", ("Norvane CRM",), (), ("norvane.com",))])


@pytest.mark.parametrize(
    ("anchor", "link_type", "kind"),
    [
        ("Norvane", None, "branded"),
        ("try NORVANE crm today", None, "branded"),
        ("crm", None, "exact"),
        (" CRM! ", None, "exact"),
        ("the best crm around", None, "partial"),
        ("crmish things", None, "other"),
        ("click here", None, "generic"),
        ("Read more »", None, "generic"),
        ("en savoir plus", None, "generic"),
        ("https://norvane.com/x", None, "naked URL"),
        ("norvane.com", None, "naked URL"),
        ("www.norvane.com/", None, "naked URL"),
        ("norvane.com/pricing", None, "naked URL"),
        ("", None, "empty"),
        (None, "image", "image"),
        (None, None, "empty"),
        ("a fine tool", None, "other"),
    ],
)
def test_anchors_fall_into_classes(anchor: str | None, link_type: str | None, kind: str) -> None:
    assert quality.anchor_class(anchor, FINDER, frozenset({"crm"}), {"norvane.com"}, link_type) == kind


@pytest.mark.parametrize(
    ("nofollow", "ugc", "sponsored", "wanted"),
    [
        (False, False, False, "followed"),
        (True, False, False, "nofollow"),
        (True, True, False, "ugc"),
        (True, True, True, "sponsored"),
        (None, None, None, "unknown"),
        (False, None, None, "followed"),
    ],
)
def test_the_strictest_rel_word_counts(nofollow: Any, ugc: Any, sponsored: Any, wanted: str) -> None:
    assert quality.follow(nofollow, ugc, sponsored) == wanted


def test_every_factor_of_a_link_is_read(database: Engine) -> None:
    facts = Facts(
        prompts=("which crm for a small sales team", "cheap coffee machine"),
        topics={"cheap coffee machine": "coffee"},
    )
    facts.link(
        "https://news.example.org/crm",
        "https://norvane.com/",
        anchor="Norvane",
        nofollow=False,
        first=MONDAY,
        context_left="the best crm for a small sales team is",
        context_right="they say",
        language="de",
    )
    facts.link("https://gone.com/", "https://norvane.com/", lost=week(1))
    facts.link("https://else.com/", "https://oltera.com/")
    facts.store(database)
    (row,) = quality.factors(database, frames.world(database))
    assert (row.source, row.anchor_class, row.follow, row.topic) == (
        "example.org",
        "branded",
        "followed",
        "crm",
    )
    assert row.relevance is not None
    assert row.relevance > 0.2
    assert (row.first, row.language, row.sitewide, row.placement) == (MONDAY.date(), "de", False, None)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("What is the best CRM for a two-person company?", ["crm", "person", "company"]),
        ("Qual é o melhor CRM?", ["crm"]),
        ("Mäßigung über Schöße", ["massigung", "schoße"]),
        ("営業ツール", ["営業", "業ツ", "ツー", "ール"]),
        ("CRM営業", ["営業", "crm"]),
        ("x — 7", []),
    ],
)
def test_texts_become_words_that_are_about_something(text: str, found: list[str]) -> None:
    assert quality.tokens(text) == [word.replace("ß", "ss").replace("ö", "o") for word in found]


def test_a_word_of_the_topics_names_is_about_something() -> None:
    assert quality.tokens("a help desk") == ["desk"]
    assert quality.tokens("a help desk", keep=frozenset({"help"})) == ["help", "desk"]


def test_relevance_is_about_the_topic_and_not_about_the_words_of_questions(sqlite_database: Engine) -> None:
    facts = Facts(prompts=("what is the best crm for two people",))
    pages = {
        "https://a.com/": ("a crm that a sales team of two can run", "en"),
        "https://b.com/": ("what is the best pizza for two hungry friends in the town of Ulm", "en"),
        "https://c.com/": ("die beste Pizza von Ulm", "de"),
        "https://d.com/": ("", "en"),
        "https://e.com/": ("Norvane", "en"),
    }
    for url, (text, language) in pages.items():
        facts.link(url, "https://norvane.com/", anchor="", context_left=text, language=language)
    facts.rows[Prompt][0]["language"] = "en"
    facts.store(sqlite_database)
    found = {f.source: f.relevance for f in quality.factors(sqlite_database, frames.world(sqlite_database))}
    assert found["c.com"] is None  # its words cannot be compared with English ones
    assert found["d.com"] is None
    assert found["e.com"] is None  # a name alone says nothing about the page
    assert found["a.com"] is not None
    assert found["b.com"] is not None
    assert found["a.com"] > 0.25 > 0.15 > found["b.com"]


def test_a_link_that_the_next_full_export_lacks_is_no_longer_live(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.link_import(1, vendor="ahrefs", day=week(0).date())
    facts.link_import(2, vendor="ahrefs", day=week(4).date())
    facts.link("https://gone.com/", "https://norvane.com/", first=week(-2), imported=1)
    for imported in (1, 2):
        facts.link("https://there.com/", "https://norvane.com/", first=week(-1), imported=imported)
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    assert [f.source for f in quality.factors(sqlite_database, world)] == ["there.com"]
    ever = quality.factors(sqlite_database, world, lost=True)
    assert {f.source for f in ever} == {"gone.com", "there.com"}
    assert [(w.week, w.new) for w in review.velocity(ever)] == [
        (week(-2).date(), 1),
        (week(-1).date(), 1),
    ]


def test_a_brand_on_a_suffix_that_no_list_knows_has_its_links(sqlite_database: Engine) -> None:
    facts = Facts(brands=(("Acme", "acme-widgets.example"), ("Rival", "rival.test")))
    facts.link("https://blog.test/a", "https://acme-widgets.example/b", anchor="Acme")
    facts.store(sqlite_database)
    (row,) = quality.factors(sqlite_database, frames.world(sqlite_database))
    assert (row.source, row.anchor_class) == ("blog.test", "branded")


def test_a_link_from_every_page_of_a_site_is_sitewide(sqlite_database: Engine) -> None:
    facts = Facts()
    for i in range(25):
        facts.link(f"https://wide.com/{i}", "https://norvane.com/", anchor="crm tool")
        facts.link(f"https://varied.com/{i}", "https://norvane.com/", anchor=f"text {i}")
    facts.store(sqlite_database)
    found = {f.source: f.sitewide for f in quality.factors(sqlite_database, frames.world(sqlite_database))}
    assert found == {"wide.com": True, "varied.com": False}


def test_anchors_are_set_against_the_rivals_by_domain(sqlite_database: Engine) -> None:
    facts = Facts()
    for i in range(30):
        facts.link(f"https://own{i}.com/", "https://norvane.com/", anchor="crm")
        facts.link(f"https://own{i}.com/b", "https://norvane.com/", anchor="crm")
        facts.link(f"https://riv{i}.com/", "https://oltera.com/", anchor="Oltera")
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    found = {
        row.anchor_class: row for row in quality.anchors(world, frames.backlinks(sqlite_database, world))
    }
    assert found["exact"].verdict == "more than rivals"
    assert (found["exact"].own.estimate, found["exact"].own.n) == (1.0, 30)
    assert (found["branded"].verdict, found["generic"].verdict) == ("less than rivals", "like rivals")


def test_decisions_are_entries_of_a_disavow_file(database: Engine) -> None:
    Facts().store(database)
    world = frames.world(database)
    assert quality.decide(database, world, "https://www.bad.com/x", "disavow", now=NOW) == "domain:bad.com"
    assert quality.decide(database, world, "links-4421.test", "keep", now=NOW) == "domain:links-4421.test"
    quality.decide(database, world, "domain:bad.com", "keep", note="asked", now=NOW)
    assert frames.disavowed(database, world)["domain:bad.com"] == ("keep", "asked")
    with pytest.raises(UsageError, match="unknown decision 'burn'"):
        quality.decide(database, world, "bad.com", "burn", now=NOW)  # type: ignore[arg-type]


def test_a_brand_without_links_has_no_factors(sqlite_database: Engine) -> None:
    Facts().store(sqlite_database)
    assert quality.factors(sqlite_database, frames.world(sqlite_database)) == []
