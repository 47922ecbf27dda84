"""Logs and exports as their makers document them, written by hand: what is counted, and what is forged."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from tracker import store
from tracker.errors import DataError, UsageError
from tracker.links import desk
from tracker.models import OwnCount, Setting, Workspace
from tracker.visits import agents, analytics, counts, logs

GPT = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"
DAY = date(2026, 5, 18)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def counted(folder: Path, text: str, **ranges: agents.Ranges) -> logs.LogCount:
    path = folder / "access.log"
    path.write_text(text, "utf-8")
    return logs.count(path, "norvane.com", ranges)


def ranges(*networks: str) -> agents.Ranges:
    import ipaddress

    return agents.ranges_of(map(ipaddress.ip_network, networks))


COMBINED = f'52.230.152.5 - - [18/May/2026:06:25:24 +0000] "GET /crm?utm=x HTTP/1.1" 200 5316 "-" "{GPT}"'
W3C = (
    "#Version: 1.0\n#Fields: date time x-edge-location c-ip cs-method cs(Host) cs-uri-stem sc-status "
    "cs(Referer) cs(User-Agent)\n"
)
IIS = (
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
    "cs(Referer) sc-status\n"
)
JSON_NGINX = {
    "time_iso8601": "2026-05-18T06:25:24+02:00",
    "remote_addr": "52.230.152.5",
    "request_uri": "/crm?utm=x",
    "status": "200",
    "http_user_agent": GPT,
    "http_referer": "",
}
CLOUDFLARE = {
    "ClientIP": "52.230.152.5",
    "ClientRequestHost": "www.norvane.com",
    "ClientRequestURI": "/crm",
    "ClientRequestUserAgent": GPT,
    "EdgeResponseStatus": 200,
    "EdgeStartTimestamp": 1779085524000000000,
}


AKAMAI = {
    "version": "1",
    "cliIP": "52.230.152.5",
    "statusCode": "200",
    "reqHost": "www.norvane.com",
    "reqMethod": "GET",
    "reqPath": "crm",
    "UA": quote_plus(GPT),
    "reqTimeSec": "1779085524.000",
}
CADDY = {
    "level": "info",
    "ts": 1779085524.5241024,
    "logger": "http.log.access",
    "request": {
        "remote_ip": "10.0.0.7",
        "client_ip": "52.230.152.5",
        "method": "GET",
        "host": "norvane.com",
        "uri": "/crm?x=1",
        "headers": {"User-Agent": [GPT], "Accept": ["*/*"]},
        "tls": {"server_name": "other.example"},
    },
    "status": 200,
    "resp_headers": {"Server": ["Caddy"]},
}
TRAEFIK = {
    "ClientAddr": "52.230.152.5:52654",
    "ClientHost": "52.230.152.5",
    "DownstreamStatus": 200,
    "OriginStatus": 200,
    "RequestHost": "norvane.com",
    "RequestMethod": "GET",
    "RequestPath": "/crm",
    "StartUTC": "2026-05-18T06:25:24.189830187Z",
    "request_User-Agent": GPT,
    "time": "2026-05-18T06:25:24Z",
}
GOOGLE = {
    "httpRequest": {
        "requestMethod": "GET",
        "requestUrl": "https://norvane.com/crm?x=1",
        "status": 200,
        "userAgent": GPT,
        "remoteIp": "52.230.152.5",
    },
    "resource": {"type": "http_load_balancer", "labels": {"zone": "global"}},
    "timestamp": "2026-05-18T06:25:24.123456Z",
    "severity": "INFO",
}
AZURE = {
    "time": "2026-05-18T06:25:24.0000000Z",
    "category": "FrontDoorAccessLog",
    "operationName": "Microsoft.Cdn/Profiles/AccessLog/Write",
    "properties": {
        "clientIp": "52.230.152.5",
        "requestUri": "https://norvane.com:443/crm",
        "userAgent": GPT,
        "httpStatusCode": "200",
        "referer": "",
    },
}
VERCEL = {
    "id": "1573817187330377061717300000",
    "timestamp": 1779085524000,
    "host": "acme-3f9a.vercel.app",
    "path": "/internal",
    "proxy": {
        "timestamp": 1779085524000,
        "method": "GET",
        "host": "norvane.com",
        "path": "/crm?x=1",
        "userAgent": [GPT],
        "clientIp": "52.230.152.5",
        "statusCode": 200,
    },
}


@pytest.mark.parametrize(
    ("text", "url"),
    [
        pytest.param(COMBINED, "norvane.com/crm", id="Apache, nginx: combined"),
        pytest.param(f"\ufeff{COMBINED}\r", "norvane.com/crm", id="combined after a byte order mark"),
        pytest.param(f"shop.norvane.com:443 {COMBINED}", "shop.norvane.com/crm", id="Apache: vhost_combined"),
        pytest.param(f'{COMBINED} "203.0.113.9" 0.002', "norvane.com/crm", id="nginx: combined and more"),
        pytest.param(json.dumps(JSON_NGINX), "norvane.com/crm", id="nginx: JSON"),
        pytest.param(json.dumps(CLOUDFLARE), "www.norvane.com/crm", id="Cloudflare Logpush"),
        pytest.param(
            json.dumps(
                {
                    "ts": 1,
                    "timestamp": "2026-05-18T01:00:00Z",
                    "ip": "52.230.152.5",
                    "url": "https://norvane.com/crm",
                    "user_agent": GPT,
                }
            ),
            "norvane.com/crm",
            id="JSON with whole addresses",
        ),
        pytest.param(
            W3C
            + "2026-05-18\t06:25:24\tFRA2\t52.230.152.5\tGET\tnorvane.com\t/crm\t200\t-\t"
            + GPT.replace(" ", "%20"),
            "norvane.com/crm",
            id="CloudFront",
        ),
        pytest.param(
            f"<134>1 2026-05-18T06:25:24Z cache-fra1 fastly - - - {COMBINED}",
            "norvane.com/crm",
            id="Fastly: combined after syslog",
        ),
        pytest.param(
            "https 2026-05-18T06:25:24.186641Z app/web/50dc6c495c0c9188 52.230.152.5:2817 10.0.0.1:80 0.086 "
            '0.048 0.037 200 200 0 57 "GET https://www.norvane.com:443/crm?x=1 HTTP/1.1" '
            f'"{GPT}" ECDHE TLSv1.2 arn:x "Root=1"',
            "www.norvane.com/crm",
            id="Amazon: load balancer",
        ),
        pytest.param(json.dumps(AKAMAI), "www.norvane.com/crm", id="Akamai DataStream 2"),
        pytest.param(json.dumps(CADDY), "norvane.com/crm", id="Caddy"),
        pytest.param(json.dumps(TRAEFIK), "norvane.com/crm", id="Traefik"),
        pytest.param(json.dumps(GOOGLE), "norvane.com/crm", id="Google Cloud load balancer"),
        pytest.param(json.dumps(AZURE), "norvane.com/crm", id="Azure Front Door"),
        pytest.param(json.dumps(VERCEL), "norvane.com/crm", id="Vercel log drain"),
        pytest.param(
            IIS + f"2026-05-18 06:25:24 10.0.0.1 GET /crm - 443 - 52.230.152.5 {GPT.replace(' ', '+')} - 200",
            "norvane.com/crm",
            id="IIS",
        ),
    ],
)
def test_a_line_of_each_servers_log_is_read(tmp_path: Path, text: str, url: str) -> None:
    found = counted(tmp_path, text + "\n", GPTBot=ranges("52.230.152.0/24"))
    assert (dict(found.hits), found.unreadable) == ({(DAY, "crawled", "GPTBot", url, "verified"): 1}, 0)
    elsewhere = counted(tmp_path, text + "\n", GPTBot=ranges("192.0.2.0/24"))
    assert [key[4] for key in elsewhere.hits] == ["forged"]


@pytest.mark.parametrize(
    ("ip", "proof"),
    [
        ("52.230.152.5", "verified"),
        ("::ffff:52.230.152.5", "verified"),
        ("52.230.153.5", "forged"),
        ("2001:db8::5", "verified"),
        ("2001:db9::5", "forged"),
        ("not-an-address", "forged"),
        ("", "unchecked"),
    ],
)
def test_who_comes_from_elsewhere_is_forged_and_counted_apart(tmp_path: Path, ip: str, proof: str) -> None:
    known = ranges("52.230.152.0/24", "2001:db8::/32", "192.0.2.0/24")
    row = json.dumps(JSON_NGINX | {"remote_addr": ip})
    found = counted(tmp_path, row + "\n", GPTBot=known)
    assert [key[4] for key in found.hits] == [proof]
    assert found.forged == (proof == "forged")


@pytest.mark.parametrize(
    ("agent", "referer", "status", "path", "expected"),
    [
        (GPT, "-", 200, "/crm", ("crawled", "GPTBot")),
        (
            "Mozilla/5.0; compatible; ChatGPT-User/1.0; +https://openai.com/bot",
            "-",
            200,
            "/",
            ("fetched", "ChatGPT-User"),
        ),
        ("Mozilla/5.0 (compatible; NotGPTBotReally/1.0)", "-", 200, "/", None),
        (CHROME, "https://chatgpt.com/", 200, "/", ("visited", "ChatGPT")),
        (CHROME, "https://www.perplexity.ai/search?q=x", 200, "/", ("visited", "Perplexity")),
        (CHROME, "https://chatgpt.com.evil.example/", 200, "/", None),
        (CHROME, "https://notclaude.ai/", 200, "/", None),
        (GPT, "-", 404, "/gone", None),
        (GPT, "-", 200, "/logo.PNG", None),
        (CHROME, "-", 200, "/blog/what-is-gptbot-GPTBot", None),
    ],
)
def test_only_what_came_for_ai_and_was_served_is_counted(
    tmp_path: Path, agent: str, referer: str, status: int, path: str, expected: tuple[str, str] | None
) -> None:
    line = (
        f'192.0.2.1 - - [18/May/2026:06:25:24 +0000] "GET {path} HTTP/1.1" {status} 5 "{referer}" "{agent}"\n'
    )
    found = counted(tmp_path, line)
    assert [(key[1], key[2]) for key in found.hits] == ([expected] if expected else [])


def test_a_line_that_ends_between_two_blocks_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "BLOCK", 97)
    text = "".join(COMBINED.replace("/crm", f"/p{number}") + "\n" for number in range(50))
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(text.encode()))
    found = logs.count(path, "norvane.com", {})
    assert (len(found.hits), sum(found.hits.values()), found.read_bytes) == (50, 50, len(text))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", DataError),
        (COMBINED.encode("utf-16"), DataError),
        (b"GPTBot came by\n", DataError),
        (gzip.compress(b"x" * 9, mtime=0)[:-9], UsageError),
    ],
)
def test_what_is_no_log_is_refused(tmp_path: Path, content: bytes, error: type[Exception]) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(content)
    with pytest.raises(error):
        logs.count(path, "norvane.com", {})


def test_lists_of_addresses_are_read_as_published(tmp_path: Path) -> None:
    published = tmp_path / "gptbot.json"
    published.write_text(
        json.dumps(
            {
                "creationTime": "2026-05-01",
                "prefixes": [{"ipv4Prefix": "52.230.152.0/24"}, {"ipv6Prefix": "2001:db8::/32"}],
            }
        )
    )
    plain = tmp_path / "claude.txt"
    plain.write_text("# Anthropic\n160.79.104.0/23\n")
    known = agents.ranges_by_agent([f"GPTBot={published}", f"anthropic={plain}"])
    assert set(known) == {"GPTBot", "ClaudeBot", "Claude-SearchBot", "Claude-User"}
    assert known["GPTBot"].has("2001:db8::1")
    assert known["Claude-User"].has("160.79.105.255")
    assert not known["Claude-User"].has("160.79.106.0")
    for word in ("Nobody=x", "GPTBot"):
        with pytest.raises(UsageError, match="names no agent and file"):
            agents.ranges_by_agent([word])
    plain.write_text("no address\n")
    with pytest.raises(DataError, match="is no list of address ranges"):
        agents.read_ranges(plain)


GA4 = """# ----------------------------------------
# Traffic acquisition: Session source / medium
# Account: Norvane
# Start date: 20260501
# End date: 20260518
# ----------------------------------------

