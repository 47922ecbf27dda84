"""A large file of the open web, local or downloaded: resumed where it broke off, its size checked."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from tracker.errors import DataError, UsageError

_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class _Known:
    """What identifies the remote file of a half-finished download: another etag or size is another file."""

    url: str
    etag: str
    size: int | None


def local_file(path_or_url: str | Path, cache: Path | None = None) -> Path:
    """The file itself, or the complete copy of a url in the folder `cache`."""
    text = str(path_or_url)
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        path = Path(path_or_url)
        if not path.is_file():
            raise DataError(f"there is no file {path}", "give a local file or an https:// address")
        return path
    if not text.startswith(("https://", "http://")):
        raise UsageError(
            f"{text} is neither a file nor an http address",
            "s3://commoncrawl/X is https://data.commoncrawl.org/X",
        )
    if cache is None:
        raise UsageError("a download needs a folder to be kept in", "name a cache folder")
    return _Download(text, cache).complete()


class _Download:
    def __init__(self, url: str, cache: Path) -> None:
        name = re.sub(r"[^A-Za-z0-9._-]", "_", url.split("?", 1)[0].rsplit("/", 1)[-1])[:120] or "file"
        self.url = url
        # The release's folder is part of the address only: two releases must not share one file.
        self.path = cache / f"{hashlib.blake2b(url.encode(), digest_size=4).hexdigest()}-{name}"
        self.part = self.path.with_name(self.path.name + ".part")
        self.note = self.path.with_name(self.path.name + ".json")
        cache.mkdir(parents=True, exist_ok=True)

    def complete(self) -> Path:
        if self.path.is_file():
            return self.path
        failure = ""
        stalled = 0
        with httpx.Client(follow_redirects=True, timeout=httpx.Timeout(60, connect=20)) as client:
            while stalled < _ATTEMPTS:
                before = self._have()
                try:
                    if self._more(client):
                        return self._finish()
                except (httpx.TransportError, httpx.StreamError) as error:
                    failure = str(error) or type(error).__name__
                stalled = 0 if self._have() > before else stalled + 1
        raise DataError(
            f"the download of {self.url} broke off {_ATTEMPTS} times in one place ({failure})",
            f"run the command again: it goes on after the {self._have():,} bytes it has",
        )

    def _have(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _more(self, client: httpx.Client) -> bool:
        """One request; True when every byte is there."""
        known, have = self._known(), self._have()
        headers = {"Accept-Encoding": "identity"}
        if known is not None and have:
            headers |= {"Range": f"bytes={have}-"} | ({"If-Range": known.etag} if known.etag else {})
        with client.stream("GET", self.url, headers=headers) as response:
            if response.status_code == 416 and known is not None and known.size == have:
                return True
            if response.status_code == 416:
                self.part.unlink(missing_ok=True)
                return False
            self._refuse(response)
            resumed = response.status_code == 206 and _starts_at(response) == have
            size = _full_size(response)
            if resumed and known is not None and known.size not in (None, size):
                self.part.unlink(missing_ok=True)
                return False
            tag = response.headers.get("etag", "")
            self.note.write_text(
                json.dumps(asdict(_Known(self.url, "" if tag.startswith("W/") else tag, size)))
            )
            with self.part.open("ab" if resumed else "wb") as out:
                # Without a chunk size: httpx gathers a chunk first and throws it away when the line breaks.
                for chunk in response.iter_raw():
                    out.write(chunk)
        return size is None or self._have() == size

    def _known(self) -> _Known | None:
        try:
            return _Known(**json.loads(self.note.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def _refuse(self, response: httpx.Response) -> None:
        if response.status_code >= 500:
            raise httpx.RemoteProtocolError(f"the server answered {response.status_code}")
        if response.status_code not in (200, 206):
            raise DataError(
                f"{self.url} answered {response.status_code}", "check the address and the release's name"
            )
        if response.headers.get("content-type", "").startswith("text/html"):
            raise DataError(
                f"{self.url} is a web page, not a data file", "give the address of the .txt.gz itself"
            )

    def _finish(self) -> Path:
        self.part.replace(self.path)
        self.note.unlink(missing_ok=True)
        return self.path


def _starts_at(response: httpx.Response) -> int | None:
    match = re.match(r"bytes (\d+)-", response.headers.get("content-range", ""))
    return int(match[1]) if match else None


def _full_size(response: httpx.Response) -> int | None:
    if response.status_code == 206:
        match = re.search(r"/(\d+)$", response.headers.get("content-range", ""))
        return int(match[1]) if match else None
    length = response.headers.get("content-length", "")
    return int(length) if length.isdigit() else None
