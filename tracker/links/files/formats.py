"""One table of the export layouts this program reads. A layout is recognised by its header, never by a file's
name.

A new layout is one more `Layout(...)` in `LAYOUTS`: what must be in the header (`signature`), which column
fills which field (`columns`), and which columns are the vendor's own figures (`metrics`). Header names are
compared without regard to case, spaces and punctuation; `A|B` means "A, or else B"; columns may stand in any
order, and unknown ones are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tracker.links.files.words import WORDS

Scope = Literal["all", "one_per_domain", "new", "lost", "sample", "domains", "counts"]
SCOPES: tuple[Scope, ...] = ("all", "one_per_domain", "new", "lost", "sample", "domains", "counts")
FULL_SCOPES: frozenset[str] = frozenset({"all", "one_per_domain", "domains"})
"""Scopes whose snapshot claims to be complete: only between two of these may a missing link count as lost."""

Rows = Literal["links", "domains", "counts", "authority"]
Container = tuple[str, ...]

FIELDS: dict[str, str] = {
    # field → how its cells are read (see importer.CONVERTERS)
    "source_url": "url",
    "target_url": "url",
    "source_domain": "domain",
    "target_domain": "domain",
    "anchor": "text",
    "alt": "text",
    "rel": "text",
    "nofollow": "nofollow",
    "follow": "follow",
    "only_nofollow": "truth",
    "only_follow": "truth",
    "ugc": "truth",
    "sponsored": "truth",
    "link_type": "type",
    "is_image": "truth",
    "is_frame": "truth",
    "is_form": "truth",
    "is_redirect": "truth",
    "is_mention": "truth",
    "first_seen": "moment",
    "last_seen": "moment",
    "lost_at": "moment",
    "lost": "truth",
    "new": "truth",
    "lost_reason": "text",
    "title": "text",
    "language": "text",
    "context_left": "text",
    "context_right": "text",
    "placement": "text",
    "sitewide": "truth",
    "spam": "truth",
}


@dataclass(frozen=True)
class Layout:
    name: str
    vendor: str
    signature: tuple[str, ...]
    """Header names that must all be there."""
    columns: Mapping[str, str]
    scope: Scope = "all"
    rows: Rows = "links"
    metrics: tuple[str, ...] = ()
    """The vendor's figures; they keep their names."""
    labels: tuple[str, ...] = ()
    """The vendor's words about a link (page type, platform); kept as text under their names."""
    absent: tuple[str, ...] = ()
    """Header names that make it another layout."""
    container: Container = ()
    """For JSON: the key of the list whose elements are rows. Column names are then dotted paths."""
    blank_is_false: bool = False
    """Flags in which an empty cell means no, and not "unknown"."""
    counting: bool = False
    """All figures are counts: `1.240` and `1,240` are both 1240."""
    targets_before: str = ""
    """Link matrices: the columns up to this one that are named after a site say
    whether the page links to it.
    """
    own_site: bool = False
    """The owner's report about the owner's site: rows need not name the target."""
    embeds: tuple[str, ...] = ()
    """Words of the type column for what a page loads (pictures, styles, scripts): no links, though in the
    file.
    """
    json_only: bool = False
    """Its names are too common to be a signature in a table."""
    notes: str = ""

    @property
    def is_json(self) -> bool:
        return bool(self.container)


NO_LINKS: frozenset[str] = frozenset({"mention", "embed"})
"""Link types that are facts about a page and no links from it."""


def _header(field: str) -> str:
    """The names of a field's column in anybody's own file, from `words.yaml`."""
    return "|".join(WORDS["headers"][field])


# The two ends of a link and what stands between them, as tools and people name them.
_SOURCE = _header("source")
_TARGET = _header("target")
_ANCHOR = _header("anchor")
_FIRST_SEEN = _header("first_seen")
_LAST_SEEN = _header("last_seen")
_TITLE = _header("title")
_ENDS = {"source_url": _SOURCE, "target_url": _TARGET, "anchor": _ANCHOR, "title": _TITLE}
_SEEN = {"first_seen": _FIRST_SEEN, "last_seen": _LAST_SEEN}
_LOST_AT = "lost_at|lost|date lost|lost date|day lost|verloren am|perdu le|fecha de pérdida"
_LINK_KIND = "link type|type|linktyp|type de lien|tipo de enlace|tipo di link|tipo de link"
_RATED = {
    **_ENDS,
    **_SEEN,
    "nofollow": "nofollow|no follow|rel nofollow|is nofollow",
    "follow": "dofollow|is dofollow|follow",
    "ugc": "ugc",
    "sponsored": "sponsored",
    "link_type": _LINK_KIND,
    "lost_at": _LOST_AT,
    "language": "language",
}
"""The columns of smaller tools, whose figures alone tell them apart."""

