"""Lift through the public doors: worlds written to recorded answers and a links file, imported, read with
`lift --json`.

`python -m tests.bench.calibration_files [--seeds 20] [--kinds planted,null,…]`. These worlds share nothing
with `analysis.lift.simulate`: rates are drawn on the scale of probability, lifts add to it, every answer has
a day and an hour, and links begin and end on days."""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dashboard import command

Kind = Literal["planted", "null", "popular", "momentum", "model_change", "alike", "few"]
BRANDS = ("Norvane", "Quellby", "Tarnwick", "Oltera", "Brimsel", "Kadrova", "Fendrix", "Lumetto")
START = datetime(2026, 3, 2, tzinfo=UTC)
PAGES = 3
"""Of each source; a link stands on all of them."""
CLAIMS = ("associated within the same question", "goes with fewer mentions")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Size:
    prompts: int = 40
    weeks: int = 16
    engines: int = 3
    repeats: int = 4
    sources: int = 60


@dataclass(frozen=True)
class Told:
    """A source's true lift over its exposed pairs, and how many there are."""

    lift: float
    exposed: int


@dataclass(frozen=True)
class _World:
    base: Floats
    """Probability of being named: brand, prompt, engine, week."""
    weight: Floats
    """Of each source: prompt, engine, half of the time, source."""
    lift: Floats
    alike: Floats
    linked: NDArray[np.bool_]
    begin: Floats
    end: Floats


def write(kind: Kind, seed: int, folder: Path, size: Size | None = None) -> dict[str, Told]:
    """`brands.yaml`, `answers.jsonl` and `links.csv` of a world, and its truth by source."""
    size = size or (Size(weeks=4, repeats=1) if kind == "few" else Size())
    rng = np.random.default_rng([seed, get_args(Kind).index(kind)])
    world = _draw(rng, kind, size)
    owned = [
        f"  - name: {b}\n    domains: [{b.lower()}.com]\n    own: {str(b == BRANDS[0]).lower()}\n"
        for b in BRANDS
    ]
    (folder / "brands.yaml").write_text("brands:\n" + "".join(owned), encoding="utf-8")
    gained, exposed = np.zeros(size.sources), np.zeros(size.sources, np.int64)
    with (folder / "answers.jsonl").open("w", encoding="utf-8") as file:
        for line, cited, live, gain in _answers(rng, kind, world, size):
            file.write(json.dumps(line) + "\n")
            gained[cited] += gain
            exposed[cited] += live
    _write_links(folder / "links.csv", world, size)
    shares = np.divide(gained, exposed, out=np.zeros_like(gained), where=exposed > 0)
    return {_name(s): Told(float(shares[s]), int(exposed[s])) for s in range(size.sources)}


