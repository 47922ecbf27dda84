"""`report.yaml`: how a report looks and what a person adds to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import yaml

from tracker import numbers, weeks
from tracker.catalog.nodes import CatalogFile, Problem
from tracker.catalog.writing import replace
from tracker.errors import CatalogError, UsageError

ACCENT = "#0b6e63"
LOGOS = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg"}
LARGEST_LOGO = 500_000
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_ADDRESS = re.compile(r"https?://[^\s\"'<>()]+")


@dataclass(frozen=True)
class ReportLook:
    """White label: whose report it is, in which colours and figures, and the account manager's words."""

    name: str = ""
    """Who it is from; blank: citelift."""
    logo: tuple[str, bytes] | None = field(default=None, repr=False)
    """Media type and content."""
    accent: str = ACCENT
    language: str | None = None
    """In which figures and days are written; the sentences are English."""
    pages: str = ""
    """The dashboard's address, for links to the pages."""
    contact: str = ""
    comments: Mapping[date, str] = field(default_factory=dict)
    """By the Monday of the week that they are about, so that none is sent twice."""


def load(folder: Path) -> ReportLook:
    """The look that the catalog gives; the plain one where there is no `report.yaml`."""
    look, problems = inspect(folder)
    if problems:
        raise CatalogError("report.yaml cannot be used:\n" + "\n".join(map(str, problems)))
    return look


def inspect(folder: Path) -> tuple[ReportLook, list[Problem]]:
    problems: list[Problem] = []
    return read(CatalogFile.open(folder, "report", problems, required=False)), problems


def read(file: CatalogFile) -> ReportLook:
    known = ("name", "logo", "accent", "language", "pages", "contact", "comments")
    top = file.mapping(file.root, known, "report.yaml")
    return ReportLook(
        name=file.text(top.get("name"), "name", "") or "",
        logo=_logo(file, top.get("logo")),
        accent=_matching(file, top.get("accent"), "accent", _COLOUR, "a colour like `#0b6e63`", ACCENT),
        language=_language(file, top.get("language")),
        pages=_matching(
            file, top.get("pages"), "pages", _ADDRESS, "an address like `https://citelift.acme.com`", ""
        ).rstrip("/"),
        contact=file.text(top.get("contact"), "contact", "") or "",
        comments=_comments(file, top.get("comments")),
    )


@dataclass(frozen=True)
class Logo:
    """A picture that is handed over: its name, which says of which kind it is, and its content."""

    name: str
    content: bytes = field(repr=False)


@contextmanager
def put_beside(folder: Path, logo: Logo) -> Iterator[str]:
    """Write it beside report.yaml, under a name that is told; an error inside the block puts back what was
    there."""
    suffix = Path(logo.name).suffix.lower()
    if suffix not in LOGOS or not 0 < len(logo.content) <= LARGEST_LOGO or not _is_one(suffix, logo.content):
        kinds = ", ".join(LOGOS)
        raise CatalogError(
            f"{logo.name!r} is no logo",
            f"give a {kinds} of at most {LARGEST_LOGO:,} bytes",
            rule="report.logo",
        )
    path = folder / f"logo{suffix}"
    old = path.read_bytes() if path.is_file() else None
    replace(path, logo.content)
    with ExitStack() as undo:
        undo.callback(path.unlink) if old is None else undo.callback(replace, path, old)
        yield path.name
        undo.pop_all()


def _is_one(suffix: str, content: bytes) -> bool:
    """Whether it begins as pictures of its kind do."""
    if suffix == ".svg":
        return b"<svg" in content
    return content.startswith(b"\x89PNG\r\n\x1a\n" if suffix == ".png" else b"\xff\xd8\xff")


def _matching(
    file: CatalogFile, node: yaml.Node | None, what: str, shape: re.Pattern[str], words: str, default: str
) -> str:
    text = file.text(node, what, default) or default
    if text and not shape.fullmatch(text):
        file.refuse("report.shape", node, f"`{what}: {text}` cannot be used", f"write {words}")
        return default
    return text


def _logo(file: CatalogFile, node: yaml.Node | None) -> tuple[str, bytes] | None:
    name = file.text(node, "logo")
    if name is None:
        return None
    path = file.path.parent / name
    media = LOGOS.get(path.suffix.lower())
    hint = f"a {', '.join(LOGOS)} beside report.yaml, of at most {LARGEST_LOGO:,} bytes"
    if media is None or not path.is_file() or path.stat().st_size > LARGEST_LOGO:
        file.refuse("report.logo", node, f"`{name}` is no logo", hint)
        return None
    return media, path.read_bytes()


def _language(file: CatalogFile, node: yaml.Node | None) -> str | None:
    text = file.text(node, "language")
    try:
        with numbers.written_in(text):
            return text
    except UsageError as error:
        file.refuse("report.language", node, error.problem, error.hint)
        return None


def _comments(file: CatalogFile, node: yaml.Node | None) -> dict[date, str]:
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        file.refuse("report.shape", node, "comments must be `2026-05-18: words` lines", "date each comment")
        return {}
    found = {}
    for key, value in node.value:
        day, text = file.day(key, "the day"), file.text(value, "comment")
        if day is not None and text is not None:
            found[weeks.monday(day)] = text
    return found
