"""A loopback answer engine on a small simulated web: the default without keys, and the tests' fault
injector."""

from tracker.sandbox.answers import WorldAnswer, WorldAnswers, WorldAsk
from tracker.sandbox.faults import FAULTS, Faults
from tracker.sandbox.linkgraph import LinkFiles, write_links
from tracker.sandbox.process import Sandbox, counters
from tracker.sandbox.truth import truth
from tracker.sandbox.world import DEMO_SEED, Kind, Placement, SimulatedWorld, WorldBrand, WorldPrompt

__all__ = [
    "DEMO_SEED",
    "FAULTS",
    "Faults",
    "Kind",
    "LinkFiles",
    "Placement",
    "Sandbox",
    "SimulatedWorld",
    "WorldAnswer",
    "WorldAnswers",
    "WorldAsk",
    "WorldBrand",
    "WorldPrompt",
    "counters",
    "truth",
    "write_links",
]
