"""A judge's verdicts as `citelift judge` prints them: never without the judge's agreement with people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.cli.scope import Asked
from tracker import numbers
from tracker.cli.printing import err, out, plain, table

if TYPE_CHECKING:
    from analysis.frames import Judge

ENOUGH_LABELS = 30


def stored(asked: Asked, *, domains: bool, judge: Judge | None = None) -> dict[str, Any]:
    """What is stored of a judge, by default the one asked last, as `--json` prints it."""
    from analysis import frames

    database, world = asked.database, asked.world
    if domains:
        by = judge or frames.last_judge(database, world, "domain")
        verdicts = frames.domain_verdicts(database, world, by) if by else {}
        rows = [{"domain": name, "class": kind} for name, kind in sorted(verdicts.items())]
        used = bool(frames.judged_domains(database, world))
        return {"judge": _judge_json(asked, by), "used_by_classify": used, "rows": rows}
    by = (
        judge
        or frames.last_judge(database, world, "stance")
        or frames.last_judge(database, world, "labelled")
    )
    head = {"window": asked.window, "branded": asked.scope.branded, "judge": _judge_json(asked, by)}
    if by is None:
        return {**head, "agreement": None, "rows": []}
    return {**head, "agreement": _agreement_json(asked, by), "rows": _rows(asked, by)}


def _judge_json(asked: Asked, by: Judge | None) -> dict[str, Any] | None:
    from analysis import frames

    if by is None:
        return None
    served = frames.served_models(asked.database, asked.world, by)
    return {"model": by.model, "prompt_version": by.prompt_version, "served_models": served}


def _rows(asked: Asked, by: Judge) -> list[dict[str, Any]]:
    from analysis.judged.stances import stances

    rows: list[dict[str, Any]] = []
    for row in stances(asked.database, asked.world, asked.scope, by):
        one: dict[str, Any] = {
            "brand": row.brand,
            "own": row.own,
            "mentions": row.mentions,
            "judged": row.judged,
        }
        one |= {**row.counts, "n": row.positive.n, "prompts": row.positive.clusters}
        for side, share_of in (("positive", row.positive), ("negative", row.negative)):
            one |= {
                f"share_{side}": share_of.estimate,
                f"{side}_low": share_of.low,
                f"{side}_high": share_of.high,
            }
        rows.append({**one, "directional_only": row.directional})
    return rows


def _agreement_json(asked: Asked, by: Judge) -> dict[str, Any] | None:
    from analysis.judged.agreement import measured

    measurement = measured(asked.database, asked.world, by)
    if measurement is None:
        return None
    agreed, kappa, classes = measurement.agreed, measurement.kappa, measurement.classes
    confusion = {
        label: dict(zip(classes, row, strict=True))
        for label, row in zip(classes, measurement.table.tolist(), strict=True)
    }
    return {
        "labels": measurement.set_name,
        "measured_at": measurement.measured_at,
        "n": agreed.n,
        "agreed": agreed.estimate,
        "low": agreed.low,
        "high": agreed.high,
        "kappa": kappa.estimate,
        "kappa_low": kappa.low,
        "kappa_high": kappa.high,
        "without_verdict": measurement.failed,
        "confusion": confusion,
    }


def show(verdicts: dict[str, Any], *, confusion: bool) -> None:
    by, rows = verdicts["judge"], verdicts["rows"]
    if by is None:
        err.print("Nothing is judged yet.")
        return
    name = f"{by['model']}, prompt {by['prompt_version']}"
    if "used_by_classify" in verdicts:
        _show_domains(name, rows, verdicts["used_by_classify"])
        return
    if any(row["judged"] for row in rows):
        _show_stances(name, rows)
    _show_agreement(verdicts["agreement"], confusion)
    if len(by["served_models"]) > 1:
        out.print(
            f"Verdicts of {len(by['served_models'])} served models are in these numbers: "
            f"{plain(', '.join(by['served_models']))}."
        )
    if by["model"] == "sandbox/judge":
        out.print("sandbox/judge is a word list to try the command with, not a judge to rely on.")


def _show_domains(name: str, rows: list[dict[str, Any]], used: bool) -> None:
    shown = [(row["domain"], row["class"]) for row in rows]
    if not shown:
        err.print("No unknown domain is judged.")
        return
    table(f"Unknown domains, judged by {name}", ("domain", "class"), shown)
    if not used:
        out.print(
            "\nNo number uses these. With `domains: true` under `judge:` in engines.yaml, the next "
            "`citelift judge --domains` lets classes rest on them."
        )


def _show_stances(name: str, rows: list[dict[str, Any]]) -> None:
    shown = []
    for row in rows:
        few = ", directional only" if row["directional_only"] else ""
        sides = [
            f"{numbers.percent(row[f'share_{side}'])} "
            f"({numbers.percent_range(row[f'{side}_low'], row[f'{side}_high'])})"
            for side in ("positive", "negative")
        ]
        brand = f"{row['brand']} (you)" if row["own"] else row["brand"]
        rest = f"{row['neutral']} / {row['mixed']} / {row['absent']}"
        shown.append((brand, *sides, rest, f"{row['judged']:,} of {row['mentions']:,}{few}"))
    columns = ("brand", "positive", "negative", "neutral / mixed / absent", "judged mentions")
    table(f"Stances as {name} sees them ({numbers.LEVEL} intervals)", columns, shown, right=range(1, 5))


def _show_agreement(agreement: dict[str, Any] | None, confusion: bool) -> None:
    if agreement is None:
        out.print(
            "\nHow far this judge agrees with people is unknown: `citelift judge --agreement` measures it."
        )
        return
    span = numbers.percent_range(agreement["low"], agreement["high"])
    agreed = f"{numbers.percent(agreement['agreed'])} ({span})"
    kappa = numbers.number(agreement["kappa"], 2)
    if agreement["kappa_low"] is not None:
        kappa += f" ({numbers.number_range(agreement['kappa_low'], agreement['kappa_high'])})"
    missing = f"; {agreement['without_verdict']} without a verdict" if agreement["without_verdict"] else ""
    if agreement["n"] < ENOUGH_LABELS:
        missing += "; too few to go by"
    out.print(
        f"\nAgreement with {agreement['n']} hand labels ({plain(agreement['labels'])}): {agreed}; "
        f"Cohen's kappa {kappa}{missing}."
    )
    if confusion:
        heads = ("label ↓ verdict →", *agreement["confusion"])
        lines = [(label, *row.values()) for label, row in agreement["confusion"].items()]
        table("", heads, lines, right=range(1, len(heads)))
