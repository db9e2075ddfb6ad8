"""Reading an artifact, plain or obfuscated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offerd.apis.target.on_device import obfuscation
from offerd.model import json

#: The major version of artifacts that this understands.
MAJOR = 1

#: What artifacts begin with that are obfuscated, whatever the version of that form.
_OBFUSCATED = obfuscation.HEADER.partition(b":")[0]
#: A rule of 100 operators within each other is twice as many objects and lists.
_DEPTH = 400


class ArtifactError(ValueError):
    """Something that is no artifact which can be decided from."""


def load(data: bytes, organisation: str | None = None) -> Mapping[str, Any]:
    """An artifact, checked.

    Args:
        data: of `rules.json`, or of `rules.bin`.
        organisation: the organisation's id, without which the second form cannot be read.

    Raises:
        ArtifactError: it is neither, is of another major version, or the organisation is missing or another one.
    """
    hidden = data.startswith(_OBFUSCATED)
    try:
        tree = json.loads(_revealed(data, organisation) if hidden else data, depth=_DEPTH)
    except json.Malformed as wrong:
        hint = "; is it another organisation's?" if hidden else ""
        raise ArtifactError(f"The artifact is not JSON: {wrong}{hint}") from None
    return checked(tree)


def _revealed(data: bytes, organisation: str | None) -> bytes:
    if not organisation:
        raise ArtifactError("The artifact is obfuscated: say the id of its organisation")
    try:
        return obfuscation.plain(data, organisation)
    except ValueError:
        raise ArtifactError("The artifact is obfuscated in a form that is not known") from None


def checked(tree: Any) -> Mapping[str, Any]:
    """An artifact's tree, which is of the major version 1 and has rules.

    Raises:
        ArtifactError: it is not, or has none.
    """
    if not isinstance(tree, dict):
        raise ArtifactError("The artifact is no object")
    version = tree.get("version")
    if not isinstance(version, str) or version.partition(".")[0] != str(MAJOR):
        raise ArtifactError(f"The artifact's version is {str(version)[:40]!r}; this understands {MAJOR}.x")
    if not isinstance(tree.get("meta", {}), dict):
        raise ArtifactError("/meta: expected an object")
    rules = tree.get("rules")
    if not isinstance(rules, dict):
        raise ArtifactError("/rules: expected an object")
    for kind in ("mboxes", "views"):
        if not isinstance(rules.get(kind, {}), dict):
            raise ArtifactError(f"/rules/{kind}: expected an object")
    return tree
