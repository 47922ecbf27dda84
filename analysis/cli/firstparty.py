"""The verb of first-party numbers beside the sample. Prints, computes nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from analysis.cli.scope import Selection, reading
from tracker import numbers
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import out, print_json, table
from tracker.cli.verbs import READ, add

MOST = 30


def register(app: typer.Typer) -> None:
    add(app, funnel, group=READ)


def funnel(
    where: Where,
    which: Selection,
    limit: Annotated[int, typer.Option(min=1, help="Pages to list.")] = MOST,
    as_json: JsonOption = False,
) -> None:
    """Own pages from crawled to cited, named and visited, and visits' shares beside the sampled ones."""
    from analysis import firstparty

    with reading(where, which) as asked:
        days = (asked.scope.first, asked.scope.last)
        pages = firstparty.funnels(asked.database, asked.world, *days)
        gaps = firstparty.gaps(asked.database, asked.world, *days)
    if as_json:
        print_json({"pages": [asdict(each) for each in pages], "assistants": [asdict(each) for each in gaps]})
        return
    if not any(each.crawled or each.fetched or each.visited or each.forged for each in pages):
        out.print("Nothing of your own site is counted yet: citelift import log access.log.gz")
        return
    shown = [
        (
            p.url,
            p.crawled,
            p.fetched,
            p.cited,
            p.named,
            p.visited,
            p.forged,
            numbers.day(p.first.get("visited")),
        )
        for p in pages[:limit]
    ]
    names = ("page", "crawled", "fetched", "cited", "named", "visited", "forged", "first visit")
    table(
        "Own pages; cited and named are sampled answers, the rest is all that came",
        names,
        shown,
        right=range(1, 7),
    )
    if gaps:
        out.print()
        rows = [
            (
                each.assistant,
                f"{each.visits:,} of {each.of_visits:,}",
                f"{each.cited:,} of {each.of_cited:,}" if each.of_cited else numbers.UNKNOWN,
                numbers.points(each.gap),
                numbers.points_range(each.low, each.high),
            )
            for each in gaps
        ]
        heads = ("assistant", "of visits", "of sampled citations", "gap", numbers.LEVEL)
        table("Shares of what assistants sent, beside the sample", heads, rows)
