"""Reports of the tools beside their lists of backlinks: what each says, and what none of them may claim."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.links.exports import read
from tracker.errors import DataError
from tracker.links.files import formats
from tracker.links.files.recognise import inspect

PAGE, OURS, RIVAL = "https://blog.one.test/a", "https://acme.test/x", "https://rival.test/"

# header, row, layout, what the first row says
REPORTS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "Ahrefs, anchors": (
        "Anchor,Top DR,Referring domains,Links to target,Dofollow links,New links,Lost links,First seen",
        "acme,71,4,9,7,1,0,2026-03-02",
        "ahrefs-anchors",
        {
            "labels": {"Anchor": "acme", "First seen": "2026-03-02"},
            "metrics": {
                "Top DR": 71,
                "Referring domains": 4,
                "Links to target": 9,
                "Dofollow links": 7,
                "New links": 1,
                "Lost links": 0,
            },
        },
    ),
    "Ahrefs, best by links": (
        "Page title,Page URL,UR,Referring domains,Dofollow,Nofollow,Redirects,HTTP code,Last check",
        f"Shop,{OURS},12,40,90,3,0,404,2026-11-01",
        "ahrefs-best-by-links",
        {
            "target_url": OURS,
            "metrics": {
                "UR": 12,
                "Referring domains": 40,
                "Dofollow": 90,
                "Nofollow": 3,
                "Redirects": 0,
                "HTTP code": 404,
            },
        },
    ),
    "Ahrefs, pages of a link intersect": (
        "Referring page title,Referring page URL,Language,Domain rating,acme.test/,rival.test/,Intersect",
        f"A list,{PAGE},en,40,0,1,1",
        "ahrefs-link-intersect",
        {"source_url": PAGE, "target_domain": "rival.test", "title": "A list"},
    ),
    "Ahrefs, domains of a link intersect": (
        "Domain,Domain rating,acme.test,rival.test,Intersect",
        "one.test,40,3,0,1",
        "ahrefs-link-intersect",
        {"source_domain": "one.test", "source_url": None, "target_domain": "acme.test"},
    ),
    "Semrush, anchors": (
        "Anchor,Domains,Backlinks,First seen,Last seen",
        "acme,4,9,2026-03-02,2026-11-01",
        "semrush-anchors",
        {"metrics": {"Domains": 4, "Backlinks": 9}},
    ),
    "Semrush, a reply on anchors": (
        "anchor;domains_num;backlinks_num",
        "acme;4;9",
        "semrush-anchors",
        {"metrics": {"domains_num": 4, "backlinks_num": 9}, "labels": {"anchor": "acme"}},
    ),
    "Semrush, indexed pages": (
        "source_title;source_url;response_code;domains_num;backlinks_num",
        f"Shop;{OURS};404;4;9",
        "semrush-indexed-pages",
        {
            "target_url": OURS,
            "source_url": None,
            "metrics": {"domains_num": 4, "backlinks_num": 9, "response_code": 404},
        },
    ),
    "Semrush, backlink gap": (
        "Referring Domain,Authority Score,Monthly Visits,Matches,acme.test,rival.test",
        "one.test,55,1200,1,0,12",
        "semrush-backlink-gap",
        {"source_domain": "one.test", "target_domain": "rival.test"},
    ),
    "Moz, anchors": (
        "Anchor Text,Linking Domains,External Links",
        "acme,4,9",
        "moz-anchors",
        {"metrics": {"Linking Domains": 4, "External Links": 9}},
    ),
    "Moz, top pages": (
        "Title,URL,PA,Linking Domains,Inbound Links,HTTP Status",
        f"Shop,{OURS},30,4,9,404",
        "moz-top-pages",
        {
            "target_url": OURS,
            "metrics": {"PA": 30, "Linking Domains": 4, "Inbound Links": 9, "HTTP Status": 404},
        },
    ),
    "Moz, link intersect": (
        "Root Domain,DA,Spam Score,Sites Intersecting,acme.test,rival.test",
        "one.test,40,1%,1,No,Yes",
        "moz-link-intersect",
        {"source_domain": "one.test", "target_domain": "rival.test"},
    ),
    "Majestic, anchors": (
        "AnchorText,RefDomains,TotalLinks,DeletedLinks,NoFollowLinks",
        "acme,4,9,1,2",
        "majestic-anchors",
        {"metrics": {"RefDomains": 4, "TotalLinks": 9, "DeletedLinks": 1, "NoFollowLinks": 2}},
    ),
    "Majestic, pages": (
        "URL,Title,CitationFlow,TrustFlow,ExtBackLinks,RefDomains,LastCrawlResult",
        f"{OURS},Shop,12,20,9,4,404 Not Found",
        "majestic-pages",
        {"target_url": OURS, "labels": {"Title": "Shop", "LastCrawlResult": "404 Not Found"}},
    ),
    "CognitiveSEO, with where links stand": (
        "Source URL,Target URL,Anchor Text,Link Positioning,Domain Influence,Webpage Type",
        f"{PAGE},{OURS},Acme,Sidebar,61,Blog",
        "cognitiveseo",
        {"source_url": PAGE, "target_url": OURS, "placement": "Sidebar", "metrics": {"Domain Influence": 61}},
    ),
    "Sitebulb, with where links stand": (
        "Referring URL,Referring URL Rank,Target URL,Anchor Text,Link Location,Nofollow",
        f"{PAGE},44,{OURS},Acme,Footer,Yes",
        "sitebulb-links",
        {"source_url": PAGE, "target_url": OURS, "placement": "Footer", "nofollow": True},
    ),
    "Linkody, a link that is gone": (
        "URL FROM,TAGS,NOTES,EXPECTED LANDING PAGE URL,EXPECTED FOLLOW,EXPECTED ANCHOR,ADDED,STATUS",
        f"{PAGE},guest,,{OURS},yes,Acme,2026-03-02,Link not found",
        "linkody",
        {"source_url": PAGE, "target_url": OURS, "anchor": "Acme", "lost": True},
    ),
    "Linkody, a link whose page could not be looked at": (
        "URL FROM,EXPECTED LANDING PAGE URL,STATUS",
        f"{PAGE},{OURS},Crawl issue",
        "linkody",
        {"source_url": PAGE, "lost": None},
    ),
    "Monitor Backlinks, to a rival": (
        "Linking page,Links to,Anchor text,Status,Google index,TF,CF,Spam score",
        f"{PAGE},{RIVAL},Rival,NF,Yes,20,12,1",
        "monitor-backlinks",
        {
            "source_url": PAGE,
            "target_url": RIVAL,
            "lost": False,
            "metrics": {"TF": 20, "CF": 12, "Spam score": 1},
        },
    ),
    "BuzzStream, links": (
        "Link Partner - Name,Link Partner - Domain,Linking From,Linking To,Anchor Text,Sitewide Link?,"
        "Acquisition Method",
        f"One,one.test,{PAGE},{OURS},Acme,No,Purchase",
        "buzzstream-links",
        {"source_url": PAGE, "target_url": OURS, "sitewide": False},
    ),
    "BuzzStream, prospects": (
        "Website Name,Website,Domain Authority,Relationship Stage,Assigned To",
        "One,one.test,40,Attempting to Reach,Ann",
        "buzzstream-prospects",
        {"source_url": None, "metrics": {"Domain Authority": 40}},
    ),
    "Pitchbox, partners": (
        "Partner URL,Partner Category,Contact Email,Contact Name,Company",
        "https://one.test,Technology,ann@one.test,Ann,One",
        "pitchbox-partners",
        {"source_url": None, "labels": {"Partner URL": "https://one.test"}},
    ),
    "a table of who links to whom": (
        "Website,acme.test,rival.test",
        "one.test,no,yes",
        "link-gap",
        {"source_domain": "one.test", "target_domain": "rival.test"},
    ),
    "anybody's list of links with their state": (
        "source_url,target_url,status",
        f"{PAGE},{OURS},removed",
        "generic",
        {"source_url": PAGE, "lost": True},
    ),
}


@pytest.mark.parametrize("case", REPORTS)
def test_a_report_says_what_its_columns_say(tmp_path: Path, case: str) -> None:
    header, row, layout, facts = REPORTS[case]
    path = tmp_path / "report.csv"
    path.write_text(f"{header}\n{row}\n", "utf-8")
    assert inspect(path).layout.name == layout
    (first, *_), rejects = read(path)
    assert rejects == []
    for name, value in facts.items():
        there = getattr(first, name)
        if isinstance(value, dict):
            assert value.items() <= there.items(), name
        else:
            assert there == value, name


def test_only_reports_of_links_give_links() -> None:
    """A report that counts, or lists people to ask, stores no link from anywhere."""
    for header, _, name, _ in REPORTS.values():
        layout = formats.BY_NAME[name]
        assert (layout.rows in ("links", "domains")) == bool(
            layout.columns.keys() & {"source_url", "source_domain"}
        ), header


GENERIC = (
    ("source_url", "Source URL", "source", "From", "linking url", "Backlink", "page from"),
    ("target_url", "Target URL", "target", "To", "Link to", "Landing page", "Destination"),
    (
        "anchor",
        "anchor,first seen,last seen",
        "Anchor Text,nofollow,status",
        "link text,title,language",
        "rel,first_seen,last_seen,lost_at",
        "Anchor text,ugc,sponsored,notes",
        "Date found,Type,Location",
        "DA",
        "Status,Cost,Contact email",
    ),
)


@pytest.mark.parametrize("words", list(product(*GENERIC)), ids=",".join)
def test_a_header_of_anybodys_words_is_no_vendors(words: tuple[str, ...]) -> None:
    header = ",".join(words).split(",")
    match = formats.match(header)
    assert match is not None
    assert match.layout.vendor == "generic"


OTHERS = [
    # header, row: Google's words, and a column of addresses that says it is not the owner's report
    ("Linking page,Backlink to", f"{PAGE},{RIVAL}"),
    ("Linking page,Last crawled,Money site", f"{PAGE},2026-11-01,rival.test"),
    ("Site,Linking pages,Competitor", "one.test,4,rival.test"),
    ("Domain,Backlinks Count,Domain linked", "one.test,4,rival.test"),
]


@pytest.mark.parametrize(("header", "row"), OTHERS)
def test_an_owners_report_with_other_sites_in_it_is_not_taken_for_one(
    tmp_path: Path, header: str, row: str
) -> None:
    path = tmp_path / "report.csv"
    path.write_text(f"{header}\n{row}\n", "utf-8")
    with pytest.raises(DataError) as refused:
        inspect(path)
    assert "--map source=" in refused.value.hint


def test_an_owners_report_may_name_the_linking_site_beside_the_page(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text(f"Linking page,Last crawled,Domain\n{PAGE},2026-11-01,one.test\n")
    assert inspect(path).layout.name == "gsc-latest-links"


JSON_REPORTS = {
    "ahrefs-api-v3-anchors": '{"anchors": [{"anchor": "acme", "refdomains": 4, "links_to_target": 9}]}',
    "ahrefs-api-v3-pages-by-backlinks": f'{{"pages": [{{"url_to": "{OURS}", "refdomains_target": 4}}]}}',
    "bing-link-counts": f'{{"d": {{"Links": [{{"Count": 41, "Url": "{OURS}"}}], "TotalPages": 1}}}}',
    "dataforseo-anchors": '{"tasks": [{"result": [{"items": [{"anchor": "acme", "backlinks": 9, '
    '"referring_domains": 4}]}]}]}',
    "openpagerank-api": '{"status_code": 200, "response": [{"domain": "one.test", "page_rank_decimal": 4.12, '
    '"rank": "812345"}]}',
}


@pytest.mark.parametrize("layout", JSON_REPORTS)
def test_a_reply_is_recognised_by_its_keys(tmp_path: Path, layout: str) -> None:
    path = tmp_path / "reply.json"
    path.write_text(JSON_REPORTS[layout])
    assert inspect(path).layout.name == layout
    (row,), rejects = read(path)
    assert (row.source_url, rejects) == (None, [])
    assert row.metrics
