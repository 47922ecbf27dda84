"""What to work on next: each source with its reasons, its pages and the next step."""

from __future__ import annotations

import streamlit as st

from analysis.lift.listing import sentence
from analysis.opportunities import Opportunity, Reason
from dashboard import data, strings, widgets
from dashboard.strings import Sources
from tracker import numbers

words = strings.Opportunities
here = widgets.here()


def show() -> None:
    widgets.title(words.TITLE, words.LEAD.format(brand=here.brand))
    widgets.stop_without_answers()
    if here.world.own is None:
        widgets.empty(words.NO_OWN, words.NO_OWN_TEXT)
        return
    with widgets.bar():
        state = widgets.choice(words.STATE, "state", [*words.STATES.values(), words.ALL_STATES])
        reason = widgets.choice(
            words.REASON, "reason", [words.ALL_REASONS, *words.REASONS.values()], width=210
        )
    scope = widgets.scope()
    with st.spinner(words.COMPUTING):
        offers = data.opportunities(here.workspace, scope)
        told = data.listing(here.workspace, scope)
    if not offers:
        widgets.empty(words.NONE, words.NONE_TEXT, words.NONE_COMMANDS)
        return
    if told.told_apart:
        widgets.quiet(sentence(told))
    listed([o for o in offers if wanted(o, state, reason)], offers)


def wanted(offer: Opportunity, state: str, reason: str) -> bool:
    kinds = {words.REASONS.get(r.kind, r.kind) for r in offer.reasons}
    return state in (words.ALL_STATES, words.STATES[offer.state]) and (
        reason == words.ALL_REASONS or reason in kinds
    )


def listed(chosen: list[Opportunity], offers: list[Opportunity]) -> None:
    widgets.section(numbers.counted(len(chosen), "opportunity", "opportunities"), words.FOUND_SUB)
    if not chosen:
        widgets.empty(words.NONE_LEFT, words.NONE_LEFT_TEXT)
        return
    with widgets.bar():
        most = widgets.how_many(len(chosen), "opportunities_shown", steps=(10, 30, 100))
        widgets.download("opportunities.csv", HEADS, lambda: [raw(o) for o in offers])
    widgets.html("".join(card(o) for o in chosen[:most]))
    command = widgets.code(words.COMMAND.format(source=chosen[0].source))
    widgets.quiet(widgets.join(words.DECIDE, " ", command))


def card(offer: Opportunity) -> str:
    name = widgets.link(f"https://{offer.source}", offer.source)
    marks = [widgets.badge(Sources.KINDS.get(offer.kind, offer.kind))]
    if offer.state != "open":
        marks.append(widgets.badge(words.STATES[offer.state], words.TONES[offer.state]))
    note = f'<p class="cl-quiet">{widgets.text(words.NOTE.format(note=offer.note))}</p>' if offer.note else ""
    reasons = "".join(why(r) for r in offer.reasons)
    return (
        f'<div class="cl-opp"><div class="head"><b>{name}</b> {" ".join(marks)}'
        f'<span class="gain">{gain(offer)}</span></div>'
        f'<p class="cl-quiet">{widgets.text(facts(offer))}</p>{note}<ul>{reasons}</ul></div>'
    )


def gain(offer: Opportunity) -> widgets.Safe:
    if offer.gain is None:
        return widgets.Safe(f'<span class="cl-quiet">{widgets.text(words.WITHHELD[offer.withheld])}</span>')
    span = numbers.points_range(offer.gain_low, offer.gain_high)
    return widgets.small(f"{words.GAIN} {numbers.points(offer.gain)}", span)


def facts(offer: Opportunity) -> str:
    interval = numbers.percent_range(offer.low, offer.high)
    counts = {"n": numbers.count(offer.cited_answers), "of": numbers.count(offer.answers)}
    cited = words.CITED.format(**counts, rate=numbers.percent(offer.rate), interval=interval)
    spread = words.SPREAD.format(
        engines=numbers.counted(offer.engines, "engine"),
        weeks=offer.weeks,
        of_weeks=offer.of_weeks,
        prompts=numbers.counted(offer.prompts, strings.Common.PROMPTS_ONE),
    )
    return f"{cited} · {spread}"


def why(reason: Reason) -> str:
    pages = "".join(f"<li>{widgets.link(url)}</li>" for url in reason.pages)
    shown = f"<details><summary>{words.PAGES} ({len(reason.pages)})</summary><ul>{pages}</ul></details>"
    step = words.NEXT.format(step=reason.next_step)
    return (
        f"<li>{widgets.text(reason.text)}<br><span "
        f"class='cl-quiet'>{widgets.text(step)}</span>{shown if pages else ''}</li>"
    )


FACTS = ("source", "type", "state", "note", "cited_answers", "answers", "rate")
GAINS = ("gain", "gain_low", "gain_high")
HEADS = (*FACTS, *GAINS, "links_to_own", "links_to_rivals", "reasons", "next_steps", "pages")


def raw(offer: Opportunity) -> tuple[object, ...]:
    head = (offer.source, offer.kind, offer.state, offer.note, offer.cited_answers, offer.answers, offer.rate)
    texts = ("; ".join(r.text for r in offer.reasons), "; ".join(r.next_step for r in offer.reasons))
    pages = " ".join(dict.fromkeys(url for r in offer.reasons for url in r.pages))
    gains = (offer.gain, offer.gain_low, offer.gain_high)
    return (*head, *gains, str(offer.links_to_own), "; ".join(offer.links_to_rivals), *texts, pages)


show()
