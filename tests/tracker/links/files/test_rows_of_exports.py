"""Small exports of rarer layouts, invented in the vendors' shapes, are read into the rows that they state."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.links.exports import read, write
from tracker.links.files.recognise import inspect

PAGE, TARGET = "https://blog.one.test/a", "https://acme.test/x"
FIRST, LAST = date(2026, 3, 2), date(2026, 11, 10)
FIRST_MOMENT, LAST_MOMENT = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (FIRST, LAST))
LINK = {"source_url": PAGE, "target_url": TARGET, "anchor": "Acme"}
SEEN = {"first_seen": FIRST, "last_seen": LAST}


def table(*cells: str, delimiter: str = ",") -> str:
    """`column=value` pairs as a header and one row."""
    pairs = [cell.partition("=") for cell in cells]
    return "\n".join(
        delimiter.join(f'"{part}"' for part in line)
        for line in ([name for name, _, _ in pairs], [value for _, _, value in pairs])
    )


EXPORTS: dict[str, tuple[str, dict[str, Any]]] = {
    "ahrefs-backlinks-legacy": (
        table(
            "#=1",
            "Domain Rating=71",
            "URL Rating (desc)=24",
            "Referring Domains=41",
            f"Referring Page URL={PAGE}",
            "Referring Page Title=Tested",
            "External Links Count=18",
            f"Link URL={TARGET}",
            "TextPre=we like",
            "Link Anchor=Acme",
            "TextPost=most",
            "Type=Nofollow",
            "Backlink Status=",
            "First Seen=2026-03-02 00:00",
            "Last Check=2026-11-10 00:00",
            "Day Lost=",
        ),
        {**LINK, "nofollow": True, "first_seen": FIRST_MOMENT, "title": "Tested", "lost_at": None},
    ),
    "ahrefs-broken": (
        table(
            "Referring page title=Old post",
            f"Referring page URL={PAGE}",
            "Domain rating=45",
            "UR=3",
            f"Target URL={TARGET}",
            "Target page HTTP code=404",
            "Left context=see",
            "Anchor=Acme",
            "Right context=for more",
            "Type=text",
            "Nofollow=false",
            "UGC=true",
            "Sponsored=false",
        ),
        {**LINK, "nofollow": False, "ugc": True, "sponsored": False, "title": "Old post"},
    ),
    "bing-referring-domains": (
        table("Domain=one.test", "Backlinks Count=41"),
        {"source_domain": "one.test", "source_url": None, "target_url": None},
    ),
    "majestic-download": (
        table(
            f"Target URL={TARGET}",
            f"Source URL={PAGE}",
            "Anchor Text=Acme",
            "Source Crawl Date=2026-11-10",
            "Source First Found Date=2026-03-02",
            "FlagNoFollow=+",
            "FlagImageLink=",
            "FlagRedirect=",
            "FlagFrame=",
            "FlagOldCrawl=",
            "FlagAltText=",
            "FlagMention=",
            "SourceCitationFlow=38",
            "SourceTrustFlow=31",
        ),
        {**LINK, **SEEN, "nofollow": True},
    ),
    "majestic-refdomains": (
        table(
            "Domain=one.test",
            "TrustFlow=31",
            "CitationFlow=38",
            "BackLinks=7",
            "FirstSeen=2026-03-02",
            "LastSeen=2026-11-10",
        ),
        {"source_domain": "one.test", "source_url": None, **SEEN},
    ),
    "moz-ose-legacy": (
        "Links to a site\nTarget: acme.test\n\n"
        + table(
            f"URL={PAGE}",
            "Title=Tested",
            "Anchor Text=Acme",
            "Spam Score=2",
            "Page Authority=48",
            "Domain Authority=61",
            "Origin=External",
            f"Target URL={TARGET}",
            "Only rel=nofollow=No",
        )
        .replace('"Only rel"', '"Only rel=nofollow"')
        .replace('"nofollow=No"', '"No"'),
        {**LINK, "title": "Tested"},
    ),
    "semrush-backlinks-legacy": (
        table(
            "Page score=41",
            "Page trust score=38",
            "Source title=Tested",
            f"Source url={PAGE}",
            f"Target url={TARGET}",
            "Anchor=Acme",
            "External links=18",
            "Nofollow=true",
            "Image=false",
            "First seen=2026-03-02",
            "Last seen=2026-11-10",
        ),
        {**LINK, **SEEN, "nofollow": True, "title": "Tested"},
    ),
    "ahrefs-api-v3-refdomains": (
        json.dumps(
            {
                "refdomains": [
                    {
                        "domain": "one.test",
                        "domain_rating": 71.0,
                        "links_to_target": 3,
                        "dofollow_links": 1,
                        "first_seen": "2026-03-02T00:00:00Z",
                        "last_seen": "2026-11-10T00:00:00Z",
                        "is_spam": False,
                    }
                ]
            }
        ),
        {"source_domain": "one.test", "source_url": None, "first_seen": FIRST_MOMENT, "lost_at": LAST_MOMENT},
    ),
    "bing-url-links": (
        json.dumps({"d": {"Details": [{"AnchorText": "Acme", "Url": PAGE}], "TotalPages": 1}}),
        {"source_url": PAGE, "anchor": "Acme"},
    ),
    "dataforseo-referring-domains": (
        json.dumps(
            {
                "tasks": [
                    {
                        "status_code": 20000,
                        "result": [
                            {
                                "target": "acme.test",
                                "items": [
                                    {
                                        "type": "backlinks_referring_domain",
                                        "domain": "one.test",
                                        "rank": 200,
                                        "backlinks": 12,
                                        "referring_pages": 9,
                                        "first_seen": "2026-03-02 00:00:00 +00:00",
                                        "lost_date": "2026-11-10 00:00:00 +00:00",
                                    }
                                ],
                            }
                        ],
                    }
                ]
            }
        ),
        {"source_domain": "one.test", "first_seen": FIRST_MOMENT, "lost_at": LAST_MOMENT},
    ),
    "moz-api-v2": (
        json.dumps(
            {
                "next_token": "",
                "results": [
                    {
                        "source": {"page": "blog.one.test/a", "root_domain": "one.test", "page_authority": 4},
                        "target": {"page": "acme.test/x"},
                        "anchor_text": "Acme",
                        "nofollow": True,
                        "date_first_seen": "2026-03-02",
                        "date_last_seen": "2026-11-10",
                        "date_disappeared": "",
                    }
                ],
            }
        ),
        {"anchor": "Acme", "nofollow": True, **SEEN, "lost_at": None},
    ),
    "seranking-api": (
        json.dumps(
            {
                "backlinks": [
                    {
                        "url_from": PAGE,
                        "url_to": TARGET,
                        "title": "Tested",
                        "anchor": "Acme",
                        "nofollow": False,
                        "image": False,
                        "inlink_rank": 24,
                        "domain_inlink_rank": 71,
                        "first_seen": "2026-03-02",
                        "last_visited": "2026-11-10",
                    }
                ]
            }
        ),
        {**LINK, **SEEN, "nofollow": False, "title": "Tested"},
    ),
    "serpstat-api": (
        json.dumps(
            {
                "result": {
                    "data": [
                        {
                            "url_from": PAGE,
                            "url_to": TARGET,
                            "anchor": "Acme",
                            "nofollow": "nofollow",
                            "link_type": "text",
                            "links_external": 18,
                            "add": "2026-03-02",
                            "check": "2026-11-10",
                        }
                    ]
                }
            }
        ),
        {**LINK, **SEEN, "nofollow": True},
    ),
}


@pytest.mark.parametrize("layout", EXPORTS)
def test_a_small_export_is_known_and_read(layout: str, tmp_path: Path) -> None:
    text, stated = EXPORTS[layout]
    path = write(tmp_path / ("export.json" if text.startswith("{") else "export.csv"), text)
    assert inspect(path).layout.name == layout
    (row,), rejects = read(path)
    assert rejects == []
    assert {name: getattr(row, name) for name in stated} == stated
