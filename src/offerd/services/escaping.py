"""How a value is written into text of a MIME type, so that it stays a value."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import msgspec

from offerd.model import json

#: Turns the text of a value into what may stand in the output; the flag says that it comes first in it.
Escape = Callable[[str, bool], str]

#: The MIME type of a component that names none, by the component's type.
BY_TYPE = {
    "html": "text/html",
    "text": "text/plain",
    "json": "application/json",
    "actions": "text/html",
    "image": "text/uri-list",
    "redirect": "text/uri-list",
    "markdown": "text/markdown",
    "xml": "application/xml",
}

_UNESCAPED = frozenset(("text/plain", "text/markdown", "text/csv", "text/tab-separated-values"))
_RESERVED = ":/?#[]@!$&'()*+,;=%"
_JSON_UNSAFE = re.compile("[<>&\u2028\u2029]")
_NOT_WORD = re.compile(r"[^A-Za-z0-9_ .,-]")


def mime_of(kind: str | None, written: str | None) -> str:
    """The MIME type of a component: what was written, else by its type, else HTML, which escapes most."""
    return (written or BY_TYPE.get(kind or "", "text/html")).split(";", 1)[0].strip().lower()


def is_json(mime: str) -> bool:
    """Whether text of this type is JSON."""
    return mime == "application/json" or mime.endswith("+json")


def is_markup(mime: str) -> bool:
    """Whether text of this type is escaped as HTML is; unknown types are, because that escapes most."""
    return escape_for(mime) is _markup


def escape_for(mime: str) -> Escape:
    """The way to write a value into text of a MIME type."""
    if is_json(mime):
        return _json
    if mime in _UNESCAPED:
        return _as_it_is
    if mime == "text/uri-list":
        return _uri
    if mime in {"text/javascript", "application/javascript"}:
        return _javascript
    return _css if mime == "text/css" else _markup


def text_of(value: Any) -> str:
    """The text of a value in a template: nothing for null, JSON for objects and lists."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return json_text(value) if isinstance(value, (dict, list, tuple, float, int)) else str(value)


def json_text(value: Any) -> str:
    """JSON text of a value in a template; what has no JSON form is the text of it."""
    return _ENCODER.encode(value).decode()


def _encode_other(value: Any) -> Any:
    if isinstance(value, json.Spelled):
        return msgspec.Raw(value.text.encode())
    return float(value) if isinstance(value, float) else str(value)


_ENCODER = msgspec.json.Encoder(enc_hook=_encode_other)


def _as_it_is(text: str, _first: bool) -> str:
    return text


def _markup(text: str, _first: bool) -> str:
    return html.escape(text)


def _json(text: str, _first: bool) -> str:
    """The inside of a JSON string; also harmless in a script element."""
    return json_in_page(json_text(text)[1:-1])


def json_in_page(text: str) -> str:
    """JSON text in which nothing can close the element that holds it."""
    return _JSON_UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _uri(text: str, first: bool) -> str:
    """A part of an address; one that comes first and is an address itself stays one."""
    if first and re.match(r"https?://|/", text, re.IGNORECASE):
        return quote(text, safe=_RESERVED)
    return quote(text, safe="")


def _javascript(text: str, _first: bool) -> str:
    return _NOT_WORD.sub(lambda found: "".join(f"\\u{unit:04x}" for unit in _units(found[0])), text)


def _units(char: str) -> list[int]:
    code = char.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(code[at : at + 2]) for at in range(0, len(code), 2)]


def _css(text: str, _first: bool) -> str:
    return _NOT_WORD.sub(lambda found: f"\\{ord(found[0]):06x}", text)
