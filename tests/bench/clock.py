"""Processes whose clock is ahead of this machine's by as much as a file says, while they run.

A time namespace moves the monotonic clocks and not the one that people read; libfaketime moves sleeping with
it, and Python's sleep fails under it. So a library of thirty lines stands before the C library's own: it
needs a C compiler on the path.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static volatile const long *ahead;

__attribute__((constructor)) static void start(void) {
    int file = open(getenv("CLOCK_AHEAD"), O_RDONLY);
    void *map = mmap(0, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
    ahead = map == MAP_FAILED ? 0 : map;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, now);
    if (ahead && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *ahead;
    return result;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}
"""


@dataclass(frozen=True)
class Clock:
    library: Path
    file: Path

    @property
    def environment(self) -> dict[str, str]:
        """Of the processes that go by it."""
        return {"LD_PRELOAD": str(self.library), "CLOCK_AHEAD": str(self.file)}

    def set(self, ahead: timedelta) -> None:
        with self.file.open("r+b" if self.file.exists() else "wb") as file:
            file.write(round(ahead.total_seconds()).to_bytes(8, "little", signed=True))


def made_in(folder: Path, ahead: timedelta = timedelta()) -> Clock:
    library = folder / "clock.so"
    if not library.exists():
        source = folder / "clock.c"
        source.write_text(SOURCE)
        compiler = shutil.which("cc") or "gcc"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source)], check=True)
    clock = Clock(library, folder / f"ahead-{ahead.total_seconds():.0f}")
    clock.set(ahead)
    return clock