_AHREFS_METRICS = (
    "Domain rating|DR",
    "UR|URL rating",
    "Domain traffic",
    "Referring domains",
    "Linked domains",
    "External links",
    "Internal links",
    "Page traffic|Traffic",
    "Keywords",
    "Links in group",
    "Referring page HTTP code",
)
_AHREFS_LABELS = (
    "Platform",
    "Redirect Chain URLs",
    "Redirect Chain status codes",
    "Drop reason",
    "Discovered status",
    "Author",
    "Page type",
    "Page category",
    "Content",
    "Rendered",
    "Raw",
)
_AHREFS_COLUMNS = {
    "source_url": "Referring page URL",
    "target_url": "Target URL",
    "title": "Referring page title",
    "language": "Language",
    "anchor": "Anchor",
    "context_left": "Left context",
    "context_right": "Right context",
    "link_type": "Type",
    "spam": "Is spam",
    "nofollow": "Nofollow",
    "ugc": "UGC",
    "sponsored": "Sponsored",
    "lost_reason": "Lost status|Drop reason",
    "first_seen": "First seen",
    "last_seen": "Last seen|Last check",
    "lost_at": "Lost",
}
_SEMRUSH_COLUMNS = {
    "source_url": "Source url|Source page url",
    "target_url": "Target url",
    "title": "Source title|Source page title",
    "anchor": "Anchor|Anchor text",
    "nofollow": "Nofollow",
    "sponsored": "Sponsored",
    "ugc": "Ugc",
    "is_image": "Image",
    "is_frame": "Frame",
    "is_form": "Form",
    "sitewide": "Sitewide",
    "first_seen": "First seen",
    "last_seen": "Last seen",
    "new": "New link|newlink",
    "lost": "Lost link|lostlink",
}

