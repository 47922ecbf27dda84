"""The map: engines to the sources they cite to the brands those link to, as an ECharts sankey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.charts.ink import FAINT, INK, QUIET

APART = "\u200b"
"""A brand may be called as an engine or a site is: names of later columns end with this, unseen."""


@dataclass(frozen=True)
class Flow:
    """`engines`: (engine, source) → answers citing it; `brands`: (source, brand) → its part of those."""

    engines: Mapping[tuple[str, str], float]
    brands: Mapping[tuple[str, str], float]

    @property
    def nodes(self) -> list[tuple[int, str]]:
        """(column, name), in the order of the drawing."""
        engines = [(0, engine) for engine, _ in self.engines]
        sources = [(1, source) for _, source in self.engines]
        return list(dict.fromkeys([*engines, *sources, *((2, brand) for _, brand in self.brands)]))


def sankey(flow: Flow, hues: Mapping[str, str], gaps: Sequence[str]) -> dict[str, Any]:
    """The drawing's option; `hues` are the brands' colours, `gaps` sources without the own one."""
    missing = set(gaps)

    def node(column: int, name: str) -> dict[str, Any]:
        colour = hues.get(name, QUIET) if column == 2 else INK if name in missing else QUIET
        label = {"position": "left"} if column == 2 else {}
        # Its column is said: a source that links to nobody tracked would end among the brands.
        return {
            "name": name + APART * column,
            "depth": column,
            "itemStyle": {"color": colour},
            "label": label,
        }

    def link(ends: tuple[str, str], value: float, column: int) -> dict[str, Any]:
        source, target = (name + APART * (column + i) for i, name in enumerate(ends))
        return {"source": source, "target": target, "value": round(value, 1)}

    links = [link(ends, value, 0) for ends, value in flow.engines.items()]
    links += [link(ends, value, 1) for ends, value in flow.brands.items()]
    series = {
        "type": "sankey",
        "left": 4,
        "right": 4,
        "top": 8,
        "bottom": 8,
        "nodeGap": 9,
        "nodeWidth": 12,
        "nodeAlign": "left",
        "draggable": False,
        "selectedMode": "single",
        "emphasis": {"focus": "adjacency"},
        "label": {"color": INK, "fontSize": 12},
        "lineStyle": {"color": FAINT, "opacity": 0.6, "curveness": 0.5},
        "data": [node(column, name) for column, name in flow.nodes],
        "links": links,
    }
    saved = {"saveAsImage": {"type": "svg", "name": "map", "title": "SVG"}}
    toolbox = {"right": 0, "top": 0, "itemSize": 14, "iconStyle": {"borderColor": QUIET}, "feature": saved}
    return {"animation": False, "tooltip": {"trigger": "item"}, "toolbox": toolbox, "series": [series]}
