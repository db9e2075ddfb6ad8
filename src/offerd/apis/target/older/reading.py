"""Reading the older wire: parameters in a query or a form, all in one flat list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offerd.apis.target.delivery import facts, reading, values
from offerd.apis.target.delivery.reading import ID, TOKEN
from offerd.apis.target.delivery.words import Asked, Delivery, Details, Kind, Notification
from offerd.apis.target.ids import GLOBAL

#: What the name of an mbox ends with in a request that tells of a click.
CLICKED = "-clicked"

#: Parameters that say something of their own and are none of the mbox.
_OWN = frozenset(
    (
        "mbox", "mboxSession", "mboxPC", "mboxPage", "mboxRid", "mboxVersion", "mboxCount", "mboxTime", "mboxHost",
        "mboxURL", "mboxReferrer", "mboxXDomain", "browserHeight", "browserWidth", "browserTimeOffset",
        "screenHeight", "screenWidth", "colorDepth", "devicePixelRatio", "screenOrientation", "webGLRenderer",
        "mbox3rdPartyId", "at_property", "orderId", "orderTotal", "productPurchasedId", "productId", "categoryId",
        "mboxMCGVID", "mboxAAMB", "mboxMCGLH", "mboxMCSDID", "vst.trk", "vst.trks", "clickTrackId", "mboxTarget",
        "authorization", "client", "impressionId", "at_preview",
    )
)  # fmt: skip
_PROFILE = "profile."
_CUSTOMER = "vst."


def delivery(flat: Mapping[str, str], headers: Mapping[str, str], request: str) -> Delivery:
    """What a request says.

    Args:
        flat: its parameters.
        headers: of the request.
        request: the server's name of it, where the client has none.

    Raises:
        Rejected: it cannot be understood, or says too much.
    """
    name = reading.mbox_name({"name": flat.get("mbox")}, "mbox.", clicked=True)
    token = flat.get("clickTrackId") or flat.get("mboxTarget")
    clicked = name.endswith(CLICKED) or token is not None
    place = name.removesuffix(CLICKED)
    kind: Kind = "page" if place == GLOBAL else "mbox"
    said = details(flat)
    named = values.text(flat, "mboxRid", ID) or request
    click = Notification(
        id=named, type="click", tokens=[token] if token else [], kind=kind, name=place, details=said
    )
    return Delivery(
        request=named,
        session=reading.session_of(flat.get("mboxSession")),
        impression=values.text(flat, "impressionId", ID),
        visitor=reading.visitor(_ids(flat)),
        property=values.text(flat, "at_property", ID),
        trace=values.text(flat, "authorization", 1_024),
        facts=_facts(flat, headers),
        languages=facts.languages(headers.get("accept-language", ""), None),
        asked=[] if clicked else [Asked(kind=kind, name="" if kind == "page" else place, details=said)],
        notifications=[click] if clicked else [],
        preview=values.text(flat, "at_preview", TOKEN),
    )


def details(flat: Mapping[str, str]) -> Details:
    """What is said of the mbox.

    Raises:
        Rejected: it says too much.
    """
    plain = {
        name: value
        for name, value in flat.items()
        if name not in _OWN and not name.startswith((_PROFILE, _CUSTOMER))
    }
    profile = {name.removeprefix(_PROFILE): value for name, value in flat.items() if name.startswith(_PROFILE)}
    order = {"id": "orderId", "purchasedProductIds": "productPurchasedId"}
    total = values.amount(flat.get("orderTotal"))  # pages write it as it is on the page, with its currency
    product = {"id": "productId", "categoryId": "categoryId"}
    return reading.details(
        {
            "parameters": plain,
            "profileParameters": profile,
            "order": {
                **{name: flat[wire] for name, wire in order.items() if flat.get(wire)},
                **({"total": total} if total is not None and total >= 0 else {}),
            },
            "product": {name: flat[wire] for name, wire in product.items() if flat.get(wire)},
        },
        "",
    )


def _ids(flat: Mapping[str, str]) -> dict[str, Any]:
    """Who it is for; customer ids come as `vst.<alias>.id` and `vst.<alias>.authState`."""
    customers = []
    for name, value in flat.items():
        alias = name.removeprefix(_CUSTOMER).removesuffix(".id")
        if name == f"{_CUSTOMER}{alias}.id":
            state = flat.get(f"{_CUSTOMER}{alias}.authState")
            known = "authenticated" if state in {"1", "authenticated"} else "unknown"
            customers.append({"id": value, "integrationCode": alias, "authenticatedState": known})
    found: dict[str, Any] = {
        "tntId": flat.get("mboxPC"),
        "thirdPartyId": flat.get("mbox3rdPartyId"),
        "marketingCloudVisitorId": flat.get("mboxMCGVID"),
    }
    return found | ({"customerIds": customers} if customers else {})


def _facts(flat: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, Any]:
    context = {
        "channel": "web",
        "address": {"url": flat.get("mboxURL", ""), "referringUrl": flat.get("mboxReferrer", "")},
        "browser": {"host": flat.get("mboxHost", "")},
        "screen": _numbers(flat, {"width": "screenWidth", "height": "screenHeight", "colorDepth": "colorDepth"}),
        "window": _numbers(flat, {"width": "browserWidth", "height": "browserHeight"}),
        "timeOffsetInMinutes": values.whole(flat.get("browserTimeOffset")),
    }
    return facts.facts(context, headers.get("user-agent", ""))


def _numbers(flat: Mapping[str, str], names: Mapping[str, str]) -> dict[str, int]:
    return {name: found for name, wire in names.items() if (found := values.whole(flat.get(wire))) is not None}
