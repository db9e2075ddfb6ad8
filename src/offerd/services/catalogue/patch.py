"""JSON Patch (RFC 6902) and merge patch (RFC 7396) of trees of plain values."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import jsonpatch
import jsonpointer

from offerd.model import json
from offerd.model.codec import Fault
from offerd.services.errors import InvalidDocument, Unprocessable

#: Operations in one patch.
MOST_OPERATIONS = 1_000

#: Bytes of JSON that the copies and moves of one patch may handle together.
MOST_COPIED = 8_388_608

#: How deeply a patched document may nest.
_DEPTH = 128

_NEEDS = {
    "add": "value",
    "replace": "value",
    "test": "value",
    "copy": "from",
    "move": "from",
    "remove": None,
}


def patched(tree: Any, operations: Any) -> Any:
    """A tree with a JSON Patch applied; the tree that is handed in stays as it is.

    Raises:
        InvalidDocument: the patch is malformed or does not fit; pointers are into the patch.
        Unprocessable: a `test` failed.
    """
    _check(operations)
    result, left = copy.deepcopy(tree), MOST_COPIED
    for index, operation in enumerate(operations):
        if "from" in operation and operation["op"] in {"copy", "move"}:
            left -= _cost(result, operation, index)
            if left < 0:
                raise InvalidDocument([Fault(f"/{index}", f"copies more than {MOST_COPIED} bytes in all")])
        result = _apply(result, operation, index)
    return result


def merged(tree: Any, patch: Any) -> Any:
    """A tree with a merge patch applied: null removes, objects merge, anything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(tree) if isinstance(tree, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def _check(operations: Any) -> None:
    if not isinstance(operations, list):
        raise InvalidDocument([Fault("", "a JSON Patch is a list of operations")])
    if len(operations) > MOST_OPERATIONS:
        raise InvalidDocument([Fault("", f"a patch has at most {MOST_OPERATIONS} operations")])
    faults = [fault for index, one in enumerate(operations) for fault in _faults(one, f"/{index}")]
    if faults:
        raise InvalidDocument(faults)


def _faults(operation: Any, at: str) -> list[Fault]:
    if not isinstance(operation, Mapping):
        return [Fault(at, "an operation is an object")]
    name = operation.get("op")
    if not isinstance(name, str) or name not in _NEEDS:
        return [Fault(f"{at}/op", f"expected one of {', '.join(_NEEDS)}")]
    needed = ["path", *([need] if (need := _NEEDS[name]) else [])]
    missing = [Fault(f"{at}/{member}", "is required") for member in needed if member not in operation]
    return missing + [
        Fault(f"{at}/{member}", "expected a JSON pointer, such as /name")
        for member in ("path", "from")
        if member in operation and not _is_pointer(operation[member])
    ]


def _is_pointer(value: Any) -> bool:
    try:
        jsonpointer.JsonPointer(value)
    except (jsonpointer.JsonPointerException, TypeError, AttributeError):
        return False
    return True


def _cost(tree: Any, operation: Mapping[str, Any], index: int) -> int:
    """Bytes of what is copied, after a look at how deep it would lie."""
    try:
        value = jsonpointer.resolve_pointer(tree, operation["from"])
    except (jsonpointer.JsonPointerException, TypeError):
        return 0  # the operation itself says what is wrong
    text = json.dumps(value)
    if operation["path"].count("/") + _depth(value) > _DEPTH:
        raise InvalidDocument([Fault(f"/{index}/path", f"nests more than {_DEPTH} deep")])
    return len(text)


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level:
        depth += 1
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
        ]
    return depth


def _apply(tree: Any, operation: Mapping[str, Any], index: int) -> Any:
    try:
        return jsonpatch.JsonPatch([operation]).apply(tree, in_place=True)
    except jsonpatch.JsonPatchTestFailed:
        message = f"{operation['path'] or '/'} is not what the test expects"
        raise Unprocessable(message, f"/{index}") from None
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, IndexError) as error:
        raise InvalidDocument([Fault(f"/{index}", _sentence(operation, error))]) from None


def _sentence(operation: Mapping[str, Any], error: Exception) -> str:
    text = str(error).split("\n", 1)[0][:200]
    return f"cannot {operation['op']} {operation['path'] or '/'}: {text[:1].lower()}{text[1:]}"
