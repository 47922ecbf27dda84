"""What "page", "host" and "domain" mean: the only module that decides it.

Citations and links meet in these names, so one page has to get one name whether an engine cites it or a
link export lists it. An `Address` therefore carries four things:

- `url`: what was written, as it came. It is what a fetcher asks for and what a screen shows.
- `canonical`: the page's name. It is a name and not an address: never fetch it.
- `host`: the host name as WHATWG browsers compute it (lower case, punycode, `www.` kept), without a final
  dot.
- `domain`: the registrable domain, that is one label more than the longest public suffix. The Public Suffix
  List is used with its private section, because `a.github.io` and `b.github.io` have different owners; it
  comes with an installed package, is never fetched, and is dated by `SUFFIX_LIST_DATE`. An IP address is
  its own domain. A host that is itself a public suffix (`netlify.app`, `gov.uk`, `localhost`) has no
  registrable domain: `domain_of` answers None for it, while `Address.domain` is the host, so the page keeps
  a source and is merged with nobody else's.

How the canonical URL is made. The text is parsed as a browser would (WHATWG: IDNA, back-slashes, dot
segments, odd IPv4 spellings, tabs and line ends thrown away), then:

- `http` and `https` are one: always written `https`. Both serve the same page nearly everywhere, engines
  cite the one and old link indexes hold the other. Hence ports 80 and 443 go under either scheme; other
  ports stay.
- One leading `www.` goes, as sites serve or redirect both. It stays where the rest is a public suffix
  (`www.gov.uk` and `www.ck` are whole domains, `gov.uk` is not) and in `www.www.`. Other prefixes (`m.`,
  `amp.`, `en.`) are other pages.
- User and password, the fragment (with `#:~:text=`, `#ws_call_id=` and the routes of single-page apps) and
  an empty query go.
- A trailing slash goes except from the root, which is always `/`. Inner double slashes, letter case of the
  path, `/amp/` and `index.html` stay: they may name different pages.
- Percent-escapes are upper case; what needs no escape in its place is unescaped (`%7E`, `%28`, in a path
  also `%2B`), what is no URL character is escaped (`[`, `|`). `%2F` stays apart from `/`, and a stray `%`
  stays as it is.
- Tracking parameters (tables below) and session ids go, the others are sorted by name, the order among
  equal names being kept. A space in a query is `+`; `?a=` and `?a` are one; `&amp;` is an `&` that an
  exporter escaped.

Text without a scheme (`example.com/path`, `//example.com/path`), which link exports hold, is read as
`https` where it can be nothing else: a dotted name whose last label is a listed top-level domain, or four
dotted numbers, before the first slash. `Node.js`, `localhost:3000` and `ann@example.com` are refused.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from struct import unpack
from types import MappingProxyType
from typing import NamedTuple

import can_ada
from publicsuffixlist import PublicSuffixList

from tracker.errors import BadUrl


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


TRACKING_PREFIXES = (
    *("utm_", "utm-", "itm_", "mtm_", "matomo_", "sfmc_", "hsa_", "__hs", "_hs", "vero_", "oly_"),
    *("elqtrack", "fb_action_", "guce_", "aspsessionid"),
)
TRACKING_PARAMETERS = (
    # clicks on advertisements and in social networks
    _names("""gclid gclsrc gbraid wbraid dclid gad gad_source gad_campaignid srsltid msclkid msockid fbclid twclid ttclid tblci
        epik dicbo yclid ymclid ysclid syclid unicorn_click_id rb_clickid li_fat_id rdt_cid sccid s_kwcid ef_id wickedid igshid igsh mibextid fb_source fb_ref""")
    # affiliate networks
    | _names("irclickid irgwc sscid awc zanpid cjevent cjdata ranmid raneaid ransiteid tduid")
    # letters and campaigns
    | _names("""mc_cid mc_eid mkt_tok _ke _kx ml_subscriber ml_subscriber_hash hsctatracking hss_channel
        nr_email_referer pk_campaign pk_kwd pk_keyword pk_source pk_medium pk_content pk_cid piwik_campaign piwik_kwd wt_mc wt_zmc
        xtor at_medium at_campaign at_custom1 at_custom2 s_cid cmpid ncid mbid bxid cndid mc_tc wt.mc_id cm_mmc vgo_ee dm_i
        trk_contact trk_msg trk_module trk_sid ns_source ns_mchannel ns_campaign ns_linkname ck_subscriber_id
        _bta_tid _bta_c""")
    # analytics, share buttons, consent walls
    | _names("""_ga _gl _gac _openstat _branch_match_id _branch_referrer __twitter_impression ref_src ref_url
        soc_src soc_trk sb_referer_host guccounter""")
    # sessions
    | _names("phpsessid jsessionid")
)
_AMAZON = _names(
    """ae ca cn co.jp co.uk com com.au com.br com.mx com.tr de eg es fr ie in it nl pl sa se sg"""
)
_AMAZON_TRACKING = _names("ref ref_ tag linkcode linkid ascsubtag qid sr crid sprefix dib dib_tag _encoding")
# Names that mean something elsewhere (`source`, `t`, `ref`), so that they go on these domains only.
SITE_TRACKING_PARAMETERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "youtube.com": _names("si feature pp ab_channel"),
        "youtu.be": _names("si feature"),
        "spotify.com": _names("si"),
        "x.com": _names("s t"),
        "twitter.com": _names("s t"),
        "linkedin.com": _names("trk trackingid refid lipi rcm"),
        "reddit.com": _names("share_id rdt correlation_id ref_source ref_campaign"),
        "tiktok.com": _names("_r _t is_from_webapp sender_device web_id"),
        "facebook.com": _names("__tn__ __cft__%5b0%5d __xts__%5b0%5d"),
        "medium.com": _names("source"),
        "nytimes.com": _names("smid smtyp"),
        "msn.com": _names("ocid cvid ei pc"),
        "ebay.com": _names("mkevt mkcid mkrid campid toolid _trksid _trkparms"),
        **{f"amazon.{ending}": _AMAZON_TRACKING for ending in _AMAZON},
    }
)
MAX_LENGTH = 8_000

_SUFFIXES = PublicSuffixList()
_LISTED = PublicSuffixList(accept_unknown=False)
_STAMP = version("publicsuffixlist").rsplit(".", 1)[1]
SUFFIX_LIST_DATE = date(int(_STAMP[:4]), int(_STAMP[4:6]), int(_STAMP[6:8]))

_AROUND = (
    "".join(map(chr, range(0x21)))
    + "\x7f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\u200b\u200e\u200f\u2060\ufeff"
    + ("".join(map(chr, range(0x2000, 0x200B))))
)
_DROPPED = str.maketrans("", "", "\t\n\r")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_HOST_AND_PORT = re.compile(r"([^/?#\\@:\s]+)(:[0-9]{1,5})?(?=[/?#]|$)")
_NOT_IN_HOST = re.compile(r"[/\\?#@\t\n\r\ud800-\udfff]|\]:")
_DOTTED = re.compile(r"[^./?#\\@:\s%]+(?:[.。．｡][^./?#\\@:\s%]+)+\.?")
_FOUR_NUMBERS = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_BARE = re.compile(r"[\w-]+(\.[\w-]+)+/?")
# What a browser's parser would leave as it is, but for the host: most addresses, and 5 times faster than
# asking it.
_PLAIN = re.compile(
    r"https?://([A-Za-z0-9.\-]+)((?:/(?!\.|"
    r"%2[eE])[A-Za-z0-9\-._~!$&'()*+,:@=%]*)*)(?:\?([A-Za-z0-9\-._~!$&()*+,:@=%/;]*))?(?:#.*)?",
    re.DOTALL,
)
# The most frequent of these, faster again: a path with nothing to clean, and no query.
_SIMPLEST = re.compile(r"https?://([A-Za-z0-9.\-]+)(/[A-Za-z0-9\-._~!$&'()*+,:@=/]*)?")
# A host that is as WHATWG writes it: ASCII, lower case, and a last label that can begin no number.
_PLAIN_HOST = re.compile(r"(?:[a-z0-9\-]+\.)+[a-z][a-z0-9\-]*")
_CLEAN_PATH = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,:@=/]*")
# Not where only a dot segment would be left.
_SESSION = re.compile(r"(?<!/\.)(?<!/\.\.);jsessionid=[^/;]*", re.IGNORECASE)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_PATH_UNESCAPED = frozenset(_UNRESERVED + "!$&'()*+,:@=")
_QUERY_UNESCAPED = frozenset(_UNRESERVED + "!$()*,:@/?;")
_ESCAPED_IN_PATH = {ord(c): f"%{ord(c):02X}" for c in '[]|^`{}"<> \\'}
_ESCAPED_IN_QUERY = {**_ESCAPED_IN_PATH, ord("'"): "%27"}


class Address(NamedTuple):
    """A named tuple and no dataclass: an import makes millions of them."""

    url: str
    canonical: str
    host: str
    domain: str


def parse(url: str) -> Address:
    """The page that `url` names; raises `BadUrl` with the reason where it names none on the web.

    `Address.url` is `url` unchanged, except that half surrogate pairs and NUL, which no database text can hold,
    become U+FFFD and `%00`.
    """
    simplest = _SIMPLEST.fullmatch(url)
    if simplest is not None and "/." not in url and len(url) <= MAX_LENGTH:
        written, path = simplest.groups()
        host, domain, name = _host(written)
        if path and name == written and url[4] == "s" and url[-1] != "/":
            return Address(url, url, host, domain)
        if host:
            return Address(url, f"https://{name}{(path or '').rstrip('/') or '/'}", host, domain)
    return _parse_any(_storable(url))


def _parse_any(text: str) -> Address:
    if len(text) > MAX_LENGTH:
        raise _bad(text, f"it is longer than {MAX_LENGTH:,} characters")
    plain = _PLAIN.fullmatch(text)
    if plain is None:
        return _parse_as_browser(text)
    host, domain, name = _host(plain[1])
    if not host:
        raise _bad(text, _why(text))
    return Address(text, _canonical(name, plain[2], plain[3] or "", domain), host, domain)


def _parse_as_browser(text: str) -> Address:
    absolute = _absolute(text)
    try:
        parsed = can_ada.parse(absolute)
    except ValueError:
        raise _bad(text, _why(absolute)) from None
    host, domain, name = _host(parsed.hostname)
    if not host:
        raise _bad(text, _why(absolute))
    if parsed.port not in ("", "80", "443"):
        name = f"{name}:{parsed.port}"
    return Address(text, _canonical(name, parsed.pathname, parsed.search[1:], domain), host, domain)


def named(text: str) -> Address:
    """What a person wrote as a domain: a bare name is a host whatever it ends in, `acme.test` or a suffix newer than the list."""
    return parse(f"http://{text}" if _BARE.fullmatch(text) else text)


def try_parse(url: str) -> Address | None:
    try:
        return parse(url)
    except BadUrl:
        return None


def domain_of(host: str) -> str | None:
    """The registrable domain of a bare host; an IP address is its own; None for a public suffix or no host at all.

    A name under a top-level domain that nobody listed counts by its last two labels, as the list's rules say.
    """
    name = _hostname(host)
    if not name or _is_address(name):
        return name or None
    return _SUFFIXES.privatesuffix(name)


def is_public_suffix(host: str) -> bool:
    """Whether many owners register names under this host, so that nobody owns it as a whole."""
    name = _hostname(host)
    return name != "" and not _is_address(name) and _SUFFIXES.is_public(name)


def written_host(text: str) -> str | None:
    """The host that a title or a link label spells (`www.Example.co.uk`), or None when it is other text.

    Stricter than `domain_of`: the last label must be a listed top-level domain, so `Node.js` is no host.
    """
    text = text.strip(_AROUND)
    if not _DOTTED.fullmatch(text):
        return None
    name = _hostname(text)
    if not name or _is_address(name):
        return name if _FOUR_NUMBERS.fullmatch(text) else None
    return name if _LISTED.publicsuffix(name) else None


def page_id(canonical: str) -> int:
    """The id of a page is a hash of its name: positive, 63 bits, the same in every database."""
    return _content_id(canonical)


def page_ids(canonicals: Sequence[str | None]) -> list[int | None]:
    """`page_id` of many, in less time."""
    digests = [blake2b(name.encode(), digest_size=8).digest() for name in canonicals if name]
    ids = [number >> 1 or 1 for number in unpack(f">{len(digests)}Q", b"".join(digests))]
    if len(ids) == len(canonicals):
        return [*ids]
    each = iter(ids)
    return [next(each) if name else None for name in canonicals]


def domain_id(domain: str) -> int:
    """The id of a domain is a hash of its name: positive, 63 bits, the same in every database."""
    return _content_id(domain)


def _content_id(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) >> 1 or 1


def _storable(url: str) -> str:
    if not url.isascii():
        url = url.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return url.strip("\0").replace("\0", "%00") if "\0" in url else url


def _absolute(text: str) -> str:
    trimmed = text.strip(_AROUND).translate(_DROPPED)
    if not trimmed:
        raise _bad(text, "it is empty")
    scheme = _SCHEME.match(trimmed)
    if scheme and scheme[1].lower() in ("http", "https"):
        return trimmed
    bare = trimmed.removeprefix("//")
    host = _HOST_AND_PORT.match(bare)
    if host and written_host(host[1]):
        return "https://" + bare
    if scheme and not (host and host[2]):
        raise _bad(text, f"{scheme[1].lower()}: is not http or https")
    raise _bad(text, "it has no scheme and does not start with a host name")


def _why(absolute: str) -> str:
    rest = re.sub(r"^https?:[/\\]*", "", absolute, flags=re.IGNORECASE)
    authority = re.split(r"[/\\?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    if not authority or authority.startswith(":"):
        return "it has no host"
    return f"{authority!r} is not a host with an optional port"


def _bad(url: str, reason: str) -> BadUrl:
    shown = url if len(url) <= 120 else url[:117] + "…"
    return BadUrl(
        f"{shown!r} names no page: {reason}",
        "give an http or https address, such as https://example.com/page",
    )


@lru_cache(maxsize=1 << 16)
def _host(raw: str) -> tuple[str, str, str]:
    """Host, domain, and the host as the canonical URL has it; the first is empty where `raw` is no host."""
    host = _hostname(raw)
    if not host or _is_address(host):
        return host, host, host
    domain = _SUFFIXES.privatesuffix(host) or host
    bare = host.removeprefix("www.")
    if bare == host or bare.startswith("www."):
        return host, domain, host
    # where the domain is shorter than the host, what is left without `www.` still holds it
    keeps = domain == host and (_SUFFIXES.is_public(bare) or not _hostname(bare))
    return host, domain, host if keeps else bare


@lru_cache(maxsize=1 << 14)
def _hostname(raw: str) -> str:
    """The host as WHATWG writes it, without final dots; empty where `raw` is no bare host.

    `.com` and `a..com`, which WHATWG lets pass, name nothing either: no label is empty.
    """
    if _PLAIN_HOST.fullmatch(raw) and "xn--" not in raw:
        return raw
    host = raw.strip(_AROUND)
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    if not host or _NOT_IN_HOST.search(host) or not can_ada.can_parse(f"https://{host}/"):
        return ""
    name = can_ada.parse(f"https://{host}/").hostname
    if name.endswith(".."):  # without these dots it may be a number, or no host at all
        return _hostname(name.rstrip("."))
    return "" if name.startswith(".") or ".." in name else name.removesuffix(".")


def _is_address(name: str) -> bool:
    """Whether a host as WHATWG writes it is IPv6 or IPv4; the suffix list would cut 192.168.1.1 to 1.1."""
    if name.startswith("["):
        return True
    if not name[-1].isdigit():
        return False
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True


def _canonical(name: str, path: str, query: str, domain: str) -> str:
    if _CLEAN_PATH.fullmatch(path) is None:
        path = _clean_path(path)
    path = path.rstrip("/") or "/"
    query = _clean_query(query, domain) if query else ""
    return f"https://{name}{path}?{query}" if query else f"https://{name}{path}"


def _clean_path(path: str) -> str:
    path = _ESCAPE.sub(_path_escape, path)
    return _SESSION.sub("", path).translate(_ESCAPED_IN_PATH)


def _clean_query(query: str, domain: str) -> str:
    """Pairs without tracking, sorted by name; the sort is stable, so `a=2&a=1` keeps its order."""
    if "%" in query:
        query = _ESCAPE.sub(_query_escape, query)
    query = query.translate(_ESCAPED_IN_QUERY)
    of_site = SITE_TRACKING_PARAMETERS.get(domain, ())
    kept = []
    for pair in query.split("&"):
        name, _, value = _unamp(pair).partition("=")
        plain = name.lower()
        if (
            not (name or value)
            or plain in TRACKING_PARAMETERS
            or plain in of_site
            or plain.startswith(TRACKING_PREFIXES)
        ):
            continue
        kept.append((name, f"{name}={value}" if value else name))
    kept.sort(key=_first)
    return "&".join([pair for _, pair in kept])


def _unamp(pair: str) -> str:
    while pair.startswith("amp;"):
        pair = pair[4:]
    return pair


def _first(pair: tuple[str, str]) -> str:
    return pair[0]


def _path_escape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _PATH_UNESCAPED else match[0].upper()


def _query_escape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    if character == " ":
        return "+"
    return character if character in _QUERY_UNESCAPED else match[0].upper()
