"""Invented reply bodies of every shape, with what must be read from each."""

from __future__ import annotations

from tests.tracker.citations.bodies import blocks, chats, gateways, grounded, pages, products, variations
from tests.tracker.citations.bodies.cases import Case

CASES: list[Case] = [
    *chats.CASES,
    *blocks.CASES,
    *pages.CASES,
    *variations.CASES,
    *grounded.CASES,
    *gateways.CASES,
    *products.CASES,
]

__all__ = ["CASES", "Case"]
