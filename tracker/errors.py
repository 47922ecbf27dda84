"""Every error the user can meet: what is wrong, and what to do next."""

from __future__ import annotations


class CiteliftError(Exception):
    """The base: `str(error)` is the problem and, on a second line, the fix."""

    exit_code = 1

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.problem}\n  fix: {self.hint}" if self.hint else self.problem


class UsageError(CiteliftError):
    """The command's own words are off."""

    exit_code = 2


class CatalogError(CiteliftError):
    """The catalog cannot be used as it is."""

    exit_code = 2

    def __init__(self, problem: str, hint: str = "", *, rule: str = "") -> None:
        super().__init__(problem, hint)
        self.rule = rule
        """The id of the rule that refuses it, where one of the catalog's own does."""


class DataError(CiteliftError):
    """A file or a body is not what it should be."""


class BadUrl(DataError):  # noqa: N818
    """No page has this address."""


class StoreError(CiteliftError):
    """The database is absent, out of date or refuses."""


class EngineError(CiteliftError):
    """An engine cannot be asked."""


class BudgetError(CiteliftError):
    """The money is spent."""

    exit_code = 4


class ConvergenceError(CiteliftError):
    """An iteration did not settle; its numbers must not be used."""
