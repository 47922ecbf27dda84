from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from analysis import frames
from analysis.report import words, write
from analysis.report.gather import excerpt
from tests.analysis.test_changes import PROMPTS, two_weeks
from tests.dashboard.worlds import alone, eventful, names, unknown_citations
from tests.facts import Facts, week
from tests.shared import ROOT
from tracker import store
from tracker.catalog.look import ReportLook
from tracker.errors import UsageError

NewDatabase = Callable[[], Engine]
HOSTILE = "<script>alert('x')</script> =cmd|' /C calc'!A0 [a](javascript:b) #typst $x$ | `c`"
NEWS = "https://news.example.org/best"


def world_with_links(database: Engine, own: str = "Norvane") -> frames.World:
    facts = Facts(
        brands=(
            (own, "norvane.com"),
            ("Oltera", "oltera.com"),
            ("Quillo", "quillo.io"),
            ("Vantra", "vantra.com"),
        ),
        prompts=PROMPTS,
    )
    names = [own, "Oltera", "Quillo", "Vantra"]
    for number in range(3):
        for i, prompt in enumerate(PROMPTS):
            for repeat in range(6):
                cites = (i + repeat) % 2 == 0
                named = [n for j, n in enumerate(names) if (i * 7 + repeat * 3 + j * 5 + number) % 4 < 2]
                if cites and (i + repeat) % 4:
                    named = list(dict.fromkeys([own, *named]))
                facts.answer(prompt, "alpha", week(number), named=named, cited=[NEWS] * cites, repeat=repeat)
    facts.link(NEWS, "https://norvane.com/")
    facts.store(database)
    return frames.world(database)


@pytest.fixture(scope="module")
def new_database(tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes) -> Iterator[NewDatabase]:
    """A migrated file for a world that several tests read; it takes longer to gather than to write."""
    with ExitStack() as opened:

        def made() -> Engine:
            path = tmp_path_factory.mktemp("report") / "citelift.db"
            path.write_bytes(sqlite_template)
            engine = store.open_database(f"sqlite:///{path}")
            opened.callback(engine.dispose)
            return engine

        yield made


@pytest.fixture(scope="module")
def hostile(new_database: NewDatabase) -> write.Week:
    return write.gather(database := new_database(), world_with_links(database, HOSTILE))


@pytest.fixture(scope="module")
def linked(new_database: NewDatabase) -> write.Week:
    return write.gather(database := new_database(), world_with_links(database))


@pytest.fixture(scope="module")
def nine_weeks(new_database: NewDatabase) -> tuple[Engine, frames.World]:
    return (database := new_database()), long_world(database)


@pytest.fixture(scope="module")
def ninth_week(nine_weeks: tuple[Engine, frames.World]) -> write.Week:
    return write.gather(*nine_weeks)


def test_the_report_is_written_in_every_format(database: Engine, tmp_path: Path) -> None:
    world = world_with_links(database)
    written = write.write(database, world.id, tmp_path / "out", week=date(2026, 3, 18))
    assert [path.name for path in written] == [
        f"report-ws1-2026-03-16{end}"
        for end in (
            ".html",
            ".pdf",
            ".md",
            "-visibility.csv",
            "-changes.csv",
            "-lift.csv",
            "-opportunities.csv",
            "-sources.csv",
        )
    ]
    assert written[1].read_bytes().startswith(b"%PDF")
    page = written[0].read_text()
    for heading in (
        "You and your rivals",
        "Link sources that stand out",
        "What cannot be said, and why",
    ):
        assert heading in page
        assert heading in written[2].read_text()


def test_the_page_asks_nothing_of_the_world_outside(hostile: write.Week) -> None:
    page = write.html(hostile)
    assert not re.search(r"(?i)(src|href)\s*=|url\(|@import|<script|<iframe|<link|\son\w+=\"", page)
    assert "default-src 'none'" in page


def test_hostile_names_are_text_everywhere(hostile: write.Week) -> None:
    page = write.html(hostile)
    assert "&lt;script&gt;alert" in page
    text = write.markdown(hostile)
    assert "<script>" not in text
    assert "[a](javascript:b)" not in text
    for line in text.splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) in (5, 6)
    assert write.pdf(hostile).startswith(b"%PDF")


