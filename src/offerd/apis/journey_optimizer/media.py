"""Media types as clients write them: bare stars, single quotes, spaces, a header's name before its value."""

from __future__ import annotations

import re

from offerd.apis.errors import UnsupportedMedia
from offerd.apis.journey_optimizer.names import Resource, by_schema

HAL = "application/vnd.adobe.platform.xcore.hal+json"
PATCH = "application/vnd.adobe.platform.xcore.patch.hal+json"
INSTANCE = "application/schema-instance+json"
HOME = "application/vnd.adobe.platform.xcore.home.hal+json"
RECEIPT = "application/vnd.adobe.platform.xcore.xdm.receipt+json; version=1"

#: What bodies of the container dialect may be called.
_BODIES = frozenset((HAL, PATCH, INSTANCE, "application/json", "application/json-patch+json"))

_SCHEMA = re.compile(r"""schema\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s,]+))""", re.IGNORECASE)
_NAME = re.compile(r"^\s*content-type\s*:\s*", re.IGNORECASE)


def with_schema(media: str, schema: str) -> str:
    """A media type with its schema."""
    return f'{media}; schema="{schema}"'


def schema_of(header: str) -> str | None:
    """The schema that a media type names; None where it names none."""
    found = _SCHEMA.search(header)
    return next((text for text in found.groups() if text is not None), None) if found else None


def body_schema(header: str | None, *, required: bool) -> Resource | None:
    """The resource whose schema the type of a body names.

    Args:
        header: `Content-Type`.
        required: whether it must name one.

    Raises:
        UnsupportedMedia: the type is none that the container dialect takes, or names no schema that is known.
    """
    text = _NAME.sub("", header or "application/json")
    if text.partition(";")[0].strip().lower() not in _BODIES:
        raise UnsupportedMedia(f"{text!r} is not a type of body that is taken here; expected {INSTANCE} or {HAL}")
    schema = schema_of(text)
    if schema is None:
        if required:
            raise UnsupportedMedia(f'Content-Type names no schema; expected {INSTANCE}; schema="…"')
        return None
    found = by_schema(schema)
    if found is None:
        raise UnsupportedMedia(f"{schema!r} is no schema that is known here")
    return found
