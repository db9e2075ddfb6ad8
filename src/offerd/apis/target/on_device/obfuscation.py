"""The form of artifacts that is not meant to be read: `ATOD:001`, a key of 32 characters, and the JSON under it.

Byte i of the JSON is combined (XOR) with byte i of the organisation's id and the key, repeated. This keeps nothing
secret.
"""

from __future__ import annotations

import hashlib

HEADER = b"ATOD:001"
KEY_LENGTH = 32


def obfuscated(body: bytes, organisation: str) -> bytes:
    """The form of an artifact that its organisation's clients read; always the same of the same.

    Args:
        body: the JSON.
        organisation: the organisation's id, as clients are configured with it.
    """
    key = hashlib.sha256(body).hexdigest()[:KEY_LENGTH].encode()
    return HEADER + key + _combined(body, organisation.encode() + key)


def plain(made: bytes, organisation: str) -> bytes:
    """The JSON in an artifact that `obfuscated` made.

    Raises:
        ValueError: it is none.
    """
    start = len(HEADER) + KEY_LENGTH
    if len(made) < start or not made.startswith(HEADER):
        raise ValueError("this is no obfuscated artifact")
    return _combined(made[start:], organisation.encode() + made[len(HEADER) : start])


def _combined(body: bytes, key: bytes) -> bytes:
    repeated = (key * (len(body) // len(key) + 1))[: len(body)]
    return (int.from_bytes(body) ^ int.from_bytes(repeated)).to_bytes(len(body))
