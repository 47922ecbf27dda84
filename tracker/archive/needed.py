"""Which archived weeks a select may need, by what it says of answers' weeks and ids.

Only conditions that all rows of a select must meet are read (`and`, never `or`), so that a week may be read
in vain, but none is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import BooleanClauseList, Join, Select, Table
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ClauseElement, ClauseList, Grouping

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


def weeks_for(statement: ClauseElement, known: Sequence[WeekInFiles]) -> list[WeekInFiles]:
    """Of the archived weeks, those that the statement may need."""
    of_answers, of_others = [], []
    for select in _selects(statement):
        names = {table.name for table in _tables(select)}
        if "answer" in names:
            of_answers.append(_bounds(select))
        elif names & ARCHIVED_NAMES:
            of_others.append(_bounds(select))
    # what hangs on answers is joined to them, where a statement names both
    asked = of_answers or of_others
    return [week for week in known if week.files and any(each.may_hold(week) for each in asked)]


def _selects(statement: ClauseElement) -> Iterator[Select[Any]]:
    yield from (each for each in visitors.iterate(statement) if isinstance(each, Select))


def _tables(select: Select[Any]) -> Iterator[Table]:
    pending = list(select.get_final_froms())
    while pending:
        part = pending.pop()
        if isinstance(part, Join):
            pending += [part.left, part.right]
        else:
            inner = getattr(part, "element", part)
            if isinstance(inner, Table):
                yield inner


def _bounds(select: Select[Any]) -> _Bounds:
    found = _Bounds()
    for condition in _conditions(select.whereclause):
        column, test = _test(condition)
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


def _test(condition: Any) -> tuple[Any, Any]:
    """(column, whether a span from its lowest to its highest value may pass); no test where none is known."""
    if not isinstance(condition, BinaryExpression):
        return None, None
    column: Any = condition.left
    right: Any = condition.right
    if isinstance(column, BinaryExpression) and column.operator is operators.add:
        column = column.left  # `+ 0` keeps SQLite off an index
    if isinstance(right, Grouping):
        right = right.element
    if isinstance(right, ClauseList) and condition.operator is operators.between_op:
        ends = [_value(each) for each in right.clauses]
        if len(ends) != 2 or None in ends:
            return column, None
        return column, lambda low, high: high >= ends[0] and low <= ends[1]
    value = _value(right)
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


def _value(clause: Any) -> Any:
    return clause.effective_value if isinstance(clause, BindParameter) else None
