"""What `workers` are forked with."""

from tests.tracker.run import workers
from tracker.engines.ask import _litellm

__all__ = ["workers"]

_litellm()
