"""The catalog in the database: its workspace, brands, prompts and engines as rows."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import date
from typing import Literal

from sqlmodel import Session, col, select

from tracker import archived, store, weeks
from tracker.catalog.entries import BrandEntry, Catalog, PromptEntry
from tracker.catalog.pooling import origins_of_models, refuse_pooling
from tracker.catalog.surfaces import name_on, park
from tracker.errors import CatalogError
from tracker.mentions.names import stored_aliases
from tracker.models import Brand, Engine, Prompt, Setting, Workspace


def sync(
    session: Session,
    catalog: Catalog,
    *,
    workspace: str | None = None,
    need: Literal["brands", "all"] = "all",
) -> int:
    """Make the tables say what the catalog says, and return the workspace's id. Nothing is deleted: what left
    the catalog becomes inactive, and old answers stay with the wording they were asked in. Engines whose
    answers must not enter this workspace's numbers are refused; where a verb needs only brands, they are left
    out of the tables."""
    store.alone(session, "catalog")
    workspace_id = ensure_workspace(session, workspace or catalog.workspace)
    _sync_timezone(session, workspace_id, catalog.timezone)
    _sync_brands(session, workspace_id, catalog)
    if catalog.prompts:
        _sync_prompts(session, workspace_id, catalog)
    if catalog.engines and _may_be_asked(session, workspace_id, catalog, need):
        _sync_engines(session, workspace_id, catalog)
    if catalog.engines or catalog.judge:
        on = catalog.judge is not None and catalog.judge.domains
        row = {"name": judged_domains(workspace_id), "value": "on" if on else "off"}
        store.upsert(session, Setting, [row], key=["name"])
    return workspace_id


def _may_be_asked(
    session: Session, workspace_id: int, catalog: Catalog, need: Literal["brands", "all"]
) -> bool:
    try:
        refuse_pooling(session, workspace_id, origins_of_models(engine.model for engine in catalog.engines))
    except CatalogError:
        if need == "all":
            raise
        return False
    return True


def judged_domains(workspace_id: int) -> str:
    """The setting that says whether a judge's verdicts classify domains."""
    return f"judged domains:{workspace_id}"


def ensure_workspace(session: Session, name: str) -> int:
    store.bulk_insert(session, Workspace, [{"name": name}], ignore=True)
    workspace_id = session.exec(select(Workspace.id).where(Workspace.name == name)).one()
    assert workspace_id is not None
    return workspace_id


def _sync_timezone(session: Session, workspace_id: int, timezone: str) -> None:
    """Where it is another, the stored answers' weeks are still to be moved (`stored.move_weeks`)."""
    workspace = session.get_one(Workspace, workspace_id)
    if workspace.timezone != timezone:
        archived.refuse_moving(session, workspace_id)
        workspace.timezone = timezone
        store.upsert(
            session, Setting, [{"name": weeks.moving(workspace_id), "value": timezone}], key=["name"]
        )
        session.add(workspace)


def _sync_brands(session: Session, workspace_id: int, catalog: Catalog) -> None:
    present = {b.key: b for b in session.exec(select(Brand).where(Brand.workspace_id == workspace_id))}
    kept = {entry.name.casefold() for entry in catalog.brands}
    gone = [brand for key, brand in present.items() if key not in kept]
    for entry in catalog.brands:
        key = entry.name.casefold()
        brand = present.pop(key, None)
        if brand is None and (old := _renamed(entry, gone)):
            gone.remove(old)
            brand = present.pop(old.key)
        brand = brand or Brand(workspace_id=workspace_id, key=key, name=entry.name)
        brand.key, brand.name, brand.own, brand.active = key, entry.name, entry.own, True
        brand.aliases = stored_aliases(entry.name, entry.aliases, entry.exact)
        brand.domains = list(entry.domains)
        brand.owns, brand.not_phrases = list(entry.owns), list(entry.not_phrases)
        brand.until = entry.until
        session.add(brand)
    for brand in present.values():
        brand.active = brand.own = False
        session.add(brand)
    session.flush()


