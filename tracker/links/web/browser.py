"""An installed Chromium draws a page, and says what then stands in it.

It is spoken to through its debugging pipe, so that no port of it is open, and reaches the web through `guard`
alone. Every page gets a context of its own: no cookie and no cache goes from one to the next.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from tracker import child
from tracker.errors import UsageError
from tracker.links.web.fetch import Fetched, Fetcher, Refused
from tracker.links.web.guard import Guard
from tracker.links.web.safety import Stop

SECONDS = 20.0
_DRAWN = {"networkIdle": 0.3, "networkAlmostIdle": 3.0}
"""Chromium's words for half a second without a request, and with two at most: a page counts as drawn so many
seconds later. Some pages keep a request open for ever.
"""
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--proxy-bypass-list=<-loopback>",
    # No name is resolved in the browser, whatever a page asks: the guard resolves.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-client-side-phishing-detection",
    "--disable-domain-reliability",
    "--disable-field-trial-config",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-features=OptimizationHints,MediaRouter,DialMediaRouteProvider,NetworkTimeServiceQuerying",
    "--metrics-recording-only",
    "--mute-audio",
    "--no-first-run",
    "--no-default-browser-check",
)
_ENDINGS = "png jpg jpeg gif webp avif mp4 webm mp3 woff woff2"
_UNWANTED = tuple(f"*.{ending}*" for ending in _ENDINGS.split())
"""What no link stands in."""
_LAUNCH = """
import os, sys
ends = [os.dup(int(end)) for end in sys.argv[1:3]]
for end, place in zip(ends, (3, 4)):
    os.dup2(end, place)
    os.set_inheritable(place, True)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""A shell cannot: not every one takes descriptors of two digits."""
_READ = "JSON.stringify([location.href, document.documentElement.outerHTML.slice(0, 8388608)])"


def executable() -> str:
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise UsageError(
            "there is no Chromium on this machine to draw pages with",
            "install chromium (or Chrome) so that it is on the path, or leave --render away",
        )
    return found


class Browser:
    """One Chromium, one page at a time."""

    def __init__(self, pipe: _Pipe, fetcher: Fetcher, guard: Guard) -> None:
        self.pipe, self.fetcher, self.guard = pipe, fetcher, guard
        self.lock = threading.Lock()

    def render(self, url: str, *, at: datetime, seconds: float = SECONDS) -> Fetched | Refused:
        """The page as it stands when its scripts have run; `url` has been fetched before, and so allowed."""
        try:
            with self.lock:
                self.fetcher.wait_for(url, at)
                return self._render(url, at, seconds)
        except Stop as stop:
            return Refused(url, at, stop.reason, stop.detail)

    def _render(self, url: str, at: datetime, seconds: float) -> Fetched | Refused:
        deadline = time.monotonic() + seconds
        context = self.pipe.ask("Target.createBrowserContext", {"disposeOnDetach": True}, deadline)
        key = context["browserContextId"]
        try:
            blank = {"url": "about:blank", "browserContextId": key}
            target = self.pipe.ask("Target.createTarget", blank, deadline)["targetId"]
            flat = {"targetId": target, "flatten": True}
            attached = self.pipe.ask("Target.attachToTarget", flat, deadline)
            page = _Page(self.pipe, self.fetcher, attached["sessionId"], target, deadline, at)
            return page.read(url)
        finally:
            with contextlib.suppress(Stop):
                until = time.monotonic() + 5
                self.pipe.ask("Target.disposeBrowserContext", {"browserContextId": key}, until)


class _Page:
    def __init__(
        self, pipe: _Pipe, fetcher: Fetcher, session: str, frame: str, deadline: float, at: datetime
    ) -> None:
        self.pipe, self.fetcher, self.session, self.frame = pipe, fetcher, session, frame
        self.deadline, self.at = deadline, at
        self.status = 0
        self.headers: tuple[tuple[str, str], ...] = ()
        self.reached: dict[str, float] = {}
        """When the document that stands now came to each point of its life."""
        self.forbidden = ""

    def read(self, url: str) -> Fetched | Refused:
        agent = {"userAgent": self.fetcher.policy.user_agent}
        self._ask("Network.enable")
        self._ask("Network.setUserAgentOverride", agent)
        self._ask("Network.setBlockedURLs", {"urls": list(_UNWANTED)})
        self._ask("Fetch.enable", {"patterns": [{"urlPattern": "*", "resourceType": "Document"}]})
        self._ask("Page.enable")
        self._ask("Page.setLifecycleEventsEnabled", {"enabled": True})
        # Without waiting: the answer comes when the document does, which waits for our word.
        self.pipe.send("Page.navigate", {"url": url}, self.session)
        final_url, html = self._drawn()
        if self.forbidden:
            return Refused(url, self.at, "robots_disallowed", f"the page leads to {self.forbidden[:200]}")
        if not self.status or not final_url.startswith(("http://", "https://")):
            raise Stop("timeout", "the browser got no page")
        good = 200 <= self.status < 300
        return Fetched(
            url=url,
            final_url=final_url,
            at=self.at,
            status=self.status,
            text=html if good else "",
            error_text="" if good else html[:262_144],
            headers=self.headers,
            content_type="text/html",
            size=len(html),
        )

    def _drawn(self) -> tuple[str, str]:
        """Where the page is, and its source; a page that is just leaving for another is waited for."""
        while True:
            self._wait()
            if self.forbidden:
                return "", ""
            done = self._ask("Runtime.evaluate", {"expression": _READ, "returnByValue": True})
            value = done.get("result", {}).get("value")
            if value or self.forbidden or time.monotonic() > self.deadline - 2:
                final_url, html = json.loads(value or '["", ""]')
                return final_url, html

    def _wait(self) -> None:
        """Until nothing is under way any more, or the time is up: what stands there then is read."""
        while time.monotonic() < self.deadline - 2:
            self._take(self.pipe.event(self.session, 0.1))
            drawn = any(self._since(name) > wait for name, wait in _DRAWN.items())
            if self.forbidden or (self.status and drawn):
                return

    def _since(self, name: str) -> float:
        return time.monotonic() - self.reached[name] if name in self.reached else -1.0

    def _take(self, event: Mapping[str, Any] | None) -> None:
        if event is None:
            return
        method, said = event["method"], event.get("params", {})
        if method == "Fetch.requestPaused":
            self._let(said)
        elif method == "Network.responseReceived" and said.get("frameId") == self.frame:
            self._answered(said)
        elif method == "Page.lifecycleEvent" and said.get("frameId") == self.frame:
            self.reached = {} if said["name"] == "init" else self.reached
            self.reached[said["name"]] = time.monotonic()
        elif method == "Page.javascriptDialogOpening":
            self.pipe.send("Page.handleJavaScriptDialog", {"accept": False}, self.session)

    def _let(self, said: Mapping[str, Any]) -> None:
        """A page that its script leads elsewhere: there, too, robots.txt decides."""
        key, url = said["requestId"], said["request"]["url"]
        if said.get("frameId") == self.frame and not self.fetcher.allows(url, self.at):
            self.forbidden = url
            why = {"requestId": key, "errorReason": "BlockedByClient"}
            self.pipe.send("Fetch.failRequest", why, self.session)
        else:
            self.pipe.send("Fetch.continueRequest", {"requestId": key}, self.session)

    def _answered(self, said: Mapping[str, Any]) -> None:
        if said.get("type") == "Document":
            response = said["response"]
            self.status = int(response["status"])
            self.headers = tuple((str(k).lower(), str(v)) for k, v in response.get("headers", {}).items())

    def _ask(self, method: str, said: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self.pipe.ask(method, said or {}, self.deadline, self.session, self._take)


class _Pipe:
    """Chromium's debugging protocol: messages of JSON, each ended by a zero byte."""

    def __init__(self, write: int, read: int) -> None:
        self.write = write
        self.number = 0
        self.answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, args=(read,), daemon=True).start()

    def _listen(self, read: int) -> None:
        rest = b""
        while True:
            try:
                data = os.read(read, 1 << 16)
            except OSError:
                data = b""
            if not data:
                self.answers.put(None)
                return
            *whole, rest = (rest + data).split(b"\0")
            for message in whole:
                self.answers.put(json.loads(message))

    def send(self, method: str, said: Mapping[str, Any], session: str | None = None) -> int:
        self.number += 1
        message: dict[str, Any] = {"id": self.number, "method": method, "params": said}
        message |= {"sessionId": session} if session else {}
        data = json.dumps(message).encode() + b"\0"
        try:
            while data:
                data = data[os.write(self.write, data) :]
        except OSError as error:
            raise Stop("protocol", "the browser has ended") from error
        return self.number

    def ask(
        self,
        method: str,
        said: Mapping[str, Any],
        deadline: float,
        session: str | None = None,
        take: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> dict[str, Any]:
        number = self.send(method, said, session)
        while True:
            message = self._next(deadline - time.monotonic())
            if message is None:
                raise Stop("timeout", f"the browser gave no answer to {method}")
            if message.get("id") == number:
                if "error" in message:
                    raise Stop("protocol", f"{method}: {message['error'].get('message', '')}"[:300])
                result: dict[str, Any] = message.get("result", {})
                return result
            if take is not None and message.get("sessionId") == session and "method" in message:
                take(message)

    def event(self, session: str, seconds: float) -> dict[str, Any] | None:
        message = self._next(seconds)
        return message if message and message.get("sessionId") == session and "method" in message else None

    def _next(self, seconds: float) -> dict[str, Any] | None:
        try:
            message = self.answers.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return None
        if message is None:
            self.answers.put(None)
            raise Stop("protocol", "the browser has ended")
        return message


@contextmanager
def running(fetcher: Fetcher, *, sandbox: bool = True) -> Iterator[Browser]:
    """A Chromium that ends with the block. Without its sandbox only where the machine itself is one."""
    if sandbox and hasattr(os, "geteuid") and os.geteuid() == 0:
        raise UsageError(
            "Chromium's sandbox does not work for the user root",
            "run as another user, or set CITELIFT_BROWSER_SANDBOX=false where the container is the sandbox",
        )
    guard = Guard(fetcher.policy)
    with guard.running(), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [executable(), *_FLAGS, f"--proxy-server=http://127.0.0.1:{guard.port}"]
        command += [f"--user-data-dir={profile}", *([] if sandbox else ["--no-sandbox"]), "about:blank"]
        theirs_read, ours_write = os.pipe()
        ours_read, theirs_write = os.pipe()
        process = _start(command, theirs_read, theirs_write, profile)
        os.close(theirs_read)
        os.close(theirs_write)
        try:
            yield Browser(_Pipe(ours_write, ours_read), fetcher, guard)
        finally:
            os.close(ours_write)
            _end(process)
            os.close(ours_read)


def _start(command: list[str], read: int, write: int, profile: str) -> subprocess.Popen[bytes]:
    """Chromium reads its orders from descriptor 3 and answers on 4; it gets no other of ours."""
    return subprocess.Popen(
        child.command("-c", _LAUNCH, str(read), str(write), *command),
        env={**child.environment(), "HOME": profile},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(read, write),
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(3)
    except subprocess.TimeoutExpired:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
