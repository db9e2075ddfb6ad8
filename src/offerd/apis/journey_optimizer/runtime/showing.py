"""What answers show of the catalogue's objects: ids, etags, metadata and content, with their prefixes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from offerd.apis.journey_optimizer.names import OFFER_MANAGEMENT
from offerd.model import json
from offerd.model.decision import Component
from offerd.model.offer import Fallback, Offer
from offerd.model.place import Placement

_CHANNELS = "https://ns.adobe.com/xdm/channel-types/"
_COMPONENTS = f"{OFFER_MANAGEMENT}/content-component-"
#: What this wire calls component types that the model calls by another name.
_TYPES = {"image": "imagelink"}
_FORMATS = {"html": "text/html", "text": "text/plain", "json": "application/json", "imagelink": "image/png"}


def channel(placement: Placement) -> str:
    """The URI of a placement's channel."""
    return placement.channel if ":" in placement.channel or not placement.channel else _CHANNELS + placement.channel


def component_type(kind: str) -> str:
    """The URI of a component type."""
    return kind if ":" in kind else _COMPONENTS + _TYPES.get(kind, kind)


def placement_type(placement: Placement) -> str | None:
    """The URI of the component type that a placement takes first; None where it takes any."""
    return component_type(placement.content[0]) if placement.content else None


def characteristics(attributes: Mapping[str, Any]) -> dict[str, str]:
    """An offer's attributes as texts; a tenant's own, whose names begin with `_`, are not among them."""
    return {name: as_text(value) for name, value in attributes.items() if not name.startswith("_")}


def as_text(value: Any) -> str:
    """A value as text: itself, or its JSON."""
    return value if isinstance(value, str) else json.dumps(value).decode()


def content(component: Component) -> dict[str, Any]:
    """A component, inlined into the option that holds it."""
    kind = _TYPES.get(component.type, component.type)
    shown: dict[str, Any] = {"@type": component_type(component.type)}
    format_ = component.format or _FORMATS.get(kind)
    if format_ is not None:
        shown["dc:format"] = format_
    if component.language:
        shown["dc:language"] = component.language
    shown.update({f"xdm:{name}": value for name, value in fields(component).items()})
    return shown


def fields(component: Component) -> dict[str, Any]:
    """What a component says, by the names without prefix: its content, or where its image is and leads to."""
    body = component.body
    if body is None:
        return {}
    if isinstance(body, dict) and ("deliveryURL" in body or "linkURL" in body):
        return body
    if component.type in ("image", "imagelink"):
        return {"deliveryURL": as_text(body)}
    return {"content": as_text(body)}


def option_metadata(offer: Offer | Fallback, wanted: Collection[str]) -> dict[str, Any]:
    """What an option tells of its offer beside id and etag."""
    shown: dict[str, Any] = {}
    if "name" in wanted:
        shown["xdm:name"] = offer.name or offer.id
    if "characteristics" in wanted:
        shown["xdm:characteristics"] = characteristics(offer.attributes)
    if "priority" in wanted and isinstance(offer, Offer):
        shown["xdm:priority"] = offer.priority
    return shown


def placement_metadata(placement: Placement, wanted: Collection[str]) -> dict[str, Any]:
    """What an answer tells of a placement beside id and etag."""
    told = {
        "name": placement.name or placement.id,
        "channel": channel(placement),
        "componentType": placement_type(placement),
    }
    return {f"xdm:{name}": told[name] for name in told if name in wanted and told[name]}
