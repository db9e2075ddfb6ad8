"""The wire format as the server mounts it."""

from __future__ import annotations

from functools import partial

from offerd.apis.chargebee import events, fulfilling, listing, plays, problems, schemas
from offerd.apis.operation import Api, Keyed, Operation
from offerd.services.house import House

_KEYED = Keyed("chargebee-idempotency-key", "chargebee-idempotency-replayed")

_OPERATIONS: tuple[Operation, ...] = (*listing.operations, *fulfilling.operations, *events.operations)


def install(house: House) -> None:
    """Tells the services what this format brings with it."""
    schemas.register(house.catalogue)
    house.catalogue.register_lint(partial(plays.findings, house.settings.fulfilment_pages))


#: Everything that the server mounts. Clients that are told an address with a path put the site's name before the rest.
APIS: tuple[Api, ...] = (
    Api(
        name="chargebee",
        prefix="/api/v2",
        operations=_OPERATIONS,
        failure=problems.failure,
        install=install,
        basic=True,
        keyed=_KEYED,
    ),
    Api(
        name="chargebee",
        prefix="/{site}/api/v2",
        operations=_OPERATIONS,
        failure=problems.failure,
        basic=True,
        keyed=_KEYED,
    ),
)
