"""What a wire format declares of each of its routes, what a handler is given, and what it answers."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from offerd.model import codec, json
from offerd.model.person import Identity
from offerd.services.house import House

Scope = Literal["public", "decide", "interact", "profiles", "catalogue:read", "catalogue:write", "user", "admin"]
#: What a service calls in its transaction, with that and its result.
Keep = Callable[[Any, Any], None]
Limit = Literal["none", "body_limit", "import_limit"]

JSON = "application/json"
YAML = "application/yaml"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
NDJSON = "application/x-ndjson"
PARQUET = "application/vnd.apache.parquet"
CSV = "text/csv"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A response.

    Attributes:
        status: the HTTP status.
        body: its bytes; empty for none.
        media: the body's media type.
        headers: names in lower case, and values.
        stream: the pieces of a body that is too long to hold, sent instead of `body`.
    """

    status: int = 200
    body: bytes = b""
    media: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    stream: AsyncIterator[bytes] | None = None


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls: a token, as far as handlers may know it.

    Attributes:
        id: the token's.
        name: what revisions say as author.
        workspace: the id of the workspace that the call is for.
        scopes: what it may do.
        subject: the one person that it speaks for; None where it speaks for a program.
    """

    id: str
    name: str
    workspace: str
    scopes: frozenset[str]
    subject: Identity | None = None

    def may(self, scope: str) -> bool:
        """Whether it has the scope; `admin` has all."""
        return scope in self.scopes or "admin" in self.scopes


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """The request that an error answers, for formats whose errors tell of it.

    Attributes:
        request: its id.
        path: as it was sent, without the query.
        headers: by name in lower case.
        workspace: the id of the workspace it was for; empty where that is not known.
        now: microseconds since 1970.
    """

    request: str = ""
    path: str = ""
    headers: Mapping[str, str] = {}
    workspace: str = ""
    now: int = 0


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A query parameter that an operation takes.

    Attributes:
        name: as it is written in the query.
        type: how it is read; every one is optional.
        description: what it does.
        least: the smallest number.
        most: the largest number.
        choices: the texts that it may be; empty means any.
        default: what it is where absent.
        repeated: whether it may be given more than once; then its value is a list of texts.
    """

    name: str
    type: type[str] | type[int] | type[bool] = str
    description: str
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()
    default: str | int | bool | None = None
    repeated: bool = False


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """The body that an operation takes.

    Attributes:
        shapes: by media type, the Struct (or a JSON schema) that it holds; `*/*` is any type, read as JSON, that
            the handler judges.
        spooled: whether it is kept in a file, for the handler to take, instead of in memory.
        raw: whether the handler is given the bytes as they are, in `Call.raw`.
    """

    shapes: Mapping[str, Any]
    spooled: bool = False
    raw: bool = False


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A call that the server accepts.

    Attributes:
        summary: what it shows.
        path: the path's parameters.
        query: the query's.
        media: the body's media type.
        body: its value; text where the media type is not JSON.
    """

    summary: str
    path: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    media: str = JSON
    body: Any = None


class Call(msgspec.Struct, kw_only=True):
    """One request, authenticated and read, as a handler sees it.

    Attributes:
        house: the services.
        caller: who calls, for which workspace.
        path: the path's parameters, decoded.
        query: the query's parameters, checked.
        headers: by name in lower case.
        media: the body's media type.
        body: a tree of plain values; None without a body.
        raw: the bytes of a body that the handler reads itself.
        request: the id of the request.
        search: the query as it was sent.
        spool: the file that holds a spooled body.
        result: what the answer of a call without an effect tells of people, so that erasing one removes it where it is
            kept for an `Idempotency-Key`.
        kept: makes what stores the answer for the request's `Idempotency-Key`; None without one.
    """

    house: House
    caller: Caller
    path: Mapping[str, str] = {}
    query: Mapping[str, Any] = {}
    headers: Mapping[str, str] = {}
    media: str = ""
    body: Any = None
    raw: bytes = b""
    request: str = ""
    search: str = ""
    spool: Path | None = None
    result: Any = None
    kept: Callable[[Callable[[Any], Answer]], Keep] | None = None

    @property
    def workspace(self) -> str:
        """The id of the workspace that the call is for."""
        return self.caller.workspace

    def keep(self, answer: Callable[[Any], Answer]) -> Keep | None:
        """What a service calls in its transaction with its result, so that the answer is committed with the effect.

        Args:
            answer: makes the answer of the result.
        """
        return None if self.kept is None else self.kept(answer)


Handler = Callable[[Call], Awaitable[Answer]]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path.

    Attributes:
        id: unique, for clients that are generated.
        method: in capitals.
        path: a template below the format's prefix, such as `/offers/{id}`.
        scope: what a token needs; `public` needs none.
        limit: the setting that bounds the body; `none` where no body is read.
        handler: answers it.
        tag: the group it is listed under.
        summary: one line.
        description: the rest.
        query: the query parameters that it takes; others are refused. None for any: their names count without regard
            to case, and the value of each is the list of its texts.
        searched: whether the handler reads the query itself, from `Call.search`; then `query` is nothing.
        payload: the body that it takes.
        answers: by status, the Struct (or JSON schema) of the answer; None for no body.
        media: the media types of its answers, the default one first.
        versioned: whether answers carry an ETag, and writes take `If-Match`.
        structs: those that a schema among the shapes refers to.
        refuses: statuses of problems that are not common to all operations of its sort.
    """

    id: str
    method: str
    path: str
    scope: Scope
    limit: Limit
    handler: Handler
    tag: str
    summary: str
    description: str = ""
    query: tuple[Parameter, ...] | None = ()
    searched: bool = False
    payload: Payload | None = None
    answers: Mapping[int, Any] = {}
    media: tuple[str, ...] = (JSON,)
    versioned: bool = False
    structs: tuple[type[msgspec.Struct], ...] = ()
    refuses: tuple[int, ...] = ()


