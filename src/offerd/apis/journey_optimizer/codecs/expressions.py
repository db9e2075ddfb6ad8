"""Rules and formulas on the wire: PQL as text, or as JSON in a text; given back in the notation it came in."""

from __future__ import annotations

from typing import Any

from offerd.apis.journey_optimizer.codecs.reading import Reader, own
from offerd.apis.journey_optimizer.shapes import Shape, shape
from offerd.model.base import Part
from offerd.pql import PQLError, to_text
from offerd.pql.json_form import from_json

#: The table of an expression.
EXPRESSION = shape("type", "format", "value")

_TEXT, _JSON = "pql/text", "pql/json"

_SCHEMA = shape(ref="$ref", altId="altId", version="version")

#: The table of the map that declares what a rule's parameters are.
DEFINED_ON = Shape(open=shape("referencePaths", schema=_SCHEMA))


def encoded(text: str, part: Part, name: str) -> dict[str, Any]:
    """An expression as clients see it.

    Args:
        text: what the model has.
        part: with what was written, where that was in the other notation.
        name: the member of the part's own that keeps it.
    """
    kept = own(part).get(f"~{name}")
    if isinstance(kept, dict) and kept.get("text") == text:
        return {"type": "PQL", "format": _JSON, "value": kept.get("value", "")}
    return {"type": "PQL", "format": _TEXT, "value": text}


def decoded(reader: Reader, name: str) -> str:
    """The PQL of an expression; keeps what was written where that is in the other notation."""
    inner = reader.inner(name)
    kind = inner.text("type") or "PQL"
    if kind != "PQL":
        inner.context.fault(inner.here("type"), "expected PQL")
    notation = inner.text("format") or _TEXT
    value = inner.text("value", required=True)
    if notation == _TEXT or not value:
        return value
    if notation != _JSON:
        inner.context.fault(inner.here("format"), f"expected {_TEXT} or {_JSON}")
        return ""
    try:
        text = to_text(from_json(value))
    except PQLError as error:
        inner.context.fault(inner.here("value"), str(error))
        return ""
    reader.put(f"~{name}", {"text": text, "value": value})
    return text
