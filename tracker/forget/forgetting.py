"""Forget a workspace, a brand, a prompt or a person: rows, names in what stays, the catalog and files; then
everything is searched, and a receipt says what was done without saying the name."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from sqlalchemy import Engine as Database
from sqlalchemy import text
from sqlmodel import Session, col, delete, select

from tracker import archived, audit, computed, exports, leases, store
from tracker.access import people
from tracker.answers import rollups
from tracker.archive import files as places
from tracker.archive import moving
from tracker.catalog import writing
from tracker.catalog.lines import Remove
from tracker.errors import DataError, UsageError
from tracker.forget import rows
from tracker.forget.rows import Swept
from tracker.forget.words import Words
from tracker.models import (
    Ask,
    AskState,
    Brand,
    Domain,
    Engine,
    EnginePace,
    Page,
    Person,
    Prompt,
    Setting,
    SignInFailure,
    Workspace,
)
from tracker.run import spill

What: TypeAlias = Literal["workspace", "brand", "prompt", "person"]
BY_PEOPLE = (
    "auditentry",
    "savedview",
    "opportunitystate",
    "experimententry",
    "experiment",
    "sharelink",
    "event",
    "disavowentry",
    "delivery",
    "notice",
    "schedule",
    "accesstoken",
)
"""Tables where people write. A person's name elsewhere is somebody else's."""
TEXTS = frozenset({".html", ".md", ".csv", ".json", ".jsonl", ".txt", ".log"})


@dataclass(frozen=True)
class Receipt:
    """Whom it was about is proved, to whoever knows the name, by SHA-256 of salt and case-folded name."""

    what: What
    at: datetime
    by: str
    salt: str
    proof: str
    schema: str
    deleted: dict[str, int]
    masked: dict[str, int]
    files: list[str] = field(default_factory=list)
    """Changed or deleted."""
    kept: int = 0
    """Domains and pages that another workspace names too."""
    searched: int = 0
    """Rows that were looked at afterwards, without a trace."""

    def text(self) -> str:
        return json.dumps(asdict(self) | {"at": self.at.isoformat()}, indent=1) + "\n"


def is_of(receipt: dict[str, Any], name: str) -> bool:
    """Whether a receipt is about this name."""
    return bool(receipt["proof"] == _proof(str(receipt["salt"]), name))


def forget(
    database: Database,
    what: What,
    name: str,
    *,
    workspace_id: int | None = None,
    folder: Path | None = None,
    files: Sequence[Path] = (),
    archives: Path | None = None,
    who: str,
    now: datetime,
) -> Receipt:
    """`folder`: the catalog, which is changed with it. `files`: a log, or a folder of reports: of a log the
    lines go that say the name, of reports those that do, in all their formats. `archives`: where archived
    weeks lie; they come back into the tables, and what is left of them is archived anew."""
    _refuse_while_asking(database)
    _refuse_unsaved(database)
    done = Swept()
    opened = [] if what == "person" else _restore(database, archives)
    words, kept = _ACTS[what](database, name, workspace_id, folder, done, who)
    changed = [path for place in files for path in _without(place, words)]
    changed += _archive_anew(database, archives, opened, now)
    salt = secrets.token_hex(8)
    with store.writing(database) as session:
        proof = _proof(salt, name)
        audit.record_change(
            session,
            None if what in {"workspace", "person"} else workspace_id,
            who=audit_name(who, words),
            what=f"{what} forgotten",
            subject=proof[:12],
            before=None,
            after={"rows": done.deleted.total() + done.masked.total()},
            now=now,
        )
    _empty_space(database, done.tables)
    with store.reading(database) as session:
        left = rows.traces(session, words, *_searched(what, workspace_id))
        if left:
            where = ", ".join(f"{table} ({count})" for table, count in sorted(left.items()))
            raise DataError(f"traces are left in {where}", "something wrote meanwhile: forget it again")
        return Receipt(
            what,
            now,
            audit_name(who, words),
            salt,
            proof,
            store.VERSIONS[-1],
            dict(sorted(done.deleted.items())),
            dict(sorted(done.masked.items())),
            [words.masked(str(path)) for path in changed],
            kept,
            rows.count(session),
        )


def audit_name(who: str, words: Words) -> str:
    return str(words.masked(who))


def _proof(salt: str, name: str) -> str:
    return hashlib.sha256(f"{salt}{' '.join(name.split()).casefold()}".encode()).hexdigest()


def _searched(what: What, workspace_id: int | None) -> tuple[int | None, Sequence[str]]:
    if what == "person":
        return None, (*BY_PEOPLE, "person", "signedin", "signinfailure")
    return (None, ("workspace", "auditentry", "person")) if what == "workspace" else (workspace_id, ())


def _refuse_while_asking(database: Database) -> None:
    with store.reading(database) as session:
        moment = leases.now(session)
        held = select(Ask.run_id).where(Ask.state == AskState.CLAIMED, col(Ask.lease_until) > moment).limit(1)
        run = session.exec(held).first()
    if run is not None:
        raise UsageError(f"run {run} is under way", "let it end, or stop it: what it stores would come back")


def _refuse_unsaved(database: Database) -> None:
    with store.reading(database) as session:
        runs = list(session.exec(select(Ask.run_id).distinct()))
    folders = spill.folders_for(database.url)
    if any(spill.left_over(folders, run) for run in runs):
        raise UsageError("there are paid replies in a file", "`citelift reread` stores them; then again")


def _restore(database: Database, archives: Path | None) -> list[tuple[int, date]]:
    """Every archived week: also other workspaces' answers say which names of sites must stay."""
    with store.reading(database) as session:
        key = archived.WEEKS.c
        every = session.connection().execute(select(key.workspace_id, key.week, key.files))
        weeks = [(workspace_id, week) for workspace_id, week, files in every if files]
    for workspace_id, week in weeks:
        moving.restore(database, archives, workspace_id, week)
    return weeks


