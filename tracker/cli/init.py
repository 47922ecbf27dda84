"""`citelift init`: a catalog to begin with. Asks at a terminal; elsewhere options must say what is needed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from tracker.cli.options import CatalogOption, settings_from
from tracker.cli.printing import err, out, plain, plain_lines
from tracker.cli.verbs import SET_UP, add
from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.starter import Rival, Starter

T = TypeVar("T")
FEW_RIVALS = 5


def register(app: typer.Typer) -> None:
    add(app, init, group=SET_UP)


def init(
    catalog: CatalogOption = None,
    brand: Annotated[str | None, typer.Option(help="Your brand's name.")] = None,
    domain: Annotated[str | None, typer.Option(help="Its domain, like example.com.")] = None,
    rival: Annotated[
        list[str] | None, typer.Option(help="A rival as name=domain; may be given several times.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="What your buyers look for, like `CRM`.")] = None,
    engine: Annotated[
        list[str] | None,
        typer.Option(help="Whom to ask, like openai,perplexity; `sandbox` for simulated engines."),
    ] = None,
) -> None:
    """Write a commented catalog for your brand. Existing files stay as they are."""
    from tracker import starter

    folder = settings_from(catalog).catalog
    files = starter.missing(folder)
    takes: dict[str, dict[str, object]] = {
        "brands.yaml": {"--brand": brand, "--domain": domain, "--rival": rival},
        "tracked.yaml": {"--topic": topic},
        "engines.yaml": {"--engine": engine},
    }
    filled = starter.Starter(
        brand=starter.brand_named(brand) if brand is not None else None,
        domain=starter.domain_named(domain) if domain is not None else None,
        rivals=tuple(starter.rival_named(each) for each in rival or ()),
        topic=topic.strip() or None if topic else None,
        engines=starter.engines_named(engine) if engine else (),
    )
    if sys.stdin.isatty():
        filled = _asked(filled, files)
    filled = filled if filled.engines else _with(filled, engines=(starter.SIMULATED,))
    for path in starter.write(folder, filled):
        out.print(f"wrote {plain(path)}")
    for name in starter.FILES:
        if name not in files:
            ignored = [option for option, value in takes.get(name, {}).items() if value]
            words = f"; ignored: {', '.join(ignored)}" if ignored else ""
            out.print(f"kept  {plain(folder / name)} (it was there{words})")
    _say_what_is_left(folder, filled, files)


def _with(filled: Starter, **more: object) -> Starter:
    from dataclasses import replace

    return replace(filled, **more)  # type: ignore[arg-type]


def _asked(filled: Starter, files: list[str]) -> Starter:
    """What the options left open and a file that is to be written needs."""
    from tracker import starter

    if "brands.yaml" in files:
        brand = filled.brand or _answer("Your brand's name", starter.brand_named)
        domain = filled.domain or _answer("Its domain (example.com)", starter.domain_named)
        rivals = filled.rivals or tuple(_rivals())
        filled = _with(filled, brand=brand, domain=domain, rivals=rivals)
    if "tracked.yaml" in files and filled.topic is None:
        topic = _answer("What your buyers look for, in one or two words (CRM)", str.strip, default="")
        filled = _with(filled, topic=topic or None)
    if "engines.yaml" in files and not filled.engines:
        out.print(f"Engines: {', '.join(starter.engine_rows())}")
        words = f"Whom to ask, with commas ({starter.SIMULATED}: simulated, no key, no cost)"
        chosen = _answer(words, lambda given: starter.engines_named([given]), default=starter.SIMULATED)
        filled = _with(filled, engines=chosen)
    return filled


def _rivals() -> list[Rival]:
    from tracker import starter

    rivals: list[Rival] = []
    while True:
        words = f"Rival {len(rivals) + 1} as name=domain (empty: no more)"
        rival = _answer(
            words, lambda given: starter.rival_named(given) if given.strip() else None, default=""
        )
        if rival is None:
            return rivals
        rivals.append(rival)


def _answer(words: str, read: Callable[[str], T], default: str | None = None) -> T:
    """Asks until the answer can be read."""
    while True:
        try:
            return read(typer.prompt(words, default=default, show_default=bool(default)))
        except UsageError as error:
            err.print(plain_lines(error))


def _say_what_is_left(folder: Path, filled: Starter, files: list[str]) -> None:
    left = []
    if "brands.yaml" in files and len(filled.rivals) < FEW_RIVALS:
        count = len(filled.rivals) or "none"
        left.append(
            f"brands.yaml: rivals, five to ten ({count} so far): a lift compares brands in one answer"
        )
    if "tracked.yaml" in files:
        have = "these six questions are only a beginning" if filled.topic else "it has no question yet"
        left.append(f"tracked.yaml: {have}; write 30 or more as your buyers ask them")
    if "engines.yaml" in files:
        left += _left_of_engines(filled.engines)
    out.print("\nStill to do:" if left else "")
    for line in left:
        out.print(f"- {plain(line)}")
    where = "" if folder == Path("prompts") else f" --catalog {plain(folder)}"
    out.print(
        f"Then `citelift check{where}` looks it all over, and `citelift plan{where}` says what a run costs."
    )


def _left_of_engines(engines: tuple[str, ...]) -> list[str]:
    from tracker import starter
    from tracker.engines.calls import missing_keys

    if starter.SIMULATED in engines:
        return ["engines.yaml: simulated engines only, whose answers are made up; --engine names real ones"]
    left, keys = [], []
    for name in engines:
        row = starter.engine_rows()[name]
        model = row.split("model: ")[1].split()[0]
        keys += missing_keys(model)
        if "/your-" in model:
            left.append(f"engines.yaml: put your own name for {model} into the row of {name}")
    if keys:
        listed = ", ".join(key.replace("|", " or ") for key in dict.fromkeys(keys))
        left.insert(0, f"set {listed} in the environment or in .env")
    return left
