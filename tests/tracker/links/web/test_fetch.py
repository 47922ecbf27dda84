"""The fetcher against real local servers that play what the open web plays."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tracker.errors import UsageError
from tracker.links.web import body, robots
from tracker.links.web.fetch import Fetched, Fetcher, Policy, Refused, Validators
from tracker.links.web.safety import Stop, destination, fault

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PAGE = b"<!doctype html><title>t</title><p>hello</p>"
Route = Callable[[socket.socket, str], None]


def answer(
    data: bytes = PAGE, status: str = "200 OK", kind: str | None = "text/html", **headers: str
) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(data)}", "Connection: close"]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


def says(reply: bytes) -> Route:
    return lambda connection, _: connection.sendall(reply)


class Site:
    """A server on a real socket; every path is a function on the bare connection."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, Route] = {"/robots.txt": says(answer(b"", "404 Not Found"))}
        self.seen: list[tuple[str, str]] = []
        self.lock = threading.Lock()
        self.tls = tls
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        try:
            connection = self.tls.wrap_socket(connection, server_side=True) if self.tls else connection
            with closing(connection):
                request = b""
                while b"\r\n\r\n" not in request:
                    data = connection.recv(65536)
                    if not data:
                        return
                    request += data
                text = request.decode("latin-1")
                path = text.split(" ", 2)[1]
                with self.lock:
                    self.seen.append((path, text))
                self.routes.get(path, says(answer()))(connection, text)
        except OSError:
            return

    def paths(self) -> list[str]:
        return [path for path, _ in self.seen]

    def url(self, path: str = "/", host: str = "site.test", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


@pytest.fixture
def site() -> Iterator[Site]:
    served = Site()
    with closing(served.socket):
        yield served


def policy_for(*sites: Site, **changes: object) -> Policy:
    defaults: dict[str, object] = {
        "contact": "https://citelift.test/crawler",
        "resolver": lambda host, port: ["127.0.0.1"],
        "allowed": frozenset(("127.0.0.1", each.port) for each in sites),
        "delay_seconds": 0.0,
        "connect_seconds": 2.0,
        "idle_seconds": 1.0,
        "total_seconds": 3.0,
    }
    return Policy(**{**defaults, **changes})  # type: ignore[arg-type]


def fetch(site: Site, path: str = "/", **changes: object) -> Fetched | Refused:
    return Fetcher(policy_for(site, **changes)).fetch(site.url(path), at=NOW)


def good(result: Fetched | Refused) -> Fetched:
    assert isinstance(result, Fetched), result
    return result


def reason(result: Fetched | Refused) -> str:
    assert isinstance(result, Refused), result
    assert result.detail
    return result.reason


# --- addresses and urls -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("127.0.0.1", "loopback_address"),
        ("127.255.255.254", "loopback_address"),
        ("::1", "loopback_address"),
        ("10.0.0.1", "private_address"),
        ("172.16.0.1", "private_address"),
        ("172.31.255.255", "private_address"),
        ("192.168.1.1", "private_address"),
        ("fd00:ec2::254", "private_address"),
        ("fc00::1", "private_address"),
        ("fec0::1", "private_address"),
        ("169.254.169.254", "link_local_address"),
        ("fe80::1", "link_local_address"),
        ("fe80::1%eth0", "link_local_address"),
        ("100.64.0.1", "shared_address"),
        ("100.127.255.255", "shared_address"),
        ("100.100.100.200", "shared_address"),
        ("224.0.0.1", "multicast_address"),
        ("239.255.255.250", "multicast_address"),
        ("ff02::1", "multicast_address"),
        ("ff0e::1", "multicast_address"),
        ("168.63.129.16", "metadata_address"),
        ("0.0.0.0", "reserved_address"),
        ("0.1.2.3", "reserved_address"),
        ("::", "reserved_address"),
        ("192.0.0.9", "reserved_address"),
        ("192.0.2.1", "reserved_address"),
        ("198.18.0.1", "reserved_address"),
        ("198.51.100.1", "reserved_address"),
        ("203.0.113.1", "reserved_address"),
        ("240.0.0.1", "reserved_address"),
        ("255.255.255.255", "reserved_address"),
        ("2001:db8::1", "reserved_address"),
        ("2001:10::1", "reserved_address"),
        ("3fff::1", "reserved_address"),
        ("100::1", "reserved_address"),
        ("5f00::1", "reserved_address"),
        ("4000::1", "reserved_address"),
        ("192.88.99.1", "6to4_address"),
        ("2002:7f00:1::", "6to4_address"),
        ("2002:808:808::1", "6to4_address"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "teredo_address"),
        ("64:ff9b::7f00:1", "nat64_address"),
        ("64:ff9b::a9fe:a9fe", "nat64_address"),
        ("64:ff9b:1::808:808", "nat64_address"),
        ("::ffff:127.0.0.1", "mapped_address"),
        ("::ffff:10.0.0.1", "mapped_address"),
        ("::ffff:0:127.0.0.1", "mapped_address"),
        ("::127.0.0.1", "mapped_address"),
        ("2600:1f00::5efe:7f00:1", "mapped_address"),
        ("2600:1f00::200:5efe:a00:1", "mapped_address"),
        ("not an address", "reserved_address"),
    ],
)
def test_nothing_is_fetched_from_an_address_that_is_not_global_unicast(address: str, why: str) -> None:
    found = fault(address)
    assert found is not None
    assert found[0] == why
    result = Fetcher(policy_for(resolver=lambda host, port: [address])).fetch("http://evil.test/", at=NOW)
    assert reason(result) == why


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "172.32.0.1",
        "100.128.0.1",
        "2606:4700::6810:85e5",
        "2a00:1450:4001::1",
        "64:ff9b::808:808",
        "::ffff:8.8.8.8",
    ],
)
def test_global_addresses_pass_and_translated_ones_pass_by_what_they_stand_for(address: str) -> None:
    assert fault(address) is None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1/", "loopback_address"),
        ("http://127.0.0.1./", "loopback_address"),
        ("http://[::1]/", "loopback_address"),
        ("http://[0:0:0:0:0:0:0:1]/", "loopback_address"),
        ("http://10.1.2.3/", "private_address"),
        ("http://169.254.169.254/latest/meta-data/", "link_local_address"),
        ("http://100.64.0.1/", "shared_address"),
        ("http://[2002:7f00:1::]/", "6to4_address"),
        ("http://[64:ff9b::127.0.0.1]/", "nat64_address"),
        ("http://[::ffff:127.0.0.1]/", "mapped_address"),
        ("http://[::ffff:7f00:1]/", "mapped_address"),
        ("http://2130706433/", "numeric_host"),
        ("http://017700000001/", "numeric_host"),
        ("http://0177.0.0.1/", "numeric_host"),
        ("http://0x7f000001/", "numeric_host"),
        ("http://0x7f.0.0.1/", "numeric_host"),
        ("http://127.1/", "numeric_host"),
        ("http://134744072/", "numeric_host"),
        ("http://127。0。0。1/", "numeric_host"),
        ("http://①②⑦.0.0.1/", "numeric_host"),
        ("http://%31%32%37.0.0.1/", "numeric_host"),
        ("http://0/", "numeric_host"),
        ("http://localhost/", "bad_host"),
        ("http://ⓛocalhost/", "bad_host"),
        ("http://intranet/", "bad_host"),
        ("http://localhost./", "bad_host"),
        ("http://admin.localhost/", "bad_host"),
        ("http://printer.local/", "bad_host"),
        ("http://metadata.google.internal/", "bad_host"),
        ("http://hidden.onion/", "bad_host"),
        ("http://lo\u00adcalhost/", "bad_host"),
        ("http://loca\u200blhost/", "bad_host"),
        ("http://0x7f.1/", "numeric_host"),
        ("http://00000177.0.0.1/", "numeric_host"),
        ("http://192.168.1/", "numeric_host"),
        ("http://１２７.０.０.１/", "numeric_host"),
        ("http://[2001:0::1]/", "teredo_address"),
        ("http://[::7f00:1]/", "mapped_address"),
        ("http://[fec0::1]/", "private_address"),
        ("http://127.0.0.1#@example.com/", "loopback_address"),
        ("http:\\\\127.0.0.1", "loopback_address"),
        ("http:///127.0.0.1/", "loopback_address"),
        ("http://example.com@127.0.0.1/", "userinfo"),
        ("http://example.com%2f@127.0.0.1/", "userinfo"),
        ("http://[fe80::1%25eth0]/", "bad_url"),
        ("http://[::1%25lo]/", "bad_url"),
        ("http://127.0.0.1%00.example.com/", "bad_url"),
        ("http://xn--/", "bad_url"),
        ("http://a..b/", "bad_host"),
        ("http://-a.test/", "bad_host"),
        ("http://user:pass@site.test/", "userinfo"),
        ("http://user@site.test/", "userinfo"),
        ("http://@site.test/", "userinfo"),
        ("http://site.test:8080/", "bad_port"),
        ("http://site.test:22/", "bad_port"),
        ("https://site.test:6379/", "bad_port"),
        ("http://site.test:0/", "bad_port"),
        ("file:///etc/passwd", "bad_scheme"),
        ("ftp://site.test/", "bad_scheme"),
        ("gopher://site.test:70/_x", "bad_scheme"),
        ("javascript:alert(1)", "bad_scheme"),
        ("data:text/html,hi", "bad_scheme"),
        ("blob:http://site.test/1", "bad_scheme"),
        ("//site.test/", "bad_url"),
        ("site.test", "bad_url"),
        ("", "bad_url"),
        ("http://exa mple.test/", "bad_url"),
        ("http://[::1/", "bad_url"),
        ("http://site.test:99999/", "bad_url"),
        ("http://\ud800.test/", "bad_url"),
        ("http://site.test/" + "a" * 9000, "bad_url"),
    ],
)
def test_an_address_that_is_no_public_web_page_is_refused_by_its_own_reason(url: str, why: str) -> None:
    assert reason(Fetcher(policy_for()).fetch(url, at=NOW)) == why


