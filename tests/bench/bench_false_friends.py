"""Precision and recall of names that are everyday words, over sentences labelled before they were read.

    python -m tests.bench.bench_false_friends

The sentences stand in tests/tracker/mentions/everyday.yaml; what is read wrongly is listed.
"""

from __future__ import annotations

import sys

from tests.tracker.mentions.test_context import score

LEAST = 0.985


def main() -> int:
    result = score()
    print(
        f"{result.sentences:,} sentences: precision {result.precision:.4f}, recall {result.recall:.4f} "
        f"(at least {LEAST})"
    )
    for what, wrong in (("missed", result.missed), ("no name", result.taken)):
        for word, sentence in wrong:
            print(f"  {what}: {word}: {sentence!r}")
    return int(min(result.precision, result.recall) < LEAST)


if __name__ == "__main__":
    sys.exit(main())
