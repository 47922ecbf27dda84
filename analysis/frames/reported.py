"""What engines themselves report to the site's owner: citations and impressions in their AI answers."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Engine
from sqlalchemy import select as typed_select
from sqlmodel import col

from analysis.frames.tracked import World
from tracker import store
from tracker.models import CitationCount, LinkImport

COLUMNS = ("vendor", "measure", "dimension", "subject", "day", "count", "as_of")


def reported(database: Engine, workspace: World) -> pd.DataFrame:
    """One row per (vendor, measure, dimension, subject, day), of the newest export that has it.

    Parameters
    ----------
    database, workspace
        Where, and whose.

    Returns
    -------
    frame with `COLUMNS`; `day` is None where the export covers a period and names no days, `as_of` the day
    that the export shows. Counts are the vendor's own and are never added to ours.
    """
    statement = (
        typed_select(
            col(LinkImport.vendor),
            col(CitationCount.measure),
            col(CitationCount.dimension),
            col(CitationCount.subject),
            col(CitationCount.day),
            col(CitationCount.citations),
            col(LinkImport.as_of),
        )
        .join(LinkImport, col(LinkImport.id) == col(CitationCount.import_id))
        .where(col(CitationCount.workspace_id) == workspace.id)
        .order_by(col(LinkImport.as_of), col(LinkImport.id), col(CitationCount.id))
    )
    with store.reading(database) as session:
        rows = session.connection().execute(statement).all()
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.drop_duplicates(["vendor", "measure", "dimension", "subject", "day"], keep="last")
