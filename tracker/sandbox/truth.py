"""What is planted in a simulated world."""

from __future__ import annotations

from tracker.sandbox.linkgraph import planted_spells
from tracker.sandbox.world import SimulatedWorld


def truth(world: SimulatedWorld) -> dict[str, object]:
    """What an estimator should find: JSON-able."""
    every = planted_spells(world)
    planted = [
        {
            "source": world.sources[s].domain,
            "lift": lift,
            "brands": sorted(world.brands[b].name for b in spells),
        }
        for s, lift in sorted(world.lifts.items(), key=lambda kv: -kv[1])
        for spells in [every[s]]
    ]
    return {
        "kind": world.kind,
        "seed": world.seed,
        "start": world.start.isoformat(),
        "weeks": world.weeks,
        "sources": [s.domain for s in world.sources],
        "planted": planted,
        "lifts_every_brand": [
            {"source": world.sources[s].domain, "lift": x} for s, x in world.crowd_pleasers.items()
        ],
        "only_lists": [
            {
                "source": world.sources[s].domain,
                "lift": lift,
                "brands": sorted(world.brands[b].name for b in world.listed[s]),
            }
            for s, lift in world.listing.items()
        ],
        "only_selected": [
            {"source": world.sources[s].domain, "pull": pull} for s, pull in world.selected.items()
        ],
        "untapped": [{"source": world.sources[s].domain, "lift": x} for s, x in world.untapped.items()],
        "placed": [
            {"source": x.source, "brand": x.brand, "first": x.first.isoformat()} for x in world.placed
        ],
        "rising": [{"brand": world.brands[b].name, "points": x} for b, x in world.rising.items()],
        "popularity": {b.name: round(p, 4) for b, p in zip(world.brands, world.popularity, strict=True)},
        "served_model_change": {"engine": "chat", "from": world.served_changes_on.isoformat()},
    }