def test_the_default_policy_opens_nothing() -> None:
    policy = Policy(contact="mailto:links@citelift.test")
    assert policy.allowed == frozenset()
    assert reason(Fetcher(policy).fetch("http://127.0.0.1/", at=NOW)) == "loopback_address"
    assert reason(Fetcher(policy).fetch("http://127.0.0.1:5000/", at=NOW)) == "bad_port"


def test_tabs_backslashes_and_fragments_are_read_as_a_browser_reads_them() -> None:
    assert destination("http:\\\\si\tte.test\\a\nb#f").url == "http://site.test/ab"
    assert destination("HTTPS://Bücher.test:443/x").host == "xn--bcher-kva.test"
    with pytest.raises(Stop, match="userinfo"):
        destination("http:/\\a:b@site.test")


def test_one_private_answer_among_public_ones_refuses_the_host() -> None:
    policy = policy_for(resolver=lambda host, port: ["8.8.8.8", "10.0.0.7"])
    assert reason(Fetcher(policy).fetch("http://mixed.test/", at=NOW)) == "private_address"


def test_a_name_without_an_address_and_a_resolver_that_hangs_are_dns() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    def hangs(host: str, port: int) -> list[str]:
        time.sleep(5)
        return []

    assert reason(Fetcher(policy_for(resolver=unknown)).fetch("http://gone.test/", at=NOW)) == "dns"
    assert reason(Fetcher(policy_for(resolver=lambda h, p: [])).fetch("http://gone.test/", at=NOW)) == "dns"
    slow = Fetcher(policy_for(resolver=hangs, connect_seconds=0.2))
    assert reason(slow.fetch("http://slow.test/", at=NOW)) == "dns"


