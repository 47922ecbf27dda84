"""`citelift forget`: nothing is left of a workspace, a brand, a prompt or a person, and a receipt says so."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import opened
from tracker.cli.options import DatabaseOption, JsonOption, Where, settings_from
from tracker.cli.printing import err, out, plain, print_json
from tracker.cli.verbs import SET_UP, add, add_group
from tracker.cli.workspaces import workspace_of
from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.forget.forgetting import What
    from tracker.settings import Settings

YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask: it cannot be undone.")]
FilesOption = Annotated[
    list[Path] | None,
    typer.Option("--files", help="A folder of reports, or another log, to be cleared too; may be repeated."),
]
ReceiptOption = Annotated[Path | None, typer.Option("--receipt", help="A file for the receipt.")]


def register(app: typer.Typer) -> None:
    forget = add_group(app, "forget", "Leave nothing behind of somebody or something, for good.", SET_UP)
    add(forget, forget_workspace, "workspace")
    add(forget, forget_brand, "brand")
    add(forget, forget_prompt, "prompt")
    add(forget, forget_person, "person")


def forget_workspace(
    name: Annotated[str, typer.Argument(help="The workspace, by its whole name.")],
    database: DatabaseOption = None,
    files: FilesOption = None,
    receipt: ReceiptOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Forget all of a workspace: its answers, links, people's work, and the names of sites only it knew. Its
    catalog is a folder of yours: delete that yourself."""
    settings = settings_from(None, database, name)
    _forget("workspace", name, settings, files, receipt, yes, as_json)


def forget_brand(
    where: Where,
    name: Annotated[str, typer.Argument(help="A rival, as brands.yaml calls it.")],
    files: FilesOption = None,
    receipt: ReceiptOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Forget a rival: what was counted of it goes, its domains and the links of them too, and its names are
    masked in every stored text and reply. Others' numbers are computed anew."""
    _forget("brand", name, where.settings(), files, receipt, yes, as_json)


def forget_prompt(
    where: Where,
    name: Annotated[str, typer.Argument(metavar="TEXT", help="The whole text of the prompt.")],
    files: FilesOption = None,
    receipt: ReceiptOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Forget a prompt with everything that was asked and answered for it."""
    _forget("prompt", name, where.settings(), files, receipt, yes, as_json)


def forget_person(
    name: Annotated[str, typer.Argument(help="As they sign in, or as the audit log calls them.")],
    database: DatabaseOption = None,
    files: FilesOption = None,
    receipt: ReceiptOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Forget a person: they may sign in no more, and their name is masked where people write."""
    _forget("person", name, settings_from(None, database), files, receipt, yes, as_json)


def _forget(
    what: What,
    name: str,
    settings: Settings,
    files: list[Path] | None,
    receipt: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    from tracker import audit, store
    from tracker.archive.files import folder_for
    from tracker.forget import forgetting

    if not yes and not (
        sys.stdin.isatty() and typer.confirm(f"Forget {what} {name}? It cannot be undone.", err=True)
    ):
        raise UsageError("nothing was forgotten", "`--yes` does it without asking; `citelift backup` before")
    places = [*(files or ()), *([settings.log] if settings.log and settings.log.is_file() else [])]
    with opened(settings) as db:
        key = None
        if what != "person":
            with store.reading(db) as session:
                key = workspace_of(session, settings)
        done = forgetting.forget(
            db,
            what,
            name,
            workspace_id=key,
            folder=settings.catalog if what in {"brand", "prompt"} else None,
            files=places,
            archives=folder_for(settings.database_url, settings.archive),
            who=audit.terminal_user(),
            now=datetime.now(UTC),
        )
    if receipt is not None:
        receipt.write_text(done.text(), "utf-8")
    if as_json:
        print_json(asdict(done) | {"at": done.at.isoformat()})
        return
    gone, masked = sum(done.deleted.values()), sum(done.masked.values())
    out.print(
        f"Forgotten: {gone:,} rows deleted, {masked:,} masked, {len(done.files):,} files. "
        f"{done.searched:,} rows were searched: no trace."
    )
    if done.kept:
        err.print(f"{done.kept:,} domains and pages stay: another workspace names them too.")
    err.print("Backups and exports that were made before still hold it: delete those that you keep.")
    if receipt is None:
        out.print(plain(done.text()), highlight=False)
