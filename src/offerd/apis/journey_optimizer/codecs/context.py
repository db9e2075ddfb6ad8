"""What a codec needs to know of the request it works for: the dialect, references both ways, and what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from offerd.apis.journey_optimizer import ids
from offerd.apis.journey_optimizer.names import OF_KIND, Dialect, Resource, prefix
from offerd.model import codec
from offerd.model.base import Object
from offerd.model.catalogue import Catalogue
from offerd.model.codec import Fault
from offerd.services.catalogue import CatalogueService


class Context:
    """One view of the library.

    Args:
        service: finds objects by the ids that clients use.
        catalogue: what the request sees.
        dialect: whose names and words are used.
        zulu: whether instants of the plain dialect end with `Z`.

    Attributes:
        faults: what was found wrong, at canonical pointers.
        audiences: ids of audiences that a write names and the catalogue does not have yet.
    """

    def __init__(
        self, service: CatalogueService, catalogue: Catalogue, dialect: Dialect, *, zulu: bool = False
    ) -> None:
        self.catalogue = catalogue
        self.dialect: Dialect = dialect
        self.faults: list[Fault] = []
        self.audiences: set[str] = set()
        self._service = service
        self._zulu = zulu

    @property
    def workspace(self) -> str:
        """The id of the workspace."""
        return self.catalogue.workspace.id

    @property
    def plain(self) -> bool:
        """Whether this is the plain dialect."""
        return self.dialect == "plain"

    def fault(self, at: str, message: str) -> None:
        """Notes something that is wrong."""
        self.faults.append(Fault(at, message))

    def id_of(self, thing: Object, resource: Resource) -> str:
        """What clients call an object that is shown as a resource."""
        if resource.tenanted:
            return ids.uri(f"dps:{ids.tenant_segment(self.workspace)}:", thing)
        return ids.uri(prefix(resource, self.dialect), thing)

    def uri(self, kind: str, id: str) -> str:  # noqa: A002 - the model's word
        """A reference as clients write it; the model's own id for a label that no object describes."""
        thing = self.catalogue.of(kind).get(id)
        return id if thing is None or kind not in OF_KIND else self.id_of(thing, OF_KIND[kind])

    def find(self, kind: str, text: Any, at: str, *, label: bool = False) -> str | None:
        """The model's id of what a reference names; None, with a fault, where it names nothing.

        Args:
            kind: the plural of its kind.
            text: the reference: a URI of either dialect, or the model's id.
            at: its canonical pointer.
            label: whether a text that is no URI may name what no object describes.
        """
        if not isinstance(text, str) or not text:
            self.fault(at, f"expected the id of one of the {kind}")
            return None
        found = self.lookup(kind, text)
        if found is not None:
            return found.id
        if label and ids.time_id(text) is None:
            return text
        self.fault(at, f"there is no {text} among the {kind}")
        return None

    def lookup(self, kind: str, text: str) -> Object | None:
        """The object of a kind that a client's id names; None where there is none."""
        own = self.catalogue.of(kind).get(text)
        if own is not None:
            return own
        named = ids.time_id(text)
        found = named and self._service.find_foreign(self.workspace, "time", named, kind)
        return self.catalogue.of(kind).get(found[1].id) if found else None

    def instant(self, at: datetime) -> str:
        """An instant as this dialect prints it within objects."""
        if not self.plain:
            return codec.instant_text(at)
        return milliseconds(at, zulu=self._zulu)


class _Moment(msgspec.Struct):
    at: datetime


def moment(text: Any) -> datetime | None:
    """The instant that a text of any RFC 3339 form, or a date, names; None where it names none."""
    if not isinstance(text, str):
        return None
    try:
        return codec.build(_Moment, {"at": text.strip().replace(" ", "+")}).at
    except codec.Invalid:
        return None


def milliseconds(at: datetime, *, zulu: bool) -> str:
    """RFC 3339 in UTC with three digits: `2023-05-15T14:35:16.781+00:00`, or with `Z`."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z") if zulu else text


def microseconds(at: datetime) -> str:
    """RFC 3339 in UTC with six digits and `Z`: `2020-10-21T20:50:32.018624Z`."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
