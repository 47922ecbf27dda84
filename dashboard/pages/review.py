"""Sites that link to the own brand and that somebody may want to look at: keep them, or disavow them."""

from __future__ import annotations

from collections import Counter

from dashboard import access, cells, data, strings, widgets
from tracker import numbers

words = strings.ReviewPage
here = widgets.here()


def show() -> None:
    widgets.title(words.TITLE, words.LEAD.format(brand=here.brand))
    widgets.stop_without_links()
    found = widgets.computed(data.link_profile, here.workspace)
    if found is None:
        return
    rows = data.reviews(here.workspace, found.queue)
    if not rows:
        widgets.empty(words.NONE, words.NONE_TEXT, words.NONE_COMMANDS)
        return
    counts = Counter(row.decision or "open" for row in rows)
    options = {key: f"{name} ({counts[key]})" for key, name in words.STATES.items()}
    state = widgets.switch(words.STATE, "decision", options)
    chosen = [row for row in rows if (row.decision or "open") == state]
    widgets.section(numbers.counted(len(chosen), "site"))
    if not chosen:
        widgets.empty(words.NONE_LEFT, words.NONE_LEFT_TEXT)
    else:
        with widgets.bar():
            most = widgets.how_many(len(chosen), "review_shown", steps=(20, 100, 500))
            heads = cells.REVIEW_HEADS
            widgets.download("review.csv", heads, lambda: map(cells.review_raw, rows))
        shown = chosen[:most]
        columns = widgets.columns(words.COLUMNS, numeric=(1,), wide=(2,))
        peek = [f"review:{row.domain}" for row in shown]
        widgets.table(columns, [cells.reviewed(row) for row in shown], peek=peek)
    if not access.may("edit"):
        command = widgets.code(words.COMMAND.format(site=rows[0].domain))
        widgets.quiet(widgets.join(strings.Opportunities.READ_ONLY, " ", command))
    widgets.quiet(widgets.join(words.FILE, " ", widgets.code(words.FILE_COMMAND)))


show()
