"""Whether an everyday word is a company's name where it stands: Target, Gap, Wise, Notion, Make, Box.

A capital inside a sentence says so. At the beginning of a sentence, in a heading of capitals, after a colon,
or in German for a noun, the capital says nothing, and what stands around decides: a name is alone in its
list item, cell, label or quotation marks; it does what companies do ("Target sells"), owns something
("Target's"), or stands with its kind ("Target, Walmart and Costco"). A word in small letters is a name
among its kind only, which the finder sees. What stays open is a name if the answer names the same brand
elsewhere beyond doubt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from tracker.mentions.languages import GERMAN_NOUNS, languages_of, spoken
from tracker.shipped import words_of

Verdict = Literal["name", "open", "word"]
_REACH = 160
_NO_WORDS = re.compile(r"\s*(?:[A-Z][.)]\s+)?[\W\d_]*")
_SIGNS = re.compile(r"[*_~\0]+")
_MARKER = re.compile(
    r"[ \t>]*(?:[A-Z][.)]\s|\d\ufe0f?\u20e3|[-*+•▪◦–]\s|#{1,6}\s|\|\s?|\(?\d{1,3}[.):\]]|[*_]{2}|"
    r"[^\w\s\"'“(])"
)
_LABEL_END = re.compile(r"[\"'”’)\]®™]*\s*(?:$|[:：|–—(/]|-+\s|[^\w\s.,;!?'’\"]+\s*$)")
_SENTENCE_END = re.compile(r"(?:[.!?…:;。！？：]|\s[–—-])[\"'”’)\]]*\s+[\"'“‘(\[]*$")
_ABBREVIATION = re.compile(
    r"\b(?:vs|e\.g|i\.e|approx|no|st|dr|mr|ms|inc|co|feat|cf|z\. ?B|u\. ?a|d\. ?h|p\. ?ej|ca|bzw)\.\s+$",
    re.IGNORECASE,
)
_LAST_WORD = re.compile(r"([^\W\d_][\w'’.&-]*)[\"'”’]?\s+[\"'“‘]?$")
_NEXT_WORD = re.compile(r"\s+[\"'“‘(]?([^\W\d_][\w'’./-]*)")
_POSSESSIVE = re.compile(r"['’][^\W\d_]{0,4}(?=[\s.,;:!?]|$)|[®™]|\((?:TM|R)\)")
_COMPANY = re.compile(
    r"(?:,|\s*[/&+]|\s+(?:and|or|vs\.?|versus|und|oder|et|ou|y|o|e|ed|en|of|och|og|i|"
    r"lub))\s*[*_\"“]*[A-ZÀ-Þ]\w"
)
_OTHER = re.compile(r"(?<=[*_\"“/&+\s])[A-ZÀ-Þ][\w'’-]+")
_COLON = re.compile(r"[:：]\s*$")
_GOES_ON_SMALL = re.compile(r"(?:\s+[A-ZÀ-Þ][\w'’-]*){1,2}\s+[^\W\d_A-ZÀ-Þ]")
_PRODUCT = re.compile(r"(?:\s+[A-ZÀ-Þ0-9][\w'’-]*){1,3}\s+(?P<verb>[^\W\d_]+)")
_AND = re.compile(r"\s+(?:and|or|und|oder)\s+(?P<other>[^\W\d_]+)")
_ITEM_BEFORE = re.compile(r"([A-ZÀ-Þ][\w'’.&-]*)[,/]\s*$")
_ITEM_AFTER = re.compile(r"[,/]\s*(?:and\s+|or\s+)?([A-ZÀ-Þ][\w'’&-]*)")
_ITEMS_BEFORE = re.compile(r"(?:[^\W_]+(?:[ .&-][^\W_]+)?,\s*){2,}$")
_ITEMS_AFTER = re.compile(r"(?:,\s*[^\W_]+(?:[ .&-][^\W_]+)?){2,}")
_VERSUS_BEFORE = re.compile(r"([\w/.-]+)\s+(?:vs\.?|versus)\s+$")
_VERSUS_AFTER = re.compile(r"\s+(?:vs\.?|versus)\s+([\w/.-]+)")
_ITEM = re.compile(r"[^\W_]+")
_LEAST_NAMES = 3
_TITLE = 0.8
"""How many words of a title have capitals, small ones of the language apart."""
_CONDITION = re.compile(r"\s+(?:if|when|for|because|wenn|für)\s")
_VERBS = frozenset(
    ["founded", "acquired", "bought", "launched", "sold", "rated", "built", "listed", "sued", "fined"]
)
_ALL = frozenset(["all", "both", "every", "each", "everything", "it", "them", "you", "us"])
_MANY = frozenset(["more", "fewer", "many", "several", "most", "hundreds", "thousands", "millions", "nearly"])
_CONTRAST = frozenset(["but", "while", "whereas", "though", "although"])
_NICKNAMES = frozenset(["big apple"])
_INCORPORATED = re.compile(
    r",?\s+(?:(?:Inc|LLC|Corp|Ltd|GmbH|PLC|plc|Oyj|ASA)\b|N\.V\.|S\.A\.|S\.p\.A\.|Sp\. z o\.o\.)"
)
_GERMAN_FIRM = re.compile(r"\s+(?:GmbH|AG|SE|KG|Group|Gruppe|Holding)\b")
_OWNING = re.compile(r"-(?:owned|backed|funded|operated|branded)\b")
_TRADE_MARK = re.compile(r"(?:\s+[\w'’-]+){1,3}\s?[®™℠]")
_NUMBERS = frozenset(["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"])
_APART = re.compile(
    r",\s+(?:formerly|founded|owned|headquartered|a|an|the|which|whose|based|while|though|"
    r"although|unlike|meanwhile|however|too|now|once|already|by contrast|in contrast|on the other "
    r"hand)\b|\s*\("
)


@dataclass(frozen=True, slots=True)
class _Cues:
    verbs: frozenset[str]
    adverbs: frozenset[str]
    company_nouns: frozenset[str]
    plan_names: frozenset[str]
    firm_names: frozenset[str]
    nouns: frozenset[str]
    qualifiers: frozenset[str]
    labels: frozenset[str]
    pronouns: frozenset[str]
    adverbs_first: frozenset[str]
    inverted: frozenset[str]
    particles: frozenset[str]
    before: frozenset[str]
    determiners: frozenset[str]
    months_and_days: frozenset[str]
    day_before: frozenset[str]
    day_after: frozenset[str]
    places: frozenset[str]
    lands: frozenset[str]


@cache
def cues() -> _Cues:
    raw = words_of("tracker.mentions", "cues.yaml")
    return _Cues(**{key: frozenset(words.split()) for key, words in raw.items()})


@cache
def _thirds() -> frozenset[str]:
    lines = resources.files("tracker.mentions").joinpath("verbs.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def verdict(prose: str, start: int, end: int, languages: frozenset[str]) -> Verdict:
    """What `prose[start:end]` is, an everyday word of these languages that begins with a capital."""
    here = _Here.at(prose, start, end)
    if here.is_alone():
        return "name"
    word = prose[start:end].lower()
    if word in cues().months_and_days and here.is_a_date():
        return "word"
    if here.is_a_place(word):
        return "word"
    if here.names_a_place():
        return "open"
    if here.is_numbered() and not here.follows_a_name():
        return "open"
    german = GERMAN_NOUNS in languages and "de" in spoken(prose).codes
    if german:
        return here.in_german()
    if here.opens_a_sentence() or here.is_in_capitals():
        return here.without_its_capital(word)
    if here.is_a_term():
        return "open"
    return "name"


_CAPITALS_AFTER = re.compile(r"(?:[ ][A-ZÀ-Þ][a-zà-ÿ]+){1,2}(?![\w-])")
_NUMBERED = re.compile(r"\s+(?:[B-HJ-Z]|A(?=\s*[,.;:)\n]|$)|\d{1,2}(?![\w%.]))(?![\w'’&+]|\.[A-Z])")


@dataclass(frozen=True, slots=True)
class _Here:
    """A word and what stands before and after it in its line or cell, without marks of emphasis."""

    written: str
    before: str
    after: str
    marked: bool
    """Whether the line is a list item, heading or cell, or the word is set apart by itself."""
    heading: bool
    whole: bool
    """Whether it is emphasised, quoted or linked by itself."""

    @classmethod
    def at(cls, prose: str, start: int, end: int) -> _Here:
        left, right = prose.rfind("\n", 0, start) + 1, prose.find("\n", end)
        right = len(prose) if right < 0 else right
        line, before, after = (
            prose[left:right],
            prose[max(left, start - _REACH) : start],
            prose[end : min(right, end + _REACH)],
        )
        cell = line.count("|") > 1
        if cell:
            before, after = before.rpartition("|")[2], after.partition("|")[0]
        whole = re.search(r"[*_]{1,3}$|\[[*_]*$|[\"“„«‘]$", before) and re.match(
            r"[*_]{1,3}|\0|\]|[\"”“»’]", after
        )
        return cls(
            prose[start:end],
            _SIGNS.sub("", before),
            _SIGNS.sub("", after),
            bool(whole) or cell or _MARKER.match(line) is not None,
            line.lstrip(" >").startswith("#"),
            bool(whole),
        )

    @property
    def next_word(self) -> str:
        match = _NEXT_WORD.match(self.after)
        return match[1] if match else ""

    @property
    def last_word(self) -> str:
        match = _LAST_WORD.search(self.before)
        return match[1] if match else ""

    def is_alone(self) -> bool:
        """Alone in its list item, cell or heading, or before the colon, dash or bracket that explains it."""
        if not _NO_WORDS.fullmatch(self.before) or not _LABEL_END.match(self.after):
            return False
        return self.marked or not any(c.isalnum() for c in self.after)

    def opens_a_sentence(self) -> bool:
        before = self.before
        if not any(c.isalpha() for c in before):
            return True
        return _SENTENCE_END.search(before) is not None and _ABBREVIATION.search(before) is None

    def is_in_capitals(self) -> bool:
        """Whether the words about it have capitals too, as in a heading."""
        around = re.findall(r"[^\W\d_]{4,}", f"{self.before} {self.after}")
        if self.written.isupper() and len(self.written) > 1:
            return bool(around) and all(word.isupper() for word in around)
        if not around or not (
            self.heading or re.search(r"[.!?,;]", self.before + self.after.rstrip()) is None
        ):
            return False
        small = [word for word in around if word[0].islower() and word not in _everywhere()]
        capitals = sum(word[0].isupper() for word in around)
        return capitals >= _TITLE * (capitals + len(small)) and (capitals > 1 or self.heading)

    def is_a_date(self) -> bool:
        if self.last_word.lower() in cues().day_before:
            return True
        if (other := _AND.match(self.after)) is not None:
            return other["other"].islower() or other["other"].lower() in cues().months_and_days
        return (
            self.next_word.lower() in cues().day_after or re.match(r"s\b|,? \d|[–-]", self.after) is not None
        )

    def is_a_place(self, word: str) -> bool:
        last = self.last_word
        if f"{last} {self.written}".lower() in _NICKNAMES:
            return True
        if (
            word not in cues().places
            or not last[:1].isupper()
            or self.before.rstrip().endswith((",", ":", "."))
        ):
            return False
        small = last.lower()
        if small in cues().before | cues().determiners | cues().pronouns | cues().adverbs_first:
            return False
        first = not any(c.isalpha() for c in self.before[: self.before.rfind(last)])
        return not (first and languages_of(small) and small not in ("times", "union"))

    def names_a_place(self) -> bool:
        """`Apple Valley`, `Target Field`, `Box Elder County`."""
        following = _CAPITALS_AFTER.match(self.after)
        return following is not None and not cues().lands.isdisjoint(following[0].lower().split())

    def is_numbered(self) -> bool:
        """`Column A`, `Option 2`."""
        return _NUMBERED.match(self.after) is not None

    def is_a_term(self) -> bool:
        """`your Target Audience`, `the Linear Regression model`: a thing with capitals, and not one of a
        company."""
        following = re.sub(r"['’]s$", "", self.next_word)
        if self.last_word == "The" and following in ("between", "of"):
            return True
        return (
            following[:1].isupper()
            and not following.isupper()
            and self.last_word.lower() in cues().determiners
            and bool(languages_of(following.lower()))
            and following.lower() not in cues().nouns
        )

    def in_german(self) -> Verdict:
        """A noun has its capital everywhere; a name has no article."""
        last = self.last_word.lower()
        if _GERMAN_FIRM.match(self.after):
            return "name"
        if last in cues().determiners or (
            re.search(r"\w(?:e|en|er|es|em)$", last) and last not in cues().before
        ):
            return "word"
        if self.opens_a_sentence():
            return self.without_its_capital(self.written.lower())
        return "name" if last in cues().before or _COMPANY.match(self.after) else "open"

    def without_its_capital(self, word: str) -> Verdict:
        """What it is by its neighbours alone."""
        if word in _NUMBERS and (self._is_one() or self.next_word in ("UK", "Ireland", "Mobile")):
            return "name"
        if word in cues().pronouns:
            return "word"
        adverb = word in cues().adverbs_first
        if _COLON.search(self.before) and (_LABEL_END.match(self.after) or _CONDITION.match(self.after)):
            return "name"
        if word in cues().months_and_days and _POSSESSIVE.match(self.after):
            return "open"
        if any(each.match(self.after) for each in (_POSSESSIVE, _INCORPORATED, _OWNING, _TRADE_MARK)):
            return "name"
        if self._does_something(adverb=adverb):
            return "name"
        if adverb:
            return "open" if _COMPANY.match(self.after) else "word"
        if _APART.match(self.after) or self._stands_with_one():
            return "name"
        following = self.next_word
        small = following.lower()
        small = small.rstrip(",;:.?!")
        if small in cues().company_nouns or (small in cues().nouns and word not in cues().qualifiers):
            return "name"
        if following[:1].isupper() and (
            small in cues().plan_names or (small in cues().firm_names and word not in cues().qualifiers)
        ):
            return "name"
        if self.after[:1] in ":：" and word not in cues().labels:
            return "name"
        ends = not following or small in cues().particles or small in cues().adverbs
        if self.last_word.lower() in cues().before and ends and not self.opens_a_sentence():
            return "name"
        if small in cues().particles:
            return "word"
        if self.written.isupper() and len(self.written) > 2 and not following.isupper():
            return "name"
        if self.whole or (ends and self.follows_a_name()):
            return "name"
        return "name" if self._names_a_product(word) else "open"

    def _stands_with_one(self) -> bool:
        """`Target, Walmart`; in a heading every word has a capital: `Linear and Generalized Models`."""
        if _COMPANY.match(self.after) is None:
            return False
        other = _OTHER.search(self.after)
        title = self.heading or not self.opens_a_sentence()
        return not (title and other and languages_of(other[0].lower()))

    def _names_a_product(self, word: str) -> bool:
        """`Oracle NetSuite`, `Chase Sapphire Preferred is`; not `Compare NetSuite`, `Linear TV`."""
        following = self.next_word
        if not following[:1].isupper() or (following.isupper() and word in cues().qualifiers):
            return False
        if self.last_word.lower() in ("a", "an") and languages_of(following.lower()):
            return False
        if languages_of(following.lower()) and _GOES_ON_SMALL.match(self.after):
            return True
        product = _PRODUCT.match(self.after)
        if product is not None and product["verb"] in cues().verbs:
            return True
        return not languages_of(following.lower()) and not _may_be_a_verb(word)

    def follows_a_name(self) -> bool:
        """`Microsoft Teams` in a heading."""
        last = self.last_word
        return last[:1].isupper() and not languages_of(last.lower()) and last.isalpha()

    def _is_one(self) -> bool:
        """Whether it takes the verb of one: `Three is`, `Three has`; three of something are."""
        following = self.next_word.lower()
        return following in ("is", "was", "has") or following in _thirds()

    def _does_something(self, *, adverb: bool) -> bool:
        words = [word.strip(".,;:").lower() for word in self.after.split()[:3]]
        if not self.after[:1].isspace() or not words:
            return False
        if words[0] in cues().adverbs and len(words) > 1:
            words = words[1:]
            if words[0].endswith(("s", "ed", "ing")) and not adverb:
                return True
        if adverb and words[0] in cues().inverted:
            return len(words) > 1 and words[1] in _VERBS
        if words[0] in cues().verbs or words[0] in _thirds():
            return True
        return not adverb and len(words) > 1 and self._takes_an_object(words[0], words[1])

    def _takes_an_object(self, verb: str, following: str) -> bool:
        """`Brave blocks ads`, `Box guards your files`: a noun in the plural would go on otherwise."""
        if not verb.endswith("s") or verb.endswith(("ss", "us", "is")):
            return False
        if following in cues().determiners or following in _ALL:
            return True
        if following in _MANY and self.written.lower() not in cues().qualifiers:
            return _may_be_a_verb(_singular(verb))
        if not _may_be_a_verb(_singular(verb)):
            return False
        plural = following.endswith("s") and not following.endswith(("ss", "us", "is"))
        return plural and self.written.lower() not in cues().qualifiers and following not in cues().verbs


def is_stylised(prose: str, start: int, end: int) -> bool:
    """Whether a word in small letters stands as only a name does: it opens a sentence and does something, or
    stands between two names of a list (`ClickUp, monday, Jira`)."""
    here = _Here.at(prose, start, end)
    if not here.before.strip() or _SENTENCE_END.search(here.before) or here.last_word.lower() in _CONTRAST:
        return here._does_something(adverb=prose[start:end] in cues().adverbs_first)
    left, right = _ITEM_BEFORE.search(here.before), _ITEM_AFTER.match(here.after)
    return all(each is not None and not languages_of(each[1].lower()) for each in (left, right))


def is_listed(prose: str, start: int, end: int) -> bool:
    """`canva, miro, gusto, toast, procore`: most items of its list are no words at all."""
    here = _Here.at(prose, start, end)
    before = _ITEMS_BEFORE.search(here.before)
    after = _ITEMS_AFTER.match(here.after)
    if before is None or after is None:
        return False
    items = [item for item in _ITEM.findall(before[0])[-4:] + _ITEM.findall(after[0])[:4] if len(item) > 2]
    unknown = sum("en" not in languages_of(item.lower()) for item in items)
    return unknown >= _LEAST_NAMES and 2 * unknown >= len(items)


def is_compared(prose: str, start: int, end: int) -> bool:
    """`notion vs evernote`: beside what is no word at all."""
    others = (_VERSUS_BEFORE.search(prose[max(0, start - 40) : start]), _VERSUS_AFTER.match(prose, end))
    return any(other is not None and not languages_of(other[1].lower()) for other in others)


def _singular(word: str) -> str:
    return word[:-2] if word.endswith(("shes", "ches", "xes", "sses")) else word[:-1]


@cache
def _may_be_a_verb(word: str) -> bool:
    """By its English participle: target, chase, zoom; not oracle, sage, linear."""
    stem = word.removesuffix("e")
    return any("en" in languages_of(form) for form in (f"{stem}ing", f"{word}ing", f"{word}{word[-1]}ing"))


def of_several(prose: str, start: int, end: int, parts: list[str]) -> Literal["name", "small", "word"]:
    """`Best Buy` is a name; `the best buy` is not, and `best buy` without an article is. `about you` is made
    of words that stand everywhere."""
    capitals = [part[0].isupper() for part in parts]
    small = [part for part, one in zip(parts, capitals, strict=True) if not one and part[0].isalpha()]
    written_so = capitals[0] and all(len(part) < 4 for part in small)
    sure = any(capitals[1:]) or "-" in prose[start:end]
    if written_so and (sure or not _Here.at(prose, start, end).opens_a_sentence()):
        return "name"
    if sum(part.lower() not in _everywhere() for part in parts) < 2:
        return "small"
    last = _LAST_WORD.search(prose[max(0, start - 40) : start])
    return "word" if last and last[1].lower() in cues().determiners else "name"


def is_title(prose: str, start: int, end: int) -> bool:
    """Whether a capital says nothing there: at a sentence's beginning, or among words that all have one."""
    here = _Here.at(prose, start, end)
    return here.opens_a_sentence() or here.is_in_capitals()


@cache
def _everywhere() -> frozenset[str]:
    known = cues()
    return known.pronouns | known.determiners | known.before | known.adverbs_first
