"""`citelift classify`: what kind of site every cited domain is, and what was decided about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.cli.decisions import decided
from analysis.cli.scope import Selection, TopOption, print_rows, reading
from tracker.cli.options import JsonOption, Where
from tracker.cli.verbs import ACT, add

if TYPE_CHECKING:
    import pandas as pd

    from analysis.classes.classify import Label
    from analysis.cli.scope import Asked


def register(app: typer.Typer) -> None:
    add(app, classify, group=ACT)


def classify(
    where: Where,
    which: Selection,
    set_kind: Annotated[
        str | None, typer.Option("--set", help="Decide yourself, as example.com=editorial.")
    ] = None,
    classes: Annotated[
        Path | None, typer.Option("--classes", help="Your own domains.csv and rules.yaml.")
    ] = None,
    pages: Annotated[
        bool, typer.Option("--pages", help="Classify the cited pages, not the domains.")
    ] = False,
    top: TopOption = 30,
    as_json: JsonOption = False,
) -> None:
    """What kind of site every cited domain is, with the evidence."""
    from analysis import frames
    from analysis.classes.classify import decide

    if set_kind is not None:
        decided(where, set_kind, decide, as_json=as_json)
        return
    with reading(where, which) as asked:
        cited = frames.sources(asked.database, asked.world, asked.scope).head(400 if as_json else top)
        names, folder = [str(name) for name in cited["domain"]], classes or asked.classes
        rows = _pages_classed(asked, names, folder) if pages else _domains_classed(asked, cited, folder)
    if pages:
        shown = rows if as_json else rows[:top]
        print_rows("Classes of cited pages", ("page", "class", "evidence", "answers"), shown, as_json)
        return
    columns = ("domain", "class", "basis", "evidence", "answers")
    print_rows("Classes of cited domains", columns, rows, as_json)


def _pages_classed(asked: Asked, names: list[str], folder: Path | None) -> list[dict[str, Any]]:
    from analysis import frames
    from analysis.classes.classify import Classifier
    from tracker import domains

    classifier = Classifier.stored(asked.database, asked.world, folder=folder)
    ids = [domains.domain_id(name) for name in names]
    return [
        {"page": r["url"], **_classed(classifier.page(r["url"], r["title"])), "answers": int(r["answers"])}
        for r in frames.pages_of(asked.database, asked.world, asked.scope, ids).to_dict("records")
    ]


def _domains_classed(asked: Asked, cited: pd.DataFrame, folder: Path | None) -> list[dict[str, Any]]:
    from analysis.classes.classify import labels

    by_name = labels(asked.database, asked.world, cited["domain"].tolist(), folder=folder)
    return [
        {"domain": r["domain"], **_classed(by_name[r["domain"]]), "answers": int(r["answers"])}
        for r in cited.to_dict("records")
    ]


def _classed(label: Label) -> dict[str, str]:
    return {"class": label.kind, "basis": label.basis, "evidence": label.evidence}
