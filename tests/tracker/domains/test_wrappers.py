"""Addresses that hold the address of a page: the page is named, nothing is fetched."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domains import address, parse, target, try_parse, wrappers

PAGE = "https://acme.com/pricing"
CODED = "https%3A%2F%2Facme.com%2Fpricing"
B64 = base64.urlsafe_b64encode(PAGE.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "wrapper",
    [
        f"https://www.google.com/url?q={PAGE}&sa=U&ved=2ah",
        f"https://www.google.de/url?sa=t&q=&url={CODED}&usg=A",
        f"https://google.co.uk/url?q={CODED}",
        "https://www.google.com/amp/s/acme.com/pricing",
        "https://www.google.com/amp/acme.com/pricing",
        f"https://www.google.com/imgres?imgurl=x&imgrefurl={CODED}",
        f"https://translate.google.com/translate?sl=auto&u={CODED}",
        "https://acme-com.translate.goog/pricing?_x_tr_sl=en&_x_tr_tl=de",
        f"https://webcache.googleusercontent.com/search?q=cache:AbCdEfGhIjKl:{PAGE}+crm",
        "https://webcache.googleusercontent.com/search?q=cache:acme.com/pricing",
        f"https://consent.google.com/m?continue={CODED}&gl=DE",
        "https://news.google.com/rss/articles/"
        + base64.urlsafe_b64encode(b"\x08\x13\x22\x18" + PAGE.encode() + b"\xd2\x01\x00")
        .decode()
        .rstrip("="),
        "https://acme-com.cdn.ampproject.org/c/s/acme.com/pricing",
        "https://acme-com.cdn.ampproject.org/v/s/acme.com/pricing?amp_js_v=0.1&usqp=mq",
        f"https://www.bing.com/ck/a?!&&p=aa&u=a1{B64}&ntb=1",
        f"https://duckduckgo.com/l/?uddg={CODED}&rut=1",
        f"https://r.search.yahoo.com/_ylt=A/RV=2/RE=1/RO=10/RU={CODED}/RK=2/RS=x-",
        f"https://l.facebook.com/l.php?u={CODED}&h=AT0",
        f"https://lm.facebook.com/l.php?u={CODED}%3Ffbclid%3D1&h=AT0",
        f"https://l.instagram.com/?u={CODED}&e=AT",
        f"https://www.linkedin.com/redir/redirect?url={CODED}&urlhash=x",
        f"https://www.linkedin.com/safety/go?url={CODED}",
        f"https://out.reddit.com/t3_a?url={CODED}&token=x",
        f"https://www.youtube.com/redirect?event=video_description&q={CODED}",
        f"https://t.umblr.com/redirect?z={CODED}&t=x",
        f"https://href.li/?{PAGE}",
        f"https://vk.com/away.php?to={CODED}",
        f"https://link.zhihu.com/?target={CODED}",
        f"https://steamcommunity.com/linkfilter/?url={PAGE}",
        f"https://disq.us/url?url={CODED}%3AAbCdEfGhIjKlMnOpQrStUvWx&cuid=1",
        f"https://web.archive.org/web/20250101000000/{PAGE}",
        f"https://web.archive.org/web/20250101id_/{PAGE}",
        "https://web.archive.org/web/2025/acme.com/pricing",
        "https://web.archive.org/web/2025*/acme.com/pricing",
        f"https://archive.ph/newest/{PAGE}",
        f"https://archive.is/2025.01.01-000000/{PAGE}",
        f"https://r.jina.ai/{PAGE}",
        f"https://12ft.io/{PAGE}",
        f"https://docs.google.com/viewer?url={CODED}",
        f"https://nam12.safelinks.protection.outlook.com/?url={CODED}&data=05",
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__acme.com_pricing&d=D",
        f"https://urldefense.com/v3/__{PAGE}__;!!A",
        "https://click.pstmrk.it/3s/acme.com%2Fpricing/a/b",
        f"https://go.skimresources.com/?id=1&url={CODED}",
        f"https://www.awin1.com/cread.php?awinmid=1&ued={CODED}",
        f"https://www.anrdoezrs.net/links/1/type/dlg/{PAGE}",
        f"https://prf.hn/click/camref:1/destination:{CODED}",
        # within each other, and badly written
        f"https://www.google.com/url?q=https%3A%2F%2Fweb.archive.org%2Fweb%2F2025%2F{CODED}",
        f"<https://www.google.com/url?q={CODED}>",
        "https://r.jina.ai/https%3A%2F%2Facme.com%2Fpricing%3Futm_source%3Dchatgpt.com",
    ],
)
def test_a_wrapper_names_the_page_that_stands_in_it(wrapper: str) -> None:
    assert parse(wrapper) == (wrapper, PAGE, "acme.com", "acme.com")
    assert parse(target(wrapper)).canonical == PAGE
    assert "acme.com" in target(wrapper).partition("//")[2].partition("/")[0]


@pytest.mark.parametrize(
    ("wrapper", "domain"),
    [
        ("https://www.google.com/url?q=javascript:alert(1)", "google.com"),
        ("https://www.google.com/url?q=/search?q=a", "google.com"),
        ("https://www.google.com/url?sa=t", "google.com"),
        ("https://www.google.com/search?q=https://acme.com/", "google.com"),
        ("https://google.evil.com/url?q=https://acme.com/", "evil.com"),
        ("https://evil.com/url?q=https://acme.com/", "evil.com"),
        ("https://www.bing.com/ck/a?u=a1%%%", "bing.com"),
        ("https://www.bing.com/ck/a?u=a1aGk", "bing.com"),
        ("https://l.facebook.com/l.php?u=data:text/html,x", "facebook.com"),
        ("https://www.facebook.com/sharer/sharer.php?u=https://acme.com/", "facebook.com"),
        ("https://web.archive.org/web/2025/", "archive.org"),
        ("https://archive.org/details/acme", "archive.org"),
        ("https://news.google.com/articles/CBMiAU_yqLabc", "google.com"),
        ("https://acme.com/?url=https://evil.com/", "acme.com"),
        ("https://bit.ly/3abc", "bit.ly"),
        ("https://lnkd.in/abc", "lnkd.in"),
        ("https://www.google.com/url?q=https://acme.com@evil.com/", "evil.com"),
        ("https://www.google.com/url?q=http://2130706433/", "127.0.0.1"),
        ("https://www.google.com/url?q=https://аcme.com/", "xn--cme-5cd.com"),
    ],
)
def test_what_holds_no_page_names_itself(wrapper: str, domain: str) -> None:
    assert parse(wrapper).domain == domain


def test_wrappers_are_unwrapped_some_deep_and_not_without_end() -> None:
    assert parse("https://r.jina.ai/" * address.DEPTH + PAGE).canonical == PAGE
    assert parse("https://r.jina.ai/" * address.DEPTH**3 + PAGE).domain == "jina.ai"


@given(st.text(max_size=60), st.sampled_from(sorted(wrappers._BY_HOST)))
def test_no_text_in_a_wrapper_breaks_it(text: str, host: str) -> None:
    name = host.replace("*.", "a.").replace(".*", ".com")
    for url in (
        f"https://{name}/url?q={text}&url={text}",
        f"https://{name}/{text}",
        f"https://{name}/amp/s/{text}",
    ):
        found = try_parse(url)
        if found is not None:
            assert parse(found.canonical).canonical == found.canonical


def test_every_rule_says_where_the_address_stands() -> None:
    for host, rules in wrappers._BY_HOST.items():
        for rule in rules:
            assert rule.query or "(?P<url>" in rule.path.pattern, host
