"""The page client: offerd.js as it is kept, and as it is served."""

from __future__ import annotations

import base64
import gzip
import hashlib
from functools import cache
from importlib.resources import files

import msgspec
import rjsmin

import offerd

_HERE = files("offerd.browser")


class PageClient(msgspec.Struct, frozen=True, kw_only=True):
    """The script that pages load.

    Attributes:
        version: of this release.
        served: its bytes, without comments and blanks; names stay as they are in the source.
        compressed: the same, in gzip.
        integrity: what a page names in `integrity`, so that a browser runs nothing else.
    """

    version: str
    served: bytes
    compressed: bytes
    integrity: str


@cache
def page_client() -> PageClient:
    """The script of this release."""
    served = rjsmin.jsmin(source()).encode()
    digest = base64.b64encode(hashlib.sha384(served).digest()).decode()
    return PageClient(
        version=offerd.__version__,
        served=served,
        compressed=gzip.compress(served, 9, mtime=0),
        integrity=f"sha384-{digest}",
    )


def source() -> str:
    """The script as it was written."""
    return _HERE.joinpath("offerd.js").read_text(encoding="utf-8")


def types() -> bytes:
    """Its types, for TypeScript."""
    return _HERE.joinpath("offerd.d.ts").read_bytes()