LAYOUTS: tuple[Layout, ...] = (
    # --- Ahrefs ---------------------------------------------------------------------------------------------
    Layout(
        name="ahrefs-broken",
        vendor="ahrefs",
        signature=("Referring page URL", "Target URL", "Target page HTTP code|Target URL HTTP code"),
        columns={**_AHREFS_COLUMNS, "last_seen": "Ref. page checked|Last seen"},
        scope="sample",
        metrics=(*_AHREFS_METRICS, "Target page HTTP code|Target URL HTTP code"),
        labels=(*_AHREFS_LABELS, "Target checked"),
        notes="links to pages of the target that answer with an error; not the whole profile",
    ),
    Layout(
        name="ahrefs-backlinks",
        vendor="ahrefs",
        signature=(
            "Referring page URL",
            "Target URL",
            "Domain rating|DR",
            "UR|Is spam|Page type|Redirect Chain URLs",
        ),
        columns=_AHREFS_COLUMNS,
        metrics=_AHREFS_METRICS,
        labels=_AHREFS_LABELS,
    ),
    Layout(
        name="ahrefs-backlinks-mid",
        vendor="ahrefs",
        signature=("Referring page URL", "Target URL|Link URL"),
        columns={**_AHREFS_COLUMNS, "target_url": "Target URL|Link URL"},
        metrics=_AHREFS_METRICS,
        labels=_AHREFS_LABELS,
        notes="exports of about 2021 to 2024, and any of which columns were cut off",
    ),
    Layout(
        name="ahrefs-backlinks-legacy",
        vendor="ahrefs",
        signature=("Referring Page URL", "Link URL", "Link Anchor|TextPre|Backlink Status|Day Lost"),
        columns={
            "source_url": "Referring Page URL",
            "target_url": "Link URL",
            "title": "Referring Page Title",
            "language": "Language",
            "anchor": "Link Anchor",
            "context_left": "TextPre",
            "context_right": "TextPost",
            "link_type": "Type",
            "lost_reason": "Backlink Status",
            "first_seen": "First Seen",
            "last_seen": "Last Check|Last Seen",
            "lost_at": "Day Lost",
        },
        metrics=(
            "Domain Rating",
            "URL Rating",
            "Ahrefs Rank",
            "Referring Domains",
            "Internal Links Count",
            "External Links Count",
            "Traffic",
            "Keywords",
            "Linked Domains",
        ),
        labels=("Js rendered",),
        notes="the Type column says Dofollow or Nofollow",
    ),
    Layout(
        name="ahrefs-link-intersect",
        vendor="ahrefs",
        signature=("Intersect", "Referring page URL|Domain|Referring domain"),
        columns={
            "source_url": "Referring page URL",
            "source_domain": "Domain|Referring domain",
            "title": "Referring page title",
            "language": "Language",
            "link_type": "Type",
        },
        scope="sample",
        metrics=(
            "Domain rating|DR",
            "UR",
            "Domain traffic|Traffic",
            "Referring domains",
            "Page traffic",
            "Intersect",
        ),
        labels=("Platform", "Author", "Redirect Code"),
        targets_before="Intersect",
        notes="a page becomes one row for each site it links to",
    ),
    Layout(
        name="ahrefs-refdomains",
        vendor="ahrefs",
        signature=(
            "Domain|Referring domain",
            "DR|Domain rating",
            (
                "Links to target|Links to target Total|Dofollow ref. domains|Ref. domains Dofollow|"
                "Backlinks|Total backlinks"
            ),
        ),
        columns={
            "source_domain": "Domain|Referring domain",
            "spam": "Is spam",
            "first_seen": "First seen",
            "last_seen": "Last seen",
            "lost_at": "Lost",
        },
        scope="domains",
        rows="domains",
        metrics=(
            "DR|Domain rating",
            "Ahrefs Rank",
            "Dofollow ref. domains|Ref. domains Dofollow",
            "Dofollow linked domains|Linked domains Dofollow",
            "Traffic|Domain traffic",
            "Keywords",
            "Links to target|Links to target Total|Backlinks|Total backlinks",
            "New links|Links to target New",
            "Lost links|Links to target Lost",
            "Dofollow links|Links to target Dofollow|Dofollow",
        ),
        absent=("Target URL", "Referring page URL"),
    ),
    Layout(
        name="ahrefs-api-v3",
        vendor="ahrefs",
        container=("backlinks",),
        signature=(
            "url_from",
            "url_to",
            "domain_rating_source|url_rating_source|first_seen_link|is_dofollow|link_type",
        ),
        columns={
            "source_url": "url_from",
            "target_url": "url_to",
            "title": "title",
            "language": "languages",
            "anchor": "anchor",
            "alt": "alt",
            "context_left": "snippet_left",
            "context_right": "snippet_right",
            "link_type": "link_type",
            "nofollow": "is_nofollow",
            "follow": "is_dofollow",
            "ugc": "is_ugc",
            "sponsored": "is_sponsored",
            "spam": "is_spam",
            "first_seen": "first_seen_link|first_seen",
            "last_seen": "last_visited",
            "lost_at": "last_seen",
            "lost": "is_lost",
            "lost_reason": "lost_reason|drop_reason",
        },
        metrics=(
            "domain_rating_source",
            "url_rating_source",
            "http_code",
            "link_group_count",
            "traffic",
            "traffic_domain",
            "refdomains_source",
            "linked_domains_source_page",
            "links_external",
            "links_internal",
            "positions",
        ),
        labels=("discovered_status", "is_content", "page_type_source", "powered_by"),
        notes=(
            "last_seen is the day the link was lost, and null while it lives; last_visited is the last look"
        ),
    ),
    Layout(
        name="ahrefs-api-v3-refdomains",
        vendor="ahrefs",
        json_only=True,
        container=("refdomains",),
        signature=("domain", "domain_rating|links_to_target|dofollow_links"),
        columns={
            "source_domain": "domain",
            "spam": "is_spam",
            "first_seen": "first_seen",
            "lost_at": "last_seen",
        },
        scope="domains",
        rows="domains",
        metrics=(
            "domain_rating",
            "links_to_target",
            "dofollow_links",
            "dofollow_refdomains",
            "dofollow_linked_domains",
            "traffic_domain",
            "positions_source_domain",
            "new_links",
            "lost_links",
        ),
    ),
    # --- Semrush --------------------------------------------------------------------------------------------
    Layout(
        name="semrush-audit",
        vendor="semrush",
        signature=(
            "Source url|Source page url",
            "Target url",
            "Toxicity Score|Toxic Score|Overall Toxic Score|TS",
        ),
        columns={**_SEMRUSH_COLUMNS, "link_type": "Link Type"},
        metrics=(
            "Toxicity Score|Toxic Score|Overall Toxic Score|TS",
            "Page ascore",
            "Domain ascore",
            "External links",
            "Internal links",
        ),
        labels=("Toxic markers", "Type", "Category", "Status"),
    ),
    Layout(
        name="semrush-backlinks",
        vendor="semrush",
        signature=(
            "Source url|Source page url",
            "Target url",
            "Page ascore|Page Authority Score|Page AS|Domain ascore|Sitewide",
        ),
        columns=_SEMRUSH_COLUMNS,
        metrics=(
            "Page ascore|Page Authority Score|Page AS",
            "Domain ascore",
            "External links",
            "Internal links",
        ),
        labels=("Text",),
    ),
    Layout(
        name="semrush-backlinks-legacy",
        vendor="semrush",
        signature=("Source url", "Target url", "Page trust score"),
        columns=_SEMRUSH_COLUMNS,
        metrics=("Page score", "Page trust score", "External links", "Internal links"),
    ),
    Layout(
        name="semrush-api",
        vendor="semrush",
        signature=("source_url", "target_url", "page_ascore|page_score|external_num|newlink|lostlink"),
        columns={**_SEMRUSH_COLUMNS, "link_type": "type"},
        metrics=(
            "page_ascore",
            "page_score",
            "page_trust_score",
            "domain_ascore",
            "external_num",
            "internal_num",
            "response_code",
            "source_size",
        ),
    ),
    Layout(
        name="semrush-refdomains",
        vendor="semrush",
        signature=(
            "Domain ascore|domain_ascore|Domain score|Root Domain Authority Score|Domain Authority Score|AS",
            "Domain|Root Domain|Referring Domain",
            "Backlinks|backlinks_num",
        ),
        columns={
            "source_domain": "Domain|Root Domain|Referring Domain",
            "first_seen": "First seen",
            "last_seen": "Last seen",
            "new": "New domain",
            "lost": "Lost domain",
        },
        scope="domains",
        rows="domains",
        metrics=(
            "Domain ascore|domain_ascore|Domain score|Root Domain Authority Score|Domain Authority Score|AS",
            "Domain trust score",
            "Backlinks|backlinks_num",
        ),
        labels=("IP Address", "Country", "Domain category"),
        absent=("Source url", "Target url"),
    ),
    # --- Majestic -------------------------------------------------------------------------------------------
    Layout(
        name="majestic-download",
        vendor="majestic",
        signature=("Source URL", "Target URL", "Source First Found Date|Source Crawl Date"),
        columns={
            "source_url": "Source URL",
            "target_url": "Target URL",
            "anchor": "Anchor Text",
            "title": "Source Title",
            "first_seen": "Source First Found Date",
            "last_seen": "Source Crawl Date|Last Seen Date",
            "lost_at": "Date Lost",
            "lost_reason": "Reason Lost",
            "nofollow": "FlagNoFollow",
            "is_image": "FlagImageLink|FlagImages",
            "is_redirect": "FlagRedirect",
            "is_frame": "FlagFrame",
            "is_mention": "FlagMention",
        },
        metrics=(
            "SourceCitationFlow",
            "SourceTrustFlow",
            "TargetCitationFlow",
            "TargetTrustFlow",
            "Source ACRank",
        ),
        labels=(
            "SourceTopicalTrustFlow_Topic_0",
            "SourceTopicalTrustFlow_Value_0",
            "FlagAltText",
            "FlagOldCrawl",
            "RefDomainTopicalTrustFlow_Topic_0",
            "RefDomainTopicalTrustFlow_Value_0",
        ),
        blank_is_false=True,
        notes="flags are + or empty",
    ),
    Layout(
        name="majestic-api",
        vendor="majestic",
        signature=("SourceURL", "TargetURL", "FirstIndexedDate|LastSeenDate|SourceTrustFlow"),
        columns={
            "source_url": "SourceURL",
            "target_url": "TargetURL",
            "anchor": "AnchorText",
            "title": "SourceTitle",
            "language": "SourceLanguage",
            "first_seen": "FirstIndexedDate",
            "last_seen": "LastSeenDate|Date",
            "lost_at": "DateLost",
            "lost_reason": "ReasonLost",
            "lost": "FlagDeleted",
            "nofollow": "FlagNoFollow",
            "link_type": "LinkType",
            "is_image": "FlagImages",
            "is_redirect": "FlagRedirect",
            "is_frame": "FlagFrame",
            "is_mention": "FlagMention",
        },
        metrics=("ACRank", "SourceCitationFlow", "SourceTrustFlow", "TargetCitationFlow", "TargetTrustFlow"),
        labels=(
            "SourceTopicalTrustFlow_Topic_0",
            "SourceTopicalTrustFlow_Value_0",
            "FlagAltText",
            "LinkSubType",
            "TargetTopicalTrustFlow_Topic_0",
            "TargetTopicalTrustFlow_Value_0",
        ),
        blank_is_false=True,
    ),
    Layout(
        name="majestic-refdomains",
        vendor="majestic",
        signature=("Domain", "TrustFlow|Trust Flow", "CitationFlow|Citation Flow"),
        columns={
            "source_domain": "Domain",
            "first_seen": "FirstSeen|First Crawled|FirstCrawled",
            "last_seen": "LastSeen",
        },
        scope="domains",
        rows="domains",
        metrics=(
            "TrustFlow|Trust Flow",
            "CitationFlow|Citation Flow",
            "BackLinks|MatchedLinks|Matched Links",
            "RefDomains",
            "ExtBackLinks",
            "AlexaRank",
        ),
        absent=("Source URL", "Target URL"),
    ),
    # --- Moz ------------------------------------------------------------------------------------------------
    Layout(
        name="moz-ose-legacy",
        vendor="moz",
        signature=("URL", "Target URL", "Page Authority", "Domain Authority"),
        columns={
            "source_url": "URL",
            "target_url": "Target URL",
            "title": "Title",
            "anchor": "Anchor Text",
            "only_nofollow": "Only rel=nofollow",
            "only_follow": "Only follow",
            "is_redirect": "301",
        },
        metrics=(
            "Spam Score",
            "Page Authority",
            "Domain Authority",
            "Number of Domains Linking to this Page",
            "Number of Domains Linking to Domain|Number of domains linking to domain",
        ),
        labels=("Origin", "Link Equity", "No Link Equity"),
        notes="Open Site Explorer, six lines before the header",
    ),
    Layout(
        name="moz-links",
        vendor="moz",
        signature=(
            "URL|Source URL|Linking page",
            "Target URL",
            "PA|DA|Page Authority|Domain Authority|Spam Score",
        ),
        columns={
            "source_url": "URL|Source URL|Linking page",
            "target_url": "Target URL",
            "title": "Title|Source Title",
            "anchor": "Anchor Text|Anchor",
            "nofollow": "Nofollow|Nofollowed",
            "link_type": "Link Type",
            "first_seen": "First Seen|Date First Seen|Date Found|Discovered",
            "last_seen": "Last Seen|Date Last Seen",
            "lost_at": "Date Lost|Date Disappeared|Lost",
            "lost_reason": "Link State|Link Status",
        },
        metrics=(
            "PA|Page Authority",
            "DA|Domain Authority",
            "Spam Score",
            "Linking Domains|Linking Domains to Page",
        ),
        absent=("Source Page URL", "Page Score"),
        notes="Link Explorer",
    ),
    Layout(
        name="moz-linking-domains",
        vendor="moz",
        signature=(
            "Root Domain|Linking Domain|Linking Root Domain|Domain",
            "DA|Domain Authority",
            "Spam Score|Linking Domains",
        ),
        columns={
            "source_domain": "Root Domain|Linking Domain|Linking Root Domain|Domain",
            "first_seen": "First Seen|Date First Seen|Discovered|Date Found",
            "last_seen": "Last Seen|Date Last Seen",
            "lost_at": "Date Lost|Lost",
        },
        scope="domains",
        rows="domains",
        metrics=("DA|Domain Authority", "Spam Score", "Linking Domains", "Links to Target|External Links"),
        absent=("Target URL", "Source URL", "URL", "Keyword"),
    ),
    Layout(
        name="moz-api-v2",
        json_only=True,
        vendor="moz",
        container=("results",),
        signature=("source.page", "target.page"),
        columns={
            "source_url": "source.page",
            "target_url": "target.page",
            "title": "source.title",
            "anchor": "anchor_text",
            "nofollow": "nofollow",
            "is_redirect": "redirect",
            "first_seen": "date_first_seen",
            "last_seen": "date_last_seen",
            "lost_at": "date_disappeared",
        },
        metrics=("source.page_authority", "source.domain_authority", "source.spam_score", "source.http_code"),
    ),
    # --- Google Search Console ------------------------------------------------------------------------------
    Layout(
        name="gsc-latest-links",
        vendor="google-search-console",
        signature=("Linking page|Site linking",),
        columns={"source_url": "Linking page|Site linking", "last_seen": "Last crawled"},
        scope="sample",
        own_site=True,
        absent=("Target URL", "Target page"),
        notes="Google's sample of links to the property; the day is the last crawl",
    ),
    Layout(
        name="gsc-top-linked-pages",
        vendor="google-search-console",
        signature=(
            "Target page|Top linked pages|Top target pages",
            "Incoming links|Linking sites|Internal links|Links",
        ),
        columns={"target_url": "Target page|Top linked pages|Top target pages"},
        scope="counts",
        rows="counts",
        metrics=("Incoming links|Links", "Linking sites", "Internal links"),
        own_site=True,
        counting=True,
    ),
    Layout(
        name="gsc-top-linking-sites",
        vendor="google-search-console",
        signature=("Site|Top linking sites|Linking site", "Linking pages"),
        columns={"source_domain": "Site|Top linking sites|Linking site"},
        scope="sample",
        rows="domains",
        metrics=("Linking pages", "Target pages"),
        own_site=True,
        counting=True,
        notes="Google's sample, at most 1,000 sites",
    ),
    Layout(
        name="gsc-top-linking-text",
        vendor="google-search-console",
        signature=("Top linking text|Linking text|Link text",),
        columns={},
        scope="counts",
        rows="counts",
        metrics=("Rank", "Links|Incoming links", "Linking sites"),
        labels=("Top linking text|Linking text|Link text",),
        own_site=True,
        counting=True,
        absent=(_SOURCE, _TARGET, "URL", "Page", "Domain", "Site", "Link", "href"),
        notes="anchors in order of how often they occur; no links",
    ),
    # --- Bing Webmaster Tools -------------------------------------------------------------------------------
    Layout(
        name="bing-link-counts",
        json_only=True,
        vendor="bing",
        container=("Links",),
        signature=("Url", "Count"),
        columns={"target_url": "Url"},
        scope="counts",
        rows="counts",
        metrics=("Count",),
        own_site=True,
    ),
    Layout(
        name="bing-url-links",
        json_only=True,
        vendor="bing",
        container=("Details",),
        signature=("Url", "AnchorText"),
        columns={"source_url": "Url", "anchor": "AnchorText"},
        scope="sample",
        own_site=True,
    ),
    Layout(
        name="bing-backlinks",
        vendor="bing",
        signature=("Source Url|Source Page|Referring page", "Anchor Text", "Target Url|Target page"),
        columns={
            "source_url": "Source Url|Source Page|Referring page",
            "anchor": "Anchor Text",
            "target_url": "Target Url|Target page",
        },
        scope="sample",
        own_site=True,
        absent=(
            "rel",
            "nofollow",
            "follow",
            "dofollow",
            "ugc",
            "sponsored",
            "link type",
            "type",
            "language",
            _FIRST_SEEN,
            _LAST_SEEN,
            _LOST_AT,
            _TITLE,
            "Source Crawl Date",
            "Source First Found Date",
        ),
    ),
    Layout(
        name="bing-referring-domains",
        vendor="bing",
        signature=("Domain|Referring domain", "Backlinks Count"),
        columns={"source_domain": "Domain|Referring domain"},
        scope="sample",
        rows="domains",
        metrics=("Backlinks Count",),
        counting=True,
        own_site=True,
    ),
    Layout(
        name="bing-linked-pages",
        vendor="bing",
        signature=("Page|URL|Target page|Target url", "Backlinks Count"),
        columns={"target_url": "Page|URL|Target page|Target url"},
        scope="counts",
        rows="counts",
        metrics=("Backlinks Count", "Referring domains count"),
        counting=True,
        own_site=True,
    ),
    Layout(
        name="bing-ai-performance",
        vendor="bing",
        signature=("Grounding Query|Grounding Queries|Query|Page|URL|Date", "Citations|Total Citations"),
        columns={},
        scope="counts",
        rows="counts",
        metrics=("Citations|Total Citations", "Citation Share", "Cited Pages|Avg. Cited Pages"),
        labels=("Grounding Query|Grounding Queries|Query", "Page|URL", "Intent", "Topic", "Date"),
        own_site=True,
        notes="the site owner's own count of citations in Microsoft's AI answers; no links",
    ),
    # --- Screaming Frog -------------------------------------------------------------------------------------
    Layout(
        name="screamingfrog-inlinks",
        vendor="screamingfrog",
        signature=(
            "Type|Typ|Tipo",
            "Source|From|Quelle|Von|Origen|Desde|Origine|Da",
            "Destination|To|Ziel|Zu|Nach|Destino|A|Hasta|Destinazione|À",
            "Follow|Folgen|Suivre|Suivi|Seguir|Segui|Status Code|Statuscode|Status-Code|Code de "
            "statut|Code HTTP"
            "|Código de respuesta|Código de estado|Codice di stato|Codice di risposta",
            "Alt Text|Alt-Text|Alternativtext|Texte Alt|Texte alternatif|Texto Alt|Texto "
            "alternativo|Testo Alt"
            "|Testo alternativo|Link Position|Linkposition|Position du lien|Posición del enlace|"
            "Posizione del link"
            "|Link Path|Linkpfad|Chemin du lien|Ruta del enlace|Percorso del link",
        ),
        columns={
            "source_url": "Source|From|Quelle|Von|Origen|Desde|Origine|Da",
            "target_url": "Destination|To|Ziel|Zu|Nach|Destino|A|Hasta|Destinazione|À",
            "anchor": _ANCHOR,
            "alt": "Alt Text|Alt-Text|Alternativtext|Texte Alt|Texte alternatif|Texto Alt|Texto "
            "alternativo|Testo Alt"
            "|Testo alternativo",
            "follow": "Follow|Folgen|Suivre|Suivi|Seguir|Segui",
            "rel": "Rel",
            "link_type": "Type|Typ|Tipo",
            "placement": "Link Position|Linkposition|Position du lien|Posición del enlace|Posizione del link",
        },
        scope="sample",
        metrics=(
            (
                "Size (Bytes)|Size|Größe (Bytes)|Taille (octets)|Tamaño (bytes)|Dimensione (byte)|"
                "Dimensioni (byte)"
            ),
            "Status Code|Statuscode|Status-Code|Code de statut|Code HTTP|Código de respuesta|Código de estado"
            "|Codice di stato|Codice di risposta",
        ),
        labels=(
            "Status|Statut|Estado|Stato",
            "Crawlability",
            "Target|Cible|Objetivo",
            "Path Type|Pfadtyp|Type de chemin|Tipo de ruta|Tipo di percorso",
            "Link Path|Linkpfad|Chemin du lien|Ruta del enlace|Ruta de enlace|Percorso del link",
            "Link Origin|Linkursprung|Origine du lien|Origen del enlace|Origine del link",
        ),
        embeds=(
            "image",
            "img",
            "css",
            "javascript",
            "js",
            "swf",
            "flash",
            "media",
            "pdf",
            "other",
            "unknown",
            "font",
            "bild",
            "immagine",
            "imagen",
            "sonstige",
            "autre",
            "otro",
            "altro",
            "icon",
            "hreflang",
            "amp",
            "rel next",
            "rel prev",
            "mobile alternate",
            "html hreflang",
            "sitemap hreflang",
            "http hreflang",
        ),
        notes=(
            "what one crawl of ours met; its Image is a picture that the page loads, a linked picture "
            "is a Hyperlink"
        ),
    ),
    # --- SE Ranking, DataForSEO -----------------------------------------------------------------------------
    Layout(
        name="seranking-api",
        vendor="seranking",
        container=("backlinks",),
        signature=("url_from", "url_to", "inlink_rank|domain_inlink_rank"),
        columns={
            "source_url": "url_from",
            "target_url": "url_to",
            "title": "title",
            "anchor": "anchor",
            "alt": "alt",
            "nofollow": "nofollow",
            "is_image": "image",
            "first_seen": "first_seen",
            "last_seen": "last_visited",
            "lost_at": "lost_date|date_lost",
        },
        metrics=("inlink_rank", "domain_inlink_rank"),
    ),
    Layout(
        name="dataforseo-backlinks",
        vendor="dataforseo",
        container=("items",),
        signature=("url_from", "url_to", "domain_from"),
        columns={
            "source_url": "url_from",
            "target_url": "url_to",
            "title": "page_from_title",
            "language": "page_from_language",
            "anchor": "anchor",
            "alt": "alt",
            "rel": "attributes",
            "follow": "dofollow",
            "link_type": "item_type",
            "context_left": "text_pre",
            "context_right": "text_post",
            "placement": "semantic_location",
            "first_seen": "first_seen",
            "last_seen": "last_seen",
            "new": "is_new",
            "lost": "is_lost",
        },
        metrics=(
            "rank",
            "page_from_rank",
            "domain_from_rank",
            "backlink_spam_score",
            "page_from_external_links",
            "page_from_internal_links",
            "page_from_status_code",
            "url_to_status_code",
            "url_to_spam_score",
            "links_count",
            "group_count",
        ),
        labels=("domain_from_platform_type", "domain_from_country", "is_broken", "is_indirect_link"),
    ),
    Layout(
        name="dataforseo-referring-domains",
        vendor="dataforseo",
        container=("items",),
        signature=("domain", "backlinks", "referring_links_attributes|referring_pages|backlinks_spam_score"),
        columns={"source_domain": "domain", "first_seen": "first_seen", "lost_at": "lost_date"},
        scope="domains",
        rows="domains",
        metrics=("rank", "backlinks", "backlinks_spam_score", "referring_pages", "broken_backlinks"),
    ),
    # --- smaller tools: the ends as everybody names them, and figures that only they have -------------------
    Layout(
        name="seranking-backlinks",
        vendor="seranking",
        signature=(
            _SOURCE,
            _TARGET,
            "Domain Trust|Page Trust|InLink Rank|Domain InLink Rank",
        ),
        columns=_RATED,
        metrics=(
            "Domain Trust",
            "Page Trust",
            "InLink Rank",
            "Domain InLink Rank",
            "External links",
            "Traffic",
        ),
        labels=("Links Back", "Status"),
        notes="SE Ranking and SEO SpyGlass",
    ),
    Layout(
        name="ubersuggest-backlinks",
        vendor="ubersuggest",
        signature=(
            "Source Page URL|Source URL|URL",
            _TARGET,
            "Page Score|Source Page Title",
            "Domain Score|Domain Authority|DA",
        ),
        columns={**_RATED, "source_url": "Source Page URL|Source URL|URL"},
        metrics=("Domain Score|Domain Authority|DA", "Page Score|Page Authority|PA", "Spam Score"),
    ),
    Layout(
        name="mangools-linkminer",
        vendor="mangools",
        signature=(_SOURCE, _TARGET, "Link Strength|LS"),
        columns=_RATED,
        metrics=(
            "Link Strength|LS",
            "Citation Flow|CF",
            "Trust Flow|TF",
            "External Links|EL",
            "Domain Authority|DA",
            "Page Authority|PA",
        ),
    ),
    Layout(
        name="serpstat-backlinks",
        vendor="serpstat",
        signature=(_SOURCE, _TARGET, "SDR|SPR|Serpstat Domain Rank|Serpstat Page Rank"),
        columns=_RATED,
        metrics=("SDR|Serpstat Domain Rank", "SPR|Serpstat Page Rank", "External links", "Traffic"),
    ),
    Layout(
        name="serpstat-api",
        vendor="serpstat",
        container=("data",),
        signature=("url_from", "url_to", "linksExternal|links_external|lastSeen|add|check"),
        columns={
            "source_url": "url_from",
            "target_url": "url_to",
            "anchor": "anchor|link_text|linkText",
            "nofollow": "nofollow",
            "link_type": "link_type|linkType",
            "first_seen": "add|firstSeen",
            "last_seen": "check|lastSeen",
        },
        metrics=("links_external|linksExternal", "domain_rank|domainRank"),
    ),
    Layout(
        name="linkresearchtools",
        vendor="linkresearchtools",
        signature=(_SOURCE, _TARGET, "Power*Trust|LRT Power*Trust|Power*Trust Dom|DTOXRISK|DTOX Risk"),
        columns={**_RATED, "follow": "Link Status|Link Type"},
        metrics=("Power*Trust|LRT Power*Trust", "Power*Trust Dom|LRT Power*Trust Dom", "DTOXRISK|DTOX Risk"),
        labels=("Rule", "Theme"),
    ),
    # --- authority lists ------------------------------------------------------------------------------------
    Layout(
        name="openpagerank-api",
        json_only=True,
        vendor="openpagerank",
        container=("response",),
        signature=("domain", "page_rank_decimal"),
        columns={"source_domain": "domain"},
        scope="counts",
        rows="authority",
        metrics=("page_rank_decimal", "page_rank_integer", "rank"),
        notes="authority values, no links: `citelift import authority`",
    ),
    # --- anybody's own file ---------------------------------------------------------------------------------
    Layout(
        name="generic",
        vendor="generic",
        signature=(_SOURCE, _TARGET),
        columns={
            **_RATED,
            "rel": "rel|rel attribute|attributes|rel attribut|attribut rel",
            "lost_reason": "lost_reason|reason lost",
            "language": "language|lang|sprache|langue|idioma|lingua",
            "context_left": "context_left|left context",
            "context_right": "context_right|right context",
            "placement": "placement|link position",
        },
        notes="source_url,target_url,anchor,rel,first_seen,last_seen,lost_at; the first two are required",
    ),
)
CONTAINERS: Container = tuple(dict.fromkeys(key for layout in LAYOUTS for key in layout.container))
BY_NAME: dict[str, Layout] = {layout.name: layout for layout in LAYOUTS}

