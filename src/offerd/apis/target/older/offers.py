"""Options in the older wire's words: offers, with actions as its clients carry them out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

#: Actions that only have another name.
_RENAMED = {
    "setHtml": "setContent",
    "appendHtml": "appendContent",
    "prependHtml": "prependContent",
    "replaceHtml": "replaceContent",
    "insertBefore": "insertBefore",
    "insertAfter": "insertAfter",
    "customCode": "customCode",
}


def offers(options: Sequence[Mapping[str, Any]], metrics: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The offers of an mbox; what is to be told of clicks stands with the last."""
    made = [_offer(option) for option in options]
    tracked = [
        {"action": "trackClick", "clickTrackId": each["eventToken"], **_at(each)} for each in metrics if _at(each)
    ]
    if tracked:
        made.append({"actions": tracked})
    plain = [each["eventToken"] for each in metrics if not _at(each)]
    if plain:
        if not made:
            made.append({})
        made[-1]["clickToken"] = plain[0]
        made += [{"clickToken": token} for token in plain[1:]]
    return made


def _offer(option: Mapping[str, Any]) -> dict[str, Any]:
    content, tokens = option["content"], option.get("responseTokens")
    made: dict[str, Any]
    if option["type"] == "actions":
        made = {"actions": [one for each in content for one in actions(each)]}
    elif option["type"] == "dynamic":
        made = {"dynamic": {"url": content, "params": []}}
    else:
        made = {option["type"]: content}
    return made | ({"responseTokens": tokens} if tokens else {})


def actions(action: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """An action as older clients know it; one that changes several attributes or properties is one for each."""
    kind, content, at = action["type"], action.get("content"), _at(action)
    if kind in _RENAMED:
        yield {"action": _RENAMED[kind], **at, "content": content}
    elif kind == "setText":
        yield {"action": "setContent", **at, "content": content, "contentType": "text"}
    elif kind == "setImageSource":
        yield {"action": "setAttribute", **at, "attribute": "src", "value": content}
    elif kind == "redirect":
        yield {"action": "redirect", "url": content}
    elif kind == "remove":
        yield {"action": "remove", **at}
    elif isinstance(content, dict):
        yield from _with_members(kind, at, content)


def _with_members(kind: str, at: Mapping[str, Any], content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if kind == "setAttribute":
        for name, value in content.items():
            yield {"action": kind, **at, "attribute": name, "value": value}
    elif kind == "setStyle":
        priority = {"priority": content["priority"]} if "priority" in content else {}
        for name, value in content.items():
            if name != "priority":
                yield {"action": kind, **at, "property": name, "value": value, **priority}
    elif kind == "resize":
        yield {"action": kind, **at, "finalHeight": content.get("height"), "finalWidth": content.get("width")}
    elif kind == "move":
        left = {"finalLeftPosition": content.get("left"), "finalTopPosition": content.get("top")}
        position = {"position": content["position"]} if "position" in content else {}
        yield {"action": kind, **at, **left, **position}
    elif kind == "rearrange":
        yield {"action": kind, **at, "from": content.get("from"), "to": content.get("to")}


def _at(tree: Mapping[str, Any]) -> dict[str, Any]:
    selector = tree.get("selector")
    return {"selector": selector, "cssSelector": tree.get("cssSelector") or selector} if selector else {}
