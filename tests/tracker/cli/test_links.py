"""The verbs about links as people type them, on files and pages made here; no test leaves this machine."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from pytest_httpserver import HTTPServer
from sqlalchemy import Engine, func
from sqlmodel import col, select

from tests.tracker.cli.calling import invoke
from tracker import catalog, domains, sandbox, store
from tracker.errors import CiteliftError, DataError, UsageError
from tracker.links import decisions, releases
from tracker.links.pages import checks, looking
from tracker.links.pages.checks import Due
from tracker.links.pages.look import check
from tracker.links.pages.verdicts import Claim
from tracker.links.web.fetch import Fetched, Fetcher, Policy
from tracker.mentions import BrandNames, Finder
from tracker.models import (
    AuthorityList,
    AuthorityValue,
    DisavowEntry,
    Domain,
    PageCheck,
    PageLink,
    WebEdge,
)
from tracker.store import open_database

BRANDS = """workspace: w
brands:
  - {name: Norvane, domains: [norvane.com], own: true}
  - {name: Quellby, domains: [quellby.com]}
"""
HEADER = "source_url,target_url,anchor,rel,first_seen,last_seen,lost_at\n"
RELEASE = "cc-main-2026-jul-aug-sep"
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
Cite = Callable[..., Result]


@pytest.fixture
def cite(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Cite:
    """Runs one command against a catalog of two brands; an error of ours is raised as it is."""
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "brands.yaml").write_text(BRANDS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CITELIFT_DATABASE_URL", database_url)

    def call(*words: object, code: int = 0) -> Result:
        result = invoke(*words)
        if isinstance(result.exception, CiteliftError):
            raise result.exception
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return call


@pytest.fixture
def db(cite: Cite, database_url: str) -> Any:
    engine = open_database(database_url)
    yield engine
    engine.dispose()


def count(database: Engine, table: type) -> int:
    with store.reading(database) as session:
        return session.exec(select(func.count()).select_from(table)).one()


def links_file(folder: Path, name: str, *sources: str) -> Path:
    path = folder / name
    rows = "".join(f"{source},https://norvane.com/,Norvane,,2026-01-01,2026-06-01,\n" for source in sources)
    path.write_text(HEADER + rows)
    return path


def import_links(cite: Cite, path: Path, day: str = "2026-06-01") -> None:
    cite("import", "links", path, "--as-of", day, "--vendor", "own", "--scope", "all")


# --- imports and snapshots ----------------------------------------------------------------------------------


def test_links_are_stored_once_and_a_dry_run_stores_nothing(cite: Cite, tmp_path: Path) -> None:
    path = links_file(tmp_path, "a.csv", "https://one.com/x", "https://two.com/y")
    shown = cite("import", "links", path, "--dry-run")
    assert "Nothing was stored" in shown.stdout
    first = json.loads(cite("import", "links", path, "--as-of", "2026-06-01", "--json").stdout)
    again = json.loads(cite("import", "links", path, "--as-of", "2026-06-01", "--json").stdout)
    assert (first["read"], first["stored"], again["stored"]) == (2, 2, 0)


def test_what_is_to_be_known_of_a_file_is_said_once(cite: Cite, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes((HEADER + "https://one.com/x,https://norvane.com/,café,,,,\n").encode("cp1252"))
    for words in (("--dry-run",), ()):
        said = cite("import", "links", path, *words).stderr.split("note: ")[1:]
        assert len(set(said)) == len(said) > 0


def test_rejected_rows_are_shown_with_their_lines_and_the_exit_code_is_3(cite: Cite, tmp_path: Path) -> None:
    path = links_file(tmp_path, "a.csv", "https://one.com/x", "not a url at all")
    result = cite("import", "links", path, "--as-of", "2026-06-01", code=3)
    assert "line 3" in result.stderr


def test_an_authority_list_is_stored_once_with_its_name_and_day(cite: Cite, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("domain,subnets\none.com,10\ntwo.com,20\n")
    words = ("--metric", "subnets", "--domain-column", "domain", "--value-column", "subnets")
    first = json.loads(cite("import", "authority", path, *words, "--as-of", "2026-06-01", "--json").stdout)
    again = json.loads(cite("import", "authority", path, *words, "--as-of", "2026-06-01", "--json").stdout)
    assert (first["stored"], again["stored"], again["already_there"]) == (2, 0, 2)


def test_snapshots_name_what_came_and_went_between_two_full_exports(cite: Cite, tmp_path: Path) -> None:
    import_links(cite, links_file(tmp_path, "a.csv", "https://one.com/x", "https://two.com/y"), "2026-05-01")
    assert "Nothing to compare" in cite("snapshots").stdout
    newer = links_file(tmp_path, "b.csv", "https://two.com/y", "https://three.com/z")
    newer.write_text(
        newer.read_text().replace(
            "three.com/z,https://norvane.com/,Norvane,,2026-01-01",
            "three.com/z,https://norvane.com/,Norvane,,2026-05-20",
        )
    )
    import_links(cite, newer, "2026-06-01")
    (row,) = json.loads(cite("snapshots", "--json").stdout)["rows"]
    assert (row["target"], row["new"], row["lost"], row["late_finds"]) == ("norvane.com", 1, 1, 0)
    assert {(c["kind"], c["source"]) for c in row["changes"]} == {("new", "three.com"), ("lost", "one.com")}
    shown = cite("snapshots", "--links").stdout
    assert "https://three.com/z" in shown
    assert "https://one.com/x" in shown


# --- the web graph ------------------------------------------------------------------------------------------


def ranks_file(folder: Path) -> Path:
    path = folder / "ranks.txt.gz"
    names = ["com.one", "com.norvane", "com.unrelated", "com.two"]
    rows = [f"{n}\t{10.0 - n}\t{5 - n}\t{0.1 * n}\t{name}\t{n}" for n, name in enumerate(names, 1)]
    head = "#harmonicc_pos\t#harmonicc_val\t#pr_pos\t#pr_val\t#host_rev\t#n_hosts"
    path.write_bytes(gzip.compress("\n".join([head, *rows, ""]).encode()))
    return path


def test_ranks_of_our_domains_become_authority_lists_and_a_repetition_changes_nothing(
    cite: Cite, db: Engine, tmp_path: Path
) -> None:
    import_links(cite, links_file(tmp_path, "a.csv", "https://one.com/x", "https://www.two.com/y"))
    for _ in range(2):
        said = json.loads(
            cite("webgraph", "ranks", ranks_file(tmp_path), "--release", RELEASE, "--json").stdout
        )
        assert (said["as_of"], said["domains"], said["missing"]) == ("2026-09-30", 4, ["quellby.com"])
    with store.reading(db) as session:
        lists = {each.metric: each for each in session.exec(select(AuthorityList))}
        values = session.exec(
            select(AuthorityList.metric, Domain.name, AuthorityValue.value)
            .join(AuthorityValue, col(AuthorityValue.list_id) == col(AuthorityList.id))
            .join(Domain, col(Domain.id) == col(AuthorityValue.domain_id))
        ).all()
    assert set(lists) == {
        "cc_harmonic_position",
        "cc_pagerank_position",
        "cc_harmonic_percentile",
        "cc_pagerank_percentile",
    }
    assert all((each.rows, each.higher_is_better) == (3, False) for each in lists.values())
    assert {each.as_of for each in lists.values()} == {date(2026, 9, 30)}
    found = {(metric, name): value for metric, name, value in values}
    assert found[("cc_harmonic_position", "norvane.com")] == 2
    assert found[("cc_pagerank_position", "norvane.com")] == 3
    assert found[("cc_harmonic_percentile", "two.com")] == 1.0
    assert not any(name == "unrelated.com" for _, name in found)


def test_an_extract_gives_positions_and_percentiles_only_with_the_total(
    cite: Cite, db: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "top.csv"
    path.write_text("hc_pos,hc_val,pr_pos,pr_val,host_rev\n7,1.5,9,0.1,com.norvane\n")
    cite("webgraph", "ranks", path, "--release", RELEASE)
    with store.reading(db) as session:
        assert len(session.exec(select(AuthorityList)).all()) == 2
    cite("webgraph", "ranks", path, "--release", RELEASE, "--total", "1000")
    with store.reading(db) as session:
        lists = {each.metric: each.id for each in session.exec(select(AuthorityList))}
        value = session.get_one(
            AuthorityValue, (lists["cc_harmonic_percentile"], domains.domain_id("norvane.com"))
        )
    assert value.value == 0.007


def graph_files(folder: Path) -> tuple[Path, Path]:
    names = ["com.google", "com.norvane", "com.one", "com.two", "org.far"]
    vertices, edges = folder / "vertices.txt.gz", folder / "edges.txt.gz"
    vertices.write_bytes(gzip.compress("".join(f"{n}\t{x}\t{n + 1}\n" for n, x in enumerate(names)).encode()))
    pairs = [(2, 1), (3, 1), (4, 1), (1, 2), (4, 3), (2, 4)]
    edges.write_bytes(gzip.compress("".join(f"{a}\t{b}\n" for a, b in pairs).encode()))
    return vertices, edges


def test_edges_to_our_domains_are_stored_and_a_repetition_stores_none_twice(
    cite: Cite, db: Engine, tmp_path: Path
) -> None:
    import_links(cite, links_file(tmp_path, "a.csv", "https://one.com/x"))
    vertices, edges = graph_files(tmp_path)
    for _ in range(2):
        said = json.loads(cite("webgraph", "edges", vertices, edges, "--release", RELEASE, "--json").stdout)
        assert said["edges"] == 4
    with store.reading(db) as session:
        names = {each.id: each.name for each in session.exec(select(Domain))}
        stored = session.exec(select(WebEdge)).all()
        shares = session.exec(select(AuthorityList)).one()
    pairs = {(names[e.source_domain_id], names[e.target_domain_id]) for e in stored}
    assert pairs == {
        ("one.com", "norvane.com"),
        ("two.com", "norvane.com"),
        ("far.org", "norvane.com"),
        ("norvane.com", "one.com"),
    }
    assert {e.release for e in stored} == {RELEASE}
    assert (shares.metric, shares.higher_is_better, shares.rows) == ("cc_linking_share", True, 2)


def test_edges_of_a_damaged_file_leave_nothing_behind(cite: Cite, db: Engine, tmp_path: Path) -> None:
    vertices, edges = graph_files(tmp_path)
    edges.write_bytes(edges.read_bytes()[:-12])
    with pytest.raises(DataError):
        cite("webgraph", "edges", vertices, edges, "--release", RELEASE)
    assert count(db, WebEdge) == count(db, AuthorityList) == 0


@pytest.mark.parametrize(
    ("release", "day"),
    [
        ("cc-main-2026-jul-aug-sep", date(2026, 9, 30)),
        ("cc-main-2017-18-nov-dec-jan", date(2018, 1, 31)),
        ("cc-main-2024-feb", date(2024, 2, 29)),
        ("CC-MAIN-2025-26-nov-dec-jan", date(2026, 1, 31)),
    ],
)
def test_a_release_says_its_own_day(release: str, day: date) -> None:
    assert releases.day_of(release) == day


@pytest.mark.parametrize("release", ["mine", "cc-main-2026", "cc-main-2026-foo", ""])
def test_a_release_without_months_needs_a_day(release: str) -> None:
    with pytest.raises(UsageError, match="does not say its months"):
        releases.day_of(release)


def test_a_ranks_file_that_is_none_is_refused(cite: Cite, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("hello\n")
    with pytest.raises(DataError, match="no ranks file"):
        cite("webgraph", "ranks", path, "--release", RELEASE)


# --- disavow ------------------------------------------------------------------------------------------------


def test_decisions_come_from_files_and_words_and_leave_as_googles_file(cite: Cite, tmp_path: Path) -> None:
    cite("disavow", "add", "domain:good.com", "--keep", "--note", "a partner")
    old = tmp_path / "old.txt"
    old.write_text("# spam of spring\ndomain:bad.com\nhttps://bad.com/page\ndomain:good.com\nworse.com\n")
    said = json.loads(cite("disavow", "import", old, "--json", code=3).stdout)
    assert (said["read"], said["stored"], said["already_there"], said["rejected"]) == (4, 2, 0, 1)
    assert said["kept"] == ["domain:good.com"]
    again = json.loads(cite("disavow", "import", old, "--json", code=3).stdout)
    assert (again["stored"], again["already_there"]) == (0, 2)
    cite("disavow", "add", "https://ugly.com/a?b=1")
    assert cite("disavow", "export").stdout == (
        "# written by citelift\ndomain:bad.com\nhttps://ugly.com/a?b=1\n"
    )
    other = tmp_path / "other.txt"
    other.write_text("# of an agency\ndomain:ugly.com\ndomain:good.com\n")
    target = tmp_path / "merged.txt"
    assert "2 entries" in cite("disavow", "merge", other, "--output", target).stdout
    assert target.read_text() == "# written by citelift\n# of an agency\ndomain:bad.com\ndomain:ugly.com\n"
    listed = json.loads(cite("disavow", "export", "--json").stdout)
    assert listed["entries"] == ["domain:bad.com", "https://ugly.com/a?b=1"]


def test_the_last_decision_counts_and_a_bad_entry_stores_nothing(cite: Cite, db: Engine) -> None:
    cite("disavow", "add", "domain:bad.com")
    cite("disavow", "add", "domain:bad.com", "--keep")
    with pytest.raises(UsageError, match="no path"):
        cite("disavow", "add", "domain:worse.com", "domain:x.com/path")
    with store.reading(db) as session:
        assert [(e.entry, e.decision) for e in session.exec(select(DisavowEntry))] == [
            ("domain:bad.com", "keep")
        ]
    assert cite("disavow", "export").stdout == "# written by citelift\n"


def test_a_kept_page_of_a_disavowed_domain_is_named(cite: Cite) -> None:
    cite("disavow", "add", "https://bad.com/fine", "--keep")
    cite("disavow", "add", "domain:bad.com")
    assert "https://bad.com/fine is kept, but" in cite("disavow", "export").stderr


def test_an_unknown_decision_is_refused(cite: Cite, db: Engine) -> None:
    with store.writing(db) as session, pytest.raises(UsageError, match="keep, disavow"):
        decisions.decide(session, 1, ["domain:a.com"], "maybe", now=NOW)  # type: ignore[arg-type]


# --- pages --------------------------------------------------------------------------------------------------


def test_pages_need_a_contact_and_one_kind(cite: Cite) -> None:
    with pytest.raises(UsageError, match="there is no contact"):
        cite("pages", "check")
    with pytest.raises(UsageError, match="leave nothing out"):
        cite("pages", "check", "--cited", "--linking", "--contact", "https://norvane.com/bot")
    with pytest.raises(UsageError, match="no address at which"):
        cite("pages", "check", "--contact", "somebody")


def test_nothing_due_is_said(cite: Cite) -> None:
    assert "No page is due" in cite("pages", "check", "--contact", "mailto:x@norvane.com").stdout


def test_a_page_that_may_not_be_fetched_is_a_row_and_not_due_again(
    cite: Cite, db: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_links(cite, links_file(tmp_path, "a.csv", "https://127.0.0.1/x"))
    monkeypatch.setenv("CITELIFT_USER_AGENT_CONTACT", "https://norvane.com/bot")
    (row,) = json.loads(cite("pages", "check", "--linking", "--json").stdout)["rows"]
    assert row["state"] == "refused"
    assert re.search("address|private|loopback|not_global", row["reason"])
    assert count(db, PageCheck) == 1
    assert json.loads(cite("pages", "check", "--json").stdout) == {"rows": []}
    assert "refused" in cite("pages", "check", "--min-age", "0").stdout
    assert json.loads(cite("pages", "check", "--cited", "--min-age", "0", "--json").stdout) == {"rows": []}


def test_links_and_unlinked_names_are_stored_and_a_lost_link_is_lost_when_seen_twice(
    cite: Cite, db: Engine, tmp_path: Path, httpserver: HTTPServer
) -> None:
    page = f"http://pages.example.com:{httpserver.port}/list"
    with store.writing(db) as session:
        workspace_id = catalog.sync(session, catalog.load(tmp_path / "prompts", need="brands"))
    policy = Policy(
        "https://norvane.com/bot",
        resolver=lambda host, port: ["127.0.0.1"],
        allowed=frozenset({("127.0.0.1", httpserver.port)}),
        delay_seconds=0,
        sleep=lambda _: None,
    )
    body = "<main><p>We like <a href='https://norvane.com/'>Norvane</a> and Quellby.</p></main>"
    states = []
    for day, html in ((0, body), (1, "<p>gone</p>"), (5, "<p>gone</p>")):
        httpserver.clear()
        httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
        httpserver.expect_request("/list").respond_with_data(html, content_type="text/html")
        at = NOW + timedelta(days=day)
        due = [Due(domains.page_id(domains.parse(page).canonical), page)]
        (looked,) = looking.look(db, workspace_id, due, Fetcher(policy), at=at)
        said = looked.as_json()
        states.append([(v["brand"], v["link"], v["reason"]) for v in said["verdicts"]])
        if day == 0:
            assert said["state"] == "fetched", said
            assert [(link["brand"], link["placement"]) for link in said["links"]] == [("Norvane", "content")]
            assert said["named_without_link"] == ["Quellby"]
    assert states == [
        [("Norvane", "live", None)],
        [("Norvane", "suspected", "removed")],
        [("Norvane", "lost", "removed")],
    ]
    assert (count(db, PageCheck), count(db, PageLink)) == (3, 1)


def test_imports_are_listed_taken_back_and_given_another_scope(cite: Cite, tmp_path: Path) -> None:
    import_links(cite, links_file(tmp_path, "a.csv", "https://one.com/x", "https://two.com/y"), "2026-05-01")
    later = links_file(tmp_path, "b.csv", "https://two.com/y")
    told = cite("import", "links", later, "--as-of", "2026-06-01", "--vendor", "own").stderr
    (number,) = re.findall(r"citelift import rescope (\d+) all", " ".join(told.split()))
    cite("import", "rescope", number, "all")
    newest, oldest = json.loads(cite("import", "list", "--json").stdout)["rows"]
    assert (newest["file"], newest["scope"], newest["stored"], oldest["stored"]) == ("b.csv", "all", 1, 2)
    shown = json.loads(cite("import", "rescope", newest["import_id"], "sample", "--json").stdout)
    assert (shown["scope"], [each["scope"] for each in shown["rescoped"]]) == ("sample", ["unknown", "all"])
    assert "Nothing to compare" in cite("snapshots").stdout
    undone = json.loads(cite("import", "undo", newest["import_id"], "--json").stdout)
    assert (undone["links"], undone["file"]) == (1, "b.csv")
    assert "is taken back" in cite("import", "undo", oldest["import_id"]).stdout


def test_the_evidence_on_a_link_names_its_witnesses_and_their_dispute(cite: Cite, tmp_path: Path) -> None:
    import_links(cite, links_file(tmp_path, "a.csv", "https://one.com/x", "https://two.com/y"), "2026-05-01")
    gone = links_file(tmp_path, "b.csv", "https://two.com/y")
    import_links(cite, gone, "2026-06-01")
    other = links_file(tmp_path, "c.csv", "https://one.com/x", "https://three.com/x")
    cite("import", "links", other, "--vendor", "semrush", "--scope", "sample", "--as-of", "2026-05-20")
    (row,) = json.loads(cite("links", "evidence", "https://one.com/x", "--json").stdout)["rows"]
    assert (row["live"], row["disputed"], row["witnesses"]) == (
        False,
        True,
        {"own": False, "semrush": True},
    )
    assert "DISPUTED" in cite("links", "evidence", "one.com").stdout
    assert "Nothing is known" in cite("links", "evidence", "nobody.com").stdout


# --- looks --------------------------------------------------------------------------------------------------


def test_verify_says_how_many_remain_and_keeps_a_verdict_for_each(
    cite: Cite, db: Engine, tmp_path: Path
) -> None:
    import_links(cite, links_file(tmp_path, "a.csv", "https://127.0.0.1/x", "https://127.0.0.1/y"))
    told = cite("links", "verify", "--dry-run").stdout
    assert "2 links are claimed on 2 pages; 2 of them are due" in told
    assert "2 pages of 1 hosts" in told
    assert count(db, PageCheck) == 0
    with pytest.raises(UsageError, match="there is no contact"):
        cite("links", "verify")
    contact = ("--contact", "https://norvane.com/bot", "--delay", "0")
    first = json.loads(cite("links", "verify", "--limit", "1", "--json", *contact).stdout)
    assert (first["claimed"], first["remaining"]) == (2, {"links": 1, "pages": 1})
    assert [(row["verdict"], row["reason"]) for row in first["rows"]] == [("unreachable", "loopback_address")]
    assert "None remains" in cite("links", "verify", *contact).stdout
    assert "No page is due" in cite("links", "verify", *contact).stdout
    assert "1 links on 1 pages" not in cite("links", "verify", "--min-age", "0", "--dry-run").stdout
    rows = json.loads(cite("links", "verdicts", "--json").stdout)["rows"]
    assert [(row["url"], row["verdict"]) for row in rows] == [
        ("https://127.0.0.1/x", "unreachable"),
        ("https://127.0.0.1/y", "unreachable"),
    ]


def test_a_simulated_web_is_looked_at_without_a_contact_and_without_a_name_server(
    cite: Cite, tmp_path: Path
) -> None:
    norvane = sandbox.WorldBrand("Norvane", ("norvane.com",), own=True)
    world = sandbox.SimulatedWorld.build([norvane, ("Quellby", ["quellby.com"], False)], [], kind="varied")
    files = sandbox.write_links(world, tmp_path / "exports")
    cite("import", "links", files.ahrefs, "--vendor", "ahrefs", "--as-of", "2026-05-24")
    with sandbox.Sandbox(world) as url:
        told = cite("links", "verify", "--sandbox", url, "--limit", "8", "--min-age", "0", "--json").stdout
    rows = json.loads(told)["rows"]
    assert len(rows) >= 8
    assert {row["verdict"] for row in rows} <= {"live", "live_nofollow", "gone"}
    assert "live" in {row["verdict"] for row in rows}
    with pytest.raises(UsageError, match="needs no browser"):
        cite("links", "verify", "--sandbox", url, "--render")
    with pytest.raises(UsageError, match="is no address of a sandbox"):
        cite("pages", "check", "--sandbox", "https://example.com")


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ((), 3),
        (("--brand", "norvane"), 2),
        (("--brand", "Quellby"), 1),
        (("--from", "two.com"), 2),
        (("--from", "https://two.com/y"), 1),
        (("--from", "nobody.com"), 0),
    ],
)
def test_looks_are_limited_to_a_brand_and_to_where_links_come_from(
    cite: Cite, tmp_path: Path, words: tuple[str, ...], rows: int
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        HEADER
        + "https://one.com/x,https://norvane.com/,N,,,,\n"
        + "https://two.com/y,https://norvane.com/,N,,,,\n"
        + "https://two.com/z,https://quellby.com/,Q,,,,\n"
    )
    import_links(cite, path)
    assert f"{rows} links are claimed" in cite("links", "verify", "--dry-run", *words).stdout


def test_verdicts_listings_and_alerts_leave_as_files_that_no_spreadsheet_runs(
    cite: Cite, db: Engine, tmp_path: Path
) -> None:
    import_links(cite, links_file(tmp_path, "a.csv", "https://one.com/x"))
    pages = ("<p><a href='https://norvane.com/'>=1+1</a> and Quellby</p>", "<main><p>Norvane</p></main>")
    with store.writing(db) as session:
        targets = checks.targets_of(session, 1)
        claims = (Claim(targets[0].brand, "https://norvane.com/"),)
        finder = Finder(
            [BrandNames(each.brand, name) for each, name in zip(targets, ("Norvane", "Quellby"), strict=True)]
        )
        for day, html in enumerate(pages):
            page = Fetched("https://one.com/x", "https://one.com/x", NOW + timedelta(days=day), 200, html)
            checks.save_check(session, 1, check(page, targets=targets, finder=finder), claims)
    (alert, *more) = json.loads(cite("links", "alerts", "--since", "2026-06-01", "--json").stdout)["rows"]
    assert (alert["kind"], alert["before"], [each["kind"] for each in more]) == ("named", "linked", ["lost"])
    assert "Nothing changed" in cite("links", "alerts", "--since", "2026-07-01").stdout
    assert "named" not in cite("links", "alerts", "--since", "2026-06-01", "--kind", "lost").stdout
    (listed,) = json.loads(cite("links", "listings", "--unlinked", "--json").stdout)["rows"]
    assert (listed["brand"], listed["rank"], listed["linked"]) == ("Norvane", 1, False)
    out = tmp_path / "verdicts.csv"
    cite("links", "verdicts", "--verdict", "gone", "--csv", out)
    assert out.read_text("utf-8-sig").splitlines()[1].startswith("https://one.com/x,one.com,Norvane")
    cite("links", "listings", "--csv", out)
    for verb, option in (("verdicts", "--verdict"), ("alerts", "--kind")):
        with pytest.raises(UsageError, match="there is no"):
            cite("links", verb, option, "maybe")
