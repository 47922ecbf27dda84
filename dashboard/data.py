"""What the pages show, read and computed once per change of the database. The only caller of store and analysis.

Every cached function takes a `Place`, whose `mark` changes when the database does: a new answer, import, run or
event makes everything be computed afresh, and nothing else does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import pandas as pd
import streamlit as st
from sqlalchemy import Engine as Database
from sqlalchemy import func, make_url
from sqlalchemy import select as typed_select
from sqlmodel import Session, col

from analysis import frames, moments
from analysis import visibility as v
from analysis.changes import Change, Pair, compare_brands, compare_weeks
from analysis.classes.classify import own_folder
from analysis.frames import Judge, Outcome, Scope, World
from analysis.moments import Moment
from analysis.stability import Stability, source_stability
from analysis.visibility import Compared, Row
from tracker import settings, store
from tracker.engines.simulated import is_sandbox
from tracker.models import (
    Agreement,
    Answer,
    AuthorityList,
    Backlink,
    Citation,
    DomainClass,
    Event,
    Judgement,
    Ledger,
    LinkImport,
    Mention,
    OpportunityState,
    PageCheck,
    Run,
    Schedule,
    Setting,
    Workspace,
)
from tracker.models import Engine as AskedEngine

if TYPE_CHECKING:
    from analysis.association.association import Association
    from analysis.events import EventTable
    from analysis.judged.agreement import Measured
    from analysis.lift.estimate import LiftTable
    from analysis.opportunities import Opportunity
    from analysis.quality import AnchorShare, LinkWeek

MARKED = (Answer, Citation, Mention, Backlink, LinkImport, AuthorityList, Event, Run, PageCheck)

Pooling = Literal["family", "kind", "source"]

select: Any = typed_select
"""SQLAlchemy's overloads know nothing of SQLModel's columns."""


@dataclass(frozen=True)
class Place:
    """A workspace of a database at one state of its contents: the key of everything cached."""

    url: str
    file: int
    workspace: int
    mark: str
    classes: Path | None
    """The catalog's own lists and rules of classes."""


def _file(url: str) -> int:
    """The file's inode: a demo that is made anew is another database under the same name."""
    address = make_url(url)
    path = Path(address.database or "")
    if address.get_backend_name() != "sqlite" or not path.is_file():
        return 0
    return path.stat().st_ino


@st.cache_resource(show_spinner=False, max_entries=4)
def _opened(url: str, file: int) -> Database:
    return store.open_database(url, read_only=True)


def database(place: Place) -> Database:
    return _opened(place.url, place.file)


@dataclass(frozen=True)
class Choice:
    """The workspaces there are, and the one this process was started for (None: the reader may choose)."""

    names: tuple[str, ...]
    fixed: str | None


def workspaces() -> Choice:
    given = settings.load()
    db = _opened(given.database_url, _file(given.database_url))
    with store.reading(db) as session:
        names = tuple(session.scalars(select(Workspace.name).order_by(Workspace.name)))
    return Choice(names, given.workspace)


def place(name: str | None) -> Place:
    """The workspace of this name as it is now."""
    given = settings.load()
    url, classes = given.database_url, own_folder(given.catalog)
    file = _file(url)
    db = _opened(url, file)
    world = frames.world(db, name)
    with store.reading(db) as session:
        return Place(url, file, world.id, _mark(session, world.id, classes), classes)


def _mark(session: Session, workspace: int, classes: Path | None) -> str:
    newest = [session.scalar(select(func.max(col(t.id)))) for t in MARKED]  # type: ignore[attr-defined]
    money = session.execute(
        select(func.sum(Ledger.spent_micros + Ledger.reserved_micros), func.count()).select_from(Ledger)
    ).one()
    runs = session.execute(select(Run.state, func.count()).group_by(Run.state).order_by(Run.state)).all()
    kept = session.execute(select(Setting.name, Setting.value).order_by(Setting.name)).all()
    decided = [
        session.scalar(select(func.max(moment)))
        for moment in (OpportunityState.changed_at, Judgement.asked_at, Agreement.measured_at)
    ]
    noted = session.scalar(select(func.count()).select_from(Event))
    sorted_out = select(DomainClass.domain_id, DomainClass.kind).where(DomainClass.workspace_id == workspace)
    by_hand = session.execute(sorted_out.order_by(DomainClass.domain_id)).all()
    edited = sorted((path.name, path.stat().st_mtime_ns) for path in classes.iterdir()) if classes else []
    whole = repr((workspace, newest, tuple(money), runs, kept, decided, noted, by_hand, edited))
    return hashlib.blake2b(whole.encode(), digest_size=12).hexdigest()


