"""Calls that the server accepts, one or more for each operation; tests send every one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from offerd.apis.operation import CSV, JSON_PATCH, MERGE_PATCH, NDJSON, YAML, Example
from offerd.model.kinds import KINDS

#: What the examples are about: a shop whose checkout shows one of two offers.
CATALOGUE: dict[str, dict[str, Any]] = {
    "properties": {"shop": {"name": "The shop's pages"}},
    "placements": {
        "checkout-banner": {"name": "A banner at the checkout", "channel": "web", "content": ["html", "json"]},
    },
    "tables": {"stock": {"rows": {"mug": {"left": 40}}}},
    "rules": {"full-cart": "context.cart.total > 40"},
    "audiences": {"regulars": "orders >= 3", "newsletter": {"imported": True}},
    "contents": {"thanks": {"type": "html", "body": "<p>Thank you for shopping with us.</p>"}},
    "tags": {"checkout": {"name": "For the checkout"}},
    "offers": {
        "free-shipping": {
            "name": "Free shipping",
            "status": "approved",
            "priority": 50,
            "window": {"from": "2026-01-01", "until": "2100-01-01"},
            "eligible": {"rule": "full-cart"},
            "requires": [{"code": "regular", "rule": {"audience": "regulars"}}],
            "caps": [{"id": "daily", "limit": 100, "per": "profile", "every": "day"}],
            "tags": ["checkout"],
            "attributes": {"margin": 4.5, "discount": "0.15"},
            "choices": [{"id": "take", "label": "Ship it for nothing"}],
            "content": {"checkout-banner": {"html": "<b>Free shipping</b>"}},
        },
        "mug": {
            "name": "A mug",
            "status": "approved",
            "priority": 10,
            "eligible": "tables.stock.mug.left > 0",
            "tags": ["checkout"],
            "choices": [
                {"id": "take", "label": "Add it", "fulfil": {"kind": "checkout"}},
                {
                    "id": "later",
                    "label": "Write to me",
                    "fulfil": {
                        "kind": "email",
                        "settings": {"to": "{{ profile.email }}", "subject": "Your mug", "text": "It waits for you."},
                    },
                },
            ],
            "content": {"checkout-banner": {"html": "<b>A mug with your order</b>"}},
        },
    },
    "fallbacks": {"thank-you": {"content": {"checkout-banner": {"ref": "thanks"}}}},
    "collections": {"at-the-checkout": {"any_tags": ["checkout"]}},
    "rankings": {"by-margin": {"rank": {"formula": "offer.attributes.margin"}}},
    "selections": {"checkout-offers": {"collection": "at-the-checkout", "rank": "priority"}},
    "activities": {
        "checkout": {
            "name": "What the checkout shows",
            "status": "live",
            "placements": ["checkout-banner"],
            "selections": ["checkout-offers"],
            "fallback": "thank-you",
        },
    },
}

_CATALOGUE_FILE = """\
offers:
  free-shipping:
    name: Free shipping on everything
    status: approved
    window: {from: 2026-01-01, until: 2100-01-01}
    eligible: context.cart.total > 60
    tags: [checkout]
    content:
      checkout-banner: {html: "<b>Free shipping</b>"}
