"""Every reference export against what a careful reader writes down by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.shared import shared
from tracker.errors import DataError
from tracker.files.records import Reject
from tracker.links.files import formats
from tracker.links.files.recognise import inspect
from tracker.links.files.rows import LinkRow, rows

SITE = "https://acme-widgets.example"
REVIEW, FORUM, NEWS = (
    "https://review-site.test/best-widgets",
    "https://forum.test/t/99812",
    "https://news.test/advertorial/spring",
)
W200 = f"{SITE}/shop/w-200"
NO = (False, False, False)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)


# source, target, anchor, (nofollow, ugc, sponsored), link type, first seen, last seen, lost
AHREFS_ROWS: list[tuple[Any, ...]] = [
    (
        REVIEW,
        f"{SITE}/",
        "Acme Widgets",
        NO,
        "text",
        at("2026-03-02 09:14:55"),
        at("2026-11-10 04:12:33"),
        None,
    ),
    (
        "https://wiki.test/wiki/Widget_safety",
        f"{SITE}/guides/safety",
        "Acme safety guide",
        (True, False, False),
        "text",
        at("2026-05-04 18:00:01"),
        at("2026-11-12 22:45:10"),
        None,
    ),
    (
        FORUM,
        W200,
        W200,
        (True, True, False),
        "text",
        at("2026-08-19 07:30:00"),
        at("2026-11-01 12:00:00"),
        None,
    ),
    (
        NEWS,
        f"{SITE}/spring",
        "cheap widgets online",
        (False, False, True),
        "text",
        at("2026-04-01 06:00:00"),
        at("2026-09-30 11:11:11"),
        at("2026-10-07 05:05:05"),
    ),
    (
        "https://partner.test/",
        f"{SITE}/",
        "Acme logo",
        NO,
        "image",
        at("2022-01-24 13:05:12"),
        at("2026-11-11 13:45:17"),
        None,
    ),
    (
        "https://tokushu.test/widgets",
        f"{SITE}/ja/",
        "アクメ・ウィジェット",
        NO,
        "text",
        at("2026-10-20 23:59:59"),
        at("2026-11-14 01:02:03"),
        None,
    ),
    (
        "https://links-4421.test/p/1",
        f"{SITE}/",
        "buy widgets cheap",
        NO,
        "text",
        at("2026-11-13 02:00:00"),
        at("2026-11-13 02:00:00"),
        None,
    ),
    (
        "https://blog.test/2019/old",
        f"{SITE}/old-page",
        "this guide",
        NO,
        "text",
        at("2019-06-11 10:00:00"),
        at("2026-10-02 10:00:00"),
        at("2026-10-30 10:00:00"),
    ),
]
SEMRUSH_ROWS: list[tuple[Any, ...]] = [
    (REVIEW, f"{SITE}/", "Acme Widgets", NO, "text", day("2026-03-02"), day("2026-11-10"), None),
    (FORUM, W200, W200, (True, True, False), "text", day("2026-08-19"), day("2026-11-01"), None),
    (
        NEWS,
        f"{SITE}/spring",
        "cheap widgets online",
        (False, False, True),
        "text",
        day("2026-04-01"),
        day("2026-09-30"),
        None,
    ),
    ("https://partner.test/", f"{SITE}/", "", NO, "image", day("2022-01-24"), day("2026-11-11"), None),
    (
        "https://links-4421.test/p/1",
        f"{SITE}/",
        "buy widgets cheap",
        NO,
        "text",
        day("2026-11-13"),
        day("2026-11-13"),
        None,
    ),
]
N = (None, None)
LINKS: dict[str, tuple[str, str, list[tuple[Any, ...]]]] = {
    "ahrefs_backlinks_utf8_comma.csv": ("ahrefs-backlinks", "all", AHREFS_ROWS),
    "ahrefs_backlinks_utf16le_tab_quoted.csv": ("ahrefs-backlinks", "all", AHREFS_ROWS),
    "ahrefs_backlinks_mid_30col_utf16le_tab.csv": ("ahrefs-backlinks-mid", "all", AHREFS_ROWS),
    "ahrefs_backlinks_legacy_2019_2020_22col_utf16le_tab.csv": (
        "ahrefs-backlinks-legacy",
        "all",
        [
            (
                REVIEW,
                f"{SITE}/",
                "Acme Widgets",
                NO,
                None,
                at("2020-03-02 09:14"),
                at("2020-11-10 04:12"),
                None,
            ),
            (
                FORUM,
                W200,
                W200,
                (True, False, False),
                None,
                at("2020-08-19 07:30"),
                at("2020-11-01 12:00"),
                None,
            ),
            (
                NEWS,
                f"{SITE}/spring",
                "cheap widgets online",
                NO,
                None,
                at("2020-04-01 06:00"),
                at("2020-09-30 11:11"),
                day("2020-10-07"),
            ),
        ],
    ),
    "ahrefs_broken_backlinks_utf16le_tab.csv": (
        "ahrefs-broken",
        "sample",
        [
            (
                "https://blog.test/2019/old",
                f"{SITE}/old-page",
                "this guide",
                NO,
                "text",
                None,
                at("2026-10-02 10:00:00"),
                None,
            ),
            (
                NEWS,
                f"{SITE}/spring",
                "cheap widgets online",
                (False, False, True),
                "text",
                None,
                at("2026-09-30 11:11:11"),
                None,
            ),
        ],
    ),
    "ahrefs_api_v3_all_backlinks.json": ("ahrefs-api-v3", "all", AHREFS_ROWS[:1]),
    "semrush_backlinks_19col.csv": ("semrush-backlinks", "all", SEMRUSH_ROWS),
    "semrush_excel_resaved_de_semicolon_cp1252.csv": ("semrush-backlinks", "all", SEMRUSH_ROWS),
    "semrush_backlinks_legacy_15col.csv": (
        "semrush-backlinks-legacy",
        "all",
        [
            (
                REVIEW,
                f"{SITE}/",
                "Acme Widgets",
                (False, *N),
                "text",
                day("2019-03-02"),
                day("2019-11-10"),
                None,
            ),
            (
                "https://links-4421.test/p/1",
                f"{SITE}/",
                "buy widgets cheap",
                (False, *N),
                "text",
                day("2019-10-13"),
                day("2019-11-13"),
                None,
            ),
        ],
    ),
    "semrush_api_backlinks.csv": (
        "semrush-api",
        "all",
        [
            (
                REVIEW,
                f"{SITE}/",
                "Acme Widgets",
                (False, *N),
                None,
                at("2026-03-02 09:14:55"),
                at("2026-11-10 04:12:33"),
                None,
            ),
            (
                "https://links-4421.test/p/1",
                f"{SITE}/",
                "buy widgets cheap",
                (False, *N),
                None,
                at("2026-11-13 02:00:00"),
                at("2026-11-13 02:00:00"),
                None,
            ),
        ],
    ),
    "semrush_backlink_audit_fixture_header.csv": (
        "semrush-audit",
        "all",
        [
            (
                "https://links-4421.test/p/1",
                f"{SITE}/",
                "buy widgets cheap",
                (False, *N),
                None,
                day("2026-11-13"),
                day("2026-11-13"),
                None,
            ),
            (FORUM, W200, W200, (True, *N), None, day("2026-08-19"), day("2026-11-01"), None),
        ],
    ),
    "majestic_download_20col_bom.csv": (
        "majestic-download",
        "all",
        [
            (
                REVIEW,
                f"{SITE}/",
                "Acme Widgets",
                (False, *N),
                "text",
                day("2026-03-02"),
                day("2026-11-10"),
                None,
            ),
            (FORUM, W200, W200, (True, *N), "text", day("2026-08-19"), day("2026-11-01"), None),
            (
                "https://partner.test/",
                f"{SITE}/",
                "Acme logo",
                (False, *N),
                "image",
                day("2022-01-24"),
                day("2026-11-11"),
                None,
            ),
            (
                "https://press.test/item",
                "acme-widgets.example",
                "acme-widgets.example",
                (False, *N),
                "mention",
                day("2026-10-01"),
                day("2026-10-01"),
                None,
            ),
            (
                "https://blog.test/2019/old",
                f"{SITE}/old",
                "this guide",
                (False, *N),
                "text",
                day("2019-06-11"),
                day("2021-02-03"),
                None,
            ),
        ],
    ),
    "majestic_api_shape_27col.csv": (
        "majestic-api",
        "all",
        [
            (
                REVIEW,
                f"{SITE}/",
                "Acme Widgets",
                (False, *N),
                "text",
                day("2026-03-02"),
                day("2026-11-10"),
                None,
            ),
            (
                NEWS,
                f"{SITE}/spring",
                "cheap widgets online",
                (False, *N),
                "text",
                day("2026-04-01"),
                day("2026-09-30"),
                day("2026-10-07"),
            ),
        ],
    ),
    "moz_ose_legacy_15col_6_preamble_lines.csv": (
        "moz-ose-legacy",
        "all",
        [
            (
                "http://review-site.test/best-widgets",
                f"{SITE}/",
                "Acme Widgets",
                (False, *N),
                None,
                None,
                None,
                None,
            ),
            ("http://forum.test/t/99812", W200, W200, (True, *N), None, None, None, None),
        ],
    ),
    "moz_links_api_v2.json": (
        "moz-api-v2",
        "all",
        [
            (
                "review-site.test/best-widgets",
                "acme-widgets.example/",
                "Acme Widgets",
                (False, *N),
                None,
                day("2026-03-02"),
                day("2026-11-10"),
                None,
            )
        ],
    ),
    "gsc_latest_links.csv": (
        "gsc-latest-links",
        "sample",
        [
            (REVIEW, None, None, (None, *N), None, None, day("2026-11-10"), None),
            ("https://blog.test/a,b?x=1,2", None, None, (None, *N), None, None, day("2026-11-02"), None),
            (FORUM, None, None, (None, *N), None, None, day("2026-09-15"), None),
        ],
    ),
    "gsc_latest_links_he_locale.csv": (
        "gsc-latest-links",
        "sample",
        [
            (REVIEW, None, None, (None, *N), None, None, day("2026-11-10"), None),
            (FORUM, None, None, (None, *N), None, None, day("2026-11-01"), None),
        ],
    ),
    "bing_api_GetUrlLinks.json": (
        "bing-url-links",
        "sample",
        [(REVIEW, None, "Acme Widgets", (None, *N), None, None, None, None)],
    ),
    "screamingfrog_all_inlinks.csv": (
        "screamingfrog-inlinks",
        "sample",
        [
            (REVIEW, f"{SITE}/", "Acme Widgets", NO, "text", None, None, None),
            ("https://partner.test/", f"{SITE}/", "Acme logo", NO, "image", None, None, None),
            (FORUM, W200, "shop", (True, True, False), "text", None, None, None),
        ],
    ),
    "seranking_api_backlinks.json": (
        "seranking-api",
        "all",
        [
            (
                REVIEW,
                f"{SITE}/",
                "Acme Widgets",
                (False, *N),
                "text",
                day("2026-03-02"),
                day("2026-11-10"),
                None,
            )
        ],
    ),
    "dataforseo_backlinks_live.json": ("dataforseo-backlinks", "all", AHREFS_ROWS[:1]),
}


def read(name: str) -> list[LinkRow | Reject]:
    path = shared(f"data/link_exports/{name}")
    return list(rows(path, inspect(path)))


@pytest.mark.parametrize("name", sorted(LINKS))
def test_a_link_export_holds_the_links_a_careful_reader_writes_down(name: str) -> None:
    layout, scope, expected = LINKS[name]
    recognition = inspect(shared(f"data/link_exports/{name}"))
    assert (recognition.layout.name, recognition.scope) == (layout, scope)
    found = read(name)
    assert [row for row in found if isinstance(row, Reject)] == []
    assert [
        (
            row.source_url,
            row.target_url,
            row.anchor,
            (row.nofollow, row.ugc, row.sponsored),
            row.link_type,
            row.first_seen,
            row.last_seen,
            row.lost_at,
        )
        for row in found
        if isinstance(row, LinkRow)
    ] == expected


@pytest.mark.parametrize(
    ("name", "layout", "expected"),
    [
        (
            "ahrefs_refdomains_utf16le_tab.csv",
            "ahrefs-refdomains",
            [
                (
                    "review-site.test",
                    at("2026-03-02 09:14:55"),
                    None,
                    {"DR": 71, "Links to target": 3, "Traffic": 180432},
                ),
                (
                    "wiki.test",
                    at("2026-05-04 18:00:01"),
                    None,
                    {"DR": 97, "Links to target": 2, "Traffic": 4_000_000_000},
                ),
                (
                    "links-4421.test",
                    at("2026-11-13 02:00:00"),
                    None,
                    {"DR": 0, "Links to target": 611, "Traffic": 0},
                ),
                (
                    "news.test",
                    at("2026-04-01 06:00:00"),
                    at("2026-10-07 05:05:05"),
                    {"DR": 66, "Links to target": 0},
                ),
            ],
        ),
        (
            "gsc_top_linking_sites.csv",
            "gsc-top-linking-sites",
            [
                ("big-blog.test", None, None, {"Linking pages": 1240, "Target pages": 12}),
                ("review-site.test", None, None, {"Linking pages": 3, "Target pages": 2}),
                ("links-4421.test", None, None, {"Linking pages": 611, "Target pages": 1}),
            ],
        ),
        (
            "gsc_top_linking_sites_he_locale_semicolon.csv",
            "gsc-top-linking-sites",
            [("review-site.test", None, None, {"Linking pages": 1240, "Target pages": 12})],
        ),
    ],
)
def test_a_report_on_domains_has_rows_without_pages(
    name: str, layout: str, expected: list[tuple[str, Any, Any, dict[str, float]]]
) -> None:
    assert inspect(shared(f"data/link_exports/{name}")).layout.name == layout
    found = read(name)
    assert len(found) == len(expected)
    for row, (domain, first, lost, metrics) in zip(found, expected, strict=True):
        assert isinstance(row, LinkRow)
        assert (row.source_domain, row.source_url, row.first_seen, row.lost_at) == (domain, None, first, lost)
        assert metrics.items() <= row.metrics.items()


@pytest.mark.parametrize(
    ("name", "layout", "expected"),
    [
        (
            "gsc_top_linked_pages_externally.csv",
            "gsc-top-linked-pages",
            [
                (f"{SITE}/", {"Incoming links": 2100, "Linking sites": 80}, {}),
                (f"{SITE}/guides/safety", {"Incoming links": 41, "Linking sites": 22}, {}),
            ],
        ),
        ("bing_api_GetLinkCounts.json", "bing-link-counts", [(f"{SITE}/guides/safety", {"Count": 41}, {})]),
        (
            "bing_wmt_ai_search_queries_fixture_header.csv",
            "bing-ai-performance",
            [
                (
                    None,
                    {"Citations": 24, "Citation Share": 21.82},
                    {
                        "Grounding Query": "how to choose an industrial widget",
                        "Intent": "Learn and Solve",
                        "Topic": "Widgets",
                    },
                ),
                (
                    None,
                    {"Citations": 13, "Citation Share": 37.14},
                    {
                        "Grounding Query": "widget safety standard explained",
                        "Intent": "Learn and Solve",
                        "Topic": "Safety",
                    },
                ),
            ],
        ),
    ],
)
def test_a_report_of_counts_has_its_figures_and_no_links(
    name: str, layout: str, expected: list[tuple[str | None, dict[str, float], dict[str, str]]]
) -> None:
    recognition = inspect(shared(f"data/link_exports/{name}"))
    assert (recognition.layout.name, recognition.scope) == (layout, "counts")
    found = read(name)
    assert [
        (row.target_url, dict(row.metrics), dict(row.labels)) for row in found if isinstance(row, LinkRow)
    ] == expected


def test_a_link_matrix_becomes_one_row_for_each_site_linked_to() -> None:
    found = [row for row in read("ahrefs_link_intersect_utf16le_tab.csv") if isinstance(row, LinkRow)]
    assert [(row.source_url, row.target_domain) for row in found] == [
        ("https://dir.test/widgets", "rival-widgets.example"),
        (REVIEW, "acme-widgets.example"),
        (REVIEW, "rival-widgets.example"),
    ]


@pytest.mark.parametrize(
    ("name", "place", "expected"),
    [
        ("ahrefs_backlinks_utf8_comma.csv", 2, {"Domain rating": 34, "UR": 3.1, "External links": 88}),
        (
            "ahrefs_backlinks_legacy_2019_2020_22col_utf16le_tab.csv",
            0,
            {"Domain Rating": 71, "URL Rating": 24},
        ),
        ("semrush_backlinks_legacy_15col.csv", 0, {"Page score": 41, "Page trust score": 38}),
        ("semrush_backlink_audit_fixture_header.csv", 0, {"Toxicity Score": 87}),
        ("majestic_download_20col_bom.csv", 1, {"SourceTrustFlow": 4, "SourceCitationFlow": 12}),
        ("moz_links_api_v2.json", 0, {"source.page_authority": 48, "source.domain_authority": 61}),
        ("dataforseo_backlinks_live.json", 0, {"rank": 210, "backlink_spam_score": 3}),
        ("seranking_api_backlinks.json", 0, {"inlink_rank": 24, "domain_inlink_rank": 71}),
    ],
)
def test_the_vendors_figures_keep_the_vendors_names(
    name: str, place: int, expected: dict[str, float]
) -> None:
    row = read(name)[place]
    assert isinstance(row, LinkRow)
    assert expected.items() <= row.metrics.items()


def test_what_the_vendor_says_about_a_lost_link_is_kept() -> None:
    lost = [row for row in read("ahrefs_backlinks_utf8_comma.csv") if isinstance(row, LinkRow) and row.lost]
    assert [(row.source_domain, row.lost_reason) for row in lost] == [
        ("news.test", "removedfromhtml"),
        ("blog.test", "notfound"),
    ]
    undated = [row for row in read("semrush_backlinks_19col.csv") if isinstance(row, LinkRow) and row.lost]
    assert [(row.source_domain, row.lost_at) for row in undated] == [("news.test", None)]


def test_a_spreadsheets_german_is_understood_with_its_evidence() -> None:
    path = shared("data/link_exports/semrush_excel_resaved_de_semicolon_cp1252.csv")
    recognition = inspect(path)
    assert (recognition.encoding.name, recognition.delimiter, recognition.date_order) == (
        "cp1252",
        ";",
        "day_first",
    )
    assert "19.08.2026" in recognition.date_evidence
    first = next(rows(path, recognition))
    assert isinstance(first, LinkRow)
    assert first.title == "Widget-Prüfung – Größenvergleich"


@pytest.mark.parametrize(
    "name",
    [
        "cc-tiny-domain-edges.txt",
        "cc-tiny-domain-vertices.txt.gz",
        "disavow_valid.txt",
        "graphinfo_shape.json",
    ],
)
def test_what_is_no_link_export_is_refused_with_what_was_seen_and_what_is_known(name: str) -> None:
    with pytest.raises(DataError, match=r"no(t a)? link export") as error:
        inspect(shared(f"data/link_exports/{name}"))
    assert "ahrefs" in error.value.hint


SYNTHETIC: list[tuple[str, str]] = [
    ("source_url,target_url,anchor,rel,first_seen,last_seen,lost_at", "generic"),
    ("Target,Source", "generic"),
    ("URL From;URL To;Anchor Text", "generic"),
    (
        "#,Referring Page URL,Link URL,Link Anchor,Type,Day Lost,URL Rating (desc),Domain Rating",
        "ahrefs-backlinks-legacy",
    ),
    (
        "Target URL,Anchor,Referring page URL,Domain rating,UR,Nofollow,First seen,Something new",
        "ahrefs-backlinks",
    ),
    ("Domain,DR,Links to target,First seen", "ahrefs-refdomains"),
    ("Domain,Dofollow ref. domains,Domain rating", "ahrefs-refdomains"),
    ("source_url;target_url;anchor;external_num;nofollow", "semrush-api"),
    ("Page ascore,Source url,Target url,Text,Response code", "semrush-backlinks"),
    ("Domain ascore,Domain,Backlinks,IP Address,Country,First seen,Last seen", "semrush-refdomains"),
    ("Source URL,Target URL,Anchor Text,Source Crawl Date,SourceTrustFlow", "majestic-download"),
    ("Item,Domain,TrustFlow,CitationFlow,BackLinks", "majestic-refdomains"),
    (
        "URL,Title,Anchor Text,Spam Score,PA,DA,Linking Domains to Page,Target URL,First Seen,Last Seen",
        "moz-links",
    ),
    ("Linking page", "gsc-latest-links"),
    ("Site,Linking pages,Target pages", "gsc-top-linking-sites"),
    ("Type,From,To,Anchor Text,Alt Text,Follow,Status Code", "screamingfrog-inlinks"),
    ("Page,Citations", "bing-ai-performance"),
    ("Page,Page citations,Share of authority", "clarity-citations"),
    ("Query,Share of authority", "clarity-citations"),
    ("Top pages,Impressions", "gsc-ai-performance"),
    ("Date,Impressions", "gsc-ai-performance"),
    ("Domain,Backlinks Count", "bing-referring-domains"),
    ("Source Url,Anchor Text,Target Url", "bing-backlinks"),
    ("Source Url,Anchor text,Target Url", "generic"),
    ("url_from,url_to,anchor,domain_rating_source,is_dofollow", "ahrefs-api-v3"),
    ("Source page url,Target url,Overall Toxic Score,Anchor text", "semrush-audit"),
    (
        "Referring page title,Referring page URL,Domain rating,UR,Target URL,Target URL HTTP code",
        "ahrefs-broken",
    ),
]


@pytest.mark.parametrize(("header", "layout"), SYNTHETIC)
def test_columns_may_stand_in_any_order_with_strange_ones_between(header: str, layout: str) -> None:
    match = formats.match(header.replace(";", ",").split(","))
    assert match is not None
    assert match.layout.name == layout


def test_every_layout_fills_known_fields_and_has_its_own_name() -> None:
    assert len(formats.BY_NAME) == len(formats.LAYOUTS)
    for layout in formats.LAYOUTS:
        assert set(layout.columns) <= set(formats.FIELDS), layout.name
        assert layout.scope in formats.SCOPES
        assert layout.signature, layout.name


@pytest.mark.parametrize(
    "layout", [each for each in formats.LAYOUTS if not each.is_json], ids=lambda each: each.name
)
def test_a_layout_is_recognised_by_its_own_columns(layout: formats.Layout) -> None:
    names = [*layout.columns.values(), *layout.metrics, *layout.signature]
    sites = [f"site{n}.example" for n in range(layout.matrix)]
    header = list(layout.spelled) or list(dict.fromkeys(name.split("|")[0] for name in names)) + sites
    match = formats.match(header)
    assert match is not None
    assert match.layout.vendor == layout.vendor


# Exports as people really have them: cut to some columns, resaved by spreadsheets of other languages
# -------------------

PAGE, GOAL = "https://blog.one.test/a", "https://acme.test/x"
FIRST, LAST = day("2026-03-02"), day("2026-11-10")
PLAIN = {"source_url": PAGE, "target_url": GOAL, "anchor": "Acmé", "first_seen": FIRST}
_SEMRUSH = (
    "Page ascore,Source title,Source url,Target url,Anchor,External links,Nofollow,Image,First seen,Lost link"
)
_MAJESTIC = "Source URL;Anchor Text;Source Trust Flow;External Links;Target URL;Flag NoFollow;Last Seen Date"
_SHORT = "Referring page URL;Target URL;Anchor;First seen;Nofollow"

VARIANTS: dict[str, tuple[bytes, str, dict[str, Any]]] = {
    "columns in another order, a strange one between, dates in words": (
        f"""Target URL,Anchor,Nofollow,Referring page URL,First seen,Zusatz,Last seen,Domain rating,UR
{GOAL},Acmé,TRUE,{PAGE},"Mar 2, 2026",x,"Nov 10, 2026",71,12""".encode(),
        "ahrefs-backlinks",
        {**PLAIN, "nofollow": True, "last_seen": LAST, "metrics": {"Domain rating": 71.0, "UR": 12.0}},
    ),
    "UTF-16, low byte first, without a mark": (
        f"Referring page URL\tTarget URL\tAnchor\tFirst seen\r\n{PAGE}\t{GOAL}\tAcmé\t2026-03-02\r\n".encode(
            "utf-16-le"
        ),
        "ahrefs-backlinks-mid",
        PLAIN,
    ),
    "UTF-16, high byte first, without a mark": (
        f"Referring page URL\tTarget URL\tAnchor\tFirst seen\n{PAGE}\t{GOAL}\tAcmé\t2 March 2026\n".encode(
            "utf-16-be"
        ),
        "ahrefs-backlinks-mid",
        PLAIN,
    ),
    "a first line for Excel, German": (
        f"sep=;\r\n{_SHORT}\r\n{PAGE};{GOAL};Acmé;2.3.2026;WAHR\r\n".encode(),
        "ahrefs-backlinks-mid",
        {**PLAIN, "nofollow": True},
    ),
    "a first line for Excel in quotes behind a byte order mark, French": (
        f'"sep=;"\r\n{_SHORT}\r\n"{PAGE}";"{GOAL}";"Acmé";"02/03/2026";"VRAI"\r\n'.encode("utf-8-sig"),
        "ahrefs-backlinks-mid",
        {**PLAIN, "nofollow": True},
    ),
    "a first line for Excel and commas": (
        f"sep=,\n{_SHORT.replace(';', ',')}\n{PAGE},{GOAL},Acmé,2026-03-02,FALSCH\n".encode(),
        "ahrefs-backlinks-mid",
        {**PLAIN, "nofollow": False},
    ),
    "lines ended as on an old Mac, thousands grouped": (
        f'{_SEMRUSH}\r12,T,{PAGE},{GOAL},Acmé,"1,234",true,false,2026-03-02 10:00:00,false\r'.encode(),
        "semrush-backlinks",
        {
            **PLAIN,
            "first_seen": at("2026-03-02 10:00"),
            "nofollow": True,
            "lost": False,
            "metrics": {"Page ascore": 12.0, "External links": 1234.0},
        },
    ),
    "line ends doubled by a text-mode copy": (
        f"{_SHORT}\r\r\n{PAGE};{GOAL};Acmé;2026-03-02;yes\r\r\n".encode(),
        "ahrefs-backlinks-mid",
        {**PLAIN, "nofollow": True},
    ),
    "dates as seconds since 1970": (
        f"source_title;source_url;target_url;anchor;nofollow;first_seen;lostlink\nT;{PAGE};{GOAL};Acmé;true;1772445600;"
        "false\n".encode(),
        "semrush-api",
        {**PLAIN, "first_seen": at("2026-03-02 10:00"), "nofollow": True, "title": "T"},
    ),
    "dates as milliseconds since 1970": (
        f"from,to,anchor,first_seen\n{PAGE},{GOAL},Acmé,1772445600000\n".encode(),
        "generic",
        {**PLAIN, "first_seen": at("2026-03-02 10:00")},
    ),
    "dates as a spreadsheet's numbers": (
        f"source,target,anchor,first seen,last seen\n{PAGE},{GOAL},Acmé,46083,46336\n".encode(),
        "generic",
        {**PLAIN, "last_seen": LAST},
    ),
    "German thousands, Windows-1252": (
        f"{_MAJESTIC}\r\n{PAGE};Acmé;12;1.234;{GOAL};+;10.11.2026\r\n".encode("cp1252"),
        "majestic-api",
        {"anchor": "Acmé", "nofollow": True, "last_seen": LAST},
    ),
    "an API's body resaved by a German spreadsheet": (
        f"page_ascore;source_url;target_url;anchor;external_num;first_seen;newlink\n7;{PAGE};{GOAL};Acmé;1.234;"
        "02.03.2026;FALSCH\n".encode(),
        "semrush-api",
        {**PLAIN, "metrics": {"page_ascore": 7.0, "external_num": 1234.0}},
    ),
    "pages without their scheme, American dates": (
        b"""URL,Title,Anchor Text,PA,DA,Linking Domains,Target URL,Nofollow,"""
        b"""Date First Seen,Date Last Seen,Spam Score
