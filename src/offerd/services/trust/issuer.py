"""The issuers whose JWTs are trusted: what a token has to be, and what it may do here."""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
from typing import Any, NamedTuple

import msgspec
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from offerd.model import json
from offerd.model.person import Identity
from offerd.services.clock import Clock
from offerd.services.errors import NotFound
from offerd.services.tokens import SCOPES, USER, Token
from offerd.services.trust.parties import Party, parties
from offerd.services.workspaces import DEFAULT, WorkspaceService
from offerd.settings import Settings

#: The longest JWT, in characters.
LONGEST = 16_384

_LONGEST_HEADER = 4_096
_LONGEST_KID = 255
_LONGEST_SUBJECT = 1_024
_LONGEST_NAME = 255
_DEPTH = 16
_PARTS = 3
_SECOND = 1_000_000
#: Characters of the name under which the log knows somebody.
_SHORT = 16


class _Read(NamedTuple):
    """A JWT that is well formed; nothing has been checked of it."""

    algorithm: str
    kid: str | None
    claims: dict[str, Any]


class _Registry(JWSRegistry):
    """What joserfc checks of a header: `crit`, and the types of the members that it knows.

    Its own warning about the name `EdDSA` is for those who sign: here that name means Ed25519 alone.
    """

    max_header_length = _LONGEST_HEADER

    def get_alg(self, name: str) -> Any:
        """An algorithm that is allowed."""
        if not self.allowed or name not in self.allowed:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


class Issuer:
    """Trusts the JWTs of the issuers that the settings name; without one, none.

    Args:
        settings: those that begin with `jwt_`.
        clock: tells the time.
        workspaces: which a claim may lead to.

    Raises:
        SettingsError: they do not fit together.
    """

    def __init__(self, settings: Settings, clock: Clock, workspaces: WorkspaceService) -> None:
        self._settings = settings
        self._clock = clock
        self._workspaces = workspaces
        self._parties = parties(settings, clock)
        self._allowed = frozenset(settings.jwt_algorithms.split())
        self._scopes = frozenset(settings.jwt_scopes.split())
        self._registry = _Registry(algorithms=self._allowed, strict_check_header=False)

    async def close(self) -> None:
        """Ends what is under way."""
        for party in self._parties.values():
            await party.ring.close()

    async def token(self, secret: str) -> Token | None:
        """The token that a JWT stands for; None where it is none, or none that is trusted."""
        if not self._parties or len(secret) > LONGEST or secret.count(".") != _PARTS - 1:
            return None
        read = _read(secret)
        # What can be refused without a key is, so that nobody has the keys looked at for nothing.
        if read is None or read.algorithm not in self._allowed:
            return None
        party = self._party(read.claims)
        if party is None or not self._holds(read.claims, party):
            return None
        key = await party.ring.find(read.kid, read.algorithm)
        if key is None:
            return None
        try:
            jws.deserialize_compact(secret, key.key, algorithms=[read.algorithm], registry=self._registry)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            return None
        return self._token(read.claims, party)

    def _party(self, claims: dict[str, Any]) -> Party | None:
        """Whose a token says that it is; its signature has to be by a key of theirs."""
        issuer = claims.get("iss")
        return self._parties.get(issuer) if isinstance(issuer, str) else None

    def _holds(self, claims: dict[str, Any], party: Party) -> bool:
        """Whether issuer, audience and times are right."""
        registry = JWTClaimsRegistry(
            now=self._clock.now() // _SECOND,
            leeway=self._settings.jwt_skew,
            iss={"essential": True, "value": party.issuer},
            aud={"essential": True, "value": party.audience},
            exp={"essential": True},
        )
        try:
            registry.validate(claims)
        except (JoseError, ValueError, TypeError, OverflowError):
            return False
        return all(math.isfinite(claims[name]) for name in ("exp", "nbf", "iat") if isinstance(claims.get(name), float))

    def _token(self, claims: dict[str, Any], party: Party) -> Token | None:
        """What a JWT may do here: the scopes that it lists and the settings allow; its own offers, in any case."""
        subject, workspace = claims.get(self._settings.jwt_subject_claim), self._workspace(claims)
        if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or workspace is None:
            return None
        listed = claims.get(self._settings.jwt_scope_claim)
        named = listed.split() if isinstance(listed, str) else listed if isinstance(listed, list) else []
        allowed = {USER} | {each for each in named if isinstance(each, str)}
        # Who it is, as far as logs and kept answers may know it: not by name.
        known = hashlib.sha256(f"{party.issuer}\0{subject}".encode(errors="replace")).hexdigest()
        return Token(
            id=f"jwt-{known[:_SHORT]}",
            workspace=workspace,
            name=subject[:_LONGEST_NAME],
            scopes=[scope for scope in SCOPES if scope in allowed & self._scopes],
            subject=Identity(namespace=party.namespace, id=subject),
        )

    def _workspace(self, claims: dict[str, Any]) -> str | None:
        if not self._settings.jwt_workspace_claim:
            return DEFAULT
        key = claims.get(self._settings.jwt_workspace_claim)
        if not isinstance(key, str):
            return None
        try:
            return self._workspaces.get(key).id
        except NotFound:
            return None


def _read(secret: str) -> _Read | None:
    """A JWT as far as it can be read without a key."""
    header, payload, _ = secret.split(".")
    if len(header) > _LONGEST_HEADER:
        return None
    top, claims = _object(header), _object(payload)
    if top is None or claims is None:
        return None
    algorithm, kid = top.get("alg"), top.get("kid")
    if not isinstance(algorithm, str) or not (kid is None or (isinstance(kid, str) and len(kid) <= _LONGEST_KID)):
        return None
    # No extension is understood here; a payload that is not encoded would be another text than the one that is read.
    if "crit" in top or top.get("b64", True) is not True:
        return None
    return _Read(algorithm, kid, claims)


def _object(encoded: str) -> dict[str, Any] | None:
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        found = json.loads(raw, depth=_DEPTH)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None
    return found if isinstance(found, dict) else None
