"""Traces of decisions on the device: which activities were looked at, and what came of their conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offerd.apis.target.on_device.evaluator_facts import Facts
from offerd.apis.target.on_device.evaluator_rules import WireRule


class Tracer:
    """What all traces of a request tell.

    Args:
        artifact: the whole.
        client: the client code.
        session: the visit.
        visitor: whose it is.
    """

    def __init__(self, artifact: Mapping[str, Any], client: str, session: str, visitor: Mapping[str, Any]) -> None:
        meta = artifact.get("meta") or {}
        self.session = session
        self.environment = meta.get("environment")
        self.head = {
            "clientCode": client,
            "artifact": {"artifactVersion": artifact.get("version"), **meta},
            "profile": {"visitorId": dict(visitor)},
        }


class Trace:
    """Writes down what is decided, place by place.

    Args:
        tracer: what all traces tell.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._request: dict[str, Any] = {}
        self._campaigns: dict[Any, dict[str, Any]] = {}
        self._targets: dict[Any, dict[str, Any]] = {}

    def asked(self, way: str, kind: str, place: Mapping[str, Any], facts: Facts) -> None:
        """Goes on to the next place."""
        page = facts["page"]
        self._request = {
            "sessionId": self._tracer.session,
            "pageURL": page["url"],
            "host": page["domain"],
            kind: {**place, "type": way},
        }

    def evaluated(self, rule: WireRule, facts: Facts, *, holds: bool) -> None:
        """Adds what came of a rule."""
        meta = rule.meta
        activity = meta.get("activity.id")
        if holds and activity not in self._campaigns:
            self._campaigns[activity] = {
                "id": activity,
                "campaignType": meta.get("activity.type"),
                "branchId": meta.get("experience.id"),
                "offers": [meta["offer.id"]] if meta.get("offer.id") else [],
                "environment": self._tracer.environment,
            }
        target = self._targets.get(activity)
        if target is None:
            target = self._targets[activity] = {
                "context": facts.all(),
                "campaignId": activity,
                "campaignType": meta.get("activity.type"),
                "matchedSegmentIds": [],
                "unmatchedSegmentIds": [],
                "matchedRuleConditions": [],
                "unmatchedRuleConditions": [],
            }
        prefix = "matched" if holds else "unmatched"
        audiences = meta.get("audience.ids")
        segments = target[f"{prefix}SegmentIds"]
        segments += [each for each in (audiences if isinstance(audiences, list) else []) if each not in segments]
        target[f"{prefix}RuleConditions"].append(rule.condition)

    def told(self) -> dict[str, Any]:
        """The trace so far."""
        return {
            **self._tracer.head,
            "request": self._request,
            "campaigns": [dict(each) for each in self._campaigns.values()],
            "evaluatedCampaignTargets": [
                {name: list(value) if isinstance(value, list) else value for name, value in each.items()}
                for each in self._targets.values()
            ],
        }