@st.cache_data(show_spinner=False, max_entries=64)
def world(place: Place) -> World:
    found = frames.world(database(place), place.workspace)
    _ = found.branded
    return found


@st.cache_data(show_spinner=False, max_entries=64)
def weeks(place: Place) -> list[date]:
    return frames.weeks(database(place), world(place))


def window(place: Place, last: int | None) -> tuple[date | None, date | None]:
    """First and last Monday of the newest `last` weeks; all of them where it is None."""
    known = weeks(place)
    if not known:
        return None, None
    first = known[0] if last is None else max(known[0], known[-1] - timedelta(weeks=last - 1))
    return first, known[-1]


@st.cache_data(show_spinner=False, max_entries=256)
def visibility(place: Place, scope: Scope, by: tuple[str, ...] = ()) -> list[Row]:
    """Mention rate, citation rate and share of voice of every brand."""
    return v.table(database(place), world(place), scope, by, measures=get_args(Compared))


@st.cache_data(show_spinner=False, max_entries=256)
def changes(place: Place, scope: Scope) -> list[Change]:
    """The two newest weeks of the workspace, within the scope's engine, topic and country."""
    return compare_weeks(database(place), world(place), scope)


@st.cache_data(show_spinner=False, max_entries=64)
def excluded(place: Place, scope: Scope) -> pd.DataFrame:
    return frames.excluded(database(place), world(place), scope)


@st.cache_data(show_spinner=False, max_entries=64)
def differences(place: Place, scope: Scope, measure: Compared) -> list[tuple[str, Pair]]:
    """The own brand minus each rival, on the very same answers."""
    here = world(place)
    if here.own is None or not visibility(place, scope):
        return []
    rivals = [brand.name for brand in here.brands if not brand.own]
    db, own = database(place), here.own.name
    return [(name, compare_brands(db, here, name, own, scope, measure)) for name in rivals]


@st.cache_data(show_spinner=False, max_entries=64)
def marked_moments(place: Place) -> list[Moment]:
    """What every chart over time marks."""
    return moments.moments(database(place), world(place))


@st.cache_data(show_spinner=False, max_entries=64)
def happened(place: Place) -> pd.DataFrame:
    """The log, newest first: `at` (date), `kind` ("gained link", "lost link", or of an event), `title`, `brand` (None: all)."""
    noted = [(m.at, m.kind, m.title, None) for m in marked_moments(place)]
    marked = pd.DataFrame(noted, columns=["at", "kind", "title", "brand"])
    if not has_links(place):
        return marked.iloc[::-1]
    per_source = links(place).groupby(["source", "brand"], sort=False)
    ends = per_source.agg(
        first=("first", "min"), last=("lost", "max"), gone=("lost", lambda days: days.notna().all())
    )
    ends = ends.reset_index()
    parts = [marked]
    for kind, at, part in (
        ("gained link", "first", ends),
        ("lost link", "last", ends[ends["gone"].astype(bool)]),
    ):
        known = part[part[at].notna()]
        parts.append(
            pd.DataFrame(
                {"at": known[at].dt.date, "kind": kind, "title": known["source"], "brand": known["brand"]}
            )
        )
    found = pd.concat([part for part in parts if len(part)] or [marked], ignore_index=True)
    return found.sort_values("at", ascending=False, kind="stable")


@st.cache_data(show_spinner=False, max_entries=64)
def event_study(place: Place, scope: Scope, outcome: Outcome, pooling: Pooling) -> EventTable | None:
    """Before and after first links; None where no source links to a brand or nothing was answered."""
    from analysis import events
    from analysis.classes.families import families

    db, here = database(place), world(place)
    named = (
        (lambda names: kinds(place, names)) if pooling == "kind" else families(db, here, folder=place.classes)
    )
    found = frames.histories(db, here, scope, outcome=outcome, families=named)
    if not found.sources or not found.answers.size:
        return None
    return events.study(found, by="source" if pooling == "source" else "family")