def test_tables_keep_numbers_as_numbers(linked: write.Week) -> None:
    found = write.tables(linked)
    rows = list(csv.DictReader(io.StringIO(found["visibility"])))
    assert [row["brand"] for row in rows] == ["Norvane", "Oltera", "Quillo", "Vantra"]
    assert 0 < float(rows[0]["mention_rate_low"]) < float(rows[0]["mention_rate"])
    assert next(csv.DictReader(io.StringIO(found["lift"])))["source"] == "example.org"


def test_a_first_week_says_that_nothing_can_be_said_about_change(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", named=["Norvane"])
    facts.store(sqlite_database)
    found = write.gather(sqlite_database, frames.world(sqlite_database))
    text = write.html(found)
    assert "There are no earlier weeks" in text
    assert "shows a direction only" in text
    assert "import link data" in text
    assert write.markdown(found)
    assert write.pdf(found).startswith(b"%PDF")


def test_a_change_of_model_is_told_and_not_compared(sqlite_database: Engine) -> None:
    two_weeks(0.2, 0.7, served="m2").store(sqlite_database)
    found = write.gather(sqlite_database, frames.world(sqlite_database))
    assert ", not comparable with the week before" in write.html(found)
    assert "The model behind alpha and beta changed in these weeks." in write.html(found)
    assert any("alpha was served by m1 and then by m2" in text for text in found.limits)


def test_a_rise_is_told_with_its_range(sqlite_database: Engine) -> None:
    two_weeks(0.2, 0.7).store(sqlite_database)
    found = write.gather(sqlite_database, frames.world(sqlite_database))
    text = write.html(found)
    assert re.search(r", up \d+\.\d\spoints on the week before\.", text)
    assert re.search(
        r'<span class="mark up">\+\d+\.\d\spoints</span><span class="sub">\+\d+\.\d\sto\s\+\d+\.\d</span>',
        text,
    )


def test_answers_that_leave_the_rates_are_named_with_why(sqlite_database: Engine) -> None:
    facts = two_weeks(0.5, 0.5)
    facts.answer("prompt 0", "beta", week(1), problem="empty", text="", repeat=90)
    facts.answer("prompt 0", "beta", week(1), searched=False, repeat=91)
    facts.store(sqlite_database)
    text = " ".join(write.gather(sqlite_database, frames.world(sqlite_database)).limits)
    assert "beta: 1 answer failed or came empty" in text
    assert "beta: 1 answer came without a search" in text


def test_what_to_do_next_and_what_was_noted_are_told(sqlite_database: Engine) -> None:
    from tracker import store
    from tracker.models import Event

    world = world_with_links(sqlite_database)
    facts = Facts(brands=(("Norvane", "norvane.com"),), prompts=("another",), workspace=1, first_answer=5000)
    facts.rows = {table: rows for table, rows in facts.rows.items() if table.__name__ == "Prompt"}
    facts.engine_ids = {"alpha": 100}
    facts.prompt_ids = {"another": 77}
    for row in next(iter(facts.rows.values())):
        row["id"] = 77
    facts.answer("another", at=week(2), cited=["https://www.quietplace.com/best-list"])
    facts.store(sqlite_database)
    with store.writing(sqlite_database) as session:
        session.add(Event(workspace_id=1, at=week(1), kind="pr", title="<b>Launch</b>"))
    page = write.html(write.gather(sqlite_database, frames.world(sqlite_database)))
    assert world.id == 1
    assert "What to look at next" in page
    assert "quietplace.com" in page
    assert "&lt;b&gt;Launch&lt;/b&gt;" in page


def test_no_sentence_claims_a_cause(linked: write.Week) -> None:
    for text in (write.html(linked), write.markdown(linked)):
        assert not re.search(r"(?i)\bcaus|\bbecause of|\bdrives\b|\bleads to\b", text)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"week": date(2020, 1, 1)}, "no answers in the week of 2019-12-30"),
        ({"formats": ("docx",)}, "no report is written as docx"),
    ],
)
def test_what_cannot_be_written_is_refused(
    sqlite_database: Engine, tmp_path: Path, options: dict[str, object], message: str
) -> None:
    two_weeks(0.5, 0.5).store(sqlite_database)
    with pytest.raises(UsageError, match=message):
        write.write(sqlite_database, 1, tmp_path, **options)  # type: ignore[arg-type]


