"""Opportunities as rows, cards and lines of a download. Pure."""

from __future__ import annotations

from datetime import date

from analysis.frames import Scope
from analysis.opportunities import Opportunity
from dashboard import numbered, strings, widgets
from tracker import numbers

words = strings.Opportunities


def line(offer: Opportunity, scope: Scope, today: date) -> tuple[object, ...]:
    kind = strings.Sources.KINDS.get(offer.kind, offer.kind)
    site = widgets.small(widgets.join(offer.source, widgets.out(f"https://{offer.source}")), kind)
    reasons = widgets.Safe("<br>".join(widgets.text(reason.text) for reason in offer.reasons))
    why = widgets.small(reasons, offer.ask.short)
    cited = numbered.door(numbers.percent(offer.rate, 0), "source_rate", scope=scope, source=offer.source)
    stage = widgets.badge(words.STATES[offer.state], words.TONES[offer.state])
    return (site, why, gain(offer), cited, stage, offer.owner, due(offer, today), offer.note)


def gain(offer: Opportunity) -> object:
    if offer.gain is None:
        return words.STANDS_OUT if offer.stands_out else words.NO_GAIN
    return widgets.small(numbers.points(offer.gain), numbers.points_range(offer.gain_low, offer.gain_high))


def due(offer: Opportunity, today: date) -> object:
    if offer.due is None:
        return ""
    late = offer.due < today and offer.state not in ("done", "dismissed")
    day = numbers.day(offer.due)
    return widgets.badge(words.OVERDUE.format(day=day), "bad") if late else day


def card(offer: Opportunity, today: date) -> str:
    size = gain(offer) if offer.gain is not None or offer.stands_out else ""
    facts = [size, offer.owner, due(offer, today)]
    said = widgets.Safe(" · ").join(widgets.text(each) for each in facts if each)
    opens = f'data-peek="work:{widgets.text(offer.source)}" tabindex="0"'
    why = widgets.text(words.REASONS.get(offer.reasons[0].kind, ""))
    inner = f"<b>{widgets.text(offer.source)}</b><span>{why}</span><span>{said}</span>"
    return f'<div class="cl-task" {opens}>{inner}</div>'


FACTS = ("source", "type", "state", "note", "cited_answers", "answers", "rate")
GAINS = ("gain", "gain_low", "gain_high")
HEADS = (
    *FACTS,
    *GAINS,
    "links_to_own",
    "links_to_rivals",
    "reasons",
    "next_steps",
    "ask_for",
    "pages",
    "owner",
    "due",
)


def raw(offer: Opportunity) -> tuple[object, ...]:
    head = (offer.source, offer.kind, offer.state, offer.note, offer.cited_answers, offer.answers, offer.rate)
    texts = ("; ".join(r.text for r in offer.reasons), "; ".join(r.next_step for r in offer.reasons))
    pages = " ".join(dict.fromkeys(url for r in offer.reasons for url in r.pages))
    gains = (offer.gain, offer.gain_low, offer.gain_high)
    linked = (str(offer.links_to_own), "; ".join(offer.links_to_rivals))
    return (*head, *gains, *linked, *texts, offer.ask.what, pages, offer.owner, str(offer.due or ""))
