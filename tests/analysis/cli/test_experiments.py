"""What the verbs of experiments say beside the numbers, which `tests/analysis/experiments` hold."""

from __future__ import annotations

import pytest

from analysis.cli.experiments import _said

FIRST = "Work on a link raised how often Norvane is named: (iii) −36.0 % (−54.2 to −4.6), p = 0.03, 7 lots."


@pytest.mark.parametrize(
    ("verdict", "now", "same"),
    [
        ("raised", "Raised: answers without naming Norvane −36.0 % (−54.2 to −4.6), p = 0.03, 7 lots.", True),
        ("raised", FIRST.replace("−4.6", "−4.7"), False),
        ("raised", FIRST.replace("−4.6", "+4.6"), False),
        ("raised", FIRST.replace("7 lots", "8 lots"), False),
        ("lowered", FIRST, False),
    ],
)
def test_a_result_in_other_words_is_the_same_result(verdict: str, now: str, same: bool) -> None:
    read = {"verdict": "raised", "sentence": FIRST}
    assert (_said(read) == _said({"verdict": verdict, "sentence": now})) == same
