"""The Admin API as the server mounts it."""

from __future__ import annotations

from offerd.apis.operation import Api, Operation
from offerd.apis.target.admin import (
    activities,
    audiences,
    batch,
    kept,
    offers,
    problems,
    properties,
    quality,
    reports,
    site,
)
from offerd.services.house import House

#: What a batch may name.
_SINGLE: tuple[Operation, ...] = (
    *activities.operations,
    *quality.operations,
    *reports.operations,
    *offers.operations,
    *audiences.operations,
    *properties.operations,
    *site.operations,
)

#: The routes below a tenant.
OPERATIONS: tuple[Operation, ...] = (*_SINGLE, *batch.operations(_SINGLE))

API = Api(
    name="target_admin",
    prefix="/{tenant}/target",
    operations=OPERATIONS,
    failure=problems.failure,
    failure_at=problems.failure_at,
)


def install(house: House) -> None:
    """Tells the services what this API brings with it."""
    kept.register(house.catalogue)
