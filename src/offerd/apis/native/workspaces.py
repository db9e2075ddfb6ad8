"""Routes of workspaces and tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from offerd.apis.operation import JSON, Answer, Call, Operations, Payload, answer
from offerd.model import codec
from offerd.model.person import Identity
from offerd.model.place import Workspace
from offerd.services.tokens import Token

operations = Operations("Workspaces and tokens")


class Workspaces(msgspec.Struct, frozen=True):
    """Every workspace.

    Attributes:
        items: in the order of their ids.
    """

    items: list[Workspace]


class NewToken(msgspec.Struct, kw_only=True, frozen=True):
    """A token to be made.

    Attributes:
        name: for people; the author of what it writes.
        scopes: what it may do: `decide`, `interact`, `profiles`, `catalogue:read`, `catalogue:write`, `user`, `admin`.
        subject: the one person that it speaks for; with the scope `user` alone.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    scopes: Annotated[list[str], msgspec.Meta(min_length=1)]
    subject: Identity | None = None


class MadeToken(Token, kw_only=True, frozen=True, omit_defaults=True):
    """A token that was just made.

    Attributes:
        secret: what a client sends as its bearer token. It is given once; where the request is repeated under its
            `Idempotency-Key`, the token is named and its secret is not.
    """

    secret: str | None = None


class Tokens(msgspec.Struct, frozen=True):
    """The tokens of a workspace.

    Attributes:
        items: the oldest first, revoked ones too.
    """

    items: list[Token]


@operations.add("GET", "/workspaces", "listWorkspaces", scope="admin", answers={200: Workspaces})
async def list_workspaces(call: Call) -> Answer:
    """Lists every workspace."""
    return answer(Workspaces(call.house.workspaces.list()))


@operations.add(
    "POST", "/workspaces", "createWorkspace", scope="admin", limit="body_limit",
    payload=Payload(shapes={JSON: Workspace}), answers={201: Workspace},
)  # fmt: skip
async def create_workspace(call: Call) -> Answer:
    """Makes a workspace."""
    wanted = codec.build(Workspace, call.body)
    return _made(await call.house.workspaces.create(wanted, keep=call.keep(_made)))


@operations.add("GET", "/workspaces/{id}", "readWorkspace", scope="admin", answers={200: Workspace})
async def read_workspace(call: Call) -> Answer:
    """Reads one workspace, by its id or a key that the settings lead to it."""
    return answer(call.house.workspaces.get(call.path["id"]))


@operations.add(
    "PUT", "/workspaces/{id}", "replaceWorkspace", scope="admin", limit="body_limit",
    payload=Payload(shapes={JSON: Workspace}), answers={200: Workspace},
)  # fmt: skip
async def replace_workspace(call: Call) -> Answer:
    """Changes a workspace's code, name or zone."""
    wanted = codec.build(Workspace, {**_object(call.body), "id": call.path["id"]})
    return answer(await call.house.workspaces.replace(wanted))


@operations.add("GET", "/tokens", "listTokens", scope="admin", answers={200: Tokens})
async def list_tokens(call: Call) -> Answer:
    """Lists the workspace's tokens, revoked ones too."""
    return answer(Tokens(call.house.tokens.list(call.workspace)))


@operations.add(
    "POST", "/tokens", "createToken", scope="admin", limit="body_limit",
    payload=Payload(shapes={JSON: NewToken}), answers={201: MadeToken},
)  # fmt: skip
async def create_token(call: Call) -> Answer:
    """Makes a token for the workspace.

    Its secret is in this answer and nowhere else: only a hash of it is stored.
    """
    wanted = codec.build(NewToken, call.body)
    token, secret = await call.house.tokens.create(
        call.workspace,
        wanted.name,
        wanted.scopes,
        call.caller.name,
        subject=wanted.subject,
        keep=call.keep(_without_secret),
    )
    return _token(token, secret)


@operations.add("DELETE", "/tokens/{id}", "revokeToken", scope="admin", answers={200: Token})
async def revoke_token(call: Call) -> Answer:
    """Ends a token at once."""
    return answer(await call.house.tokens.revoke(call.workspace, call.path["id"]))


def _made(workspace: Workspace) -> Answer:
    return answer(workspace, 201)


def _without_secret(made: tuple[Token, str]) -> Answer:
    return _token(made[0], None)


def _token(token: Token, secret: str | None) -> Answer:
    return answer({**codec.tree(token), **({} if secret is None else {"secret": secret})}, 201)


def _object(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, Mapping):
        raise codec.Invalid(codec.Fault("", "expected an object"))
    return body