def test_an_empty_workspace_has_no_report(sqlite_database: Engine, tmp_path: Path) -> None:
    Facts().store(sqlite_database)
    with pytest.raises(UsageError, match="no answers to report on"):
        write.write(sqlite_database, 1, tmp_path)


def page_of(database: Engine) -> str:
    return write.html(write.gather(database, frames.world(database)))


def test_one_brand_alone_has_a_report_that_says_what_is_missing(sqlite_database: Engine) -> None:
    alone(sqlite_database)
    found = write.gather(sqlite_database, frames.world(sqlite_database))
    for text in (write.html(found), write.markdown(found).replace("\\", "")):
        assert "No rival is tracked" in text
        assert "its share of voice says nothing" in text
        assert "import link data" in text
    assert write.pdf(found).startswith(b"%PDF")


def test_imported_answers_of_unknown_citations_have_a_report(sqlite_database: Engine) -> None:
    unknown_citations(sqlite_database)
    found = write.gather(sqlite_database, frames.world(sqlite_database))
    assert "it is not known what they cite" in write.html(found)
    assert "No answer of these weeks cites anything" in write.html(found)
    assert write.pdf(found).startswith(b"%PDF")


def test_sources_without_enough_data_are_not_said_to_be_none_of_none(sqlite_database: Engine) -> None:
    names(sqlite_database)
    page = page_of(sqlite_database)
    assert "None of 0" not in page
    assert "has enough data yet" in page


def test_names_of_every_script_stand_in_every_format(sqlite_database: Engine) -> None:
    names(sqlite_database)
    found = write.gather(sqlite_database, frames.world(sqlite_database))
    page = write.html(found)
    assert "\u2068نورفان للبرمجيات\u2069" in page
    assert "株式会社ノルヴァーネ・ソフトウェア is named in" in page
    assert write.pdf(found).startswith(b"%PDF")
    assert "\u2068" not in write.tables(found)["visibility"]


@pytest.mark.parametrize(
    "text", ["Donaudampfschifffahrtsgesellschaft", "a-very.long-domain.name-of.example.co.uk"]
)
def test_a_long_word_may_break_in_the_pdf_and_loses_no_letter(text: str) -> None:
    made = words.soft(text)
    assert max(map(len, made.split("\u200b"))) <= 6
    assert made.replace("\u200b", "") == text
    assert words.soft("short words stay") == "short words stay"


def test_the_newest_marks_are_told_and_the_others_counted(sqlite_database: Engine) -> None:
    eventful(sqlite_database)
    found = write.gather(sqlite_database, frames.world(sqlite_database))
    page = write.html(found)
    assert page.count('class="mk"') > words.EXPLAINED
    assert re.search(r"and \d+ earlier marks: citelift event list", page)
    assert "page 59 (content)" in page
    assert write.pdf(found).startswith(b"%PDF")


def test_workspaces_whose_names_make_one_slug_keep_their_own_files(
    linked: write.Week, tmp_path: Path
) -> None:
    names = [
        "acme",
        "Acme",
        "acme!",
        "a-c-m-e",
        "a c m e",
        "会社",
        "شركة",
        "../acme",
        "",
        "x" * 300,
        "x" * 301,
    ]
    files = []
    for name in names:
        files += write.save(replace(linked, workspace=name), tmp_path, ["md"])
    assert files[0].name.startswith("report-acme-2026-")
    assert len({path.name.casefold() for path in files}) == len(names) == len(list(tmp_path.glob("*.md")))
    assert {path.parent for path in files} == {tmp_path}
    assert all(re.fullmatch(r"report-[a-z0-9-]+\.md", path.name) for path in files)


# --- for two readers


TERMS = re.compile(
    r"(?i)\b(interval|confidence|significan\w+|p-value|rank-biased|jaccard|bootstrap\w*|resampl\w+|paired|"
    r"adjusted|standard error|benjamini|estimand|e-value|coefficient|prompts? resampled)\b|\b[nqp] [=<]"
)