def test_a_rebinding_name_is_asked_once_and_its_first_answer_is_used(site: Site) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]])
    asked: list[str] = []

    def rebinds(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    fetcher = Fetcher(policy_for(site, resolver=rebinds))
    result = good(fetcher.fetch(site.url("/", host="rebind.test"), at=NOW))
    assert (result.address, asked) == ("127.0.0.1", ["rebind.test"])
    assert site.paths() == ["/robots.txt", "/"]
    assert reason(fetcher.fetch(site.url("/", host="rebind.test"), at=NOW)) == "private_address"


def test_an_address_that_does_not_answer_gives_way_to_the_next_one(site: Site) -> None:
    allowed = frozenset({("127.0.0.1", site.port), ("127.0.0.9", site.port)})
    policy = policy_for(site, allowed=allowed, resolver=lambda h, p: ["127.0.0.9", "127.0.0.1"])
    assert good(Fetcher(policy).fetch(site.url(), at=NOW)).address == "127.0.0.1"


def test_a_closed_port_is_connect(site: Site) -> None:
    site.socket.close()
    assert reason(fetch(site)) == "connect"


# --- redirects ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("location", "why", "word"),
    [
        ("http://10.0.0.1/", "unsafe_redirect", "private_address"),
        ("http://169.254.169.254/latest", "unsafe_redirect", "link_local_address"),
        ("http://[::ffff:127.0.0.1]/", "unsafe_redirect", "mapped_address"),
        ("http://2130706433/", "unsafe_redirect", "numeric_host"),
        ("file:///etc/passwd", "unsafe_redirect", "bad_scheme"),
        ("gopher://site.test/", "unsafe_redirect", "bad_scheme"),
        ("http://site.test:22/", "unsafe_redirect", "bad_port"),
        ("http://a:b@site.test/", "unsafe_redirect", "userinfo"),
        ("//localhost/", "unsafe_redirect", "bad_host"),
        ("http://[", "bad_redirect", "address"),
    ],
)
def test_each_redirect_is_checked_again(site: Site, location: str, why: str, word: str) -> None:
    site.routes["/"] = says(answer(b"", "302 Found", Location=location))
    result = fetch(site)
    assert reason(result) == why
    assert isinstance(result, Refused)
    assert word in result.detail
    assert [hop.status for hop in result.hops] == [302]


