"""What the server answers to some of the examples, for the API's description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_JO = [{"namespace": "email", "id": "jo@example.com"}]
_PROFILE = "e1df3d88-e53a-4c21-b69b-48147e6b1379"
_DECISION = "f7e6f4f2-9210-4449-8df3-1cf000000000"
_AT = "2026-11-20T18:32:16.818454Z"

_ITEM = {
    "id": "f7e6f4f2-9210-4449-8df3-1cf000100001",
    "offer": "free-shipping",
    "name": "Free shipping",
    "version": 1,
    "components": [{"type": "html", "body": "<b>Free shipping</b>"}],
    "choices": [{"id": "take", "label": "Ship it for nothing"}],
    "attributes": {"margin": 4.5},
    "selection": "checkout-offers",
    "rank": "priority",
    "score": 50.0,
    "margin": 40.0,
    "token": "f7e6f4f2-9210-4449-8df3-1cf000100001",
}

_PROPOSITION = {
    "id": "f7e6f4f2-9210-4449-8df3-1cf000100000",
    "ask": 0,
    "askId": "banner",
    "activity": "checkout",
    "activityVersion": 1,
    "placement": "checkout-banner",
    "placementVersion": 1,
    "created": _AT,
    "expires": "2100-01-01T00:00:00Z",
    "items": [_ITEM],
}

_DECIDED = {
    "id": _DECISION,
    "at": _AT,
    "revision": 1,
    "seed": "e77236019ec14f60",
    "profile": _PROFILE,
    "identities": _JO,
    "propositions": [_PROPOSITION],
}

_LOST = {
    "offer": "mug",
    "selection": "checkout-offers",
    "score": 10.0,
    "reason": {
        "code": "outranked",
        "stage": "count",
        "clause": "ask.count",
        "path": "ask.count",
        "wanted": 2,
        "seen": 1,
        "message": "Others ranked higher, and the count was full",
    },
}

_JOB = {
    "id": "5f0c7a52-6a0b-4c53-9d0e-1c1f5b3a8e21",
    "kind": "import-profiles",
    "state": "queued",
    "done": 0,
    "refused": 0,
    "created": _AT,
}

_ENTRIES = {"visitors": 1200, "visits": 1650, "impressions": 2100}

_GOAL = {
    "goal": "bought",
    "conversions": {"visitors": 60, "visits": 63, "impressions": 70},
    "orders": 70,
    "value": "1399.30",
}

#: By the operation's id.
ANSWERS: Mapping[str, Any] = {
    "decide": _DECIDED,
    "readDecision": _DECIDED,
    "explainDecision": {**_DECIDED, "propositions": [{**_PROPOSITION, "explanation": {"lost": [_LOST]}}]},
    "check": {
        "id": "082b22a6-8aac-48cf-9df3-6d9000000000",
        "at": _AT,
        "revision": 1,
        "dryRun": True,
        "profile": _PROFILE,
        "identities": _JO,
        "verdicts": [{"ask": 0, "offer": "free-shipping", "covered": True, "passed": True}],
    },
    "savings": {
        "at": _AT,
        "revision": 1,
        "profile": _PROFILE,
        "currency": "EUR",
        "price": "19.90",
        "items": [
            {
                "ask": 0,
                "offer": "free-shipping",
                "name": "Free shipping",
                "passed": True,
                "fraction": "0.15",
                "unit": "16.915",
                "total": "50.75",
                "saved": "8.95",
            }
        ],
    },
    "recordInteractions": {
        "interaction": {
            "id": "74080785-fa2c-48f4-aba2-7cc789b3c768",
            "type": "purchase",
            "offer": "mug",
            "identities": _JO,
            "profile": _PROFILE,
            "quantity": 2,
            "value": "39.80",
            "currency": "EUR",
            "data": {"order": "A-1001"},
            "at": _AT,
            "received": _AT,
            "key": "order-A-1001",
        }
    },
    "readProfile": {
        "id": _PROFILE,
        "version": 1,
        "identities": _JO,
        "attributes": {"firstName": "Jo", "orders": 4},
        "created": _AT,
        "modified": _AT,
    },
    "importProfiles": _JOB,
    "readCount": {
        "audience": "regulars",
        "imported": False,
        "members": 2,
        "profiles": 3,
        "counted": _AT,
        "age": 420,
        "revision": 1,
    },
    "countAudience": {**_JOB, "kind": "count-audiences"},
    "readReport": {
        "activity": "checkout",
        "since": "2026-01-01T00:00:00Z",
        "until": "2026-02-01T00:00:00Z",
        "totals": {"entries": _ENTRIES, "goals": [_GOAL]},
        "experiences": [{"offer": "mug", "entries": _ENTRIES, "goals": [_GOAL]}],
    },
    "readModel": {
        "id": "checkout",
        "version": 2,
        "at": _AT,
        "phase": "winner",
        "scores": {"mug": 90.0, "free-shipping": 10.0},
        "facts": {"activity": "checkout", "best": "mug", "confidence": 0.97},
    },
    "readJob": {
        **_JOB,
        "state": "done",
        "done": 3,
        "total": 3,
        "refused": 1,
        "report": {"created": 2, "changed": 0},
        "attempts": 1,
        "started": _AT,
        "finished": _AT,
    },
    "listRefusedLines": {"items": [{"line": 2, "pointer": "/identities/0/id", "message": "is required"}]},
    "applyCatalogue": {
        "revision": 2,
        "changes": [
            {
                "kind": "offers",
                "id": "mug",
                "what": "changed",
                "changes": [{"pointer": "/priority", "before": 10, "after": 20}],
            }
        ],
    },
    "createToken": {
        "id": "b3dd87f2-5d28-4fde-86ef-f2fa8e239a12",
        "workspace": "default",
        "name": "shop",
        "scopes": ["decide", "interact"],
        "created": _AT,
        "created_by": "admin",
        "secret": "ofd_0000000000000000000000000000000000000000000",
    },
}

#: A refusal.
PROBLEM: Mapping[str, Any] = {
    "type": "urn:offerd:problem:invalid",
    "title": "The document is not valid",
    "status": 422,
    "detail": "/window/until: expected an RFC 3339 time with its offset, such as 2026-01-01T00:00:00Z, or a date",
    "errors": [
        {
            "pointer": "/window/until",
            "message": "expected an RFC 3339 time with its offset, such as 2026-01-01T00:00:00Z, or a date",
        }
    ],
}