# Google translates the headers of its reports; what stands in the columns gives them away.
TRANSLATED: dict[tuple[str, ...], str] = {
    ("page",): "gsc-latest-links",
    ("page", "date"): "gsc-latest-links",
    ("page", "count"): "gsc-top-linked-pages",
    ("page", "count", "count"): "gsc-top-linked-pages",
    ("site", "count"): "gsc-top-linking-sites",
    ("site", "count", "count"): "gsc-top-linking-sites",
}
# Without a word for a link in its header, a table of pages and numbers is about something else: visits,
# prices, ranks.
_LINK_WORDS = (
    "link enla enlac vincul ligaç hiperlig \\bliens?\\b collegamen rimand länk lenk poveznic "
    "povezav odkaz hivatkoz nuorod saite "
    "legătur bağlantı kết tautan pautan pautk ссыл посилан връзк врск сілтем σύνδεσ συνδέσ συνδε "
    "リンク 链接 鏈接 連結 링크 연결 "
    "קישור מקשר ลิงก์ رابط روابط ارتباط پیوند लिंक লিংক esteka ligazón enllaç viitav tengil"
)
LINK_WORDS = re.compile("|".join(_LINK_WORDS.split()), re.IGNORECASE)
# English words in a header that say it is some other table, although its cells look like one of Google's.
_ENGLISH = (
    "url loc lastmod page pages date domain domains sites link links backlink name count clicks impressions "
    "query keyword keywords position traffic visits users sessions views id time rank score"
)
NOT_TRANSLATED = frozenset(_ENGLISH.split())


