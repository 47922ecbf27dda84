"""The reading verbs as other doors offer them: each with its parameters, taken from its own command line, and
the shape of its `--json`. What names a file of this machine, and what decides, is not among them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

from analysis.cli import (
    alerts,
    answers,
    authority,
    classes,
    experiments,
    firstparty,
    graph,
    lift,
    opportunities,
    prospects,
    quality,
    work,
)
from dashboard.api import link_shapes, shapes
from tracker.cli import brands, imports, links, looks, run, schedule
from tracker.cli.verbs import spread

MOST = 5_000
"""Of any whole number that a verb sets no limit to: weeks, rows."""
Word = Annotated[
    str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^@\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")
]
"""No name or address begins with @, which on a command line reads a file."""
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2200, 1, 1))]
WHERE = frozenset({"catalog", "database", "workspace", "as_json"})
DECIDES = frozenset({"set_state", "set_decision", "set_kind", "note"})
PAGED = frozenset({"skip"})
"""What a door with pages of its own does without."""


@dataclass(frozen=True)
class OfferedVerb:
    """A verb that reads, whose `--json` has a shape."""

    words: str
    """As it stands on the command line: `links verdicts`."""
    verb: Callable[..., None]
    shape: Any
    with_top: bool = False
    """Whether `--top` bounds the JSON too, not the printed table alone, as it and `--limit` do elsewhere."""

    @property
    def path(self) -> str:
        return self.words.replace(" ", "/")

    @property
    def name(self) -> str:
        return self.words.replace(" ", "_")

    @property
    def summary(self) -> str:
        return inspect.cleandoc(self.verb.__doc__ or "")

    @cached_property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """By their public names."""
        every = inspect.signature(spread(self.verb)).parameters.values()
        return {_public(each): each for each in every if self._is_offered(each)}

    def _is_offered(self, parameter: inspect.Parameter) -> bool:
        hidden = WHERE | DECIDES | PAGED | (frozenset() if self.with_top else {"top", "limit"})
        return parameter.name not in hidden and Path not in _kinds(_annotated(parameter)[0])

    @cached_property
    def takes(self) -> type[BaseModel]:
        fields: dict[str, Any] = {
            f"p_{name}": (_typed(each), _default(each, alias=name)) for name, each in self.parameters.items()
        }
        settings = ConfigDict(extra="forbid", validate_by_name=False)
        return create_model(f"{self.name}_parameters", __config__=settings, **fields)

    def run(self, given: BaseModel, where: Mapping[str, Any]) -> None:
        """The verb, as if it had been typed; `print_json` hands on what it says."""
        verb = spread(self.verb)
        every = inspect.signature(verb).parameters.values()
        words = {each.name: each.default for each in every if each.default is not inspect.Parameter.empty}
        words |= {each.name: _as_typed(getattr(given, f"p_{name}")) for name, each in self.parameters.items()}
        verb(**words | dict(where) | {"as_json": True})


def _annotated(parameter: inspect.Parameter) -> tuple[Any, Any]:
    """(type, typer's option or argument)"""
    if get_origin(parameter.annotation) is Annotated:
        kind, option, *_ = get_args(parameter.annotation)
        return kind, option
    return parameter.annotation, None


def _kinds(kind: Any) -> set[Any]:
    return {kind, *(inner for arg in get_args(kind) for inner in _kinds(arg))}


def _public(parameter: inspect.Parameter) -> str:
    """Typer keeps the first flag of an annotated option where its default would stand."""
    option = _annotated(parameter)[1]
    declared = (getattr(option, "default", None), *(getattr(option, "param_decls", None) or ()))
    flag = next(
        (each for each in declared if isinstance(each, str) and each.startswith("--")), parameter.name
    )
    return flag.partition("/")[0].lstrip("-").replace("-", "_")


def _typed(parameter: inspect.Parameter) -> Any:
    kind, _ = _annotated(parameter)
    optional = type(None) in get_args(kind)
    kinds = _kinds(kind)
    plain = kind
    for known, as_ in ((datetime, Day), (str, Word)):
        if known in kinds and get_origin(kind) is not list:
            plain = list[as_] if list in {get_origin(each) for each in kinds} else as_  # type: ignore[valid-type]
            return plain | None if optional else plain
    if get_origin(kind) is list:
        return list[Word]
    return plain


def _default(parameter: inspect.Parameter, *, alias: str) -> Any:
    kind, option = _annotated(parameter)
    kinds = _kinds(kind)
    bounds: dict[str, Any] = {}
    if int in kinds or float in kinds:
        low, high = getattr(option, "min", None), getattr(option, "max", None)
        bounds = {"ge": 0 if low is None else low, "le": MOST if high is None else high}
    if list in {get_origin(each) for each in kinds}:
        bounds = {"max_length": 50}
    needed = parameter.default is inspect.Parameter.empty
    default = ... if needed else parameter.default
    return Field(default, alias=alias, description=getattr(option, "help", None), **bounds)


def _as_typed(value: Any) -> Any:
    """A day as the command line hands it on."""
    return datetime.combine(value, time()) if isinstance(value, date) else value


READINGS = (
    OfferedVerb(
        "visibility",
        answers.visibility,
        shapes.HeadedRates | shapes.Rates | shapes.OtherRates | shapes.Definitions,
    ),
    OfferedVerb("changes", answers.changes, shapes.ChangesFound),
    OfferedVerb("sources", answers.sources, shapes.CitedSources),
    OfferedVerb("stability", answers.stability, shapes.SteadySources),
    OfferedVerb("lift", lift.lift, shapes.Lifts),
    OfferedVerb("association", lift.association, shapes.Associations),
    OfferedVerb("events", lift.events, shapes.LinkEvents),
    OfferedVerb("authority", authority.authority, shapes.Seeded | shapes.Ranked | shapes.Metrics),
    OfferedVerb("opportunities", opportunities.opportunities, shapes.Offers),
    OfferedVerb(
        "quality",
        quality.quality,
        link_shapes.ReviewQueue | link_shapes.LinkWeeks | link_shapes.LinkFactors | link_shapes.Anchors,
    ),
    OfferedVerb("classify", classes.classify, shapes.Classes),
    OfferedVerb("graph around", graph.around, link_shapes.Nearby),
    OfferedVerb("graph paths", graph.paths, link_shapes.Ways, with_top=True),
    OfferedVerb("graph communities", graph.communities, link_shapes.Communities),
    OfferedVerb("graph rings", graph.rings, link_shapes.Rings),
    OfferedVerb("graph gap", graph.gap, link_shapes.LinkGaps),
    OfferedVerb("prospects list", prospects.list_prospects, shapes.Prospects),
    OfferedVerb("prospects pages", prospects.own_pages, shapes.OwnPages),
    OfferedVerb("work list", work.list_work, shapes.WorkTaken),
    OfferedVerb("funnel", firstparty.funnel, shapes.Funnel),
    OfferedVerb("alerts", alerts.alerts, shapes.WorthAlerts),
    OfferedVerb("links evidence", links.links_evidence, shapes.AnyRows),
    OfferedVerb("links verdicts", looks.verdicts, link_shapes.Verdicts),
    OfferedVerb("links listings", looks.listings, link_shapes.Listings),
    OfferedVerb("links kinds", looks.kinds, shapes.AnyRows),
    OfferedVerb("links alerts", looks.alerts, link_shapes.Alerts),
    OfferedVerb("snapshots", links.snapshots, link_shapes.Snapshots),
    OfferedVerb("runs", run.runs, shapes.RunList),
    OfferedVerb("schedule list", schedule.schedule_list, shapes.Schedules),
    OfferedVerb("event list", schedule.event_list, shapes.NotedEvents),
    OfferedVerb("import list", imports.list_imports, shapes.Imports),
    OfferedVerb("brands suggest", brands.suggest, shapes.Suggestions),
    OfferedVerb("experiment list", experiments.listed, shapes.Experiments),
)
BY_NAME = {each.name: each for each in READINGS}