def test_a_redirect_to_a_name_that_resolves_to_a_private_address_is_unsafe(site: Site) -> None:
    site.routes["/"] = says(answer(b"", "301 Moved", Location="http://inside.test/"))
    inside = policy_for(site, resolver=lambda h, p: ["10.0.0.1"] if h == "inside.test" else ["127.0.0.1"])
    assert reason(Fetcher(inside).fetch(site.url(), at=NOW)) == "unsafe_redirect"


def test_redirects_are_followed_to_the_end_and_listed(site: Site) -> None:
    site.routes["/a"] = says(answer(b"", "301 Moved", Location="b?x=é"))
    site.routes["/b?x=%C3%A9"] = says(answer(b"", "307 Temporary", Location="/c#part"))
    result = good(fetch(site, "/a"))
    assert result.final_url == site.url("/c")
    assert [(hop.url, hop.status) for hop in result.hops] == [
        (site.url("/a"), 301),
        (site.url("/b?x=%C3%A9"), 307),
    ]


def test_a_redirect_loop_ends(site: Site) -> None:
    site.routes["/"] = says(answer(b"", "302 Found", Location="/"))
    assert reason(fetch(site)) == "too_many_redirects"
    assert site.paths().count("/") == 6


def test_a_redirect_without_a_target_is_a_page_with_that_status(site: Site) -> None:
    site.routes["/"] = says(answer(b"", "302 Found"))
    assert good(fetch(site)).status == 302


# --- bodies -------------------------------------------------------------------------------------------------


def endless(piece: bytes, head: bytes, pause: float = 0.0) -> Route:
    def route(connection: socket.socket, _: str) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            if pause:
                time.sleep(pause)

    return route


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def deflated(zeros: int, packer: Callable[[bytes], bytes]) -> bytes:
    return packer(b"<p>" + b"\0" * zeros)


