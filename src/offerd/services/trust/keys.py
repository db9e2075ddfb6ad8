"""Public keys of a JSON Web Key Set: those that can check a signature, and nothing else of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from offerd.model import json

Key: TypeAlias = RSAKey | ECKey | OKPKey

#: What each signature needs: the type of the key, and its curve.
ALGORITHMS: dict[str, tuple[str, str | None]] = {
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "RS512": ("RSA", None),
    "PS256": ("RSA", None),
    "PS384": ("RSA", None),
    "PS512": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}

_TYPES: dict[str, type[Key]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}

#: Members that make a key, by its type; the private ones are left where they are.
_MEMBERS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}

_LEAST_BITS = 2_048
_MOST_BITS = 8_192
_MOST_KEYS = 200
_DEPTH = 6


class WrongKeys(Exception):
    """What was read is no set of keys."""


class PublicKey(msgspec.Struct, frozen=True):
    """A key.

    Attributes:
        kid: its name; None where it has none.
        kind: its type.
        curve: of a key on one.
        algorithm: the only one that it is for; None where it does not say.
        key: itself.
    """

    kid: str | None
    kind: str
    curve: str | None
    algorithm: str | None
    key: Key

    def fits(self, algorithm: str) -> bool:
        """Whether it can check such a signature."""
        kind, curve = ALGORITHMS[algorithm]
        return (self.kind, self.curve) == (kind, curve) and self.algorithm in {None, algorithm}


def keys_of(raw: bytes) -> list[PublicKey]:
    """The public keys for signatures in a set; others are left out.

    Raises:
        WrongKeys: it is no set of keys, or has none of use.
    """
    try:
        tree = json.loads(raw, depth=_DEPTH)
    except json.Malformed:
        raise WrongKeys("it is no JSON") from None
    listed = tree.get("keys") if isinstance(tree, dict) else None
    if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
        raise WrongKeys(f"it has no list of at most {_MOST_KEYS} keys")
    found = [key for each in listed if isinstance(each, dict) and (key := _key(each)) is not None]
    if not found:
        raise WrongKeys("it has no public key for signatures")
    return found


def chosen(keys: Sequence[PublicKey], kid: str | None, algorithm: str) -> PublicKey | None:
    """The key for a signature: the one of the name that is given, or the only one that fits where none is."""
    found = [each for each in keys if each.fits(algorithm) and (kid is None or each.kid == kid)]
    return found[0] if len(found) == 1 or (found and kid is not None) else None


def _key(tree: dict[str, Any]) -> PublicKey | None:
    kind, kid, algorithm = tree.get("kty"), tree.get("kid"), tree.get("alg")
    uses = tree.get("key_ops", ["verify"])
    if not isinstance(kind, str) or kind not in _TYPES or tree.get("use", "sig") != "sig":
        return None
    if not isinstance(uses, list) or "verify" not in uses:
        return None
    members = {name: tree.get(name) for name in _MEMBERS[kind]}
    if not all(isinstance(each, str) for each in (*members.values(), kid or "", algorithm or "")):
        return None
    try:
        # Types were checked above; whatever else is wrong with a key, it is left out.
        key: Any = _TYPES[kind].import_key({"kty": kind, **members})  # type: ignore[dict-item]
        bits = key.public_key.key_size if kind == "RSA" else _LEAST_BITS
    except (JoseError, ValueError, TypeError, KeyError, OverflowError):
        return None
    if not _LEAST_BITS <= bits <= _MOST_BITS:
        return None
    curve = members.get("crv")
    return PublicKey(kid, kind, curve, algorithm, key)
