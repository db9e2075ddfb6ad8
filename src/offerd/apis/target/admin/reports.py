"""Reports of activities: who was given which experience, and who did what the activity is for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from offerd.apis.errors import BadParameter
from offerd.apis.operation import Answer, Call, Operations, Parameter
from offerd.apis.target import ids
from offerd.apis.target.admin import activity, metrics, words
from offerd.apis.target.admin.activities import found
from offerd.apis.target.admin.desk import Desk, desk
from offerd.apis.target.admin.metrics import METRIC
from offerd.model import codec
from offerd.model.activity import Activity
from offerd.services.clock import instant
from offerd.services.learning.reports import ExperienceReport, GoalReport, Units

operations = Operations("Reports")

_VERSIONS = (1, 3)
#: What each unit of clients counts.
_UNITS: dict[str, Callable[[Units], int]] = {
    "visitor": lambda units: units.visitors,
    "visit": lambda units: units.visits,
    "impression": lambda units: units.impressions,
    "landing": lambda units: units.impressions,
}
_QUERY = (
    Parameter(name="reportInterval", description="Days as start/end, in UTC; all of the activity's where absent."),
    Parameter(name="environmentId", type=int, description="Given back; all environments are counted together."),
    Parameter(
        name="conversionMetricLocalIds", repeated=True,
        description="Metrics that count as conversions; where absent those that say so, else the first.",
    ),
)  # fmt: skip

#: Makes the numbers of one unit, of the goals that count.
_Numbers = Callable[[ExperienceReport, Callable[[Units], int], Sequence[GoalReport]], dict[str, Any]]


def _performance(
    report: ExperienceReport, unit: Callable[[Units], int], counted: Sequence[GoalReport]
) -> dict[str, Any]:
    conversions = sum(unit(each.conversions) for each in counted)
    return {"entries": unit(report.entries), "conversions": conversions}


def _orders(report: ExperienceReport, unit: Callable[[Units], int], counted: Sequence[GoalReport]) -> dict[str, Any]:
    orders, sales = sum(each.orders for each in counted), sum((each.value for each in counted), Decimal(0))
    entries = unit(report.entries)
    return {
        **_performance(report, unit, counted),
        "orders": orders,
        "totalSales": float(sales),
        "averageOrderValue": float(sales / orders) if orders else 0.0,
        "revenuePerEntry": float(sales / entries) if entries else 0.0,
    }


_REPORTS: dict[str, _Numbers] = {"performance": _performance, "orders": _orders}


def _route(kind: str, report: str) -> None:
    @operations.add("GET", f"/activities/{kind}/{{id}}/report/{report}", f"target{report.title()}Of{kind.title()}",
                    scope="catalogue:read", answers={200: {}}, query=_QUERY)  # fmt: skip
    async def read(call: Call) -> Answer:
        """Reports what was counted of an activity, by whole days in UTC."""
        at = desk(call, _VERSIONS)
        return at.answer(_reported(at, found(at, kind), _REPORTS[report]))


for _kind in activity.TYPES:
    for _report in _REPORTS:
        _route(_kind, _report)


def _reported(at: Desk, thing: Activity, numbers: _Numbers) -> dict[str, Any]:
    tree = activity.shown(at, thing)
    since, until = _interval(at, thing)
    chosen = _chosen(at, tree["metrics"])
    by_metric = metrics.names(thing, tree["metrics"])
    goals = {name for local in chosen for name in by_metric.get(local, ())}
    made = at.call.house.reports.performance(at.workspace, thing.id, since, until)
    by_offer = {each.offer: each for each in made.experiences}
    experiences = [
        {"experienceLocalId": each.id, "totals": _totals(by_offer[ids.offer_name(thing, index)], goals, numbers)}
        for index, each in enumerate(ids.experiences(thing))
    ]
    return {
        "reportParameters": words.given(
            {
                "activityId": tree["id"],
                "environmentId": at.call.query["environmentId"],
                "conversionMetricLocalIds": chosen,
                "reportInterval": f"{codec.instant_text(since)}/{codec.instant_text(until)}",
            }
        ),
        "activity": {name: tree[name] for name in ("id", "type", "state", "name", "priority", "metrics",
                                                   "experiences")},
        "report": {"statistics": {"totals": _totals(made.totals, goals, numbers), "experiences": experiences}},
    }  # fmt: skip


def _totals(report: ExperienceReport, goals: Collection[str], numbers: _Numbers) -> dict[str, Any]:
    counted = [each for each in report.goals if each.goal in goals]
    return {name: {"totals": numbers(report, unit, counted)} for name, unit in _UNITS.items()}


def _chosen(at: Desk, listed: Sequence[dict[str, Any]]) -> list[int]:
    """The metrics that count as conversions."""
    known = [tree[METRIC] for tree in listed]
    texts = [part for text in at.call.query["conversionMetricLocalIds"] for part in text.split(",")]
    if not texts:
        return [tree[METRIC] for tree in listed if tree.get("conversion")] or known[:1]
    for text in texts:
        if text not in {str(each) for each in known}:
            raise BadParameter("conversionMetricLocalIds", f"there is no metric {text[:32]} in this activity")
    return list(dict.fromkeys(map(int, texts)))


def _interval(at: Desk, thing: Activity) -> tuple[datetime, datetime]:
    """The time that is reported on."""
    now = instant(at.call.house.clock.now())
    text = at.call.query["reportInterval"]
    if text is None:
        return thing.window.from_ or thing.created or now, now
    start, _, end = text.partition("/")
    try:
        since, until = (_aware(datetime.fromisoformat(part)) for part in (start, end))
    except (ValueError, OverflowError):
        raise BadParameter("reportInterval", "expected start/end, both dates or times") from None
    if until < since:
        raise BadParameter("reportInterval", "ends before it starts")
    return since, until


def _aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