blog.one.test/a,T,Acme,30,40,"1,200",acme.test/x,Yes,03/02/2026,11/20/2026,1%""",
        "moz-links",
        {
            "source_page": PAGE,
            "first_seen": FIRST,
            "last_seen": day("2026-11-20"),
            "nofollow": True,
            "metrics": {"PA": 30.0, "DA": 40.0, "Linking Domains": 1200.0, "Spam Score": 1.0},
        },
    ),
    "Google's report in Japanese": (
        f"リンク元ページ,最終クロール\n{PAGE},2026/11/10\n".encode(),
        "gsc-latest-links",
        {"source_url": PAGE, "last_seen": LAST},
    ),
    "Google's report in French, quoted, Windows-1252": (
        f'"Page de liens";"Dernière exploration"\n"{PAGE}";"10/11/2026"\n'.encode("cp1252"),
        "gsc-latest-links",
        {"source_url": PAGE, "last_seen": LAST},
    ),
    "Google's sites in Spanish": (
        "Sitio;Páginas que enlazan;Páginas de destino\none.test;1.234;12\n".encode(),
        "gsc-top-linking-sites",
        {"source_domain": "one.test", "metrics": {"Linking pages": 1234.0, "Target pages": 12.0}},
    ),
    "an old crawl's names": (
        (
            f'"Type","From","To","Anchor Text","Alt Text","Follow"\n"Hyperlink","{PAGE}","{GOAL}","",'
            '"Logo","false"\n'
        ).encode(),
        "screamingfrog-inlinks",
        {"source_url": PAGE, "target_url": GOAL, "anchor": "Logo", "nofollow": True, "link_type": "image"},
    ),
    "a tool that nobody listed": (
        f"Backlink URL,Page Title,Target URL,Anchor text,DT,Rel,First seen,Last checked\n{PAGE},T,"
        f'{GOAL},"Acmé",30,'
        f'"ugc, nofollow","Mar 2, 2026",2026-11-10\n'.encode(),
        "generic",
        {**PLAIN, "title": "T", "nofollow": True, "ugc": True, "sponsored": False, "last_seen": LAST},
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_an_export_is_understood_as_people_have_it(tmp_path: Path, name: str) -> None:
    body, layout, expected = VARIANTS[name]
    path = tmp_path / "export.csv"
    path.write_bytes(body)
    recognition = inspect(path)
    assert recognition.layout.name == layout
    (row,) = rows(path, recognition)
    assert isinstance(row, LinkRow)
    assert {field: getattr(row, field) for field in expected} == expected


@pytest.mark.parametrize(
    ("header", "seen"),
    [
        ("Tyyppi,Lähde,Kohde,Ankkuri", "4 columns: Tyyppi,Lähde"),
        ("Pagina;Doelwit;Woorden", "3 columns: Pagina"),
    ],
)
def test_a_header_in_a_language_that_no_vendor_exports_is_refused_with_what_helps(
    tmp_path: Path, header: str, seen: str
) -> None:
    path = tmp_path / "export.csv"
    path.write_text(f"{header}\n{PAGE},{GOAL},Acme,x\n")
    with pytest.raises(DataError, match="is not a link export") as refused:
        inspect(path)
    assert seen in refused.value.problem
    assert "source_url,target_url" in refused.value.hint


A, Z = "https://blog.test/post-1", "https://acme.test/pricing"
LINK = {"source_url": A, "target_url": Z, "anchor": "Acme"}
FROM_BLOG = {"source_domain": "blog.test"}
# header, one row; {A} and {Z} are the two ends → layout, what the row says
HEADERS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "Ahrefs, all but three columns cut": (
        "Referring page URL,Anchor,Target URL",
        "{A},Acme,{Z}",
        "ahrefs-backlinks-mid",
        LINK,
    ),
    "Ahrefs with DR for Domain rating": (
        (
            "Referring page title,Referring page URL,DR,UR,Domain traffic,Anchor,Target URL,Type,"
            "Nofollow,First seen"
        ),
        "T,{A},5,4,3,Acme,{Z},text,false,2026-03-02 10:00:00",
        "ahrefs-backlinks",
        {**LINK, "nofollow": False, "metrics": {"DR": 5, "UR": 4, "Domain traffic": 3}},
    ),
    "Ahrefs' domains with two-line headers": (
        (
            "Domain,Domain rating,Ref. domains Dofollow,Traffic,Links to target Total,Links to target "
            "New,First seen,Lost"
        ),
        "blog.test,33,4,100,3,0,2026-03-02,",
        "ahrefs-refdomains",
        {**FROM_BLOG, "first_seen": day("2026-03-02")},
    ),
    "Ahrefs' domains of 2020": (
        "#,Referring Domain,Domain Rating,Ahrefs Rank,Backlinks,Dofollow,First Seen",
        "1,blog.test,55,1234,4,3,2020-01-02",
        "ahrefs-refdomains",
        {**FROM_BLOG, "metrics": {"Domain Rating": 55, "Ahrefs Rank": 1234, "Backlinks": 4, "Dofollow": 3}},
    ),
    "Ahrefs' API as CSV": (
        "url_from,url_to,anchor,domain_rating_source,first_seen_link,is_dofollow",
        "{A},{Z},Acme,5,2026-03-02T10:00:00Z,true",
        "ahrefs-api-v3",
        {**LINK, "nofollow": False},
    ),
    "Semrush, cut": (
        "Source url,Target url,Anchor,External links,Nofollow,Sitewide",
        "{A},{Z},Acme,1,TRUE,FALSE",
        "semrush-backlinks",
        {**LINK, "nofollow": True, "sitewide": False},
    ),
    "Semrush's domains": (
        "Root Domain Authority Score,Root Domain,Backlinks,IP Address,Country,First seen,Last seen",
        "5,blog.test,3,1.2.3.4,us,2026-03-02,2026-11-10",
        "semrush-refdomains",
        FROM_BLOG,
    ),
    "Semrush's audit": (
        "Source Page URL,Source Page Title,Target URL,Anchor,Overall Toxic Score,Link Type",
        "{A},T,{Z},Acme,70,Image",
        "semrush-audit",
        {**LINK, "link_type": "image", "metrics": {"Overall Toxic Score": 70}},
    ),
    "Moz's domains": (
        "Root Domain,Domain Authority,Linking Domains,Spam Score",
        "blog.test,33,5,1%",
        "moz-linking-domains",
        {**FROM_BLOG, "metrics": {"Domain Authority": 33, "Spam Score": 1, "Linking Domains": 5}},
    ),
    "Moz with a type for following": (
        "URL,Title,Anchor Text,Page Authority,Domain Authority,Spam Score,Link Type,Target URL,First Seen",
        "{A},T,Acme,20,30,1,nofollow,{Z},2026-03-02",
        "moz-links",
        {**LINK, "nofollow": True},
    ),
    "Google's sample of pages": ("Linking page", "{A}", "gsc-latest-links", {"source_url": A}),
    "the same in German": ("Verlinkende Seite", "{A}", "gsc-latest-links", {"source_url": A}),
    "Google, Dutch dates": (
        "Linkende pagina,Laatst gecrawld",
        "{A},10-11-2026",
        "gsc-latest-links",
        {"last_seen": day("2026-11-10")},
    ),
    "Google, Russian": (
        "Страница со ссылкой,Последнее сканирование",
        "{A},10 нояб. 2026 г.",
        "gsc-latest-links",
        {"last_seen": day("2026-11-10")},
    ),
    "Google, Hungarian": (
        "Hivatkozó oldal,Utolsó feltérképezés",
        "{A},2026. nov. 10.",
        "gsc-latest-links",
        {"last_seen": day("2026-11-10")},
    ),
    "Google, Vietnamese": (
        "Trang liên kết,Lần thu thập dữ liệu gần đây nhất",
        '{A},"10 thg 11, 2026"',
        "gsc-latest-links",
        {"last_seen": day("2026-11-10")},
    ),
    "Google, Korean": (
        "연결 페이지,마지막 크롤링",
        "{A},2026. 11. 10.",
        "gsc-latest-links",
        {"last_seen": day("2026-11-10")},
    ),
    "Google's sites, where Site is French": (
        "Site,Pages de liens,Pages cibles",
        '"blog.test","1\u202f240",12',
        "gsc-top-linking-sites",
        {**FROM_BLOG, "metrics": {"Linking pages": 1240, "Target pages": 12}},
    ),
    "Google's sites, two columns": (
        "Top linking sites,Linking pages",
        "blog.test,30",
        "gsc-top-linking-sites",
        {**FROM_BLOG, "metrics": {"Linking pages": 30}},
    ),
    "Google's pages": ("Top linked pages,Links", "{Z},1200", "gsc-top-linked-pages", {"target_url": Z}),
    "Google's anchors": (
        "Rank,Link text",
        "1,Acme",
        "gsc-top-linking-text",
        {"labels": {"Link text": "Acme"}, "metrics": {"Rank": 1}},
    ),
    "Bing, to the letter": ("Source Url,Anchor Text,Target Url", "{A},Acme,{Z}", "bing-backlinks", LINK),
    "Bing's words in another order are anybody's": (
        '"Source URL","Target URL","Anchor text"',
        "{A},{Z},Acme",
        "generic",
        LINK,
    ),
    "Bing's pages": ("Page,Backlinks count", "{Z},4", "bing-linked-pages", {"target_url": Z}),
    "Bing's citations a day": (
        "Date,Citations,Cited Pages",
        "2026-03-02,4,2",
        "bing-ai-performance",
        {"metrics": {"Citations": 4, "Cited Pages": 2}},
    ),
    "Clarity's cited pages": (
        "Page,Page citations,Share of authority",
        "{Z},12,3.4%",
        "clarity-citations",
        {"metrics": {"Page citations": 12, "Share of authority": 3.4}},
    ),
    "Google's impressions in AI answers": (
        "Country,Impressions",
        "Germany,1.204",
        "gsc-ai-performance",
        {"metrics": {"Impressions": 1204}},
    ),
    "Screaming Frog, German": (
        (
            '"Typ","Quelle","Ziel","Größe (Bytes)","Alt-Text","Anker","Statuscode","Status","Follow",'
            '"Ziel","Rel","Linkposition"'
        ),
        '"Hyperlink","{A}","{Z}","1","","Acme","200","OK","true","_blank","ugc nofollow","Inhalt"',
        "screamingfrog-inlinks",
        {**LINK, "link_type": "text", "ugc": True, "placement": "Inhalt"},
    ),
    "Screaming Frog, French": (
        (
            '"Type","Source","Destination","Taille (octets)","Texte alternatif","Ancrage","Code de '
            'statut","Suivre","Position du lien"'
        ),
        '"Hyperlien","{A}","{Z}","1","","Acme","200","vrai","Contenu"',
        "screamingfrog-inlinks",
        {**LINK, "link_type": "text", "nofollow": False},
    ),
    "Screaming Frog, Spanish": (
        (
            '"Tipo","Origen","Destino","Texto ALT","Anclaje","Código de respuesta","Seguir","Posición '
            'del enlace"'
        ),
        '"Hipervínculo","{A}","{Z}","","Acme","200","falso","Pie"',
        "screamingfrog-inlinks",
        {**LINK, "link_type": "text", "nofollow": True},
    ),
    "Screaming Frog, Italian": (
        '"Tipo","Origine","Destinazione","Testo alternativo","Testo di ancoraggio","Codice di stato","Segui"',
        '"Collegamento ipertestuale","{A}","{Z}","","Acme","200","vero"',
        "screamingfrog-inlinks",
        {**LINK, "link_type": "text", "nofollow": False},
    ),
    "Screaming Frog with a title line and the old type": (
        '"All Inlinks"\n"Type","Source","Destination","Alt Text","Anchor","Status Code","Status","Follow"',
        '"HREF","{A}","{Z}","","Acme","200","OK","true"',
        "screamingfrog-inlinks",
        {**LINK, "link_type": "text"},
    ),
    "Screaming Frog, what a page loads": (
        (
            '"Type","Source","Destination","Size (Bytes)","Alt Text","Anchor","Status Code",'
            '"Crawlability","Follow"'
        ),
        '"Image","{A}","{Z}","9","Logo","","200","","true"',
        "screamingfrog-inlinks",
        {"link_type": "embed"},
    ),
    "SE Ranking": (
        "Referring page URL,Title,Anchor,Target URL,Domain Trust,Page Trust,Nofollow,First seen",
        "{A},T,Acme,{Z},4,5,false,2026-03-02",
        "seranking-backlinks",
        {**LINK, "metrics": {"Domain Trust": 4, "Page Trust": 5}},
    ),
    "SEO SpyGlass": (
        (
            "Backlink Page,Page Title,Linked Page (URL),Anchor Text,Domain InLink Rank,InLink Rank,"
            "Last Found Date"
        ),
        "{A},T,{Z},Acme,3,4,2026-11-10",
        "seranking-backlinks",
        {**LINK, "last_seen": day("2026-11-10")},
    ),
    "Ubersuggest": (
        (
            "Source Page Title,Source Page URL,Domain Authority,Page Authority,Spam Score,Link Type,"
            "Anchor Text,Target URL"
        ),
        "T,{A},4,5,1,Nofollow,Acme,{Z}",
        "ubersuggest-backlinks",
        {**LINK, "nofollow": True, "title": "T"},
    ),
    "Ubersuggest with scores": (
        "Source URL,Source Title,Domain Score,Page Score,Link Type,Anchor Text,Target URL,First Seen",
        '{A},T,4,5,Dofollow,Acme,{Z},"Mar 2, 2026"',
        "ubersuggest-backlinks",
        {**LINK, "nofollow": False, "first_seen": day("2026-03-02")},
    ),
    "Mangools": (
        "Source URL,Target URL,Anchor,Citation Flow,Trust Flow,Link Strength,Nofollow",
        "{A},{Z},Acme,4,5,20,true",
        "mangools-linkminer",
        {**LINK, "nofollow": True},
    ),
    "Serpstat": (
        "Donor URL,Anchor,Target URL,SDR,Link type,Added,Last check",
        "{A},Acme,{Z},20,Dofollow,2026-03-02,2026-11-10",
        "serpstat-backlinks",
        {**LINK, "nofollow": False, "first_seen": day("2026-03-02"), "last_seen": day("2026-11-10")},
    ),
    "LinkResearchTools": (
        "From Url,To Url,Anchor Text,Link Status,Power*Trust,DTOXRISK",
        "{A},{Z},Acme,follow,5,200",
        "linkresearchtools",
        {**LINK, "nofollow": False},
    ),
    "somebody's, German": (
        "Quell-URL;Ziel-URL;Ankertext;Erstmals gesehen",
        "{A};{Z};Acme;02.03.2026",
        "generic",
        {**LINK, "first_seen": day("2026-03-02")},
    ),
    "somebody's, French": ("URL source;URL cible;Ancre", "{A};{Z};Acme", "generic", LINK),
    "somebody's, Spanish": ("URL de origen;URL de destino;Texto ancla", "{A};{Z};Acme", "generic", LINK),
    "somebody's, Japanese": ("リンク元URL,リンク先URL,アンカーテキスト", "{A},{Z},Acme", "generic", LINK),
    "somebody's, with two dates": (
        "Source page,Target page,Anchor text,First seen,Last crawled",
        "{A},{Z},Acme,2026-03-02,2026-11-10",
        "generic",
        {**LINK, "last_seen": day("2026-11-10")},
    ),
    "Sistrix's words": (
        "Linkquelle;Linkziel;Linktext;Nofollow",
        "{A};{Z};Acme;nein",
        "generic",
        {**LINK, "nofollow": False},
    ),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_as_tools_and_people_write_it_is_known(tmp_path: Path, name: str) -> None:
    header, row, layout, expected = HEADERS[name]
    path = tmp_path / "export.csv"
    path.write_text(f"{header}\n{row.format(A=A, Z=Z)}\n", "utf-8")
    recognition = inspect(path)
    assert recognition.layout.name == layout
    (found,) = rows(path, recognition)
    assert isinstance(found, LinkRow), found
    assert {field: getattr(found, field) for field in expected} == expected


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Domäne;Besuche;Nutzer", "blog.test;1.240;12"),
        ("Seite;Preis", "https://blog.test/;12"),
        ("Client;Valeur", "https://blog.test/;12"),
        ("Cerveza;Precio", "https://blog.test/;12"),
        ("Etikett;Anzahl", "https://blog.test/;12"),
        ("Adresse", "https://blog.test/"),
        ("url,count", "https://blog.test/,4"),
        ("Url,AnchorText", "https://blog.test/,x"),
        ("URL,Link,Anchor", "https://blog.test/,https://acme.test/,x"),
        ("Top pages,Clicks,Impressions,CTR,Position", "https://blog.test/,1,2,50%,3"),
        ("Link,Name", "https://blog.test/,x"),
    ],
)
def test_a_table_about_something_else_is_not_taken_for_links(tmp_path: Path, header: str, row: str) -> None:
    path = tmp_path / "export.csv"
    path.write_text(f"{header}\n{row}\n", "utf-8")
    with pytest.raises(DataError, match="is not a link export"):
        inspect(path)


def test_a_format_that_the_user_names_is_read_under_any_header(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(f"Hlekkjasíða,Síðast skriðin\n{A},10.11.2026\n", "utf-8")
    with pytest.raises(DataError):
        inspect(path)
    recognition = inspect(path, "gsc-latest-links")
    (found,) = rows(path, recognition)
    assert isinstance(found, LinkRow)
    assert (found.source_url, found.last_seen) == (A, day("2026-11-10"))


def test_a_header_that_lacks_one_column_says_which(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(f"Referring page URL,Anchor\n{A},x\n")
    with pytest.raises(DataError) as refused:
        inspect(path)
    assert "as ahrefs-backlinks-mid it lacks the column Target URL" in refused.value.hint


def test_rows_without_a_header_are_told_from_an_unknown_header(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(f"{A},{Z},Acme\n")
    with pytest.raises(DataError, match="has no header"):
        inspect(path)
