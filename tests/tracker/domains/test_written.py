"""Addresses as people, scrapers and models write them."""

from __future__ import annotations

import pytest

from tracker.domains import parse, target, try_parse

PAGE = "https://acme.com/pricing"


@pytest.mark.parametrize(
    "written",
    [
        # what closes a sentence, a quotation, a bracket
        f"{PAGE})",
        f"{PAGE}).",
        f"<{PAGE}|Pricing>",
        f"{PAGE},",
        f"{PAGE}.",
        f"{PAGE}/.",
        f"{PAGE}!",
        f"{PAGE}。",
        f"{PAGE}、",
        f"{PAGE}…",
        f"{PAGE}**",
        f"{PAGE}```",
        f'{PAGE}"',
        f"{PAGE}”",
        f"{PAGE}]",
        f"{PAGE}}}",
        f"{PAGE}&quot;",
        f"{PAGE}%22",
        f"{PAGE}%20",
        f"{PAGE}\\",
        f"{PAGE}\\n",
        f'{PAGE}\\"',
        f"{PAGE}?utm_source=chatgpt.com)",
        # what stands around it
        f"<{PAGE}>",
        f"&lt;{PAGE}&gt;",
        f'"{PAGE}"',
        f"“{PAGE}”",
        f"「{PAGE}」",
        f"({PAGE})",
        f"`{PAGE}`",
        f"**{PAGE}**",
        f"- {PAGE}",
        f"1. {PAGE}",
        f"[2] {PAGE}",
        f"[1]: {PAGE}",
        f"> {PAGE}",
        f"Source: {PAGE}",
        f"URL:{PAGE}",
        f"Acme ({PAGE})",
        f"Acme - {PAGE}",
        f"[Acme]({PAGE})",
        f"[1]({PAGE})",
        f'[Acme]({PAGE} "Acme")',
        "[Acme](acme.com/pricing)",
        "Source: acme.com/pricing",
        "://acme.com/pricing",
        f"{PAGE}]({PAGE})",
        f'<a href="{PAGE}">Acme</a>',
        f'{PAGE}">Acme</a>',
        f'{{"url": "{PAGE}"}}',
        # another thing behind it
        f"{PAGE} | Acme",
        f'{PAGE} "Acme"',
        f"{PAGE} (accessed in May)",
        f"{PAGE}\nhttps://other.com/",
        f"{PAGE}, https://other.com/",
        f"{PAGE};https://other.com/",
        f"{PAGE},https://other.com/",
        # a footnote's mark
        f"{PAGE}[1]",
        f"{PAGE}[^12].",
        f"{PAGE}[1][2]",
        f"{PAGE}[citation:3]",
        f"{PAGE}【4†source】",
        # schemes
        "acme.com/pricing",
        "www.acme.com/pricing",
        "//acme.com/pricing",
        "https:acme.com/pricing",
        "https:/acme.com/pricing",
        "https//acme.com/pricing",
        "https;//acme.com/pricing",
        "https: //acme.com/pricing",
        "htttps://acme.com/pricing",
        "ttps://acme.com/pricing",
        "hxxps://acme[.]com/pricing",
        f"https://{PAGE}",
        f"http://{PAGE}",
        "http://https//acme.com/pricing",
        f"https://www.{PAGE}",
        "https%3A%2F%2Facme.com%2Fpricing",
        "https:\\/\\/acme.com\\/pricing",
        "https://acme.com/pricing\\u003futm_source=x",
        # parameters that were added without looking
        f"{PAGE}&utm_source=chatgpt.com",
        f"{PAGE}/&utm_source=chatgpt.com&utm_medium=x",
        f"{PAGE}&amp;utm_source=chatgpt.com",
        f"{PAGE}%3Futm_source%3Dchatgpt.com",
        f"{PAGE}?utm_source=a?utm_medium=b",
        f"{PAGE}??utm_source=a",
        f"{PAGE}?&amp;utm_source=a",
    ],
)
def test_an_address_is_found_in_what_was_written(written: str) -> None:
    assert parse(written).canonical == PAGE
    assert parse(written).url == written
    assert parse(target(written)).canonical == PAGE


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        (f"{PAGE}?plan=pro?utm_source=chatgpt.com", f"{PAGE}?plan=pro"),
        (f"{PAGE}?q=a.&utm_source=x", f"{PAGE}?q=a"),
        (f"{PAGE}?q=(a)", f"{PAGE}?q=(a)"),
        (f"{PAGE}?q=%22a%22", f"{PAGE}?q=%22a%22"),
        (f"{PAGE}?next=https://b.com/?x=1", f"{PAGE}?next=https://b.com/?x=1"),
        ("https://acme.com**", "https://acme.com/"),
        ("https://acme.com)", "https://acme.com/"),
        ("acme.com.", "https://acme.com/"),
        ("http://[::1])", None),
        ("https://acme.com/a_(b)", "https://acme.com/a_(b)"),
        ("https://acme.com/a_(b))", "https://acme.com/a_(b)"),
        ("https://acme.com/file (1).pdf", "https://acme.com/file%20(1).pdf"),
        ("https://acme.com/a&b=c", "https://acme.com/a&b=c"),
        ("https://acme.com/name_", "https://acme.com/name_"),
        ("https://en.wikipedia.org/wiki/Apple_Inc.", "https://en.wikipedia.org/wiki/Apple_Inc."),
        ("https://en.wikipedia.org/wiki/Washington,_D.C.", "https://en.wikipedia.org/wiki/Washington,_D.C."),
        ("https://en.wikipedia.org/wiki/Yahoo!", "https://en.wikipedia.org/wiki/Yahoo!"),
        ("https://en.wikipedia.org/wiki/Sagittarius_A*", "https://en.wikipedia.org/wiki/Sagittarius_A*"),
        ("https://en.wikipedia.org/wiki/CRM.", "https://en.wikipedia.org/wiki/CRM"),
        ("acme.com/go?u=https://evil.com/", "https://acme.com/go?u=https://evil.com/"),
        ("https://acme.com@evil.com/a)", "https://evil.com/a"),
    ],
)
def test_what_belongs_to_an_address_stays(written: str, canonical: str | None) -> None:
    address = try_parse(written)
    assert (address and address.canonical) == canonical
    if canonical is not None:
        assert parse(canonical).canonical == canonical


@pytest.mark.parametrize(
    "written",
    [
        "N/A",
        "n/a",
        "-",
        "–",
        "null",
        "None",
        "undefined",
        "#",
        "1",
        "[1]",
        "turn0search3",
        "【4†source】",
        "Acme",
        "Acme GmbH, Berlin",
        "ann@acme.com",
        "mailto:ann@acme.com",
        "about:blank",
        "file:///c/a.pdf",
        "https://",
        "http://https://",
        "javascript:location='https://acme.com/'",
        "data:text/html,https://acme.com/",
        "javascript: location='https://acme.com/'",
        "view-source:https://acme.com",
        "blob:https://acme.com/1",
        "chrome-extension://abc/https://acme.com",
        "acme .com",
        "doi:10.1000/1",
        "urn:isbn:1",
    ],
)
def test_what_cannot_be_an_address_is_none(written: str) -> None:
    assert try_parse(written) is None
