"""One answer as markup: brands and cited passages marked in its text, and the facts of how it was asked.
Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from dashboard import charts, strings, widgets
from dashboard.data import AnswerView, JudgedView
from tracker import numbers

words = strings.AnswersPage


def answer(view: AnswerView) -> widgets.Safe:
    """The text, cut where a mark begins or ends, every piece escaped on its own."""
    text = view.answer.text
    passages = sorted(
        {
            (c.start, c.end, c.position)
            for c in view.citations
            if c.kind == "cited" and _inside(c.start, c.end, text)
        }
    )
    cuts = {0, len(text), *(s.start for s in view.spans), *(s.end for s in view.spans)}
    cuts |= {edge for start, end, _ in passages for edge in (start, end) if edge is not None}
    ordered = sorted(cut for cut in cuts if 0 <= cut <= len(text))
    pieces = "".join(_piece(view, passages, start, end) for start, end in pairwise(ordered))
    return widgets.Safe(f'<div class="cl-answer">{pieces}</div>')


def _inside(start: int | None, end: int | None, text: str) -> bool:
    return start is not None and end is not None and 0 <= start <= end <= len(text)


def _piece(view: AnswerView, passages: list[tuple[int | None, int | None, int]], start: int, end: int) -> str:
    inner: str = widgets.text(view.answer.text[start:end])
    span = next((s for s in view.spans if s.start <= start and end <= s.end), None)
    if span:
        inner = f'<mark class="{"own" if span.own else ""}" title="{widgets.text(span.brand)}">{inner}</mark>'
    if any(a is not None and b is not None and a <= start and end <= b and a < b for a, b, _ in passages):
        inner = f'<span class="said">{inner}</span>'
    positions = sorted({position for _, b, position in passages if b == end})
    return inner + (f"<sup>{','.join(map(str, positions))}</sup>" if positions else "")


def key() -> widgets.Safe:
    marks = (
        (f"background:{charts.ACCENT};opacity:.45", words.KEY_OWN),
        (f"background:{charts.QUIET};opacity:.45", words.KEY_RIVAL),
        (f"background:{charts.OTHER};height:.18rem;vertical-align:.16rem", words.KEY_CITED),
    )
    keys = "".join(f'<span><i style="{style}"></i>{meaning}</span>' for style, meaning in marks)
    return widgets.Safe(f'<div class="cl-key">{keys}</div>')


def facts(view: AnswerView, engine: str) -> widgets.Safe:
    def one(name: str, value: object) -> str:
        return f"<div><dt>{words.FACT_NAMES[name]}</dt><dd>{widgets.text(value)}</dd></div>"

    return widgets.Safe(
        f'<dl class="cl-facts">{"".join(one(name, value) for name, value in _facts(view, engine))}</dl>'
    )


def _facts(view: AnswerView, engine: str) -> Iterator[tuple[str, object]]:
    a = view.answer
    yield "at", numbers.moment(a.asked_at)
    yield "engine", engine
    yield "surface", a.surface
    yield "model", a.model or numbers.UNKNOWN
    yield "served", a.served_model or numbers.UNKNOWN
    yield "searched", words.YES_NO[a.search_used]
    if a.searches:
        yield "searches", "; ".join(a.searches)
    yield "cost", numbers.money(a.cost_micros)
    yield "tokens", f"{numbers.count(a.input_tokens)} / {numbers.count(a.output_tokens)}"
    if a.stop:
        yield "stop", a.stop
    if a.problem:
        yield "problem", a.problem
    for name, stance in (("named", "named"), ("absent", "absent")):
        brands = [brand for brand, _, _, s in view.mentions if s == stance]
        if brands or name == "named":
            yield name, ", ".join(brands) or numbers.UNKNOWN
    if view.judged:
        yield "judged", ", ".join(f"{brand}: {stance}" for brand, stance in view.judged.stances)
        yield "judge", _judge(view.judged)


def _judge(judged: JudgedView) -> str:
    name = words.JUDGE.format(model=judged.judge.model, version=judged.judge.prompt_version)
    agreement = judged.measured
    if agreement is None:
        return name + words.UNMEASURED
    kappa = numbers.UNKNOWN if agreement.kappa.estimate is None else f"{agreement.kappa.estimate:.2f}"
    span = numbers.percent_range(agreement.agreed.low, agreement.agreed.high, 0)
    return name + words.AGREES.format(
        share=numbers.percent(agreement.agreed.estimate, 0), span=span, n=agreement.agreed.n, kappa=kappa
    )
