from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from analysis import frames
from analysis.classes import classify
from analysis.classes.classify import Classifier
from analysis.classes.families import UNKNOWN, bands, families
from analysis.frames import BrandFact, World
from tests.facts import Facts
from tracker.errors import CatalogError, UsageError

WORLD = World(
    1,
    "w",
    (
        BrandFact(1, "Norvane", True, (), ("norvane.com", "norvane.github.io"), ()),
        BrandFact(2, "Oltera", False, (), ("oltera.com",), ()),
    ),
    {},
    {},
)


@pytest.mark.parametrize(
    ("name", "kind", "basis"),
    [
        ("norvane.com", "you", "catalog"),
        ("norvane.github.io", "you", "catalog"),
        ("other.github.io", "other", "nothing known"),
        ("oltera.com", "rival", "catalog"),
        ("reddit.com", "community", "list"),
        ("wikipedia.org", "reference", "list"),
        ("youtube.com", "video", "list"),
        ("linkedin.com", "social", "list"),
        ("nytimes.com", "editorial", "list"),
        ("shopify.com", "corporate", "list"),
        ("mit.edu", "institutional", "rule"),
        ("ox.ac.uk", "institutional", "rule"),
        ("education.gouv.fr", "institutional", "rule"),
        ("educom.com", "other", "nothing known"),
        ("thedailybugle.co.uk", "editorial", "rule"),
        ("opsforum.net", "community", "rule"),
        ("stadtwiki.de", "reference", "rule"),
        ("unicorn.com", "other", "nothing known"),
        ("timeshare.com", "other", "nothing known"),
        ("wordpress.com", "other", "nothing known"),
    ],
)
def test_domains_are_classified_by_the_first_thing_that_speaks(name: str, kind: str, basis: str) -> None:
    found = Classifier.of(WORLD).domain(name)
    assert (found.kind, found.basis) == (kind, basis)
    assert found.evidence


@pytest.mark.parametrize(
    ("pages", "kind"),
    [
        (["article"] * 3, "editorial"),
        (["article", "listicle", "product"], "editorial"),
        (["product"] * 4 + ["article"] * 3, "corporate"),
        (["discussion"] * 3, "community"),
        (["article"] * 2, "other"),
        (["article", "product", "other", "other"], "other"),
    ],
)
def test_cited_pages_speak_for_a_domain_when_most_of_them_agree(pages: list[str], kind: str) -> None:
    assert Classifier.of(WORLD).domain("quietplace.com", pages).kind == kind


@pytest.mark.parametrize(
    ("url", "title", "kind"),
    [
        ("https://a.com/", None, "homepage"),
        ("https://a.com/de/", None, "homepage"),
        ("https://a.com/2026/03/12/some-story", None, "article"),
        ("https://a.com/blog/a-post", None, "article"),
        ("https://a.com/why-small-teams-need-a-crm", None, "article"),
        ("https://a.com/x", "10 Best CRM Tools for 2026", "listicle"),
        ("https://a.com/top-10-crms", None, "listicle"),
        ("https://a.com/norvane-vs-oltera", None, "comparison"),
        ("https://a.com/x", "Norvane vs. Oltera", "comparison"),
        ("https://a.com/alternatives/oltera", None, "comparison"),
        ("https://a.com/pricing", None, "product"),
        ("https://shop.a.com/products/blue-shoe", None, "product"),
        ("https://a.com/category/shoes", None, "category"),
        ("https://www.reddit.com/r/crm/comments/1abc/which/", None, "discussion"),
        ("https://forum.a.com/x", None, "discussion"),
        ("https://a.com/forum/thread-12", None, "discussion"),
        ("https://stackoverflow.com/questions/1/x", None, "discussion"),
        ("https://www.linkedin.com/in/someone", None, "profile"),
        ("https://a.com/@someone", None, "profile"),
        ("https://docs.a.com/start", None, "documentation"),
        ("https://a.com/help/billing", None, "documentation"),
        ("https://a.com/xyz", None, "other"),
        ("no address", None, "other"),
    ],
)
def test_pages_are_classified_by_address_and_title(url: str, title: str | None, kind: str) -> None:
    assert Classifier.of(WORLD).page(url, title).kind == kind


