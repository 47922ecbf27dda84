"""A loopback answer engine on a small simulated web: the default without keys, and the tests' fault injector."""

from tracker.sandbox.faults import FAULTS, Faults
from tracker.sandbox.process import Sandbox, counters
from tracker.sandbox.shapes import ENGINES, MODELS, SandboxEngine, Shape
from tracker.sandbox.web import Link
from tracker.sandbox.world import DEMO_SEED, Answer, Ask, Brand, Kind, Prompt, World

__all__ = [
    "DEMO_SEED",
    "ENGINES",
    "FAULTS",
    "MODELS",
    "Answer",
    "Ask",
    "Brand",
    "Faults",
    "Kind",
    "Link",
    "Prompt",
    "Sandbox",
    "SandboxEngine",
    "Shape",
    "World",
    "counters",
]
