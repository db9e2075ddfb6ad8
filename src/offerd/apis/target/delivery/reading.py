"""Reading a delivery request: JSON in any media type, with everything that real clients leave out or get wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from offerd.apis.target.delivery import facts, values
from offerd.apis.target.delivery.values import flag, mapping, objects, refuse, text, whole
from offerd.apis.target.delivery.words import (
    OWN_NAMESPACES,
    Asked,
    Delivery,
    Details,
    Kind,
    Notification,
    Order,
    QaMode,
    VisitorId,
)
from offerd.model import json
from offerd.services.ids import uuid

#: The most mboxes, views or customer ids of one request.
MOST = 50
#: The most characters of ids and names.
ID, MBOX, KEY, PERSON = 128, 250, 512, 256
#: The most characters of an integration code, of a product's id, and of all products' ids of an order.
CODE, PRODUCT, PRODUCTS = 50, 50, 250
#: The most characters of an event token or a preview token.
TOKEN = 16_384

_SESSION = re.compile(r"[^\s?/{}\x00-\x20\x7f]{1,128}")
_RESERVED = frozenset(("** display mboxes **", "** any mbox **", "** click from display mbox **"))
_MICROS = 1_000
_MOST_NOTIFICATIONS, _MOST_TOKENS = 500, 500


def body(raw: bytes, depth: int) -> Mapping[str, Any]:
    """The object that a body holds.

    Raises:
        Rejected: it holds none.
    """
    try:
        tree = json.loads(raw, depth=depth)
    except json.Malformed as wrong:
        refuse("body", f"is not JSON: {wrong}")
    if not isinstance(tree, dict):
        refuse("body", "expected an object")
    return tree


def session_of(named: str | None) -> str:
    """The visit that a request names; a new one where it names none.

    Raises:
        Rejected: it is no name.
    """
    if not named:
        return uuid().replace("-", "")
    if not _SESSION.fullmatch(named):
        refuse("sessionId", "expected 1 to 128 printable characters without spaces, ?, /, { and }")
    return named


def delivery(tree: Mapping[str, Any], session: str | None, headers: Mapping[str, str], request: str) -> Delivery:
    """What a request says.

    Args:
        tree: its body.
        session: the visit that its query names.
        headers: of the request.
        request: the server's name of it, where the client has none.

    Raises:
        Rejected: it cannot be understood, or says too much.
    """
    context = mapping(tree, "context")
    own = mapping(context, "browser", "context.").get("language")
    return Delivery(
        request=text(tree, "requestId", ID) or request,
        session=session_of(session),
        impression=text(tree, "impressionId", ID),
        visitor=visitor(mapping(tree, "id")),
        property=text(mapping(tree, "property"), "token", ID, "property."),
        trace=text(mapping(tree, "trace"), "authorizationToken", 1_024, "trace."),
        facts=_facts(context, tree, headers),
        languages=facts.languages(headers.get("accept-language", ""), own),
        asked=[*_execute(mapping(tree, "execute")), *_prefetch(mapping(tree, "prefetch"))],
        notifications=[_notification(each) for each in objects(tree, "notifications", _MOST_NOTIFICATIONS)],
        qa=_qa(mapping(tree, "qaMode")),
        preview=text(mapping(tree, "preview"), "token", TOKEN, "preview."),
        beacon=flag(context, "beacon"),
    )


def visitor(tree: Mapping[str, Any]) -> VisitorId:
    """Who a request says it is for; a location that was appended to the visitor's id is no part of it.

    Raises:
        Rejected: an id is too long.
    """
    named = {
        "tntId": (text(tree, "tntId", ID, "id.") or "").partition(".")[0] or None,
        "thirdPartyId": text(tree, "thirdPartyId", PERSON, "id."),
        "marketingCloudVisitorId": text(tree, "marketingCloudVisitorId", ID, "id."),
    }
    echo: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    customers = []
    for each in objects(tree, "customerIds", MOST, "id."):
        own, code = text(each, "id", ID, "id.customerIds."), text(each, "integrationCode", CODE, "id.customerIds.")
        known = each.get("authenticatedState") == "authenticated" and code not in OWN_NAMESPACES
        if own is not None and code is not None and known:
            customers.append((code, own))
    if "customerIds" in tree:
        echo["customerIds"] = tree["customerIds"] or []
    return VisitorId(
        tnt=named["tntId"],
        third_party=echo.get("thirdPartyId"),
        ecid=echo.get("marketingCloudVisitorId"),
        customers=customers,
        echo=echo,
    )


def mbox_name(tree: Mapping[str, Any], where: str, *, clicked: bool = False) -> str:
    """The name of an mbox.

    Raises:
        Rejected: there is none, it is too long, or it is one that no mbox may have.
    """
    name = text(tree, "name", MBOX, where)
    if name is None or not name.strip():
        refuse(f"{where}name", "must not be blank")
    if name in _RESERVED or (name.endswith("-clicked") and not clicked):
        refuse(f"{where}name", "is no name of an mbox")
    return name


def details(tree: Mapping[str, Any], where: str) -> Details:
    """What is said of a place.

    Raises:
        Rejected: it says too much.
    """
    address = mapping(tree, "address", where)
    product = mapping(tree, "product", where)
    return Details(
        parameters=values.parameters(mapping(tree, "parameters", where), f"{where}parameters"),
        profile=values.profile(mapping(tree, "profileParameters", where), f"{where}profileParameters"),
        order=order(mapping(tree, "order", where), where),
        product={name: found for name in ("id", "categoryId") if (found := text(product, name, ID, where))},
        address={name: url for name, url in address.items() if isinstance(url, str)} or None,
    )


def order(tree: Mapping[str, Any], where: str) -> Order | None:
    """What was bought; None where nothing is said of it.

    Raises:
        Rejected: the total is no number from 0, or a text is too long.
    """
    if not tree:
        return None
    total = values.amount(tree.get("total"))
    if tree.get("total") not in (None, "") and (total is None or total < 0):
        refuse(f"{where}order.total", "expected a number from 0")
    return Order(
        id=text(tree, "id", MBOX, f"{where}order."),
        total=total,
        products=values.listed(tree.get("purchasedProductIds"), PRODUCT, PRODUCTS, f"{where}order.purchasedProductIds"),
    )


def moment(tree: Mapping[str, Any], name: str, where: str) -> int | None:
    """When something happened, in microseconds; None where that is not said.

    Raises:
        Rejected: it is no number of milliseconds.
    """
    at = whole(tree.get(name))
    if tree.get(name) is not None and (at is None or at <= 0):
        refuse(f"{where}{name}", "expected milliseconds since 1970")
    return None if at is None else at * _MICROS


def tokens(tree: Mapping[str, Any], name: str, where: str) -> list[str]:
    """A list of event tokens; an empty one where it is absent or null.

    Raises:
        Rejected: it is anything else, or longer.
    """
    found = tree.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or len(found) > _MOST_TOKENS or not all(isinstance(each, str) for each in found):
        refuse(f"{where}{name}", f"expected a list of at most {_MOST_TOKENS} texts")
    return found


def _facts(context: Mapping[str, Any], tree: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    made = facts.facts(context, headers.get("user-agent", ""))
    environment = whole(tree.get("environmentId"))
    if environment is not None:
        made["environment"] = environment
    return made


def _execute(tree: Mapping[str, Any]) -> Iterator[Asked]:
    yield from _pages(tree, "execute.", prefetch=False)
    yield from _mboxes(objects(tree, "mboxes", MOST, "execute."), "execute.mboxes.", prefetch=False)


def _prefetch(tree: Mapping[str, Any]) -> Iterator[Asked]:
    yield from _pages(tree, "prefetch.", prefetch=True)
    yield from _mboxes(objects(tree, "mboxes", MOST, "prefetch."), "prefetch.mboxes.", prefetch=True)
    for index, view in enumerate(objects(tree, "views", MOST, "prefetch.")):
        name = _view_name(view, "prefetch.views.")
        said = details(view, f"prefetch.views[{index}].")
        yield Asked(kind="view", prefetch=True, name=name, index=index, details=said)


def _pages(tree: Mapping[str, Any], where: str, *, prefetch: bool) -> Iterator[Asked]:
    if tree.get("pageLoad") is not None:
        page = mapping(tree, "pageLoad", where)
        yield Asked(kind="page", prefetch=prefetch, details=details(page, f"{where}pageLoad."))


def _mboxes(listed: Sequence[Mapping[str, Any]], where: str, *, prefetch: bool) -> Iterator[Asked]:
    for position, tree in enumerate(listed):
        index = whole(tree.get("index"))
        yield Asked(
            kind="mbox",
            prefetch=prefetch,
            name=mbox_name(tree, where),
            index=position if index is None or index < 0 else index,
            details=details(tree, where),
        )


def _notification(tree: Mapping[str, Any]) -> Notification:
    where = "notifications."
    name, type_ = text(tree, "id", 200, where), tree.get("type")
    if name is None:
        refuse(f"{where}id", "must not be blank")
    if type_ not in ("click", "display"):
        refuse(f"{where}type", "expected click or display")
    kind, place = _place(tree, where)
    return Notification(
        id=name,
        type=type_,
        at=moment(tree, "timestamp", where),
        tokens=tokens(tree, "tokens", where),
        impression=text(tree, "impressionId", ID, where),
        kind=kind,
        name=place,
        details=details(tree, where),
    )


def _place(tree: Mapping[str, Any], where: str) -> tuple[Kind | None, str]:
    said = {name: mapping(tree, name, where) for name in ("mbox", "view", "pageLoad") if tree.get(name) is not None}
    if "mbox" in said and "view" in said:
        refuse(where, "mbox and view exclude each other")
    if "mbox" in said:
        return "mbox", mbox_name(said["mbox"], f"{where}mbox.")
    if "view" in said:
        return "view", _view_name(said["view"], f"{where}view.")
    return ("page", "") if "pageLoad" in said else (None, "")


def _view_name(tree: Mapping[str, Any], where: str) -> str:
    """The name of a view, else its key, in lower case; empty where it has neither."""
    return (text(tree, "name", ID, where) or text(tree, "key", KEY, where) or "").lower()


def _qa(tree: Mapping[str, Any]) -> QaMode | None:
    token = text(tree, "token", TOKEN, "qaMode.")
    if token is None:
        return None
    audiences: dict[int, bool] = {}
    for name, holds in (("evaluateAsFalseAudienceIds", False), ("evaluateAsTrueAudienceIds", True)):
        listed = tree.get(name)
        audiences |= {one: holds for each in (listed if isinstance(listed, list) else []) if (one := whole(each))}
    pins = {}
    for each in objects(tree, "previewIndexes", MOST, "qaMode."):
        activity = whole(each.get("activityIndex"))
        if activity is None or activity < 1:
            refuse("qaMode.previewIndexes.activityIndex", "expected a whole number from 1")
        pins[activity] = whole(each.get("experienceIndex"))
    listed_only = flag(tree, "listedActivitiesOnly")
    return QaMode(token=token, listed_only=listed_only, audiences=audiences, pins=pins)
