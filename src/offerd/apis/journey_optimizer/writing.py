"""Writes of both dialects: what a client sends becomes the model's objects, and nothing that it cannot say changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from offerd.apis.journey_optimizer import views
from offerd.apis.journey_optimizer.codecs.codec import Codec
from offerd.apis.journey_optimizer.codecs.context import Context
from offerd.apis.journey_optimizer.codecs.orders import unlearned
from offerd.apis.journey_optimizer.codecs.reading import Reader, own, with_own
from offerd.apis.journey_optimizer.names import PLAIN_ASSIGNED, Dialect
from offerd.apis.journey_optimizer.shapes import from_container, in_dialect
from offerd.apis.journey_optimizer.tenancy import Tenant
from offerd.apis.operation import Answer, Call
from offerd.model.base import Object
from offerd.model.catalogue import Catalogue
from offerd.model.codec import Fault
from offerd.model.condition import Audience
from offerd.model.offer import Collection, Fallback, Offer
from offerd.services.catalogue import Change, Delete, Put, Written
from offerd.services.catalogue.diff import difference
from offerd.services.errors import InvalidDocument, NotFound, Referenced, Referrer, Stale

#: Members of an envelope that a write may send as they are, and not otherwise.
_ENVELOPE = frozenset(
    (
        "instanceId", "schemas", "productContexts", "repo:etag", "repo:createdDate", "repo:lastModifiedDate",
        "repo:createdBy", "repo:lastModifiedBy", "repo:createdByClientId", "repo:lastModifiedByClientId", "sandboxName",
    )
)  # fmt: skip

#: On the answer to a write that names a learned model.
_UNLEARNED = ("warning", '199 offerd "No model is learned for a ranking strategy: its offers are ranked by priority"')

#: Makes the tree of an object of the tree that the client sees.
Make = Callable[[dict[str, Any]], Any]


class Writer:
    """Writes objects of one resource through one dialect.

    Args:
        call: the request.
        tenant: whom it is for.
        codec: of the resource.
        dialect: of the request.
    """

    def __init__(self, call: Call, tenant: Tenant, codec: Codec, dialect: Dialect) -> None:
        self._call = call
        self._tenant = tenant
        self._codec = codec
        self._dialect: Dialect = dialect
        self._kind = codec.resource.kind
        self._prefix = ""

    def context(self, catalogue: Catalogue | None = None) -> Context:
        """What codecs need to know, of the catalogue as it is."""
        service = self._call.house.catalogue
        present = service.catalogue(self._tenant.workspace) if catalogue is None else catalogue
        return Context(service, present, self._dialect, zulu=self._codec.resource.tenanted)

    async def create(self, tree: Any, answer: Callable[[Object], Answer]) -> Answer:
        """Makes an object, and answers.

        Args:
            tree: as the client wrote it.
            answer: makes the answer of it.

        Raises:
            InvalidDocument: pointers are into what the client sent.
        """

        def make(catalogue: Catalogue) -> list[Change]:
            context = self.context(catalogue)
            given = self._instance(tree, None, context)
            for name in ("@id", "id"):
                if isinstance(given, dict) and given.get(name) is not None:
                    context.fault(f"/{name}", "is given by the repository")
            thing = self._decoded(given, None, context)
            named = self._signed(thing, None)
            return [*_audiences(context), Put(kind=self._kind, object=named, create=True)]

        return await self._write(make, answer)

    async def change(
        self, name: str, make_tree: Make, answer: Callable[[Object], Answer], *, if_version: int | None
    ) -> Answer:
        """Changes an object, and answers.

        Args:
            name: the model's id.
            make_tree: makes the new tree of the present one.
            answer: makes the answer of the object.
            if_version: the version that it must have.

        Raises:
            Stale: it has another.
            InvalidDocument: pointers are into what the client sent.
        """

        def make(catalogue: Catalogue) -> list[Change]:
            old = catalogue.of(self._kind).get(name)
            if old is None:
                raise NotFound(self._kind, name)
            put = Put(kind=self._kind, object=old, if_version=if_version, create=False)
            context = self.context(catalogue)
            if if_version not in {None, old.version}:
                raise Stale(self._kind, context.id_of(old, self._codec.resource), old.version)
            seen = self._seen(old, context)
            given = self._instance(make_tree(seen), seen, context)
            thing = msgspec.structs.replace(self._decoded(given, old, context), id=old.id, ids=old.ids)
            if difference((self._kind, name), old, thing) is not None:
                thing = self._signed(thing, old)
            return [*_audiences(context), msgspec.structs.replace(put, object=thing)]

        return await self._write(make, answer)

    async def delete(self, name: str, *, if_version: int | None) -> None:
        """Removes an object that nothing names.

        Raises:
            Referenced: something does.
        """

        def make(catalogue: Catalogue) -> list[Change]:
            old = catalogue.of(self._kind).get(name)
            if old is not None and if_version not in {None, old.version}:
                raise Stale(self._kind, self.context(catalogue).id_of(old, self._codec.resource), old.version)
            if self._kind == "tags" and (by := _tagged(name, catalogue)):
                raise Referenced(self._kind, name, by)
            return [Delete(kind=self._kind, id=name, if_version=if_version)]

        try:
            await self._call.house.catalogue.edit(self._tenant.workspace, make, author=self._call.caller.name)
        except Referenced as referenced:
            raise self._named(referenced) from None

    def _named(self, referenced: Referenced) -> Referenced:
        """The same refusal with the ids that clients know."""
        context = self.context()
        named = sorted({(each.kind, context.uri(each.kind, each.id)) for each in referenced.by})
        by = [Referrer("", kind, uri) for kind, uri in named]
        thing = context.catalogue.of(self._kind)[referenced.id]
        return Referenced(referenced.kind, context.id_of(thing, self._codec.resource), by)

    async def _write(self, make: Callable[[Catalogue], Sequence[Change]], answer: Callable[[Object], Answer]) -> Answer:
        def answered(written: Written) -> Answer:
            thing = written.objects[-1]
            made = answer(thing)
            if not unlearned(thing):
                return made
            return msgspec.structs.replace(made, headers=(*made.headers, _UNLEARNED))

        try:
            written = await self._call.house.catalogue.edit(
                self._tenant.workspace, make, author=self._call.caller.name, keep=self._call.keep(answered)
            )
        except InvalidDocument as invalid:
            raise InvalidDocument([self._placed(fault) for fault in invalid.faults]) from None
        return answered(written)

    def _seen(self, old: Object, context: Context) -> dict[str, Any]:
        """An object as the client sees it."""
        if self._dialect == "container":
            return views.envelope(self._codec, old, context, self._tenant)
        return views.plain(self._codec, old, context)

    def _instance(self, tree: Any, seen: Mapping[str, Any] | None, context: Context) -> Any:
        """The object's own members of what was sent; the rest must be as it is."""
        if not isinstance(tree, Mapping):
            raise InvalidDocument([Fault("", "expected an object")])
        if self._dialect == "plain":
            return self._without(tree, seen, PLAIN_ASSIGNED, context)
        if "_instance" not in tree:
            return self._without(tree, None if seen is None else seen["_instance"], frozenset(("@id",)), context)
        self._prefix = "/_instance"
        for name in _ENVELOPE & tree.keys():
            if seen is not None and tree[name] != seen[name]:
                context.fault(f"/../{name}", "is assigned by the repository and cannot be changed")
        inner = tree["_instance"]
        if not isinstance(inner, Mapping):
            raise InvalidDocument([Fault("/_instance", "expected an object")])
        return self._without(inner, None if seen is None else seen["_instance"], frozenset(("@id",)), context)

    def _without(
        self, tree: Mapping[str, Any], seen: Mapping[str, Any] | None, assigned: frozenset[str], context: Context
    ) -> dict[str, Any]:
        """The tree without members that the repository assigns; a change must leave them as they are."""
        if seen is None:
            keep = {"@id", "id"}
            return {name: value for name, value in tree.items() if name not in assigned - keep}
        for name in sorted(assigned & tree.keys()):
            if tree[name] != seen.get(name):
                context.fault(f"/{name}", "is assigned by the repository and cannot be changed")
        return {name: value for name, value in tree.items() if name not in assigned}

    def _decoded(self, tree: Any, old: Object | None, context: Context) -> Object:
        bare: set[str] = set()
        canonical = from_container(tree, self._codec.shape, bare) if self._dialect == "container" else tree
        reader = Reader(context, canonical, self._codec.shape)
        reader.drop("@id" if self._dialect == "container" else "id")
        thing = self._codec.decode(reader, old)
        if context.faults:
            raise InvalidDocument(
                [msgspec.structs.replace(each, pointer=f"!{each.pointer}") for each in context.faults]
            )
        if self._dialect != "container":
            return thing
        kept = {name: value for name, value in own(thing).items() if name != views.BARE}
        if bare:
            kept[views.BARE] = sorted(bare)
        return msgspec.structs.replace(thing, extensions=with_own(_emptied(thing), kept))

    def _signed(self, thing: Object, old: Object | None) -> Object:
        """The object with the client that changes it."""
        client = self._tenant.client or views.NOBODY
        first = client if old is None else views.clients(old)[0]
        kept = {**own(thing), views.CLIENTS: [first, client]}
        return msgspec.structs.replace(thing, extensions=with_own(_emptied(thing), kept))

    def _placed(self, fault: Fault) -> Fault:
        """A fault at a pointer into what the client sent."""
        at = fault.pointer
        if at.startswith("!/../"):
            return msgspec.structs.replace(fault, pointer=at[4:])
        if at.startswith("!"):
            at = at[1:]
        elif at.startswith(f"/{self._kind}/"):
            at = self._canonical("/" + "/".join(at.split("/")[3:]))
        else:
            return fault  # it is of the patch, or of the whole body
        return msgspec.structs.replace(fault, pointer=self._prefix + in_dialect(at, self._codec.shape, self._dialect))

    def _canonical(self, at: str) -> str:
        """The canonical pointer for one into the model's object."""
        for start, becomes in self._codec.rules.items():
            if at == start or at.startswith(f"{start}/"):
                return becomes + at[len(start) :] if becomes.count("/") <= 1 and start != "/when" else becomes
        if at.startswith("/content/"):
            return "/representations" + "".join(f"/{part}" for part in at.split("/")[3:4] if part.isdigit())
        return at.rstrip("/")


def _emptied(thing: Object) -> Object:
    """The object with nothing of this format's own, of which `with_own` would keep what lasts."""
    return msgspec.structs.replace(
        thing, extensions={name: value for name, value in thing.extensions.items() if name != "journey_optimizer"}
    )


def _audiences(context: Context) -> list[Change]:
    """Audiences that a write names for the first time: lists that somebody imports."""
    return [
        Put(kind="audiences", object=Audience(id=name, imported=True), create=True)
        for name in sorted(context.audiences)
    ]


def _tagged(tag: str, catalogue: Catalogue) -> list[Referrer]:
    """What names a tag; to the model it is a label, which needs no object."""
    offers = (("offers", catalogue.of("offers")), ("fallbacks", catalogue.of("fallbacks")))
    found = [
        Referrer("/tags", kind, thing.id)
        for kind, things in offers
        for thing in things.values()
        if isinstance(thing, (Offer, Fallback)) and tag in thing.tags
    ]
    return found + [
        Referrer("/ids", "collections", thing.id)
        for thing in catalogue.of("collections").values()
        if isinstance(thing, Collection) and tag in (*(thing.any_tags or ()), *(thing.all_tags or ()))
    ]
