"""Macros in content, such as `${campaign.name}` and `${mbox.name}`; what they stand for never becomes markup."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

_MACRO = re.compile(r"\$\{([a-zA-Z0-9_.]*?)\}")
_OLD = {"campaign": "activity", "recipe": "experience"}
_RESERVED = ":/?#[]@!$&'()*+,;=%"
#: What browsers do not see of an address, and how one begins that runs a script.
_UNSEEN = re.compile(r"[\x00-\x20]")
_RUNS = re.compile(r"javascript:|vbscript:|data:[^,]*(?:html|xml)", re.IGNORECASE)

#: Actions whose content is HTML.
_HTML = frozenset(
    ("setHtml", "appendHtml", "prependHtml", "replaceHtml", "insertBefore", "insertAfter", "customCode")
)

Escape = Callable[[str], str]


def filled(option: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """An option with its macros filled in; JSON has none.

    Args:
        option: of a response.
        values: by name; a macro that stands for nothing here stays as it is.
    """
    content = option["content"]
    if option["type"] == "actions":
        return {**option, "content": [action(each, values) for each in content]}
    if isinstance(content, str) and option["type"] != "json":
        return {**option, "content": text(content, values, _markup if option["type"] == "html" else _address)}
    return dict(option)


def text(template: str, values: Mapping[str, Any], escape: Escape | None = None) -> str:
    """Text with its macros filled in; as markup unless `escape` says otherwise."""
    escaped = escape or _markup

    def value(found: re.Match[str]) -> str:
        known = values.get(key(found[1]))
        return found[0] if known is None or isinstance(known, (dict, list)) else escaped(str(known))

    return _MACRO.sub(value, template)


def key(macro: str) -> str:
    """The name of the value that a macro stands for."""
    parts = [_OLD.get(part, part) for part in macro.split(".")][-2:]
    return ".".join(part for part in parts if part != "mbox")


def action(tree: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """An action with its macros filled in."""
    content = tree.get("content")
    escape = _markup if tree.get("type") in _HTML else _plain
    if tree.get("type") in {"redirect", "setImageSource"}:
        escape = _address
    if isinstance(content, str):
        return {**tree, "content": text(content, values, escape)}
    if isinstance(content, dict):
        inside = {
            name: text(each, values, _attribute(name)) if isinstance(each, str) else each
            for name, each in content.items()
        }
        return {**tree, "content": inside}
    return dict(tree)


def _attribute(name: str) -> Escape:
    """How a value is written into an attribute: one that browsers run or follow takes none of its own syntax."""
    low = name.lower()
    if low.startswith("on") or low in {"style", "srcdoc"}:
        return lambda value: quote(value, safe=" ")
    return _address if low in {"href", "src", "action", "formaction", "data", "xlink:href"} else _plain


def _markup(value: str) -> str:
    """Text in markup; nothing of it ends the string of a script that it stands in, and no address of it runs one."""
    if _RUNS.match(_UNSEEN.sub("", value)):
        value = value.replace(":", "%3A", 1)
    return html.escape(value).replace("\\", "&#92;").replace("`", "&#96;")


def _plain(value: str) -> str:
    return value


def _address(value: str) -> str:
    """A part of an address, in which a scheme that runs something is none."""
    return quote(value, safe=_RESERVED if re.match(r"https?://|/(?!/)", value, re.IGNORECASE) else "")