def test_a_persons_decision_wins_and_stays(database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", cited=["https://www.reddit.com/r/x"])
    facts.store(database)
    world = frames.world(database)
    classify.decide(database, world, "https://www.reddit.com/", "social")
    classify.decide(database, world, "reddit.com", "editorial")
    decided = frames.domain_kinds(database, world)
    assert Classifier.of(world, decided=decided).domain("reddit.com").kind == "editorial"
    with pytest.raises(UsageError, match="no class 'nice'"):
        classify.decide(database, world, "reddit.com", "nice")


def test_a_users_own_files_are_read_instead(tmp_path: Path) -> None:
    (tmp_path / "domains.csv").write_text("domain,kind,note\nquietplace.com,editorial,we know it\n")
    found = Classifier.of(WORLD, folder=tmp_path)
    assert found.domain("quietplace.com").basis == "list"
    assert found.domain("reddit.com").kind == "other"
    assert found.domain("mit.edu").kind == "institutional"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("domains.csv", "domain,kind\na.com,nice\n", "domains.csv:2"),
        ("rules.yaml", "domains: [{kind: nice, name: x}]", "kind 'nice'"),
        ("rules.yaml", "pages: [{kind: article, path: '('}]", "is no pattern"),
        ("rules.yaml", "pages: [{kind: article, colour: red}]", "colour is not known"),
        ("rules.yaml", "pages: [\n", "is not YAML"),
        ("domains.csv", "domain,kind\ncafé.fr,editorial\n", "is not UTF-8"),
        ("rules.yaml", "- kind: article\n", "has another form"),
        ("rules.yaml", "domains: [editorial]\n", "rule 1 is no rule"),
        ("rules.yaml", "by_pages: {least: many}\n", "by_pages has another form"),
        ("rules.yaml", "by_pages: {kinds: {nice: [article]}}\n", "by_pages has another form"),
        ("rules.yaml", "domains: [{kind: editorial, because: café, name: x}]", "is not UTF-8"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text, encoding="cp1252")
    with pytest.raises(CatalogError, match=message):
        classify.load(tmp_path)


def test_families_are_type_and_third_of_authority(sqlite_database: Engine) -> None:
    facts = Facts()
    names = ["reddit.com", "quora.com", "wikipedia.org", "nobody.com"]
    facts.authority("trust", {"reddit.com": 9, "quora.com": 5, "wikipedia.org": 1})
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    assert families(sqlite_database, world)(names) == [
        "community, upper authority",
        "community, middle authority",
        "reference, lower authority",
        f"other, {UNKNOWN}",
    ]


def test_without_a_list_the_type_alone_is_the_family(sqlite_database: Engine) -> None:
    Facts().store(sqlite_database)
    assert families(sqlite_database, frames.world(sqlite_database))(["reddit.com"]) == ["community"]
    assert bands(np.array([])) == []


def test_a_site_has_one_class_wherever_it_is_shown(database: Engine) -> None:
    facts = Facts()
    for number in range(3):
        facts.answer(
            "best crm", cited=[f"https://quietplace.com/blog/best-{number}-crm-tools"], repeat=number
        )
    facts.store(database)
    world = frames.world(database)
    found = classify.labels(database, world, ["quietplace.com", "reddit.com", "neverseen.net"])
    assert {name: label.kind for name, label in found.items()} == {
        "quietplace.com": "editorial",
        "reddit.com": "community",
        "neverseen.net": "other",
    }
    assert found["quietplace.com"].basis == "cited pages"
    assert families(database, world)(["quietplace.com"]) == ["editorial"]
    classify.decide(database, world, "quietplace.com", "corporate")
    assert classify.labels(database, world, ["quietplace.com"])["quietplace.com"].kind == "corporate"
    assert families(database, world)(["quietplace.com"]) == ["corporate"]


def test_the_lists_of_a_catalog_reach_the_families(sqlite_database: Engine, tmp_path: Path) -> None:
    Facts().store(sqlite_database)
    assert classify.own_folder(tmp_path) is None
    (tmp_path / "classes").mkdir()
    (tmp_path / "classes" / "domains.csv").write_text("domain,kind\nquietplace.com,institutional\n")
    folder = classify.own_folder(tmp_path)
    named = families(sqlite_database, frames.world(sqlite_database), folder=folder)
    assert named(["quietplace.com", "reddit.com"]) == ["institutional", "other"]
