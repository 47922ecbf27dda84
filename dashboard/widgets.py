"""Small pieces that pages are made of. Whatever is not `Safe` is escaped; links are http(s) only."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape, unescape
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode, urlsplit

import pandas as pd
import streamlit as st

from analysis.frames import Scope, World
from analysis.intervals import Interval
from analysis.visibility import FEW
from dashboard import charts, data, doors, strings
from dashboard.strings import Common
from tracker import numbers, spreadsheet
from tracker.access.rights import Visitor
from tracker.errors import CiteliftError

STYLE = Path(__file__).with_name("theme") / "style.css"
SHARED = ("period", "span", "engine", "topic", "country", "language", "branded", "rivals")
"""Choices that follow the reader from page to page."""
PERIODS: tuple[int | None, ...] = (4, 12, 26, 52, None)
Tone = Literal["good", "bad", "warn", "quiet", ""]


Key = TypeVar("Key", bound=str)
Result = TypeVar("Result")


class Safe(str):
    """Markup that was made here, of escaped parts."""

    __slots__ = ()


@dataclass(frozen=True)
class Here:
    """What every page starts from."""

    workspace: data.OpenWorkspace
    world: World

    @property
    def brand(self) -> str:
        return self.world.own.name if self.world.own else strings.Overview.NO_OWN


def here() -> Here:
    """What `app` prepared."""
    current: Here = st.session_state["here"]
    return current


def place(url: str | None) -> str:
    """The page's name in an address of this server: "" for the first page."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return urlsplit(url or "").path.strip("/").removeprefix(base).strip("/")


def text(value: object) -> Safe:
    """Anything as text: escaped, without what reorders or hides characters."""
    if isinstance(value, Safe):
        return value
    return Safe(escape(spreadsheet.INVISIBLE.sub("\ufffd", str(value)), quote=True))


def visible(words: str) -> str:
    """Text for a widget that escapes by itself, without what reorders or hides characters."""
    return spreadsheet.INVISIBLE.sub("\ufffd", words)


def join(*parts: object) -> Safe:
    return Safe("".join(text(part) for part in parts))


def small(main: object, under: object) -> Safe:
    return Safe(f"<span>{text(main)}<small>{text(under)}</small></span>")


def html(body: str) -> None:
    st.html(f'<div class="cl">{body}</div>')


def link(url: str | None, label: object = None) -> Safe:
    """A link that leaves, if the address is one of the web; else its text."""
    label = url if label is None else label
    if not url or not re.match(r"https?://[^\s/]", url, re.IGNORECASE):
        return text(label or "")
    return Safe(f'<a href="{text(url)}" target="_blank" rel="noopener noreferrer nofollow">{text(label)}</a>')


def out(url: str | None) -> Safe:
    """The small arrow that leaves for a page of others."""
    if not url or not re.match(r"https?://[^\s/]", url, re.IGNORECASE):
        return Safe("")
    words = Common.LEAVE.format(site=urlsplit(url).hostname or "")
    link = f'<a class="cl-out" href="{text(url)}" target="_blank" rel="noopener noreferrer nofollow"'
    return Safe(f'{link} title="{text(words)}" aria-label="{text(words)}">↗</a>')


def kept() -> dict[str, list[str]]:
    """The shared choices of this page's address, for the next page's."""
    return {key: found for key in SHARED if (found := st.query_params.get_all(key))}


def address(page: str, /, **parameters: object) -> str:
    """The address of one of our pages, the shared choices in it. A parameter that is None is left out."""
    query = kept() | {key: [str(value)] for key, value in parameters.items()}
    query = {key: value for key, value in query.items() if parameters.get(key, value) is not None}
    return f"{page}?{urlencode(query, doseq=True)}" if query else page


def door(page: str, label: object, /, **parameters: object) -> Safe:
    """A link to one of our pages; it opens without a reload."""
    return door_to(address(page, **parameters), label)


def door_to(href: str, label: object) -> Safe:
    """The same, to an address that is made already."""
    return Safe(f'<a class="cl-door" href="{text(href)}">{text(label)}</a>')


