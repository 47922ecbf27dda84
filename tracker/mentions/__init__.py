"""Answer text × brand names → mentions; pure.

A mention is a brand's name written in the answer's own prose. In the order in which they apply:

1. **What is not prose is hidden** (`markup`): URLs, bare hosts and mail addresses, HTML tags, image
   alternatives, link destinations and titles, citation markers, lists of sources. A link's label is prose
   (`[Norvane](https://…) is …`, `- **[Norvane](https://…)**: …`) unless it is a source label: it is the URL
   or a host name, it stands in brackets of its own (`([Norvane](https://…))`), it trails a finished
   sentence to the end of the line, it follows "Source:", or it is an entry of a list under a heading such
   as "Sources". A brand whose very name is a host (`monday.com`) is named by the bare host in prose, but
   not by a longer URL.
2. **Spellings are compared folded** (`folding`): compatibility forms, case, accents, typographic hyphens
   and apostrophes, runs of white space, soft hyphens. A name of several words may also be written with
   hyphens between all of them (`Rolls-Royce` for Rolls Royce; a `not` phrase likewise), but a hyphen of the
   name itself stays one. Offsets are code points of the text as given. A spelling with at most two letters,
   or of three capitals (`X`, `LI`, `H&M`, `SAP`), must have its very case; one of four or five capitals
   (`IKEA`) at least an initial capital.
3. **A name is a whole word** (`words`).
4. **A name inside one of its brand's `not` phrases** is no mention.
5. **The longest of several overlapping names wins**, the leftmost first, whichever brand it belongs to.
6. **A statement of absence** ("I found no information about Norvane", `absence`) gives the stance `absent`.
   A brand that the answer also names otherwise is `named`.
"""

from tracker.mentions.finder import READER_VERSION, Finder, Mention, Span, Stance
from tracker.mentions.names import BrandNames

__all__ = ["READER_VERSION", "BrandNames", "Finder", "Mention", "Span", "Stance"]
