"""The dashboard in headless Chromium: the real demo, wide and narrow, and hostile text."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.dashboard.worlds import WORLDS, hostile
from tests.shared import ROOT
from tracker import store

CHROMIUM = Path("/usr/bin/chromium")
PAGES = {
    "home": 1,
    "rivals": 2,
    "answers": 0,
    "prompt?id=1": 0,
    "answer?id=1": 0,
    "review": 0,
    "sources": 1,
    "map": 0,
    "timeline": 2,
    "after": 0,
    "work": 0,
    "cited": 1,
    "links": 1,
    "authority": 3,
    "settings": 1,
    "methods": 0,
}
"""Page → charts it has on the demo."""
WIDTHS = (1440, 390)
REQUIRED = os.environ.get("CITELIFT_TEST_BROWSER") == "required"
SCREENSHOTS = os.environ.get("CITELIFT_SCREENSHOTS")
"""Read when the module is: during a test no setting of citelift stands in the environment."""
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        if REQUIRED:
            pytest.fail(f"there is no browser at {CHROMIUM}")
        pytest.skip(f"there is no browser at {CHROMIUM}: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def window(browser: Any) -> Any:
    """One window with one tab: each other one would read and compile all of Streamlit's scripts anew."""
    return browser.new_page()


@pytest.fixture
def tab(window: Any) -> Iterator[Any]:
    """The window's tab with nothing kept in it: each address that is opened begins a session of its own."""
    yield window
    window.evaluate("() => { localStorage.clear(); sessionStorage.clear() }")
    window.context.clear_cookies()


@pytest.fixture
def errors(tab: Any) -> Iterator[list[str]]:
    """What the tab's console calls an error."""
    told: list[str] = []

    def listen(message: Any) -> None:
        if message.type == "error":
            told.append(f"{message.text} {message.location.get('url')}")

    tab.on("console", listen)
    yield told
    tab.remove_listener("console", listen)


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CITELIFT_")}
    return kept | {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "OPENBLAS_NUM_THREADS": "1"} | more


