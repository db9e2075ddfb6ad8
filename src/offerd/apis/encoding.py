"""Content codings: what a client takes an answer in."""

from __future__ import annotations

import re

_NOT = re.compile(r"q=0(\.0*)?")


def takes_gzip(accepted: str) -> bool:
    """Whether an `Accept-Encoding` takes gzip."""
    for each in accepted.lower().split(","):
        coding, _, quality = each.partition(";")
        if coding.strip() in {"gzip", "*"}:
            return _NOT.fullmatch(quality.replace(" ", "")) is None
    return False
