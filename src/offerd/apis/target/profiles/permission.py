"""Who may read and write attributes of visitors: whoever has a token for it, unless the settings let everybody."""

from __future__ import annotations

from offerd.apis.errors import MissingScope, Unauthenticated
from offerd.apis.operation import Call

_SCOPE = "profiles"
_CHALLENGE = (("www-authenticate", 'Bearer realm="offerd"'),)


async def permit(call: Call, workspace: str) -> None:
    """Lets a call pass, or not.

    Raises:
        Unauthenticated: it has no bearer token, or one that is not known.
        MissingScope: its token is for something else, or of another workspace.
    """
    if call.house.settings.target_profiles_public:
        return
    kind, _, secret = call.headers.get("authorization", "").partition(" ")
    token = await call.house.bearers.token(secret.strip()) if kind.lower() == "bearer" else None
    if token is None:
        raise Unauthenticated("The request carries no bearer token that is known here", _CHALLENGE)
    if "admin" not in token.scopes and (_SCOPE not in token.scopes or token.workspace != workspace):
        raise MissingScope(f"The token does not have the scope {_SCOPE} in this client's workspace")