@st.cache_data(show_spinner=False, max_entries=64)
def lift(place: Place, scope: Scope, brand: str | None = None) -> LiftTable:
    """The within-answer comparison of every link source, checks included."""
    from analysis.classes.families import families
    from analysis.lift import estimate as estimator

    db, here = database(place), world(place)
    panel = frames.lift_panel(db, here, scope, families=families(db, here, folder=place.classes))
    return estimator.lift(panel, brand=brand)


@st.cache_data(show_spinner=False, max_entries=64)
def opportunities(place: Place, scope: Scope) -> list[Opportunity]:
    """Sources that could bring the own brand something, with people's decisions on them."""
    from analysis import opportunities as finder

    found = lift(place, scope) if has_links(place) else None
    return finder.opportunities(database(place), world(place), scope, lift=found, classes=place.classes)


@dataclass(frozen=True)
class LinkProfile:
    """The own brand's anchors against the rivals', and the weeks in which it gained unusually many domains."""

    anchors: list[AnchorShare]
    spikes: list[LinkWeek]


@st.cache_data(show_spinner=False, max_entries=64)
def link_profile(place: Place) -> LinkProfile:
    from analysis import quality

    here, db = world(place), database(place)
    table = frames.backlinks(db, here)
    weeks = quality.velocity(quality.factors(db, here, table=table, lost=True)) if here.own else []
    return LinkProfile(quality.anchors(here, table), [week for week in weeks if week.spike])


@st.cache_data(show_spinner=False, max_entries=64)
def kinds(place: Place, names: Sequence[str]) -> list[str]:
    """What sort of site each domain is: you, rival, editorial, community …"""
    from analysis.classes.classify import labels

    found = labels(database(place), world(place), names, folder=place.classes)
    return [found[name].kind for name in names]


@st.cache_data(show_spinner=False, max_entries=64)
def sources(place: Place, scope: Scope) -> pd.DataFrame:
    """Cited and retrieved domains by engine: `domain`, `kind`, `engine` (name), `answers`, `citations`, `retrieved`, `of`."""
    here, db = world(place), database(place)
    found = frames.sources(db, here, scope, ("engine",))
    answers = frames.citable_answers(db, here, scope)
    found["of"] = found["engine"].map(answers).fillna(0).astype("int64")
    found["engine"] = found["engine"].map(here.engines)
    found["kind"] = kinds(place, found["domain"].tolist())
    return found


@st.cache_data(show_spinner=False, max_entries=64)
def stability(place: Place, scope: Scope) -> list[Stability]:
    return source_stability(database(place), world(place), scope)


@st.cache_data(show_spinner=False, max_entries=64)
def has_links(place: Place) -> bool:
    with store.reading(database(place)) as session:
        found = session.scalar(
            select(col(LinkImport.id)).where(col(LinkImport.workspace_id) == place.workspace).limit(1)
        )
    return found is not None


@st.cache_data(show_spinner=False, max_entries=64)
def metrics(place: Place) -> list[str]:
    """Names of authority metrics that can be used here."""
    imported = list(dict.fromkeys(frames.authority_metrics(database(place))["metric"]))
    computed = frames.COMPUTED if frames.link_graph(database(place), world(place)).edges else ()
    return [*imported, *(name for name in computed if name not in imported)]


@dataclass(frozen=True)
class AuthorityView:
    """One metric against citations: per engine, and the domains behind it."""

    rows: tuple[Association, ...]
    domains: pd.DataFrame
    """`domain`, `kind`, `authority`, `answers` (answers citing it, all engines)."""
    source: str