def _draw(rng: np.random.Generator, kind: Kind, size: Size) -> _World:
    b, s, half = len(BRANDS), size.sources, size.weeks // 2
    standing = rng.beta(1.5, 3.0, b)
    base = np.clip(standing[:, None] + rng.normal(0, 0.12, (b, size.prompts)), 0.03, 0.8)[:, :, None, None]
    base = base + rng.normal(0, 0.06, (b, 1, size.engines, 1)) + np.zeros(size.weeks)
    rising = np.zeros(b, bool)
    if kind == "momentum":
        rising = rng.random(b) < 0.4
        slope = np.where(rising, rng.uniform(0.015, 0.03, b), rng.uniform(-0.01, 0.003, b))
        base += (slope[:, None] * np.arange(size.weeks))[:, None, None, :]
    weight = rng.gamma(0.6, 1, (size.prompts, 1, 1, s)) * rng.gamma(
        2, 0.5, (1, size.engines, 1, s)
    ) + np.zeros((2, 1))
    if kind == "model_change":
        base[..., half:] += rng.normal(0, 0.15, (b, 1, size.engines, 1))
        weight[:, :, 1] *= rng.gamma(2, 0.5, (1, size.engines, s))
    lift, alike = np.zeros(s), np.zeros(s)
    if kind not in ("null", "popular", "momentum"):
        lift[rng.choice(s, s // 5, replace=False)] = rng.uniform(0.10, 0.30, s // 5)
    if kind == "alike":
        alike[rng.choice(np.flatnonzero(lift == 0), 5, replace=False)] = rng.uniform(0.1, 0.25, 5)
    pull = (3.0 if kind == "popular" else 1.0) * (standing - standing.mean()) / standing.std()
    linked = rng.random((s, b)) < 1 / (1 + np.exp(1.2 - pull))
    days = 7 * size.weeks
    begin = np.where(rng.random((s, b)) < 0.55, -60, rng.integers(5, days - 5, (s, b)))
    earned = (rng.random((s, b)) < 0.5) & rising
    begin = np.where(earned, rng.integers(days // 4, 3 * days // 4, (s, b)), begin)
    end = np.where(rng.random((s, b)) < 0.1, rng.integers(20, days, (s, b)), 10 * days)
    reach = rng.permutation(1 / np.arange(1, s + 1) ** 0.8)
    return _World(
        base, weight * reach + 1e-9, lift, alike, linked | earned, begin.astype(float), end.astype(float)
    )


def _answers(
    rng: np.random.Generator, kind: Kind, world: _World, size: Size
) -> Iterator[tuple[dict[str, Any], NDArray[np.int64], NDArray[np.int64], Floats]]:
    """Each answer's line, and of the sources it cites: exposed pairs, and what their links add."""
    for place in np.ndindex(size.prompts, size.weeks, size.engines, size.repeats):
        prompt, week, engine, repeat = place
        late = int(week >= size.weeks // 2)
        at = START + timedelta(days=7 * week + int(rng.integers(0, 7)), hours=int(rng.integers(0, 24)))
        day = (at - START).total_seconds() / 86_400
        taste = np.log(world.weight[prompt, engine, late])
        cited = np.argsort(-(taste + rng.gumbel(size=size.sources)))[: 2 + rng.poisson(3)]
        live = world.linked[cited] & (world.begin[cited] <= day) & (day < world.end[cited])
        effect = live * world.lift[cited][:, None]
        bare = world.base[:, prompt, engine, week] + rng.normal(0, 0.05) + world.alike[cited].sum()
        rate = np.clip(bare + effect.sum(axis=0), 0.02, 0.97)
        without = np.clip(bare + effect.sum(axis=0) - effect, 0.02, 0.97)
        named = rng.permutation(np.flatnonzero(rng.random(len(BRANDS)) < rate))
        text = " ".join(f"{BRANDS[b]} is a solid choice [{i}]." for i, b in enumerate(named, start=1))
        line = {
            "asked_at": at.isoformat(),
            "engine": f"engine {engine}",
            "model": f"model-{engine}{'-b' if late and kind == 'model_change' else ''}",
            "surface": "api",
            "prompt": f"What is the best tool number {prompt}?",
            "topic": f"topic {prompt % 5}",
            "repeat": repeat,
            "search_used": True,
            "text": "Here is what I found. " + text,
            "citations": [
                {"url": f"https://www.{_name(s)}/p{rng.integers(PAGES)}", "kind": "cited", "position": i}
                for i, s in enumerate(cited, start=1)
            ],
        }
        yield line, cited, live.sum(axis=1), ((rate - without) * live).sum(axis=1)


def _write_links(path: Path, world: _World, size: Size) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("source_url", "target_url", "anchor", "rel", "first_seen", "last_seen", "lost_at"))
        for s, b in np.argwhere(world.linked):
            brand, lasting = BRANDS[b], world.end[s, b] > 7 * size.weeks
            lost = "" if lasting else (START + timedelta(days=world.end[s, b])).date().isoformat()
            first = (START + timedelta(days=world.begin[s, b])).date().isoformat()
            target = f"https://www.{brand.lower()}.com/"
            for page in range(PAGES):
                out.writerow((f"https://{_name(int(s))}/p{page}", target, brand, "", first, "", lost))


def _name(source: int) -> str:
    return f"source{source:02d}-{'xyz'[source % 3]}.com"


def measured(folder: Path) -> list[dict[str, Any]]:
    """The rows of `lift --json` on a written world."""
    place = ["--catalog", str(folder), "--database", f"sqlite:///{folder}/world.db"]
    for words in (("answers", "answers.jsonl"), ("links", "links.csv")):
        _citelift("import", words[0], str(folder / words[1]), *place)
    rows: list[dict[str, Any]] = json.loads(_citelift("lift", "--json", *place))["rows"]
    return rows


def _citelift(*words: str) -> str:
    with redirect_stdout(StringIO()) as said, redirect_stderr(StringIO()) as errors:
        code = command.run(words)
    if code:
        raise RuntimeError(f"citelift {' '.join(words[:2])} ended with {code}: {errors.getvalue()}")
    return said.getvalue()


def tally(kind: Kind, seeds: Iterable[int]) -> str:
    """A row of the table: coverage over sources, false discovery over worlds, power over lifts of ten points
    and more."""
    covered, wrong, found, claims = [], [], [], []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            told = write(kind, seed, Path(folder))
            rows = measured(Path(folder))
        claimed = [row for row in rows if row["verdict"] in CLAIMS]
        covered += [r["low"] <= told[r["source"]].lift <= r["high"] for r in rows if r["lift"] is not None]
        wrong.append(sum(r["lift"] * told[r["source"]].lift <= 0 for r in claimed) / max(len(claimed), 1))
        large = [r for r in rows if r["exposed"] >= 100 and told[r["source"]].lift >= 0.10]
        found += [r["verdict"] == CLAIMS[0] for r in large]
        claims.append(len(claimed))
    power = f"{100 * np.mean(found):.1f} % ({len(found)})" if found else "– (0)"
    rates = f"{100 * np.mean(covered):.1f} % | {100 * np.mean(wrong):.1f} % | {np.mean(claims):.1f}"
    return f"| {kind} | {rates} | {power} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.calibration_files", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--kinds", default=",".join(get_args(Kind)))
    chosen = parser.parse_args()
    print("| world | coverage | false discovery | discoveries | power (sources) |\n|---|---|---|---|---|")
    for kind in chosen.kinds.split(","):
        print(tally(kind, range(chosen.seeds)), flush=True)


if __name__ == "__main__":
    main()
