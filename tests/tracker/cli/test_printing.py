"""Tables on terminals of every width, and in pipes."""

from __future__ import annotations

import re

import pytest

from tracker.cli import printing

COLUMNS = ("engine", "model", "rate", "95 %", "verdict")
ROWS = [
    ("perplexity", "sandbox/perplexity", "30.7 %", "27.6 … 34.0", "associated within the same question"),
    ("chat", "sandbox/chat", "5.2 %", "4.4 … 6.1", "no clear difference"),
]


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    def one(width: int | None, rows=ROWS, columns=COLUMNS, **options) -> list[str]:
        if width is None:
            monkeypatch.delenv("COLUMNS", raising=False)
        else:
            monkeypatch.setenv("COLUMNS", str(width))
        printing.table("A title", columns, rows, **options)
        return capsys.readouterr().out.splitlines()

    return one


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_no_line_is_wider_than_the_terminal_and_no_word_is_cut(shown, width: int) -> None:
    lines = shown(width)
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for word in ("perplexity", "sandbox/perplexity", "30.7 %", "27.6 … 34.0", "associated", "difference"):
        assert word in text, (width, word)


def test_a_wide_terminal_gets_one_line_a_row(shown) -> None:
    lines = shown(120)
    assert len(lines) == 4
    assert re.search(
        r"perplexity +sandbox/perplexity +30.7 % +27.6 … 34.0 +associated within the same", lines[2]
    )


def test_a_narrow_terminal_gets_one_block_a_row_with_the_names_of_the_columns(shown) -> None:
    lines = shown(60)
    assert lines[1:3] == ["perplexity", "  model: sandbox/perplexity · rate: 30.7 %"]
    assert "chat" in lines


def test_long_text_wraps_at_words_where_the_rest_fits(shown) -> None:
    lines = shown(
        50,
        [("2026-05-02", "pr", "A story in the Courier names Norvane and two rivals")],
        ("day", "kind", "what"),
    )
    assert lines[2].startswith("2026-05-02  pr")
    assert lines[3].strip() == "Norvane and two rivals"


def test_a_cell_of_many_lines_makes_blocks(shown) -> None:
    long = "not enough data: " + "word " * 40
    lines = shown(60, [("key", long, "more text of some length here")], ("a", "b", "c"))
    assert lines[1] == "key"


def test_a_pipe_has_no_width(shown, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(None, [("a" * 60, "b" * 90, "c d " * 40)], ("one", "two", "three"))
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (True, "yes"), (False, "no"), (0, "0"), ("a\x1b[31mb", "a�[31mb")]
)
def test_cells_are_read_as_people_do(shown, value: object, text: str) -> None:
    assert shown(80, [(value, "x")], ("what", "b"))[2].startswith(text)


def test_markup_from_outside_is_text(shown) -> None:
    for width in (80, 20):
        assert "[bold]big[/bold]" in "\n".join(shown(width, [("k", "[bold]big[/bold]")], ("what", "told")))


def test_wide_letters_count_twice(shown) -> None:
    lines = shown(40, [("会社", "名前の長いソフトウェア", "x")], ("brand", "text", "end"))
    assert "会社" in "\n".join(lines)


def test_a_table_without_rows_shows_its_columns(shown) -> None:
    assert shown(80, [])[1].split()[:2] == ["engine", "model"]


# --- names from outside -------------------------------------------------------------------------------------

ESCAPE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066\u2067]")


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("\x1b[2J\x1b]0;owned\x07", "�[2J�]0;owned�"),
        ("a\u202egnp.exe", "a�gnp.exe"),
        ("two\nlines\r\n\ttabs", "two lines   tabs"),
        ("[bold red]x[/bold red] [link=https://a.com]y[/link]", None),
        ("می\u200cخواهم", "\u2068می\u200cخواهم\u2069"),
        ("שלום 12", "\u2068שלום 12\u2069"),
        ("\ufeffAcme\u200b \u200eInc\u00ad", "Acme Inc"),
        ("👩\u200d👧", None),
        ("\x9b31m", "�31m"),
    ],
)
@pytest.mark.parametrize("width", [20, 200, None])
def test_a_hostile_name_is_text_in_tables_titles_and_sentences(
    shown, capsys: pytest.CaptureFixture[str], name: str, seen: str | None, width: int | None
) -> None:
    seen = seen or name
    lines = shown(width, [("key", name)], ("what", "name"))
    assert not ESCAPE.search("\n".join(lines))
    assert seen.replace(" ", "") in "".join(lines).replace(" ", "")
    printing.table(f"Plan for {name}", ("a",), [("b",)])
    printing.out.print(f"[bold]{printing.plain(name)}[/bold]")
    printed = capsys.readouterr().out
    assert not ESCAPE.search(printed)
    assert printed.replace(" ", "").replace("\n", "").count(seen.strip("\u2068\u2069").replace(" ", "")) == 2


def test_figures_beside_letters_from_right_to_left_are_not_taken_along(shown) -> None:
    (line,) = [
        line for line in shown(80, [("שלום", "30.7 %", "5")], ("brand", "rate", "n")) if "30.7" in line
    ]
    assert line.index("\u2068") < line.index("\u2069") < line.index("30.7")


def test_an_error_keeps_its_lines_and_loses_what_moves_the_cursor() -> None:
    assert printing.plain_lines("no [b]\x1b\n  fix: x") == "no \\[b]�\n  fix: x"
