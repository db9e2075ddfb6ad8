"""The description of every operation in OpenAPI 3.1, made of what the operations declare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

import offerd
from offerd.apis.native import problems
from offerd.apis.native.answers import ANSWERS, PROBLEM
from offerd.apis.native.examples import EXAMPLES
from offerd.apis.native.schemas import Schema, components, reference
from offerd.apis.operation import CSV, NDJSON, YAML, Answer, Example, Operation, Parameter, Payload
from offerd.model import json

_PATH_PARAMETER = re.compile(r"\{(\w+)\}")
_TEXTS = frozenset((CSV, NDJSON, YAML, "text/html"))
_TYPES = {str: "string", int: "integer", bool: "boolean"}

_PROBLEM: Schema = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "properties": {
        "type": {"type": "string", "pattern": f"^{problems.PREFIX}"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "Where in the body, as a JSON pointer (RFC 6901)."},
                    "parameter": {"type": "string", "description": "Which parameter or header."},
                    "message": {"type": "string"},
                },
                "required": ["message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
    "examples": [PROBLEM],
}

_HEADERS: dict[str, Schema] = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The sender's name of this request. The same request again gets the same answer; another "
        "request with the same key is refused.",
        "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "description": 'Write only if the object is at this version: `"3"`.',
        "schema": {"type": "string", "pattern": r'^(\*|"[0-9]{1,18}")$'},
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "description": "On a read: answer 304 if the object is still at this version. On a PUT: `*` creates only.",
        "schema": {"type": "string", "pattern": r'^(\*|"[0-9]{1,18}")$'},
    },
    "offerd-workspace": {
        "name": "offerd-workspace",
        "in": "header",
        "description": "The workspace that an administrator's token is used for, where it is not the token's own.",
        "schema": {"type": "string"},
    },
}


def description(operations: Mapping[str, Iterable[Operation]]) -> Answer:
    """The whole document, as an answer.

    Args:
        operations: by the prefix of their paths.
    """
    return Answer(body=json.dumps(document(operations)))


def document(operations: Mapping[str, Iterable[Operation]]) -> Schema:
    """The whole document, as a tree.

    Args:
        operations: by the prefix of their paths.
    """
    all_ = [operation for group in operations.values() for operation in group]
    paths: dict[str, Schema] = {}
    for prefix, group in operations.items():
        for operation in group:
            paths.setdefault(prefix + operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "offerd",
            "version": offerd.__version__,
            "summary": "Decides which offer to put in front of a person, in a place, at a moment.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "tags": [{"name": name} for name in dict.fromkeys(operation.tag for operation in all_)],
        "paths": paths,
        "components": {
            "schemas": {**components(_structs(all_)), "Problem": _PROBLEM},
            "parameters": _HEADERS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A token that starts with `ofd_`."}
            },
        },
    }


def _structs(operations: Iterable[Operation]) -> list[type[msgspec.Struct]]:
    shapes = [
        shape
        for operation in operations
        for shape in (
            *operation.structs,
            *operation.answers.values(),
            *(operation.payload.shapes.values() if operation.payload else ()),
        )
    ]
    return list(dict.fromkeys(shape for shape in shapes if isinstance(shape, type)))


def _operation(operation: Operation) -> Schema:
    tree: Schema = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "security": [] if operation.scope == "public" else [{"bearer": [operation.scope]}],
    }
    if operation.description:
        tree["description"] = operation.description
    query = (_query_parameter(operation.id, parameter) for parameter in operation.query or ())
    parameters = [*_path_parameters(operation), *query, *_headers(operation)]
    if parameters:
        tree["parameters"] = parameters
    if operation.payload is not None:
        content = dict(_content(operation.id, operation.payload))
        tree["requestBody"] = {"required": True, "content": content}
    tree["responses"] = {**dict(_answers(operation)), **dict(_problems(operation))}
    return tree


def _content(operation: str, payload: Payload) -> Iterator[tuple[str, Schema]]:
    for media, shape in payload.shapes.items():
        named = {
            _key(example, index): {"summary": example.summary, "value": example.body}
            for index, example in enumerate(EXAMPLES.get(operation, ()))
            if example.media == media
        }
        yield media, {"schema": _schema(shape), **({"examples": named} if named else {})}


def _key(example: Example, index: int) -> str:
    return re.sub(r"[^a-z0-9]+", "-", example.summary.lower()).strip("-") or str(index)


def _schema(shape: Any) -> Schema:
    return reference(shape) if isinstance(shape, type) else shape


def _path_parameters(operation: Operation) -> Iterator[Schema]:
    examples = EXAMPLES.get(operation.id, ())
    for name in _PATH_PARAMETER.findall(operation.path):
        parameter: Schema = {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        if examples and name in examples[0].path:
            parameter["example"] = examples[0].path[name]
        yield parameter


def _query_parameter(operation: str, parameter: Parameter) -> Schema:
    schema: Schema = {"type": _TYPES[parameter.type]}
    if parameter.type is int:
        schema["minimum"] = parameter.least or 0
        schema["maximum"] = parameter.most if parameter.most is not None else 2**53
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    if parameter.default is not None:
        schema["default"] = parameter.default
    if parameter.repeated:
        schema = {"type": "array", "items": schema}
    described: Schema = {"name": parameter.name, "in": "query", "description": parameter.description, "schema": schema}
    for example in EXAMPLES.get(operation, ()):
        if parameter.name in example.query:
            described["example"] = _read(parameter, example.query[parameter.name])
    return described


def _read(parameter: Parameter, text: str) -> Any:
    """A parameter's text as a value of its type."""
    value = int(text) if parameter.type is int else text == "true" if parameter.type is bool else text
    return [value] if parameter.repeated else value


