"""The whole web graph from the command line: built, ranked, asked, compared, and stored for our domains."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from tests.tracker.cli.test_links import RELEASE, Cite, cite, db, import_links, links_file
from tests.tracker.links.webgraph.graphs import write_graph
from tracker import domains, store
from tracker.errors import DataError, UsageError
from tracker.models import AuthorityList, AuthorityValue, Domain, WebEdge

__all__ = ["cite", "db"]
NAMES = ["com.google", "com.norvane", "com.one", "com.quellby", "com.two", "org.far", "org.far", "org.new"]
GOOGLE, NORVANE, ONE, QUELLBY, TWO, FAR, FAR_AGAIN, NEW = range(8)
LINKS = [
    (GOOGLE, NORVANE),
    (ONE, NORVANE),
    (ONE, QUELLBY),
    (QUELLBY, TWO),
    (TWO, QUELLBY),
    (FAR, QUELLBY),
    (FAR_AGAIN, NORVANE),
    (NEW, QUELLBY),
]


def build(cite: Cite, folder: Path, name: str = "webgraph", edges: list[tuple[int, int]] = LINKS) -> None:
    vertices, links = write_graph(folder / f"{name}-files", NAMES, sorted(edges), "txt.gz")
    words = ("--release", RELEASE, "--into", name, "--transpose", "--json")
    said = json.loads(cite("webgraph", "build", vertices[0], links[0], *words).stdout)
    assert (said["domains"], said["links"], said["repeated_names"]) == (8, len(edges), 1)
    assert (said["release"], said["transposed"]) == (RELEASE, True)


def read(cite: Cite, *words: object) -> dict:  # type: ignore[type-arg]
    return json.loads(cite("webgraph", *words, "--json").stdout)  # type: ignore[no-any-return]


def test_a_graph_is_built_asked_and_compared(cite: Cite, tmp_path: Path) -> None:
    """One journey, since each command takes a while to start."""
    import_links(cite, links_file(tmp_path, "a.csv", "https://one.com/x"))
    build(cite, tmp_path)
    said = read(cite, "links", "quellby.com", "absent.org")
    assert [(c["domain"], c["linking"], c["infrastructure"]) for c in said["counts"]] == [
        ("quellby.com", 4, 0)
    ]
    assert (said["ordered_by"], said["missing"]) == (None, ["absent.org"])
    assert {row["domain"] for row in said["rows"]} == {"one.com", "two.com", "far.org", "new.org"}

    with pytest.raises(UsageError, match="trust needs seeds"):
        cite("webgraph", "rank", "--metric", "trustrank")
    (tmp_path / "seeds.txt").write_text("# trusted\none.com\n\ngone.example  # not there\n")
    said = read(cite, "rank", "--metric", "trustrank", "--seed", "@seeds.txt", "--no-store")
    assert (said["made"]["key"]["seeds"], said["made"]["key"]["absent"], said["rows"]) == (1, 1, [])
    said = read(cite, "rank")
    assert [row["metric"] for row in said["rows"]] == [
        "webgraph_pagerank_position",
        "webgraph_pagerank_percentile",
    ]
    assert duckdb.execute(f"SELECT count(*) FROM '{said['file']}'").fetchone() == (8,)
    said = read(cite, "gap", "--vs", "Quellby")
    # far.org links to norvane.com too, under its other id
    assert {row["domain"] for row in said["rows"]} == {"two.com", "new.org"}, (
        "far.org links under its other id"
    )
    positions = [row["position"] for row in said["rows"]]
    assert (said["ordered_by"], positions) == ("pagerank", sorted(positions))
    assert said == read(cite, "gap", "--vs", "quellby.com", "--own", "norvane.com")
    with pytest.raises(DataError, match="is not in"):
        cite("webgraph", "gap", "--vs", "absent.org")

    later = [edge for edge in LINKS if edge != (TWO, QUELLBY)] + [(NORVANE, QUELLBY), (ONE, TWO)]
    build(cite, tmp_path, "later", later)
    rows = {row["domain"]: row for row in read(cite, "diff", "webgraph", "later")["rows"]}
    assert (rows["quellby.com"]["new"], rows["quellby.com"]["lost"]) == (["norvane.com"], ["two.com"])
    assert (rows["norvane.com"]["before"], rows["norvane.com"]["new"], rows["norvane.com"]["not_seen"]) == (
        3,
        [],
        [],
    )
    for words in (
        ("links", "quellby.com"),
        ("gap", "--vs", "Quellby"),
        ("diff", "webgraph", "later"),
        ("rank",),
    ):
        assert cite("webgraph", *words).stdout.strip()


def test_watched_domains_are_stored_as_the_files_would_store_them(
    cite: Cite, db: Engine, tmp_path: Path
) -> None:
    import_links(cite, links_file(tmp_path, "a.csv", "https://one.com/x", "https://far.org/y"))
    build(cite, tmp_path)
    from_graph = read(cite, "links")
    stored = edges_of(db)
    assert ("one.com", "norvane.com") in stored
    assert not any(source == "google.com" for source, _ in stored)
    files = [tmp_path / "webgraph-files" / f"g-domain-{kind}.txt.gz" for kind in ("vertices", "edges-0")]
    assert read(cite, "edges", *files, "--release", RELEASE) == from_graph
    assert edges_of(db) == stored
    said = cite("webgraph", "rank", "--metric", "harmonic")
    assert "far.org stands in the release more than once" in said.stderr
    with store.reading(db) as session:
        lists = {each.metric: each for each in session.exec(select(AuthorityList))}
        key = (lists["webgraph_harmonic_percentile"].id, domains.domain_id("norvane.com"))
        value = session.get_one(AuthorityValue, key).value
    assert {"cc_linking_share", "webgraph_harmonic_position", "webgraph_harmonic_percentile"} == set(lists)
    assert 0 < value <= 3 / 8
    assert lists["webgraph_harmonic_position"].source == f"Ranked here from the web graph {RELEASE}"


def edges_of(db: Engine) -> set[tuple[str, str]]:
    with store.reading(db) as session:
        names = {each.id: each.name for each in session.exec(select(Domain))}
        rows = session.exec(select(WebEdge).order_by(col(WebEdge.source_domain_id))).all()
    return {(names[each.source_domain_id], names[each.target_domain_id]) for each in rows}


def test_without_a_graph_the_command_that_builds_one_is_named(cite: Cite) -> None:
    with pytest.raises(UsageError, match="webgraph build VERTICES EDGES"):
        cite("webgraph", "links", "one.com")
