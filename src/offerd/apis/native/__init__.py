"""The native API: routes, codecs and its description, under `/offerd/v1`."""

from offerd.apis.native import (
    catalogue,
    decisions,
    events,
    fulfilments,
    interactions,
    jobs,
    learning,
    objects,
    profiles,
    savings,
    segments,
    workspaces,
)
from offerd.apis.native.openapi import description
from offerd.apis.native.problems import failure
from offerd.apis.operation import Api

#: The native API as the server mounts it.
API = Api(
    name="native",
    prefix="/offerd/v1",
    operations=(
        *decisions.operations,
        *savings.operations,
        *events.operations,
        *interactions.operations,
        *fulfilments.operations,
        *profiles.operations,
        *segments.operations,
        *(operation for group in objects.operations() for operation in group),
        *learning.operations,
        *catalogue.operations,
        *jobs.operations,
        *workspaces.operations,
    ),
    failure=failure,
)

__all__ = ["API", "description"]
