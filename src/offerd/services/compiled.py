"""The compiled catalogue, for those who say in another language what the engine decides by."""

from offerd.engine.activities import CompiledActivity, CompiledRank, CompiledSelection
from offerd.engine.components import CompiledComponent, shown, taken
from offerd.engine.conditions import Named, Test, Within, Written
from offerd.engine.offers import CompiledOffer
from offerd.engine.snapshot import CompiledPlacement, Snapshot
from offerd.engine.traffic import WHOLE

__all__ = [
    "WHOLE",
    "CompiledActivity",
    "CompiledComponent",
    "CompiledOffer",
    "CompiledPlacement",
    "CompiledRank",
    "CompiledSelection",
    "Named",
    "Snapshot",
    "Test",
    "Within",
    "Written",
    "shown",
    "taken",
]
