"""Names of 1,000 spellings looked for in 100,000 answers, against the bare automaton in the same run.

    python -m tests.bench.bench_mentions [--quick]

The answers are made of sentences, lists, tables, links and bold names; some names are everyday words. What
is judged is the ratio to `ahocorasick_rs` alone over the same spellings in small letters, in processor time,
the best of three: exit code 1 beyond `LIMIT`.
Before everyday words were told from names the ratio was 60 to 65; by turns on one machine it is 33 to 45 now.
The automaton alone finds "pineapple" for Apple and small letters only.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from tracker.mentions import BrandNames, Finder

ANSWERS, SPELLINGS, LIMIT = 100_000, 1_000, 55.0
EVERYDAY = (
    "Target",
    "Gap",
    "Wise",
    "Notion",
    "Apple",
    "Box",
    "Slack",
    "Linear",
    "Zoom",
    "Make",
    "Square",
    "Chase",
)
SYLLABLES = ("nor", "va", "qui", "ll", "mere", "tek", "zo", "ra", "lin", "pa", "xo", "du", "mi", "sta")
PROSE = (
    "Small firms need a tool that is easy to set up and does not cost much in the first year.",
    "Prices start at $9 a month; the free plan has limits on contacts, lists and storage.",
    "It connects with your calendar and your inbox, and you can export everything as CSV.",
    "Reviews praise the support, though some users find the reports hard to read at first.",
    "Compare two or three of them before you sign anything, and ask about the notice period.",
)


def brands(rng: random.Random) -> list[BrandNames]:
    """Three spellings each."""
    found = []
    for key in range(SPELLINGS // 3):
        made = "".join(rng.choice(SYLLABLES) for _ in range(3)).capitalize()
        name = EVERYDAY[key] if key < len(EVERYDAY) else f"{made}{key}"
        found.append(BrandNames(key, name, (f"{made} Cloud {key}", f"{made}-{key} & Sons")))
    return found


def answer(rng: random.Random, tracked: Sequence[BrandNames]) -> str:
    names = [rng.choice(tracked).name for _ in range(4)]
    items = "\n".join(f"{n}. **{name}** – {rng.choice(PROSE)}" for n, name in enumerate(names, start=1))
    link = f"[{names[0]}](https://{names[0].lower()}.com/pricing?utm_source=openai)"
    table = f"| Tool | Price |\n|---|---|\n| {names[1]} | $9 |"
    begin, end = f"{rng.choice(PROSE)} {rng.choice(PROSE)}", f"I would take {link}. {rng.choice(PROSE)}"
    return f"{begin}\n\n{items}\n\n{table}\n\n{end}"


def seconds(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


def main() -> int:
    quick = "--quick" in sys.argv
    rng = random.Random(7)
    tracked = brands(rng)
    some = [answer(rng, tracked) for _ in range(500 if quick else 2_000)]
    texts = some * (1 if quick else ANSWERS // len(some))
    finder = Finder(tracked)
    spellings = [name.lower() for brand in tracked for name in (brand.name, *brand.aliases)]
    bare = AhoCorasick(spellings, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.DFA)
    ours = seconds(lambda: sum(len(finder.mentions(text)) for text in texts))
    alone = seconds(lambda: sum(len(bare.find_matches_as_indexes(text.lower())) for text in texts))
    ratio = ours / alone
    print(
        f"{len(texts):,} answers of {sum(map(len, some)) // len(some):,} characters × "
        f"{len(spellings):,} spellings: "
        f"{ours:.1f} s ({ours / len(texts) * 1e6:.0f} µs each), the automaton alone {alone:.2f} s, "
        f"ratio {ratio:.0f} "
        f"(limit {LIMIT:.0f})"
    )
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