class Operations:
    """The operations of one group, in the order in which they were declared.

    Each method is a decorator for the handler; its docstring's first line is the summary, the rest the description.
    """

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.all: list[Operation] = []

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.all)

    def add(
        self, method: str, path: str, operation: str, *, scope: Scope, limit: Limit = "none", **more: Any
    ) -> Callable[[Handler], Handler]:
        """Declares an operation.

        Args:
            method: in capitals.
            path: its template.
            operation: its id.
            scope: what a token needs; `public` needs none.
            limit: the setting that bounds the body.
            more: what else an Operation has.
        """

        def declare(handler: Handler) -> Handler:
            summary, _, description = inspect.cleandoc(handler.__doc__ or "").partition("\n\n")
            words = {"summary": summary.replace("\n", " "), "description": description, **more}
            self.all.append(
                Operation(
                    id=operation,
                    method=method,
                    path=path,
                    scope=scope,
                    limit=limit,
                    handler=handler,
                    tag=self.tag,
                    **words,
                )
            )
            return handler

        return declare


class Keyed(msgspec.Struct, frozen=True):
    """The headers by which a repeated request gets its first answer, in lower case.

    Attributes:
        header: in which the client sends its key.
        replayed: which says `true` on an answer that was given before.
    """

    header: str = "idempotency-key"
    replayed: str = "idempotency-replayed"


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """One wire format, as the server mounts it.

    Attributes:
        name: for logs and metrics.
        prefix: of every path; a segment in braces is a parameter of every operation's path.
        operations: its routes.
        failure: the answer to anything that went wrong.
        failure_at: the same, for a format whose errors tell of the request; taken instead where it is there.
        install: tells the services what the format brings with it; called once for a house.
        cross_origin: whether pages of other origins may call it, with their cookies.
        origins: the setting that says which origins; any where empty.
        basic: whether clients may send their token as the user name of Basic authentication, too.
        keyed: the headers of idempotency keys.
        addressed: the headers that say whom a request is for, in lower case; one for another is another request.
    """

    name: str
    prefix: str
    operations: tuple[Operation, ...]
    failure: Callable[[Exception], Answer]
    failure_at: Callable[[Exception, Circumstances], Answer] | None = None
    install: Callable[[House], None] | None = None
    cross_origin: bool = False
    origins: str = ""
    basic: bool = False
    keyed: Keyed = Keyed()
    addressed: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether a path is below the prefix, whether or not an operation is there."""
        own, given = self.prefix.split("/"), path.split("/")
        return len(given) > len(own) and all(
            mine == theirs or mine.startswith("{") for mine, theirs in zip(own, given, strict=False)
        )


def answer(thing: Any, status: int = 200, **headers: str) -> Answer:
    """JSON of a Struct, or of a tree of plain values and Structs.

    Args:
        thing: what to send.
        status: the HTTP status.
        headers: by name, with `_` for `-`.
    """
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status=status, body=json.dumps(codec.tree(thing)), headers=named)