def site(domain: str) -> Safe:
    """A site's name, which opens our page of it, and the arrow that leaves for it."""
    return join(door("source", domain, d=domain), out(f"https://{domain}"))


def more(page: str, label: object) -> Safe:
    """The door at the end of a heading."""
    return Safe(f' <span class="cl-more">{door(page, label)}</span>')


def tab(words: object) -> None:
    """The title of the browser's tab."""
    st.set_page_config(page_title=strings.Nav.TAB.format(page=words))


def strong(words: object) -> Safe:
    return Safe(f"<b><bdi>{text(words)}</bdi></b>")


def info(words: object) -> Safe:
    """A definition where the number stands."""
    return Safe(f'<span class="cl-info" title="{text(words)}" aria-label="{text(words)}" role="img">i</span>')


def plain(words: str) -> str:
    """Text of others for what reads Markdown."""
    return re.sub(r"([\\`*_{}\[\]()#+!|<>$~:-])", r"\\\1", spreadsheet.INVISIBLE.sub("\ufffd", words))


def number_of(parameter: str) -> int | None:
    """The number in this page's address under this name."""
    said = st.query_params.get(parameter, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else None


def title(heading: str, lead: str) -> None:
    st.title(heading, anchor=False)
    if lead:
        html(f'<p class="cl-lead">{text(lead)}</p>')


def section(heading: object, sub: object = "") -> None:
    under = f'<p class="cl-sub">{text(sub)}</p>' if sub else ""
    html(f'<h2 class="cl-h">{text(heading)}</h2>{under}')


def signed_in(visitor: Visitor | None) -> None:
    """Who is signed in, and the way out."""
    if visitor is None or visitor.is_guest or not visitor.name:
        return
    out = f'<a href="/signout" target="_self">{text(strings.SignIn.OUT)}</a>'
    html(f'<p class="cl-quiet">{text(visitor.name)} · {text(visitor.role)}<br>{out}</p>')


def quiet(words: object) -> None:
    html(f'<p class="cl-quiet">{text(words)}</p>')


def graded(scope: Scope) -> None:
    """Whether the numbers of this page can carry a decision, what they lack, and what says how to earn it."""
    found = data.grades(here().workspace, scope)
    if found:
        grade = found[0]
        earned = () if grade.level == "decision-grade" else (" ", Common.EARN, " ", code(Common.EARN_COMMAND))
        quiet(join(grade.words, *earned))


def records(frame: pd.DataFrame) -> list[Any]:
    """Rows by column name."""
    return list(frame.itertuples())


def badge(words: object, tone: Tone | str = "quiet", hint: str = "") -> Safe:
    attribute = f' title="{text(hint)}"' if hint else ""
    return Safe(f'<span class="cl-badge {tone}"{attribute}>{text(words)}</span>')


def code(command: str) -> Safe:
    return Safe(f"<code>{text(command)}</code>")


def empty(heading: str, words: str, commands: Iterable[str] = ()) -> None:
    """Why there is nothing, and which command changes that."""
    shown = " ".join(code(command) for command in commands)
    html(f'<div class="cl-empty"><b>{text(heading)}</b><p>{text(words)}</p>{shown}</div>')


def box(heading: str, body: Safe, tone: Tone = "") -> None:
    html(f'<div class="cl-box {tone}"><b class="t">{text(heading)}</b>{body}</div>')


def picture(svg: str, alt: str) -> Safe:
    """A small drawing; inline SVG would be taken out by the page's own cleaner."""
    if not svg:
        return Safe("")
    coded = base64.b64encode((charts.in_the_dark(svg) if is_dark() else svg).encode()).decode()
    return Safe(f'<img alt="{text(alt)}" src="data:image/svg+xml;base64,{coded}">')


def bullets(items: Iterable[object]) -> Safe:
    return Safe("<ul>" + "".join(f"<li>{text(item)}</li>" for item in items) + "</ul>")


@dataclass(frozen=True)
class Column:
    name: str
    numeric: bool = False
    wide: bool = False


def columns(
    names: Sequence[str], *, numeric: Collection[int] = (), wide: Collection[int] = ()
) -> list[Column]:
    return [Column(name, i in numeric, i in wide) for i, name in enumerate(names)]


def table(
    heads: Sequence[Column],
    rows: Sequence[Sequence[object]],
    *,
    own: Collection[int] = (),
    few: Collection[int] = (),
    peek: Sequence[str] = (),
    csv: str = "",
) -> None:
    """A table that becomes cards on a narrow screen. `own` and `few` are rows to stress or to grey. `peek`
    says for each row what a click on it opens in the drawer, as "source:example.com" (see `drawers`). `csv`
    is the name of a file that says the same."""

    def cell(head: Column, value: object) -> str:
        marks = " ".join(name for name, on in (("num", head.numeric), ("wide", head.wide)) if on)
        inner = text(value)
        if not inner.startswith("<span>"):
            inner = Safe(f"<span>{inner}</span>")
        return f'<td class="{marks}" data-label="{text(head.name)}">{inner}</td>'

    def row(number: int, values: Sequence[object]) -> str:
        marks = " ".join(name for name, rows in (("own", own), ("cl-few", few)) if number in rows)
        opens = f' data-peek="{text(peek[number])}"' if peek else ""
        return f'<tr class="{marks}"{opens}>' + "".join(map(cell, heads, values)) + "</tr>"

    head = "".join(f'<th class="{"num" if h.numeric else ""}">{text(h.name)}</th>' for h in heads)
    body = "".join(row(i, values) for i, values in enumerate(rows))
    inner = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    html(f'<div class="cl-scroll"><table class="stack">{inner}</table></div>')
    if csv and rows:
        named = [head.name for head in heads]
        download(f"{csv}.csv", named, lambda: [[bare(value) for value in row] for row in rows], small=True)


def bare(value: object) -> object:
    """A cell as a file has it: its words, what stands small behind them in brackets."""
    if not isinstance(value, Safe):
        return value
    words = re.sub(r'<a class="cl-out".*?</a>|<img[^>]*>', "", value)
    words = re.sub(r"\s*<small>(.+?)</small>", r" (\1)", re.sub(r"<br>", ", ", words))
    return " ".join(unescape(re.sub(r"<[^>]*>", "", words)).split())


@dataclass(frozen=True)
class Card:
    label: str
    value: str
    range: object = ""
    note: object = ""
    few: bool = False
    help: str = ""


def cards(items: Iterable[Card]) -> None:
    def one(card: Card) -> str:
        note = f'<div class="note">{text(card.note)}</div>' if card.note else ""
        few = " cl-few" if card.few else ""
        return (
            f'<div class="cl-card{few}" title="{text(card.help)}">'
            f'<span class="label">{text(card.label)}</span>'
            f'<span class="value">{text(card.value)}</span>'
            f'<span class="range">{text(card.range)}</span>{note}</div>'
        )

    html(f'<div class="cl-cards">{"".join(map(one, items))}</div>')


def basis(n: int, prompts: int, unit: str = Common.ANSWERS_ONE) -> str:
    """What a number rests on."""
    return Common.BASIS.format(
        answers=numbers.counted(n, unit), prompts=numbers.counted(prompts, Common.PROMPTS_ONE)
    )


def rate(interval: Interval) -> Safe:
    """A share with its interval below it; greyed words where there is too little of it."""
    if interval.estimate is None:
        return small(numbers.UNKNOWN, Common.NOT_ENOUGH)
    below = numbers.percent_range(interval.low, interval.high) if interval.enough else Common.NOT_ENOUGH
    if interval.n < FEW:
        below = f"{below} · {Common.DIRECTIONAL}"
    return small(numbers.percent(interval.estimate), below)


def bar() -> Any:
    """A row of choices that wraps where it is narrow."""
    return st.container(horizontal=True, vertical_alignment="bottom")


def scope() -> Scope:
    """What the scope bar above this page says."""
    chosen: Scope = st.session_state["scope"]
    return chosen


def choice(label: str, key: str, options: Sequence[str], *, index: int = 0, **more: Any) -> str:
    """A select box bound to the address; `more` as `st.selectbox` has it."""
    more = {"width": 168, **more}
    picked = st.selectbox(label, options, index=index, key=key, bind="query-params", **more)
    return str(picked) if picked in options else options[index]


def switch(label: str, key: str, options: Mapping[Key, str], usual: Key | None = None) -> Key:
    """A few options side by side, bound to the address; returns the option's key, at first `usual` or the
    first."""
    start = next(iter(options)) if usual is None else usual
    picked = st.segmented_control(
        label,
        list(options),
        default=start,
        format_func=lambda o: options.get(o, o),
        key=key,
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    return next((option for option in options if option == picked), start)


def is_dark() -> bool:
    return bool(st.context.theme.type == "dark")


def chart(
    figure: Any,
    alt: str,
    marked: pd.DataFrame | None = None,
    most: int = 6,
    *,
    key: str | None = None,
    select: bool = False,
    opens: bool = False,
) -> Mapping[str, Any] | None:
    """A figure in the theme's colours; under it what its letters stand for, the newest `most` of them. With
    `select` what is selected in it; one that `opens` has points with an `href`, and a click goes there."""
    more: dict[str, Any] = {"key": key, "on_select": "rerun"} if select or opens else {"key": key}
    drawn = st.vega_lite_chart(charts.spec(figure, dark=is_dark()), width="stretch", alt=alt, **more)
    if marked is not None and not marked.empty:
        newest = records(marked)[-most:]
        legend = "".join(f"<li><b>{text(m.letter)}</b> {text('; '.join(m.titles))}</li>" for m in newest)
        left = len(marked) - most
        rest = f"<li>{text(Common.MORE_MARKS.format(n=left))}</li>" if left > 0 else ""
        html(f'<ul class="cl-marks">{legend}{rest}</ul>')
    chosen: Mapping[str, Any] = drawn["selection"] if select or opens else {}
    if opens:
        points = chosen.get("door") or []
        href = str(points[0]["href"]) if points else None
        if href is not None and st.session_state.get(f"{key}-seen") != href:
            doors.go(href)
        st.session_state[f"{key}-seen"] = href
    return chosen if select else None


def echart(option: dict[str, Any], alt: str, *, key: str, height: int) -> int | None:
    """An ECharts drawing in the theme's colours; the number of the node that was clicked just now."""
    if is_dark():
        option = json.loads(charts.in_the_dark(json.dumps(option)))
    drawn = st.echarts_chart(option, alt=alt, key=key, height=height, on_select="rerun", renderer="svg")
    chosen = [part for part in drawn["selection"]["selected"] if part.get("data_type") != "edge"]
    picked = next((int(i) for part in chosen for i in part["data_indices"]), None)
    fresh = picked != st.session_state.get(f"{key}-seen")
    st.session_state[f"{key}-seen"] = picked
    return picked if fresh else None


def computed(function: data.Kept[..., Result], *args: Any) -> Result | None:
    """What there is of it, with a line that says so where it is of older facts or is not there yet; the page
    shows the new one by itself."""
    found = told(function, *args)
    return None if found is None else found.value


def told(function: data.Kept[..., Result], *args: Any) -> data.KeptResult[Result] | None:
    """`computed` of what may itself be None."""
    left = max(0.0, st.session_state.get("patience", 0.0) - time.monotonic())
    found = data.computed(function, *args, patience=left)
    if found is None or not found.current:
        _wait(function, args, None if found is None else found.made_at)
    return found


@st.fragment(run_every=2)
def _wait(function: data.Kept[..., Any], args: tuple[Any, ...], older: datetime | None) -> None:
    found = data.computed(function, *args, patience=0)
    if found is not None and found.current:
        st.rerun(scope="app")
    said = Common.COMPUTING if older is None else Common.OLDER.format(at=numbers.moment(older))
    html(f'<p class="cl-quiet cl-computing" role="status">{text(said)} {text(_how_far(function, args))}</p>')


def _how_far(function: data.Kept[..., Any], args: tuple[Any, ...]) -> str:
    going = data.progress(function, *args)
    if going is None:
        return Common.WAITS
    step = Common.STEPS.get(going.step, Common.STEPS[""])
    seconds = Common.SECONDS.format(n=round(going.seconds))
    last = Common.LAST_TIME.format(n=max(1, round(going.last))) if going.last else ""
    return f"{step}, {seconds}{last}."


def begin() -> None:
    """From here on a run of the page waits for what is computed at most this long in all."""
    st.session_state["patience"] = time.monotonic() + data.PATIENCE


def banner() -> None:
    """Above every page where nobody real was asked."""
    if data.simulated(here().workspace):
        html(f'<p class="cl-banner" role="note">{text(strings.Banner.SIMULATED)}</p>')


def tried(write: Callable[[], Result]) -> Result | None:
    """What a page writes; where it is refused, the reader is told why and what to do."""
    try:
        return write()
    except CiteliftError as error:
        st.error(visible(f"{error.problem}: {error.hint}"))
        return None


def is_untouched() -> bool:
    """Whether nothing was asked, answered or imported yet."""
    workspace = here().workspace
    return not (data.weeks(workspace) or data.runs(workspace, 1) or data.has_links(workspace))


def stop_without_answers(heading: str = "", lead: str = "") -> None:
    """End the page where there is nothing to count, saying why, under a title where it has none yet."""
    now = here()
    if heading and not (now.world.brands and data.weeks(now.workspace)):
        title(heading, lead)
    if not now.world.brands:
        empty(strings.Empty.BRANDS, strings.Empty.BRANDS_TEXT, strings.Empty.BRANDS_COMMANDS)
        st.stop()
    if data.weeks(now.workspace):
        return
    failed = data.failures(now.workspace)
    if len(failed):
        reasons = ", ".join(f"{n:,} × {why}" for why, n in failed.groupby("reason")["asks"].sum().items())
        words = strings.Empty.FAILED_TEXT.format(
            failed=numbers.counted(int(failed["asks"].sum()), "ask"), reasons=reasons
        )
        empty(strings.Empty.FAILED, words, strings.Empty.FAILED_COMMANDS)
    else:
        empty(strings.Empty.ANSWERS, strings.Empty.ANSWERS_TEXT, strings.Empty.ANSWERS_COMMANDS)
    st.stop()


def stop_without_own() -> None:
    if here().world.own is None:
        empty(strings.Empty.OWN, strings.Empty.OWN_TEXT)
        st.stop()


def nothing(scope: Scope) -> None:
    """That the filters leave nothing, with why."""
    why = data.why_nothing(here().workspace, scope)
    empty(strings.Empty.SCOPE, strings.Empty.SCOPE_TEXT.format(why=why))


def stop_without_links() -> None:
    if not data.has_links(here().workspace):
        empty(strings.Empty.LINKS, strings.Empty.LINKS_TEXT, strings.Empty.LINKS_COMMANDS)
        st.stop()


def download(
    name: str,
    heads: Sequence[str],
    rows: Callable[[], Iterable[Sequence[object]]],
    *,
    small: bool = False,
) -> None:
    """A file of a table; a `small` button stands under one that needs no row of choices."""
    st.download_button(
        Common.DOWNLOAD,
        lambda: spreadsheet.text(heads, rows()).encode(spreadsheet.ENCODING),
        file_name=name,
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"csv-{name}",
        type="tertiary" if small else "secondary",
    )


def how_many(rows: int, key: str, *, steps: Sequence[int] = (20, 100, 500)) -> int:
    """How many rows the reader wants; asked only where there are more than the first step."""
    if rows <= steps[0]:
        return steps[0]
    options = dict.fromkeys(str(n) for n in (*(n for n in steps if n < rows), min(rows, steps[-1])))
    return int(choice(Common.SHOW_MORE, key, list(options), width=120))