@pytest.mark.parametrize(
    ("route", "why"),
    [
        pytest.param(endless(b"x" * 65536, HEAD + b"\r\n"), "too_large", id="a body without end"),
        pytest.param(
            endless(b"x" * 65536, HEAD + b"Content-Length: 1073741824\r\n\r\n"),
            "too_large",
            id="1 GB announced",
        ),
        pytest.param(
            endless(b"10000\r\n" + b"x" * 65536 + b"\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
            "too_large",
            id="chunks without end",
        ),
        pytest.param(
            says(answer(deflated(50_000_000, gzip.compress), Content_Encoding="gzip")),
            "decompression_bomb",
            id="gzip bomb",
        ),
        pytest.param(
            says(answer(deflated(50_000_000, zlib.compress), Content_Encoding="deflate")),
            "decompression_bomb",
            id="deflate bomb",
        ),
        pytest.param(
            says(answer(gzip.compress(b"\0" * 40_000) * 500, Content_Encoding="x-gzip")),
            "decompression_bomb",
            id="gzip bomb of many members",
        ),
        pytest.param(endless(b"x", HEAD + b"\r\n", 0.05), "too_slow", id="slow drip of the body"),
        pytest.param(
            endless(b"X", b"HTTP/1.1 200 OK\r\nX-A: ", 0.05), "too_slow", id="slow drip of a header"
        ),
        pytest.param(
            endless(b"HTTP/1.1 100 Continue\r\n\r\n", b"", 0.05), "too_slow", id="continue without end"
        ),
        pytest.param(lambda connection, _: time.sleep(3), "timeout", id="silence"),
        pytest.param(
            endless(b"X-Bomb: " + b"y" * 4000 + b"\r\n", HEAD), "headers_too_large", id="headers without end"
        ),
        pytest.param(
            endless(b"y" * 4000, b"HTTP/1.1 200 OK\r\nX-Bomb: "), "headers_too_large", id="one endless header"
        ),
        pytest.param(
            endless(b"HTTP/1.1 103 Early Hints\r\n\r\n", b""), "headers_too_large", id="fast early hints"
        ),
        pytest.param(says(b"SSH-2.0-OpenSSH_9\r\n"), "protocol", id="another protocol"),
        pytest.param(lambda connection, _: None, "protocol", id="hangs up"),
        pytest.param(says(HEAD + b"Content-Length: 900\r\n\r\n<p>cut"), "protocol", id="cut in the middle"),
        pytest.param(
            says(HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"), "protocol", id="two lengths"
        ),
        pytest.param(says(answer(Content_Encoding="gzip")), "bad_encoding", id="gzip that is not"),
        pytest.param(
            says(answer(gzip.compress(PAGE * 50, mtime=0)[:-30], Content_Encoding="gzip")),
            "bad_encoding",
            id="cut gzip",
        ),
        # A brotli or zstd bomb: neither was asked for, so neither is ever unpacked.
        pytest.param(says(answer(Content_Encoding="br")), "bad_encoding", id="brotli"),
        pytest.param(says(answer(Content_Encoding="zstd")), "bad_encoding", id="zstd"),
        pytest.param(says(answer(Content_Encoding="gzip, br")), "bad_encoding", id="brotli in gzip"),
        pytest.param(says(answer(Content_Encoding="gzip, gzip")), "bad_encoding", id="gzip twice"),
        pytest.param(says(answer(b"PK\x03\x04", kind="application/zip")), "not_html", id="zip"),
        pytest.param(says(answer(b"\x89PNG", kind="image/png")), "not_html", id="image"),
        pytest.param(says(answer(b"\x7fELF", kind=None)), "not_html", id="no type, no html"),
    ],
)
def test_a_body_that_attacks_is_cut_off_with_its_own_reason(site: Site, route: Route, why: str) -> None:
    site.routes["/"] = route
    started = time.monotonic()
    result = fetch(site, max_bytes=2_000_000, total_seconds=0.8, idle_seconds=0.5)
    assert reason(result) == why
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (gzip.compress(PAGE, mtime=0), "gzip"),
        (gzip.compress(PAGE, mtime=0), "X-GZIP"),
        (gzip.compress(PAGE[:9], mtime=0) + gzip.compress(PAGE[9:], mtime=0), "gzip"),
        (gzip.compress(PAGE, mtime=0) + b"\0\0\0", "gzip"),
        (zlib.compress(PAGE), "deflate"),
        (zlib.compress(PAGE, wbits=-15), "deflate"),
        (PAGE, "identity"),
    ],
)
def test_honest_compression_is_read(site: Site, data: bytes, encoding: str) -> None:
    site.routes["/"] = says(answer(data, Content_Encoding=encoding))
    result = good(fetch(site))
    assert (result.text, result.size, result.wire) == (PAGE.decode(), len(PAGE), len(data))


def test_a_page_of_an_error_status_is_kept_without_its_body(site: Site) -> None:
    site.routes["/"] = says(answer(b"{}", "410 Gone", kind="application/json"))
    result = good(fetch(site))
    assert (result.status, result.text) == (410, "")


def test_a_page_without_a_content_type_is_taken_when_it_begins_like_html(site: Site) -> None:
    site.routes["/"] = says(answer(kind=None))
    assert good(fetch(site)).text == PAGE.decode()


