"""A stream of text, of which a little is held: what readers of JSON too large for memory begin with."""

from __future__ import annotations

import io

BLOCK = 1 << 20


class TextStream:
    skipped = "\ufeff"
    """Beside spaces, what may stand between two values."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self.stream = stream
        self.text = ""
        self.at = 0

    def more(self, size: int = BLOCK) -> bool:
        block = self.stream.read(max(size, BLOCK))
        self.text = self.text[self.at :] + block
        self.at = 0
        return bool(block)

    def peek(self) -> str:
        """The next character that counts; empty at the end."""
        while True:
            while self.at < len(self.text):
                if not self.text[self.at].isspace() and self.text[self.at] not in self.skipped:
                    return self.text[self.at]
                self.at += 1
            if not self.more():
                return ""
