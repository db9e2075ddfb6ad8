"""Bearers: who a secret is, whether it is a token of this server's or a JWT of the issuer that it trusts."""

from __future__ import annotations

from offerd.services.tokens import Token, TokenService
from offerd.services.trust.issuer import Issuer


class Bearers:
    """Everybody who may call.

    Args:
        tokens: this server's own tokens.
        issuer: whose JWTs are trusted.
    """

    def __init__(self, tokens: TokenService, issuer: Issuer) -> None:
        self._tokens = tokens
        self._issuer = issuer

    async def token(self, secret: str) -> Token | None:
        """What a secret may do; None where it is nobody's. A JWT is given as the token that it stands for."""
        return self._tokens.authenticate(secret) or await self._issuer.token(secret)
