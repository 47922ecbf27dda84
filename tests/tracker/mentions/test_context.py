"""Companies whose names are everyday words, in sentences that were labelled before they were read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tracker.mentions import BrandNames, Finder

CORPUS = yaml.safe_load((Path(__file__).parent / "everyday.yaml").read_text("utf-8"))


def sentences(label: str) -> Iterator[tuple[str, str]]:
    """Each with the word it is about."""
    for group, found in CORPUS[label].items():
        if group == "one":
            yield from found
        else:
            for word in CORPUS["classes"][group]:
                for sentence in found:
                    yield word, sentence.replace("{}", word.capitalize()).replace("{w}", word)

    yield from CORPUS[f"collected_{label}"]


def names_it(word: str, sentence: str) -> bool:
    names = (word.capitalize(), "Norvane", "Quillmere")
    finder = Finder(BrandNames(key, name) for key, name in enumerate(names))
    return any(mention.key == 0 for mention in finder.mentions(sentence))


@dataclass(frozen=True)
class Score:
    sentences: int
    missed: list[tuple[str, str]]
    taken: list[tuple[str, str]]
    """Words that were taken for names."""
    precision: float
    recall: float


def score() -> Score:
    names, others = [tuple(one) for one in sentences("names")], [tuple(one) for one in sentences("words")]
    missed = [one for one in names if not names_it(*one)]
    taken = [one for one in others if names_it(*one)]
    right = len(names) - len(missed)
    return Score(len(names) + len(others), missed, taken, right / (right + len(taken)), right / len(names))


def test_everyday_words_are_names_where_a_reader_takes_them_for_names() -> None:
    result = score()
    assert result.sentences >= 2000
    assert result.recall > 0.985, result.missed
    assert result.precision > 0.99, result.taken


@pytest.mark.parametrize(
    ("word", "text", "count"),
    [
        ("make", "Make sure to make it work with Make.", 1),
        ("zoom", "Zoom in on the chart, then hop on Zoom.", 1),
        ("target", "Target shoppers save. I like Target.", 2),
        ("target", "Target personas matter. Know your target.", 0),
        ("monday", "On Monday I tried Monday. Next Monday: rest.", 1),
        ("box", "Die Box ist aus Holz und die Farbe ist rot.", 0),
        ("box", "Wir speichern alles bei Box, und das ist gut für die Firma.", 1),
        ("getir", "bana su getir", 0),
        ("mango", "Un mango maduro es muy dulce para el postre.", 0),
        ("mango", "La ropa de Mango es muy barata.", 1),
    ],
)
def test_an_everyday_word_counts_once_for_each_name(word: str, text: str, count: int) -> None:
    (name,) = [word.capitalize()]
    assert len(Finder([BrandNames(1, name)]).spans(text)) == count


def test_an_exact_spelling_counts_wherever_it_stands_and_no_other_does() -> None:
    finder = Finder([BrandNames(1, "Target", ("dm",), exact=("Target", "dm"))])
    spans = finder.spans("Target your target with TARGET, DM and dm.")
    assert [span.text for span in spans] == ["Target", "dm"]