@st.cache_data(show_spinner=False, max_entries=64)
def association(place: Place, metric: str, scope: Scope) -> AuthorityView:
    from analysis.association.association import associate

    here, db = world(place), database(place)
    cited, names = frames.association_data(db, here, scope)
    found = frames.authority_table(db, metric, here, names=names)
    types = kinds(place, names)
    rows = associate(cited, found.strength(names), metric=metric, basis=found.source, kinds=types)
    counted = frames.sources(db, here, scope).set_index("domain")["answers"]
    table = pd.DataFrame(
        {"domain": list(names), "kind": types, "authority": [found.values.get(n) for n in names]}
    )
    table["answers"] = table["domain"].map(counted).fillna(0).astype("int64")
    return AuthorityView(rows, table, found.source)


@st.cache_data(show_spinner=False, max_entries=64)
def prompts(place: Place, scope: Scope) -> pd.DataFrame:
    """Per prompt, for the own brand: `prompt_id`, `text`, `topic`, `branded`, `answers`, `mentioned`, `cited`, `weekly`."""
    here = world(place)
    own = here.own or (here.brands[0] if here.brands else None)
    sums = frames.visibility_sums(database(place), here, scope, ("week",))
    mine = sums[sums["brand_id"] == own.id] if own else sums.iloc[:0]
    rows = []
    for key, part in mine.groupby("prompt_id"):
        prompt, ordered = here.prompts[int(str(key))], part.sort_values("week")
        weekly = [m / a for m, a in zip(ordered["mentioned"], ordered["answers"], strict=True) if a]
        totals: dict[str, int] = {
            m: int(ordered[m].sum()) for m in ("answers", "mentioned", "citable", "cited")
        }
        branded = prompt.id in here.branded
        head = {"prompt_id": prompt.id, "text": prompt.text, "topic": prompt.topic, "branded": branded}
        rows.append({**head, **totals, "weekly": weekly})
    names = ("prompt_id", "text", "topic", "branded", "answers", "mentioned", "citable", "cited", "weekly")
    return pd.DataFrame(rows, columns=names)


@st.cache_data(show_spinner=False, max_entries=64)
def answers_of(place: Place, prompt: int, engine: int | None, limit: int = 200) -> list[Answer]:
    """The newest answers to a prompt, those with a problem among them."""
    wanted = select(Answer).where(
        col(Answer.workspace_id) == place.workspace, col(Answer.prompt_id) == prompt
    )
    if engine is not None:
        wanted = wanted.where(col(Answer.engine_id) == engine)
    newest = wanted.order_by(col(Answer.asked_at).desc(), col(Answer.engine_id), col(Answer.repeat)).limit(
        limit
    )
    with store.reading(database(place)) as session:
        return list(session.scalars(newest))


@dataclass(frozen=True)
class NamedSpan:
    """Where the text names a brand."""

    start: int
    end: int
    brand: str
    own: bool


@dataclass(frozen=True)
class AnswerView:
    answer: Answer
    spans: tuple[NamedSpan, ...]
    citations: tuple[Citation, ...]
    mentions: tuple[tuple[str, bool, int, str], ...]
    """Brand, own, position, stance."""
    judged: JudgedView | None = None


@dataclass(frozen=True)
class JudgedView:
    """What the judge that was asked last said of an answer, with its agreement with people."""

    stances: tuple[tuple[str, str], ...]
    """Brand, stance."""
    judge: Judge
    measured: Measured | None


def _judged(place: Place, key: int) -> JudgedView | None:
    from analysis.judged.agreement import measured

    db, here = database(place), world(place)
    by = frames.last_judge(db, here, "stance")
    said = frames.stances_of(db, here, by, key) if by else {}
    told = tuple((b.name, said[b.id]) for b in here.brands if b.id in said)
    return JudgedView(told, by, measured(db, here, by)) if by and told else None


