"""`citelift authority`: the metrics there are, and trust and spam mass, which need good seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from analysis.cli.graph import domain_named, known
from analysis.cli.scope import Asked, TopOption, print_rows, reading
from tracker.cli.options import JsonOption, Where
from tracker.cli.verbs import READ, add
from tracker.errors import DataError, UsageError

SEEDED = ("trustrank", "spam_mass")


def register(app: typer.Typer) -> None:
    add(app, authority, group=READ)


def authority(
    where: Where,
    metric: Annotated[
        str | None,
        typer.Option(
            "--metric", help="Show the domains of this metric; trustrank and spam_mass need --seed."
        ),
    ] = None,
    seed: Annotated[
        list[str] | None,
        typer.Option(
            "--seed", help="A domain that is surely good; again for more, or @FILE with one a line."
        ),
    ] = None,
    top: TopOption = 20,
    as_json: JsonOption = False,
) -> None:
    """The authority metrics there are, or the strongest domains by one of them."""
    from analysis import frames

    if (metric in SEEDED) is not bool(seed):
        raise UsageError(
            f"{metric or 'a list of metrics'} {'needs' if not seed else 'takes no'} seeds",
            "give --metric trustrank or spam_mass together with --seed DOMAIN or --seed @FILE",
        )
    with reading(where) as asked:
        if metric in SEEDED:
            _print_seeded(asked, metric, seed or [], top, as_json)
            return
        if metric is None:
            lists = frames.authority_metrics(asked.database)
            graph = frames.link_graph(asked.database, asked.world)
            known = [
                {"metric": r.metric, "as_of": str(r.as_of), "domains": r.rows, "source": r.source}
                for r in lists.itertuples(index=False)
            ]
            if graph.edges:
                source = f"computed from {graph.basis}"
                known += [
                    {"metric": name, "as_of": None, "domains": graph.nodes, "source": source}
                    for name in frames.COMPUTED
                ]
            print_rows("Authority metrics", ("metric", "as_of", "domains", "source"), known, as_json)
            return
        listed = frames.authority_table(asked.database, metric, asked.world)
    sign = -1 if listed.higher_is_better else 1
    ordered = sorted(listed.values.items(), key=lambda item: (sign * item[1], item[0]))
    rows = [{"domain": name, "value": value} for name, value in (ordered if as_json else ordered[:top])]
    print_rows(
        f"{metric}: {listed.source}",
        ("domain", "value"),
        rows,
        as_json,
        authority=metric,
        source=listed.source,
    )


def _print_seeded(asked: Asked, metric: str, seeds: Sequence[str], top: int, as_json: bool) -> None:
    from analysis import frames
    from analysis.authority.ranks import spam_mass, trustrank

    graph = known(frames.link_graph(asked.database, asked.world))
    names = [str(name) for name in graph.names]
    chosen = _seeds(seeds)
    if metric == "trustrank":
        ranks = trustrank(graph, chosen)
        percentiles = ranks.percentiles.tolist()
        pairs = zip(names, ranks.values.tolist(), percentiles, strict=True)
        rows: list[dict[str, Any]] = [{"domain": n, "value": v, "percentile": p} for n, v, p in pairs]
        rows.sort(key=lambda row: (-row["value"], row["domain"]))
        columns: tuple[str, ...] = ("domain", "value", "percentile")
        absent = ranks.notes["absent"]
    else:
        mass = spam_mass(graph, chosen)
        suspects = set(mass.suspects())
        figures = zip(names, mass.relative.tolist(), mass.absolute.tolist(), mass.rank.tolist(), strict=True)
        rows = [
            {"domain": n, "value": r, "absolute": a, "rank": k, "suspect": n in suspects}
            for n, r, a, k in figures
        ]
        rows.sort(key=lambda row: (not row["suspect"], -row["absolute"], row["domain"]))
        columns = ("domain", "value", "absolute", "rank", "suspect")
        absent = [seed for seed in chosen if graph.code_of(seed) is None]
    head = {"authority": metric, "source": f"computed from {graph.basis}", "seeds": chosen, "absent": absent}
    shown = rows if as_json else [_rounded(row) for row in rows[:top]]
    print_rows(f"{metric} from {len(chosen)} seeds, {head['source']}", columns, shown, as_json, **head)


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {name: f"{value:.4g}" if isinstance(value, float) else value for name, value in row.items()}


def _seeds(options: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for each in options:
        lines += _lines(Path(each[1:])) if each.startswith("@") else [each]
    return list(dict.fromkeys(domain_named(line) for line in lines))


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}", "give a text file with one domain a line") from None
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
