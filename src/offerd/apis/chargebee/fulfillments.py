"""Fulfillments as clients see them: what an accepted option set going, and the page that it may need."""

from __future__ import annotations

from typing import Any

from offerd.apis.chargebee.bodies import seconds
from offerd.apis.chargebee.words import PROCESSING
from offerd.model.interaction import Fulfilment, Page
from offerd.services.fulfilment.ending import EXPIRED

#: The code of a failure that the client told.
FAILED = "external_fulfillment_failed"

#: Why a fulfillment failed, in clients' words.
_CODES = frozenset(("billing_update_failed", "checkout_abandoned", FAILED, "internal_error", "fulfillment_expired"))

#: What else a fulfilment's error may be called, in clients' words.
_CALLED = {EXPIRED: "fulfillment_expired", "abandoned": "checkout_abandoned", "cancelled": "checkout_abandoned"}

#: What a failure that has no such name is, by the way in which the option was carried out.
_BY_PROCESSING = {"billing_update": "billing_update_failed", "checkout": "internal_error"}

_LONGEST_MESSAGE = 200

#: What hosted pages are for, in clients' words.
_PAGES = frozenset(
    (
        "checkout_new", "checkout_existing", "manage_payment_sources", "collect_now", "extend_subscription",
        "checkout_one_time", "pre_cancel", "view_voucher", "accept_quote", "checkout_gift", "claim_gift",
    )
)  # fmt: skip


def processing_of(fulfilment: Fulfilment) -> str | None:
    """How it is carried out, in clients' words; None for what this format did not start."""
    if fulfilment.proposition is None or fulfilment.choice is None:
        return None
    return PROCESSING.get(fulfilment.kind)


def fulfillment(fulfilment: Fulfilment) -> dict[str, Any]:
    """A fulfillment."""
    processing = processing_of(fulfilment)
    made: dict[str, Any] = {
        "id": fulfilment.id,
        "personalized_offer_id": fulfilment.proposition,
        "option_id": fulfilment.choice,
        "processing_type": processing,
        "status": fulfilment.state,
    }
    if processing == "url_redirect" and fulfilment.url is not None:
        made["redirect_url"] = fulfilment.url
    if fulfilment.created is not None:
        made["created_at"] = seconds(fulfilment.created)
    if fulfilment.finished is not None:
        made["completed_at" if fulfilment.state == "completed" else "failed_at"] = seconds(fulfilment.finished)
    if fulfilment.state == "failed":
        made["error"] = _error(fulfilment, processing or "")
    return made


def hosted_page(page: Page, layout: str) -> dict[str, Any]:
    """A hosted page.

    Args:
        page: the page.
        layout: `in_app` for one that is shown within another.
    """
    return {
        "object": "hosted_page",
        "id": page.id,
        "type": page.type if page.type in _PAGES else "checkout_existing",
        "url": page.url,
        "state": page.state,
        "embed": layout == "in_app",
        "layout": layout,
        "created_at": seconds(page.created),
        "expires_at": seconds(page.expires),
    }


def _error(fulfilment: Fulfilment, processing: str) -> dict[str, str]:
    said = fulfilment.error or {}
    code = said.get("code", "")
    named = code if code in _CODES else _CALLED.get(code, _BY_PROCESSING.get(processing, FAILED))
    return {"code": named, "message": (said.get("message") or named)[:_LONGEST_MESSAGE]}
