from __future__ import annotations

import pytest

from analysis.lift.asking import UNKNOWN, Favour, ask_for
from analysis.lift.listing import Addition, ListingTable, SourceListing, Verdict, told_from

TEN = "+10.0\u00a0points (+6.0\u00a0to\u00a0+14.0, n = 900)"
FIVE = "+5.0\u00a0points (+2.0\u00a0to\u00a0+8.0, n = 900)"
Span = tuple[float, float, float] | None
UP, ABOVE, FLAT, WIDE = (0.1, 0.06, 0.14), (0.05, 0.02, 0.08), (0.0, -0.02, 0.02), (0.02, -0.05, 0.09)


def effect(span: Span) -> Addition:
    value, low, high = span or (None, None, None)
    return Addition(value, low, high, 0.02 if span else None, 900, 800)


def table(listed: Span, linked: Span, *, enough: bool = True, **sources: tuple[Span, Span]) -> ListingTable:
    pooled = effect(listed), effect(linked)
    verdict: Verdict = told_from(*pooled) if enough else "not enough pages looked at"
    own = [SourceListing(name, effect(a), effect(b), 400) for name, (a, b) in sources.items()]
    return ListingTable(*pooled, effect(None), tuple(own), verdict, True, 0.8, 90, 5000, 0.95)


@pytest.mark.parametrize(
    ("told", "what", "of"),
    [
        pytest.param(table(UP, ABOVE), "a link", "all sources", id="no figures of its own"),
        pytest.param(table(UP, FLAT), "a mention", "all sources", id="the listing"),
        pytest.param(table(UP, WIDE), "a mention with a link", "all sources", id="not settled"),
        pytest.param(table(UP, ABOVE, site=(UP, FLAT)), "a mention", "this source", id="its own decide"),
        pytest.param(table(UP, FLAT, site=(UP, ABOVE)), "a link", "this source", id="its own link adds"),
        pytest.param(table(UP, FLAT, site=(UP, WIDE)), "a mention", "all sources", id="its own are open"),
        pytest.param(table(UP, FLAT, site=(None, None)), "a mention", "all sources", id="too few pairs"),
        pytest.param(
            table(UP, FLAT, other=(UP, ABOVE)), "a mention", "all sources", id="another's are not its"
        ),
        pytest.param(table(UP, ABOVE, enough=False, site=(UP, ABOVE)), "not known", "", id="few looks"),
        pytest.param(None, "not known", "", id="no looks"),
    ],
)
def test_what_to_ask_for_follows_the_nearest_evidence(
    told: ListingTable | None, what: Favour, of: str
) -> None:
    found = ask_for(told, "site")
    assert (found.what, found.of) == (what, of)
    assert (found == UNKNOWN) is (of == "")


def test_the_sentence_has_the_figures_it_rests_on() -> None:
    words = ask_for(table(UP, FLAT, site=(UP, ABOVE)), "site").words
    where = "on its cited pages"
    assert (
        words == f"Ask for a link: {where}, being listed goes with {TEN} and a link with {FIVE} beyond that."
    )
