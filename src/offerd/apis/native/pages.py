"""Lists: the parameters that they share, and what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from offerd.apis.errors import BadParameter
from offerd.apis.operation import Call, Parameter
from offerd.model import codec
from offerd.model.base import Instant

CURSOR = Parameter(name="cursor", description="Where the page before ended: its `cursor`.")

#: More than any server gives; the setting `page_limit` is what counts.
LIMIT = Parameter(name="limit", type=int, least=1, default=50, description="The most items on the page.")


def page_of(struct: type[msgspec.Struct], name: str, *, counted: bool = False) -> type[msgspec.Struct]:
    """The Struct of a page of a list.

    Args:
        struct: what the list holds.
        name: what the page is called in the API's description.
        counted: whether it says how many there are on all pages.
    """
    total: list[Any] = [("total", int)] if counted else []
    made = msgspec.defstruct(
        name,
        [("items", list[struct]), *total, ("cursor", str | None, None)],  # type: ignore[valid-type]
        kw_only=True,
        omit_defaults=True,
    )
    made.__doc__ = (
        "A page of a list.\n\nAttributes:\n    items: in order.\n    total: how many there are on all pages.\n"
        "    cursor: where the next page begins; absent on the last one.\n"
    )
    return made


def page(items: Sequence[Any], cursor: str | None, total: int | None = None) -> dict[str, Any]:
    """A page, as it is sent."""
    made: dict[str, Any] = {"items": items}
    if total is not None:
        made["total"] = total
    if cursor is not None:
        made["cursor"] = cursor
    return made


def page_size(call: Call) -> int:
    """How many items a page of this answer has at most."""
    wanted: int = call.query["limit"]
    return min(wanted, call.house.settings.page_limit)


def moment(call: Call, name: str) -> datetime | None:
    """The moment that a parameter names.

    Raises:
        BadParameter: it is not one.
    """
    text = call.query[name]
    if text is None:
        return None
    try:
        return codec.build(_Moment, {"at": text}).at
    except codec.Invalid as invalid:
        raise BadParameter(name, invalid.faults[0].message) from None


class _Moment(msgspec.Struct):
    at: Instant
