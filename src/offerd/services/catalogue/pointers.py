"""JSON pointers into what an author wrote, which may be shorter than what it means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from offerd.model.codec import REQUIRED, Fault


def nearest(document: Any, faults: Sequence[Fault]) -> list[Fault]:
    """Faults whose pointers are cut back to where they lead to something in the document.

    `eligible: age >` is short for `{eligible: {pql: age >}}`: what is wrong at `/eligible/pql` is at `/eligible`. A
    member that is missing keeps its name.
    """
    return [msgspec.structs.replace(fault, pointer=_nearest(document, fault)) for fault in faults]


def _nearest(document: Any, fault: Fault) -> str:
    found, value = "", document
    tokens = fault.pointer.split("/")[1:]
    for index, token in enumerate(tokens):
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, dict) and key == "0":
            continue  # one component stands for a list of one
        elif isinstance(value, dict) and fault.message == REQUIRED and index == len(tokens) - 1:
            value = None
        else:
            break
        found += f"/{token}"
    return found