def long_world(database: Engine, weeks: int = 9) -> frames.World:
    facts = Facts(brands=(("Norvane", "norvane.com"), ("Oltera", "oltera.com")), prompts=PROMPTS)
    for number in range(weeks):
        for i, prompt in enumerate(PROMPTS):
            for repeat in range(4):
                own = ["Norvane"] * ((i + repeat + number // 4) % 3 == 0)
                facts.answer(
                    prompt,
                    "alpha",
                    week(number),
                    named=[*own, "Oltera"],
                    text="# Best\n\n- **Norvane** is [good](https://x.example). Yes.\n- Oltera, too.",
                    repeat=repeat,
                )
    facts.store(database)
    return frames.world(database)


def test_no_term_of_statistics_is_in_what_a_client_reads(linked: write.Week) -> None:
    message = write.message(linked)
    page = re.sub(r"<style>.*?</style>", "", write.html(linked), flags=re.DOTALL)
    for text in (page, write.markdown(linked), message.text, message.html, message.lead):
        assert TERMS.findall(text) == []


def test_the_numbers_are_those_of_four_weeks_against_the_four_before(ninth_week: write.Week) -> None:
    assert (ninth_week.span, ninth_week.first, ninth_week.week) == (4, date(2026, 4, 6), date(2026, 4, 27))
    assert ninth_week.answers == 4 * 4 * len(PROMPTS)
    (change,) = [c for c in ninth_week.changes if c.own and c.measure == "mention_rate"]
    assert (change.weeks, change.first) == (4, date(2026, 3, 30))
    assert "the four weeks before" in write.html(ninth_week)
    names = [tile.name for tile in words.tiles(ninth_week)]
    assert names == ["Mention rate", "Share of voice", "Citation rate", "Place"]
    assert ninth_week.place.place == ninth_week.place.before == ninth_week.place.of == 2


@pytest.mark.parametrize(
    ("period", "day", "first", "last", "title", "name"),
    [
        ("month", date(2026, 4, 15), date(2026, 4, 6), date(2026, 4, 27), "April 2026", "2026-04"),
        ("month", date(2026, 3, 31), date(2026, 3, 2), date(2026, 3, 30), "March 2026", "2026-03"),
        ("quarter", date(2026, 3, 9), date(2026, 3, 2), date(2026, 3, 30), "Quarter 1 of 2026", "2026-q1"),
    ],
)
def test_a_month_and_a_quarter_have_the_weeks_that_begin_in_them(
    nine_weeks: tuple[Engine, frames.World],
    period: str,
    day: date,
    first: date,
    last: date,
    title: str,
    name: str,
) -> None:
    found = write.gather(*nine_weeks, day, period=period)  # type: ignore[arg-type]
    assert (found.first, found.week, words.title(found)) == (first, last, title)
    assert write.name_of(found) == f"report-ws1-{name}"
    assert write.pdf(found).startswith(b"%PDF")


def test_a_period_without_answers_is_refused(nine_weeks: tuple[Engine, frames.World]) -> None:
    with pytest.raises(UsageError, match="no week that begins in that month has answers"):
        write.gather(*nine_weeks, date(2026, 8, 1), period="month")


def test_another_brand_can_be_you(nine_weeks: tuple[Engine, frames.World]) -> None:
    found = write.gather(*nine_weeks, brand="oltera")
    assert (found.own, found.place.place, found.rows[0].brand) == ("Oltera", 1, "Oltera")
    assert "Oltera is named in" in write.html(found)


def test_links_lead_to_the_pages_of_the_dashboard_alone(linked: write.Week) -> None:
    look = ReportLook(pages="https://citelift.acme.com")
    for text in (write.html(linked, look), write.message(linked, look).html):
        aims = re.findall(r"(?:href|src)=\"([^\"]*)\"", text)
        assert aims
        assert all(aim.startswith("https://citelift.acme.com") or aim == "cid:picture" for aim in aims)


def test_the_pages_that_a_report_names_are_the_dashboards() -> None:
    source = (ROOT / "dashboard" / "places.py").read_text("utf-8")
    for path in filter(None, words.PAGES.values()):
        assert f'"{path}"' in source


def test_a_white_label_has_its_name_colours_logo_figures_and_comment(ninth_week: write.Week) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
    look = ReportLook(
        name="Acme <Agency>",
        accent="#aa3366",
        language="de",
        contact="Ana",
        logo=("image/svg+xml", svg),
        comments={ninth_week.week: "Good *week*.", date(2026, 1, 5): "an old one"},
    )
    page, message = write.html(ninth_week, look), write.message(ninth_week, look)
    for text in (page, message.html):
        assert "#aa3366" in text
        assert "Good *week*." in text
        assert "an old one" not in text
        assert re.search(r"\d,\d\s%", text)
        assert not re.search(r"\d\.\d\s%", text)
    assert "27.04.2026" in page
    assert "data:image/svg+xml;base64," in page
    assert "Acme &lt;Agency&gt;" in message.html
    assert "Good \\*week\\*." in write.markdown(ninth_week, look)
    assert write.pdf(ninth_week, look).startswith(b"%PDF")
    assert re.search(r"\d\.\d\s%", write.html(ninth_week))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("best-crm.example.com, 34.0 % (+2.1 points)", "best-crm.example.com, 34.0 % (+2.1 points)"),
        ("snake_case stays, _this_ does not", "snake_case stays, \\_this\\_ does not"),
        ("- a list", "\\- a list"),
        ("# a head", "\\# a head"),
        ("1. first", "1\\. first"),
        ("30.4 to 41", "30.4 to 41"),
        ("[a](javascript:b)", "\\[a\\](javascript:b)"),
        ("<b>x</b> & y &amp; z", "\\<b\\>x\\</b\\> & y \\&amp; z"),
        ("a | b\n* c", "a \\| b \\* c"),
    ],
)
def test_a_sign_is_escaped_only_where_it_would_be_markup(text: str, expected: str) -> None:
    from markdown_it import MarkdownIt

    assert write.markdown_text(text) == expected
    shown = MarkdownIt("commonmark").renderInline(expected)
    assert "<a" not in shown
    assert "<em>" not in shown


