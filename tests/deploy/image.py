"""The Dockerfile's own steps, where no docker is at hand: run as they stand, each stage in a root of its own.

A root is an overlay on this machine's: what a step writes goes to memory and is gone with the namespace. The
base image's Python is this machine's. Only the download of the lock's packages is left out, unless
`CITELIFT_TEST_IMAGE=full` is set: the packages of the tests' own environment stand in for them.
"""

from __future__ import annotations

import fnmatch
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.shared import ROOT

FULL = os.environ.get("CITELIFT_TEST_IMAGE") == "full"
LOCKED = "--require-hashes"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PACKAGES = [path for path in sys.path if path.endswith("-packages")]
BORROWED = {} if FULL else {path: f"/opt/{n}/site-packages" for n, path in enumerate(_PACKAGES)}
"""Folder of packages here → where the image sees it."""


@dataclass
class Stage:
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)
    """COPY, RUN and ENV, in order."""
    variables: dict[str, str] = field(default_factory=dict)
    """ENV, as far as the steps have come."""
    one: dict[str, str] = field(default_factory=dict)
    """USER, WORKDIR, ENTRYPOINT, CMD: the last one counts."""


def stages(text: str) -> list[Stage]:
    """As far as our Dockerfile goes; an instruction that is not known here is an error."""
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    found: list[Stage] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append(Stage(rest.partition(" AS ")[2] or "last"))
        elif word in {"RUN", "COPY", "ENV"}:
            found[-1].steps.append((word, rest))
        elif word in {"USER", "WORKDIR", "ENTRYPOINT", "CMD", "VOLUME"}:
            found[-1].one[word] = rest
        elif word not in {"ARG", "LABEL"}:
            raise AssertionError(f"the tests do not know {word}")
    return found


def context() -> list[Path]:
    """What docker would be given of the checkout."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    tracked = subprocess.run(["git", "ls-files", "-co"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(name) for name in tracked.stdout.splitlines() if _is_taken(name, rules)]


def _is_taken(name: str, rules: Sequence[str]) -> bool:
    taken = True
    for rule in rules:
        pattern = rule.removeprefix("!").removeprefix("**/")
        parts = name.split("/")
        ways = ["/".join(parts[: end + 1]) for end in range(len(parts))] + (parts if "**/" in rule else [])
        if any(fnmatch.fnmatchcase(way, pattern) for way in ways):
            taken = rule.startswith("!")
    return taken


def can_mount() -> bool:
    probe = "mount -t tmpfs t /mnt && mkdir /mnt/u /mnt/w /mnt/m && "
    probe += "mount -t overlay o -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/m"
    try:
        done = subprocess.run(["unshare", "-m", "-n", "sh", "-c", probe], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0


@dataclass
class Image:
    """A built image in namespaces of its own: no network but the loopback, its files only read."""

    holder: int
    root: Path
    stage: Stage

    def command(self, words: Sequence[str], variables: dict[str, str] | None = None) -> list[str]:
        user, _, group = self.stage.one["USER"].partition(":")
        flags = ["--reuid", user, "--regid", group, "--clear-groups", "--no-new-privs", "--bounding-set=-all"]
        given = [f"{name}={value}" for name, value in (self.stage.variables | (variables or {})).items()]
        inside = ["nsenter", "-t", str(self.holder), "-m", "-n", "chroot", str(self.root)]
        place = ["env", "-i", "-C", self.stage.one["WORKDIR"], *given]
        return [*inside, "setpriv", *flags, *place, *words]

    def run(self, *words: str, variables: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(words, variables), capture_output=True, text=True, timeout=120, check=False
        )


@contextmanager
def built(work: Path) -> Iterator[Image]:
    if not can_mount():
        pytest.skip("the steps of an image need root and overlays")
    holder = subprocess.Popen(
        ["unshare", "-m", "-n", "sh", "-c", "echo up; exec sleep 3600"],
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        enter = ["nsenter", "-t", str(holder.pid), "-m"]
        every = stages((ROOT / "Dockerfile").read_text("utf-8"))
        _sh(enter, f"mount -t tmpfs -o size=3g t {work}")
        _sh([*enter, "-n"], "ip link set lo up")
        roots: dict[str, Path] = {}
        for stage in every:
            roots[stage.name] = root = work / stage.name
            _sh(enter, _layered(root))
            for kind, rest in stage.steps:
                if kind == "ENV":
                    stage.variables |= dict(pair.split("=", 1) for pair in shlex.split(rest))
                elif kind == "COPY":
                    _copy(enter, rest, root, roots)
                else:
                    _run(enter, rest, root, stage.variables)
        _let_in(enter, root)
        _sh(enter, f"mount -o remount,ro {root}; mount -t tmpfs -o mode=1777 t {root}/tmp")
        owner = every[-1].one["USER"]
        data = root / every[-1].one["VOLUME"].lstrip("/")
        _sh(enter, f"mount -t tmpfs t {data}; chown {owner} {data}; chmod 700 {data}")
        yield Image(holder.pid, root, every[-1])
    finally:
        holder.kill()
        holder.wait()


def _sh(enter: Sequence[str], words: str, **variables: str) -> None:
    environment = {"PATH": PATH, **variables}
    done = subprocess.run(
        [*enter, "sh", "-e", "-c", words], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{words}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"


def _layered(root: Path) -> str:
    parts = f"lowerdir=/,upperdir={root}.upper,workdir={root}.work"
    borrowed = "".join(
        f"; mkdir -p {root}{aim}; mount --bind {path} {root}{aim}" for path, aim in BORROWED.items()
    )
    return (
        f"mkdir {root} {root}.upper {root}.work; mount -t overlay o -o {parts} {root}; "
        f"mount -t proc p {root}/proc; mount --rbind /dev {root}/dev" + borrowed
    )


def _let_in(enter: Sequence[str], root: Path) -> None:
    """This machine's Python may stand in somebody's home."""
    place = Path(sys.base_prefix)
    ways = shlex.join(f"{root}{each}" for each in (place, *place.parents[:-1]))
    _sh(enter, f"chmod o+x {ways}")


def _copy(enter: Sequence[str], rest: str, root: Path, roots: dict[str, Path]) -> None:
    *options, last = shlex.split(rest)
    sources = [word for word in options if not word.startswith("--")]
    aim = f"{root}{last}"
    if options[0].startswith("--from="):
        source = roots[options[0].removeprefix("--from=")]
        _sh(enter, f"cp -a {source}{sources[0]} {aim}")
        return
    for source in sources:
        files = [str(path) for path in context() if path.parts[0] == source]
        assert files, f"{source} is not in the image's context"
        inner = aim if last.endswith("/") else str(Path(aim).parent)
        named = shlex.join(files)
        _sh(enter, f"mkdir -p {inner}; cd {ROOT}; tar -c {named} | tar -x -C {inner} --no-same-owner")


def _run(enter: Sequence[str], words: str, root: Path, variables: dict[str, str]) -> None:
    if LOCKED in words and not FULL:
        lines = "\n".join(BORROWED.values())
        packages = f"/opt/citelift/lib/python3.{sys.version_info[1]}/site-packages"
        words = f"rm -rf {packages}/setuptools*; echo '{lines}' > {packages}/borrowed.pth"
    _sh([*enter, "chroot", str(root)], words, **({"PATH": PATH} | variables))
