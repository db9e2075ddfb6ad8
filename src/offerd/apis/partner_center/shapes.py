"""Promotions, availabilities and collections as they are on the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from offerd.apis.operation import Answer, Call
from offerd.apis.partner_center import tracing, words
from offerd.apis.partner_center.items import Item
from offerd.apis.partner_center.promotions import Promotion
from offerd.apis.partner_center.reading import Market
from offerd.model import json


def answered(call: Call, tree: Any) -> Answer:
    """An answer of JSON with the ids of the request."""
    return Answer(body=json.dumps(tree), headers=tracing.headers(call.headers, call.request))


def collection(items: Sequence[Any]) -> dict[str, Any]:
    """The envelope of a list, all of which is there."""
    return {"totalCount": len(items), "items": items, "attributes": {"objectType": "Collection"}}


def promotion(of: Promotion, *, constraints: bool = False) -> dict[str, Any]:
    """A promotion.

    Args:
        of: which.
        constraints: whether to tell what constrains it, where anything does.
    """
    offer = of.offer
    tree: dict[str, Any] = {
        "id": of.id,
        "name": offer.name or offer.id,
        "description": offer.description,
        "startDate": words.start_text(offer.window, offer.created),
        "endDate": words.end_text(offer.window),
        "properties": {"isAutoApplicable": bool(of.own.get("isAutoApplicable", True))},
        "requiredProducts": [_product(each) for each in of.products],
    }
    if constraints and of.own.get("promotionConstraints"):
        tree["promotionConstraints"] = of.own["promotionConstraints"]
    return tree


def _product(product: Mapping[str, Any]) -> dict[str, Any]:
    policies = product["pricingPolicies"]
    return {
        "productId": product["productId"],
        "skuId": product["skuId"],
        "term": product["term"],
        "pricingPolicies": [
            {"policyType": each["policyType"], "value": words.decimal_text(each["value"])} for each in policies
        ],
    }


def availability(item: Item, market: Market) -> dict[str, Any]:
    """What can be bought of a SKU in a market."""
    row = item.row
    tree: dict[str, Any] = {
        "id": item.name.availability,
        "productId": item.name.product,
        "skuId": item.name.sku,
        "catalogItemId": item.id,
        "segment": market.segment,
        "country": market.country,
        "isPurchasable": row.get("purchasable") is not False,
        "isRenewable": row.get("renewable") is not False,
        "terms": row["terms"] if isinstance(row.get("terms"), list) else [],
    }
    currency = row.get("currency")
    if isinstance(currency, str):
        tree["defaultCurrency"] = {"code": currency, "symbol": row.get("symbol", currency)}
    return tree