def _archive_anew(
    database: Database, archives: Path | None, weeks: Sequence[tuple[int, date]], now: datetime
) -> list[Path]:
    """Which folders were written anew or are gone."""
    with store.reading(database) as session:
        answer: Any = rows.named("answer").c
        answers = session.connection().execute(select(answer.workspace_id, answer.week).distinct())
        left = {(workspace_id, week) for workspace_id, week in answers}
        every = set(session.exec(select(Workspace.id)))
    for workspace_id, week in weeks:
        if (workspace_id, week) in left:
            moving.move(database, archives, workspace_id, week, now)
    for each in {workspace_id for workspace_id, _ in weeks} | every:
        moving.sweep(database, archives, each or 0, unfinished=True)
    return [places.place_of(places.required(archives), *each) for each in weeks]


# What goes


def _person(
    database: Database, name: str, _: int | None, __: Path | None, done: Swept, who: str
) -> tuple[Words, int]:
    key = people.key_of(name)
    with store.writing(database) as session, rows.unsealed(session):
        person = people.named(session, name)
        words = Words([person.name if person else name])
        if person is not None:
            rows.delete_where(session, rows.named("person"), rows.named("person").c.key == key, done)
        gone = session.exec(delete(SignInFailure).where(col(SignInFailure.key) == key)).rowcount
        done.deleted["signinfailure"] += gone
        rows.mask(session, words, None, done, only=BY_PEOPLE)
        computed.forget(session)
        if person is None and not done.deleted.total() + done.masked.total():
            raise UsageError(f"nobody is called {name!r}", "`citelift users list` shows who may sign in")
    return words, 0


def _workspace(
    database: Database, name: str, workspace_id: int | None, _: Path | None, done: Swept, who: str
) -> tuple[Words, int]:
    assert workspace_id is not None
    words = Words([name])
    with store.writing(database) as session, rows.unsealed(session):
        domains, pages = rows.web_ids(session, workspace_id)
        redirects = _own_redirects(session, workspace_id)
        engines = session.exec(select(Engine.id).where(Engine.workspace_id == workspace_id)).all()
        paces = [f"engine:{key}" for key in engines] + [f"judge:{workspace_id}"]
        rows.delete_owned(session, workspace_id, done)
        session.exec(delete(EnginePace).where(col(EnginePace.name).in_(paces)))
        marks = [f"rollups {workspace_id}", f"brands:{workspace_id}"]
        session.exec(delete(Setting).where(col(Setting.name).in_(marks)))
        redirect = rows.named("redirect")
        rows.delete_where(session, redirect, redirect.c.id.in_(redirects), done)
        kept = rows.delete_web(session, domains, pages, done)
        for person in session.exec(select(Person)):
            if person.workspaces is not None and name in person.workspaces:
                person.workspaces = [each for each in person.workspaces if each != name]
                session.add(person)
                done.masked["person"] += 1
        session.flush()
        rows.mask(session, words, None, done, only=("auditentry",))
    return words, kept


def _own_redirects(session: Session, workspace_id: int) -> list[int]:
    redirect = rows.named("redirect")
    mine = exports.rows_of(redirect, workspace_id).with_only_columns(redirect.c.id).order_by(None)
    others = session.exec(select(Workspace.id).where(Workspace.id != workspace_id)).all()
    theirs = [
        exports.rows_of(redirect, key or 0).with_only_columns(redirect.c.id).order_by(None) for key in others
    ]
    for each in theirs:
        mine = mine.where(redirect.c.id.not_in(each))
    return list(session.connection().scalars(mine))


