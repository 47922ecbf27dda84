"""Questions that a model suggests: whom one may ask, what it may cost, and the verb that asks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard import access
from dashboard.data.catalogued import settings_of
from dashboard.data.errands import VerbEnd, errands
from dashboard.data.first import allowed
from dashboard.data.opened import OpenWorkspace
from tracker import catalog, suggesting
from tracker.catalog.lines import Row
from tracker.engines.calls import missing_keys
from tracker.settings import Settings
from tracker.suggesting import Wish


@dataclass(frozen=True)
class Suggesting:
    """Where suggestions are for: a workspace, or the one that is being set up."""

    settings: Settings
    known: Sequence[Row]

    @property
    def name(self) -> str:
        """Under which the errand is known."""
        return f"suggestions for {self.settings.workspace}"

    def models(self) -> dict[str, bool]:
        """Models of the catalog and of known engines, and whether their keys are set; those first."""
        written, _ = catalog.inspect(self.settings.catalog, need="brands")
        found = {model: not missing_keys(model) for model in suggesting.models(written)}
        return dict(sorted(found.items(), key=lambda pair: not pair[1]))

    def ceiling(self, wish: Wish) -> int:
        return suggesting.ceiling(wish, self.known)

    def begin(self, wish: Wish) -> None:
        """Let `citelift prompts suggest` begin, for no more than what was told."""
        access.require("edit", self.settings.workspace or "")
        allowed = ["--budget", f"{self.ceiling(wish) / 1e6:.6f}"]
        words = ["prompts", "suggest", wish.topic, "--model", wish.model, "--count", str(wish.count)]
        words += ["--language", wish.language] if wish.language else []
        errands().begin(self.name, self.settings, [*words, *allowed])

    def is_running(self) -> bool:
        return errands().is_running(self.name)

    def taken(self) -> VerbEnd | None:
        """How it ended, told once."""
        ended = errands().outcome(self.name)
        errands().forget(self.name)
        return ended


def suggesting_for(workspace: OpenWorkspace | None, known: Sequence[Row]) -> Suggesting:
    """None: for what is being set up."""
    return Suggesting(allowed() if workspace is None else settings_of(workspace), known)