def plain(header: str) -> str:
    """A header name as it is compared: `URL Rating (desc)` and `url_rating` are one."""
    return re.sub(
        r"[\W_]+", "", re.sub(r"\s*\((?:asc|desc)\)\s*$", "", header.strip(), flags=re.IGNORECASE)
    ).casefold()


def shown(header: str) -> str:
    """A header name as it is kept."""
    return re.sub(r"\s*\((?:asc|desc)\)\s*$", "", header.replace("\ufeff", "").strip(), flags=re.IGNORECASE)


@dataclass(frozen=True)
class Match:
    """A layout against one header: which column (by number) is which."""

    layout: Layout
    fields: dict[str, int]
    metrics: dict[str, int]
    labels: dict[str, int]
    targets: dict[str, int] = field(default_factory=dict)

    @property
    def known(self) -> int:
        return len(
            {*self.fields.values(), *self.metrics.values(), *self.labels.values(), *self.targets.values()}
        )

    @property
    def rank(self) -> tuple[int, int]:
        return self.known, len(self.layout.signature)


def match(header: Sequence[str], layouts: Iterable[Layout] = LAYOUTS) -> Match | None:
    """The layout that explains the most columns of a header; of equals, the one that stands first in the
    table.

    The generic one only where no tool's own names are there: it would know the tool's words, but not what
    they mean.
    """
    places = _places(header)
    found = [read_header(layout, header) for layout in layouts if _signed(layout, places)]
    tools = [each for each in found if each.layout.vendor != "generic"]
    return max(tools or found, key=lambda each: each.rank) if found else None


