"""The split of traffic, for what must repeat it without a snapshot, such as on-device artifacts: the engine's own."""

from offerd.engine.traffic import FIRST, position

__all__ = ["FIRST", "position"]
