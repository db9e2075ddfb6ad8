"""Plain values as YAML, in one canonical form: the same values always give the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from offerd.model import json
from offerd.services.yaml_schema import resolved

#: The longest line that a list or mapping of scalars may share.
_WIDTH = 100

_INSIDE = r"[A-Za-z0-9_./$()+*=<>%&|@;'\"!?~^ {more}-]|:(?=[A-Za-z0-9_./])|(?<=[^ ])#"

#: Text that needs no quotes within a list or mapping on one line, and text that needs none on a line of its own:
#: nothing that YAML could take for a sign.
_PLAIN_FLOW = re.compile(f"[A-Za-z0-9_./$(+](?:{_INSIDE.replace('{more}', '')})*")
_PLAIN_BLOCK = re.compile(f"[A-Za-z0-9_./$(+](?:{_INSIDE.replace('{more}', ',{}' + re.escape('[]'))})*")

#: What only double quotes can hold.
_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def write_yaml(tree: Any) -> str:
    """A tree of plain values as YAML that `read_yaml` gives back, member by member and digit by digit."""
    if isinstance(tree, (dict, list)) and tree:
        return "\n".join(_block(tree, 0)) + "\n"
    return _flow(tree) + "\n"


def _block(value: Any, indent: int) -> Iterator[str]:
    """The lines of an object or list that is not empty."""
    pad = " " * indent
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _entry(f"{pad}{_key(key)}:", item, indent, top=indent == 0)
    else:
        for item in value:
            if isinstance(item, dict) and item and not _fits(item, indent + 2):
                first, *rest = _block(item, indent + 2)
                yield f"{pad}- {first[indent + 2 :]}"
                yield from rest
            else:
                yield from _entry(f"{pad}-", item, indent, top=False)


def _entry(head: str, item: Any, indent: int, *, top: bool) -> Iterator[str]:
    """A key or dash with its value: beside it where that is short, else below."""
    if isinstance(item, str) and _is_literal(item):
        yield f"{head} |{'' if item.endswith(chr(10)) else '-'}"
        yield from (f"{' ' * (indent + 2)}{line}" if line else "" for line in item.removesuffix("\n").split("\n"))
    elif not isinstance(item, (dict, list)) or not item or (not top and _fits(item, len(head) + 1)):
        yield f"{head} {_flow(item)}"
    else:
        yield head
        yield from _block(item, indent + 2)


def _fits(value: dict[str, Any] | list[Any], taken: int) -> bool:
    """Whether a collection is scalars only and short enough for what is left of the line."""
    items = value.values() if isinstance(value, dict) else value
    if any((isinstance(item, (dict, list)) and item) or (isinstance(item, str) and "\n" in item) for item in items):
        return False
    return taken + sum(len(str(item)) + 2 for item in items) <= _WIDTH and taken + len(_flow(value)) <= _WIDTH


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _scalar(value, _PLAIN_FLOW)


def _key(text: str) -> str:
    """A key; those that look like a number or a boolean are text all the same."""
    return text if _is_plain(text, _PLAIN_FLOW) else _quoted(text)


def _scalar(value: Any, plain: re.Pattern[str]) -> str:
    if not isinstance(value, str):
        return _flow(value) if isinstance(value, (dict, list)) else json.dumps(value).decode()
    return value if _is_plain(value, plain) and isinstance(resolved(value), str) else _quoted(value)


def _is_plain(text: str, plain: re.Pattern[str]) -> bool:
    return plain.fullmatch(text) is not None and not text.endswith(" ") and text not in {".", "..."}


def _is_literal(text: str) -> bool:
    """Whether text of several lines can stand as it is, below its key."""
    if "\n" not in text or _UNPRINTABLE.search(text) or text.endswith("\n\n"):
        return False
    return not text.startswith((" ", "\n", "\t")) and not any(line != line.rstrip() for line in text.split("\n"))


def _quoted(text: str) -> str:
    written = json.dumps(text).decode()
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
