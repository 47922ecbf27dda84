"""Prospects: what people decided about a site that could link to them, one record a site.

The record is the decision on an opportunity (`OpportunityState`): its *stage* is a step of the pipeline, and
the coarser *state* that opportunities show follows from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, get_args

from sqlmodel import Session, col, select

from tracker import audit, domains, spreadsheet, store
from tracker.errors import BadUrl, DataError, UsageError
from tracker.files import content, encodings, tables
from tracker.files.records import Reject, fragment
from tracker.files.unpack import parts_of
from tracker.models import Domain, OpportunityState
from tracker.shipped import words_of

Stage = Literal["open", "working", "contacted", "replied", "agreed", "done", "dismissed"]
STAGES: tuple[str, ...] = get_args(Stage)
State = Literal["open", "working", "done", "dismissed"]
STATES: tuple[str, ...] = get_args(State)
SOURCE = "source"
"""Decisions belong to the site: they survive when the reasons for it change."""
FIELDS = ("owner", "campaign", "contact", "note")
HEADS = (
    "domain",
    "stage",
    "owner",
    "cost_usd",
    "campaign",
    "contact",
    "note",
    "due",
    "value_usd",
    "changed_at",
)
CHANGED = "work changed"
"""What the audit log calls a change of a record."""
_LONGEST = 2_000
_MOST_MICROS = 10**15
_WORDS: Mapping[str, Any] = words_of("tracker.links", "prospect_words.yaml")


def state_of(stage: str) -> State:
    """What opportunities call a stage."""
    if stage in STATES:
        return stage  # type: ignore[return-value]
    return "working"


@dataclass(frozen=True, slots=True)
class Prospect:
    domain: str
    stage: str = "open"
    owner: str = ""
    campaign: str = ""
    contact: str = ""
    note: str = ""
    cost_micros: int | None = None
    due: date | None = None
    value_micros: int | None = None
    """What a link there is worth, as people judge it."""
    started_at: datetime | None = None
    won_at: datetime | None = None
    """When the link that was worked for began, once an import or a look had it (`tracker.links.won`)."""
    changed_at: datetime | None = None

    @property
    def state(self) -> State:
        return state_of(self.stage)

    def cells(self) -> tuple[object, ...]:
        """As `HEADS` names them; where nobody decided anything, only the site."""
        at = self.changed_at.isoformat() if self.changed_at else ""
        return (
            self.domain,
            self.stage if self.changed_at else "",
            self.owner,
            dollars(self.cost_micros),
            self.campaign,
            self.contact,
            self.note,
            self.due.isoformat() if self.due else "",
            dollars(self.value_micros),
            at,
        )

    def as_json(self) -> dict[str, object]:
        cells = dict(zip(HEADS, (each or None for each in self.cells()), strict=True))
        moments = {"started_at": self.started_at, "won_at": self.won_at}
        dated = {name: at.isoformat() if at else None for name, at in moments.items()}
        return cells | {"stage": self.stage, "state": self.state} | dated

    def as_said(self) -> dict[str, object]:
        """What people said, as the audit log has it: without what nobody said."""
        named = zip(HEADS[1:-1], self.cells()[1:-1], strict=True)
        return {name: value for name, value in named if value}


def dollars(micros: int | None) -> str:
    """As `micros` reads it back, without the digits that say nothing."""
    if micros is None:
        return ""
    text = f"{Decimal(micros) / 1_000_000:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def micros(text: str) -> int | None:
    """A cost in US dollars: `120`, `120.50`, `$1,200`; blank is unknown.

    Raises `UsageError` where it is no amount, or a negative one.
    """
    bare = text.strip().removeprefix("$").removeprefix("US$").strip().replace(",", "")
    if not bare:
        return None
    try:
        amount = Decimal(bare)
        whole = int(amount * 1_000_000) if amount.is_finite() else -1
    except (InvalidOperation, OverflowError):
        whole = -1
    if not 0 <= whole <= _MOST_MICROS:
        raise UsageError(f"{text[:60]!r} is no cost in US dollars", "write it as 120 or 120.50")
    return whole


def prospects(session: Session, workspace_id: int) -> dict[str, Prospect]:
    """What is decided, by the site's name."""
    o = OpportunityState
    rows = session.execute(
        select(Domain.name, o)
        .join(o, col(o.domain_id) == col(Domain.id))
        .where(col(o.workspace_id) == workspace_id, col(o.kind) == SOURCE)
        .order_by(Domain.name)
    )
    return {name: _prospect(name, row) for name, row in rows}


