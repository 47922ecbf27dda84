"""Sentences for simulated answers, kept free of words that happen to be a tracked brand's name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

Layout = Literal["bullets", "numbered", "headings", "prose"]
LAYOUTS: tuple[Layout, ...] = ("bullets", "numbered", "headings", "prose")

_INTROS = (
    "There is no single right answer here, but a few names come up again and again.",
    "Short version: it depends on team size and on how much set-up you can stomach.",
    "Based on recent round-ups and user threads, these are the options people weigh up first.",
    "I looked at current comparisons and pricing pages; here is what stands out.",
    "Most independent write-ups agree on the shape of the field, less so on the order.",
    "If you want to decide this week, start from the shortlist below.",
    "For a small company the answer is mostly about time: time to set up, time to keep it tidy.",
    "Opinions differ, and many articles on this are paid for, so treat rankings with care.",
    "The field moved a lot over the past year – here’s where it stands today.",
    "Several reviewers tested this side by side; their findings, in brief:",
    "Prices below are per seat and month, in € or $ as the vendor states them.",
    "Good question. What follows is a summary of what the sources say, not a test of my own.",
)
_GENERAL = (
    "Check first whether your e-mail and calendar can be connected without a paid add-on.",
    "Look at the export function before you sign anything: leaving should be as easy as arriving.",
    "Most vendors offer a trial of two weeks, which is enough to load real data.",
    "Free tiers usually stop at two or three seats or a few hundred records.",
    "Users’ complaints are mostly about hidden limits and slow support, seldom about missing features.",
    "A tool that nobody updates is worse than a shared spreadsheet.",
    "Data residency matters in the EU; ask where back-ups are stored.",
    "Budget between €10 and €40 per seat, plus a day or two for the move.",
    "Reporting is where cheaper plans cut corners.",
    "Pay attention to API limits if you plan to automate the hand-over between teams.",
    "Annual billing saves 15–20 %, but makes a wrong choice dearer.",
    "Mobile apps vary more than the desktop versions do.",
)
_ABOUT = (
    "{b} keeps set-up short and is easy to hand to new colleagues.",
    "{b} is often praised for support that answers within the hour.",
    "{b} suits teams that live in their inbox.",
    "Reviewers like the reporting in {b}, less so its price steps.",
    "{b} has a free plan for two seats; paid plans begin at $12.",
    "With {b} you get automation early, at the cost of a steeper start.",
    "{b}’s pipeline view is the one most people mention.",
    "{b} covers the basics well and stays out of the way.",
    "People who left a spreadsheet behind tend to land on {b}.",
    "{b} added better import tools this spring, which removes an old complaint.",
    "Several comparisons put {b} near the top for small teams.",
    "{b} is the cautious choice: not cheap, seldom regretted.",
    "Integrations are the reason to pick {b}; the interface is not.",
    "{b} looks plain, yet users stay with it for years.",
    "For field teams, the offline mode of {b} is worth a trial.",
    "{b}'s permissions are finer than most rivals offer at this price.",
    "Agencies report good experience with {b} across several clients.",
    "{b} works best once somebody owns it internally.",
    "Onboarding with {b} takes an afternoon, according to two write-ups.",
    "The mobile app of {b} gets better marks than its web version.",
)
_MORE = (
    "Its paid tier is billed per seat.",
    "Export to CSV is included on every plan.",
    "Some users report slow search with more than 50,000 records.",
    "The learning curve is moderate.",
    "Support is by chat and e-mail ☎ only on the larger plan.",
    "A public API is available.",
    "Expect about €19 per seat and month.",
    "It was founded in the 2010s and remains privately held.",
    "Résumé of user reviews: solid, a bit old-fashioned.",
    "Reviewers’ average is above four stars ★★★★.",
)
_OUTROS = (
    "If in doubt, trial two of them with the same data and compare after a week.",
    "Prices change often, so confirm them on the vendor’s page.",
    "Tell me your team size and budget and I can narrow this down.",
    "Whichever you choose, write down who keeps the data tidy.",
    "None of these is a mistake for a company of your size.",
    "Start small; you can always move up a plan later 🚀.",
)
_OUTROS_NAMING = (
    "If you want only one to try first, make it {b}.",
    "For most readers, {b} is the safe start.",
    "In short: begin with {b}, and look further only if something is missing.",
)
_UNKNOWN = (
    "I could not find anything about {b} in the sources I searched.",
    "I found no information about {b}.",
)
_QUESTIONS = (
    "{p}",
    "{p} review comparison",
    "best options {t}",
    "{t} comparison {y}",
    "{t} small business",
    "{t} pricing",
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of answer text, with the retrieved pages (by index) that it is credited to."""

    text: str
    cites: tuple[int, ...]
    tail: str = "\n"


