"""Fields of a form, and the catalog's own sentence beside the one that it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import streamlit as st

from dashboard import widgets
from tracker.errors import CatalogError, CiteliftError

Result = TypeVar("Result")
FIELDS: Mapping[str, str] = {
    "catalog.required": "name",
    "catalog.names": "name",
    "catalog.duplicate-brand": "name",
    "catalog.duplicate-engine": "name",
    "catalog.domain": "domains",
    "catalog.public-suffix": "domains",
    "catalog.duplicate-domain": "domains",
    "catalog.owns": "owns",
    "catalog.day": "until",
    "catalog.own-ended": "until",
    "catalog.duplicate-prompt": "text",
    "catalog.country": "country",
    "catalog.language": "language",
    "catalog.model": "model",
    "notify.name": "name",
    "notify.twice": "name",
    "notify.address": "to",
    "notify.secret": "url",
    "notify.timezone": "timezone",
    "notify.time": "quiet",
    "report.logo": "logo",
    "report.language": "language",
}
"""Which field a rule of the catalog is about."""
_WRITING = re.compile(r"^(so \S+ would be refused|\S+\.yaml): ")


class Fields:
    """Where each field's refusal is shown: under it."""

    def __init__(self) -> None:
        self.slots: dict[str, Any] = {}

    def text(self, name: str, label: str, value: str = "", **more: Any) -> str:
        typed = st.text_input(label, value, **more)
        self.slots[name] = st.empty()
        return (typed or "").strip()

    def area(self, name: str, label: str, value: str | None = None, **more: Any) -> str:
        given: dict[str, Any] = more if value is None else {"value": value, **more}
        typed = st.text_area(label, **given)
        self.slots[name] = st.empty()
        return typed or ""

    def end(self) -> None:
        """Where a refusal goes that is about no field."""
        self.slots[""] = st.empty()

    def refuse(self, name: str, problem: str, hint: str = "") -> None:
        slot = self.slots.get(name) or self.slots[""]
        slot.html(f'<div class="cl">{refusal(problem, hint)}</div>')

    def tried(self, write: Callable[[], Result], field: str | None = None) -> Result | None:
        """What `write` does; where it is refused, why and what to do, under the field that it is about."""
        try:
            return write()
        except CiteliftError as error:
            rule = error.rule if isinstance(error, CatalogError) else ""
            about = field or self.place_of(error.problem) or FIELDS.get(rule, "")
            self.refuse(about, error.problem, error.hint)
            return None

    def did(self, write: Callable[[], object], field: str | None = None) -> bool:
        """Whether it was done."""

        def writing() -> bool:
            write()
            return True

        return self.tried(writing, field) is True

    def place_of(self, problem: str) -> str | None:
        """The field of a list of alike ones whose content the refusal quotes."""
        return None


def refusal(problem: str, hint: str = "") -> widgets.Safe:
    words = _WRITING.sub("", problem)
    words = words[:1].upper() + words[1:]
    more = f" {widgets.text(hint[:1].upper() + hint[1:])}." if hint else ""
    return widgets.Safe(f'<p class="cl-refused" role="alert"><b>{widgets.text(words)}.</b>{more}</p>')
