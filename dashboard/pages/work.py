"""What to work on next: each source with its reasons, and who does what about it until when."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

from analysis.frames import Scope
from analysis.lift.listing import sentence
from analysis.opportunities import Opportunity
from dashboard import access, data, strings, tasks, widgets
from tracker import numbers

words = strings.Opportunities
here = widgets.here()
COLUMN = 12  # cards of a column of the board: a bare string would be shown


def show() -> None:
    widgets.title(words.TITLE, words.LEAD.format(brand=here.brand))
    widgets.stop_without_answers()
    widgets.stop_without_own()
    scope = widgets.scope()
    bounded = data.bounded(here.workspace, scope)
    found = widgets.computed(data.opportunities, here.workspace, bounded)
    if found is None:
        return
    offers = data.decided(here.workspace, found)
    if not offers:
        widgets.empty(words.NONE, words.NONE_TEXT, words.NONE_COMMANDS)
        return
    told = widgets.computed(data.listing, here.workspace, bounded)
    if told is not None and told.told_apart:
        widgets.quiet(sentence(told))
    view, chosen = choices(offers)
    widgets.section(numbers.counted(len(chosen), "opportunity", "opportunities"), words.FOUND_SUB)
    if view == "board":
        board(chosen)
    elif not chosen:
        widgets.empty(words.NONE_LEFT, words.NONE_LEFT_TEXT)
    else:
        table(chosen, offers, bounded)
    if not access.may("edit"):
        command = widgets.code(words.COMMAND.format(source=offers[0].source))
        widgets.quiet(widgets.join(words.READ_ONLY, " ", command))


def choices(offers: list[Opportunity]) -> tuple[str, list[Opportunity]]:
    """How to show it, and the rows of the chosen state, reason and owner."""
    counts = Counter(str(offer.state) for offer in offers)
    states = {
        words.COUNTED.format(name=name, n=counts[key]) if counts[key] else name: key
        for key, name in words.STATES.items()
    }
    reasons = {name: key for key, name in words.REASONS.items()}
    owners = sorted({offer.owner for offer in offers} - {""})
    with widgets.bar():
        view = widgets.switch(words.VIEW, "view", words.VIEWS)
        every = view == "board"
        state = words.ALL_STATES
        if not every:
            state = widgets.choice(words.STATE, "state", [*states, words.ALL_STATES])
        reason = widgets.choice(words.REASON, "reason", [words.ALL_REASONS, *reasons], width=210)
        owner = words.EVERYBODY
        if owners:
            owner = widgets.choice(words.OWNER, "owner", [words.EVERYBODY, words.NOBODY, *owners])
    return view, [
        offer
        for offer in offers
        if (every or state == words.ALL_STATES or offer.state == states[state])
        and (reason == words.ALL_REASONS or any(r.kind == reasons[reason] for r in offer.reasons))
        and owner in (words.EVERYBODY, offer.owner or words.NOBODY)
    ]


def table(chosen: list[Opportunity], offers: list[Opportunity], scope: Scope) -> None:
    with widgets.bar():
        most = widgets.how_many(len(chosen), "opportunities_shown", steps=(15, 50, 400))
        widgets.download("opportunities.csv", tasks.HEADS, lambda: [tasks.raw(o) for o in offers])
    shown = chosen[:most]
    heads = widgets.columns(words.COLUMNS, numeric=(2, 3), wide=(1,))
    widgets.table(
        heads, [tasks.line(o, scope, today()) for o in shown], peek=[f"work:{o.source}" for o in shown]
    )


def today() -> date:
    return datetime.now(UTC).date()


def board(chosen: list[Opportunity]) -> None:
    columns = []
    for state, name in words.STATES.items():
        mine = [offer for offer in chosen if offer.state == state]
        cards = "".join(tasks.card(offer, today()) for offer in mine[:COLUMN])
        more = words.BOARD_MORE.format(n=len(mine) - COLUMN) if len(mine) > COLUMN else ""
        under = widgets.text(more or ("" if mine else words.BOARD_EMPTY))
        head = widgets.text(words.COUNTED.format(name=name, n=len(mine)))
        columns.append(f'<div><h3>{head}</h3>{cards}<p class="cl-quiet">{under}</p></div>')
    widgets.html(f'<div class="cl-board">{"".join(columns)}</div>')


show()