@st.cache_data(show_spinner=False, max_entries=64)
def answer(place: Place, key: int) -> AnswerView | None:
    from tracker.mentions import BrandNames, Finder

    here = world(place)
    by_id = {b.id: b for b in here.brands}
    with store.reading(database(place)) as session:
        found = session.get(Answer, key)
        if found is None or found.workspace_id != place.workspace:
            return None
        ordered = (
            select(Citation)
            .where(col(Citation.answer_id) == key)
            .order_by(col(Citation.kind), col(Citation.position))
        )
        cited = tuple(session.scalars(ordered))
        named = session.scalars(
            select(Mention).where(col(Mention.answer_id) == key).order_by(col(Mention.position))
        ).all()
    names = [BrandNames(b.id, b.name, b.aliases, b.not_phrases, b.domains) for b in here.brands]
    spans = [
        NamedSpan(s.start, s.end, by_id[s.key].name, by_id[s.key].own)
        for s in Finder(names).spans(found.text)
    ]
    told = [(by_id[m.brand_id], m) for m in named if m.brand_id in by_id]
    return AnswerView(
        found,
        tuple(spans),
        cited,
        tuple((b.name, b.own, m.position, m.stance) for b, m in told),
        _judged(place, key),
    )


@dataclass(frozen=True)
class RunView:
    id: int
    asked_for: datetime
    trigger: str
    state: str
    reason: str | None
    answered: int
    failed: int
    open: int
    asks: int
    spent_micros: int
    budget_micros: int | None


def runs(place: Place, limit: int = 100) -> list[RunView]:
    """The newest runs. Not cached: a run that is under way moves without storing an answer."""
    from tracker.run import claims

    newest = select(Run).where(col(Run.workspace_id) == place.workspace).order_by(col(Run.asked_for).desc())
    with store.reading(database(place)) as session:
        found = []
        for run in session.scalars(newest.limit(limit)):
            tally = claims.tally(session, run.id or 0)
            budgets = session.scalars(select(Ledger.budget_micros).where(col(Ledger.run_id) == run.id)).all()
            budget = (
                sum(b for b in budgets if b is not None)
                if budgets and None not in budgets
                else run.budget_micros
            )
            states = tally.states
            found.append(
                RunView(
                    *(
                        run.id or 0,
                        run.asked_for,
                        run.trigger,
                        run.state,
                        run.reason,
                        states.get("answered", 0),
                    ),
                    *(states.get("failed", 0), tally.open, tally.total, tally.spent_micros, budget),
                )
            )
        return found


@st.cache_data(show_spinner=False, max_entries=64)
def costs(place: Place) -> pd.DataFrame:
    """Spent per run's week and engine: `week`, `engine`, `spent` (micro-dollars), `budget` (per run, None: no limit)."""
    here = world(place)
    wanted = (
        select(Run.asked_for, Ledger.engine_id, Ledger.spent_micros, Ledger.budget_micros)
        .join_from(Ledger, Run, col(Run.id) == col(Ledger.run_id))
        .where(col(Run.workspace_id) == place.workspace)
    )
    with store.reading(database(place)) as session:
        found = session.execute(wanted).all()
    rows = [
        (frames.monday(at.date()), here.engines.get(e, "?"), spent, budget) for at, e, spent, budget in found
    ]
    return pd.DataFrame(rows, columns=["week", "engine", "spent", "budget"])


@st.cache_data(show_spinner=False, max_entries=64)
def simulated(place: Place) -> bool:
    """Whether every engine is the sandbox's: then nobody was paid."""
    wanted = select(AskedEngine.model).where(col(AskedEngine.workspace_id) == place.workspace)
    with store.reading(database(place)) as session:
        models = session.scalars(wanted).all()
    return bool(models) and all(is_sandbox(model) for model in models)


@st.cache_data(show_spinner=False, max_entries=64)
def failures(place: Place) -> pd.DataFrame:
    """Asks that failed or were skipped: `engine`, `reason`, `asks`, `detail` (one example)."""
    from tracker.models import Ask

    here = world(place)
    wanted = (
        select(Ask.engine_id, Ask.reason, func.count(), func.max(Ask.detail))
        .where(col(Ask.workspace_id) == place.workspace, col(Ask.reason).is_not(None))
        .group_by(col(Ask.engine_id), col(Ask.reason))
        .order_by(func.count().desc())
    )
    with store.reading(database(place)) as session:
        rows = [(here.engines.get(e, "?"), why, n, detail) for e, why, n, detail in session.execute(wanted)]
    return pd.DataFrame(rows, columns=["engine", "reason", "asks", "detail"])


@dataclass(frozen=True)
class ScheduleView:
    name: str
    kind: str
    cron: str
    timezone: str
    next: datetime | None
    outcome: str | None
    last: datetime | None


