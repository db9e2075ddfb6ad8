"""Routes beside decisions: which offers a decision may give, how the runtime is, how often an offer was given."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

from offerd.apis.errors import BadParameter
from offerd.apis.journey_optimizer import ids, names
from offerd.apis.journey_optimizer.runtime.decision_request import ACTIVITIES
from offerd.apis.journey_optimizer.runtime.lookup import Library, wire_id
from offerd.apis.journey_optimizer.tenancy import container
from offerd.apis.operation import Answer, Call, Operations, answer
from offerd.model import codec
from offerd.model.activity import Activity
from offerd.model.base import Object
from offerd.model.offer import Fallback, Offer
from offerd.model.place import Placement
from offerd.services.errors import NotFound

operations = Operations("Decisions")

#: The one metric that there is.
PROPOSITIONS = f"{names.OFFER_MANAGEMENT}/offer-propositions"

_CHANNELS = "https://ns.adobe.com/xdm/channels/"
_ANSWER = {200: {"type": "object"}}


@operations.add("GET", "/ode/{container}/offers", "odeOffers", scope="catalogue:read", answers=_ANSWER, query=None)
async def offers(call: Call) -> Answer:
    """Lists the offers that decisions may give to somebody: approved, in a collection, and fit for a placement."""
    library = Library(call.house, container(call, call.path["container"]).workspace)
    wanted = call.query.get("activityid", [])
    if not wanted or len(wanted) > ACTIVITIES:
        raise BadParameter("activityId", f"expected 1 to {ACTIVITIES} decisions")
    found = [(wire, library.find(Activity, wire)) for wire in wanted]
    for wire, activity in found:
        if activity is None:
            raise NotFound("activities", wire)
    link = _Link(call, library)
    return answer({"xdm:activityOffers": [_activity(link, activity) for _, activity in found if activity is not None]})


@operations.add(
    "GET", "/ode/{container}/diagnostics", "odeDiagnostics", scope="catalogue:read", answers=_ANSWER, query=None
)
async def diagnostics(call: Call) -> Answer:
    """Says when the runtime last took in the library; a library with errors is never stored, so there are none."""
    workspace = container(call, call.path["container"]).workspace
    revisions = call.house.catalogue.revisions(workspace, limit=1).revisions
    if not revisions:
        return answer({"xdm:operations": {}})
    at = codec.instant_text(revisions[0].at)
    return answer({"xdm:operations": {"xdm:decisioningPackageUpdate": {"xdm:date": at, "xdm:errors": []}}})


@operations.add("GET", "/ode/{container}/metrics", "odeMetrics", scope="catalogue:read", answers=_ANSWER, query=None)
async def metrics(call: Call) -> Answer:
    """Counts how often an offer was given, over all decisions that are kept."""
    library = Library(call.house, container(call, call.path["container"]).workspace)
    metric, wire = (call.query.get(name, [""])[0] for name in ("metric", "id"))
    if metric != PROPOSITIONS:
        raise BadParameter("metric", f"expected {PROPOSITIONS}")
    offer = library.find(Offer, wire) or library.find(Fallback, wire)
    if offer is None:
        raise NotFound("offers", wire)
    channels: Counter[str] = Counter()
    for page in call.house.events.decisions(library.workspace):
        for decision in page:
            for proposition in decision.propositions:
                given = [item for item in proposition.items if item.offer == offer.id]
                channels[_channel(library, proposition.placement)] += len(given)
        await asyncio.sleep(0)  # others have waited for a page
    used = [{"xdm:channel": name, "xdm:usage": count} for name, count in sorted(channels.items()) if name and count]
    return answer({"xdm:metrics": {PROPOSITIONS: {"xdm:value": channels.total()}, "xdm:channels": used}})


def _channel(library: Library, placement: str | None) -> str:
    found = library.get(Placement, placement or "")
    if found is None or not found.channel:
        return ""
    return found.channel if ":" in found.channel else _CHANNELS + found.channel


class _Link:
    """Objects as references: id, etag, and where the library has them."""

    def __init__(self, call: Call, library: Library) -> None:
        scheme = call.headers.get("x-forwarded-proto", "http")
        home = ids.container_id(library.workspace)
        self.library = library
        self._base = f"{scheme}://{call.headers.get('host', 'localhost')}/data/core/xcore/{home}/instances/"

    def __call__(self, thing: Object) -> dict[str, Any]:
        return {
            "@id": wire_id("container", thing),
            "_links": {"self": {"href": self._base + ids.instance_id(thing)}},
            "repo:etag": str(thing.version),
        }


def _activity(link: _Link, activity: Activity) -> dict[str, Any]:
    made: dict[str, Any] = {
        "xdm:offerActivity": link(activity),
        "xdm:offers": [link(offer) for offer in _candidates(link.library, activity)],
    }
    fallback = None if activity.fallback is None else link.library.get(Fallback, activity.fallback)
    if fallback is not None:
        made["xdm:fallbackOffer"] = link(fallback)
    return made


def _candidates(library: Library, activity: Activity) -> Iterator[Offer]:
    """The approved offers of a decision that show something at one of its placements, each once."""
    snapshot = library.house.catalogue.snapshot(library.workspace)
    compiled = snapshot.activities[activity.id]
    seen: set[str] = set()
    for selection in snapshot.selections_at(compiled, None):
        pool = snapshot.pool(selection)
        places = selection.placements or set(activity.placements) or set(library.objects.of("placements"))
        for name in () if pool is None else pool.members:
            offer = library.get(Offer, name)
            if offer is None or name in seen or offer.status != "approved":
                continue
            if any(_fits(library, offer, place) for place in places):
                seen.add(name)
                yield offer


def _fits(library: Library, offer: Offer, place: str) -> bool:
    placement = library.get(Placement, place)
    return placement is not None and (not placement.content or place in offer.content)
