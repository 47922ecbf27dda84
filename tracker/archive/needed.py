"""Which archived weeks a select may need, by what it says of answers' weeks and ids.

Only conditions that all rows of a select must meet are read (`and`, never `or`), so that a week may be read
in vain, but none is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import BooleanClauseList, Join, Select, Table
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ClauseElement, Grouping
from sqlalchemy.sql.selectable import AliasedReturnsRows

from tracker.archive.tables import ARCHIVED_NAMES


@dataclass(frozen=True)
class WeekInFiles:
    """An archived week, as its row names it."""

    workspace_id: int
    week: date
    first_answer: int
    last_answer: int
    files: dict[str, Any] = field(hash=False, compare=False)
    mark: str = ""
    """Another one where it was archived anew."""


@dataclass
class _Bounds:
    """What a select asks of its answers: a column → the tests that its value must pass."""

    weeks: list[Any] = field(default_factory=list)
    ids: list[Any] = field(default_factory=list)
    workspaces: list[Any] = field(default_factory=list)

    def may_hold(self, week: WeekInFiles) -> bool:
        return (
            all(test(week.week, week.week) for test in self.weeks)
            and all(test(week.first_answer, week.last_answer) for test in self.ids)
            and all(test(week.workspace_id, week.workspace_id) for test in self.workspaces)
        )


def tables_of(statement: ClauseElement) -> frozenset[str]:
    """Those of a statement whose rows an archive may hold."""
    named = (
        each if isinstance(each, Table) else getattr(each, "table", None)
        for each in visitors.iterate(statement)
    )
    return frozenset(t.name for t in named if isinstance(t, Table) and t.name in ARCHIVED_NAMES)


def weeks_for(
    statement: ClauseElement, known: Sequence[WeekInFiles], given: Mapping[str, Any] | None = None
) -> list[WeekInFiles]:
    """Of the archived weeks, those that the statement may need; `given` are values that come with it."""
    of_answers, of_others = [], []
    for select, names in _selects(statement, frozenset()):
        if "answer" in names:
            of_answers.append(_bounds(select, given or {}))
        elif names & ARCHIVED_NAMES:
            of_others.append(_bounds(select, given or {}))
    # what hangs on answers is joined to them, where a statement names both
    asked = of_answers or of_others
    return [week for week in known if week.files and any(each.may_hold(week) for each in asked)]


def _selects(element: Any, around: frozenset[str]) -> Iterator[tuple[Select[Any], set[str]]]:
    """Each select with the tables that it ranges over. What stands `around` a select in a condition or a
    column is no table of its own, unless it has no other: so SQLAlchemy correlates them."""
    if isinstance(element, Select):
        plain, aliased = _tables(element)
        own = plain - around
        yield element, (own if own or aliased else plain) | aliased
        around = frozenset(plain)
    for child in element.get_children():
        apart = isinstance(child, AliasedReturnsRows)
        yield from _selects(child, frozenset() if apart else around)


def _tables(select: Select[Any]) -> tuple[set[str], set[str]]:
    """By their own name; by another, or a subquery's."""
    plain: set[str] = set()
    aliased: set[str] = set()
    pending = list(select.get_final_froms())
    while pending:
        part = pending.pop()
        if isinstance(part, Join):
            pending += [part.left, part.right]
        elif isinstance(part, Table):
            plain.add(part.name)
        else:
            aliased.add(getattr(getattr(part, "element", None), "name", ""))
    return plain, aliased


def _bounds(select: Select[Any], given: Mapping[str, Any]) -> _Bounds:
    found = _Bounds()
    for condition in _conditions(select.whereclause):
        column, test = _test(condition, given)
        table = getattr(getattr(column, "table", None), "name", None)
        if test is None or table not in ARCHIVED_NAMES:
            continue
        name = column.name
        if name == "workspace_id":
            found.workspaces.append(test)
        elif name == "answer_id" or (table, name) == ("answer", "id"):
            found.ids.append(test)
        elif (table, name) == ("answer", "week"):
            found.weeks.append(test)
    return found


def _conditions(clause: Any) -> Iterator[Any]:
    if clause is None:
        return
    if isinstance(clause, Grouping):
        yield from _conditions(clause.element)
    elif isinstance(clause, BooleanClauseList) and clause.operator is operators.and_:
        for each in clause.clauses:
            yield from _conditions(each)
    else:
        yield clause


def _test(condition: Any, given: Mapping[str, Any]) -> tuple[Any, Any]:
    """(column, whether a span from its lowest to its highest value may pass); no test where none is known."""
    if not isinstance(condition, BinaryExpression):
        return None, None
    column: Any = condition.left
    right: Any = condition.right
    if isinstance(column, BinaryExpression) and column.operator is operators.add:
        column = column.left  # `+ 0` keeps SQLite off an index
    if isinstance(right, Grouping):
        right = right.element
    if condition.operator is operators.between_op:
        ends = [_value(each, given) for each in right.clauses]
        if len(ends) != 2 or None in ends:
            return column, None
        return column, lambda low, high: high >= ends[0] and low <= ends[1]
    value = _value(right, given)
    if value is None:
        return column, None
    tests = {
        operators.eq: lambda low, high: low <= value <= high,
        operators.ge: lambda low, high: high >= value,
        operators.gt: lambda low, high: high > value,
        operators.le: lambda low, high: low <= value,
        operators.lt: lambda low, high: low < value,
        operators.in_op: lambda low, high: any(low <= each <= high for each in value),
    }
    return column, tests.get(condition.operator)


def _value(clause: Any, given: Mapping[str, Any]) -> Any:
    if not isinstance(clause, BindParameter):
        return None
    return given.get(clause.key, clause.effective_value)