@pytest.mark.parametrize(
    ("data", "header", "text", "charset"),
    [
        ("é".encode(), "text/html; charset=utf-8", "é", "utf-8"),
        ("é".encode("cp1252"), "text/html; charset=iso-8859-1", "é", "cp1252"),
        ("“x”".encode("cp1252"), "text/html; charset=ISO-8859-1", "“x”", "cp1252"),
        ("é ü ñ".encode(), "text/html; charset=iso-8859-1", "é ü ñ", "utf-8"),
        ("é ü ñ x".encode("cp1252"), "text/html; charset=utf-8", "é ü ñ x", "cp1252"),
        ("Привет".encode("cp1251"), "text/html; charset=windows-1251", "Привет", "cp1251"),
        ("日本語".encode("shift_jis"), 'text/html; charset="Shift_JIS"', "日本語", "cp932"),
        ("汉语".encode("gbk"), "text/html;charset=gb2312", "汉语", "gb18030"),
        ("한국어".encode("euc_kr"), "text/html; charset=ks_c_5601-1987", "한국어", "cp949"),
        (b'<meta charset="windows-1251">' + "Да".encode("cp1251"), "text/html", None, "cp1251"),
        (
            b'<meta http-equiv=Content-Type content="text/html; charset=koi8-r">' + "Да".encode("koi8_r"),
            "text/html",
            None,
            "koi8-r",
        ),
        (b"<meta charset=utf-16>" + "é".encode(), "text/html", None, "utf-8"),
        ("é".encode("utf-8-sig"), "text/html; charset=iso-8859-1", "é", "utf-8"),
        ("é".encode("utf-16"), "text/html; charset=utf-8", "é", "utf-16-le"),
        ("é".encode(), "text/html; charset=no-such-thing", "é", "utf-8"),
        ("é".encode(), "text/html; charset=punycode", "é", "utf-8"),
        ("é".encode(), "text/html; charset=unicode_escape", "é", "utf-8"),
        ("日本語 é".encode(), "text/html; charset=shift_jis", "日本語 é", "utf-8"),
        (("é" * 100).encode() + b"\xff", "text/html; charset=iso-8859-1", "é" * 100 + "�", "utf-8"),
        (b"\xff\xfe\xfd\x81", "text/html; charset=utf-8", None, "utf-16-le"),
        (b"\x81\x8d\xe9", "text/html", "��é", "cp1252"),
    ],
)
def test_a_wrong_charset_survives(data: bytes, header: str, text: str | None, charset: str) -> None:
    found = body.decode(data, header)
    assert found.charset == charset
    if text is not None:
        assert found.text == text


# --- identity, cookies, environment, tls --------------------------------------------------------------------