def _brand(
    database: Database, name: str, workspace_id: int | None, folder: Path | None, done: Swept, who: str
) -> tuple[Words, int]:
    assert workspace_id is not None
    with store.reading(database) as session:
        brand = session.exec(
            select(Brand).where(Brand.workspace_id == workspace_id, Brand.key == name.casefold())
        ).first()
        if brand is None:
            known = session.exec(select(Brand.name).where(Brand.workspace_id == workspace_id)).all()
            raise UsageError(f"there is no brand {name!r}", f"one of {', '.join(sorted(known))}")
        if brand.own:
            raise UsageError(f"{name} is the own brand", "`citelift forget workspace` forgets all of it")
        spelled = [each if isinstance(each, str) else str(each.get("name", "")) for each in brand.aliases]
        words = Words([brand.name, *spelled, *brand.domains, *brand.owns])
        prompts = session.exec(select(Prompt.text).where(Prompt.workspace_id == workspace_id)).all()
    if naming := [each for each in prompts if words.are_in(each)]:
        raise UsageError(
            f"{len(naming)} prompts name {name}, for example {naming[0]!r}",
            "forget those prompts first: `citelift forget prompt TEXT`",
        )
    _take_out(database, folder, "brands", brand.name, who)
    with store.writing(database) as session, rows.unsealed(session):
        domains = list(session.exec(select(Domain.id).where(col(Domain.name).in_(brand.domains))))
        pages = list(session.exec(select(Page.id).where(col(Page.domain_id).in_(domains))))
        table = rows.named("brand")
        rows.delete_where(session, table, table.c.id == brand.id, done)
        rows.delete_naming(session, workspace_id, domains, pages, done)
        kept = rows.delete_web(session, domains, pages, done)
        rows.mask(session, words, workspace_id, done)
        rollups.rebuild(session, workspace_id)
        computed.forget(session, workspace_id)
    return words, kept


def _prompt(
    database: Database, name: str, workspace_id: int | None, folder: Path | None, done: Swept, who: str
) -> tuple[Words, int]:
    assert workspace_id is not None
    with store.reading(database) as session:
        mine = session.exec(select(Prompt).where(Prompt.workspace_id == workspace_id)).all()
    keys = [each.id for each in mine if each.text.casefold() == name.casefold()]
    if not keys:
        raise UsageError(f"no prompt reads {name!r}", "give its whole text; `citelift prompts list` has them")
    _take_out(database, folder, "prompts", next(each.text for each in mine if each.id == keys[0]), who)
    words = Words([name])
    with store.writing(database) as session, rows.unsealed(session):
        table = rows.named("prompt")
        rows.delete_where(session, table, table.c.id.in_(keys), done)
        rows.mask(session, words, workspace_id, done)
        rollups.rebuild(session, workspace_id)
        computed.forget(session, workspace_id)
    return words, 0


_ACTS: dict[What, Callable[..., tuple[Words, int]]] = {
    "workspace": _workspace,
    "brand": _brand,
    "prompt": _prompt,
    "person": _person,
}


def _take_out(database: Database, folder: Path | None, kind: writing.Kind, name: str, who: str) -> None:
    """Out of the catalog's file, where it stands there."""
    if folder is None or not folder.is_dir():
        return
    by = writing.NAMED_BY[kind]
    places = [
        place
        for place, row in enumerate(writing.listed(folder, kind).rows)
        if str(row.get(by, "")).casefold() == name.casefold()
    ]
    if places:
        with writing.changed(folder, kind, lambda _: [Remove(tuple(places))]):
            pass


# Files


def _without(place: Path, words: Words) -> list[Path]:
    """Which files were changed or deleted."""
    if place.is_file():
        lines = place.read_text("utf-8", "surrogateescape").splitlines(keepends=True)
        kept = [line for line in lines if not words.are_in(line)]
        if len(kept) == len(lines):
            return []
        place.write_text("".join(kept), "utf-8", "surrogateescape")
        return [place]
    named = {
        path.with_suffix("")
        for path in sorted(place.rglob("*"))
        if path.suffix in TEXTS
        if words.are_in(path.name) or words.are_in(path.read_text("utf-8", "replace"))
    }
    gone = [path for path in sorted(place.rglob("*")) if path.is_file() and path.with_suffix("") in named]
    for path in gone:
        path.unlink()
    return gone


def _empty_space(database: Database, tables: Sequence[str]) -> None:
    """What was deleted is still in the file until its space is written anew."""
    autocommit = database.execution_options(isolation_level="AUTOCOMMIT")
    if database.dialect.name == "postgresql":
        with autocommit.connect() as connection:
            for name in tables:
                connection.execute(text(f'vacuum (full, analyze) "{name}"'))
        return
    raw = database.raw_connection()
    try:
        for statement in ("vacuum", "pragma wal_checkpoint(truncate)"):
            raw.cursor().execute(statement)
    finally:
        raw.close()
