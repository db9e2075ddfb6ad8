"""The wire format as the server mounts it."""

from __future__ import annotations

from functools import partial

from offerd.apis.operation import Api
from offerd.apis.target import admin, problems
from offerd.apis.target.delivery import routes as delivery
from offerd.apis.target.older import routes as older
from offerd.apis.target.older import server_side
from offerd.apis.target.on_device import routes as on_device
from offerd.apis.target.profiles import fetching, lifetime, updating
from offerd.services.house import House

#: The setting that says which pages may call.
_ORIGINS = "target_origins"


def install(house: House) -> None:
    """Tells the services what this format brings with it."""
    house.jobs.every(lifetime.EVERY, partial(_lapse, house))
    admin.install(house)


async def _lapse(house: House) -> None:
    await lifetime.lapse(house)


#: Everything that the server mounts.
APIS: tuple[Api, ...] = (
    Api(
        name="target",
        prefix="/rest",
        operations=(*delivery.operations, *server_side.operations),
        failure=problems.failure,
        install=install,
        cross_origin=True,
        origins=_ORIGINS,
    ),
    Api(
        name="target_mbox",
        prefix="/m2",
        operations=tuple(older.operations),
        failure=problems.failure_of_mbox,
        cross_origin=True,
        origins=_ORIGINS,
    ),
    Api(
        name="target_profiles",
        prefix="/rest",
        operations=tuple(fetching.operations),
        failure=problems.failure,
    ),
    Api(
        name="target_profile_updates",
        prefix="/m2",
        operations=tuple(updating.operations),
        failure=updating.failure,
        failure_at=updating.failure,
    ),
    Api(
        name="target_artifacts",
        prefix=on_device.PREFIX,
        operations=tuple(on_device.operations),
        failure=problems.failure,
        cross_origin=True,
        origins=_ORIGINS,
    ),
    admin.API,
)
