"""Google's disavow file: its grammar, its limits, reading, merging and writing.

One entry a line: `domain:example.com`, or the full URL of one page; `#` begins a comment line; UTF-8 or
ASCII; at most 2 MB and 100,000 lines, blank ones and comments counted; a URL of at most 2,048 characters.
Google refuses the whole file for one bad line, so what is written here has none. A host that leaves `domain:`
out would disavow one page only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tracker import domains
from tracker.errors import DataError
from tracker.files.records import Reject, fragment

MOST_BYTES = 2 * 1024 * 1024
MOST_LINES = 100_000
LONGEST_URL = 2_048
_HOST = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.I
)


@dataclass(frozen=True, order=True)
class Entry:
    """A domain with all its pages and subdomains, or one page."""

    kind: Literal["domain", "url"]
    value: str

    @property
    def line(self) -> str:
        return f"domain:{self.value}" if self.kind == "domain" else self.value


@dataclass(frozen=True)
class Disavow:
    """A file as read: its entries in order, each once, and what of it Google would not take."""

    entries: tuple[Entry, ...]
    rejects: tuple[Reject, ...] = ()
    comments: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The entries as the decisions table spells them."""
        return tuple(entry.line for entry in self.entries)


def read(path: Path | str) -> Disavow:
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise DataError(
                f"{path.name} has {size:,} bytes; a disavow file may have {MOST_BYTES:,}",
                "disavow whole domains in place of their pages",
            )
        return parse(path.read_bytes(), path.name)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", "give the path of a disavow file") from None


def parse(body: bytes, name: str = "the disavow file") -> Disavow:
    """Raises `DataError` where the file as a whole is against the limits; a bad line is a reject with its
    number.
    """
    if len(body) > MOST_BYTES:
        raise DataError(
            f"{name} has {len(body):,} bytes; a disavow file may have {MOST_BYTES:,}",
            "disavow whole domains in place of their pages",
        )
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{name} is UTF-16; Google takes UTF-8 or ASCII only", "save it as UTF-8 text")
    lines = re.split(rb"\r\n|\r|\n", body.removeprefix(b"\xef\xbb\xbf"))
    if lines and not lines[-1]:
        lines.pop()
    if len(lines) > MOST_LINES:
        raise DataError(
            f"{name} has {len(lines):,} lines; a disavow file may have {MOST_LINES:,}",
            "disavow whole domains in place of their pages",
        )
    return _parsed(lines)


def _parsed(lines: Sequence[bytes]) -> Disavow:
    entries: dict[Entry, int] = {}
    rejects: list[Reject] = []
    comments: list[str] = []
    repeated = 0
    for number, raw in enumerate(lines, start=1):
        try:
            line = raw.decode().strip(" \t")
        except UnicodeDecodeError:
            rejects.append(Reject(number, "is not UTF-8", fragment(raw.decode("utf-8", "replace"))))
            continue
        if not line:
            continue
        if line.startswith("#"):
            comments.append(line)
            continue
        parsed = entry(line)
        if isinstance(parsed, str):
            rejects.append(Reject(number, parsed, fragment(line)))
        else:
            repeated += parsed in entries
            entries.setdefault(parsed, number)
    warnings = [f"{repeated} entries stand in the file more than once"] if repeated else []
    warnings += [
        f"{each.line} disavows the sites of everybody who has a name under it"
        for each in entries
        if each.kind == "domain" and domains.is_public_suffix(each.value)
    ]
    return Disavow(tuple(entries), tuple(rejects), tuple(comments), tuple(warnings))


def entry(line: str) -> Entry | str:
    """One line → an entry, or why Google would refuse it."""
    line = line.strip(" \t")
    if re.match(r"domain\s*:", line, re.I):
        return _domain(line)
    if re.match(r"https?://", line, re.I):
        return _url(line)
    if re.match(r"[a-z][a-z0-9+.-]*://", line, re.I):
        return "only http and https URLs can be disavowed"
    return (
        "is neither `domain:` with a domain nor a full URL; for the whole site write domain: before its name"
    )


def _domain(line: str) -> Entry | str:
    if not line.startswith("domain:"):
        return "`domain:` is written in small letters and without a space"
    name = line.removeprefix("domain:")
    if name != name.strip():
        return "no space may stand after `domain:`"
    if re.match(r"[a-z][a-z0-9+.-]*:", name, re.I):
        return "a domain has no scheme: leave out what stands before its name"
    if "/" in name or "?" in name or "#" in name:
        return "a domain has no path: leave out the slash and what follows it"
    if "*" in name:
        return "no wildcards: a domain covers its subdomains anyway"
    if not name.isascii():
        puny = domains.domain_of(name)
        return f"is not in punycode{f': write domain:{_host(name)}' if puny else ''}"
    if not _HOST.fullmatch(name) and not re.fullmatch(r"\d{1,3}(\.\d{1,3}){3}", name):
        return "is no domain name"
    return Entry("domain", name.lower())


def _host(name: str) -> str:
    address = domains.try_parse(f"http://{name}/")
    return address.host if address else name


def _url(line: str) -> Entry | str:
    if len(line) > LONGEST_URL:
        return f"is {len(line):,} characters long; a URL may have {LONGEST_URL:,}"
    if "*" in line:
        return "no wildcards: name the page, or the whole site with domain:"
    if re.search(r"\s", line):
        return "has a space in it"
    address = domains.try_parse(line)
    if address is None:
        return "is no web address"
    return Entry("url", line)


def merge(*parts: Iterable[Entry]) -> tuple[Entry, ...]:
    """All entries once; a page whose domain is disavowed as a whole goes, as does a domain under another."""
    entries = {each for part in parts for each in part}
    whole = {each.value for each in entries if each.kind == "domain"}
    return tuple(sorted(each for each in entries if not _covered(each, whole)))


def _covered(each: Entry, whole: set[str]) -> bool:
    if each.kind == "domain":
        labels = each.value.split(".")[1:]
    else:
        address = domains.try_parse(each.value)
        labels = address.host.split(".") if address else []
    return any(".".join(labels[n:]) in whole for n in range(len(labels)))


def export(entries: Iterable[Entry], comments: Sequence[str] = ()) -> str:
    """The file to upload: the same entries always give the same text, domains first, both sorted.

    Raises `DataError` where the outcome is beyond Google's limits or an entry could not stand in it.
    """
    head = [f"# {comment.lstrip('# ').strip()}" for each in comments for comment in each.splitlines() or [""]]
    kept = merge(entries)
    lines = [*head, *(each.line for each in kept)]
    text = "".join(f"{line}\n" for line in lines)
    if len(lines) > MOST_LINES or len(text.encode()) > MOST_BYTES:
        raise DataError(
            f"the disavow file would have {len(lines):,} lines and {len(text.encode()):,} bytes; "
            f"Google takes {MOST_LINES:,} lines and {MOST_BYTES:,} bytes",
            "disavow whole domains in place of their pages",
        )
    for each in kept:
        if not isinstance(problem := entry(each.line), Entry):
            raise DataError(
                f"{each.line[:120]!r} cannot be disavowed: it {problem}", "correct or drop this entry"
            )
    return text
