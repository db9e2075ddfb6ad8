"""The wire format as the server mounts it."""

from __future__ import annotations

from offerd.apis.operation import Api
from offerd.apis.partner_center import problems, routes, schema
from offerd.services.house import House


def install(house: House) -> None:
    """Tells the services what this format brings with it."""
    schema.register(house.catalogue)


#: Everything that the server mounts; eligibilities by themselves, so that they can have a limit of their own.
APIS: tuple[Api, ...] = (
    Api(
        name="partner_center",
        prefix="/v1",
        operations=tuple(routes.catalogue),
        failure=problems.failure,
        failure_at=problems.failure,
        install=install,
    ),
    Api(
        name="partner_center_eligibility",
        prefix="/v1",
        operations=tuple(routes.eligibilities),
        failure=problems.failure,
        failure_at=problems.failure,
    ),
)
