"""Many calls in one: each is answered as if it had come by itself, after those that it depends on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from msgspec.structs import replace

from offerd.apis.errors import BadParameter, MalformedBody, MissingScope, NoSuchMethod, NoSuchRoute
from offerd.apis.operation import Answer, Call, Circumstances, Operation, Operations
from offerd.apis.target.admin import problems
from offerd.apis.target.admin.bodies import Members
from offerd.apis.target.admin.desk import desk
from offerd.apis.target.admin.offers import ANY
from offerd.model import json

#: The most calls in one.
MOST = 256

_LARGEST = 2**31 - 1
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_OK = range(200, 300)
#: The number that an earlier operation's answer gave: `{operationIdResponse:1}`.
_RESULT = re.compile(r"\{operationIdResponse:([0-9]{1,10})\}")


class Batch:
    """Runs the operations of one call.

    Args:
        call: the request.
        served: everything that an operation may name.
    """

    def __init__(self, call: Call, served: Sequence[Operation]) -> None:
        self._call = call
        self._served = [(_pattern(each.path), each) for each in served]
        self._results: dict[int, dict[str, Any]] = {}

    async def run(self, operation: Mapping[str, Any]) -> dict[str, Any]:
        """One operation's result; it is skipped where one that it depends on failed, or was skipped."""
        number = operation["operationId"]
        before = [self._results.get(each) for each in operation.get("dependsOnOperationIds") or ()]
        if any(each is None or each["skipped"] or each["statusCode"] not in _OK for each in before):
            made: dict[str, Any] = {"operationId": number, "skipped": True}
        else:
            answer = await self._answer(operation)
            headers = [{"name": "content-type", "value": answer.media}]
            headers += [{"name": name, "value": value} for name, value in answer.headers]
            body = json.loads(answer.body) if answer.body else None
            made = {"operationId": number, "skipped": False, "statusCode": answer.status, "headers": headers,
                    "body": body}  # fmt: skip
        self._results[number] = made
        return made

    async def _answer(self, operation: Mapping[str, Any]) -> Answer:
        call = self._call
        try:
            return await self._dispatch(operation)
        except Exception as error:  # one operation's error is its own answer
            said = Circumstances(request=call.request, now=call.house.clock.now())
            answer = problems.failure_at(error, said)
            if answer.status == problems.INTERNAL:
                raise
            return answer

    async def _dispatch(self, operation: Mapping[str, Any]) -> Answer:
        path, _, search = self._filled(operation["relativeUrl"]).partition("?")
        found = [(match, each) for pattern, each in self._served if (match := pattern.fullmatch(path))]
        if not found:
            raise NoSuchRoute("The path leads nowhere")
        one = next(((match, each) for match, each in found if each.method == operation["method"]), None)
        if one is None:
            raise NoSuchMethod("The path does not take this method")
        match, served = one
        if not self._call.caller.may(served.scope):
            raise MissingScope(f"The token does not have the scope {served.scope}")
        try:
            named = {name: unquote_to_bytes(value).decode() for name, value in match.groupdict().items()}
        except UnicodeDecodeError:
            raise NoSuchRoute("The path is not percent-encoded UTF-8") from None
        inner = replace(
            self._call,
            path={**self._call.path, **named},
            search=search,
            headers=self._headers(operation),
            body=self._body(operation, served),
            kept=None,
        )
        return await served.handler(inner)

    def _headers(self, operation: Mapping[str, Any]) -> dict[str, str]:
        given = {each["name"].lower(): each["value"] for each in operation.get("headers") or ()}
        own = {name: value for name, value in self._call.headers.items() if name not in {"accept", "content-type"}}
        return own | {name: given[name] for name in ("accept", "content-type") if name in given}

    def _body(self, operation: Mapping[str, Any], served: Operation) -> Any:
        body = operation.get("body")
        if served.payload is None:
            return None
        if isinstance(body, str):
            try:
                body = json.loads(body, depth=self._call.house.settings.json_depth)
            except json.Malformed as error:
                raise MalformedBody(f"The body cannot be read: {error}") from None
        return self._resolved(body)

    def _resolved(self, value: Any) -> Any:
        """A value in which references to earlier answers are the numbers that those gave."""
        if isinstance(value, dict):
            return {name: self._resolved(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._resolved(each) for each in value]
        named = _RESULT.fullmatch(value) if isinstance(value, str) else None
        return value if named is None else self._given(int(named[1]))

    def _filled(self, url: str) -> str:
        return _RESULT.sub(lambda found: str(self._given(int(found[1]))), url)

    def _given(self, operation: int) -> int:
        body = self._results.get(operation, {}).get("body")
        found = body.get("id") if isinstance(body, dict) else None
        if type(found) is not int:
            raise BadParameter("operationIdResponse", f"operation {operation} gave no id before")
        return found


def operations(served: Sequence[Operation]) -> Operations:
    """The route of batches, over those that operations may name."""
    made = Operations("Batch")

    @made.add("POST", "/batch", "targetBatch", scope="catalogue:read", limit="body_limit", payload=ANY,
              answers={200: {}})  # fmt: skip
    async def batch(call: Call) -> Answer:
        """Does up to 256 operations, one after the other; each writes for itself."""
        at = desk(call, (1,), body=True)
        listed = _checked(call.body)
        running = Batch(call, served)
        return at.answer({"results": [await running.run(each) for each in listed]})

    return made


def _checked(tree: Any) -> list[Mapping[str, Any]]:
    """The operations of a body.

    Raises:
        InvalidDocument: one is none, or depends on one that does not come before it.
    """
    body = Members(tree)
    items = body.items("operations")
    if not 0 < len(items) <= MOST:
        body.fault("operations", f"expected 1 to {MOST} operations")
    seen: set[int] = set()
    for each in items[:MOST]:
        number = each.whole("operationId", most=_LARGEST, required=True)
        if number in seen:
            each.fault("operationId", f"{number} is there twice")
        each.choice("method", _METHODS, required=True)
        url = each.text("relativeUrl", most=4_096, required=True)
        if url is not None and not url.startswith("/"):
            each.fault("relativeUrl", "expected a path below the tenant's, which begins with /")
        needed = each.get("dependsOnOperationIds")
        if needed is not None and not (isinstance(needed, list) and all(type(one) is int for one in needed)):
            each.fault("dependsOnOperationIds", "expected a list of operationIds")
        elif needed and not seen.issuperset(needed):
            each.fault("dependsOnOperationIds", "names an operation that does not come before")
        for header in each.items("headers"):
            header.text("name", required=True)
            header.text("value", required=True)
        if number is not None:
            seen.add(number)
    body.check()
    return [each.tree for each in items]


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", re.escape(path).replace(r"\{", "{").replace(r"\}", "}")))
