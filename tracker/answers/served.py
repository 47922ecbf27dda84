"""When an engine's answers began to come from another model: one rule for runs, weeks and comparisons.

An engine may be served by several models at a time. It changed where the models of two spells are not the
same ones; a spell whose models are all unknown says nothing and is passed over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Generic, TypeVar

KIND = "served model"
"""The kind of the event."""

T = TypeVar("T")


@dataclass(frozen=True)
class ModelChange(Generic[T]):
    """`at` is the spell (a run, a week) in which the models were no longer those of the spell before."""

    at: T
    before: frozenset[str]
    after: frozenset[str]

    def title(self, engine: str) -> str:
        return f"{engine}: {KIND} {', '.join(sorted(self.before))} → {', '.join(sorted(self.after))}"


def changed(before: Collection[str], after: Collection[str]) -> bool:
    """Whether two spells of one engine were served by different models, as far as is known."""
    return bool(before) and bool(after) and set(before) != set(after)


def changes(spells: Iterable[tuple[T, Collection[str]]]) -> list[ModelChange[T]]:
    """Every change between one spell with known models and the next, in the order given."""
    known = [(at, frozenset(models)) for at, models in spells if models]
    return [
        ModelChange(at, before, after)
        for (_, before), (at, after) in pairwise(known)
        if changed(before, after)
    ]


def once(all_changes: Iterable[ModelChange[T]]) -> list[ModelChange[T]]:
    """A change in the middle of a spell, whose models are then the old and the new ones, is one change and
    not two."""
    kept: list[ModelChange[T]] = []
    for change in all_changes:
        last = kept[-1] if kept else None
        both = last is not None and last.after == change.before == last.before | change.after
        if last is not None and both and last.before != change.after:
            kept[-1] = replace(last, after=change.after)
        else:
            kept.append(change)
    return kept
