"""The own brand against its rivals."""

from __future__ import annotations

from typing import Final


class Rivals:
    TITLE = "Rivals"
    LEAD = "{brand} against each rival, on the very same answers."
    ALONE = "This workspace tracks no rival"
    ALONE_TEXT = (
        "Name the brands that buyers weigh you against in brands.yaml. The answers that are stored are "
        "searched for them too; nothing is asked again."
    )
    ALONE_COMMANDS = ("citelift check", "citelift reread")
    DIFFERENCE = "Difference to each rival"
    DIFFERENCE_SUB = (
        "Your rate minus the rival’s, in points, paired by prompt. To the right of zero you are ahead; an "
        "interval across zero is a tie so far."
    )
    AXIS = "Points, you minus the rival"
    COLUMNS = ("Rival", "You", "Rival’s rate", "Difference", "95\u00a0% interval", "Prompts", "Reading")
    AHEAD, BEHIND, TIE, UNKNOWN = "you are ahead", "rival is ahead", "no clear difference", "not enough data"
    GAP = "Where the gaps are"
    GAP_SUB = "Mention rate of every brand. Darker is more."
    GAP_BY = "Rows"
    GAP_CHOICES: Final = {"topic": "Topics", "engine": "Engines"}
    GAP_COLUMNS = ("{by}", "You", "Best rival", "Gap", "Answers")
    GAP_NOTE = (
        "The best rival differs by row; its rate is the highest of several, so small gaps come up by chance."
    )

    NAMED = "Named and not tracked"
    NAMED_SUB = (
        "Names that stand in the newest {n} answers where tracked brands stand: in lists, tables, headings, "
        "in bold or linked. Places and people can be among them."
    )
    NAMED_COLUMNS = ("Name", "Answers", "Beside tracked brands", "Prompts", "Stands in", "Its links lead to")
    NAMED_NONE = "No name stands often enough where tracked brands stand."
    NAMED_TRACK = (
        "This adds one to brands.yaml and looks for it in every stored answer; nothing is asked again:"
    )
    TRACK = "citelift brands track {name}"
    TRACK_SITE = "citelift brands track {name} --domain {site}"
