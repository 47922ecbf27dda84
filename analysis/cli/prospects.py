"""`citelift prospects …`: sites to ask for a link, as a pipeline that goes out to a spreadsheet and back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.cli.scope import TopOption, kinds_of, reading
from tracker import numbers, spreadsheet
from tracker.cli.opening import opened
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import err, out, plain, print_json, table
from tracker.cli.verbs import ACT, add, add_group
from tracker.cli.workspaces import synced
from tracker.errors import DataError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from analysis.prospects import Ground, ProspectRow
    from tracker.links.prospects import ProspectChange

StageOption = Annotated[
    str | None,
    typer.Option("--stage", help="open, working, contacted, replied, agreed, done or dismissed."),
]
OwnerOption = Annotated[str | None, typer.Option("--owner", help="Who works on it.")]
CampaignOption = Annotated[str | None, typer.Option("--campaign", help="As part of what.")]
CostOption = Annotated[str | None, typer.Option("--cost", help="In US dollars, as 120 or 120.50.")]
ContactOption = Annotated[str | None, typer.Option("--contact", help="Page or address to write to.")]
NoteOption = Annotated[str | None, typer.Option("--note", help="Why.")]
DueOption = Annotated[
    str | None, typer.Option("--due", help="The day it is due, as 2026-06-01; blank: none.")
]
ValueOption = Annotated[
    str | None, typer.Option("--value", help="What a link there is worth to you, in US dollars.")
]
ReasonOption = Annotated[
    str | None, typer.Option("--reason", help='One reason, such as "link gap" or "broken link".')
]
SinceOption = Annotated[
    int, typer.Option("--new-for", min=1, help="Days for which a rival's link counts as new.")
]
SiteArgument = Annotated[str, typer.Argument(help="The site, as example.com or an address on it.")]


def register(app: typer.Typer) -> None:
    group = add_group(app, "prospects", "Sites to ask for a link: reasons, stage, owner, cost.", ACT)
    verbs: dict[str, Callable[..., None]] = {
        "list": list_prospects,
        "add": add_prospect,
        "set": set_prospect,
        "import": import_prospects,
        "export": export_prospects,
        "pages": own_pages,
    }
    for name, verb in verbs.items():
        add(group, verb, name)


def list_prospects(
    where: Where,
    stage: StageOption = None,
    reason: ReasonOption = None,
    owner: OwnerOption = None,
    campaign: CampaignOption = None,
    new_for: SinceOption = 30,
    top: TopOption = 30,
    as_json: JsonOption = False,
) -> None:
    """Sites that link to rivals, are cited, link to dead pages, or lost or owe you a link; best first."""
    rows, kinds = _rows(where, new_for, stage, reason, owner, campaign, top)
    if as_json:
        print_json({"rows": [row.as_json() for row in rows]})
        return
    if not rows:
        err.print("Prospects: nothing to show.")
        return
    columns = ("site", "class", "stage", "owner", "cost", "campaign", "cited in", "why")
    shown = [
        (
            row.source,
            kind,
            row.record.stage,
            row.record.owner,
            numbers.money(row.record.cost_micros) if row.record.cost_micros is not None else "",
            row.record.campaign,
            numbers.count(row.cited_answers),
            "; ".join(map(_why, row.grounds)) or "added by you",
        )
        for row, kind in zip(rows[:top], kinds, strict=True)
    ]
    table("Prospects", columns, shown, right=(4, 6))
    out.print(f"\n{len(rows):,} in all. Pages: --json. All as a table: `citelift prospects export`")


def _why(ground: Ground) -> str:
    more = f" ({ground.detail})" if ground.detail else ""
    count = f", {numbers.counted(ground.of, 'page')}" if ground.of else ""
    return f"{ground.kind}{more}{count}"


def _rows(
    where: Where,
    new_for: int,
    stage: str | None,
    reason: str | None,
    owner: str | None,
    campaign: str | None,
    top: int,
) -> tuple[list[ProspectRow], list[str]]:
    """The rows that were asked for, and the classes of the first `top`."""
    from analysis import prospects as p
    from tracker.links.prospects import stage_named

    if reason is not None and reason not in p.KINDS:
        raise UsageError(f"there is no reason {reason!r}", f"one of {', '.join(p.KINDS)}")
    wanted = stage_named(stage) if stage is not None else None
    since = (datetime.now(UTC) - timedelta(days=new_for)).timestamp()
    with reading(where) as asked:
        rows = [
            row
            for row in p.prospects(asked.database, asked.world, since=since)
            if (wanted is None or row.record.stage == wanted)
            and (reason is None or any(g.kind == reason for g in row.grounds))
            and (owner is None or row.record.owner.casefold() == owner.casefold())
            and (campaign is None or row.record.campaign.casefold() == campaign.casefold())
        ]
        return rows, kinds_of(asked, [row.source for row in rows[:top]])


@contextmanager
def _workspace(where: Where) -> Iterator[tuple[Database, int]]:
    settings = where.settings()
    with opened(settings) as db:
        yield db, synced(db, settings, need="brands")[0]


def add_prospect(
    where: Where,
    site: SiteArgument,
    stage: StageOption = None,
    owner: OwnerOption = None,
    cost: CostOption = None,
    campaign: CampaignOption = None,
    contact: ContactOption = None,
    note: NoteOption = None,
    due: DueOption = None,
    value: ValueOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a site into the pipeline that no reason has brought there."""
    from tracker.links.prospects import ProspectChange

    what = ProspectChange(stage or "open", owner, campaign, contact, note, cost, due, value)
    _write(where, site, what, as_json, must_be_new=True)