def schedules(place: Place, now: datetime) -> list[ScheduleView]:
    from tracker import schedule
    from tracker.models import Firing

    wanted = select(Schedule).where(col(Schedule.workspace_id) == place.workspace, col(Schedule.active))
    found = []
    with store.reading(database(place)) as session:
        for s in session.scalars(wanted.order_by(col(Schedule.name))):
            latest = (
                select(Firing)
                .where(col(Firing.schedule_id) == s.id)
                .order_by(col(Firing.due_at).desc())
                .limit(1)
            )
            fired = session.scalars(latest).first()
            following = schedule.next_due(s, now)
            outcome, last = (fired.outcome, fired.due_at) if fired else (None, None)
            due = following.astimezone(UTC) if following else None
            found.append(ScheduleView(s.name, s.kind, s.cron, s.timezone, due, outcome, last))
    return found


@st.cache_data(show_spinner=False, max_entries=64)
def imports(place: Place) -> list[LinkImport]:
    wanted = select(LinkImport).where(col(LinkImport.workspace_id) == place.workspace)
    with store.reading(database(place)) as session:
        return list(
            session.scalars(wanted.order_by(col(LinkImport.imported_at).desc(), col(LinkImport.id).desc()))
        )


@st.cache_data(show_spinner=False, max_entries=64)
def links(place: Place) -> pd.DataFrame:
    """Links to the brands, one row per (linking page, brand): `source`, `url`, `target_url`, `anchor`, `brand`, `own`,
    `nofollow`, `first`, `lost` (moments or None), `vendors`."""
    here, db = world(place), database(place)
    known = frames.links(db, here, only_cited=False).table
    wanted = select(
        *(
            Backlink.source_page_id,
            Backlink.source_url,
            Backlink.target_url,
            Backlink.target_domain_id,
            Backlink.anchor,
        ),
        Backlink.source_domain_id,
    ).where(col(Backlink.workspace_id) == place.workspace)
    with db.connect() as connection:
        texts = frames.rows(connection, wanted)
    known = known.assign(page_key=known["page"].fillna(-1).astype("int64"))
    texts["page_key"] = [-1 if p is None or p != p else int(p) for p in texts["source_page_id"]]
    said = texts.drop_duplicates(["source_domain_id", "page_key", "target_domain_id"])
    joined = known.merge(
        said,
        how="left",
        left_on=["source_id", "page_key", "target"],
        right_on=["source_domain_id", "page_key", "target_domain_id"],
    )
    grouped = joined.groupby(["source", "page_key", "brand"], sort=False, dropna=False)
    out = grouped.agg(
        url=("source_url", "first"),
        target_url=("target_url", "first"),
        anchor=("anchor", "first"),
        nofollow=("nofollow", "max"),
        first=("first", "min"),
        lost=("lost", "max"),
        vendors=("vendor", lambda names: ", ".join(sorted(set(names)))),
    ).reset_index()
    for name in ("first", "lost"):
        out[name] = pd.to_datetime(out[name], unit="s", utc=True)
    out["own"] = [here.brands[int(b)].own for b in out["brand"]]
    out["brand"] = [here.brands[int(b)].name for b in out["brand"]]
    out["kind"] = kinds(place, out["source"].tolist())
    return out.drop(columns="page_key")


@st.cache_data(show_spinner=False, max_entries=64)
def rivals_gap(place: Place, scope: Scope, by: str) -> pd.DataFrame:
    """Mention rate of every brand per topic or engine: `cell`, `brand`, `own`, `rate`, `low`, `high`, `n`."""
    rows = []
    for row in visibility(place, scope, (by,)):
        found = row.rates["mention_rate"]
        rows.append((getattr(row, by), row.brand, row.own, found.estimate, found.low, found.high, found.n))
    return pd.DataFrame(rows, columns=["cell", "brand", "own", "rate", "low", "high", "n"])


def methods() -> str | None:
    """The text of METHODS.md, where this installation has it."""
    import analysis

    path = Path(analysis.__file__).with_name("METHODS.md")
    return path.read_text(encoding="utf-8") if path.is_file() else None