def test_an_answer_is_quoted_without_its_markup(ninth_week: write.Week) -> None:
    assert ninth_week.quote is not None
    assert ninth_week.quote.names_own
    assert ninth_week.quote.text == "… Norvane is good. Yes. · Oltera, too."


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("One. Norvane leads. More.", ["Norvane"], "… Norvane leads. More."),
        ("Norvane leads.", ["Norvane"], "Norvane leads."),
        ("Nothing of it.", ["Norvane"], "Nothing of it."),
        ("a " * 400, [], ("a " * 180).strip() + " …"),
    ],
)
def test_an_excerpt_begins_with_the_sentence_that_names(text: str, names: list[str], expected: str) -> None:
    assert excerpt(text, names) == expected


def test_links_gained_and_lost_are_counted_by_page(linked: write.Week) -> None:
    assert {news.own for news in linked.links} <= {True, False}
    assert "gained" in words.link_news(linked) or "No page is known" in words.link_news(linked)


def test_a_message_says_it_all_in_plain_text_and_carries_picture_and_report(ninth_week: write.Week) -> None:
    message = write.message(ninth_week)
    assert message.subject == "Norvane in AI answers, week of 27 Apr 2026"
    assert message.lead in message.text
    assert message.picture is not None
    assert message.picture.content.startswith(b"\x89PNG")
    assert message.attachments[0].name == "report-ws1-2026-04-27.pdf"
    assert "<script" not in message.html
    assert [fact.name for fact in message.facts][-1] == "Place"
    assert message.data["place"] == {"place": 2, "of": 2, "before": 2}


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.01, 0.05, ", with no clear change from the week before."),
        (0.01, 0.05, ", with no clear change from the week before, all comparisons allowed for."),
        (-0.05, -0.01, ", with no clear change from the week before, all comparisons allowed for."),
    ],
)
def test_a_move_that_is_unclear_among_all_comparisons_says_so(
    linked: write.Week, low: float, high: float, said: str
) -> None:
    (mine,) = (c for c in linked.changes if c.own and c.measure == "mention_rate")
    unclear = replace(
        mine, verdict="within noise", difference=replace(mine.difference, estimate=0.03, low=low, high=high)
    )
    week = replace(linked, changes=(unclear,))
    assert words.headline(week).endswith(said)