def set_prospect(
    where: Where,
    site: SiteArgument,
    stage: StageOption = None,
    owner: OwnerOption = None,
    cost: CostOption = None,
    campaign: CampaignOption = None,
    contact: ContactOption = None,
    note: NoteOption = None,
    due: DueOption = None,
    value: ValueOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down how far you are with a site; what is not named stays. The same record as `opportunities`."""
    from tracker.links.prospects import ProspectChange

    what = ProspectChange(stage, owner, campaign, contact, note, cost, due, value)
    if not what:
        raise UsageError(
            "nothing to write down",
            "give --stage, --owner, --due, --value, --cost, --campaign, --contact or --note",
        )
    _write(where, site, what, as_json, must_be_new=False)


def _write(where: Where, site: str, what: ProspectChange, as_json: bool, *, must_be_new: bool) -> None:
    from tracker import audit, store
    from tracker.links import prospects as records
    from tracker.links import won

    with _workspace(where) as (db, key), store.writing(db) as session:
        name = records.site_of(site)
        if must_be_new and name in records.prospects(session, key):
            raise UsageError(
                f"{name} is in the pipeline already", f"change it: citelift prospects set {name} …"
            )
        done = won.written(session, key, name, what, now=datetime.now(UTC), who=audit.terminal_user())
    if as_json:
        print_json(done.as_json())
        return
    due = f", due {done.due}" if done.due else ""
    out.print(f"{plain(done.domain)}: {plain(done.stage)}{due}")
    if done.won_at:
        out.print(plain(won.Won(done.domain, done.won_at).in_words()))


def import_prospects(
    where: Where,
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV, TSV or workbook with a column `domain`: an export of ours, or of BuzzStream's."
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Take a table of sites into the pipeline. A blank cell leaves what is known."""
    from tracker import audit, store
    from tracker.links import prospects as records
    from tracker.links import won

    with _workspace(where) as (db, key), store.writing(db) as session:
        now, who = datetime.now(UTC), audit.terminal_user()
        made = records.import_file(session, key, file, now=now, who=who)
        won.settle(session, key, now=now, who=who)
    if as_json:
        print_json(made.as_json())
    else:
        out.print(
            f"{made.read:,} read: {made.stored:,} stored, {made.already:,} already there, "
            f"{len(made.rejects):,} rejected."
        )
        for reject in made.rejects[:20]:
            err.print(f"  line {reject.line}: {plain(reject.reason)}   {plain(reject.fragment)}")
    raise typer.Exit(3 if made.rejects else 0)


def export_prospects(
    where: Where,
    output: Annotated[
        Path | None, typer.Option("--output", help="Write the file here; without it to standard output.")
    ] = None,
    stage: StageOption = None,
    reason: ReasonOption = None,
    owner: OwnerOption = None,
    campaign: CampaignOption = None,
    new_for: SinceOption = 30,
) -> None:
    """The pipeline as CSV: fill in stage, owner, cost and the rest, and `prospects import` takes it back."""
    from analysis.prospects import CSV_HEADS, csv_cells

    rows, _ = _rows(where, new_for, stage, reason, owner, campaign, 0)
    text = spreadsheet.text(CSV_HEADS, map(csv_cells, rows))
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, spreadsheet.ENCODING, newline="")
    except OSError as error:
        fix = "give a file in a folder you may write to"
        raise DataError(f"cannot write {output}: {error.strerror}", fix) from None
    err.print(f"{len(rows):,} prospects written to {plain(output)}.")


def own_pages(
    where: Where,
    dead: Annotated[bool, typer.Option("--dead", help="Only pages that are gone.")] = False,
    top: TopOption = 30,
    as_json: JsonOption = False,
) -> None:
    """Your pages that others link to: those that are gone first (redirect them), then the best linked."""
    from analysis.prospects import linked_pages

    with reading(where) as asked:
        rows = [row for row in linked_pages(asked.database, asked.world) if row.dead or not dead]
    if as_json:
        print_json({"rows": [row.as_json() for row in rows]})
        return
    if not rows:
        err.print("Own pages: nothing to show.")
        return
    shown = [
        (
            row.url,
            row.domains,
            row.links,
            f"gone: {row.dead.because}, {row.dead.said_by}, {row.dead.on}" if row.dead else "",
        )
        for row in rows[:top]
    ]
    table("Your pages that others link to", ("page", "domains", "links", "state"), shown, right=(1, 2))
    if len(rows) > top:
        out.print(f"{len(rows):,} in all: --json has them.")
