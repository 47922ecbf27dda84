"""What of a chart is sent to the browser: its Vega-Lite specification, in the theme's colours.

Nothing is validated on the way, which takes longer than all the rest of a page: the tests validate every
chart."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import altair as alt
from altair.utils import schemapi

from dashboard.charts.ink import in_the_dark

schemapi.disable_debug_mode()
alt.data_transformers.disable_max_rows()
alt.theme.enable("none")


def spec(figure: Any, *, dark: bool) -> dict[str, Any]:
    made: dict[str, Any] = figure.to_dict(validate=False)
    # Groups of marks are no pictures of their own: the chart has its words, and a table beside it.
    config = made.get("config", {})
    made["config"] = {**config, "mark": {**config.get("mark", {}), "aria": False}}
    return json.loads(in_the_dark(json.dumps(made, default=_moment))) if dark else made


def _moment(value: object) -> str:
    """A day among a chart's rows, as its other moments are written: by the clock of whoever looks."""
    if not isinstance(value, date):
        raise TypeError(f"{type(value).__name__} is nothing that a chart draws")
    return value.isoformat() if isinstance(value, datetime) else f"{value.isoformat()}T00:00:00"
