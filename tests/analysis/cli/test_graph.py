"""The graph of links from the command line, on a graph small enough to draw."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.analysis.cli.test_answers import read, run
from tests.facts import Facts
from tracker.errors import DataError, UsageError

EDGES = [
    ("hub.com", "norvane.com"),
    ("hub.com", "oltera.com"),
    ("news.com", "oltera.com"),
    ("news.com", "quillo.io"),
    ("news.com", "hub.com"),
    ("good.org", "news.com"),
    *permutations(("ring1.net", "ring2.net", "ring3.net"), 2),
    ("ring1.net", "norvane.com"),
]


@pytest.fixture
def address(sqlite_database: Engine) -> str:
    facts = Facts()
    for source, target in EDGES:
        facts.link(f"https://{source}/page", f"https://{target}/")
    facts.link("https://gone.com/page", "https://norvane.com/", lost=None, link_type="mention")
    facts.store(sqlite_database)
    return sqlite_database.url.render_as_string(hide_password=False)


def test_what_is_around_a_domain_has_distances_and_edges(address: str) -> None:
    found = read(address, "graph", "around", "https://www.norvane.com/x")
    assert found["centres"] == ["norvane.com"]
    assert {row["domain"]: row["distance"] for row in found["rows"]} == {
        "norvane.com": 0,
        "hub.com": 1,
        "ring1.net": 1,
    }
    far = read(address, "graph", "around", "norvane.com", "--radius", "2")
    assert {row["domain"] for row in far["rows"] if row["distance"] == 2} == {
        "news.com",
        "oltera.com",
        "ring2.net",
        "ring3.net",
    }
    assert {(e["source"], e["target"]) for e in found["edges"]} == {
        ("hub.com", "norvane.com"),
        ("ring1.net", "norvane.com"),
    }


def test_the_brands_are_the_centres_where_none_is_named(address: str) -> None:
    assert set(read(address, "graph", "around")["centres"]) == {"norvane.com", "oltera.com", "quillo.io"}


def test_the_shortest_way_is_found_and_none_is_no_failure(address: str) -> None:
    found = read(address, "graph", "paths", "good.org", "norvane.com")
    assert found["rows"] == [{"links": 3, "path": ["good.org", "news.com", "hub.com", "norvane.com"]}]
    assert read(address, "graph", "paths", "norvane.com", "good.org")["rows"] == []


def test_a_ring_is_named_with_who_links_to_it(address: str) -> None:
    (ring,) = read(address, "graph", "rings")["rows"]
    assert ring == {
        "members": ["ring1.net", "ring2.net", "ring3.net"],
        "links": 6,
        "linked_from_outside_by": 0,
    }


def test_every_domain_is_in_one_community(address: str) -> None:
    parts = [set(row["domains"]) for row in read(address, "graph", "communities")["rows"]]
    assert {"ring1.net", "ring2.net", "ring3.net"} <= max(parts, key=lambda part: "ring1.net" in part)
    assert sum(map(len, parts)) == len(set().union(*parts)) == 9


def test_the_gap_holds_who_links_to_rivals_only(address: str) -> None:
    assert read(address, "graph", "gap")["rows"] == [
        {"source": "news.com", "rivals": ["Oltera", "Quillo"], "links": 2}
    ]
    assert read(address, "graph", "gap", "--rivals", "3")["rows"] == []


def test_trust_flows_from_the_seed_alone(address: str, tmp_path: Path) -> None:
    found = read(address, "authority", "--metric", "trustrank", "--seed", "good.org")
    trust = {row["domain"]: row["value"] for row in found["rows"]}
    assert sum(trust.values()) == pytest.approx(1, abs=1e-5)
    assert trust["ring1.net"] == 0
    assert trust["news.com"] == pytest.approx(0.85 * trust["good.org"], rel=1e-4)
    assert trust["hub.com"] == pytest.approx(0.85 * trust["news.com"] / 3, rel=1e-4)
    seeds = tmp_path / "seeds.txt"
    seeds.write_text("# good\nhttps://good.org/about\nnowhere.org\n")
    again = read(address, "authority", "--metric", "trustrank", "--seed", f"@{seeds}")
    assert (again["rows"], again["absent"]) == (found["rows"], ["nowhere.org"])


def test_spam_mass_is_all_of_a_ring_that_no_good_site_reaches(address: str) -> None:
    found = read(address, "authority", "--metric", "spam_mass", "--seed", "good.org")
    mass = {row["domain"]: row for row in found["rows"]}
    assert mass["ring2.net"]["value"] == pytest.approx(1)
    assert mass["ring2.net"]["suspect"] is True
    assert mass["news.com"]["value"] < 0
    assert "ring1.net" in run(address, "authority", "--metric", "spam_mass", "--seed", "good.org")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("authority", "--metric", "trustrank"), UsageError),
        (("authority", "--metric", "pagerank", "--seed", "good.org"), UsageError),
        (("authority", "--metric", "trustrank", "--seed", "nowhere.org"), DataError),
        (("authority", "--metric", "trustrank", "--seed", "@missing.txt"), DataError),
        (("graph", "paths", "not a domain", "norvane.com"), UsageError),
    ],
)
def test_what_cannot_be_answered_says_why(
    address: str, words: tuple[str, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        run(address, *words)


def test_without_links_there_is_nothing_to_draw(sqlite_database: Engine) -> None:
    Facts().store(sqlite_database)
    with pytest.raises(DataError, match="no links"):
        run(sqlite_database.url.render_as_string(hide_password=False), "graph", "rings")


def test_tables_are_printed_for_people(address: str) -> None:
    for verb in (("around",), ("rings",), ("communities",), ("gap",), ("paths", "good.org", "norvane.com")):
        assert run(address, "graph", *verb).strip()
