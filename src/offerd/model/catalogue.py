"""The whole catalogue of a workspace at one revision."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from offerd.model.base import Object
from offerd.model.kinds import KINDS
from offerd.model.place import Workspace

_NOTHING: Mapping[str, Object] = MappingProxyType({})


class Catalogue(msgspec.Struct, kw_only=True, frozen=True):
    """Everything a workspace may decide with; it never changes.

    Attributes:
        workspace: whose it is.
        revision: 0 when empty, one more at each write.
        objects: by the plural of the kind, then by id.
    """

    workspace: Workspace
    revision: int = 0
    objects: Mapping[str, Mapping[str, Object]] = {}

    def of(self, kind: str) -> Mapping[str, Object]:
        """The objects of a kind by id.

        Raises:
            KeyError: there is no such kind.
        """
        KINDS[kind]
        return self.objects.get(kind, _NOTHING)