def _headers(operation: Operation) -> Iterator[Schema]:
    names = []
    if operation.method == "POST":
        names.append("Idempotency-Key")
    if operation.versioned:
        names += {"GET": ["If-None-Match"], "PUT": ["If-Match", "If-None-Match"]}.get(operation.method, ["If-Match"])
    if operation.scope != "public":
        names.append("offerd-workspace")
    for name in names:
        yield {"$ref": f"#/components/parameters/{name}"}


def _answers(operation: Operation) -> Iterator[tuple[str, Schema]]:
    for status, shape in operation.answers.items():
        response: Schema = {"description": _STATUSES[status]}
        if shape is not None:
            response["content"] = {media: {"schema": _shown(media, shape)} for media in operation.media}
            if operation.id in ANSWERS:
                response["content"][operation.media[0]]["example"] = ANSWERS[operation.id]
        if operation.versioned and operation.method != "DELETE" and status < 300:  # noqa: PLR2004
            response["headers"] = {"ETag": {"description": "The object's version.", "schema": {"type": "string"}}}
        yield str(status), response
    if operation.versioned and operation.method == "GET":
        yield "304", {"description": _STATUSES[304]}


def _shown(media: str, shape: Any) -> Schema:
    return {"type": "string"} if media in _TEXTS else _schema(shape)


def _problems(operation: Operation) -> Iterator[tuple[str, Schema]]:
    statuses = {400, 429, *operation.refuses} | ({401, 403, 404} if operation.scope != "public" else set())
    if operation.payload is not None:
        statuses |= {413, 415, 422}
    if "{" in operation.path:
        statuses.add(404)
    if operation.method == "POST":
        statuses |= {409, 413, 422}
    if operation.method in {"PUT", "PATCH", "DELETE"}:
        statuses |= {409, 413}
    if operation.versioned:
        statuses.add(412)
    if len(operation.media) > 1:
        statuses.add(406)
    for status in sorted(statuses - operation.answers.keys()):
        titles = [kind.title for kind in problems.KINDS.values() if kind.status == status]
        yield (
            str(status),
            {
                "description": "; or: ".join(titles),
                "content": {problems.MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        )


_STATUSES = {
    200: "Done.",
    201: "Made.",
    202: "Taken; a job does it.",
    204: "Done; there is nothing to say.",
    304: "The object has not changed.",
    503: "Not now.",
}
