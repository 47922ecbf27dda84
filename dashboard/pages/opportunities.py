"""What to work on next."""

from __future__ import annotations

from dashboard import strings, widgets

words = strings.Opportunities

here = widgets.here()
widgets.title(words.TITLE, words.LEAD.format(brand=here.brand))
widgets.stop_without_answers()
widgets.stop_without_links()
widgets.empty(words.LATER, words.LATER_TEXT)
