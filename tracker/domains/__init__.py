"""What "page", "host" and "domain" mean: the only room that decides it.

Citations and links meet in these names, so one page has to get one name whether an engine cites it or a
link export lists it. An `Address` therefore carries four things:

- `url`: what was written, as it came. A wrapper, a bracket, a missing scheme: the row keeps it.
- `canonical`: the page's name. It is a name and not an address: never fetch it; `target` says what to ask
  for.
- `host`: the host name as WHATWG browsers compute it (lower case, punycode, `www.` kept), without a final
  dot.
- `domain`: the registrable domain, that is one label more than the longest public suffix. The Public Suffix
  List is used with its private section, because `a.github.io` and `b.github.io` have different owners; it
  comes with an installed package, is never fetched, and is dated by `SUFFIX_LIST_DATE`. Platforms whose
  subdomains are other firms' (`norvane.zendesk.com`) and that the list leaves out are in `platforms.yaml`.
  An IP address is its own domain. A host that is itself a public suffix (`netlify.app`, `gov.uk`,
  `localhost`) has no registrable domain: `domain_of` answers None for it, while `Address.domain` is the host,
  so the page keeps a source and is merged with nobody else's.

How an address is read, at every door:

1. **Cleaned** (`written`): brackets, quotes, bullets, Markdown and HTML around it; schemes missing, mistyped
   or doubled. Text without a scheme (`example.com/path`, `//example.com/path`), which link exports hold, is
   read as `https` where it can be nothing else: a dotted name whose last label is a listed top-level domain,
   or four dotted numbers, before the first slash. `Node.js`, `localhost:3000`, `ann@example.com`, `N/A` and
   every other scheme are refused with a reason.
2. **Unwrapped** (`wrappers`): where the address of a page stands in the address of a redirect, an archive, a
   translation or a reader, that page is what is named. At most five deep, and nothing is ever fetched.
3. **Named by its site of today** (`platforms`): `twitter.com` is `x.com`, `youtu.be/ID` is
   `youtube.com/watch?v=ID`, mobile hosts of platforms are their hosts.
4. **Spelled canonically** (`canonical`), as below.

How the canonical URL is made. The text is parsed as a browser would (WHATWG: IDNA, back-slashes, dot
segments, odd IPv4 spellings, tabs and line ends thrown away), then:

- `http` and `https` are one: always written `https`. Both serve the same page nearly everywhere, engines
  cite the one and old link indexes hold the other. Hence ports 80 and 443 go under either scheme; other
  ports stay.
- One leading `www.` goes, as sites serve or redirect both. It stays where the rest is a public suffix
  (`www.gov.uk` and `www.ck` are whole domains, `gov.uk` is not) and in `www.www.`. Other prefixes (`m.`,
  `amp.`, `en.`) are other pages, but for the platforms' listed ones.
- User and password, the fragment (with `#:~:text=`, `#ws_call_id=` and the routes of single-page apps) and
  an empty query go.
- A trailing slash goes except from the root, which is always `/`. Inner double slashes, letter case of the
  path, `/amp/` and `index.html` stay: they may name different pages.
- What ends a sentence or closes a bracket that the address did not open (`)`, `.`, `"`, `。`, as they stand
  or escaped) goes from the end of the path and of each value, but not from a wiki's title (`Apple_Inc.`).
- Percent-escapes are upper case; what needs no escape in its place is unescaped (`%7E`, `%28`, in a path
  also `%2B`), what is no URL character is escaped (`[`, `|`). `%2F` stays apart from `/`, and a stray `%`
  stays as it is.
- Tracking parameters (`tracking.yaml`) and session ids go, the others are sorted by name, the order among
  equal names being kept. They also go where they were added to a path (`/a&utm_source=x`) or behind a second
  `?`. A space in a query is `+`; `?a=` and `?a` are one; `&amp;` is an `&` that an exporter escaped.
"""

from tracker.domains.address import MAX_LENGTH, Address, named, parse, target, try_parse
from tracker.domains.canonical import SITE_TRACKING_PARAMETERS, TRACKING_PARAMETERS, TRACKING_PREFIXES
from tracker.domains.column import AddressColumns, try_parse_all
from tracker.domains.hosts import SUFFIX_LIST_DATE, domain_of, hostname, is_public_suffix, written_host
from tracker.domains.ids import RULES, domain_id, page_id, page_ids

__all__ = [
    "MAX_LENGTH",
    "RULES",
    "SITE_TRACKING_PARAMETERS",
    "SUFFIX_LIST_DATE",
    "TRACKING_PARAMETERS",
    "TRACKING_PREFIXES",
    "Address",
    "AddressColumns",
    "domain_id",
    "domain_of",
    "hostname",
    "is_public_suffix",
    "named",
    "page_id",
    "page_ids",
    "parse",
    "target",
    "try_parse",
    "try_parse_all",
    "written_host",
]