@contextmanager
def served(database: Path) -> Iterator[str]:
    """The dashboard as `citelift dashboard` starts it, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from dashboard.command import main; main()", "dashboard"]
    command += ["--database", f"sqlite:///{database}", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL)
    try:
        wait_until_up(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def wait_until_up(address: str, process: subprocess.Popen[bytes]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(900):
        assert process.poll() is None, "the dashboard ended by itself"
        try:
            opener.open(f"{address}/_stcore/health", timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail("the dashboard did not answer within three minutes")


@pytest.fixture(scope="module")
def demo(browser: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    """The shipped demo, four weeks of it; `CITELIFT_TEST_DEMO` may name the folder of one that is there."""
    given = os.environ.get("CITELIFT_TEST_DEMO")
    folder = Path(given) if given else request.getfixturevalue("wheels_demo").folder / "demo"
    with served(folder / "citelift.db") as address:
        yield address


def visit(tab: Any, address: str, page: str, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 900})
    tab.goto(f"{address}/{page.removeprefix('home')}")
    settle(tab)


def settle(tab: Any) -> None:
    tab.wait_for_selector('[data-testid="stMainBlockContainer"] h1', timeout=120_000)
    quiet = '[data-testid="stApp"][data-test-script-state="notRunning"]'
    tab.wait_for_selector(f"{quiet}:not(:has(.cl-computing))", timeout=120_000)
    tab.wait_for_timeout(400)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_the_demo_stands_at_every_width(tab: Any, errors: list[str], demo: str, page: str) -> None:
    """Its server knows no width: what a phone gets is what the wide window got, laid out again."""
    visit(tab, demo, page, WIDTHS[0])
    assert not tab.query_selector_all('[data-testid="stException"]')
    for width in WIDTHS:
        resize(tab, width)
        stands(tab, page, width)
        keep(tab, page, width)
    assert not errors


def test_a_phone_opens_the_demo_by_itself(tab: Any, demo: str) -> None:
    visit(tab, demo, "home", WIDTHS[-1])
    assert not tab.query_selector_all('[data-testid="stException"]')
    stands(tab, "home", WIDTHS[-1])


def resize(tab: Any, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 900})
    tab.wait_for_timeout(400)


def stands(tab: Any, page: str, width: int) -> None:
    """Its charts are drawn, and neither the page nor a part of it is wider than the window."""
    drawn = "document.querySelectorAll('.stVegaLiteChart canvas, .stVegaLiteChart svg').length"
    tab.wait_for_function(f"{drawn} >= {PAGES[page]}", timeout=60_000)
    assert not scrolls_sideways(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    wide = (
        "[...document.querySelectorAll('.cl-card, .cl-opp, .cl-box, .stVegaLiteChart')].map(e => "
        "e.getBoundingClientRect())"
    )
    assert tab.evaluate(f"{wide}.every(r => r.left >= -1 && r.right <= innerWidth + 1)")


def scrolls_sideways(tab: Any) -> bool:
    main = "document.querySelector('[data-testid=\"stMain\"]')"
    return bool(tab.evaluate(f"(m => m.scrollWidth > m.clientWidth)({main})"))


def keep(tab: Any, page: str, width: int) -> None:
    """`CITELIFT_SCREENSHOTS` names a folder: the whole page as a picture."""
    if not SCREENSHOTS:
        return
    for _ in range(3):
        box = tab.query_selector('[data-testid="stMainBlockContainer"]').bounding_box()
        tab.set_viewport_size({"width": width, "height": int(box["height"]) + 40})
        tab.wait_for_timeout(400)
    tab.screenshot(path=str(Path(SCREENSHOTS) / f"{page}-{width}.png"))


def test_a_filter_is_kept_in_the_address_and_over_pages(tab: Any, demo: str) -> None:
    visit(tab, demo, "home?engine=chat", 1440)
    assert tab.get_by_role("dialog").count() == 0
    assert "chat" in tab.inner_text(".st-key-engine")
    tab.get_by_role("link", name="Rivals", exact=True).click()
    tab.wait_for_url(re.compile("rivals"))
    settle(tab)
    assert "chat" in tab.inner_text(".st-key-engine")
    tab.wait_for_url(re.compile("engine=chat"), timeout=10_000)


def test_a_link_of_the_overview_opens_its_page_with_the_filter(tab: Any, demo: str) -> None:
    visit(tab, demo, "home?engine=chat", 1440)
    tab.get_by_role("link", name="All rivals").click()
    tab.wait_for_url(re.compile(r"rivals\?engine=chat"))
    settle(tab)
    assert tab.inner_text("h1") == "Rivals"
    assert "chat" in tab.inner_text(".st-key-engine")


COUNT = re.compile(r"([\d,]+) of ([\d,]+) answers|^([\d,]+) answers?$")


def doors(tab: Any) -> list[tuple[str, str]]:
    """Of each number of the page: what it says, and where it leads."""
    found = "[...document.querySelectorAll('[data-testid=stMain] a.cl-door[href^=\"answers?\"]')]"
    every = tab.evaluate(f"{found}.map(a => [a.innerText.trim(), a.getAttribute('href')])")
    return [(said, href) for said, href in every if re.fullmatch(r"[\d,]+(\s%)?", said)]


def listed(tab: Any, href: str) -> tuple[int, int, int]:
    """How many answers a number's page counts, out of how many, and how many it lists on all its pages."""
    rows = "document.querySelectorAll('[data-testid=stMain] tr[data-peek^=\"answer:\"]').length"
    tab.wait_for_function(f"({rows}) > 0 || document.querySelector('[data-testid=stMain] .cl-empty')")
    settle(tab)
    heads = [COUNT.search(each.inner_text()) for each in tab.query_selector_all("h2.cl-h")]
    counted, of, plain = next(found for found in heads if found).groups()
    n, whole = (int((each or plain).replace(",", "")) for each in (counted, of))
    last = -(-n // 25)
    if last > 1:
        tab.goto(f"{tab.url}&page_of={last}")
        settle(tab)
    return n, whole, max(last - 1, 0) * 25 + tab.evaluate(rows)


@pytest.mark.parametrize("page", ["answers", "prompt?id=1", "work", "sources", "home"])
def test_every_kind_of_number_leads_to_as_many_answers_as_it_says(tab: Any, demo: str, page: str) -> None:
    visit(tab, demo, page, 1440)
    kinds: dict[str, tuple[str, str]] = {}
    for said, href in doors(tab):
        kinds.setdefault(str(re.search(r"measure=(\w+)", href)), (said, href))
    if page in ("answers", "prompt?id=1", "work"):
        assert kinds
    for said, href in kinds.values():
        open_by_click(tab, href)
        counted, of, found = listed(tab, href)
        assert counted == found, href
        value = int(said.replace(",", "").rstrip("\u00a0% "))
        assert value in (counted, round(100 * counted / max(of, 1))), (said, href)
        tab.goto(f"{demo}/{page}")
        settle(tab)


def open_by_click(tab: Any, href: str) -> None:
    tab.locator(f'[data-testid="stMain"] a.cl-door[href="{href}"]').first.click()
    tab.wait_for_url(re.compile(r"/answers\?"))
    settle(tab)


def pointed(tab: Any, chart: Any) -> tuple[float, float]:
    """Where something in a chart can be clicked: the pointer says so there."""
    box = chart.bounding_box()
    kind = "([x, y]) => getComputedStyle(document.elementFromPoint(x, y)).cursor"
    for down in range(2, 30):
        for right in range(6, 46):
            at = box["x"] + box["width"] * right / 60, box["y"] + box["height"] * down / 32
            tab.mouse.move(*at)
            if tab.evaluate(kind, list(at)) == "pointer":
                return at
    raise AssertionError("nothing in the chart can be clicked")


def test_a_point_of_a_chart_opens_its_answers_and_back_leads_to_the_chart(tab: Any, demo: str) -> None:
    visit(tab, demo, "home", 1440)
    chart = tab.locator(".stVegaLiteChart canvas, .stVegaLiteChart svg").first
    chart.scroll_into_view_if_needed()
    tab.mouse.click(*pointed(tab, chart))
    tab.wait_for_url(re.compile(r"answers\?measure=mention_rate&brand=\w+&counted=yes&week=2026-"))
    settle(tab)
    rows = tab.locator('[data-testid="stMain"] tr[data-peek^="answer:"]')
    rows.first.wait_for()
    tab.go_back()
    tab.wait_for_url(re.compile(r"/(home)?$"))
    settle(tab)
    tab.locator(".cl-tiles").wait_for()


def test_a_row_opens_its_answer_and_back_leads_to_the_list(tab: Any, demo: str) -> None:
    visit(tab, demo, "answers?measure=mention_rate&brand=Norvane", 1440)
    tab.locator('tr[data-peek^="answer:"] td').first.click()
    dialog = tab.locator('[role="dialog"]')
    dialog.get_by_text("Open the whole answer").click()
    tab.wait_for_url(re.compile(r"/answer\?id="))
    settle(tab)
    tab.wait_for_selector(".cl-answer mark.own")
    tab.go_back()
    tab.wait_for_url(re.compile(r"measure=mention_rate"))
    settle(tab)
    assert "name Norvane" in tab.inner_text("h2.cl-h")


def test_a_sent_address_opens_on_a_fresh_server(tab: Any, tmp_path: Path) -> None:
    """The first visit after a start takes another way through Streamlit than every later one."""
    from tests.dashboard.worlds import small

    database = store.open_database(f"sqlite:///{tmp_path / 'a.db'}")
    small(database)
    database.dispose()
    with served(tmp_path / "a.db") as address:
        visit(tab, address, "rivals?engine=beta", 1440)
        assert tab.inner_text("h1") == "Rivals"
        assert "beta" in tab.inner_text(".st-key-engine")


@pytest.mark.parametrize("world", ["names of every script", "one brand", "many events", "hostile text"])
def test_a_report_stands_on_a_phone(browser: Any, tmp_path: Path, world: str) -> None:
    from analysis.report import write

    database = store.open_database(f"sqlite:///{tmp_path / 'a.db'}")
    WORLDS[world](database)
    (page,) = write.write(database, 1, tmp_path, formats=("html",))
    database.dispose()
    tab = browser.new_page(viewport={"width": 390, "height": 900})
    tab.goto(page.as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.close()


def test_nothing_leaves_the_machine(browser: Any, demo: str) -> None:
    tab = browser.new_page(viewport={"width": 1440, "height": 900})
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(demo)
    settle(tab)
    tab.close()
    assert not [
        url for url in asked if not url.startswith((demo, "data:", "blob:", demo.replace("http", "ws")))
    ]


@pytest.fixture(scope="module")
def attacked(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hostile")
    database = store.open_database(f"sqlite:///{folder / 'a.db'}")
    hostile(database)
    database.dispose()
    with served(folder / "a.db") as address:
        yield address


@pytest.mark.parametrize("page", ["home", "answers?branded=Included", "links", "work", "cited"])
def test_hostile_text_runs_nothing_and_breaks_nothing(tab: Any, attacked: str, page: str) -> None:
    visit(tab, attacked, page, WIDTHS[0])
    assert not tab.query_selector_all('[data-testid="stException"]')
    targets = tab.eval_on_selector_all(
        "[data-testid='stMain'] a[href]", "all => all.map(a => [a.protocol, a.rel])"
    )
    assert all(protocol in ("http:", "https:") for protocol, _ in targets)
    for width in WIDTHS:
        resize(tab, width)
        assert not scrolls_sideways(tab), width
    assert tab.evaluate("window.hacked") is None


def test_a_link_out_gives_nothing_away(tab: Any, demo: str) -> None:
    visit(tab, demo, "sources", 1440)
    rels = tab.eval_on_selector_all("[data-testid='stMain'] td a[target]", "all => all.map(a => a.rel)")
    assert rels
    assert all("noopener" in rel for rel in rels)


def test_the_screenshots_of_the_readme_are_small() -> None:
    for path in (ROOT / "dashboard" / "screenshots").glob("*.png"):
        assert path.stat().st_size < 300_000, path.name


def test_the_browser_is_there_where_it_is_required() -> None:
    if REQUIRED:
        assert shutil.which("chromium")


def test_the_command_takes_its_server_with_it_when_it_is_told_to_end(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    store.open_database(url).dispose()
    command = [
        sys.executable,
        "-c",
        "from dashboard.command import main; main()",
        "dashboard",
        "--database",
        url,
        "--port",
        "0",
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = next(line.split()[1] for line in process.stdout if line.startswith("Dashboard: "))
    process.terminate()
    assert process.wait(60) == 0
    process.stdout.close()
    with pytest.raises(OSError):
        urllib.request.urlopen(address, timeout=2)
