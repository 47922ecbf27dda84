"""Names that stand where tracked names stand are found, and the words between them are not."""

from __future__ import annotations

import pytest

from tracker.mentions import BrandNames, Finder
from tracker.mentions.candidates import candidates

FINDER = Finder([BrandNames(1, "Norvane"), BrandNames(2, "Wise"), BrandNames(3, "Quillmere")])
ANSWER = """For small firms, three stand out:

1. **Norvane** – easy to set up.
2. **Pipewell** – cheap. ([techdaily.com](https://techdaily.com/a))
3. **[Fresh Ledger](https://freshledger.com)** – good reports
4. [monday.com](https://monday.com): a host is a source, and no name
- **Key features:** lists and boards
- **Pricing:** from $9
- Easy to use

| Tool | Price | Best for |
|---|---|---|
| Norvane | $9 | Small teams |
| [Okeanda](https://www.okeanda.io/crm) | $12 | Agencies |
| HubSpot CRM | Free | Everyone |

### Quillmere
### 5. Zoho CRM
## Pros and Cons
## How to choose a CRM

I would also look at [Brimwick](https://brimwick.com) and **eBay**. **Important:** read the terms.
![Logo](https://x.com/Logo.png) [1](https://a.com) [Read more](https://b.com)
"""


def test_names_are_taken_from_lists_tables_headings_links_and_bold() -> None:
    found = {one.name: (one.kind, one.site, one.beside) for one in candidates(ANSWER, FINDER)}
    assert found == {
        "Pipewell": ("list", None, True),
        "Fresh Ledger": ("list", "freshledger.com", True),
        "Okeanda": ("table", "okeanda.io", True),
        "HubSpot CRM": ("table", None, True),
        "Zoho CRM": ("heading", None, True),
        "Brimwick": ("link", "brimwick.com", False),
        "eBay": ("bold", None, True),
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n- b",
        "**",
        "| | |",
        "1. \n2. ",
        "[](x)",
        "# #",
        "**It** is",
        "- CRM\n- API",
        "## 2026",
        "* * *",
    ],
)
def test_nothing_is_made_a_company_of(text: str) -> None:
    assert candidates(text, FINDER) == []


def test_a_name_counts_once_an_answer_with_its_own_site() -> None:
    (one,) = candidates("- Pipewell\n- **Pipewell**\n[Pipewell](https://pipewell.com/x)", FINDER)
    assert (one.name, one.kind, one.site, one.beside) == ("Pipewell", "list", "pipewell.com", False)
