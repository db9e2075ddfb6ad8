"""The two published shapes of a claim."""

from __future__ import annotations

from typing import Any

import msgspec

from offerd.apis.microsoft_store.problems import Wrong

_TEXT = {"type": "string", "minLength": 1}

#: A claim as a JSON schema.
SHAPES: dict[str, Any] = {
    "oneOf": [
        {
            "type": "object",
            "required": ["storeOffer", "receipt"],
            "properties": {
                "storeOffer": {
                    "type": "object",
                    "required": ["trackingId"],
                    "properties": {"offers": {"type": "array", "items": _TEXT}, "trackingId": _TEXT},
                },
                "receipt": _TEXT,
            },
        },
        {
            "type": "object",
            "required": ["confirmation", "trackingId"],
            "properties": {"confirmation": _TEXT, "trackingId": _TEXT},
        },
    ]
}


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What a claim says, whichever shape it has.

    Attributes:
        tracking: the tracking id, in lower case.
        receipt: the proof of purchase.
        offers: the products that it names; empty where it names none.
    """

    tracking: str
    receipt: str
    offers: tuple[str, ...] = ()


def claim_of(body: Any) -> Claim:
    """A claim of a body.

    Raises:
        Wrong: it has neither shape.
    """
    if not isinstance(body, dict):
        raise Wrong("InvalidRequest", "The body is no object")
    if "storeOffer" in body:
        offer = body["storeOffer"]
        if not isinstance(offer, dict):
            raise Wrong("InvalidRequest", "storeOffer: expected an object")
        named = offer.get("offers")
        if named is not None and not (isinstance(named, list) and all(isinstance(each, str) for each in named)):
            raise Wrong("InvalidRequest", "storeOffer.offers: expected an array of product ids")
        return Claim(
            tracking=_text(offer, "trackingId", "storeOffer.trackingId").lower(),
            receipt=_text(body, "receipt"),
            offers=tuple(named or ()),
        )
    if "confirmation" in body:
        return Claim(tracking=_text(body, "trackingId").lower(), receipt=_text(body, "confirmation"))
    raise Wrong("InvalidRequest", "The body has neither storeOffer and receipt nor confirmation and trackingId")


def _text(body: dict[str, Any], name: str, shown: str | None = None) -> str:
    found = body.get(name)
    if not isinstance(found, str) or not found.strip():
        raise Wrong("InvalidRequest", f"{shown or name}: expected text")
    return found.strip()