def _prospect(name: str, row: OpportunityState) -> Prospect:
    return Prospect(
        domain=name,
        stage=row.state,
        owner=row.owner,
        campaign=row.campaign,
        contact=row.contact,
        note=row.note,
        cost_micros=row.cost_micros,
        due=row.due,
        value_micros=row.value_micros,
        started_at=row.started_at,
        won_at=row.won_at,
        changed_at=row.changed_at,
    )


@dataclass(frozen=True)
class ProspectChange:
    """What to write down; None leaves what is there."""

    stage: str | None = None
    owner: str | None = None
    campaign: str | None = None
    contact: str | None = None
    note: str | None = None
    cost: str | None = None
    """In US dollars; a blank one takes the cost away."""
    due: str | None = None
    """As 2026-06-01; a blank one takes the day away."""
    value: str | None = None
    """In US dollars, like the cost."""

    def __bool__(self) -> bool:
        return any(getattr(self, name) is not None for name in ("stage", "cost", "due", "value", *FIELDS))


def change(
    session: Session, workspace_id: int, site: str, what: ProspectChange, *, now: datetime, who: str = ""
) -> Prospect:
    """Write down what people decided about a site; where nothing was decided yet, it begins as `open`."""
    name = site_of(site)
    known = prospects(session, workspace_id)
    wanted = {name: _changed(known.get(name, Prospect(name)), what)}
    return _write(session, workspace_id, wanted, known, now, who)[0]


def site_of(text: str) -> str:
    """The registrable domain that a name, or an address on it, belongs to."""
    try:
        return domains.named(text.strip()).domain
    except BadUrl:
        raise UsageError(f"{text[:100]!r} is no domain", "write it as example.com") from None


def _changed(known: Prospect, what: ProspectChange) -> Prospect:
    said = {name: one_line(value) for name in FIELDS if (value := getattr(what, name)) is not None}
    cost: dict[str, Any] = {} if what.cost is None else {"cost_micros": micros(what.cost)}
    cost |= {} if what.value is None else {"value_micros": micros(what.value)}
    cost |= {} if what.due is None else {"due": day_of(what.due)}
    stage = {} if what.stage is None else {"stage": stage_named(what.stage)}
    return replace(known, **said, **cost, **stage)  # type: ignore[arg-type]


