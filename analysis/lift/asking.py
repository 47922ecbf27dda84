"""What to ask a site for, a mention or a link: by what listing against link says of the site itself where it
has pages enough, else by what it says of all sites together, else nothing is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.lift.listing import Addition, ListingTable, Verdict, span, told_from

Favour = Literal["a mention", "a link", "a mention with a link", "not known"]

_FAVOURS: dict[Verdict, Favour] = {
    "a link adds to the listing": "a link",
    "the listing, not the link": "a mention",
    "not settled": "a mention with a link",
    "not enough pages looked at": "not known",
}


@dataclass(frozen=True, slots=True)
class AskFor:
    """What to ask a site for.

    Attributes
    ----------
    what : str
        "a mention with a link" where the two are compared and not settled.
    of : {"this source", "all sources", ""}
        What it rests on; empty where nothing is known.
    words : str
        As a sentence, with the figures.
    """

    what: Favour
    of: Literal["this source", "all sources", ""]
    words: str

    @property
    def short(self) -> str:
        """For a cell of a table."""
        if self.what == "not known":
            return "mention or link: not known"
        return f"ask for {self.what} (as {self.of} {'tells' if self.of == 'this source' else 'tell'})"


UNKNOWN = AskFor(
    "not known",
    "",
    "Whether a mention or a link is what to ask for is not known: too few of the cited pages were looked at "
    "(citelift pages check).",
)


def ask_for(told: ListingTable | None, source: str) -> AskFor:
    """What to ask the source for. Its own figures decide where they settle it, else those of all sources."""
    if told is None or not told.told_apart:
        return UNKNOWN
    own = next((each for each in told.sources if each.source == source), None)
    if own is not None and (verdict := told_from(own.listed, own.link)) != "not settled":
        return _asked(verdict, "this source", own.listed, own.link)
    return _asked(told.verdict, "all sources", told.listed, told.linked)


def _asked(
    verdict: Verdict, of: Literal["this source", "all sources"], listed: Addition, link: Addition
) -> AskFor:
    what = _FAVOURS[verdict]
    where = "on its cited pages" if of == "this source" else "on cited pages of all sources"
    seen = f"{where}, being listed goes with {span(listed)} and a link with {span(link)} beyond that"
    settled = "" if verdict != "not settled" else ", which does not settle it"
    return AskFor(what, of, f"Ask for {what}: {seen}{settled}.")
