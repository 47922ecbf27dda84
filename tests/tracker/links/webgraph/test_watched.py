"""Ranks and in-edges from files laid out as Common Crawl lays them out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.shared import shared
from tracker import domains
from tracker.errors import CiteliftError, DataError, UsageError
from tracker.links.web.download import local_file
from tracker.links.webgraph import names, scan, watched
from tracker.links.webgraph.scan import Edge, InEdges

VERTICES = (
    "0\tcom.acme\t5\n1\tcom.facebook\t900\n2\tcom.googleapis\t30\n3\tcom.news\t12\n"
    "4\tcom.rival\t4\n5\tio.github\t7000\n6\torg.wiki\t40\n7\tuk.co.daily\t3\n"
)
EDGES = "0\t3\n1\t0\n1\t4\n2\t0\n3\t0\n3\t0\n3\t4\n4\t4\n5\t0\n6\t4\n7\t0\n7\t1\n"
RANKS = "#harmonicc_pos\t#harmonicc_val\t#pr_pos\t#pr_val\t#host_rev\t#n_hosts\n" + "".join(
    f"{position}\t{1e7 / position}\t{9 - position}\t{0.1 / (9 - position)}\t{name}\t{position}\n"
    for position, name in enumerate(
        (
            "com.facebook",
            "com.googleapis",
            "org.wiki",
            "com.news",
            "io.github",
            "com.acme",
            "com.rival",
            "uk.co.daily",
        ),
        1,
    )
)


def put(folder: Path, name: str, text: str | bytes, packed: bool | None = None) -> Path:
    data = text.encode() if isinstance(text, str) else text
    path = folder / name
    path.write_bytes(gzip.compress(data) if (name.endswith(".gz") if packed is None else packed) else data)
    return path


@pytest.fixture(params=["txt", "txt.gz"])
def graph(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    stem = "cc-main-2026-jul-aug-sep-domain"
    return (
        put(tmp_path, f"{stem}-vertices.{request.param}", VERTICES),
        put(tmp_path, f"{stem}-edges.{request.param}", EDGES),
    )


def test_in_edges_are_listed_once_without_self_links_and_without_infrastructure(
    graph: tuple[Path, Path],
) -> None:
    found = watched.edges(*graph, {"acme.com", "rival.com", "absent.com"})
    assert found.release == "cc-main-2026-jul-aug-sep"
    assert found.domains == 8
    assert set(found.rows) == {
        Edge("news.com", "acme.com", 12),
        Edge("github.io", "acme.com", 7000),
        Edge("daily.co.uk", "acme.com", 3),
        Edge("news.com", "rival.com", 12),
        Edge("wiki.org", "rival.com", 40),
    }
    assert found.counts == (
        InEdges("acme.com", 5, 5 / 8, 2),
        InEdges("rival.com", 3, 3 / 8, 1),
    )
    assert (found.missing, found.filtered, found.written) == (("absent.com",), (), 5)


def test_an_infrastructure_target_is_counted_but_its_edges_are_not_listed(graph: tuple[Path, Path]) -> None:
    found = watched.edges(*graph, {"facebook.com"})
    assert (found.rows, found.filtered) == ((), ("facebook.com",))
    assert found.counts == (InEdges("facebook.com", 1, 1 / 8, 0),)
    assert watched.edges(*graph, {"facebook.com"}, listed=()).rows == (
        Edge("daily.co.uk", "facebook.com", 3),
    )


def test_who_links_to_a_giant_is_counted_and_not_listed_unless_it_is_a_brand(
    graph: tuple[Path, Path],
) -> None:
    """acme.com has three linking domains beside infrastructure, rival.com two."""
    found = watched.edges(*graph, {"acme.com", "rival.com"}, most=2)
    assert (found.summarised, {edge.target for edge in found.rows}) == (("acme.com",), {"rival.com"})
    assert {each.domain: each.linking for each in found.counts} == {"acme.com": 5, "rival.com": 3}
    assert watched.edges(*graph, {"acme.com"}, most=3).summarised == ()
    whole = watched.edges(*graph, {"acme.com", "rival.com"}, most=0, in_full={"acme.com"})
    assert (whole.summarised, whole.written) == (("rival.com",), 3)


def test_edges_are_handed_over_in_batches(graph: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "BATCH", 2)
    batches: list[int] = []
    found = watched.edges(*graph, {"acme.com", "rival.com"}, write=lambda rows: batches.append(len(rows)))
    assert (batches, found.rows, found.written) == ([2, 2, 1], (), 5)


def test_a_shared_host_of_common_crawl_is_nobody_s_domain(graph: tuple[Path, Path]) -> None:
    found = watched.edges(*graph, {"somebody.github.io"})
    assert (found.missing, found.counts) == (("somebody.github.io",), ())


def test_two_vertices_of_one_domain_are_one_source(tmp_path: Path) -> None:
    vertices = put(
        tmp_path, "v.txt", "0\tcom.acme\t1\n1\tcom.acme.blog\t1\n2\tcom.news\t2\n3\tcom.news.old\t5\n"
    )
    links = put(tmp_path, "e.txt", "1\t0\n2\t0\n3\t0\n")
    found = watched.edges(vertices, links, {"acme.com"})
    assert found.rows == (Edge("news.com", "acme.com", 7),)
    assert found.counts == (InEdges("acme.com", 1, 1 / 4, 0),)


def test_every_source_is_named_as_tracker_domains_names_it(graph: tuple[Path, Path]) -> None:
    for edge in watched.edges(*graph, {"acme.com", "rival.com"}).rows:
        assert edge.source == domains.parse(f"https://{edge.source}/").domain


@pytest.mark.parametrize("packed", [False, True])
def test_positions_become_percentiles_of_the_release(tmp_path: Path, packed: bool) -> None:
    path = put(tmp_path, "cc-main-2026-apr-may-jun-domain-ranks.txt" + ".gz" * packed, RANKS)
    found = watched.ranks(path, {"acme.com", "facebook.com", "nowhere.com"})
    assert (found.release, found.domains, found.missing) == ("cc-main-2026-apr-may-jun", 8, ("nowhere.com",))
    face, acme = found.rows
    assert (acme.domain, acme.harmonic_position, acme.harmonic_percentile) == ("acme.com", 6, 6 / 8)
    assert (acme.pagerank_position, acme.pagerank_percentile, acme.hosts) == (3, 3 / 8, 6)
    assert (acme.infrastructure, face.infrastructure) == (False, True)


def test_an_extract_has_percentiles_only_with_the_number_of_domains(tmp_path: Path) -> None:
    text = "hc_pos,hc_val,pr_pos,pr_val,rev,n_hosts,domain\n1,3.0E7,40,0.01,com.acme,3405,acme.com\n"
    path = put(tmp_path, "top.csv", text)
    alone = watched.ranks(path, {"acme.com"}).rows[0]
    assert (alone.harmonic_percentile, alone.pagerank_percentile) == (None, None)
    known = watched.ranks(path, {"acme.com"}, total=1000).rows[0]
    assert (known.harmonic_percentile, known.pagerank_percentile, known.harmonic_value) == (
        0.001,
        0.04,
        3.0e7,
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (RANKS.replace("com.acme\t", "\t"), "1 of 8 rows have no name"),
        (RANKS.replace("6\t1", "\t1", 1), "line 7"),
        ("".join(RANKS.splitlines(keepends=True)[:5]), "position 8, but there are 4 domains"),
        (RANKS.replace("#host_rev", "#host"), "does not name name"),
        (RANKS.split("\n", 1)[1], "does not name"),
        (RANKS + "9\t1\t9\n", "line 10"),
        (RANKS.replace("0.0125", "much"), "line 2"),
        ("<!DOCTYPE html><html>Not found</html>", "is a web page"),
        ("", "is empty"),
        (RANKS.splitlines()[0] + "\n", "0 of 0 rows"),
    ],
)
def test_a_damaged_ranks_file_is_refused_in_its_own_words(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DataError) as error:
        watched.ranks(put(tmp_path, "x-domain-ranks.txt.gz", text), {"acme.com"})
    assert words in str(error.value)
    assert error.value.hint


def refused(work: Callable[[], object], words: str, kind: type[CiteliftError] = DataError) -> None:
    with pytest.raises(kind) as error:
        work()
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (VERTICES.replace("4\tcom.rival\t4\n5", "5\tcom.rival\t4\n4"), "line 5: ids do not count up from 0"),
        (VERTICES.split("\n", 1)[1], "line 1: ids do not count up"),
        (VERTICES.replace("com.rival", ""), "'4\\t\\t4' is not id, reversed name"),
        (VERTICES + "8\t\t3\n", "is not id"),
        (EDGES, "looks like the edges file"),
        ("0\tcom.acme\n1\tcom.b\n", "the file of domains, not of hosts"),
        ("\n".join(VERTICES.splitlines()[:2]) + "\n", "the vertices end at 1"),
        ("<html><title>503</title>", "is a web page"),
        (b"", "is empty"),
    ],
)
def test_a_wrong_vertices_file_is_refused_in_its_own_words(tmp_path: Path, text: str, words: str) -> None:
    vertices, links = put(tmp_path, "v.txt.gz", text), put(tmp_path, "e.txt.gz", EDGES)
    refused(lambda: watched.edges(vertices, links, {"acme.com"}), words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (VERTICES, "looks like the vertices file"),
        (EDGES + "7\t\n" * 1, "'7\\t' is not two ids"),
        ("0\t1\n" * 50 + "1\t\n", "line 51: '1\\t' has a blank"),
        ("0\t1\n" * 50 + "\t1\n", "has a blank"),
        ("0\t1\n" * 50 + "1\t2\t3\n", "line 51: '1\\t2\\t3' has the wrong number of columns"),
        ("0\t1\n" * 50 + "1,2\n", "line 51"),
        ("0\t1\n" * 50 + "1\t-2\n", "line 51"),
        ("90\t0\n", "the edges name domain 90, but the vertices end at 7"),
        ("<?xml version='1.0'?><Error/>", "is a web page"),
    ],
)
def test_a_wrong_edges_file_is_refused_in_its_own_words(tmp_path: Path, text: str, words: str) -> None:
    vertices, links = put(tmp_path, "v.txt.gz", VERTICES), put(tmp_path, "e.txt.gz", text)
    refused(lambda: watched.edges(vertices, links, {"acme.com"}), words)


def test_a_gz_that_is_cut_or_not_gz_is_refused(tmp_path: Path) -> None:
    vertices = put(tmp_path, "v.txt.gz", VERTICES)
    many = "".join(f"{i % 8}\t{i * 7 % 8}\n" for i in range(200_000))
    cut = put(tmp_path, "cut.txt.gz", gzip.compress(many.encode())[:-100], packed=False)
    refused(lambda: watched.edges(vertices, cut, {"acme.com"}), "middle of its compressed data")
    plain = put(tmp_path, "plain.txt.gz", many, packed=False)
    refused(lambda: watched.edges(vertices, plain, {"acme.com"}), "is not gz inside")


def test_files_of_two_releases_are_not_joined(tmp_path: Path) -> None:
    vertices = put(tmp_path, "cc-main-2026-apr-may-jun-domain-vertices.txt", VERTICES)
    links = put(tmp_path, "cc-main-2026-jul-aug-sep-domain-edges.txt", EDGES)
    refused(lambda: watched.edges(vertices, links, {"acme.com"}), "one release only", UsageError)


def test_a_path_with_wildcards_and_quotes_is_one_file(tmp_path: Path) -> None:
    folder = tmp_path / "it's [a] *"
    folder.mkdir()
    vertices, links = put(folder, "v?.txt", VERTICES), put(folder, "e'.txt", EDGES)
    assert watched.edges(vertices, links, {"rival.com"}).written == 2


@pytest.mark.parametrize("wanted", [set(), "acme.com", {""}, {"not a domain"}])
def test_wanted_domains_are_checked_before_anything_is_read(tmp_path: Path, wanted: set[str]) -> None:
    refused(lambda: watched.ranks(tmp_path / "none", wanted), "", UsageError)


@pytest.mark.parametrize(
    ("name", "release"),
    [
        (
            "https://d.test/cc-main-2026-jul-aug-sep/domain/cc-main-2026-jul-aug-sep-domain-ranks.txt.gz",
            "cc-main-2026-jul-aug-sep",
        ),
        ("cc-main-2018-19-nov-dec-jan-domain-edges.txt.gz", "cc-main-2018-19-nov-dec-jan"),
        ("cc-tiny-domain-vertices.txt", "cc-tiny"),
        ("ranks.txt.gz", "ranks"),
    ],
)
def test_a_release_is_named_after_its_file(name: str, release: str) -> None:
    assert names.release_of(name) == release


def test_common_crawl_s_own_layout_is_read_from_the_reference_files() -> None:
    for ending in ("txt", "txt.gz"):
        found = watched.edges(
            shared(f"data/link_exports/cc-tiny-domain-vertices.{ending}"),
            shared(f"data/link_exports/cc-tiny-domain-edges.{ending}"),
            {"acme-widgets.example", "rival-widgets.example"},
        )
        assert [(each.domain, each.linking) for each in found.counts] == [
            ("acme-widgets.example", 8),
            ("rival-widgets.example", 2),
        ]
    (release,) = names.releases(shared("data/link_exports/graphinfo_shape.json").read_bytes())
    assert (release.id, release.domains) == ("cc-main-2026-jul-aug-sep", 133_241_980)
    assert release.url("ranks").endswith("/cc-main-2026-jul-aug-sep-domain-ranks.txt.gz")
    top = watched.ranks(
        shared("data/authority/commoncrawl_domain_top1000_cc-main-2026-apr-may-jun.csv"), {"wikipedia.org"}
    )
    assert (top.rows[0].harmonic_position, top.rows[0].pagerank_position, top.domains) == (15, 42, None)


def test_the_list_of_releases_gives_their_addresses_and_known_sizes() -> None:
    listed = [
        {
            "id": "cc-main-2025-oct-nov-dec",
            "stats": {"domain": {"nodes": 9, "arcs": 20}, "host": {"nodes": 3}},
        },
        {"id": "cc-main-2025-jul-aug-sep", "stats": {"domain": {"nodes": 0}}},
        {"id": "cc-main-2017-feb-mar-apr-hostgraph"},
    ]
    newest, *older = names.releases(json.dumps(listed))
    assert (newest.id, newest.domains, newest.links) == ("cc-main-2025-oct-nov-dec", 9, 20)
    assert newest.url("vertices").endswith(f"/{newest.id}/domain/{newest.id}-domain-vertices.txt.gz")
    assert [(each.domains, each.links) for each in older] == [(None, None), (None, None)]


@pytest.mark.parametrize("body", ["", "<html>", "[1]", '[{"stats": {}}]', '[{"id": "x", "stats": []}]'])
def test_what_is_no_list_of_releases_is_refused(body: str) -> None:
    with pytest.raises(DataError, match="no graphinfo"):
        names.releases(body)


# --- downloads ----------------------------------------------------------------------------------------------

DATA = bytes(range(256)) * 4000


class Remote:
    """Sends at most `gives` bytes a request, as a connection that breaks off does."""

    def __init__(self, gives: int, etag: str = '"one"', ranges: bool = True) -> None:
        self.gives, self.etag, self.ranges = gives, etag, ranges
        self.asked: list[str | None] = []

    def __call__(self, request: Request) -> Response:
        wanted = request.headers.get("Range")
        self.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        if request.headers.get("If-Range", self.etag) != self.etag:
            start = 0
        rest = DATA[start:]
        response = Response(rest[: self.gives], 206 if start else 200)
        response.headers["ETag"] = self.etag
        response.headers["Content-Type"] = "application/gzip"
        if start:
            response.headers["Content-Range"] = f"bytes {start}-{len(DATA) - 1}/{len(DATA)}"
        response.headers["Content-Length"] = str(len(rest))
        return response


@pytest.mark.parametrize("ranges", [True, False])
def test_a_download_goes_on_where_it_broke_off(httpserver: HTTPServer, tmp_path: Path, ranges: bool) -> None:
    remote = Remote(300_000 if ranges else 10**9, ranges=ranges)
    httpserver.expect_request("/f.txt.gz").respond_with_handler(remote)
    path = local_file(httpserver.url_for("/f.txt.gz"), tmp_path)
    assert path.read_bytes() == DATA
    assert remote.asked[0] is None
    if ranges:
        assert remote.asked[1:] == ["bytes=300000-", "bytes=600000-", "bytes=900000-"]
    asked = len(remote.asked)
    assert local_file(httpserver.url_for("/f.txt.gz"), tmp_path) == path
    assert len(remote.asked) == asked


def test_a_half_file_of_another_version_is_thrown_away(httpserver: HTTPServer, tmp_path: Path) -> None:
    remote = Remote(300_000)
    httpserver.expect_request("/f.txt.gz").respond_with_handler(remote)
    remote.gives = 0
    with pytest.raises(DataError, match="broke off"):
        local_file(httpserver.url_for("/f.txt.gz"), tmp_path)
    (part,) = [*tmp_path.glob("*.part")] or [tmp_path / "none"]
    part.write_bytes(b"old" * 1000)
    remote.gives, remote.etag = 10**9, '"two"'
    assert local_file(httpserver.url_for("/f.txt.gz"), tmp_path).read_bytes() == DATA


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (404, "text/plain", "answered 404"),
        (403, "text/html", "answered 403"),
        (200, "text/html", "is a web page"),
    ],
)
def test_an_error_page_is_not_a_download(
    httpserver: HTTPServer, tmp_path: Path, status: int, kind: str, words: str
) -> None:
    httpserver.expect_request("/f").respond_with_data("<html>", status, content_type=kind)
    refused(lambda: local_file(httpserver.url_for("/f"), tmp_path), words)
    assert not list(tmp_path.glob("*-f"))


def test_other_schemes_and_missing_files_are_named(tmp_path: Path) -> None:
    refused(lambda: local_file("s3://commoncrawl/x", tmp_path), "s3://commoncrawl/x", UsageError)
    refused(lambda: local_file(tmp_path / "none"), "there is no file")
    refused(lambda: local_file("https://x.test/a"), "needs a folder", UsageError)


def test_ranks_are_read_from_an_address(httpserver: HTTPServer, tmp_path: Path) -> None:
    httpserver.expect_request("/cc-main-2026-apr-may-jun-domain-ranks.txt.gz").respond_with_data(
        gzip.compress(RANKS.encode()), content_type="application/octet-stream"
    )
    url = httpserver.url_for("/cc-main-2026-apr-may-jun-domain-ranks.txt.gz")
    found = watched.ranks(url, {"acme.com"}, cache=tmp_path / "cache")
    assert (found.release, len(found.rows)) == ("cc-main-2026-apr-may-jun", 1)
