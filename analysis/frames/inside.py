"""What every comparison of brands inside answers starts from, read once however many are made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Engine

from analysis.frames.answered import answers, named
from analysis.frames.linked import Links, links
from analysis.frames.tracked import Scope, World, as_world


@dataclass(frozen=True)
class InsideAnswers:
    """Answers, who is named in them, and who links to whom.

    Attributes
    ----------
    world : World
        With the brands that lasted: every answer is compared over the same brands, so that one that ended
        before the last week is left out, and is there in a scope that ends with it.
    scope : Scope
    answers : DataFrame
        As `analysis.frames.answers` reads them.
    links : Links
    named : ndarray of bool, shape (A, B)
    """

    world: World
    scope: Scope
    answers: pd.DataFrame
    links: Links
    named: NDArray[np.bool_]

    @property
    def topics(self) -> dict[int, str]:
        """Topic of each prompt, by its id."""
        return {key: prompt.topic for key, prompt in self.world.prompts.items()}


def inside_answers(database: Engine, workspace: World | int, scope: Scope | None = None) -> InsideAnswers:
    """Read it; without a scope, all weeks and prompts."""
    workspace, scope = as_world(database, workspace), scope or Scope(branded="include")
    frame = answers(database, workspace, scope)
    if len(frame):
        workspace = workspace.lasting(max(frame["week"]))
    mentioned = named(database, workspace, frame["answer"].to_numpy(np.int64))
    return InsideAnswers(workspace, scope, frame, links(database, workspace), mentioned)
