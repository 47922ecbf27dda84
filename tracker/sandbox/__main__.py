"""`python -m tracker.sandbox`: the simulated answer engines on a loopback port."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from datetime import date
from pathlib import Path
from typing import get_args

from tracker.errors import CiteliftError, DataError
from tracker.sandbox.faults import FAULTS, Faults
from tracker.sandbox.linkgraph import write_links
from tracker.sandbox.server import serve
from tracker.sandbox.truth import truth
from tracker.sandbox.world import DEMO_SEED, START, WEEKS, Kind, SimulatedWorld, WorldBrand, WorldPrompt


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        if options.from_stdin:
            return _from_parent()
        world = (
            _kept(Path(options.world))
            if options.world
            else world_of(
                Path(options.catalog),
                seed=options.seed,
                kind=options.kind,
                start=options.start,
                weeks=options.weeks,
            )
        )
        if options.write_links:
            write_links(world, Path(options.write_links))
        if options.truth:
            print(json.dumps(truth(world), indent=2, ensure_ascii=False))
            return 0
        _run(world, Faults.parse(options.faults), options.port)
    except CiteliftError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"cannot listen on port {options.port}: {error.strerror}\n  fix: use --port 0", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tracker.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one; the address is printed")
    parser.add_argument("--catalog", default="prompts", help="folder with brands.yaml and tracked.yaml")
    parser.add_argument("--world", metavar="FILE", help="the world.json of a demo, for all that follows")
    parser.add_argument("--seed", type=int, default=DEMO_SEED)
    parser.add_argument("--kind", choices=get_args(Kind), default="planted")
    parser.add_argument(
        "--start", type=date.fromisoformat, default=START, help="first day of the simulated period"
    )
    parser.add_argument("--weeks", type=int, default=WEEKS)
    parser.add_argument(
        "--faults", default="", help=f"rates of {', '.join(FAULTS)}: 429=0.1,500=0.05,latency=0.2"
    )
    parser.add_argument("--write-links", metavar="FOLDER", help="write the world's link exports there first")
    parser.add_argument("--truth", action="store_true", help="print what is planted, and end")
    parser.add_argument("--from-stdin", action="store_true", help=argparse.SUPPRESS)
    return parser


def _kept(path: Path) -> SimulatedWorld:
    try:
        return SimulatedWorld.from_spec(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is no world: {error}", "name the world.json that `citelift demo` wrote"
        ) from None


def world_of(
    folder: Path, *, seed: int, kind: Kind, start: date = START, weeks: int = WEEKS
) -> SimulatedWorld:
    """The world around the brands and prompts of a catalog."""
    from tracker import catalog  # a child of `Sandbox` has no use for it, and starts ten times sooner without

    loaded = catalog.load(folder, need="brands")
    brands = [WorldBrand(b.name, b.domains, b.own, b.aliases, b.not_phrases) for b in loaded.brands]
    prompts = [WorldPrompt(p.text, p.topic) for p in loaded.prompts]
    return SimulatedWorld.build(brands, prompts, seed=seed, kind=kind, start=start, weeks=weeks)


def _from_parent() -> int:
    spec = json.loads(sys.stdin.readline())
    _run(SimulatedWorld.from_spec(spec["world"]), Faults(**spec["faults"]), spec["port"], child=True)
    return 0


def _run(world: SimulatedWorld, faults: Faults, port: int, *, child: bool = False) -> None:
    async def body() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        if child:  # standard input ends when the parent does, also when it is killed
            pipe = sys.stdin.fileno()
            loop.add_reader(pipe, lambda: None if os.read(pipe, 4096) else _leave(loop, pipe, stop))
        await serve(world, faults, port, lambda url: print(url, flush=True), stop)

    asyncio.run(body())


def _leave(loop: asyncio.AbstractEventLoop, pipe: int, stop: asyncio.Event) -> None:
    loop.remove_reader(pipe)
    stop.set()


if __name__ == "__main__":
    raise SystemExit(main())
