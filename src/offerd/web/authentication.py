"""Who calls: bearer tokens, their scopes, and the workspace a request is for."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from secrets import compare_digest

from offerd.apis.errors import ForeignWorkspace, MissingScope, Unauthenticated
from offerd.apis.operation import Caller
from offerd.services.house import House
from offerd.services.workspaces import DEFAULT

#: The header in which an administrator names another workspace than the token's.
WORKSPACE_HEADER = "offerd-workspace"

#: The id of the caller that is this process itself.
LOCAL = "local"

_BEARER = (("www-authenticate", 'Bearer realm="offerd"'),)
_BASIC = (("www-authenticate", 'Basic realm="offerd"'), *_BEARER)

_ANYONE = Caller(id="", name="", workspace=DEFAULT, scopes=frozenset())


class Authentication:
    """Finds the caller of a request.

    Args:
        house: the services.
        local_secret: a bearer token of this process alone, with scope admin; none where None.
    """

    def __init__(self, house: House, local_secret: str | None = None) -> None:
        self._house = house
        self._local = None if local_secret is None else local_secret.encode()

    async def caller(self, headers: Mapping[str, str], scope: str, *, basic: bool = False) -> Caller:
        """Who calls, for which workspace.

        Args:
            headers: of the request, names in lower case.
            scope: what is needed; `public` needs no token.
            basic: whether the token may also be the user name of Basic authentication, with an empty password.

        Raises:
            Unauthenticated: there is no token, or it is unknown or revoked.
            MissingScope: the token has neither `scope` nor `admin`.
            ForeignWorkspace: a token without `admin` names another workspace than its own.
            NotFound: an administrator names a workspace that is not there.
        """
        if scope == "public":
            return _ANYONE
        secret = _secret(headers.get("authorization", ""), basic=basic)
        found = await self._known(secret) if secret else None
        if found is None:
            why = "The token is not known, or was revoked" if secret else "The request carries no token"
            raise Unauthenticated(why, _BASIC if basic else _BEARER)
        if not found.may(scope):
            lacking = (("www-authenticate", f'Bearer realm="offerd", error="insufficient_scope", scope="{scope}"'),)
            raise MissingScope(f"The token does not have the scope {scope}", lacking)
        named = headers.get(WORKSPACE_HEADER)
        if named is None or named == found.workspace:
            return found
        if "admin" not in found.scopes:
            raise ForeignWorkspace("The token is of another workspace than the one that the request names")
        workspace = self._house.workspaces.get(named).id
        return Caller(id=found.id, name=found.name, workspace=workspace, scopes=found.scopes)

    async def _known(self, secret: str) -> Caller | None:
        if self._local is not None and compare_digest(secret.encode(), self._local):
            return Caller(id=LOCAL, name=LOCAL, workspace=DEFAULT, scopes=frozenset(("admin",)))
        token = await self._house.bearers.token(secret)
        if token is None:
            return None
        return Caller(
            id=token.id,
            name=token.name,
            workspace=token.workspace,
            scopes=frozenset(token.scopes),
            subject=token.subject,
        )


def _secret(authorization: str, *, basic: bool) -> str:
    """The token's secret: what follows `Bearer`, or the user name of Basic authentication; empty where none is."""
    kind, _, given = authorization.partition(" ")
    secret = given.strip()
    if basic and kind.lower() == "basic":
        return _user(secret)
    return secret if kind.lower() == "bearer" else ""


def _user(encoded: str) -> str:
    """The user name of Basic credentials whose password is empty; nothing where they are none."""
    try:
        name, _, password = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # neither base64 nor UTF-8
        return ""
    return "" if password else name
