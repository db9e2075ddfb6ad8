"""The fulfillers of one server: those that are built in, and those that packages bring and settings name."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

from offerd.services.fulfilment.calls import Called, Webhook
from offerd.services.fulfilment.fulfiller import Factory, Fulfiller
from offerd.services.fulfilment.mail import Mail
from offerd.services.fulfilment.starter import HAND, is_address
from offerd.settings import Settings, SettingsError

#: The group of entry points in which packages offer fulfillers.
GROUP = "offerd.fulfillers"


class Fulfillers:
    """Fulfillers by their names.

    Args:
        settings: `fulfillers` says what carries out which kind.
        outbox: the folder for mail where no mail server is named.

    Attributes:
        mail: the one that is built in for mail.

    Raises:
        SettingsError: one is not known, or cannot be made.
    """

    def __init__(self, settings: Settings, outbox: Path) -> None:
        webhook, called = Webhook(settings), Called(settings)
        self.mail = Mail(settings, outbox)
        self._open = (webhook, called)
        self._made: dict[str, Fulfiller] = {"webhook": webhook, "http": called, "email": self.mail}
        for kind, name in settings.fulfillers.items():
            if name not in self._made and name != HAND and not is_address(name):
                self._made[name] = self._brought(kind, name)(settings)

    def get(self, name: str) -> Fulfiller | None:
        """The fulfiller of a name."""
        return self._made.get(name)

    async def close(self) -> None:
        """Closes what those that are built in have open."""
        for each in self._open:
            await each.close()

    def _brought(self, kind: str, name: str) -> Factory:
        offered = {point.name: point for point in entry_points(group=GROUP)}
        if name not in offered:
            known = ", ".join(sorted({HAND, *self._made, *offered}))
            raise SettingsError(f"fulfillers: {kind}: there is no fulfiller {name}; known: {known}, or a URL")
        factory: Factory = offered[name].load()
        return factory
