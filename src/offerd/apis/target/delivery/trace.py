"""Traces: why a place shows what it shows, for somebody who holds a token of the workspace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from offerd.apis.target import ids
from offerd.apis.target.delivery.deciding import Given
from offerd.apis.target.delivery.visitors import Visitor
from offerd.apis.target.delivery.words import Delivery
from offerd.apis.target.tenancy import Tenant
from offerd.model import codec
from offerd.model.activity import Activity
from offerd.model.condition import Condition
from offerd.model.decision import Proposition, Reason
from offerd.services.house import House

#: Scopes, each of which lets its bearer see traces.
SCOPES = frozenset(("decide", "catalogue:read", "admin"))

_ENTRY = "entry"


async def allowed(house: House, workspace: str, secret: str | None) -> bool:
    """Whether a secret is that of a token which may see traces of a workspace."""
    token = await house.bearers.token(secret) if secret is not None else None
    if token is None or not SCOPES.intersection(token.scopes):
        return False
    return token.workspace == workspace or "admin" in token.scopes


class Traces:
    """The traces of one request.

    Args:
        house: the services.
        tenant: who it is for.
        said: what it says.
        visitor: whose it is.
    """

    def __init__(self, house: House, tenant: Tenant, said: Delivery, visitor: Visitor) -> None:
        self._catalogue = house.catalogue.catalogue(tenant.workspace)
        self._house = house
        self._tenant = tenant
        self._said = said
        self._visitor = visitor

    def of(self, given: Given) -> dict[str, Any]:
        """Why a place shows what it shows."""
        return {
            "clientCode": self._tenant.client,
            "server": "offerd",
            "profile": {"visitorId": dict(self._visitor.echo), "profileId": given.profile},
            "request": self._request(given),
            "decision": None if given.decision is None else given.decision.id,
            "campaigns": [each for one in given.propositions for each in self._campaigns(one)],
            "evaluatedCampaignTargets": [each for one in given.propositions for each in self._evaluated(one)],
            "warnings": [] if given.decision is None else given.decision.warnings,
        }

    def _request(self, given: Given) -> dict[str, Any]:
        page = self._said.facts.get("page")
        asked = given.asked
        place = {"name": asked.name or ids.GLOBAL, "type": "prefetch" if asked.prefetch else "execute"}
        return {
            "sessionId": self._said.session,
            "pageURL": page["url"] if isinstance(page, dict) else None,
            "view" if asked.kind == "view" else "mbox": {**place, "parameters": dict(asked.details.parameters)},
        }

    def _campaigns(self, given: Proposition) -> Iterator[dict[str, Any]]:
        activity = self._activity(given.activity)
        if activity is None:
            return
        for item in given.items:
            experience = ids.experience(self._catalogue, activity, item.offer)
            yield {
                "id": ids.number(activity),
                "campaignType": ids.kind(activity),
                "name": activity.name or activity.id,
                "branchId": None if experience is None else experience.id,
                "offers": [item.offer],
                "environment": "production",
                "remembered": given.kept,
            }

    def _evaluated(self, given: Proposition) -> Iterator[dict[str, Any]]:
        if given.explanation is None:
            return
        reasons: Mapping[str, Reason] = given.explanation.activities
        if given.activity is not None:
            yield self._target(given.activity, None, given)
        for name, reason in reasons.items():
            yield self._target(name, reason, given)

    def _target(self, name: str, reason: Reason | None, given: Proposition) -> dict[str, Any]:
        activity = self._activity(name)
        audience = self._segments(activity.audience if activity is not None else None)
        failed = reason is not None and reason.stage == _ENTRY
        lost = given.explanation.lost if given.explanation is not None and reason is None else []
        return {
            "context": "campaign",
            "campaignId": None if activity is None else ids.number(activity),
            "campaignType": None if activity is None else ids.kind(activity),
            "matchedSegmentIds": [] if failed else audience,
            "unmatchedSegmentIds": audience if failed else [],
            "matchedRuleConditions": [],
            "unmatchedRuleConditions": [] if reason is None else [codec.tree(reason)],
            "experiences": [{"offer": each.offer, "reason": codec.tree(each.reason)} for each in lost],
        }

    def _segments(self, condition: Condition | None) -> list[int]:
        if condition is None:
            return []
        named = [condition.audience, *(condition.any_audiences or []), *(condition.all_audiences or [])]
        known = self._catalogue.of("audiences")
        return [ids.number(known[name]) for name in named if name is not None and name in known]

    def _activity(self, name: str | None) -> Activity | None:
        found = self._catalogue.of("activities").get(name or "")
        return found if isinstance(found, Activity) else None