def _places(header: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for number, name in enumerate(header):
        places.setdefault(plain(name) or f"#{number}", number)
    return places


def _signed(layout: Layout, places: Mapping[str, int]) -> bool:
    return all(_place(names, places) is not None for names in layout.signature) and not any(
        _place(names, places) is not None for names in layout.absent
    )


def _place(names: str, places: Mapping[str, int]) -> int | None:
    return next((places[plain(name)] for name in names.split("|") if plain(name) in places), None)


def read_header(layout: Layout, header: Sequence[str]) -> Match:
    places = _places(header)

    def located(names: Iterable[str]) -> dict[str, int]:
        found = (_place(name, places) for name in names)
        return {shown(header[place]): place for place in found if place is not None}

    fields = {
        name: place for name, names in layout.columns.items() if (place := _place(names, places)) is not None
    }
    targets: dict[str, int] = {}
    metrics, labels = located(layout.metrics), located(layout.labels)
    if layout.targets_before:
        last = _place(layout.targets_before, places) or 0
        taken = {*fields.values(), *metrics.values(), *labels.values()}
        targets = {shown(header[n]): n for n in range(last) if n not in taken and "." in header[n]}
    return Match(layout, fields, metrics, labels, targets)


def known() -> str:
    """The layouts as a user reads them."""
    return "; ".join(
        f"{each.name} ({', '.join(name.split('|')[0] for name in each.signature)})" for each in LAYOUTS
    )