def test_we_say_who_we_are_and_keep_no_cookie(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    site.routes["/a"] = says(answer(b"", "302 Found", Location="/b", Set_Cookie="id=1; Path=/"))
    good(fetch(site, "/a"))
    text = site.seen[-1][1].lower()
    assert "user-agent: citelift/1.0 (checks links; +https://citelift.test/crawler)" in text
    assert f"host: site.test:{site.port}" in text
    assert "cookie" not in text
    assert "referer" not in text


@pytest.mark.parametrize("contact", ["", "me", "ftp://a.test", "https://a.test/\r\nX: y", "mailto:"])
def test_a_contact_nobody_could_use_is_refused_at_the_start(contact: str) -> None:
    with pytest.raises(UsageError, match="could reach you"):
        Policy(contact=contact)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed: no certificate can be made")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
            "-days",
            "2",
            "-subj",
            "/CN=secure.test",
            "-addext",
            "subjectAltName=DNS:secure.test",
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder


@contextmanager
def secure_site(folder: Path) -> Iterator[tuple[Site, list[str | None]]]:
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    context.sni_callback = lambda connection, name, _: names.append(name)
    served = Site(context)
    with closing(served.socket):
        yield served, names


def test_the_pinned_connection_still_proves_the_name(certificate: Path) -> None:
    trusted = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    with secure_site(certificate) as (site, names):
        fetcher = Fetcher(policy_for(site, tls=trusted))
        assert good(fetcher.fetch(site.url("/", "secure.test", "https"), at=NOW)).status == 200
        assert set(names) == {"secure.test"}
        assert reason(fetcher.fetch(site.url("/", "other.test", "https"), at=NOW)) == "tls"
        stranger = Fetcher(policy_for(site))
        assert reason(stranger.fetch(site.url("/", "secure.test", "https"), at=NOW)) == "tls"


# --- robots.txt ---------------------------------------------------------------------------------------------


def with_rules(site: Site, text: bytes, status: str = "200 OK", **headers: str) -> None:
    site.routes["/robots.txt"] = says(answer(text, status, "text/plain", **headers))


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: citelift\nAllow: /", "/a", True),
        ("User-agent: CiteLift\nDisallow: /x", "/x1", False),
        ("user-agent: citelift/2.0 bot # us\nDISALLOW: /x", "/x1", False),
        ("User-agent: cite\nDisallow: /", "/a", True),
        ("User-agent: citeliftbot\nDisallow: /", "/a", True),
        ("User-agent: other\nUser-agent: citelift\nDisallow: /a", "/a", False),
        (
            (
                "User-agent: citelift\nDisallow: /a\nUser-agent: b\nDisallow: /\nUser-agent: "
                "citelift\nDisallow: /c"
            ),
            "/c",
            False,
        ),
        ("User-agent: *\nDisallow: /p\nAllow: /p/ok", "/p/ok/x", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf?x", True),
        ("User-agent: *\nDisallow: /*/private/", "/u/private/x", False),
        ("User-agent: *\nAllow: /page\nDisallow: /page", "/page", True),
        ("User-agent: *\nDisallow: /a%3Cb", "/a%3cb", False),
        ("\ufeffUser-agent: *\nDisallow: /a", "/a", False),
        ("User-agent: *\r\rDisallow: /a", "/a", False),
        ("<html>not found</html>", "/a", True),
        ("User-agent: *\nDisallow: /other\n" + "#" * 600_000 + "\nDisallow: /a", "/a", True),
        ("User-agent: *\nDisallow: /a\n" + "#" * 600_000, "/a", False),
    ],
)
def test_robots_txt_decides(site: Site, rules: str, path: str, allowed: bool) -> None:
    with_rules(site, rules.encode())
    result = fetch(site, path)
    assert isinstance(result, Fetched) is allowed
    if not allowed:
        assert reason(result) == "robots_disallowed"
        assert site.paths() == ["/robots.txt"]


@pytest.mark.parametrize("status", ["400 Bad", "401 No", "403 No", "404 Gone", "410 Gone", "451 Law"])
def test_without_a_robots_txt_everything_is_allowed(site: Site, status: str) -> None:
    with_rules(site, b"User-agent: *\nDisallow: /", status)
    assert good(fetch(site)).status == 200


@pytest.mark.parametrize(
    "route",
    [
        says(answer(b"", "500 Oops")),
        says(answer(b"", "503 Busy")),
        says(answer(b"", "429 Slow Down")),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut"),
        lambda connection, _: time.sleep(2),
        says(answer(b"", "302 Found", Location="http://10.0.0.1/robots.txt")),
        says(answer(b"x", Content_Encoding="gzip")),
    ],
)
def test_a_robots_txt_that_cannot_be_read_forbids_everything(site: Site, route: Route) -> None:
    site.routes["/robots.txt"] = route
    assert reason(fetch(site, idle_seconds=0.3)) == "robots_unreachable"
    assert site.paths() == ["/robots.txt"]


def test_robots_txt_is_found_behind_five_redirects_and_ignored_behind_six(site: Site) -> None:
    for number in range(6):
        site.routes[f"/r{number}"] = says(answer(b"", "301 Moved", Location=f"/r{number + 1}"))
    site.routes["/r5"] = says(answer(b"User-agent: *\nDisallow: /"))
    site.routes["/robots.txt"] = says(answer(b"", "301 Moved", Location="/r1"))
    assert reason(fetch(site)) == "robots_disallowed"
    site.routes["/robots.txt"] = says(answer(b"", "301 Moved", Location="/r0"))
    assert good(fetch(site)).status == 200


def test_a_redirect_obeys_the_robots_txt_of_where_it_leads(site: Site) -> None:
    with_rules(site, b"User-agent: *\nDisallow: /secret")
    site.routes["/a"] = says(answer(b"", "302 Found", Location="/secret"))
    result = fetch(site, "/a")
    assert reason(result) == "robots_disallowed"
    assert "/secret" not in site.paths()


