"""The wire format as the server mounts it."""

from __future__ import annotations

from offerd.apis.journey_optimizer import containers, plain, schemas, warming
from offerd.apis.journey_optimizer.edge import problems as edge_problems
from offerd.apis.journey_optimizer.edge import routes
from offerd.apis.journey_optimizer.runtime import companions, decisions, events, refusals, seeing, workloads
from offerd.apis.journey_optimizer.tenancy import ORGANISATION, SANDBOX, SANDBOX_ID
from offerd.apis.operation import Api, Operation
from offerd.services.house import House

#: The routes below `/data/core`.
_CORE: tuple[Operation, ...] = (
    *containers.operations,
    *plain.operations,
    *decisions.operations,
    *companions.operations,
    *workloads.operations,
)


def install(house: House) -> None:
    """Tells the services what this format brings with it."""
    schemas.register(house.catalogue)
    house.catalogue.register_views(seeing.offer, seeing.person)
    house.events.register(events.shape(house))
    warming.warm(house)


#: Everything that the server mounts.
APIS: tuple[Api, ...] = (
    Api(
        name="journey_optimizer",
        prefix="/data/core",
        operations=_CORE,
        failure=refusals.failure,
        failure_at=refusals.failure,
        install=install,
        addressed=(ORGANISATION, SANDBOX, SANDBOX_ID),
    ),
    Api(
        name="journey_optimizer_edge",
        prefix="/ee",
        operations=tuple(routes.operations),
        failure=edge_problems.failure,
        failure_at=edge_problems.failure,
        cross_origin=True,
    ),
)
