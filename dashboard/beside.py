"""Answers beside each other: which of them names and cites what, and where one may step to from an answer.
Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from analysis.frames import Sibling
from dashboard import strings, widgets
from dashboard.data import AnswerView
from tracker import numbers
from tracker.models import Answer

words = strings.AnswersPage
WEEKS = 3
"""So many stand beside each other."""
_SENTENCE = re.compile(r"(?<=[.!?。])\s+|\n+")


@dataclass(frozen=True)
class Steps:
    """The answers to step to from one: those of other engines and repeats of its week, and the nearest weeks
    of its engine."""

    engines: tuple[Sibling, ...]
    repeats: tuple[Sibling, ...]
    weeks: tuple[Sibling, ...]
    """Of its engine, one a week: its own and those around it."""
    earlier: Sibling | None
    later: Sibling | None


def steps(siblings: Sequence[Sibling], key: int) -> Steps:
    now = next(each for each in siblings if each.id == key)
    mine = [each for each in siblings if each.engine_id == now.engine_id]
    same_week = [each for each in siblings if each.week == now.week]
    by_engine: dict[int, Sibling] = {}
    for each in sorted(same_week, key=lambda s: (abs(s.repeat - now.repeat), s.repeat)):
        by_engine.setdefault(each.engine_id, each)
    by_engine[now.engine_id] = now
    by_week: dict[date, Sibling] = {now.week: now}
    for each in sorted(mine, key=lambda s: (abs(s.repeat - now.repeat), s.repeat)):
        by_week.setdefault(each.week, each)
    around = sorted(sorted(by_week, key=lambda week: abs(week - now.week))[:WEEKS])
    before = [each for each in mine if each.week < now.week]
    after = [each for each in mine if each.week > now.week]
    return Steps(
        tuple(by_engine[key] for key in sorted(by_engine)),
        tuple(each for each in mine if each.week == now.week),
        tuple(by_week[week] for week in around),
        _nearest(before, now, max((each.week for each in before), default=None)),
        _nearest(after, now, min((each.week for each in after), default=None)),
    )


def _nearest(among: Iterable[Sibling], now: Sibling, week: object) -> Sibling | None:
    there = [each for each in among if each.week == week]
    return min(there, key=lambda each: abs(each.repeat - now.repeat), default=None)


def stepping(steps: Steps, now: int, prompt: int, engines: Mapping[int, str]) -> widgets.Safe:
    """Doors to the other answers to the same prompt."""
    parts = [_steplist(words.STEP_ENGINE, steps.engines, now, lambda s: engines[s.engine_id])]
    if len(steps.repeats) > 1:
        parts.append(_steplist(words.STEP_REPEAT, steps.repeats, now, lambda s: str(s.repeat + 1)))
    weeks = [
        widgets.door("answer", f"{arrow} {numbers.day(each.week)}", id=each.id)
        for each, arrow in ((steps.earlier, "←"), (steps.later, "→"))
        if each
    ]
    if weeks:
        parts.append(" ".join([f"<span>{words.STEP_WEEK}</span>", *weeks]))
    parts.append(widgets.door("prompt", words.PROMPT_PAGE, id=prompt))
    return widgets.Safe(f'<div class="cl-steps">{"".join(f"<div>{part}</div>" for part in parts)}</div>')


def _steplist(label: str, those: Sequence[Sibling], now: int, name: Callable[[Sibling], str]) -> str:
    each = [
        f"<b>{widgets.text(name(s))}</b>" if s.id == now else widgets.door("answer", name(s), id=s.id)
        for s in those
    ]
    return " ".join([f"<span>{label}</span>", *each])


def name_of(way: str, answer: Answer, engines: Mapping[int, str]) -> str:
    """What tells an answer from those beside it."""
    if way == "engines":
        return engines.get(answer.engine_id, "")
    if way == "repeats":
        return words.REPEAT.format(n=answer.repeat + 1)
    return numbers.day(answer.week or answer.asked_at.date())


def compared(views: Sequence[AnswerView], *, only_differences: bool) -> list[tuple[object, ...]]:
    """Brands with their positions, then sites: one row each, one column an answer."""
    places = [{brand: position for brand, _, position, s in v.mentions if s != "absent"} for v in views]
    own = {brand for v in views for brand, mine, _, _ in v.mentions if mine}
    cited = [dict.fromkeys(cites(v)) for v in views]
    rows: list[tuple[object, ...]] = []
    for name in sorted({n for p in places for n in p}, key=lambda n: min(p.get(n, 99) for p in places)):
        cells = [words.POSITION.format(n=p[name]) if name in p else words.NOT_NAMED for p in places]
        if not only_differences or len(set(cells)) > 1:
            shown = widgets.Safe(f"<b class='cl-you'>{widgets.text(name)}</b>") if name in own else name
            rows.append((shown, *cells))
    for site in dict.fromkeys(s for sites in cited for s in sites):
        cells = [words.CITED_HERE if site in sites else words.NOT_NAMED for sites in cited]
        if not only_differences or len(set(cells)) > 1:
            rows.append((widgets.site(site), *cells))
    return rows


def only_here(views: Sequence[AnswerView], place: int) -> list[str]:
    """The sentences of one answer that no other of them says, marks of Markdown and spaces aside."""
    others = {_folded(each) for i, view in enumerate(views) if i != place for each in _sentences(view)}
    return [each for each in _sentences(views[place]) if _folded(each) not in others]


def _sentences(view: AnswerView) -> list[str]:
    said = (each.strip(" \t#>*-|") for each in _SENTENCE.split(view.answer.text))
    return [each for each in said if any(sign.isalnum() for sign in each)]


def _folded(sentence: str) -> str:
    return " ".join(re.findall(r"\w+", sentence.casefold()))


def cites(view: AnswerView) -> list[str]:
    """The sites an answer cites, each once, in its order."""
    return list(dict.fromkeys(view.sites[c.id or 0] for c in view.citations if c.kind == "cited"))
