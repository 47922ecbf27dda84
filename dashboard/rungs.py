"""The lift ladder on a page: its picture, whose rows open a drawer, and the same as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from analysis import palette
from analysis.frames import Scope
from analysis.lift.ladder import Rung
from dashboard import cells, charts, data, numbered, widgets
from dashboard.strings import Lift
from dashboard.widgets import Here
from tracker import numbers

MOST_BRANDS = 8


def tone(rung: Rung, settled: bool) -> str:
    """How much a row claims: "sure" only where the days of links support the sources."""
    if rung.row.goes_with_more:
        return "sure" if settled else "open"
    return "bad" if rung.row.verdict == "goes with fewer mentions" else "quiet"


def colours(here: Here) -> dict[str, str]:
    """Each brand's, own one first."""
    brands = sorted(here.world.brands, key=lambda brand: not brand.own)
    return palette.hues([(brand.name, brand.own) for brand in brands])


def draw(here: Here, found: data.Ladder, shown: Sequence[Rung], key: str) -> str | None:
    """The picture of some rungs; the source that was clicked, once."""
    known = [rung for rung in shown if rung.row.lift is not None]
    if not known:
        return None
    settled = bool(found.table.direction and found.table.direction.verdict == "supports the source")
    hues = dict(list(colours(here).items())[:MOST_BRANDS])
    frame = pd.DataFrame([_line(rung, settled) for rung in known])
    dots = pd.DataFrame([_dot(rung, name, here) for rung in known for name in hues])
    figure = charts.ladder(frame, dots, brands=hues, titles=Lift.LADDER)
    with st.container(key=f"wide_{key}"):
        chosen = widgets.chart(figure, Lift.LADDER_ALT, key=key, select=True)
    with st.container(key=f"narrow_{key}"):
        table(here, known)
    kinds = (Lift.KEY_SURE,) if settled else (Lift.KEY_OPEN,)
    widgets.quiet(" ".join((*kinds, Lift.KEY_RING)))
    points = (chosen or {}).get("source") or []
    name = str(points[0]["source"]) if points else None
    fresh = name is not None and st.session_state.get(f"{key}-seen") != name
    st.session_state[f"{key}-seen"] = name
    return name if fresh else None


def _line(rung: Rung, settled: bool) -> dict[str, object]:
    row = rung.row
    cited = Lift.REACH.format(n=numbers.count(rung.cited), of=numbers.count(rung.of))
    return {
        "source": row.source,
        "reach": rung.reach,
        "short": numbers.percent(rung.reach, 0),
        "cited": f"{numbers.percent(rung.reach)}, {cited}",
        "lift": row.lift,
        "low": row.low,
        "high": row.high,
        "tone": tone(rung, settled),
        "reading": cells.lift_note(row),
    }


def _dot(rung: Rung, brand: str, here: Here) -> dict[str, object]:
    own = here.world.own.name if here.world.own else None
    linked = brand in rung.linked
    missing = brand == own and not linked
    state = "linked" if linked else "missing" if missing else "none"
    return {
        "source": rung.row.source,
        "brand": brand,
        "state": state,
        "says": Lift.SAYS[state].format(brand=brand),
    }


def table(here: Here, shown: Sequence[Rung]) -> None:
    """What the picture shows, as rows: names open our page, a row its drawer."""
    own = here.world.own.name if here.world.own else None
    scope = data.whole(here.workspace, widgets.scope())
    rows = [_row(rung, own, scope) for rung in shown]
    few = [i for i, rung in enumerate(shown) if rung.row.lift is None]
    peek = [f"source:{rung.row.source}" for rung in shown]
    heads = widgets.columns(Lift.LADDER_COLUMNS, numeric=(1, 2, 3))
    widgets.table(heads, rows, few=few, peek=peek, csv="ladder")


def _row(rung: Rung, own: str | None, scope: Scope) -> tuple[object, ...]:
    row = rung.row
    mine = widgets.badge(*Lift.MINE[own in rung.linked])
    rivals = ", ".join(sorted(rung.linked - {own or ""})) or numbers.UNKNOWN
    cited = numbered.door(numbers.percent(rung.reach), "source_rate", scope=scope, source=row.source)
    lift = widgets.small(numbers.points(row.lift), numbers.points_range(row.low, row.high))
    gain = numbers.points(rung.gain) if rung.gain else numbers.UNKNOWN
    return (widgets.site(row.source), cited, lift, gain, mine, rivals, cells.lift_verdict(row))
