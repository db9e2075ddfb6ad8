"""What an item shows, as options: HTML, JSON, a redirect, or actions on a page."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from offerd.model import json
from offerd.model.decision import Component

#: Actions as they are on the wire, and what sort of content each has.
ACTIONS: Mapping[str, type] = {
    "setHtml": str, "setText": str, "appendHtml": str, "prependHtml": str, "replaceHtml": str, "insertBefore": str,
    "insertAfter": str, "customCode": str, "setAttribute": dict, "setImageSource": str, "setStyle": dict,
    "resize": dict, "move": dict, "remove": object, "rearrange": dict, "redirect": str,
}  # fmt: skip


class Option(NamedTuple):
    """One option.

    Attributes:
        type: `html`, `json`, `redirect`, `dynamic` or `actions`.
        content: text, JSON, or a list of actions.
        component: what it was made of, the first where several.
        macros: whether its macros are to be filled in.
    """

    type: str
    content: Any
    component: Component
    macros: bool = False


def options(components: list[Component]) -> list[Option]:
    """The options of an item, in the order of its components; all its actions are one option.

    A component that holds the place and shows nothing has none, nor has one of a type that this wire cannot say.
    """
    made: list[Option] = []
    actions: list[Any] = []
    first: Component | None = None
    macros = False
    for component in components:
        changes = list(_actions(component))
        if changes:
            if first is None:
                first = component
                made.append(Option("actions", actions, component))
            actions += changes
            macros = macros or component.template == "macros"
        elif component.locator is None and (one := _option(component)) is not None:
            made.append(one)
    return [each._replace(macros=macros) if each.type == "actions" else each for each in made]


def _option(component: Component) -> Option | None:
    body = component.body
    macros = component.template == "macros"
    if component.type in {"html", "redirect", "dynamic"} and isinstance(body, str) and body.strip():
        return Option(component.type, body, component, macros)
    if component.type == "text" and isinstance(body, str) and body:
        return Option("html", html.escape(body), component, macros)
    if component.type == "json" and body is not None:
        return Option("json", _parsed(body), component)
    return None


def _actions(component: Component) -> Iterator[dict[str, Any]]:
    """The actions of a component: its own, or what it shows at the selector that it names."""
    if component.type == "actions":
        body = component.body
        for each in body if isinstance(body, list) else [body]:
            action = _action(each, component.locator)
            if action is not None:
                yield action
    elif component.locator is not None and isinstance(component.body, str):
        kind = {"html": "setHtml", "text": "setText", "image": "setImageSource"}.get(component.type)
        if kind is not None:
            yield _with_selector({"type": kind, "content": component.body}, component.locator)


def _action(tree: Any, locator: str | None) -> dict[str, Any] | None:
    """An action that a page can carry out; None for what is none."""
    if not isinstance(tree, dict):
        return None
    kind = tree.get("type")
    wanted = ACTIONS.get(kind) if isinstance(kind, str) else None
    selector = tree.get("selector") or locator
    if wanted is None or not isinstance(tree.get("content"), wanted):
        return None
    if kind == "redirect":
        return dict(tree)
    return _with_selector(tree, selector) if isinstance(selector, str) and selector else None


def _with_selector(tree: Mapping[str, Any], selector: str) -> dict[str, Any]:
    return {**tree, "selector": selector, "cssSelector": tree.get("cssSelector") or selector}


def _parsed(body: Any) -> Any:
    """The value of JSON that is kept as text."""
    if not isinstance(body, str):
        return body
    try:
        return json.loads(body)
    except json.Malformed:
        return body
