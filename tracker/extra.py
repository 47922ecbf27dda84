"""Packages that only some installations have: which extra brings them, said where they are first missed."""

from __future__ import annotations

from importlib.util import find_spec

from tracker.errors import UsageError

EXTRAS = {
    "dashboard": ("streamlit", "altair", "jwt"),
    "pdf": ("typst",),
    "parquet": ("pyarrow",),
    "avro": ("fastavro", "cramjam"),
    "webgraph": ("duckdb", "numba"),
    "analysis": ("duckdb",),
    "apprise": ("apprise",),
    "api": ("fastapi", "limits", "mcp"),
}


def need(extra: str) -> None:
    """Refuse to go on where a package of the extra is not installed; imports none."""
    for package in EXTRAS[extra]:
        if find_spec(package) is None:
            raise _missing(package, extra)


def explained(error: ModuleNotFoundError) -> UsageError | None:
    """What to install, where the module that was not found is an extra's."""
    package = (error.name or "").split(".")[0]
    return next((_missing(package, extra) for extra, names in EXTRAS.items() if package in names), None)


def _missing(package: str, extra: str) -> UsageError:
    return UsageError(f"this needs {package}, which is not installed", f"pip install 'citelift[{extra}]'")
