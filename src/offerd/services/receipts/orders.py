"""Order ids as receipts: well formed, and nobody is asked whether there is such an order."""

from __future__ import annotations

import re
from collections.abc import Sequence

from offerd.services.receipts.verifying import Purchase, Shown
from offerd.settings import Settings

_ORDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")


class Orders:
    """Takes an order id for the purchase of whatever it is shown for.

    It cannot tell whether the order is there, so what it gives is never verified; that one order counts once, whoever
    shows it, holds all the same.
    """

    def __init__(self, _settings: Settings) -> None:
        pass

    async def verify(self, shown: Shown) -> Sequence[Purchase] | None:
        """The purchase of an order."""
        return (Purchase(id=shown.text),) if _ORDER.fullmatch(shown.text) else None
