"""The route of claims: a user says that a targeted offer was bought, and shows the receipt."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from offerd.apis.microsoft_store.offers import PATH, subject
from offerd.apis.microsoft_store.places import app, products, targeted
from offerd.apis.microsoft_store.problems import Wrong, failure
from offerd.apis.microsoft_store.shapes import SHAPES, Claim, claim_of
from offerd.apis.operation import JSON, Answer, Call, Keep, Operations, Payload
from offerd.model import codec
from offerd.model.decision import Item, Proposition
from offerd.model.interaction import Interaction
from offerd.model.person import Identity
from offerd.model.place import Placement
from offerd.services.errors import InvalidDocument, NotFound
from offerd.services.receipts import Purchase, Shown, Unproved
from offerd.services.recording import Recorded

operations = Operations("Targeted offers")

_EARLIEST = datetime.min.replace(tzinfo=UTC)


@operations.add(
    "POST", PATH, "claimTargetedOffer", scope="user", limit="body_limit",
    payload=Payload(shapes={JSON: SHAPES}), answers={204: None},
)  # fmt: skip
async def claim(call: Call) -> Answer:
    """Claims a targeted offer with the receipt of its purchase, in either of the published shapes.

    A purchase counts once, however often it is claimed. The answer has no body.
    """
    who, wanted = subject(call), claim_of(call.body)
    proposition, placement = _given(call, who, wanted.tracking)
    items = products(call.house, call.workspace, proposition)
    asked = _asked(wanted, items)
    name, purchase = await _purchase(call, who, wanted, asked, placement)
    # A receipt that names no product is for the best one that is still to be had.
    *meant, last = (purchase.product,) if purchase.product is not None else asked

    def shown(recorded: Sequence[Recorded]) -> Answer:
        """What came of the claim; the answer is kept, so a refusal is not raised."""
        wrong = _wrong(recorded[0], proposition)
        return Answer(status=204) if wrong is None else failure(wrong)

    async def recorded(product: str, keep: Keep | None = None) -> Sequence[Recorded]:
        interaction = _interaction(who, proposition, items[product], name, purchase)
        return await call.house.interactions.record(call.workspace, [interaction], keep=keep)

    try:
        for product in meant:
            found = await recorded(product)
            if not _is_used_up(found[0]):
                return shown(found)
        return shown(await recorded(last, call.keep(shown)))
    except InvalidDocument as invalid:
        raise Wrong("InvalidClaim", str(invalid)) from None


def _given(call: Call, who: Identity, tracking: str) -> tuple[Proposition, Placement]:
    """The proposition that a tracking id names, where this user was given it as a targeted offer."""
    house, workspace = call.house, call.workspace
    unknown = Wrong("UnknownTrackingId", "The trackingId is of no targeted offer that this user was given")
    profile = house.profiles.find_identity(workspace, who)
    try:
        _, proposition = house.decided.read_proposition(workspace, tracking)
    except NotFound:
        raise unknown from None
    if profile is None or house.decided.given_to(workspace, tracking) != profile.id:
        raise unknown
    for placement in targeted(house.catalogue.catalogue(workspace)):
        if placement.id == proposition.placement:
            return proposition, placement
    raise unknown


def _asked(wanted: Claim, items: Mapping[str, Item]) -> tuple[str, ...]:
    """The products that the claim may be for: those that it names, else all that were given."""
    if any(name not in items for name in wanted.offers):
        raise Wrong("UnknownOffer", "The storeOffer names a product that is not among the offers of its trackingId")
    found = wanted.offers or tuple(items)
    if not found:
        raise Wrong("UnknownOffer", "Nothing of what this trackingId offered is offered any more")
    return found


async def _purchase(
    call: Call, who: Identity, wanted: Claim, asked: tuple[str, ...], placement: Placement
) -> tuple[str, Purchase]:
    """The latest purchase in the receipt that is of one of the products and of this application; and who read it."""
    shown = Shown(workspace=call.workspace, subject=who, text=wanted.receipt, products=asked)
    try:
        name, purchases = await call.house.receipts.purchases(shown)
    except Unproved as error:
        raise Wrong("InvalidReceipt", str(error)) from None
    fitting = [each for each in purchases if each.product is None or each.product in asked]
    if not fitting:
        raise Wrong("ForeignReceipt", "The receipt is of no product among the offers")
    own = [each for each in fitting if each.app is None or _is_own(call, placement, each.app)]
    if not own:
        raise Wrong("ForeignReceipt", "The receipt is of another application")
    return name, max(own, key=lambda each: each.at or _EARLIEST)


def _is_own(call: Call, placement: Placement, name: str) -> bool:
    """Whether a receipt's name of its application means the one that this placement is for."""
    own = app(placement)
    if own is not None:
        return name == own
    try:
        return call.house.workspaces.resolve(name).id == call.workspace
    except NotFound:
        return False


def _interaction(who: Identity, proposition: Proposition, item: Item, name: str, purchase: Purchase) -> Interaction:
    told: dict[str, Any] = {"verifier": name, "purchase": purchase.id, "verified": purchase.verified}
    if purchase.at is not None:
        told["at"] = codec.instant_text(purchase.at)
    return Interaction(
        type="claim",
        proposition=proposition.id,
        item=item.id,
        identities=[who],
        # One purchase is one conversion, whoever claims it and for whatever.
        key=f"microsoft_store:{hashlib.sha256(purchase.id.encode()).hexdigest()}",
        data={"receipt": told},
    )


def _is_used_up(recorded: Recorded) -> bool:
    """Whether nothing but caps refused a claim."""
    return bool(recorded.refused) and all(each.stage == "cap" for each in recorded.refused)


def _wrong(recorded: Recorded, proposition: Proposition) -> Wrong | None:
    """What is wrong with a claim that was refused, or whose purchase was claimed for something else."""
    if recorded.refused:
        return Wrong("ClaimRefused", "; ".join(each.message or each.code for each in recorded.refused))
    if recorded.repeated and recorded.interaction.proposition != proposition.id:
        return Wrong("ReceiptUsed", "The receipt's purchase was claimed for another trackingId")
    return None
