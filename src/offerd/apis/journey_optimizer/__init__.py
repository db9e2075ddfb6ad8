"""Journey Optimizer's wire format: the offer library in two dialects, and decisions."""

from offerd.apis.journey_optimizer.api import APIS

__all__ = ["APIS"]
