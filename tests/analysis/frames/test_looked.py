from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from scipy import sparse
from sqlalchemy import Engine

from analysis import frames
from tests.facts import MONDAY, Facts

LIST = "https://news.example.org/best"
OTHER = "https://news.example.org/other"
DAY = timedelta(days=1)


def read(database: Engine) -> dict[str, set[tuple[int, str, str]]]:
    panel, evidence = frames.listing_data(database, frames.world(database))
    b = len(panel.brands)

    def named(table: sparse.csr_array) -> set[tuple[int, str, str]]:
        at = table.tocoo()
        pairs = zip(at.row.tolist(), at.col.tolist(), strict=True)
        return {(r // b, panel.brands[r % b], panel.sources[c]) for r, c in pairs}

    kinds = ("listed", "linked", "followed", "unseen")
    return {kind: named(getattr(evidence, kind)) for kind in kinds}


def test_a_look_at_the_cited_page_tells_who_is_listed_linked_and_followed(database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", cited=[LIST])
    facts.look(LIST, named=["Oltera", "Norvane"], linked=["Norvane"], followed=["Quillo"])
    facts.store(database)
    seen = read(database)
    assert {brand for _, brand, _ in seen["listed"]} == {"Norvane", "Oltera", "Quillo"}
    assert {brand for _, brand, _ in seen["linked"]} == {"Norvane", "Quillo"}
    assert {brand for _, brand, _ in seen["followed"]} == {"Quillo"}
    assert {source for _, _, source in seen["listed"]} == {"example.org"}


@pytest.mark.parametrize(
    ("looks", "listed"),
    [
        ([(-9, ["Oltera"]), (-2, ["Quillo"]), (3, ["Norvane"])], {"Quillo"}),
        ([(3, ["Norvane"]), (9, ["Oltera"])], {"Norvane"}),
        ([(-2, []), (3, ["Norvane"])], set()),
    ],
    ids=["the newest before the answer", "the first after it where none came before", "who went is gone"],
)
def test_an_answer_takes_a_page_as_one_look_saw_it(
    sqlite_database: Engine, looks: list[tuple[int, list[str]]], listed: set[str]
) -> None:
    facts = Facts()
    facts.answer("best crm", cited=[LIST])
    for days, names in looks:
        facts.look(LIST, MONDAY + days * DAY, named=names)
    facts.store(sqlite_database)
    assert {brand for _, brand, _ in read(sqlite_database)["listed"]} == listed


def test_a_link_on_a_page_that_nobody_looked_at_is_kept_apart(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", cited=[LIST, OTHER])
    facts.link(OTHER, "https://oltera.com/")
    facts.link(LIST, "https://quillo.io/")
    facts.look(LIST, named=["Norvane"])
    facts.look(OTHER, named=["Norvane"], state="refused")
    facts.store(sqlite_database)
    seen = read(sqlite_database)
    assert {brand for _, brand, _ in seen["unseen"]} == {"Oltera"}
    assert {brand for _, brand, _ in seen["listed"]} == {"Norvane"}
    _, evidence = frames.listing_data(sqlite_database, frames.world(sqlite_database))
    assert (evidence.looked, evidence.citations, evidence.pages) == (1, 2, 1)


def test_a_brands_own_page_lists_others_and_not_itself(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", cited=["https://norvane.com/compare"])
    facts.look("https://norvane.com/compare", named=["Norvane", "Oltera"])
    facts.store(sqlite_database)
    assert {brand for _, brand, _ in read(sqlite_database)["listed"]} == {"Oltera"}


def test_prominence_is_how_the_cited_pages_name_a_brand(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", cited=[LIST, OTHER])
    facts.look(LIST, named=["Oltera", "Norvane"])
    facts.look(OTHER, named=["Norvane"])
    facts.store(sqlite_database)
    panel, evidence = frames.listing_data(sqlite_database, frames.world(sqlite_database))
    assert evidence.prominence is not None
    shown = dict(zip(panel.brands, evidence.prominence.toarray()[:, :3].tolist(), strict=True))
    assert shown == {"Norvane": [1, 1, 0], "Oltera": [1, 0, 0], "Quillo": [0, 0, 0]}


def test_without_looks_or_answers_there_is_nothing_to_tell(sqlite_database: Engine) -> None:
    Facts().store(sqlite_database)
    panel, evidence = frames.listing_data(sqlite_database, frames.world(sqlite_database))
    assert (panel.answers, evidence.share, evidence.prominence) == (0, None, None)
    assert np.asarray(evidence.listed.sum()) == 0