def _renamed(entry: BrandEntry, gone: list[Brand]) -> Brand | None:
    """The brand that left the catalog and goes on under this name: its old name is an alias, or a domain is
    shared.

    Its row stays, and with it all that was read under the old name."""
    aliases = {alias.casefold() for alias in entry.aliases}
    named = [old for old in gone if old.key in aliases]
    known = [old for old in gone if set(old.domains) & set(entry.domains)]
    return next(iter([*named, *known]), None)


def differs(session: Session, workspace_id: int, catalog: Catalog) -> bool:
    """Whether the catalog's brands, or its time zone, are not those of the tables: it was edited, and nothing
    has taken that up."""
    if session.get_one(Workspace, workspace_id).timezone != catalog.timezone:
        return True
    statement = select(Brand).where(Brand.workspace_id == workspace_id, col(Brand.active))
    stored = {
        _facts(b.name, b.own, b.until, b.aliases, b.domains, b.not_phrases, b.owns)
        for b in session.exec(statement)
    }
    wanted = {
        _facts(
            b.name,
            b.own,
            b.until,
            stored_aliases(b.name, b.aliases, b.exact),
            b.domains,
            b.not_phrases,
            b.owns,
        )
        for b in catalog.brands
    }
    return stored != wanted


def _facts(name: str, own: bool, until: date | None, *lists: Sequence[object]) -> str:
    return repr((name, own, until, *(sorted(map(str, one)) for one in lists)))


def _sync_prompts(session: Session, workspace_id: int, catalog: Catalog) -> None:
    statement = select(Prompt).where(Prompt.workspace_id == workspace_id)
    present = {prompt.key: prompt for prompt in session.exec(statement)}
    wanted = {entry.key: entry for entry in catalog.prompts}
    gone = [p for key, p in present.items() if key not in wanted and p.active and not p.imported]
    for key, entry in wanted.items():
        prompt = present.get(key)
        if prompt is None:
            prompt = Prompt(workspace_id=workspace_id, key=key, text=entry.text)
            if old := _edited_from(entry, gone):
                prompt.version, prompt.replaces_id = old.version + 1, old.id
                gone.remove(old)
                old.active = False
        prompt.topic, prompt.weight = entry.topic, entry.weight
        prompt.country, prompt.language = entry.country, entry.language
        prompt.active, prompt.imported = True, False
        session.add(prompt)
    for prompt in gone:
        prompt.active = False
    session.flush()


def _edited_from(entry: PromptEntry, gone: list[Prompt]) -> Prompt | None:
    """The prompt that left in the same change and reads most like the new one: an edit keeps its history."""
    scored = [
        (difflib.SequenceMatcher(None, entry.text, old.text).ratio(), old)
        for old in gone
        if old.topic == entry.topic
    ]
    best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] >= 0.6 else None


def _sync_engines(session: Session, workspace_id: int, catalog: Catalog) -> None:
    present = {e.name: e for e in session.exec(select(Engine).where(Engine.workspace_id == workspace_id))}
    for entry in catalog.engines:
        engine = present.pop(entry.name, None)
        if engine is not None:
            engine = park(session, engine, entry.surface)
            present.pop(name_on(entry.name, entry.surface), None)
        if engine is None:
            engine = Engine(workspace_id=workspace_id, name=entry.name)
        engine.name = entry.name
        engine.model, engine.surface, engine.repeats = entry.model, entry.surface, entry.repeats
        engine.budget_micros, engine.options = entry.budget_micros, entry.options
        engine.concurrency, engine.rpm = entry.concurrency, entry.rpm
        engine.after_crash = entry.after_crash
        engine.active, engine.imported = True, False
        session.add(engine)
    for engine in present.values():
        engine.active = engine.active and engine.imported
        session.add(engine)
    session.flush()
