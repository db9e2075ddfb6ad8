"""The wire format as the server mounts it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

import msgspec

from offerd.apis.operation import Api, Operation
from offerd.apis.partner_center import lint, problems, routes, schema
from offerd.services.house import House

#: Parts of paths that are several words, with a capital for each.
_CAPITALS = {"productpromotions": "ProductPromotions", "promotionEligibilities": "PromotionEligibilities"}


def install(house: House) -> None:
    """Tells the services what this format brings with it."""
    schema.register(house.catalogue)
    house.catalogue.register_lint(lint.findings)


def spelled(operations: Iterable[Operation]) -> Iterator[Operation]:
    """Operations under each usual spelling of their paths: in those of the service, case does not count."""
    for operation in operations:
        paths = map("/".join, product(*map(_spellings, operation.path.split("/"))))
        for number, path in enumerate(paths):
            yield msgspec.structs.replace(operation, path=path, id=f"{operation.id}{number or ''}")


def _spellings(part: str) -> Iterable[str]:
    """The documented spelling of a part of a path, then small letters, then each word with a capital."""
    if not part or part.startswith("{"):
        return (part,)
    return dict.fromkeys((part, part.lower(), _CAPITALS.get(part, part.capitalize())))


#: Everything that the server mounts; eligibilities by themselves, so that they can have a limit of their own.
APIS: tuple[Api, ...] = (
    Api(
        name="partner_center",
        prefix="/v1",
        operations=tuple(spelled(routes.catalogue)),
        failure=problems.failure,
        failure_at=problems.failure,
        install=install,
    ),
    Api(
        name="partner_center_eligibility",
        prefix="/v1",
        operations=tuple(spelled(routes.eligibilities)),
        failure=problems.failure,
        failure_at=problems.failure,
    ),
)