def day_of(text: str) -> date | None:
    """The day until which something is to be done; blank is none."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{text[:60]!r} is no day", "write it as 2026-06-01") from None


def one_line(text: str) -> str:
    """Without what hides, reorders or breaks lines."""
    return " ".join(spreadsheet.INVISIBLE.sub("", text).split())[:_LONGEST]


def stage_named(text: str) -> Stage:
    """A stage by its own word, or by the word that another tool has for it."""
    word = " ".join(text.casefold().replace("_", " ").replace("-", " ").split())
    for stage in get_args(Stage):
        if stage in (word, _WORDS["stages"].get(word)):
            return stage  # type: ignore[no-any-return]
    raise UsageError(f"there is no stage {text[:60]!r}", f"one of {', '.join(STAGES)}")


def _write(
    session: Session,
    workspace_id: int,
    wanted: Mapping[str, Prospect],
    known: Mapping[str, Prospect],
    now: datetime,
    who: str,
) -> list[Prospect]:
    found = [
        replace(each, changed_at=now, started_at=each.started_at or (now if is_taken_up(each) else None))
        for each in wanted.values()
    ]
    ids = {each.domain: domains.domain_id(each.domain) for each in found}
    rows = [
        {
            "workspace_id": workspace_id,
            "kind": SOURCE,
            "domain_id": ids[each.domain],
            "state": each.stage,
            "changed_at": now,
        }
        | {name: getattr(each, name) for name in (*FIELDS, *_KEPT)}
        for each in found
    ]
    store.bulk_insert(session, Domain, [{"id": key, "name": name} for name, key in ids.items()], ignore=True)
    store.upsert(session, OpportunityState, rows, key=["workspace_id", "kind", "domain_id"])
    for each in found:
        before = known.get(each.domain)
        audit.record_change(
            session,
            workspace_id,
            who=who,
            what=CHANGED,
            subject=each.domain,
            before=before.as_said() if before else None,
            after=each.as_said() or {"stage": each.stage},
            now=now,
        )
    return found


_KEPT = ("cost_micros", "value_micros", "due", "started_at", "won_at")


def is_taken_up(record: Prospect) -> bool:
    """Whether somebody works on it, or did."""
    return record.stage not in ("open", "dismissed")


def won(
    session: Session, workspace_id: int, record: Prospect, at: datetime, *, now: datetime, who: str
) -> Prospect:
    """The link that was worked for is there: the record is done, whatever stage it had."""
    done = replace(record, stage="done", won_at=at)
    return _write(session, workspace_id, {record.domain: done}, {record.domain: record}, now, who)[0]


# --- files --------------------------------------------------------------------------------------------------


@dataclass
class ProspectImport:
    """What came of a file of prospects."""

    stored: int = 0
    already: int = 0
    """Said nothing that was not known."""
    rejects: list[Reject] = field(default_factory=list)

    @property
    def read(self) -> int:
        return self.stored + self.already + len(self.rejects)

    def as_json(self) -> dict[str, object]:
        return {
            "read": self.read,
            "stored": self.stored,
            "already_there": self.already,
            "rejected": len(self.rejects),
            "rejects": [each.as_json() for each in self.rejects],
        }


def import_file(
    session: Session, workspace_id: int, path: Path, *, now: datetime, who: str = ""
) -> ProspectImport:
    """Prospects from a table: this program's own export, or one of an outreach tool.

    A column that the file lacks leaves what is known; so does a blank cell. Later rows about a site win. A
    row whose every column but the site is blank says nothing; a file that only lists sites adds them.
    """
    made = ProspectImport()
    known = prospects(session, workspace_id)
    wanted: dict[str, Prospect] = {}
    with parts_of(path) as parts:
        for part in parts:
            for row in _rows(part.path, part.name):
                if isinstance(row, Reject):
                    made.rejects.append(row)
                    continue
                _take(row, known, wanted, made)
    _write(session, workspace_id, wanted, known, now, who)
    return made


@dataclass(frozen=True, slots=True)
class _Said:
    """A row of a file: the site as it is written there, and what is said of it."""

    site: str
    what: ProspectChange
    only_sites: bool
    line: int
    text: str


def _take(
    row: _Said, known: Mapping[str, Prospect], wanted: dict[str, Prospect], made: ProspectImport
) -> None:
    try:
        site = site_of(row.site)
        before = wanted.get(site) or known.get(site)
        after = _changed(before or Prospect(site), row.what)
    except UsageError as error:
        made.rejects.append(Reject(row.line, f"{error.problem}: {error.hint}", fragment(row.text)))
        return
    if after == before or not (row.what or row.only_sites):
        made.already += 1
    else:
        wanted[site] = after
        made.stored += 1


def _rows(path: Path, name: str) -> Iterator[_Said | Reject]:
    head = content.head_of(path)
    codec = encodings.encoding_of(head)
    table, header = _table(encodings.decode_head(head, codec), codec, name)
    for batch in tables.batches(path, table):
        yield from batch.rejects
        for line, cells in zip(batch.lines, batch.rows, strict=True):
            said = {key: spreadsheet.plain(cells[at]) for key, at in header.items()}
            if any(said.values()):
                what = ProspectChange(
                    **{key: value for key, value in said.items() if value and key != "domain"}
                )
                yield _Said(said["domain"], what, len(header) == 1, line, " | ".join(cells))


def _table(text: str, codec: encodings.Encoding, name: str) -> tuple[tables.Table, dict[str, int]]:
    """How the rows lie in the file, and the column of each of our fields."""
    for delimiter in (",", "\t", ";", "|"):
        records = tables.split_sample(text, delimiter, 20)
        for n, (_, cells) in enumerate(records):
            header = _columns(cells)
            if "domain" in header and (len(header) > 1 or len(cells) == 1):
                first = records[n + 1][0] if n + 1 < len(records) else text.count("\n") + 2
                return tables.Table(codec, delimiter, len(cells), first), header
    raise DataError(
        f"{name} has no column that names sites",
        f"give one the head `domain`; the others are {', '.join(HEADS[1:-1])}",
    )


def _columns(cells: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, cell in enumerate(cells):
        word = " ".join(cell.strip(" \ufeff").casefold().replace("_", " ").split())
        for key, words in _WORDS["columns"].items():
            if word in words:
                found.setdefault(key, at)
    return found
