"""Pages as the web serves them, each with the right verdict on the link to norvane.com that is claimed there.

The shapes of challenges, refusals, consent pages and shells follow what their vendors serve: the marks are
theirs, the words around them ours.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TARGET = "https://norvane.com/crm"
LINK = f'<a href="{TARGET}">the Norvane CRM</a>'
SENTENCES = (
    "A sales team of two needs a list of people, a calendar and a place for notes, and little more.",
    "We tried each tool for a month with the same forty contacts and the same three pipelines.",
    "Importing a spreadsheet took between four minutes and an afternoon, mostly because of dates.",
    "None of the prices below include tax, and all of them were asked for in the second week of May.",
    "Support answered within the day in five cases out of six, and the sixth had no support at all.",
    "What we missed most was a way to undo a merge of two contacts that were not the same person.",
)


def prose(seed: int, *, sentences: int = 24) -> str:
    """Paragraphs without a link."""
    chosen = [SENTENCES[(seed * 7 + i * (1 + seed % 5)) % len(SENTENCES)] for i in range(sentences)]
    return "".join(f"<p>{' '.join(chosen[i : i + 4])}</p>" for i in range(0, sentences, 4))


def article(
    inner: str, *, title: str = "Six CRM tools tried", head: str = "", seed: int = 0, more: str = ""
) -> str:
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title>{head}</head><body>'
        f'<nav><a href="/">Home</a> <a href="/blog">Blog</a></nav><main><h1>{title}</h1>'
        f"{prose(seed)}{inner}{prose(seed + 1)}</main>{more}<footer>© 2026</footer></body></html>"
    )


@dataclass(frozen=True)
class Served:
    """What one address answers, and what must be said of the link that is claimed on it."""

    verdict: str
    reason: str | None = None
    body: str | bytes = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "text/html; charset=utf-8"
    path: str = "/post"
    robots: str | None = None
    seconds: float = 0.0
    unknown_host: bool = False
    beside: dict[str, Served] = field(default_factory=dict)
    """Other paths of the same host."""


MOVED = {"/moved": Served("", body=article(LINK))}


def _live() -> Iterator[Served]:
    for seed, href in enumerate(
        (
            TARGET,
            "http://norvane.com/crm",
            "https://www.norvane.com/crm/",
            "//norvane.com/crm",
            "https://norvane.com/crm?utm_source=blog&amp;utm_medium=post",
            "https://norvane.com/crm#prices",
            " https://NORVANE.com/crm ",
        )
    ):
        yield Served("live", None, article(f'<p>We liked <a href="{href}">this one</a> best.</p>', seed=seed))
    for other in ("https://norvane.com/", "https://norvane.com/pricing", "https://docs.norvane.com/start"):
        yield Served("live", "other_page", article(f'<p>See <a href="{other}">Norvane</a>.</p>'))
    for placed in (
        f"<nav>{LINK}</nav>",
        f"<aside class=sidebar>{LINK}</aside>",
        f'<div id="comments">{LINK}</div>',
    ):
        yield Served("live", None, article("", more=placed))
    yield Served("live", None, article(f'<a href="{TARGET}"><img src="/logo.png" alt="Norvane"></a>'))
    yield Served("live", "hidden", article(f'<div style="display:none">{LINK}</div>'))
    yield Served("live", "noindex", article(LINK, head='<meta name="robots" content="noindex">'))
    yield Served("live", "noindex", article(LINK), headers={"X-Robots-Tag": "noindex"})
    yield Served(
        "live",
        "canonical_elsewhere",
        article(LINK, head='<link rel="canonical" href="https://other.example/x">'),
    )
    # The scripts of a guard ride on ordinary pages, and short pages are pages.
    guards = (
        '<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>',
        '<script src="https://js.datadome.co/tags.js"></script>',
        '<script src="/_Incapsula_Resource?SWJIYLWA=719d34d31c8e3a6e6fffd425f7e032f3"></script>',
        '<div class="g-recaptcha" data-sitekey="x"></div>',
        "<div id=onetrust-banner-sdk><h2>We value your privacy</h2><button>Accept all cookies</button></div>",
        "<noscript>You need to enable JavaScript to run this app.</noscript>",
    )
    for seed, guard in enumerate(guards):
        yield Served("live", None, article(LINK, more=guard, seed=seed))
        yield Served("live", None, f"<title>Links</title><body><p>{LINK}</p>{guard}")
    for status in (301, 302, 307, 308):
        yield Served(
            "live",
            None,
            status=status,
            headers={"Location": "/moved"},
            beside=MOVED,
        )
    for content in ("0;url=/moved", "3; URL='/moved'", "0; /moved"):
        head = f'<meta http-equiv="refresh" content="{content}">'
        yield Served("live", None, f"<head>{head}</head><p>Moved.", beside=MOVED)
    # A page that loads itself anew, much later or for those without scripts is read as it is.
    for head in (
        '<meta http-equiv="refresh" content="300">',
        '<meta http-equiv="refresh" content="900;url=/moved">',
        '<noscript><meta http-equiv="refresh" content="0;url=/no-script"></noscript>',
        '<meta http-equiv="refresh" content="0;url=/post">',
    ):
        yield Served("live", None, article(LINK, head=head))


def _nofollow() -> Iterator[Served]:
    for rel in ("nofollow", "ugc", "sponsored", "NOFOLLOW noopener"):
        reason = rel.split()[0].lower()
        yield Served("live_nofollow", reason, article(f'<p>Try <a rel="{rel}" href="{TARGET}">it</a>.</p>'))
    yield Served("live_nofollow", "nofollow", article(LINK, head='<meta name="robots" content="nofollow">'))
    yield Served("live_nofollow", "nofollow", article(LINK), headers={"X-Robots-Tag": "nofollow"})
    yield Served("live", None, article(f'<a rel="nofollow" href="{TARGET}">a</a> and {LINK}'))


def _lost() -> Iterator[Served]:
    for seed in range(6):
        yield Served("gone", None, article("<p>We liked Norvane best.</p>", seed=seed))
    yield Served("gone", None, article('<p>See <a href="https://rival.example/crm">Rival</a>.</p>'))
    yield Served("gone", None, article('<a href="https://norvane.com.evil.example/crm">x</a>'))
    yield Served("gone", None, article(f"<!-- {LINK} --><script>var a = '{TARGET}';</script>"))
    yield Served("gone", None, article("<p>norvane.com/crm, as text only.</p>"))
    # Ordinary pages on which the link is not, with what a guard or a consent tool leaves there.
    for seed, guard in enumerate(
        (
            '<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>',
            '<script src="/_Incapsula_Resource?SWJIYLWA=719d34d31c8e3a6e6fffd425f7e032f3"></script>',
            '<div class="g-recaptcha"></div><form><input type="password"><button>Log in</button></form>',
            '<div id="cookie-banner"><h2>Your privacy matters</h2><button>Accept all cookies</button></div>',
            "<noscript>Please enable JavaScript to see the comments.</noscript><script src=/a.js></script>",
            '<div id="root"></div><script src="/widgets.js"></script>',
        )
    ):
        yield Served("gone", None, article("", more=guard, seed=seed))
    # A guard's sensor on a short page that nobody was kept from.
    for seed, sensor in enumerate(
        (
            "<script>window._pxAppId='PXa1b2c3d4'</script><script src='/px/init.js' defer></script>",
            "<script src='/_Incapsula_Resource?SWJIYLWA=7&amp;ns=1&amp;cb=1' async></script>",
            "<script src='https://js.datadome.co/tags.js' async></script>",
            "<script>a.src='/cdn-cgi/challenge-platform/h/b/scripts/jsd/22ab1a2b/main.js'</script>",
            "<script>var t={};KPSDK={};t.scriptStart=performance.now();</script>",
            "<i class='cf-turnstile'></i><script src='https://challenges.cloudflare.com/turnstile/v0/api.js'></script>",
        )
    ):
        short = (
            f"<title>Deals of the week</title><h1>Deals of the week</h1>{prose(seed, sentences=8)}{sensor}"
        )
        yield Served("gone", None, short)
        yield Served("live", None, short + LINK)
    yield Served("gone", None, article("", title="How to get past a 404 error and a captcha"))
    yield Served("gone", None, article("", title="Access denied: what a refused export means"))
    for status, reason in ((404, "not_found"), (410, "gone")):
        for body in ("", article("", title="Page not found"), "<h1>Gone</h1>"):
            yield Served("page_gone", reason, body, status=status)
    for title in (
        "Page not found – Blog of tools",
        "404",
        "404 Not Found",
        "Error 404 | Blog",
        "Oops! That page can’t be found.",
        "Seite nicht gefunden | Werkzeuge",
        "Page introuvable",
        "Página no encontrada - Blog",
        "Nothing found",
        "Sorry, this page isn't available.",
    ):
        body = f"<title>{title}</title><body><nav><a href=/>Home</a></nav><h1>{title}</h1><p>Search our site."
        yield Served("page_gone", "not_found", body)
    for title, reason in (
        ("Account Suspended", "suspended"),
        ("This site is currently unavailable", "suspended"),
        ("tools.example is for sale", "parked"),
        ("This domain is for sale", "parked"),
    ):
        yield Served("page_gone", reason, f"<title>{title}</title><body><h1>{title}</h1><p>Contact us.")
    yield Served(
        "page_gone",
        "parked",
        "<title>tools</title><script src='https://sedoparking.com/x.js'></script><p>Links",
    )
    for where in ("/", "/blog", "/category/tools"):
        home = Served("", body=article("", title="The blog of tools"))
        yield Served("redirected", None, status=301, headers={"Location": where}, beside={where: home})
    head = '<meta http-equiv="refresh" content="0;url=/news">'
    yield Served("redirected", None, f"{head}<p>Moved", beside={"/news": Served("", body=article(""))})
    yield Served("redirected", "too_many_redirects", status=302, headers={"Location": "/post"})
    yield Served("redirected", "unsafe_redirect", status=302, headers={"Location": "http://10.0.0.7/"})


def _challenge(title: str, source: str, words: str = "") -> str:
    return (
        f'<!DOCTYPE html><html><head><title>{title}</title><meta name="robots" content="noindex,nofollow">'
        f"</head><body><h1>{title}</h1><p>{words}</p>{source}</body></html>"
    )


CHALLENGES = {
    "cloudflare": _challenge(
        "Just a moment...",
        "<script>window._cf_chl_opt={cvId:'3',cType:'managed'};var a=document.createElement('script');"
        "a.src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1?ray=a';</script>"
        "<noscript>Enable JavaScript and cookies to continue</noscript>",
    ),
    "cloudflare block": _challenge(
        "Attention Required! | Cloudflare",
        '<div class="cf-error-details"><span class="cf-error-code">1020</span></div>',
        "Sorry, you have been blocked. You are unable to access tools.example.",
    ),
    "datadome": (
        "<html><head><title>tools.example</title></head><body style='margin:0'><p id='cmsg'>Please enable "
        "JS and disable any ad blocker</p><script>var dd={'host':'geo.captcha-delivery.com'}</script>"
        "<script src='https://ct.captcha-delivery.com/c.js'></script></body></html>"
    ),
    "imperva": (
        '<html style="height:100%"><head><META NAME="ROBOTS" CONTENT="NOINDEX, NOFOLLOW"></head><body>'
        '<iframe id="main-iframe" src="/_Incapsula_Resource?SWUDNSAI=31&xinfo=7-1" width="100%">Request '
        "unsuccessful. Incapsula incident ID: 434000870345502677-4166</iframe></body></html>"
    ),
    "imperva words": _challenge(
        "Pardon Our Interruption",
        "<script>window.reeseSkipExpirationCheck=true;</script>",
        "As you were browsing, something about your browser made us think you might be a bot.",
    ),
    "akamai": (
        "<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1>You have no permission "
        'to access "http://tools.example/post" on this server.<P>Reference #18.2d351ab8.1557333295.a4e16ab<P>'
        "https://errors.edgesuite.net/18.2d351ab8.1557333295.a4e16ab</BODY></HTML>"
    ),
    "akamai challenge": (
        '<!DOCTYPE html><html><body><script src="/Borx/KB?v=1"></script><div id="sec-if-cpt-container">'
        '<p class ="scf-akamai-protected-by">Powered and protected by</p><a href="https://www.akamai.com/privacy">'
        "Privacy</a></div></body></html>"
    ),
    "perimeterx": _challenge(
        "Access to this page has been denied",
        "<script>window._pxAppId='PX1';</script><div id='px-captcha'></div>",
        "Press & Hold to confirm you are a human (and not a bot).",
    ),
    "aws": (
        "<html><head><script>window.gokuProps={}</script><script src='https://x.token.awswaf.com/challenge.js'>"
        "</script></head><body><div id='challenge-container'></div><noscript><h1>JavaScript is disabled</h1>"
        "</noscript><script>AwsWafIntegration.checkForceRefresh()</script></body></html>"
    ),
    "sucuri": _challenge("Sucuri WebSite Firewall - Access Denied", "", "Access Denied"),
    "ddos-guard": _challenge(
        "DDoS-Guard",
        "<script src='/.well-known/ddos-guard/js-challenge/index.js'></script>",
        "Checking your browser",
    ),
    "siteground": (
        "<html><head><title>Robot Challenge Screen</title></head><body><script>"
        "location='/.well-known/sgcaptcha/?r=%2Fpost';</script></body></html>"
    ),
    "vercel": _challenge("Vercel Security Checkpoint", "<script>x()</script>", "Verifying your browser"),
    "anubis": _challenge(
        "Making sure you're not a bot!",
        "<script id='anubis_challenge' type='application/json'>{}</script>",
        "Loading...",
    ),
    "wordfence": _challenge(
        "Your access to this site has been limited",
        "<p>Generated by Wordfence at Mon, 1 Jun 2026</p>",
        "Your access to this service has been limited. (HTTP response code 503)",
    ),
    "f5": (
        "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please "
        "consult with your administrator.<br><br>Your support ID is: 1234567890</body></html>"
    ),
    "amazon": _challenge(
        "Amazon.com",
        "<!-- To discuss automated access to Amazon data please contact api-services-support@amazon.com. -->"
        '<form method="get" action="/errors_page/validateCaptcha"><button>Continue</button></form>',
        "Click the button below to continue shopping",
    ),
    "f5 shape": _challenge(
        "Client Challenge", "", "A required part of this site couldn't load. Please check your connection."
    ),
    "hosting": _challenge("Verifying...", "", "Please wait while your request is being verified..."),
    "litespeed": _challenge("Bot Verification", "<form id=lsrecaptcha-form></form>", "Verifying"),
    "no script": "<title>tools</title><p>JavaScript is required.</p><p>Just a moment...</p>",
    "kasada": "<!DOCTYPE html><html><body><script>window.KPSDK={};KPSDK.now=1</script></body></html>",
    "german": _challenge("Einen Moment bitte", "<script>x()</script>", "Ihr Browser wird geprüft."),
    "russian": _challenge("Вы не робот?", "<div class='smartcaptcha'></div>", "Подтвердите, что вы человек"),
}


def _blocked() -> Iterator[Served]:
    for body in CHALLENGES.values():
        yield (
            Served("blocked", "challenge", body, status=403)
            if "title" not in body
            else Served("blocked", None, body, status=403)
        )
        yield Served("blocked", None, body)
    for name in ("cloudflare", "imperva words", "ddos-guard", "amazon"):
        yield Served("blocked", "challenge", CHALLENGES[name], status=503)
    yield Served("blocked", "challenge", "", status=403, headers={"cf-mitigated": "challenge"})
    yield Served("blocked", "challenge", "", status=202, headers={"x-amzn-waf-action": "challenge"})
    for status, reason in ((401, "login"), *((code, "denied") for code in (403, 405, 406, 451, 999))):
        yield Served("blocked", reason, "<h1>No</h1>", status=status)
    yield Served("blocked", "rate_limited", "<h1>Too many requests</h1>", status=429)
    yield Served("blocked", "rate_limited", "", status=429, headers={"Retry-After": "120"})
    page = article("", title="Welcome")
    for where, reason in (
        ("/login?next=%2Fpost", "login"),
        ("/users/sign-in?return_to=https%3A%2F%2F{host}%2Fpost", "login"),
        ("/authwall?trk=x&sessionRedirect=https%3A%2F%2F{host}%2Fpost", "login"),
        ("/wp-login.php?redirect_to=%2Fpost", "login"),
        ("/showcaptcha?cc=1&retpath=%2Fpost", "challenge"),
        ("/v2/collectConsent?sessionId=3_cc-session_1", "consent"),
        ("/consent?siteKey=1&callbackUrl=https%3a%2f%2f{host}%2fpost", "consent"),
        ("/privacy-gate?redirectUri=%2Fpost", "consent"),
    ):
        beside = {where.split("?")[0]: Served("", body=page)}
        yield Served("blocked", reason, status=302, headers={"Location": where}, beside=beside)
    for title, words in (
        ("Before you continue", "We use cookies and data to deliver and maintain services."),
        ("Bevor Sie fortfahren", "Wir verwenden Cookies und Daten."),
        ("Avant de continuer", "Nous utilisons des cookies et des données."),
        (
            "Yahoo is part of the Yahoo family of brands",
            "We and our partners store data.",
        ),
        ("Wir brauchen Ihre Zustimmung", "Weiter mit Werbung lesen oder ein Abonnement abschließen."),
    ):
        body = (
            f"<title>{title}</title><body><h1>{title}</h1><p>{words * 6}</p><form><button>OK</button></form>"
        )
        yield Served("blocked", "consent", body)
    words = "We and our partners. " * 60
    box = f"<div id='sp_message_container_1'><h2>We value your privacy</h2><p>{words}</p></div>"
    yield Served("blocked", "consent", f"<title>Tools</title><body>{box}<footer>© 2026</footer>")
    form = "<form><input name=u><input type=password><button>Log in</button></form>"
    yield Served("blocked", "login", f"<title>Log in | Forum</title><body><h1>Log in</h1>{form}")


def _shells() -> Iterator[Served]:
    for body in (
        '<div id="root"></div><noscript>You need to enable JavaScript to run this app.</noscript>',
        '<div id="app"></div>',
        '<div id="__next"></div>',
        '<div id="__nuxt"></div>',
        "<app-root></app-root>",
        "<noscript>Please turn on JavaScript to view this page.</noscript>",
        "<p>Loading…</p>",
        '<header><a href="/">Home</a> <a href="/a">About</a></header><div id="app"></div><footer>©</footer>',
        "<p>This site requires JavaScript. Bitte aktivieren Sie JavaScript.</p>",
    ):
        yield Served(
            "needs_browser",
            None,
            f"<title>Tools</title><body>{body}<script src='/main.js'></script>",
        )


def pdf(*links: str, text: str = "Six tools tried. Norvane was best.") -> bytes:
    """A one-page PDF with links as annotations."""
    shown = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    notes = [
        f"<< /Type /Annot /Subtype /Link /Rect [72 700 200 712] /A << /S /URI /URI ({link}) >> >>".encode()
        for link in links
    ]
    first_note = 6
    annots = " ".join(f"{first_note + i} 0 R" for i in range(len(notes)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Annots [{annots}] "
            "/Resources << /Font << /F1 5 0 R >> >> >>"
        ).encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *notes,
    ]
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, each in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _documents() -> Iterator[Served]:
    for kind in ("application/pdf", "application/octet-stream", "application/x-pdf"):
        yield Served("live", None, pdf(TARGET), kind=kind, path="/report.pdf")
    yield Served("gone", None, pdf("https://rival.example/"), kind="application/pdf", path="/report.pdf")
    yield Served("gone", None, pdf(), kind="application/pdf")
    yield Served("pdf", None, b"%PDF-1.7\nthis is all there is", kind="application/pdf")
    yield Served("pdf", None, pdf(TARGET)[:300], kind="application/octet-stream")


def _others() -> Iterator[Served]:
    for rules in ("User-agent: *\nDisallow: /", "User-agent: citelift\nDisallow: /post"):
        yield Served("robots", None, article(LINK), robots=rules)
    for status in (500, 502, 503, 504, 521):
        yield Served("unreachable", "server_error", "<h1>Sorry</h1>", status=status)
    yield Served("unreachable", "dns", unknown_host=True)
    yield Served("unreachable", "timeout", seconds=8.0)
    yield Served("unreachable", "not_html", b"\x89PNG", kind="image/png")


def all_pages() -> list[Served]:
    parts = (_live(), _nofollow(), _lost(), _blocked(), _shells(), _documents(), _others())
    return [page for part in parts for page in part]


@dataclass
class Web:
    """Every page on a host of its own, all on one server."""

    port: int
    pages: dict[str, Served]
    """By host."""
    asked: list[tuple[str, str]] = field(default_factory=list)

    def url(self, host: str) -> str:
        return f"http://{host}:{self.port}{self.pages[host].path}"

    def resolve(self, host: str, port: int) -> list[str]:
        page = self.pages.get(host)
        return [] if page is None or page.unknown_host else ["127.0.0.1"]


@contextmanager
def served(pages: dict[str, Served]) -> Iterator[Web]:
    web = Web(0, pages)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = (self.headers.get("Host") or "").split(":")[0]
            path = self.path.split("?")[0]
            web.asked.append((host, path))
            page = web.pages[host]
            if path == "/robots.txt":
                rules = page.robots
                self._answer(404 if rules is None else 200, (rules or "").encode(), "text/plain", {})
                return
            shown = page if path == page.path else page.beside.get(path, Served("", status=404))
            time.sleep(shown.seconds)
            body = shown.body if isinstance(shown.body, bytes) else shown.body.encode()
            headers = {name: value.replace("{host}", host) for name, value in shown.headers.items()}
            self._answer(shown.status, body, shown.kind, headers)

        def _answer(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
            try:
                self.send_response(status)
                for name, value in {
                    "Content-Type": kind,
                    "Content-Length": str(len(body)),
                    **headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return

        def log_message(self, format: str, *args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    web.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
