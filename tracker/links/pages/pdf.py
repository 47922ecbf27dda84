"""A PDF's links and text, read in a process of its own: a bad file must not take this one's memory or time.

`python -m tracker.links.pages.pdf` reads a PDF from standard input and writes one JSON object.
"""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tracker import child

SECONDS = 30.0
_MEMORY = 1024 * 1024 * 1024
_PAGES = 500
_LINKS = 5_000
_TEXT = 500_000


@dataclass(frozen=True, slots=True)
class Document:
    title: str | None
    text: str
    links: tuple[tuple[str, str], ...]
    """(address, the words that stand where the link is), in the order of the pages."""


def read(data: bytes, *, seconds: float = SECONDS) -> Document | None:
    """None for what cannot be read: encrypted, damaged, or more than a process may take."""
    try:
        done = subprocess.run(
            child.command("-m", "tracker.links.pages.pdf"),
            input=data,
            capture_output=True,
            timeout=seconds,
            env=child.environment(),
            check=False,
        )
        said = json.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, OSError, ValueError):
        return None
    if said is None:
        return None
    return Document(said["title"], said["text"], tuple((url, words) for url, words in said["links"]))


def _limit() -> None:
    """Where the system has such limits."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(SECONDS), int(SECONDS)))


def _main() -> int:
    _limit()
    logging.disable(logging.CRITICAL)
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(sys.stdin.buffer.read()), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return 1
        said = _said(reader)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, RecursionError):
        return 1
    except MemoryError:
        return 2
    sys.stdout.write(json.dumps(said))
    return 0


def _said(reader: Any) -> dict[str, Any]:
    parts: list[str] = []
    links: list[tuple[str, str]] = []
    size = 0
    for page in reader.pages[:_PAGES]:
        if size < _TEXT:
            parts.append(page.extract_text() or "")
            size += len(parts[-1])
        if len(links) < _LINKS:
            links += _links(page)
    title = reader.metadata.title if reader.metadata else None
    return {
        "title": str(title)[:500] if title else None,
        "text": "\n".join(parts)[:_TEXT],
        "links": links[:_LINKS],
    }


def _links(page: Any) -> Iterator[tuple[str, str]]:
    for reference in page.get("/Annots") or ():
        note = reference.get_object()
        action = note.get("/A") if note.get("/Subtype") == "/Link" else None
        action = action.get_object() if action is not None else None
        address = action.get("/URI") if action is not None else None
        if address is not None:
            yield str(address)[:8_000], str(note.get("/Contents") or "")[:500]


if __name__ == "__main__":
    sys.exit(_main())