def test_robots_txt_is_asked_for_once_a_day(site: Site) -> None:
    fetcher = Fetcher(policy_for(site))
    for hours in (0, 1, 23, 25):
        good(fetcher.fetch(site.url(), at=NOW + timedelta(hours=hours)))
    assert site.paths().count("/robots.txt") == 2


def test_a_hostile_robots_txt_costs_no_time() -> None:
    agents = "\n".join(f"User-agent: a{number}" for number in range(20_000))
    stars = "\n".join("Disallow: /" + "*a" * 200 + "b" for _ in range(600))
    started = time.process_time()
    for text in (
        agents + "\nDisallow: /x" * 20_000,
        "User-agent: *\n" + stars,
        "Disallow: /" + "$" * 500_000,
    ):
        robots.parse(text.encode()).allows("http://site.test/" + "a" * 2_000)
    assert time.process_time() - started < 2


# --- manners ------------------------------------------------------------------------------------------------


def test_requests_to_a_host_keep_the_distance_that_it_asks_for(site: Site) -> None:
    with_rules(site, b"User-agent: *\nCrawl-delay: 7\n\nUser-agent: citelift\nCrawl-delay: 3")
    waits: list[float] = []
    fetcher = Fetcher(policy_for(site, delay_seconds=1.0, sleep=waits.append))
    for _ in range(2):
        good(fetcher.fetch(site.url(), at=NOW))
    assert [round(wait) for wait in waits] == [3]


def test_a_request_rate_counts_like_a_crawl_delay() -> None:
    assert robots.parse(b"User-agent: *\nRequest-rate: 1/5").delay == 5
    assert robots.parse(b"User-agent: *\nCrawl-delay: 1e300").delay == 86_400
    assert robots.parse(b"User-agent: *\nCrawl-delay: nan").delay == 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("Mon, 01 Jun 2026 12:10:00 GMT", 600),
        ("Mon, 01 Jun 2026 11:00:00 GMT", 0),
        ("99999999999", None),
        ("999999999", 7 * 86_400),
        ("soon", None),
        ("-5", None),
    ],
)
def test_retry_after_is_kept_and_honoured(site: Site, value: str, seconds: int | None) -> None:
    site.routes["/"] = says(answer(b"", "503 Busy", Retry_After=value))
    fetcher = Fetcher(policy_for(site, max_wait_seconds=5.0))
    first = good(fetcher.fetch(site.url(), at=NOW))
    assert first.status == 503
    assert first.retry_at == (None if seconds is None else NOW + timedelta(seconds=seconds))
    second = fetcher.fetch(site.url("/other"), at=NOW)
    if seconds == 0:
        good(second)
    else:
        assert reason(second) == "too_soon"
        assert isinstance(second, Refused)
        assert second.retry_at is not None
        assert "/other" not in site.paths()


def test_an_unchanged_page_is_asked_for_conditionally_and_answers_304(site: Site) -> None:
    def conditional(connection: socket.socket, request: str) -> None:
        fresh = 'if-none-match: "v1"' in request.lower()
        tags = {"ETag": '"v1"', "Last_Modified": "Sun, 31 May 2026 00:00:00 GMT"}
        connection.sendall(answer(b"", "304 Not Modified", **tags) if fresh else answer(**tags))

    site.routes["/"] = conditional
    fetcher = Fetcher(policy_for(site))
    first = good(fetcher.fetch(site.url(), at=NOW))
    again = good(fetcher.fetch(site.url(), at=NOW, validators=first.validators))
    assert (first.not_modified, again.not_modified, again.text) == (False, True, "")
    assert "if-modified-since: sun, 31 may 2026" in site.seen[-1][1].lower()


def test_validators_go_to_their_own_address_only_and_never_break_a_header(site: Site) -> None:
    fetcher = Fetcher(policy_for(site))
    good(fetcher.fetch(site.url("/new"), at=NOW, validators=Validators(site.url("/old"), '"v1"')))
    assert "if-none-match" not in site.seen[-1][1].lower()
    good(fetcher.fetch(site.url("/a"), at=NOW, validators=Validators(site.url("/a"), "x\r\nCookie: a=b")))
    assert "cookie" not in site.seen[-1][1].lower()
