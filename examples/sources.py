# %% [markdown]
# # Which sources go with more mentions, and what is next?
# `lift` compares answers to the same question that cite a source with those that do not: what goes together,
# and never what caused it.

# %%
from analysis import frames
from analysis.client import workspace
from analysis.frames import Scope
from analysis.lift.estimate import lift
from analysis.opportunities import opportunities

EVERY = Scope(branded="include")

# %%
with workspace() as (database, world):
    panel = frames.lift_panel(database, world, EVERY)
    table = lift(panel)
    offers = opportunities(database, world, EVERY, lift=table)

for row in table.rows:
    known = None if row.lift is None else f"{row.lift:+.3f} ({row.low:+.3f} to {row.high:+.3f}), q = {row.q}"
    print(f"{row.source}: {known or 'not enough data'}: {row.verdict}; {row.exposed} exposed")

# %% [markdown]
# Only where the days on which links begin support the sources does an offer promise points (`gain`).

# %%
for offer in offers[:10]:
    reasons = "; ".join(reason.text for reason in offer.reasons)
    print(f"{offer.source}: cited in {offer.cited_answers} of {offer.answers}; {reasons}; gain {offer.gain}")
