"""Who may get something: nobody in particular, a rule, several rules, or audiences."""

from __future__ import annotations

from typing import Any

from offerd.apis.journey_optimizer.codecs.context import Context
from offerd.apis.journey_optimizer.codecs.reading import Reader, own
from offerd.apis.journey_optimizer.shapes import Shape, shape
from offerd.model.condition import Condition

#: The members of a constraint, wherever it stands.
MEMBERS = ("profileConstraintType", "eligibilityRule", "rules", "segmentIdentities")

#: Its table.
CONSTRAINT: Shape = shape(*MEMBERS)

_TYPES = {name: name for name in ("none", "eligibilityRule", "anySegments", "allSegments", "rules")}


def encoded(condition: Condition | None, context: Context) -> dict[str, Any]:
    """A condition as the members of a constraint; none for one that this format cannot say."""
    if condition is None:
        return {}
    if condition.rule is not None:
        rule = {"eligibilityRule": context.uri("rules", condition.rule)}
        return rule if own(condition).get("~untyped") else {"profileConstraintType": "eligibilityRule", **rule}
    if condition.all_rules is not None:
        return {"profileConstraintType": "rules", "rules": [context.uri("rules", each) for each in condition.all_rules]}
    audiences = _audiences(condition)
    if not audiences:
        return {}
    kind = "allSegments" if condition.all_audiences is not None else "anySegments"
    return {"profileConstraintType": kind, "segmentIdentities": _identities(condition, audiences)}


def decoded(reader: Reader, old: Condition | None) -> Condition | None:
    """The condition that a constraint's members say; `old` where they say what it says already."""
    given = {name: reader.peek(name) for name in MEMBERS if reader.has(name)}
    before = encoded(old, reader.context)
    if old is not None and {name: value for name, value in given.items() if value not in ("none", "")} == before:
        reader.drop(*before)
        return old
    written = reader.peek("profileConstraintType")
    kind = "eligibilityRule" if written in (None, "") and reader.has("eligibilityRule") else None
    if kind is None:
        kind = _TYPES.get(str(written)) if written not in (None, "") else "none"
    if kind is None:
        reader.context.fault(reader.here("profileConstraintType"), f"expected one of {', '.join(_TYPES)}")
        kind = "none"
    if kind == "none":
        return None  # what stands beside `none` is kept as it is and asked by nobody
    reader.drop("profileConstraintType")
    if kind == "eligibilityRule":
        return _ruled(reader, untyped=written in (None, ""))
    if kind == "rules":
        return _rules(reader)
    return _segments(reader, kind)


def _ruled(reader: Reader, *, untyped: bool) -> Condition | None:
    text = reader.take("eligibilityRule")
    if text is None and untyped:
        return None
    rule = reader.context.find("rules", text, reader.here("eligibilityRule"))
    extensions = {"journey_optimizer": {"~untyped": True}} if untyped else {}
    return None if rule is None else Condition(rule=rule, extensions=extensions)


def _rules(reader: Reader) -> Condition | None:
    rules = reader.names("rules", "rules")
    if not rules:
        reader.context.fault(reader.here("rules"), "names no rule")
    return Condition(all_rules=rules) if rules else None


def _segments(reader: Reader, kind: str) -> Condition | None:
    written = reader.items("segmentIdentities")
    names = [_audience(item) for item in written]
    for index, name in enumerate(names):
        if name is None:
            reader.context.fault(f"{reader.here('segmentIdentities')}/{index}", "expected an audience's _id or xid")
    found = [name for name in names if name]
    if not written:
        reader.context.fault(reader.here("segmentIdentities"), "names no audience")
    if not found:
        return None
    known = reader.context.catalogue.of("audiences")
    reader.context.audiences.update(name for name in found if name not in known)
    extensions = {"journey_optimizer": {"segmentIdentities": written}}
    if kind == "allSegments":
        return Condition(all_audiences=found, extensions=extensions)
    return Condition(any_audiences=found, extensions=extensions)


def _audience(item: Any) -> str | None:
    """The audience that an identity names."""
    if not isinstance(item, dict):
        return None
    found = item.get("xid") or item.get("@id") or item.get("_id")
    return found if isinstance(found, str) and found and not any(sign.isspace() for sign in found) else None


def _audiences(condition: Condition) -> list[str]:
    if condition.audience is not None:
        return [condition.audience]
    return condition.any_audiences or condition.all_audiences or []


def _identities(condition: Condition, audiences: list[str]) -> list[Any]:
    written = own(condition).get("segmentIdentities")
    if isinstance(written, list) and [_audience(item) for item in written] == audiences:
        return written
    return [{"_id": name, "namespace": {"code": "ups"}, "xid": name} for name in audiences]
