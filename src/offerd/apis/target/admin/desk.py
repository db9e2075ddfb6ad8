"""What every route of the Admin API begins with: the version, the workspace that the tenant leads to, its numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from offerd.apis.errors import ForeignWorkspace
from offerd.apis.operation import Answer, Call
from offerd.apis.target.admin import media
from offerd.apis.target.ids import GLOBAL, number
from offerd.apis.target.places import Places
from offerd.apis.target.tenancy import tenant
from offerd.model import codec, json
from offerd.model.base import Object
from offerd.model.catalogue import Catalogue
from offerd.model.codec import Fault
from offerd.model.kinds import KINDS
from offerd.model.place import Placement
from offerd.services.catalogue import Change, Written
from offerd.services.errors import InvalidDocument, NotFound, Referenced, Referrer

T = TypeVar("T", bound=Object)

#: The largest number of an object.
LARGEST = 2**53 - 1


class Fresh:
    """Objects that a request has just written, found by their names.

    Args:
        objects: in the order in which they were written.
    """

    def __init__(self, objects: Iterable[Object] = ()) -> None:
        self._by_name: dict[tuple[type[Object], str], Object] = {}
        self._by_number: dict[tuple[type[Object], str], Object] = {}
        self._mboxes: dict[str, Placement] = {}
        for each in objects:
            self._by_name.setdefault((type(each), each.id), each)
            self._by_number.setdefault((type(each), each.ids.get("number", "")), each)
            if isinstance(each, Placement) and each.kind != "view":
                for name in (each.id, each.ids.get("mbox", each.id)):
                    self._mboxes.setdefault(name, each)

    def mbox(self, name: str) -> Placement | None:
        """The placement of an mbox."""
        return self._mboxes.get(name)

    def get(self, kind: type[Object], name: str) -> Object | None:
        """The object of a kind that the model calls `name`."""
        return self._by_name.get((kind, name))

    def find(self, kind: type[Object], wanted: int) -> Object | None:
        """The object of a kind with a number."""
        return self._by_number.get((kind, str(wanted)))


class Desk(msgspec.Struct, frozen=True):
    """One request, with the workspace that it is for.

    Attributes:
        call: the request.
        workspace: the workspace's id.
        client: the client code, as the path names it.
        version: of the API, as the request's media type says.
        written: objects that the request has just written; where its answer is made, the catalogue may not have them.
    """

    call: Call
    workspace: str
    client: str
    version: int
    written: Fresh = Fresh()

    @property
    def catalogue(self) -> Catalogue:
        """Everything there is now."""
        return self.call.house.catalogue.catalogue(self.workspace)

    def mbox(self, name: str) -> Placement | None:
        """The placement of an mbox."""
        return self.written.mbox(name) or Places(self.call.house, self.workspace).mbox(name)

    def page(self) -> Placement | None:
        """The placement of a whole page."""
        return self.mbox(GLOBAL) or Places(self.call.house, self.workspace).page()

    def get(self, kind: type[T], plural: str, name: str) -> T | None:
        """The object of a kind that the model calls `name`."""
        found = self.written.get(kind, name) or self.catalogue.of(plural).get(name)
        return found if isinstance(found, kind) else None

    def find(self, kind: type[T], plural: str, wanted: int) -> T | None:
        """The object of a kind with a number."""
        new = self.written.find(kind, wanted)
        known = self.call.house.catalogue.find_foreign(self.workspace, "number", str(wanted), plural)
        found = new if new is not None or known is None else known[1]
        return found if isinstance(found, kind) else None

    def named(self, kind: type[T], plural: str, label: str) -> T:
        """The object that the path's `{id}` names.

        Args:
            kind: its Struct.
            plural: of the kind.
            label: what clients call the kind.

        Raises:
            NotFound: there is none.
        """
        text = self.call.path["id"]
        found = self.find(kind, plural, int(text)) if is_number(text) else None
        if found is None:
            raise NotFound(label, text)
        return found

    def number_of(self, kind: str, name: str) -> int | None:
        """The number of an object that the model calls `name`; None where there is none."""
        found = self.get(KINDS[kind], kind, name)
        return None if found is None else number(found)

    async def edit(
        self, make: Callable[[Catalogue], Sequence[Change]], answer: Callable[[Desk, Object], Answer]
    ) -> Answer:
        """Makes changes of the catalogue as it is when their turn comes, and answers with the last object.

        Args:
            make: says what to change.
            answer: makes the answer, at a desk that knows what was written.

        Raises:
            InvalidDocument: with pointers into the object that was written.
            Referenced: what was to be deleted is in use; said with the names that clients know.
        """

        def answered(written: Written) -> Answer:
            return answer(msgspec.structs.replace(self, written=Fresh(written.objects)), written.objects[-1])

        house, call = self.call.house, self.call
        written = await self._done(
            house.catalogue.edit(self.workspace, make, author=call.caller.name, keep=call.keep(answered))
        )
        return answered(written)

    async def delete(self, kind: str, name: str, label: str, answer: Callable[[], Answer]) -> Answer:
        """Removes an object that nothing names, and answers.

        Raises:
            Referenced: something names it.
        """
        house, author = self.call.house, self.call.caller.name
        try:
            await house.catalogue.delete(self.workspace, kind, name, author=author)
        except Referenced as used:
            raise self._in_use(used, label) from None
        return answer()

    async def _done(self, work: Any) -> Written:
        try:
            written: Written = await work
        except InvalidDocument as invalid:
            raise InvalidDocument([_within(fault) for fault in invalid.faults]) from None
        return written

    def _in_use(self, used: Referenced, label: str) -> Referenced:
        mine = self.number_of(used.kind, used.id)
        by = [Referrer("", each.kind, str(self.number_of(each.kind, each.id) or each.id)) for each in used.by]
        return Referenced(label, used.id if mine is None else str(mine), by)

    def answer(self, tree: Any, status: int = 200) -> Answer:
        """An answer of JSON, in the request's version."""
        return Answer(status=status, body=json.dumps(codec.tree(tree)), media=media.media(self.version))


def desk(call: Call, versions: Collection[int], *, body: bool = False) -> Desk:
    """A request, with the workspace that its tenant leads to.

    Raises:
        WrongVersion: the route does not have the version.
        UnknownClient: the tenant leads nowhere.
        ForeignWorkspace: the token is of another workspace.
    """
    version = media.version(call, versions, body=body)
    who = tenant(call.house, call.path.get("tenant"))
    caller = call.caller
    if who.workspace != caller.workspace and "admin" not in caller.scopes:
        raise ForeignWorkspace("The token is of another workspace than the tenant leads to")
    return Desk(call, who.workspace, who.client, version)


def is_number(text: str) -> bool:
    """Whether a text is a number that an object may have."""
    return text.isascii() and text.isdigit() and len(text) <= 16 and 0 < int(text) <= LARGEST  # noqa: PLR2004


def _within(fault: Fault) -> Fault:
    """The same fault with a pointer that begins at the object, where it begins with kind and id."""
    parts = fault.pointer.split("/")
    if len(parts) < 3 or parts[1] not in KINDS:  # noqa: PLR2004 - nothing, kind and id
        return fault  # it is of the body already
    return Fault("".join(f"/{part}" for part in parts[3:]), fault.message)
