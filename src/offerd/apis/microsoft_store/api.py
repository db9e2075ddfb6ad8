"""The wire format as the server mounts it."""

from __future__ import annotations

from offerd.apis.microsoft_store import claims, offers, places, problems
from offerd.apis.operation import Api
from offerd.services.house import House


def install(house: House) -> None:
    """Tells the services what this format brings with it."""
    house.catalogue.register_extension(places.FORMAT, "placements", places.faults)
    house.catalogue.register_lint(places.findings)


#: Everything that the server mounts.
API = Api(
    name="microsoft_store",
    prefix="/v2.0",
    operations=(*offers.operations, *claims.operations),
    failure=problems.failure,
    install=install,
)
