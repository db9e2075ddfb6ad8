"""Item collections: a predicate over the attributes of decision items, as PQL over `offer`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offerd.apis.journey_optimizer.codecs.codec import Codec, described
from offerd.apis.journey_optimizer.codecs.context import Context
from offerd.apis.journey_optimizer.codecs.reading import Reader, own
from offerd.apis.journey_optimizer.codecs.words import description, read_title, title
from offerd.apis.journey_optimizer.names import ITEM_COLLECTION
from offerd.apis.journey_optimizer.shapes import shape
from offerd.model import json
from offerd.model.offer import Collection

_SHELF = "~~item-collection"

_ITEM = "_experience.decisioning.decisionitem."

#: What the model calls attributes of items.
_PATHS = {
    f"{_ITEM}itemName": "offer.name",
    f"{_ITEM}itemDescription": "offer.description",
    f"{_ITEM}itemPriority": "offer.priority",
    f"{_ITEM}itemTags": "offer.tags",
    f"{_ITEM}itemID": "offer.id",
    f"{_ITEM}itemCalendarConstraints.startDate": "offer.window.from",
    f"{_ITEM}itemCalendarConstraints.endDate": "offer.window.until",
    "_experience.decisioning.offeritem.lifecycleStatus": "offer.status",
}

#: PQL of a path and a literal, by operator.
_OPERATORS: dict[str, str] = {
    "equals": "{left} = {right}",
    "notEquals": "{left} != {right}",
    "greaterThan": "{left} > {right}",
    "greaterThanOrEqual": "{left} >= {right}",
    "greaterThanOrEquals": "{left} >= {right}",
    "lessThan": "{left} < {right}",
    "lessThanOrEqual": "{left} <= {right}",
    "lessThanOrEquals": "{left} <= {right}",
    "contains": "{left}.contains({right})",
    "startsWith": "{left}.startsWith({right})",
    "endsWith": "{left}.endsWith({right})",
    "in": "{left} in {right}",
    "exists": "{left}.isNotNull()",
}

#: Ours, for a rule that has no tree.
_RULE = "pql"

_DEPTH = 30


def predicate(tree: Any, wrong: Callable[[str], None], depth: int = 0) -> str:
    """The PQL of a predicate tree.

    Args:
        tree: `{operator, value}`; `and` and `or` have a list of trees as their value, `not` one tree.
        wrong: is told what is wrong.
        depth: how deep this tree is in another.
    """
    operator = tree.get("operator") if isinstance(tree, dict) else None
    value = tree.get("value") if isinstance(tree, dict) else None
    if depth > _DEPTH:
        wrong(f"a predicate nests at most {_DEPTH} deep")
        return "false"
    if operator in {"and", "or"} and isinstance(value, list) and value:
        return f" {operator} ".join(f"({predicate(each, wrong, depth + 1)})" for each in value)
    if operator == "not" and isinstance(value, dict):
        return f"not ({predicate(value, wrong, depth + 1)})"
    return value if operator == _RULE and isinstance(value, str) else _compared(operator, value, wrong)


def _compared(operator: Any, value: Any, wrong: Callable[[str], None]) -> str:
    """The PQL of a path compared with a literal."""
    if operator not in _OPERATORS or not isinstance(value, dict) or not isinstance(value.get("left"), str):
        known = ", ".join([*_OPERATORS, "and", "or", "not"])
        wrong(f"expected an operator ({known}) and a value with left and right")
        return "false"
    left, right = _path(value["left"]), value.get("right")
    if right is None and operator != "exists":
        return _absent(operator, left, wrong)
    return _OPERATORS[operator].format(left=left, right=_literal(right, wrong) if operator != "exists" else "")


def _absent(operator: str, left: str, wrong: Callable[[str], None]) -> str:
    """The PQL of a comparison with nothing."""
    if operator not in {"equals", "notEquals"}:
        wrong(f"{operator} needs a right")
        return "false"
    return f"{left}.isNull()" if operator == "equals" else f"{left}.isNotNull()"


def _path(left: str) -> str:
    known = _PATHS.get(left)
    if known is not None:
        return known
    names = [f"`{name.replace('`', '``')}`" for name in left.split(".") if name]
    root = "offer.extensions.journey_optimizer.`~~item`." if left.startswith("_experience.") else "offer.attributes."
    return root + ".".join(names)


def _literal(value: Any, wrong: Callable[[str], None]) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_literal(each, wrong) for each in value)}]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, (bool, int, float)):
        return json.dumps(value).decode()
    wrong("right is neither a text, a number, true or false, nor a list of these")
    return "false"


def _constraints(thing: Collection, _context: Context) -> list[Any] | None:
    if thing.where is None:
        return None
    kept = own(thing, _SHELF).get("~constraints")
    if isinstance(kept, dict) and kept.get("where") == thing.where:
        return list(kept.get("constraints", []))
    return [{"uiModel": json.dumps({"operator": _RULE, "value": thing.where}).decode()}]


def _decode(reader: Reader, old: Collection | None) -> Collection:
    name, words = read_title(reader, old), reader.text("description")
    if old is not None and old.where is None and not reader.has("constraints"):
        by: dict[str, Any] = {"any_tags": old.any_tags, "all_tags": old.all_tags, "offers": old.offers}
    elif old is not None and reader.peek("constraints") == _constraints(old, reader.context):
        by = {"where": old.where}
        reader.drop("constraints")
        if "~constraints" in (kept := own(old, _SHELF)):
            reader.put("~constraints", kept["~constraints"])
    else:
        constraints = reader.items("constraints")
        reader.drop("constraints")
        rules = [_rule(reader, item, index) for index, item in enumerate(constraints)]
        where = " or ".join(f"({rule})" for rule in rules) if len(rules) > 1 else rules[0] if rules else "true"
        reader.put("~constraints", {"where": where, "constraints": constraints})
        by = {"where": where}
    return Collection(name=name, description=words, **by, extensions=reader.extensions(old, _SHELF), **described(old))


def _rule(reader: Reader, item: Any, index: int) -> str:
    at = f"{reader.here('constraints')}/{index}/uiModel"
    text = item.get("uiModel") if isinstance(item, dict) else None
    try:
        tree = json.loads(text) if isinstance(text, str) else None
    except json.Malformed:
        tree = None
    if tree is None:
        reader.context.fault(at, "expected a predicate as JSON in a text")
        return "false"
    return predicate(tree, lambda message: reader.context.fault(at, message))


CODEC = Codec(
    resource=ITEM_COLLECTION,
    shape=shape("name", "description", "constraints"),
    members={"name": title, "description": description, "constraints": _constraints},
    decode=_decode,
    rules={"/where": "/constraints"},
    shelf=_SHELF,
)