"""

_UUID = "5f0c7a52-6a0b-4c53-9d0e-1c1f5b3a8e21"
_JO = {"email": "jo@example.com"}
_ASKS = [{"id": "banner", "placement": "checkout-banner"}]
_CART = {"members": {"cart": {"total": 52.5}}}
_PROFILE = {"identities": {"email": "jo@example.com", "crm": "c-17"}, "attributes": {"firstName": "Jo", "orders": 4}}


def _decisions() -> Iterator[tuple[str, Example]]:
    yield "decide", Example(summary="What should Jo see?", body={"identities": _JO, "asks": _ASKS, "context": _CART})
    yield (
        "decide",
        Example(
            summary="A visitor without a name, in German",
            body={"attributes": {"orders": 1}, "languages": ["de", "en"], "asks": _ASKS, "context": _CART},
        ),
    )
    yield (
        "decide",
        Example(
            summary="What would be shown on New Year's Day, and why not something else?",
            body={
                "identities": [{"namespace": "email", "id": "jo@example.com"}],
                "asks": [{"activity": "checkout", "count": 2}],
                "dryRun": True,
                "at": "2027-01-01T09:00:00Z",
                "explain": True,
            },
        ),
    )
    yield (
        "decide",
        Example(
            summary="A preview with the mug pinned",
            body={
                "asks": _ASKS,
                "pretend": {"pins": {"checkout": "mug"}, "audiences": {"regulars": True}, "drafts": True},
            },
        ),
    )
    yield (
        "check",
        Example(
            summary="May Jo redeem free shipping?",
            body={"identities": _JO, "asks": [{"offers": ["free-shipping"], "quantity": 2}], "context": _CART},
        ),
    )
    yield (
        "savings",
        Example(
            summary="What takes most off three mugs?",
            body={
                "identities": _JO,
                "asks": [{"quantity": 3}],
                "price": {"unit": "19.90", "currency": "EUR", "fraction": "attributes.discount"},
                "context": _CART,
            },
        ),
    )
    yield "listDecisions", Example(summary="Since the new year", query={"since": "2026-01-01", "limit": "5"})
    yield "exportDecisionEvents", Example(summary="Since the new year", query={"since": "2026-01-01"})
    yield "readDecision", Example(summary="One decision", path={"id": _UUID})
    yield "explainDecision", Example(summary="Why it came out as it did", path={"id": _UUID})
    yield (
        "recordInteractions",
        Example(
            summary="A purchase that no decision led to",
            body={
                "type": "purchase",
                "offer": "mug",
                "identities": _JO,
                "quantity": 2,
                "value": "39.80",
                "currency": "EUR",
                "data": {"order": "A-1001"},
                "key": "order-A-1001",
            },
        ),
    )
    yield (
        "recordInteractions",
        Example(
            summary="Several at once",
            body=[
                {"type": "display", "offer": "mug", "identities": _JO, "key": "view-1"},
                {"type": "click", "offer": "mug", "identities": _JO, "key": "click-1"},
            ],
        ),
    )
    yield "listInteractions", Example(summary="Clicks alone", query={"type": "click"})
    yield "listInteractions", Example(
        summary="What came of a week's offers",
        query={"type": "conversion", "since": "2026-01-01", "until": "2026-01-08"},
    )
    yield "listFulfilments", Example(summary="What is yet to be done", query={"state": "in_progress"})
    yield "listDeliveries", Example(summary="What never arrived", query={"state": "dead"})
    yield "readDelivery", Example(summary="One delivery", path={"id": _UUID})
    yield "resendDelivery", Example(summary="Once more", path={"id": _UUID})
    yield "readFulfilment", Example(summary="One fulfilment", path={"id": _UUID})
    yield "finishFulfilment", Example(summary="It is done", path={"id": _UUID}, body={})
    yield (
        "finishFulfilment",
        Example(
            summary="It failed",
            path={"id": _UUID},
            body={"error": {"code": "no-stock", "message": "The last mug is gone"}},
        ),
    )
    yield "readInteraction", Example(summary="One interaction", path={"id": _UUID})


def _profiles() -> Iterator[tuple[str, Example]]:
    jo = {"id": "email:jo@example.com"}
    yield "listProfiles", Example(summary="The first two", query={"limit": "2"})
    yield "storeProfile", Example(summary="A customer", body=_PROFILE)
    yield (
        "importProfiles",
        Example(
            summary="Lines of JSON",
            media=NDJSON,
            body='{"identities": [{"namespace": "email", "id": "ada@example.com"}], "attributes": {"orders": 2}}\n'
            '{"identities": [{"namespace": "email", "id": "bo@example.com"}], "attributes": {"orders": 7}}\n',
        ),
    )
    yield (
        "importProfiles",
        Example(
            summary="A table",
            media=CSV,
            body="identity.email,attributes.orders\nada@example.com,2\nbo@example.com,7\n",
        ),
    )
    yield (
        "linkProfiles",
        Example(
            summary="Ada was Bo all along",
            body={"survivor": "email:bo@example.com", "absorbed": "email:ada@example.com"},
        ),
    )
    yield "readProfile", Example(summary="By an identity", path=jo)
    yield "replaceProfile", Example(summary="All attributes anew", path=jo, body=_PROFILE)
    yield (
        "patchProfile",
        Example(summary="One more order", path=jo, media=MERGE_PATCH, body={"attributes": {"orders": 5}}),
    )
    yield (
        "patchProfile",
        Example(
            summary="One more order, if it was the fifth",
            path=jo,
            media=JSON_PATCH,
            body=[
                {"op": "test", "path": "/attributes/orders", "value": 5},
                {"op": "replace", "path": "/attributes/orders", "value": 6},
            ],
        ),
    )
    yield "listAssignments", Example(summary="What activities keep for Jo", path={"profile": "email:jo@example.com"})
    yield (
        "changeMembers",
        Example(
            summary="Jo subscribes",
            path={"id": "newsletter"},
            body={"join": [{"namespace": "email", "id": "jo@example.com"}], "until": "2027-01-01T00:00:00Z"},
        ),
    )
    yield (
        "forgetAssignment",
        Example(summary="Jo enters anew", path={"profile": "email:jo@example.com", "activity": "checkout"}),
    )
    yield "readCount", Example(summary="How many regulars are there?", path={"id": "regulars"})
    yield "countAudience", Example(summary="Count them now", path={"id": "regulars"})
    yield "eraseProfile", Example(summary="Jo asks to be forgotten", path=jo)


def _objects() -> Iterator[tuple[str, Example]]:
    for kind, struct in KINDS.items():
        name = struct.__name__
        id_, document = next(iter(CATALOGUE[kind].items()))
        plain = struct.from_short(document)
        here, new = {"id": id_}, {"id": f"another-{id_}"}
        latest = {"order": "-modified,id", "limit": "10"}
        yield f"list{kind.capitalize()}", Example(summary="The latest first", query=latest)
        yield f"create{name}", Example(summary="A new one", body={**new, **plain})
        yield f"read{name}", Example(summary="By its id", path=here)
        yield f"replace{name}", Example(summary="As it shall be", path=here, body=plain)
        yield (
            f"patch{name}",
            Example(
                summary="A description",
                path=here,
                media=MERGE_PATCH,
                body={"description": "What people should know of it"},
            ),
        )
        renamed = [{"op": "add", "path": "/name", "value": "Renamed"}]
        yield f"patch{name}", Example(summary="Another name", path=here, media=JSON_PATCH, body=renamed)
        yield f"delete{name}", Example(summary="By its id", path=new)


def _catalogue() -> Iterator[tuple[str, Example]]:
    yield "exportCatalogue", Example(summary="As a catalogue file holds it", query={"short": "true"})
    for operation in ("diffCatalogue", "lintDocument", "applyCatalogue"):
        yield operation, Example(summary="A catalogue file", media=YAML, body=_CATALOGUE_FILE)
        yield operation, Example(summary="The same things in JSON", body={"tags": {"summer": {"name": "Summer"}}})
    yield "lintCatalogue", Example(summary="The catalogue as it is")
    yield "listRevisions", Example(summary="The last two", query={"limit": "2"})
    yield "readRevision", Example(summary="The first one", path={"number": "1"})
    yield "diffRevisions", Example(summary="From nothing to the first", path={"number": "0", "other": "1"})
    yield "rollBack", Example(summary="Back to the first", path={"number": "1"})


def _server() -> Iterator[tuple[str, Example]]:
    yield "listJobs", Example(summary="Those that are done", query={"state": "done"})
    january = {"since": "2026-01-01", "until": "2026-02-01"}
    yield "readReport", Example(summary="In January", path={"id": "checkout"}, query=january)
    yield "readModel", Example(summary="How the traffic is split now", path={"id": "checkout"})
    yield "learn", Example(summary="Learn from what was counted until now")
    yield "readJob", Example(summary="One job", path={"id": _UUID})
    yield "listRefusedLines", Example(summary="What an import refused", path={"id": _UUID})
    yield "listWorkspaces", Example(summary="All of them")
    yield "createWorkspace", Example(summary="One for Berlin", body={"id": "berlin", "zone": "Europe/Berlin"})
    yield "readWorkspace", Example(summary="By its id", path={"id": "default"})
    yield (
        "replaceWorkspace",
        Example(
            summary="Another zone", path={"id": "berlin"}, body={"name": "The shop in Berlin", "zone": "Europe/Berlin"}
        ),
    )
    yield "listTokens", Example(summary="All of the workspace")
    yield (
        "createToken",
        Example(summary="For the shop's server", body={"name": "shop", "scopes": ["decide", "interact"]}),
    )
    yield "revokeToken", Example(summary="By its id", path={"id": _UUID})
    yield "asset", Example(summary="A script", path={"package": "offerd", "name": "docs.js"})
    for operation in ("health", "readiness", "metrics", "description", "page"):
        yield operation, Example(summary="As it is")


def _gathered() -> Mapping[str, tuple[Example, ...]]:
    gathered: dict[str, tuple[Example, ...]] = {}
    for source in (_decisions(), _profiles(), _objects(), _catalogue(), _server()):
        for operation, example in source:
            gathered[operation] = (*gathered.get(operation, ()), example)
    return gathered


#: By the operation's id.
EXAMPLES: Mapping[str, tuple[Example, ...]] = _gathered()
