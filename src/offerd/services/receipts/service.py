"""The verifiers of one server, and what they make of a receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points

from offerd.services.receipts.documents import Documents
from offerd.services.receipts.orders import Orders
from offerd.services.receipts.verifying import Factory, Purchase, Shown, Unproved, Verifier
from offerd.settings import Settings, SettingsError

#: The group of entry points in which packages offer verifiers.
GROUP = "offerd.receipts"

_OWN: Mapping[str, Factory] = {"xml": Documents, "order": Orders}


class ReceiptService:
    """Asks verifiers about receipts.

    Args:
        settings: `store_receipts` names the verifiers, in the order in which they are asked.

    Raises:
        SettingsError: a verifier is not known, or cannot be made.
    """

    def __init__(self, settings: Settings) -> None:
        names = settings.store_receipts.split()
        offered = {point.name: point for point in entry_points(group=GROUP)} if set(names) - set(_OWN) else {}
        self._verifiers = [(name, _made(name, offered, settings)) for name in names]

    async def purchases(self, shown: Shown) -> tuple[str, Sequence[Purchase]]:
        """The name of the verifier that reads a receipt, and the purchases that it tells of.

        Raises:
            Unproved: it proves nothing.
        """
        for name, verifier in self._verifiers:
            found = await verifier.verify(shown)
            if found is not None:
                return name, found
        raise Unproved("The receipt is of no sort that is taken here")


def _made(name: str, offered: Mapping[str, EntryPoint], settings: Settings) -> Verifier:
    factory: Factory | None = _OWN.get(name)
    if factory is None:
        point = offered.get(name)
        if point is None:
            known = ", ".join(sorted({*_OWN, *offered}))
            raise SettingsError(f"store_receipts: there is no verifier {name}; known: {known}")
        factory = point.load()
    return factory(settings)
