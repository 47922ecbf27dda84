# %% [markdown]
# # How visible are we, and did it change?
# Run it as a script (`CITELIFT_DATABASE_URL=sqlite:///demo/citelift.db python examples/visibility.py`), or
# cell by cell in an editor that knows `# %%`.

# %%
from analysis import changes, visibility
from analysis.client import workspace
from analysis.frames import Scope

MEASURES: tuple[visibility.Compared, ...] = ("mention_rate", "citation_rate")

# %% [markdown]
# Each rate is an `Interval`: estimate, low, high and n. None is "unknown", never zero.

# %%
with workspace() as (database, world):
    rows = visibility.table(database, world)
    by_week = visibility.table(database, world, Scope(), ("engine", "week"), measures=MEASURES)
    compared = changes.compare_periods(database, world, weeks=4, measures=MEASURES)

for row in rows:
    rate = row.rates["mention_rate"]
    if rate.estimate is not None and rate.low is not None and rate.high is not None:
        print(f"{row.brand}: {rate.estimate:.3f} ({rate.low:.3f} to {rate.high:.3f}; n = {rate.n})")

# %% [markdown]
# The last four weeks against the four before, paired by prompt. The verdict says whether they compare at all.

# %%
for change in compared:
    if change.own:
        print(f"{change.measure}: {change.verdict} {'; '.join(change.reasons)}".rstrip())

# %%
for row in by_week:
    if row.own:
        cell = row.rates["mention_rate"]
        print(row.week, row.engine, cell.estimate, cell.n)
