"""What an iteration has reached, kept on the disk after each: a killed ranking goes on from there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.links.webgraph.folder import explained, replace_text

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Reached:
    iteration: int
    arrays: Arrays
    numbers: dict[str, float]


@dataclass(frozen=True)
class Checkpoints:
    """Of one computation, known again by its name and `made`: another one's are never taken."""

    folder: Path
    name: str
    made: dict[str, Any]

    @property
    def note(self) -> Path:
        return self.folder / f"{self.name}.checkpoint.json"

    def last(self) -> Reached | None:
        try:
            known = json.loads(self.note.read_text())
            if known["made"] != json.loads(json.dumps(self.made)):
                return None
            arrays = {each: np.load(self._file(known["iteration"], each)) for each in known["arrays"]}
        except (OSError, ValueError, KeyError, EOFError):
            return None
        return Reached(known["iteration"], arrays, known["numbers"])

    def keep(self, iteration: int, arrays: Arrays, **numbers: float) -> None:
        """The one before stays until this one is whole."""
        with explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            for name, array in arrays.items():
                np.save(self._file(iteration, name), array)
            known = {"iteration": iteration, "arrays": list(arrays), "numbers": numbers, "made": self.made}
            replace_text(self.note, json.dumps(known))
            self._forget(but=iteration)

    def clear(self) -> None:
        self.note.unlink(missing_ok=True)
        self._forget()

    def _file(self, iteration: int, array: str) -> Path:
        return self.folder / f"{self.name}.{iteration:05d}.{array}.npy"

    def _forget(self, but: int | None = None) -> None:
        for path in self.folder.glob(f"{self.name}.[0-9]*.npy"):
            if but is None or not path.name.startswith(f"{self.name}.{but:05d}."):
                path.unlink()
