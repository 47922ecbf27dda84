"""Answers as lines of a list, and the words above it: which number, and what it is narrowed to. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.frames import AnswerLine, Number, Scope
from dashboard import numbered, strings, widgets
from dashboard.data import Door
from tracker import numbers
from tracker.weeks import day_of

words = strings.AnswersPage
SITES = 3


def headline(here: widgets.Here, number: Number, door: Door) -> str:
    every, mine = door.every, door.counted
    if number.measure == "answers":
        return words.WHOLE.format(n=numbers.count(every.answers), answers=_answers(every.answers))
    what = words.WHAT[number.measure].format(
        brand=number.brand or words.ANY_BRAND, source=number.page or number.source or ""
    )
    of = numbers.count(every.answers)
    said = words.OF.format(n=numbers.count(mine.answers), of=of, answers=_answers(every.answers), what=what)
    adds = mine.units != mine.answers and number.measure not in ("average_position", "prompt_coverage")
    if adds or (every.units != every.answers and number.measure in ("share_of_voice", "citation_share")):
        units = {"units": numbers.count(mine.units), "of": numbers.count(every.units)}
        return f"{said}. {words.ADDS_UP.format(**units)}"
    return said


def sides(number: Number, door: Door, parameters: Mapping[str, str]) -> str:
    """Doors to what the number counts, what it does not, and all it is out of; and back to everything."""
    kept = {name: parameters.get(name) for name in numbered.PART}
    counts = {"yes": door.counted.answers, "no": door.rest, "all": door.every.answers}
    parts = []
    if number.measure not in ("answers", "average_position"):
        for key, name in words.SIDES.items():
            label = name.format(n=numbers.count(counts[key]))
            here = numbered.SIDES[key] == number.side
            parts.append(
                f'<b aria-current="true">{label}</b>'
                if here
                else widgets.door("answers", label, **{**kept, "counted": key})
            )
    parts.append(widgets.door("answers", words.ALL))
    return f'<nav class="cl-sides" aria-label="{words.SIDE}">{"".join(parts)}</nav>'


def _answers(n: int) -> str:
    return "answer" if n == 1 else "answers"


def narrowed(here: widgets.Here, number: Number, scope: Scope) -> str:
    """What of the answers: a prompt, a source, the weeks, an engine, a topic."""
    parts = []
    if number.prompt is not None and (prompt := here.world.prompts.get(number.prompt)):
        parts.append(f"“{prompt.text}”")
    if number.source and number.measure in ("answers", "mention_rate", "citation_rate", "share_of_voice"):
        parts.append(words.CITING.format(source=number.page or number.source))
    if scope.first and scope.first == scope.last:
        parts.append(words.WEEK.format(day=numbers.day(scope.first)))
    elif scope.first and scope.last:
        span = {"first": numbers.day(scope.first), "last": numbers.day(scope.last)}
        parts.append(words.FROM_TO.format(**span))
    several = ([here.world.engines.get(key, "") for key in scope.engines], scope.topics)
    parts += [words.OR.join(each) for each in several if each]
    parts += [each for each in (scope.country, scope.language) if each]
    return words.CHOSEN.format(parts=", ".join(parts)) if parts else ""


def row(here: widgets.Here, line: AnswerLine) -> tuple[object, ...]:
    prompt = here.world.prompts.get(line.prompt_id)
    text = widgets.door("answer", prompt.text if prompt else "", id=line.id)
    if line.problem:
        text = widgets.join(text, " ", widgets.badge(line.problem, "warn"))
    day = numbers.day(day_of(line.asked_at, here.world.timezone))
    return (day, here.world.engines.get(line.engine_id, ""), text, names(here, line), sites(line))


def names(here: widgets.Here, line: AnswerLine) -> widgets.Safe:
    brands = {brand.id: brand for brand in here.world.brands}
    said = [brands[key] for key in line.named if key in brands]
    if not said:
        return widgets.join(widgets.Safe(f'<span class="cl-quiet">{words.NAMES_NOBODY}</span>'))
    marked = [
        widgets.Safe(f"<b class='cl-you'>{widgets.text(b.name)}</b>") if b.own else widgets.text(b.name)
        for b in said
    ]
    return widgets.Safe(f"<span>{', '.join(marked)}</span>")


def sites(line: AnswerLine) -> widgets.Safe:
    shown = [widgets.text(name) for name in line.cites[:SITES]]
    if not shown:
        return widgets.text(numbers.UNKNOWN)
    more = len(line.cites) - len(shown)
    said = widgets.Safe(", ".join(shown))
    return widgets.join(said, f" +{more}") if more else said