Session source / medium,Landing page + query string,Sessions,Engaged sessions
chatgpt.com / referral,/crm?utm_source=chatgpt.com,"1,204",800
google / organic,/crm,9000,1
perplexity.ai / referral,(not set),31,20
,,10235,821
"""


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        pytest.param(
            GA4,
            {("ChatGPT", "norvane.com/crm", DAY): 1204, ("Perplexity", "norvane.com", DAY): 31},
            id="GA4 report",
        ),
        pytest.param(
            "Date,Session source,Landing page,Sessions\n"
            "20260518,claude.ai,/a,3\n20260517,gemini.google.com,/a,2\n",
            {("Claude", "norvane.com/a", DAY): 3, ("Gemini", "norvane.com/a", date(2026, 5, 17)): 2},
            id="GA4 exploration",
        ),
        pytest.param(
            "event_date,collected_traffic_source.manual_source,page_location,session_count\n"
            "20260518,copilot.microsoft.com,https://www.norvane.com/b?x=1,7\n",
            {("Copilot", "norvane.com/b", DAY): 7},
            id="BigQuery export",
        ),
    ],
)
def test_visits_of_each_analytics_export_are_read(
    tmp_path: Path, text: str, hits: dict[tuple[str, str, date], int]
) -> None:
    path = tmp_path / "export.csv"
    path.write_text(text, "utf-8")
    found = analytics.count(path, "norvane.com", None)
    assert {(agent, url, day): n for (day, _, agent, url, _), n in found.hits.items()} == hits


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "no column of sources"),
        ("Session source,Landing page\nchatgpt.com,/\n", "no column of sessions"),
        ("Session source,Sessions\nchatgpt.com,4\n", "names no day"),
    ],
)
def test_an_export_that_lacks_something_says_what(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "export.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(DataError, match=words):
        analytics.count(path, "norvane.com", None)


def test_a_file_counts_once_files_of_one_day_add_up_and_each_can_be_taken_back(
    database: Engine, tmp_path: Path
) -> None:
    with store.writing(database) as session:
        session.add(Workspace(id=1, name="w"))
        session.add(Workspace(id=2, name="x"))
    first, second = counted(tmp_path, COMBINED + "\n"), counted(tmp_path, f"{COMBINED}\n{COMBINED}\n")
    numbers = []
    for each in (first, second):
        with store.writing(database) as session:
            made = counts.add(session, 1, each, "access.log", "server log", NOW)
            numbers.append(made.id or 0)
            assert (made.stored, made.as_of, made.scope) == (sum(each.hits.values()), DAY, "counts")
    with store.writing(database) as session, pytest.raises(UsageError, match="counted already"):
        counts.add(session, 1, first, "again.log", "server log", NOW)
    assert hits(database) == [1, 2]
    with store.writing(database) as session, pytest.raises(UsageError, match="has the number"):
        desk.undo(session, 2, numbers[0])
    with store.writing(database) as session:
        assert desk.undo(session, 1, numbers[1]).counts == 1
    assert hits(database) == [1]
    with store.writing(database) as session:
        counts.add(session, 1, second, "access.log", "server log", NOW)
    assert hits(database) == [1, 2]


def hits(database: Engine) -> list[int]:
    with store.reading(database) as session:
        return sorted(row.hits for row in session.exec(select(OwnCount)))


def test_what_was_counted_before_files_were_kept_apart_is_not_counted_again(
    sqlite_database: Engine, tmp_path: Path
) -> None:
    found = counted(tmp_path, COMBINED + "\n")
    with store.writing(sqlite_database) as session:
        session.add(Workspace(id=1, name="w"))
        session.add(Setting(name=f"visits:1:{found.digest}", value="old.log"))
    with store.writing(sqlite_database) as session, pytest.raises(UsageError, match=r"as old\.log"):
        counts.add(session, 1, found, "access.log", "server log", NOW)
