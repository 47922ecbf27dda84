"""The tables say what the catalog says, and nothing that was asked loses its wording or its identity."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import select

from tests.tracker.catalog.test_files import BRANDS, ENGINES, PROMPTS, write
from tracker import catalog, store
from tracker.answers import stored
from tracker.catalog import Catalog
from tracker.models import Brand, Prompt
from tracker.models import Engine as EngineRow


def loaded(folder: Path, **files: str) -> Catalog:
    return catalog.load(write(folder, **files))


def test_an_edited_prompt_is_a_new_version_and_the_old_one_stays(database: Engine, tmp_path: Path) -> None:
    with store.writing(database) as session:
        catalog.sync(session, loaded(tmp_path))
        catalog.sync(
            session, loaded(tmp_path, prompts=PROMPTS.replace("the best CRM?", "the best CRM in 2026?"))
        )
    with store.reading(database) as session:
        old, new = session.exec(select(Prompt).order_by(Prompt.id)).all()  # type: ignore[arg-type]
    assert (old.active, new.active, new.version, new.replaces_id) == (False, True, 2, old.id)


def test_an_unrelated_prompt_is_no_version_of_the_one_that_left(
    sqlite_database: Engine, tmp_path: Path
) -> None:
    with store.writing(sqlite_database) as session:
        catalog.sync(session, loaded(tmp_path))
        catalog.sync(
            session,
            loaded(
                tmp_path,
                prompts="prompts:\n  - text: How do agencies send invoices abroad?\n    topic: crm\n",
            ),
        )
        newest = session.exec(select(Prompt).where(Prompt.active)).one()  # type: ignore[arg-type]
    assert (newest.version, newest.replaces_id) == (1, None)


def test_a_prompt_that_comes_back_is_the_same_prompt(sqlite_database: Engine, tmp_path: Path) -> None:
    other = "prompts:\n  - text: Something else entirely\n"
    with store.writing(sqlite_database) as session:
        for text in (PROMPTS, other, PROMPTS):
            catalog.sync(session, loaded(tmp_path, prompts=text))
        assert [(p.id, p.active) for p in session.exec(select(Prompt))] == [(1, True), (2, False)]


def test_brands_and_engines_keep_their_identity(database: Engine, tmp_path: Path) -> None:
    with store.writing(database) as session:
        catalog.sync(session, loaded(tmp_path))
        moved = BRANDS.replace("    own: true\n", "") + "    own: true\n"
        catalog.sync(session, loaded(tmp_path, brands=moved, engines=ENGINES.replace("/sonar", "/sonar-pro")))
    with store.reading(database) as session:
        assert [(b.name, b.own) for b in session.exec(select(Brand).order_by(Brand.id))] == [
            ("Norvane", False),
            ("Quellby", True),
        ]  # type: ignore[arg-type]
        assert session.exec(select(EngineRow)).one().model == "perplexity/sonar-pro"


def test_a_renamed_brand_keeps_its_row_and_so_its_history(sqlite_database: Engine, tmp_path: Path) -> None:
    before = "brands:\n  - {name: TransferWise, own: true}\n  - {name: Square, domains: [squareup.com]}\n"
    after = (
        "brands:\n  - {name: Wise, aliases: [TransferWise], own: true}\n  - {name: Block, domains: "
        "[squareup.com]}\n"
    )
    with store.writing(sqlite_database) as session:
        catalog.sync(session, loaded(tmp_path, brands=before))
        old = {brand.name: brand.id for brand in session.exec(select(Brand))}
        found = loaded(tmp_path, brands=after)
        assert catalog.differs(session, 1, found)
        catalog.sync(session, found)
        assert not catalog.differs(session, 1, found)
        new = {brand.name: (brand.id, brand.key, brand.active) for brand in session.exec(select(Brand))}
    assert new == {"Wise": (old["TransferWise"], "wise", True), "Block": (old["Square"], "block", True)}


def test_a_spelling_that_is_exact_stays_so_in_its_row(sqlite_database: Engine, tmp_path: Path) -> None:
    text = (
        "brands:\n  - {name: dm, case: exact, own: true, aliases: [dm-drogerie, {name: DM-Markt, case: "
        "exact}]}\n"
    )
    with store.writing(sqlite_database) as session:
        workspace_id = catalog.sync(session, loaded(tmp_path, brands=text))
        (names,) = stored.brand_names(session, workspace_id)
    assert (names.name, names.aliases, names.exact) == ("dm", ("dm-drogerie", "DM-Markt"), ("dm", "DM-Markt"))
