"""Bearer tokens: what a caller may do, and in which workspace."""

from __future__ import annotations

from asyncio import Lock
from collections.abc import Sequence
from typing import Any

import msgspec

from offerd.model import codec, json
from offerd.model.base import Instant
from offerd.model.codec import Fault
from offerd.model.person import Identity
from offerd.services import ids
from offerd.services.clock import Clock, instant
from offerd.services.errors import InvalidDocument, NotFound
from offerd.services.finishing import finish
from offerd.storage.protocols import Keep, TokenRow, TokenStore, Transaction, Writer

#: Everything that a token may be for; `admin` implies the rest and may name another workspace.
SCOPES = ("decide", "interact", "profiles", "catalogue:read", "catalogue:write", "user", "admin")

#: What a token of one person may do: see and claim that person's own offers.
USER = "user"

#: The namespace of the names that tokens give people, unless something says another.
SUBJECT = "subject"


class Token(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What is known of a token; its secret is not.

    Attributes:
        id: assigned once.
        workspace: the id of the workspace it is for.
        name: for people; the author of what it writes.
        scopes: what it may do.
        created: when it was made.
        created_by: the name of the token that made it.
        revoked: when it ended; absent while it may be used.
        subject: the one person that it speaks for, of a token with the scope `user`.
    """

    id: str
    workspace: str
    name: str
    scopes: list[str]
    created: Instant | None = None
    created_by: str = ""
    revoked: Instant | None = None
    subject: Identity | None = None

    def allows(self, scope: str) -> bool:
        """Whether it may do what `scope` names."""
        return scope in self.scopes or "admin" in self.scopes


class TokenService:
    """The tokens of one server; all of them are in memory, by the hash of their secret.

    Args:
        store: where they are kept.
        writer: what commits.
        clock: tells the time.
    """

    def __init__(self, store: TokenStore, writer: Writer, clock: Clock) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._lock = Lock()
        self._by_hash = {row.hash: codec.build(Token, json.loads(row.document)) for row in store.all()}

    def authenticate(self, secret: str) -> Token | None:
        """The token of a secret; None where there is none or it was revoked."""
        token = self._by_hash.get(ids.token_hash(secret))
        return token if token is not None and token.revoked is None else None

    def list(self, workspace: str) -> list[Token]:
        """A workspace's tokens, revoked ones too, the oldest first."""
        own: list[Any] = [token for token in self._by_hash.values() if token.workspace == workspace]
        return sorted(own, key=lambda token: (token.created, token.id))

    async def create(
        self,
        workspace: str,
        name: str,
        scopes: Sequence[str],
        author: str = "",
        *,
        subject: Identity | None = None,
        keep: Keep | None = None,
    ) -> tuple[Token, str]:
        """Makes a token; its secret is given here and never again.

        Args:
            workspace: the id of a workspace.
            name: for people.
            scopes: what it may do, one or more of `SCOPES`.
            author: the name of the token that makes it.
            subject: the one person that it speaks for; then `user` is its only scope.
            keep: called in the transaction with the token and the secret.

        Raises:
            InvalidDocument: no name, a scope that there is not, or a subject without the scope `user` or beside others.
        """
        if faults := [*_faults(name, scopes), *_faults_of_subject(scopes, subject)]:
            raise InvalidDocument(faults)
        secret = ids.token_secret()
        token = Token(
            id=ids.uuid(),
            workspace=workspace,
            name=name,
            scopes=[scope for scope in SCOPES if scope in scopes],
            created=instant(self._clock.now()),
            created_by=author,
            subject=subject,
        )
        await finish(self._put(token, ids.token_hash(secret), (token, secret), keep))
        return token, secret

    async def revoke(self, workspace: str, id: str, *, keep: Keep | None = None) -> Token:  # noqa: A002
        """Ends a token at once; revoking it again changes nothing.

        Raises:
            NotFound: the workspace has no such token.
        """
        return await finish(self._revoke(workspace, id, keep))

    async def _revoke(self, workspace: str, id_: str, keep: Keep | None) -> Token:
        async with self._lock:
            for key, token in self._by_hash.items():
                if token.id == id_ and token.workspace == workspace:
                    at = token.revoked or instant(self._clock.now())
                    ended = msgspec.structs.replace(token, revoked=at)
                    await self._put(ended, key, ended, keep)
                    return ended
        raise NotFound("tokens", id_)

    async def _put(self, token: Token, key: bytes, result: object, keep: Keep | None) -> None:
        row = TokenRow(token.id, token.workspace, key, codec.dumps(token))

        def work(transaction: Transaction) -> None:
            self._store.put(transaction, row)
            if keep is not None:
                keep(transaction, result)

        await self._writer.submit(work)
        self._by_hash = {**self._by_hash, key: token}


def _faults(name: str, scopes: Sequence[str]) -> list[Fault]:
    faults = [] if name.strip() else [Fault("/name", "a token needs a name")]
    if not scopes:
        faults.append(Fault("/scopes", f"expected one or more of {', '.join(SCOPES)}"))
    return faults + [
        Fault(f"/scopes/{index}", f"{scope!r} is no scope; one of {', '.join(SCOPES)}")
        for index, scope in enumerate(scopes)
        if scope not in SCOPES
    ]


def _faults_of_subject(scopes: Sequence[str], subject: Identity | None) -> list[Fault]:
    if subject is None:
        return [Fault("/subject", f"a token with the scope {USER} needs a subject")] if USER in scopes else []
    if set(scopes) == {USER}:
        return []
    return [Fault("/scopes", f"a token that speaks for one person has the scope {USER} and no other")]
