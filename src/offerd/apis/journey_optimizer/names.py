"""The names of Journey Optimizer's resources: schemas and their versions, id prefixes, paths, and the model's kinds."""

from __future__ import annotations

from typing import Literal

import msgspec

Dialect = Literal["container", "plain"]

_HOME = "https://ns.adobe.com/experience"
OFFER_MANAGEMENT = f"{_HOME}/offer-management"

#: The schemas of what is not an object of the catalogue.
CONTAINER = f"{_HOME}/xcore/container"
RESULTS = f"{_HOME}/xcore/hal/results"
HOME = f"{_HOME}/xcore/hal/home"
CONTAINER_VERSION = "0.5"

#: What every object of the plain dialect has, which nobody may change.
PLAIN_ASSIGNED = frozenset(("created", "modified", "etag", "schemas", "createdBy", "lastModifiedBy", "id"))


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One sort of object, as clients name it.

    Attributes:
        name: ours.
        kind: the plural of the model's kind that it shows.
        word: the middle of its ids: `offer-placement`.
        schema: its schema's URI, without a version; empty for what the container dialect does not have.
        version: of its schema, in the container dialect.
        plain_version: of its schema, in the plain dialect; none for resources that name no schema there.
        path: in the plain dialect.
        offer_type: what its plain paths say as `offer-type`.
        tenanted: whether its ids carry the tenant's segment.
    """

    name: str
    kind: str
    word: str
    schema: str = ""
    version: str = ""
    plain_version: str = ""
    path: str
    offer_type: str = ""
    tenanted: bool = False

    @property
    def versioned(self) -> str:
        """The schema as stored objects name it in the container dialect."""
        return f"{self.schema};version={self.version}"


PLACEMENT = Resource(
    name="placement", kind="placements", word="offer-placement", schema=f"{OFFER_MANAGEMENT}/offer-placement",
    version="0.4", plain_version="0.4", path="/placements",
)  # fmt: skip
TAG = Resource(
    name="tag", kind="tags", word="tag", schema=f"{OFFER_MANAGEMENT}/tag", version="0.1", plain_version="0.1",
    path="/tags",
)  # fmt: skip
COLLECTION = Resource(
    name="collection", kind="collections", word="offer-filter", schema=f"{OFFER_MANAGEMENT}/offer-filter",
    version="0.3", plain_version="0.3", path="/offer-collections",
)  # fmt: skip
RULE = Resource(
    name="rule", kind="rules", word="eligibility-rule", schema=f"{OFFER_MANAGEMENT}/eligibility-rule", version="0.3",
    plain_version="0.3", path="/offer-rules",
)  # fmt: skip
OFFER = Resource(
    name="offer", kind="offers", word="personalized-offer", schema=f"{OFFER_MANAGEMENT}/personalized-offer",
    version="0.5", plain_version="0.15", path="/offers", offer_type="personalized",
)  # fmt: skip
FALLBACK = Resource(
    name="fallback", kind="fallbacks", word="fallback-offer", schema=f"{OFFER_MANAGEMENT}/fallback-offer",
    version="0.5", plain_version="0.5", path="/offers", offer_type="fallback",
)  # fmt: skip
DECISION = Resource(
    name="decision", kind="activities", word="offer-activity", schema=f"{OFFER_MANAGEMENT}/offer-activity",
    version="0.5", plain_version="0.8", path="/offer-decisions",
)  # fmt: skip
FORMULA = Resource(
    name="formula", kind="rankings", word="function", schema=f"{_HOME}/decisioning/function", version="0.1",
    path="/ranking-formulas",
)  # fmt: skip
ITEM = Resource(name="item", kind="offers", word="offer-item", path="/offer-items", tenanted=True)
ITEM_COLLECTION = Resource(name="item-collection", kind="collections", word="item-collection", path="/item-collections")
STRATEGY = Resource(name="strategy", kind="selections", word="selection-strategy", path="/selection-strategies")
SURFACE = Resource(name="surface", kind="placements", word="exd-placement", path="/exd-placements")

#: Every resource; of those that show one kind, the first is what references are printed as.
RESOURCES: tuple[Resource, ...] = (
    PLACEMENT, TAG, COLLECTION, RULE, OFFER, FALLBACK, DECISION, FORMULA, ITEM, ITEM_COLLECTION, STRATEGY, SURFACE,
)  # fmt: skip

#: The resource that a reference to an object of a kind is printed as.
OF_KIND: dict[str, Resource] = {resource.kind: resource for resource in reversed(RESOURCES)}

_BY_SCHEMA = {resource.schema: resource for resource in RESOURCES if resource.schema}


def bare_schema(text: str) -> str:
    """A schema id without its version, and without the quotes that some clients put around it."""
    return text.strip().strip("\"'").partition(";")[0].strip().rstrip("/")


def by_schema(text: str) -> Resource | None:
    """The resource of a schema id, whatever its version; None for one that is not known."""
    return _BY_SCHEMA.get(bare_schema(text))


def prefix(resource: Resource, dialect: Dialect) -> str:
    """What the ids of a resource's objects begin with in a dialect."""
    return f"{'xcore' if dialect == 'container' else 'dps'}:{resource.word}:"