def _free(templates: Sequence[str], names: re.Pattern[str] | None) -> tuple[str, ...]:
    kept = tuple(t for t in templates if names is None or not names.search(re.sub(r"\{\w\}", "", t)))
    return kept or (templates[0],)


def _whole_words(names: Iterable[str]) -> re.Pattern[str] | None:
    words = sorted((re.escape(n) for n in names if n.strip()), key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(words) + r")(?!\w)", re.IGNORECASE) if words else None


class Phrases:
    """The sentences one world may use: a brand called "Export" must not be named by accident."""

    def __init__(self, names: Iterable[str]) -> None:
        taken = _whole_words(names)
        self.intros = _free(_INTROS, taken)
        self.general = _free(_GENERAL, taken)
        self.about = _free(_ABOUT, taken)
        self.more = _free(_MORE, taken)
        self.outros = _free(_OUTROS, taken)
        self.outros_naming = _free(_OUTROS_NAMING, taken)
        self.unknown = _free(_UNKNOWN, taken)

    def searches(self, rng: Random, prompt: str, topic: str, year: int, count: int) -> tuple[str, ...]:
        picked = rng.sample(_QUESTIONS, count)
        return tuple(q.format(p=prompt.rstrip(" ?"), t=topic, y=year) for q in picked)

    def compose(
        self, rng: Random, spoken: Sequence[str], unknown: Sequence[str], extra: Sequence[str]
    ) -> list[tuple[str, str, int | None]]:
        """(text, tail, index into `spoken` or None) in reading order; citations are attached later."""
        layout = LAYOUTS[int(rng.random() ** 1.4 * len(LAYOUTS))]
        parts: list[tuple[str, str, int | None]] = [(rng.choice(self.intros), "\n\n", None)]
        parts += [(rng.choice(self.unknown).format(b=b), "\n\n", None) for b in unknown]
        for i, name in enumerate(spoken):
            parts.append((*self._entry(rng, layout, i, name), i))
        general = rng.sample(self.general, min(len(self.general), 1 if spoken else 4))
        gap = "\n" if spoken and layout in ("bullets", "numbered") else ""
        parts += [((gap if i == 0 else "") + g, " ", None) for i, g in enumerate(general)]
        parts += [(e, " ", None) for e in extra]
        if spoken and rng.random() < 0.3:
            parts.append((rng.choice(self.outros_naming).format(b=spoken[0]), "", 0))
        else:
            parts.append((rng.choice(self.outros), "", None))
        return parts

    def _entry(self, rng: Random, layout: Layout, i: int, name: str) -> tuple[str, str]:
        sentence = rng.choice(self.about)
        if rng.random() < 0.45:
            sentence = f"{sentence} {rng.choice(self.more)}"
        if layout == "prose":
            return sentence.format(b=name), " " if i % 3 < 2 else "\n\n"
        if layout == "headings":
            return f"### {i + 1}. {name}\n{sentence.format(b='**' + name + '**')}", "\n\n"
        marker = "-" if layout == "bullets" else f"{i + 1}."
        return f"{marker} **{name}** – {sentence.format(b=name)}", "\n"
