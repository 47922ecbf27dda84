"""What the catalog may leave out: companies nobody tracks, sites nobody owns; and what is no address."""

from __future__ import annotations

import shlex

from dashboard import data, strings, widgets
from dashboard.widgets import Here
from tracker import numbers

NEWEST, MOST = 1000, 15


def named(here: Here) -> None:
    """Companies that answers name and nobody tracks."""
    words = strings.Rivals
    widgets.section(words.NAMED, words.NAMED_SUB.format(n=f"{NEWEST:,}"))
    found = widgets.computed(data.suggestions, here.workspace, NEWEST)
    if found is None:
        return
    shown = [one for one in found if one.beside][:MOST]
    if not shown:
        widgets.quiet(words.NAMED_NONE)
        return
    rows = [
        (one.name, one.answers, one.beside, one.prompts, ", ".join(one.kinds), one.site or "")
        for one in shown
    ]
    widgets.table(widgets.columns(words.NAMED_COLUMNS, numeric=(1, 2, 3)), rows)
    first = shown[0]
    command = words.TRACK_SITE if first.site else words.TRACK
    name = shlex.quote(first.name)
    widgets.quiet(
        widgets.join(words.NAMED_TRACK, " ", widgets.code(command.format(name=name, site=first.site)))
    )


def forgotten(here: Here) -> None:
    """Cited sites that may be a brand's, and citations that are no address."""
    words = strings.Sources
    sites, nowhere = data.forgotten(here.workspace)
    if sites:
        listing = ", ".join(
            words.YOURS_SITE.format(
                domain=site.domain,
                brand=site.brand,
                answers=numbers.counted(site.answers, strings.Common.ANSWERS_ONE),
            )
            for site in sites[:10]
        )
        widgets.section(words.YOURS, words.YOURS_SUB.format(sites=listing))
    if nowhere.citations:
        counted = numbers.counted(nowhere.citations, words.CITATION)
        examples = ", ".join(f"“{url[:60]}”" for url in nowhere.examples)
        widgets.quiet(words.NO_ADDRESS.format(n=counted, examples=examples))
