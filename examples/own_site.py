# %% [markdown]
# # What our own site saw beside the sample, and every table elsewhere
# First-party counts are counts; cited and named are sampled answers. The gap of two shares has Newcombe's
# interval.

# %%
import json
import tempfile
from pathlib import Path

import pyarrow.parquet as parquet

from analysis import firstparty
from analysis.client import workspace
from tracker import exports

# %%
with workspace() as (database, world):
    for page in firstparty.funnels(database, world)[:10]:
        steps = {step: getattr(page, step) for step in firstparty.STEPS}
        print(page.url, json.dumps(steps), f"{page.forged} forged")
    for gap in firstparty.gaps(database, world):
        print(gap.assistant, gap.visits, gap.of_visits, gap.gap, gap.low, gap.high)

# %% [markdown]
# Each table as Parquet, at one moment, for DuckDB, BigQuery or pandas.

# %%
with workspace() as (database, world), tempfile.TemporaryDirectory() as name:
    folder = Path(name) / "tables"
    made = exports.export(database, folder, workspace_id=world.id, only=("prompt", "owncount"))
    for each in made:
        read = parquet.read_table(folder / each.file)
        print(each.table, read.num_rows, read.schema.names)
