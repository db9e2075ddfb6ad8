"""The rules of an artifact, compiled: a condition, and what it shows, prepared for each way of asking."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from offerd import jsonlogic
from offerd.apis.target.delivery import macros
from offerd.apis.target.on_device.evaluator_loading import ArtifactError

#: What is asked for: content that is shown at once, content that is kept for later, and that of views.
Way = Literal["execute", "prefetch", "views"]

#: What conditions call the place of a visitor in an activity's traffic.
ALLOCATION = "allocation"

_WHOLE = jsonlogic.Span(ALLOCATION, lambda _: None)
_CLICK, _DISPLAY = "click", "display"
_MACRO = re.compile(r"\$\{[a-zA-Z0-9_.]*?\}")
_TOKENS = (
    "activity.id", "activity.name", "activity.type", "experience.id", "experience.name", "location.id",
    "location.name", "location.type", "offer.id", "offer.name", "option.id", "option.name",
)  # fmt: skip


class WireRule:
    """One rule.

    Args:
        tree: the artifact's.
        name: of the mbox or view.
        at: a JSON pointer to it.
        tokens: the response tokens that the artifact wants.

    Attributes:
        key: rules of one key exclude each other.
        name: of the mbox or view.
        activity: its number, as traffic is split by.
        properties: the tokens of those that may ask; None for all.
        splits: whether the condition asks where the visitor falls in the activity's traffic.
        span: the part of the traffic that it is for: its ends, and whether each is within it.
        truth: whether the rest of the condition holds of facts.
        meta: what is told of it.
        condition: as it was written.

    Raises:
        ArtifactError: it is none.
    """

    __slots__ = (
        "_bodies", "_filled", "activity", "condition", "key", "meta", "name", "properties", "span", "splits",
        "truth",
    )  # fmt: skip

    def __init__(self, tree: Mapping[str, Any], name: str, at: str, tokens: frozenset[str]) -> None:
        self.meta = _object(tree, "meta", at)
        consequence = _object(tree, "consequence", at)
        self.key = tree.get("ruleKey")
        own = consequence.get("name")
        self.name = own if isinstance(own, str) else name
        self.activity = str(self.meta.get("activity.id", tree.get("activityId")))
        listed = tree.get("propertyTokens")
        self.properties = frozenset(map(str, listed)) if isinstance(listed, list) and listed else None
        self.condition = tree.get("condition", True)
        logic = _compiled(self.condition, f"{at}/condition")
        self.splits = logic.reads(ALLOCATION)
        span, self.truth = logic.apart(ALLOCATION)
        self.span = (_WHOLE if span is None else span)[2:]
        told = {token: self.meta[token] for token in _TOKENS if token in tokens and token in self.meta}
        told["activity.decisioningMethod"] = "on-device"
        self._bodies = _bodies(consequence, self.name, told, at)
        self._filled = any(map(_has_macros, self._bodies["prefetch"]["options"]))

    def shown(
        self, way: Way, geo: Mapping[str, Any] | None, asked: Mapping[str, Any], name: str | None, index: int | None
    ) -> Mapping[str, Any]:
        """What the rule shows, the same object each time unless the request has a part in it.

        Args:
            way: how it is asked for.
            geo: response tokens that are the request's.
            asked: the place, whose parameters fill macros in.
            name: the place's.
            index: the place's, of mboxes.
        """
        body = self._bodies[way]
        if geo is None and not self._filled:
            return body
        options = body["options"]
        if geo is not None:
            options = [{**each, "responseTokens": {**each["responseTokens"], **geo}} for each in options]
        if self._filled:
            values = self._values(asked, name, index)
            options = [_filled(each, values) for each in options]
        return {**body, "options": options}

    def _values(self, asked: Mapping[str, Any], name: str | None, index: int | None) -> dict[str, Any]:
        parameters = asked.get("parameters")
        made = dict(parameters) if isinstance(parameters, dict) else {}
        made |= {key: value for key, value in (("name", name), ("index", index)) if value is not None}
        return made | {key: value for key, value in self.meta.items() if value is not None}


def rules_of(tree: Mapping[str, Any], kind: str, tokens: frozenset[str]) -> dict[str, list[WireRule]]:
    """The rules of all mboxes, or of all views, by name.

    Args:
        tree: rules by name.
        kind: what the artifact calls them.
        tokens: the response tokens that the artifact wants.

    Raises:
        ArtifactError: one of them is none.
    """
    made = {}
    for name, listed in tree.items():
        if not isinstance(listed, list):
            raise ArtifactError(f"/rules/{kind}/{name}: expected a list")
        made[name] = [_rule(each, name, f"/rules/{kind}/{name}/{i}", tokens) for i, each in enumerate(listed)]
    return made


def _rule(tree: Any, name: str, at: str, tokens: frozenset[str]) -> WireRule:
    if not isinstance(tree, dict):
        raise ArtifactError(f"{at}: expected an object")
    return WireRule(tree, name, at, tokens)


def _compiled(condition: Any, at: str) -> jsonlogic.Logic:
    try:
        return jsonlogic.compile(condition)
    except jsonlogic.JsonLogicError as wrong:
        raise ArtifactError(f"{at}{wrong.pointer}: {wrong.message}") from None


def _bodies(consequence: Mapping[str, Any], name: str, told: Mapping[str, Any], at: str) -> dict[Way, dict[str, Any]]:
    """What a consequence shows to each way of asking."""
    options, metrics = _objects(consequence, "options", at), _objects(consequence, "metrics", at)
    executed = [_option(each, None, told) for each in options if each.get("type") and each.get("content")]
    kept = [_option(each, _event_token(each, metrics, index), told) for index, each in enumerate(options)]
    clicks = [_metric(each) for each in metrics if each.get("type") == _CLICK]
    return {
        "execute": _body(name, executed, clicks, consequence),
        "prefetch": _body(name, kept, [], consequence),
        "views": _body(name, kept, [_metric(each) for each in metrics], consequence),
    }


def _body(
    name: str, options: list[dict[str, Any]], metrics: list[dict[str, Any]], consequence: Mapping[str, Any]
) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "options": options}
    if metrics:
        made["metrics"] = metrics
    if consequence.get("analytics"):
        made["analytics"] = consequence["analytics"]
    return made


def _option(tree: Mapping[str, Any], token: Any, told: Mapping[str, Any]) -> dict[str, Any]:
    made = {name: tree[name] for name in ("type", "content") if tree.get(name) is not None}
    return {**made, **({"eventToken": token} if token else {}), "responseTokens": told}


def _event_token(option: Mapping[str, Any], metrics: Sequence[Mapping[str, Any]], index: int) -> Any:
    """An option's own token, else that of the display in its place."""
    own = option.get("eventToken")
    if own or index >= len(metrics) or metrics[index].get("type") != _DISPLAY:
        return own
    return metrics[index].get("eventToken")


def _metric(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tree[name] for name in ("type", "selector", "eventToken") if tree.get(name) is not None}


def _has_macros(option: Mapping[str, Any]) -> bool:
    kind, content = option.get("type"), option.get("content")
    if kind == "actions" and isinstance(content, list):
        return any(isinstance(each, dict) and _is_template(each.get("content")) for each in content)
    return kind == "html" and _is_template(content)


def _filled(option: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """An option with the macros of its text filled in, as of the texts of its actions."""
    if not _has_macros(option):
        return option
    if option["type"] == "html":
        return macros.filled(option, values)
    content = [
        macros.action(each, values) if isinstance(each, dict) and _is_template(each.get("content")) else each
        for each in option["content"]
    ]
    return {**option, "content": content}


def _is_template(content: Any) -> bool:
    return isinstance(content, str) and _MACRO.search(content) is not None


def _object(tree: Mapping[str, Any], member: str, at: str) -> Mapping[str, Any]:
    found = tree.get(member)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ArtifactError(f"{at}/{member}: expected an object")
    return found


def _objects(tree: Mapping[str, Any], member: str, at: str) -> list[Mapping[str, Any]]:
    found = tree.get(member)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ArtifactError(f"{at}/consequence/{member}: expected a list of objects")
    return found
