"""Answer text × brand names → mentions; pure.

A mention is a brand's name written in the answer's own prose. In the order in which they apply:

1. **What is not prose is hidden** (`markup`): URLs, bare hosts and mail addresses, HTML tags, image
   alternatives, link destinations and titles, citation markers, lists of sources. A link's label is prose
   (`[Norvane](https://…) is …`, `- **[Norvane](https://…)**: …`) unless it is a source label: it is the URL
   or a host name, it stands in brackets of its own (`([Norvane](https://…))`), it trails a finished
   sentence to the end of the line, it follows "Source:", or it is an entry of a list under a heading such
   as "Sources". A brand whose very name is a host (`monday.com`) is named by the bare host in prose, but
   not by a longer URL. Handles, paths, file names and, in code, names in small letters are no prose either.
2. **Spellings are compared folded** (`folding`): compatibility forms, case, accents, typographic hyphens and
   apostrophes, white space with its emphasis and trade marks, soft hyphens, Arabic letter variants. Offsets
   are code points of the text as given.
3. **A name has the spellings that people write** (`spellings`): with spaces, hyphens or joined, "&" or "and",
   without apostrophes and final signs, with or without umlauts. A spelling of at most two letters must have
   its very case; `case: exact` asks this of any.
4. **A name is a whole word** (`words`), takes a plural or an ending of its text's language (`languages`), or
   begins a German compound (`compounds`), which the span says. Amounts and terms are none (`terms`: $3M,
   vitamin X).
5. **An everyday word is a name where it stands as one** (`context`): with its capital inside a sentence, by
   itself in a list item or cell, doing what companies do, or among its kind (`company`). Some names mean
   something else, which their neighbours tell (`senses`: a UPS battery, GM crops, Apple pie).
6. **A name inside one of its brand's `not` phrases** (`phrases`) is no mention.
7. **The longest of several overlapping names wins**, the leftmost first, whichever brand it belongs to.
8. **A statement of absence** gives the stance `absent`: "I found no information about Norvane" (`absence`),
   or a clause of nothing but negation, finding and small words (`absence_clauses`). A brand that the answer
   also names otherwise is `named`.
"""

from tracker.mentions.finder import READER_VERSION, BrandMention, Finder, Span, Stance
from tracker.mentions.names import BrandNames

__all__ = ["READER_VERSION", "BrandMention", "BrandNames", "Finder", "Span", "Stance"]
